/**
 * Methods that return a map, slice or pointer as it is although a mutex guards what is in it, so that callers use it
 * without the lock. Only what the package changes in place counts; a slice that is only appended to or replaced does
 * not. Judges a package from the facts of its functions.
 */
import type { Place } from '../../../core/model/location.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { isBeforeGo } from '../../../knowledge/go/modules.ts';
import { type GuardedAccess, namesOf, type PackageGuards, packageGuards } from '../../../languages/go/locks/guards.ts';
import { isHeld } from '../../../languages/go/locks/reach.ts';
import { pythonDetectors } from './python.ts';

type Kind = 'map' | 'slice' | 'pointer';

/** What a returned field is, as far as its content can change under its readers. */
function kindOf(guards: PackageGuards, type: string | null): Kind | null {
  if (type === null) return null;
  if (type.startsWith('map[')) return 'map';
  if (type.startsWith('[]')) return 'slice';
  const struct = type.startsWith('*') ? guards.structNameOf(type) : null;
  return struct !== null && guards.locksOf(struct).length === 0 ? 'pointer' : null;
}

function isUnderLock({ ways }: GuardedAccess): boolean {
  return ways.some(isHeld);
}

/** Whether an access changes what a returned value refers to, in place and under the lock. */
function changes(access: GuardedAccess, returned: GuardedAccess, kind: Kind): boolean {
  if (access.function.isSetup || !isUnderLock(access)) return false;
  if (access.path.some((name, index) => index < returned.path.length && name !== returned.path[index])) return false;
  if (kind !== 'pointer') return access.path.length === returned.path.length && access.kind === 'element';
  return (
    access.path.length > returned.path.length && (access.kind === 'write' || access.kind === 'element') && access.isOwn
  );
}

/** Whether the function has put something new in the place of what was handed out before it changes it. */
function isReplacedBefore(change: GuardedAccess, returned: GuardedAccess, guards: PackageGuards): boolean {
  return guards.accesses.some(
    (other) =>
      other.function === change.function &&
      other.kind === 'write' &&
      other.start < change.start &&
      other.path.join('.') === returned.path.join('.'),
  );
}

function placeOf(access: GuardedAccess): Place {
  return { ...access.function.fact.place, span: { start: access.start, end: access.end } };
}

/** Copies what is returned, where the module's version of Go knows how. */
function fixesFor(access: GuardedAccess, kind: Kind, facts: FactView): readonly Fix[] {
  const place = placeOf(access);
  if (kind === 'pointer' || isBeforeGo(21, place.path, facts)) return [];
  const library = kind === 'map' ? 'maps' : 'slices';
  const at = (offset: number): Place => ({ ...place, span: { start: offset, end: offset } });
  return [
    {
      title: `Return a copy of the ${kind}`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replaceAt', place: at(access.start), newText: `${library}.Clone(` },
        { kind: 'replaceAt', place: at(access.end), newText: ')' },
        { kind: 'import', add: [library] },
      ],
    },
  ];
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const guards = facts.derive(packageGuards);
  const returned = guards.accesses.filter((access) => access.kind === 'return' && access.isOwn && isUnderLock(access));
  for (const access of returned) {
    const { function: at, owner, type, path } = access;
    if (facts.role(at.fact.place.path) !== 'production' || access.explained || at.isSetup) continue;
    // Who calls it with the lock held may go on holding it.
    const names = new Set(access.locks.flatMap(namesOf));
    if (at.value.leavesLocking || !at.value.acquisitions.some(({ lock }) => names.has(lock))) continue;
    const kind = kindOf(guards, type);
    if (kind === null) continue;
    const change = guards.accesses.find(
      (other) => other.owner === owner && changes(other, access, kind) && !isReplacedBefore(other, access, guards),
    );
    const position = access.ways.findIndex(isHeld);
    const lock = guards.locksOf(owner)[position]!;
    if (change === undefined) {
      yield { kind: 'pass', subject: placeOf(access) };
      continue;
    }
    yield {
      kind: 'fail',
      subject: placeOf(access),
      message: kind,
      args: { field: path.join('.'), lock: lock.field === '' ? 'the embedded mutex' : lock.field },
      related: [{ place: placeOf(change), message: `Changed here under the lock, in ${change.function.name}` }],
      fixes: fixesFor(access, kind, facts),
    };
  }
}

export const rule = defineRule({
  id: 'internal-state-escape',
  title: 'Guarded pointer, map or slice handed out',
  category: 'concurrency',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A method takes a mutex and returns a map, slice or pointer of its value as it is, while other methods change the content in place under that mutex. In Python: a dictionary, list or set that the constructor makes, or a view of it.',
    why: 'The lock ends when the method returns, so callers read what others write at the same time. With a map of Go that ends the process, in Python a loop over it fails; with the rest, values are torn.',
    howToFix: 'Return a copy that is made under the lock, or offer methods that answer what callers want to know.',
    howToFixIn: {
      go: '`maps.Clone`, `slices.Clone` and `c := *p; return &c` make one.',
      python: '`self.items.copy()` makes one.',
    },
    refs: ['CWE-375', 'CWE-362'],
  },
  messages: {
    container:
      'Callers use {field} after {lock} is released, while others change it; return a copy that is made under the lock.',
    map: 'Callers read the map {field} after {lock} is released, while others write to it; return maps.Clone of it.',
    slice: 'Callers read the slice {field} after {lock} is released, while others change its elements; return a copy.',
    pointer: 'Callers use what {field} points to after {lock} is released, while others change it; return a copy.',
  },
  fix: 'sometimes',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.locking'], judge },
});
