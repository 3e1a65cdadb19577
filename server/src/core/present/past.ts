/** What is known of earlier audits, as plain data: see history.ts for where it comes from. */
import type { BaselineEntry } from '../engine/baseline.ts';
import type { Severity } from '../model/verdict.ts';
import type { VerdictName } from '../score/types.ts';

/** A finding of an earlier audit: what it is known again by, and where it was. */
export interface PastFinding extends BaselineEntry {
  readonly severity: Severity;
  /** Counts from 1. */
  readonly line: number;
}

/** What is remembered of an audit, but for its findings. */
export interface TrendPoint {
  /** UTC, such as `2027-01-31T09:30:00Z`. */
  readonly time: string;
  readonly commit: string | null;
  readonly tool: string;
  readonly rubric: string;
  /** Digests of rules and rubric, and of the configuration: scores of unlike ones are not comparable. */
  readonly rules: string;
  readonly configuration: string;
  /** As shown; null: not rated. */
  readonly score: number | null;
  readonly grade: string | null;
  readonly verdict: VerdictName;
  readonly files: number;
  readonly lines: number;
  /** Open findings of stable rules. */
  readonly open: Readonly<Record<Severity, number>>;
  readonly categories: readonly {
    readonly id: string;
    readonly title: string;
    readonly score: number | null;
    readonly grade: string | null;
  }[];
}

export interface Changes {
  /** The audit that the present one is compared with. */
  readonly since: TrendPoint;
  /** False: rules, rubric or configuration are others, so that not every change is one of the code. */
  readonly comparable: boolean;
  /** Neither open nor accepted any more. */
  readonly fixed: readonly PastFinding[];
  readonly fresh: readonly PastFinding[];
  /** In another file or declaration than before. */
  readonly moved: readonly { readonly now: PastFinding; readonly before: PastFinding }[];
  /** Open before, accepted by a comment now. */
  readonly accepted: readonly PastFinding[];
  readonly unchanged: number;
}

/** What reports show of the past. */
export interface PastAudits {
  /** By time; the last is the present audit. */
  readonly trend: readonly TrendPoint[];
  /** Null for the first audit. */
  readonly changes: Changes | null;
}
