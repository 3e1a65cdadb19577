/** The way to the next grade: which rules to fix first. It never changes the scorecard, it only plays fixes through. */
import type { RuleTally } from '../model/finding.ts';
import { type RuleInfo, scoreWorkspace } from './score.ts';
import type { Rubric, Scorecard } from './types.ts';

export interface NextStep {
  readonly ruleId: string;
  /** Findings to fix. */
  readonly findings: number;
  /** Points of the overall score that this step adds after the steps before it. */
  readonly gain: number;
}

export interface NextSteps {
  /** The grade that is reached. */
  readonly grade: string;
  readonly score: number;
  readonly steps: readonly NextStep[];
}

/**
 * The rules whose fixing reaches a better grade: the dearest one first, its cap included, until the grade is better.
 * Greedy, so short rather than provably shortest. `null` when nothing is rated or the best grade is reached.
 *
 * @param scorecard what `scoreWorkspace` says of the same tallies, rules and rubric.
 */
export function nextSteps(
  scorecard: Scorecard,
  tallies: readonly RuleTally[],
  rules: readonly RuleInfo[],
  rubric: Rubric,
): NextSteps | null {
  const steps: NextStep[] = [];
  let remaining = tallies;
  let current = scorecard;
  while (current.score !== null && current.grade !== null) {
    if (current.grade !== scorecard.grade) return { grade: current.grade, score: current.score, steps };
    const ruleId = dearestRule(current);
    if (ruleId === null) return null;
    const findings = remaining.find((tally) => tally.ruleId === ruleId)?.fail ?? 0;
    remaining = remaining.map((tally) => (tally.ruleId === ruleId ? fixed(tally) : tally));
    const before = current.score;
    current = scoreWorkspace(remaining, rules, rubric);
    steps.push({ ruleId, findings, gain: (current.score ?? before) - before });
  }
  return null;
}

function dearestRule(scorecard: Scorecard): string | null {
  let dearest: string | null = null;
  let highest = 0;
  for (const { cap, ledger } of scorecard.categories) {
    for (const { ruleId, overallPoints } of ledger) {
      const cost = overallPoints + (cap?.ruleId === ruleId ? cap.overallPoints : 0);
      if (cost <= highest) continue;
      highest = cost;
      dearest = ruleId;
    }
  }
  return dearest;
}

function fixed(tally: RuleTally): RuleTally {
  return {
    ...tally,
    pass: tally.pass + tally.fail,
    fail: 0,
    failBySeverity: { critical: 0, high: 0, medium: 0, low: 0 },
  };
}
