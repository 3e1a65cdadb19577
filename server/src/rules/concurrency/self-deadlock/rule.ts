/**
 * Locks that are requested again while the same function, or one of those that called it, holds them. Judges a package
 * from the facts of its functions; it follows only calls whose target is certain, and never goroutines or deferred
 * calls.
 */
import type { Severity, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
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
    why: 'A `sync.Mutex` does not know who holds it, so the goroutine waits for itself, for ever, and everybody else who needs the lock waits with it. A second `RLock` does the same as soon as a writer queues up between the two.',
    howToFix:
      'Release the lock before the call, or split the called method in two: one that locks, and one for callers that hold the lock already (`flushLocked`), which this code calls.',
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
  fix: 'none',
  on: {},
  workspace: { partition: 'directory', reads: ['go.locking'], judge },
});
