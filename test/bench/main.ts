/**
 * `npm run bench [-- FOLDER ...]`: speed as ratios of what is measured side by side in one run, medians over interleaved
 * rounds. A benchmark, not a test: it fails nothing. Writes a table to standard output and `bench-results/bench.json`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVSIX } from '@vscode/vsce';
import { build } from 'esbuild';
import { TestClient, temporaryWorkspace } from '../lsp/client.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUT = join(ROOT, 'bench-results');
const ROUNDS = 5;
const KEYS = 200;

interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

/** Wall time in milliseconds and peak memory in MB of a whole process. */
function measure(args: readonly string[]): { readonly wall: number; readonly peak: number } {
  const start = performance.now();
  // The preload runs in every thread; memory is that of the process.
  const report =
    'if (require("worker_threads").isMainThread) process.on("exit", () => require("fs").writeSync(3, String(process.resourceUsage().maxRSS)))';
  const preload = `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('file:///'); ${report}`)}`;
  const { status, stderr, output } = spawnSync(process.execPath, ['--import', preload, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${args.join(' ')} exited with ${status}: ${stderr}`);
  return { wall: performance.now() - start, peak: Number(output[3]) / 1024 };
}

async function auditRows(folder: string): Promise<Row[]> {
  const parse = join(OUTPUT, 'parseOnly.mjs');
  const banner = {
    js: "import { createRequire as __require } from 'node:module'; const require = __require(import.meta.url);",
  };
  await build({
    entryPoints: [join(ROOT, 'test/bench/parseOnly.ts')],
    outfile: parse,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner,
    logLevel: 'warning',
  });
  const audits: number[] = [];
  const parses: number[] = [];
  const shared: number[] = [];
  const warm: number[] = [];
  const report = join(OUTPUT, 'report.txt');
  const caching = [
    join(ROOT, 'dist/cli.js'),
    'audit',
    folder,
    '--cache-dir',
    join(OUTPUT, 'cache'),
    '--output',
    report,
  ];
  measure(caching);
  const threads = availableParallelism();
  let peak = 0;
  for (let round = 0; round < ROUNDS; round++) {
    parses.push(measure([parse, folder, join(ROOT, 'dist')]).wall);
    shared.push(measure([parse, folder, join(ROOT, 'dist'), String(threads)]).wall);
    const audit = measure([join(ROOT, 'dist/cli.js'), 'audit', folder, '--no-cache', '--output', report]);
    audits.push(audit.wall);
    warm.push(measure(caching).wall);
    peak = Math.max(peak, audit.peak);
  }
  const name = basename(folder);
  return [
    { name: `${name}: bare parse of the Go files, whole process`, value: median(parses), unit: 'ms', goal: '' },
    { name: `${name}: full audit, whole process`, value: median(audits), unit: 'ms', goal: '' },
    {
      name: `${name}: audit / bare parse`,
      value: median(audits.map((wall, i) => wall / parses[i]!)),
      unit: 'x',
      goal: '<= 2',
    },
    {
      name: `${name}: audit / bare parse on as many threads (${threads})`,
      value: median(audits.map((wall, i) => wall / shared[i]!)),
      unit: 'x',
      goal: '<= 1.3',
    },
    { name: `${name}: audit again, nothing changed`, value: median(warm), unit: 'ms', goal: '' },
    {
      name: `${name}: audit again / full audit`,
      value: median(warm.map((wall, i) => wall / audits[i]!)),
      unit: 'x',
      goal: '<= 0.10',
    },
    { name: `${name}: peak memory of the audit`, value: peak, unit: 'MB', goal: '' },
  ];
}

/** A Go file of about `lines` lines with the kinds of code that rules look at. */
function largeFile(lines: number): string {
  const parts = [
    'package big\n\nimport (\n\t"context"\n\t"encoding/json"\n\t"fmt"\n\t"log"\n\t"net/http"\n\t"os"\n\t"sync"\n)\n\ntype Store struct {\n\tmu    sync.RWMutex\n\titems map[string]int\n}\n',
  ];
  for (let i = 0; i * 22 < lines - 18; i++) {
    parts.push(`// Update${i} stores what the service at url answers.
func (s *Store) Update${i}(ctx context.Context, url string, n int) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("request %d: %w", ${i}, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer map[string]int
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		log.Printf("decode %s: %v", os.Getenv("NAME_${i}"), err)
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[url] += answer["count"] + n
	return s.items[url], nil
}
`);
  }
  return parts.join('\n');
}

async function keystrokeRows(lines: number): Promise<Row[]> {
  const text = largeFile(lines);
  const workspace = temporaryWorkspace({ 'go.mod': 'module example.com/big\n\ngo 1.22\n', 'big.go': text });
  const client = await TestClient.start(workspace.folder, { pull: true });
  await client.ready();
  await client.open('big.go', text);
  await client.diagnostics('big.go');
  const middle = text.split('\n').findIndex((line, i) => i > lines / 2 && line.includes('return 0, err'));
  const at = { line: middle, character: 1 };
  const typed: number[] = [];
  const bare: number[] = [];
  for (let key = 0; key < KEYS + 50; key++) {
    let start = performance.now();
    await client.hover('big.go', 0, 0);
    bare.push(performance.now() - start);
    start = performance.now();
    // Types "x" again and again, and takes it back every other time.
    const change =
      key % 2 === 0
        ? { range: { start: at, end: at }, text: 'x' }
        : { range: { start: at, end: { ...at, character: 2 } }, text: '' };
    const sent = client.change('big.go', [change]);
    await client.diagnostics('big.go');
    await sent;
    typed.push(performance.now() - start);
  }
  await client.stop();
  workspace.remove();
  // The first keys run cold code.
  const warm = typed.slice(50);
  const echo = bare.slice(50);
  const beyond = percentile(warm, 0.95) - median(echo);
  const name = `${lines} lines`;
  return [
    { name: `${name}: bare round trip, median`, value: median(echo), unit: 'ms', goal: '' },
    { name: `${name}: key to diagnostics, median`, value: median(warm), unit: 'ms', goal: '' },
    { name: `${name}: key to diagnostics, p95`, value: percentile(warm, 0.95), unit: 'ms', goal: '' },
    {
      name: `${name}: p95 beyond the bare round trip`,
      value: beyond,
      unit: 'ms',
      goal: lines === 5_000 ? '<= 30' : '',
    },
  ];
}

async function packageRow(): Promise<Row> {
  const vsix = join(OUTPUT, 'shipworthy.vsix');
  await createVSIX({ cwd: ROOT, packagePath: vsix, dependencies: false });
  return { name: 'size of the VSIX', value: statSync(vsix).size / 1e6, unit: 'MB', goal: '< 3' };
}

mkdirSync(OUTPUT, { recursive: true });
const rows: Row[] = [];
for (const lines of [1_000, 5_000, 20_000]) rows.push(...(await keystrokeRows(lines)));
for (const folder of process.argv.slice(2))
  rows.push(...(await auditRows(resolve(process.env['INIT_CWD'] ?? '.', folder))));
rows.push(await packageRow());
const width = Math.max(...rows.map((row) => row.name.length));
for (const { name, value, unit, goal } of rows) {
  console.log(`${name.padEnd(width)}  ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit.padEnd(3)} ${goal}`);
}
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
writeFileSync(
  join(OUTPUT, 'bench.json'),
  `${JSON.stringify({ version: manifest.version, node: process.version, rows }, null, 2)}\n`,
);
