/**
 * What to do next: which rules to fix for the next grade or a chosen one at the least effort, and everything that is open
 * as a plan in three horizons. It plays fixes through and changes no score.
 */
import type { RuleTally } from '../model/finding.ts';
import { addMinutes, type Effort, effortOf, type Minutes, minutesFor } from '../rulekit/effort.ts';
import type { Rule } from '../rulekit/rule.ts';
import { criterionOf, displayScore, gradeOf, type RuleInfo, scoreWorkspace } from './score.ts';
import type { Rubric, Scorecard } from './types.ts';

/** A rule with what is needed to estimate its effort. */
export type PlannedRule = RuleInfo & Partial<Pick<Rule, 'effort' | 'fix' | 'workspace'>>;

export interface PlanStep {
  readonly ruleId: string;
  /** Findings to fix. */
  readonly findings: number;
  /** Points of the overall score. */
  readonly gain: number;
  readonly minutes: Minutes;
}

/** Steps in the order in which they are to be taken; the gain of each is what it adds after those before it. */
export interface Way {
  /** The grade that is reached. */
  readonly grade: string;
  readonly score: number;
  readonly steps: readonly PlanStep[];
  readonly minutes: Minutes;
}

export interface ActionPlan {
  /** Blockers, and whatever is critical. */
  readonly immediate: readonly PlanStep[];
  /** Conditions, whatever is high, and what is medium and takes a day at most. */
  readonly shortTerm: readonly PlanStep[];
  readonly longTerm: readonly PlanStep[];
}

/** Working hours. */
const DAY = 8;

/**
 * The cheapest way that is found to a grade, or to the next better one: the rule with the most points for its effort
 * first; then every step that turns out not to be needed is left out, the dearest first. Not provably the cheapest: that
 * would be a knapsack. `null` when nothing is rated, or the grade is reached already.
 */
export function cheapestWay(
  scorecard: Scorecard,
  tallies: readonly RuleTally[],
  rules: readonly PlannedRule[],
  rubric: Rubric,
  grade?: string,
): Way | null {
  const from = rubric.grades.findIndex((each) => each.grade === scorecard.grade);
  const to = grade === undefined ? from - 1 : rubric.grades.findIndex((each) => each.grade === grade);
  if (scorecard.score === null || from < 0 || to < 0 || to >= from) return null;
  const goal = rubric.grades[to]!.min;
  const play = simulation(tallies, rules, rubric);
  const taken: string[] = [];
  while (displayScore(play.scoreAfter(taken)) < goal) {
    const next = bestCandidates(play, taken);
    if (next.length === 0) return null;
    taken.push(...next);
  }
  for (const ruleId of [...taken].sort((a, b) => play.hours(b) - play.hours(a))) {
    const without = taken.filter((other) => other !== ruleId);
    if (displayScore(play.scoreAfter(without)) >= goal) taken.splice(taken.indexOf(ruleId), 1);
  }
  const steps = stepsOf(taken, play);
  const score = play.scoreAfter(taken);
  return { grade: gradeOf(score, rubric)!, score, steps, minutes: totalMinutes(steps) };
}

/** Everything that is open and scores, in three horizons, each with the most points for the effort first. */
export function actionPlan(
  scorecard: Scorecard,
  tallies: readonly RuleTally[],
  rules: readonly PlannedRule[],
  rubric: Rubric,
): ActionPlan {
  const play = simulation(tallies, rules, rubric);
  const blocking = new Set(scorecard.blockers.map(({ ruleId }) => ruleId));
  const conditional = new Set(scorecard.conditions.map(({ ruleId }) => ruleId));
  const plan = { immediate: [] as PlanStep[], shortTerm: [] as PlanStep[], longTerm: [] as PlanStep[] };
  for (const { rule, tally } of play.open) {
    const step = { ...play.step(rule.id), gain: play.worth(rule.id) };
    const isGuess = rule.confidence === 'heuristic';
    const { critical, high, medium } = tally.failBySeverity;
    const isSmall = play.hours(rule.id) <= DAY;
    if (blocking.has(rule.id) || (critical > 0 && !isGuess)) plan.immediate.push(step);
    else if (conditional.has(rule.id) || high + critical > 0 || (medium > 0 && isSmall)) plan.shortTerm.push(step);
    else plan.longTerm.push(step);
  }
  const byReturn = (a: PlanStep, b: PlanStep): number =>
    returnOf(b) - returnOf(a) || b.gain - a.gain || (a.ruleId < b.ruleId ? -1 : 1);
  return {
    immediate: plan.immediate.sort(byReturn),
    shortTerm: plan.shortTerm.sort(byReturn),
    longTerm: plan.longTerm.sort(byReturn),
  };
}

export function totalMinutes(steps: readonly PlanStep[]): Minutes {
  return steps.reduce<Minutes>((total, { minutes }) => addMinutes(total, minutes), [0, 0]);
}

/** Points for a minute, by the middle of the range. */
function returnOf({ gain, minutes: [least, most] }: PlanStep): number {
  return gain / Math.max(1, (least + most) / 2);
}

interface Open {
  readonly rule: PlannedRule;
  readonly tally: RuleTally;
  readonly criterion: string;
}

interface Simulation {
  /** Rules that score and fail somewhere. */
  readonly open: readonly Open[];
  /** The overall score when all findings of these rules are fixed. */
  scoreAfter(fixed: readonly string[]): number;
  /** Points that a rule costs now, its cap included. */
  worth(ruleId: string): number;
  /** Middle of the effort. */
  hours(ruleId: string): number;
  step(ruleId: string): PlanStep;
}

/** Scores criterion by criterion, since a fix moves the criterion of its rule alone. */
function simulation(tallies: readonly RuleTally[], rules: readonly PlannedRule[], rubric: Rubric): Simulation {
  const tallyOf = new Map(tallies.map((tally) => [tally.ruleId, tally]));
  const open: Open[] = [];
  const rulesOf = new Map<string, PlannedRule[]>();
  for (const rule of rules) {
    const criterion = criterionOf(rule, rubric);
    if (criterion === null) continue;
    const list = rulesOf.get(criterion.id);
    if (list === undefined) rulesOf.set(criterion.id, [rule]);
    else list.push(rule);
    const tally = tallyOf.get(rule.id);
    if (tally === undefined || tally.fail === 0 || rule.stage === 'preview' || rule.scored === false) continue;
    open.push({ rule, tally, criterion: criterion.id });
  }
  const openById = new Map(open.map((each) => [each.rule.id, each]));
  const known = new Map<string, number | null>();
  /** Score of a criterion by itself. */
  const criterionScore = (index: number, fixed: ReadonlySet<string>): number | null => {
    const criterion = rubric.categories[index]!;
    const own = rulesOf.get(criterion.id) ?? [];
    const key = `${index} ${own.flatMap(({ id }) => (fixed.has(id) ? [id] : [])).join(' ')}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const ownTallies = own.flatMap(({ id }) => {
      const tally = tallyOf.get(id);
      return tally === undefined ? [] : [fixed.has(id) ? fixedTally(tally) : tally];
    });
    const score = scoreWorkspace(ownTallies, own, rubric).categories[index]!.score;
    known.set(key, score);
    return score;
  };
  const scoreAfter = (fixed: readonly string[]): number => {
    const set = new Set(fixed);
    let total = 0;
    let weights = 0;
    rubric.categories.forEach(({ weight }, index) => {
      const score = criterionScore(index, set);
      if (score === null) return;
      total += weight * score;
      weights += weight;
    });
    return weights === 0 ? 0 : total / weights;
  };
  const effortById = new Map<string, Effort>(open.map(({ rule }) => [rule.id, effortOf({ fix: 'none', ...rule })]));
  const minutes = (ruleId: string): Minutes => minutesFor(effortById.get(ruleId)!, openById.get(ruleId)!.tally.fail);
  const present = scoreWorkspace(tallies, rules, rubric);
  return {
    open,
    scoreAfter,
    worth(ruleId) {
      let points = 0;
      for (const { ledger, cap } of present.categories) {
        const entry = ledger.find((each) => each.ruleId === ruleId);
        points += (entry?.overallPoints ?? 0) + (cap?.ruleId === ruleId ? cap.overallPoints : 0);
      }
      return points;
    },
    hours: (ruleId) => (minutes(ruleId)[0] + minutes(ruleId)[1]) / 120,
    step: (ruleId) => ({ ruleId, findings: openById.get(ruleId)!.tally.fail, gain: 0, minutes: minutes(ruleId) }),
  };
}

/**
 * What to take next. While one cap holds a criterion, no single fix of several that set it gains anything; then all open
 * rules of a criterion are weighed together.
 */
function bestCandidates(play: Simulation, taken: readonly string[]): readonly string[] {
  const rest = play.open.filter(({ rule }) => !taken.includes(rule.id));
  const now = play.scoreAfter(taken);
  const criteria = [...new Set(rest.map(({ criterion }) => criterion))];
  const together = criteria.map((id) => rest.filter((each) => each.criterion === id).map(({ rule }) => rule.id));
  let best: readonly string[] = [];
  let highest = 0;
  for (const candidate of [...rest.map(({ rule }) => [rule.id]), ...together]) {
    const gain = play.scoreAfter([...taken, ...candidate]) - now;
    const hours = candidate.reduce((total, ruleId) => total + play.hours(ruleId), 0);
    const value = gain / Math.max(1 / 60, hours);
    if (value <= highest) continue;
    highest = value;
    best = candidate;
  }
  return best;
}

function stepsOf(taken: readonly string[], play: Simulation): readonly PlanStep[] {
  let before = play.scoreAfter([]);
  return taken.map((ruleId, index) => {
    const after = play.scoreAfter(taken.slice(0, index + 1));
    const gain = after - before;
    before = after;
    return { ...play.step(ruleId), gain };
  });
}

function fixedTally(tally: RuleTally): RuleTally {
  return {
    ...tally,
    pass: tally.pass + tally.fail,
    fail: 0,
    failBySeverity: { critical: 0, high: 0, medium: 0, low: 0 },
  };
}
