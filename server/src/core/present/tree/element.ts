/**
 * What the trees of the sidebar are made of: elements, their icons, and the few ways in which they word a score. Elements
 * are structurally the protocol's `TreeElement`, which the core may not import. Labels and descriptions are plain text,
 * tooltips are Markdown with the text of the repository escaped; meaning is never in colour or icon alone.
 */
import type { Finding, Location, Range } from '../../model/finding.ts';
import type { Severity } from '../../model/verdict.ts';
import { displayScore } from '../../score/score.ts';
import type { Rubric, VerdictName } from '../../score/types.ts';
import type { AuditRule } from '../audit.ts';
import { counted, markdownCode, markdownText, placeText, plainText } from '../text.ts';

export type TreeElementKind =
  | 'overall'
  | 'filter'
  | 'category'
  | 'rule'
  | 'finding'
  | 'evidence'
  | 'group'
  | 'file'
  | 'component'
  | 'step'
  | 'decision';

/** What can be done with an element. */
export type TreeAction = 'fix' | 'suppress' | 'explain' | 'clearFilter' | 'createBaseline' | 'pruneBaseline';

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
  readonly actions: readonly TreeAction[];
  readonly target?: { readonly uri: string; readonly range: Range };
  readonly ruleId?: string;
  readonly fingerprint?: string;
}

export interface TreeModel {
  /** Children of an element, or the top level. An id of an earlier revision that is gone has no children. */
  children(parent?: string): readonly TreeElement[];
}

/** Turns a path of the workspace into the URI that the client opens. */
export type ToUri = (path: string) => string;

/** A codicon and a theme colour; '' is the default colour. */
export interface Icon {
  readonly icon: string;
  readonly iconColor: string;
}

export const PASSED: Icon = { icon: 'pass', iconColor: 'testing.iconPassed' };
export const WARNING: Icon = { icon: 'warning', iconColor: 'list.warningForeground' };
export const ERROR: Icon = { icon: 'error', iconColor: 'list.errorForeground' };
export const NEUTRAL: Icon = { icon: 'circle-outline', iconColor: '' };
export const VERDICT_ICONS: Readonly<Record<VerdictName, Icon>> = {
  READY: PASSED,
  'READY WITH CONDITIONS': WARNING,
  'NOT READY': ERROR,
  'NOT RATED': NEUTRAL,
};
export const SEVERITY_ICONS: Readonly<Record<Severity, Icon>> = {
  critical: ERROR,
  high: WARNING,
  medium: { icon: 'info', iconColor: 'notificationsInfoIcon.foreground' },
  low: { icon: 'circle-small-filled', iconColor: '' },
};

/** Good, middling or bad by the thresholds of the verdict. */
export function gradeIcon(score: number | null, { verdict }: Rubric): Icon {
  if (score === null) return NEUTRAL;
  if (displayScore(score) >= verdict.ready) return PASSED;
  return displayScore(score) >= verdict.conditional ? WARNING : ERROR;
}

const BAR_CELLS = 5;

/** A score as a bar of text: a cell is full when the score reaches its end. */
function scoreBar(score: number): string {
  const full = Math.floor((displayScore(score) * BAR_CELLS) / 100);
  return '■'.repeat(full) + '□'.repeat(BAR_CELLS - full);
}

/** Grade and score for the eye, and the same for the ear. The bar is apart: in a narrow view it may be cut off. */
export function ratingText(
  score: number | null,
  grade: string | null,
): { readonly short: string; readonly bar: string; readonly long: string } {
  if (score === null) return { short: 'Not rated', bar: '', long: 'not rated' };
  const shown = displayScore(score);
  return { short: `${grade} ${shown}`, bar: scoreBar(score), long: `grade ${grade}, score ${shown} of 100` };
}

/** The change of a displayed score, for the eye and for the ear; empty when there is none to tell. */
export function changeSince(
  now: number | null,
  then: number | null,
): { readonly short: string; readonly long: string } {
  const change = now === null || then === null ? 0 : displayScore(now) - displayScore(then);
  if (change === 0) return { short: '', long: '' };
  const amount = Math.abs(change);
  return change > 0
    ? { short: `▲ ${amount}`, long: `up ${amount} since opening` }
    : { short: `▼ ${amount}`, long: `down ${amount} since opening` };
}

export function join(separator: string, ...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(separator);
}

/** Where a click on an element leads. */
export function targetOf(location: Location, toUri: ToUri): Pick<TreeElement, 'target'> {
  return { target: { uri: toUri(location.path), range: location.range } };
}

/** What can be done about findings of a rule. */
export function actionsFor(rule: AuditRule | undefined, hasFix: boolean): readonly TreeAction[] {
  return [
    ...(hasFix ? (['fix'] as const) : []),
    ...(rule?.suppressible === false ? [] : (['suppress'] as const)),
    'explain',
  ];
}

export interface FindingWords {
  readonly rule: AuditRule | undefined;
  /** Stands behind the message. */
  readonly description: string;
  /** The reader has not seen it before. */
  readonly isNew: boolean;
}

/** A finding: its message, and on demand what it is, where it leads to, and how it is mended. */
export function findingElement(finding: Finding, words: FindingWords, toUri: ToUri): TreeElement {
  const message = plainText(finding.message);
  const place = plainText(placeText(finding.location));
  const preview = finding.stage === 'preview' ? 'preview' : '';
  const fresh = words.isNew ? 'new' : '';
  const flow = finding.related.map(({ location, message }) => {
    return `1. ${markdownText(message)} (${markdownText(placeText(location))})`;
  });
  const fixes = finding.fixes.map(({ title, safety }) => `- ${markdownText(title)} (${safety})`);
  return {
    id: `finding:${finding.fingerprint}`,
    label: message,
    description: join(' · ', fresh, words.description),
    tooltip: [
      markdownText(message),
      join(' · ', finding.severity, finding.confidence, preview, fresh, markdownText(place)),
      ...(flow.length === 0 ? [] : ['How it comes about:', flow.join('\n')]),
      ...(fixes.length === 0 ? [] : ['Quick fixes:', fixes.join('\n')]),
      markdownCode(finding.ruleId),
    ].join('\n\n'),
    ...SEVERITY_ICONS[finding.severity],
    collapsible: 'none',
    kind: 'finding',
    accessibilityLabel: `${join(', ', finding.severity, fresh)}: ${message} At ${place}`,
    actions: actionsFor(words.rule, finding.fixes.length > 0),
    ...targetOf(finding.location, toUri),
    ruleId: finding.ruleId,
    fingerprint: finding.fingerprint,
  };
}

/** A group with its count, or nothing when it would be empty. */
export function group(id: string, label: string, noun: string, count: number, icon: Icon): readonly TreeElement[] {
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
      actions: [],
    },
  ];
}
