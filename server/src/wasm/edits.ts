/**
 * Turns a sequence of text changes into what tree-sitter wants to hear: disjoint replacements of the old text, with row
 * and column. Rows follow tree-sitter's own rule (only `\n` ends a row), not the editor's. Pure, no parser in sight.
 */
import type { InputEdit } from '../core/syntax/syntax.ts';

/** `[oldStart, oldEnd)` of the old text became `[newStart, newEnd)` of the new text. */
export interface Replacement {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** Row and column (UTF-16 code units), both from 0. */
export interface Point {
  readonly row: number;
  readonly column: number;
}

/** An offset whose row is known. Rows of other offsets are counted from the nearest one. */
export interface Anchor {
  readonly offset: number;
  readonly row: number;
}

export const START_OF_TEXT: Anchor = { offset: 0, row: 0 };

/**
 * Composes edits, each of which speaks of the text that the ones before it left, into replacements in ascending order
 * that neither overlap nor touch.
 */
export function composeEdits(edits: readonly InputEdit[]): Replacement[] {
  let result: Replacement[] = [];
  for (const edit of edits) result = addEdit(result, edit);
  return result;
}

function addEdit(replacements: readonly Replacement[], { start, oldEnd, newEnd }: InputEdit): Replacement[] {
  const growth = newEnd - oldEnd;
  const before: Replacement[] = [];
  const after: Replacement[] = [];
  let merged = { oldStart: start, oldEnd, newStart: start, newEnd: oldEnd };
  let shift = 0;
  let touching = false;
  for (const each of replacements) {
    if (each.newEnd < start) {
      before.push(each);
      shift = each.newEnd - each.oldEnd;
    } else if (each.newStart > oldEnd) {
      after.push({ ...each, newStart: each.newStart + growth, newEnd: each.newEnd + growth });
    } else {
      // The gaps between replacements are the same text on both sides, so an end in a gap maps by the gap's shift.
      if (!touching) {
        const reach = Math.min(start - each.newStart, 0);
        merged = { ...merged, newStart: each.newStart + reach, oldStart: each.oldStart + reach };
        touching = true;
      }
      const reach = Math.max(oldEnd - each.newEnd, 0);
      merged = { ...merged, newEnd: each.newEnd + reach, oldEnd: each.oldEnd + reach };
    }
  }
  if (!touching) merged = { ...merged, oldStart: start - shift, oldEnd: oldEnd - shift };
  return [...before, { ...merged, newEnd: merged.newEnd + growth }, ...after];
}

/** The offset with its row, counted from the nearer of the anchor and the start of the text. */
export function anchorAt(text: string, offset: number, from: Anchor): Anchor {
  const near = Math.abs(offset - from.offset) <= offset ? from : START_OF_TEXT;
  const rows = near.offset <= offset ? newlines(text, near.offset, offset) : -newlines(text, offset, near.offset);
  return { offset, row: near.row + rows };
}

/** Row and column of an anchor of the text. */
export function pointOf(text: string, anchor: Anchor): Point {
  return { row: anchor.row, column: anchor.offset - lineStart(text, anchor.offset) };
}

/** The point reached from `point` by appending `text[start, end)`. */
export function advance(point: Point, text: string, start: number, end: number): Point {
  const rows = newlines(text, start, end);
  if (rows === 0) return { row: point.row, column: point.column + end - start };
  return { row: point.row + rows, column: end - lineStart(text, end) };
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

function newlines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
