/**
 * The syntax tree of one chunk as typed arrays in pre-order, and a light cursor into it. Plain data: nothing here
 * knows web-tree-sitter. Node 0 is a synthetic root of kind `chunk` whose children are the comments attached to a
 * declaration and the declaration itself; all offsets are relative to the chunk's text.
 */
import type { Span } from '../model/location.ts';

/** Names of kinds and fields of one grammar; index = id. Index 0 of `fields` is "no field". */
export interface GrammarTables {
  readonly language: string;
  readonly kinds: readonly string[];
  readonly fields: readonly string[];
}

export const FLAG_NAMED = 1;
export const FLAG_ERROR = 2;
export const FLAG_MISSING = 4;

export interface FlatTree {
  readonly grammar: GrammarTables;
  readonly text: string;
  readonly size: number;
  readonly kinds: Uint16Array;
  readonly fields: Uint16Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Index of the parent; -1 for the root. */
  readonly parents: Int32Array;
  /** Index just behind the last descendant: `i + 1 < stops[i]` says that i has children. */
  readonly stops: Uint32Array;
  readonly flags: Uint8Array;
}

/**
 * A node of a flat tree. Cheap to create; two cursors on the same node are equal when tree and index are.
 * `K` and `F` are the kind and field names of the grammar (generated unions), so that a misspelt one does not compile.
 */
export class FlatNode<K extends string = string, F extends string = string> {
  readonly tree: FlatTree;
  readonly index: number;
  /** Most nodes are asked for it, many more than once. */
  readonly kind: K;

  constructor(tree: FlatTree, index: number) {
    this.tree = tree;
    this.index = index;
    this.kind = tree.grammar.kinds[tree.kinds[index]!] as K;
  }

  /** Name of the field under which the parent holds this node, or ''. */
  get field(): F | '' {
    return this.tree.grammar.fields[this.tree.fields[this.index]!] as F | '';
  }
  get start(): number {
    return this.tree.starts[this.index]!;
  }
  get end(): number {
    return this.tree.ends[this.index]!;
  }
  get span(): Span {
    return { start: this.start, end: this.end };
  }
  get text(): string {
    return this.tree.text.slice(this.start, this.end);
  }
  get isNamed(): boolean {
    return (this.tree.flags[this.index]! & FLAG_NAMED) !== 0;
  }
  get isError(): boolean {
    return (this.tree.flags[this.index]! & FLAG_ERROR) !== 0;
  }
  get isMissing(): boolean {
    return (this.tree.flags[this.index]! & FLAG_MISSING) !== 0;
  }
  get parent(): FlatNode<K, F> | null {
    const parent = this.tree.parents[this.index]!;
    return parent < 0 ? null : new FlatNode<K, F>(this.tree, parent);
  }
  /** Index behind the last descendant. */
  get stop(): number {
    return this.tree.stops[this.index]!;
  }

  equals(other: FlatNode | null | undefined): boolean {
    return other !== null && other !== undefined && other.tree === this.tree && other.index === this.index;
  }

  /** First child held under `field`, or null. */
  child(field: F): FlatNode<K, F> | null {
    const { fields, stops, grammar } = this.tree;
    const { stop } = this;
    for (let i = this.index + 1; i < stop; i = stops[i]!) {
      if (fields[i] !== 0 && grammar.fields[fields[i]!] === field) return new FlatNode<K, F>(this.tree, i);
    }
    return null;
  }

  /** All children held under `field`. */
  childrenOf(field: F): FlatNode<K, F>[] {
    const { fields, stops, grammar } = this.tree;
    const { stop } = this;
    const result: FlatNode<K, F>[] = [];
    for (let i = this.index + 1; i < stop; i = stops[i]!) {
      if (fields[i] !== 0 && grammar.fields[fields[i]!] === field) result.push(new FlatNode<K, F>(this.tree, i));
    }
    return result;
  }

  /** All children, anonymous tokens included. */
  get children(): FlatNode<K, F>[] {
    const result: FlatNode<K, F>[] = [];
    const { stops } = this.tree;
    const { stop } = this;
    for (let i = this.index + 1; i < stop; i = stops[i]!) result.push(new FlatNode<K, F>(this.tree, i));
    return result;
  }

  /** Named children without comments' special treatment: comments are named too. */
  get namedChildren(): FlatNode<K, F>[] {
    const result: FlatNode<K, F>[] = [];
    const { stops, flags } = this.tree;
    const { stop } = this;
    for (let i = this.index + 1; i < stop; i = stops[i]!) {
      if ((flags[i]! & FLAG_NAMED) !== 0) result.push(new FlatNode<K, F>(this.tree, i));
    }
    return result;
  }

  /** First child of one of the kinds, or null. */
  childOfKind(...kinds: readonly K[]): FlatNode<K, F> | null {
    const { stops, kinds: ids, grammar } = this.tree;
    const wanted = kindSet(grammar, kinds);
    const { stop } = this;
    for (let i = this.index + 1; i < stop; i = stops[i]!) {
      if (wanted[ids[i]!] === 1) return new FlatNode<K, F>(this.tree, i);
    }
    return null;
  }

  /** Nearest ancestor of one of the kinds, or null. */
  ancestor(...kinds: readonly K[]): FlatNode<K, F> | null {
    const { parents, kinds: ids, grammar } = this.tree;
    const wanted = kindSet(grammar, kinds);
    for (let i = parents[this.index]!; i >= 0; i = parents[i]!) {
      if (wanted[ids[i]!] === 1) return new FlatNode<K, F>(this.tree, i);
    }
    return null;
  }

  /** Whether `other` is this node or lies inside it. */
  contains(other: FlatNode): boolean {
    return other.tree === this.tree && other.index >= this.index && other.index < this.stop;
  }

  get nextSibling(): FlatNode<K, F> | null {
    const parent = this.tree.parents[this.index]!;
    const next = this.stop;
    return parent >= 0 && next < this.tree.stops[parent]! ? new FlatNode<K, F>(this.tree, next) : null;
  }

  get previousSibling(): FlatNode<K, F> | null {
    const { parents } = this.tree;
    const parent = parents[this.index]!;
    let i = this.index - 1;
    if (parent < 0 || parent === i) return null;
    // From its last descendant, which stands right in front of this node.
    while (parents[i] !== parent) i = parents[i]!;
    return new FlatNode<K, F>(this.tree, i);
  }

  /**
   * This node and its descendants in pre-order. `enter` (optional) may return false to skip the descendants of a node
   * (the node itself is still yielded). No recursion: trees of depth 10^6 exist.
   */
  *walk(enter?: (node: FlatNode<K, F>) => boolean): Generator<FlatNode<K, F>> {
    const stop = this.stop;
    for (let i = this.index; i < stop; ) {
      const node = new FlatNode<K, F>(this.tree, i);
      yield node;
      i = enter === undefined || i === this.index || enter(node) ? i + 1 : this.tree.stops[i]!;
    }
  }

  /** Descendants (this node included) of the given kinds, in order. */
  descendants(...kinds: readonly K[]): FlatNode<K, F>[] {
    const wanted = kindSet(this.tree.grammar, kinds);
    const { kinds: ids } = this.tree;
    const { stop } = this;
    const result: FlatNode<K, F>[] = [];
    for (let i = this.index; i < stop; i++) {
      if (wanted[ids[i]!] === 1) result.push(new FlatNode<K, F>(this.tree, i));
    }
    return result;
  }
}

/** The sets of a grammar that were asked for. */
interface KindSets {
  readonly grammar: GrammarTables;
  /** Those of one kind, which most are. */
  readonly single: Map<string, Uint8Array>;
  /** Those of several, by the first. */
  readonly several: Map<string, { readonly kinds: readonly string[]; readonly table: Uint8Array }[]>;
}

const kindSets = new WeakMap<GrammarTables, KindSets>();
/** Those of the grammar that was asked for last: nobody looks at trees of two grammars in turns. */
let recent: KindSets | null = null;

function kindSetsOf(grammar: GrammarTables): KindSets {
  let sets = kindSets.get(grammar);
  if (sets === undefined) {
    sets = { grammar, single: new Map(), several: new Map() };
    kindSets.set(grammar, sets);
  }
  recent = sets;
  return sets;
}

/** Lookup table over kind ids for a set of kind names (several ids may share a name). */
export function kindSet(grammar: GrammarTables, kinds: readonly string[]): Uint8Array {
  const sets = recent !== null && recent.grammar === grammar ? recent : kindSetsOf(grammar);
  const first = kinds[0] ?? '';
  if (kinds.length === 1) {
    const known = sets.single.get(first);
    if (known !== undefined) return known;
    const table = tableOf(grammar, kinds);
    sets.single.set(first, table);
    return table;
  }
  let alike = sets.several.get(first);
  if (alike === undefined) {
    alike = [];
    sets.several.set(first, alike);
  }
  for (const set of alike) if (isSameList(set.kinds, kinds)) return set.table;
  const table = tableOf(grammar, kinds);
  alike.push({ kinds: [...kinds], table });
  return table;
}

function tableOf(grammar: GrammarTables, kinds: readonly string[]): Uint8Array {
  return Uint8Array.from(grammar.kinds, (name) => (kinds.includes(name) ? 1 : 0));
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
