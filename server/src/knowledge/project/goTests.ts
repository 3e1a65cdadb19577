/**
 * How a workspace runs its Go tests, for rules that ask for a flag of `go test`: where a finding belongs and how the
 * flag is added. Reads the facts of ci.ts and layout.ts; decides nothing itself.
 */
import { filePlace, type Place } from '../../core/model/location.ts';
import type { Fact, Fix } from '../../core/model/verdict.ts';
import type { FactView } from '../../core/rulekit/rule.ts';
import type { Manifest } from './layout.ts';

export interface TestCommand {
  readonly kind: 'pipeline' | 'workflow' | 'makefile' | 'shell' | 'task' | 'program';
  readonly race: boolean;
  readonly cover: boolean;
  readonly partial: boolean;
  /** Written as `go test`, so that a flag can be put behind it. */
  readonly simple: boolean;
}

/** Files of the team itself: neither examples nor code of others. */
export function isOwn(facts: FactView, path: string): boolean {
  const role = facts.role(path);
  return role === 'production' || role === 'test';
}

/** Something that switches the race detector on or measures coverage, or null. */
export function evidenceOf(facts: FactView, key: 'race' | 'coverage'): Fact | null {
  return facts.lookup('ci.evidence', key).find((fact) => isOwn(facts, fact.place.path)) ?? null;
}

const ORDER = ['pipeline', 'workflow', 'makefile', 'task', 'shell', 'program'];

/** The command that runs the tests: of a pipeline first, then of makefiles and scripts; null when there is none. */
export function testCommand(facts: FactView): (Fact & { readonly command: TestCommand }) | null {
  const commands = facts
    .lookup('ci.command', 'go test')
    .filter((fact) => isOwn(facts, fact.place.path) && !(fact.value as unknown as TestCommand).partial)
    .map((fact) => ({ ...fact, command: fact.value as unknown as TestCommand }));
  commands.sort((a, b) => ORDER.indexOf(a.command.kind) - ORDER.indexOf(b.command.kind));
  return commands[0] ?? null;
}

/** The go.mod nearest to the root, or null when the workspace has no Go module. */
export function mainModule(facts: FactView): Fact | null {
  const modules = facts
    .all('project.manifest')
    .filter(
      (fact) => (fact.value as unknown as Manifest).kind === 'go' && facts.role(fact.place.path) === 'production',
    );
  const depth = (fact: Fact): number => fact.key.split('/').length;
  return [...modules].sort((a, b) => depth(a) - depth(b))[0] ?? null;
}

/** Where a finding about the tests as a whole belongs: the command, else the makefile, else go.mod. */
export function placeOfTests(facts: FactView): Place | null {
  const command = testCommand(facts);
  if (command !== null) return command.place;
  const makefile = facts.lookup('project.makefile', 'Makefile')[0];
  if (makefile !== undefined) return filePlace(makefile.key);
  return mainModule(facts)?.place ?? null;
}

/** A fix that adds flags to the test command, or a target with them to a makefile that has none. */
export function addFlags(facts: FactView, flags: string): readonly Fix[] {
  const command = testCommand(facts);
  if (command !== null) {
    if (!command.command.simple) return [];
    const { place } = command;
    return [
      {
        title: `Run the tests with ${flags}`,
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replaceAt', place, newText: `go test ${flags}` }],
      },
    ];
  }
  const module = mainModule(facts);
  if (module === null || module.key !== 'go.mod') return [];
  const makefile = facts.lookup('project.makefile', 'Makefile')[0];
  const targets = (makefile?.value as { readonly targets: readonly string[] } | undefined)?.targets ?? [];
  const target = targets.includes('test') ? 'test-go' : 'test';
  if (targets.includes(target)) return [];
  const content = `.PHONY: ${target}\n${target}:\n\tgo test ${flags} ./...\n`;
  return [
    {
      title: `Add a make target that runs the tests with ${flags}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'append', path: 'Makefile', content: makefile === undefined ? content : `\n${content}` }],
    },
  ];
}
