/**
 * What a language model is told of a workspace: the scorecard, findings, and what an edit would do, as plain JSON data in
 * few words. Everything is read-only. Texts of the repository are data in it, one line each.
 */
import { type BaselineEntry, type FindingContext, matchBaseline } from '../engine/baseline.ts';
import type { Finding } from '../model/finding.ts';
import type { Json } from '../model/json.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import { cheapestWay } from '../score/plan.ts';
import { displayScore } from '../score/score.ts';
import type { Scorecard } from '../score/types.ts';
import { type Audit, scoreReason, sortFindings, unratedReason } from './audit.ts';
import { effortText, plainText } from './text.ts';

/** Findings that are told at once, unless more are asked for, and at most. */
const LISTED = 50;
const LISTED_AT_MOST = 200;

/** Grade, verdict, categories, what blocks and the cheapest way on. */
export function agentScorecard(audit: Audit): Json {
  const { scorecard, tallies, rules, rubric } = audit;
  const way = cheapestWay(scorecard, tallies, rules, rubric);
  return {
    ...rating(scorecard),
    reason: plainText(scorecard.score === null ? unratedReason(audit) : scoreReason(audit)),
    risk: scorecard.risk,
    openFindings: audit.findings.filter(({ stage }) => stage === 'stable').length,
    blockers: scorecard.blockers.map(({ ruleId, findings }) => ({ ruleId, findings })),
    conditions: scorecard.conditions.map(({ ruleId, findings }) => ({ ruleId, findings })),
    categories: scorecard.categories.map(({ id, title, score, grade, weight, findings, ledger }) => ({
      id,
      title,
      score: shown(score),
      grade,
      weight,
      findings,
      dearestRules: ledger
        .slice(0, 3)
        .map(({ ruleId, overallPoints }) => ({ ruleId, overallPoints: tenth(overallPoints) })),
    })),
    cheapestWayToNextGrade:
      way === null
        ? null
        : {
            grade: way.grade,
            score: displayScore(way.score),
            effort: effortText(way.minutes),
            steps: way.steps.map(({ ruleId, findings, gain }) => ({ ruleId, findings, gain: tenth(gain) })),
          },
  };
}

export interface FindingFilter {
  /** A file or folder of the workspace. */
  readonly path?: string;
  readonly ruleId?: string;
  readonly category?: string;
  /** This one or worse. */
  readonly severity?: Severity;
  readonly limit?: number;
  readonly offset?: number;
}

/** Open findings, worst first; `total` says how many match. */
export function agentFindings(audit: Audit, filter: FindingFilter): Json {
  const least = filter.severity === undefined ? SEVERITIES.length : SEVERITIES.indexOf(filter.severity);
  const matching = sortFindings(audit.findings).filter(
    ({ location: { path }, ruleId, category, severity }) =>
      (filter.path === undefined || filter.path === '' || path === filter.path || path.startsWith(`${filter.path}/`)) &&
      (filter.ruleId === undefined || ruleId === filter.ruleId) &&
      (filter.category === undefined || category === filter.category) &&
      SEVERITIES.indexOf(severity) <= least,
  );
  const worstFirst = matching.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const offset = Math.max(0, filter.offset ?? 0);
  const limit = Math.min(LISTED_AT_MOST, Math.max(1, filter.limit ?? LISTED));
  return { total: matching.length, offset, findings: worstFirst.slice(offset, offset + limit).map(findingData) };
}

function findingData({ ruleId, severity, confidence, stage, message, location, fixes }: Finding): Json {
  return {
    ruleId,
    severity,
    confidence,
    ...(stage === 'preview' ? { preview: true } : {}),
    path: location.path,
    line: location.range.start.line + 1,
    message: plainText(message),
    ...(fixes.length === 0 ? {} : { quickFixes: fixes.map(({ title }) => plainText(title)) }),
  };
}

/** A workspace at one moment, as far as an edit changed it. */
export interface Moment {
  readonly scorecard: Scorecard;
  /** Those that the other moment has not, or not unchanged. */
  readonly findings: readonly Finding[];
  /** What findings are known again by, by fingerprint. */
  readonly contexts: Readonly<Record<string, FindingContext>>;
}

/** What an edit does to the score, and which findings go and come. A finding that only moved is neither. */
export function agentPreview(before: Moment, after: Moment): Json {
  const entry = ({ contexts }: Moment, finding: Finding): BaselineEntry | null => {
    const context = contexts[finding.fingerprint];
    return context === undefined ? null : { rule: finding.ruleId, path: finding.location.path, ...context };
  };
  const entries = (moment: Moment): readonly BaselineEntry[] =>
    moment.findings.flatMap((finding) => entry(moment, finding) ?? []);
  const unmatched = (moment: Moment, other: Moment): readonly Json[] => {
    const { known } = matchBaseline(entries(other), sortFindings(moment.findings), (finding) => entry(moment, finding));
    return sortFindings(moment.findings.filter((finding) => !known.has(finding))).map(findingData);
  };
  const score = (moment: Moment): number | null => moment.scorecard.score;
  const [was, is] = [score(before), score(after)];
  return {
    before: rating(before.scorecard),
    after: rating(after.scorecard),
    change: was === null || is === null ? null : tenth(is - was),
    categories: after.scorecard.categories.flatMap(({ id, title, score: now }) => {
      const then = before.scorecard.categories.find((each) => each.id === id)?.score ?? null;
      const isSame = then === now || (then !== null && now !== null && Math.abs(now - then) < 0.05);
      return isSame ? [] : [{ id, title, before: shown(then), after: shown(now) }];
    }),
    gone: unmatched(before, after),
    new: unmatched(after, before),
  };
}

function rating({ score, grade, verdict }: Scorecard): { score: number | null; grade: string | null; verdict: string } {
  return { score: shown(score), grade, verdict };
}

function shown(score: number | null): number | null {
  return score === null ? null : displayScore(score);
}

function tenth(points: number): number {
  return Math.round(points * 10) / 10;
}
