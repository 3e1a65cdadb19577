/** The JSON report: described by its schema, consistent with what other surfaces show. */
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { toJsonReport } from '../../server/src/core/present/json.ts';
import reportSchema from '../../server/src/core/present/report.schema.json' with { type: 'json' };
import { displayScore } from '../../server/src/core/score/score.ts';
import { at, auditOf, finding, originRule, PAYLOADS, sampleAudit } from './sampleAudit.ts';

const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(reportSchema);

describe('schema', () => {
  test.each([
    ['the sample', sampleAudit()],
    ['nothing at all', auditOf({ rules: [] })],
    [
      'hostile text',
      auditOf({
        rules: [originRule],
        findings: PAYLOADS.map((payload) =>
          finding(originRule, at(payload, 0), { message: payload, fingerprint: payload }),
        ),
      }),
    ],
  ])('describes %s', (_, audit) => {
    validate(JSON.parse(JSON.stringify(toJsonReport(audit))));
    expect(validate.errors).toBeNull();
  });

  test('describes every field: none can be added or lost without it', () => {
    const report = JSON.parse(JSON.stringify(toJsonReport(sampleAudit())));
    expect(validate({ ...report, extra: 1 })).toBe(false);
    for (const key of Object.keys(report)) {
      const { [key]: _removed, ...rest } = report;
      expect(validate(rest)).toBe(false);
    }
  });
});

test('holds scores as shown and exact, rules with their counts, findings in order', () => {
  const audit = sampleAudit();
  const report = toJsonReport(audit);
  expect(report.overall.score).toBe(displayScore(audit.scorecard.score ?? -1));
  expect(report.overall.exactScore).toBe(audit.scorecard.score);
  expect(report.overall).toMatchObject({
    verdict: 'NOT READY',
    blockers: [{ ruleId: 'websocket-accepts-any-origin', findings: 1 }],
    conditions: [{ ruleId: 'response-body-not-closed', findings: 1 }],
  });
  expect(report.categories.find(({ id }) => id === 'errors')).toMatchObject({
    score: null,
    exactScore: null,
    grade: null,
  });
  expect(report.rules.find(({ id }) => id === 'response-body-not-closed')).toMatchObject({
    pass: 2,
    fail: 2,
    unknown: 0,
  });
  expect(report.findings.map(({ path, range }) => `${path}:${range.start.line}:${range.start.column}`)).toEqual([
    'a/server.go:3:1',
    'a/server.go:15:2',
    'a/server.go:91:1',
    'b/fetch.go:8:3',
  ]);
  expect(report.findings[3]?.fixes).toEqual([{ title: 'Close the response body', safety: 'safe', preferred: true }]);
  expect(Object.keys(report.stats.byLanguage)).toEqual(['go', 'yaml']);
});

test('does not depend on the order of the input', () => {
  const audit = sampleAudit();
  const reversed = {
    ...audit,
    findings: audit.findings.toReversed(),
    rules: audit.rules.toReversed(),
    tallies: audit.tallies.toReversed(),
  };
  expect(JSON.stringify(toJsonReport(reversed))).toBe(JSON.stringify(toJsonReport(audit)));
});
