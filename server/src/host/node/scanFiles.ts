/**
 * Scans files. Those that the cache knows are taken from it; the others are analysed by worker threads that share a
 * counter: each takes the next file when it is done with one. A thread that dies takes one file with it, which is
 * reported and left alone; the others go on.
 */
import { Worker } from 'node:worker_threads';
import { isProblem, type ScanFiles, type ScanItem, type ScanOptions } from '../host.ts';
import { nodeHosts } from './nodeHost.ts';
import { CURRENT, NEXT, type ScanMessage, type ScanTask } from './scanProtocol.ts';

/** Fewer files are faster read by one thread than by two that have to start. */
const WORTH_A_THREAD = 40;

/** Whoever asks for an item behind this gets none. */
const END = 0x3fffffff;

/** `script`: the bundle of entry/scanWorker.ts. `threads`: how many to start at most. */
export function createScanFiles(script: URL, threads: number): ScanFiles {
  return async (items, options) => {
    let open: readonly number[] = await takeKnown(items, options);
    while (open.length > 0 && !options.isCancelled()) {
      const done = await scanOnce(script, threads, items, open, options);
      if (done.size === 0) throw new Error('The threads that analyse files do not start.');
      open = open.filter((index) => !done.has(index));
    }
  };
}

/** Takes the files that the cache knows; returns the positions of the others. */
async function takeKnown(
  items: readonly ScanItem[],
  { cache, take, isCancelled, pause }: ScanOptions,
): Promise<readonly number[]> {
  const open: number[] = [];
  const hostOf = nodeHosts();
  for (const [index, item] of items.entries()) {
    const { path, root, inside } = item;
    if (cache?.knows(path) !== true || isCancelled()) {
      open.push(index);
      continue;
    }
    const source = await hostOf(root).open(inside);
    const digest = isProblem(source) ? '' : source.digest();
    const record = isProblem(source) ? null : cache.find(path, digest);
    if (isProblem(source) || record === null) open.push(index);
    else take({ kind: 'analysed', item, text: source.text(), digest, record, known: true });
    await pause?.();
  }
  return open;
}

/** One round over the open items; returns those that were dealt with. */
async function scanOnce(
  script: URL,
  threads: number,
  items: readonly ScanItem[],
  open: readonly number[],
  { take, isCancelled, alongside, cache, analysis = {} }: ScanOptions,
): Promise<ReadonlySet<number>> {
  const wanted = Math.min(threads, Math.ceil(open.length / WORTH_A_THREAD) - (alongside === undefined ? 0 : 1));
  const count = Math.max(wanted, alongside === undefined ? 1 : 0);
  const counters = new Int32Array(new SharedArrayBuffer(4 * (CURRENT + count)));
  const round = open.map((index) => items[index]!);
  const done = new Set<number>();

  const receive = (message: ScanMessage): void => {
    for (const [at, ...result] of message) {
      const item = round[at]!;
      done.add(open[at]!);
      if (result.length === 1) take({ kind: 'unread', item, problem: result[0] });
      else {
        const [text, digest, record, isLasting] = result;
        if (isLasting) cache?.keep(item.path, digest, record);
        take({ kind: 'analysed', item, text, digest, record, known: false });
      }
    }
    if (isCancelled()) Atomics.store(counters, NEXT, END);
  };

  const run = (slot: number): Promise<void> =>
    new Promise((resolve) => {
      const task: ScanTask = { items: round, counters: counters.buffer as SharedArrayBuffer, slot, analysis };
      const worker = new Worker(script, { workerData: task });
      let failure: unknown = null;
      worker.on('message', receive);
      worker.on('error', (error) => {
        failure = error;
      });
      worker.on('exit', (code) => {
        const at = Atomics.load(counters, CURRENT + slot) - 1;
        if ((failure !== null || code !== 0) && at >= 0 && !done.has(open[at]!)) {
          const item = round[at]!;
          const reason = failure instanceof Error ? ` (${failure.message})` : '';
          done.add(open[at]!);
          take({
            kind: 'unread',
            item,
            problem: {
              path: item.path,
              kind: 'crashed',
              message: `Analysing the file failed${reason}; it is not judged.`,
            },
          });
        }
        resolve();
      });
    });

  const own = async (): Promise<void> => {
    if (alongside === undefined) return;
    for (;;) {
      if (isCancelled()) Atomics.store(counters, NEXT, END);
      const at = Atomics.add(counters, NEXT, 1);
      if (at >= round.length) return;
      await alongside(round[at]!);
      done.add(open[at]!);
      // What the other threads found is taken in between.
      await new Promise((resume) => setImmediate(resume));
    }
  };

  await Promise.all([own(), ...Array.from({ length: count }, (_, slot) => run(slot))]);
  return done;
}
