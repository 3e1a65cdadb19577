/** A thread of a scan: reads and analyses files until none is left. Started by host/node/scanFiles.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { createRecipes } from '../configuration/recipes.ts';
import { newFileAnalysis } from '../core/engine/analyser.ts';
import { isRepeatable, recordOf } from '../core/engine/record.ts';
import { languageOf } from '../core/engine/roles.ts';
import { isProblem } from '../host/host.ts';
import { loadSyntax } from '../host/node/assets.ts';
import { nodeHosts } from '../host/node/nodeHost.ts';
import { CURRENT, NEXT, type ScanMessage, type ScanTask } from '../host/node/scanProtocol.ts';
import { createAnalyser } from './compose.ts';

/** Milliseconds after which results are sent on. */
const BATCH = 50;

async function main({ items, counters: shared, slot, analysis }: ScanTask): Promise<void> {
  const analyser = createAnalyser(await loadSyntax(new URL('./', import.meta.url)));
  analyser.setRecipes(createRecipes(analysis));
  const counters = new Int32Array(shared);
  const hostOf = nodeHosts();
  let batch: ScanMessage[number][] = [];
  let sent = performance.now();
  for (;;) {
    const index = Atomics.add(counters, NEXT, 1);
    if (index >= items.length) break;
    Atomics.store(counters, CURRENT + slot, index + 1);
    const { path, root, inside } = items[index]!;
    const source = await hostOf(root).open(inside);
    if (isProblem(source)) batch.push([index, { ...source, path }]);
    else {
      const text = source.text();
      const file = newFileAnalysis(path, languageOf(path) ?? 'text', text);
      analyser.parseFresh(file);
      batch.push([index, text, source.digest(), recordOf(file), isRepeatable(file)]);
      file.parsed?.delete();
    }
    if (performance.now() - sent < BATCH) continue;
    parentPort!.postMessage(batch);
    batch = [];
    sent = performance.now();
  }
  if (batch.length > 0) parentPort!.postMessage(batch);
  Atomics.store(counters, CURRENT + slot, 0);
}

await main(workerData as ScanTask);
