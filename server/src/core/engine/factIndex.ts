/**
 * Facts of all files, and the judges that read them. Updates come file by file; what a judge read is recorded, so that
 * after an update only those judge runs whose inputs changed are repeated. Holds facts and verdicts, knows no text.
 *
 * Facts of a large workspace would take most of the memory as objects. Those of closed files are made of what was recorded
 * when a judge asks for them; beyond a limit those that were not read for long are let go again.
 */
import type { FileRole } from '../model/file.ts';
import type { Json } from '../model/json.ts';
import type { Anchor } from '../model/location.ts';
import { directoryOf } from '../model/path.ts';
import type { Fact, WorkspaceVerdict } from '../model/verdict.ts';
import { type Derivation, type FactView, SHORTEST_WORD, type WorkspaceJudge } from '../rulekit/rule.ts';

/** Facts of a file, by name, that are made when somebody asks for them. */
export interface RestingFacts {
  /** In alphabetical order, each once. */
  readonly names: readonly string[];
  /** The facts of the name at this position, in the order of the text. */
  factsAt(position: number): readonly Fact[];
}

export interface FileFacts {
  readonly role: FileRole;
  /** Directory of the nearest manifest, '' for the workspace root. */
  readonly component: string;
  readonly facts: readonly Fact[] | RestingFacts;
  /** Whether facts that are given as objects may be put to rest: those of an open document change with each key. */
  readonly mayRest: boolean;
}

export interface FactIndexOptions {
  /** Milliseconds from any fixed moment, for those who give budgets. */
  readonly now?: () => number;
  /** How many facts are kept as objects, besides those that are read in the whole workspace. */
  readonly factLimit?: number;
  /**
   * Everything is judged once and nothing changes afterwards, so that nobody remembers what judges read, and of a large
   * workspace hardly any fact stays an object: each is seldom read again.
   */
  readonly once?: boolean;
  /** Puts the facts of a file, which were given as objects, to rest; without it they stay. */
  readonly rest?: (path: string) => RestingFacts;
}

export interface JudgeEntry {
  readonly rule: number;
  readonly judge: WorkspaceJudge;
  /** Its options in a partition. */
  options(partition: string): Json;
}

/** A judge that ran in a partition. */
interface JudgeRun {
  /** Its position. */
  readonly judge: number;
  /** Kind and name of the partition. */
  readonly source: string;
  /** What it read in its own directory, or of all; runs that read the same share it. */
  own: ReadonlySet<string>;
  /** What else it read. */
  others: readonly Dependency[];
  /** Milliseconds that it took. */
  cost: number;
  /** Files that it spoke of. */
  paths: readonly string[];
}

/** Something that runs read; each exists once, since a large workspace has many reads. */
interface Dependency {
  readonly id: string;
  runs: Some<JudgeRun> | undefined;
}

/** What a judge said of a file. */
export interface JudgeVerdict {
  readonly rule: number;
  readonly verdict: WorkspaceVerdict;
}

/** Mostly one or a few: a set for each would take most of the memory. */
type Some<T extends string | JudgeRun> = T | readonly T[] | Set<T>;

/** So many are a list. */
const FEW = 64;

/**
 * What runs said of a file, one after the other: a run, how many passes it has and how many other verdicts, then anchor,
 * start and end of each pass, and the others. Most verdicts are passes, and an object for each would take a multiple.
 */
type SaidOfFile = readonly (JudgeRun | WorkspaceVerdict | Anchor | number | null)[];

/** Judges of a partition that have to run, by their positions. */
interface Pending {
  readonly partition: string;
  readonly judges: Set<number>;
}

interface StoredFile {
  readonly path: string;
  readonly role: FileRole;
  readonly component: string;
  readonly directory: string;
  readonly shape: Shape;
  /** Facts of each name of the shape, null while they rest; null: all of them do. */
  lists: (readonly Fact[] | null)[] | null;
  resting: RestingFacts | null;
}

/** Files that have facts of the same names, which most files of a kind have. */
interface Shape {
  readonly names: readonly string[];
  /** Where each of these is. */
  readonly positions: ReadonlyMap<string, number>;
  readonly paths: Set<string>;
}

/** Files of a component or a directory. */
interface Partition {
  readonly paths: Set<string>;
  /** The same in order; null: not known. */
  order: readonly string[] | null;
  /** How many of them have each shape. */
  readonly shapes: Map<Shape, number>;
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
/** About forty megabytes. */
const FACT_LIMIT = 150_000;
/** Those of a few directories, so that most are gone before the collector of garbage takes them for old. */
const FACT_LIMIT_ONCE = 10_000;
/** Those of a package with thousands of declarations. */
const FACT_LIMIT_OF_MANY_FILES = 20_000;
/** With facts of a name in more files, they are made anew whenever all of them are read at once. */
const MANY_FILES = 10_000;
const SEPARATOR = '\u0000';
/** In front of what a judge of a directory read there, or of all. */
const OWN = SEPARATOR;
const ROLE = 'role';
const NO_READS: ReadonlySet<string> = new Set();
const NOTHING: readonly never[] = [];

/** Joined as a whole: what `+` makes of them would take more memory. */
function idOf(...parts: readonly string[]): string {
  return parts.join(SEPARATOR);
}

export class FactIndex {
  readonly #files = new Map<string, StoredFile>();
  /** By their names. */
  readonly #shapes = new Map<string, Shape>();
  /** name -> shapes of files with such facts, and how many files that are */
  readonly #shapesOf = new Map<string, Set<Shape>>();
  readonly #counts = new Map<string, number>();
  /** Paths of all files, in order; null: not known. */
  #order: readonly string[] | null = null;
  /** name -> key -> files with such facts, for names of which a key was ever looked up */
  readonly #keys = new Map<string, Map<string, Some<string>>>();
  /** name -> word -> files with such facts that hold the word, for names of which a word was ever asked for */
  readonly #words = new Map<string, Map<string, Some<string>>>();
  /** kind + partition -> files */
  readonly #partitions = new Map<string, Partition>();
  readonly #sorted = new Map<string, readonly Fact[]>();
  /** name -> key -> facts that were looked up */
  readonly #found = new Map<string, Map<string, readonly Fact[]>>();
  #foundFacts = 0;
  /** kind + partition -> the judges that ran there */
  readonly #runs = new Map<string, JudgeRun[]>();
  /** Equal sets of what runs read in their own directories are one. */
  readonly #ownReads = new Map<string, ReadonlySet<string>>();
  /** Names of which judges of directories ever read all facts. */
  readonly #readFromDirectories = new Set<string>();
  readonly #verdicts = new Map<string, SaidOfFile>();
  /** Files whose facts are objects, those that were loaded first in front, with how many may be put to rest. */
  readonly #loaded = new Map<string, number>();
  #loadedFacts = 0;
  /** Names that are read in the whole workspace at once. */
  readonly #widelyRead = new Set<string>();
  /** What was read, by its id. */
  readonly #dependents = new Map<string, Dependency>();
  /** kind + partition -> what has to run there */
  readonly #pending = new Map<string, Pending>();
  /** The partitions of these, the next at the end; null: not known. */
  #queue: string[] | null = null;
  /** What the judges of the partition that was judged last share, as long as no fact changes. */
  #derived: Derived = new Map();
  #derivedFrom = '';
  #judges: readonly JudgeEntry[] = [];
  /** Positions of the judges that read facts of a name. */
  readonly #readers = new Map<string, number[]>();
  readonly #now: () => number;
  readonly #factLimit: number;
  readonly #toRest: ((path: string) => RestingFacts) | undefined;
  readonly #once: boolean;
  /** Judges run so far; a test counts it. */
  runCount = 0;

  constructor({ now = () => 0, factLimit = FACT_LIMIT, once = false, rest }: FactIndexOptions = {}) {
    this.#now = now;
    this.#factLimit = factLimit;
    this.#once = once;
    this.#toRest = rest;
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
    this.#dependents.clear();
    this.#pending.clear();
    this.#queue = null;
    this.#forgetDerived();
    judges.forEach((entry, index) => {
      if (entry.judge.partition === 'workspace') this.#schedule(index, '');
      for (const partition of this.#partitionsOf(entry.judge)) this.#schedule(index, partition);
    });
  }

  /** Has judges run again, because their options may be different. */
  repeat(rules: ReadonlySet<number>): void {
    for (const runs of this.#runs.values()) {
      for (const run of runs) if (rules.has(this.#judges[run.judge]!.rule)) this.#repeat(run);
    }
  }

  #partitionsOf(judge: WorkspaceJudge): Set<string> {
    const result = new Set<string>();
    for (const stored of this.#files.values()) {
      if (readsOf(judge, stored.shape)) result.add(partitionOf(judge, stored));
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
    const after = file === null ? undefined : this.#storedFile(path, file);
    if (before === undefined && after === undefined) return;
    this.#unload(path);
    this.#put(path, before, after);
    if (after?.resting === null && file?.mayRest === true) this.#load(path, this.#restable(after));
  }

  /** Tells that the file belongs to another component now. */
  move(path: string, component: string): void {
    const before = this.#files.get(path);
    if (before !== undefined && before.component !== component) this.#put(path, before, { ...before, component });
  }

  #storedFile(path: string, { role, component, facts }: FileFacts): StoredFile {
    const common = { path, role, component, directory: directoryOf(path) };
    if (!isList(facts)) {
      return { ...common, shape: this.#shapeOf(facts.names), lists: null, resting: facts };
    }
    const byName = groupBy(facts, 'name');
    const names = [...byName.keys()].sort();
    const lists = names.map((name) => byName.get(name)!);
    return { ...common, shape: this.#shapeOf(names), lists, resting: null };
  }

  #shapeOf(names: readonly string[]): Shape {
    return getOrCreate(this.#shapes, names.join(), () => {
      const positions = new Map(names.map((name, position) => [name, position]));
      return { names, positions, paths: new Set() };
    });
  }

  #put(path: string, before: StoredFile | undefined, after: StoredFile | undefined): void {
    this.#forgetDerived();
    const moved = before === undefined || after === undefined || before.component !== after.component;
    if (moved || before.role !== after.role) {
      this.#touch(idOf('role', path));
      this.#touchIn(directoryOf(path), ROLE);
    }
    if (before === undefined || after === undefined) this.#order = null;
    if (moved || before.shape !== after.shape) {
      if (before !== undefined) this.#leave(before);
      if (after !== undefined) this.#join(after);
    }
    // Nobody has read anything yet.
    const isNews = this.#runs.size > 0 || this.#sorted.size > 0;
    for (const name of new Set([...(before?.shape.names ?? []), ...(after?.shape.names ?? [])])) {
      if (!isNews && !this.#keys.has(name) && !this.#words.has(name)) continue;
      const old = factsIn(before, name);
      const now = factsIn(after, name);
      if (!moved && sameFacts(old, now)) continue;
      this.#replace(name, path, old, now, before, after);
    }
    if (after === undefined) this.#files.delete(path);
    else this.#files.set(path, after);
  }

  #leave(file: StoredFile): void {
    const { path, shape } = file;
    shape.paths.delete(path);
    for (const name of shape.names) this.#counts.set(name, this.#counts.get(name)! - 1);
    if (shape.paths.size === 0) {
      this.#shapes.delete(shape.names.join());
      for (const name of shape.names) this.#shapesOf.get(name)?.delete(shape);
    }
    for (const id of partitionsOf(file)) {
      const partition = this.#partitions.get(id)!;
      partition.paths.delete(path);
      partition.order = null;
      const others = partition.shapes.get(shape)! - 1;
      if (others > 0) partition.shapes.set(shape, others);
      else partition.shapes.delete(shape);
      if (partition.paths.size === 0) this.#partitions.delete(id);
    }
  }

  #join(file: StoredFile): void {
    const { path, shape, component, directory } = file;
    const isNew = shape.paths.size === 0;
    if (isNew) {
      this.#shapes.set(shape.names.join(), shape);
      for (const name of shape.names) getOrCreate(this.#shapesOf, name, () => new Set()).add(shape);
    }
    shape.paths.add(path);
    for (const name of shape.names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (isNew) this.#scheduleReaders(shape, 'workspace', '');
    for (const [kind, name] of [
      ['component', component],
      ['directory', directory],
    ] as const) {
      const partition = getOrCreate(
        this.#partitions,
        idOf(kind, name),
        (): Partition => ({ paths: new Set(), order: null, shapes: new Map() }),
      );
      partition.paths.add(path);
      partition.order = null;
      const others = partition.shapes.get(shape) ?? 0;
      partition.shapes.set(shape, others + 1);
      // With others of the shape whoever reads them is known already.
      if (others === 0) this.#scheduleReaders(shape, kind, name);
    }
  }

  /** Schedules the judges of a partition that read facts of these names, unless what they read schedules them. */
  #scheduleReaders({ names }: Shape, kind: WorkspaceJudge['partition'], partition: string): void {
    const source = idOf(kind, partition);
    for (const index of new Set(names.flatMap((name) => this.#readers.get(name) ?? []))) {
      if (this.#judges[index]!.judge.partition !== kind || this.#runOf(source, index) !== undefined) continue;
      this.#schedule(index, partition);
    }
  }

  /** The run of a judge in a partition. */
  #runOf(source: string, judge: number): JudgeRun | undefined {
    return this.#runs.get(source)?.find((run) => run.judge === judge);
  }

  /** All facts of a file, those of each name in the order of the text. */
  factsOf(path: string): readonly Fact[] {
    const file = this.#files.get(path);
    return file === undefined ? NO_FACTS : file.shape.names.flatMap((name) => factsIn(file, name));
  }

  /** Facts that are read in the whole workspace at once never rest, unless nearly every file of a huge one has some. */
  #staysAwake(name: string): boolean {
    return this.#widelyRead.has(name) && this.#counts.get(name)! <= MANY_FILES;
  }

  /** How many facts of a file may be put to rest. */
  #restable({ shape, lists }: StoredFile): number {
    let count = 0;
    shape.names.forEach((name, i) => {
      if (!this.#staysAwake(name)) count += lists?.[i]?.length ?? 0;
    });
    return count;
  }

  #unload(path: string): void {
    this.#loadedFacts -= this.#loaded.get(path) ?? 0;
    this.#loaded.delete(path);
  }

  /** How many facts may be objects. */
  get #limit(): number {
    if (this.#files.size <= MANY_FILES) return this.#factLimit;
    return Math.min(this.#once ? FACT_LIMIT_ONCE : FACT_LIMIT_OF_MANY_FILES, this.#factLimit);
  }

  /** Counts facts that are objects now, and puts others to rest if they are too many. */
  #load(path: string, count: number): void {
    const all = count + (this.#loaded.get(path) ?? 0);
    this.#unload(path);
    this.#loaded.set(path, all);
    this.#loadedFacts += all;
    const limit = this.#limit;
    if (this.#loadedFacts <= limit) return;
    for (const other of this.#loaded.keys()) {
      if (this.#loadedFacts <= limit || other === path) break;
      this.#rest(other);
    }
  }

  #rest(path: string): void {
    const file = this.#files.get(path)!;
    this.#unload(path);
    file.resting ??= this.#toRest?.(path) ?? null;
    if (file.resting === null || file.lists === null) return;
    const partitions = partitionsOf(file);
    const lists = file.lists.map((list, i) => {
      const name = file.shape.names[i]!;
      if (list === null || this.#staysAwake(name)) return list;
      for (const partition of partitions) this.#sorted.delete(idOf(partition, name));
      return null;
    });
    file.lists = lists.some((list) => list !== null) ? lists : null;
  }

  /** Facts of a name in a file, which stay objects for a while. */
  #read(path: string, name: string): readonly Fact[] {
    const file = this.#files.get(path);
    const at = file?.shape.positions.get(name);
    if (at === undefined) return NO_FACTS;
    const list = file!.lists?.[at] ?? null;
    if (list !== null) return list;
    const facts = file!.resting!.factsAt(at);
    file!.lists ??= file!.shape.names.map(() => null);
    file!.lists[at] = facts;
    if (!this.#staysAwake(name)) this.#load(path, facts.length);
    return facts;
  }

  #replace(
    name: string,
    path: string,
    old: readonly Fact[],
    now: readonly Fact[],
    before: StoredFile | undefined,
    after: StoredFile | undefined,
  ): void {
    this.#touchAll(name);

    const keys = this.#keys.get(name);
    if (keys !== undefined) this.#replaceKeys(keys, name, path, old, now);
    const words = this.#words.get(name);
    if (words !== undefined) this.#replaceWords(words, name, path, old, now);

    for (const stored of [before, after]) {
      if (stored === undefined) continue;
      for (const partition of partitionsOf(stored)) this.#touch(idOf(partition, name));
      this.#touchIn(stored.directory, idOf('get', name));
    }
  }

  #replaceKeys(
    keys: Map<string, Some<string>>,
    name: string,
    path: string,
    old: readonly Fact[],
    now: readonly Fact[],
  ): void {
    const oldByKey = groupBy(old, 'key');
    const nowByKey = groupBy(now, 'key');
    for (const [key, right] of nowByKey) {
      const left = oldByKey.get(key);
      if (left === undefined) keys.set(key, withOne(keys.get(key), path));
      if (left === undefined || !sameFacts(left, right)) this.#touchKey(name, key);
    }
    for (const key of oldByKey.keys()) {
      if (nowByKey.has(key)) continue;
      const rest = withoutOne(keys.get(key), path);
      if (rest === undefined) keys.delete(key);
      else keys.set(key, rest);
      this.#touchKey(name, key);
    }
  }

  /** Only the words of facts that differ are looked at: those of an open file are mostly the same as before. */
  #replaceWords(
    words: Map<string, Some<string>>,
    name: string,
    path: string,
    old: readonly Fact[],
    now: readonly Fact[],
  ): void {
    const [before, after] = [new Set(old), new Set(now)];
    const added = wordsOf(now.filter((fact) => !before.has(fact)));
    for (const word of added) {
      const known = words.get(word);
      if (isAmong(known, path)) continue;
      words.set(word, withOne(known, path));
      this.#touch(idOf('word', name, word));
    }
    for (const word of wordsOf(old.filter((fact) => !after.has(fact)))) {
      if (added.has(word)) continue;
      if (now.some((fact) => before.has(fact) && hasWord(fact, word))) continue;
      const rest = withoutOne(words.get(word), path);
      if (rest === undefined) words.delete(word);
      else words.set(word, rest);
      this.#touch(idOf('word', name, word));
    }
  }

  /** Files with facts of a name that hold the word. */
  #mentions(name: string, word: string): readonly string[] {
    let words = this.#words.get(name);
    if (words === undefined) {
      words = new Map();
      this.#words.set(name, words);
      // As with keys.
      for (const path of this.#holders(name)) {
        for (const word of wordsOf(factsIn(this.#files.get(path), name)))
          words.set(word, withOne(words.get(word), path));
      }
    }
    return sorted(words.get(word));
  }

  #touchKey(name: string, key: string): void {
    this.#found.get(name)?.delete(key);
    this.#touch(idOf('key', name, key));
    this.#touch(idOf('paths', name, directoryOf(key)));
    for (const directory of [key, directoryOf(key)]) {
      if (isKeyIn(directory, key)) this.#touchIn(directory, idOf('key', name));
    }
  }

  #touchAll(name: string): void {
    this.#touch(idOf('all', name));
    if (!this.#readFromDirectories.has(name)) return;
    const read = idOf('all', name);
    for (const runs of this.#runs.values()) {
      for (const run of runs) if (run.own.has(read)) this.#repeat(run);
    }
  }

  /** Has judges of a directory run again that read this there. */
  #touchIn(directory: string, read: string): void {
    for (const run of this.#runs.get(idOf('directory', directory)) ?? []) if (run.own.has(read)) this.#repeat(run);
  }

  /** Files with facts of a name, by the keys of these. */
  #keysOf(name: string): Map<string, Some<string>> {
    let keys = this.#keys.get(name);
    if (keys !== undefined) return keys;
    keys = new Map();
    this.#keys.set(name, keys);
    // Nobody has asked for any of them, so nobody is told.
    for (const path of this.#holders(name)) {
      for (const { key } of this.#read(path, name)) {
        const known = keys.get(key);
        if (known !== path) keys.set(key, withOne(known, path));
      }
    }
    return keys;
  }

  /** Those of some files that lie right in a directory, in order. */
  #inDirectory(directory: string, paths: Some<string>): readonly string[] {
    // Of many files few may lie there.
    if (!(paths instanceof Set)) return sorted(paths).filter((path) => directoryOf(path) === directory);
    const partition = this.#partitions.get(idOf('directory', directory));
    return partition === undefined ? NOTHING : inOrder(partition).filter((path) => paths.has(path));
  }

  /** Facts with a name and key, of the whole workspace or of a directory. */
  #lookup(name: string, key: string, directory?: string): readonly Fact[] {
    const paths = this.#keysOf(name).get(key);
    if (paths === undefined) return NO_FACTS;
    if (directory !== undefined) return this.#factsWith(key, name, this.#inDirectory(directory, paths));
    const found = getOrCreate(this.#found, name, () => new Map<string, readonly Fact[]>());
    const known = found.get(key);
    if (known !== undefined) return known;
    const facts = this.#factsWith(key, name, sorted(paths));
    // They stay objects as long as they are kept here.
    this.#foundFacts += facts.length;
    if (this.#foundFacts > this.#limit) {
      this.#found.clear();
      this.#foundFacts = 0;
    } else found.set(key, facts);
    return facts;
  }

  #touch(dependency: string): void {
    this.#sorted.delete(dependency);
    for (const run of itemsOf(this.#dependents.get(dependency)?.runs)) this.#repeat(run);
  }

  #repeat({ judge, source }: JudgeRun): void {
    this.#schedule(judge, source.slice(source.indexOf(SEPARATOR) + 1));
  }

  #schedule(index: number, partition: string): void {
    const source = idOf(this.#judges[index]!.judge.partition, partition);
    let pending = this.#pending.get(source);
    if (pending === undefined) {
      pending = { partition, judges: new Set() };
      this.#pending.set(source, pending);
      this.#queue = null;
    }
    pending.judges.add(index);
  }

  /** Whether a judge has to run, because something that it read has changed. */
  get isPending(): boolean {
    return this.#pending.size > 0;
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
    let hasRun = false;
    const end = this.#now() + (budget?.milliseconds ?? Number.POSITIVE_INFINITY);
    const putOff: string[] = [];
    // Judges of a partition follow each other, so that what they share need not be kept for longer.
    this.#queue ??= [...this.#pending.keys()].sort().reverse();
    let isOver = false;
    while (!isOver && this.#queue.length > 0) {
      const source = this.#queue.pop()!;
      const { partition, judges } = this.#pending.get(source)!;
      for (const index of judges) {
        const began = this.#now();
        const mayWait = hasRun || budget?.progress !== true;
        const cost = this.#runOf(source, index)?.cost ?? 0;
        isOver = mayWait && began >= end;
        if (isOver) break;
        if (mayWait && began + cost >= end) continue;
        hasRun = true;
        judges.delete(index);
        if (source !== this.#derivedFrom) this.#derived = new Map();
        this.#derivedFrom = source;
        const problem = this.#run(index, partition, began, changed);
        if (problem !== null) problems.push(problem);
      }
      if (judges.size > 0) putOff.push(source);
      else this.#pending.delete(source);
    }
    while (putOff.length > 0) this.#queue.push(putOff.pop()!);
    if (this.#once && !this.isPending) this.#forgetReads();
    return { changed, problems };
  }

  /** What helps judges to read is of no use when all have run for good. */
  #forgetReads(): void {
    this.#forgetDerived();
    for (const known of [this.#sorted, this.#found, this.#keys, this.#words]) known.clear();
  }

  /** Runs a judge; adds the paths of which it says something, or said before, to `changed`. */
  #run(index: number, partition: string, began: number, changed: Set<string>): JudgeProblem | null {
    const entry = this.#judges[index]!;
    const source = idOf(entry.judge.partition, partition);
    const previous = this.#runOf(source, index);
    if (previous !== undefined) this.#forget(previous);
    for (const path of previous?.paths ?? []) changed.add(path);
    if (!this.#exists(entry.judge, partition)) return null;
    const reads = newReads();
    let verdicts: readonly WorkspaceVerdict[] = [];
    let problem: JudgeProblem | null = null;
    try {
      const view = this.#view(entry.judge, partition, reads, this.#derived);
      verdicts = [...entry.judge.judge(view, entry.options(partition))];
    } catch (error) {
      problem = { rule: entry.rule, partition, error };
    }
    this.runCount++;
    const byPath = new Map<string, WorkspaceVerdict[]>();
    for (const verdict of verdicts) getOrCreate(byPath, verdict.subject.path, () => []).push(verdict);
    const run: JudgeRun = { judge: index, source, own: NO_READS, others: NOTHING, cost: 0, paths: NOTHING };
    for (const [path, own] of byPath) {
      changed.add(path);
      this.#verdicts.set(path, (this.#verdicts.get(path) ?? NOTHING).concat(saidBy(run, own)));
    }
    if (this.#once) return problem;
    this.#remember(run, allReads(reads));
    run.cost = this.#now() - began;
    if (byPath.size > 0) run.paths = [...byPath.keys()];
    return problem;
  }

  /** Keeps a run with what it read. */
  #remember(run: JudgeRun, reads: ReadonlySet<string>): void {
    const own: string[] = [];
    const others: Dependency[] = [];
    for (const read of reads) {
      if (read.startsWith(OWN)) own.push(read.slice(OWN.length));
      else others.push(this.#depend(run, read));
    }
    own.sort();
    run.own = getOrCreate(this.#ownReads, own.join(), () => new Set(own));
    // Lists that grew have room for more; copies have not.
    if (others.length > 0) run.others = others.slice();
    const runs = this.#runs.get(run.source);
    if (runs === undefined) this.#runs.set(run.source, [run]);
    else runs.push(run);
  }

  #depend(run: JudgeRun, read: string): Dependency {
    const dependency = getOrCreate(this.#dependents, read, (): Dependency => ({ id: read, runs: undefined }));
    dependency.runs = withOne(dependency.runs, run);
    return dependency;
  }

  #exists(judge: WorkspaceJudge, partition: string): boolean {
    if (judge.partition === 'workspace') return judge.reads.some((name) => (this.#shapesOf.get(name)?.size ?? 0) > 0);
    const { shapes } = this.#partitions.get(idOf(judge.partition, partition)) ?? {};
    for (const shape of shapes?.keys() ?? []) if (readsOf(judge, shape)) return true;
    return false;
  }

  #forget(run: JudgeRun): void {
    for (const dependency of run.others) {
      dependency.runs = withoutOne(dependency.runs, run);
      if (dependency.runs === undefined) this.#dependents.delete(dependency.id);
    }
    for (const path of run.paths) {
      const others = withoutRun(this.#verdicts.get(path) ?? NOTHING, run);
      if (others.length === 0) this.#verdicts.delete(path);
      else this.#verdicts.set(path, others);
    }
    const rest = this.#runs.get(run.source)?.filter((other) => other !== run) ?? [];
    if (rest.length === 0) this.#runs.delete(run.source);
    else this.#runs.set(run.source, rest);
  }

  /** Files that judges spoke of. */
  judgedPaths(): Iterable<string> {
    return this.#verdicts.keys();
  }

  /** What judges said of a file, in a fixed order. */
  verdictsOf(path: string): readonly JudgeVerdict[] {
    return [...sectionsOf(this.#verdicts.get(path) ?? NOTHING)]
      .sort((a, b) => a.run.judge - b.run.judge || (a.run.source < b.run.source ? -1 : 1))
      .flatMap(({ run, said, passes, others, end }) => {
        const { rule } = this.#judges[run.judge]!;
        const all: JudgeVerdict[] = [];
        for (let at = others; at < end; at++) all.push({ rule, verdict: said[at] as WorkspaceVerdict });
        for (let at = passes; at < others; at += 3) {
          const [anchor, start, end] = said.slice(at, at + 3) as [Anchor | null, number, number];
          all.push({ rule, verdict: { kind: 'pass', subject: { path, anchor, span: { start, end } } } });
        }
        return all;
      });
  }

  #view(judge: WorkspaceJudge, partition: string, reads: Reads, derived: Derived): FactView {
    // There are nearly as many directories as files: what their judges read at home needs no record of its own, and what
    // they ask of the files of another directory needs one for all of these.
    const isDirectory = judge.partition === 'directory';
    const source = idOf(judge.partition, partition);
    const note = (...read: readonly string[]): void => {
      if (!this.#once) reads.dependencies.add(idOf(...read));
    };
    const noteOwn = (...read: readonly string[]): void => {
      if (!this.#once) reads.dependencies.add(OWN + idOf(...read));
    };
    const noteLookup = (name: string, key: string): void => {
      if (isDirectory && isKeyIn(partition, key)) noteOwn('key', name);
      else if (isDirectory && this.#files.has(key)) note('paths', name, directoryOf(key));
      else note('key', name, key);
    };
    const noteRole = (path: string): void => {
      if (isDirectory && directoryOf(path) === partition) noteOwn(ROLE);
      else note('role', path);
    };
    const view: FactView = {
      partition,
      get: (name) => {
        if (judge.partition === 'workspace') return view.all(name);
        if (isDirectory) noteOwn('get', name);
        else note(source, name);
        return this.#all(idOf(source, name), name, this.#partitions.get(source));
      },
      lookup: (name, key, directory) => {
        if (!this.#once) noteLookup(name, key);
        return this.#lookup(name, key, directory);
      },
      mentions: (name, word) => {
        note('word', name, word);
        return this.#mentions(name, word);
      },
      all: (name) => {
        this.#widelyRead.add(name);
        if (isDirectory) {
          this.#readFromDirectories.add(name);
          noteOwn('all', name);
        } else note('all', name);
        return this.#all(idOf('all', name), name);
      },
      role: (path) => {
        if (!this.#once) noteRole(path);
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
    return view;
  }

  /** All facts of a name, in path and position order. */
  named(name: string): readonly Fact[] {
    return this.#factsOf(name, this.#holders(name));
  }

  /** What `named` says, or those of a partition. `id`: name of the question. */
  #all(id: string, name: string, partition?: Partition): readonly Fact[] {
    const known = this.#sorted.get(id);
    if (known !== undefined) return known;
    const paths = this.#holders(name, partition);
    if (paths.length > MANY_FILES) return paths.flatMap((path) => factsIn(this.#files.get(path), name));
    // Whoever keeps what he made of facts knows them by their list, which is the same again.
    if (paths.length === 0) return NO_FACTS;
    const facts = this.#factsOf(name, paths);
    this.#sorted.set(id, facts);
    return facts;
  }

  /** Files of the workspace or of a partition that have facts of a name, in order. */
  #holders(name: string, partition?: Partition): readonly string[] {
    const shapes = this.#shapesOf.get(name);
    // Most directories have no facts of most names.
    if (shapes === undefined || (partition !== undefined && !holdsAny(partition, shapes))) return NOTHING;
    if (this.#counts.get(name)! < (partition?.paths ?? this.#files).size / FEW) {
      const paths = [...shapes].flatMap((shape) => [...shape.paths]);
      return paths.filter((path) => partition?.paths.has(path) !== false).sort();
    }
    this.#order ??= [...this.#files.keys()].sort();
    return (partition === undefined ? this.#order : inOrder(partition)).filter((path) =>
      shapes.has(this.#files.get(path)!.shape),
    );
  }

  #factsWith(key: string, name: string, paths: readonly string[]): readonly Fact[] {
    const facts: Fact[] = [];
    for (const path of paths) {
      for (const fact of this.#read(path, name)) if (fact.key === key) facts.push(fact);
    }
    return facts;
  }

  #factsOf(name: string, paths: readonly string[]): readonly Fact[] {
    if (paths.length === 1) return this.#read(paths[0]!, name);
    const facts: Fact[] = [];
    for (const path of paths) for (const fact of this.#read(path, name)) facts.push(fact);
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

function readsOf(judge: WorkspaceJudge, { positions }: Shape): boolean {
  return judge.reads.some((name) => positions.has(name));
}

function inOrder(partition: Partition): readonly string[] {
  partition.order ??= [...partition.paths].sort();
  return partition.order;
}

function holdsAny(partition: Partition, shapes: ReadonlySet<Shape>): boolean {
  for (const shape of partition.shapes.keys()) if (shapes.has(shape)) return true;
  return false;
}

function isList(facts: FileFacts['facts']): facts is readonly Fact[] {
  return Array.isArray(facts);
}

function factsIn(file: StoredFile | undefined, name: string): readonly Fact[] {
  const at = file?.shape.positions.get(name);
  if (at === undefined) return NO_FACTS;
  return file!.lists?.[at] ?? file!.resting!.factsAt(at);
}

/** Whether a key is a directory or the path of a file in it. Keys without a slash may be anything. */
function isKeyIn(directory: string, key: string): boolean {
  return directory !== '' && (key === directory || directoryOf(key) === directory);
}

function saidBy(run: JudgeRun, verdicts: readonly WorkspaceVerdict[]): SaidOfFile {
  const others = verdicts.filter(({ kind }) => kind !== 'pass');
  const passes = verdicts.length - others.length;
  const said: SaidOfFile[number][] = [run, passes, others.length];
  for (const { kind, subject } of verdicts) {
    if (kind === 'pass') said.push(subject.anchor, subject.span.start, subject.span.end);
  }
  return said.concat(others);
}

/** What a run said: positions of its first pass, of what is no pass, and of the end. */
interface Section {
  readonly run: JudgeRun;
  readonly said: SaidOfFile;
  readonly start: number;
  readonly passes: number;
  readonly others: number;
  readonly end: number;
}

function* sectionsOf(said: SaidOfFile): Generator<Section> {
  for (let start = 0; start < said.length; ) {
    const passes = start + 3;
    const others = passes + 3 * (said[start + 1] as number);
    const end = others + (said[start + 2] as number);
    yield { run: said[start] as JudgeRun, said, start, passes, others, end };
    start = end;
  }
}

function withoutRun(said: SaidOfFile, run: JudgeRun): SaidOfFile {
  for (const section of sectionsOf(said)) {
    if (section.run === run) return said.slice(0, section.start).concat(said.slice(section.end));
  }
  return said;
}

/** The words of texts, each once, as copies: a part of a text would keep the whole alive. */
function wordsOf(facts: readonly Fact[]): Set<string> {
  const words = new Set<string>();
  for (const { value } of facts) {
    if (typeof value !== 'string') continue;
    for (const word of value.split(/\s+/)) if (word.length >= SHORTEST_WORD) words.add(word);
  }
  return words;
}

function hasWord({ value }: Fact, word: string): boolean {
  return typeof value === 'string' && value.includes(word) && value.split(/\s+/).includes(word);
}

function itemsOf<T extends string | JudgeRun>(known: Some<T> | undefined): Iterable<T> {
  if (known === undefined) return [];
  return isMany(known) ? known : [known];
}

function sorted(known: Some<string> | undefined): readonly string[] {
  return typeof known === 'string' ? [known] : [...itemsOf(known)].sort();
}

function isMany<T extends string | JudgeRun>(known: Some<T>): known is readonly T[] | Set<T> {
  return known instanceof Set || Array.isArray(known);
}

function isAmong<T extends string | JudgeRun>(known: Some<T> | undefined, item: T): boolean {
  if (known === undefined || !isMany(known)) return known === item;
  return known instanceof Set ? known.has(item) : known.includes(item);
}

function withOne<T extends string | JudgeRun>(known: Some<T> | undefined, item: T): Some<T> {
  if (known === undefined || known === item) return item;
  if (known instanceof Set) return known.add(item);
  const items: readonly T[] = isMany(known) ? known : [known];
  if (items.includes(item)) return items;
  return items.length < FEW ? items.concat(item) : new Set(items).add(item);
}

function withoutOne<T extends string | JudgeRun>(known: Some<T> | undefined, item: T): Some<T> | undefined {
  if (known === item) return undefined;
  if (known instanceof Set) {
    known.delete(item);
    return known.size === 0 ? undefined : known;
  }
  if (known === undefined || !isMany(known)) return known;
  const items = known.filter((other) => other !== item);
  return items.length === 1 ? items[0] : items;
}

/** Kind and name of the partitions that a file belongs to. */
function partitionsOf({ component, directory }: StoredFile): readonly string[] {
  return [idOf('component', component), idOf('directory', directory)];
}

function groupBy(facts: readonly Fact[], property: 'name' | 'key'): Map<string, Fact[]> {
  const result = new Map<string, Fact[]>();
  for (const fact of facts) getOrCreate(result, fact[property], () => []).push(fact);
  // Lists that grew have room for more; copies have not.
  for (const [key, list] of result) result.set(key, list.slice());
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
