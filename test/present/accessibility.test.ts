/** The HTML report in a real browser: no violation that axe-core finds, and nothing wider than the page. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Audit } from '../../server/src/core/present/audit.ts';
import { historyEntry, pastOf } from '../../server/src/core/present/history.ts';
import { toHtmlReport } from '../../server/src/core/present/html.ts';
import { findBrowser } from '../../tools/vscodeHost.ts';
import { at, sampleAudit } from './sampleAudit.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A report with all that one can hold. */
function wholeReport(): string {
  const sample = sampleAudit();
  const findings = sample.findings.flatMap((finding) =>
    Array.from({ length: 20 }, (_, line) => ({ ...finding, fingerprint: `${finding.fingerprint}:${line}` })),
  );
  const [first] = findings;
  const audit: Audit = {
    ...sample,
    findings,
    contexts: Object.fromEntries(
      findings.map(({ fingerprint }) => [fingerprint, { scope: 's', subject: fingerprint }]),
    ),
    excerpts: { [first!.fingerprint]: { firstLine: 8, lines: [`\tresp, err := http.Get(${'x'.repeat(400)})`] } },
    diffs: { [first!.fingerprint]: { title: 'Close it', safety: 'safe', lines: ['-a', '+b'] } },
    codeFiles: ['a/server.go', `${'deep/'.repeat(40)}file.go`],
    accepted: [{ finding: first!, reason: 'known', until: null, scope: 'line', location: at('b/fetch.go', 6) }],
    owners: { 'a/server.go': ['@shop/api'], 'b/fetch.go': [] },
    provenance: { rules: 'r', rubric: 'u', configuration: 'c', commit: 'a'.repeat(40) },
  };
  const before = historyEntry({ ...audit, findings: [] }, '2026-11-01T10:00:00Z');
  const now = { ...historyEntry(audit, '2026-11-02T10:00:00Z'), commit: 'b'.repeat(40) };
  return toHtmlReport({ ...audit, past: pastOf([before], now, before) });
}

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: findBrowser(), args: ['--disable-gpu', '--no-first-run'] });
}, 60_000);
afterAll(() => browser.close());

test.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 400],
  ['dark', 400],
] as const)('the report in %s, %d pixels wide', async (colorScheme, width) => {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
  await page.setContent(wholeReport());
  await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
  await page.evaluate(AXE);
  const violations = await page.evaluate<string[]>(
    "axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))",
  );
  expect(violations).toEqual([]);
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  expect(overflow).toBeLessThanOrEqual(0);
  // Nor is a label of a chart cut off.
  const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('svg text')].flatMap((text) => {
    const [inner, outer] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
    return inner.left < outer.left - 1 || inner.right > outer.right + 1 ? [text.textContent] : [];
  })`);
  expect(cut).toEqual([]);
  await page.close();
});
