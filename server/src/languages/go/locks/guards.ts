/**
 * Which locks guard what in one package, for judges: puts together what the functions of the package do (facts.ts) with
 * the types it declares (symbols.ts), and carries the locks that callers hold into the functions that they call. Only
 * code of the package is seen: exported functions may be called by anybody without a lock.
 */
import type { Fact } from '../../../core/model/verdict.ts';
import { defineDerivation, type FactView } from '../../../core/rulekit/rule.ts';
import type { GoDeclaration, GoTypeFact } from '../symbols.ts';
import { isExported } from '../syntax.ts';
import { elementOf } from '../types.ts';
import { type AccessKind, type CallFact, type HeldFact, type LockingFact, NEW } from './facts.ts';
import { ASIDE, FREE, HELD_READ, HELD_WRITE, OBSCURE, ON_ENTRY } from './held.ts';

/** A mutex of a struct, or of the package (then `owner` is ''). */
export interface GuardLock {
  readonly owner: string;
  /** Name of the field or variable; '' for an embedded mutex. */
  readonly field: string;
  readonly isReadWrite: boolean;
}

/** A function or method of the package. */
export interface GuardedFunction {
  readonly name: string;
  readonly fact: Fact;
  readonly value: LockingFact;
  /** It prepares a value, by its name. */
  readonly isSetup: boolean;
}

/** One access to a field of a struct that has a mutex, or to a variable of a package that has one. */
export interface GuardedAccess {
  readonly function: GuardedFunction;
  /** Type that has the mutex; '' for the package. */
  readonly owner: string;
  /** Names of the fields from the owner on (`state`, or `state`, `count`), or of a variable and its fields. */
  readonly path: readonly string[];
  readonly kind: AccessKind;
  /** Type of the field that `path` leads to as written, null when unknown. */
  readonly type: string | null;
  /** Places of the locks of the owner, in the order of `locksOf(owner)`. */
  readonly locks: readonly string[];
  /** Ways in which each of them may be held. */
  readonly ways: readonly number[];
  /** Of the value that the method was called on, or of a package variable. */
  readonly isOwn: boolean;
  /** Some lock that does not belong to the owner may be held. */
  readonly underOther: boolean;
  /** In a goroutine that is started for it, as far as the package shows. */
  readonly spawned: boolean;
  readonly explained: boolean;
  readonly start: number;
  readonly end: number;
}

/** A call of a function of the package, with what is held there. */
export interface GuardedCall {
  readonly caller: GuardedFunction;
  readonly callee: GuardedFunction;
  /** Place of the receiver in the caller, null when it has none. */
  readonly receiver: string | null;
  readonly fact: CallFact;
}

export interface PackageGuards {
  readonly functions: readonly GuardedFunction[];
  readonly calls: readonly GuardedCall[];
  readonly accesses: readonly GuardedAccess[];
  /** Locks of a type; those of the package for ''. */
  locksOf(type: string): readonly GuardLock[];
  /** Type of what a place in a function stands for, as written; null when unknown. */
  typeOfPlace(at: GuardedFunction, place: string): string | null;
  /** Name of the struct of the package that a type is or points to; null for others. */
  structNameOf(type: string | null): string | null;
}

/** Names of functions that run before others can know of a value, or on a value that nobody else knows yet. */
const SETUP =
  /^(?:[iI]nit|[sS]etup|[cC]onfigure|[wW]ith|[nN]ew|[mM]ake|[bB]uild|[pP]repare|[bB]ootstrap|[oO]pen|[cC]opy|[cC]lone|[rR]estore|[rR]ecover)(?!\p{Ll})|^(?:main|[sS]tart|[rR]un|[sS]erve|[lL]isten|[lL]oad)$/u;

const MUTEX = /^\*?(?:[\w./~-]+\.)?(RW)?Mutex$/;

/** Whether a function (`Server.Start`) prepares a value or a program, by its name. */
export function isSetupName(name: string): boolean {
  return SETUP.test(name.slice(name.indexOf('.') + 1));
}

/** Whether a type is a mutex, or points to one. */
export function isMutex(type: string): boolean {
  return MUTEX.test(type);
}

interface Struct {
  readonly name: string;
  readonly value: GoTypeFact;
  readonly locks: readonly GuardLock[];
  /** What was found of its fields, by name. */
  readonly known: Map<string, Field | null>;
}

/** The guards of the judge's directory. */
export const packageGuards = defineDerivation('go.packageGuards', readGuards);

/** Of a package without locks nothing is asked. */
const NO_GUARDS: PackageGuards = {
  functions: [],
  calls: [],
  accesses: [],
  locksOf: () => [],
  typeOfPlace: () => null,
  structNameOf: () => null,
};

function readGuards(facts: FactView): PackageGuards {
  const structs = new Map<string, Struct>();
  const variables = new Map<string, string | null>();
  for (const { key, value, place } of facts.get('go.decl')) {
    const declaration = value as unknown as GoDeclaration;
    if (declaration.test || facts.role(place.path) === 'test') continue;
    if (declaration.kind === 'type' && declaration.form === 'struct') {
      structs.set(key, { name: key, value: declaration, locks: locksIn(key, declaration), known: new Map() });
    } else if (declaration.kind === 'var') variables.set(key, declaration.type);
  }
  const packageLocks: GuardLock[] = [];
  for (const [field, type] of variables) {
    const match = type === null ? null : MUTEX.exec(type);
    if (match !== null) packageLocks.push({ owner: '', field, isReadWrite: match[1] !== undefined });
  }
  const locking = facts.get('go.locking');
  const hasLocks =
    packageLocks.length > 0 ||
    [...structs.values()].some(({ locks }) => locks.length > 0) ||
    locking.some(({ value }) => (value as unknown as LockingFact).acquisitions.length > 0);
  if (!hasLocks) return NO_GUARDS;
  const functions = locking.map((fact): GuardedFunction => {
    const isSetup = isSetupName(fact.key);
    return { name: fact.key, fact, value: fact.value as unknown as LockingFact, isSetup };
  });
  const byName = new Map<string, GuardedFunction>();
  const byMethod = new Map<string, GuardedFunction[]>();
  for (const entry of functions) {
    byName.set(entry.name, entry);
    const dot = entry.name.indexOf('.');
    if (dot < 0) continue;
    const method = entry.name.slice(dot + 1);
    const list = byMethod.get(method);
    if (list === undefined) byMethod.set(method, [entry]);
    else list.push(entry);
  }

  const structsByType = new Map<string, Struct | null>();
  const structOf = (type: string | null): Struct | null => {
    if (type === null) return null;
    let struct = structsByType.get(type);
    if (struct === undefined) {
      struct = structs.get(type.replace(/^\*/, '').replace(/\[.*$/s, '')) ?? null;
      structsByType.set(type, struct);
    }
    return struct;
  };

  /** The names of a place, which many functions share. */
  const namesByPlace = new Map<string, readonly string[]>();
  const namesIn = (place: string): readonly string[] => {
    let names = namesByPlace.get(place);
    if (names === undefined) {
      names = place.split('.');
      namesByPlace.set(place, names);
    }
    return names;
  };

  const rootType = (at: GuardedFunction, root: string): string | null =>
    root.startsWith('=') ? (variables.get(root.slice(1)) ?? null) : (at.value.types[root] ?? null);

  /** The struct that declares a field of `struct`, itself or one it embeds, and the names that lead there. */
  const fieldOf = (struct: Struct, name: string): Field | null => {
    let field = struct.known.get(name);
    if (field === undefined) {
      field = findField(struct, name);
      struct.known.set(name, field);
    }
    return field;
  };

  const findField = (struct: Struct, name: string): Field | null => {
    const open: { readonly struct: Struct; readonly via: readonly string[] }[] = [{ struct, via: [] }];
    for (let next = 0; next < open.length && next < 16; next++) {
      const { struct: owner, via } = open[next]!;
      if (Object.hasOwn(owner.value.fields, name)) return { owner, via, type: owner.value.fields[name] ?? null };
      for (const embedded of owner.value.embedded) {
        const inner = structOf(embedded);
        if (inner === null) continue;
        if (inner.name === name) return { owner, via, type: embedded };
        open.push({ struct: inner, via: [...via, inner.name] });
      }
    }
    return null;
  };

  /** Type of what a place stands for, as written; null when unknown. */
  const typeOfPlace = (at: GuardedFunction, place: string): string | null => {
    const names = namesIn(place);
    const root = names[0]!;
    let type = elementsOf(rootType(at, withoutIndices(root)), root);
    for (let i = 1; i < names.length && type !== null; i++) {
      const name = names[i]!;
      const struct = structOf(type);
      const field = struct === null ? null : fieldOf(struct, withoutIndices(name));
      type = field === null ? null : elementsOf(field.type, name);
    }
    return type;
  };

  const methodOf = (struct: Struct, name: string): GuardedFunction | null => {
    const open = [struct];
    for (let next = 0; next < open.length && next < 16; next++) {
      const own = byName.get(`${open[next]!.name}.${name}`);
      if (own !== undefined) return own;
      for (const embedded of open[next]!.value.embedded) {
        const inner = structOf(embedded);
        if (inner !== null) open.push(inner);
      }
    }
    return null;
  };

  const calleesOf = (at: GuardedFunction, callee: string): readonly GuardedFunction[] => {
    const dot = callee.lastIndexOf('.');
    if (dot < 0) {
      const known = byName.get(callee.slice(1));
      return known === undefined ? [] : [known];
    }
    const method = callee.slice(dot + 1);
    const receiver = callee.slice(0, dot);
    const type = receiver === '?' ? null : typeOfPlace(at, receiver);
    const struct = structOf(type);
    // A copy of an element is nobody else's.
    if (receiver.endsWith('[]') && type?.startsWith('*') !== true) return [];
    if (struct !== null) {
      const found = methodOf(struct, method);
      return found === null ? [] : [found];
    }
    if (type !== null && !isOwnName(type)) return [];
    // A type of the package that is no struct, or an unknown one: every method of that name may be meant.
    return isExported(method) ? [] : (byMethod.get(method) ?? []);
  };

  const calls: GuardedCall[] = [];
  const callsTo = new Map<GuardedFunction, GuardedCall[]>();
  /** Functions that are used as values, so that anybody may call them. */
  const asValues = new Set<GuardedFunction>();
  for (const caller of functions) {
    for (const fact of caller.value.calls) {
      const [callee] = fact;
      const dot = callee.lastIndexOf('.');
      const receiver = dot < 0 || callee.startsWith('?') ? null : callee.slice(0, dot);
      for (const target of calleesOf(caller, callee)) {
        const call = { caller, callee: target, receiver, fact };
        calls.push(call);
        const list = callsTo.get(target);
        if (list === undefined) callsTo.set(target, [call]);
        else list.push(call);
      }
    }
    for (const [place] of caller.value.accesses) {
      const dot = place.lastIndexOf('.');
      if (dot < 0) {
        const value = byName.get(place.slice(1));
        if (place.startsWith('=') && value !== undefined) asValues.add(value);
        continue;
      }
      const name = place.slice(dot + 1);
      const struct = structOf(typeOfPlace(caller, place.slice(0, dot)));
      if (struct === null || fieldOf(struct, name) !== null) continue;
      const value = methodOf(struct, name);
      if (value !== null) asValues.add(value);
    }
  }

  /** What is held, before anything is known of the callers. */
  const withoutCallers = (at: GuardedFunction): number => {
    if (at.value.leavesLocking) return OBSCURE;
    const name = at.name.slice(at.name.indexOf('.') + 1);
    if (at.value.receiver === '' && (name === 'main' || name === 'init')) return FREE;
    const known = callsTo.get(at)?.length ?? 0;
    const isPublic = isExported(name) && (at.value.receiver === '' || isExported(at.value.receiver) || known === 0);
    if (isPublic) return FREE;
    return known === 0 || asValues.has(at) ? OBSCURE : 0;
  };

  const entries = new Map<GuardedFunction, Map<string, Entry>>();
  /** Entries whose callers have to be looked at, and the one that is being looked at. */
  const unsettled = new Set<Entry>();
  let current: Entry | null = null;
  const entryOf = (at: GuardedFunction, lock: string): Entry => {
    let ofFunction = entries.get(at);
    if (ofFunction === undefined) {
      ofFunction = new Map();
      entries.set(at, ofFunction);
    }
    let entry = ofFunction.get(lock);
    if (entry === undefined) {
      const root = rootOf(lock);
      const parameter = at.value.parameters.indexOf(root);
      entry = { at, lock, root, parameter, ways: withoutCallers(at), callers: null, readers: [] };
      ofFunction.set(lock, entry);
      if (!at.value.leavesLocking && callsTo.has(at)) unsettled.add(entry);
    }
    // Whoever reads looks at all of its callers before the next one does.
    if (current !== null && entry.readers.at(-1) !== current) entry.readers.push(current);
    return entry;
  };

  /** Whether the caller of a function can have to do with a lock: it belongs to the package, the receiver or a parameter. */
  const isOutside = (at: GuardedFunction, lock: string): boolean => {
    if (lock.startsWith('=')) return true;
    const root = rootOf(lock);
    return root === at.value.self || (root !== '' && at.value.parameters.includes(root));
  };

  /** Ways in which a lock may be held at a position of a function's list. */
  const waysAt = (at: GuardedFunction, held: number, lock: string): Ways => {
    const fact = at.value.held[held];
    if (fact === undefined) return UNKNOWN;
    const ways = waysOfLock(fact, lock);
    if ((ways & (ON_ENTRY | ASIDE)) === 0) return { known: ways, entry: null, isAside: false };
    const known = ways & ~(ON_ENTRY | ASIDE);
    if (!isOutside(at, lock) || namesIn(lock).length > 5)
      return { known: known | OBSCURE, entry: null, isAside: false };
    return { known, entry: entryOf(at, lock), isAside: (ways & ASIDE) !== 0 };
  };

  const settle = (): void => {
    // An entry takes part again when one that it read has changed; ways are only ever added.
    for (const entry of unsettled) {
      unsettled.delete(entry);
      current = entry;
      entry.callers ??= callersOf(entry);
      let { ways } = entry;
      for (const caller of entry.callers) {
        // What runs before others know of the value needs no lock.
        ways |= caller.isSetup ? waysNow(caller.ways) & ~FREE : waysNow(caller.ways);
      }
      if (ways === entry.ways) continue;
      entry.ways = ways;
      for (const reader of entry.readers) unsettled.add(reader);
    }
    current = null;
  };

  /** Ways in which the calls of the function hand the lock of an entry on to it. */
  const callersOf = (entry: Entry): readonly Caller[] =>
    (callsTo.get(entry.at) ?? []).map((call) => ({
      isSetup: call.caller.isSetup && call.fact[3] !== 'go',
      ways: waysHandedOn(call, entry),
    }));

  const waysHandedOn = ({ caller, callee, receiver, fact }: GuardedCall, { lock, root, parameter }: Entry): Ways => {
    const held = fact[2];
    const how = fact[3];
    if (how === 'go') return UNLOCKED;
    if (how === 'new') return NO_WAY;
    if (how === 'defer') return UNKNOWN;
    if (root.startsWith('=')) return waysAt(caller, held, lock);
    const place = root === callee.value.self ? receiver : (fact[1][parameter] ?? null);
    if (place === NEW) return NO_WAY;
    return place === null || place === '' ? UNKNOWN : waysAt(caller, held, place + lock.slice(root.length));
  };

  const underLock = guardedVariables(functions, calls, packageLocks);
  const placesOfPackage = packageLocks.map(({ field }) => `=${field}`);
  const pending: { readonly access: Omit<GuardedAccess, 'ways' | 'underOther'>; readonly held: number }[] = [];
  for (const at of functions) {
    for (const [place, kind, held, start, end, explained] of at.value.accesses) {
      // What is taken out of a collection may have left its protection for good reasons.
      if (place.includes('[]')) continue;
      const root = namesIn(place)[0]!;
      const type = rootType(at, root);
      const isGuarded = underLock.has(root) && variables.has(root.slice(1));
      let struct = structOf(type);
      if (struct === null && !isGuarded) continue;
      const names = namesIn(place).slice(1);
      const spawned = at.value.held[held]?.others === FREE;
      const add = (
        owner: string,
        reached: Reached,
        isWhole: boolean,
        isOwn: boolean,
        locks: readonly string[],
      ): void => {
        const { path, type } = reached;
        const done = isWhole || !reached.isReference ? kind : 'read';
        const access = { function: at, owner, path, kind: done, type, isOwn, locks, spawned, explained, start, end };
        pending.push({ access, held });
      };
      if (isGuarded) {
        const reached = reach([root.slice(1), ...names], type, structOf, fieldOf);
        if (reached !== null) {
          add('', reached, reached.path.length === names.length + 1, true, placesOfPackage);
        }
      }
      let instance = root;
      for (let i = 0; i < names.length && struct !== null; i++) {
        const field = fieldOf(struct, names[i]!);
        if (field === null) break;
        const { owner, via } = field;
        const reached = owner.locks.length === 0 ? null : reach(names.slice(i), field.type, structOf, fieldOf);
        if (reached !== null) {
          const isOwn = instance === at.value.self && instance !== '';
          const locks = owner.locks.map((lock) => placeOfLock(instance, via, lock));
          add(owner.name, reached, i + reached.path.length === names.length, isOwn, locks);
        }
        struct = structOf(field.type);
        instance = `${instance}.${names[i]}`;
      }
    }
  }
  const waysOf = pending.map(({ access, held }) => access.locks.map((lock) => waysAt(access.function, held, lock)));
  settle();

  const accesses = pending.map(
    ({ access, held }, position): GuardedAccess => ({
      ...access,
      ways: waysOf[position]!.map(waysNow),
      underOther: isUnderOther(access.function.value.held[held], access.locks),
    }),
  );

  return {
    functions,
    calls,
    accesses,
    locksOf: (type) => (type === '' ? packageLocks : (structs.get(type)?.locks ?? [])),
    typeOfPlace,
    structNameOf: (type) => structOf(type)?.name ?? null,
  };
}

/**
 * Places of the variables of the package that are used where one of its locks may be held: by a function that takes
 * it, or that may be called under it. A variable that never is has no guard.
 */
function guardedVariables(
  functions: readonly GuardedFunction[],
  calls: readonly GuardedCall[],
  locks: readonly GuardLock[],
): ReadonlySet<string> {
  const places = new Set(locks.flatMap(({ field }) => namesOf(`=${field}`)));
  const variables = new Set<string>();
  if (places.size === 0) return variables;
  const mayHold = ({ value }: GuardedFunction, held: number): boolean =>
    Object.entries(value.held[held]?.locks ?? {}).some(
      ([lock, ways]) => (ways & (HELD_READ | HELD_WRITE)) !== 0 && places.has(lock),
    );
  const callees = new Map<GuardedFunction, GuardedFunction[]>();
  const reached = new Set(functions.filter((at) => at.value.held.some((_, held) => mayHold(at, held))));
  for (const { caller, callee } of calls) {
    const list = callees.get(caller);
    if (list === undefined) callees.set(caller, [callee]);
    else list.push(callee);
  }
  for (const at of reached) {
    for (const callee of callees.get(at) ?? []) reached.add(callee);
    for (const [place] of at.value.accesses) if (place.startsWith('=')) variables.add(rootOf(place));
  }
  return variables;
}

/** In which ways a lock may be held somewhere: in those that are known, and in those of an entry. */
interface Ways {
  readonly known: number;
  readonly entry: Entry | null;
  /** What the entry says is only certain where all agree. */
  readonly isAside: boolean;
}

const UNKNOWN: Ways = { known: OBSCURE, entry: null, isAside: false };
const UNLOCKED: Ways = { known: FREE, entry: null, isAside: false };
const NO_WAY: Ways = { known: 0, entry: null, isAside: false };

/** The ways, as far as they are known by now. */
function waysNow({ known, entry, isAside }: Ways): number {
  if (entry === null) return known;
  return known | (!isAside || entry.ways === FREE || entry.ways === 0 ? entry.ways : OBSCURE);
}

/** What a call hands on. */
interface Caller {
  readonly isSetup: boolean;
  readonly ways: Ways;
}

/** In which ways a lock may be held when a function is entered. */
interface Entry {
  readonly at: GuardedFunction;
  /** The place of the lock in the function, and the variable that it begins with. */
  readonly lock: string;
  readonly root: string;
  /** Position of `root` among the parameters, -1 when it is none of them. */
  readonly parameter: number;
  ways: number;
  /** Null until they are looked at. */
  callers: readonly Caller[] | null;
  /** Those that read it, each once. */
  readonly readers: Entry[];
}

interface Field {
  readonly owner: Struct;
  readonly via: readonly string[];
  readonly type: string | null;
}

interface Reached {
  readonly path: readonly string[];
  readonly type: string | null;
  /** What lies behind the path is another object. */
  readonly isReference: boolean;
}

/** How far names lead from a field or variable of a type through structs that have no lock of their own. Null for a lock itself. */
function reach(
  names: readonly string[],
  first: string | null,
  structOf: (type: string | null) => Struct | null,
  fieldOf: (struct: Struct, name: string) => Field | null,
): Reached | null {
  let type = first;
  if (type !== null && MUTEX.test(type)) return null;
  const path = [names[0]!];
  for (const name of names.slice(1)) {
    const struct = structOf(type);
    const field = struct === null || struct.locks.length > 0 ? null : fieldOf(struct, name);
    if (field === null || field.owner.locks.length > 0) break;
    path.push(name);
    type = field.type;
  }
  const isReference = type === null || !isOwnName(type) || structOf(type)?.locks.length !== 0;
  return { path, type, isReference };
}

function locksIn(owner: string, { fields, embedded }: GoTypeFact): GuardLock[] {
  const locks: GuardLock[] = [];
  for (const [field, type] of Object.entries(fields)) {
    const match = type === null ? null : MUTEX.exec(type);
    if (match !== null) locks.push({ owner, field, isReadWrite: match[1] !== undefined });
  }
  for (const type of embedded) {
    const match = type === null ? null : MUTEX.exec(type);
    if (match !== null) locks.push({ owner, field: '', isReadWrite: match[1] !== undefined });
  }
  return locks;
}

function isOwnName(type: string): boolean {
  return /^\*?[\p{L}_][\p{L}\p{Nd}_]*$/u.test(type);
}

function withoutIndices(name: string): string {
  return name.replaceAll('[]', '');
}

/** Type of the elements that `[]` behind a name stands for. */
function elementsOf(type: string | null, name: string): string | null {
  let inner = type;
  for (let rest = name; rest.endsWith('[]') && inner !== null; rest = rest.slice(0, -2)) inner = elementOf(inner);
  return inner;
}

function rootOf(place: string): string {
  const end = place.search(/[.[]/);
  return end < 0 ? place : place.slice(0, end);
}

/** Place of a lock of a struct; that of an embedded one ends with a dot, since it has several names. */
function placeOfLock(instance: string, via: readonly string[], lock: GuardLock): string {
  const owner = [instance, ...via].join('.');
  return `${via.length > 0 && lock.field !== '' ? instance : owner}.${lock.field}`;
}

/** Whether some other lock than these may be held. */
function isUnderOther(held: HeldFact | undefined, locks: readonly string[]): boolean {
  return Object.entries(held?.locks ?? {}).some(
    ([lock, ways]) =>
      (ways & (HELD_READ | HELD_WRITE | OBSCURE)) !== 0 && !locks.some((own) => namesOf(own).includes(lock)),
  );
}

function waysOfLock({ locks, others }: HeldFact, lock: string): number {
  if (!lock.endsWith('.')) return Object.hasOwn(locks, lock) ? locks[lock]! : others;
  for (const name of namesOf(lock)) if (Object.hasOwn(locks, name)) return locks[name]!;
  return others;
}

/** The names under which a lock may be taken. */
export function namesOf(lock: string): readonly string[] {
  return lock.endsWith('.') ? [lock.slice(0, -1), `${lock}Mutex`, `${lock}RWMutex`] : [lock];
}
