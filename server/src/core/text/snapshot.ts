/**
 * A version of a document: its text with its line index, and how changes lead to the next version. Immutable.
 */
import type { Range } from '../model/finding.ts';
import type { TextEdit } from '../model/location.ts';
import type { InputEdit } from '../syntax/syntax.ts';
import { editLines, indexLines, type LineIndex, offsetAt } from './lines.ts';

export interface Snapshot {
  readonly text: string;
  readonly lines: LineIndex;
}

/** LSP's content change: a range (absent: the whole document) and its new text. */
export interface Change {
  readonly range?: Range;
  readonly text: string;
}

/** Most files are never asked for their lines. */
class UnindexedSnapshot implements Snapshot {
  readonly text: string;
  #lines: LineIndex | null = null;

  constructor(text: string) {
    this.text = text;
  }

  get lines(): LineIndex {
    this.#lines ??= indexLines(this.text);
    return this.#lines;
  }
}

/** The first version of a document; its lines are indexed when somebody asks for them. */
export function snapshotOf(text: string): Snapshot {
  return new UnindexedSnapshot(text);
}

/**
 * Applies changes one after the other, each in the coordinates that the one before left, as LSP defines.
 * Out-of-range positions are clamped. A change without range replaces everything and yields no edit for incremental
 * parsing: `edits` is then `null`.
 */
export function applyChanges(
  snapshot: Snapshot,
  changes: readonly Change[],
): { readonly snapshot: Snapshot; readonly edits: readonly InputEdit[] | null } {
  let current = snapshot;
  let edits: InputEdit[] | null = [];
  for (const change of changes) {
    if (change.range === undefined) {
      current = snapshotOf(change.text);
      edits = null;
      continue;
    }
    const a = offsetAt(current.lines, current.text, change.range.start);
    const b = offsetAt(current.lines, current.text, change.range.end);
    const start = Math.min(a, b);
    const oldEnd = Math.max(a, b);
    const edit: InputEdit = { start, oldEnd, newEnd: start + change.text.length };
    const text = current.text.slice(0, start) + change.text + current.text.slice(oldEnd);
    current = { text, lines: editLines(current.lines, text, edit) };
    edits?.push(edit);
  }
  return { snapshot: current, edits };
}

/**
 * Applies non-overlapping edits of one text. Edits at the same offset are applied in the order given; overlapping ones
 * are refused with `null`.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string | null {
  const ordered = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end || a.order - b.order);
  let result = '';
  let position = 0;
  for (const { edit } of ordered) {
    if (edit.start < position || edit.end < edit.start || edit.end > text.length) return null;
    result += text.slice(position, edit.start) + edit.newText;
    position = edit.end;
  }
  return result + text.slice(position);
}
