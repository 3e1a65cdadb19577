/**
 * Calls of functions and methods of the workspace with other arguments than they take. Only calls whose function can be
 * followed to one declaration are judged; types of arguments are not looked at.
 */

import type { Place } from '../../../core/model/location.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import { type GoEntity, type GoIndex, goIndex } from '../../../languages/go/resolve.ts';
import { readUses, usePositions } from '../../../languages/go/uses.ts';
import { CALLS, judgePython, pythonDetectors } from './python.ts';

type Called = Extract<GoEntity, { readonly kind: 'func' }>;

function calledFunction(index: GoIndex, path: string, chain: string): Called | null {
  const entity = index.follow(path, chain);
  return entity?.kind === 'func' && index.isComplete(entity.directory) ? entity : null;
}

function fits({ parameters, variadic }: Called, count: number): boolean {
  return variadic ? count >= parameters.length - 1 : count === parameters.length;
}

/** Inserts a context where nothing else is missing. */
function withContext(called: Called, count: number, name: Place): readonly Fix[] {
  if (called.parameters[0] !== 'context.Context' || count !== called.parameters.length - 1 || called.variadic)
    return [];
  // The parenthesis follows the name at once: see `argumentCount` in uses.ts.
  const at = name.span.end + 1;
  const place = { path: name.path, anchor: name.anchor, span: { start: at, end: at } };
  return [
    {
      title: 'Pass context.Background()',
      safety: 'suggestion',
      edits: [
        { kind: 'replaceAt', place, newText: count === 0 ? 'context.Background()' : 'context.Background(), ' },
        { kind: 'import', add: ['context'] },
      ],
    },
  ];
}

function* judgeDeclaration(facts: FactView, index: GoIndex, use: Fact, calls: string): Generator<WorkspaceVerdict> {
  const lines = calls.split(';');
  const uses = readUses(use);
  let judged = 0;
  let failed = 0;
  for (let position = 0; position < lines.length; position++) {
    const line = lines[position]!;
    const used = uses[position];
    // Most names are not called: no digit.
    if (used === undefined || used.kind === 'type' || used.kind === 'qualifier' || !/\d/.test(line)) continue;
    const chain = used.kind === 'member' ? used.line : `=${used.name}`;
    const called = calledFunction(index, use.place.path, chain);
    if (called === null) continue;
    judged++;
    for (const [occurrence, text] of line.split(',').entries()) {
      const count = Number(text);
      if (text === '' || fits(called, count)) continue;
      const start = usePositions(facts, use, position)[occurrence];
      if (start === undefined) continue;
      failed++;
      const { path, anchor } = use.place;
      const subject = { path, anchor, span: { start, end: start + used.name.length } };
      const wanted = called.variadic ? `at least ${called.parameters.length - 1}` : String(called.parameters.length);
      yield {
        kind: 'fail',
        subject,
        message: 'count',
        args: { name: used.name, wanted, count: text },
        fixes: withContext(called, count, subject),
      };
    }
  }
  if (judged > 0 && failed === 0) yield { kind: 'pass', subject: use.place };
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgePython(facts);
  if (facts.get('go.calls').length === 0) return;
  const index = facts.derive(goIndex);
  if (mayHoldExcerpts(facts.partition) || !index.isComplete(facts.partition)) return;
  const usesByAnchor = new Map(facts.get('go.uses').map((use) => [use.place.anchor, use]));
  for (const calls of facts.get('go.calls')) {
    const use = usesByAnchor.get(calls.place.anchor);
    if (use !== undefined) yield* judgeDeclaration(facts, index, use, calls.value as string);
  }
}

export const rule = defineRule({
  id: 'call-arity-mismatch',
  title: 'Call with the wrong number of arguments',
  category: 'quality',
  severity: 'high',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A function or method of the workspace is called with fewer or more arguments than its only declaration takes. Calls that spread a slice, or pass on what another call returns, are not counted, and neither are functions that are declared differently for different builds. In Python an argument is missing, surplus, given twice or named like no parameter; calls with `*args` or `**kw`, decorated functions and names that are bound twice are not judged.',
    why: 'The package does not compile. It happens when a parameter is added and a caller in a command or behind a build tag is forgotten. Python raises TypeError when it gets to the call.',
    howToFix: 'Pass what the declaration asks for, or change the declaration.',
    howToFixIn: {
      go: 'Let the continuous integration run `go build ./...` and `go vet ./...`.',
      python: 'Let the continuous integration run a type checker.',
    },
    refs: ['CWE-628', 'Go specification: Calls', 'mypy: call-arg'],
  },
  messages: {
    count: '{name} takes {wanted} argument(s) and gets {count}, so this does not compile; pass what it asks for.',
    surplus:
      '{name} takes {wanted} positional argument(s) and gets {count}, so this raises TypeError; pass what it asks for.',
    missing: 'This call of {name} leaves out {names}, so it raises TypeError; pass what it asks for.',
    unknown: '{name} has no parameter {keyword}, so this raises TypeError; correct the name or take it away.',
    twice: '{name} gets {keyword} both by position and by name, so this raises TypeError; pass it once.',
  },
  fix: 'sometimes',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.calls', CALLS], judge },
});
