/**
 * The audit as a SARIF 2.1.0 log, for code scanning services and SARIF viewers. Plain objects: whoever writes the file
 * turns them into text. Every URI is relative to the workspace root, so that the log is the same on every machine.
 */
import type { AcceptedFinding, Finding, Location, Position, ResolvedFix } from '../model/finding.ts';
import type { Span } from '../model/location.ts';
import type { Confidence, Severity } from '../model/verdict.ts';
import { displayScore } from '../score/score.ts';
import { adviceParagraphs } from './advice.ts';
import { type Audit, type AuditRule, sortFindings, sortRules } from './audit.ts';
import { type DiagnosticLevel, diagnosticLevel } from './diagnostics.ts';
import { cweNumber, ruleDocument } from './ruleDoc.ts';
import { encodePath, plainText } from './text.ts';

/** Resolves an offset of a file of the audit, as it was judged, to line and character. */
export type PositionAt = (path: string, offset: number) => Position;

/** Key of `partialFingerprints`; the number changes when fingerprints are computed in another way. */
export const FINGERPRINT_KEY = 'shipworthy/v1';

const SOURCE_ROOT = '%SRCROOT%';

/** Code scanning services read at most this many tags of a rule. */
const TAG_LIMIT = 20;

const LEVELS = { error: 'error', warning: 'warning', information: 'note' } as const satisfies Record<
  DiagnosticLevel,
  string
>;
const PRECISION: Readonly<Record<Confidence, string>> = { certain: 'very-high', likely: 'high', heuristic: 'medium' };

/** Within the ranges that code scanning services show as critical, high, medium and low. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
};

/** The log with its one run. Rules are in id order, results in path and position order. */
export function toSarif(audit: Audit, positionAt: PositionAt) {
  const rules = sortRules(audit.rules);
  const indexOf = new Map(rules.map((rule, index) => [rule.id, index]));
  const { scorecard, tool } = audit;
  const fresh = audit.baseline === undefined ? null : new Set(audit.baseline.fresh);
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0' as const,
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            version: tool.version,
            semanticVersion: tool.version,
            informationUri: tool.uri,
            rules: rules.map((rule) => reportingDescriptor(rule, tool.ruleDocsUri)),
          },
        },
        columnKind: 'utf16CodeUnits' as const,
        originalUriBaseIds: { [SOURCE_ROOT]: { description: { text: 'Root of the judged workspace.' } } },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: audit.stats.skipped.map(({ path, reason }) => ({
              level: 'note' as const,
              message: message(`Not judged: ${reason}`),
              locations: [{ physicalLocation: { artifactLocation: artifact(path) } }],
            })),
          },
        ],
        results: resultsOf(audit).map(({ finding, accepted }) => ({
          ...result(finding, indexOf, positionAt),
          ...(fresh === null || accepted !== undefined
            ? {}
            : { baselineState: fresh.has(finding.fingerprint) ? ('new' as const) : ('unchanged' as const) }),
          ...(accepted === undefined ? {} : { suppressions: [suppression(accepted)] }),
        })),
        properties: {
          rubric: scorecard.rubricId,
          verdict: scorecard.verdict,
          ...(scorecard.score === null ? {} : { score: displayScore(scorecard.score), grade: scorecard.grade }),
        },
      },
    ],
  };
}

function reportingDescriptor(rule: AuditRule, docsUri: string) {
  const level = LEVELS[diagnosticLevel(rule)];
  const cwes = rule.docs.refs.flatMap((ref) => cweNumber(ref) ?? []);
  const tags = ['production-readiness', rule.category, ...cwes.map((cwe) => `external/cwe/cwe-${cwe}`)];
  return {
    id: rule.id,
    name: rule.id.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.docs.what },
    help: { text: `${rule.docs.why}\n\n${adviceParagraphs(rule.docs)}`, markdown: ruleDocument(rule) },
    helpUri: `${docsUri}/${rule.id}.md`,
    defaultConfiguration: { level },
    properties: {
      category: rule.category,
      precision: PRECISION[rule.confidence],
      tags: tags.slice(0, TAG_LIMIT),
      stage: rule.stage,
      'problem.severity': level === 'note' ? 'recommendation' : level,
      ...(rule.category === 'security' ? { 'security-severity': SECURITY_SEVERITY[rule.severity] } : {}),
    },
  };
}

function result(finding: Finding, indexOf: ReadonlyMap<string, number>, positionAt: PositionAt) {
  const fixes = finding.fixes.filter(isExpressible);
  return {
    ruleId: finding.ruleId,
    ruleIndex: indexOf.get(finding.ruleId) ?? -1,
    level: LEVELS[diagnosticLevel(finding)],
    message: message(finding.message),
    locations: [{ physicalLocation: physicalLocation(finding.location) }],
    partialFingerprints: { [FINGERPRINT_KEY]: finding.fingerprint },
    properties: { severity: finding.severity, confidence: finding.confidence },
    ...(finding.related.length === 0
      ? {}
      : {
          relatedLocations: finding.related.map((related, id) => ({
            id,
            message: message(related.message),
            physicalLocation: physicalLocation(related.location),
          })),
        }),
    ...(fixes.length === 0 ? {} : { fixes: fixes.map((fix) => toFix(fix, positionAt)) }),
  };
}

/** Open findings, and those that comments accept, in one order. */
function resultsOf({ findings, accepted = [] }: Audit) {
  const acceptedOf = new Map(accepted.map((each) => [each.finding, each]));
  const all = sortFindings([...findings, ...acceptedOf.keys()]);
  return all.map((finding) => ({ finding, accepted: acceptedOf.get(finding) }));
}

function suppression({ reason, until, location }: AcceptedFinding) {
  return {
    kind: 'inSource' as const,
    status: 'accepted' as const,
    justification: plainText(reason),
    location: { physicalLocation: physicalLocation(location) },
    ...(until === null ? {} : { properties: { until } }),
  };
}

/** Half a fix would be worse than none, and one without any replacement says nothing. */
function isExpressible(fix: ResolvedFix): boolean {
  return fix.creates.length > 0 || fix.changes.some(({ edits }) => edits.length > 0);
}

/** SARIF has no word for a new file: it is text that is inserted into one that is not there yet. */
function toCreation({ path, content }: ResolvedFix['creates'][number]) {
  const start = { line: 0, character: 0 };
  return {
    artifactLocation: artifact(path),
    replacements: [{ deletedRegion: region({ start: 0, end: 0 }, start, start), insertedContent: { text: content } }],
  };
}

function toFix(fix: ResolvedFix, positionAt: PositionAt) {
  return {
    description: message(fix.title),
    artifactChanges: [
      ...fix.creates.map(toCreation),
      ...fix.changes
        .filter(({ edits }) => edits.length > 0)
        .map(({ path, edits }) => ({
          artifactLocation: artifact(path),
          replacements: edits.map((edit) => ({
            deletedRegion: region(edit, positionAt(path, edit.start), positionAt(path, edit.end)),
            insertedContent: { text: edit.newText },
          })),
        })),
    ],
  };
}

function physicalLocation({ path, span, range }: Location) {
  return { artifactLocation: artifact(path), region: region(span, range.start, range.end) };
}

function artifact(path: string) {
  return { uri: encodePath(path), uriBaseId: SOURCE_ROOT };
}

/** Lines and columns count from 1 in SARIF; offsets from 0. */
function region(span: Span, start: Position, end: Position) {
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
    charOffset: span.start,
    charLength: span.end - span.start,
  };
}

/** Viewers render `[text](target)` in messages as a link, so text of the repository must not be able to form one. */
function message(text: string) {
  return { text: plainText(text).replaceAll('](', '] (') };
}
