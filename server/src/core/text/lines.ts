/**
 * Line index of a text: UTF-16 offsets to LSP positions and back. Line breaks are `\n`, `\r\n` and a lone `\r`, as in
 * the LSP specification; tree-sitter's rows are never used. Immutable; an edit makes a new index from the old one by
 * looking only at the lines that it touches.
 */
import type { Position, Range } from '../model/finding.ts';
import type { Span } from '../model/location.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

export interface LineIndex {
  /** Offset of the first character of each line; the first entry is 0. */
  readonly starts: Uint32Array;
  /** Length of the text in UTF-16 code units. */
  readonly length: number;
}

/** Appends the line starts found in `(from, to]` of the text. */
function scan(text: string, from: number, to: number, into: number[]): void {
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (unit === LINE_FEED || (unit === CARRIAGE_RETURN && text.charCodeAt(i + 1) !== LINE_FEED)) into.push(i + 1);
  }
}

/** Line index of a whole text. */
export function indexLines(text: string): LineIndex {
  const starts: number[] = [0];
  scan(text, 0, text.length, starts);
  return { starts: Uint32Array.from(starts), length: text.length };
}

/** Index after `[start, oldEnd)` was replaced; `newText` is the whole text after the edit, `newEnd` the end of the insertion. */
export function editLines(
  index: LineIndex,
  newText: string,
  edit: { readonly start: number; readonly oldEnd: number; readonly newEnd: number },
): LineIndex {
  const { starts } = index;
  const delta = edit.newEnd - edit.oldEnd;
  // One line of margin on both sides, because an edit can join or split a `\r\n`.
  const first = Math.max(0, lineAt(index, edit.start) - 1);
  const tail = Math.min(starts.length, lineAt(index, edit.oldEnd) + 2);
  const middle: number[] = [];
  const rescanEnd = tail < starts.length ? starts[tail]! + delta - 1 : newText.length;
  scan(newText, starts[first]!, rescanEnd, middle);
  const result = new Uint32Array(first + 1 + middle.length + (starts.length - tail));
  result.set(starts.subarray(0, first + 1), 0);
  result.set(middle, first + 1);
  const offset = first + 1 + middle.length;
  for (let i = tail; i < starts.length; i++) result[offset + i - tail] = starts[i]! + delta;
  return { starts: result, length: newText.length };
}

/** Zero-based line that holds the offset; offsets out of range are clamped. */
export function lineAt(index: LineIndex, offset: number): number {
  const { starts } = index;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Position of an offset; offsets out of range are clamped to the text. */
export function positionAt(index: LineIndex, offset: number): Position {
  const clamped = Math.max(0, Math.min(offset, index.length));
  const line = lineAt(index, clamped);
  return { line, character: clamped - index.starts[line]! };
}

/**
 * Offset of a position. As LSP demands, a character behind the end of its line means the end of the line (before the
 * line break), and a line behind the end of the text means the end of the text.
 */
export function offsetAt(index: LineIndex, text: string, position: Position): number {
  const { starts, length } = index;
  if (position.line < 0) return 0;
  if (position.line >= starts.length) return length;
  const start = starts[position.line]!;
  let end = position.line + 1 < starts.length ? starts[position.line + 1]! : length;
  if (position.line + 1 < starts.length) {
    if (text.charCodeAt(end - 1) === LINE_FEED) end--;
    if (end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN) end--;
  }
  return Math.min(start + Math.max(0, position.character), end);
}

export function rangeOf(index: LineIndex, span: Span): Range {
  return { start: positionAt(index, span.start), end: positionAt(index, span.end) };
}
