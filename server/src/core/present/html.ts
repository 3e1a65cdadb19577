/** The audit report as one HTML page that needs nothing else: what it says is in report.ts. */
import type { Audit } from './audit.ts';
import { toHtml } from './document.ts';
import { reportOf } from './report.ts';

export function toHtmlReport(audit: Audit): string {
  return toHtml(`Production readiness of ${audit.root}`, reportOf(audit));
}
