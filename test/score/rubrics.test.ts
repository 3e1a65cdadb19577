/** Rubrics as data: those that ship, those that teams write, and what must-haves, purposes and coverage do to a result. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import type { RuleTally } from '../../server/src/core/model/finding.ts';
import type { Severity } from '../../server/src/core/model/verdict.ts';
import { cheapestWay } from '../../server/src/core/score/plan.ts';
import { parseRubric } from '../../server/src/core/score/rubric.ts';
import { type RuleInfo, scoreWorkspace } from '../../server/src/core/score/score.ts';
import type { Rubric } from '../../server/src/core/score/types.ts';
import rubricSchema from '../../server/src/rubrics/rubric.schema.json' with { type: 'json' };
import { chooseRubric, DEFAULT_RUBRIC, RUBRICS } from '../../server/src/rubrics/rubrics.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';

const KNOWN = new Set(RULES.map(({ id }) => id));
const folder = join(import.meta.dirname, '../../server/src/rubrics');
const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(rubricSchema);
const rubricOf = (id: string): Rubric => RUBRICS.find((each) => each.id === id)!;

function info(id: string, overrides: Partial<RuleInfo> = {}): RuleInfo {
  return { id, title: id, category: 'errors', severity: 'high', confidence: 'certain', stage: 'stable', ...overrides };
}

function tally(ruleId: string, pass: number, failures: Partial<Record<Severity, number>> = {}, unknown = 0): RuleTally {
  const failBySeverity = { critical: 0, high: 0, medium: 0, low: 0, ...failures };
  const fail = Object.values(failBySeverity).reduce((a, b) => a + b, 0);
  return { ruleId, pass, fail, unknown, failBySeverity, evidence: [] };
}

describe('rubrics that ship', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'rubric.schema.json');

  test.each(files)('%s is described by the schema and understood by the program', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    validate(JSON.parse(text));
    expect(validate.errors).toBeNull();
    const planned = new Set([
      ...KNOWN,
      ...(text.match(/"[a-z0-9]+(?:-[a-z0-9]+)+"/g) ?? []).map((word) => word.slice(1, -1)),
    ]);
    expect(parseRubric(text, RUBRICS, planned).problems).toEqual([]);
    expect(RUBRICS.map(({ id }) => `${id}.json`)).toContain(name);
  });

  test('have the weights and criteria that their users know', () => {
    const weights = (id: string) => rubricOf(id).categories.map(({ weight }) => weight);
    expect(weights('default')).toEqual([15, 15, 15, 15, 20, 5, 5, 5, 3, 2]);
    expect(weights('mission-critical')).toEqual([25, 20, 20, 15, 10, 10]);
    expect(weights('ten-point')).toHaveLength(6);
    expect(rubricOf('mission-critical').mustHaves).toHaveLength(8);
    expect(rubricOf('mission-critical').components).toEqual({ critical: 'B', any: 'D-' });
    expect(rubricOf('ten-point').purposes?.map(({ id }) => id)).toEqual(['enterprise', 'public', 'internal', 'demo']);
  });

  test.each(RUBRICS.map(({ id }) => id))('%s counts every rule in one criterion', (id) => {
    const tallies = RULES.map((rule) => tally(rule.id, 1));
    const { categories } = scoreWorkspace(tallies, RULES, rubricOf(id));
    const counted = categories.reduce((total, { rules }) => total + rules.pass, 0);
    expect(counted).toBe(RULES.filter(({ stage, scored }) => stage === 'stable' && scored !== false).length);
  });
});

describe("a team's rubric", () => {
  const own = (change: object): string => JSON.stringify({ extends: 'default', id: 'ours', ...change });

  test('takes from the one that it extends what it leaves out', () => {
    const text = own({ caps: {}, mustHaves: [{ id: 'restore', title: 'A restore was tried', rules: [] }] });
    validate(JSON.parse(text));
    expect(validate.errors).toBeNull();
    const { rubric, problems } = parseRubric(text, RUBRICS, KNOWN);
    expect(problems).toEqual([]);
    expect(rubric).toMatchObject({ id: 'ours', caps: {}, grades: DEFAULT_RUBRIC.grades });
  });

  test.each([
    ['{', /no valid JSON/],
    ['[]', /is an object/],
    [JSON.stringify({ extends: 'nothing', id: 'x' }), /names no rubric/],
    [JSON.stringify({ id: 'x' }), /must have "title"/],
    [own({ caps: { critical: 101 } }), /caps\.critical must be a whole number/],
    [own({ extra: 1 }), /knows no "extra"/],
    [own({ categories: [] }), /at least one category/],
    [own({ categories: [{ id: 'speed', title: 'Speed', weight: 1 }] }), /needs "categories" or "rules"/],
    [
      own({
        grades: [
          { grade: 'A', min: 50 },
          { grade: 'B', min: 60 },
        ],
      }),
      /lower "min"/,
    ],
    [own({ grades: [{ grade: 'A', min: 50 }] }), /lowest grade/],
    [own({ mustHaves: [{ id: 'a', title: 'A', rules: ['no-such-rule'] }] }), /no rule "no-such-rule"/],
    [own({ components: { any: 'Z' } }), /names no grade/],
    ['{"extends":"default","id":"x","__proto__":{"title":"x"}}', /knows no "__proto__"/],
  ])('%s is refused with a reason', (text, reason) => {
    const { rubric, problems } = parseRubric(text, RUBRICS, KNOWN);
    expect(rubric).toBeNull();
    expect(problems.join('\n')).toMatch(reason);
  });

  test('is a file of the workspace, or one that ships by its name', async () => {
    const files = new Map([['quality/rubric.json', own({ title: 'Ours' })]]);
    const read = async (path: string) => files.get(path) ?? null;
    expect((await chooseRubric('./quality/rubric.json', read, KNOWN)).rubric.title).toBe('Ours');
    expect((await chooseRubric('ten-point', read, KNOWN)).rubric.id).toBe('ten-point');
    for (const name of ['../rubric.json', '/etc/passwd', 'C:/x.json', 'no-such']) {
      const { rubric, problems } = await chooseRubric(name, read, KNOWN);
      expect([rubric.id, problems.length]).toEqual(['default', 1]);
    }
  });
});

describe('must-haves', () => {
  const rubric: Rubric = {
    ...DEFAULT_RUBRIC,
    mustHaves: [
      { id: 'stops', title: 'Stops in order', rules: ['stop'] },
      { id: 'drill', title: 'A restore was tried', rules: [] },
    ],
  };
  const rules = [info('stop', { severity: 'low' })];
  const card = (own: RuleTally, attested: readonly string[] = []) =>
    scoreWorkspace([own], rules, rubric, { judged: 1, unjudged: 0 }, new Set(attested));

  test('an open one blocks whatever the score', () => {
    const result = card(tally('stop', 1000, { low: 1 }), ['drill']);
    expect(result.verdict).toBe('NOT READY');
    expect(result.mustHaves[0]).toMatchObject({ status: 'open', open: ['stop'] });
  });

  test('what nothing shows is a condition until somebody vouches for it', () => {
    expect(card(tally('stop', 1)).verdict).toBe('READY WITH CONDITIONS');
    expect(card(tally('stop', 1)).mustHaves.map(({ status }) => status)).toEqual(['met', 'not-judged']);
    expect(card(tally('stop', 1), ['drill']).verdict).toBe('READY');
    expect(card(tally('stop', 1, {}, 3), ['drill']).mustHaves[1]?.status).toBe('attested');
  });

  test('vouching hides no failure', () => {
    expect(card(tally('stop', 0, { low: 1 }), ['stops', 'drill']).mustHaves[0]?.status).toBe('open');
  });
});

describe('purposes', () => {
  const fitFor = (tallies: readonly RuleTally[], rules: readonly RuleInfo[]) =>
    scoreWorkspace(tallies, rules, rubricOf('ten-point'))
      .purposes.filter(({ fit }) => fit)
      .map(({ id }) => id);

  test('follow the score and the worst open finding', () => {
    expect(fitFor([tally('a', 9)], [info('a')])).toEqual(['enterprise', 'public', 'internal', 'demo']);
    expect(fitFor([tally('a', 99, { high: 1 })], [info('a')])).toEqual(['internal', 'demo']);
    expect(fitFor([tally('a', 99, { critical: 1 })], [info('a')])).toEqual(['demo']);
  });

  test('code that does not compile is good enough for nothing', () => {
    const broken = info('syntax-error', { category: 'quality' });
    expect(fitFor([tally('a', 9), tally('syntax-error', 99, { critical: 1 })], [info('a'), broken])).toEqual([]);
  });
});

describe('coverage', () => {
  const rules = [info('a', { category: 'documentation' })];

  test('where no code can be read nothing is rated, but a blocker still says no', () => {
    const none = { judged: 0, unjudged: 12 };
    expect(scoreWorkspace([tally('a', 5)], rules, DEFAULT_RUBRIC, none)).toMatchObject({
      score: null,
      grade: null,
      verdict: 'NOT RATED',
      confidence: 0,
    });
    const marker = info('merge-conflict-marker', { category: 'quality', severity: 'critical' });
    const open = tally('merge-conflict-marker', 3, { critical: 1 });
    expect(scoreWorkspace([open], [marker], DEFAULT_RUBRIC, none).verdict).toBe('NOT READY');
  });

  test('with less than a quarter of the code judged the whole is not rated, but its parts are', () => {
    const little = scoreWorkspace([tally('a', 5)], rules, DEFAULT_RUBRIC, { judged: 24, unjudged: 76 });
    expect(little).toMatchObject({ score: null, verdict: 'NOT RATED', confidence: 0.24 });
    expect(little.categories.find(({ id }) => id === 'documentation')?.score).toBe(100);
    const enough = scoreWorkspace([tally('a', 5)], rules, DEFAULT_RUBRIC, { judged: 25, unjudged: 75 });
    expect(enough).toMatchObject({ score: 100, confidence: 0.25 });
  });

  test('confidence is that of the part that is judged', () => {
    expect(scoreWorkspace([tally('a', 5)], rules, DEFAULT_RUBRIC, { judged: 1, unjudged: 3 }).confidence).toBe(0.25);
  });
});

test('the cheapest way takes points for effort, and leaves out what is not needed', () => {
  const rules = [
    info('dear', { effort: { each: [600, 600] } } as Partial<RuleInfo>),
    info('cheap', { effort: { each: [5, 5] } } as Partial<RuleInfo>),
    info('other', { category: 'security', effort: { each: [30, 30] } } as Partial<RuleInfo>),
  ];
  const tallies = [tally('dear', 0, { low: 1 }), tally('cheap', 0, { low: 1 }), tally('other', 3, { low: 1 })];
  const card = scoreWorkspace(tallies, rules, DEFAULT_RUBRIC);
  const next = cheapestWay(card, tallies, rules, DEFAULT_RUBRIC);
  expect(next?.steps.map(({ ruleId }) => ruleId)).not.toContain('dear');
  const top = cheapestWay(card, tallies, rules, DEFAULT_RUBRIC, 'A+');
  expect(top?.steps.map(({ ruleId }) => ruleId).toSorted()).toEqual(['cheap', 'dear', 'other']);
  expect(top?.minutes).toEqual([635, 635]);
  expect(cheapestWay(card, tallies, rules, DEFAULT_RUBRIC, 'F')).toBeNull();
});
