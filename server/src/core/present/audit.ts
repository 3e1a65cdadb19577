/**
 * What every presenter is given, and the one order in which they all show it: categories of the rubric, rules worst
 * first, findings in path and position order. It computes no score and formats nothing.
 */
import { type Baseline, type BaselineEntry, type FindingContext, matchBaseline } from '../engine/baseline.ts';
import type { Attestation } from '../engine/configuration.ts';
import type { AcceptedFinding, Finding, RuleTally } from '../model/finding.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import type { Rule } from '../rulekit/rule.ts';
import { criterionOf, displayScore } from '../score/score.ts';
import type { CategoryScore, Rubric, Scorecard } from '../score/types.ts';
import type { ComponentResult } from './components.ts';
import type { Excerpt, FixDiff } from './evidence.ts';
import type { PastAudits } from './past.ts';
import { compareText } from './text.ts';

/** A rule as reports show it. */
export type AuditRule = Pick<Rule, 'id' | 'title' | 'category' | 'severity' | 'confidence' | 'stage' | 'docs' | 'fix'> &
  Partial<Pick<Rule, 'effort' | 'options' | 'scored' | 'suppressible' | 'workspace'>>;

/** The state of a workspace at one revision. Plain data; `scorecard` is that of `tallies`, `rules` and `rubric`. */
export interface Audit {
  readonly tool: {
    readonly name: string;
    readonly version: string;
    /** Home page of the tool. */
    readonly uri: string;
    /** Folder of the rules' pages, without a slash at the end: `<ruleDocsUri>/<rule id>.md` is a page. */
    readonly ruleDocsUri: string;
  };
  /** Name of the workspace for readers; never an absolute path, since reports are compared between machines. */
  readonly root: string;
  /** Every rule that took part; each finding and tally names one of them. */
  readonly rules: readonly AuditRule[];
  /** Open findings only; perhaps those of some files, while tallies and scorecard are always of the whole workspace. */
  readonly findings: readonly Finding[];
  readonly tallies: readonly RuleTally[];
  readonly scorecard: Scorecard;
  readonly rubric: Rubric;
  readonly stats: AuditStats;
  /** Findings that comments accept, in path and position order. They are not among `findings`. */
  readonly accepted?: readonly AcceptedFinding[];
  /** What the scorecard would say if they were open; null when there are none. */
  readonly unaccepted?: { readonly score: number | null; readonly grade: string | null } | null;
  readonly attestations?: readonly AttestationState[];
  readonly components?: readonly ComponentResult[];
  /** Code that belongs to no component. */
  readonly loose?: readonly string[];
  /** By fingerprint, where the reader compares with a baseline. */
  readonly contexts?: Readonly<Record<string, FindingContext>>;
  readonly baseline?: BaselineState;
  /** Production code that is judged. */
  readonly codeFiles?: readonly string[];
  /** The code of findings, by fingerprint. */
  readonly excerpts?: Readonly<Record<string, Excerpt>>;
  /** A fix of the findings that matter most, by fingerprint. */
  readonly diffs?: Readonly<Record<string, FixDiff>>;
  readonly provenance?: Provenance;
  /** The day on which suppressions and attestations were looked at. */
  readonly today?: string | null;
  /** Owners of every file with findings, open or accepted; absent where nothing says who owns what. */
  readonly owners?: Readonly<Record<string, readonly string[]>>;
  /** Owners of the open findings of each rule that has any, who has the most first. */
  readonly ruleOwners?: Readonly<Record<string, readonly string[]>>;
  /** Whose findings, or which files, are listed, for the reader; null: all. Scores are always those of the whole. */
  readonly restrictedTo?: string | null;
  /** The audits before this one, where a history is kept. */
  readonly past?: PastAudits;
}

/** What somebody else needs in order to come to the same result. */
export interface Provenance {
  /** Digests of the rules, the rubric and the configuration. */
  readonly rules: string;
  readonly rubric: string;
  readonly configuration: string;
  readonly commit: string | null;
}

/** How the findings compare with those that were there before. */
export interface BaselineState {
  /** Fingerprints of findings that are not in the baseline. */
  readonly fresh: readonly string[];
  readonly known: number;
  /** Entries of the baseline of which nothing is left. */
  readonly gone: number;
}

export interface AttestationState extends Attestation {
  /** `idle`: there is nothing that needs it. */
  readonly status: 'in force' | 'ended' | 'idle';
}

export interface AuditStats {
  readonly files: number;
  readonly lines: number;
  /** Language id -> number of files. */
  readonly byLanguage: Readonly<Record<string, number>>;
  /** Programming language -> production files that no rule reads as code yet. */
  readonly unjudged?: Readonly<Record<string, number>>;
  /** Files that were not judged, each with the reason in a few words. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

export interface RuleOutline {
  readonly rule: AuditRule;
  readonly tally: RuleTally;
  readonly findings: readonly Finding[];
}

export interface CategoryOutline {
  readonly score: CategoryScore;
  /** Rules with open findings, worst severity first, then most findings. Preview rules are among them. */
  readonly failing: readonly RuleOutline[];
  /** Rules that found subjects and no failure, by id. */
  readonly passing: readonly RuleOutline[];
  /** Rules that found only subjects which files cannot decide, by id. */
  readonly undecided: readonly RuleOutline[];
}

/** The audit by category and rule. Findings of categories that the rubric leaves out are not in it. */
export function outlineAudit(audit: Audit): readonly CategoryOutline[] {
  const tallyOf = new Map(audit.tallies.map((tally) => [tally.ruleId, tally]));
  const findingsOf = new Map<string, Finding[]>();
  for (const finding of sortFindings(audit.findings)) {
    const findings = findingsOf.get(finding.ruleId);
    if (findings === undefined) findingsOf.set(finding.ruleId, [finding]);
    else findings.push(finding);
  }
  const rules: RuleOutline[] = sortRules(audit.rules).map((rule) => ({
    rule,
    tally: tallyOf.get(rule.id) ?? emptyTally(rule.id),
    findings: findingsOf.get(rule.id) ?? [],
  }));
  return audit.scorecard.categories.map((score) => {
    const ours = rules.filter(({ rule }) => criterionOf(rule, audit.rubric)?.id === score.id);
    // An audit of some files holds their findings only, but the tallies of all: its other failing rules did not pass.
    const clean = ours.filter(({ findings, tally }) => findings.length === 0 && tally.fail === 0);
    return {
      score,
      failing: ours.filter(({ findings }) => findings.length > 0).sort(worstFirst),
      passing: clean.filter(({ tally }) => tally.pass > 0),
      undecided: clean.filter(({ tally }) => tally.pass === 0 && tally.unknown > 0),
    };
  });
}

/** Why the verdict is not plain READY when blockers and conditions do not say it; '' when they do or when it is. */
export function scoreReason({ scorecard, rubric }: Pick<Audit, 'scorecard' | 'rubric'>): string {
  const { score, blockers, conditions, mustHaves, belowGrade = [] } = scorecard;
  if (score === null || blockers.length > 0) return '';
  if (belowGrade.length > 0) {
    const each = belowGrade.map(({ component, grade, least }) => `${component} has ${grade} and needs ${least}`);
    return `Components are below their least grade: ${each.join('; ')}.`;
  }
  const { ready, conditional } = rubric.verdict;
  const shown = displayScore(score);
  if (shown < conditional) return `The score of ${shown} is below ${conditional}, the least for READY WITH CONDITIONS.`;
  if (shown < ready && conditions.length === 0) return `The score of ${shown} is below ${ready}, the least for READY.`;
  const unproven = mustHaves.filter(({ status }) => status === 'unknown' || status === 'not-judged');
  return unproven.length === 0 ? '' : `Nothing shows yet: ${unproven.map(({ title }) => title).join('; ')}.`;
}

/** Whether there is code, and none of it is in a language that is judged: grades are of what stands beside it. */
export function isBesideCode({ scorecard, stats }: Pick<Audit, 'scorecard' | 'stats'>): boolean {
  return scorecard.score === null && scorecard.confidence === 0 && Object.keys(stats.unjudged ?? {}).length > 0;
}

/** Why there is no grade; '' when there is one. */
export function unratedReason(audit: Pick<Audit, 'scorecard' | 'stats'>): string {
  const { scorecard, stats } = audit;
  if (scorecard.score !== null) return '';
  const others = Object.keys(stats.unjudged ?? {});
  if (others.length > 0) {
    const code = isBesideCode(audit) ? 'The code' : 'Most of the code';
    return `${code} is in languages that are not judged yet: ${others.join(', ')}.`;
  }
  const isEmpty = scorecard.categories.every(({ score }) => score === null);
  return isEmpty ? 'No rule found anything to judge.' : 'There is no code that can be judged.';
}

/** In path order, then by position, then by rule. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (a, b) =>
      compareText(a.location.path, b.location.path) ||
      a.location.span.start - b.location.span.start ||
      a.location.span.end - b.location.span.end ||
      compareText(a.ruleId, b.ruleId) ||
      compareText(a.fingerprint, b.fingerprint),
  );
}

export function sortRules(rules: readonly AuditRule[]): readonly AuditRule[] {
  return [...rules].sort((a, b) => compareText(a.id, b.id));
}

/** The worst severity among findings; `low` for none. */
export function worstSeverity(findings: readonly Finding[]): Severity {
  return SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity)) ?? 'low';
}

function worstFirst(a: RuleOutline, b: RuleOutline): number {
  const rank = ({ findings }: RuleOutline) => SEVERITIES.indexOf(worstSeverity(findings));
  return rank(a) - rank(b) || b.findings.length - a.findings.length || compareText(a.rule.id, b.rule.id);
}

function emptyTally(ruleId: string): RuleTally {
  const failBySeverity = { critical: 0, high: 0, medium: 0, low: 0 };
  return { ruleId, pass: 0, fail: 0, unknown: 0, failBySeverity, evidence: [] };
}

/** What a finding is known again by later; null where the audit was built without contexts. */
export function entryOf({ contexts = {} }: Audit, finding: Finding): BaselineEntry | null {
  const context = contexts[finding.fingerprint];
  return context === undefined ? null : { rule: finding.ruleId, path: finding.location.path, ...context };
}

/** The entry of a baseline that would stand for a finding; null when no baseline accepts its rule. */
export function baselineEntry(audit: Audit, finding: Finding): BaselineEntry | null {
  const rule = audit.rules.find(({ id }) => id === finding.ruleId);
  return rule?.suppressible === false ? null : entryOf(audit, finding);
}

/**
 * The audit with its findings compared with a baseline, and the baseline as it may stand now: what is gone is left out,
 * what moved stands at its new place.
 */
export function compareWithBaseline(
  audit: Audit,
  baseline: Baseline,
): { readonly audit: Audit; readonly rest: Baseline } {
  const own = (finding: Finding): BaselineEntry | null => baselineEntry(audit, finding);
  const { known, gone } = matchBaseline(baseline.entries, sortFindings(audit.findings), own);
  const fresh = audit.findings.filter((finding) => !known.has(finding)).map(({ fingerprint }) => fingerprint);
  return {
    audit: { ...audit, baseline: { fresh, known: known.size, gone: gone.length } },
    rest: { entries: [...known.keys()].flatMap((finding) => own(finding) ?? []) },
  };
}

/** The audit with those findings alone that are not in the baseline. */
export function onlyFresh(audit: Audit): Audit {
  const fresh = new Set(audit.baseline?.fresh ?? []);
  return { ...audit, findings: audit.findings.filter(({ fingerprint }) => fresh.has(fingerprint)) };
}
