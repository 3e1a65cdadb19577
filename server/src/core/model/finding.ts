/**
 * Findings as every surface receives them: absolute offsets and positions, rendered message, stable fingerprint.
 * Plain data, the same in the editor, the CLI and every report.
 */
import type { Span, TextEdit } from './location.ts';
import type { CategoryId, Confidence, Severity } from './verdict.ts';

/** Zero-based line and UTF-16 character, as in LSP. */
export interface Position {
  readonly line: number;
  readonly character: number;
}
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface Location {
  readonly path: string;
  readonly span: Span;
  readonly range: Range;
}

/** A resolved fix: text edits by file (absolute offsets of the present text) and files to create. */
export interface ResolvedFix {
  readonly title: string;
  readonly safety: 'safe' | 'suggestion';
  readonly preferred: boolean;
  readonly changes: readonly { readonly path: string; readonly edits: readonly TextEdit[] }[];
  readonly creates: readonly { readonly path: string; readonly content: string }[];
}

export interface Finding {
  readonly ruleId: string;
  readonly category: CategoryId;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly stage: 'stable' | 'preview';
  readonly message: string;
  readonly location: Location;
  readonly related: readonly { readonly location: Location; readonly message: string }[];
  readonly fixes: readonly ResolvedFix[];
  /** Stable across edits elsewhere: hash of rule, path, text of the subject and its ordinal among equals. */
  readonly fingerprint: string;
}

/** A finding that a comment in the code accepts: it is not open. */
export interface AcceptedFinding {
  readonly finding: Finding;
  readonly reason: string;
  /** The last day on which it is accepted. */
  readonly until: string | null;
  readonly scope: 'line' | 'block' | 'file';
  /** The comment. */
  readonly location: Location;
}

/** What a rule found in the whole workspace, for the score and for "evidence that passed". */
export interface RuleTally {
  readonly ruleId: string;
  readonly pass: number;
  readonly fail: number;
  readonly unknown: number;
  /** Subjects that files cannot decide and a person vouches for; they are not among `unknown`. */
  readonly attested?: number;
  /** Failures that a comment accepts; they are not among `fail`. */
  readonly accepted?: number;
  /** Open findings by severity, since a finding may differ from its rule's default. */
  readonly failBySeverity: Readonly<Record<Severity, number>>;
  /** A few passing places, as evidence: at most `EVIDENCE_LIMIT`, in path order. */
  readonly evidence: readonly Location[];
}
export const EVIDENCE_LIMIT = 20;
