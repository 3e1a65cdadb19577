/**
 * Pairs of locks that one function takes nested in one order and another function in the reverse order. Locks are told
 * apart by the field or variable that holds them, so two values of one type never make a pair. Judges a package from
 * the facts of its functions and follows calls whose target is certain.
 */
import type { Place } from '../../../core/model/location.ts';
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { type GuardedCall, type GuardedFunction, packageGuards } from '../../../languages/go/locks/guards.ts';
import { HELD_READ } from '../../../languages/go/locks/held.ts';
import type { LockMode } from '../../../languages/go/locks/operations.ts';
import {
  isHeld,
  type LockReach,
  lockReach,
  placeOfAcquisition,
  placeOfCall,
  waysAt,
} from '../../../languages/go/locks/reach.ts';
import { PYTHON_NESTED, type PythonNested, pythonDetectors } from './python.ts';

/** One lock is held, another one is taken. */
interface Nesting {
  readonly outer: string;
  readonly inner: string;
  /** Both are only taken for reading. */
  readonly reading: boolean;
  /** Classes of everything that is held. */
  readonly held: ReadonlySet<string>;
  readonly function: GuardedFunction;
  readonly place: Place;
  /** How the call at `place` comes to take the inner lock; empty when it stands there. */
  readonly way: readonly { readonly place: Place; readonly message: string }[];
}

/** A lock that is taken by a function or by those that it calls. */
interface Taking {
  readonly mode: LockMode;
  readonly way: readonly { readonly place: Place; readonly message: string }[];
}

const LONGEST_WAY = 4;

/** What every function comes to take, by class of the lock. */
function takings(
  functions: readonly GuardedFunction[],
  reach: LockReach,
): ReadonlyMap<GuardedFunction, ReadonlyMap<string, Taking>> {
  const found = new Map<GuardedFunction, Map<string, Taking>>();
  const callers = new Map<GuardedFunction, GuardedCall[]>();
  const queue: { readonly at: GuardedFunction; readonly name: string; readonly taking: Taking }[] = [];
  const put = (at: GuardedFunction, name: string, taking: Taking): void => {
    let known = found.get(at);
    if (known === undefined) {
      known = new Map();
      found.set(at, known);
    }
    if (known.has(name)) return;
    known.set(name, taking);
    queue.push({ at, name, taking });
  };
  for (const at of functions) {
    for (const call of reach.callsOf(at)) {
      const list = callers.get(call.callee);
      if (list === undefined) callers.set(call.callee, [call]);
      else list.push(call);
    }
    for (const acquisition of at.value.acquisitions) {
      const { lock, mode, before, chosen } = acquisition;
      const fact = at.value.held[before];
      // In a goroutine or a stored function it is taken at another time.
      if (chosen || fact === undefined || fact.others !== 1) continue;
      const name = reach.classOf(at, lock);
      if (name === null) continue;
      put(at, name, { mode, way: [{ place: placeOfAcquisition(at, acquisition), message: `${name} is taken here` }] });
    }
  }
  for (let next = 0; next < queue.length; next++) {
    const { at, name, taking } = queue[next]!;
    if (taking.way.length >= LONGEST_WAY) continue;
    for (const call of callers.get(at) ?? []) {
      if (call.caller.value.held[call.fact[2]]?.others !== 1) continue;
      const step = { place: placeOfCall(call), message: `${call.callee.name} is called here` };
      put(call.caller, name, { ...taking, way: [step, ...taking.way] });
    }
  }
  return found;
}

/** Classes of the locks that are held for certain at a position, with whether they are only held for reading. */
function heldClasses(at: GuardedFunction, position: number, reach: LockReach): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const lock of Object.keys(at.value.held[position]?.locks ?? {})) {
    const ways = waysAt(at, position, lock);
    const name = isHeld(ways) ? reach.classOf(at, lock) : null;
    if (name !== null) found.set(name, ways === HELD_READ);
  }
  return found;
}

function* nestingsOf(functions: readonly GuardedFunction[], reach: LockReach): Generator<Nesting> {
  const taken = takings(functions, reach);
  for (const at of functions) {
    for (const acquisition of at.value.acquisitions) {
      const { lock, mode, before } = acquisition;
      const held = heldClasses(at, before, reach);
      const inner = held.size === 0 ? null : reach.classOf(at, lock);
      if (inner === null) continue;
      for (const [outer, isRead] of held) {
        if (outer === inner) continue;
        const place = placeOfAcquisition(at, acquisition);
        const reading = isRead && mode === 'read';
        yield { outer, inner, reading, held: new Set(held.keys()), function: at, place, way: [] };
      }
    }
    for (const call of reach.callsOf(at)) {
      const held = heldClasses(at, call.fact[2], reach);
      if (held.size === 0 || mayRelease(call)) continue;
      for (const [inner, { mode, way }] of taken.get(call.callee) ?? []) {
        for (const [outer, isRead] of held) {
          if (held.has(inner)) continue;
          const place = placeOfCall(call);
          const reading = isRead && mode === 'read';
          yield { outer, inner, reading, held: new Set(held.keys()), function: at, place, way };
        }
      }
    }
  }
}

/** Whether the called function gives back a lock that it did not take: then what its caller holds is not known in it. */
function mayRelease({ callee }: GuardedCall): boolean {
  const taken = new Set(callee.value.acquisitions.map(({ lock }) => lock));
  return callee.value.held.some(({ locks }) => Object.keys(locks).some((lock) => !taken.has(lock)));
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const { functions } = facts.derive(packageGuards);
  const production = functions.filter((at) => facts.role(at.fact.place.path) === 'production');
  const pairs = new Map<string, Nesting[]>();
  for (const nesting of nestingsOf(production, facts.derive(lockReach))) {
    const key = `${nesting.outer} ${nesting.inner}`;
    const list = pairs.get(key);
    if (list === undefined) pairs.set(key, [nesting]);
    else list.push(nesting);
  }
  for (const [key, nestings] of pairs) {
    const { outer, inner } = nestings[0]!;
    const reversed = pairs.get(`${inner} ${outer}`) ?? [];
    // A third lock that both hold keeps them from meeting; readers alone wait for nobody.
    const met = (nesting: Nesting): Nesting | undefined =>
      reversed.find(
        (other) =>
          !(nesting.reading && other.reading) &&
          ![...nesting.held].some((name) => name !== outer && name !== inner && other.held.has(name)),
      );
    const isRare =
      nestings.length < reversed.length || (nestings.length === reversed.length && key < `${inner} ${outer}`);
    const found = isRare ? nestings.find((nesting) => met(nesting) !== undefined) : undefined;
    if (found === undefined) {
      if (reversed.length === 0) yield { kind: 'pass', subject: nestings[0]!.place };
      continue;
    }
    const other = met(found)!;
    yield {
      kind: 'fail',
      subject: found.place,
      message: 'inverted',
      args: { outer, inner, other: other.function.name },
      related: [
        ...found.way,
        { place: other.place, message: `${other.function.name} holds ${inner} and takes ${outer} here` },
        ...other.way,
      ],
    };
  }
}

/** Locks of one module of Python. */
function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const all = facts.get(PYTHON_NESTED);
  const seen = new Set<string>();
  for (const found of all) {
    const { path } = found.place;
    const { held } = found.value as unknown as PythonNested;
    const [outer = '', inner = ''] = found.key.split('\t');
    const reverse = all.filter(({ key, place }) => place.path === path && key === `${inner}\t${outer}`);
    if (facts.role(path) !== 'production') continue;
    if (reverse.length === 0) {
      yield { kind: 'pass', subject: found.place };
      continue;
    }
    const other = reverse.find(({ value }) => {
      const others = (value as unknown as PythonNested).held;
      return !others.some((lock) => lock !== outer && lock !== inner && held.includes(lock));
    });
    if (other === undefined || seen.has(`${path}\t${inner}\t${outer}`)) continue;
    seen.add(`${path}\t${outer}\t${inner}`);
    const { name } = other.value as unknown as PythonNested;
    yield {
      kind: 'fail',
      subject: found.place,
      message: 'inverted',
      args: { outer, inner, other: name },
      related: [{ place: other.place, message: `${name} holds ${inner} and takes ${outer} here` }],
    };
  }
}

export const rule = defineRule({
  id: 'lock-order-inversion',
  title: 'Two locks taken in opposite orders',
  category: 'concurrency',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'One function takes a lock while it holds another one, and a second function of the package (in Python: of the class or module) takes the same two the other way round, themselves or through functions that they call.',
    why: 'Two goroutines or threads that meet in the middle wait for each other for ever. It happens rarely, under load, and takes everybody along who needs one of the locks.',
    howToFix:
      'Decide on one order for the two locks, write it down beside the fields, and keep to it; or release the first lock before the second one is taken.',
    refs: ['CWE-833', 'https://en.wikipedia.org/wiki/Lock_hierarchy'],
  },
  messages: {
    inverted:
      'This takes {inner} while {outer} is held, and {other} takes them the other way round, so both can wait for ever; take the two in one order.',
  },
  fix: 'none',
  on: { python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: ['go.locking', PYTHON_NESTED],
    *judge(facts) {
      yield* judgePython(facts);
      yield* judge(facts);
    },
  },
});
