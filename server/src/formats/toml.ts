/**
 * TOML files (`pyproject.toml`, `Pipfile`) as keys and values with spans. Tolerant: it reads tables, keys, strings, arrays
 * and inline tables, and goes on at the next line after what it does not know. Dates and numbers stay text.
 */
import type { Span } from '../core/model/location.ts';

export interface TomlString {
  readonly text: string;
  readonly span: Span;
}

export interface TomlEntry {
  /** The whole path, as in `tool.poetry.dependencies.flask`; elements of an array of tables share theirs. */
  readonly path: string;
  readonly key: Span;
  readonly value: Span;
  /** Texts in the value in order: one for a string, those of an array, and of the strings in inline tables. */
  readonly strings: readonly TomlString[];
  /** Source of the value without blanks around. */
  readonly raw: string;
}

const TABLE = /^[ \t]*\[\[?([^\]\r\n]+)\]\]?/;
const KEY =
  /^[ \t]*((?:[\w-]+|"[^"\r\n]*"|'[^'\r\n]*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"[^"\r\n]*"|'[^'\r\n]*'))*)[ \t]*=[ \t]*/;
const STRING = /"""([\s\S]*?)"""|'''([\s\S]*?)'''|"((?:[^"\\\r\n]|\\.)*)"|'([^'\r\n]*)'/y;

/** Keys with their values, in order. */
export function readToml(text: string): readonly TomlEntry[] {
  const entries: TomlEntry[] = [];
  let table = '';
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 500);
    const header = TABLE.exec(rest);
    const key = header === null ? KEY.exec(rest) : null;
    if (header !== null) table = pathOf(header[1]!);
    if (key !== null) {
      const start = at + key[0].length;
      const { end, strings } = readValue(text, start);
      const path = [table, pathOf(key[1]!)].filter((part) => part !== '').join('.');
      const keyStart = at + key[0].indexOf(key[1]!);
      entries.push({
        path,
        key: { start: keyStart, end: keyStart + key[1]!.length },
        value: { start, end },
        strings,
        raw: text.slice(start, end),
      });
      at = end;
    }
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd < 0) break;
    at = lineEnd + 1;
  }
  return entries;
}

function pathOf(written: string): string {
  return written
    .split('.')
    .map((part) => part.trim().replace(/^["']|["']$/g, ''))
    .join('.');
}

/** The value that begins at an offset: to the end of its line, or of its last bracket. */
function readValue(text: string, start: number): { readonly end: number; readonly strings: readonly TomlString[] } {
  const strings: TomlString[] = [];
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"' || char === "'") {
      STRING.lastIndex = at;
      const match = STRING.exec(text);
      if (match === null) break;
      const content = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
      const quote = match[1] !== undefined || match[2] !== undefined ? 3 : 1;
      strings.push({ text: content, span: { start: at + quote, end: at + quote + content.length } });
      at += match[0].length;
      continue;
    }
    if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    else if (char === '#') {
      if (depth <= 0) break;
      const lineEnd = text.indexOf('\n', at);
      at = lineEnd < 0 ? text.length : lineEnd;
      continue;
    } else if ((char === '\n' || char === '\r') && depth <= 0) break;
    at++;
  }
  let end = at;
  while (end > start && /\s/.test(text.charAt(end - 1))) end--;
  return { end, strings };
}
