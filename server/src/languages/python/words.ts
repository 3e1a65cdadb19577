/**
 * The words of a Python file by what they stand for: names that code reads, attributes, words of short strings. Read in
 * one pass over the text, without a tree, so that whole files can be asked for little. Nothing here resolves a name: a word
 * counts wherever it stands.
 */

/** The words of a file, by how they stand in it. */
export interface PythonWords {
  /** Names that are read: no attributes, no names of arguments, nothing that is only assigned, imported or declared. */
  readonly used: ReadonlySet<string>;
  /** What is taken of something: `b` of `a.b`; and names of arguments. */
  readonly members: ReadonlySet<string>;
  /** Words of strings of one line without blanks, and of annotations in strings. */
  readonly quoted: ReadonlySet<string>;
}

/** A name that an import statement binds, as written. */
export interface ImportedName {
  /** The name in the file. */
  readonly name: string;
  /** What it stands for: `a.b` for `import a.b`, `b` for `from a import b`. */
  readonly written: string;
  readonly start: number;
  readonly end: number;
}

export interface ImportStatement {
  /** From the first letter to the last, without the comment behind it. */
  readonly start: number;
  readonly end: number;
  readonly indent: string;
  /** The module behind `from`, '' for `import a`. */
  readonly from: string;
  readonly names: readonly ImportedName[];
  /** Comments in it and behind it. */
  readonly comment: string;
  /** It stands on its lines alone. */
  readonly alone: boolean;
}

const TOKEN = /#[^\r\n]*|([A-Za-z]{0,2})("""|'''|"|')|[^\W\d]\w*/gu;
const WORD = /[^\W\d]\w*/gu;
const PREFIX = /^(?:[rbuf]|[rb][rb]|[rf][rf]|)$/i;
const IMPORT =
  /^([ \t]*)(?:from[ \t]+([.\w \t]*?[.\w])[ \t]+import[ \t]*(\([^()]*\)|(?:[^\r\n#;()\\]|\\\r?\n)+)|import[ \t]+((?:[^\r\n#;()\\]|\\\r?\n)+))([^\r\n]*)/gmu;

/** Spans of a file that are strings or comments, and its words. */
export function readPython(text: string): {
  readonly words: PythonWords;
  readonly imports: readonly ImportStatement[];
} {
  const imports: ImportStatement[] = [];
  const used = new Set<string>();
  const members = new Set<string>();
  const quoted = new Set<string>();
  const possible = [...text.matchAll(IMPORT)];
  let nextImport = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [word, prefix, quote] = match;
    const start = match.index;
    if (word[0] === '#') {
      // A type in a comment.
      if (/^#\s*type:/.test(word)) for (const [name] of word.matchAll(WORD)) quoted.add(name);
      continue;
    }
    if (quote !== undefined) {
      if (!PREFIX.test(prefix!)) {
        // The letters are a name of their own, which grammar does not allow.
        continue;
      }
      const open = start + word.length;
      const close = stringEnd(text, open, quote);
      const content = text.slice(open, close);
      if (/f/i.test(prefix!)) {
        for (const [, inner] of content.matchAll(/\{([^{}]*)\}?/g)) readInterpolation(inner!, used, members);
      } else if (quote.length === 1 && /^[\w.:[\], |*-]+$/u.test(content)) {
        const isPath = !content.includes(' ') || /\[|\|/.test(content);
        if (isPath) for (const [name] of content.matchAll(WORD)) quoted.add(name);
      }
      TOKEN.lastIndex = Math.min(text.length, close + quote.length);
      continue;
    }
    while (nextImport < possible.length && possible[nextImport]!.index + possible[nextImport]![1]!.length < start)
      nextImport++;
    const statement = possible[nextImport];
    if (statement !== undefined && statement.index + statement[1]!.length === start) {
      const read = readImport(text, statement);
      if (read !== null) {
        imports.push(read);
        TOKEN.lastIndex = read.end;
        continue;
      }
    }
    classify(text, word, start, used, members);
  }
  return { words: { used, members, quoted }, imports };
}

/** Offset of the quote that ends a string. */
function stringEnd(text: string, open: number, quote: string): number {
  for (let at = open; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) {
      at++;
      continue;
    }
    if (quote.length === 1 && (code === 10 || code === 13)) return at;
    if (text.startsWith(quote, at)) return at;
  }
  return text.length;
}

function readInterpolation(code: string, used: Set<string>, members: Set<string>): void {
  for (const match of code.matchAll(WORD)) {
    if (code[match.index - 1] === '.') members.add(match[0]);
    else used.add(match[0]);
  }
}

function classify(text: string, word: string, start: number, used: Set<string>, members: Set<string>): void {
  let before = start - 1;
  while (text[before] === ' ' || text[before] === '\t') before--;
  if (text[before] === '.' && text[before - 1] !== '.') {
    members.add(word);
    return;
  }
  if (/(?:^|\W)(?:def|class)$/.test(text.slice(Math.max(0, before - 5), before + 1))) return;
  let after = start + word.length;
  while (text[after] === ' ' || text[after] === '\t') after++;
  // What is only given a value is not read; in brackets it is the name of an argument. Behind a colon it is a type.
  if (text[after] === '=' && text[after + 1] !== '=' && (before < 0 || '\r\n(,'.includes(text[before]!))) {
    members.add(word);
    return;
  }
  used.add(word);
}

function readImport(text: string, match: RegExpExecArray | RegExpMatchArray): ImportStatement | null {
  const indent = match[1]!;
  const from = match[2]?.replace(/[ \t]+/g, '') ?? '';
  const list = match[3] ?? match[4]!;
  const tail = match[5]!;
  const start = match.index! + indent.length;
  const end = match.index! + match[0].length - tail.length;
  const trimmed = list.trimEnd();
  const listStart = text.indexOf(list, start + (from === '' ? 6 : 4 + from.length));
  const names: ImportedName[] = [];
  // Comments hold no names.
  const plain = trimmed.replace(/#[^\r\n]*/g, (comment) => ' '.repeat(comment.length));
  for (const item of plain.matchAll(/([^\W\d][\w.]*)(?:\s+as\s+([^\W\d]\w*))?/gu)) {
    const written = item[1]!;
    names.push({
      name: item[2] ?? (from === '' ? written.split('.', 1)[0]! : written),
      written,
      start: listStart + item.index,
      end: listStart + item.index + item[0].length,
    });
  }
  if (names.length === 0 && !/^\s*\*/.test(list)) return null;
  const comment = /#.*/.exec(tail)?.[0] ?? '';
  return {
    start,
    end: end - (list.length - trimmed.length),
    indent,
    from,
    names,
    comment: comment + (list.match(/#[^\r\n]*/g)?.join(' ') ?? ''),
    alone: /^\s*(?:#.*)?$/.test(tail),
  };
}
