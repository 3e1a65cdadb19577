/** A thread of a scan that speaks the real protocol and dies of files named `deadly`. */
import { parentPort, workerData } from 'node:worker_threads';

const counters = new Int32Array(workerData.counters);
const record = {
  role: 'production',
  header: null,
  parsed: false,
  conflicted: false,
  text: 0,
  chunks: [],
  problems: [],
};
for (;;) {
  const index = Atomics.add(counters, 0, 1);
  if (index >= workerData.items.length) break;
  Atomics.store(counters, 1 + workerData.slot, index + 1);
  if (workerData.items[index].path.includes('deadly')) process.exit(3);
  parentPort.postMessage([[index, '', '', JSON.stringify(record)]]);
}
