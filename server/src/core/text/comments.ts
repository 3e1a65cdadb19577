/**
 * Comments of a text in any language that is read, by a scanner that knows strings and comments and nothing else. It is
 * for the few texts that hold a word worth looking for; it never parses code.
 */
import type { LanguageId } from '../model/file.ts';
import type { Span } from '../model/location.ts';

/** Comments and what may look like one: group 1 of each is a comment, whatever else matches is not. */
const C_LIKE = /(\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$))|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|`[^`]*`/g;
/** A carriage return alone ends no line in Go. */
const GO = /(\/\/[^\n]*?(?=\r?(?:\n|$))|\/\*[\s\S]*?(?:\*\/|$))|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|`[^`]*`/g;
const SCRIPT =
  /(\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$))|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/g;
/** A quote may begin a lifetime, so only whole characters count as strings. */
const RUST = /(\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$))|r(#*)"[\s\S]*?"\2|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\.)'/g;
const PYTHON = /"""[\s\S]*?"""|'''[\s\S]*?'''|(#[^\r\n]*)|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'/g;
/** Where `#` begins a comment only at the start of a word; quotes end with their line. */
const HASH = /(?<=^|[ \t;])(#[^\r\n]*)|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'/gm;
const HASH_LINE = /^[ \t]*(#[^\r\n]*)/gm;
const HASH_OR_C = /(#[^\r\n]*|\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$))|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'/g;
const SQL = /(--[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$))|'(?:[^']|'')*'|"[^"]*"/g;
const MARKUP = /(<!--[\s\S]*?(?:-->|$))/g;
const MARKUP_AND_SCRIPT = /(<!--[\s\S]*?(?:-->|$)|\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$))/g;
const MARKDOWN = /^ {0,3}(?:```[^`]*?^ {0,3}```|~~~[\s\S]*?^ {0,3}~~~)|`[^`\r\n]+`|(<!--[\s\S]*?(?:-->|$))/gm;
const INI = /^[ \t]*([;#][^\r\n]*)/gm;

const BY_LANGUAGE: Readonly<Partial<Record<LanguageId, RegExp>>> = {
  go: GO,
  python: PYTHON,
  gomod: /(\/\/[^\r\n]*)/g,
  json: SCRIPT,
  markdown: MARKDOWN,
  env: HASH,
  gitignore: HASH_LINE,
  dockerfile: HASH_LINE,
  makefile: HASH_LINE,
  workflow: HASH,
  compose: HASH,
  yaml: HASH,
  toml: HASH,
  shell: HASH,
};

const BY_EXTENSION: Readonly<Record<string, RegExp>> = Object.fromEntries(
  (
    [
      [SCRIPT, 'ts tsx mts cts js jsx mjs cjs'],
      [C_LIKE, 'proto java kt kts swift c h cpp hpp cc cs groovy scala gradle css scss jsonnet'],
      [HASH_OR_C, 'tf hcl php'],
      [RUST, 'rs'],
      [PYTHON, 'star'],
      [HASH, 'rb pl ex exs'],
      [SQL, 'sql lua'],
      [MARKUP, 'html xml svg'],
      [MARKUP_AND_SCRIPT, 'vue svelte'],
      [INI, 'conf cfg ini properties'],
    ] as const
  ).flatMap(([pattern, names]) => names.split(' ').map((name) => [name, pattern])),
);

function patternOf(path: string, language: LanguageId): RegExp | undefined {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return BY_LANGUAGE[language] ?? (Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined);
}

/** Whether every reader of such a file takes comments; those of JSON do not. */
export function allowsComments(path: string, language: LanguageId): boolean {
  return patternOf(path, language) !== undefined && (language !== 'json' || path.endsWith('.jsonc'));
}

/** Spans of the comments, marks included, in order. Where the language is not known, lines that begin with `#`. */
export function commentsOf(path: string, language: LanguageId, text: string): readonly Span[] {
  const comments: Span[] = [];
  for (const match of text.matchAll(patternOf(path, language) ?? HASH_LINE)) {
    if (match[1] === undefined) continue;
    const start = match.index + match[0].indexOf(match[1]);
    comments.push({ start, end: start + match[1].length });
  }
  return comments;
}
