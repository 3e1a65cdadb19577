/** The laws of the score, over random rubrics, rules and tallies, and its arithmetic on hand-made ones. */

import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RuleTally } from '../../server/src/core/model/finding.ts';
import {
  CATEGORY_IDS,
  type CategoryId,
  CONFIDENCES,
  SEVERITIES,
  type Severity,
} from '../../server/src/core/model/verdict.ts';
import { cheapestWay } from '../../server/src/core/score/plan.ts';
import { criterionOf, displayScore, type RuleInfo, scoreWorkspace } from '../../server/src/core/score/score.ts';
import type { Rubric, Scorecard, VerdictName } from '../../server/src/core/score/types.ts';
import rubricSchema from '../../server/src/rubrics/rubric.schema.json' with { type: 'json' };
import { DEFAULT_RUBRIC, RUBRICS } from '../../server/src/rubrics/rubrics.ts';

const RUNS = { numRuns: 10_000 };
const CLOSE = 1e-9;

type Failures = Readonly<Record<Severity, number>>;
const noFailures: Failures = { critical: 0, high: 0, medium: 0, low: 0 };

function tally(ruleId: string, pass: number, failures: Partial<Failures> = {}, unknown = 0): RuleTally {
  const failBySeverity = { ...noFailures, ...failures };
  const fail = sum(Object.values(failBySeverity));
  return { ruleId, pass, fail, unknown, failBySeverity, evidence: [] };
}

function info(id: string, overrides: Partial<RuleInfo> = {}): RuleInfo {
  return { id, title: id, category: 'errors', severity: 'high', confidence: 'certain', stage: 'stable', ...overrides };
}

interface Case {
  readonly rules: readonly RuleInfo[];
  readonly tallies: readonly RuleTally[];
  readonly rubric: Rubric;
}

/** Mostly small, as shares and vanishing subjects show there; sometimes so large that one failure hardly shows. */
const count = fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 7, 100_000);

/** A rule and its tally, before they have a name. Few categories, so that rules meet and one often hangs on one rule. */
const anyEntry = fc.tuple(
  fc.constantFrom<CategoryId>('concurrency', 'security', 'quality'),
  fc.constantFrom(...SEVERITIES),
  fc.constantFrom(...CONFIDENCES),
  fc.constantFrom('stable' as const, 'stable' as const, 'stable' as const, 'preview' as const),
  fc.tuple(count, count, count, count, count, count),
);

type EntrySample = typeof anyEntry extends fc.Arbitrary<infer T> ? T : never;

/** The default rubric, or one with fractional weights, arbitrary caps (looser for worse severities too) and gates. */
const anyRubric: fc.Arbitrary<Rubric> = fc.oneof(
  fc.constantFrom(...RUBRICS),
  fc
    .record({
      weights: fc.array(fc.double({ min: 0.01, max: 50, noNaN: true }), { minLength: 10, maxLength: 10 }),
      severityWeights: fc.record({
        critical: fc.double({ min: 0.01, max: 20, noNaN: true }),
        high: fc.double({ min: 0.01, max: 20, noNaN: true }),
        medium: fc.double({ min: 0.01, max: 20, noNaN: true }),
        low: fc.double({ min: 0.01, max: 20, noNaN: true }),
      }),
      caps: fc.record(
        {
          critical: fc.nat({ max: 100 }),
          high: fc.nat({ max: 100 }),
          medium: fc.nat({ max: 100 }),
          low: fc.nat({ max: 100 }),
        },
        { requiredKeys: [] },
      ),
      conditionsSeverity: fc.constantFrom(...SEVERITIES),
      blockingSeverity: fc.constantFrom(...SEVERITIES),
    })
    .map(({ weights, severityWeights, caps, conditionsSeverity, blockingSeverity }) => ({
      ...DEFAULT_RUBRIC,
      categories: DEFAULT_RUBRIC.categories.map((category, index) => ({ ...category, weight: weights[index] ?? 1 })),
      severityWeights,
      caps,
      verdict: { ...DEFAULT_RUBRIC.verdict, conditionsSeverity, blockingSeverity, blockingRules: ['rule-0'] },
    })),
);

const anyCase: fc.Arbitrary<Case> = fc
  .tuple(fc.array(anyEntry, { minLength: 0, maxLength: 8 }), anyRubric)
  .map(([entries, rubric]) => caseOf(entries, rubric));

function caseOf(entries: readonly EntrySample[], rubric: Rubric): Case {
  return {
    rules: entries.map(([category, severity, confidence, stage], index) =>
      info(`rule-${index}`, { category, severity, confidence, stage }),
    ),
    tallies: entries.map(([, , , , [pass, critical, high, medium, low, unknown]], index) =>
      tally(`rule-${index}`, pass, { critical, high, medium, low }, unknown),
    ),
    rubric,
  };
}

/** A case with at least one rule, one of its rules and one severity. */
const caseAndPick = fc
  .tuple(fc.array(anyEntry, { minLength: 1, maxLength: 8 }), anyRubric, fc.nat(), fc.constantFrom(...SEVERITIES))
  .map(([entries, rubric, pick, severity]) => ({
    subject: caseOf(entries, rubric),
    index: pick % entries.length,
    severity,
  }));

function score({ tallies, rules, rubric }: Case): Scorecard {
  return scoreWorkspace(tallies, rules, rubric);
}

/** The case with the tally at `index` replaced. */
function withTally(subject: Case, index: number, replace: (tally: RuleTally) => RuleTally): Case {
  return { ...subject, tallies: subject.tallies.map((each, i) => (i === index ? replace(each) : each)) };
}

function changeFailures(each: RuleTally, severity: Severity, change: 1 | -1): RuleTally {
  return {
    ...each,
    fail: each.fail + change,
    failBySeverity: { ...each.failBySeverity, [severity]: each.failBySeverity[severity] + change },
  };
}

const RANK: Readonly<Record<VerdictName, number>> = {
  'NOT READY': 0,
  'READY WITH CONDITIONS': 1,
  READY: 2,
  'NOT RATED': 3,
};

/** Whatever both scorecards rate is at most as good in `worse`. "Not rated" is not comparable with a score. */
function isNotBetter(worse: Scorecard, better: Scorecard): boolean {
  const notAbove = (low: number | null | undefined, high: number | null | undefined) =>
    low == null || high == null || (low <= high + CLOSE && displayScore(low) <= displayScore(high));
  const rated = worse.score !== null && better.score !== null;
  return (
    notAbove(worse.score, better.score) &&
    worse.categories.every((category, i) => notAbove(category.score, better.categories[i]?.score)) &&
    (!rated || RANK[worse.verdict] <= RANK[better.verdict])
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

// Properties return a boolean and leave the report of a counterexample to fast-check: 10,000 expectations are slow.
describe('laws over random cases', { timeout: 60_000 }, () => {
  test('scores stay within 0 and 100, confidence within 0 and 1', () => {
    fc.assert(
      fc.property(anyCase, (subject) => {
        const card = score(subject);
        const scores = [card.score, ...card.categories.map((category) => category.score)];
        return (
          scores.every((value) => value === null || (value >= 0 && value <= 100)) &&
          card.confidence >= 0 &&
          card.confidence <= 1
        );
      }),
      RUNS,
    );
  });

  test('one more failure never raises a score, betters the verdict or leaves something unrated', () => {
    fc.assert(
      fc.property(caseAndPick, ({ subject, index, severity }) => {
        const before = score(subject);
        const failing = score(withTally(subject, index, (each) => changeFailures(each, severity, 1)));
        return (
          isNotBetter(failing, before) &&
          failing.categories.every((category, i) => category.score !== null || before.categories[i]?.score === null)
        );
      }),
      RUNS,
    );
  });

  test('fixing a failure never lowers a score, whether the place passes or vanishes', () => {
    fc.assert(
      fc.property(caseAndPick, fc.boolean(), ({ subject, index, severity }, passes) => {
        fc.pre((subject.tallies[index]?.failBySeverity[severity] ?? 0) > 0);
        const fixed = withTally(subject, index, (each) => {
          const without = changeFailures(each, severity, -1);
          return passes ? { ...without, pass: without.pass + 1 } : without;
        });
        return isNotBetter(score(subject), score(fixed));
      }),
      RUNS,
    );
  });

  test('fixing the only subject of a rule never lowers another score, even when its category becomes unrated', () => {
    fc.assert(
      fc.property(caseAndPick, ({ subject, index, severity }) => {
        const ruleId = subject.rules[index]?.id ?? '';
        const failing = score(withTally(subject, index, () => tally(ruleId, 0, { [severity]: 1 })));
        const gone = score(withTally(subject, index, () => tally(ruleId, 0)));
        const unratedWasZero = gone.categories.every(
          (category, i) => category.score !== null || (failing.categories[i]?.score ?? 0) === 0,
        );
        return isNotBetter(failing, gone) && unratedWasZero;
      }),
      RUNS,
    );
  });

  test('one more pass never lowers a score', () => {
    fc.assert(
      fc.property(caseAndPick, ({ subject, index }) => {
        const passing = withTally(subject, index, (each) => ({ ...each, pass: each.pass + 1 }));
        return isNotBetter(score(subject), score(passing));
      }),
      RUNS,
    );
  });

  test('a worse severity of the same finding never raises a score, whatever the caps', () => {
    fc.assert(
      fc.property(caseAndPick, ({ subject, index, severity }) => {
        const worse = SEVERITIES[SEVERITIES.indexOf(severity) - 1];
        fc.pre(worse !== undefined && (subject.tallies[index]?.failBySeverity[severity] ?? 0) > 0);
        const worsened = withTally(subject, index, (each) =>
          changeFailures(changeFailures(each, severity, -1), worse ?? severity, 1),
        );
        return isNotBetter(score(worsened), score(subject));
      }),
      RUNS,
    );
  });

  test('a rule or category without subject is not applicable', () => {
    fc.assert(
      fc.property(anyCase, (subject) => {
        const card = score(subject);
        const judged = subject.tallies.filter(({ pass, fail }) => pass + fail > 0);
        const without = score({ ...subject, tallies: judged });
        const comparable = ({ categories, confidence, ...rest }: Scorecard) =>
          JSON.stringify([
            rest,
            categories.map(({ rules, ...others }) => ({ ...others, pass: rules.pass, fail: rules.fail })),
          ]);
        const applies = (id: string) =>
          subject.rules.some(
            (each) =>
              criterionOf(each, subject.rubric)?.id === id &&
              each.stage === 'stable' &&
              judged.some(({ ruleId }) => ruleId === each.id),
          );
        return (
          comparable(card) === comparable(without) &&
          card.categories.every((category) => (category.score !== null) === applies(category.id)) &&
          (card.score !== null) === card.categories.some((category) => category.score !== null)
        );
      }),
      RUNS,
    );
  });

  test('the order of tallies and rules does not matter', () => {
    const shuffled = anyCase.chain((subject) =>
      fc.record({
        subject: fc.constant(subject),
        rules: fc.shuffledSubarray([...subject.rules], { minLength: subject.rules.length }),
        tallies: fc.shuffledSubarray([...subject.tallies], { minLength: subject.tallies.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ subject, rules, tallies }) => {
        return JSON.stringify(scoreWorkspace(tallies, rules, subject.rubric)) === JSON.stringify(score(subject));
      }),
      RUNS,
    );
  });

  test('the ledger sums to the points lost', () => {
    fc.assert(
      fc.property(anyCase, (subject) => {
        const card = score(subject);
        const isClose = (lost: number, value: number | null) => value === null || Math.abs(100 - value - lost) < CLOSE;
        const overallLost = card.categories.flatMap(({ ledger, cap }) => [
          ...ledger.map(({ overallPoints }) => overallPoints),
          cap?.overallPoints ?? 0,
        ]);
        return (
          isClose(sum(overallLost), card.score) &&
          card.categories.every(({ ledger, cap, score: value }) => {
            if (value === null) return ledger.length === 0 && cap === null;
            return isClose(sum(ledger.map(({ categoryPoints }) => categoryPoints)) + (cap?.points ?? 0), value);
          })
        );
      }),
      RUNS,
    );
  });

  test('preview rules change nothing, heuristic ones neither cap nor decide the verdict by themselves', () => {
    fc.assert(
      fc.property(anyCase, (subject) => {
        const stable = subject.rules.filter(({ stage }) => stage === 'stable');
        const withoutPreview = scoreWorkspace(subject.tallies, stable, subject.rubric);
        const guesses = subject.rules.map((each) => ({ ...each, confidence: 'heuristic' as const }));
        const guessed = scoreWorkspace(subject.tallies, guesses, subject.rubric);
        return (
          JSON.stringify(withoutPreview) === JSON.stringify(score(subject)) &&
          guessed.categories.every(({ cap }) => cap === null) &&
          guessed.blockers.length + guessed.conditions.length === 0
        );
      }),
      RUNS,
    );
  });

  test('the next steps reach a better grade when they are all taken, and not before', () => {
    fc.assert(
      fc.property(anyCase, (subject) => {
        const card = score(subject);
        const way = cheapestWay(card, subject.tallies, subject.rules, subject.rubric);
        const best = subject.rubric.grades[0]?.grade;
        if (way === null) return card.score === null || card.grade === best;
        const gradeAfter = (steps: readonly { ruleId: string }[]) => {
          const isFixed = (ruleId: string) => steps.some((step) => step.ruleId === ruleId);
          const tallies = subject.tallies.map((each) =>
            isFixed(each.ruleId) ? tally(each.ruleId, each.pass + each.fail) : each,
          );
          return scoreWorkspace(tallies, subject.rules, subject.rubric).grade;
        };
        return (
          gradeAfter(way.steps) === way.grade &&
          gradeAfter(way.steps.slice(0, -1)) === card.grade &&
          card.grade !== way.grade &&
          Math.abs(sum(way.steps.map(({ gain }) => gain)) - (way.score - (card.score ?? 0))) < CLOSE
        );
      }),
      RUNS,
    );
  });
});

describe('arithmetic', () => {
  test('nothing to judge is not rated, never 100', () => {
    const card = scoreWorkspace([tally('a', 0)], [info('a')], DEFAULT_RUBRIC);
    expect(card).toMatchObject({ score: null, grade: null, verdict: 'NOT RATED', confidence: 0 });
    expect(card.categories).toHaveLength(CATEGORY_IDS.length);
    expect(card.categories.every(({ score: each, grade }) => each === null && grade === null)).toBe(true);
  });

  test('a category is the mean of its rules by severity, the overall score that of the rated categories', () => {
    const rules = [
      info('a', { severity: 'medium' }),
      info('b', { severity: 'low' }),
      info('c', { category: 'documentation', severity: 'low' }),
    ];
    const card = scoreWorkspace(
      [tally('a', 3, { low: 1 }), tally('b', 5), tally('c', 0, { low: 2 })],
      rules,
      DEFAULT_RUBRIC,
    );
    const errors = card.categories.find(({ id }) => id === 'errors');
    expect(errors?.score).toBeCloseTo((100 * (2 * 0.75 + 1)) / 3, 9);
    expect(errors).toMatchObject({ rules: { pass: 1, fail: 1, unknown: 0 }, findings: 1, cap: null });
    expect(card.categories.find(({ id }) => id === 'documentation')).toMatchObject({
      score: 0,
      grade: 'F',
      findings: 2,
    });
    expect(card.score).toBeCloseTo((15 * ((100 * 2.5) / 3)) / 18, 9);
  });

  test('a critical finding caps its category harder than a high one, and the ledger names the rule', () => {
    const rules = [info('a', { severity: 'high' }), info('b', { severity: 'critical' })];
    const tallies = [tally('a', 999, { high: 1 }), tally('b', 999)];
    const high = scoreWorkspace(tallies, rules, DEFAULT_RUBRIC).categories.find(({ id }) => id === 'errors');
    expect(high).toMatchObject({ score: 79, grade: 'C+', cap: { limit: 79, severity: 'high', ruleId: 'a' } });
    const both = scoreWorkspace([tallies[0]!, tally('b', 999, { critical: 1 })], rules, DEFAULT_RUBRIC);
    const critical = both.categories.find(({ id }) => id === 'errors');
    expect(critical).toMatchObject({ score: 59, grade: 'F', cap: { limit: 59, severity: 'critical', ruleId: 'b' } });
  });

  test('a cap above what the shares give is not reported', () => {
    const card = scoreWorkspace([tally('a', 1, { high: 1 })], [info('a')], DEFAULT_RUBRIC);
    expect(card.categories.find(({ id }) => id === 'errors')).toMatchObject({ score: 50, cap: null });
  });

  test.each(DEFAULT_RUBRIC.verdict.blockingRules)('%s blocks whatever the score', (id) => {
    const rules = [info(id, { category: 'quality', severity: 'low' }), info('z', { severity: 'critical' })];
    const card = scoreWorkspace([tally(id, 9999, { low: 1 }), tally('z', 50)], rules, DEFAULT_RUBRIC);
    expect(card.score).toBeGreaterThan(99);
    expect(card).toMatchObject({ verdict: 'NOT READY', blockers: [{ ruleId: id, findings: 1 }], conditions: [] });
  });

  test('a critical finding blocks in security and is a condition elsewhere', () => {
    const of = (category: CategoryId, overrides: Partial<RuleInfo> = {}) => {
      const rules = [info('a', { category, severity: 'critical', ...overrides })];
      const others = CATEGORY_IDS.filter((id) => id !== category).map((id) => info(id, { category: id }));
      const passes = others.map(({ id }) => tally(id, 1));
      return scoreWorkspace(
        [tally('a', 999, { critical: 2, low: 1 }), ...passes],
        [...rules, ...others],
        DEFAULT_RUBRIC,
      );
    };
    expect(of('security')).toMatchObject({ verdict: 'NOT READY', blockers: [{ ruleId: 'a', findings: 2 }] });
    expect(of('errors')).toMatchObject({
      verdict: 'READY WITH CONDITIONS',
      blockers: [],
      conditions: [{ ruleId: 'a', findings: 2 }],
    });
    expect(of('security', { confidence: 'heuristic' })).toMatchObject({
      verdict: 'READY',
      blockers: [],
      conditions: [],
    });
    expect(of('security', { stage: 'preview' })).toMatchObject({ score: 100, verdict: 'READY' });
  });

  test('the verdict follows the thresholds', () => {
    const of = (pass: number) =>
      scoreWorkspace([tally('a', pass, { low: 100 - pass })], [info('a', { severity: 'low' })], DEFAULT_RUBRIC).verdict;
    const { ready, conditional } = DEFAULT_RUBRIC.verdict;
    expect([of(ready), of(ready - 1)]).toEqual(['READY', 'READY WITH CONDITIONS']);
    expect([of(conditional), of(conditional - 1)]).toEqual(['READY WITH CONDITIONS', 'NOT READY']);
  });

  test('the grade is that of the number shown, at every whole score', () => {
    for (let pass = 0; pass <= 100; pass++) {
      const card = scoreWorkspace([tally('a', pass, { low: 100 - pass })], [info('a')], DEFAULT_RUBRIC);
      expect(displayScore(card.score ?? -1)).toBe(pass);
      expect(card.grade).toBe(DEFAULT_RUBRIC.grades.find(({ min }) => pass >= min)?.grade);
    }
    const almost = scoreWorkspace([tally('a', 9999, { low: 1 })], [info('a')], DEFAULT_RUBRIC);
    expect(displayScore(almost.score ?? -1)).toBe(99);
  });

  test('confidence is the share of the applicable weight that was decided; unknown subjects do not score', () => {
    const rules = [info('a'), info('b'), info('c', { category: 'documentation' })];
    const card = scoreWorkspace([tally('a', 1), tally('b', 0, {}, 4), tally('c', 1, {}, 3)], rules, DEFAULT_RUBRIC);
    expect(card.score).toBe(100);
    expect(card.confidence).toBeCloseTo((15 * 0.5 + 3 * 0.25) / 18, 9);
    expect(card.categories.find(({ id }) => id === 'errors')?.rules).toEqual({ pass: 1, fail: 0, unknown: 1 });
  });

  test('rules of a category that the rubric leaves out do not score but block', () => {
    const rubric = { ...DEFAULT_RUBRIC, categories: DEFAULT_RUBRIC.categories.filter(({ id }) => id !== 'quality') };
    const rules = [info('syntax-error', { category: 'quality' }), info('a')];
    const card = scoreWorkspace([tally('syntax-error', 0, { high: 1 }), tally('a', 1)], rules, rubric);
    expect(card).toMatchObject({ score: 100, verdict: 'NOT READY' });
  });

  test('tallies of unknown rules are ignored', () => {
    expect(scoreWorkspace([tally('gone', 0, { critical: 9 })], [], DEFAULT_RUBRIC).score).toBeNull();
  });
});

describe('the default rubric', () => {
  const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(rubricSchema);

  test('satisfies the schema', () => {
    validate(DEFAULT_RUBRIC);
    expect(validate.errors).toBeNull();
  });

  test('the schema refuses what the scorer cannot use', () => {
    const broken: unknown[] = [
      { ...DEFAULT_RUBRIC, categories: [] },
      { ...DEFAULT_RUBRIC, categories: [{ id: 'errors', title: 'Errors', weight: 0 }] },
      { ...DEFAULT_RUBRIC, categories: [{ id: 'luck', title: 'Luck', weight: 1 }] },
      { ...DEFAULT_RUBRIC, grades: [{ grade: 'A', min: 0.5 }] },
      { ...DEFAULT_RUBRIC, caps: { critical: 101 } },
      { ...DEFAULT_RUBRIC, severityWeights: { critical: 1 } },
      { ...DEFAULT_RUBRIC, extra: true },
    ];
    expect(broken.map((rubric) => validate(rubric))).toEqual(broken.map(() => false));
  });

  test('has the ten categories, weights that are percentages, and a falling scale that ends at 0', () => {
    expect(DEFAULT_RUBRIC.categories.map(({ id }) => id)).toEqual([...CATEGORY_IDS]);
    expect(DEFAULT_RUBRIC.categories.map(({ weight }) => weight)).toEqual([15, 15, 15, 15, 20, 5, 5, 5, 3, 2]);
    const mins = DEFAULT_RUBRIC.grades.map(({ min }) => min);
    expect(mins).toEqual([...new Set(mins)].sort((a, b) => b - a));
    expect(mins.at(-1)).toBe(0);
    const { critical, high } = DEFAULT_RUBRIC.caps;
    expect(critical).toBeLessThan(high ?? 0);
    expect(DEFAULT_RUBRIC.verdict.conditional).toBeLessThan(DEFAULT_RUBRIC.verdict.ready);
  });
});
