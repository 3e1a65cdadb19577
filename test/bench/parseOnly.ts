/**
 * The bare parse that audits are compared with: every Go file of a folder through web-tree-sitter, nothing else. With a
 * third argument, as many threads share the files.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Language, Parser } from 'web-tree-sitter';
import { createNodeHost } from '../../server/src/host/node/nodeHost.ts';

interface Share {
  readonly folder: string;
  readonly assets: string;
  readonly paths: readonly string[];
  readonly next: SharedArrayBuffer;
}

async function parse({ folder, assets, paths, next }: Share): Promise<void> {
  await Parser.init({ wasmBinary: readFileSync(join(assets, 'tree-sitter.wasm')) });
  const parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(join(assets, 'tree-sitter-go.wasm'))));
  const counter = new Int32Array(next);
  for (let i = Atomics.add(counter, 0, 1); i < paths.length; i = Atomics.add(counter, 0, 1)) {
    parser.parse(readFileSync(join(folder, paths[i]!), 'utf8'))?.delete();
  }
}

if (isMainThread) {
  const [folder, assets, threads] = process.argv.slice(2) as [string, string, string | undefined];
  const { paths } = await createNodeHost(folder).list([], async () => {});
  const share: Share = {
    folder,
    assets,
    paths: paths.filter((path) => path.endsWith('.go')),
    next: new SharedArrayBuffer(4),
  };
  const others = Array.from({ length: Number(threads ?? 1) - 1 }, () => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    return new Promise<void>((resolve, reject) => worker.on('error', reject).on('exit', () => resolve()));
  });
  await Promise.all([parse(share), ...others]);
} else await parse(workerData as Share);
