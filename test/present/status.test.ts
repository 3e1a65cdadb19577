/** Status bar, badge and view header, and how a finding becomes a diagnostic. */
import { describe, expect, test } from 'vitest';
import { diagnosticLevel, diagnosticMessage } from '../../server/src/core/present/diagnostics.ts';
import { presentStatus, type StatusState } from '../../server/src/core/present/status.ts';
import { displayScore, scoreWorkspace } from '../../server/src/core/score/score.ts';
import type { StatusParams } from '../../server/src/protocol.ts';
import { DEFAULT_RUBRIC } from '../../server/src/rubrics/rubrics.ts';
import { at, auditOf, bodyRule, finding, originRule, sampleAudit } from './sampleAudit.ts';

function status(state: StatusState, audit = sampleAudit(), message?: string): StatusParams {
  const { scorecard, rules } = audit;
  return presentStatus({ state, scorecard, rules, revision: 7, ...(message === undefined ? {} : { message }) });
}

describe('with a score', () => {
  const { scorecard } = sampleAudit();
  const score = displayScore(scorecard.score ?? -1);

  test('shows grade, score and verdict', () => {
    const ready = status('ready');
    expect(ready).toMatchObject({
      state: 'ready',
      revision: 7,
      statusText: `${scorecard.grade} ${score}`,
      viewDescription: `${scorecard.grade} · ${score} · NOT READY`,
      statusAccessibility: `Production readiness: grade ${scorecard.grade}, score ${score} of 100, verdict not ready, 1 finding blocks shipping.`,
    });
    expect(ready.statusTooltip).toContain('Blocks shipping:\n\n- WebSocket accepts any origin: 1 finding');
    expect(ready.statusTooltip).toContain('Stands against plain READY:\n\n- Response body not closed: 1 finding');
    expect(ready.statusTooltip).toContain('| Error handling | – | Not rated | 15 | 0 |');
  });

  test('says that a scan is still running', () => {
    const scanning = status('scanning');
    expect(scanning.statusText).toBe(`${scorecard.grade} ${score}…`);
    expect(scanning.statusTooltip).toMatch(/^Still scanning\./);
    expect(scanning.statusAccessibility).toMatch(/ Still scanning\.$/);
  });

  test('counts blocking findings in the badge', () => {
    expect(status('ready')).toMatchObject({ badge: 1, badgeTooltip: '1 finding blocks shipping' });
    const two = auditOf({
      rules: [originRule],
      findings: [finding(originRule, at('a.go', 1)), finding(originRule, at('a.go', 2))],
    });
    expect(status('ready', two)).toMatchObject({ badge: 2, badgeTooltip: '2 findings block shipping' });
    const none = auditOf({ rules: [bodyRule], evidence: { [bodyRule.id]: [at('a.go', 0)] } });
    expect(status('ready', none)).toMatchObject({ badge: 0, badgeTooltip: '', statusText: 'A+ 100' });
  });
});

describe('without a score', () => {
  test.each<[StatusState, string]>([
    ['starting', 'Starting'],
    ['disabled', 'Off'],
    ['empty', 'Nothing to rate'],
    ['noFolder', 'No folder'],
    ['error', 'Error'],
  ])('%s shows %j even if an old score is there', (state, text) => {
    expect(status(state)).toMatchObject({ state, statusText: text, viewDescription: text, badge: 0 });
    expect(status(state).statusAccessibility).toContain(text);
  });

  test('nothing to judge is not rated', () => {
    expect(status('ready', auditOf({ rules: [] }))).toMatchObject({ statusText: 'Not rated', badge: 0 });
    expect(presentStatus({ state: 'scanning', scorecard: null, rules: [], revision: 1 }).statusText).toBe('Scanning');
  });

  test('too little code to rate the whole', () => {
    const { tallies, rules } = sampleAudit();
    const partly = scoreWorkspace(tallies, rules, DEFAULT_RUBRIC, { judged: 1, unjudged: 9 });
    expect(presentStatus({ state: 'ready', scorecard: partly, rules, revision: 1 })).toMatchObject({
      statusText: 'Not rated',
      statusTooltip: 'Too little of the code is in languages that are judged.',
    });
  });

  test('an error shows its message, as text', () => {
    const failed = status('error', sampleAudit(), 'Cannot read <b>x</b>');
    expect(failed).toMatchObject({ message: 'Cannot read <b>x</b>', statusTooltip: 'Cannot read \\<b\\>x\\</b\\>' });
  });
});

describe('diagnostics', () => {
  test('only critical findings are errors, and preview never gates', () => {
    const level = (severity: 'critical' | 'high' | 'medium' | 'low') => diagnosticLevel({ severity, stage: 'stable' });
    expect([level('critical'), level('high'), level('medium'), level('low')]).toEqual([
      'error',
      'warning',
      'warning',
      'information',
    ]);
    expect(diagnosticLevel({ severity: 'critical', stage: 'preview' })).toBe('information');
  });

  test('the message is one line', () => {
    expect(diagnosticMessage({ message: 'a\nb\u202ec' })).toBe('a b\ufffdc');
  });
});
