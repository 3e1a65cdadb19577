/**
 * Go: modules that code imports and its go.mod does not require, or requires only on behalf of others. Versions are never
 * looked at, and neither are packages of the standard library or of modules in the same workspace.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { readGoMod } from '../../../formats/gomod.ts';
import type { TypedFact } from '../../../knowledge/facts.ts';
import { moduleOf } from '../../../knowledge/go/modules.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoPackageFile } from '../../../languages/go/symbols.ts';

/** Requirements that are marked as indirect; the place is the comment with the blank before it. */
const INDIRECT_FACT = 'undeclared-dependency.indirect';

export const indirect: TextDetector = {
  text: true,
  triggers: ['indirect'],
  *check(text): Iterable<Verdict> {
    for (const { path, span, indirect: marked } of readGoMod(text).requirements) {
      const comment = marked ? /^[ \t]*\/\/[ \t]*indirect[ \t]*/.exec(text.slice(span.end)) : null;
      if (comment === null) continue;
      yield fact(INDIRECT_FACT, path.text, null, { start: span.end, end: span.end + comment[0].length });
    }
  },
};

type Module = TypedFact<'go.module'>;

function holds(module: string, path: string): boolean {
  return path === module || path.startsWith(`${module}/`);
}

/** The longest module path of a list that a package may belong to, or null. */
function moduleOfImport(path: string, modules: readonly string[]): string | null {
  let best: string | null = null;
  for (const module of modules) if (holds(module, path) && module.length > (best?.length ?? 0)) best = module;
  return best;
}

type Provider =
  | { readonly kind: 'declared'; readonly module: string; readonly indirect: boolean }
  | { readonly kind: 'missing' }
  | { readonly kind: 'other' };

function providerOf(path: string, module: Module, workspace: readonly string[]): Provider {
  // Packages of the standard library have no dot in their first element.
  if (!path.split('/', 1)[0]!.includes('.') || workspace.some((own) => holds(own, path))) return { kind: 'other' };
  const { requires, replaces, indirect: marked } = module.value;
  const declared = moduleOfImport(path, requires);
  if (declared !== null) return { kind: 'declared', module: declared, indirect: marked.includes(declared) };
  return moduleOfImport(path, replaces) === null ? { kind: 'missing' } : { kind: 'other' };
}

function isBuilt({ value, place }: Fact, facts: FactView): boolean {
  const role = facts.role(place.path);
  return (role === 'production' || role === 'test') && !/\bignore\b/.test((value as GoPackageFile).constraint);
}

export function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  const workspace = facts.all('go.module').map(({ key }) => key);
  const modules = new Map<string, Module | null>();
  const providers = new Map<string, Provider>();
  /** Modules that are required as indirect and imported, by go.mod and path, with an import of each. */
  const direct = new Map<string, Fact>();
  const said = new Set<string>();
  for (const file of facts.all('go.package')) {
    const directory = directoryOf(file.place.path);
    let module = modules.get(directory);
    if (module === undefined) {
      module = mayHoldExcerpts(directory) ? null : moduleOf(facts, directory);
      modules.set(directory, module);
    }
    if (module === null || !isBuilt(file, facts)) continue;
    for (const [, path] of (file.value as GoPackageFile).imports) {
      const id = `${module.place.path}\n${path}`;
      let provider = providers.get(id);
      if (provider === undefined) {
        provider = providerOf(path, module, workspace);
        providers.set(id, provider);
      }
      if (provider.kind === 'declared' && provider.indirect)
        direct.set(`${module.place.path}\n${provider.module}`, file);
      if (provider.kind !== 'missing' || said.has(`${directory}\n${path}`)) continue;
      said.add(`${directory}\n${path}`);
      const place = facts.lookup('go.import', path).find((item) => item.place.path === file.place.path)?.place;
      if (place === undefined) continue;
      const isTest = facts.role(file.place.path) === 'test';
      yield {
        kind: 'fail',
        subject: place,
        message: 'missing',
        args: { path, manifest: module.place.path },
        ...(isTest ? { severity: 'medium' } : {}),
      };
    }
  }
  /** A go.mod that something of was used is good as far as it was. */
  const used = new Set(
    [...providers].filter(([, { kind }]) => kind === 'declared').map(([id]) => id.slice(0, id.indexOf('\n'))),
  );
  for (const module of facts.all('go.module')) {
    if (used.has(module.place.path)) yield { kind: 'pass', subject: module.place };
  }
  for (const marked of facts.all(INDIRECT_FACT)) {
    const file = direct.get(`${marked.place.path}\n${marked.key}`);
    if (file === undefined) continue;
    yield {
      kind: 'fail',
      subject: marked.place,
      message: 'indirect',
      args: { module: marked.key, file: file.place.path },
      severity: 'low',
      fixes: [
        {
          title: 'Remove the mark',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replaceAt', place: marked.place, newText: '' }],
        },
      ],
    };
  }
}
