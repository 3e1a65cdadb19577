/**
 * Facts of all files, and the judges that read them. Updates come file by file; what a judge read is recorded, so that
 * after an update only those judge runs whose inputs changed are repeated. Holds facts and verdicts, knows no text.
 */
import type { FileRole } from '../model/file.ts';
import type { Json } from '../model/json.ts';
import { directoryOf } from '../model/path.ts';
import type { Fact, WorkspaceVerdict } from '../model/verdict.ts';
import type { Derivation, FactView, WorkspaceJudge } from '../rulekit/rule.ts';

export interface FileFacts {
  readonly role: FileRole;
  /** Directory of the nearest manifest, '' for the workspace root. */
  readonly component: string;
  readonly facts: readonly Fact[];
}

export interface JudgeEntry {
  readonly rule: number;
  readonly judge: WorkspaceJudge;
  readonly options: Json;
}

interface JudgeRun {
  readonly rule: number;
  readonly partition: string;
  readonly dependencies: Set<string>;
  /** Files that it spoke of. */
  readonly paths: readonly string[];
}

/** What a judge said of a file. */
export interface JudgeVerdict {
  readonly rule: number;
  readonly verdict: WorkspaceVerdict;
}

interface PendingRun {
  readonly id: string;
  readonly entry: JudgeEntry;
  readonly partition: string;
  /** Kind and name of the partition. */
  readonly source: string;
}

interface StoredFile {
  readonly role: FileRole;
  readonly component: string;
  readonly directory: string;
  /** Names of its facts, and the facts of each. */
  readonly names: readonly string[];
  readonly lists: readonly (readonly Fact[])[];
}

export interface JudgeProblem {
  readonly rule: number;
  readonly partition: string;
  readonly error: unknown;
}

function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => sameJson(item, b[i] as Json))
    );
  }
  const left = a as { readonly [key: string]: Json };
  const right = b as { readonly [key: string]: Json };
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => sameJson(left[key]!, right[key] ?? null));
}

/** Same content at the same place: a judge that saw the one need not see the other. */
function sameFact(a: Fact, b: Fact): boolean {
  return (
    a === b ||
    (a.key === b.key &&
      a.place.anchor === b.place.anchor &&
      a.place.span.start === b.place.span.start &&
      a.place.span.end === b.place.span.end &&
      sameJson(a.value, b.value))
  );
}

function sameFacts(a: readonly Fact[], b: readonly Fact[]): boolean {
  return a === b || (a.length === b.length && a.every((fact, i) => sameFact(fact, b[i]!)));
}

/** How long judging may take. What does not fit is put off until the next time. */
export interface JudgeBudget {
  readonly milliseconds: number;
  /** Judge something even when nothing fits, so that all is judged in the end. */
  readonly progress: boolean;
}

const NO_FACTS: readonly Fact[] = [];
const SEPARATOR = '\u0000';

export class FactIndex {
  readonly #files = new Map<string, StoredFile>();
  /** name -> files with such facts */
  readonly #names = new Map<string, Set<string>>();
  /** name -> key -> path -> facts, for names of which a key was ever looked up */
  readonly #keys = new Map<string, Map<string, Map<string, readonly Fact[]>>>();
  /** kind + partition -> files */
  readonly #partitions = new Map<string, Set<string>>();
  /** kind + partition + name -> how many files of the partition have such facts */
  readonly #holders = new Map<string, number>();
  readonly #sorted = new Map<string, readonly Fact[]>();
  readonly #runs = new Map<string, JudgeRun>();
  /** path -> run -> what it said of the file */
  readonly #verdicts = new Map<string, Map<string, readonly WorkspaceVerdict[]>>();
  /** What was read -> the run that read it, or several: mostly it is one, and a set for each would take most memory. */
  readonly #dependents = new Map<string, string | Set<string>>();
  /** What has to run, the next at its end when it is in order, and the ids in it. */
  readonly #queue: PendingRun[] = [];
  readonly #queued = new Set<string>();
  #inOrder = true;
  /** What the judges of the partition that was judged last share, as long as no fact changes. */
  #derived: Derived = new Map();
  #derivedFrom = '';
  #judges: readonly JudgeEntry[] = [];
  /** Positions of the judges that read facts of a name. */
  readonly #readers = new Map<string, number[]>();
  readonly #now: () => number;
  /** Milliseconds that a run took last time. */
  readonly #costs = new Map<string, number>();
  /** Judges run so far; a test counts it. */
  runCount = 0;

  /** `now`: milliseconds from any fixed moment, for those who give budgets. */
  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  /** Replaces the judges; everything is judged anew. */
  setJudges(judges: readonly JudgeEntry[]): void {
    this.#judges = judges;
    this.#readers.clear();
    judges.forEach(({ judge }, index) => {
      for (const name of new Set(judge.reads)) getOrCreate(this.#readers, name, () => []).push(index);
    });
    this.#runs.clear();
    this.#verdicts.clear();
    this.#costs.clear();
    this.#dependents.clear();
    this.#queue.length = 0;
    this.#queued.clear();
    this.#forgetDerived();
    judges.forEach((entry, index) => {
      if (entry.judge.partition === 'workspace') this.#schedule(`${index}${SEPARATOR}`);
      for (const partition of this.#partitionsOf(entry.judge)) this.#schedule(`${index}${SEPARATOR}${partition}`);
    });
  }

  #partitionsOf(judge: WorkspaceJudge): Set<string> {
    const result = new Set<string>();
    for (const stored of this.#files.values()) {
      if (judge.reads.some((name) => stored.names.includes(name))) result.add(partitionOf(judge, stored));
    }
    return result;
  }

  #forgetDerived(): void {
    this.#derived = new Map();
    this.#derivedFrom = '';
  }

  /** Adds, replaces or (with `null`) removes the facts of a file. */
  update(path: string, file: FileFacts | null): void {
    const before = this.#files.get(path);
    const after: StoredFile | undefined =
      file === null
        ? undefined
        : { role: file.role, component: file.component, directory: directoryOf(path), ...groupByName(file.facts) };
    if (before === undefined && after === undefined) return;
    this.#forgetDerived();
    const moved = before === undefined || after === undefined || before.component !== after.component;
    if (moved || before.role !== after.role) this.#touch(`role${SEPARATOR}${path}`);
    if (moved) {
      for (const id of before === undefined ? [] : partitionsOf(before)) {
        const paths = this.#partitions.get(id);
        paths?.delete(path);
        if (paths?.size === 0) this.#partitions.delete(id);
      }
      for (const id of after === undefined ? [] : partitionsOf(after)) {
        getOrCreate(this.#partitions, id, () => new Set()).add(path);
      }
    }
    for (const name of new Set([...(before?.names ?? []), ...(after?.names ?? [])])) {
      const old = factsIn(before, name);
      const now = factsIn(after, name);
      if (!moved && sameFacts(old, now)) continue;
      this.#replace(name, path, old, now, before, after);
    }
    if (after === undefined) this.#files.delete(path);
    else this.#files.set(path, after);
  }

  #replace(
    name: string,
    path: string,
    old: readonly Fact[],
    now: readonly Fact[],
    before: StoredFile | undefined,
    after: StoredFile | undefined,
  ): void {
    const ofName = getOrCreate(this.#names, name, () => new Set());
    if (now.length > 0) ofName.add(path);
    else ofName.delete(path);
    this.#touch(`all${SEPARATOR}${name}`);

    const keys = this.#keys.get(name);
    if (keys !== undefined) this.#replaceKeys(keys, name, path, old, now);

    for (const [stored, facts, step] of [
      [before, old, -1],
      [after, now, 1],
    ] as const) {
      if (stored === undefined) continue;
      for (const partition of partitionsOf(stored)) {
        const id = `${partition}${SEPARATOR}${name}`;
        const holders = (this.#holders.get(id) ?? 0) + (facts.length > 0 ? step : 0);
        if (holders > 0) this.#holders.set(id, holders);
        else this.#holders.delete(id);
        this.#touch(id);
      }
    }
    for (const index of this.#readers.get(name) ?? []) {
      const { judge } = this.#judges[index]!;
      for (const stored of [before, after]) {
        if (stored === undefined) continue;
        // A run that is there already is scheduled by what it read.
        const id = `${index}${SEPARATOR}${partitionOf(judge, stored)}`;
        if (!this.#runs.has(id)) this.#schedule(id);
      }
    }
  }

  #replaceKeys(
    keys: Map<string, Map<string, readonly Fact[]>>,
    name: string,
    path: string,
    old: readonly Fact[],
    now: readonly Fact[],
  ): void {
    const oldByKey = groupBy(old, 'key');
    const nowByKey = groupBy(now, 'key');
    for (const [key, right] of nowByKey) {
      const left = oldByKey.get(key);
      getOrCreate(keys, key, () => new Map()).set(path, right);
      if (left === undefined || !sameFacts(left, right)) this.#touch(`key${SEPARATOR}${name}${SEPARATOR}${key}`);
    }
    for (const key of oldByKey.keys()) {
      if (nowByKey.has(key)) continue;
      const ofKey = keys.get(key);
      ofKey?.delete(path);
      if (ofKey?.size === 0) keys.delete(key);
      this.#touch(`key${SEPARATOR}${name}${SEPARATOR}${key}`);
    }
  }

  /** Facts of a name by key and path. */
  #keysOf(name: string): ReadonlyMap<string, ReadonlyMap<string, readonly Fact[]>> {
    let keys = this.#keys.get(name);
    if (keys === undefined) {
      keys = new Map();
      this.#keys.set(name, keys);
      for (const path of this.#names.get(name) ?? []) {
        this.#replaceKeys(keys, name, path, NO_FACTS, factsIn(this.#files.get(path), name));
      }
    }
    return keys;
  }

  #touch(dependency: string): void {
    this.#sorted.delete(dependency);
    const runs = this.#dependents.get(dependency);
    if (typeof runs === 'string') this.#schedule(runs);
    else for (const run of runs ?? []) this.#schedule(run);
  }

  /** `id`: position of a judge and its partition. */
  #schedule(id: string): void {
    if (this.#queued.has(id)) return;
    const separator = id.indexOf(SEPARATOR);
    const entry = this.#judges[Number(id.slice(0, separator))]!;
    const partition = id.slice(separator + 1);
    this.#queued.add(id);
    this.#queue.push({ id, entry, partition, source: `${entry.judge.partition}${SEPARATOR}${partition}` });
    this.#inOrder = false;
  }

  /** Whether a judge has to run, because something that it read has changed. */
  get isPending(): boolean {
    return this.#queue.length > 0;
  }

  /**
   * Runs what has to run, or as much as the budget allows; returns the paths whose workspace findings may have changed,
   * and what failed.
   */
  judge(budget?: JudgeBudget): {
    readonly changed: ReadonlySet<string>;
    readonly problems: readonly JudgeProblem[];
  } {
    const changed = new Set<string>();
    const problems: JudgeProblem[] = [];
    // Judges of a partition follow each other, so that what they share need not be kept for longer.
    if (!this.#inOrder) this.#queue.sort((a, b) => (a.source < b.source ? 1 : a.source > b.source ? -1 : 0));
    this.#inOrder = true;
    let hasRun = false;
    const end = this.#now() + (budget?.milliseconds ?? Number.POSITIVE_INFINITY);
    const putOff: PendingRun[] = [];
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      const { id, entry, partition, source } = next;
      const began = this.#now();
      const mayWait = hasRun || budget?.progress !== true;
      if (mayWait && began + (this.#costs.get(id) ?? 0) >= end) {
        putOff.push(next);
        if (began >= end) break;
        continue;
      }
      hasRun = true;
      this.#queued.delete(id);
      const previous = this.#runs.get(id);
      if (previous !== undefined) this.#forget(id, previous);
      for (const path of previous?.paths ?? []) changed.add(path);
      if (!this.#exists(entry.judge, partition)) {
        this.#costs.delete(id);
        continue;
      }
      if (source !== this.#derivedFrom) this.#derived = new Map();
      this.#derivedFrom = source;
      const reads = newReads();
      let verdicts: readonly WorkspaceVerdict[] = [];
      try {
        verdicts = [...entry.judge.judge(this.#view(entry.judge, partition, reads, this.#derived), entry.options)];
      } catch (error) {
        problems.push({ rule: entry.rule, partition, error });
      }
      this.runCount++;
      const byPath = new Map<string, WorkspaceVerdict[]>();
      for (const verdict of verdicts) getOrCreate(byPath, verdict.subject.path, () => []).push(verdict);
      for (const [path, own] of byPath) {
        changed.add(path);
        getOrCreate(this.#verdicts, path, () => new Map()).set(id, own);
      }
      const dependencies = allReads(reads);
      for (const dependency of dependencies) this.#depend(id, dependency);
      this.#runs.set(id, { rule: entry.rule, partition, dependencies, paths: [...byPath.keys()] });
      this.#costs.set(id, this.#now() - began);
    }
    while (putOff.length > 0) this.#queue.push(putOff.pop()!);
    return { changed, problems };
  }

  #depend(id: string, dependency: string): void {
    const runs = this.#dependents.get(dependency);
    if (runs === undefined) this.#dependents.set(dependency, id);
    else if (typeof runs === 'object') runs.add(id);
    else if (runs !== id) this.#dependents.set(dependency, new Set([runs, id]));
  }

  #exists(judge: WorkspaceJudge, partition: string): boolean {
    if (judge.partition === 'workspace') return judge.reads.some((name) => (this.#names.get(name)?.size ?? 0) > 0);
    return judge.reads.some((name) =>
      this.#holders.has(`${judge.partition}${SEPARATOR}${partition}${SEPARATOR}${name}`),
    );
  }

  #forget(id: string, run: JudgeRun): void {
    for (const dependency of run.dependencies) {
      const runs = this.#dependents.get(dependency);
      if (runs === id) this.#dependents.delete(dependency);
      else if (typeof runs === 'object') {
        runs.delete(id);
        if (runs.size === 0) this.#dependents.delete(dependency);
      }
    }
    for (const path of run.paths) {
      const ofPath = this.#verdicts.get(path);
      ofPath?.delete(id);
      if (ofPath?.size === 0) this.#verdicts.delete(path);
    }
    this.#runs.delete(id);
  }

  /** Files that judges spoke of. */
  judgedPaths(): Iterable<string> {
    return this.#verdicts.keys();
  }

  /** What judges said of a file, in a fixed order. */
  verdictsOf(path: string): readonly JudgeVerdict[] {
    const ofPath = this.#verdicts.get(path);
    if (ofPath === undefined) return [];
    return [...ofPath.keys()].sort().flatMap((id) => {
      const { rule } = this.#runs.get(id)!;
      return ofPath.get(id)!.map((verdict) => ({ rule, verdict }));
    });
  }

  #view(judge: WorkspaceJudge, partition: string, reads: Reads, derived: Derived): FactView {
    const { dependencies } = reads;
    return {
      partition,
      get: (name) => {
        if (judge.partition === 'workspace') return this.#all(name, dependencies);
        const id = `${judge.partition}${SEPARATOR}${partition}${SEPARATOR}${name}`;
        dependencies.add(id);
        return this.#cached(id, () => {
          const paths = this.#partitions.get(`${judge.partition}${SEPARATOR}${partition}`);
          return this.#inPathOrder(name, paths);
        });
      },
      lookup: (name, key) => {
        const id = `key${SEPARATOR}${name}${SEPARATOR}${key}`;
        dependencies.add(id);
        const byPath = this.#keysOf(name).get(key);
        if (byPath === undefined) return NO_FACTS;
        // Most keys are those of one file.
        if (byPath.size === 1) for (const facts of byPath.values()) return facts;
        return this.#cached(id, () => inPathOrder(byPath));
      },
      all: (name) => this.#all(name, dependencies),
      role: (path) => {
        dependencies.add(`role${SEPARATOR}${path}`);
        return this.#files.get(path)?.role ?? 'production';
      },
      derive: <T>(derivation: Derivation<T>): T => {
        let known = derived.get(derivation.name);
        if (known === undefined) {
          const own = newReads();
          known = { value: derivation.compute(this.#view(judge, partition, own, derived)), reads: own };
          derived.set(derivation.name, known);
        }
        reads.through.add(known.reads);
        return known.value as T;
      },
    };
  }

  #all(name: string, dependencies: Set<string>): readonly Fact[] {
    const id = `all${SEPARATOR}${name}`;
    dependencies.add(id);
    return this.#cached(id, () => this.#inPathOrder(name, this.#names.get(name)));
  }

  #inPathOrder(name: string, paths: ReadonlySet<string> | undefined): readonly Fact[] {
    return [...(paths ?? [])].sort().flatMap((path) => factsIn(this.#files.get(path), name));
  }

  #cached(id: string, compute: () => readonly Fact[]): readonly Fact[] {
    let facts = this.#sorted.get(id);
    if (facts === undefined) {
      facts = compute();
      this.#sorted.set(id, facts);
    }
    return facts;
  }
}

/** What was read, itself and through what judges share. A shared value may go on reading while it is used. */
interface Reads {
  readonly dependencies: Set<string>;
  readonly through: Set<Reads>;
}

function newReads(): Reads {
  return { dependencies: new Set(), through: new Set() };
}

/** Everything that was read up to now. */
function allReads(reads: Reads): Set<string> {
  const result = new Set(reads.dependencies);
  const seen = new Set([reads]);
  for (const other of seen) {
    for (const inner of other.through) seen.add(inner);
    if (other !== reads) for (const dependency of other.dependencies) result.add(dependency);
  }
  return result;
}

/** What the judges of one partition share, by name. */
type Derived = Map<string, { readonly value: unknown; readonly reads: Reads }>;

function partitionOf(judge: WorkspaceJudge, file: StoredFile): string {
  if (judge.partition === 'workspace') return '';
  return judge.partition === 'component' ? file.component : file.directory;
}

function inPathOrder(facts: ReadonlyMap<string, readonly Fact[]>): readonly Fact[] {
  return [...facts.keys()].sort().flatMap((path) => facts.get(path)!);
}

function groupByName(facts: readonly Fact[]): Pick<StoredFile, 'names' | 'lists'> {
  const byName = groupBy(facts, 'name');
  return { names: [...byName.keys()], lists: [...byName.values()] };
}

/** The few names of a file are searched one by one. */
function factsIn(file: StoredFile | undefined, name: string): readonly Fact[] {
  const at = file?.names.indexOf(name) ?? -1;
  return at < 0 ? NO_FACTS : file!.lists[at]!;
}

/** Kind and name of the partitions that a file belongs to. */
function partitionsOf({ component, directory }: StoredFile): readonly string[] {
  return [`component${SEPARATOR}${component}`, `directory${SEPARATOR}${directory}`];
}

function groupBy(facts: readonly Fact[], property: 'name' | 'key'): Map<string, Fact[]> {
  const result = new Map<string, Fact[]>();
  for (const fact of facts) getOrCreate(result, fact[property], () => []).push(fact);
  return result;
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
