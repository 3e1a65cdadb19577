#!/usr/bin/env node
/**
 * The command line: `shipworthy audit`. The same engine as in the editor over the files of a folder. Writes the report
 * to standard output or a file and everything else to standard error; reads nothing outside the folder but its cache.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { debuglog, parseArgs } from 'node:util';
import { explainConfiguration, problemText } from '../configuration/explain.ts';
import { idlePatterns } from '../configuration/patterns.ts';
import type { ConfigProblem, Configuration } from '../configuration/resolve.ts';
import { readBaseline, writeBaseline } from '../core/engine/baseline.ts';
import { CONFIGURATION_FILE } from '../core/engine/configuration.ts';
import { isDate } from '../core/model/day.ts';
import type { Finding } from '../core/model/finding.ts';
import { TOOL_VERSION } from '../core/model/tool.ts';
import { SEVERITIES, type Severity } from '../core/model/verdict.ts';
import { type Audit, baselineEntry, compareWithBaseline, onlyFresh } from '../core/present/audit.ts';
import {
  auditOfCommit,
  type HistoryEntry,
  historyEntry,
  pastOf,
  previousOf,
  readHistory,
  trendOf,
  writeHistoryEntry,
} from '../core/present/history.ts';
import { toHtmlReport } from '../core/present/html.ts';
import { toJsonReport } from '../core/present/json.ts';
import { toMarkdownReport } from '../core/present/markdown.ts';
import {
  ANSI_PAINT,
  PLAIN_PAINT,
  PLAIN_TERMINAL,
  type Terminal,
  toPrettyHistory,
  toPrettyText,
} from '../core/present/pretty.ts';
import { type PositionAt, toSarif } from '../core/present/sarif.ts';
import { counted, namesOf } from '../core/present/text.ts';
import { parseRubric } from '../core/score/rubric.ts';
import { displayScore } from '../core/score/score.ts';
import type { Rubric } from '../core/score/types.ts';
import { defaultCacheFolder } from '../host/node/diskCache.ts';
import { commitOf } from '../host/node/gitCommit.ts';
import { appendToHistory, readHistoryFile } from '../host/node/historyFile.ts';
import { createNodeHost } from '../host/node/nodeHost.ts';
import { tuneForShortRun } from '../host/node/tuning.ts';
import { chooseRubric, RUBRICS } from '../rubrics/rubrics.ts';
import { RULES } from '../rules/index.gen.ts';
import { auditFolder } from './auditFolder.ts';
import { explainRule, listRules, writeConfiguration } from './commands.ts';
import { findWorkspace } from './workspace.ts';

/** Shown when the environment variable NODE_DEBUG names `shipworthy`. */
const debug = debuglog('shipworthy');

const USAGE = `Usage: shipworthy audit [paths...] [options]
       shipworthy history <file>   the trend of a history, and what changed since the audit before, or --since
       shipworthy rules            list every rule
       shipworthy explain <rule>   what a rule finds, why, and how to fix it
       shipworthy init             write a ${CONFIGURATION_FILE} with the defaults
       shipworthy config explain <path>   which settings hold for a file, and where they come from

Judges whether a code base is fit to run in production. Without a path the current folder is judged; one folder is
judged as a workspace of its own; several paths restrict the findings to them, in the workspace of the current folder.

Options:
  --format <pretty|json|sarif|markdown|html>
                                         form of the report (default: pretty)
  --output <file>                        write the report to a file
  --rubric <name|file>                   grading scheme: default, mission-critical, ten-point, or a file of your own
  --baseline <file>                      findings that were there before; written when the file is not there
  --update-baseline                      drop from the baseline what is gone; it never grows
  --owner <name>                         report only findings in files of that owner, by CODEOWNERS; "none": in files
                                         that nobody owns
  --all                                  list every finding, also where a rule of little weight has hundreds (pretty)
  --new-only                             report only findings that the baseline does not hold
  --history <file>                       remember this audit there, a line of JSON each, and show the trend and what
                                         changed since the last audit of another commit
  --since <commit>                       show what changed since the audit of that commit in the history
  --fail-on <severity>                   exit with 1 when a finding as severe, or more, is reported; with a baseline,
                                         when such a finding is new
  --today <yyyy-mm-dd>                   the day on which suppressions and attestations are looked at (default: today)
  --fail-under <number>                  exit with 1 when the overall score is below (0 to 100), or not rated
  --cache-dir <folder>                   where results are kept for the next audit (default: the user's cache folder)
  --no-cache                             keep nothing, and use nothing that was kept
  --version                              print the version
  --help                                 print this text

Exit codes: 0 audited, 1 the gate failed, 2 wrong usage, or a file could not be read or written.
`;

/** What the person who called can mend: shown as one line, exit code 2. */
class UsageError extends Error {}

const FORMATS = ['pretty', 'json', 'sarif', 'markdown', 'html'] as const;
type Format = (typeof FORMATS)[number];

interface Arguments {
  readonly paths: readonly string[];
  readonly format: Format;
  readonly output: string | undefined;
  readonly failUnder: number | undefined;
  readonly failOn: Severity | undefined;
  readonly baseline: string | undefined;
  readonly updateBaseline: boolean;
  readonly newOnly: boolean;
  readonly owner: string | undefined;
  readonly all: boolean;
  readonly history: string | undefined;
  readonly since: string | undefined;
  readonly rubric: string | undefined;
  readonly today: string;
  /** Null: nothing is kept. */
  readonly cacheFolder: string | null;
}

const ERRANDS = ['history', 'rules', 'explain', 'init', 'config'] as const;

function isErrand(command: string): command is (typeof ERRANDS)[number] {
  return (ERRANDS as readonly string[]).includes(command);
}

/** A command that audits nothing. */
interface Errand {
  readonly command: (typeof ERRANDS)[number];
  readonly operands: readonly string[];
  readonly since: string | undefined;
  readonly all: boolean;
}

async function runErrand({ command, operands, since, all }: Errand): Promise<number> {
  const [subject] = operands;
  switch (command) {
    case 'rules':
      await print(listRules());
      return 0;
    case 'explain': {
      const page = explainRule(subject ?? '');
      if (page === null) throw new UsageError(`There is no rule "${subject ?? ''}"; "shipworthy rules" lists them.`);
      await print(page);
      return 0;
    }
    case 'history': {
      if (subject === undefined) throw new UsageError('Name the file: "shipworthy history <file>".');
      const { entries, foreign } = await readPast(subject);
      const present = trendOf(entries).at(-1);
      if (present === undefined) throw new UsageError(`"${subject}" holds no audit.`);
      warnOfForeign(subject, foreign);
      const before = entries.filter((entry) => entry !== present);
      await print(toPrettyHistory(pastOf(before, present, baseOf(before, present.commit, since)), terminal(all)));
      return 0;
    }
    case 'init':
      if (!(await writeConfiguration(process.cwd()))) throw new UsageError(`There is a ${CONFIGURATION_FILE} already.`);
      process.stderr.write(`shipworthy: wrote ${CONFIGURATION_FILE}.\n`);
      return 0;
    case 'config':
      if (subject !== 'explain' || operands.length !== 2)
        throw new UsageError('"shipworthy config explain <path>" is what there is.');
      return explainPath(operands[1]!);
  }
}

function readArguments(args: readonly string[]): Arguments | Errand | 'help' | 'version' {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('\n')[0]! : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help === true) return 'help';
  if (values.version === true) return 'version';
  const [command, ...paths] = positionals;
  if (command === undefined) return 'help';
  const { since, history } = values;
  if (isErrand(command)) {
    return { command, operands: paths, since, all: values.all === true };
  }
  if (command !== 'audit') {
    throw new UsageError(`Unknown command "${command}"; known are ${['audit', ...ERRANDS].join(', ')}.`);
  }
  const format = values.format ?? 'pretty';
  if (!(FORMATS as readonly string[]).includes(format)) {
    throw new UsageError(`Unknown format "${format}"; known are ${FORMATS.join(', ')}.`);
  }
  const limit = values['fail-under'];
  const failUnder = limit === undefined ? undefined : Number(limit);
  if (failUnder !== undefined && !(limit!.trim() !== '' && failUnder >= 0 && failUnder <= 100)) {
    throw new UsageError(`--fail-under takes a number from 0 to 100, not "${limit}".`);
  }
  const failOn = values['fail-on'];
  if (failOn !== undefined && !(SEVERITIES as readonly string[]).includes(failOn)) {
    throw new UsageError(`--fail-on takes ${SEVERITIES.join(', ')}, not "${failOn}".`);
  }
  if (since !== undefined && history === undefined)
    throw new UsageError('--since needs a history: name its file with --history.');
  const today = values.today ?? currentDay();
  if (!isDate(today)) throw new UsageError(`--today takes a day such as 2027-01-31, not "${today}".`);
  const cacheDir = values['cache-dir'];
  if (cacheDir === '') throw new UsageError('--cache-dir takes a folder.');
  const folder = cacheDir === undefined ? defaultCacheFolder() : resolve(cacheDir);
  const cacheFolder = values['no-cache'] === true ? null : folder;
  return {
    paths,
    format: format as Format,
    output: values.output,
    failUnder,
    failOn: failOn as Severity | undefined,
    baseline: values.baseline,
    updateBaseline: values['update-baseline'] === true,
    newOnly: values['new-only'] === true,
    owner: values.owner,
    all: values.all === true,
    history,
    since,
    rubric: values.rubric,
    today,
    cacheFolder,
  };
}

/** The time by the clock, or by what reproducible builds take for it, such as `2027-01-31T09:30:00Z`. */
function currentTime(): string {
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  const time = epoch !== undefined && /^\d{1,11}$/.test(epoch) ? Number(epoch) * 1000 : Date.now();
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function currentDay(): string {
  return currentTime().slice(0, 10);
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: 'string' },
      output: { type: 'string' },
      'fail-under': { type: 'string' },
      'fail-on': { type: 'string' },
      baseline: { type: 'string' },
      'update-baseline': { type: 'boolean' },
      'new-only': { type: 'boolean' },
      owner: { type: 'string' },
      all: { type: 'boolean' },
      history: { type: 'string' },
      since: { type: 'string' },
      rubric: { type: 'string' },
      today: { type: 'string' },
      'cache-dir': { type: 'string' },
      'no-cache': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  });
}

interface Target {
  readonly root: string;
  /** Workspace-relative paths that findings are restricted to; empty: everything. */
  readonly only: readonly string[];
}

async function targetOf(paths: readonly string[]): Promise<Target> {
  const cwd = process.cwd();
  const kinds = await Promise.all(
    paths.map(async (path) => {
      const info = await stat(path).catch(() => null);
      if (info === null) throw new UsageError(`There is no file or folder "${path}".`);
      return info;
    }),
  );
  if (paths.length === 0) return { root: cwd, only: [] };
  if (paths.length === 1 && kinds[0]!.isDirectory()) return { root: resolve(paths[0]!), only: [] };
  const only = paths.map((path) => {
    const inside = relative(cwd, resolve(path));
    if (inside.startsWith('..')) throw new UsageError(`"${path}" is outside of the current folder.`);
    return inside.split(sep).join('/');
  });
  return { root: cwd, only: only.includes('') ? [] : only };
}

/** A line on the terminal that says how far the audit is; silent when standard error is no terminal. */
function progress(): { show(text: string): void; clear(): void } {
  if (!process.stderr.isTTY) return { show: () => {}, clear: () => {} };
  let last = 0;
  return {
    show(text) {
      const now = performance.now();
      if (now - last < 100) return;
      last = now;
      process.stderr.write(`\r\u001b[K${text}`);
    },
    clear: () => process.stderr.write('\r\u001b[K'),
  };
}

/** Fails with the first thing that is wrong with the configuration; says what else there is to know about it. */
function checkConfiguration(configuration: Configuration, warnings: readonly ConfigProblem[]): void {
  const line = (problem: ConfigProblem): string =>
    problemText(problem, configuration.files.get(problem.path)?.text ?? '');
  const errors = configuration.problems.filter(({ level }) => level === 'error');
  if (errors.length > 0) {
    throw new UsageError(line(errors[0]!) + (errors.length > 1 ? ` (And ${errors.length - 1} more.)` : ''));
  }
  for (const problem of [...configuration.problems, ...warnings]) {
    if (problem.level === 'warning') process.stderr.write(`shipworthy: ${line(problem)}\n`);
  }
}

/** Prints what holds for a file or folder of the current folder. */
async function explainPath(path: string): Promise<number> {
  const root = process.cwd();
  const inside = relative(root, resolve(path)).split(sep).join('/');
  if (inside === '..' || inside.startsWith('../')) throw new UsageError(`"${path}" is outside of the current folder.`);
  const info = await stat(path).catch(() => null);
  if (info === null) throw new UsageError(`There is no file or folder "${path}".`);
  const { configuration, listing } = await findWorkspace(createNodeHost(root), noPause);
  await print(explainConfiguration(configuration, inside, info.isDirectory()));
  checkConfiguration(configuration, idlePatterns(configuration, listing));
  return 0;
}

const noPause = async (): Promise<void> => {};

const KNOWN_RULES: ReadonlySet<string> = new Set(RULES.map((rule) => rule.id));

/** The rubric: what the caller names, its files looked for from the current folder, or what the configuration names. */
async function rubricOf(root: string, given: string | undefined, configuration: Configuration): Promise<Rubric> {
  if (given !== undefined && !RUBRICS.some(({ id }) => id === given)) {
    const text = await readFile(given, 'utf8').catch(() => null);
    const known = RUBRICS.map(({ id }) => id).join(', ');
    if (text === null) throw new UsageError(`There is no rubric "${given}"; known are ${known}, and files.`);
    const { rubric, problems } = parseRubric(text, RUBRICS, KNOWN_RULES);
    if (rubric === null) throw new UsageError(`${given}: ${problems[0]}`);
    return rubric;
  }
  const read = (path: string) => readFile(resolve(root, path), 'utf8').catch(() => null);
  const setting = configuration.whole.rubric;
  const { rubric, problems } = await chooseRubric(given ?? setting?.value, read, KNOWN_RULES);
  if (problems.length === 0) return rubric;
  if (setting === null) throw new UsageError(problems[0]!);
  const { file, span } = setting.origin;
  throw new UsageError(problemText({ path: file.path, span, message: problems[0]!, level: 'error' }, file.text));
}

/** The audit of the whole with the findings of some files. */
function restrict(audit: Audit, only: readonly string[]): Audit {
  if (only.length === 0) return audit;
  const includes = ({ location: { path } }: Finding): boolean =>
    only.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  return { ...audit, findings: audit.findings.filter(includes), restrictedTo: only.join(', ') };
}

/** The word for files that nobody owns. */
const NOBODY = 'none';

/** The audit of the whole with the findings in files of one owner. */
function ownedBy(audit: Audit, owner: string | undefined): Audit {
  if (owner === undefined) return audit;
  const { owners, components = [], ruleOwners = {} } = audit;
  if (owners === undefined) throw new UsageError('There is no CODEOWNERS file, so nobody owns anything.');
  const bare = (name: string): string => name.replace(/^@/, '').toLowerCase();
  const isNobody = owner.toLowerCase() === NOBODY;
  const all = [...new Set([...components.flatMap((each) => each.owners ?? []), ...Object.values(ruleOwners).flat()])];
  const name = all.find((each) => bare(each) === bare(owner));
  if (!isNobody && name === undefined) {
    const list = all.length === 0 ? '' : ` Owners are ${namesOf(all.sort(), 10)}.`;
    throw new UsageError(`"${owner}" owns nothing that was found.${list}`);
  }
  const includes = ({ location: { path } }: Finding): boolean =>
    isNobody ? (owners[path] ?? []).length === 0 : (owners[path] ?? []).includes(name!);
  const restrictedTo = [audit.restrictedTo ?? [], isNobody ? 'files that nobody owns' : name!].flat().join(', ');
  return { ...audit, findings: audit.findings.filter(includes), restrictedTo };
}

/** Standard output as the person who reads it has it. */
function terminal(all: boolean): Terminal {
  const { isTTY, columns } = process.stdout;
  const { NO_COLOR: noColour = '', TERM: kind } = process.env;
  const colour = isTTY && noColour === '' && kind !== 'dumb';
  return { paint: colour ? ANSI_PAINT : PLAIN_PAINT, width: isTTY && columns > 0 ? columns : null, all };
}

function render(audit: Audit, positionAt: PositionAt, format: Format, to: Terminal): string {
  switch (format) {
    case 'pretty':
      return toPrettyText(audit, to);
    case 'json':
      return `${JSON.stringify(toJsonReport(audit), null, 2)}\n`;
    case 'sarif':
      return `${JSON.stringify(toSarif(audit, positionAt), null, 2)}\n`;
    case 'markdown':
      return toMarkdownReport(audit);
    case 'html':
      return toHtmlReport(audit);
  }
}

function baselineFile(root: string, { baseline }: Arguments, configuration: Configuration): string | null {
  if (baseline !== undefined) return resolve(baseline);
  const setting = configuration.whole.baseline;
  return setting === null ? null : resolve(root, setting.value);
}

/** Compares with the baseline; makes one of the present findings when the file that is named is not there yet. */
async function withBaseline(audit: Audit, given: Arguments, file: string | null): Promise<Audit> {
  if (file === null) {
    if (!given.newOnly && !given.updateBaseline) return audit;
    throw new UsageError('There is no baseline; name one with --baseline or in the configuration.');
  }
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) {
    const entries = audit.findings.flatMap((finding) => baselineEntry(audit, finding) ?? []);
    await writeTo(file, writeBaseline({ entries }));
    process.stderr.write(`shipworthy: wrote ${counted(entries.length, 'finding')} to ${file}.\n`);
    return compareWithBaseline(audit, { entries }).audit;
  }
  const baseline = readBaseline(text);
  if (typeof baseline === 'string') throw new UsageError(`${file}: ${baseline}`);
  const { audit: compared, rest } = compareWithBaseline(audit, baseline);
  if (given.updateBaseline) await writeTo(file, writeBaseline(rest));
  return compared;
}

async function readPast(file: string): Promise<ReturnType<typeof readHistory>> {
  const text = await readHistoryFile(file).catch((error: unknown) => {
    throw new UsageError(`"${file}" cannot be read (${error instanceof Error ? error.message : String(error)}).`);
  });
  return readHistory(text);
}

function warnOfForeign(file: string, lines: number): void {
  if (lines > 0) process.stderr.write(`shipworthy: ${counted(lines, 'line')} of ${file} cannot be read as an audit.\n`);
}

/** The audit to compare with: of the commit that the caller names, or the one before. */
function baseOf(
  entries: readonly HistoryEntry[],
  commit: string | null,
  since: string | undefined,
): HistoryEntry | null {
  if (since === undefined) return previousOf(entries, commit);
  const found = auditOfCommit(entries, since);
  if (typeof found === 'string') throw new UsageError(found);
  return found;
}

/** The audits before this one, and what to compare with. */
interface Past {
  readonly file: string;
  readonly entries: readonly HistoryEntry[];
  readonly base: HistoryEntry | null;
}

/** Read before the audit, so that whoever named what is not there need not wait for it. */
async function pastOfWorkspace({ history, since }: Arguments, commit: string | null): Promise<Past | null> {
  if (history === undefined) return null;
  const { entries, foreign } = await readPast(history);
  warnOfForeign(history, foreign);
  return { file: history, entries, base: baseOf(entries, commit, since) };
}

async function remember({ file }: Past, entry: HistoryEntry): Promise<void> {
  await appendToHistory(file, writeHistoryEntry(entry)).catch((error: unknown) => {
    throw new UsageError(`"${file}" cannot be written (${error instanceof Error ? error.message : String(error)}).`);
  });
}

async function writeTo(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: unknown) => {
    throw new UsageError(`"${file}" cannot be written (${error instanceof Error ? error.message : String(error)}).`);
  });
}

/** Findings that the gate by severity is about. */
function gatedFindings(audit: Audit, failOn: Severity | undefined): number {
  if (failOn === undefined) return 0;
  const worst = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  const { findings } = audit.baseline === undefined ? audit : onlyFresh(audit);
  return findings.filter(({ stage, severity }) => stage === 'stable' && worst.includes(severity)).length;
}

/** Whether the score reaches the limit; a workspace that cannot be rated does not. */
function passesGate(result: Audit, failUnder: number | undefined): boolean {
  return failUnder === undefined || (result.scorecard.score !== null && result.scorecard.score >= failUnder);
}

async function main(args: readonly string[]): Promise<number> {
  const given = readArguments(args);
  if (given === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (given === 'version') {
    process.stdout.write(`${TOOL_VERSION}\n`);
    return 0;
  }
  if ('command' in given) return runErrand(given);
  const { root, only } = await targetOf(given.paths);
  const commit = await commitOf(root);
  const past = await pastOfWorkspace(given, commit);
  const bar = progress();
  const host = createNodeHost(root);
  const { configuration, listing } = await findWorkspace(host, async () => bar.show('Looking for files'));
  bar.clear();
  tuneForShortRun(listing.paths.length);
  checkConfiguration(configuration, idlePatterns(configuration, listing));
  const { gates, components } = configuration.whole;
  const failOn = given.failOn ?? gates.failOn?.value;
  const failUnder = given.failUnder ?? gates.failUnder?.value;
  const newOnly = given.newOnly || gates.newOnly?.value === true;
  const { audit, positionAt, problems, origin, finish } = await auditFolder({
    root,
    host,
    listing,
    configuration: { ...configuration.engineSettings(), today: given.today },
    components: components.map(({ value }) => value),
    commit,
    rubric: await rubricOf(root, given.rubric, configuration),
    cacheFolder: given.cacheFolder,
    show: bar.show,
  });
  bar.clear();
  debug('%s', origin);
  const entry = past === null ? null : historyEntry(audit, currentTime());
  const placed = past === null ? audit : { ...audit, past: pastOf(past.entries, entry!, past.base) };
  const compared = await withBaseline(placed, { ...given, newOnly }, baselineFile(root, given, configuration));
  const result = ownedBy(restrict(newOnly ? onlyFresh(compared) : compared, only), given.owner);
  const to = given.output === undefined ? terminal(given.all) : { ...PLAIN_TERMINAL, all: given.all };
  const report = render(result, positionAt, given.format, to);
  for (const problem of problems) {
    if (problem.kind === 'rule-failed') process.stderr.write(`shipworthy: ${problem.path}: ${problem.message}\n`);
  }
  if (given.output === undefined) await print(report);
  else {
    await writeTo(given.output, report);
  }
  if (past !== null) await remember(past, entry!);
  await finish();
  const severe = gatedFindings(result, failOn);
  if (severe > 0) {
    const kind = result.baseline === undefined ? '' : 'new ';
    const found = counted(severe, `${kind}finding`);
    process.stderr.write(`shipworthy: ${found} of severity ${failOn} or worse.\n`);
  }
  if (passesGate(result, failUnder)) return severe > 0 ? 1 : 0;
  const score = result.scorecard.score;
  const text = score === null ? 'The workspace is not rated' : `The score ${displayScore(score)} is below ${failUnder}`;
  process.stderr.write(`shipworthy: ${text}.\n`);
  return 1;
}

/** Waits until the reader took everything: a report may be larger than a pipe. A reader that left is no error. */
function print(text: string): Promise<void> {
  return new Promise((done, failed) => {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? done() : failed(error)));
    process.stdout.write(text, () => done());
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const message = error instanceof UsageError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`shipworthy: ${message}\n`);
    process.exitCode = 2;
  },
);
