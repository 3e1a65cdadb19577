/** Parsing again after edits gives trees that both readers see alike, and on valid text the tree of a fresh parse. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InputEdit, ParsedFile } from '../../server/src/core/syntax/syntax.ts';
import { viewDifference } from '../../server/src/wasm/selfTest.ts';
import type { WasmSyntax } from '../../server/src/wasm/syntax.ts';
import { createGoSyntax } from './goSyntax.ts';
import { SAMPLES } from './samples.ts';

const AMPLE = { budget: Number.POSITIVE_INFINITY };

let direct: WasmSyntax;
let cursor: WasmSyntax;

beforeAll(async () => {
  direct = await createGoSyntax();
  cursor = await createGoSyntax({ forceCursor: true });
});

afterAll(() => {
  expect([direct.liveTrees, cursor.liveTrees]).toEqual([0, 0]);
});

/** Parses `text` after `edits` of what `file` holds, and lets go of `file`. */
function parseAgain(syntax: WasmSyntax, file: ParsedFile, edits: readonly InputEdit[], text: string): ParsedFile {
  const next = syntax.parse('go', text, { ...AMPLE, previous: { file, edits } })!;
  file.delete();
  return next;
}

test('random edits, one or several between two parses', () => {
  const snippet = fc.oneof(
    fc.constantFrom(
      'x',
      '\n',
      '{',
      '}',
      '(',
      '"',
      '`',
      '// c\n',
      '🚢',
      '\r',
      ';',
      'func g() {}\n',
      '/*',
      '*/',
      'if a {',
      ' ',
    ),
    fc.constantFrom(...Object.values(SAMPLES).filter((text) => text.length < 300)),
  );
  const change = fc.record({ at: fc.nat(), remove: fc.nat(30), insert: snippet });
  const texts = Object.values(SAMPLES).filter((text) => text.length < 2000);
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 6 }),
      (start, batches) => {
        let text = start;
        let read = direct.parse('go', text, AMPLE)!;
        let told = cursor.parse('go', text, AMPLE)!;
        for (const batch of batches) {
          const edits: InputEdit[] = [];
          for (const { at, remove, insert } of batch) {
            const from = at % (text.length + 1);
            const to = Math.min(text.length, from + remove);
            text = text.slice(0, from) + insert + text.slice(to);
            edits.push({ start: from, oldEnd: to, newEnd: from + insert.length });
          }
          read = parseAgain(direct, read, edits, text);
          told = parseAgain(cursor, told, edits, text);
          expect(viewDifference(read, told, text)).toBeNull();
          expect(read.topLevel.ends.every((end) => end <= text.length)).toBe(true);
        }
        read.delete();
        told.delete();
      },
    ),
    { numRuns: 300 },
  );
});

test('typing a function letter by letter ends in the tree of a fresh parse', () => {
  const head = 'package p\n\n// A 🚢.\nfunc a() {}\r\n';
  const typed = '\nfunc b(x int) string {\n\tif x > 0 {\n\t\treturn "é"\n\t}\n\treturn ""\n}\n';
  const tail = '\nfunc c() { b(1) }\n';
  let text = head + tail;
  let file = direct.parse('go', text, AMPLE)!;
  for (let i = 0; i < typed.length; i++) {
    const start = head.length + i;
    text = head + typed.slice(0, i + 1) + tail;
    file = parseAgain(direct, file, [{ start, oldEnd: start, newEnd: start + 1 }], text);
  }
  const fresh = direct.parse('go', text, AMPLE)!;
  expect(viewDifference(file, fresh, text)).toBeNull();
  expect(Array.from(file.topLevel.errors)).not.toContain(1);
  file.delete();
  fresh.delete();
});

test('edits at several places at once end in the tree of a fresh parse', () => {
  const count = 200;
  const render = (name: string) =>
    `package p\n${Array.from({ length: count }, (_, i) => `\nfunc f${i}() { ${name}(${i}) }\n`).join('')}`;
  const before = render('call');
  const after = render('callee');
  const edits: InputEdit[] = [];
  for (let at = before.lastIndexOf('call('); at !== -1; at = before.lastIndexOf('call(', at - 1)) {
    edits.push({ start: at, oldEnd: at + 4, newEnd: at + 6 });
  }
  expect(edits.length).toBe(count);
  const file = parseAgain(direct, direct.parse('go', before, AMPLE)!, edits, after);
  const fresh = direct.parse('go', after, AMPLE)!;
  expect(viewDifference(file, fresh, after)).toBeNull();
  file.delete();
  fresh.delete();
});
