/** The cache as files (T23): what is in it, what damage does to it, and what it never becomes. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { languageOf } from '../../server/src/core/engine/roles.ts';
import { random } from '../harness/random.ts';
import { everyFixture, sampleFiles } from '../harness/workspace.ts';
import { temporaryWorkspace } from '../lsp/client.ts';
import { cacheOf, contentsOf, noPause, restore, type Scan, scan } from './harness.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';
const DAMAGES = FULL ? 1_000 : 60;

const temporary = mkdtempSync(join(tmpdir(), 'shipworthy-cache-'));
const cacheFolder = join(temporary, 'cache');
const files = new Map(
  [...sampleFiles(), ...[...everyFixture()].slice(0, 40)].filter(([path]) => languageOf(path) !== null),
);
const paths = [...files.keys()];
const workspace = temporaryWorkspace(Object.fromEntries(files));
let truth: Scan;

beforeAll(async () => {
  truth = await scan(workspace.folder, paths, null);
});
afterEach(() => rmSync(cacheFolder, { recursive: true, force: true }));
afterAll(() => {
  workspace.remove();
  rmSync(temporary, { recursive: true, force: true });
});

function scanAll(program?: string): Promise<Scan> {
  return scan(workspace.folder, paths, cacheOf(cacheFolder, workspace.folder, program));
}

/** Lines of all files of the cache, in order. */
function lines(): string[] {
  const all = [...contentsOf(cacheFolder).values()].flatMap((bytes) => bytes.toString('utf8').split('\n').slice(2));
  return all.filter((line) => line !== '').sort();
}

/** The record of a line: all behind its first tab. */
function recordIn(line: string): string {
  return line.slice(line.indexOf('\t') + 1);
}

/** A record without the facts that it promises. */
const TOO_SHORT = '{"role":"test","starts":[],"names":["file"],"problems":[]}\t{}';

describe('what is kept', () => {
  test('says the same, and no file is analysed a second time', async () => {
    const cold = await scanAll();
    expect(cold.state).toBe(truth.state);
    expect(cold.analysed).toEqual(paths);
    const warm = await scanAll();
    expect(warm.state).toBe(truth.state);
    expect(warm).toMatchObject({ analysed: [], known: paths });
  });

  test('is of no use to another program, another workspace and another path', async () => {
    await scanAll();
    expect((await scanAll('f'.repeat(32))).known).toEqual([]);
    const other = cacheOf(cacheFolder, `${workspace.folder}/other`);
    expect(paths.some((path) => other.knows(path))).toBe(false);
    const cache = cacheOf(cacheFolder, workspace.folder);
    expect(cache.knows('cmd/server/main.go')).toBe(true);
    expect(cache.knows('cmd/server/other.go')).toBe(false);
  });

  test('of a file that changed is replaced, and of one that changed back is found again by its content', async () => {
    await scanAll();
    const file = join(workspace.folder, 'cmd/server/main.go');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `${before}\nvar added = 1\n`);
    const changed = await scanAll();
    expect(changed.analysed).toEqual(['cmd/server/main.go']);
    expect(changed.state).toBe((await scan(workspace.folder, paths, null)).state);
    writeFileSync(file, before);
    expect((await scanAll()).analysed).toEqual(['cmd/server/main.go']);
    expect((await scanAll()).state).toBe(truth.state);
  });

  test('does not grow: after any history it is what a new cache would be', async () => {
    await scanAll();
    const fresh = lines();
    const more = Object.fromEntries(['a/x.go', 'a/y.go', 'b/c/z.go'].map((path) => [path, 'package a\n']));
    for (const [path, text] of Object.entries(more)) {
      mkdirSync(join(workspace.folder, path, '..'), { recursive: true });
      writeFileSync(join(workspace.folder, path), text);
    }
    await scan(workspace.folder, [...paths, ...Object.keys(more)], cacheOf(cacheFolder, workspace.folder));
    expect(lines().length).toBe(fresh.length + 3);
    for (const path of Object.keys(more)) rmSync(join(workspace.folder, path));
    await scanAll();
    expect(lines()).toEqual(fresh);
  });

  test('can be forgotten', async () => {
    await scanAll();
    const cache = cacheOf(cacheFolder, workspace.folder);
    cache.forget();
    expect((await scan(workspace.folder, paths, cache)).analysed).toEqual(paths);
    expect((await scanAll()).analysed).toEqual([]);
  });

  test('is written in parts when it is much, and all of it is there in the end', async () => {
    await scanAll();
    const record = recordIn(lines()[0]!);
    const digest = 'a'.repeat(32);
    const all = Array.from({ length: 300 }, (_, i) => `many/${i % 70}/${i}.go`);
    for (const forget of [false, true]) {
      const cache = cacheOf(cacheFolder, workspace.folder);
      if (forget) cache.forget();
      for (const path of all) {
        cache.keep(path, digest, record + ' '.repeat(50_000));
        await new Promise((resume) => setImmediate(resume));
      }
      const half = new Set(all.filter((_, i) => i % 2 === 0));
      await cache.save(half, noPause);
      const again = cacheOf(cacheFolder, workspace.folder);
      expect(all.filter((path) => again.find(path, digest) !== null)).toEqual([...half]);
      expect(paths.some((path) => again.knows(path))).toBe(false);
    }
  });

  test('for the whole workspace comes back under its key', async () => {
    const cache = cacheOf(cacheFolder, workspace.folder);
    expect(cache.result()).toBeNull();
    cache.keepResult('one', { text: 'é\n"', list: [1, null, true] });
    await cache.save(null, noPause);
    const kept = cacheOf(cacheFolder, workspace.folder).result();
    expect(kept?.key).toBe('one');
    expect(kept?.value()).toEqual({ text: 'é\n"', list: [1, null, true] });
  });

  test.skipIf(process.platform === 'win32')('is for the eyes of its owner', async () => {
    await scanAll();
    const [folder] = readdirSync(cacheFolder);
    expect(statSync(join(cacheFolder, folder!)).mode & 0o777).toBe(0o700);
    for (const file of contentsOf(cacheFolder).keys()) expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('damage', () => {
  test(`of ${DAMAGES} kinds changes no finding and is mended`, async () => {
    const cache = cacheOf(cacheFolder, workspace.folder);
    cache.keepResult('key', { findings: ['one', 'two'] });
    await scan(workspace.folder, paths, cache);
    const pristine = contentsOf(cacheFolder);
    const names = [...pristine.keys()];
    const seed = Date.now() % 1_000_000;
    const next = random(seed);
    let lost = 0;
    for (let round = 0; round < DAMAGES; round++) {
      restore(cacheFolder, pristine);
      const name = names[Math.floor(next() * names.length)]!;
      const bytes = Buffer.from(pristine.get(name)!);
      // Every other time near the beginning, where the seal is.
      const at = Math.floor(next() * (round % 2 === 0 ? bytes.length : Math.min(bytes.length, 120)));
      if (round % 3 === 0) writeFileSync(name, bytes.subarray(0, at));
      else {
        bytes[at]! ^= 1 << Math.floor(next() * 8);
        writeFileSync(name, bytes);
      }
      const where = `seed ${seed}, round ${round}, ${name} at ${at}`;
      const result = cacheOf(cacheFolder, workspace.folder).result();
      if (result !== null) expect([result.key, result.value()], where).toEqual(['key', { findings: ['one', 'two'] }]);
      const damaged = await scanAll();
      expect(damaged.state, where).toBe(truth.state);
      lost += damaged.analysed.length + (result === null ? 1 : 0);
      if (damaged.analysed.length > 0) expect((await scanAll()).analysed, where).toEqual([]);
    }
    // The damage is real: each round loses something.
    expect(lost, `seed ${seed}`).toBeGreaterThanOrEqual(DAMAGES);
  }, 600_000);

  test('of the shape behind a good seal is seen as well', async () => {
    const cache = cacheOf(cacheFolder, workspace.folder);
    const bad = ['', '{', 'null', '7', '[]', '{}', '{"__proto__":{"polluted":1}}', '{"role":"test"}\t{}', TOO_SHORT];
    bad.forEach((record, i) => {
      cache.keep(`bad/${i}.go`, 'a'.repeat(32), record);
    });
    await cache.save(null, noPause);
    const again = cacheOf(cacheFolder, workspace.folder);
    for (let i = 0; i < bad.length; i++) expect(again.find(`bad/${i}.go`, 'a'.repeat(32))).toBeNull();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('of the folder: files where folders are expected and the other way round', async () => {
    await scanAll();
    const [folder] = readdirSync(cacheFolder);
    for (const name of readdirSync(join(cacheFolder, folder!))) {
      rmSync(join(cacheFolder, folder!, name));
      mkdirSync(join(cacheFolder, folder!, name));
    }
    expect((await scanAll()).state).toBe(truth.state);
    rmSync(cacheFolder, { recursive: true });
    writeFileSync(cacheFolder, 'a file');
    expect((await scanAll()).state).toBe(truth.state);
    expect(readFileSync(cacheFolder, 'utf8')).toBe('a file');
  });
});

test('two that write by turns keep what both found', async () => {
  await scanAll();
  const record = recordIn(lines()[0]!);
  const one = cacheOf(cacheFolder, workspace.folder);
  const two = cacheOf(cacheFolder, workspace.folder);
  expect(one.knows('same/a.go') || two.knows('same/a.go')).toBe(false);
  one.keep('same/a.go', 'a'.repeat(32), record);
  two.keep('same/b.go', 'b'.repeat(32), record);
  await Promise.all([one.save(null, noPause), two.save(null, noPause)]);
  const three = cacheOf(cacheFolder, workspace.folder);
  expect(three.find('same/a.go', 'a'.repeat(32))).not.toBeNull();
  expect(three.find('same/b.go', 'b'.repeat(32))).not.toBeNull();
});

// Windows would write a gigabyte of zeros.
test.skipIf(process.platform === 'win32')('the oldest workspaces are removed while all take too much', async () => {
  const cache = cacheOf(cacheFolder, workspace.folder);
  cache.keepResult('key', null);
  await cache.save(null, noPause);
  const [first] = readdirSync(cacheFolder);
  truncateSync(join(cacheFolder, first!, 'result'), 2 ** 30);
  utimesSync(join(cacheFolder, first!), new Date(), new Date(Date.now() - 60_000));
  await scanAll('d'.repeat(32));
  expect(readdirSync(cacheFolder)).toHaveLength(1);
  expect(readdirSync(cacheFolder)).not.toContain(first);
});

test('workspaces that nobody opened for long are removed, and nothing else', async () => {
  await scanAll();
  const [old] = readdirSync(cacheFolder);
  writeFileSync(join(cacheFolder, 'notes.txt'), 'mine');
  mkdirSync(join(cacheFolder, 'mine'));
  const before = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
  for (const name of [old!, 'notes.txt', 'mine']) utimesSync(join(cacheFolder, name), before, before);
  // One that is read is in use.
  await scanAll();
  await scanAll('e'.repeat(32));
  expect(readdirSync(cacheFolder)).toContain(old);
  utimesSync(join(cacheFolder, old!), before, before);
  await scanAll('f'.repeat(32));
  const names = readdirSync(cacheFolder);
  expect(names).not.toContain(old);
  expect(names).toEqual(expect.arrayContaining(['mine', 'notes.txt']));
  expect(names.length).toBe(4);
});
