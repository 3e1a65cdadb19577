/** The module that copies trees is made of its source, is a guest in the runtime's memory, and refuses what it must. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Language, Parser } from 'web-tree-sitter';
import type { GrammarTables } from '../../server/src/core/syntax/flatTree.ts';
import { createMemoryReader } from '../../server/src/wasm/memoryReader.ts';
import { READER_MODULE } from '../../server/src/wasm/reader.gen.ts';
import { type Runtime, startRuntime } from '../../server/src/wasm/runtime.ts';
import type { TreeView } from '../../server/src/wasm/treeView.ts';
import { isReaderCurrent } from '../../tools/gen/reader.ts';
import { createGoSyntax, goBytes, runtimeBytes } from './goSyntax.ts';

describe('the committed module', () => {
  const source = readFileSync(new URL('../../server/src/wasm/reader.c', import.meta.url), 'utf8');
  const generated = readFileSync(new URL('../../server/src/wasm/reader.gen.ts', import.meta.url), 'utf8');

  test('is the one that was made of the source', () => {
    expect(isReaderCurrent(source, generated)).toBe(true);
  });

  test('is stale when its source changes, and refused when it is altered itself', () => {
    expect(isReaderCurrent(`${source}\n`, generated)).toBe(false);
    expect(isReaderCurrent(source, generated.replace(/AAE/, 'AAF'))).toBe(false);
  });

  test('claims no place in the memory that it is a guest in, and imports two functions', () => {
    const memory = new WebAssembly.Memory({ initial: 0 });
    const nothing = () => 0;
    const module = new WebAssembly.Module(Buffer.from(READER_MODULE, 'base64'));
    const instance = new WebAssembly.Instance(module, { env: { memory, realloc: nothing, free: nothing } });
    expect(Object.keys(instance.exports).sort()).toEqual([
      'copySubtree',
      'copyTopLevel',
      'openLanguage',
      'topLevelSize',
    ]);
  });
});

describe('reading', () => {
  let runtime: Runtime;
  let language: Language;
  let grammar: GrammarTables;
  let parser: Parser;

  beforeAll(async () => {
    const syntax = await createGoSyntax();
    const file = syntax.parse('go', '', { budget: 1000 })!;
    grammar = file.grammar;
    file.delete();
    runtime = await startRuntime(runtimeBytes());
    language = await Language.load(goBytes());
    parser = new Parser();
    parser.setLanguage(language);
  });

  function withView<T>(own: Runtime, text: string, use: (view: TreeView) => T): T {
    const read = createMemoryReader(own, language, grammar);
    const tree = parser.parse(text)!;
    try {
      return use(read(tree));
    } finally {
      tree.delete();
    }
  }

  /** The runtime, counting what the reader takes of its memory and does not give back. */
  function counting(): { readonly runtime: Runtime; blocks(): number; taken(): number } {
    const open = new Set<number>();
    let taken = 0;
    const take = (address: number) => {
      open.add(address);
      taken++;
      return address;
    };
    return {
      runtime: {
        memory: runtime.memory,
        malloc: (bytes) => take(runtime.malloc(bytes)),
        realloc: (address, bytes) => {
          open.delete(address);
          return take(runtime.realloc(address, bytes));
        },
        free: (address) => {
          open.delete(address);
          runtime.free(address);
        },
      },
      blocks: () => open.size,
      taken: () => taken,
    };
  }

  test('a grammar with another number of symbols is refused', () => {
    const other = { ...grammar, kinds: [...grammar.kinds, 'one too many'] };
    expect(() => createMemoryReader(runtime, language, other)).toThrow('not laid out as expected');
  });

  test('gives back all that it takes but the tables of the language', () => {
    const counted = counting();
    const text = `package p\nvar x = ${'('.repeat(5000)}1${')'.repeat(5000)}\n`;
    withView(counted.runtime, text, (view) => {
      expect(counted.blocks()).toBe(1);
      const before = counted.taken();
      expect(view.flatten(0, 1, text, 0).size).toBeGreaterThan(15_000);
      // The array itself, and a stack that had to grow.
      expect(counted.taken()).toBeGreaterThan(before + 2);
      expect(counted.blocks()).toBe(1);
      expect(() => view.flatten(0, 2, text, 0)).toThrow(RangeError);
      expect(counted.blocks()).toBe(1);
    });
  });

  test('reports memory that is used up', () => {
    let isUsedUp = false;
    const starved = { ...runtime, malloc: (bytes: number) => (isUsedUp ? 0 : runtime.malloc(bytes)) };
    withView(starved, 'package p\n', (view) => {
      isUsedUp = true;
      expect(() => view.flatten(0, 0, 'package p\n', 0)).toThrow('The memory of the parser is used up.');
    });
  });

  test('reads on when the memory has grown and moved', () => {
    const text = 'package p\n\nfunc f(a int) int { return a }\n';
    withView(runtime, text, (view) => {
      const before = view.flatten(0, 1, text, 0);
      const { buffer } = runtime.memory;
      const block = runtime.malloc(buffer.byteLength);
      expect(runtime.memory.buffer).not.toBe(buffer);
      expect(view.flatten(0, 1, text, 0)).toEqual(before);
      runtime.free(block);
    });
  });
});
