/**
 * Reads trees straight from the runtime's memory, dozens of times as fast as through its cursor: `reader.c` copies them
 * within that memory, and what it copied is taken out in one go. Between two calls nothing stays there but the tables of
 * the language. `selfTest.ts` compares the outcome with the cursor's before this reader is trusted.
 */
import type { Language, Tree } from 'web-tree-sitter';
import type { FlatTree, GrammarTables } from '../core/syntax/flatTree.ts';
import type { TopLevel } from '../core/syntax/syntax.ts';
import { READER_MODULE } from './reader.gen.ts';
import type { Runtime } from './runtime.ts';
import { checkCount, checkRange, errorKind, FLAT_NODE_BYTES, flatTreeIn, type TreeReader } from './treeView.ts';

/** What `reader.c` exports. All addresses are those of the runtime's memory. */
interface ReaderExports {
  openLanguage(language: number, errorKind: number): number;
  topLevelSize(tree: number): number;
  copyTopLevel(tables: number, tree: number, memory: number, size: number): number;
  copySubtree(
    tables: number,
    node: number,
    kind: number,
    field: number,
    flags: number,
    start: number,
    end: number,
    memory: number,
    size: number,
    index: number,
  ): number;
}

/** Bytes of a top-level node in the arrays of `TopNodes`. */
const TOP_NODE_BYTES = 22;

/** What flattening needs of the top-level nodes beyond `TopLevel`, which must not show the runtime's addresses. */
interface TopNodes {
  readonly topLevel: TopLevel;
  /** Address of the node; 0 for one that has no children anyway. */
  readonly nodes: Uint32Array;
  /** Numbers of nodes, each with its descendants. */
  readonly sizes: Uint32Array;
  readonly fields: Uint16Array;
  readonly flags: Uint8Array;
}

/** A reader of trees of one grammar. Throws when the grammar's tables are not what `reader.c` expects. */
export function createMemoryReader(runtime: Runtime, language: Language, grammar: GrammarTables): TreeReader {
  const { memory, malloc, free } = runtime;
  const bytes = Uint8Array.from(atob(READER_MODULE), (character) => character.charCodeAt(0));
  const reader = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: runtime }).exports as ReaderExports;
  const tables = reader.openLanguage(addressOf(language), errorKind(grammar));
  if (tables === 0) throw new Error("The grammar's tables are not laid out as expected.");

  /** A copy of as many bytes of the runtime's memory, which `fill` has written. */
  function copyOut(bytes: number, fill: (address: number) => void): ArrayBuffer {
    const address = malloc(bytes);
    if (address === 0) throw new Error('The memory of the parser is used up.');
    try {
      fill(address);
      return memory.buffer.slice(address, address + bytes);
    } finally {
      free(address);
    }
  }

  function readTopNodes(tree: Tree): TopNodes {
    const root = addressOf(tree);
    const size = reader.topLevelSize(root);
    const buffer = copyOut(size * TOP_NODE_BYTES, (address) => {
      checkCount(reader.copyTopLevel(tables, root, address, size), size);
    });
    return {
      topLevel: {
        size,
        kinds: new Uint16Array(buffer, size * 16, size),
        starts: new Uint32Array(buffer, 0, size),
        ends: new Uint32Array(buffer, size * 4, size),
        errors: new Uint8Array(buffer, size * 21, size),
      },
      nodes: new Uint32Array(buffer, size * 8, size),
      sizes: new Uint32Array(buffer, size * 12, size),
      fields: new Uint16Array(buffer, size * 18, size),
      flags: new Uint8Array(buffer, size * 20, size),
    };
  }

  function flatten(top: TopNodes, first: number, last: number, text: string, base: number): FlatTree {
    const { topLevel, nodes, sizes, fields, flags } = top;
    checkRange(topLevel, first, last);
    let size = 1;
    for (let i = first; i <= last; i++) size += sizes[i]!;
    const buffer = copyOut(size * FLAT_NODE_BYTES, (address) => {
      let next = 1;
      for (let i = first; i <= last; i++) {
        const start = topLevel.starts[i]! - base;
        const end = topLevel.ends[i]! - base;
        const kind = topLevel.kinds[i]!;
        next = reader.copySubtree(tables, nodes[i]!, kind, fields[i]!, flags[i]!, start, end, address, size, next);
      }
      checkCount(next, size);
    });
    return flatTreeIn(buffer, grammar, text, size);
  }

  return (tree) => {
    const top = readTopNodes(tree);
    return {
      topLevel: top.topLevel,
      flatten: (first, last, text, base) => flatten(top, first, last, text, base),
    };
  };
}

/** Address of the runtime's own object behind a wrapper: web-tree-sitter keeps it under the key 0. */
function addressOf(wrapper: Tree | Language): number {
  return (wrapper as unknown as { readonly 0: number })[0];
}
