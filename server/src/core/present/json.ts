/**
 * The audit as plain JSON for scripts: report.schema.json documents every field. Within one `schemaVersion` fields are
 * only added. Numbers called `score` are the whole numbers that every surface shows; `exactScore` is not rounded.
 */
import type { Location, Position, Range } from '../model/finding.ts';
import { addMinutes, effortOf, type Minutes, minutesFor } from '../rulekit/effort.ts';
import { actionPlan, cheapestWay, type PlanStep, totalMinutes } from '../score/plan.ts';
import { displayScore } from '../score/score.ts';
import type { Scorecard } from '../score/types.ts';
import { type Audit, sortFindings, sortRules } from './audit.ts';
import type { Changes, PastFinding } from './past.ts';
import { compareText } from './text.ts';

/** Raised when a field changes its meaning or goes away. */
export const REPORT_SCHEMA_VERSION = 1;

/** The report object; property and element order are the same for the same audit. */
export function toJsonReport(audit: Audit) {
  const { scorecard, rubric, tool, stats } = audit;
  const tallyOf = new Map(audit.tallies.map((tally) => [tally.ruleId, tally]));
  const fresh = audit.baseline === undefined ? null : new Set(audit.baseline.fresh);
  const way = cheapestWay(scorecard, audit.tallies, audit.rules, rubric);
  const withOwners = (steps: readonly PlanStep[]) =>
    steps.map((step) => ({ ...step, owners: audit.ruleOwners?.[step.ruleId] ?? [] }));
  const plan = actionPlan(scorecard, audit.tallies, audit.rules, rubric);
  const minutes = Object.values(plan).map(totalMinutes).reduce<Minutes>(addMinutes, [0, 0]);
  return {
    schemaVersion: REPORT_SCHEMA_VERSION,
    tool: { name: tool.name, version: tool.version },
    root: audit.root,
    restrictedTo: audit.restrictedTo ?? null,
    rubric: { id: rubric.id, title: rubric.title },
    overall: {
      ...scores(scorecard),
      verdict: scorecard.verdict,
      confidence: scorecard.confidence,
      blockers: scorecard.blockers,
      conditions: scorecard.conditions,
      belowGrade: scorecard.belowGrade ?? [],
      risk: scorecard.risk,
      minutes,
      mustHaves: scorecard.mustHaves,
      purposes: scorecard.purposes,
    },
    categories: scorecard.categories.map((category) => ({
      id: category.id,
      title: category.title,
      weight: category.weight,
      ...scores(category),
      rules: category.rules,
      findings: category.findings,
      cap: category.cap,
      ledger: category.ledger,
    })),
    nextSteps:
      way === null
        ? null
        : { grade: way.grade, score: displayScore(way.score), minutes: way.minutes, steps: withOwners(way.steps) },
    plan: {
      immediate: withOwners(plan.immediate),
      shortTerm: withOwners(plan.shortTerm),
      longTerm: withOwners(plan.longTerm),
    },
    rules: sortRules(audit.rules).map((rule) => {
      const tally = tallyOf.get(rule.id);
      return {
        id: rule.id,
        title: rule.title,
        category: rule.category,
        severity: rule.severity,
        confidence: rule.confidence,
        stage: rule.stage,
        pass: tally?.pass ?? 0,
        fail: tally?.fail ?? 0,
        unknown: tally?.unknown ?? 0,
        attested: tally?.attested ?? 0,
        accepted: tally?.accepted ?? 0,
        minutes: minutesFor(effortOf(rule), tally?.fail ?? 0),
        evidence: (tally?.evidence ?? []).map(place),
      };
    }),
    findings: sortFindings(audit.findings).map((finding) => ({
      ruleId: finding.ruleId,
      category: finding.category,
      severity: finding.severity,
      confidence: finding.confidence,
      stage: finding.stage,
      message: finding.message,
      ...place(finding.location),
      fingerprint: finding.fingerprint,
      related: finding.related.map((related) => ({ message: related.message, ...place(related.location) })),
      ...(fresh === null ? {} : { isNew: fresh.has(finding.fingerprint) }),
      owners: audit.owners?.[finding.location.path] ?? [],
      fixes: finding.fixes.map(({ title, safety, preferred }) => ({ title, safety, preferred })),
    })),
    stats: {
      files: stats.files,
      lines: stats.lines,
      byLanguage: Object.fromEntries(Object.entries(stats.byLanguage).sort(([a], [b]) => compareText(a, b))),
      unjudged: stats.unjudged ?? {},
      skipped: stats.skipped.map(({ path, reason }) => ({ path, reason })),
    },
    components: (audit.components ?? []).map(({ score, owners = [], ...component }) => ({
      ...component,
      owners,
      score: score === null ? null : displayScore(score),
    })),
    loose: audit.loose ?? [],
    provenance: audit.provenance ?? null,
    accepted: (audit.accepted ?? []).map(({ finding, reason, until, scope, location }) => ({
      ruleId: finding.ruleId,
      severity: finding.severity,
      message: finding.message,
      ...place(finding.location),
      fingerprint: finding.fingerprint,
      reason,
      owners: audit.owners?.[finding.location.path] ?? [],
      until,
      scope,
      comment: place(location),
    })),
    baseline:
      audit.baseline === undefined
        ? null
        : { new: audit.baseline.fresh.length, known: audit.baseline.known, gone: audit.baseline.gone },
    unaccepted:
      audit.unaccepted == null
        ? null
        : {
            score: audit.unaccepted.score === null ? null : displayScore(audit.unaccepted.score),
            grade: audit.unaccepted.grade,
          },
    attestations: (audit.attestations ?? []).map(({ subject, evidence, until, by, status }) => ({
      for: subject,
      evidence,
      until,
      by,
      status,
    })),
    today: audit.today ?? null,
    trend: audit.past?.trend ?? [],
    changes: audit.past?.changes == null ? null : changesJson(audit.past.changes),
  };
}

function changesJson({ since, comparable, fixed, fresh, moved, accepted, unchanged }: Changes) {
  return {
    since,
    comparable,
    fixed: fixed.map(pastPlace),
    new: fresh.map(pastPlace),
    moved: moved.map(({ now, before }) => ({ ...pastPlace(now), from: { path: before.path, line: before.line } })),
    accepted: accepted.map(pastPlace),
    unchanged,
  };
}

function pastPlace({ rule, severity, path, line }: PastFinding) {
  return { ruleId: rule, severity, path, line };
}

function scores({ score, grade }: Pick<Scorecard, 'score' | 'grade'>) {
  return { score: score === null ? null : displayScore(score), exactScore: score, grade };
}

/** Lines and columns count from 1, as editors show them. */
function place({ path, range }: Location): { path: string; range: Range1 } {
  return { path, range: oneBased(range) };
}

interface Range1 {
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

function oneBased({ start, end }: Range): Range1 {
  const position = ({ line, character }: Position) => ({ line: line + 1, column: character + 1 });
  return { start: position(start), end: position(end) };
}
