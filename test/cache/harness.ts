/** Scans on this thread with a cache, as the command line does it, and looks at what the cache wrote. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isManifest, languageOf } from '../../server/src/core/engine/roles.ts';
import { directoryOf } from '../../server/src/core/model/path.ts';
import { type Cache, isProblem } from '../../server/src/host/host.ts';
import { openDiskCache } from '../../server/src/host/node/diskCache.ts';
import { createNodeHost } from '../../server/src/host/node/nodeHost.ts';
import { createScanFiles } from '../../server/src/host/node/scanFiles.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { newEngine, testSyntax } from '../harness/engine.ts';
import { itemsOf, stateOf } from '../harness/workspace.ts';

const WORKER = new URL('../../dist/scanWorker.js', import.meta.url);

export const PROGRAM = '0123456789abcdef0123456789abcdef';
export const noPause = async (): Promise<void> => {};

export function cacheOf(cacheFolder: string, workspace: string, program = PROGRAM): Cache {
  return openDiskCache({ folder: cacheFolder, roots: [{ prefix: '', folder: workspace }], program });
}

export interface Scan {
  /** What the engine says, as JSON. */
  readonly state: string;
  readonly analysed: readonly string[];
  readonly known: readonly string[];
}

/** Scans the files of a folder and saves the cache. */
export async function scan(workspace: string, paths: readonly string[], cache: Cache | null): Promise<Scan> {
  const engine = newEngine(await testSyntax(), RULES);
  engine.setManifestDirectories(paths.filter(isManifest).map(directoryOf));
  const host = createNodeHost(workspace);
  const analysed: string[] = [];
  const known: string[] = [];
  const judged = paths.filter((path) => languageOf(path) !== null);
  await createScanFiles(WORKER, 0)(itemsOf(workspace, judged), {
    isCancelled: () => false,
    take(result) {
      if (result.kind !== 'analysed') throw new Error(result.problem.message);
      known.push(result.item.path);
      engine.adoptFile(result.item.path, result.text, result.record);
    },
    async alongside({ path }) {
      const source = await host.open(path);
      if (isProblem(source)) throw new Error(source.message);
      analysed.push(path);
      engine.setFile(path, source.text(), false);
      cache?.keep(path, source.digest(), engine.recordOf(path)!);
    },
    ...(cache === null ? {} : { cache }),
  });
  engine.judge();
  const state = JSON.stringify(stateOf(engine));
  engine.dispose();
  await cache?.save(new Set(judged), noPause);
  return { state, analysed, known };
}

/** Every file below a folder with its bytes. */
export function contentsOf(folder: string): Map<string, Buffer> {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(files.map((file) => [file, readFileSync(file)]));
}

/** Makes a folder hold these files and nothing else. */
export function restore(folder: string, contents: ReadonlyMap<string, Buffer>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [file, bytes] of contents) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
