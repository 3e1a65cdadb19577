/**
 * `npm run bench -- FOLDER ...`: speed and memory as ratios of what is measured side by side in one run, as medians over
 * rounds in which the contenders take turns. A benchmark, not a test: it fails nothing, and it builds nothing by itself.
 * Writes a table to standard output and `bench-results/bench.json`. What the rows mean: docs/performance.md.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { auditRows } from './audit.ts';
import { growthRows } from './growth.ts';
import { LANGUAGES } from './languages.ts';
import { DIST, OUTPUT, ROOT, type Row, say } from './measure.ts';
import { recoveryRows } from './recovery.ts';
import { ruleRows } from './rules.ts';
import { sizeRows } from './size.ts';
import { scorecardRows, startRows } from './startup.ts';
import { isMet, renderTable } from './table.ts';
import { typingRows } from './typing.ts';

const SECTIONS = ['audit', 'start', 'typing', 'recovery', 'growth', 'size'] as const;
type Section = (typeof SECTIONS)[number];

const USAGE = `Usage: npm run bench -- [folders...] [options]

Measures audits and starts in the given folders, and everything else in workspaces that it makes. Run \`npm run build\`
first.

Options:
  --only <sections>   some of: ${SECTIONS.join(', ')} (default: all of them)
  --rules             also measure each rule's share of an audit of the folders
  --rounds <number>   rounds of which the median is taken (default: 5)
  --keys <number>     keys per round (default: 50)
  --places <number>   places where the file is unbalanced (default: 100)
  --seed <number>     of these places (default: 1)
  --scale <number>    files of the largest workspace: 100, 1000, 10000 (default) or 100000
  --help              print this text
`;

interface Options {
  readonly folders: readonly string[];
  readonly only: ReadonlySet<Section>;
  readonly rules: boolean;
  readonly rounds: number;
  readonly keys: number;
  readonly places: number;
  readonly seed: number;
  readonly scale: number;
}

/** Throws an error that says what is wrong with the arguments. */
function readOptions(args: readonly string[]): Options | 'help' {
  const number = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      rules: { type: 'boolean', default: false },
      rounds: { ...number, default: '5' },
      keys: { ...number, default: '50' },
      places: { ...number, default: '100' },
      seed: { ...number, default: '1' },
      scale: { ...number, default: '10000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const count = (name: 'rounds' | 'keys' | 'places' | 'seed' | 'scale'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`--${name} takes a whole number, not "${values[name]}".`);
    return value;
  };
  const only = values.only?.split(',') ?? SECTIONS;
  const unknown = only.find((name) => !(SECTIONS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`There is no section "${unknown}"; there are ${SECTIONS.join(', ')}.`);
  // npm runs scripts in the root of the package, wherever it was called.
  const base = process.env['INIT_CWD'] ?? process.cwd();
  const folders = positionals.map((folder) => resolve(base, folder));
  const absent = folders.find((folder) => !existsSync(folder));
  if (absent !== undefined) throw new Error(`There is no folder "${absent}".`);
  return {
    folders,
    only: new Set(only as readonly Section[]),
    rules: values.rules,
    rounds: count('rounds'),
    keys: count('keys'),
    places: count('places'),
    seed: count('seed'),
    scale: count('scale'),
  };
}

/** Everything that is to be measured, in order, with what is said while it is. */
function* tasks(options: Options): Iterable<readonly [name: string, measure: () => Promise<readonly Row[]>]> {
  const { folders, only, rounds } = options;
  if (only.has('audit')) for (const folder of folders) yield [`audit of ${folder}`, () => auditRows(folder, rounds)];
  if (only.has('start')) {
    yield ['start', () => startRows(rounds)];
    for (const folder of folders) yield [`start in ${folder}`, () => scorecardRows(folder, rounds)];
  }
  for (const language of LANGUAGES) {
    if (only.has('typing')) yield [`typing (${language.id})`, () => typingRows(language, options)];
    if (only.has('recovery')) yield [`unbalanced (${language.id})`, () => recoveryRows(language, options)];
  }
  if (only.has('growth')) yield ['workspaces of growing size', () => growthRows(options)];
  if (options.rules) for (const folder of folders) yield [`rules in ${folder}`, () => ruleRows(folder, rounds)];
  if (only.has('size')) yield ['size', sizeRows];
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  if (!existsSync(join(DIST, 'server.js'))) throw new Error('There is no build: run `npm run build` first.');
  mkdirSync(OUTPUT, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', threads: availableParallelism() };
  const rows: Row[] = [];
  for (const [name, measure] of tasks(options)) {
    say(`Measuring: ${name}`);
    rows.push(...(await measure()));
    // Written each time, so that a run that is broken off leaves something.
    const { only, folders, ...settings } = options;
    const judged = rows.map((row) => ({ ...row, met: isMet(row) }));
    const content = { version: manifest.version, ...machine, settings, rows: judged };
    writeFileSync(join(OUTPUT, 'bench.json'), `${JSON.stringify(content, null, 2)}\n`);
  }
  process.stdout.write(`${renderTable(rows)}`);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
