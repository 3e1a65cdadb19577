/**
 * What each declaration uses from outside of itself, as facts for judges: names of the package and of imports, and
 * members of values whose type can be followed. Of code that is no production code only the names are taken. Nothing
 * here knows whether a name is declared.
 *
 * - `go.uses`, key: path of the file, value: `text`, one use a line (see `GoUse`), without positions: typing that adds
 *   no name leaves it as it is. One for each declaration.
 * - `go.uses.at`, key: path of the file, value: for each line of the `go.uses` fact of the same declaration the offsets
 *   where the name stands, separated by commas; lines are separated by `;`.
 * - `go.calls`, key: path of the file, value: in the same order, how many arguments the name is called with at each of
 *   these places; '' where it is not called, or the number cannot be told. Left out when nothing is called.
 * - `go.members`, key: path of the file, value: the other names that the declaration selects of anything, and those of
 *   methods that it asks of an interface, separated by spaces.
 * - `go.mentions`, key: path of the file, value: names in a declaration of a file that is no production code, but for short ones.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import type { Fact } from '../../core/model/verdict.ts';
import { type Extractor, type FactView, fact, type NodeDetector, SHORTEST_WORD } from '../../core/rulekit/rule.ts';
import { kindSet } from '../../core/syntax/flatTree.ts';
import { stdlibPackage } from '../../knowledge/go/stdlib.ts';
import { chainContext, chainOf } from './chains.ts';
import type { GoNode } from './nodes.gen.ts';
import { type FreePosition, goScope, isPredeclared } from './scope.ts';
import { callArguments, unparenthesized } from './syntax.ts';
import { goTypes } from './types.ts';

/** A line of `go.uses`. */
export type GoUse =
  /** A name by itself: `v` where a value stands, `t` a type, `q` before a dot; written `v Name`. */
  | { readonly kind: FreePosition; readonly line: string; readonly name: string }
  /** The last `.name` of a chain as in chains.ts; written as the chain itself. */
  | {
      readonly kind: 'member';
      readonly line: string;
      readonly name: string;
      /** The chain of what it is selected from. */
      readonly owner: string;
      /** The chain begins with a name, so that its meaning depends on the file's imports. */
      readonly named: boolean;
    };

const POSITIONS: Readonly<Record<string, FreePosition>> = { v: 'value', t: 'type', q: 'qualifier' };

function readUse(line: string): GoUse {
  const kind = POSITIONS[line[0]!];
  if (kind !== undefined && line[1] === ' ') return { kind, line, name: line.slice(2) };
  const last = line.lastIndexOf('\t');
  return { kind: 'member', line, name: line.slice(last + 2), owner: line.slice(0, last), named: line.startsWith('=') };
}

/** Facts that were read lately. They take several times the memory of the facts, so that not all are kept. */
const usesByFact = new Map<Fact, readonly GoUse[]>();
const KEPT_FACTS = 5_000;

/** Reads a `go.uses` fact. A fact never changes, so that of a package at work it is read once. */
export function readUses(fact: Fact): readonly GoUse[] {
  let known = usesByFact.get(fact);
  if (known === undefined) {
    known = (fact.value as string).split('\n').map(readUse);
    if (usesByFact.size >= KEPT_FACTS) usesByFact.clear();
    usesByFact.set(fact, known);
  }
  return known;
}

/** The places of a line of a `go.uses` fact, as offsets in its declaration. */
export function usePositions(facts: FactView, use: Fact, line: number): readonly number[] {
  const positions = facts.lookup('go.uses.at', use.key).find(({ place }) => place.anchor === use.place.anchor);
  const starts = (positions?.value as string | undefined)?.split(';')[line] ?? '';
  return starts === '' ? [] : starts.split(',').map(Number);
}

const uses: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration', 'type_declaration', 'var_declaration', 'const_declaration'],
  *check(node, ctx) {
    if (node.parent?.kind !== 'chunk') return;
    const scope = ctx.get(goScope, node);
    const types = ctx.get(goTypes, node);
    const context = chainContext(scope, types);
    const found = new Map<string, { starts: string; counts: string }>();
    let calls = false;
    const add = (line: string, start: number, used: GoNode): void => {
      const count = argumentCount(used);
      if (count !== '') calls = true;
      const places = found.get(line);
      if (places === undefined) found.set(line, { starts: String(start), counts: count });
      else {
        places.starts += `,${start}`;
        places.counts += `,${count}`;
      }
    };
    const members = new Set<string>();
    // Type parameters of one list see each other, also those that come later.
    const typeParameters = new Set(
      scope.bindings.filter(({ kind }) => kind === 'typeParameter').map(({ name }) => name),
    );
    for (const use of scope.free) {
      if (typeParameters.has(use.name)) continue;
      add(`${use.position[0]} ${use.name}`, use.node.start, use.node);
      if (use.node.kind !== 'package_identifier') continue;
      const name = use.node.parent?.child('name') ?? null;
      if (name !== null && !isLibrary(types.packageOf(use.node))) add(`=${use.name}\t.${name.text}`, name.start, name);
    }
    for (const selector of node.descendants('selector_expression', 'method_elem')) {
      if (selector.kind === 'method_elem') {
        members.add(selector.child('name')?.text ?? '');
        continue;
      }
      const field = selector.child('field');
      const operand = selector.child('operand');
      if (field === null || operand === null || isLibrary(types.packageOf(operand))) continue;
      const chain = chainOf(operand, context);
      if (chain !== null && isFollowable(chain)) add(`${chain}\t.${field.text}`, field.start, selector);
      else members.add(field.text);
    }
    if (members.size > 0) yield fact('go.members', ctx.file.path, [...members].join(' '), { start: 0, end: 0 });
    if (found.size === 0) return;
    yield fact('go.uses', ctx.file.path, [...found.keys()].join('\n'), { start: 0, end: 0 });
    const places = [...found.values()];
    const at = places.map(({ starts }) => starts).join(';');
    yield fact('go.uses.at', ctx.file.path, at, { start: 0, end: 0 });
    if (!calls) return;
    const counts = places.map((place) => place.counts).join(';');
    yield fact('go.calls', ctx.file.path, counts, { start: 0, end: 0 });
  },
};

/** How many arguments a function is called with; '' when it is not called here, or when one expression gives several. */
function argumentCount(used: GoNode): string {
  const call = used.field === 'function' ? used.parent : null;
  if (call?.kind !== 'call_expression') return '';
  const values = callArguments(call);
  if (values.some(({ kind }) => kind === 'variadic_argument')) return '';
  const only = values.length === 1 ? unparenthesized(values[0]!).kind : '';
  return only === 'call_expression' || only === 'type_conversion_expression' ? '' : String(values.length);
}

const mentions: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration', 'type_declaration', 'var_declaration', 'const_declaration'],
  *check(node, ctx) {
    if (ctx.file.role === 'production' || node.parent?.kind !== 'chunk') return;
    const { grammar, kinds, starts, ends, text } = node.tree;
    const { stop } = node;
    const isName = kindSet(grammar, NAMES);
    const names = new Set<string>();
    for (let i = node.index; i < stop; i++) {
      if (isName[kinds[i]!] === 0) continue;
      const start = starts[i]!;
      const end = ends[i]!;
      if (end - start >= SHORTEST_WORD) names.add(text.slice(start, end));
    }
    if (names.size === 0) return;
    yield fact('go.mentions', ctx.file.path, [...names].join(' '), { start: 0, end: 0 });
  },
};

const NAMES = ['identifier', 'field_identifier', 'type_identifier'] as const;

/** Whether the root can lie in the workspace: neither a predeclared type nor one of the standard library. */
function isFollowable(chain: string): boolean {
  if (chain.startsWith('=')) return true;
  const end = chain.indexOf('\t');
  const root = end < 0 ? chain : chain.slice(0, end);
  const type = root.slice(1).replace(/^[*[\]]+/, '');
  const path = /^([\w./~-]+)\.\w+$/.exec(type)?.[1];
  return path === undefined ? !isPredeclared(type) : !isLibrary(path);
}

/** Names of the standard library are not judged, since only a Go installation knows them all. */
function isLibrary(path: string | null): boolean {
  return path !== null && stdlibPackage(path) !== null;
}

export const extractors: readonly Extractor[] = [
  { id: 'go.uses', language: 'go', detector: uses as NodeDetector, roles: ['production'] },
  { id: 'go.mentions', language: 'go', detector: mentions as NodeDetector, roles: OWN_ROLES },
];
