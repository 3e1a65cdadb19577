/** The sidebar's tree: structure, texts, targets, stable ids, and a label for every ear. */
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import type { Audit } from '../../server/src/core/present/audit.ts';
import type { TreeElement } from '../../server/src/core/present/tree/element.ts';
import {
  type Circumstances,
  EVERYTHING,
  filterChoices,
  GROUPINGS,
  type ViewOptions,
} from '../../server/src/core/present/tree/filter.ts';
import { scorecardTree } from '../../server/src/core/present/tree/scorecard.ts';
import type { Scorecard } from '../../server/src/core/score/types.ts';
import type { TreeElement as ProtocolTreeElement } from '../../server/src/protocol.ts';
import { at, auditOf, bodyRule, finding, fix, originRule, PAYLOADS, sampleAudit } from './sampleAudit.ts';

const toUri = (path: string) => `file:///work/${path}`;

function tree(audit: Audit = sampleAudit(), baseline: Scorecard | null = null) {
  const model = scorecardTree({ audit, opening: baseline, toUri });
  const children = (parent?: string): readonly ProtocolTreeElement[] => model.children(parent);
  const find = (id: string, parent?: string) => {
    const element = children(parent).find((each) => each.id === id);
    if (element === undefined) throw new Error(`${parent ?? 'the top level'} has no ${id}`);
    return element;
  };
  return { children, find };
}

/** Every element, parents first. */
function allElements(audit: Audit): TreeElement[] {
  const model = scorecardTree({ audit, opening: audit.scorecard, toUri });
  const elements = [...model.children()];
  for (let i = 0; i < elements.length; i++) elements.push(...model.children(elements[i]?.id));
  return elements;
}

describe('top level', () => {
  const { children, find } = tree();

  test('is the overall element and the ten categories', () => {
    expect(children().map(({ id, kind }) => [id, kind])).toEqual([
      ['overall', 'overall'],
      ...sampleAudit().scorecard.categories.map(({ id }) => [`category:${id}`, 'category']),
    ]);
  });

  test('shows grade, score, verdict and findings', () => {
    const overall = find('overall');
    expect(overall.label).toMatch(/^Overall [A-F][+-]? \d+$/);
    expect(overall).toMatchObject({ description: 'NOT READY', collapsible: 'collapsed', icon: 'error' });
    expect(overall.accessibilityLabel).toMatch(
      /^Overall: grade .*, score \d+ of 100, verdict not ready, 1 finding blocks shipping$/,
    );
    expect(overall.tooltip).toContain('| Security | F | 0 | 20 | 1 |');
    expect(find('category:security')).toMatchObject({
      label: 'Security',
      description: 'F 0 · 1 □□□□□',
      collapsible: 'collapsed',
      icon: 'error',
      accessibilityLabel: 'Security: grade F, score 0 of 100, 1 finding',
    });
    expect(find('category:errors')).toMatchObject({
      description: 'Not rated',
      collapsible: 'none',
      icon: 'circle-outline',
      accessibilityLabel: 'Error handling: not rated, no findings',
    });
    expect(find('category:quality')).toMatchObject({ description: 'Not rated · 1', collapsible: 'collapsed' });
  });

  test('explains a category by its ledger, cap and weight', () => {
    const passing = Array.from({ length: 99 }, (_, line) => at('ok.go', line));
    const capped = auditOf({
      rules: [bodyRule, originRule],
      findings: [finding(bodyRule, at('a.go', 0))],
      evidence: { [bodyRule.id]: passing, [originRule.id]: [at('b.go', 0)] },
    });
    expect(tree(capped).find('category:resources').tooltip).toBe(
      [
        '**Resource management**: **C+ 79** of 100',
        'Rules: 0 passed, 1 failed.',
        '- 100.0 to start with\n- −1.0 Response body not closed\n- −20.0 cap of 79: open high finding of Response body not closed\n- = 79.0',
        'Counts with weight 15 of 35: 33.9 of 42.9 points of the overall score.',
      ].join('\n\n'),
    );
  });

  test('shows the change since opening', () => {
    const rules = [bodyRule];
    const of = (failing: number, passing: number) =>
      auditOf({
        rules,
        findings: Array.from({ length: failing }, (_, line) =>
          finding(bodyRule, at('a.go', line), { severity: 'low' }),
        ),
        evidence: { [bodyRule.id]: Array.from({ length: passing }, (_, line) => at('b.go', line)) },
      });
    const better = tree(of(1, 9), of(2, 8).scorecard);
    expect(better.find('overall').description).toBe('READY · ▲ 10');
    expect(better.find('overall').accessibilityLabel).toContain('up 10 since opening');
    expect(better.find('category:resources').description).toBe('A- 90 ▲ 10 · 1 ■■■■□');
    const worse = tree(of(2, 8), of(1, 9).scorecard);
    expect(worse.find('category:resources').description).toBe('B- 80 ▼ 10 · 2 ■■■■□');
    expect(worse.find('category:resources').accessibilityLabel).toContain('down 10 since opening');
    expect(tree(of(1, 9), of(1, 9).scorecard).find('overall').description).toBe('READY');
    expect(tree(of(1, 9), auditOf({ rules }).scorecard).find('overall').description).toBe('READY');
  });
});

describe('below a category', () => {
  const { children, find } = tree();

  test('are its failing rules, worst first, then groups', () => {
    expect(children('category:resources').map(({ id, kind, description }) => [id, kind, description])).toEqual([
      ['rule:response-body-not-closed', 'rule', '2 · high'],
      ['passed:resources', 'group', '1'],
    ]);
    expect(children('category:configuration').map(({ id }) => id)).toEqual(['undecided:configuration']);
    expect(children('category:quality').map(({ description }) => description)).toEqual(['1 · high · preview']);
    const rules = [
      { ...bodyRule, id: 'a-low', severity: 'low' as const },
      bodyRule,
      { ...bodyRule, id: 'z-critical', severity: 'critical' as const },
    ];
    const mixed = tree(auditOf({ rules, findings: rules.map((each, line) => finding(each, at('a.go', line))) }));
    expect(mixed.children('category:resources').map(({ id }) => id)).toEqual([
      'rule:z-critical',
      'rule:response-body-not-closed',
      'rule:a-low',
    ]);
  });

  test('a rule tells its documentation and what it costs', () => {
    const { tooltip, ruleId } = find('rule:response-body-not-closed', 'category:resources');
    expect(ruleId).toBe('response-body-not-closed');
    expect(tooltip).toContain('Why response-body-not-closed matters.');
    expect(tooltip).toContain('2 of 4 places pass; weight 5 in its category. Costs 35.7 points of the category,');
    expect(find('rule:vague-name', 'category:quality').tooltip).toContain('A preview rule: it is not in the score.');
  });

  test('a failing rule has its findings and its evidence', () => {
    const [first, second, group, ...rest] = children('rule:response-body-not-closed');
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      id: 'finding:response-body-not-closed@a/server.go:200',
      kind: 'finding',
      icon: 'circle-small-filled',
    });
    expect(second).toMatchObject({
      label: 'The body of resp is never closed; close it after the error check.',
      description: 'b/fetch.go:8',
      icon: 'warning',
      target: {
        uri: 'file:///work/b/fetch.go',
        range: { start: { line: 7, character: 2 }, end: { line: 7, character: 6 } },
      },
      accessibilityLabel: 'high: The body of resp is never closed; close it after the error check. At b/fetch.go:8',
    });
    expect(second?.tooltip).toContain('Quick fixes:\n\n- Close the response body');
    expect(group).toMatchObject({
      id: 'evidence:response-body-not-closed',
      label: 'Evidence that passed',
      description: '2',
      kind: 'group',
    });
    expect(children('evidence:response-body-not-closed').map(({ label, target }) => [label, target?.uri])).toEqual([
      ['a/ok.go:4', 'file:///work/a/ok.go'],
      ['a/ok.go:10', 'file:///work/a/ok.go'],
    ]);
  });

  test('a passing rule leads straight to its evidence', () => {
    expect(children('passed:resources')).toMatchObject([
      { id: 'rule:file-not-closed', description: '4 places', collapsible: 'collapsed', icon: 'pass' },
    ]);
    expect(children('rule:file-not-closed').map(({ kind, label }) => [kind, label])).toEqual([
      ['evidence', 'c/file.go:12'],
      ['evidence', 'c/file.go:22'],
      ['evidence', 'c/file.go:32'],
      ['evidence', 'c/file.go:42'],
    ]);
  });

  test('an undecided rule says so', () => {
    expect(children('undecided:configuration')).toMatchObject([
      { id: 'rule:server-without-drain', description: '1 place', collapsible: 'none' },
    ]);
  });

  test('evidence beyond what is listed is told', () => {
    const audit = sampleAudit();
    const tallies = audit.tallies.map((tally) => (tally.ruleId === bodyRule.id ? { ...tally, pass: 50 } : tally));
    expect(
      tree({ ...audit, tallies })
        .children('rule:response-body-not-closed')
        .at(-1)?.description,
    ).toBe('50, 2 shown');
  });

  test.each(['', 'nonsense', 'severity:critical\nx', 'rule:gone', 'category:gone', 'finding:x', 'rule'])(
    '%j has no children',
    (id) => {
      expect(children(id)).toEqual([]);
    },
  );
});

describe('below the overall result', () => {
  const { children } = tree();

  test('is what decides the verdict, and the way to the next grade', () => {
    expect(children('overall').map(({ id, label }) => [id, label])).toEqual([
      ['blockers', 'Blocks shipping'],
      ['conditions', 'Stands against plain READY'],
      ['way', 'Next: B 84'],
    ]);
    const [step] = children('way');
    expect(step?.description).toMatch(/^\+\d+\.\d · 1 finding · 20 to 90 min$/);
    expect(step?.target).toBeDefined();
  });
});

describe('grouping and filters', () => {
  const audit = sampleAudit();
  const shown = (options: Partial<ViewOptions>, circumstances: Partial<Circumstances> = {}) =>
    scorecardTree({
      audit,
      opening: null,
      toUri,
      options: { ...EVERYTHING, ...options },
      circumstances: { isNew: () => false, isOpen: () => false, hasBaseline: false, owners: null, ...circumstances },
    });
  /** Every finding below the top level, however it is grouped. */
  const findingsOf = (options: Partial<ViewOptions>, circumstances: Partial<Circumstances> = {}): string[] => {
    const model = shown(options, circumstances);
    const elements = model.children().filter(({ id }) => id !== 'overall');
    for (let i = 0; i < elements.length; i++) elements.push(...model.children(elements[i]!.id));
    expect(new Set(elements.map(({ id }) => id)).size).toBe(elements.length);
    return elements.filter(({ kind }) => kind === 'finding').map(({ id }) => id);
  };
  const everything = findingsOf({}).sort();

  test.each(GROUPINGS)('by %s lists every finding once', (group) => {
    expect(findingsOf({ group }).sort()).toEqual(everything);
  });

  test('a filter says what it leaves, and changes no score', () => {
    const model = shown({ filters: ['severity:high'] });
    const [overall, filter, ...categories] = model.children();
    const plain = shown({}).children();
    expect(overall?.label).toBe(plain[0]?.label);
    const ids = findingsOf({ filters: ['severity:high'] });
    expect(ids.length).toBeGreaterThan(0);
    expect(filter).toMatchObject({
      kind: 'filter',
      label: `${ids.length} of ${audit.findings.length} findings`,
      description: 'high',
      actions: ['clearFilter'],
    });
    for (const category of categories) {
      const rating = plain.find(({ id }) => id === category.id)?.description.split(' · ')[0];
      expect(category.description.split(' · ')[0]).toBe(rating);
    }
  });

  test('within a section any choice may hold, between sections all have to', () => {
    const severe = findingsOf({ filters: ['severity:high', 'severity:critical'] });
    expect(severe.length).toBe(audit.findings.filter(({ severity }) => /high|critical/.test(severity)).length);
    expect(findingsOf({ filters: ['severity:high', 'severity:critical', 'open'] })).toEqual([]);
    expect(findingsOf({ filters: ['open'] }, { isOpen: (path) => path === 'b/fetch.go' })).toEqual(
      audit.findings
        .filter(({ location }) => location.path === 'b/fetch.go')
        .map(({ fingerprint }) => `finding:${fingerprint}`),
    );
    expect(findingsOf({ filters: ['new'] }, { isNew: ({ ruleId }) => ruleId === originRule.id })).toHaveLength(1);
  });

  test('files are chosen by their owners, where there are any', () => {
    const owners = Object.fromEntries(audit.findings.map(({ location }) => [location.path, [] as string[]]));
    owners['b/fetch.go'] = ['@team/web', '@ann'];
    const ids = ({ path }: { path: string }): string[] =>
      audit.findings
        .filter(({ location }) => location.path === path)
        .map(({ fingerprint }) => `finding:${fingerprint}`);
    expect(findingsOf({ filters: ['owner:@ann'] }, { owners })).toEqual(ids({ path: 'b/fetch.go' }));
    expect(findingsOf({ filters: ['owner:'] }, { owners })).toHaveLength(
      audit.findings.length - ids({ path: 'b/fetch.go' }).length,
    );
    const circumstances = { isNew: () => false, isOpen: () => false, hasBaseline: false, owners };
    const choices = filterChoices(audit.findings, EVERYTHING, circumstances).filter(
      ({ section }) => section === 'Owner',
    );
    expect(choices.map(({ label }) => label)).toEqual(['@ann', '@team/web', 'Nobody']);
  });

  test('a search looks for every word in message, rule and path', () => {
    expect(findingsOf({ search: 'FETCH body' })).toHaveLength(1);
    expect(findingsOf({ search: 'fetch nothing-like-it' })).toEqual([]);
  });

  test('choices say how many findings they stand for', () => {
    const circumstances = { isNew: () => false, isOpen: () => false, hasBaseline: true, owners: null };
    const choices = filterChoices(audit.findings, { ...EVERYTHING, filters: ['severity:high'] }, circumstances);
    expect(choices.find(({ id }) => id === 'severity:critical')).toMatchObject({
      section: 'Severity',
      description: '1 finding',
      picked: false,
    });
    expect(choices.filter(({ picked }) => picked).map(({ id }) => id)).toEqual(['severity:high']);
    expect(choices.find(({ id }) => id === 'new')?.label).toContain('baseline');
  });
});

describe('every element', () => {
  const elements = allElements(sampleAudit());

  test('has an id of its own, texts and an accessibility label', () => {
    expect(new Set(elements.map(({ id }) => id)).size).toBe(elements.length);
    for (const { label, tooltip, accessibilityLabel, icon } of elements) {
      expect([label, tooltip, accessibilityLabel, icon].every((text) => text.trim() !== '')).toBe(true);
    }
  });

  test('can be opened exactly when it has children', () => {
    const model = scorecardTree({ audit: sampleAudit(), opening: null, toUri });
    for (const { id, collapsible } of elements)
      expect([id, collapsible !== 'none']).toEqual([id, model.children(id).length > 0]);
  });

  test('keeps its id when findings elsewhere change', () => {
    const audit = sampleAudit();
    const fewer = auditOf({ rules: audit.rules, findings: audit.findings.slice(0, 1) });
    expect(allElements(audit).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['rule:response-body-not-closed', `finding:${audit.findings[0]?.fingerprint}`]),
    );
    expect(allElements(fewer).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['rule:response-body-not-closed', `finding:${audit.findings[0]?.fingerprint}`]),
    );
  });

  const auditWith = (text: string) =>
    auditOf({
      rules: [bodyRule],
      findings: [
        finding(bodyRule, at(text, 0), { message: text, fingerprint: 'f', fixes: [fix(text, 'a.go', 0, 0, '')] }),
      ],
      evidence: { [bodyRule.id]: [at(text, 1)] },
    });
  const tooltipTags = (audit: Audit) =>
    allElements(audit).map(({ tooltip }) =>
      marked
        .parse(tooltip, { async: false })
        .replace(/<\/?code>/g, '')
        .match(/<[^>]*>/g),
    );
  const harmlessTags = tooltipTags(auditWith('harmless'));

  test.each(PAYLOADS)('shows %j as text', (payload) => {
    const audit = auditWith(payload);
    expect(tooltipTags(audit)).toEqual(harmlessTags);
    for (const { label, description, tooltip, accessibilityLabel } of allElements(audit)) {
      expect(`${label}${description}${accessibilityLabel}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u);
      expect(tooltip.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u);
    }
  });
});
