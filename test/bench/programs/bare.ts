/**
 * What an audit cannot do without, and nothing else: `read` reads every file of a folder that an audit reads, `parse`
 * parses its Go and Python files with web-tree-sitter, on as many threads as asked for.
 *
 * Usage: bare.mjs read FOLDER
 *        bare.mjs parse FOLDER ASSETS THREADS
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Language, Parser } from 'web-tree-sitter';
import { createNodeHost } from '../../../server/src/host/node/nodeHost.ts';

interface Share {
  readonly folder: string;
  readonly assets: string;
  readonly paths: readonly string[];
  readonly next: SharedArrayBuffer;
}

async function parse({ folder, assets, paths, next }: Share): Promise<void> {
  await Parser.init({ wasmBinary: readFileSync(join(assets, 'tree-sitter.wasm')) });
  const load = async (name: string): Promise<Parser> => {
    const parser = new Parser();
    parser.setLanguage(await Language.load(readFileSync(join(assets, `tree-sitter-${name}.wasm`))));
    return parser;
  };
  const [go, python] = [await load('go'), await load('python')];
  const counter = new Int32Array(next);
  for (let i = Atomics.add(counter, 0, 1); i < paths.length; i = Atomics.add(counter, 0, 1)) {
    const parser = paths[i]!.endsWith('.go') ? go : python;
    parser.parse(readFileSync(join(folder, paths[i]!), 'utf8'))?.delete();
  }
}

async function main([task, folder, assets, threads]: readonly string[]): Promise<void> {
  const { paths } = await createNodeHost(folder!).list([], async () => {});
  if (task === 'read') {
    for (const path of paths) readFileSync(join(folder!, path), 'utf8');
    return;
  }
  const share: Share = {
    folder: folder!,
    assets: assets!,
    paths: paths.filter((path) => /\.(?:go|py)$/.test(path)),
    next: new SharedArrayBuffer(4),
  };
  const others = Array.from({ length: Number(threads) - 1 }, () => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    return new Promise<void>((resolve, reject) => worker.on('error', reject).on('exit', () => resolve()));
  });
  await Promise.all([parse(share), ...others]);
}

await (isMainThread ? main(process.argv.slice(2)) : parse(workerData as Share));
