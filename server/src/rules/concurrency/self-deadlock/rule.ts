/**
 * Locks that are requested again while the same function, or one of those that called it, holds them. Judges a package
 * from the facts of its functions; it follows only calls whose target is certain, and never goroutines or deferred
 * calls.
 */
import type { Fact, Fix, Severity, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import type { AcquisitionFact } from '../../../languages/go/locks/facts.ts';
import { type GuardedCall, type GuardedFunction, packageGuards } from '../../../languages/go/locks/guards.ts';
import { HELD_WRITE } from '../../../languages/go/locks/held.ts';
import type { LockMode } from '../../../languages/go/locks/operations.ts';
import {
  isHeld,
  type LockReach,
  lockReach,
  placeInCaller,
  placeOfAcquisition,
  placeOfCall,
  type TakenLock,
  waysAt,
} from '../../../languages/go/locks/reach.ts';
import { detectors, SPLIT_FACT, type SplitFact } from './go.ts';
import { pythonDetectors } from './python.ts';

/** The lock as the source writes it. */
function written(lock: string): string {
  return lock.replace(/^=/, '').replace(/#\d+/g, '');
}

/** Classes of locks that somebody in the package takes for writing: a second read lock waits only behind a writer. */
function writtenLocks(functions: readonly GuardedFunction[], reach: LockReach): ReadonlySet<string> {
  const found = new Set<string>();
  for (const at of functions) {
    for (const { lock, mode } of at.value.acquisitions) {
      const name = mode === 'write' ? reach.classOf(at, lock) : null;
      if (name !== null) found.add(name);
    }
  }
  return found;
}

/** What taking a lock does while it is held in those ways; null when nothing bad comes of it. */
function outcomeOf(ways: number, mode: LockMode): 'again' | 'read' | null {
  if (!isHeld(ways)) return null;
  return mode === 'write' || (ways & HELD_WRITE) !== 0 ? 'again' : 'read';
}

/** The lock that a call takes although it is held there. */
function lockTakenAgain(
  call: GuardedCall,
  reach: LockReach,
  writers: ReadonlySet<string>,
): { readonly taken: TakenLock; readonly lock: string; readonly outcome: 'again' | 'read' } | null {
  for (const taken of reach.takenBy(call.callee)) {
    const lock = placeInCaller(call, taken.lock);
    const outcome = lock === null ? null : outcomeOf(waysAt(call.caller, call.fact[2], lock), taken.mode);
    if (lock === null || outcome === null) continue;
    const name = reach.classOf(taken.by, taken.acquisition.lock);
    if (outcome === 'again' || (name !== null && writers.has(name))) return { taken, lock, outcome };
  }
  return null;
}

/** What the fixes know of a function. */
function partsOf(at: GuardedFunction, facts: FactView): { readonly fact: Fact; readonly value: SplitFact } | null {
  const { place, key } = at.fact;
  const found = facts
    .lookup(SPLIT_FACT, key)
    .find((item) => item.place.path === place.path && item.place.anchor === place.anchor);
  return found === undefined ? null : { fact: found, value: found.value as unknown as SplitFact };
}

/** Calls the part of the function that does not lock: one that is there already, or what it is split into. */
function unlockedVariant(call: GuardedCall, taken: TakenLock, ways: number, facts: FactView): Fix[] {
  if (taken.way.length > 0 || (taken.mode === 'write' && ways !== HELD_WRITE)) return [];
  const [caller, callee] = [partsOf(call.caller, facts), partsOf(call.callee, facts)];
  const name = caller?.value.calls.find(([start]) => start === call.fact[4]);
  const split = callee?.value.split;
  if (caller === null || callee === null || name === undefined || split === undefined || split === null) return [];
  const owner = call.callee.value.receiver;
  const { path } = callee.fact.place;
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  const declared = facts
    .lookup('go.decl', owner === '' ? split.name : `${owner}.${split.name}`)
    .some((item) => item.place.path.slice(0, item.place.path.lastIndexOf('/') + 1) === directory);
  if (declared) return [];
  const at = (found: Fact, start: number, end: number): Fact['place'] => ({ ...found.place, span: { start, end } });
  return [
    {
      title: `Split off ${split.name}, which does not lock, and call it`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replaceAt', place: at(caller.fact, name[1], name[2]), newText: split.name },
        { kind: 'replaceAt', place: at(callee.fact, split.start, split.end), newText: split.text },
      ],
    },
  ];
}

/** Removes the second acquisition with its release, when the first one lasts until the function is left. */
function onceOnly(
  at: GuardedFunction,
  again: AcquisitionFact,
  first: AcquisitionFact | undefined,
  ways: number,
  facts: FactView,
): Fix[] {
  if (first === undefined || first.pair === null || (again.mode === 'write' && ways !== HELD_WRITE)) return [];
  const parts = partsOf(at, facts);
  const section = parts?.value.sections.find(([start]) => start === again.start);
  const lines = again.pair === null ? section?.slice(1) : [[again.pair.start, again.pair.end]];
  if (lines === undefined) return [];
  return [
    {
      title: 'Do not take it again',
      safety: 'suggestion',
      preferred: true,
      edits: (lines as readonly (readonly [number, number])[]).map(([start, end]) => ({
        kind: 'replaceAt',
        place: { ...at.fact.place, span: { start, end } },
        newText: '',
      })),
    },
  ];
}

const SEVERITY: Readonly<Record<'again' | 'read', Severity>> = { again: 'critical', read: 'high' };

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const { functions } = facts.derive(packageGuards);
  const reach = facts.derive(lockReach);
  const writers = writtenLocks(functions, reach);
  for (const at of functions) {
    if (facts.role(at.fact.place.path) !== 'production') continue;
    for (const acquisition of at.value.acquisitions) {
      const { lock, mode, before, chosen } = acquisition;
      const name = chosen || before < 0 ? null : reach.classOf(at, lock);
      const outcome = name === null ? null : outcomeOf(waysAt(at, before, lock), mode);
      if (name === null || outcome === null || (outcome === 'read' && !writers.has(name))) continue;
      const first = at.value.acquisitions.findLast((other) => other.lock === lock && other.start < acquisition.start);
      yield {
        kind: 'fail',
        subject: placeOfAcquisition(at, acquisition),
        message: outcome === 'read' ? 'directRead' : 'direct',
        args: { lock: written(lock) },
        severity: SEVERITY[outcome],
        related: first === undefined ? [] : [{ place: placeOfAcquisition(at, first), message: 'Already taken here' }],
        fixes: onceOnly(at, acquisition, first, waysAt(at, before, lock), facts),
      };
    }
    for (const call of reach.callsOf(at)) {
      const subject = placeOfCall(call);
      const found = lockTakenAgain(call, reach, writers);
      if (found === null) {
        if (Object.values(at.value.held[call.fact[2]]?.locks ?? {}).some(isHeld)) yield { kind: 'pass', subject };
        continue;
      }
      const { taken, lock, outcome } = found;
      yield {
        kind: 'fail',
        subject,
        message: outcome === 'read' ? 'calledRead' : 'called',
        args: { lock: written(lock), name: call.callee.name },
        severity: SEVERITY[outcome],
        related: [
          ...taken.way.map((step) => ({ place: placeOfCall(step), message: `${step.callee.name} is called here` })),
          { place: placeOfAcquisition(taken.by, taken.acquisition), message: 'Taken again here' },
        ],
        fixes: unlockedVariant(call, taken, waysAt(call.caller, call.fact[2], lock), facts),
      };
    }
  }
}

export const rule = defineRule({
  id: 'self-deadlock',
  title: 'Lock acquired again while held',
  category: 'concurrency',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'While a mutex is held on every way there, the same mutex of the same value is locked again: in the function itself, or in a function of the package that it calls. A read lock inside a read lock counts when the package also takes the lock for writing.',
    why: 'A `sync.Mutex`, or a `threading.Lock` of Python, does not know who holds it, so the goroutine or thread waits for itself, for ever, and everybody else who needs the lock waits with it. A second `RLock` does the same as soon as a writer queues up between the two.',
    howToFix:
      'Release the lock before the call, or split the called method in two: one that locks, and one for callers that hold the lock already (`flushLocked`), which this code calls. A `threading.RLock` may be taken again by the thread that holds it.',
    refs: ['CWE-833', 'CWE-764', 'https://pkg.go.dev/sync#RWMutex'],
  },
  messages: {
    direct:
      '{lock} is held here already, so this waits for itself for ever; release it before, or do not take it again.',
    directRead:
      '{lock} is read-locked here already, and a writer that waits in between blocks both; take the read lock once.',
    called:
      '{name} takes {lock}, which is held here, so this call never returns; release it before, or call a variant that does not lock.',
    calledRead:
      '{name} takes the read lock {lock} that is held here, and a writer that waits in between blocks both; call a variant that does not lock.',
  },
  fix: 'sometimes',
  on: { go: detectors, python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.locking'], judge },
});
