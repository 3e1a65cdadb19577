/** Makes the `Audit` that every presenter takes from the state of an engine. */

import type { FindingContext } from '../engine/baseline.ts';
import { attestedToday } from '../engine/configuration.ts';
import type { Engine } from '../engine/engine.ts';
import type { Problem } from '../engine/problem.ts';
import { codeNameOf } from '../engine/roles.ts';
import type { ComponentPart } from '../model/component.ts';
import type { AcceptedFinding, Finding, RuleTally } from '../model/finding.ts';
import { TOOL_NAME, TOOL_URI, TOOL_VERSION } from '../model/tool.ts';
import { scoreWorkspace } from '../score/score.ts';
import type { Rubric, Scorecard } from '../score/types.ts';
import { hashText } from '../text/hash.ts';
import type { Audit } from './audit.ts';
import { gradeComponents, looseFiles, ownersByShare, withComponentGates, withOwners } from './components.ts';
import { diffOfFix, type Excerpt, excerptOf, type FixDiff, splitLines } from './evidence.ts';
import { compareText } from './text.ts';

const RULE_DOCS_URI = `${TOOL_URI}/blob/main/docs/rules`;

/** Address of a rule's page. */
export function ruleDocsUri(ruleId: string): string {
  return `${RULE_DOCS_URI}/${ruleId}.md`;
}

export interface BuildOptions {
  /** Name of the workspace for readers. */
  readonly root: string;
  readonly rubric: Rubric;
  /** Files that the host could not hand over. */
  readonly unread: readonly Problem[];
  /** Whether the reader wants findings and passing places, or the scorecard alone. */
  readonly detail: 'full' | 'scorecard';
  /** The parts of the workspace; without it there are none. */
  readonly components?: (workspace: Engine) => readonly ComponentPart[];
  /** Tells who owns a file; null where nothing says. */
  readonly owners?: (workspace: Engine) => ((path: string) => readonly string[]) | null;
  /** Whether the reader wants to see code and fixes. */
  readonly evidence?: boolean;
  readonly commit?: string | null;
  /** Whether the reader compares findings with a baseline. */
  readonly contexts?: boolean;
  /** Restricts the findings (not the score) to some files. */
  readonly includes?: (path: string) => boolean;
}

const SKIPPED_KINDS: ReadonlySet<Problem['kind']> = new Set([
  'too-large',
  'parse-budget',
  'unreadable',
  'binary',
  'crashed',
]);

/** The audit of the workspace as the engine sees it now; call after `judge()`. */
export function buildAudit(engine: Engine, options: BuildOptions): Audit {
  const full = options.detail === 'full';
  const rules = engine.rules.filter((rule) => engine.isEnabled(rule));
  const tallies = engine.tallies(full);
  const paths = engine.paths;
  const { configuration } = engine;
  const codeFiles = engine.codeFiles();
  const coverage = { judged: sum(codeFiles.judged), unjudged: sum(codeFiles.unjudged) };
  const findings: Finding[] = [];
  const accepted: AcceptedFinding[] = [];
  const contexts: Record<string, FindingContext> = {};
  let lines = 0;
  const byLanguage: Record<string, number> = {};
  if (full) {
    for (const path of paths) {
      const open = engine.findings(path);
      const closed = engine.accepted(path);
      if (options.includes?.(path) !== false) findings.push(...open);
      accepted.push(...closed);
      if (options.contexts === true) {
        Object.assign(contexts, engine.contextsOf(path, [...open, ...closed.map(({ finding }) => finding)]));
      }
      lines += engine.linesOf(path)?.starts.length ?? 0;
      const language = labelOf(path, engine.languageOf(path) ?? 'text');
      byLanguage[language] = (byLanguage[language] ?? 0) + 1;
    }
  }
  const attested = attestedToday(configuration);
  const score = (counted: readonly RuleTally[]): Scorecard =>
    scoreWorkspace(counted, rules, options.rubric, coverage, attested);
  // The scorecard alone needs them only where they decide something.
  const wantsComponents = full || options.rubric.components !== undefined;
  const found = wantsComponents ? (options.components?.(engine) ?? []) : [];
  const parts = found.map((part) => (part.path === '' && part.name === '' ? { ...part, name: options.root } : part));
  const graded = gradeComponents(engine, parts, rules, options.rubric);
  const ownersOf = (full ? options.owners?.(engine) : null) ?? null;
  const components = ownersOf === null ? graded : withOwners(graded, paths, ownersOf);
  const scorecard = withComponentGates(score(tallies), components, options.rubric);
  const unaccepted = accepted.length === 0 ? null : score(withAccepted(tallies, accepted));
  return {
    tool: { name: TOOL_NAME, version: TOOL_VERSION, uri: TOOL_URI, ruleDocsUri: RULE_DOCS_URI },
    root: options.root,
    rules,
    findings,
    tallies,
    scorecard,
    rubric: options.rubric,
    stats: {
      files: paths.length,
      lines,
      byLanguage: Object.fromEntries(Object.entries(byLanguage).sort(([a], [b]) => compareText(a, b))),
      unjudged: Object.fromEntries([...codeFiles.unjudged].sort(([a], [b]) => compareText(a, b))),
      skipped: [...options.unread, ...engine.problems]
        .filter((problem) => SKIPPED_KINDS.has(problem.kind))
        .map(({ path, message }) => ({ path, reason: message }))
        .sort((a, b) => compareText(a.path, b.path)),
    },
    ...(options.contexts === true ? { contexts } : {}),
    ...(options.evidence === true ? evidenceOf(engine, findings) : {}),
    ...(ownersOf === null ? {} : ownership(findings, accepted, ownersOf)),
    codeFiles: full ? paths.filter((path) => isJudgedCode(engine, path)) : [],
    provenance: {
      rules: hashText(
        JSON.stringify(
          rules.map(({ id, severity, stage, confidence, category }) => [id, severity, stage, confidence, category]),
        ),
      ),
      rubric: hashText(JSON.stringify(options.rubric)),
      configuration: hashText(JSON.stringify(configuration)),
      commit: options.commit ?? null,
    },
    components,
    loose: parts.length === 0 ? [] : looseFiles(paths, parts),
    accepted,
    unaccepted: unaccepted === null ? null : { score: unaccepted.score, grade: unaccepted.grade },
    attestations: (configuration.attestations ?? []).map((each) => ({
      ...each,
      status: !attested.has(each.subject) ? 'ended' : isNeeded(each.subject, tallies, scorecard) ? 'in force' : 'idle',
    })),
    today: configuration.today ?? null,
  };
}

/** Who owns what was found. */
function ownership(
  findings: readonly Finding[],
  accepted: readonly AcceptedFinding[],
  ownersOf: (path: string) => readonly string[],
): Pick<Audit, 'owners' | 'ruleOwners'> {
  const all = [...findings, ...accepted.map(({ finding }) => finding)];
  const pathsOf = new Map<string, string[]>();
  for (const { ruleId, location } of findings) {
    const paths = pathsOf.get(ruleId) ?? [];
    pathsOf.set(ruleId, paths);
    paths.push(location.path);
  }
  return {
    owners: Object.fromEntries(all.map(({ location: { path } }) => [path, ownersOf(path)])),
    ruleOwners: Object.fromEntries([...pathsOf].map(([ruleId, paths]) => [ruleId, ownersByShare(paths, ownersOf)])),
  };
}

/** The language of a file, also of code that is only looked through as text. */
function labelOf(path: string, language: string): string {
  return (language === 'text' ? codeNameOf(path)?.toLowerCase() : undefined) ?? language;
}

function isJudgedCode(engine: Engine, path: string): boolean {
  return codeNameOf(path) !== null && engine.isCode(path);
}

/** The code of every finding, and fixes of those that gate. */
function evidenceOf(engine: Engine, findings: readonly Finding[]): Pick<Audit, 'excerpts' | 'diffs'> {
  const excerpts: Record<string, Excerpt> = {};
  const diffs: Record<string, FixDiff> = {};
  let path = '';
  let lines: readonly string[] = [];
  for (const finding of findings) {
    if (finding.location.path !== path) {
      path = finding.location.path;
      lines = splitLines(engine.textOf(path) ?? '');
    }
    const excerpt = excerptOf(finding, lines);
    if (excerpt !== null) excerpts[finding.fingerprint] = excerpt;
    const isWanted = finding.severity === 'critical' || engine.ruleOf(finding.ruleId)?.suppressible === false;
    const diff = isWanted ? diffOfFix(finding.fixes, (other) => engine.textOf(other)) : null;
    if (diff !== null) diffs[finding.fingerprint] = diff;
  }
  return { excerpts, diffs };
}

/** Whether an attestation changes anything. */
function isNeeded(subject: string, tallies: readonly RuleTally[], { mustHaves }: Scorecard): boolean {
  const isCounted = tallies.some(({ ruleId, attested = 0 }) => ruleId === subject && attested > 0);
  return isCounted || mustHaves.some(({ id, status }) => id === subject && status === 'attested');
}

/** The tallies as if nothing were accepted. */
function withAccepted(tallies: readonly RuleTally[], accepted: readonly AcceptedFinding[]): readonly RuleTally[] {
  return tallies.map((tally) => {
    const failBySeverity = { ...tally.failBySeverity };
    let { fail } = tally;
    for (const { finding } of accepted) {
      if (finding.ruleId !== tally.ruleId) continue;
      failBySeverity[finding.severity]++;
      fail++;
    }
    return { ...tally, fail, failBySeverity };
  });
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
