/** Histories: what a line remembers, which lines are passed over, and what counts as fixed, new, moved or accepted. */
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../server/src/core/model/finding.ts';
import type { Audit } from '../../server/src/core/present/audit.ts';
import historySchema from '../../server/src/core/present/history.schema.json' with { type: 'json' };
import {
  auditOfCommit,
  changesBetween,
  type HistoryEntry,
  historyEntry,
  pastOf,
  previousOf,
  readHistory,
  trendOf,
  writeHistoryEntry,
} from '../../server/src/core/present/history.ts';
import { toHtmlReport } from '../../server/src/core/present/html.ts';
import { toJsonReport } from '../../server/src/core/present/json.ts';
import { toMarkdownReport } from '../../server/src/core/present/markdown.ts';
import { PLAIN_TERMINAL, toPrettyHistory, toPrettyText } from '../../server/src/core/present/pretty.ts';
import reportSchema from '../../server/src/core/present/report.schema.json' with { type: 'json' };
import { at, auditOf, bodyRule, fileRule, finding, PAYLOADS, previewRule } from './sampleAudit.ts';

const A = 'a'.repeat(40);
const B = `ab${'b'.repeat(38)}`;
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false });

/** An audit with findings whose context is named by their fingerprint: `scope/subject`. */
function audited(commit: string | null, findings: readonly Finding[], accepted: readonly Finding[] = []): Audit {
  const context = ({ fingerprint }: Finding) => {
    const [scope = '', subject = ''] = fingerprint.split('/');
    return [fingerprint, { scope, subject }] as const;
  };
  return {
    ...auditOf({ rules: [bodyRule, fileRule, previewRule], findings }),
    contexts: Object.fromEntries([...findings, ...accepted].map(context)),
    accepted: accepted.map((each) => ({
      finding: each,
      reason: 'known',
      until: null,
      scope: 'line',
      location: each.location,
    })),
    provenance: { rules: 'r', rubric: 'u', configuration: 'c', commit },
  };
}

const body = (path: string, line: number, fingerprint: string): Finding =>
  finding(bodyRule, at(path, line), { fingerprint });

const entryAt = (time: string, audit: Audit): HistoryEntry => historyEntry(audit, `${time}T10:00:00Z`);

const first = entryAt(
  '2026-11-01',
  audited(A, [body('a.go', 3, 'f/x'), body('a.go', 9, 'g/y'), body('b.go', 1, 'h/z')]),
);

describe('a line', () => {
  test('is described by the schema, and gives back what was written', () => {
    const hostile = PAYLOADS.map((payload, index) => body(payload, index, `s${index}/t`));
    for (const entry of [first, entryAt('2026-11-02', audited(null, hostile, [body('__proto__', 1, 'a/b')]))]) {
      const line = writeHistoryEntry(entry);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      const validate = ajv.compile(historySchema);
      validate(JSON.parse(line));
      expect(validate.errors).toBeNull();
      expect(readHistory(line)).toEqual({ entries: [entry], foreign: 0 });
    }
  });

  test('leaves preview rules out, as the score does', () => {
    const entry = entryAt('2026-11-01', audited(A, [finding(previewRule, at('a.go', 1), { fingerprint: 'p/q' })]));
    expect(entry.findings).toEqual([]);
    expect(entry.open).toEqual({ critical: 0, high: 0, medium: 0, low: 0 });
  });

  test('that is cut off, foreign or of another version is passed over', () => {
    const line = writeHistoryEntry(first);
    const object = JSON.parse(line);
    const foreign = [
      line.slice(0, -20),
      '{}',
      '[]',
      'null',
      '7',
      'not json',
      ...Object.keys(object).map((key) => JSON.stringify({ ...object, [key]: { wrong: [true] } })),
      JSON.stringify({ ...object, version: 2 }),
      JSON.stringify({ ...object, time: 'yesterday' }),
      JSON.stringify({ ...object, commit: '../../etc/passwd' }),
      JSON.stringify({ ...object, findings: { rule: { path: [[1, 'dire', 's', 't']] } } }),
    ];
    const text = `${foreign.join('\n')}\n\n${line}\r\n${line}`;
    expect(readHistory(text)).toEqual({ entries: [first, first], foreign: foreign.length });
  });
});

describe('the trend', () => {
  const again = entryAt('2026-11-05', audited(A, []));
  const second = entryAt('2026-11-03', audited(B, []));
  const loose = entryAt('2026-11-04', audited(null, []));

  test('goes by time and holds the last audit of each commit', () => {
    expect(trendOf([loose, first, again, second])).toEqual([second, loose, again]);
  });

  test('compares with the last audit of another commit', () => {
    expect(previousOf([first, second, again], A)).toBe(second);
    expect(previousOf([first, second], null)).toBe(second);
    expect(previousOf([first, again], A)).toBe(again);
    expect(previousOf([], A)).toBeNull();
  });

  test('finds a commit by the beginning of its name', () => {
    expect(auditOfCommit([first, second], B.slice(0, 7).toUpperCase())).toBe(second);
    expect(auditOfCommit([first, second], 'ffff')).toContain('no audit of the commit ffff; the last are aaaaaaaaaa');
    expect(auditOfCommit([first, second], 'a')).toContain('at least 4');
    expect(auditOfCommit([first, second], 'main')).toContain('no commit');
    const other = entryAt('2026-11-06', audited(`${'a'.repeat(39)}b`, []));
    expect(auditOfCommit([first, other], 'aaaa')).toContain('Several commits');
  });
});

describe('changes', () => {
  const fixedPlace = { rule: bodyRule.id, path: 'a.go', line: 10 };

  test('tell fixed, new and moved apart, and do not mind other lines', () => {
    const after = entryAt(
      '2026-11-02',
      audited(B, [body('a.go', 40, 'f/x'), body('c.go', 5, 'h/z'), body('a.go', 50, 'k/n')]),
    );
    const changes = changesBetween(first, after);
    expect(changes.fixed).toMatchObject([fixedPlace]);
    expect(changes.fresh).toMatchObject([{ path: 'a.go', line: 51 }]);
    expect(changes.moved).toMatchObject([{ now: { path: 'c.go', line: 6 }, before: { path: 'b.go', line: 2 } }]);
    expect(changes.unchanged).toBe(1);
    expect(changes.comparable).toBe(true);
  });

  test('call what a comment accepts now accepted, not fixed', () => {
    const after = entryAt(
      '2026-11-02',
      audited(B, [body('a.go', 3, 'f/x'), body('b.go', 1, 'h/z')], [body('a.go', 11, 'g/y')]),
    );
    const changes = changesBetween(first, after);
    expect(changes.accepted).toMatchObject([{ path: 'a.go', line: 12 }]);
    expect([changes.fixed, changes.fresh]).toEqual([[], []]);
    // And what was accepted before and is open again is new.
    expect(changesBetween(after, first)).toMatchObject({ fixed: [], fresh: [fixedPlace] });
  });

  test('say when something else than the code is different', () => {
    expect(changesBetween(first, { ...first, rules: 'other' }).comparable).toBe(false);
    expect(changesBetween(first, { ...first, configuration: 'other' }).comparable).toBe(false);
  });
});

describe('reports', () => {
  const audit = audited(B, [body('a.go', 40, 'f/x'), body('c.go', 5, 'h/z'), body('a.go', 50, 'k/n')]);
  const entry = entryAt('2026-11-02', audit);
  const past = pastOf([first], entry, first);
  const withPast: Audit = { ...audit, past };

  test('show trend and changes in Markdown and HTML', () => {
    const markdown = toMarkdownReport(withPast);
    expect(markdown).toContain('\n## Trend\n');
    expect(markdown).toMatch(
      /\| 2026-11-02 \| abbbbbbbbb \| \d+ \| [+−±]\d+ \| [A-F][+-]? \| [A-Z ]+ \| 0 \| 3 \| 0 \| 0 \|/,
    );
    expect(markdown).toContain('\n## Changed since aaaaaaaaaa (2026-11-01)\n');
    expect(markdown).toContain('1 fixed, 1 new, 1 moved, 1 unchanged.');
    expect(markdown).toContain('- `a.go:10`: Response body not closed, high');
    expect(markdown).toContain('[c.go:6](c.go#L6) from `b.go:2`');
    const html = toHtmlReport(withPast);
    expect(html).toMatch(/<svg class="trend"[\s\S]*<polyline[\s\S]*<\/svg>[\s\S]*<table>[\s\S]*2026-11-02/);
    expect(toMarkdownReport({ ...audit, past: pastOf([], entry, null) })).toContain('This is the first audit');
    expect(toMarkdownReport(audit)).not.toContain('Trend');
  });

  test('hold them as JSON by the schema', () => {
    const report = JSON.parse(JSON.stringify(toJsonReport(withPast)));
    const validate = ajv.compile(reportSchema);
    validate(report);
    expect(validate.errors).toBeNull();
    expect(report.trend.map(({ commit }: { commit: string }) => commit)).toEqual([A, B]);
    expect(report.changes).toMatchObject({ unchanged: 1, new: [{ path: 'a.go', line: 51 }] });
  });

  test('show them in the terminal, where nothing of a history acts', () => {
    expect(toPrettyText(withPast)).toMatch(
      /\nTrend {2}.{2} {2}\d+ → \d+ \([+−±]\d+\) since aaaaaaaaaa \(2026-11-01\), 2 audits\n/,
    );
    expect(toPrettyHistory(past, PLAIN_TERMINAL)).toContain('  fixed  high  a.go:10  response-body-not-closed\n');
    for (const payload of PAYLOADS) {
      const hostile: HistoryEntry = {
        ...first,
        grade: payload,
        categories: [{ id: 'x', title: payload, score: 1, grade: payload }],
        findings: [{ rule: payload, path: payload, line: 1, severity: 'low', scope: 's', subject: 't' }],
      };
      const text = toPrettyHistory(pastOf([hostile], hostile, entry), PLAIN_TERMINAL);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u);
    }
  });
});
