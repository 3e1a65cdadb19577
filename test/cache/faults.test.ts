/** A disk that fails (T23): each call to the file system in turn, as a full, a read-only and a vanished disk do. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { languageOf } from '../../server/src/core/engine/roles.ts';
import { sampleFiles } from '../harness/workspace.ts';
import { temporaryWorkspace } from '../lsp/client.ts';
import { cacheOf, contentsOf, restore, scan } from './harness.ts';

const disk = vi.hoisted(() => ({ folder: '', failAt: 0, failAfter: false, calls: 0, code: '' }));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  /** Fails calls about the cache: the n-th, or from the n-th on. */
  const fails = (path: unknown): boolean => {
    if (disk.folder === '' || !String(path).startsWith(disk.folder)) return false;
    disk.calls++;
    return disk.failAfter ? disk.calls >= disk.failAt : disk.calls === disk.failAt;
  };
  const error = () => Object.assign(new Error(`${disk.code}: injected`), { code: disk.code });
  const guarded = Object.fromEntries(
    (['openSync', 'readdirSync', 'statSync', 'mkdirSync', 'renameSync', 'rmSync', 'utimesSync'] as const).map(
      (name) => [
        name,
        (path: never, ...rest: never[]) => {
          if (fails(path)) throw error();
          return (real[name] as (...args: never[]) => unknown)(path, ...rest);
        },
      ],
    ),
  );
  const writeFile: typeof real.writeFileSync = (path, data, options) => {
    if (fails(path)) {
      // A full disk takes what still fits.
      real.writeFileSync(path, (data as Buffer).subarray(0, (data as Buffer).length >> 1), options);
      throw error();
    }
    real.writeFileSync(path, data, options);
  };
  return { ...real, ...guarded, writeFileSync: writeFile };
});

const folder = mkdtempSync(join(tmpdir(), 'shipworthy-faults-'));
const cacheFolder = join(folder, 'cache');
const files = new Map([...sampleFiles()].filter(([path]) => languageOf(path) !== null));
const workspace = temporaryWorkspace(Object.fromEntries(files));
const paths = [...files.keys()];
afterAll(() => {
  workspace.remove();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['ENOSPC', false],
  ['EROFS', true],
] as const)('%s: same findings, no error, and the next scan mends it', async (code, failAfter) => {
  const truth = await scan(workspace.folder, paths, null);
  await scan(workspace.folder, paths, cacheOf(cacheFolder, workspace.folder));
  const main = join(workspace.folder, 'cmd/server/main.go');
  const original = files.get('cmd/server/main.go')!;
  const full = contentsOf(cacheFolder);
  const edited = `${original}\n// One file is new to the cache.\n`;
  writeFileSync(main, edited);
  const changed = await scan(workspace.folder, paths, null);
  for (const before of [new Map<string, Buffer>(), full]) {
    let faults = 0;
    for (let failAt = 1; ; failAt++) {
      restore(cacheFolder, before);
      writeFileSync(main, edited);
      Object.assign(disk, { folder: cacheFolder, failAt, failAfter, calls: 0, code });
      const failing = await scan(workspace.folder, paths, cacheOf(cacheFolder, workspace.folder));
      const over = disk.calls < failAt;
      disk.folder = '';
      expect(failing.state, `fault at call ${failAt}`).toBe(changed.state);
      writeFileSync(main, original);
      const next = await scan(workspace.folder, paths, cacheOf(cacheFolder, workspace.folder));
      expect(next.state, `fault at call ${failAt}`).toBe(truth.state);
      const left = readdirSync(cacheFolder, { recursive: true }).filter((name) => String(name).endsWith('.tmp'));
      // Only who cannot remove leaves something behind.
      if (!failAfter) expect(left.length, `fault at call ${failAt}`).toBe(0);
      if (over) break;
      faults++;
    }
    expect(faults).toBeGreaterThan(5);
  }
  rmSync(cacheFolder, { recursive: true, force: true });
});
