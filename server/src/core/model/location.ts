/**
 * Where things are. Offsets are UTF-16 code units, as in JavaScript strings and LSP. Spans inside a chunk are relative
 * to the chunk, so that results survive edits elsewhere in the file; a `Place` joins such a span with the anchor that
 * says where the chunk is now. This file never computes lines or columns: see core/text.
 */

/** A half-open range of UTF-16 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Replacement of `[start, end)` by `newText`. Edits of one list refer to the same original text and never overlap. */
export interface TextEdit extends Span {
  readonly newText: string;
}

/**
 * Current offset of a chunk in its file. The engine moves it when text before the chunk changes, so whoever holds a
 * `Place` always resolves to the present position. The only mutable value of the model, written by the engine alone.
 */
export interface Anchor {
  start: number;
}

/** A span in a file of the workspace. `path` is relative to the workspace root and uses `/`. */
export interface Place {
  readonly path: string;
  /** `null`: the span is already relative to the file. */
  readonly anchor: Anchor | null;
  readonly span: Span;
}

/** The file itself rather than a part of it: findings about something that is missing are shown on its first line. */
export function filePlace(path: string): Place {
  return { path, anchor: null, span: { start: 0, end: 0 } };
}

/** Resolves a place to offsets of its file as it is now. */
export function absoluteSpan(place: Place): Span {
  const base = place.anchor === null ? 0 : place.anchor.start;
  return { start: place.span.start + base, end: place.span.end + base };
}
