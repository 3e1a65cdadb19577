/**
 * Env files (`.env`, `.env.example`, `prod.env`) as entries with spans. Tolerant: it reads what dotenv loaders, compose
 * and shells have in common and says where they part (open quotes, lines that are no entry). Expands nothing.
 */
import type { Span } from '../core/model/location.ts';

export interface EnvEntry {
  readonly key: string;
  /** Value without its quotes and without a trailing comment. */
  readonly value: string;
  readonly keySpan: Span;
  readonly valueSpan: Span;
  /** The whole lines of the entry, line break included. */
  readonly lines: Span;
}

export interface EnvProblem {
  readonly kind: 'unclosed-quote' | 'not-an-entry';
  readonly span: Span;
}

export interface EnvDocument {
  readonly entries: readonly EnvEntry[];
  /** Keys of entries that are commented out: they document a variable without setting it. */
  readonly commented: readonly { readonly key: string; readonly span: Span }[];
  readonly problems: readonly EnvProblem[];
  /** The file is a shell script or a template: lines that are no entries are no defects. */
  readonly script: boolean;
}

const ENTRY = /^([ \t]*(?:export[ \t]+)?)([A-Za-z_][\w.-]*)([ \t]*=[ \t]*)(.*)$/;
const COMMENTED = /^[ \t]*#+[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/;
const SCRIPT_LINE =
  /^[ \t]*(?:#!|set[ \t]|source[ \t]|\.[ \t]|if[ \t[]|then\b|else\b|fi\b|for[ \t]|do\b|done\b|case[ \t]|esac\b|function[ \t]|[\w-]+\(\)|\{\{|\{%|<%|<#)/;
/** `docker --env-file` takes a bare name: the variable is passed on from the caller. `export NAME` does the same in a shell. */
const BARE_NAME = /^[ \t]*(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*$/;

/** Offset of the quote that closes the one at `open`, or -1. A backslash escapes in double quotes only. */
function closingQuote(text: string, open: number): number {
  const quote = text.charAt(open);
  for (let i = open + 1; i < text.length; i++) {
    if (quote === '"' && text.charAt(i) === '\\') i++;
    else if (text.charAt(i) === quote) return i;
  }
  return -1;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** Reads an env file. Never fails: what cannot be read is a problem of the document. */
export function parseEnv(source: string): EnvDocument {
  // A byte order mark counts as a blank, so that offsets stay as they are.
  const text = source.replace(/^\uFEFF/, ' ');
  const entries: EnvEntry[] = [];
  const commented: { key: string; span: Span }[] = [];
  const problems: EnvProblem[] = [];
  let script = false;
  for (let start = 0; start < text.length; ) {
    let end = lineEnd(text, start);
    const next = Math.min(end + 1, text.length);
    if (text.charAt(end - 1) === '\r' && end > start) end--;
    const line = text.slice(start, end);
    const match = ENTRY.exec(line);
    if (match !== null) {
      const read = readEntry(text, start, end, match);
      entries.push(read.entry);
      if (read.problem !== null) problems.push(read.problem);
      start = read.entry.lines.end;
      continue;
    }
    const trimmed = line.trim();
    const comment = COMMENTED.exec(line);
    if (comment !== null) {
      const at = start + line.indexOf(comment[1]!);
      commented.push({ key: comment[1]!, span: { start: at, end: at + comment[1]!.length } });
    } else if (SCRIPT_LINE.test(line)) script = true;
    else if (trimmed !== '' && !trimmed.startsWith('#') && !BARE_NAME.test(line)) {
      const at = start + line.indexOf(trimmed);
      problems.push({ kind: 'not-an-entry', span: { start: at, end: at + trimmed.length } });
    }
    start = next;
  }
  return { entries, commented, problems, script };
}

function readEntry(
  text: string,
  start: number,
  end: number,
  match: RegExpExecArray,
): { readonly entry: EnvEntry; readonly problem: EnvProblem | null } {
  const keyStart = start + match[1]!.length;
  const key = match[2]!;
  const keySpan = { start: keyStart, end: keyStart + key.length };
  const valueStart = keySpan.end + match[3]!.length;
  const rest = match[4]!;
  const quote = /^["'`]/.exec(rest)?.[0];
  if (quote === undefined) {
    const value = rest.replace(/(^|[ \t])#.*$/, '').trimEnd();
    const lines = { start, end: Math.min(lineEnd(text, start) + 1, text.length) };
    return {
      entry: { key, value, keySpan, valueSpan: { start: valueStart, end: valueStart + value.length }, lines },
      problem: null,
    };
  }
  const close = closingQuote(text, valueStart);
  // A quote that is closed only after the beginning of another entry was meant to be closed on its own line.
  const spanned = close < 0 ? '' : text.slice(valueStart + 1, close);
  const closed = close >= 0 && !/\n[ \t]*(?:export[ \t]+)?[A-Z_][A-Z0-9_]*=/.test(spanned);
  const valueEnd = closed ? close + 1 : end;
  const lines = { start, end: Math.min(lineEnd(text, valueEnd) + 1, text.length) };
  const value = closed ? spanned : rest.slice(1);
  return {
    entry: { key, value, keySpan, valueSpan: { start: valueStart, end: valueEnd }, lines },
    problem: closed ? null : { kind: 'unclosed-quote', span: { start: valueStart, end } },
  };
}

export type EnvFileKind = 'example' | 'test' | 'encrypted' | 'values';

/** What the name of an env file says it is for: an example to copy, values of a test run, cipher text, or real values. */
export function envFileKind(path: string): EnvFileKind {
  const words = path
    .slice(path.lastIndexOf('/') + 1)
    .toLowerCase()
    .split(/[._-]+/);
  const has = (...candidates: readonly string[]): boolean => words.some((word) => candidates.includes(word));
  if (
    has('example', 'examples', 'sample', 'template', 'tmpl', 'tpl', 'dist', 'default', 'defaults', 'schema', 'demo')
  ) {
    return 'example';
  }
  if (has('enc', 'encrypted', 'sops', 'age', 'gpg', 'vault', 'asc')) return 'encrypted';
  if (has('test', 'tests', 'testing', 'ci', 'e2e')) return 'test';
  return 'values';
}

/** Whether the text is encrypted by a tool that keeps the shape of an env file (dotenvx, SOPS, ansible-vault). */
export function isEncryptedEnv(text: string): boolean {
  return /^sops_|=["']?(?:encrypted:|ENC\[)|^\$ANSIBLE_VAULT/m.test(text);
}
