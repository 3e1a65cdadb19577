/** Sequences of edits become disjoint replacements with the rows and columns that tree-sitter expects. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InputEdit } from '../../server/src/core/syntax/syntax.ts';
import { advance, anchorAt, composeEdits, pointOf, START_OF_TEXT } from '../../server/src/wasm/edits.ts';

interface Change {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', '🚢') });
const changes = fc.array(fc.record({ at: fc.nat(), remove: fc.nat(6), insert: text }), { maxLength: 8 });

/** The edits of a sequence of changes, each of the text that the one before left, and the text after the last. */
function applyChanges(start: string, list: readonly Change[]): { edits: InputEdit[]; after: string } {
  let after = start;
  const edits = list.map(({ at, remove, insert }) => {
    const from = at % (after.length + 1);
    const to = Math.min(from + remove, after.length);
    after = after.slice(0, from) + insert + after.slice(to);
    return { start: from, oldEnd: to, newEnd: from + insert.length };
  });
  return { edits, after };
}

describe('composeEdits', () => {
  test('nothing changed', () => {
    expect(composeEdits([])).toEqual([]);
  });

  test('typing a word letter by letter is one insertion', () => {
    const edits = [5, 6, 7].map((start) => ({ start, oldEnd: start, newEnd: start + 1 }));
    expect(composeEdits(edits)).toEqual([{ oldStart: 5, oldEnd: 5, newStart: 5, newEnd: 8 }]);
  });

  test('several cursors stay apart, whichever comes first', () => {
    const forwards = [
      { start: 2, oldEnd: 2, newEnd: 3 },
      { start: 11, oldEnd: 11, newEnd: 12 },
    ];
    const backwards = [
      { start: 10, oldEnd: 10, newEnd: 11 },
      { start: 2, oldEnd: 2, newEnd: 3 },
    ];
    const expected = [
      { oldStart: 2, oldEnd: 2, newStart: 2, newEnd: 3 },
      { oldStart: 10, oldEnd: 10, newStart: 11, newEnd: 12 },
    ];
    expect(composeEdits(forwards)).toEqual(expected);
    expect(composeEdits(backwards)).toEqual(expected);
  });

  test('replacing the old text part by part gives the new text', () => {
    fc.assert(
      fc.property(text, changes, (before, list) => {
        const { edits, after } = applyChanges(before, list);
        let rebuilt = '';
        let oldAt = 0;
        for (const { oldStart, oldEnd, newStart, newEnd } of composeEdits(edits)) {
          expect(oldStart).toBeGreaterThanOrEqual(oldAt);
          expect(oldEnd).toBeGreaterThanOrEqual(oldStart);
          rebuilt += before.slice(oldAt, oldStart);
          expect(rebuilt.length).toBe(newStart);
          rebuilt += after.slice(newStart, newEnd);
          oldAt = oldEnd;
        }
        expect(rebuilt + before.slice(oldAt)).toBe(after);
      }),
      { numRuns: 500 },
    );
  });
});

describe('rows and columns', () => {
  const expectedPoint = (of: string, offset: number) => {
    const lines = of.slice(0, offset).split('\n');
    return { row: lines.length - 1, column: lines.at(-1)!.length };
  };

  test('are counted from any known place, and only \\n ends a row', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), (of, from, to) => {
        const known = anchorAt(of, from % (of.length + 1), START_OF_TEXT);
        const offset = to % (of.length + 1);
        expect(pointOf(of, anchorAt(of, offset, known))).toEqual(expectedPoint(of, offset));
      }),
    );
  });

  test('advance over appended text', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), (of, a, b) => {
        const [start, end] = [a % (of.length + 1), b % (of.length + 1)].sort((x, y) => x - y) as [number, number];
        expect(advance(expectedPoint(of, start), of, start, end)).toEqual(expectedPoint(of, end));
      }),
    );
  });
});
