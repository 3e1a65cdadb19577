/** Shapes of rubric and scorecard. The numbers live in server/src/rubrics/*.json, never in code. */
import type { CategoryId, Severity } from '../model/verdict.ts';

/** What is graded by itself: one category of rules, several, or single rules. A rule belongs to one criterion at most. */
export interface Criterion {
  readonly id: string;
  readonly title: string;
  readonly weight: number;
  /** Categories of its rules; without it the one that `id` names. */
  readonly categories?: readonly CategoryId[];
  /** Rules that belong here whatever their category. */
  readonly rules?: readonly string[];
}

/** What has to hold whatever the score. Without rules only a person can vouch for it. */
export interface MustHave {
  readonly id: string;
  readonly title: string;
  readonly rules: readonly string[];
}

/** What the code is good enough for from some score on. */
export interface Purpose {
  readonly id: string;
  readonly title: string;
  readonly min: number;
  /** The worst severity that may be open. */
  readonly worstOpen: Severity;
}

/** A grading scheme as data: see server/src/rubrics/rubric.schema.json for the meaning of each field. */
export interface Rubric {
  readonly id: string;
  readonly title: string;
  readonly categories: readonly Criterion[];
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
  readonly mustHaves?: readonly MustHave[];
  /** Lowest grades: of components that are critical, and of any. */
  readonly components?: { readonly critical?: string; readonly any?: string };
  /** From the most demanding to the least. */
  readonly purposes?: readonly Purpose[];
  /** Rules whose finding says that nobody uses the file where it stands. */
  readonly unusedFileRules?: readonly string[];
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
  readonly id: string;
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

/**
 * `met`: every rule that found a subject passes. `open`: one fails. `unknown`: nothing could be decided from files.
 * `attested`: a person vouches for what files cannot show. `not-judged`: none of its rules exists for this code.
 */
export type MustHaveStatus = 'met' | 'open' | 'unknown' | 'attested' | 'not-judged';

export interface MustHaveState {
  readonly id: string;
  readonly title: string;
  readonly status: MustHaveStatus;
  /** The rules that are open. */
  readonly open: readonly string[];
}

export type RiskLevel = 'critical' | 'high' | 'moderate' | 'low' | 'unknown';

export interface PurposeState {
  readonly id: string;
  readonly title: string;
  readonly fit: boolean;
}

/** How much of the code is in languages that are judged, in files. */
export interface Coverage {
  readonly judged: number;
  readonly unjudged: number;
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
  /** Components below the least grade of the rubric; any of them makes the verdict NOT READY. */
  readonly belowGrade?: readonly { readonly component: string; readonly grade: string; readonly least: string }[];
  readonly risk: RiskLevel;
  readonly mustHaves: readonly MustHaveState[];
  readonly purposes: readonly PurposeState[];
  /** Share (0..1) of the applicable weight that evidence decided, times the share of the code that is judged. */
  readonly confidence: number;
  readonly categories: readonly CategoryScore[];
}
