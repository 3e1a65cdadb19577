/**
 * The audit report as Markdown, for people who decide whether to ship. The same audit gives the same text: no date, no
 * absolute path. All text of the repository is escaped; rules' own texts are Markdown by their authors. Headings, rules
 * and places come in the order of `outlineAudit`.
 */
import type { Finding } from '../model/finding.ts';
import { SEVERITIES } from '../model/verdict.ts';
import { cheapestWay } from '../score/plan.ts';
import { displayScore } from '../score/score.ts';
import type { CategoryScore, GatingRule, LedgerEntry } from '../score/types.ts';
import {
  type Audit,
  type CategoryOutline,
  outlineAudit,
  type RuleOutline,
  scoreReason,
  unratedReason,
  worstSeverity,
} from './audit.ts';
import {
  compareText,
  counted,
  markdownCell,
  markdownCode,
  markdownPlace,
  markdownText,
  percentText,
  pointsText,
} from './text.ts';

/** Passing places named for a rule; the count says how many there are. */
const PLACES_SHOWN = 3;

const NOTHING_TO_JUDGE = 'No rule found anything to judge.';

/** The whole report, ending in a line break. */
export function toMarkdownReport(audit: Audit): string {
  const categories = outlineAudit(audit);
  const blocks = [
    `# Production readiness of ${markdownText(audit.root)}`,
    ...summary(audit),
    ...verdict(audit),
    ...grades(audit),
    ...categories.flatMap((category, index) => categorySection(audit, category, index + 1)),
    ...checklist(audit, categories),
    ...appendix(audit),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function summary(audit: Audit): readonly string[] {
  const { scorecard, stats, rules, findings } = audit;
  const rating =
    scorecard.score === null
      ? unratedReason(audit)
      : `Grade **${markdownText(scorecard.grade ?? '')}**, ${displayScore(scorecard.score)} of 100 points.`;
  const scope =
    `${counted(rules.length, 'rule')} looked at ${counted(stats.files, 'file')} (${counted(stats.lines, 'line')}) and ` +
    `left ${counted(findings.length, 'finding')} open.`;
  const confidence = `Evidence in files decided ${percentText(scorecard.confidence)} of what applies.`;
  return ['## Summary', `**${scorecard.verdict}**. ${rating} ${scope} ${confidence}`];
}

function verdict(audit: Audit): readonly string[] {
  const { blockers, conditions, verdict: name } = audit.scorecard;
  const steps = cheapestWay(audit.scorecard, audit.tallies, audit.rules, audit.rubric);
  const stepLines = (steps?.steps ?? []).map(({ ruleId, findings, gain }, index) => {
    const points = `${pointsText(gain)} points`;
    return `${index + 1}. ${ruleName(audit, ruleId)}: ${counted(findings, 'finding')}, worth ${points}`;
  });
  return [
    '## Verdict',
    [`**${name}**`, scoreReason(audit)].filter(Boolean).join(': '),
    ...sectionList(
      'Blockers. While one of these is open, the answer is no, whatever the score:',
      gating(audit, blockers),
    ),
    ...sectionList('Conditions. While one of these is open, the answer is not a plain yes:', gating(audit, conditions)),
    ...sectionList(`Cheapest way to grade ${markdownText(steps?.grade ?? '')}:`, stepLines),
  ];
}

function gating(audit: Audit, rules: readonly GatingRule[]): readonly string[] {
  return rules.map(({ ruleId, findings }) => `- ${ruleName(audit, ruleId)}: ${counted(findings, 'finding')}`);
}

function grades({ scorecard }: Audit): readonly string[] {
  const rated = scorecard.categories.filter(({ score }) => score !== null);
  const ratedWeight = rated.reduce((total, { weight }) => total + weight, 0);
  const rows = scorecard.categories.map(({ title, grade, score, weight, findings }) => {
    if (score === null) return [title, '–', 'Not rated', String(weight), '–', String(findings)];
    const points = pointsText((score * weight) / ratedWeight);
    return [title, grade ?? '–', String(displayScore(score)), String(weight), points, String(findings)];
  });
  const { score, grade } = scorecard;
  const findings = scorecard.categories.reduce((total, category) => total + category.findings, 0);
  const overall =
    score === null
      ? ['Overall', '–', 'Not rated', '–', '–', String(findings)]
      : [
          'Overall',
          grade ?? '–',
          String(displayScore(score)),
          String(ratedWeight),
          pointsText(score),
          String(findings),
        ];
  return [
    '## Grades',
    [
      '| Category | Grade | Score | Weight | Points | Findings |',
      '| :-- | :-: | --: | --: | --: | --: |',
      ...[...rows, overall].map((cells) => `| ${cells.map(markdownCell).join(' | ')} |`),
    ].join('\n'),
    ...(rated.length === scorecard.categories.length
      ? []
      : ['A category that is not rated had nothing to judge; its weight is shared among the others.']),
  ];
}

function categorySection(audit: Audit, category: CategoryOutline, number: number): readonly string[] {
  const { score, failing, passing, undecided } = category;
  return [
    `## ${number}. ${markdownText(score.title)}: ${scoreText(score)}`,
    ...(score.cap === null ? [] : [capText(audit, score.cap)]),
    ...(failing.length + passing.length + undecided.length === 0 ? [NOTHING_TO_JUDGE] : []),
    ...(failing.length === 0 ? [] : ['### Findings', ...failing.flatMap((rule) => ruleFindings(rule, score.ledger))]),
    ...sectionList('### Evidence that passed', passing.map(passingLine)),
    ...sectionList(
      '### Not decided from files',
      undecided.map(({ rule }) => `- ${ruleTitle(rule)}`),
    ),
    ...sectionList('### Recommendations', failing.map(recommendation)),
  ];
}

function scoreText({ score, grade }: CategoryScore): string {
  return score === null ? 'not rated' : `${markdownText(grade ?? '')} (${displayScore(score)})`;
}

function capText(audit: Audit, cap: NonNullable<CategoryScore['cap']>): string {
  const cause = `an open ${cap.severity} finding of ${ruleName(audit, cap.ruleId)}`;
  return `Capped at ${cap.limit} by ${cause}, which takes ${pointsText(cap.points)} points beyond the shares.`;
}

function ruleFindings(outline: RuleOutline, ledger: readonly LedgerEntry[]): readonly string[] {
  const { rule, tally, findings } = outline;
  const cost = ledger.find(({ ruleId }) => ruleId === rule.id);
  const facts = [
    worstSeverity(findings),
    ...(rule.stage === 'preview' ? ['preview, not scored'] : []),
    ...(cost === undefined
      ? []
      : [
          `${tally.fail} of ${counted(tally.pass + tally.fail, 'place')}`,
          `costs ${pointsText(cost.categoryPoints)} points here and ${pointsText(cost.overallPoints)} overall`,
        ]),
  ];
  return [`**${ruleTitle(rule)}**: ${facts.join(', ')}`, findings.map(findingLine).join('\n')];
}

function findingLine(finding: Finding): string {
  const fixTitles = finding.fixes.map(({ title }) => markdownText(title));
  const fix = fixTitles.length === 0 ? '' : ` Quick fix: ${fixTitles.join('; ')}.`;
  return `- ${markdownPlace(finding.location)}: ${markdownText(finding.message)}${fix}`;
}

function passingLine({ rule, tally }: RuleOutline): string {
  const places = tally.evidence.slice(0, PLACES_SHOWN).map(markdownPlace);
  const example = places.length === 0 ? '' : `, such as ${places.join(', ')}`;
  return `- ${ruleTitle(rule)}: ${counted(tally.pass, 'place')}${example}`;
}

function recommendation({ rule, findings }: RuleOutline): string {
  const quick = findings.filter(({ fixes }) => fixes.length > 0).length;
  const quickText = quick === 0 ? '' : ` A quick fix is there for ${quick} of ${counted(findings.length, 'finding')}.`;
  return `- **${ruleTitle(rule)}**: ${rule.docs.howToFix.replace(/\s+/g, ' ').trim()}${quickText}`;
}

function checklist(audit: Audit, categories: readonly CategoryOutline[]): readonly string[] {
  const blocking = new Set(audit.scorecard.blockers.map(({ ruleId }) => ruleId));
  const failing = categories.flatMap((category) => category.failing).filter(({ rule }) => rule.stage === 'stable');
  const passing = categories.flatMap((category) => category.passing).filter(({ rule }) => rule.stage === 'stable');
  const line = (box: string) => (outline: RuleOutline) => `- [${box}] ${ruleTitle(outline.rule)}`;
  return [
    '## Checklist',
    ...sectionList('### Not ready', failing.filter(({ rule }) => blocking.has(rule.id)).map(line(' '))),
    ...sectionList('### Needs attention', failing.filter(({ rule }) => !blocking.has(rule.id)).map(line(' '))),
    ...sectionList('### Ready', passing.map(line('x'))),
  ];
}

function appendix({ tool, rubric, stats }: Audit): readonly string[] {
  const { verdict: thresholds, caps, severityWeights } = rubric;
  const languages = Object.entries(stats.byLanguage).sort(([a], [b]) => compareText(a, b));
  const capLines = SEVERITIES.flatMap((severity) => {
    const cap = caps[severity];
    return cap === undefined ? [] : [`${severity} ${cap}`];
  });
  return [
    '## Appendix',
    `Written by ${markdownText(tool.name)} ${markdownText(tool.version)}. The code was read, not run.`,
    [
      `- Rubric: ${markdownText(rubric.title)} (${markdownCode(rubric.id)})`,
      `- Grades, by lowest score: ${rubric.grades.map(({ grade, min }) => `${markdownText(grade)} ${min}`).join(', ')}`,
      `- Weight of a rule by severity: ${SEVERITIES.map((name) => `${name} ${severityWeights[name]}`).join(', ')}`,
      `- Highest category score with an open finding: ${capLines.length === 0 ? 'no limit' : capLines.join(', ')}`,
      `- READY from ${thresholds.ready} without blockers and conditions, with conditions from ${thresholds.conditional}`,
    ].join('\n'),
    ...sectionList(
      '### Files judged',
      languages.map(([language, files]) => `- ${markdownText(language)}: ${files}`),
    ),
    ...sectionList(
      '### Files skipped',
      stats.skipped.map(({ path, reason }) => `- ${markdownText(path)}: ${markdownText(reason)}`),
    ),
  ];
}

function ruleTitle(rule: { readonly id: string; readonly title: string }): string {
  return `${markdownText(rule.title)} (${markdownCode(rule.id)})`;
}

function ruleName(audit: Audit, ruleId: string): string {
  return ruleTitle(audit.rules.find(({ id }) => id === ruleId) ?? { id: ruleId, title: ruleId });
}

/** A heading and a list, or nothing for an empty list. */
function sectionList(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [heading, lines.join('\n')];
}
