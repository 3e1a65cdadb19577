/**
 * The tree of the scorecard: the overall result, then the findings as the reader groups and filters them, with the
 * arithmetic of every score. Scores are always those of the whole workspace, whatever is shown.
 */
import type { Finding, Location } from '../../model/finding.ts';
import { SEVERITIES, type Severity } from '../../model/verdict.ts';
import { cheapestWay } from '../../score/plan.ts';
import { displayScore } from '../../score/score.ts';
import type { CategoryScore, GatingRule, Rubric, Scorecard } from '../../score/types.ts';
import { adviceOn } from '../advice.ts';
import {
  type Audit,
  type AuditRule,
  type CategoryOutline,
  outlineAudit,
  type RuleOutline,
  sortFindings,
  worstSeverity,
} from '../audit.ts';
import { holderOf } from '../components.ts';
import { scorecardMarkdown, scorecardSentence } from '../status.ts';
import {
  compareText,
  counted,
  effortText,
  markdownCode,
  markdownText,
  placeText,
  plainText,
  pointsText,
} from '../text.ts';
import { componentElement } from './components.ts';
import {
  actionsFor,
  changeSince,
  findingElement,
  gradeIcon,
  group,
  type Icon,
  join,
  NEUTRAL,
  PASSED,
  ratingText,
  SEVERITY_ICONS,
  type ToUri,
  type TreeElement,
  type TreeModel,
  targetOf,
  VERDICT_ICONS,
} from './element.ts';
import { type Circumstances, EVERYTHING, filterFindings, type ViewOptions } from './filter.ts';

export interface ScorecardTreeInput {
  readonly audit: Audit;
  /** The scorecard when the workspace was opened, for "▲ 3"; `null` shows no changes. */
  readonly opening: Scorecard | null;
  readonly toUri: ToUri;
  readonly options?: ViewOptions;
  readonly circumstances?: Circumstances;
}

/** Without an editor nothing is new and nothing is open. */
const NO_CIRCUMSTANCES: Circumstances = { isNew: () => false, isOpen: () => false, hasBaseline: false, owners: null };

/** Separates the two halves of an id: neither paths nor rule ids hold it. */
const WITHIN = '\n';

/** The tree of an audit as the options show it. */
export function scorecardTree(input: ScorecardTreeInput): TreeModel {
  const { audit, opening, toUri, options = EVERYTHING, circumstances = NO_CIRCUMSTANCES } = input;
  const ruleById = new Map(audit.rules.map((rule) => [rule.id, rule]));
  const all = sortFindings(audit.findings);
  const filtered = filterFindings(all, options, circumstances, (id) => ruleById.get(id));
  const shown = filtered.findings;
  const isFiltered = filtered.text !== '';
  const categories = outlineAudit(isFiltered ? { ...audit, findings: shown } : audit);
  const categoryOf = new Map(categories.map((category) => [category.score.id as string, category]));
  const outlines = categories.flatMap(({ failing, passing, undecided }) => [...failing, ...passing, ...undecided]);
  const outlineOf = new Map(outlines.map((outline) => [outline.rule.id, outline]));
  const scoreOf = new Map(
    categories.flatMap(({ score, failing }) => failing.map(({ rule }) => [rule.id, score] as const)),
  );
  const components = audit.components ?? [];
  const holder = holderOf(components);
  const ofComponent = (path: string | null): readonly Finding[] =>
    shown.filter((finding) => (holder(finding.location.path)?.path ?? null) === path);

  const element = (finding: Finding, description: string): TreeElement =>
    findingElement(
      finding,
      { rule: ruleById.get(finding.ruleId), description, isNew: circumstances.isNew(finding) },
      toUri,
    );
  const atPlace = (finding: Finding): TreeElement => element(finding, plainText(placeText(finding.location)));
  const failing = (outline: RuleOutline): TreeElement => failingElement(outline, scoreOf.get(outline.rule.id), audit);
  /** The rules of some findings, below another element. */
  const rulesWithin = (prefix: string, key: string, findings: readonly Finding[]): readonly TreeElement[] =>
    groupBy(findings, ({ ruleId }) => ruleId)
      .flatMap(([ruleId, own]) => {
        const outline = outlineOf.get(ruleId);
        return outline === undefined ? [] : [{ ...outline, findings: own }];
      })
      .sort(worstFirst)
      .map((outline) => ({ ...failing(outline), id: `${prefix}:${key}${WITHIN}${outline.rule.id}` }));

  /** A click on a rule that is to be mended goes to its first finding. */
  const leading = (step: TreeElement): TreeElement => {
    const first = all.find(({ ruleId }) => ruleId === step.ruleId);
    return first === undefined ? step : { ...step, ...targetOf(first.location, toUri) };
  };

  const roots = (): readonly TreeElement[] => {
    switch (options.group) {
      case 'category': {
        const listed = isFiltered ? categories.filter((category) => category.failing.length > 0) : categories;
        return listed.map((category) => categoryElement(category, audit, opening, isFiltered));
      }
      case 'rule':
        return outlines
          .filter(({ findings }) => findings.length > 0)
          .sort(worstFirst)
          .map(failing);
      case 'file':
        return groupBy(shown, ({ location }) => location.path).map(([path, findings]) => fileElement(path, findings));
      case 'component': {
        const listed = components.filter(({ path }) => !isFiltered || ofComponent(path).length > 0);
        const loose = ofComponent(null).length;
        return [
          ...listed.map((component) => componentElement(component, audit.rubric, ofComponent(component.path).length)),
          ...group('loose', 'Outside of components', 'finding', loose, NEUTRAL),
        ];
      }
      case 'severity':
        return SEVERITIES.flatMap((severity) => severityElement(severity, shown));
    }
  };

  const topLevel = () => [
    overallElement(audit, opening),
    ...(isFiltered ? [filterElement(filtered.text, shown.length, all.length)] : []),
    ...roots(),
  ];

  const ofOverall = (): readonly TreeElement[] => [
    ...gatingGroup('blockers', 'Blocks shipping', audit.scorecard.blockers, SEVERITY_ICONS.critical),
    ...gatingGroup('conditions', 'Stands against plain READY', audit.scorecard.conditions, SEVERITY_ICONS.high),
    ...wayElement(audit),
  ];

  const ofCategory = ({ score, failing: open, passing, undecided }: CategoryOutline) => [
    ...open.map(failing),
    ...(isFiltered ? [] : group(`passed:${score.id}`, 'Passed', 'rule', passing.length, PASSED)),
    ...(isFiltered ? [] : group(`undecided:${score.id}`, 'Not decided from files', 'rule', undecided.length, NEUTRAL)),
  ];

  const ofRule = (outline: RuleOutline) => {
    const { rule, tally, findings } = outline;
    if (findings.length === 0) return evidenceElements(outline);
    return [...findings.map(atPlace), ...(isFiltered ? [] : evidenceGroup(rule.id, tally.pass, tally.evidence.length))];
  };

  const evidenceElements = ({ rule, tally }: RuleOutline) =>
    tally.evidence.map((location, index) => ({
      ...evidenceElement(rule.id, location, index),
      ...targetOf(location, toUri),
    }));

  return {
    children(parent) {
      if (parent === undefined) return topLevel();
      const separator = parent.indexOf(':');
      const kind = separator < 0 ? parent : parent.slice(0, separator);
      const key = parent.slice(separator + 1);
      const [outer = '', inner = ''] = key.split(WITHIN);
      const category = categoryOf.get(key);
      const outline = outlineOf.get(key);
      switch (kind) {
        case 'overall':
          return ofOverall();
        case 'blockers':
          return audit.scorecard.blockers.map((gating) => leading(gatingElement('blockers', gating, audit, ruleById)));
        case 'conditions':
          return audit.scorecard.conditions.map((gating) =>
            leading(gatingElement('conditions', gating, audit, ruleById)),
          );
        case 'way':
          return wayElements(audit, ruleById).map(leading);
        case 'category':
          return category === undefined ? [] : ofCategory(category);
        case 'passed':
          return category?.passing.map((each) => passingElement(each, audit.rubric)) ?? [];
        case 'undecided':
          return category?.undecided.map((each) => undecidedElement(each)) ?? [];
        case 'rule':
          return outline === undefined ? [] : ofRule(outline);
        case 'evidence':
          return outline === undefined ? [] : evidenceElements(outline);
        case 'file':
          return shown
            .filter(({ location }) => location.path === key)
            .map((finding) => element(finding, `line ${finding.location.range.start.line + 1} · ${finding.ruleId}`));
        case 'component':
          return rulesWithin('of', key, ofComponent(key));
        case 'of':
          return ofComponent(outer)
            .filter(({ ruleId }) => ruleId === inner)
            .map(atPlace);
        case 'loose':
          return parent === 'loose' ? rulesWithin('loose', '', ofComponent(null)) : looseOf(inner);
        case 'severity':
          return rulesWithin(
            'as',
            key,
            shown.filter(({ severity }) => severity === key),
          );
        case 'as':
          return shown.filter(({ severity, ruleId }) => severity === outer && ruleId === inner).map(atPlace);
        default:
          return [];
      }
    },
  };

  function looseOf(ruleId: string): readonly TreeElement[] {
    return ofComponent(null)
      .filter((finding) => finding.ruleId === ruleId)
      .map(atPlace);
  }
}

/** In the order in which the keys come first. */
function groupBy(
  findings: readonly Finding[],
  keyOf: (finding: Finding) => string,
): readonly (readonly [key: string, findings: readonly Finding[]])[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const list = groups.get(keyOf(finding));
    if (list === undefined) groups.set(keyOf(finding), [finding]);
    else list.push(finding);
  }
  return [...groups];
}

function worstFirst(a: RuleOutline, b: RuleOutline): number {
  const rank = ({ findings }: RuleOutline): number => SEVERITIES.indexOf(worstSeverity(findings));
  return rank(a) - rank(b) || b.findings.length - a.findings.length || compareText(a.rule.id, b.rule.id);
}

function filterElement(text: string, shown: number, all: number): TreeElement {
  const label = `${shown} of ${counted(all, 'finding')}`;
  return {
    id: 'filter',
    label,
    description: plainText(text),
    tooltip: `Only findings that match are listed: ${markdownText(text)}. Scores are those of everything.`,
    icon: 'filter-filled',
    iconColor: '',
    collapsible: 'none',
    kind: 'filter',
    accessibilityLabel: `Filtered, ${label} shown: ${plainText(text)}`,
    actions: ['clearFilter'],
  };
}

function fileElement(path: string, findings: readonly Finding[]): TreeElement {
  const slash = path.lastIndexOf('/');
  const severity = worstSeverity(findings);
  const count = counted(findings.length, 'finding');
  const breakdown = SEVERITIES.flatMap((each) => {
    const number = findings.filter((finding) => finding.severity === each).length;
    return number === 0 ? [] : [`${number} ${each}`];
  }).join(', ');
  return {
    id: `file:${path}`,
    label: plainText(path.slice(slash + 1)),
    description: join(' · ', String(findings.length), plainText(path.slice(0, Math.max(0, slash)))),
    tooltip: `${markdownText(path)}: ${breakdown}`,
    ...SEVERITY_ICONS[severity],
    collapsible: 'collapsed',
    kind: 'file',
    accessibilityLabel: `${plainText(path)}, ${count}: ${breakdown}`,
    actions: [],
  };
}

function severityElement(severity: Severity, shown: readonly Finding[]): readonly TreeElement[] {
  const count = shown.filter((finding) => finding.severity === severity).length;
  const label = severity.charAt(0).toUpperCase() + severity.slice(1);
  return group(`severity:${severity}`, label, 'finding', count, SEVERITY_ICONS[severity]);
}

function gatingGroup(id: string, label: string, gating: readonly GatingRule[], icon: Icon): readonly TreeElement[] {
  const findings = gating.reduce((total, each) => total + each.findings, 0);
  return group(id, label, 'finding', findings, icon);
}

/** A rule that is to be mended. */
function gatingElement(
  of: string,
  { ruleId, findings }: Pick<GatingRule, 'ruleId' | 'findings'>,
  audit: Audit,
  ruleById: ReadonlyMap<string, AuditRule>,
): TreeElement {
  const rule = ruleById.get(ruleId);
  const title = plainText(rule?.title ?? ruleId);
  const severity = rule?.severity ?? 'critical';
  return {
    id: `step:${of}${WITHIN}${ruleId}`,
    label: title,
    description: counted(findings, 'finding'),
    tooltip: `${markdownText(title)} ${markdownCode(ruleId)}\n\n${rule === undefined ? '' : adviceOn(rule, audit.findings)}`,
    ...SEVERITY_ICONS[severity],
    collapsible: 'none',
    kind: 'step',
    accessibilityLabel: `${title}, ${severity}, ${counted(findings, 'finding')}`,
    actions: actionsFor(rule, rule?.fix !== 'none'),
    ruleId,
  };
}

/** The way to the next grade in one line; nothing when there is none. */
function wayElement({ scorecard, tallies, rules, rubric }: Audit): readonly TreeElement[] {
  const way = cheapestWay(scorecard, tallies, rules, rubric);
  if (way === null) return [];
  const label = `Next: ${way.grade} ${displayScore(way.score)}`;
  const steps = counted(way.steps.length, 'rule');
  return [
    {
      id: 'way',
      label,
      description: `${steps} · ${effortText(way.minutes)}`,
      tooltip: `The least effort that leads to grade ${markdownText(way.grade)}: ${steps}, ${effortText(way.minutes)}.`,
      icon: 'milestone',
      iconColor: '',
      collapsible: 'collapsed',
      kind: 'group',
      accessibilityLabel: `Next grade ${way.grade}, score ${displayScore(way.score)}: ${steps}, ${effortText(way.minutes)}`,
      actions: [],
    },
  ];
}

function wayElements(audit: Audit, ruleById: ReadonlyMap<string, AuditRule>): readonly TreeElement[] {
  const { scorecard, tallies, rules, rubric } = audit;
  const way = cheapestWay(scorecard, tallies, rules, rubric);
  return (way?.steps ?? []).map(({ ruleId, findings, gain, minutes }) => ({
    ...gatingElement('way', { ruleId, findings }, audit, ruleById),
    description: `+${pointsText(gain)} · ${counted(findings, 'finding')} · ${effortText(minutes)}`,
    accessibilityLabel:
      `${plainText(ruleById.get(ruleId)?.title ?? ruleId)}, gains ${pointsText(gain)} points, ` +
      `${counted(findings, 'finding')}, ${effortText(minutes)}`,
  }));
}

function overallElement({ scorecard, rules, rubric }: Audit, opening: Scorecard | null): TreeElement {
  const change = changeSince(scorecard.score, opening?.score ?? null);
  const hasMore = scorecard.score !== null && rubric.grades[0]?.grade !== scorecard.grade;
  return {
    id: 'overall',
    label: scorecard.score === null ? 'Overall' : `Overall ${scorecard.grade} ${displayScore(scorecard.score)}`,
    description: join(' · ', scorecard.verdict, change.short),
    tooltip: scorecardMarkdown(scorecard, rules),
    ...VERDICT_ICONS[scorecard.verdict],
    collapsible: hasMore || scorecard.blockers.length + scorecard.conditions.length > 0 ? 'collapsed' : 'none',
    kind: 'overall',
    accessibilityLabel: `Overall: ${join(', ', scorecardSentence(scorecard), change.long)}`,
    actions: [],
  };
}

function categoryElement(
  category: CategoryOutline,
  audit: Audit,
  opening: Scorecard | null,
  isFiltered: boolean,
): TreeElement {
  const { score, failing, passing, undecided } = category;
  const change = changeSince(score.score, opening?.categories.find(({ id }) => id === score.id)?.score ?? null);
  const open = failing.reduce((total, { findings }) => total + findings.length, 0);
  const rating = ratingText(score.score, score.grade);
  const findings = open === 0 ? 'no findings' : counted(open, 'finding');
  return {
    id: `category:${score.id}`,
    label: plainText(score.title),
    description: join(' ', rating.short, change.short, open === 0 ? '' : `· ${open}`, rating.bar),
    tooltip: categoryTooltip(score, audit, change.long),
    ...gradeIcon(score.score, audit.rubric),
    collapsible: failing.length + passing.length + undecided.length === 0 ? 'none' : 'collapsed',
    kind: 'category',
    accessibilityLabel: `${plainText(score.title)}: ${join(', ', rating.long, change.long, isFiltered ? `${findings} shown` : findings)}`,
    actions: [],
  };
}

/** The arithmetic of a category: shares, ledger, cap, weight. */
function categoryTooltip(category: CategoryScore, { scorecard, rules }: Audit, change: string): string {
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
    join(', ', `${heading}: **${markdownText(grade ?? '')} ${displayScore(score)}** of 100`, change),
    `Rules: ${ruleCounts}.`,
    lines.join('\n'),
    `Counts with weight ${weight} of ${ratedWeight}: ${pointsText((score * weight) / ratedWeight)} of ` +
      `${pointsText((100 * weight) / ratedWeight)} points of the overall score.`,
  ].join('\n\n');
}

function failingElement(outline: RuleOutline, category: CategoryScore | undefined, { rubric }: Audit): TreeElement {
  const { rule, findings } = outline;
  const severity = worstSeverity(findings);
  const preview = rule.stage === 'preview' ? 'preview' : '';
  const cost = category?.ledger.find(({ ruleId }) => ruleId === rule.id);
  const costText =
    cost === undefined
      ? ''
      : `Costs ${pointsText(cost.categoryPoints)} points of the category, ${pointsText(cost.overallPoints)} overall.`;
  const capText = category?.cap?.ruleId === rule.id ? `Caps the category at ${category?.cap?.limit}.` : '';
  return {
    ...ruleElement(outline, rubric, join(' ', costText, capText)),
    actions: actionsFor(
      rule,
      findings.some(({ fixes }) => fixes.length > 0),
    ),
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
    actions: ['explain'],
  };
}

/** What failing and passing rules have in common; `effect` says what the rule does to the score. */
function ruleElement(
  outline: RuleOutline,
  rubric: Rubric,
  effect: string,
): Pick<TreeElement, 'id' | 'label' | 'tooltip' | 'kind' | 'ruleId' | 'actions'> {
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
    actions: ['explain'],
  };
}

function ruleTooltip({ rule, findings }: RuleOutline, arithmetic: string): string {
  return [
    `**${markdownText(rule.title)}** ${markdownCode(rule.id)} · ${rule.severity} · ${rule.confidence}`,
    rule.docs.what,
    rule.docs.why,
    adviceOn(rule, findings),
    arithmetic,
  ].join('\n\n');
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
    actions: ['explain'],
    ruleId,
  };
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
