/**
 * Python: names that a file imports and never mentions again, and local variables that are only assigned. An import that
 * another file takes from here, that may be there for its effect, or that is tried only, is left alone.
 */
import type { Fact, Fix, FixEdit, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import {
  type Detector,
  type FactView,
  fact,
  type NodeDetector,
  type TextDetector,
} from '../../../core/rulekit/rule.ts';
import { importersOf } from '../../../knowledge/python/importers.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { isName, scopesAround } from '../../../languages/python/scope.ts';
import { isStandardModule } from '../../../languages/python/stdlib.ts';
import { isBroken } from '../../../languages/python/syntax.ts';
import { type ImportStatement, readPython } from '../../../languages/python/words.ts';

/** Key: name in the file. An import that its file does not use. */
export const UNUSED_IMPORT = 'unused-import-or-variable.python-import';
/** Key: path. A file that uses all that it imports. */
export const USED_IMPORTS = 'unused-import-or-variable.python-used';

type UnusedImport = {
  readonly written: string;
  readonly module: string;
  /** What a fix removes; null where that is not simple. */
  readonly removal: { readonly start: number; readonly end: number } | null;
};

/** Modules that do something when they are imported. */
const EFFECTS =
  /^(?:__future__|readline|rlcompleter|antigravity|this|site|sitecustomize|encodings|gi|pyximport|seaborn)\b/;

const imports: TextDetector = {
  text: true,
  triggers: ['import'],
  *check(text, ctx): Iterable<Verdict> {
    const { path } = ctx.file;
    if (/(?:^|\/)(?:__init__|conftest)\.pyi?$|settings[^/]*\.py$/.test(path)) return;
    const { words, imports: statements } = readPython(text);
    if (statements.length === 0) return;
    const header = ctx.file.header as PythonHeader;
    const special = new Set(header.imports.flatMap(({ name, optional, typing }) => (optional || typing ? [name] : [])));
    let failed = false;
    for (const statement of statements) {
      if (EFFECTS.test(statement.from) || statement.comment !== '' || isTried(text, statement)) continue;
      const unused = statement.names.map(({ name, written, start, end }) => {
        if (name === '_' || words.used.has(name) || special.has(name) || EFFECTS.test(written)) return false;
        // `import x as x` and `from a import b as b` say that it is for others.
        if (/\sas\s/.test(text.slice(start, end)) && written === name) return false;
        if (statement.from === '') return !new RegExp(`["']${name}["'.]`).test(text) || !isQuotedUse(text, name);
        return !words.quoted.has(name);
      });
      for (const [index, { name, written, start, end }] of statement.names.entries()) {
        if (unused[index] !== true) continue;
        failed = true;
        const value: UnusedImport = {
          written,
          module: statement.from === '' ? written : statement.from,
          removal: removalOf(text, statement, unused, index),
        };
        yield fact(UNUSED_IMPORT, name, { ...value, plain: statement.from === '' }, { start, end });
      }
    }
    if (!failed) yield fact(USED_IMPORTS, path, null, { start: 0, end: 0 });
  },
};

/** Whether a module is named in `__all__` or in an annotation that is a text. */
function isQuotedUse(text: string, name: string): boolean {
  if (new RegExp(`["']${name}\\.`).test(text)) return true;
  const all = /__all__\s*\+?=\s*[[(]([^\])]*)/.exec(text)?.[1] ?? '';
  return new RegExp(`["']${name}["']`).test(all);
}

/** Whether the statement is the first of a `try`, or follows an `except`. */
function isTried(text: string, { start, indent }: ImportStatement): boolean {
  if (indent === '') return false;
  const before = text
    .slice(Math.max(0, start - 600), start - indent.length)
    .trimEnd()
    .split(/\r?\n/);
  for (let line = before.pop(); line !== undefined; line = before.pop()) {
    const own = /^[ \t]*/.exec(line)![0];
    if (line.trim() === '' || own.length >= indent.length) continue;
    return /^\s*(?:try\s*:|except\b|if\b|else\s*:|elif\b)/.test(line);
  }
  return false;
}

function removalOf(
  text: string,
  statement: ImportStatement,
  unused: readonly boolean[],
  index: number,
): { start: number; end: number } | null {
  const { names, start, end, indent, alone } = statement;
  if (!alone || text.slice(start, end).includes('#')) return null;
  // `from a`, still without its `import`: the grammar takes the next line for it.
  if (/(?:^|\n)[ \t]*from[ \t]+[\w.]+\s*$/.test(text.slice(Math.max(0, start - 200), start))) return null;
  // Statements that ran into one another while somebody types: no comma in between, or more behind the last name.
  const isApart = names.every(({ end: own }, i) => {
    const behind = text.slice(own, names[i + 1]?.start ?? end);
    return i + 1 < names.length ? behind.includes(',') : /^[\s\\,)]*$/.test(behind);
  });
  if (!isApart) return null;
  if (unused.every((value) => value)) {
    // In a block it may be the only statement.
    if (index > 0 || indent !== '') return null;
    const lineBreak = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(end));
    return lineBreak === null ? null : { start, end: end + lineBreak[0].length };
  }
  const own = names[index]!;
  const next = names[index + 1];
  const isFirst = unused.slice(0, index).every((value) => value) && next !== undefined;
  return isFirst ? { start: own.start, end: next.start } : { start: names[index - 1]!.end, end: own.end };
}

/** Names that the functions of a chunk mention, with how often. */
function countNames(node: PythonNode): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const identifier of node.descendants('identifier')) {
    if (!isName(identifier)) continue;
    counts.set(identifier.text, (counts.get(identifier.text) ?? 0) + 1);
  }
  return counts;
}

const variables: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  *check(node, ctx): Iterable<Verdict> {
    // Functions within functions are looked at with the outer one.
    if (ctx.file.role !== 'production' || node.ancestor('function_definition') !== null) return;
    const assigned = node.descendants('assignment').filter((assignment) => {
      return (
        assignment.child('left')?.kind === 'identifier' &&
        assignment.child('right') !== null &&
        // `x = None` lets go of what it held.
        !['assignment', 'none'].includes(assignment.child('right')!.kind) &&
        assignment.parent?.kind === 'expression_statement'
      );
    });
    if (assigned.length === 0 || /\b(?:locals|vars|eval|exec|globals)\s*\(/.test(node.text)) return;
    const counts = countNames(node);
    const suspects = assigned
      .map((assignment) => assignment.child('left')!)
      .filter((name) => counts.get(name.text) === 1);
    let failed = false;
    for (const name of suspects) {
      if (name.text.startsWith('_')) continue;
      const scope = scopesAround(ctx, name).bindingScope(name);
      if (scope?.kind !== 'function' || scope.globals.has(name.text) || scope.nonlocals.has(name.text)) continue;
      if (isBroken(node)) return;
      failed = true;
      yield {
        kind: 'fail',
        subject: name.span,
        message: 'local',
        args: { name: name.text },
        fixes: [{ title: 'Name it _', safety: 'suggestion', edits: renamed(name) }],
      };
    }
    if (!failed) yield { kind: 'pass', subject: node.child('name')?.span ?? node.span };
  },
};

function renamed(name: PythonNode): FixEdit[] {
  const value = name.parent?.child('right') ?? null;
  return name.parent?.child('type') === null && value !== null ? [replaced(name, '_')] : [];
}

export const pythonDetectors = [imports, variables as NodeDetector] as readonly Detector[];

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const used of facts.get(USED_IMPORTS)) yield { kind: 'pass', subject: used.place };
  const byFile = new Map<string, Fact[]>();
  for (const found of facts.get(UNUSED_IMPORT)) {
    const { path } = found.place;
    byFile.set(path, [...(byFile.get(path) ?? []), found]);
  }
  for (const [path, found] of byFile) {
    const taken = new Set(importersOf(facts, path).map(({ value }) => value.member));
    if (taken.has('*')) continue;
    for (const { key: name, value, place } of found) {
      const { module, written, removal, plain } = value as UnusedImport & { readonly plain: boolean };
      if (taken.has(name) || isOwnModule(facts, module, plain ? '' : written)) continue;
      const fixes: readonly Fix[] =
        removal === null
          ? []
          : [
              {
                title: 'Remove the import',
                safety: 'safe',
                preferred: true,
                edits: [{ kind: 'replaceAt', place: { ...place, span: removal }, newText: '' }],
              },
            ];
      yield { kind: 'fail', subject: place, message: 'imported', args: { name: plain ? written : name }, fixes };
    }
  }
}

/** Whether a whole module of the workspace is imported, which may be for what it does when it is loaded. */
function isOwnModule(facts: FactView, module: string, member: string): boolean {
  if (!module.startsWith('.') && isStandardModule(module)) return false;
  const last = member === '' ? module.split('.').at(-1)! : member;
  return last === '' || facts.lookup('python.name', last).length > 0;
}
