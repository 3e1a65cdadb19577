/**
 * What grows with the workspace and what must not: audits of 100 to 100,000 files, and the work for one key as counts and
 * time while more and more files are known.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { COUNTERS_REQUEST, type CountersResult } from '../../server/src/protocol.ts';
import type { TestClient } from '../lsp/client.ts';
import {
  DIST,
  interleave,
  median,
  OUTPUT,
  peakProbe,
  percentile,
  type Row,
  ratios,
  rowsOf,
  runNode,
  runNodeWithPeak,
  say,
} from './measure.ts';
import { placeOf, pulling, startServer, startTyping, type Typist } from './typist.ts';
import { BEHIND, changedFile, generatedFile, generatedPath, generateWorkspace } from './workspaces.ts';

/** From this many files on there is one round of audits, and the goals of very large workspaces hold. */
const VERY_LARGE = 100_000;
const WARM_UP = 60;
const STATEMENT = 'total := len(name) + n';
/** Files that change at once, as when another branch is checked out. */
const CHANGES = 5_000;
/** Milliseconds after which nothing more is going to happen, and between two looks. */
const QUIET = 1_000;
const LOOK = 10;

export interface GrowthOptions {
  readonly rounds: number;
  readonly keys: number;
  /** The largest number of files. */
  readonly scale: number;
}

interface Size {
  readonly files: number;
  readonly folder: string;
}

function titleOf({ files }: Size): string {
  return files === 1 ? 'Workspace of one Go file' : `Workspace of ${files.toLocaleString('en')} Go files`;
}

export async function growthRows(options: GrowthOptions): Promise<readonly Row[]> {
  const sizes: Size[] = [];
  const removals: (() => void)[] = [];
  for (let files = 1; files <= options.scale; files = files === 1 ? 100 : files * 10) {
    const { folder, remove } = generateWorkspace(files);
    sizes.push({ files, folder });
    removals.push(remove);
  }
  try {
    const audits = await auditRows(sizes.slice(1), options);
    // The smallest first.
    return [...(await keyRows(sizes, options)), ...audits];
  } finally {
    for (const remove of removals) remove();
  }
}

/** Cold audits, of which each is to cost ten times the one before, and warm ones. */
async function auditRows(sizes: readonly Size[], { rounds }: GrowthOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const report = ['--output', join(OUTPUT, 'report.txt')];
  const cold = (size: Size): readonly string[] => [join(DIST, 'cli.js'), 'audit', size.folder, '--no-cache', ...report];
  const small = sizes.filter(({ files }) => files < VERY_LARGE);
  const contenders = small.map((size) => [String(size.files), () => runNode(...cold(size)).wall] as const);
  const walls: Record<string, readonly number[]> = await interleave(rounds, Object.fromEntries(contenders));
  let previous: readonly number[] | undefined;
  for (const size of sizes) {
    say(`  audits of ${size.files} files`);
    const { row } = rowsOf(titleOf(size));
    const isVeryLarge = size.files >= VERY_LARGE;
    const once = runNodeWithPeak(...cold(size));
    const own = walls[size.files] ?? [once.wall];
    rows.push(row('cold audit', own, 'ms', ...(isVeryLarge ? [180_000] : [])));
    if (previous !== undefined) {
      // One round stands against the median of the others.
      const base = previous.length === own.length ? previous : own.map(() => median(previous!));
      rows.push(row('cold audit / that of a tenth of the files', ratios(own, base), 'x', 10.5));
    }
    previous = own;
    const kept = [join(DIST, 'cli.js'), 'audit', size.folder, '--cache-dir', join(OUTPUT, 'cache'), ...report];
    runNode(...kept);
    const warm = Array.from({ length: isVeryLarge ? 1 : rounds }, () => runNode(...kept).wall);
    rows.push(row('warm audit', warm, 'ms', ...(isVeryLarge ? [15_000] : [])));
    rows.push(row('peak memory of the cold audit', once.peak, 'MB', isVeryLarge ? 1_500 : 250));
  }
  return rows;
}

interface Session {
  readonly size: Size;
  readonly client: TestClient;
  readonly typist: Typist;
  readonly peak: () => number;
  readonly times: number[][];
  /** Milliseconds from the start of the server to its first full scorecard. */
  readonly ready: number;
  /** What many files that changed at once cost. */
  changes: Changes | null;
  /** Work for all keys, and for the text to settle after them. */
  typing: CountersResult;
  settling: CountersResult;
}

const NO_WORK: CountersResult = { chunksExamined: 0, chunksReused: 0, parses: 0, bytesParsed: 0, judgesRun: 0 };

function counters(client: TestClient): Promise<CountersResult> {
  return client.connection.sendRequest(COUNTERS_REQUEST);
}

/** `total` and what was done from one moment to another. */
function plus(total: CountersResult, from: CountersResult, to: CountersResult): CountersResult {
  return {
    chunksExamined: total.chunksExamined + to.chunksExamined - from.chunksExamined,
    chunksReused: total.chunksReused + to.chunksReused - from.chunksReused,
    parses: total.parses + to.parses - from.parses,
    bytesParsed: total.bytesParsed + to.bytesParsed - from.bytesParsed,
    judgesRun: total.judgesRun + to.judgesRun - from.judgesRun,
  };
}

/** A server that has scanned its workspace, as an editor has it: with one file open and the workspace's report awaited. */
async function startSession(size: Size): Promise<Session> {
  const probe = peakProbe();
  const start = performance.now();
  const client = await startServer(size.folder, {
    pull: true,
    nodeArguments: probe.args,
    environment: probe.environment,
  });
  // It ends with the server.
  client.workspaceDiagnostics(() => {}).catch(() => {});
  await client.ready();
  const ready = performance.now() - start;
  const index = Math.floor(size.files / 2);
  const [path, text] = [generatedPath(index), generatedFile(index)];
  await client.open(path, text);
  await client.diagnostics(path);
  const typist = await startTyping(pulling(client, path), placeOf(text, BEHIND, 0), '\t', STATEMENT);
  for (let key = 0; key < WARM_UP; key++) await typist.key();
  const rest = { times: [], ready, changes: null, typing: NO_WORK, settling: NO_WORK };
  return { size, client, typist, peak: () => probe.read(), ...rest };
}

interface Changes {
  /** Milliseconds until all is judged again. */
  readonly time: number;
  /** Milliseconds without an answer meanwhile, at most. */
  readonly silence: number;
}

/** Changes files all over the workspace on the disk. */
async function changeFiles({ size: { files, folder }, client }: Session): Promise<Changes> {
  const changed = Array.from({ length: CHANGES }, (_, i) => Math.floor((i * files) / CHANGES) + 1).filter(
    (index) => index !== Math.floor(files / 2),
  );
  for (const index of changed) writeFileSync(join(folder, generatedPath(index)), changedFile(index));
  const before = await counters(client);
  const begin = performance.now();
  await client.watched(changed.map((index) => ({ path: generatedPath(index), type: 2 })));
  let silence = 0;
  let last = begin;
  let judged = before.judgesRun;
  for (;;) {
    const asked = performance.now();
    const { parses, judgesRun } = await counters(client);
    const now = performance.now();
    silence = Math.max(silence, now - asked);
    if (judgesRun !== judged || parses - before.parses < changed.length) last = now;
    else if (now - last > QUIET) return { time: last - begin, silence };
    judged = judgesRun;
    await wait(LOOK);
  }
}

/** Time and work of a key, while servers of workspaces of all sizes take turns. */
async function keyRows(sizes: readonly Size[], { rounds, keys }: GrowthOptions): Promise<readonly Row[]> {
  const sessions: Session[] = [];
  for (const size of sizes) {
    say(`  a server for ${size.files} files`);
    sessions.push(await startSession(size));
  }
  for (let round = 0; round < rounds; round++) {
    for (const session of sessions) {
      const times: number[] = [];
      const before = await counters(session.client);
      for (let key = 0; key < keys; key++) times.push(await session.typist.key());
      const between = await counters(session.client);
      await session.client.settled();
      session.times.push(times);
      session.typing = plus(session.typing, before, between);
      session.settling = plus(session.settling, between, await counters(session.client));
    }
  }
  for (const session of sessions) {
    if (session.size.files > CHANGES) session.changes = await changeFiles(session);
  }
  const rows: Row[] = [];
  const smallest = sessions[0]!.times.map(median);
  for (const { size, client, times, ready, changes, typing, settling, peak } of sessions) {
    await client.stop();
    const { row } = rowsOf(titleOf(size));
    const isVeryLarge = size.files >= VERY_LARGE;
    const typed = rounds * keys;
    const tails = times.map((round) => percentile(round, 0.95));
    rows.push(row('server: start to full scorecard', ready, 'ms'));
    rows.push(row('server: peak memory', peak(), 'MB', ...(isVeryLarge ? [1_500] : [])));
    rows.push(row('declarations examined per key', typing.chunksExamined / typed, ''));
    rows.push(row('parses per key', typing.parses / typed, ''));
    rows.push(row('bytes read by the parser per key', typing.bytesParsed / typed, ''));
    rows.push(row('judges run per key', typing.judgesRun / typed, ''));
    rows.push(row('judges run when the text settles', settling.judgesRun / rounds, ''));
    rows.push(row('key to diagnostics, median', times.map(median), 'ms'));
    rows.push(row('key to diagnostics, p95', tails, 'ms', ...(isVeryLarge ? [100] : [])));
    if (changes !== null) {
      rows.push(row(`${CHANGES.toLocaleString('en')} files change: until all is judged`, changes.time, 'ms'));
      rows.push(row('no answer meanwhile, longest', changes.silence, 'ms'));
    }
    if (size.files > 1)
      rows.push(row('key to diagnostics / in one file', ratios(times.map(median), smallest), 'x', 1.1));
  }
  return rows;
}
