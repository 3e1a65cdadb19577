/**
 * From what the rules found to a scorecard: category scores, overall score, grades, verdict and a ledger of every point
 * lost. Pure arithmetic over tallies; every number of the scheme comes from the rubric. It never looks at files or
 * findings, and never rounds (only `displayScore` does).
 *
 * What holds, whatever the input (tested in test/laws/score.test.ts):
 * - Scores are `null` or 0..100; the order of tallies and of rules does not matter.
 * - One more failure never raises the score of a rated category or of a rated workspace, nor does a worse severity.
 * - Fixing a failure never lowers them, whether the place then passes or vanishes. A rule whose only subject vanishes
 *   leaves the mean with share 0, which can only help. When it was the category's only judged rule, the category (score
 *   0) becomes unrated and leaves the overall mean, which can only help too. Only "unrated" itself is not comparable.
 * - Caps keep all that, because a cap depends on the worst open finding alone and more findings never loosen it.
 * - Per category, ledger plus cap is 100 minus the score; in overall points, over all categories, likewise.
 */

import type { RuleTally } from '../model/finding.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import type { Rule } from '../rulekit/rule.ts';
import type {
  AppliedCap,
  CategoryScore,
  Coverage,
  Criterion,
  GatingRule,
  LedgerEntry,
  MustHaveState,
  MustHaveStatus,
  PurposeState,
  RiskLevel,
  Rubric,
  Scorecard,
  VerdictName,
} from './types.ts';

/** What the score needs to know of a rule. */
export type RuleInfo = Pick<Rule, 'id' | 'title' | 'category' | 'severity' | 'confidence' | 'stage'> &
  Partial<Pick<Rule, 'scored'>>;

/** What a person vouches for: ids of must-haves, in force today. */
export type Attested = ReadonlySet<string>;

interface Entry {
  readonly rule: RuleInfo;
  readonly tally: RuleTally;
}

/** A category of the rubric with its rules that found a subject, and those of them that files could decide. */
interface Group {
  readonly category: Rubric['categories'][number];
  readonly applicable: readonly Entry[];
  readonly decided: readonly Entry[];
}

/** The scale itself; what is good on it is the rubric's business. */
const FULL_SCORE = 100;

/** Larger than the error of summing floats, smaller than any difference that means something. */
const FLOAT_ERROR = 1e-9;

/**
 * The whole number that every surface shows for a score. Rounded down, so that 100 means that nothing is open and a
 * grade's threshold is reached exactly when the number shown reaches it.
 */
export function displayScore(score: number): number {
  return Math.floor(score + FLOAT_ERROR);
}

/**
 * Scores a workspace. At most one tally per rule; tallies of unknown rules are ignored, and a rule without tally found
 * no subject. Preview rules take no part at all; heuristic rules score, but never cap, block or set conditions, since a
 * guess may lower a number but must not decide alone.
 */
export function scoreWorkspace(
  tallies: readonly RuleTally[],
  rules: readonly RuleInfo[],
  rubric: Rubric,
  coverage: Coverage = ALL_JUDGED,
  attested: Attested = NOTHING,
): Scorecard {
  const entries = scoringEntries(tallies, rules);
  const groups = groupEntries(entries, rubric);
  const rated = groups.filter(({ decided }) => decided.length > 0);
  const ratedWeight = sum(rated, ({ category }) => category.weight);
  const categories = groups.map((group) => scoreCategory(group, group.category.weight / ratedWeight, rubric));
  const score = weightedShare(
    categories.filter((category) => category.score !== null),
    (category) => category.weight,
    (category) => (category.score ?? 0) / FULL_SCORE,
  );
  const confidence = weightedShare(
    groups.filter(({ applicable }) => applicable.length > 0),
    ({ category }) => category.weight,
    ({ applicable }) => decidedShare(applicable, rubric),
  );
  // Where hardly any code can be read, what stands beside it is no base for a grade of the whole.
  const overall = score === null || judgedShare(coverage) < LEAST_JUDGED ? null : score * FULL_SCORE;
  const mustHaves = (rubric.mustHaves ?? []).map((item): MustHaveState => {
    const { status, open } = mustHaveStatus(item.id, item.rules, entries, attested);
    return { id: item.id, title: item.title, status, open };
  });
  const { blockers, conditions } = gates(entries, rubric);
  return {
    rubricId: rubric.id,
    score: overall,
    grade: gradeOf(overall, rubric),
    verdict: verdictOf(overall, blockers, conditions, mustHaves, rubric),
    blockers,
    conditions,
    risk: riskOf(overall, blockers, entries),
    mustHaves,
    purposes: purposesOf(overall, entries, rubric),
    confidence: (confidence ?? 0) * judgedShare(coverage),
    categories,
  };
}

/** With a smaller share of the code in languages that are judged, the whole has no grade. */
const LEAST_JUDGED = 0.25;
const ALL_JUDGED: Coverage = { judged: 1, unjudged: 0 };
const NOTHING: Attested = new Set();

function judgedShare({ judged, unjudged }: Coverage): number {
  return judged === 0 ? 0 : judged / (judged + unjudged);
}

/** The criterion that a rule counts in: the one that names it, else the first that takes its category. */
export function criterionOf(rule: Pick<Rule, 'id' | 'category'>, rubric: Rubric): Criterion | null {
  const named = rubric.categories.find(({ rules }) => rules?.includes(rule.id) === true);
  return named ?? rubric.categories.find((criterion) => takesCategory(criterion, rule.category)) ?? null;
}

function takesCategory({ id, categories, rules }: Criterion, category: string): boolean {
  if (categories !== undefined) return (categories as readonly string[]).includes(category);
  return rules === undefined && id === category;
}

/** Rules that count and have a tally, in the order of their ids so that float sums do not depend on the input's order. */
function scoringEntries(tallies: readonly RuleTally[], rules: readonly RuleInfo[]): readonly Entry[] {
  const tallyOf = new Map(tallies.map((tally) => [tally.ruleId, tally]));
  const entries: Entry[] = [];
  for (const rule of rules) {
    const tally = tallyOf.get(rule.id);
    if (rule.stage === 'stable' && rule.scored !== false && tally !== undefined) entries.push({ rule, tally });
  }
  return entries.sort((a, b) => (a.rule.id < b.rule.id ? -1 : 1));
}

function groupEntries(entries: readonly Entry[], rubric: Rubric): readonly Group[] {
  const ofCriterion = new Map<Criterion, Entry[]>(rubric.categories.map((category) => [category, []]));
  for (const entry of entries) {
    const criterion = criterionOf(entry.rule, rubric);
    if (criterion === null || passes(entry.tally) + entry.tally.fail + entry.tally.unknown === 0) continue;
    ofCriterion.get(criterion)!.push(entry);
  }
  return [...ofCriterion].map(([category, applicable]) => ({
    category,
    applicable,
    decided: applicable.filter(isDecided),
  }));
}

function isDecided({ tally }: Entry): boolean {
  return passes(tally) + tally.fail > 0;
}

/** What counts as good: what files show, and what a person vouches for. */
function passes({ pass, attested = 0 }: RuleTally): number {
  return pass + attested;
}

function scoreCategory({ category, applicable, decided }: Group, overallShare: number, rubric: Rubric): CategoryScore {
  const weightOf = ({ rule }: Entry) => rubric.severityWeights[rule.severity];
  const passShare = weightedShare(decided, weightOf, ({ tally }) => passes(tally) / (passes(tally) + tally.fail));
  const beforeCap = passShare === null ? null : passShare * FULL_SCORE;
  const cap = beforeCap === null ? null : appliedCap(decided, beforeCap, overallShare, rubric);
  const score = cap === null ? beforeCap : cap.limit;
  const totalWeight = sum(decided, weightOf);
  const ledger: LedgerEntry[] = [];
  for (const entry of decided) {
    const { fail, ruleId } = entry.tally;
    if (fail === 0) continue;
    const categoryPoints = (FULL_SCORE * weightOf(entry) * (fail / (passes(entry.tally) + fail))) / totalWeight;
    ledger.push({ ruleId, categoryPoints, overallPoints: categoryPoints * overallShare });
  }
  return {
    id: category.id,
    title: category.title,
    weight: category.weight,
    score,
    grade: gradeOf(score, rubric),
    rules: {
      pass: decided.filter(({ tally }) => tally.fail === 0).length,
      fail: ledger.length,
      unknown: applicable.length - decided.length,
    },
    findings: sum(decided, ({ tally }) => tally.fail),
    cap,
    ledger: ledger.sort((a, b) => b.categoryPoints - a.categoryPoints),
  };
}

/** The tightest cap of the open findings, when it is below what the shares give. */
function appliedCap(
  decided: readonly Entry[],
  beforeCap: number,
  overallShare: number,
  rubric: Rubric,
): AppliedCap | null {
  let tightest: AppliedCap | null = null;
  let limit = beforeCap;
  for (const { rule, tally } of decided.filter(isGating)) {
    const worst = SEVERITIES.find((severity) => tally.failBySeverity[severity] > 0);
    if (worst === undefined) continue;
    // A worse finding is also subject to the caps of milder ones, so that no rubric rewards a worse severity.
    const caps = SEVERITIES.slice(SEVERITIES.indexOf(worst)).map((severity) => rubric.caps[severity] ?? FULL_SCORE);
    const lowest = Math.min(...caps);
    if (lowest >= limit) continue;
    limit = lowest;
    const points = beforeCap - limit;
    tightest = { limit, severity: worst, ruleId: rule.id, points, overallPoints: points * overallShare };
  }
  return tightest;
}

function gates(entries: readonly Entry[], rubric: Rubric): Pick<Scorecard, 'blockers' | 'conditions'> {
  const blockers: GatingRule[] = [];
  const conditions: GatingRule[] = [];
  const { blockingRules, blockingCategories, blockingSeverity, conditionsSeverity } = rubric.verdict;
  const required = new Set([...blockingRules, ...(rubric.mustHaves ?? []).flatMap(({ rules }) => rules)]);
  for (const { rule, tally } of entries.filter(isGating)) {
    const blocking = required.has(rule.id)
      ? tally.fail
      : blockingCategories.includes(rule.category)
        ? openFindings(tally, blockingSeverity)
        : 0;
    const conditional = openFindings(tally, conditionsSeverity);
    if (blocking > 0) blockers.push({ ruleId: rule.id, findings: blocking });
    else if (conditional > 0) conditions.push({ ruleId: rule.id, findings: conditional });
  }
  return { blockers, conditions };
}

/** What a must-have comes to. A heuristic rule may leave it open, but blocks nothing. */
function mustHaveStatus(
  id: string,
  rules: readonly string[],
  entries: readonly Entry[],
  attested: Attested,
): { readonly status: MustHaveStatus; readonly open: readonly string[] } {
  const own = entries.filter(({ rule }) => rules.includes(rule.id));
  const open = own.filter(({ tally }) => tally.fail > 0).map(({ rule }) => rule.id);
  if (open.length > 0) return { status: 'open', open };
  if (own.some(({ tally }) => tally.pass > 0)) return { status: 'met', open };
  if (attested.has(id) || own.some(({ tally }) => (tally.attested ?? 0) > 0)) return { status: 'attested', open };
  return { status: own.some(({ tally }) => tally.unknown > 0) ? 'unknown' : 'not-judged', open };
}

/** How much can go wrong, by the worst open finding that is more than a guess. */
function riskOf(score: number | null, blockers: readonly GatingRule[], entries: readonly Entry[]): RiskLevel {
  const open = entries.filter(isGating);
  if (open.some(({ tally }) => tally.failBySeverity.critical > 0)) return 'critical';
  if (blockers.length > 0 || open.some(({ tally }) => tally.failBySeverity.high > 0)) return 'high';
  if (score === null) return 'unknown';
  return open.some(({ tally }) => tally.failBySeverity.medium > 0) ? 'moderate' : 'low';
}

function purposesOf(score: number | null, entries: readonly Entry[], rubric: Rubric): readonly PurposeState[] {
  const open = entries.filter(isGating).filter(({ tally }) => tally.fail > 0);
  const isBroken = open.some(({ rule }) => rubric.verdict.blockingRules.includes(rule.id));
  return (rubric.purposes ?? []).map(({ id, title, min, worstOpen }) => {
    const worse = SEVERITIES.slice(0, SEVERITIES.indexOf(worstOpen));
    const tooBad = open.some(({ tally }) => worse.some((severity) => tally.failBySeverity[severity] > 0));
    return { id, title, fit: score !== null && displayScore(score) >= min && !isBroken && !tooBad };
  });
}

function verdictOf(
  score: number | null,
  blockers: readonly GatingRule[],
  conditions: readonly GatingRule[],
  mustHaves: readonly MustHaveState[],
  rubric: Rubric,
): VerdictName {
  if (blockers.length > 0) return 'NOT READY';
  if (score === null) return 'NOT RATED';
  const shown = displayScore(score);
  const isProven = mustHaves.every(({ status }) => status === 'met' || status === 'attested');
  if (shown >= rubric.verdict.ready && conditions.length === 0 && isProven) return 'READY';
  return shown >= rubric.verdict.conditional ? 'READY WITH CONDITIONS' : 'NOT READY';
}

/** The grade of a score on the rubric's scale. */
export function gradeOf(score: number | null, rubric: Rubric): string | null {
  if (score === null) return null;
  return rubric.grades.find(({ min }) => displayScore(score) >= min)?.grade ?? null;
}

/** Share of what the applicable rules looked at that files could decide. */
function decidedShare(applicable: readonly Entry[], rubric: Rubric): number {
  const share = weightedShare(
    applicable,
    ({ rule }) => rubric.severityWeights[rule.severity],
    ({ tally }) => (passes(tally) + tally.fail) / (passes(tally) + tally.fail + tally.unknown),
  );
  return share ?? 0;
}

function isGating({ rule }: Entry): boolean {
  return rule.confidence !== 'heuristic';
}

/** Open findings of that severity or worse. */
function openFindings(tally: RuleTally, severity: Severity): number {
  return sum(SEVERITIES.slice(0, SEVERITIES.indexOf(severity) + 1), (worse) => tally.failBySeverity[worse]);
}

/** Weighted mean of shares (0..1), `null` for nothing. Never above 1: no term of the sum exceeds its weight. */
function weightedShare<T>(
  items: readonly T[],
  weightOf: (item: T) => number,
  shareOf: (item: T) => number,
): number | null {
  if (items.length === 0) return null;
  return sum(items, (item) => weightOf(item) * shareOf(item)) / sum(items, weightOf);
}

function sum<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0);
}
