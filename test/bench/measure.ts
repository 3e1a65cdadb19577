/**
 * What every section of the benchmark measures with: rounds in which the contenders take turns, medians and their spread,
 * whole processes with their time and peak memory, and the rows of the table. It knows nothing of what is measured.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const DIST = join(ROOT, 'dist');
export const OUTPUT = join(ROOT, 'bench-results');

/** One line of the table. `median`, `min` and `max` over the rounds; a row without rounds has the same in all three. */
export interface Row {
  readonly section: string;
  readonly name: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  /** The goal: the median is to be at most this. */
  readonly atMost?: number;
  /** Why there is no value: e.g. a tool that is not installed. */
  readonly missing?: string;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** `share` from 0 to 1; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Makes the rows of one section. */
export function rowsOf(section: string) {
  return {
    row: (name: string, values: readonly number[] | number, unit: string, atMost?: number): Row => {
      const list = typeof values === 'number' ? [values] : values;
      const [low, high] = [Math.min(...list), Math.max(...list)];
      const goal = atMost === undefined ? {} : { atMost };
      return { section, name, median: median(list), min: low, max: high, unit, ...goal };
    },
    missing: (name: string, missing: string): Row => {
      return { section, name, median: Number.NaN, min: Number.NaN, max: Number.NaN, unit: '', missing };
    },
  };
}

/** The ratio of each round: what slows a round down slows down both. */
export function ratios(values: readonly number[], base: readonly number[]): number[] {
  return values.map((value, round) => value / base[round]!);
}

/** Lets the contenders take turns, `rounds` times; each says what it measured. */
export async function interleave<K extends string>(
  rounds: number,
  contenders: Readonly<Record<K, () => number | Promise<number>>>,
): Promise<Record<K, number[]>> {
  const names = Object.keys(contenders) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results[name].push(await contenders[name]());
  }
  return results;
}

const PEAK_FILE = 'SHIPWORTHY_BENCH_PEAK';

/** A preload, which runs in every thread; memory is that of the process. */
const REPORT_PEAK = `data:text/javascript,${encodeURIComponent(
  `import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => writeFileSync(process.env.${PEAK_FILE}, String(process.resourceUsage().maxRSS)));`,
)}`;

/** Arguments and environment with which a Node process leaves its peak memory behind, and how to read that (MB). */
export function peakProbe(): {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  read(): number;
} {
  const file = join(OUTPUT, `peak-${process.pid}-${Math.round(performance.now() * 1000)}`);
  return {
    args: ['--import', REPORT_PEAK],
    environment: { [PEAK_FILE]: file },
    read() {
      const kilobytes = Number(readFileSync(file, 'utf8'));
      rmSync(file);
      return kilobytes / 1024;
    },
  };
}

export interface Run {
  /** Milliseconds from the start of the process to its end. */
  readonly wall: number;
  readonly stdout: string;
}

/** Runs a program to its end. Throws when it fails. */
export function run(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  success: readonly (number | null)[] = [0],
): Run {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    env: { ...process.env, ...environment },
  });
  if (error !== undefined) throw error;
  if (!success.includes(status)) throw new Error(`${program} ${args.join(' ')} exited with ${status}: ${stderr}`);
  return { wall: performance.now() - start, stdout };
}

export function runNode(...args: readonly string[]): Run {
  return run(process.execPath, args);
}

/** The same with its peak memory in MB; the probe takes a millisecond or two. */
export function runNodeWithPeak(...args: readonly string[]): Run & { readonly peak: number } {
  const probe = peakProbe();
  return { ...run(process.execPath, [...probe.args, ...args], probe.environment), peak: probe.read() };
}

/** Bundles a program of test/bench/programs, so that it starts as fast as what it is compared with; returns its path. */
export async function bundle(name: string): Promise<string> {
  const outfile = join(OUTPUT, `${name}.mjs`);
  mkdirSync(OUTPUT, { recursive: true });
  await build({
    entryPoints: [join(ROOT, 'test/bench/programs', `${name}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire as __require } from 'node:module'; const require = __require(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return outfile;
}

/** Says on standard error what is being done: a run takes minutes. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Numbers between 0 and 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
