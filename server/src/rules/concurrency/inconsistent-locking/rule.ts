/**
 * Fields that a mutex guards in most of a package's methods but not in this one. Judges a package from the facts of its
 * functions; it only speaks of accesses through a method's own receiver, with no lock at all held on any way there.
 */
import type { Place } from '../../../core/model/location.ts';
import type { Fix, FixEdit, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import {
  type GuardedAccess,
  type GuardLock,
  type PackageGuards,
  packageGuards,
} from '../../../languages/go/locks/guards.ts';
import { FREE, HELD_READ, HELD_WRITE } from '../../../languages/go/locks/held.ts';
import { isExported } from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

/** Types that need no lock, or are one. */
const SYNCHRONISED =
  /^\*?(?:sync\.|sync\/atomic\.|go\.uber\.org\/atomic\.)|^(?:<-)?chan\b|^context\.|(?:^|[./*])[aA]tomic\w*$/;

/** A method that puts a dependency in place once, as wiring code does. */
const WIRING =
  /^(?:[sS]et|[uU]se|[aA]ttach|[bB]ind|[iI]nject|[rR]egister|[wW]ith|[sS]tart|[oO]pen|[iI]nit|[rR]estore|[rR]ecover|[lL]oad)(?!\p{Ll})/u;

/** A field of a struct and what the package does to it under one of the struct's locks. */
interface Group {
  readonly owner: string;
  readonly lock: GuardLock;
  /** Position of the lock among those of the owner. */
  readonly position: number;
  readonly held: readonly GuardedAccess[];
  readonly free: readonly GuardedAccess[];
}

function methodName(access: GuardedAccess): string {
  return access.function.name.slice(access.function.name.indexOf('.') + 1);
}

function isWrite({ kind }: GuardedAccess): boolean {
  return kind === 'write' || kind === 'element';
}

function functionsOf(accesses: readonly GuardedAccess[]): number {
  return new Set(accesses.map((access) => access.function)).size;
}

/** The accesses of each field with the lock that is held at most of them. */
function* groupsOf(guards: PackageGuards, facts: FactView): Generator<Group> {
  const fields = new Map<string, GuardedAccess[]>();
  for (const access of guards.accesses) {
    if (facts.role(access.function.fact.place.path) !== 'production') continue;
    const key = `${access.owner}.${access.path[0]}`;
    const list = fields.get(key);
    if (list === undefined) fields.set(key, [access]);
    else list.push(access);
  }
  for (const accesses of fields.values()) {
    const { owner } = accesses[0]!;
    const locks = guards.locksOf(owner);
    const heldBy = locks.map((_lock, position) =>
      accesses.filter(({ ways }) => ways[position] !== 0 && (ways[position]! & ~(HELD_READ | HELD_WRITE)) === 0),
    );
    const position = heldBy.reduce((best, held, index) => (held.length > heldBy[best]!.length ? index : best), 0);
    const held = heldBy[position]!;
    if (held.length === 0) continue;
    // The address of a field is taken where atomic functions work on it, or to give it away.
    if (accesses.some((access) => access.kind === 'address' && !held.includes(access))) continue;
    const free = accesses.filter(
      (access) =>
        access.isOwn &&
        !access.underOther &&
        !access.explained &&
        !access.function.isSetup &&
        access.ways.every((ways) => ways === FREE),
    );
    yield { owner, lock: locks[position]!, position, held, free };
  }
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((name, index) => path[index] === name);
}

/** Whether one of two accesses, where at least one writes, touches what the other does. */
function touches(write: GuardedAccess, other: GuardedAccess): boolean {
  if (startsWith(other.path, write.path)) return true;
  // A struct is read or written as a whole; a pointer to one is another variable.
  return startsWith(write.path, other.path) && other.type !== null && !/^\*|^map\[|^\[\]/.test(other.type);
}

function isReference(type: string | null): boolean {
  return type === null || !/^(?:bool|string|u?int\d*|float\d+|byte|rune|time\.\w+|map\[.*|\[.*)$/s.test(type);
}

/** The write under the lock that makes an access without it a race, or null when the lock seems to guard others. */
function evidenceAgainst(access: GuardedAccess, { held, free, position }: Group): GuardedAccess | null {
  const writes = held.filter(
    (other) => isWrite(other) && other.ways[position] === HELD_WRITE && touches(other, access),
  );
  const write = writes[0];
  if (write === undefined) return null;
  const related = (other: GuardedAccess): boolean => touches(access, other) || touches(other, access);
  const users = held.filter(related);
  const others = free.filter(related);
  const isMajority = functionsOf(users) > Math.max(1, functionsOf(others));
  if (!isMajority && !isPlainPair(access, write, users, others)) return null;
  // A dependency that is put in place once is not what the lock is for.
  if (isReference(access.type) && !isWrite(access)) {
    const hasReader = users.some((other) => !isWrite(other) && other.function !== write.function);
    const isDependency = (other: GuardedAccess): boolean =>
      other.function.isSetup || (!hasReader && WIRING.test(methodName(other)));
    if (writes.every(isDependency)) return null;
  }
  return write;
}

/**
 * A value that one public method changes under the lock and another uses without it, as in a counter of which only
 * `Inc` locks: anybody may call both at once.
 */
function isPlainPair(
  access: GuardedAccess,
  write: GuardedAccess,
  users: readonly GuardedAccess[],
  others: readonly GuardedAccess[],
): boolean {
  return (
    !isReference(access.type) &&
    functionsOf(users) >= functionsOf(others) &&
    !write.function.isSetup &&
    !WIRING.test(methodName(write)) &&
    [...users, ...others].every((other) => isExported(methodName(other)) && !/lock/i.test(methodName(other)))
  );
}

/** Functions that run in goroutines which the package starts, as far as it shows. */
function functionsInGoroutines({ calls }: PackageGuards): ReadonlySet<unknown> {
  const found = new Set<unknown>();
  for (const { callee, fact } of calls) if (fact[3] === 'go') found.add(callee);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { caller, callee, fact } of calls) if (fact[3] === 'now' && found.has(caller)) found.add(callee);
  }
  return found;
}

function placeOf(access: GuardedAccess, span = { start: access.start, end: access.end }): Place {
  return { ...access.function.fact.place, span };
}

function lockName(lock: GuardLock): string {
  return lock.field === '' ? (lock.isReadWrite ? 'the embedded RWMutex' : 'the embedded Mutex') : lock.field;
}

function fixesFor(access: GuardedAccess, { lock, free, owner }: Group, guards: PackageGuards): readonly Fix[] {
  const { value } = access.function;
  const place = owner === '' ? `=${lock.field}` : lock.field === '' ? value.self : `${value.self}.${lock.field}`;
  const name = place.replace(/^=/, '');
  const at = (start: number, end: number): Place => placeOf(access, { start, end });
  const callsSelf = (start: number, end: number): boolean =>
    guards.calls.some(({ caller, fact }) => caller === access.function && fact[4] >= start && fact[5] <= end);

  const later = value.acquisitions.find(
    (acquisition) => acquisition.lock === place && acquisition.start > access.start,
  );
  if (later !== undefined) {
    const { pair } = later;
    const start = pair?.before.findLast((offset) => offset <= access.start);
    if (pair === null || start === undefined || callsSelf(start, pair.start)) return [];
    const edits: FixEdit[] = [
      { kind: 'replaceAt', place: at(start, start), newText: pair.text },
      { kind: 'replaceAt', place: at(pair.start, pair.end), newText: '' },
    ];
    return [{ title: `Take ${name} before this access`, safety: 'suggestion', preferred: true, edits }];
  }
  const { opening } = value;
  if (opening === undefined || value.acquisitions.length > 0 || callsSelf(0, Number.MAX_SAFE_INTEGER)) return [];
  const writes = free.some((other) => other.function === access.function && isWrite(other));
  const read = lock.isReadWrite && !writes ? 'R' : '';
  const { indent, lineBreak } = opening;
  const newText = `${indent}${name}.${read}Lock()${lineBreak}${indent}defer ${name}.${read}Unlock()${lineBreak}${lineBreak}`;
  return [
    {
      title: `Hold ${name} in this function`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place: at(opening.at, opening.at), newText }],
    },
  ];
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const guards = facts.derive(packageGuards);
  const inGoroutines = functionsInGoroutines(guards);
  for (const group of groupsOf(guards, facts)) {
    const { owner, lock, held, free, position } = group;
    const field = (access: GuardedAccess): string => access.path.join('.');
    const shown = new Set<string>();
    let isGuarded = false;
    for (const access of free) {
      if (access.type !== null && SYNCHRONISED.test(access.type)) continue;
      const line = `${access.function.name} ${field(access)} ${access.kind}`;
      if (!isWrite(access) && shown.has(line)) continue;
      let write = evidenceAgainst(access, group);
      let message = isWrite(access) ? 'write' : 'read';
      if (write === null && isWrite(access) && access.kind === 'element' && access.type?.startsWith('map[') === true) {
        // No writer takes the lock, but readers do, and the writer runs beside them.
        const reads = held.filter((other) => touches(access, other) && isExported(methodName(other)));
        write = inGoroutines.has(access.function)
          ? (reads.find((other) => !inGoroutines.has(other.function)) ?? null)
          : null;
        message = 'unguarded';
      }
      if (write === null) continue;
      shown.add(line);
      isGuarded = true;
      yield {
        kind: 'fail',
        subject: placeOf(access),
        message,
        args: { field: field(access), lock: lockName(lock), type: owner },
        related: [
          { place: placeOf(write), message: `${isWrite(write) ? 'Written' : 'Read'} under ${lockName(lock)} here` },
        ],
        fixes: fixesFor(access, group, guards),
      };
    }
    const changes = [...held, ...free].filter(isWrite);
    for (const access of held) {
      const isMap = access.type?.startsWith('map[') === true;
      const isEscape =
        access.kind === 'return' && isMap && isExported(methodName(access)) && access.isOwn && access.ways.length > 0;
      const change = isEscape ? changes.find((other) => other.kind === 'element' && touches(access, other)) : undefined;
      if (change !== undefined) {
        yield {
          kind: 'fail',
          subject: placeOf(access),
          message: 'escape',
          args: { field: field(access), lock: lockName(lock) },
          related: [{ place: placeOf(change), message: 'The same map is changed here' }],
        };
      } else if (isGuarded || changes.some((other) => other.ways[position] === HELD_WRITE && touches(other, access))) {
        yield { kind: 'pass', subject: placeOf(access) };
      }
    }
  }
}

export const rule = defineRule({
  id: 'inconsistent-locking',
  title: 'Guarded state used without its lock',
  category: 'concurrency',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A field that methods of its type change under a mutex is read or written by another method that holds no lock, often in a check just before the lock is taken. A map that is returned while the lock is held, and so used after it, counts as well. In Python only changes are looked at, since reading an attribute is atomic.',
    why: 'The access without the lock races with those under it. It may see a value that is out of date or half written, decide on it, and overwrite what somebody else has just stored; for a map the runtime ends the process.',
    howToFix:
      'Take the lock before the first access, also before a check that decides whether to go on. A method that is only called with the lock held says so best in its name (`flushLocked`). Return a copy of a map, not the map itself.',
    refs: ['CWE-362', 'CWE-820', 'https://go.dev/doc/articles/race_detector'],
  },
  messages: {
    read: '`{field}` is read without {lock}, under which other methods change it; take the lock before this access.',
    write: '`{field}` is written without {lock}, which guards it in other methods; take the lock before this access.',
    unguarded:
      '`{field}` is written in a goroutine without {lock}, under which it is read elsewhere; take the lock for the write.',
    escape:
      '`{field}` leaves the protection of {lock} when the map itself is returned; return a copy made under the lock.',
  },
  effort: { each: [20, 90] },
  fix: 'sometimes',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.locking'], judge },
});
