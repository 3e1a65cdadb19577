/** Laws of text: the server's text is the client's (T7), and offsets and positions are each other's inverse (T8). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { indexLines, offsetAt, positionAt } from '../../server/src/core/text/lines.ts';
import { applyChanges, applyEdits, type Change, snapshotOf } from '../../server/src/core/text/snapshot.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';

/** Text rich in what goes wrong: line breaks of all kinds, astral characters, lone surrogates, tabs. */
const piece = fc.constantFrom(
  'a',
  'b ',
  '\n',
  '\r\n',
  '\r',
  '\t',
  '🚢',
  'é',
  '\ud800',
  '\udc00',
  '\u2028',
  '{',
  '"',
  '',
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
const position = fc.record({ line: fc.integer({ min: 0, max: 30 }), character: fc.integer({ min: 0, max: 30 }) });
const change = fc.oneof(
  { weight: 9, arbitrary: fc.record({ range: fc.record({ start: position, end: position }), text }) },
  { weight: 1, arbitrary: fc.record({ text }) },
);

function ordered(item: Change): Change {
  if (item.range === undefined) return item;
  const { start, end } = item.range;
  const swap = start.line > end.line || (start.line === end.line && start.character > end.character);
  return swap ? { range: { start: end, end: start }, text: item.text } : item;
}

test('the text after any changes is that of the reference implementation, and so is its line index', () => {
  fc.assert(
    fc.property(text, fc.array(change, { maxLength: 20 }), (initial, changes) => {
      let snapshot = snapshotOf(initial);
      let document = TextDocument.create('file:///a', 'text', 0, initial);
      for (const item of changes.map(ordered)) {
        const { snapshot: after } = applyChanges(snapshot, [item]);
        // Anew each time: the reference keeps a wrong line index after a change that is out of range.
        document = TextDocument.create('file:///a', 'text', 0, TextDocument.update(document, [item], 1).getText());
        expect(after.text).toBe(document.getText());
        expect([...after.lines.starts]).toEqual([...indexLines(after.text).starts]);
        snapshot = after;
      }
    }),
    { numRuns: FULL ? 2_000 : 500 },
  );
});

test('the edits given for incremental parsing lead from the old text to the new one', () => {
  fc.assert(
    fc.property(text, fc.array(change, { maxLength: 8 }), (initial, changes) => {
      const { snapshot, edits } = applyChanges(snapshotOf(initial), changes);
      if (edits === null) return;
      let length = initial.length;
      for (const edit of edits) {
        expect(edit.oldEnd).toBeLessThanOrEqual(length);
        length += edit.newEnd - edit.oldEnd;
      }
      expect(length).toBe(snapshot.text.length);
    }),
    { numRuns: FULL ? 10_000 : 1_000 },
  );
});

test('an offset becomes a position and the same offset again, unless it stands inside a line break', () => {
  fc.assert(
    fc.property(text, (value) => {
      const lines = indexLines(value);
      const reference = TextDocument.create('file:///a', 'text', 0, value);
      for (let offset = 0; offset <= value.length; offset++) {
        const at = positionAt(lines, offset);
        const inside = value.charAt(offset - 1) === '\r' && value.charAt(offset) === '\n';
        if (inside) continue;
        expect(offsetAt(lines, value, at)).toBe(offset);
        expect(at).toEqual(reference.positionAt(offset));
      }
    }),
    { numRuns: FULL ? 100_000 : 2_000 },
  );
});

test('edits that overlap are refused, others are applied as the reference does', () => {
  const edit = fc.record({ start: fc.nat(20), length: fc.nat(5), newText: fc.constantFrom('', 'x', 'yy') });
  fc.assert(
    fc.property(fc.string({ minLength: 25, maxLength: 25 }), fc.array(edit, { maxLength: 4 }), (value, items) => {
      const edits = items.map(({ start, length, newText }) => ({ start, end: start + length, newText }));
      const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
      const overlap = sorted.some((item, i) => i > 0 && item.start < sorted[i - 1]!.end);
      const result = applyEdits(value, edits);
      if (overlap) expect(result).toBeNull();
      else {
        const document = TextDocument.create('file:///a', 'text', 0, value);
        const lsp = sorted.map((item) => ({
          range: { start: document.positionAt(item.start), end: document.positionAt(item.end) },
          newText: item.newText,
        }));
        expect(result).toBe(TextDocument.applyEdits(document, lsp));
      }
    }),
    { numRuns: 2_000 },
  );
});
