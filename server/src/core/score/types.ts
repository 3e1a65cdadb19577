/** Shapes of rubric and scorecard. The numbers live in server/src/rubrics/*.json, never in code. */
import type { CategoryId, Severity } from '../model/verdict.ts';

/** A grading scheme as data: see server/src/rubrics/rubric.schema.json for the meaning of each field. */
export interface Rubric {
  readonly id: string;
  readonly title: string;
  readonly categories: readonly { readonly id: CategoryId; readonly title: string; readonly weight: number }[];
  /** From best to worst; the first whose `min` is reached by the displayed score is the grade. */
  readonly grades: readonly { readonly grade: string; readonly min: number }[];
  readonly severityWeights: Readonly<Record<Severity, number>>;
  /** Highest category score while a finding of that severity or worse is open (stable, not heuristic rules only). */
  readonly caps: Readonly<Partial<Record<Severity, number>>>;
  readonly verdict: {
    /** Overall score from which the verdict is READY / READY WITH CONDITIONS. */
    readonly ready: number;
    readonly conditional: number;
    /** An open finding of that severity or worse, in any category, is a condition: it rules out plain READY. */
    readonly conditionsSeverity: Severity;
    /**
     * Rules whose open finding blocks whatever the score; also any open finding of `blockingSeverity` or worse in
     * `blockingCategories`. Preview and heuristic rules never block.
     */
    readonly blockingRules: readonly string[];
    readonly blockingSeverity: Severity;
    readonly blockingCategories: readonly CategoryId[];
  };
}

export type VerdictName = 'READY' | 'READY WITH CONDITIONS' | 'NOT READY' | 'NOT RATED';

/** One line of the ledger: what an open rule costs. */
export interface LedgerEntry {
  readonly ruleId: string;
  /** Points of the category score (0..100) lost by the share of failures; caps are separate. */
  readonly categoryPoints: number;
  /** The same in points of the overall score. */
  readonly overallPoints: number;
}

/** A cap that takes points beyond the shares, and the rule whose finding set it. */
export interface AppliedCap {
  readonly limit: number;
  /** Severity of the worst open finding of that rule. */
  readonly severity: Severity;
  readonly ruleId: string;
  /** Points of the category score that the cap takes; always above 0. */
  readonly points: number;
  readonly overallPoints: number;
}

export interface CategoryScore {
  readonly id: CategoryId;
  readonly title: string;
  readonly weight: number;
  /** `null`: no rule of the category found a subject. */
  readonly score: number | null;
  readonly grade: string | null;
  /** Number of scoring rules that passed everywhere, failed somewhere, or found only undecidable subjects. */
  readonly rules: { readonly pass: number; readonly fail: number; readonly unknown: number };
  /** Open findings of scoring rules; those of preview rules are not counted. */
  readonly findings: number;
  readonly cap: AppliedCap | null;
  /** Dearest rule first; with `cap` it sums to 100 minus the score. */
  readonly ledger: readonly LedgerEntry[];
}

/** A rule that decides the verdict, and how many of its open findings do. */
export interface GatingRule {
  readonly ruleId: string;
  readonly findings: number;
}

export interface Scorecard {
  readonly rubricId: string;
  readonly score: number | null;
  readonly grade: string | null;
  readonly verdict: VerdictName;
  /** Why the verdict is NOT READY whatever the score. */
  readonly blockers: readonly GatingRule[];
  /** Why the verdict is READY WITH CONDITIONS at best; without the blockers. */
  readonly conditions: readonly GatingRule[];
  /** Share (0..1) of the applicable weight that evidence decided. */
  readonly confidence: number;
  readonly categories: readonly CategoryScore[];
}
