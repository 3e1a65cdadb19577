/** Terminal output: layout, colours by meaning, and no control character from the repository. */
import { describe, expect, test } from 'vitest';
import type { Audit } from '../../server/src/core/present/audit.ts';
import { ANSI_PAINT, type Paint, PLAIN_TERMINAL, toPrettyText } from '../../server/src/core/present/pretty.ts';
import { scoreWorkspace } from '../../server/src/core/score/score.ts';
import { DEFAULT_RUBRIC } from '../../server/src/rubrics/rubrics.ts';
import { at, auditOf, bodyRule, finding, PAYLOADS, rule, sampleAudit } from './sampleAudit.ts';

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
    expect(lines).toContain('  Concurrency                   Not rated');
    expect(lines.find((line) => line.startsWith('  Security '))).toBe(
      `  Security                      F     0  ${'░'.repeat(20)}  1 finding`,
    );
    expect(lines.find((line) => line.startsWith('  Overall '))).toMatch(
      /^ {2}Overall {23}[A-F][+-]? +\d+ {2}[█░]{20}$/,
    );
    const verdict = lines.findIndex((line) => line.startsWith('NOT READY'));
    expect(lines.slice(verdict)).toEqual([
      expect.stringMatching(/^NOT READY {2}F 27 {2}4 findings in 3 files, 250 lines; \d+ % decided$/),
      'Blockers',
      '  1  WebSocket accepts any origin  websocket-accepts-any-origin',
      'Conditions',
      '  1  Response body not closed  response-body-not-closed',
      '',
      expect.stringMatching(/^Cheapest way to [A-D][+-]? {2}.+, for \d+ points$/),
      expect.stringMatching(
        /^ {2}\+\d+\.\d {2}WebSocket accepts any origin, 1 finding {2}.+ {2}websocket-accepts-any-origin$/,
      ),
      '',
    ]);
    const skipped = lines.indexOf('Skipped 1 file');
    expect(lines[skipped + 1]).toBe('  dist/bundle.js  larger than the limit');
  });

  test('a clean workspace has only scorecard and verdict', () => {
    const clean = toPrettyText(auditOf({ rules: [bodyRule], evidence: { [bodyRule.id]: [at('a.go', 0)] } }));
    expect(clean).toContain(`A+  100  ${'█'.repeat(20)}`);
    expect(clean).toMatch(/^Grades\n[\s\S]*\n\nREADY {2}A\+ 100 {2}0 findings in 3 files, 250 lines; 100 % decided\n$/);
  });

  test('lists ten findings of a rule of little weight, all that are severe, and with --all every one', () => {
    const minor = rule('minor', { severity: 'low' });
    const audit = auditOf({
      rules: [minor, bodyRule],
      findings: [minor, bodyRule].flatMap((each) =>
        Array.from({ length: 25 }, (_, line) => finding(each, at('a.go', line))),
      ),
    });
    const count = (text: string, id: string): number => text.split(`Message of ${id}.`).length - 1;
    const short = toPrettyText(audit);
    expect([count(short, 'minor'), count(short, bodyRule.id)]).toEqual([10, 25]);
    expect(short).toContain('More of the same, listed with --all\n  15  minor\n');
    expect(count(toPrettyText(audit, { ...PLAIN_TERMINAL, all: true }), 'minor')).toBe(25);
  });

  test('shows what is accepted, the must-haves, the components and their owners', () => {
    const base = sampleAudit();
    const [first] = base.findings;
    const audit: Audit = {
      ...base,
      accepted: [{ finding: first!, reason: 'known', until: null, scope: 'line', location: at('b/fetch.go', 6) }],
      unaccepted: { score: 20.5, grade: 'F' },
      scorecard: {
        ...base.scorecard,
        mustHaves: [
          { id: 'a', title: 'Traffic is encrypted', status: 'unknown', open: [] },
          { id: 'b', title: 'No secret in the code', status: 'open', open: ['hardcoded-secret'] },
          { id: 'c', title: 'It can be stopped', status: 'met', open: [] },
        ],
      },
      components: [
        {
          ...{ path: 'api', name: 'shop', kind: 'service', criticality: 'critical', manifests: [], runs: [] },
          ...{ files: 2, score: 59.9, grade: 'F', verdict: 'NOT READY', findings: 3, strengths: [], issues: [] },
          owners: ['@shop/api'],
        },
      ],
      owners: { 'a/server.go': ['@shop/api', '@ann'], 'b/fetch.go': [] },
    };
    const text = toPrettyText(audit).split('\n');
    expect(text).toContain('a/server.go  @shop/api, @ann');
    expect(text).toContain('b/fetch.go');
    expect(text).toContain('  shop (api)  critical service  F  59  3 findings  @shop/api');
    expect(text).toContain('  1 finding accepted by comments, not counted; with them: F (20)');
    expect(text).toContain('Must-haves: 1 of 3 met');
    expect(text).toContain('  ?  Traffic is encrypted   not decided from files');
    expect(text).toContain('  ✗  No secret in the code  open: hardcoded-secret');
  });

  test('breaks messages into the width of the terminal, and only there', () => {
    const narrow = toPrettyText(sampleAudit(), { ...PLAIN_TERMINAL, width: 64 });
    // The terminal breaks the line of the verdict where it likes.
    const wide = narrow.split('\n').filter((line) => line.length > 64);
    expect(wide.filter((line) => !line.startsWith('NOT READY'))).toEqual([]);
    expect(narrow).toContain(
      '  15:2  critical  The upgrader accepts every origin; compare it\n                  with the allowed ones.\n                  websocket-accepts-any-origin\n',
    );
  });
});

describe('colours', () => {
  test('come from the given paint only and add nothing else', () => {
    const audit = sampleAudit();
    const painted = toPrettyText(audit, { ...PLAIN_TERMINAL, paint: ANSI_PAINT });
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
    const text = toPrettyText(sampleAudit(), { ...PLAIN_TERMINAL, paint });
    expect(text).toContain('<strong>b/fetch.go</strong>');
    expect(text).toContain('<bad>critical</bad>');
    expect(text).toContain('<strong><bad>NOT READY</bad></strong>');
  });
});

test('grades of what stands beside code that is not judged say so', () => {
  const audit = auditOf({ rules: [bodyRule], evidence: { [bodyRule.id]: [at('a.yaml', 0)] } });
  const text = toPrettyText({
    ...audit,
    scorecard: scoreWorkspace(audit.tallies, [bodyRule], DEFAULT_RUBRIC, { judged: 0, unjudged: 5 }),
    stats: { ...audit.stats, unjudged: { Rust: 5 } },
  });
  expect(text).toMatch(/^Grades, without the code$/m);
  expect(text).toContain('No code was judged.\nNot judged as code yet, and in no grade: Rust (5 files).');
});

test('where most of the code is not judged the verdict says so', () => {
  const audit = auditOf({ rules: [bodyRule], evidence: { [bodyRule.id]: [at('a.go', 0)] } });
  const text = toPrettyText({
    ...audit,
    scorecard: scoreWorkspace(audit.tallies, [bodyRule], DEFAULT_RUBRIC, { judged: 1, unjudged: 5 }),
    stats: { ...audit.stats, unjudged: { Rust: 5 } },
  });
  expect(text).toMatch(/^NOT RATED /m);
  expect(text).toContain('Most of the code is in languages that are not judged yet: Rust.');
  expect(text).not.toContain('without the code');
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
