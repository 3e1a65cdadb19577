/**
 * Go: blanks at both ends of lines. One pass over the text tells code from comments and strings; a line that begins
 * inside of a raw string or a block comment is never looked at.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';

interface Lines {
  readonly blanks: readonly { readonly start: number; readonly end: number }[];
  readonly spaces: readonly { readonly start: number; readonly end: number }[];
}

/** Where a construct that began at the offset ends, on this line or a later one. */
function endOfConstruct(text: string, at: number): number {
  const after = (end: number, length: number): number => (end < 0 ? text.length : end + length);
  const character = text[at]!;
  if (character === '`') return after(text.indexOf('`', at + 1), 1);
  if (text.startsWith('/*', at)) return after(text.indexOf('*/', at + 2), 2);
  if (text.startsWith('//', at)) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  // A string or rune literal ends on its line.
  let end = at + 1;
  while (end < text.length && text[end] !== character && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
  return text[end] === '\n' ? end : end + 1;
}

function blanksOf(text: string): Lines {
  const blanks: { start: number; end: number }[] = [];
  const spaces: { start: number; end: number }[] = [];
  /** Behind the last construct that may hold blanks of its own. */
  let protectedUntil = 0;
  let isComment = false;
  const pattern = /[`"'\n]|\/[/*]/g;
  let lineStart = 0;
  const line = (end: number): void => {
    if (lineStart >= protectedUntil) {
      const indent = /^[ \t]*/.exec(text.slice(lineStart, Math.min(end, lineStart + 400)))![0];
      const first = text[lineStart + indent.length];
      // gofmt keeps what follows tabs only in comments.
      if (
        indent.startsWith('  ') &&
        first !== '\r' &&
        first !== '\n' &&
        first !== undefined &&
        !text.startsWith('/*', lineStart + indent.length)
      ) {
        spaces.push({ start: lineStart, end: lineStart + indent.length });
      }
    }
    let code = end;
    if (text[code - 1] === '\r') code--;
    let start = code;
    while (start > lineStart && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
    // Blanks at the end of a raw string's line belong to it.
    if (start < code && (start >= protectedUntil || (isComment && start >= protectedUntil - (code - start))))
      blanks.push({ start, end: code });
  };
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === '\n') {
      line(match.index);
      lineStart = match.index + 1;
      continue;
    }
    const end = endOfConstruct(text, match.index);
    isComment = match[0] === '//';
    const inside = text.lastIndexOf('\n', end - 1);
    if (inside >= match.index) {
      // It spans lines: its first line is judged by its beginning only.
      lineStart = inside + 1;
      protectedUntil = end;
    } else protectedUntil = end;
    pattern.lastIndex = end;
  }
  return { blanks, spaces };
}

const whole: TextDetector = {
  text: true,
  *check(text): Generator<Verdict> {
    if (!/[ \t]\r?$|^ {2}/m.test(text)) {
      yield { kind: 'pass', subject: { start: 0, end: 0 } };
      return;
    }
    const { blanks, spaces } = blanksOf(text);
    // One line may be an accident of the editor; many are a file that nobody formats.
    if (spaces.length > 0) {
      yield { kind: 'fail', subject: spaces[0]!, message: 'spaces', args: { count: String(spaces.length) } };
    } else if (blanks.length > 0) {
      const edits = blanks.map((span): FixEdit => ({ kind: 'replace', span, newText: '' }));
      const fixes: Fix[] = [
        { title: 'Remove the blanks at the ends of lines', safety: 'safe', preferred: true, edits },
      ];
      yield { kind: 'fail', subject: blanks[0]!, message: 'blanks', args: { count: String(blanks.length) }, fixes };
    } else yield { kind: 'pass', subject: { start: 0, end: 0 } };
  },
};

export const goDetectors = [whole];
