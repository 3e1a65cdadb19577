/**
 * The audit for a terminal: findings by file, the scorecard, the verdict. Text of the repository cannot move the
 * cursor, change colours or break lines; colours come from the caller's `paint` alone and never carry meaning alone.
 */
import type { Finding } from '../model/finding.ts';
import type { Severity } from '../model/verdict.ts';
import { displayScore } from '../score/score.ts';
import type { GatingRule, Scorecard, VerdictName } from '../score/types.ts';
import { type Audit, scoreReason, sortFindings } from './audit.ts';
import { counted, percentText, plainText } from './text.ts';

/** Colours by meaning: each takes printable text and returns it with whatever the terminal needs around it. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly muted: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
}

const asIs = (text: string): string => text;

/** No colours: for files, pipes and NO_COLOR. */
export const PLAIN_PAINT: Paint = { strong: asIs, muted: asIs, good: asIs, warning: asIs, bad: asIs };

const ansi = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;

/** The sixteen colours of every terminal, so that the reader's theme decides how they look. */
export const ANSI_PAINT: Paint = { strong: ansi(1), muted: ansi(2), good: ansi(32), warning: ansi(33), bad: ansi(31) };

const SEVERITY_PAINT: Readonly<Record<Severity, keyof Paint>> = {
  critical: 'bad',
  high: 'bad',
  medium: 'warning',
  low: 'muted',
};

const VERDICT_PAINT: Readonly<Record<VerdictName, keyof Paint>> = {
  READY: 'good',
  'READY WITH CONDITIONS': 'warning',
  'NOT READY': 'bad',
  'NOT RATED': 'muted',
};

const BAR_CELLS = 20;

/** The whole output, ending in a line break. */
export function toPrettyText(audit: Audit, paint: Paint = PLAIN_PAINT): string {
  const blocks = [
    ...findingBlocks(audit, paint),
    scorecardBlock(audit.scorecard, paint),
    verdictBlock(audit, paint),
    ...skippedBlock(audit, paint),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** One block a file: its path, then its findings with place, severity, message and rule in aligned columns. */
function findingBlocks(audit: Audit, paint: Paint): readonly string[] {
  const byFile = new Map<string, Finding[]>();
  for (const finding of sortFindings(audit.findings)) {
    const findings = byFile.get(finding.location.path);
    if (findings === undefined) byFile.set(finding.location.path, [finding]);
    else findings.push(finding);
  }
  return [...byFile].map(([path, findings]) => {
    const places = findings.map(
      ({ location }) => `${location.range.start.line + 1}:${location.range.start.character + 1}`,
    );
    const placeWidth = widest(places);
    const severityWidth = widest(findings.map(({ severity }) => severity));
    const lines = findings.map((finding, index) => {
      const place = (places[index] ?? '').padStart(placeWidth);
      const severity = paint[SEVERITY_PAINT[finding.severity]](finding.severity.padEnd(severityWidth));
      const preview = finding.stage === 'preview' ? ' (preview)' : '';
      const rule = paint.muted(`${finding.ruleId}${preview}`);
      return `  ${paint.muted(place)}  ${severity}  ${plainText(finding.message)}  ${rule}`;
    });
    return [paint.strong(plainText(path)), ...lines].join('\n');
  });
}

function scorecardBlock(scorecard: Scorecard, paint: Paint): string {
  const titles = [...scorecard.categories.map(({ title }) => plainText(title)), 'Overall'];
  const titleWidth = widest(titles);
  const row = (title: string, score: number | null, grade: string | null, findings: string) => {
    if (score === null) return `${title.padEnd(titleWidth)}  ${paint.muted('Not rated')}`;
    const shown = displayScore(score);
    const filled = Math.floor((shown * BAR_CELLS) / 100);
    const bar = `${'█'.repeat(filled)}${paint.muted('░'.repeat(BAR_CELLS - filled))}`;
    return `${title.padEnd(titleWidth)}  ${plainText(grade ?? '').padEnd(2)}  ${String(shown).padStart(3)}  ${bar}  ${findings}`.trimEnd();
  };
  const rows = scorecard.categories.map(({ score, grade, findings }, index) =>
    row(titles[index] ?? '', score, grade, findings === 0 ? '' : counted(findings, 'finding')),
  );
  return [...rows, paint.strong(row('Overall', scorecard.score, scorecard.grade, ''))].join('\n');
}

function verdictBlock(audit: Audit, paint: Paint): string {
  const { scorecard, rules, findings, stats } = audit;
  const reason = scoreReason(audit);
  const titleOf = new Map(rules.map(({ id, title }) => [id, title]));
  const gatingLines = (heading: string, gating: readonly GatingRule[]) => [
    ...(gating.length === 0 ? [] : [heading]),
    ...gating.map(
      ({ ruleId, findings: open }) =>
        `  ${plainText(titleOf.get(ruleId) ?? ruleId)}: ${counted(open, 'finding')}  ${paint.muted(ruleId)}`,
    ),
  ];
  const scope = `${counted(findings.length, 'finding')} in ${counted(stats.files, 'file')}, ${counted(stats.lines, 'line')}`;
  return [
    `${paint.strong(paint[VERDICT_PAINT[scorecard.verdict]](scorecard.verdict))}  ${paint.muted(`${scope}; ${percentText(scorecard.confidence)} decided`)}`,
    ...(reason === '' ? [] : [reason]),
    ...gatingLines('Blockers', scorecard.blockers),
    ...gatingLines('Conditions', scorecard.conditions),
  ].join('\n');
}

function skippedBlock({ stats }: Audit, paint: Paint): readonly string[] {
  if (stats.skipped.length === 0) return [];
  const lines = stats.skipped.map(({ path, reason }) => `  ${plainText(path)}  ${paint.muted(plainText(reason))}`);
  return [[`Skipped ${counted(stats.skipped.length, 'file')}`, ...lines].join('\n')];
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length));
}
