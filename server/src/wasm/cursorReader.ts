/**
 * Reads trees through the runtime's own TreeCursor. Slow (most of a microsecond per node), but it uses public functions
 * only: it is the yardstick for the direct reader, and what we fall back to when that one fails its self-test.
 */
import type { Node, Tree, TreeCursor } from 'web-tree-sitter';
import { FLAG_ERROR, FLAG_MISSING, FLAG_NAMED, type FlatTree, type GrammarTables } from '../core/syntax/flatTree.ts';
import type { TopLevel } from '../core/syntax/syntax.ts';
import {
  checkCount,
  checkRange,
  ERROR_SYMBOL,
  errorKind,
  FLAT_NODE_BYTES,
  flatTreeIn,
  type TreeReader,
} from './treeView.ts';

/** A reader of trees of one grammar. */
export function createCursorReader(grammar: GrammarTables): TreeReader {
  return (tree) => {
    const { nodes, fields } = topNodes(tree);
    const topLevel = describe(grammar, nodes);
    return {
      topLevel,
      flatten(first, last, text, base) {
        checkRange(topLevel, first, last);
        return flatten(grammar, nodes.slice(first, last + 1), fields.slice(first, last + 1), text, base);
      },
    };
  };
}

function topNodes(tree: Tree): { nodes: Node[]; fields: number[] } {
  const nodes: Node[] = [];
  const fields: number[] = [];
  const cursor = tree.walk();
  try {
    for (let more = cursor.gotoFirstChild(); more; more = cursor.gotoNextSibling()) {
      if (!cursor.nodeIsNamed) continue;
      nodes.push(cursor.currentNode);
      fields.push(cursor.currentFieldId);
    }
  } finally {
    cursor.delete();
  }
  return { nodes, fields };
}

function describe(grammar: GrammarTables, nodes: readonly Node[]): TopLevel {
  return {
    size: nodes.length,
    kinds: Uint16Array.from(nodes, (node) => kindOf(grammar, node.typeId)),
    starts: Uint32Array.from(nodes, (node) => node.startIndex),
    ends: Uint32Array.from(nodes, (node) => node.endIndex),
    errors: Uint8Array.from(nodes, (node) => (node.hasError ? 1 : 0)),
  };
}

function flatten(
  grammar: GrammarTables,
  nodes: readonly Node[],
  topFields: readonly number[],
  text: string,
  base: number,
): FlatTree {
  const size = nodes.reduce((sum, node) => sum + node.descendantCount, 1);
  const flat = flatTreeIn(new ArrayBuffer(size * FLAT_NODE_BYTES), grammar, text, size);
  let next = 1;
  nodes.forEach((node, i) => {
    const cursor = node.walk();
    try {
      next = copySubtree(flat, cursor, next, base);
    } finally {
      cursor.delete();
    }
    flat.fields[next - node.descendantCount] = topFields[i]!;
  });
  checkCount(next, size);
  return flat;
}

/** Copies the cursor's node and its descendants to `next` and behind; returns the first free index. */
function copySubtree(flat: FlatTree, cursor: TreeCursor, next: number, base: number): number {
  const ancestors = [0];
  for (;;) {
    const index = next++;
    const symbol = cursor.nodeTypeId;
    flat.kinds[index] = kindOf(flat.grammar, symbol);
    flat.fields[index] = cursor.currentFieldId;
    flat.starts[index] = cursor.startIndex - base;
    flat.ends[index] = cursor.endIndex - base;
    flat.parents[index] = ancestors.at(-1)!;
    flat.flags[index] =
      (cursor.nodeIsNamed ? FLAG_NAMED : 0) |
      (symbol === ERROR_SYMBOL ? FLAG_ERROR : 0) |
      (cursor.nodeIsMissing ? FLAG_MISSING : 0);
    if (cursor.gotoFirstChild()) {
      ancestors.push(index);
      continue;
    }
    flat.stops[index] = next;
    while (!(ancestors.length > 1 && cursor.gotoNextSibling())) {
      if (ancestors.length === 1) return next;
      flat.stops[ancestors.pop()!] = next;
      cursor.gotoParent();
    }
  }
}

function kindOf(grammar: GrammarTables, symbol: number): number {
  return symbol === ERROR_SYMBOL ? errorKind(grammar) : symbol;
}
