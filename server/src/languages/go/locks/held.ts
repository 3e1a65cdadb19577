/**
 * Which locks are held at a point of a function: for every lock the ways it can be there, over all paths. Function
 * literals are followed as far as it is known when they run. Locks that a called function takes or releases are not
 * seen, and what the caller of the function holds is left open (`ON_ENTRY`): see guards.ts for that.
 */
import { type FlowProblem, type FlowSolution, solveForward } from '../../../core/flow/solve.ts';
import { type ChunkContext, defineAnalysis } from '../../../core/rulekit/rule.ts';
import { type GoFlow, goFlow } from '../flow.ts';
import type { GoNode } from '../nodes.gen.ts';
import { calleeId, goTypes } from '../types.ts';
import { calledExpression, FUNCTION_KINDS, isFunction, topLevelOf } from '../syntax.ts';
import { goLockOperations, type LockOperation, type TimedLockOperation } from './operations.ts';

/** As the function was called with. */
export const ON_ENTRY = 1;
/** Not held. */
export const FREE = 2;
export const HELD_READ = 4;
export const HELD_WRITE = 8;
/** Cannot be told. */
export const OBSCURE = 16;

/** Ways in which each lock can be held, as a sum of the constants above; a lock that is not listed is `others`. */
export interface HeldLocks {
  readonly others: number;
  readonly locks: ReadonlyMap<string, number>;
}

export function waysOf(held: HeldLocks, lock: string): number {
  return held.locks.get(lock) ?? held.others;
}

/**
 * - `called`: the declared function itself.
 * - `inline`: a literal that runs where it stands, or within a call that is known to run it at once.
 * - `spawned`: a literal that runs in a goroutine of its own.
 * - `obscure`: a literal that is stored, returned or passed on.
 */
export type LockUnitKind = 'called' | 'inline' | 'spawned' | 'obscure';

/** A function or literal with what is held in it. */
export interface LockUnit {
  readonly kind: LockUnitKind;
  readonly owner: GoNode;
  /** What is held just before a piece of syntax of this unit (not of a literal in it) runs; null: it never runs. */
  before(node: GoNode): HeldLocks | null;
}

/** The units of one top-level declaration, outermost first. */
export const goLockUnits = defineAnalysis<GoNode, readonly LockUnit[]>('go.lockUnits', (declaration, ctx) => {
  const units = new Map<number, LockUnit>();
  for (const owner of declaration.descendants(...FUNCTION_KINDS)) {
    const around = owner.ancestor(...FUNCTION_KINDS);
    const outer = around === null ? undefined : units.get(around.index);
    const kind = outer === undefined ? (owner.kind === 'func_literal' ? 'obscure' : 'called') : kindOf(owner, ctx, declaration);
    const initial = initialOf(kind, owner, outer);
    units.set(owner.index, unitOf(kind, owner, initial, declaration, ctx));
  }
  return [...units.values()];
});

/** The unit that runs a node; null outside functions. */
export function lockUnitAround(ctx: ChunkContext, node: GoNode): LockUnit | null {
  const declaration = topLevelOf(node);
  const owner = isFunction(node) ? node : node.ancestor(...FUNCTION_KINDS);
  if (declaration === null || owner === null) return null;
  return ctx.get(goLockUnits, declaration).find((unit) => unit.owner.index === owner.index) ?? null;
}

const NOTHING: ReadonlyMap<string, number> = new Map();

function initialOf(kind: LockUnitKind, owner: GoNode, outer: LockUnit | undefined): HeldLocks {
  if (kind === 'called') return { others: ON_ENTRY, locks: NOTHING };
  if (kind === 'spawned') return { others: FREE, locks: NOTHING };
  const held = kind === 'inline' ? outer?.before(owner) : null;
  return held ?? { others: OBSCURE, locks: NOTHING };
}

/** Functions of libraries that run a function argument before they return, on the goroutine of the caller. */
const RUNS_AT_ONCE =
  /^(?:sort\.\w+|slices\.\w+|maps\.\w+|strings\.\w+|bytes\.\w+|path\/filepath\.Walk(?:Dir)?|sync\.Once\.Do|sync\.Map\.Range)$/;
/** Functions of libraries that run a function argument on another goroutine. */
const RUNS_ASIDE = /^(?:time\.AfterFunc|golang\.org\/x\/sync\/errgroup\.Group\.(?:Try)?Go|sync\.WaitGroup\.Go)$/;

function kindOf(literal: GoNode, ctx: ChunkContext, declaration: GoNode): LockUnitKind {
  let whole = literal;
  while (whole.parent?.kind === 'parenthesized_expression') whole = whole.parent;
  const parent = whole.parent;
  if (parent?.kind === 'call_expression' && whole.field === 'function') {
    if (parent.parent?.kind === 'go_statement') return 'spawned';
    return parent.parent?.kind === 'defer_statement' ? 'obscure' : 'inline';
  }
  const call = parent?.kind === 'argument_list' ? parent.parent : null;
  if (call?.kind !== 'call_expression' || calledExpression(call) === null) return 'obscure';
  const callee = calleeId(ctx.get(goTypes, declaration).calleeOf(call));
  const isAside = call.parent?.kind === 'go_statement' || call.parent?.kind === 'defer_statement';
  if (RUNS_ASIDE.test(callee)) return 'spawned';
  return RUNS_AT_ONCE.test(callee) && !isAside ? 'inline' : 'obscure';
}

function unitOf(kind: LockUnitKind, owner: GoNode, initial: HeldLocks, declaration: GoNode, ctx: ChunkContext): LockUnit {
  const operations = ctx.get(goLockOperations, declaration);
  const own = operations.any ? operations.of(owner).filter((operation) => isStepOf(operation, owner)) : [];
  if (own.length === 0) return { kind, owner, before: () => initial };
  let solution: FlowSolution<ReadonlyMap<string, number>> | null = null;
  let steps: ReadonlyMap<number, readonly LockOperation[]> = new Map();
  const flow = ctx.get(goFlow, owner);
  return {
    kind,
    owner,
    before(node) {
      if (solution === null) {
        steps = stepsOf(flow, own);
        solution = solveForward(flow.graph, problemOf(flow, steps, initial));
      }
      const id = flow.at(node);
      let locks = id < 0 ? null : (solution.before[id] ?? null);
      if (locks === null) return null;
      for (const operation of steps.get(id) ?? []) {
        if (operation.call.start < node.start) locks = after(locks, operation, initial.others);
      }
      return { others: initial.others, locks };
    },
  };
}

/** Whether the statements of the function bring the operation about, and no balanced literal of it. */
function isStepOf(operation: TimedLockOperation, owner: GoNode): boolean {
  return operation.timing === 'step' && operation.call.ancestor(...FUNCTION_KINDS)?.index === owner.index;
}

function stepsOf(flow: GoFlow, operations: readonly LockOperation[]): ReadonlyMap<number, readonly LockOperation[]> {
  const steps = new Map<number, LockOperation[]>();
  for (const operation of operations) {
    const id = flow.at(operation.call);
    const list = steps.get(id);
    if (list === undefined) steps.set(id, [operation]);
    else list.push(operation);
  }
  return steps;
}

function after(
  locks: ReadonlyMap<string, number>,
  { action, mode, lock }: LockOperation,
  others: number,
): ReadonlyMap<string, number> {
  const held = mode === 'read' ? HELD_READ : HELD_WRITE;
  const ways = action === 'release' ? FREE : action === 'acquire' ? held : (locks.get(lock) ?? others) | held;
  return new Map(locks).set(lock, ways);
}

function problemOf(
  flow: GoFlow,
  steps: ReadonlyMap<number, readonly LockOperation[]>,
  initial: HeldLocks,
): FlowProblem<ReadonlyMap<string, number>> {
  const { others } = initial;
  return {
    initial: initial.locks,
    transfer(_node, id, locks) {
      let result = locks;
      for (const operation of steps.get(id) ?? []) result = after(result, operation, others);
      return result;
    },
    refine(edge, locks) {
      if (edge.label !== 'true' || flow.graph.nodes[edge.from]!.kind !== 'condition') return locks;
      // `if mu.TryLock() {`
      const tried = steps.get(edge.from)?.find(({ action }) => action === 'try');
      if (tried === undefined || flow.node(edge.from)?.index !== tried.call.index) return locks;
      return new Map(locks).set(tried.lock, tried.mode === 'read' ? HELD_READ : HELD_WRITE);
    },
    join(left, right) {
      if (left === right) return left;
      const result = new Map(left);
      for (const lock of new Set([...left.keys(), ...right.keys()])) {
        result.set(lock, (left.get(lock) ?? others) | (right.get(lock) ?? others));
      }
      return result;
    },
    equals(left, right) {
      if (left === right) return true;
      if (left.size !== right.size) return false;
      for (const [lock, ways] of left) if (right.get(lock) !== ways) return false;
      return true;
    },
  };
}
