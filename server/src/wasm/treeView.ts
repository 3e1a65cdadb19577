/**
 * What both ways of reading a tree-sitter tree have in common: the interface, and how the flat arrays lie in memory.
 * Nothing here touches WASM memory.
 */
import type { Tree } from 'web-tree-sitter';
import { FLAG_NAMED, type FlatTree, type GrammarTables } from '../core/syntax/flatTree.ts';
import type { TopLevel } from '../core/syntax/syntax.ts';

/** Symbol id that the runtime gives to ERROR nodes, in every grammar. */
export const ERROR_SYMBOL = 0xffff;

/** One tree as the engine sees it. Valid until the tree is deleted. */
export interface TreeView {
  readonly topLevel: TopLevel;
  /** See `ParsedFile.flatten`. */
  flatten(first: number, last: number, text: string, base: number): FlatTree;
}

/** Opens trees of one grammar. */
export type TreeReader = (tree: Tree) => TreeView;

/** Kind id of ERROR nodes in our tables: the last one, because 65535 would make the table sparse. */
export function errorKind(grammar: GrammarTables): number {
  return grammar.kinds.length - 1;
}

/** Bytes of a node in the arrays of a flat tree. */
export const FLAT_NODE_BYTES = 21;

/**
 * A flat tree of `size` nodes whose arrays lie in the buffer one behind the other: one allocation instead of seven.
 * Fills in the synthetic root.
 */
export function flatTreeIn(buffer: ArrayBuffer, grammar: GrammarTables, text: string, size: number): FlatTree {
  const flat: FlatTree = {
    grammar,
    text,
    size,
    starts: new Uint32Array(buffer, 0, size),
    ends: new Uint32Array(buffer, size * 4, size),
    parents: new Int32Array(buffer, size * 8, size),
    stops: new Uint32Array(buffer, size * 12, size),
    kinds: new Uint16Array(buffer, size * 16, size),
    fields: new Uint16Array(buffer, size * 18, size),
    flags: new Uint8Array(buffer, size * 20, size),
  };
  flat.starts[0] = 0;
  flat.ends[0] = text.length;
  flat.parents[0] = -1;
  flat.stops[0] = size;
  flat.kinds[0] = 0;
  flat.fields[0] = 0;
  flat.flags[0] = FLAG_NAMED;
  return flat;
}

/** Throws when the tree's own count of nodes is not the number that was copied: then its layout was misread. */
export function checkCount(copied: number, counted: number): void {
  if (copied !== counted) throw new Error(`Read ${copied} nodes where the tree counts ${counted}.`);
}

/** Throws when `first..last` is not a range of top-level nodes. */
export function checkRange(topLevel: TopLevel, first: number, last: number): void {
  if (first < 0 || last < first || last >= topLevel.size) {
    throw new RangeError(`No top-level nodes ${first}..${last}: there are ${topLevel.size}.`);
  }
}
