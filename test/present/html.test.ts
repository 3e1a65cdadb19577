/** The HTML report: the sections of the Markdown one, the same every time, and nothing of the repository acts in it. */
import { describe, expect, test } from 'vitest';
import { toHtmlReport } from '../../server/src/core/present/html.ts';
import { toMarkdownReport } from '../../server/src/core/present/markdown.ts';
import { at, auditOf, finding, fix, originRule, PAYLOADS, rule, sampleAudit } from './sampleAudit.ts';

const TAGS = new Set(
  'html head meta title style body main nav ul ol li a h1 h2 h3 p strong code pre span ins del div figure svg text rect line polyline circle details summary table thead tbody tr th td'.split(
    ' ',
  ),
);

/** Names of all elements of a page. */
function tagsOf(html: string): ReadonlySet<string> {
  return new Set(
    [...html.replace(/<style>[\s\S]*?<\/style>/, '<style></style>').matchAll(/<\/?([^\s>/]+)/g)].map(([, name]) =>
      name!.toLowerCase(),
    ),
  );
}

test('says what the Markdown report says', () => {
  const html = toHtmlReport(sampleAudit());
  const headings = [...html.matchAll(/<h([123])[^>]*>(.*?)<\/h\1>/g)].map(([, , text]) =>
    text!.replace(/<[^>]+>/g, ''),
  );
  const expected = toMarkdownReport(sampleAudit())
    .split('\n')
    .filter((line) => /^#{1,3} /.test(line))
    .map((line) => line.replace(/^#+ /, ''));
  expect(headings).toEqual(expected);
});

test('shows code and a diff where the audit holds them, and a table beside the chart', () => {
  const audit = sampleAudit();
  const [first] = audit.findings.filter(({ ruleId }) => ruleId === originRule.id);
  const html = toHtmlReport({
    ...audit,
    excerpts: { [first!.fingerprint]: { firstLine: 15, lines: ['\tif a < b {'] } },
    diffs: { [first!.fingerprint]: { title: 'Compare', safety: 'suggestion', lines: ['-a', '+<b>'] } },
  });
  expect(html).toContain('<span class="line">15</span>     if a &lt; b {');
  expect(html).toContain('<ins>+&lt;b&gt;</ins>');
  expect(html).toMatch(/<svg[\s\S]*<\/svg>[\s\S]*<table>/);
});

test('loads and runs nothing', () => {
  const html = toHtmlReport(sampleAudit());
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/<script|\son\w+=|javascript:|<link|<img|<iframe|@import|url\(/i);
  expect([...tagsOf(html)].filter((tag) => !TAGS.has(tag) && tag !== '!doctype')).toEqual([]);
});

describe('text of the repository', () => {
  test.each(PAYLOADS.map((payload) => [payload]))('is only text: %j', (payload) => {
    const hostile = rule('hostile', { title: payload, category: 'security', severity: 'critical' });
    const found = finding(hostile, at(payload, 1), {
      message: payload,
      fingerprint: 'f',
      fixes: [fix(payload, payload, 0, 1, payload)],
    });
    const audit = {
      ...auditOf({
        rules: [hostile],
        findings: [found],
        root: payload,
        evidence: {},
        skipped: [{ path: payload, reason: payload }],
      }),
      excerpts: { f: { firstLine: 1, lines: [payload] } },
      diffs: { f: { title: payload, safety: 'safe' as const, lines: [payload, `+${payload}`] } },
      codeFiles: [payload],
      loose: [payload],
      accepted: [{ finding: found, reason: payload, until: null, scope: 'line' as const, location: at(payload, 0) }],
    };
    const html = toHtmlReport(audit);
    expect([...tagsOf(html)].filter((tag) => !TAGS.has(tag) && tag !== '!doctype')).toEqual([]);
    for (const [, href] of html.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^(?:#|\.\/)/);
    expect(html).not.toMatch(/<[^>]*\son\w+\s*=/i);
    expect(html).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
  });

  test('cannot end the page early', () => {
    const html = toHtmlReport(auditOf({ rules: [], root: '</title><script>' }));
    expect(html).toContain('<title>Production readiness of &lt;/title&gt;&lt;script&gt;</title>');
  });
});

test('is the same for the same audit', () => {
  const audit = sampleAudit();
  const reversed = { ...audit, findings: audit.findings.toReversed(), rules: audit.rules.toReversed() };
  expect(toHtmlReport(reversed)).toBe(toHtmlReport(audit));
});

test('folds a long list behind its first items, and puts what stands in backquotes as code', () => {
  const minor = rule('minor', { severity: 'low', category: 'quality' });
  const findings = Array.from({ length: 30 }, (_, line) =>
    finding(minor, at('a.go', line), { message: `\`x${line}\` is not used.` }),
  );
  const html = toHtmlReport(auditOf({ rules: [minor], findings }));
  const [before, folded] = html.split('<details><summary>20 more</summary>');
  expect(before).toContain('<code>x9</code> is not used.');
  expect(before).not.toContain('<code>x10</code>');
  expect(folded).toContain('<code>x29</code> is not used.');
});
