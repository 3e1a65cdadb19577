/**
 * Removing an element of a composite literal as gofmt would leave it: with its line, and with the values of the lines
 * around it aligned anew. It looks at the text of one literal and knows no types.
 */
import type { FixEdit } from '../../core/model/verdict.ts';
import type { GoNode } from './nodes.gen.ts';
import { colonEndOf } from './syntax.ts';

/** Offsets of the line that holds the offset, without its line break. */
function lineAround(text: string, offset: number): { readonly start: number; readonly end: number } {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return { start, end: end < 0 ? text.length : end };
}

interface KeyedLine {
  /** Offset behind the colon of the key. */
  readonly colonEnd: number;
  readonly valueStart: number;
  /** Width of `Key:`. */
  readonly width: number;
}

/** An element `Key: value,` that has a line for itself; `null` for any other. */
function keyedLine(element: GoNode): KeyedLine | null {
  if (element.kind !== 'keyed_element') return null;
  const { text } = element.tree;
  const line = lineAround(text, element.start);
  if (element.end > line.end || text.slice(line.start, element.start).trim() !== '') return null;
  const [key, value] = element.namedChildren.filter((child) => child.kind !== 'comment');
  if (key === undefined || value === undefined) return null;
  const colonEnd = colonEndOf(key, value);
  if (colonEnd < 0) return null;
  return { colonEnd, valueStart: value.start, width: colonEnd - element.start };
}

/** The elements on the lines directly above and below that gofmt aligns with this one. */
function alignedNeighbours(element: GoNode): readonly KeyedLine[] {
  const { text } = element.tree;
  const siblings = (element.parent?.namedChildren ?? []).filter((child) => child.kind !== 'comment');
  const at = siblings.findIndex((sibling) => sibling.equals(element));
  const lines: KeyedLine[] = [];
  for (const step of [-1, 1]) {
    let edge = lineAround(text, element.start);
    for (let i = at + step; i >= 0 && i < siblings.length; i += step) {
      const sibling = siblings[i]!;
      const own = lineAround(text, sibling.start);
      const adjacent = step < 0 ? own.end + 1 === edge.start : edge.end + 1 === own.start;
      const keyed = adjacent ? keyedLine(sibling) : null;
      if (keyed === null) break;
      lines.push(keyed);
      edge = own;
    }
  }
  return lines;
}

/**
 * Edits that delete an element of a composite literal. One that has lines for itself goes with them; in a literal on
 * one line the separating comma goes too.
 */
export function removeElement(element: GoNode): readonly FixEdit[] {
  const { text } = element.tree;
  let { start, end } = element;
  const lineStart = lineAround(text, start).start;
  const comma = /^[ \t]*,/.exec(text.slice(end, end + 100));
  if (comma !== null) end += comma[0].length;
  const rest = /^[ \t]*(?:\/\/[^\n]*)?\r?\n/.exec(text.slice(end, end + 1_000));
  if (text.slice(lineStart, start).trim() !== '' || rest === null) {
    if (comma !== null) end += /^[ \t]*/.exec(text.slice(end, end + 100))![0].length;
    else {
      const before = /,[ \t]*$/.exec(text.slice(lineStart, start));
      if (before !== null) start -= before[0].length;
    }
    return [{ kind: 'replace', span: { start, end }, newText: '' }];
  }
  const line: FixEdit = { kind: 'replace', span: { start: lineStart, end: end + rest[0].length }, newText: '' };
  return [line, ...alignWithout(element)];
}

/** Edits that give an element of a composite literal a value of several lines, which gofmt aligns with nothing. */
export function replaceByLines(element: GoNode, value: GoNode, newText: string): readonly FixEdit[] {
  const own = keyedLine(element);
  if (own === null) return [{ kind: 'replace', span: value.span, newText }];
  const span = { start: own.colonEnd, end: value.end };
  return [{ kind: 'replace', span, newText: ` ${newText}` }, ...alignWithout(element)];
}

/** Aligns the values around an element as if it were not there. */
function alignWithout(element: GoNode): readonly FixEdit[] {
  const own = keyedLine(element);
  if (own === null) return [];
  const neighbours = alignedNeighbours(element);
  const after = Math.max(0, ...neighbours.map((line) => line.width));
  const before = Math.max(own.width, after);
  return neighbours.flatMap((line): FixEdit[] => {
    // Only what was aligned is aligned anew.
    if (after === before || line.valueStart - line.colonEnd !== before - line.width + 1) return [];
    const span = { start: line.colonEnd, end: line.valueStart };
    return [{ kind: 'replace', span, newText: ' '.repeat(after - line.width + 1) }];
  });
}
