/** Who owns which tree, what a spent budget leaves behind, and what misuse is answered with. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startRuntime } from '../../server/src/wasm/runtime.ts';
import { createSyntax, type WasmSyntax } from '../../server/src/wasm/syntax.ts';
import { createGoSyntax, goBytes, runtimeBytes } from './goSyntax.ts';
import { SAMPLES } from './samples.ts';

const AMPLE = { budget: Number.POSITIVE_INFINITY };
const LARGE = `package p\n${'\nfunc f(a int) int { if a > 1 { return g(a, "x") }; return a }\n'.repeat(5000)}`;

let syntax: WasmSyntax;

beforeAll(async () => {
  syntax = await createGoSyntax();
});

afterEach(() => {
  expect(syntax.liveTrees).toBe(0);
});

describe('live trees', () => {
  test('are counted from parse to delete', () => {
    const one = syntax.parse('go', 'package a\n', AMPLE)!;
    const two = syntax.parse('go', 'package b\n', AMPLE)!;
    expect(syntax.liveTrees).toBe(2);
    one.delete();
    expect(syntax.liveTrees).toBe(1);
    two.delete();
  });

  test('an incremental parse leaves the previous file to its owner, unchanged', () => {
    const before = 'package p\n\nfunc f() { a() }\n';
    const after = 'package p\n\nfunc f() { bb() }\n';
    const old = syntax.parse('go', before, AMPLE)!;
    const tree = old.flatten(0, 1, before, 0);
    const edits = [{ start: 22, oldEnd: 23, newEnd: 24 }];
    const file = syntax.parse('go', after, { ...AMPLE, previous: { file: old, edits } })!;
    expect(syntax.liveTrees).toBe(2);
    expect(old.flatten(0, 1, before, 0)).toEqual(tree);
    old.delete();
    expect(file.flatten(0, 1, after, 0).size).toBe(tree.size);
    file.delete();
  });

  test('what is deleted cannot be used again, nor deleted twice', () => {
    const file = syntax.parse('go', 'package p\n', AMPLE)!;
    file.delete();
    const deleted = 'This parsed file was deleted already.';
    expect(() => file.delete()).toThrow(deleted);
    expect(() => file.flatten(0, 0, 'package p\n', 0)).toThrow(deleted);
    const previous = { file, edits: [] };
    expect(() => syntax.parse('go', 'package p\n', { ...AMPLE, previous })).toThrow(deleted);
    expect(file.topLevel.size).toBe(1);
  });

  test('parsing again and again does not take more memory', async () => {
    const { memory } = await startRuntime(runtimeBytes());
    const round = () => {
      const file = syntax.parse('go', LARGE, AMPLE)!;
      const grown = syntax.parse('go', `${LARGE}\n`, {
        ...AMPLE,
        previous: { file, edits: [{ start: LARGE.length, oldEnd: LARGE.length, newEnd: LARGE.length + 1 }] },
      })!;
      file.delete();
      grown.delete();
      return memory.buffer.byteLength;
    };
    const first = Array.from({ length: 2 }, round).at(-1);
    const last = Array.from({ length: 6 }, round).at(-1);
    expect(last).toBe(first);
  }, 60_000);
});

test('flattening again and again does not take more memory', async () => {
  const { memory } = await startRuntime(runtimeBytes());
  const file = syntax.parse('go', LARGE, AMPLE)!;
  const last = file.topLevel.size - 1;
  let nodes = file.flatten(0, last, LARGE, 0).size;
  const before = memory.buffer.byteLength;
  for (let i = 0; i < 40; i++) nodes += file.flatten(0, last, LARGE, 0).size;
  // Enough for a leak to show.
  expect(nodes * 20).toBeGreaterThan(2 * before);
  expect(memory.buffer.byteLength).toBe(before);
  file.delete();
});

describe('the budget', () => {
  test('a spent one gives null, owns nothing, and does not disturb the next parse', () => {
    expect(syntax.parse('go', LARGE, { budget: 0 })).toBeNull();
    expect(syntax.liveTrees).toBe(0);
    const text = SAMPLES['aliases and fields']!;
    const file = syntax.parse('go', text, AMPLE)!;
    expect(Array.from(file.topLevel.kinds, (kind) => file.grammar.kinds[kind])).toEqual([
      'package_clause',
      'type_declaration',
      'method_declaration',
    ]);
    file.delete();
  });

  test('a spent one leaves the previous file as it was', () => {
    const file = syntax.parse('go', LARGE, AMPLE)!;
    const size = file.flatten(0, 9, LARGE, 0).size;
    const broken = `package p\n{{{ ((( ${LARGE.slice(10)}`;
    const edits = [{ start: 10, oldEnd: 10, newEnd: 10 + broken.length - LARGE.length }];
    expect(syntax.parse('go', broken, { budget: 0, previous: { file, edits } })).toBeNull();
    expect(file.flatten(0, 9, LARGE, 0).size).toBe(size);
    file.delete();
  });
});

describe('misuse is refused', () => {
  test('a language without a grammar', () => {
    expect(syntax.supports('go')).toBe(true);
    expect(syntax.supports('yaml')).toBe(false);
    expect(() => syntax.parse('yaml', '', AMPLE)).toThrow('No grammar is loaded for yaml.');
  });

  test('edits that do not lead to the new text', () => {
    const file = syntax.parse('go', 'package p\n', AMPLE)!;
    const previous = { file, edits: [{ start: 8, oldEnd: 9, newEnd: 11 }] };
    expect(() => syntax.parse('go', 'package p\n', { ...AMPLE, previous })).toThrow('The edits do not lead');
    file.delete();
  });

  test('a previous file that was not parsed here', () => {
    const file = syntax.parse('go', 'package p\n', AMPLE)!;
    const stranger = { ...file, flatten: file.flatten, delete: file.delete };
    const previous = { file: stranger, edits: [] };
    expect(() => syntax.parse('go', 'package p\n', { ...AMPLE, previous })).toThrow('parsed by somebody else');
    file.delete();
  });

  test('bytes that are not a grammar', async () => {
    const grammars = { go: goBytes().slice(0, 1000) };
    await expect(createSyntax({ runtimeWasm: runtimeBytes(), grammars })).rejects.toThrow();
  });
});
