/**
 * Edits that add and remove imports, in the order that isort and ruff give them (profile black). They are made from the
 * text alone, since a fix is turned into edits when it is applied. Nothing here looks at code below the imports, but to see
 * whether a name is still in use.
 */
import type { TextEdit } from '../../core/model/location.ts';
import { isStandardModule } from './stdlib.ts';

/** An import statement at the top of a file, on a line of its own. */
interface ImportLine {
  /** Whole lines, line break included. */
  readonly start: number;
  readonly end: number;
  readonly module: string;
  /** For `from x import (a, b as c)`: the names as written; null for `import x`. */
  readonly names: readonly string[] | null;
  /** Alias of `import x as y`. */
  readonly alias: string;
  /** `import a, b`, brackets, comments and continued lines are left alone. */
  readonly simple: boolean;
}

interface Top {
  readonly lines: readonly ImportLine[];
  /** Where imports begin when there are none: behind the comments and the docstring at the top. */
  readonly begin: number;
}

const DOCSTRING = /^[rRuU]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/;
const IMPORT =
  /^(?:import[ \t]+([^\n#;(\\]+)|from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;(\\]+))[ \t]*(#[^\n]*)?(?:\r?\n|$)/;
const BLANK = /^[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/;

/** The imports that stand together at the top of a file. */
function readTop(text: string): Top {
  const lines: ImportLine[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let begin = at;
  let seenDocstring = false;
  while (at < text.length) {
    const rest = text.slice(at, at + 4_000);
    const blank = BLANK.exec(rest);
    if (blank !== null) {
      if (blank[0] === '') break;
      at += blank[0].length;
      // A comment block at the very top belongs to the file, not to what follows.
      if (lines.length === 0 && !seenDocstring && blank[0].trimStart().startsWith('#')) begin = at;
      continue;
    }
    const docstring = lines.length === 0 && !seenDocstring ? DOCSTRING.exec(text.slice(at)) : null;
    if (docstring !== null) {
      seenDocstring = true;
      at += docstring[0].length;
      begin = at;
      continue;
    }
    const match = IMPORT.exec(rest);
    if (match === null) break;
    const module = (match[2] ?? match[1]!).trim();
    const [plain = '', alias = ''] = module.split(/\s+as\s+/);
    const written = match[3]?.replace(/#[^\n]*/g, '').replace(/[()]/g, '');
    const names = written?.split(',').flatMap((name) => name.trim() || []) ?? null;
    const simple =
      match[4] === undefined && !/[(\n]/.test(match[0].trimEnd()) && (match[2] !== undefined || !module.includes(','));
    lines.push({ start: at, end: at + match[0].length, module: plain, names, alias, simple });
    at += match[0].length;
  }
  return { lines, begin };
}

/** Section of a module in isort's order. */
function sectionOf(module: string): number {
  if (module === '__future__') return 0;
  if (isStandardModule(module)) return 1;
  return module.startsWith('.') ? 4 : 2;
}

/** Place of a statement within its section: plain imports first, then by name. */
function keyOf(module: string, isFrom: boolean): string {
  return `${isFrom ? '1' : '0'}${module.toLowerCase()}`;
}

/**
 * Edits for `add` and `remove`, each written `module` (`import module`) or `module:name` (`from module import name`).
 * What is there already is not added; what is used elsewhere in the text is not removed.
 */
export function importEdits(text: string, add: readonly string[], remove: readonly string[]): readonly TextEdit[] {
  const top = readTop(text);
  const edits: TextEdit[] = [];
  for (const item of remove) edits.push(...removalOf(text, top, item));
  const added = [...new Set(add)].filter((item) => !isThere(top, item));
  const byModule = new Map<string, string[]>();
  for (const item of added) {
    const [module = '', name = ''] = item.split(':');
    byModule.set(name === '' ? module : `${module}:`, [
      ...(byModule.get(name === '' ? module : `${module}:`) ?? []),
      name,
    ]);
  }
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  for (const [key, names] of byModule) {
    const module = key.replace(/:$/, '');
    edits.push(
      key.endsWith(':') ? fromEdit(text, top, module, names, newline) : lineEdit(text, top, module, null, newline),
    );
  }
  return merged(edits);
}

function isThere({ lines }: Top, item: string): boolean {
  const [module = '', name = ''] = item.split(':');
  return lines.some((line) => {
    if (line.module !== module) return line.names === null && !line.simple && hasPlain(line.module, module);
    return name === '' ? line.names === null && line.alias === '' : line.names?.includes(name) === true;
  });
}

/** Whether `import a, b` holds a module. */
function hasPlain(list: string, module: string): boolean {
  return list.split(',').some((part) => part.trim() === module);
}

function fromEdit(text: string, top: Top, module: string, names: readonly string[], newline: string): TextEdit {
  const line = top.lines.find((own) => own.names !== null && own.simple && own.module === module);
  if (line === undefined || line.names!.includes('*')) return lineEdit(text, top, module, names, newline);
  const all = [...line.names!, ...names].sort(byName);
  const written = `from ${module} import ${all.join(', ')}`;
  if (written.length > 88) return lineEdit(text, top, module, names, newline);
  const old = text.slice(line.start, line.end);
  return { start: line.start, end: line.start + old.trimEnd().length, newText: written };
}

/** isort's order of names: constants, classes, then the rest. */
function byName(left: string, right: string): number {
  const rank = (name: string): number => (/^[A-Z0-9_]+( as .*)?$/.test(name) ? 0 : /^[A-Z]/.test(name) ? 1 : 2);
  return rank(left) - rank(right) || (left.toLowerCase() < right.toLowerCase() ? -1 : 1);
}

function lineEdit(text: string, top: Top, module: string, names: readonly string[] | null, newline: string): TextEdit {
  const statement = names === null ? `import ${module}` : `from ${module} import ${[...names].sort(byName).join(', ')}`;
  const { lines, begin } = top;
  const section = sectionOf(module);
  const key = keyOf(module, names !== null);
  const endsOpen = (offset: number): boolean => offset > 0 && offset === text.length && !/[\r\n]$/.test(text);
  const at = (offset: number, newText: string): TextEdit => ({ start: offset, end: offset, newText });
  const behind = (offset: number, newText: string): TextEdit =>
    at(offset, endsOpen(offset) ? newline + newText : newText);
  if (lines.length === 0) {
    const rest = text.slice(begin);
    const before = begin > 1 && rest.trim() !== '' ? newline : '';
    const gap = /^(?:[ \t]*\r?\n)*/.exec(rest)![0];
    const blanks = gap.split('\n').length - 1;
    const after = rest.trim() === '' ? '' : newline.repeat(/^\s*(?:@|def\b|class\b|async\b)/.test(rest) ? 2 : 1);
    // The blank lines that are there come before the import; what follows needs its own.
    return begin > 1 && blanks > 0
      ? behind(
          begin + /^[ \t]*\r?\n/.exec(rest)![0].length,
          `${statement}${newline}${rest.trim() === '' ? '' : newline}`,
        )
      : behind(begin, `${before}${statement}${newline}${after}`);
  }
  const same = lines.filter((line) => sectionOf(line.module) === section);
  if (same.length > 0) {
    const next = same.find((line) => keyOf(line.module, line.names !== null) > key);
    if (next !== undefined) return at(next.start, `${statement}${newline}`);
    return behind(same.at(-1)!.end, `${statement}${newline}`);
  }
  const next = lines.find((line) => sectionOf(line.module) > section);
  if (next !== undefined) return at(next.start, `${statement}${newline}${newline}`);
  return behind(lines.at(-1)!.end, `${newline}${statement}${newline}`);
}

/** What takes an import away that nothing uses; empty when it is used or cannot be taken away simply. */
function removalOf(text: string, { lines }: Top, item: string): readonly TextEdit[] {
  const [module = '', name = ''] = item.split(':');
  for (const line of lines) {
    if (line.module !== module || !line.simple) continue;
    if (name === '' && line.names === null) {
      const local = line.alias === '' ? module : line.alias;
      return isUsed(text, local, lines) ? [] : [withoutGap(text, line)];
    }
    const own = line.names?.find((written) => written.split(/\s+as\s+/)[0] === name);
    if (own === undefined || isUsed(text, own.split(/\s+as\s+/).at(-1)!, lines)) continue;
    const rest = line.names!.filter((written) => written !== own);
    if (rest.length === 0) return [withoutGap(text, line)];
    const old = text.slice(line.start, line.end).trimEnd();
    return [{ start: line.start, end: line.start + old.length, newText: `from ${module} import ${rest.join(', ')}` }];
  }
  return [];
}

/** The line, with the blank line behind it when it was alone in its section. */
function withoutGap(text: string, line: ImportLine): TextEdit {
  const before = text.slice(0, line.start);
  const isFirst = before === '' || /\n[ \t]*\r?\n$/.test(before);
  const gap = /^[ \t]*\r?\n/.exec(text.slice(line.end));
  return { start: line.start, end: line.end + (isFirst && gap !== null ? gap[0].length : 0), newText: '' };
}

/** Whether a name occurs outside of the imports, comments and strings without interpolation. */
function isUsed(text: string, name: string, lines: readonly ImportLine[]): boolean {
  const end = lines.at(-1)?.end ?? 0;
  const code = text
    .slice(end)
    .replace(/"""[\s\S]*?"""|'''[\s\S]*?'''|#[^\n]*/g, ' ')
    .replace(/(?<![fFtT\w])"(?:[^"\\\n]|\\.)*"|(?<![fFtT\w])'(?:[^'\\\n]|\\.)*'/g, ' ');
  return new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}(?!\\w)`).test(code);
}

/** Insertions at one offset become one edit, in order. */
function merged(edits: readonly TextEdit[]): TextEdit[] {
  const result: TextEdit[] = [];
  for (const edit of edits) {
    const last = result.findIndex((own) => own.start === edit.start && own.end === edit.end && own.start === own.end);
    if (last < 0) result.push(edit);
    else result[last] = { ...edit, newText: result[last]!.newText + edit.newText };
  }
  return result;
}
