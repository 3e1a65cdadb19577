/** The audit report as Markdown: what it says is in report.ts, how it is escaped in document.ts. */
import type { Audit } from './audit.ts';
import { toMarkdown } from './document.ts';
import { reportOf } from './report.ts';

/** The whole report, ending in a line break. */
export function toMarkdownReport(audit: Audit): string {
  return toMarkdown(reportOf(audit));
}
