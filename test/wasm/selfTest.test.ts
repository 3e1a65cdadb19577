/** The direct reader is used only when it agrees with the cursor. */

import { beforeAll, expect, test } from 'vitest';
import { Language, Parser } from 'web-tree-sitter';
import { createCursorReader } from '../../server/src/wasm/cursorReader.ts';
import { startRuntime } from '../../server/src/wasm/runtime.ts';
import { chooseReader } from '../../server/src/wasm/selfTest.ts';
import type { TreeReader } from '../../server/src/wasm/treeView.ts';
import { createGoSyntax, goBytes, runtimeBytes } from './goSyntax.ts';

let parser: Parser;
let cursor: TreeReader;

beforeAll(async () => {
  const syntax = await createGoSyntax();
  const file = syntax.parse('go', '', { budget: 1000 })!;
  cursor = createCursorReader(file.grammar);
  file.delete();
  await startRuntime(runtimeBytes());
  parser = new Parser();
  parser.setLanguage(await Language.load(goBytes()));
});

test('a reader that agrees is chosen', () => {
  const direct: TreeReader = (tree) => cursor(tree);
  expect(chooseReader('go', parser, cursor, () => direct)).toEqual({ read: direct, slowBecause: null });
});

test.each([
  ['kinds', 1],
  ['fields', 1],
  ['starts', 1],
  ['ends', 1],
  ['parents', 1],
  ['stops', 1],
  ['flags', 4],
] as const)('a reader with one wrong entry in %s is not', (array, by) => {
  const lying: TreeReader = (tree) => {
    const view = cursor(tree);
    return {
      ...view,
      flatten(...range) {
        const flat = view.flatten(...range);
        flat[array][flat.size - 1]! += by;
        return flat;
      },
    };
  };
  const { read, slowBecause } = chooseReader('go', parser, cursor, () => lying);
  expect(read).toBe(cursor);
  expect(slowBecause).toContain(`${array} of node`);
});

test('nor is one with a wrong top level', () => {
  const lying: TreeReader = (tree) => {
    const view = cursor(tree);
    view.topLevel.errors.fill(0);
    return view;
  };
  expect(chooseReader('go', parser, cursor, () => lying).slowBecause).toContain('errors of top-level node');
});

test('nor one that throws, at once or later', () => {
  const fail = () => {
    throw new Error('another layout');
  };
  for (const create of [fail, () => fail]) {
    expect(chooseReader('go', parser, cursor, create)).toEqual({ read: cursor, slowBecause: 'Error: another layout' });
  }
});

test('nor any for a language without a sample', () => {
  const { read, slowBecause } = chooseReader('text', parser, cursor, () => cursor);
  expect(read).toBe(cursor);
  expect(slowBecause).toBe('there is no sample to test it with');
});
