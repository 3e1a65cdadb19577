/**
 * Which locks the functions of a package come to take, themselves or through functions of the package that they call,
 * and what is held there: for judges of deadlocks. Only calls whose target is certain are followed; goroutines,
 * deferred calls and stored functions are not, since they run at another time.
 */
import type { Place } from '../../../core/model/location.ts';
import { defineDerivation, type FactView } from '../../../core/rulekit/rule.ts';
import type { AcquisitionFact } from './facts.ts';
import { type GuardedCall, type GuardedFunction, isMutex, type PackageGuards, packageGuards } from './guards.ts';
import { HELD_READ, HELD_WRITE, ON_ENTRY } from './held.ts';
import type { LockMode } from './operations.ts';

/** A lock that a function takes at some point after it was called. */
export interface TakenLock {
  /** Place of the lock in that function. */
  readonly lock: string;
  readonly mode: LockMode;
  /** Calls that lead from the function to the one that takes it, outermost first. */
  readonly way: readonly GuardedCall[];
  readonly by: GuardedFunction;
  readonly acquisition: AcquisitionFact;
}

export interface LockReach {
  /** What a function takes although its caller may hold it: it has not released it before. */
  takenBy(at: GuardedFunction): readonly TakenLock[];
  /** Calls with a certain target that run at once, by their caller. */
  callsOf(at: GuardedFunction): readonly GuardedCall[];
  /** Name that all places of one lock of the package share: `Server.mu`; null when it is no known mutex. */
  classOf(at: GuardedFunction, lock: string): string | null;
}

/** The locks of the judge's directory; empty for a package without any. */
export const lockReach = defineDerivation('go.lockReach', (facts: FactView) => reachOf(facts.derive(packageGuards)));

/** Chains of calls that are longer are not worth following. */
const LONGEST_WAY = 5;

/** Whether a lock is held on every way there. */
export function isHeld(ways: number): boolean {
  return ways !== 0 && (ways & ~(HELD_READ | HELD_WRITE)) === 0;
}

/** Ways in which a lock can be held at a position of a function's list. */
export function waysAt(at: GuardedFunction, held: number, lock: string): number {
  const fact = at.value.held[held];
  if (fact === undefined) return 0;
  return Object.hasOwn(fact.locks, lock) ? fact.locks[lock]! : fact.others;
}

/** Place of a lock of the called function in the caller; null when the caller does not know it. */
export function placeInCaller({ callee, receiver, fact }: GuardedCall, lock: string): string | null {
  const end = lock.search(/[.[]/);
  const root = end < 0 ? lock : lock.slice(0, end);
  if (root.startsWith('=')) return lock;
  const rest = lock.slice(root.length);
  if (root === callee.value.self) return receiver === null ? null : receiver + rest;
  const position = callee.value.parameters.indexOf(root);
  const place = position < 0 || root === '' ? undefined : fact[1][position];
  return place === undefined || place === '' || place === '!' ? null : place + rest;
}

export function placeOfCall({ caller, fact }: GuardedCall): Place {
  return { ...caller.fact.place, span: { start: fact[4], end: fact[5] } };
}

export function placeOfAcquisition(at: GuardedFunction, { start, end }: AcquisitionFact): Place {
  return { ...at.fact.place, span: { start, end } };
}

function reachOf(guards: PackageGuards): LockReach {
  const classes = new Map<GuardedFunction, Map<string, string | null>>();
  const classOf = (at: GuardedFunction, lock: string): string | null => {
    let known = classes.get(at);
    if (known === undefined) {
      known = new Map();
      classes.set(at, known);
    }
    let name = known.get(lock);
    if (name === undefined) {
      name = findClass(guards, at, lock);
      known.set(lock, name);
    }
    return name;
  };
  const callsOf = new Map<GuardedFunction, GuardedCall[]>();
  const callersOf = new Map<GuardedFunction, GuardedCall[]>();
  const add = (map: Map<GuardedFunction, GuardedCall[]>, at: GuardedFunction, call: GuardedCall): void => {
    const list = map.get(at);
    if (list === undefined) map.set(at, [call]);
    else list.push(call);
  };
  for (const call of guards.calls) {
    if (call.fact[3] !== 'now' || !isCertain(guards, call)) continue;
    add(callsOf, call.caller, call);
    add(callersOf, call.callee, call);
  }

  const taken = new Map<GuardedFunction, Map<string, TakenLock>>();
  const queue: { readonly at: GuardedFunction; readonly lock: TakenLock }[] = [];
  const put = (at: GuardedFunction, lock: TakenLock): void => {
    let known = taken.get(at);
    if (known === undefined) {
      known = new Map();
      taken.set(at, known);
    }
    const key = `${lock.mode} ${lock.lock}`;
    if (known.has(key)) return;
    known.set(key, lock);
    queue.push({ at, lock });
  };
  for (const at of guards.functions) {
    for (const acquisition of at.value.acquisitions) {
      const { lock, mode, before, chosen } = acquisition;
      if (chosen || before < 0 || (waysAt(at, before, lock) & ON_ENTRY) === 0 || classOf(at, lock) === null) continue;
      put(at, { lock, mode, way: [], by: at, acquisition });
    }
  }
  // Breadth first: the first way that is found is a shortest one.
  for (let next = 0; next < queue.length; next++) {
    const { at, lock } = queue[next]!;
    if (lock.way.length >= LONGEST_WAY) continue;
    for (const call of callersOf.get(at) ?? []) {
      const place = placeInCaller(call, lock.lock);
      if (place === null || (waysAt(call.caller, call.fact[2], place) & ON_ENTRY) === 0) continue;
      put(call.caller, { ...lock, lock: place, way: [call, ...lock.way] });
    }
  }
  return {
    takenBy: (at) => [...(taken.get(at)?.values() ?? [])],
    callsOf: (at) => callsOf.get(at) ?? [],
    classOf,
  };
}

/** Whether a call means that function and no other of the same name. */
function isCertain(guards: PackageGuards, { caller, callee, receiver, fact }: GuardedCall): boolean {
  const [name] = fact;
  if (callee.value.receiver === '') return name === `=${callee.name}`;
  return receiver !== null && guards.structNameOf(guards.typeOfPlace(caller, receiver)) !== null;
}

function findClass(guards: PackageGuards, at: GuardedFunction, lock: string): string | null {
  const plain = lock.replace(/\[[^\]]*\]/g, '[]');
  const type = guards.typeOfPlace(at, plain);
  if (type === null) return null;
  const dot = plain.lastIndexOf('.');
  if (isMutex(type)) {
    if (dot < 0) return plain.startsWith('=') ? plain.slice(1) : null;
    const owner = guards.structNameOf(guards.typeOfPlace(at, plain.slice(0, dot)));
    const field = plain.slice(dot + 1);
    if (owner === null) return null;
    return field === 'Mutex' || field === 'RWMutex' ? owner : `${owner}.${field}`;
  }
  const struct = guards.structNameOf(type);
  return struct !== null && guards.locksOf(struct).some(({ field }) => field === '') ? struct : null;
}
