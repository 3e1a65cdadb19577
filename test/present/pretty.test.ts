/** Terminal output: layout, colours by meaning, and no control character from the repository. */
import { describe, expect, test } from 'vitest';
import { ANSI_PAINT, type Paint, toPrettyText } from '../../server/src/core/present/pretty.ts';
import { at, auditOf, bodyRule, finding, PAYLOADS, sampleAudit } from './sampleAudit.ts';

const lines = toPrettyText(sampleAudit()).split('\n');

describe('plain output', () => {
  test('groups findings by file, with aligned places and severities', () => {
    expect(lines.slice(0, 7)).toEqual([
      'a/server.go',
      '   3:1  low       Message of response-body-not-closed.  response-body-not-closed',
      '  15:2  critical  The upgrader accepts every origin; compare it with the allowed ones.  websocket-accepts-any-origin',
      '  91:1  high      Message of vague-name.  vague-name (preview)',
      '',
      'b/fetch.go',
      '  8:3  high  The body of resp is never closed; close it after the error check.  response-body-not-closed',
    ]);
  });

  test('shows each category with grade, score, bar and findings, then the verdict with its reasons', () => {
    expect(lines).toContain('Concurrency                   Not rated');
    expect(lines.find((line) => line.startsWith('Security '))).toBe(
      `Security                      F     0  ${'░'.repeat(20)}  1 finding`,
    );
    expect(lines.find((line) => line.startsWith('Overall '))).toMatch(/^Overall {23}[A-F][+-]? +\d+ {2}[█░]{20}$/);
    const verdict = lines.findIndex((line) => line.startsWith('NOT READY'));
    expect(lines.slice(verdict)).toEqual([
      expect.stringMatching(/^NOT READY {2}4 findings in 3 files, 250 lines; \d+ % decided$/),
      'Blockers',
      '  WebSocket accepts any origin: 1 finding  websocket-accepts-any-origin',
      'Conditions',
      '  Response body not closed: 1 finding  response-body-not-closed',
      '',
      'Skipped 1 file',
      '  dist/bundle.js  larger than the limit',
      '',
    ]);
  });

  test('a clean workspace has only scorecard and verdict', () => {
    const clean = toPrettyText(auditOf({ rules: [bodyRule], evidence: { [bodyRule.id]: [at('a.go', 0)] } }));
    expect(clean).toContain(`A+  100  ${'█'.repeat(20)}`);
    expect(clean).toMatch(/\n\nREADY {2}0 findings in 3 files, 250 lines; 100 % decided\n$/);
  });
});

describe('colours', () => {
  test('come from the given paint only and add nothing else', () => {
    const audit = sampleAudit();
    const painted = toPrettyText(audit, ANSI_PAINT);
    expect(painted).not.toBe(toPrettyText(audit));
    expect(painted.replace(/\u001b\[\d+m/g, '')).toBe(toPrettyText(audit));
  });

  test('go by meaning', () => {
    const named = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const paint: Paint = {
      strong: named('strong'),
      muted: named('muted'),
      good: named('good'),
      warning: named('warning'),
      bad: named('bad'),
    };
    const text = toPrettyText(sampleAudit(), paint);
    expect(text).toContain('<strong>b/fetch.go</strong>');
    expect(text).toContain('<bad>critical</bad>');
    expect(text).toContain('<strong><bad>NOT READY</bad></strong>');
  });
});

test.each(PAYLOADS)('%j cannot act in a terminal', (payload) => {
  const audit = auditOf({
    rules: [bodyRule],
    findings: [finding(bodyRule, at(`dir/${payload}`, 0), { message: payload })],
    skipped: [{ path: payload, reason: payload }],
  });
  const text = toPrettyText(audit);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u);
  const harmless = {
    rules: [bodyRule],
    findings: [finding(bodyRule, at('x', 0))],
    skipped: [{ path: 'x', reason: 'x' }],
  };
  expect(text.split('\n')).toHaveLength(toPrettyText(auditOf(harmless)).split('\n').length);
});
