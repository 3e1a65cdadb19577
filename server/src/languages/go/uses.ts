/**
 * What each declaration uses from outside of itself, as facts for judges: names of the package and of imports, and
 * members of values whose type can be followed. Only non-test production code is looked at. Nothing here knows whether
 * a name is declared.
 *
 * - `go.uses`, key: path of the file, value: `text`, one use a line (see `GoUse`), without positions: typing that adds
 *   no name leaves it as it is. One for each declaration.
 * - `go.uses.at`, key: path of the file, value: for each line of the `go.uses` fact of the same declaration the offsets
 *   where the name stands, separated by commas; lines are separated by `;`.
 */
import type { Fact } from '../../core/model/verdict.ts';
import { type Extractor, fact, type NodeDetector } from '../../core/rulekit/rule.ts';
import { stdlibPackage } from '../../knowledge/go/stdlib.ts';
import { chainContext, chainOf } from './chains.ts';
import type { GoNode } from './nodes.gen.ts';
import { type FreePosition, goScope, isPredeclared } from './scope.ts';
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

const uses: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration', 'type_declaration', 'var_declaration', 'const_declaration'],
  *check(node, ctx) {
    if (ctx.file.role !== 'production' || node.parent?.kind !== 'chunk') return;
    const scope = ctx.get(goScope, node);
    const types = ctx.get(goTypes, node);
    const context = chainContext(scope, types);
    const found = new Map<string, number[]>();
    const add = (line: string, start: number): void => {
      const starts = found.get(line);
      if (starts === undefined) found.set(line, [start]);
      else starts.push(start);
    };
    // Type parameters of one list see each other, also those that come later.
    const typeParameters = new Set(
      scope.bindings.filter(({ kind }) => kind === 'typeParameter').map(({ name }) => name),
    );
    for (const use of scope.free) {
      if (typeParameters.has(use.name)) continue;
      add(`${use.position[0]} ${use.name}`, use.node.start);
      if (use.node.kind !== 'package_identifier') continue;
      const name = use.node.parent?.child('name') ?? null;
      if (name !== null && !isLibrary(types.packageOf(use.node))) add(`=${use.name}\t.${name.text}`, name.start);
    }
    for (const selector of node.descendants('selector_expression')) {
      const field = selector.child('field');
      const operand = selector.child('operand');
      if (field === null || operand === null || isLibrary(types.packageOf(operand))) continue;
      const chain = chainOf(operand, context);
      if (chain !== null && isFollowable(chain)) add(`${chain}\t.${field.text}`, field.start);
    }
    if (found.size === 0) return;
    yield fact('go.uses', ctx.file.path, [...found.keys()].join('\n'), { start: 0, end: 0 });
    const places = [...found.values()].map((starts) => starts.join(',')).join(';');
    yield fact('go.uses.at', ctx.file.path, places, { start: 0, end: 0 });
  },
};

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

export const extractors: readonly Extractor[] = [{ id: 'go.uses', language: 'go', detector: uses as NodeDetector }];
