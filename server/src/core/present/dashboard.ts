/**
 * What the dashboard shows: grade and verdict, what decides them, the cheapest way to a better grade, every category with
 * the arithmetic of its points, and how the score went over commits. Structurally the protocol's types, which the core may
 * not import. Every text is plain, and nothing is computed here that score and plan do not say.
 */
import type { Finding } from '../model/finding.ts';
import { cheapestWay, type PlanStep, type Way } from '../score/plan.ts';
import { displayScore } from '../score/score.ts';
import type { CategoryScore, GatingRule, Rubric, VerdictName } from '../score/types.ts';
import { type Audit, scoreReason, sortFindings, unratedReason, worstSeverity } from './audit.ts';
import { type PlaceItem, placeItem } from './explain.ts';
import { scorecardSentence } from './status.ts';
import { counted, effortText, percentText, plainText, pointsText } from './text.ts';

/** Findings that are listed for a rule; the editor's tree has them all. */
const PLACES_SHOWN = 10;
/** Characters of a commit that are shown. */
const COMMIT_LENGTH = 10;
/** Entries of the trend: more could not be told apart. */
const TREND_LENGTH = 60;

export type Tone = 'good' | 'middling' | 'bad' | 'none';

/** What is remembered of an earlier audit. */
export interface TrendEntry {
  /** UTC, such as `2027-01-31T09:30:00Z`. */
  readonly time: string;
  readonly commit: string | null;
  /** As shown; null: not rated. */
  readonly score: number | null;
  readonly grade: string | null;
  readonly categories: readonly { readonly id: string; readonly title: string; readonly score: number | null }[];
}

/** The present audit as the last point of a trend. `time`: see `TrendEntry`. */
export function trendEntry({ scorecard }: Audit, time: string, commit: string | null): TrendEntry {
  const shown = (score: number | null): number | null => (score === null ? null : displayScore(score));
  return {
    time,
    commit,
    score: shown(scorecard.score),
    grade: scorecard.grade,
    categories: scorecard.categories.map(({ id, title, score }) => ({ id, title, score: shown(score) })),
  };
}

/** A rule with findings, to be opened, explained or mended. */
export interface DashboardRule {
  readonly ruleId: string;
  readonly title: string;
  readonly severity: string;
  readonly detail: string;
  /** Title of the action that mends what can be mended by quick fixes; '' where nothing can. */
  readonly fix: string;
  readonly places: readonly PlaceItem[];
  /** How many findings are not listed; '' for none. */
  readonly more: string;
}

export interface DashboardCategory {
  readonly id: string;
  readonly title: string;
  readonly grade: string;
  /** 0 to 100 as shown; null: not rated. */
  readonly score: number | null;
  readonly tone: Tone;
  readonly detail: string;
  readonly ledger: readonly { readonly text: string; readonly points: string; readonly ruleId: string }[];
}

export interface Dashboard {
  readonly title: string;
  readonly overall: {
    /** '' when nothing is rated. */
    readonly grade: string;
    readonly score: number | null;
    readonly verdict: VerdictName;
    readonly tone: Tone;
    /** For screen readers. */
    readonly sentence: string;
    readonly reason: string;
    readonly facts: readonly { readonly label: string; readonly value: string }[];
  };
  readonly groups: readonly {
    readonly title: string;
    readonly outcome: string;
    /** The rules are steps, to be taken in this order. */
    readonly ordered: boolean;
    readonly rules: readonly DashboardRule[];
  }[];
  readonly categories: { readonly title: string; readonly items: readonly DashboardCategory[] };
  readonly trend: {
    readonly title: string;
    readonly sentence: string;
    readonly columns: readonly string[];
    readonly entries: readonly {
      readonly label: string;
      readonly score: number | null;
      readonly cells: readonly string[];
    }[];
  };
}

/** The dashboard of an audit. `trend`: earlier audits by time, the present one last; empty when none is remembered. */
export function dashboardOf(audit: Audit, trend: readonly TrendEntry[], toUri: (path: string) => string): Dashboard {
  const { scorecard, rubric, stats } = audit;
  const { score } = scorecard;
  const ruleRow = rowMaker(audit, toUri);
  return {
    title: `Production readiness of ${plainText(audit.root)}`,
    overall: {
      grade: scorecard.grade ?? '',
      score: score === null ? null : displayScore(score),
      verdict: scorecard.verdict,
      tone: VERDICT_TONES[scorecard.verdict],
      sentence: `Production readiness: ${scorecardSentence(scorecard)}`,
      reason: plainText(score === null ? unratedReason(audit) : scoreReason(audit)),
      facts: [
        { label: 'Findings', value: String(audit.findings.filter(({ stage }) => stage === 'stable').length) },
        { label: 'Files', value: String(stats.files) },
        { label: 'Risk', value: scorecard.risk },
        { label: 'Decided from evidence', value: percentText(scorecard.confidence) },
      ],
    },
    groups: [
      ...gates('Blocks shipping', scorecard.blockers, ruleRow),
      ...ways(audit).map((way) => ({
        title: `Cheapest way to grade ${way.grade}`,
        outcome: `Together ${effortText(way.minutes)}, for a score of ${displayScore(way.score)}.`,
        ordered: true,
        rules: way.steps.map((step) => ruleRow(step.ruleId, stepText(step))),
      })),
      ...gates('Stands against plain READY', scorecard.conditions, ruleRow),
    ],
    categories: {
      title: 'Categories',
      items: scorecard.categories.map((category) => categoryOf(category, audit, rubric)),
    },
    trend: trendOf(trend),
  };
}

const VERDICT_TONES: Readonly<Record<VerdictName, Tone>> = {
  READY: 'good',
  'READY WITH CONDITIONS': 'middling',
  'NOT READY': 'bad',
  'NOT RATED': 'none',
};

type RowMaker = (ruleId: string, detail: string) => DashboardRule;

function rowMaker({ findings, rules }: Audit, toUri: (path: string) => string): RowMaker {
  const byRule = new Map<string, Finding[]>();
  for (const finding of sortFindings(findings)) {
    const list = byRule.get(finding.ruleId);
    if (list === undefined) byRule.set(finding.ruleId, [finding]);
    else list.push(finding);
  }
  return (ruleId, detail) => {
    const own = byRule.get(ruleId) ?? [];
    const fixable = own.filter(({ fixes }) => fixes.length > 0).length;
    const more = own.length - PLACES_SHOWN;
    return {
      ruleId,
      title: titleOf(rules, ruleId),
      severity: worstSeverity(own),
      detail,
      fix: fixable === 0 ? '' : fixable === own.length ? 'Fix' : `Fix ${fixable} of ${own.length}`,
      places: own.slice(0, PLACES_SHOWN).map((finding) => placeItem(finding, toUri)),
      more: more > 0 ? `and ${counted(more, 'more finding')}` : '',
    };
  };
}

function titleOf(rules: Audit['rules'], ruleId: string): string {
  return plainText(rules.find(({ id }) => id === ruleId)?.title ?? ruleId);
}

function gates(title: string, rules: readonly GatingRule[], ruleRow: RowMaker): Dashboard['groups'] {
  if (rules.length === 0) return [];
  const rows = rules.map(({ ruleId, findings }) => ruleRow(ruleId, counted(findings, 'finding')));
  return [{ title, outcome: '', ordered: false, rules: rows }];
}

/** To the next grade, and to the least grade that is READY. */
function ways({ scorecard, tallies, rules, rubric }: Audit): readonly Way[] {
  const next = cheapestWay(scorecard, tallies, rules, rubric);
  const good = rubric.grades.findLast(({ min }) => min >= rubric.verdict.ready)?.grade;
  const further = good === next?.grade ? null : cheapestWay(scorecard, tallies, rules, rubric, good);
  return [next, further].filter((way) => way !== null);
}

/** While a cap holds, a single fix of several that set it wins nothing. */
function stepText({ findings, gain, minutes }: PlanStep): string {
  const worth = gain < 0.05 ? 'counts together with the other steps' : `+${pointsText(gain)} points`;
  return [counted(findings, 'finding'), worth, effortText(minutes)].join(' · ');
}

function categoryOf(category: CategoryScore, { scorecard, rules }: Audit, rubric: Rubric): DashboardCategory {
  const { id, title, grade, score, weight, cap, findings } = category;
  const rated = scorecard.categories.filter((each) => each.score !== null);
  const total = rated.reduce((sum, each) => sum + each.weight, 0);
  const { pass, fail, unknown } = category.rules;
  const counts = [`${pass} passed`, `${fail} failed`, ...(unknown === 0 ? [] : [`${unknown} not decided`])].join(', ');
  return {
    id,
    title: plainText(title),
    grade: grade ?? '',
    score: score === null ? null : displayScore(score),
    tone: toneOf(score, rubric),
    detail:
      score === null
        ? 'No rule found anything to judge, so its weight is shared among the others.'
        : `${counted(findings, 'finding')}; rules: ${counts}. Brings ${pointsText((score * weight) / total)} of ` +
          `${pointsText((100 * weight) / total)} points of the overall score.`,
    ledger:
      score === null
        ? []
        : [
            ...category.ledger.map(({ ruleId, categoryPoints }) => ({
              text: titleOf(rules, ruleId),
              points: `−${pointsText(categoryPoints)}`,
              ruleId,
            })),
            ...(cap === null
              ? []
              : [
                  {
                    text: `Capped at ${cap.limit} by an open ${cap.severity} finding: ${titleOf(rules, cap.ruleId)}`,
                    points: `−${pointsText(cap.points)}`,
                    ruleId: cap.ruleId,
                  },
                ]),
          ],
  };
}

/** Good, middling or bad by the thresholds of the verdict. */
function toneOf(score: number | null, { verdict }: Rubric): Tone {
  if (score === null) return 'none';
  if (displayScore(score) >= verdict.ready) return 'good';
  return displayScore(score) >= verdict.conditional ? 'middling' : 'bad';
}

function trendOf(trend: readonly TrendEntry[]): Dashboard['trend'] {
  const shown = trend.slice(-TREND_LENGTH);
  const rated = shown.filter(({ score }) => score !== null);
  const [first, last] = [rated[0], rated.at(-1)];
  const categories = shown.at(-1)?.categories ?? [];
  const commitOf = ({ commit }: TrendEntry): string => commit?.slice(0, COMMIT_LENGTH) ?? 'not committed';
  return {
    title: 'Trend',
    sentence:
      first === undefined || last === undefined || first === last
        ? ''
        : first.score === last.score
          ? `${last.score} as at the first of ${counted(rated.length, 'audit')}.`
          : `From ${first.score} to ${last.score} over ${counted(rated.length, 'audit')}.`,
    columns: ['Time', 'Commit', 'Grade', 'Score', ...categories.map(({ title }) => plainText(title))],
    entries: shown.map((entry) => ({
      label: plainText(`${dayOf(entry.time)} ${commitOf(entry)}`),
      score: entry.score,
      cells: [
        dayOf(entry.time),
        commitOf(entry),
        entry.grade ?? '–',
        scoreText(entry.score),
        ...categories.map(({ id }) => scoreText(entry.categories.find((each) => each.id === id)?.score ?? null)),
      ].map(plainText),
    })),
  };
}

/** A time to the minute. */
function dayOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function scoreText(score: number | null): string {
  return score === null ? '–' : String(score);
}
