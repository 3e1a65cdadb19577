/**
 * The scorecard tree of the sidebar: overall, the categories, under them rules, findings and the evidence that passed.
 * Elements are structurally the protocol's `TreeElement`, which the core may not import. Labels and descriptions are
 * plain text, tooltips are Markdown with the text of the repository escaped; meaning is never in colour or icon alone.
 */
import type { Finding, Location, Range } from '../model/finding.ts';
import type { Severity } from '../model/verdict.ts';
import { displayScore } from '../score/score.ts';
import type { CategoryScore, Rubric, Scorecard, VerdictName } from '../score/types.ts';
import { type Audit, type CategoryOutline, outlineAudit, type RuleOutline, worstSeverity } from './audit.ts';
import { scorecardMarkdown, scorecardSentence } from './status.ts';
import { counted, markdownCode, markdownText, placeText, plainText, pointsText } from './text.ts';

export type TreeElementKind = 'overall' | 'category' | 'rule' | 'finding' | 'evidence' | 'group';

export interface TreeElement {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly icon: string;
  readonly iconColor: string;
  readonly collapsible: 'none' | 'collapsed' | 'expanded';
  readonly kind: TreeElementKind;
  readonly accessibilityLabel: string;
  readonly target?: { readonly uri: string; readonly range: Range };
  readonly ruleId?: string;
}

export interface TreeModel {
  /** Children of an element, or the top level. An id of an earlier revision that is gone has no children. */
  children(parent?: string): readonly TreeElement[];
}

/** A codicon and a theme colour; '' is the default colour. */
interface Icon {
  readonly icon: string;
  readonly iconColor: string;
}

const PASSED: Icon = { icon: 'pass', iconColor: 'testing.iconPassed' };
const WARNING: Icon = { icon: 'warning', iconColor: 'list.warningForeground' };
const ERROR: Icon = { icon: 'error', iconColor: 'list.errorForeground' };
const NEUTRAL: Icon = { icon: 'circle-outline', iconColor: '' };
const VERDICT_ICONS: Readonly<Record<VerdictName, Icon>> = {
  READY: PASSED,
  'READY WITH CONDITIONS': WARNING,
  'NOT READY': ERROR,
  'NOT RATED': NEUTRAL,
};
const SEVERITY_ICONS: Readonly<Record<Severity, Icon>> = {
  critical: ERROR,
  high: WARNING,
  medium: { icon: 'info', iconColor: 'notificationsInfoIcon.foreground' },
  low: { icon: 'circle-small-filled', iconColor: '' },
};

/**
 * The tree of an audit.
 *
 * @param baseline the scorecard when the workspace was opened, for "▲ 3"; `null` shows no changes.
 * @param toUri turns a path of the workspace into the URI that the client opens.
 */
export function scorecardTree(audit: Audit, baseline: Scorecard | null, toUri: (path: string) => string): TreeModel {
  const categories = outlineAudit(audit);
  const categoryOf = new Map(categories.map((category) => [category.score.id as string, category]));
  const ruleOf = new Map(
    categories.flatMap(({ failing, passing, undecided }) =>
      [...failing, ...passing, ...undecided].map((outline) => [outline.rule.id, outline] as const),
    ),
  );
  const place = (location: Location) => ({ target: { uri: toUri(location.path), range: location.range } });

  const topLevel = () => [
    overallElement(audit, baseline),
    ...categories.map((category) => categoryElement(category, audit, baseline)),
  ];

  const ofCategory = ({ score, failing, passing, undecided }: CategoryOutline) => [
    ...failing.map((outline) => failingElement(outline, score, audit.rubric)),
    ...group(`passed:${score.id}`, 'Passed', 'rule', passing.length, PASSED),
    ...group(`undecided:${score.id}`, 'Not decided from files', 'rule', undecided.length, NEUTRAL),
  ];

  const ofRule = (outline: RuleOutline) => {
    const { rule, tally, findings } = outline;
    if (findings.length === 0) return evidenceElements(outline);
    return [
      ...findings.map((finding) => ({ ...findingElement(finding), ...place(finding.location) })),
      ...evidenceGroup(rule.id, tally.pass, tally.evidence.length),
    ];
  };

  const evidenceElements = ({ rule, tally }: RuleOutline) =>
    tally.evidence.map((location, index) => ({ ...evidenceElement(rule.id, location, index), ...place(location) }));

  return {
    children(parent) {
      if (parent === undefined) return topLevel();
      const separator = parent.indexOf(':');
      const key = parent.slice(separator + 1);
      const category = categoryOf.get(key);
      const rule = ruleOf.get(key);
      switch (parent.slice(0, Math.max(separator, 0))) {
        case 'category':
          return category === undefined ? [] : ofCategory(category);
        case 'passed':
          return category?.passing.map((outline) => passingElement(outline, audit.rubric)) ?? [];
        case 'undecided':
          return category?.undecided.map((outline) => undecidedElement(outline)) ?? [];
        case 'rule':
          return rule === undefined ? [] : ofRule(rule);
        case 'evidence':
          return rule === undefined ? [] : evidenceElements(rule);
        default:
          return [];
      }
    },
  };
}

function overallElement({ scorecard, rules }: Audit, baseline: Scorecard | null): TreeElement {
  const change = changeSince(scorecard.score, baseline?.score ?? null);
  return {
    id: 'overall',
    label: scorecard.score === null ? 'Overall' : `Overall ${scorecard.grade} ${displayScore(scorecard.score)}`,
    description: join(' · ', scorecard.verdict, change.short),
    tooltip: scorecardMarkdown(scorecard, rules),
    ...VERDICT_ICONS[scorecard.verdict],
    collapsible: 'none',
    kind: 'overall',
    accessibilityLabel: `Overall: ${join(', ', scorecardSentence(scorecard), change.long)}`,
  };
}

function categoryElement(category: CategoryOutline, audit: Audit, baseline: Scorecard | null): TreeElement {
  const { score, failing, passing, undecided } = category;
  const change = changeSince(score.score, baseline?.categories.find(({ id }) => id === score.id)?.score ?? null);
  const open = failing.reduce((total, { findings }) => total + findings.length, 0);
  const findings = open === 0 ? '' : counted(open, 'finding');
  const rating = score.score === null ? 'Not rated' : `${score.grade} ${displayScore(score.score)}`;
  const spoken = score.score === null ? 'not rated' : `grade ${score.grade}, score ${displayScore(score.score)} of 100`;
  return {
    id: `category:${score.id}`,
    label: plainText(score.title),
    description: join(' · ', join(' ', rating, change.short), findings),
    tooltip: categoryTooltip(score, audit),
    ...gradeIcon(score.score, audit.rubric),
    collapsible: failing.length + passing.length + undecided.length === 0 ? 'none' : 'collapsed',
    kind: 'category',
    accessibilityLabel: `${plainText(score.title)}: ${join(', ', spoken, change.long, findings || 'no findings')}`,
  };
}

/** The arithmetic of a category: shares, ledger, cap, weight. */
function categoryTooltip(category: CategoryScore, { scorecard, rules }: Audit): string {
  const { score, grade, weight, rules: counts, cap, ledger } = category;
  const heading = `**${markdownText(category.title)}**`;
  if (score === null) return `${heading}: not rated, because no rule found anything to judge.`;
  const ratedWeight = scorecard.categories.reduce(
    (total, other) => total + (other.score === null ? 0 : other.weight),
    0,
  );
  const titleOf = (ruleId: string) => markdownText(rules.find(({ id }) => id === ruleId)?.title ?? ruleId);
  const lines = [
    '- 100.0 to start with',
    ...ledger.map(({ ruleId, categoryPoints }) => `- −${pointsText(categoryPoints)} ${titleOf(ruleId)}`),
    ...(cap === null
      ? []
      : [`- −${pointsText(cap.points)} cap of ${cap.limit}: open ${cap.severity} finding of ${titleOf(cap.ruleId)}`]),
    `- = ${pointsText(score)}`,
  ];
  const ruleCounts = join(
    ', ',
    `${counts.pass} passed`,
    `${counts.fail} failed`,
    counts.unknown === 0 ? '' : `${counts.unknown} not decided from files`,
  );
  return [
    `${heading}: **${markdownText(grade ?? '')} ${displayScore(score)}** of 100`,
    `Rules: ${ruleCounts}.`,
    lines.join('\n'),
    `Counts with weight ${weight} of ${ratedWeight}: ${pointsText((score * weight) / ratedWeight)} of ` +
      `${pointsText((100 * weight) / ratedWeight)} points of the overall score.`,
  ].join('\n\n');
}

function failingElement(outline: RuleOutline, category: CategoryScore, rubric: Rubric): TreeElement {
  const { rule, findings } = outline;
  const severity = worstSeverity(findings);
  const preview = rule.stage === 'preview' ? 'preview' : '';
  const cost = category.ledger.find(({ ruleId }) => ruleId === rule.id);
  const costText =
    cost === undefined
      ? ''
      : `Costs ${pointsText(cost.categoryPoints)} points of the category, ${pointsText(cost.overallPoints)} overall.`;
  const capText = category.cap?.ruleId === rule.id ? `Caps the category at ${category.cap.limit}.` : '';
  return {
    ...ruleElement(outline, rubric, join(' ', costText, capText)),
    description: join(' · ', String(findings.length), severity, preview),
    ...SEVERITY_ICONS[severity],
    collapsible: 'collapsed',
    accessibilityLabel: join(', ', plainText(rule.title), severity, preview, counted(findings.length, 'finding')),
  };
}

function passingElement(outline: RuleOutline, rubric: Rubric): TreeElement {
  const { rule, tally } = outline;
  const places = counted(tally.pass, 'place');
  return {
    ...ruleElement(outline, rubric, ''),
    description: places,
    ...PASSED,
    collapsible: tally.evidence.length === 0 ? 'none' : 'collapsed',
    accessibilityLabel: `${plainText(rule.title)}, passed at ${places}`,
  };
}

function undecidedElement(outline: RuleOutline): TreeElement {
  const { rule, tally } = outline;
  return {
    id: `rule:${rule.id}`,
    label: plainText(rule.title),
    description: counted(tally.unknown, 'place'),
    tooltip: ruleTooltip(outline, 'Files alone cannot decide it, so it is not in the score.'),
    ...NEUTRAL,
    collapsible: 'none',
    kind: 'rule',
    accessibilityLabel: `${plainText(rule.title)}, not decided at ${counted(tally.unknown, 'place')}`,
    ruleId: rule.id,
  };
}

/** What failing and passing rules have in common; `effect` says what the rule does to the score. */
function ruleElement(
  outline: RuleOutline,
  rubric: Rubric,
  effect: string,
): Pick<TreeElement, 'id' | 'label' | 'tooltip' | 'kind' | 'ruleId'> {
  const { rule, tally } = outline;
  const share = `${tally.pass} of ${counted(tally.pass + tally.fail, 'place')} pass`;
  const arithmetic =
    rule.stage === 'preview'
      ? 'A preview rule: it is not in the score.'
      : join(' ', `${share}; weight ${rubric.severityWeights[rule.severity]} in its category.`, effect);
  return {
    id: `rule:${rule.id}`,
    label: plainText(rule.title),
    tooltip: ruleTooltip(outline, arithmetic),
    kind: 'rule',
    ruleId: rule.id,
  };
}

function ruleTooltip({ rule }: RuleOutline, arithmetic: string): string {
  return [
    `**${markdownText(rule.title)}** ${markdownCode(rule.id)} · ${rule.severity} · ${rule.confidence}`,
    rule.docs.what,
    rule.docs.why,
    rule.docs.howToFix,
    arithmetic,
  ].join('\n\n');
}

function findingElement(finding: Finding): TreeElement {
  const message = plainText(finding.message);
  const place = plainText(placeText(finding.location));
  const fixes = finding.fixes.map(({ title }) => `- ${markdownText(title)}`).join('\n');
  return {
    id: `finding:${finding.fingerprint}`,
    label: message,
    description: place,
    tooltip: [
      `${markdownText(message)}`,
      `${finding.severity} · ${markdownText(place)}`,
      ...(fixes === '' ? [] : ['Quick fixes:', fixes]),
    ].join('\n\n'),
    ...SEVERITY_ICONS[finding.severity],
    collapsible: 'none',
    kind: 'finding',
    accessibilityLabel: `${finding.severity}: ${message} At ${place}`,
    ruleId: finding.ruleId,
  };
}

function evidenceElement(ruleId: string, location: Location, index: number): TreeElement {
  const place = plainText(placeText(location));
  return {
    id: `place:${ruleId}:${index}`,
    label: place,
    description: '',
    tooltip: `Passes: ${markdownText(place)}`,
    ...PASSED,
    collapsible: 'none',
    kind: 'evidence',
    accessibilityLabel: `Passes at ${place}`,
    ruleId,
  };
}

/** A group with its count, or nothing when it would be empty. */
function group(id: string, label: string, noun: string, count: number, icon: Icon): readonly TreeElement[] {
  if (count === 0) return [];
  return [
    {
      id,
      label,
      description: String(count),
      tooltip: `${label}: ${counted(count, noun)}`,
      ...icon,
      collapsible: 'collapsed',
      kind: 'group',
      accessibilityLabel: `${label}: ${counted(count, noun)}`,
    },
  ];
}

/** Like `group`, and says so when only some of the places are listed below it. */
function evidenceGroup(ruleId: string, pass: number, listed: number): readonly TreeElement[] {
  const description = listed < pass ? `${pass}, ${listed} shown` : String(pass);
  const collapsible = listed === 0 ? 'none' : 'collapsed';
  return group(`evidence:${ruleId}`, 'Evidence that passed', 'place', pass, PASSED).map((element) => ({
    ...element,
    description,
    collapsible,
  }));
}

/** Good, middling or bad by the thresholds of the verdict. */
function gradeIcon(score: number | null, { verdict }: Rubric): Icon {
  if (score === null) return NEUTRAL;
  if (displayScore(score) >= verdict.ready) return PASSED;
  return displayScore(score) >= verdict.conditional ? WARNING : ERROR;
}

/** The change of a displayed score, for the eye and for the ear; empty when there is none to tell. */
function changeSince(now: number | null, then: number | null): { readonly short: string; readonly long: string } {
  const change = now === null || then === null ? 0 : displayScore(now) - displayScore(then);
  if (change === 0) return { short: '', long: '' };
  const amount = Math.abs(change);
  return change > 0
    ? { short: `▲ ${amount}`, long: `up ${amount} since opening` }
    : { short: `▼ ${amount}`, long: `down ${amount} since opening` };
}

function join(separator: string, ...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(separator);
}
