/** Trees read from memory are, node by node, what the runtime's own cursor tells. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { FlatNode, type FlatTree } from '../../server/src/core/syntax/flatTree.ts';
import type { ParsedFile } from '../../server/src/core/syntax/syntax.ts';
import type { GoField, GoKind } from '../../server/src/languages/go/nodes.gen.ts';
import { viewDifference } from '../../server/src/wasm/selfTest.ts';
import type { WasmSyntax } from '../../server/src/wasm/syntax.ts';
import { createGoSyntax } from './goSyntax.ts';
import { SAMPLES } from './samples.ts';

let direct: WasmSyntax;
let cursor: WasmSyntax;

beforeAll(async () => {
  direct = await createGoSyntax();
  cursor = await createGoSyntax({ forceCursor: true });
});

function withParsed<T>(syntax: WasmSyntax, text: string, use: (file: ParsedFile) => T): T {
  const file = syntax.parse('go', text, { budget: Number.POSITIVE_INFINITY })!;
  try {
    return use(file);
  } finally {
    file.delete();
  }
}

/** Where the two readers differ on a text, or null. */
function difference(text: string): string | null {
  return withParsed(direct, text, (a) => withParsed(cursor, text, (b) => viewDifference(a, b, text)));
}

function flattenAll(file: ParsedFile, text: string): FlatTree {
  return file.flatten(0, file.topLevel.size - 1, text, 0);
}

test('the direct reader passes its self-test, and the other one is the cursor', () => {
  expect(direct.slowBecause('go')).toBeNull();
  expect(cursor.slowBecause('go')).toBe('the cursor was asked for');
});

describe('equals the cursor', () => {
  test.each(Object.entries(SAMPLES))('%s', (_, text) => {
    expect(difference(text)).toBeNull();
  });

  test('on samples with random parts cut out and put elsewhere', () => {
    const texts = Object.values(SAMPLES).filter((text) => text.length > 0 && text.length < 2000);
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.nat())), (text, cuts) => {
        let broken = text;
        for (const [at, length, to] of cuts) {
          const start = at % (broken.length + 1);
          const cut = broken.slice(start, start + length);
          const rest = broken.slice(0, start) + broken.slice(start + length);
          const target = to % (rest.length + 1);
          broken = to % 3 === 0 ? rest : rest.slice(0, target) + cut + rest.slice(target);
        }
        expect(difference(broken)).toBeNull();
      }),
      { numRuns: 1200 },
    );
  });
});

test('equals the cursor on words and signs in random order', () => {
  const words =
    'package import func type var struct interface for range if else case := = ( ) { } [ ] , ; . * & <- ...';
  const rest = ['a', '漢', '🚢', '1', '"x', "'", '`', '/*', '*/', '// c', '\n', '\r\n', '\0'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words.split(' '), ...rest), { maxLength: 60 }), (tokens) => {
      expect(difference(tokens.join(' '))).toBeNull();
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['brackets', (depth: number) => `${'('.repeat(depth)}1${')'.repeat(depth)}`],
  ['an operator chain', (depth: number) => `${'a + '.repeat(depth)}b`],
  ['brackets that are never closed', (depth: number) => '('.repeat(depth)],
])('equals the cursor on 100,000 levels of %s', (_, expression) => {
  expect(difference(`package p\nvar x = ${expression(100_000)}\n`)).toBeNull();
});

describe.each([
  ['direct', () => direct],
  ['cursor', () => cursor],
] as const)('the %s reader', (_, syntax) => {
  test('puts the chosen top-level nodes under a synthetic root, with offsets relative to the base', () => {
    const text = 'package p\n\n// Doc.\nfunc f(a int) {}\n\nvar x = 1\n';
    withParsed(syntax(), text, (file) => {
      const kinds = Array.from(file.topLevel.kinds, (kind) => file.grammar.kinds[kind]);
      expect(kinds).toEqual(['package_clause', 'comment', 'function_declaration', 'var_declaration']);
      const base = file.topLevel.starts[1]!;
      const chunk = text.slice(base, file.topLevel.ends[2]!);
      const root = new FlatNode<GoKind, GoField>(file.flatten(1, 2, chunk, base), 0);
      expect(root.kind).toBe('chunk');
      expect(root.isNamed).toBe(true);
      expect(root.parent).toBeNull();
      expect(root.text).toBe('// Doc.\nfunc f(a int) {}');
      expect(root.children.map((node) => [node.kind, node.text])).toEqual([
        ['comment', '// Doc.'],
        ['function_declaration', 'func f(a int) {}'],
      ]);
      const parameter = root.children[1]!.child('parameters')!.childOfKind('parameter_declaration')!;
      expect(parameter.child('name')!.text).toBe('a');
      expect(parameter.child('type')!.kind).toBe('type_identifier');
      expect(parameter.ancestor('function_declaration')!.child('name')!.text).toBe('f');
    });
  });

  test('leaves anonymous tokens out of the top level and keeps them below it', () => {
    const text = 'package p; var x = 1; var y = 2;';
    withParsed(syntax(), text, (file) => {
      expect(file.topLevel.size).toBe(3);
      const chunk = text.slice(11, 32);
      const root = new FlatNode<GoKind, GoField>(file.flatten(1, 2, chunk, 11), 0);
      expect(root.children.map((node) => node.text)).toEqual(['var x = 1', 'var y = 2']);
      expect(root.children[0]!.children.map((node) => [node.kind, node.isNamed])).toEqual([
        ['var', false],
        ['var_spec', true],
      ]);
    });
  });

  test('names errors and missing tokens, and says which top-level nodes hold one', () => {
    const text = 'package p\n\nfunc a() {}\n\nfunc b() { x := ] }\n\nfunc c() {}\n\nfunc d() { f(1 }\n';
    withParsed(syntax(), text, (file) => {
      expect(Array.from(file.topLevel.errors)).toEqual([0, 0, 1, 0, 1]);
      const root = new FlatNode<GoKind, GoField>(flattenAll(file, text), 0);
      const errors = [...root.descendants('ERROR')];
      expect(errors.map((node) => node.text)).toEqual(['x := ]']);
      expect(errors.every((node) => node.isError && node.isNamed)).toBe(true);
      const missing = [...root.walk()].filter((node) => node.isMissing);
      expect(missing.map((node) => [node.kind, node.start === node.end, node.isError])).toEqual([[')', true, false]]);
    });
  });

  test('reads the top level of a file that is one error', () => {
    withParsed(syntax(), '}} package', (file) => {
      expect(file.topLevel.size).toBeGreaterThan(0);
      expect(Array.from(file.topLevel.errors)).toContain(1);
    });
  });

  test('refuses ranges that do not exist', () => {
    withParsed(syntax(), 'package p\n', (file) => {
      expect(() => file.flatten(0, 1, '', 0)).toThrow(RangeError);
      expect(() => file.flatten(-1, 0, '', 0)).toThrow(RangeError);
      expect(() => file.flatten(1, 0, '', 0)).toThrow(RangeError);
    });
  });
});

test('a chunk by itself is the same as its part of the whole', () => {
  for (const text of Object.values(SAMPLES)) {
    withParsed(direct, text, (file) => {
      const { topLevel } = file;
      if (topLevel.size === 0) return;
      const whole = flattenAll(file, text);
      let index = 1;
      for (let i = 0; i < topLevel.size; i++) {
        const base = topLevel.starts[i]!;
        const chunk = file.flatten(i, i, text.slice(base, topLevel.ends[i]!), base);
        for (let at = 1; at < chunk.size; at++) {
          const there = index + at - 1;
          const actual = [chunk.kinds[at], chunk.fields[at], chunk.starts[at]! + base, chunk.stops[at]! - at];
          const expected = [whole.kinds[there], whole.fields[there], whole.starts[there], whole.stops[there]! - there];
          expect(actual).toEqual(expected);
        }
        index = whole.stops[index]!;
      }
      expect(index).toBe(whole.size);
    });
  }
}, 60_000);

const corpus = process.env.SHIPWORTHY_CORPUS;

describe.skipIf(corpus === undefined)('equals the cursor on a corpus', () => {
  const paths = corpus === undefined ? [] : goFiles(corpus);

  test('every file, as it is and broken', () => {
    const random = pseudoRandom(1);
    const faults: string[] = [];
    let nodes = 0;
    for (const path of paths) {
      const text = readFileSync(path, 'utf8');
      for (const version of [text, ...Array.from({ length: 3 }, () => withoutSome(text, random))]) {
        const fault = difference(version);
        if (fault !== null) faults.push(`${path}: ${fault}`);
        nodes += withParsed(direct, version, (file) => (file.topLevel.size === 0 ? 0 : flattenAll(file, version).size));
      }
    }
    console.info(`${paths.length} files, 4 versions each, ${nodes} nodes, ${faults.length} mismatches`);
    expect(paths.length).toBeGreaterThan(0);
    expect(faults).toEqual([]);
    expect(direct.liveTrees + cursor.liveTrees).toBe(0);
  }, 1_800_000);
});

function goFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.go'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The text without a few random characters. */
function withoutSome(text: string, random: () => number): string {
  let result = text;
  for (let i = 1 + Math.floor(random() * 4); i > 0; i--) {
    const at = Math.floor(random() * result.length);
    result = result.slice(0, at) + result.slice(at + 1 + Math.floor(random() * 3));
  }
  return result;
}

/** A small generator with a fixed seed, so that a mismatch can be seen again. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
