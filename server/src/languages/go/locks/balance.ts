/**
 * Whether every lock that a function takes is released on every way out of it, and none is released twice. Looks at
 * one function; whether a lock that stays held is meant to be released by another one is for the caller to judge.
 */
import { findPath } from '../../../core/flow/paths.ts';
import type { ChunkContext } from '../../../core/rulekit/rule.ts';
import { type GoFlow, goFlow, nodesRunAt } from '../flow.ts';
import type { GoNode } from '../nodes.gen.ts';
import { goScope } from '../scope.ts';
import { calledExpression, FUNCTION_KINDS, topLevelOf } from '../syntax.ts';
import { type PathConditions, pathConditions, placesChangedAt } from './conditions.ts';
import {
  dependsOn,
  goLockOperations,
  isHandedOver,
  type LockOperation,
  type LockOperations,
  type TimedLockOperation,
} from './operations.ts';

export type LockBalance =
  /** The lock is released on every way out. */
  | { readonly kind: 'released'; readonly acquire: TimedLockOperation }
  /** On some way out, or in the next round of a loop, the lock is still held. */
  | {
      readonly kind: 'leaked';
      readonly acquire: TimedLockOperation;
      /** The statement that leaves the function, or the acquisition itself when a loop comes back to it. */
      readonly exit: GoNode;
      /** Operations of the function that release it on other paths. */
      readonly releases: readonly TimedLockOperation[];
    }
  /** `defer mu.Lock()` behind `mu.Lock()`. */
  | { readonly kind: 'deferredAcquire'; readonly acquire: TimedLockOperation; readonly deferred: TimedLockOperation }
  /** A read lock that is released by `Unlock`, or the other way round. */
  | { readonly kind: 'mismatched'; readonly acquire: TimedLockOperation; readonly release: TimedLockOperation }
  /** A release that runs although the lock is not held any more. */
  | {
      readonly kind: 'releasedTwice';
      /** The release that comes first on the path. */
      readonly first: TimedLockOperation;
      /** The one that fails: a later call, or a deferred one. */
      readonly second: TimedLockOperation;
      /** Where the function is left, when the second is deferred. */
      readonly exit: GoNode | null;
    }
  /** A release of a lock that the function was called with, and that it does not take again. */
  | { readonly kind: 'takenOver'; readonly release: TimedLockOperation };

/** A call that may take or release locks that only it knows of. */
const LOCKING_NAME = /lock|release|acquire/i;

/** What is said of every acquisition and release in a function; nothing of those that cannot be told. */
export function* lockBalance(owner: GoNode, ctx: ChunkContext): Generator<LockBalance> {
  const declaration = topLevelOf(owner);
  const operations = declaration === null ? null : ctx.get(goLockOperations, declaration);
  if (declaration === null || operations === null || !operations.any) return;
  const inText = operations.of(owner);
  const locks = new Map<string, TimedLockOperation[]>();
  for (const operation of inText) {
    const list = locks.get(operation.lock);
    if (list === undefined) locks.set(operation.lock, [operation]);
    else list.push(operation);
  }
  for (const [lock, list] of locks) {
    const isOwn = (operation: TimedLockOperation): boolean =>
      operation.call.ancestor(...FUNCTION_KINDS)?.index === owner.index;
    if (!list.some((operation) => isOwn(operation))) continue;
    const relevant = list.filter((operation) => isOwn(operation) || !isBalancedLiteral(operation, list));
    // Somebody else may release it.
    if (relevant.some(({ timing, action }) => timing === 'elsewhere' && action !== 'acquire')) continue;
    if (isReleasedAround(operations, owner, lock)) continue;
    if (isHandedOver(owner, lock, ctx.get(goScope, declaration))) continue;
    yield* balanceOf({ owner, declaration, lock, operations: relevant, isOwn }, ctx);
  }
}

/** An operation of a literal that takes and releases the lock itself: the function around it sees neither. */
function isBalancedLiteral(operation: TimedLockOperation, all: readonly TimedLockOperation[]): boolean {
  const literal = operation.call.ancestor(...FUNCTION_KINDS);
  if (literal === null) return false;
  const inside = all.filter(({ call }) => call.ancestor(...FUNCTION_KINDS)?.index === literal.index);
  return inside.some(({ action }) => action === 'release') && inside.some(({ action }) => action !== 'release');
}

/** A literal whose lock the function around it, or another literal there, releases without having taken it. */
function isReleasedAround(operations: LockOperations, owner: GoNode, lock: string): boolean {
  if (owner.kind !== 'func_literal') return false;
  const around = operations.all.filter((operation) => operation.lock === lock && !owner.contains(operation.call));
  const ownerOf = ({ call }: LockOperation): number => call.ancestor(...FUNCTION_KINDS)?.index ?? -1;
  const taking = new Set(around.filter(({ action }) => action !== 'release').map(ownerOf));
  return around.some((operation) => operation.action === 'release' && !taking.has(ownerOf(operation)));
}

interface Subject {
  readonly owner: GoNode;
  readonly declaration: GoNode;
  readonly lock: string;
  readonly operations: readonly TimedLockOperation[];
  readonly isOwn: (operation: TimedLockOperation) => boolean;
}

interface Effects {
  readonly flow: GoFlow;
  readonly conditions: PathConditions;
  /** Operations that run in the order of the statements, by node of the graph. */
  readonly steps: ReadonlyMap<number, readonly TimedLockOperation[]>;
  /** Nodes that register a release. */
  readonly deferring: ReadonlyMap<number, TimedLockOperation>;
  /** Nodes behind which nothing is known of the lock. */
  readonly obscure: ReadonlySet<number>;
}

function* balanceOf(subject: Subject, ctx: ChunkContext): Generator<LockBalance> {
  const { operations, owner, isOwn } = subject;
  const acquires = operations.filter(({ action, timing }) => action === 'acquire' && timing === 'step');
  const releases = operations.filter(({ action }) => action === 'release');
  const modes = new Set(acquires.map(({ mode }) => mode));

  const swapped = [...modes].length === 1 ? releases.filter(({ mode }) => !modes.has(mode)) : [];
  if (acquires.length === 1 && isOwn(acquires[0]!) && releases.length > 0 && swapped.length === releases.length) {
    yield { kind: 'mismatched', acquire: acquires[0]!, release: releases[0]! };
    return;
  }

  const [acquire] = acquires;
  if (operations.length === 2 && acquire !== undefined && isPlainPair(acquire, releases[0], owner)) {
    yield { kind: 'released', acquire };
    return;
  }

  for (const mode of ['read', 'write'] as const) {
    const deferredAcquire = operations.find(
      (operation) => operation.action === 'acquire' && operation.timing === 'deferred' && operation.mode === mode,
    );
    if (deferredAcquire !== undefined) {
      const before = acquires.find(
        ({ statement }) => statement.nextSibling?.equals(deferredAcquire.statement) === true,
      );
      if (before !== undefined && before.mode === mode) {
        yield { kind: 'deferredAcquire', acquire: before, deferred: deferredAcquire };
      }
      continue;
    }
    const ofMode = operations.filter((operation) => operation.mode === mode);
    if (ofMode.length === 0) continue;
    const effects = effectsOf(subject, ofMode, ctx.get(goFlow, owner), ctx);
    const takenOver = findTakenOver(effects, ofMode);
    if (takenOver !== 'no') {
      if (takenOver !== 'lent') yield { kind: 'takenOver', release: takenOver };
      continue;
    }
    const twice = findSecondRelease(effects);
    if (twice !== null) yield twice;
    for (const acquire of ofMode) {
      if (acquire.action !== 'acquire' || acquire.timing !== 'step' || !isOwn(acquire)) continue;
      const exit = findLeak(effects, acquire);
      if (exit === 'unknown') continue;
      if (exit === null) yield { kind: 'released', acquire };
      else {
        yield { kind: 'leaked', acquire, exit, releases: releases.filter((release) => release.mode === acquire.mode) };
      }
    }
  }
}

/** `mu.Lock()` and right behind it `defer mu.Unlock()`, once: what most functions do, and always right. */
function isPlainPair(acquire: TimedLockOperation, release: TimedLockOperation | undefined, owner: GoNode): boolean {
  if (release?.timing !== 'deferred' || release.mode !== acquire.mode || release.conditional || acquire.conditional)
    return false;
  if (acquire.statement.nextSibling?.equals(release.statement) !== true) return false;
  // In a loop it comes round again, with the lock still held.
  if (owner.tree.text.includes('goto')) return false;
  const loop = acquire.statement.ancestor('for_statement', ...FUNCTION_KINDS);
  return loop?.index === owner.index;
}

function effectsOf(
  subject: Subject,
  operations: readonly TimedLockOperation[],
  flow: GoFlow,
  ctx: ChunkContext,
): Effects {
  const scope = ctx.get(goScope, subject.declaration);
  const steps = new Map<number, TimedLockOperation[]>();
  const deferring = new Map<number, TimedLockOperation>();
  const obscure = new Set<number>();
  for (const operation of operations) {
    const id = flow.at(operation.call);
    if (id < 0) continue;
    if (operation.timing === 'deferred') {
      if (operation.conditional) obscure.add(id);
      else if (operation.action === 'release') deferring.set(id, operation);
    } else if (operation.timing === 'step') {
      if (operation.conditional || operation.action === 'try') obscure.add(id);
      const list = steps.get(id);
      if (list === undefined) steps.set(id, [operation]);
      else list.push(operation);
    }
  }
  const own = new Set(operations.map(({ call }) => call.index));
  flow.graph.nodes.forEach((_node, id) => {
    for (const place of placesChangedAt(flow, id, scope)) {
      if (dependsOn(subject.lock, place)) obscure.add(id);
    }
    for (const node of nodesRunAt(flow, id, 'call_expression')) {
      if (own.has(node.index)) continue;
      const callee = calledExpression(node);
      const name = callee?.kind === 'selector_expression' ? callee.child('field')?.text : callee?.text;
      if (name !== undefined && isLockingCall(name, node, operations)) obscure.add(id);
    }
  });
  const conditions = pathConditions(
    flow,
    scope,
    operations.map(({ call }) => call),
  );
  return { flow, conditions, steps, deferring, obscure };
}

/** Whether a call may take or release the lock: its name says so, and it is no operation on another lock. */
function isLockingCall(name: string, call: GoNode, operations: readonly TimedLockOperation[]): boolean {
  if (!LOCKING_NAME.test(name)) return false;
  if (!/^(?:Try)?R?(?:Lock|Unlock)$/.test(name)) return true;
  return operations.some((operation) => operation.call.index === call.index);
}

/**
 * The end of a path that takes the lock and leaves the function with it: a return, the end of the body, or the
 * acquisition itself when it comes round again. `unknown`: there may be such a path, but it cannot be told.
 */
function findLeak(
  { flow, conditions, steps, deferring, obscure }: Effects,
  acquire: TimedLockOperation,
): GoNode | 'unknown' | null {
  const { graph } = flow;
  const taken = flow.at(acquire.call);
  if (taken < 0) return 'unknown';
  const releases = (id: number): boolean => steps.get(id)?.some(({ action }) => action === 'release') === true;
  // State: conditions, whether a release is deferred (2), whether the lock is held (2). What is deferred does not help
  // an acquisition that comes round again.
  const isHeld = (state: number): boolean => state % 2 === 1;
  const isDeferred = (state: number): boolean => state % 4 > 1;
  const search = (isBlocked: (id: number, held: boolean) => boolean): number | null => {
    const path = findPath(graph, {
      from: graph.entry,
      state: conditions.initial * 4,
      target: (id, state) => isHeld(state) && (id === taken || (id === graph.exit && !isDeferred(state))),
      step(edge, state) {
        if (isBlocked(edge.to, isHeld(state))) return null;
        const known = conditions.step(edge, Math.floor(state / 4));
        return known === null ? null : known * 4 + (state % 4);
      },
      enter(id, state) {
        const known = conditions.enter(id, Math.floor(state / 4));
        const deferred = isDeferred(state) || deferring.has(id) ? 2 : 0;
        return known * 4 + deferred + (id === taken || isHeld(state) ? 1 : 0);
      },
    });
    if (path === null) return null;
    return path.nodes.at(-1) === taken ? taken : path.nodes.findLast((id) => graph.nodes[id]!.syntax >= 0)!;
  };
  const isReleased = (id: number, held: boolean): boolean => held && releases(id) && id !== taken;
  const found = search((id, held) => isReleased(id, held) || (held && obscure.has(id)));
  if (found !== null) return flow.node(found);
  return search(isReleased) === null ? null : 'unknown';
}

/**
 * The release of a lock that the function has not taken itself; `lent` when the lock is taken again before the
 * function returns, as by one that waits without the lock.
 */
function findTakenOver(
  { flow, conditions, steps, deferring, obscure }: Effects,
  operations: readonly TimedLockOperation[],
): TimedLockOperation | 'lent' | 'no' {
  const { graph } = flow;
  const acts = (id: number, action: TimedLockOperation['action']): boolean =>
    steps.get(id)?.some((operation) => operation.action === action) === true;
  const takes = (id: number): boolean => acts(id, 'acquire') || acts(id, 'try');
  const releases = (id: number): boolean => acts(id, 'release') || deferring.has(id);
  const first = findPath(graph, {
    from: graph.entry,
    state: conditions.initial,
    target: (id) => releases(id) && !takes(id),
    step: (edge, state) => (takes(edge.to) || obscure.has(edge.to) ? null : conditions.step(edge, state)),
    enter: conditions.enter,
  });
  if (first === null) return 'no';
  const at = first.nodes.at(-1)!;
  // A release that is deferred before the lock is taken is a matter of order, not of somebody else's lock.
  if (deferring.has(at) && operations.some(({ action }) => action !== 'release')) return 'no';
  const gone = findPath(graph, { from: at, target: (id) => id === graph.exit, blocks: takes });
  return gone === null ? 'lent' : (steps.get(at)?.find(({ action }) => action === 'release') ?? deferring.get(at)!);
}

/** What is known of the lock at a point of a path. */
const UNKNOWN = 0;
const FREE = 1;
const HELD = 2;
const HELD_TWICE = 3;

function findSecondRelease({ flow, conditions, steps, deferring, obscure }: Effects): LockBalance | null {
  const { graph } = flow;
  const isRelease = ({ action }: TimedLockOperation): boolean => action === 'release';
  if (![...steps.values()].flat().some(isRelease)) return null;
  // State: conditions, what is known of the lock (4), whether a release is deferred (2).
  const held = (state: number): number => Math.floor(state / 2) % 4;
  const path = findPath(graph, {
    from: graph.entry,
    state: conditions.initial * 8,
    target: (id, state) =>
      held(state) === FREE &&
      (steps.get(id)?.[0]?.action === 'release' || ((id === graph.exit || id === graph.panicExit) && state % 2 === 1)),
    step(edge, state) {
      const known = conditions.step(edge, Math.floor(state / 8));
      return known === null ? null : known * 8 + (state % 8);
    },
    enter(id, state) {
      let now = held(state);
      for (const { action } of steps.get(id) ?? []) now = next(now, action);
      if (obscure.has(id)) now = UNKNOWN;
      const deferred = state % 2 === 1 || deferring.has(id) ? 1 : 0;
      return conditions.enter(id, Math.floor(state / 8)) * 8 + now * 2 + deferred;
    },
  });
  if (path === null) return null;
  const last = path.nodes.at(-1)!;
  const first = path.nodes
    .slice(0, -1)
    .flatMap((id) => steps.get(id) ?? [])
    .findLast(isRelease);
  if (first === undefined) return null;
  if (last !== graph.exit && last !== graph.panicExit) {
    return { kind: 'releasedTwice', first, second: steps.get(last)![0]!, exit: null };
  }
  const second = path.nodes.map((id) => deferring.get(id)).findLast((operation) => operation !== undefined);
  const exit = path.nodes.findLast((id) => graph.nodes[id]!.syntax >= 0);
  if (second === undefined || exit === undefined) return null;
  return { kind: 'releasedTwice', first, second, exit: flow.node(exit) };
}

function next(now: number, action: TimedLockOperation['action']): number {
  if (action === 'try') return UNKNOWN;
  if (action === 'acquire') return now === UNKNOWN || now === FREE ? HELD : HELD_TWICE;
  // Whoever releases a lock that it has not taken was called with the lock held.
  return now === HELD_TWICE ? HELD : FREE;
}
