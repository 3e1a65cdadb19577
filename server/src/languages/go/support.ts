/** How a Go file falls into chunks, and how imports are added to and removed from it. */
import type { LanguageSupport } from '../../core/engine/language.ts';
import type { FileRole } from '../../core/model/file.ts';
import type { TextEdit } from '../../core/model/location.ts';
import { chunkWithComments } from '../chunks.ts';
import { type GoHeader, type GoImport, readGoHeader } from './header.ts';
import type { GoNode } from './nodes.gen.ts';
import { calledName, importPath } from './syntax.ts';

/** Libraries that only tests and their helpers import. */
const TESTING = /^testing(?:\/|$)|\/(?:testify|gomega|ginkgo|gomock|is)(?:\/|$)/;

function roleOfGo(path: string, header: GoHeader): FileRole | null {
  if (header.generated) return 'generated';
  // A package that is called so below the code of a program connects its parts, unless it imports what tests do.
  const isPart = /^(?:internal|pkg|src|app)\/(?:[^/]+\/)*integration\/[^/]+\.go$/.test(path);
  if (!isPart || path.endsWith('_test.go') || /(?:^|\/)(?:e2e|tests?|testing|mocks?)\//.test(path)) return null;
  return header.imports.some((item) => TESTING.test(item.path)) ? null : 'production';
}

const IMPORT_BLOCK = /^import[ \t]*\(([^)]*)\)/m;
const SINGLE_IMPORT = /^import[ \t]+((?:[\w.]+[ \t]+)?["`][^"`\n]+["`])[ \t]*(?:\/\/[^\n]*)?\r?\n?/gm;

/** Whether the package is still used under its name anywhere below the imports. */
function isUsed(text: string, item: GoImport): boolean {
  const code = text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*/g, (match) => ' '.repeat(match.length));
  return new RegExp(`(^|[^\\w.])${item.name.replace(/[.$]/g, '\\$&')}\\s*\\.`, 'm').test(code);
}

function isStandard(path: string): boolean {
  return !path.slice(0, path.indexOf('/') < 0 ? path.length : path.indexOf('/')).includes('.');
}

function importEditsGo(
  text: string,
  header: GoHeader,
  add: readonly string[],
  remove: readonly string[],
): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  const missing = add.filter((path) => !header.imports.some((item) => item.path === path && item.name !== '_'));
  const unused = header.imports.filter(
    (item) => remove.includes(item.path) && item.name !== '_' && item.name !== '.' && !isUsed(text, item),
  );
  const block = IMPORT_BLOCK.exec(text);
  for (const item of unused) {
    const edit = removalOf(text, item);
    if (edit !== null) edits.push(edit);
  }
  if (missing.length === 0) return edits;
  if (block !== null) {
    const start = block.index + block[0].indexOf('(') + 1;
    for (const path of missing) edits.push(insertionInBlock(text, start, block[1]!, path));
    return edits;
  }
  SINGLE_IMPORT.lastIndex = 0;
  const single = SINGLE_IMPORT.exec(text);
  if (single !== null && header.imports.length === 1 && unused.length === 0) {
    const specs = [single[1]!, ...missing.map((path) => JSON.stringify(path))];
    const standard = specs.filter((spec) => isStandard(specPath(spec))).sort(bySpec);
    const others = specs.filter((spec) => !isStandard(specPath(spec))).sort(bySpec);
    const groups = [standard, others].filter((group) => group.length > 0);
    const body = groups.map((group) => group.map((spec) => `\t${spec}\n`).join('')).join('\n');
    const end = single.index + single[0].replace(/\r?\n$/, '').length;
    edits.push({ start: single.index, end, newText: `import (\n${body})` });
    return edits;
  }
  const clause = /^\uFEFF?package[ \t]+\w+[^\n]*\n?/m.exec(text);
  const at = clause === null ? 0 : clause.index + clause[0].length;
  const lines = missing.map((path) => `import ${JSON.stringify(path)}\n`).join('');
  edits.push({ start: at, end: at, newText: clause?.[0].endsWith('\n') === false ? `\n\n${lines}` : `\n${lines}` });
  return edits;
}

function specPath(spec: string): string {
  return spec.slice(spec.search(/["`]/) + 1, -1);
}

function bySpec(a: string, b: string): number {
  return specPath(a) < specPath(b) ? -1 : 1;
}

/** Inserts a spec into its sorted place of the group that holds standard or third-party paths. */
function insertionInBlock(text: string, start: number, body: string, path: string): TextEdit {
  let offset = start;
  const lines = body.split('\n').map((line) => {
    const at = offset;
    offset += line.length + 1;
    return { line, at, path: /^\s*(?:[\w.]+\s+)?["`]([^"`]+)["`]/.exec(line)?.[1] };
  });
  const specs = lines.filter((line) => line.path !== undefined);
  const spec = `\t${JSON.stringify(path)}\n`;
  const same = specs.filter((line) => isStandard(line.path!) === isStandard(path));
  if (same.length === 0) {
    // A group of its own: standard packages first, others last.
    const first = specs[0];
    if (first === undefined) return { start, end: start, newText: `\n${spec}` };
    if (isStandard(path)) return { start: first.at, end: first.at, newText: `${spec}\n` };
    const last = specs[specs.length - 1]!;
    const end = last.at + last.line.length + 1;
    return { start: end, end, newText: `\n${spec}` };
  }
  // The group is the run of lines around the first match; a blank line ends it.
  const group: typeof same = [];
  for (const line of lines.slice(lines.indexOf(same[0]!))) {
    if (line.line.trim() === '') break;
    if (line.path !== undefined) group.push(line);
  }
  const after = group.find((line) => line.path! > path);
  if (after !== undefined) return { start: after.at, end: after.at, newText: spec };
  const last = group[group.length - 1]!;
  const end = last.at + last.line.length + 1;
  return text.charAt(end - 1) === '\n'
    ? { start: end, end, newText: spec }
    : { start: end - 1, end: end - 1, newText: `\n${spec}` };
}

function removalOf(text: string, item: GoImport): TextEdit | null {
  const quoted = item.path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const block = IMPORT_BLOCK.exec(text);
  if (block !== null) {
    const line = new RegExp(`^[ \\t]*(?:[\\w.]+[ \\t]+)?["\`]${quoted}["\`][^\\n]*\\n`, 'm').exec(block[0]);
    if (line !== null) {
      let start = block.index + line.index;
      let end = start + line[0].length;
      const before = text.slice(0, start);
      const after = text.slice(end);
      // The last spec of a group takes the blank line that parted it from the next one with it.
      if (/\(\s*\n$/.test(before) && /^[ \t]*\r?\n/.test(after)) end += /^[ \t]*\r?\n/.exec(after)![0].length;
      else if (/\n[ \t]*\r?\n$/.test(before) && /^\)|^[ \t]*\r?\n/.test(after))
        start -= /\n([ \t]*\r?\n)$/.exec(before)![1]!.length;
      return { start, end, newText: '' };
    }
  }
  const single = new RegExp(
    `^import[ \\t]+(?:[\\w.]+[ \\t]+)?["\`]${quoted}["\`][^\\n]*\\n(?:[ \\t]*\\r?\\n)?`,
    'm',
  ).exec(text);
  return single === null ? null : { start: single.index, end: single.index + single[0].length, newText: '' };
}

function calledNameOfGo(node: GoNode): string | null {
  return node.kind === 'call_expression' ? calledName(node) : null;
}

export const goSupport: LanguageSupport<GoHeader> = {
  id: 'go',
  chunk: chunkWithComments,
  isHeaderKind: (kind) => kind === 'package_clause' || kind === 'import_declaration',
  header: readGoHeader,
  roleOf: roleOfGo,
  calledName: calledNameOfGo,
  importedPath: (node) => (node.kind === 'import_spec' ? importPath(node as GoNode) : null),
  importEdits: importEditsGo,
};
