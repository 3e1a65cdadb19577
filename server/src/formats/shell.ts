/**
 * Commands of a POSIX shell as words with spans: lists, pipes, groups, control words, redirections, quotes, continued lines.
 * Tolerant: substitutions stay part of their word, and nothing is expanded. It runs nothing and reports nothing.
 */
import type { Span } from '../core/model/location.ts';

/** A word without its quotes, with the span of what is written. */
export interface ShellWord extends Span {
  readonly text: string;
  /** Some part is quoted. */
  readonly quoted: boolean;
  /** Some part is put in by the shell: a variable, the output of a command. */
  readonly expanded: boolean;
}

export interface ShellCommand extends Span {
  /** Name and arguments, without assignments in front and redirections. */
  readonly words: readonly ShellWord[];
  /** What stands before it: `&&`, `||`, `|`, `;`, or '' for the first of a group. */
  readonly before: string;
  /** What stands behind it. */
  readonly after: string;
  /** How many groups and control words are around. */
  readonly depth: number;
}

const RESERVED = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', 'time']);
const CLOSING = new Set(['fi', 'done', 'esac', '}']);
const OPENING = new Set(['if', 'while', 'until', 'for', 'case', '{', 'select']);

/** Offset behind a text in quotes or a substitution that begins at `at`. */
function behindQuote(source: string, at: number, end: number): number {
  const quote = source.charAt(at);
  for (let i = at + 1; i < end; i++) {
    const char = source.charAt(i);
    if (quote !== "'" && char === '\\') i++;
    else if (char === quote) return i + 1;
  }
  return end;
}

function behindBrackets(source: string, at: number, end: number): number {
  const open = source.charAt(at);
  const close = open === '(' ? ')' : '}';
  let depth = 0;
  for (let i = at; i < end; i++) {
    const char = source.charAt(i);
    if (char === '\\') i++;
    else if (char === '"' || char === "'") i = behindQuote(source, i, end) - 1;
    else if (char === open) depth++;
    else if (char === close && --depth === 0) return i + 1;
  }
  return end;
}

/** Reads one word; `at` is its first character. */
function readWord(source: string, at: number, end: number): ShellWord {
  let text = '';
  let quoted = false;
  let expanded = false;
  let i = at;
  while (i < end) {
    const char = source.charAt(i);
    if (/[\s;&|<>()]/.test(char)) break;
    if (char === "'" || char === '"') {
      const behind = behindQuote(source, i, end);
      const inner = source.slice(i + 1, behind - 1);
      quoted = true;
      if (char === '"' && /[$`]/.test(inner)) expanded = true;
      text += inner;
      i = behind;
    } else if (char === '\\') {
      const broken = /^\\\r?\n/.exec(source.slice(i, i + 3));
      if (broken !== null) {
        // A word that goes on in the next line begins there without blanks.
        i += broken[0].length;
        if (/\s/.test(source.charAt(i))) return { text, quoted, expanded, start: at, end: i - broken[0].length };
      } else {
        text += source.charAt(i + 1);
        i += 2;
      }
    } else if (char === '`') {
      const behind = behindQuote(source, i, end);
      text += source.slice(i, behind);
      expanded = true;
      i = behind;
    } else if (char === '$' && /[({]/.test(source.charAt(i + 1))) {
      const behind = behindBrackets(source, i + 1, end);
      text += source.slice(i, behind);
      expanded = true;
      i = behind;
    } else {
      if (char === '$') expanded = true;
      text += char;
      i++;
    }
  }
  return { text, quoted, expanded, start: at, end: Math.min(i, end) };
}

const OPERATOR = /&&|\|\||;;&?|\|&|[|;&()]/y;
const REDIRECTION = /\d*(?:&>>?|>&|<&|<<<|<>|>>|>\||[<>])/y;

/**
 * Commands between two offsets of a text. Comment lines and heredocs' bodies should not be among them, except that a line
 * that begins with `#` is left out.
 */
export function shellCommands(source: string, from: number, to: number): readonly ShellCommand[] {
  const commands: { words: ShellWord[]; before: string; after: string; depth: number; start: number; end: number }[] =
    [];
  let words: ShellWord[] = [];
  let before = '';
  let depth = 0;
  /** Within `case`: 1 before `in`, 2 where a pattern stands, 3 in a branch. */
  const cases: number[] = [];
  let at = from;
  const flush = (after: string): void => {
    if (words.length > 0) {
      const start = words[0]!.start;
      commands.push({ words, before, after, depth, start, end: words.at(-1)!.end });
      before = after;
    } else if (after !== '') before = after;
    words = [];
  };
  while (at < to) {
    const char = source.charAt(at);
    if (char === '\\' && /^\\[ \t]*\r?\n/.test(source.slice(at, at + 40))) {
      at = source.indexOf('\n', at) + 1;
      continue;
    }
    if (char === '\n') {
      // Comment lines and empty lines between continued ones belong to neither.
      const previous = source.slice(Math.max(from, at - 200), at);
      const lineStart = previous.lastIndexOf('\n') + 1;
      const isComment = /^\s*#/.test(previous.slice(lineStart)) || previous.slice(lineStart).trim() === '';
      if (!isComment || words.length === 0) flush(words.length > 0 ? ';' : '');
      at++;
      continue;
    }
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    if (char === '#') {
      const lineEnd = source.indexOf('\n', at);
      at = lineEnd < 0 || lineEnd > to ? to : lineEnd;
      continue;
    }
    const inPattern = cases.at(-1) === 2;
    REDIRECTION.lastIndex = at;
    const redirection = inPattern ? null : REDIRECTION.exec(source);
    if (redirection !== null && (words.length === 0 || at > from)) {
      at += redirection[0].length;
      while (at < to && /[ \t]/.test(source.charAt(at))) at++;
      if (source.charAt(at) === '&') at++;
      else if (source.charAt(at) === '(') at = behindBrackets(source, at, to);
      if (at < to && !/[\s;&|]/.test(source.charAt(at))) at = Math.max(at + 1, readWord(source, at, to).end);
      continue;
    }
    OPERATOR.lastIndex = at;
    const operator = OPERATOR.exec(source)?.[0];
    if (operator !== undefined) {
      at += operator.length;
      if (inPattern) {
        if (operator === ')') {
          cases[cases.length - 1] = 3;
          words = [];
        }
        continue;
      }
      if (operator.startsWith(';;')) {
        flush(';');
        if (cases.length > 0) cases[cases.length - 1] = 2;
      } else if (operator === '(') {
        flush('');
        before = '';
        depth++;
      } else if (operator === ')') {
        flush('');
        depth = Math.max(0, depth - 1);
      } else flush(operator === '|&' ? '|' : operator === '&' ? ';' : operator);
      continue;
    }
    const word = readWord(source, at, to);
    at = Math.max(at + 1, word.end);
    if (inPattern) {
      if (word.text === 'esac') {
        cases.pop();
        depth = Math.max(0, depth - 1);
      }
      continue;
    }
    if (words.length === 0 && !word.quoted) {
      if (OPENING.has(word.text)) depth++;
      if (CLOSING.has(word.text)) {
        depth = Math.max(0, depth - 1);
        if (word.text === 'esac') cases.pop();
        continue;
      }
      if (word.text === 'case') cases.push(1);
      if (RESERVED.has(word.text)) {
        before = '';
        continue;
      }
      if (/^[A-Za-z_]\w*\+?=/.test(source.slice(word.start, word.end))) continue;
    }
    if (cases.at(-1) === 1 && word.text === 'in') {
      cases[cases.length - 1] = 2;
      words = [];
      continue;
    }
    words.push(word);
  }
  flush('');
  return commands;
}
