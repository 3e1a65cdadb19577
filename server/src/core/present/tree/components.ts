/**
 * The tree of components: each with its grade, below it what costs it the most and what it does well. It discovers and
 * grades no component.
 */
import type { Finding } from '../../model/finding.ts';
import { displayScore } from '../../score/score.ts';
import type { Rubric } from '../../score/types.ts';
import { adviceOn } from '../advice.ts';
import { type Audit, type AuditRule, sortFindings } from '../audit.ts';
import { type ComponentResult, holderOf } from '../components.ts';
import { counted, markdownText, placeText, plainText } from '../text.ts';
import {
  actionsFor,
  findingElement,
  gradeIcon,
  group,
  join,
  NEUTRAL,
  PASSED,
  ratingText,
  SEVERITY_ICONS,
  type ToUri,
  type TreeElement,
  type TreeModel,
} from './element.ts';

const WITHIN = '\n';

/** The components of an audit, in the order of their folders. */
export function componentTree(audit: Audit, toUri: ToUri): TreeModel {
  const components = audit.components ?? [];
  const ruleById = new Map(audit.rules.map((rule) => [rule.id, rule]));
  const byPath = new Map(components.map((component) => [component.path, component]));
  const holder = holderOf(components);
  const loose = audit.loose ?? [];
  const findingsOf = (path: string, ruleId: string): readonly TreeElement[] =>
    sortFindings(audit.findings)
      .filter((finding) => finding.ruleId === ruleId && holder(finding.location.path)?.path === path)
      .map((finding) =>
        findingElement(
          finding,
          { rule: ruleById.get(ruleId), description: plainText(placeText(finding.location)), isNew: false },
          toUri,
        ),
      );
  return {
    children(parent) {
      if (parent === undefined) {
        return [
          ...components.map((component) => componentElement(component, audit.rubric, component.findings)),
          ...group('loose', 'Code outside of components', 'file', loose.length, NEUTRAL),
        ];
      }
      if (parent === 'loose') return loose.map((path) => looseElement(path, toUri));
      const separator = parent.indexOf(':');
      const key = parent.slice(separator + 1);
      const [path = '', ruleId = ''] = key.split(WITHIN);
      const component = byPath.get(path);
      if (component === undefined) return [];
      switch (parent.slice(0, separator)) {
        case 'component':
          return [
            ...component.issues.map((issue) => issueElement(component, issue, audit.findings, ruleById)),
            ...group(`strengths:${path}`, 'Does well', 'rule', component.strengths.length, PASSED),
          ];
        case 'strengths':
          return component.strengths.map((strength) => strengthElement(component, strength, ruleById));
        case 'issue':
          return findingsOf(path, ruleId);
        default:
          return [];
      }
    },
  };
}

/** A component with its grade. `findings`: how many are listed below it. */
export function componentElement(component: ComponentResult, rubric: Rubric, findings: number): TreeElement {
  const { path, name, kind, criticality, score, grade, verdict, files, manifests, runs } = component;
  const rating = ratingText(score, grade);
  const folder = path === '' ? 'the root of the workspace' : path;
  const critical = criticality === 'critical' ? 'critical' : '';
  const count = findings === 0 ? 'no findings' : counted(findings, 'finding');
  const places = [...manifests, ...runs];
  return {
    id: `component:${path}`,
    label: plainText(name),
    description: join(
      ' ',
      join(' · ', rating.short, findings === 0 ? '' : String(findings), join(' ', critical, kind)),
      rating.bar,
    ),
    tooltip: [
      `**${markdownText(name)}**: ${score === null ? 'not rated' : `**${markdownText(grade ?? '')} ${displayScore(score)}** of 100`} · ${verdict}`,
      join(' · ', join(' ', critical, kind), `in ${markdownText(folder)}`, counted(files, 'file'), count),
      ...(places.length === 0 ? [] : [`Known from:\n\n${places.map((each) => `- ${markdownText(each)}`).join('\n')}`]),
      'It is scored by what was found in its files, with the rubric of the whole.',
    ].join('\n\n'),
    ...gradeIcon(score, rubric),
    collapsible: findings + component.strengths.length === 0 ? 'none' : 'collapsed',
    kind: 'component',
    accessibilityLabel: `${plainText(name)}, ${join(' ', critical, kind)}: ${rating.long}, verdict ${verdict.toLowerCase()}, ${count}`,
    actions: [],
  };
}

function issueElement(
  component: ComponentResult,
  { ruleId, count }: ComponentResult['issues'][number],
  findings: readonly Finding[],
  ruleById: ReadonlyMap<string, AuditRule>,
): TreeElement {
  const rule = ruleById.get(ruleId);
  const title = plainText(rule?.title ?? ruleId);
  const severity = rule?.severity ?? 'low';
  return {
    id: `issue:${component.path}${WITHIN}${ruleId}`,
    label: title,
    description: `${severity} · ${count}`,
    tooltip: `**${markdownText(title)}**: ${counted(count, 'finding')} in ${markdownText(component.name)}.\n\n${rule === undefined ? '' : adviceOn(rule, findings)}`,
    ...SEVERITY_ICONS[severity],
    collapsible: 'collapsed',
    kind: 'rule',
    accessibilityLabel: `${title}, ${severity}, ${counted(count, 'finding')}`,
    actions: actionsFor(rule, false),
    ruleId,
  };
}

function strengthElement(
  component: ComponentResult,
  { ruleId, count }: ComponentResult['strengths'][number],
  ruleById: ReadonlyMap<string, AuditRule>,
): TreeElement {
  const title = plainText(ruleById.get(ruleId)?.title ?? ruleId);
  return {
    id: `strength:${component.path}${WITHIN}${ruleId}`,
    label: title,
    description: counted(count, 'place'),
    tooltip: `Passes at ${counted(count, 'place')}: ${markdownText(title)}`,
    ...PASSED,
    collapsible: 'none',
    kind: 'rule',
    accessibilityLabel: `${title}, passes at ${counted(count, 'place')}`,
    actions: ['explain'],
    ruleId,
  };
}

function looseElement(path: string, toUri: ToUri): TreeElement {
  const start = { line: 0, character: 0 };
  return {
    id: `loose:${path}`,
    label: plainText(path),
    description: '',
    tooltip: `${markdownText(path)} belongs to no folder with a manifest.`,
    icon: 'file',
    iconColor: '',
    collapsible: 'none',
    kind: 'evidence',
    accessibilityLabel: `${plainText(path)}, outside of components`,
    actions: [],
    target: { uri: toUri(path), range: { start, end: start } },
  };
}
