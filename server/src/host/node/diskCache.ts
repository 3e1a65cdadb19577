/**
 * The cache as files: a folder for each workspace and program, in it some two hundred files that hold the records of the
 * directories that hash to them, and one with the result for the whole workspace. Each is sealed with a digest, written
 * beside its place and renamed into it, so that a reader finds the old one, the new one, or one that it recognises as
 * damaged and ignores. Two processes never wait for each other: the later rename wins. What fails is left undone; it
 * never throws, shows nothing to the user, and touches nothing outside of its folder.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debuglog } from 'node:util';
import { isRecord } from '../../core/engine/record.ts';
import type { Json } from '../../core/model/json.ts';
import { directoryOf } from '../../core/model/path.ts';
import { hashText } from '../../core/text/hash.ts';
import type { Cache, KeptResult } from '../host.ts';
import { digestOf, readRegularFile } from './bytes.ts';

/** Shown when the environment variable NODE_DEBUG names `shipworthy`. */
const debug = debuglog('shipworthy');

const DAY = 24 * 60 * 60 * 1000;
/** Workspaces that nobody opened for that long are removed, and the oldest ones while all take more than that. */
const KEPT_FOR = 30 * DAY;
const KEPT_BYTES = 1 << 30;
/** What a process that was killed may have left beside the files. */
const TEMPORARY = /\.tmp$/;
const TEMPORARY_KEPT_FOR = DAY;
/** Names of the folders below the cache folder; whatever else is in there belongs to somebody else. */
const WORKSPACE = /^[0-9a-f]{32}-[0-9a-f]{32}$/;
const SHARD = /^[0-9a-f]{2}$/;
const RESULT = 'result';

/** Length of the records that wait to be written, in characters, while they are few. */
const HELD_BACK = 4_000_000;

const SEAL = 'shipworthy cache 1\n';
const DIGEST_LENGTH = 32;
const BODY = SEAL.length + DIGEST_LENGTH + 1;
const MAX_BYTES = 1 << 30;
const LINE_FEED = 10;
const TAB = 9;

/** The user's cache folder of this platform for this tool, or null when there is none. */
export function defaultCacheFolder(): string | null {
  const { XDG_CACHE_HOME: chosen, LOCALAPPDATA: local } = process.env;
  if (chosen !== undefined && isAbsolute(chosen)) return join(chosen, 'shipworthy');
  if (process.platform === 'win32') return local === undefined ? null : join(local, 'shipworthy', 'cache');
  try {
    const home = homedir();
    if (!isAbsolute(home)) return null;
    return join(home, process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'shipworthy');
  } catch {
    // A user without an entry in the system's list of users has no home.
    return null;
  }
}

/** Names the program by its bytes: what another one found is not used. Null when a file cannot be read. */
export function digestOfProgram(files: readonly URL[]): string | null {
  try {
    const contents = files.map((file) => readRegularFile(fileURLToPath(file), MAX_BYTES)?.bytes ?? '');
    return digestOf(process.version, ...contents.flatMap((bytes) => [`\n${bytes.length}\n`, bytes]));
  } catch {
    return null;
  }
}

export interface DiskCacheOptions {
  /** Holds the caches of all workspaces; made when it is not there. */
  readonly folder: string;
  /** Folders of the machine that make up the workspace, and what their files' paths begin with. */
  readonly roots: readonly { readonly prefix: string; readonly folder: string }[];
  /** See `digestOfProgram`: records are functions of the program that made them, of path and text. */
  readonly program: string;
}

/** Opens the cache of a workspace. Reads nothing before it is asked. */
export function openDiskCache({ folder, roots, program }: DiskCacheOptions): Cache {
  const workspace = digestOf(JSON.stringify(roots.map((root) => [root.prefix, root.folder])));
  return new DiskCache(folder, `${workspace}-${program}`);
}

interface Entry {
  readonly digest: string;
  /** Where its line starts, where its record starts, and where both end. */
  readonly line: number;
  readonly record: number;
  readonly end: number;
}

/** A file of the cache: a line for each record, `digest path TAB record`, with the path as JSON. */
interface Shard {
  readonly bytes: Buffer;
  readonly entries: ReadonlyMap<string, Entry>;
}

interface Fresh {
  readonly digest: string;
  readonly record: string;
}

const EMPTY: Shard = { bytes: Buffer.alloc(0), entries: new Map() };

class DiskCache implements Cache {
  readonly #root: string;
  readonly #name: string;
  readonly #folder: string;
  /** Files of the cache that were read, and what is to be written. */
  readonly #loaded = new Map<string, Shard>();
  #fresh = new Map<string, Map<string, Fresh>>();
  #freshLength = 0;
  #writtenLength = 0;
  /** What the files of the cache that were read or written hold, to see what has to go. */
  readonly #held = new Map<string, ReadonlySet<string>>();
  #result: { readonly key: string; readonly json: string } | null = null;
  /** Files of the cache that were written since everything was forgotten; null: nothing is. */
  #remembered: Set<string> | null = null;
  /** Writing failed: until the next `save` it is not tried again. */
  #failed = false;
  #scratch: Buffer = Buffer.alloc(0);
  /** The folder came into being since the last `save`. */
  #isNew = false;
  /** Writes follow each other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(root: string, name: string) {
    this.#root = root;
    this.#name = name;
    this.#folder = join(root, name);
  }

  knows(path: string): boolean {
    const shard = shardOf(path);
    return this.#fresh.get(shard)?.has(path) === true || this.#load(shard).entries.has(path);
  }

  find(path: string, digest: string): string | null {
    const name = shardOf(path);
    const fresh = this.#fresh.get(name)?.get(path);
    if (fresh !== undefined) return fresh.digest === digest ? fresh.record : null;
    const { bytes, entries } = this.#load(name);
    const entry = entries.get(path);
    if (entry?.digest !== digest) return null;
    const record = bytes.toString('utf8', entry.record, entry.end);
    return isRecord(record) ? record : null;
  }

  keep(path: string, digest: string, record: string): void {
    if (this.#failed) return;
    const name = shardOf(path);
    let fresh = this.#fresh.get(name);
    if (fresh === undefined) {
      fresh = new Map();
      this.#fresh.set(name, fresh);
    }
    fresh.set(path, { digest, record });
    this.#freshLength += record.length;
    // Growing with what there is, so that large workspaces do not write the same files over and over.
    if (this.#freshLength < Math.max(HELD_BACK, this.#writtenLength / 2)) return;
    const batch = this.#takeFresh();
    void this.#enqueue(() => this.#writeShards(batch, null, nextTurn));
  }

  result(): KeptResult | null {
    const bytes = this.#remembered === null ? this.#read(RESULT) : null;
    const end = bytes?.indexOf(LINE_FEED, BODY) ?? -1;
    if (bytes === null || end < 0) return null;
    return { key: bytes.toString('utf8', BODY, end), value: () => parseJson(bytes.toString('utf8', end + 1)) };
  }

  keepResult(key: string, result: Json): void {
    this.#result = { key, json: JSON.stringify(result) };
  }

  forget(): void {
    this.#loaded.clear();
    this.#held.clear();
    this.#takeFresh();
    this.#remembered = new Set();
  }

  async save(paths: ReadonlySet<string> | null, pause: () => Promise<void>): Promise<void> {
    const batch = this.#takeFresh();
    const result = this.#result;
    const remembered = this.#remembered;
    this.#result = null;
    await this.#enqueue(async () => {
      if (paths !== null) {
        for (const [name, held] of this.#held) {
          if (!batch.has(name) && [...held].some((path) => !paths.has(path))) batch.set(name, new Map());
        }
        this.#removeStrays(new Set([...paths].map(shardOf)));
      }
      await this.#writeShards(batch, paths, pause);
      if (result !== null) this.#write(RESULT, [`${result.key}\n`, result.json]);
      this.#touch();
      if (this.#isNew) await this.#removeOld(pause);
      this.#isNew = false;
    });
    this.#loaded.clear();
    this.#held.clear();
    this.#writtenLength = 0;
    this.#scratch = Buffer.alloc(0);
    this.#failed = false;
    // Unless it was forgotten again meanwhile.
    if (this.#remembered === remembered) this.#remembered = null;
  }

  #takeFresh(): Map<string, ReadonlyMap<string, Fresh>> {
    const batch = this.#fresh;
    this.#writtenLength += this.#freshLength;
    this.#fresh = new Map();
    this.#freshLength = 0;
    return batch;
  }

  /** Writes when what was to be written before is; resolves also when it fails. */
  #enqueue(write: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#failed) return;
      try {
        await write();
      } catch (error) {
        this.#failed = true;
        debug('the cache is not written: %s', error);
      }
    });
    return this.#writing;
  }

  #load(name: string): Shard {
    let shard = this.#loaded.get(name);
    if (shard === undefined) {
      shard = this.#readShard(name);
      this.#loaded.set(name, shard);
      this.#held.set(name, new Set(shard.entries.keys()));
    }
    return shard;
  }

  #readShard(name: string): Shard {
    const bytes = this.#remembered?.has(name) === false ? null : this.#read(name);
    return bytes === null ? EMPTY : { bytes, entries: entriesOf(bytes) };
  }

  /** The bytes of a file of the cache, or null when it is not there or damaged. */
  #read(name: string): Buffer | null {
    try {
      const bytes = readRegularFile(join(this.#folder, name), MAX_BYTES)?.bytes ?? null;
      if (bytes === null || bytes.toString('latin1', 0, SEAL.length) !== SEAL) return null;
      const digest = bytes.toString('latin1', SEAL.length, BODY - 1);
      return digest === digestOf(bytes.subarray(BODY)) && bytes[BODY - 1] === LINE_FEED ? bytes : null;
    } catch {
      return null;
    }
  }

  /** Throws the system's error. */
  async #writeShards(
    batch: ReadonlyMap<string, ReadonlyMap<string, Fresh>>,
    paths: ReadonlySet<string> | null,
    pause: () => Promise<void>,
  ): Promise<void> {
    for (const [name, fresh] of batch) {
      this.#writeShard(name, fresh, paths);
      await pause();
    }
  }

  /** Replaces records of a file of the cache and drops those of files that are gone. Throws the system's error. */
  #writeShard(name: string, fresh: ReadonlyMap<string, Fresh>, paths: ReadonlySet<string> | null): void {
    const parts: (Buffer | string)[] = [];
    const held = new Set<string>();
    // Read again: another process may have written it meanwhile.
    const { bytes, entries } = this.#readShard(name);
    for (const [path, { line, end }] of entries) {
      if (fresh.has(path) || paths?.has(path) === false) continue;
      parts.push(bytes.subarray(line, end + 1));
      held.add(path);
    }
    for (const [path, { digest, record }] of fresh) {
      if (paths?.has(path) === false) continue;
      parts.push(`${digest} ${JSON.stringify(path)}\t`, record, '\n');
      held.add(path);
    }
    if (parts.length === 0) rmSync(join(this.#folder, name), { force: true });
    else this.#write(name, parts);
    this.#loaded.delete(name);
    this.#held.set(name, held);
    this.#remembered?.add(name);
  }

  #write(name: string, body: readonly (Buffer | string)[]): void {
    const place = join(this.#folder, name);
    const temporary = `${place}.${randomBytes(8).toString('hex')}.tmp`;
    if (mkdirSync(this.#folder, { recursive: true, mode: 0o700 }) !== undefined) this.#isNew = true;
    try {
      writeFileSync(temporary, this.#seal(body), { flag: 'wx', mode: 0o600 });
      renameSync(temporary, place);
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
  }

  /** The bytes of a file of the cache; valid until the next call, since one piece of memory serves them all. */
  #seal(body: readonly (Buffer | string)[]): Buffer {
    const length = BODY + sum(body.map((part) => (typeof part === 'string' ? Buffer.byteLength(part) : part.length)));
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafeSlow(length * 2);
    const bytes = this.#scratch.subarray(0, length);
    let at = BODY;
    for (const part of body) at += typeof part === 'string' ? bytes.write(part, at) : part.copy(bytes, at);
    bytes.write(`${SEAL}${digestOf(bytes.subarray(BODY))}\n`, 'latin1');
    return bytes;
  }

  /** A folder that is only read is in use as well. */
  #touch(): void {
    if (ageOf(this.#folder) < DAY) return;
    const now = new Date();
    utimesSync(this.#folder, now, now);
  }

  /** Removes files of the cache for which there is no directory any more, and old temporary ones. */
  #removeStrays(wanted: ReadonlySet<string>): void {
    for (const name of namesIn(this.#folder)) {
      const path = join(this.#folder, name);
      if (SHARD.test(name) ? !wanted.has(name) : TEMPORARY.test(name) && ageOf(path) > TEMPORARY_KEPT_FOR) {
        removeQuietly(path);
      }
    }
  }

  /**
   * Removes what was not used for long, and the oldest while there is too much. Called when a folder comes into being:
   * at no other time do they become more.
   */
  async #removeOld(pause: () => Promise<void>): Promise<void> {
    const others: { readonly path: string; readonly age: number; readonly size: number }[] = [];
    for (const name of namesIn(this.#root)) {
      if (!WORKSPACE.test(name) || name === this.#name) continue;
      const path = join(this.#root, name);
      others.push({ path, age: ageOf(path), size: sum(namesIn(path).map((file) => sizeOf(join(path, file)))) });
      await pause();
    }
    others.sort((a, b) => a.age - b.age);
    let total = 0;
    for (const { path, age, size } of others) {
      total += size;
      if (age < KEPT_FOR && total < KEPT_BYTES) continue;
      removeQuietly(path);
      await pause();
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resume) => setImmediate(resume));
}

function shardOf(path: string): string {
  return hashText(directoryOf(path)).slice(0, 2);
}

function entriesOf(bytes: Buffer): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (let line = BODY; line < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, line);
    const name = line + DIGEST_LENGTH + 1;
    const tab = bytes.indexOf(TAB, name);
    if (end < 0 || tab < 0 || tab > end) return new Map();
    try {
      const path: unknown = JSON.parse(bytes.toString('utf8', name, tab));
      const digest = bytes.toString('latin1', line, name - 1);
      if (typeof path === 'string') entries.set(path, { digest, line, record: tab + 1, end });
    } catch {
      return new Map();
    }
    line = end + 1;
  }
  return entries;
}

function parseJson(json: string): Json | null {
  try {
    return JSON.parse(json) as Json;
  } catch {
    return null;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Milliseconds since something was changed; nothing when that cannot be told. */
function ageOf(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    debug('%s is not removed: %s', path, error);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
