/**
 * Audits over time: what is remembered of one, how it is written as a line of JSON (history.schema.json documents every
 * field), and what changed between two. A line that is cut off or not understood is passed over, never an error. It reads
 * no clock and no file.
 */
import { matchBaseline } from '../engine/baseline.ts';
import type { Finding } from '../model/finding.ts';
import type { Json } from '../model/json.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import { displayScore } from '../score/score.ts';
import type { VerdictName } from '../score/types.ts';
import { type Audit, entryOf, sortFindings } from './audit.ts';
import type { Changes, PastAudits, PastFinding, TrendPoint } from './past.ts';
import { compareText } from './text.ts';

export interface HistoryEntry extends TrendPoint {
  /** Open findings of stable rules. */
  readonly findings: readonly PastFinding[];
  /** Findings of stable rules that comments accept. */
  readonly accepted: readonly PastFinding[];
}

const VERSION = 1;
const VERDICTS: readonly VerdictName[] = ['READY', 'READY WITH CONDITIONS', 'NOT READY', 'NOT RATED'];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Characters of a commit that are shown. */
const SHORT = 10;
/** As few name a commit. */
const SHORTEST = 4;

/** The entry of an audit of all files that was built with contexts. `time`: see `TrendPoint`. */
export function historyEntry(audit: Audit, time: string): HistoryEntry {
  const { scorecard, provenance, stats } = audit;
  const stable = ({ stage }: Finding): boolean => stage === 'stable';
  const findings = audit.findings.filter(stable);
  const open = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const { severity } of findings) open[severity]++;
  return {
    time,
    commit: provenance?.commit ?? null,
    tool: audit.tool.version,
    rubric: scorecard.rubricId,
    rules: `${provenance?.rules ?? ''}${provenance?.rubric ?? ''}`,
    configuration: provenance?.configuration ?? '',
    score: shownScore(scorecard.score),
    grade: scorecard.grade,
    verdict: scorecard.verdict,
    files: stats.files,
    lines: stats.lines,
    open,
    categories: scorecard.categories.map(({ id, title, score, grade }) => ({
      id,
      title,
      score: shownScore(score),
      grade,
    })),
    findings: pastFindings(audit, findings),
    accepted: pastFindings(audit, (audit.accepted ?? []).map(({ finding }) => finding).filter(stable)),
  };
}

function shownScore(score: number | null): number | null {
  return score === null ? null : displayScore(score);
}

function pastFindings(audit: Audit, findings: readonly Finding[]): readonly PastFinding[] {
  return sortFindings(findings).flatMap((finding) => {
    const entry = entryOf(audit, finding);
    const { severity, location } = finding;
    return entry === null ? [] : [{ ...entry, severity, line: location.range.start.line + 1 }];
  });
}

/** The audits of a history with the present one, and what is different since one of them (null: there is none). */
export function pastOf(
  entries: readonly HistoryEntry[],
  present: HistoryEntry,
  since: HistoryEntry | null,
): PastAudits {
  return {
    trend: trendOf([...entries, present]).map(pointOf),
    changes: since === null ? null : changesBetween(since, present),
  };
}

/** By time, the last audit of each commit; where no commit is known, every audit. */
export function trendOf<P extends TrendPoint>(entries: readonly P[]): readonly P[] {
  const ordered = [...entries].sort((a, b) => compareText(a.time, b.time));
  const last = new Map(ordered.map((entry) => [entry.commit, entry]));
  return ordered.filter((entry) => entry.commit === null || last.get(entry.commit) === entry);
}

/** What to compare with when nobody says: the last audit of another commit; without one, the last audit. */
export function previousOf(entries: readonly HistoryEntry[], commit: string | null): HistoryEntry | null {
  const trend = trendOf(entries);
  return trend.findLast((entry) => commit === null || entry.commit !== commit) ?? trend.at(-1) ?? null;
}

/** The last audit of the commit whose name begins so; a sentence when it is not there or not the only one. */
export function auditOfCommit(entries: readonly HistoryEntry[], commit: string): HistoryEntry | string {
  const wanted = commit.toLowerCase();
  if (!/^[0-9a-f]+$/.test(wanted) || wanted.length < SHORTEST) {
    return `"${commit}" is no commit; give at least ${SHORTEST} of its hexadecimal digits.`;
  }
  const trend = trendOf(entries);
  const found = trend.filter((entry) => entry.commit?.startsWith(wanted) === true);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) return `Several commits begin with ${wanted}; give more of it.`;
  const known = trend.flatMap((entry) => entry.commit ?? []).slice(-5);
  const list = known.length === 0 ? '' : `; the last are ${known.map(shortCommit).join(', ')}`;
  return `The history holds no audit of the commit ${wanted}${list}.`;
}

/** A commit as readers know it. */
export function shortCommit(commit: string): string {
  return commit.slice(0, SHORT);
}

/** The day of an audit. */
export function dayOf({ time }: TrendPoint): string {
  return time.slice(0, 10);
}

/** An audit by its commit and day. */
export function pointName(point: TrendPoint): string {
  return point.commit === null
    ? point.time.replace('T', ' ').slice(0, 16)
    : `${shortCommit(point.commit)} (${dayOf(point)})`;
}

/** By how many points the score changed: "+3", "−2", "±0"; "–" where one of them is not rated. */
export function scoreChange(before: TrendPoint, after: TrendPoint): string {
  if (before.score === null || after.score === null) return '–';
  const points = after.score - before.score;
  return points > 0 ? `+${points}` : points < 0 ? `−${-points}` : '±0';
}

/** "3 fixed, 1 new, 2 moved, 1 accepted". */
export function changeCounts({ fixed, fresh, moved, accepted }: Changes): string {
  const counts = `${fixed.length} fixed, ${fresh.length} new, ${moved.length} moved`;
  return accepted.length === 0 ? counts : `${counts}, ${accepted.length} accepted by a comment`;
}

/** Tells what was fixed, is new, moved, or is accepted now. Findings are matched as a baseline does. */
export function changesBetween(before: HistoryEntry, after: HistoryEntry): Changes {
  const itself = (finding: PastFinding): PastFinding => finding;
  const { known, gone } = matchBaseline(before.findings, after.findings, itself);
  const moved = [...known].flatMap(([now, was]) =>
    now.path === was.path && now.scope === was.scope ? [] : [{ now, before: was }],
  );
  // What was accepted before and is open again is as new as anything.
  const acceptedNow = matchBaseline(before.accepted, after.accepted, itself);
  const newlyAccepted = after.accepted.filter((finding) => !acceptedNow.known.has(finding));
  const accepted = matchBaseline(gone, newlyAccepted, itself);
  return {
    since: pointOf(before),
    comparable: before.rules === after.rules && before.configuration === after.configuration,
    fixed: sorted(accepted.gone),
    fresh: sorted(after.findings.filter((finding) => !known.has(finding))),
    moved: moved.sort((a, b) => comparePast(a.now, b.now)),
    accepted: sorted([...accepted.known.keys()]),
    unchanged: known.size - moved.length,
  };
}

function sorted(findings: readonly PastFinding[]): readonly PastFinding[] {
  return [...findings].sort(comparePast);
}

/** The worst first, then by place. */
function comparePast(a: PastFinding, b: PastFinding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    compareText(a.path, b.path) ||
    a.line - b.line ||
    compareText(a.rule, b.rule)
  );
}

// --- lines ----------------------------------------------------------------------------------------------------------

/** An entry as a line, with its line break. */
export function writeHistoryEntry({ findings, accepted, ...point }: HistoryEntry): string {
  return `${JSON.stringify({ version: VERSION, ...point, findings: grouped(findings), accepted: grouped(accepted) })}\n`;
}

type Row = readonly [line: number, severity: Severity, scope: string, subject: string];

/** Rule -> path -> findings: a name that hundreds of findings share is written once. */
function grouped(findings: readonly PastFinding[]): Readonly<Record<string, Readonly<Record<string, readonly Row[]>>>> {
  const byRule = new Map<string, Map<string, Row[]>>();
  for (const { rule, path, line, severity, scope, subject } of findings) {
    const byPath = byRule.get(rule) ?? new Map<string, Row[]>();
    byRule.set(rule, byPath);
    const rows = byPath.get(path) ?? [];
    byPath.set(path, rows);
    rows.push([line, severity, scope, subject]);
  }
  return Object.fromEntries([...byRule].map(([rule, byPath]) => [rule, Object.fromEntries(byPath)]));
}

/** The audits of a history in the order of its lines, and how many lines are none. */
export function readHistory(text: string): { readonly entries: readonly HistoryEntry[]; readonly foreign: number } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const entries = lines.flatMap((line) => readEntry(line) ?? []);
  return { entries, foreign: lines.length - entries.length };
}

interface JsonObject {
  readonly [key: string]: Json;
}

function readEntry(line: string): HistoryEntry | null {
  let json: Json;
  try {
    json = JSON.parse(line) as Json;
  } catch {
    return null;
  }
  if (!isObject(json) || json['version'] !== VERSION || !isPoint(json)) return null;
  const findings = readFindings(json['findings']);
  const accepted = readFindings(json['accepted']);
  return findings === null || accepted === null ? null : { ...pointOf(json), findings, accepted };
}

/** A point with the fields that are known, and no others. */
function pointOf(entry: TrendPoint): TrendPoint {
  const { time, commit, tool, rubric, rules, configuration, score, grade, verdict, files, lines, open } = entry;
  const categories = entry.categories.map(({ id, title, score: own, grade: ownGrade }) => ({
    id,
    title,
    score: own,
    grade: ownGrade,
  }));
  const { critical, high, medium, low } = open;
  return {
    time,
    commit,
    tool,
    rubric,
    rules,
    configuration,
    score,
    grade,
    verdict,
    files,
    lines,
    open: { critical, high, medium, low },
    categories,
  };
}

function isPoint(json: JsonObject): json is JsonObject & TrendPoint {
  const { time, commit, tool, rubric, rules, configuration, verdict, files, lines, open, categories } = json;
  return (
    [time, tool, rubric, rules, configuration, verdict].every((text) => typeof text === 'string') &&
    TIME.test(time as string) &&
    (commit === null || (typeof commit === 'string' && COMMIT.test(commit))) &&
    VERDICTS.includes(verdict as VerdictName) &&
    [files, lines].every(isCount) &&
    isObject(open) &&
    SEVERITIES.every((severity) => isCount(open[severity])) &&
    isGrade(json) &&
    Array.isArray(categories) &&
    (categories as readonly Json[]).every(
      (each) => isObject(each) && typeof each['id'] === 'string' && typeof each['title'] === 'string' && isGrade(each),
    )
  );
}

function readFindings(json: Json | undefined): readonly PastFinding[] | null {
  if (!isObject(json)) return null;
  const findings: PastFinding[] = [];
  for (const [rule, byPath] of Object.entries(json)) {
    if (!isObject(byPath)) return null;
    for (const [path, rows] of Object.entries(byPath)) {
      if (!Array.isArray(rows)) return null;
      for (const row of rows as readonly Json[]) {
        if (!isRow(row)) return null;
        const [line, severity, scope, subject] = row as unknown as Row;
        findings.push({ rule, path, line, severity, scope, subject });
      }
    }
  }
  return findings;
}

function isRow(json: Json): boolean {
  if (!Array.isArray(json)) return false;
  const [line, severity, scope, subject] = json as readonly Json[];
  const isNamed = typeof scope === 'string' && typeof subject === 'string';
  return isCount(line) && SEVERITIES.includes(severity as Severity) && isNamed;
}

function isGrade({ score, grade }: JsonObject): boolean {
  const isScore = score === null || (typeof score === 'number' && score >= 0 && score <= 100);
  return isScore && (grade === null || typeof grade === 'string');
}

function isCount(json: Json | undefined): boolean {
  return typeof json === 'number' && Number.isSafeInteger(json) && json >= 0;
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
