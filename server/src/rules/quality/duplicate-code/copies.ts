/**
 * When two functions are copies of each other, in any language: their bodies consist of the same tokens, but for the
 * names of variables and the values of literals. Names of types, fields and called functions have to agree, so that two
 * functions of one pattern are no copies.
 */
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import type { FlatNode, GrammarTables } from '../../../core/syntax/flatTree.ts';

/** Value of the facts that `judgeCopies` compares; their key is the digest of a body, their place the function's name. */
export interface Body {
  readonly lines: number;
}

/** Lines of the shortest body that is worth sharing. */
export const LINE_LIMIT = 12;
/** A function that is mostly values is a table. */
const LITERAL_SHARE = 0.3;

/** What is to know of a language. */
export interface Tokens {
  /** Kinds of nodes that are literals, as a whole. */
  readonly literals: RegExp;
  /** Fields under which an identifier counts as it is written. */
  readonly written: readonly string[];
  /** Tokens of the shortest body that is worth sharing. */
  readonly limit: number;
}

interface Table {
  /** What a token counts as, by kind. */
  readonly kinds: Uint8Array;
  /** 1: the field is one of `written`. */
  readonly fields: Uint8Array;
}

const TEXT = 0;
const NAME = 1;
const LITERAL = 2;
const SKIPPED = 3;
const BLOCK = 4;

const tables = new WeakMap<GrammarTables, Table>();

function tableOf(grammar: GrammarTables, { literals, written }: Tokens): Table {
  let table = tables.get(grammar);
  if (table === undefined) {
    table = {
      kinds: Uint8Array.from(grammar.kinds, (kind) => {
        if (kind === 'comment') return SKIPPED;
        if (kind === 'identifier') return NAME;
        if (kind === 'block') return BLOCK;
        return literals.test(kind) ? LITERAL : TEXT;
      }),
      fields: Uint8Array.from(grammar.fields, (field) => (written.includes(field) ? 1 : 0)),
    };
    tables.set(grammar, table);
  }
  return table;
}

export interface Digest {
  readonly digest: string;
  /** Identifiers that count as they are written and are no variables of the body. */
  readonly written: readonly string[];
}

/** Lines between two offsets. */
export function linesIn(text: string, from: number, to: number): number {
  let lines = 1;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Digest of the tokens of a body without the node `skipped`; null for one that is too small or mostly values. */
export function digestOf(body: FlatNode, language: Tokens, skipped: FlatNode | null = null): Digest | null {
  const { grammar, kinds, starts, ends, stops, fields, text } = body.tree;
  const table = tableOf(grammar, language);
  const names = new Map<string, number>();
  const written = new Set<string>();
  let count = 0;
  let literals = 0;
  // Two independent digests of 32 bits (FNV-1a and a multiplicative one).
  let first = 0x811c9dc5;
  let second = 5381;
  const mix = (value: number): void => {
    first = Math.imul(first ^ value, 0x01000193);
    second = (Math.imul(second, 33) + value) | 0;
  };
  /** Where blocks end has to agree: in Python no token says so. */
  const open: number[] = [];
  for (let i = body.index; i < body.stop; i++) {
    for (; open.length > 0 && i >= open.at(-1)!; open.pop()) mix(13);
    if (i === skipped?.index) {
      i = skipped.stop - 1;
      continue;
    }
    const token = table.kinds[kinds[i]!]!;
    if (stops[i]! > i + 1 && token !== LITERAL) {
      if (token === BLOCK) open.push(stops[i]!);
      continue;
    }
    if (token === SKIPPED) continue;
    count++;
    mix(kinds[i]!);
    if (token === LITERAL) {
      literals++;
      i = stops[i]! - 1;
    } else if (token === NAME && table.fields[fields[i]!] !== 1) {
      const name = text.slice(starts[i]!, ends[i]!);
      let number = names.get(name);
      if (number === undefined) {
        number = names.size;
        names.set(name, number);
      }
      mix(number + 1);
    } else {
      if (token === NAME) written.add(text.slice(starts[i]!, ends[i]!));
      for (let at = starts[i]!; at < ends[i]!; at++) mix(text.charCodeAt(at));
    }
  }
  if (count < language.limit || literals > count * LITERAL_SHARE) return null;
  return {
    digest: `${(first >>> 0).toString(36)}.${(second >>> 0).toString(36)}`,
    written: [...written].filter((name) => !names.has(name)),
  };
}

/** A path without the folders that name a version of an API. */
export function unversioned(path: string): string {
  return path.replace(/(^|\/)v\d+(?:[._]\d+)*(?:(?:alpha|beta)\d*)?(?=\/|$)/g, '');
}

/** Finds the later ones of equal bodies of the partition, of which `isIntended` does not say that both are to be there. */
export function* judgeCopies(
  facts: FactView,
  name: string,
  isIntended: (left: Fact, right: Fact) => boolean,
): Generator<WorkspaceVerdict> {
  for (const own of facts.get(name)) {
    if (facts.role(own.place.path) !== 'production') continue;
    const original = facts
      .lookup(name, own.key)
      .find(
        (other) => isBefore(other, own) && facts.role(other.place.path) === 'production' && !isIntended(other, own),
      );
    if (original === undefined) {
      yield { kind: 'pass', subject: own.place };
      continue;
    }
    yield {
      kind: 'fail',
      subject: own.place,
      message: 'copy',
      args: { lines: String((own.value as unknown as Body).lines), other: original.place.path },
      related: [{ place: original.place, message: 'The other copy.' }],
    };
  }
}

function isBefore({ place: left }: Fact, { place: right }: Fact): boolean {
  if (left.path !== right.path) return left.path < right.path;
  return (left.anchor?.start ?? 0) + left.span.start < (right.anchor?.start ?? 0) + right.span.start;
}
