/** How a finding appears as an editor diagnostic: level and message. It knows no LSP; the server maps the names. */
import type { Finding } from '../model/finding.ts';
import type { Severity } from '../model/verdict.ts';
import { plainText } from './text.ts';

export type DiagnosticLevel = 'error' | 'warning' | 'information';

/** Only what can take production down is an error: a list of errors that nobody acts on hides the ones that matter. */
const LEVELS: Readonly<Record<Severity, DiagnosticLevel>> = {
  critical: 'error',
  high: 'warning',
  medium: 'warning',
  low: 'information',
};

/** The level of a finding. Preview rules are shown as information, whatever their severity, since they never gate. */
export function diagnosticLevel(finding: Pick<Finding, 'severity' | 'stage'>): DiagnosticLevel {
  return finding.stage === 'preview' ? 'information' : LEVELS[finding.severity];
}

/** The message on one line: the defect, then the way out. The rule's id is the diagnostic's code, not part of it. */
export function diagnosticMessage(finding: Pick<Finding, 'message'>): string {
  return plainText(finding.message);
}
