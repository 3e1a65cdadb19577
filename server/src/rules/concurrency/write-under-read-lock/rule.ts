/**
 * Sections under `RLock` that write what the lock guards, themselves or through a method that they call on the same
 * value. Judges a package from the facts of its functions; only fields of the value that owns the lock count.
 */

import type { Place, Span } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import type { AccessFact, AcquisitionFact, HeldFact, LockingFact } from '../../../languages/go/locks/facts.ts';
import {
  type GuardedCall,
  type GuardedFunction,
  type PackageGuards,
  packageGuards,
} from '../../../languages/go/locks/guards.ts';
import { FREE, HELD_READ, HELD_WRITE, ON_ENTRY } from '../../../languages/go/locks/held.ts';
import { type GoIndex, goIndex } from '../../../languages/go/resolve.ts';
import type { GoDeclaration } from '../../../languages/go/symbols.ts';

/** Types that may be changed under any lock. */
const SYNCHRONISED = /^\*?(?:sync\.|sync\/atomic\.|go\.uber\.org\/atomic\.)|(?:^|[./*])[aA]tomic\w*$/;

/** A write that a function does, itself or through others, under the locks that its caller holds. */
interface BareWrite {
  readonly function: GuardedFunction;
  readonly span: Span;
  /** Name of what is written, from the value that the function was called on. */
  readonly field: string;
}

function isWrite([, kind]: AccessFact): boolean {
  return kind === 'write' || kind === 'element';
}

/** Whether nothing is held but what the caller holds. */
function isBare(held: HeldFact): boolean {
  return held.others === ON_ENTRY && Object.values(held.locks).every((ways) => (ways & ~(ON_ENTRY | FREE)) === 0);
}

/** Whether a read lock is the only lock that may be held. */
function isUnderReadLock(held: HeldFact, lock: string): boolean {
  return (
    held.locks[lock] === HELD_READ &&
    Object.entries(held.locks).every(([name, ways]) => name === lock || (ways & ~(ON_ENTRY | FREE)) === 0)
  );
}

/** The value that owns a lock: `s` for `s.mu`. A lock that is the value itself, as an embedded one, owns itself. */
function ownersOf(lock: string): readonly string[] {
  const dot = lock.lastIndexOf('.');
  return dot < 0 ? [lock] : [lock, lock.slice(0, dot)];
}

/** Name of a place below a value, or null when it is not: `state.count` for `s.state.count` below `s`. */
function below(place: string, value: string): string | null {
  return place.startsWith(`${value}.`) ? place.slice(value.length + 1) : null;
}

/** The first write that a call of each function does to the value that it is called on, with no lock of its own. */
function bareWrites(guards: PackageGuards): ReadonlyMap<GuardedFunction, BareWrite> {
  const writes = new Map<GuardedFunction, BareWrite>();
  for (const entry of guards.functions) {
    const { self, accesses, held, receiver } = entry.value;
    if (self === '' || receiver === '') continue;
    for (const access of accesses) {
      const [place, , index, start, end, explained] = access;
      const field = isWrite(access) && !explained && isBare(held[index]!) ? below(place, self) : null;
      if (field === null || isSynchronised(guards, entry, place)) continue;
      writes.set(entry, { function: entry, span: { start, end }, field });
      break;
    }
  }
  for (let before = -1; before !== writes.size; ) {
    before = writes.size;
    for (const { caller, callee, receiver, fact } of guards.calls) {
      const write = writes.get(callee);
      const [, , index, how] = fact;
      const isOwn =
        receiver !== null && (receiver === caller.value.self || below(receiver, caller.value.self) !== null);
      if (write === undefined || writes.has(caller) || caller.value.self === '' || !isOwn || how !== 'now') continue;
      if (isBare(caller.value.held[index]!) && isPart(guards, caller, receiver)) {
        const prefix = below(receiver, caller.value.self);
        writes.set(caller, prefix === null ? write : { ...write, field: `${prefix}.${write.field}` });
      }
    }
  }
  return writes;
}

function isSynchronised(guards: PackageGuards, entry: GuardedFunction, place: string): boolean {
  const type = guards.typeOfPlace(entry, place);
  return type !== null && SYNCHRONISED.test(type);
}

/** Whether a receiver belongs to the value that owns the lock: it has no lock of its own on the way. */
function isPart(guards: PackageGuards, caller: GuardedFunction, receiver: string): boolean {
  const names = receiver.split('.');
  for (let count = 2; count <= names.length; count++) {
    const struct = guards.structNameOf(guards.typeOfPlace(caller, names.slice(0, count).join('.')));
    if (struct === null || guards.locksOf(struct).length > 0) return false;
  }
  return true;
}

/** The same for a value that need not be a copy: an element is one unless it is a pointer. */
function isSharedPart(guards: PackageGuards, caller: GuardedFunction, place: string): boolean {
  const names = place.split('.');
  for (let count = 1; count <= names.length; count++) {
    if (!names[count - 1]!.endsWith('[]')) continue;
    if (guards.typeOfPlace(caller, names.slice(0, count).join('.'))?.startsWith('*') !== true) return false;
  }
  return isPart(guards, caller, place);
}

/** Looks up methods of other packages of the workspace that change their receiver and know no lock. */
function foreignWrites(facts: FactView, guards: PackageGuards): Package['foreignWrite'] {
  let index: GoIndex | null = null;
  return (entry, receiver, method) => {
    const type = guards.typeOfPlace(entry, receiver);
    const match = type === null ? null : /^\*([\w./~-]+)\.(\w+)$/.exec(type);
    if (match === null) return null;
    const [, path, name] = match;
    const candidates = facts.lookup('go.locking', `${name}.${method}`);
    if (candidates.length === 0) return null;
    index ??= facts.derive(goIndex);
    const directory = index.directoryOfImport(facts.partition, path!);
    const declaration = directory === null ? [] : index.declarations(directory, name!);
    const candidate = candidates.find(({ place }) => directoryOf(place.path) === directory);
    const struct = declaration.length === 1 ? (declaration[0]!.value as unknown as GoDeclaration) : null;
    if (candidate === undefined || struct?.kind !== 'type' || struct.form !== 'struct') return null;
    const types = [...Object.values(struct.fields), ...struct.embedded];
    if (types.some((field) => field === null || /Mutex$/.test(field))) return null;
    const { self, accesses, held, leavesLocking } = candidate.value as unknown as LockingFact;
    for (const access of leavesLocking ? [] : accesses) {
      const [place, , at, start, end, explained] = access;
      const field = isWrite(access) && !explained && isBare(held[at]!) ? below(place, self) : null;
      const fieldType = field === null ? null : struct.fields[field];
      if (fieldType === null || fieldType === undefined || SYNCHRONISED.test(fieldType)) continue;
      return { ...candidate.place, span: { start, end } };
    }
    return null;
  };
}

/** Package variables that are written while a lock of the package is held for writing, by the place of the lock. */
function guardedVariables(guards: PackageGuards): ReadonlyMap<string, ReadonlySet<string>> {
  const locks = guards.locksOf('');
  const found = new Map<string, Set<string>>();
  if (locks.length === 0) return found;
  for (const { field } of locks) found.set(`=${field}`, new Set());
  for (const { owner, path, kind, ways } of guards.accesses) {
    if (owner !== '' || (kind !== 'write' && kind !== 'element')) continue;
    locks.forEach(({ field }, position) => {
      if (ways[position] === HELD_WRITE) found.get(`=${field}`)!.add(`=${path[0]!}`);
    });
  }
  return found;
}

interface Violation {
  readonly field: string;
  readonly related: readonly { readonly place: Place; readonly message: string }[];
}

function placeIn(entry: GuardedFunction, span: Span): Place {
  return { ...entry.fact.place, span };
}

/** Whether none of the fields on the way to a place was copied into a variable. */
function isSharedVia(guards: PackageGuards, entry: GuardedFunction, via: string): boolean {
  return via === '' || via.split(' ').every((place) => guards.typeOfPlace(entry, place)?.startsWith('*') === true);
}

/** The acquisition that a point of a function lies behind. */
function sectionOf(entry: GuardedFunction, lock: string, at: number): AcquisitionFact | null {
  return (
    entry.value.acquisitions.findLast(
      (acquisition) => acquisition.mode === 'read' && acquisition.lock === lock && acquisition.start < at,
    ) ?? null
  );
}

/** What is known of a package for all its functions. */
interface Package {
  readonly guards: PackageGuards;
  readonly writes: ReadonlyMap<GuardedFunction, BareWrite>;
  /** The package variables that a lock of the package guards. */
  readonly variables: ReadonlyMap<string, ReadonlySet<string>>;
  /** The write that a method of another package of the workspace does to the value it is called on. */
  readonly foreignWrite: (entry: GuardedFunction, receiver: string, method: string) => Place | null;
}

function violations(
  entry: GuardedFunction,
  calls: readonly GuardedCall[],
  { guards, writes, variables, foreignWrite }: Package,
): ReadonlyMap<AcquisitionFact, Violation> {
  const found = new Map<AcquisitionFact, Violation>();
  const { held, accesses, acquisitions } = entry.value;
  const locks = new Set(acquisitions.filter(({ mode }) => mode === 'read').map(({ lock }) => lock));
  for (const lock of locks) {
    const owners = ownersOf(lock);
    const own = variables.get(lock);
    for (const access of accesses) {
      const [place, , index, start, end, explained, via] = access;
      if (!isWrite(access) || explained || !isUnderReadLock(held[index]!, lock)) continue;
      if (!isSharedVia(guards, entry, via)) continue;
      const owner = owners.find((value) => below(place, value) !== null);
      const isVariable = own?.has(place.replace(/[.[].*$/, '')) === true;
      const section = owner === undefined && !isVariable ? null : sectionOf(entry, lock, start);
      if (section === null || found.has(section) || isSynchronised(guards, entry, place)) continue;
      const parent = place.slice(0, Math.max(place.lastIndexOf('.'), 0));
      if (parent !== '' && !owners.includes(parent) && !isSharedPart(guards, entry, parent)) continue;
      const related = [{ place: placeIn(entry, { start, end }), message: 'Written here' }];
      const field = owner === undefined ? place.slice(1) : below(place, owner)!;
      found.set(section, { field: field.replaceAll('[]', ''), related });
    }
    for (const [callee, , index, how, start, end, via] of entry.value.calls) {
      const dot = callee.lastIndexOf('.');
      if (dot < 0 || how !== 'now' || !isUnderReadLock(held[index]!, lock)) continue;
      if (!isSharedVia(guards, entry, via)) continue;
      const receiver = callee.slice(0, dot);
      const owner = owners.find((value) => below(receiver, value) !== null);
      const section = owner === undefined ? null : sectionOf(entry, lock, start);
      if (section === null || found.has(section)) continue;
      const write = foreignWrite(entry, receiver, callee.slice(dot + 1));
      if (write === null) continue;
      const related = [
        { place: placeIn(entry, { start, end }), message: `${callee.slice(dot + 1)} is called here` },
        { place: write, message: 'Written here' },
      ];
      found.set(section, { field: below(receiver, owner!)!.replaceAll('[]', ''), related });
    }
    for (const { callee, receiver, fact } of calls) {
      const [, , index, how, start, end, via] = fact;
      const write = writes.get(callee);
      if (write === undefined || receiver === null || how !== 'now' || !isUnderReadLock(held[index]!, lock)) continue;
      if (!isSharedVia(guards, entry, via)) continue;
      const owner = owners.find((value) => receiver === value || below(receiver, value) !== null);
      const section = owner === undefined ? null : sectionOf(entry, lock, start);
      if (section === null || found.has(section)) continue;
      if (receiver !== owner && !isSharedPart(guards, entry, receiver)) continue;
      const related = [
        { place: placeIn(entry, { start, end }), message: `${callee.name} is called here` },
        { place: placeIn(write.function, write.span), message: 'Written here' },
      ];
      const part = below(receiver, owner!);
      const field = part === null ? write.field : `${part}.${write.field}`;
      found.set(section, { field: field.replaceAll('[]', ''), related });
    }
  }
  return found;
}

/** Functions that take a lock of the value they are called on, themselves or through others. */
function lockingFunctions(guards: PackageGuards): ReadonlySet<GuardedFunction> {
  const found = new Set(guards.functions.filter(({ value }) => value.acquisitions.length > 0));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { caller, callee } of guards.calls) if (found.has(callee)) found.add(caller);
  }
  return found;
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const isReading = ({ value }: Fact): boolean =>
    (value as unknown as LockingFact).acquisitions.some(({ mode }) => mode === 'read');
  if (!facts.get('go.locking').some(isReading)) return;
  const guards = facts.derive(packageGuards);
  const known: Package = {
    guards,
    writes: bareWrites(guards),
    variables: guardedVariables(guards),
    foreignWrite: foreignWrites(facts, guards),
  };
  const locking = lockingFunctions(guards);
  const callsOf = new Map<GuardedFunction, GuardedCall[]>();
  for (const call of guards.calls) {
    const list = callsOf.get(call.caller);
    if (list === undefined) callsOf.set(call.caller, [call]);
    else list.push(call);
  }
  for (const entry of guards.functions) {
    const sections = entry.value.acquisitions.filter(({ mode }) => mode === 'read');
    if (sections.length === 0 || facts.role(entry.fact.place.path) !== 'production') continue;
    const calls = callsOf.get(entry) ?? [];
    const found = violations(entry, calls, known);
    for (const section of sections) {
      const subject = placeIn(entry, section);
      const violation = found.get(section);
      if (violation === undefined) {
        yield { kind: 'pass', subject };
        continue;
      }
      const fixable = !calls.some(({ callee }) => locking.has(callee));
      yield {
        kind: 'fail',
        subject,
        message: violation.related.length > 1 ? 'called' : 'direct',
        args: { field: violation.field, lock: section.lock.replace(/^=/, '').replace(/#\d+/g, '') },
        related: violation.related,
        fixes: fixable ? [exclusive(entry, section)] : [],
      };
    }
  }
}

function exclusive(entry: GuardedFunction, section: AcquisitionFact): Fix {
  return {
    title: 'Take the write lock instead',
    safety: 'suggestion',
    preferred: true,
    edits: section.names.map(([start, end]) => ({
      kind: 'replaceAt',
      // `RLock` and `RUnlock` lose their first letter.
      place: placeIn(entry, { start, end: Math.min(start + 1, end) }),
      newText: '',
    })),
  };
}

export const rule = defineRule({
  id: 'write-under-read-lock',
  title: 'Write while only the read lock is held',
  category: 'concurrency',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A method holds a read lock (`RLock`) while it changes a field, map or slice of the value that the lock belongs to, directly or through another of its methods.',
    why: 'Any number of goroutines may hold the read lock at the same time, so two of them can write at once. Values get lost or torn, and a concurrent write to a map ends the process with a fatal error that cannot be recovered.',
    howToFix:
      'Take the write lock (`Lock`/`Unlock`) in a method that writes, even if it does so only sometimes. When the write is rare, look first under the read lock, release it, and take the write lock to check again and change.',
    refs: ['CWE-362', 'CWE-667', 'https://pkg.go.dev/sync#RWMutex'],
  },
  messages: {
    direct:
      'This read lock covers a write of `{field}`, which several readers may do at once; take {lock}.Lock() instead.',
    called:
      'This read lock covers a call that writes `{field}`, which several readers may do at once; take {lock}.Lock() instead.',
  },
  fix: 'sometimes',
  on: {},
  workspace: { partition: 'directory', reads: ['go.locking'], judge },
});
