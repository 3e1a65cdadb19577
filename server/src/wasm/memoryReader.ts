/**
 * Reads trees straight from the runtime's memory, more than ten times as fast as through its cursor. Everything here
 * depends on how tree-sitter 0.25 lays out `Subtree`, `TSTree` and `TSLanguage` on wasm32: the runtime's version is
 * pinned, and `selfTest.ts` compares the outcome with the cursor's before this reader is trusted. It only ever reads.
 */
import type { Language, Tree } from 'web-tree-sitter';
import { FLAG_ERROR, FLAG_MISSING, FLAG_NAMED, type FlatTree, type GrammarTables } from '../core/syntax/flatTree.ts';
import type { TopLevel } from '../core/syntax/syntax.ts';
import { readLanguage, SLOTLESS } from './languageTables.ts';
import { checkCount, checkRange, ERROR_SYMBOL, startFlatTree, type TreeReader } from './treeView.ts';

// A child takes two words. If bit 0 of the first is set, the two words are the node itself; else the first is a pointer.
const CHILD_WORDS = 2;
const INLINE = 1;
const INLINE_MISSING = 1 << 5;

// Words behind the pointer of a node. Its children lie directly before the pointer.
const PADDING_BYTES = 1;
const SIZE_BYTES = 4;
const ERROR_COST = 8;
const CHILD_COUNT = 9;
const SYMBOL = 10;
const BITS = 11;
const VISIBLE_CHILD_COUNT = 12;
const VISIBLE_DESCENDANT_COUNT = 14;
const PRODUCTION = 16;

// Bits of the word at BITS. The first three follow the INLINE bit of an inline node in the same order.
const VISIBLE = 1;
const NAMED = 2;
const EXTRA = 4;
const MISSING = 1 << 9;

/** Numbers put aside for a node while its children are read. */
const FRAME = 5;

/** What flattening needs of the top-level nodes beyond `TopLevel`, which must not show the runtime's addresses. */
interface TopNodes {
  readonly topLevel: TopLevel;
  /** Word address of the node; 0 for an inline one. */
  readonly nodes: Uint32Array;
  readonly fields: Uint16Array;
  readonly flags: Uint8Array;
}

/** A reader of trees of one grammar. Throws when the grammar's tables are not what this file expects. */
export function createMemoryReader(memory: WebAssembly.Memory, language: Language, grammar: GrammarTables): TreeReader {
  const tables = readLanguage(memory, addressOf(language), grammar);
  let cachedWords = new Uint32Array(memory.buffer);
  let stack: Int32Array = new Int32Array(256 * FRAME);

  /** The memory as words. It is another buffer after every growth, and the old one is then detached. */
  function currentWords(): Uint32Array {
    const { buffer } = memory;
    if (cachedWords.buffer !== buffer) cachedWords = new Uint32Array(buffer);
    return cachedWords;
  }

  function grownStack(): Int32Array {
    const larger = new Int32Array(stack.length * 2);
    larger.set(stack);
    stack = larger;
    return larger;
  }

  /**
   * Copies the visible descendants of the node at word address `root`, whose text starts at byte `start`, to index
   * `first` of `flat` and behind; their parent is `rootIndex`. With `shallow`, visible nodes are not descended into and
   * their addresses go there too. Offsets are relative to `base`. Returns the index behind the last node.
   */
  function copyDescendants(
    flat: FlatTree,
    root: number,
    start: number,
    rootIndex: number,
    first: number,
    base: number,
    shallow: Uint32Array | null,
  ): number {
    const words = currentWords();
    const { kinds: kindOfSymbol, namedSymbols, slots, stride } = tables;
    const { kinds, fields, starts, ends, parents, stops, flags } = flat;
    let frames = stack;
    let depth = 0;
    let next = first;
    // A node's padding is that of its first child, so its children are counted from where that padding begins.
    let position = start - words[root + PADDING_BYTES]!;
    let child = root - words[root + CHILD_COUNT]! * CHILD_WORDS;
    let stop = root;
    let slot = (words[root + PRODUCTION]! >>> 16) * stride || SLOTLESS;
    let hiddenField = 0;
    let parent = rootIndex;
    for (;;) {
      if (child === stop) {
        stops[parent] = next;
        if (depth === 0) return next;
        depth -= FRAME;
        child = frames[depth]!;
        stop = frames[depth + 1]!;
        slot = frames[depth + 2]!;
        hiddenField = frames[depth + 3]!;
        parent = frames[depth + 4]!;
        continue;
      }

      const word = words[child]!;
      let node = 0;
      let symbol: number;
      let bits: number;
      let begin: number;
      let end: number;
      let children = 0;
      if ((word & INLINE) !== 0) {
        const extent = words[child + 1]!;
        begin = position + ((extent >>> 16) & 0xff);
        end = begin + (extent >>> 24);
        symbol = (word >>> 8) & 0xff;
        bits = (word >>> 1) & (VISIBLE | NAMED | EXTRA);
        if ((word & INLINE_MISSING) !== 0) bits |= MISSING;
      } else {
        node = word >>> 2;
        begin = position + words[node + PADDING_BYTES]!;
        end = begin + words[node + SIZE_BYTES]!;
        symbol = words[node + SYMBOL]! & 0xffff;
        bits = words[node + BITS]!;
        children = words[node + CHILD_COUNT]!;
      }
      child += CHILD_WORDS;

      let field = 0;
      let alias = 0;
      if ((bits & EXTRA) === 0) {
        field = hiddenField;
        if (slot !== SLOTLESS) {
          const info = slots[slot++]!;
          if (info !== 0) {
            alias = info >>> 16;
            field = info & 0xffff || hiddenField;
          }
        }
      }

      const visible = (bits & VISIBLE) !== 0 || alias !== 0;
      const descend = children !== 0 && !(visible && shallow !== null);
      if (descend) {
        if (depth + FRAME > frames.length) frames = grownStack();
        frames[depth] = child;
        frames[depth + 1] = stop;
        frames[depth + 2] = slot;
        frames[depth + 3] = hiddenField;
        frames[depth + 4] = parent;
        depth += FRAME;
        child = node - children * CHILD_WORDS;
        stop = node;
        slot = (words[node + PRODUCTION]! >>> 16) * stride || SLOTLESS;
        hiddenField = visible ? 0 : field;
      } else {
        position = end;
      }

      if (visible) {
        const index = next++;
        const isNamed = alias === 0 ? (bits & NAMED) !== 0 : namedSymbols[alias] === 1;
        kinds[index] = kindOfSymbol[alias === 0 ? symbol : alias]!;
        fields[index] = field;
        starts[index] = (begin >>> 1) - base;
        ends[index] = (end >>> 1) - base;
        parents[index] = parent;
        stops[index] = next;
        flags[index] =
          (isNamed ? FLAG_NAMED : 0) |
          (symbol === ERROR_SYMBOL && alias === 0 ? FLAG_ERROR : 0) |
          ((bits & MISSING) !== 0 ? FLAG_MISSING : 0);
        if (descend) parent = index;
        if (shallow !== null) shallow[index] = node;
      }
    }
  }

  function readTopNodes(tree: Tree): TopNodes {
    const words = currentWords();
    const rootWord = words[addressOf(tree) >>> 2]!;
    const root = (rootWord & INLINE) === 0 ? rootWord >>> 2 : 0;
    const hasChildren = root !== 0 && words[root + CHILD_COUNT]! > 0;
    const size = 1 + (hasChildren ? words[root + VISIBLE_CHILD_COUNT]! : 0);
    const flat = startFlatTree(grammar, '', size);
    const nodes = new Uint32Array(size);
    if (hasChildren) checkCount(copyDescendants(flat, root, words[root + PADDING_BYTES]!, 0, 1, 0, nodes), size);

    let named = 0;
    for (let i = 1; i < size; i++) {
      if ((flat.flags[i]! & FLAG_NAMED) === 0) continue;
      flat.kinds[named] = flat.kinds[i]!;
      flat.starts[named] = flat.starts[i]!;
      flat.ends[named] = flat.ends[i]!;
      flat.fields[named] = flat.fields[i]!;
      flat.flags[named] = flat.flags[i]!;
      nodes[named] = nodes[i]!;
      named++;
    }
    const errors = new Uint8Array(named);
    for (let i = 0; i < named; i++) {
      const node = nodes[i]!;
      const broken = (flat.flags[i]! & FLAG_MISSING) !== 0 || (node !== 0 && words[node + ERROR_COST]! > 0);
      errors[i] = broken ? 1 : 0;
    }
    return {
      topLevel: {
        size: named,
        kinds: flat.kinds.subarray(0, named),
        starts: flat.starts.subarray(0, named),
        ends: flat.ends.subarray(0, named),
        errors,
      },
      nodes,
      fields: flat.fields,
      flags: flat.flags,
    };
  }

  function flatten(top: TopNodes, first: number, last: number, text: string, base: number): FlatTree {
    const { topLevel, nodes, fields, flags } = top;
    checkRange(topLevel, first, last);
    const words = currentWords();
    let size = 1;
    for (let i = first; i <= last; i++) size += 1 + descendantCount(words, nodes[i]!);
    const flat = startFlatTree(grammar, text, size);
    let next = 1;
    for (let i = first; i <= last; i++) {
      const index = next++;
      flat.kinds[index] = topLevel.kinds[i]!;
      flat.fields[index] = fields[i]!;
      flat.starts[index] = topLevel.starts[i]! - base;
      flat.ends[index] = topLevel.ends[i]! - base;
      flat.flags[index] = flags[i]!;
      flat.stops[index] = next;
      const node = nodes[i]!;
      if (node !== 0 && words[node + CHILD_COUNT]! > 0) {
        next = copyDescendants(flat, node, topLevel.starts[i]! * 2, index, next, base, null);
      }
    }
    checkCount(next, size);
    return flat;
  }

  return (tree) => {
    const top = readTopNodes(tree);
    return {
      topLevel: top.topLevel,
      flatten: (first, last, text, base) => flatten(top, first, last, text, base),
    };
  };
}

function descendantCount(words: Uint32Array, node: number): number {
  return node !== 0 && words[node + CHILD_COUNT]! > 0 ? words[node + VISIBLE_DESCENDANT_COUNT]! : 0;
}

/** Address of the runtime's own object behind a wrapper: web-tree-sitter keeps it under the key 0. */
function addressOf(wrapper: Tree | Language): number {
  return (wrapper as unknown as { readonly 0: number })[0];
}
