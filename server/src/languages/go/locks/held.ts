/**
 * Which locks are held at a point of a function: for every lock the ways it can be there, over all paths. Function
 * literals are followed as far as it is known when they run. Locks that a called function takes or releases are not
 * seen, and what the caller of the function holds is left open (`ON_ENTRY`): see guards.ts for that.
 */
import { type FlowProblem, type FlowSolution, solveForward } from '../../../core/flow/solve.ts';
import { type ChunkContext, defineAnalysis } from '../../../core/rulekit/rule.ts';
import { type GoFlow, goFlow, nodesRunAt } from '../flow.ts';
import type { GoNode } from '../nodes.gen.ts';
import { calledExpression, FUNCTION_KINDS, isFunction, operatorOf, topLevelOf } from '../syntax.ts';
import { calleeId, goTypes } from '../types.ts';
import { goLockOperations, type LockOperation, type TimedLockOperation } from './operations.ts';

/** As the function was called with. */
export const ON_ENTRY = 1;
/** Not held. */
export const FREE = 2;
export const HELD_READ = 4;
export const HELD_WRITE = 8;
/** Cannot be told. */
export const OBSCURE = 16;
/** In a goroutine that its starter may wait for: not held when it is not held there on entry, else not to be told. */
export const ASIDE = 32;

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
    const kind =
      outer === undefined ? (owner.kind === 'func_literal' ? 'obscure' : 'called') : kindOf(owner, ctx, declaration);
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
const NOTHING_KNOWN: HeldLocks = { others: OBSCURE, locks: NOTHING };

function initialOf(kind: LockUnitKind, owner: GoNode, outer: LockUnit | undefined): HeldLocks {
  if (kind === 'called') return { others: ON_ENTRY, locks: NOTHING };
  if (kind === 'obscure' || outer === undefined) return NOTHING_KNOWN;
  const held = outer.before(owner);
  if (kind === 'inline') return held ?? NOTHING_KNOWN;
  if (!waitsForOthers(outer.owner)) return { others: FREE, locks: NOTHING };
  if (held === null) return NOTHING_KNOWN;
  // The starter may keep its locks until the goroutine is done.
  const aside = (ways: number): number =>
    ways === FREE ? FREE : ways === ON_ENTRY || ways === ASIDE ? ASIDE : OBSCURE;
  const locks = new Map([...held.locks].map(([lock, ways]) => [lock, aside(ways)]));
  return { others: aside(held.others), locks };
}

/** Whether a function waits for something that its goroutines may signal. */
function waitsForOthers(owner: GoNode): boolean {
  for (const node of owner.descendants('call_expression', 'unary_expression')) {
    if (
      node.kind === 'unary_expression' ? operatorOf(node) === '<-' : /\.Wait$/.test(node.child('function')?.text ?? '')
    )
      return true;
  }
  return false;
}

/** Functions of libraries that run a function argument before they return, on the goroutine of the caller. */
const RUNS_AT_ONCE =
  /^(?:sort\.\w+|slices\.\w+|maps\.\w+|strings\.\w+|bytes\.\w+|path\/filepath\.Walk(?:Dir)?|sync\.Map\.Range)$/;
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

function unitOf(
  kind: LockUnitKind,
  owner: GoNode,
  initial: HeldLocks,
  declaration: GoNode,
  ctx: ChunkContext,
): LockUnit {
  // Most functions have nothing to do with locks.
  if (!LOCKING_WORD.test(declaration.tree.text)) return { kind, owner, before: () => initial };
  const flow = ctx.get(goFlow, owner);
  const operations = ctx.get(goLockOperations, declaration);
  const own = operations.any ? operations.of(owner).filter((operation) => isStepOf(operation, owner)) : [];
  const known = new Set(operations.all.map(({ call }) => call.index));
  const steps = stepsOf(flow, own, known);
  if (steps.size === 0) return { kind, owner, before: () => initial };
  let solution: FlowSolution<HeldLocks> | null = null;
  return {
    kind,
    owner,
    before(node) {
      solution ??= solveForward(flow.graph, problemOf(flow, steps, initial));
      const id = flow.at(node);
      let held = id < 0 ? null : (solution.before[id] ?? null);
      if (held === null) return null;
      for (const step of steps.get(id) ?? []) {
        if (step.at < node.start) held = after(held, step);
      }
      return held;
    },
  };
}

/** Something that changes what is held: an operation, or a call that may do anything to locks (null). */
interface Step {
  /** Offset behind which it has happened. */
  readonly at: number;
  readonly operation: LockOperation | null;
}

/** Whether the statements of the function bring the operation about, and no balanced literal of it. */
function isStepOf(operation: TimedLockOperation, owner: GoNode): boolean {
  return operation.timing === 'step' && operation.call.ancestor(...FUNCTION_KINDS)?.index === owner.index;
}

/** `s.lock()`, `LockInsideApply()`, `unlockAll()`, `acquire()`, but not `Block()`, `clock()`, `isLocked()`. */
const LOCKING = String.raw`(?<![bcBC])[lL]ock(?!ed|er|s\b)`;
const LOCKING_NAME = new RegExp(`${LOCKING}|^[aA]cquire`);
/** What a text with such a name, or with an operation on a lock, has in it. */
const LOCKING_WORD = new RegExp(`${LOCKING}|\\b[aA]cquire`);

function stepsOf(
  flow: GoFlow,
  operations: readonly LockOperation[],
  known: ReadonlySet<number>,
): ReadonlyMap<number, readonly Step[]> {
  const steps = new Map<number, Step[]>();
  const add = (id: number, step: Step): void => {
    const list = steps.get(id);
    if (list === undefined) steps.set(id, [step]);
    else list.push(step);
  };
  for (const operation of operations) add(flow.at(operation.call), { at: operation.call.start, operation });
  flow.graph.nodes.forEach((flowNode, id) => {
    if (flowNode.kind === 'defer') return;
    for (const node of nodesRunAt(flow, id, 'call_expression')) {
      if (known.has(node.index)) continue;
      const callee = calledExpression(node);
      const name = callee?.kind === 'selector_expression' ? callee.child('field')?.text : callee?.text;
      if (name !== undefined && LOCKING_NAME.test(name)) add(id, { at: node.start, operation: null });
    }
  });
  for (const list of steps.values()) list.sort((a, b) => a.at - b.at);
  return steps;
}

function after(held: HeldLocks, { operation }: Step): HeldLocks {
  if (operation === null) return NOTHING_KNOWN;
  const { action, mode, lock } = operation;
  const taken = mode === 'read' ? HELD_READ : HELD_WRITE;
  const ways = action === 'release' ? FREE : action === 'acquire' ? taken : waysOf(held, lock) | taken;
  return { others: held.others, locks: new Map(held.locks).set(lock, ways) };
}

function problemOf(
  flow: GoFlow,
  steps: ReadonlyMap<number, readonly Step[]>,
  initial: HeldLocks,
): FlowProblem<HeldLocks> {
  return {
    initial,
    transfer(_node, id, held) {
      let result = held;
      for (const step of steps.get(id) ?? []) result = after(result, step);
      return result;
    },
    refine(edge, held) {
      if (edge.label !== 'true' || flow.graph.nodes[edge.from]!.kind !== 'condition') return held;
      // `if mu.TryLock() {`
      const tried = steps.get(edge.from)?.find(({ operation }) => operation?.action === 'try')?.operation ?? null;
      if (tried === null || flow.node(edge.from)?.index !== tried.call.index) return held;
      const taken = tried.mode === 'read' ? HELD_READ : HELD_WRITE;
      return { others: held.others, locks: new Map(held.locks).set(tried.lock, taken) };
    },
    join(left, right) {
      if (left === right) return left;
      const locks = new Map<string, number>();
      for (const lock of [...left.locks.keys(), ...right.locks.keys()]) {
        locks.set(lock, waysOf(left, lock) | waysOf(right, lock));
      }
      return { others: left.others | right.others, locks };
    },
    equals(left, right) {
      if (left === right) return true;
      if (left.others !== right.others || left.locks.size !== right.locks.size) return false;
      for (const [lock, ways] of left.locks) if (right.locks.get(lock) !== ways) return false;
      return true;
    },
  };
}
