/**
 * The tree of what people decided: findings that comments accept, what somebody vouches for, and the baseline. It judges
 * none of it.
 */

import { CONFIGURATION_FILE } from '../../engine/configuration.ts';
import { EXPIRED_SUPPRESSION, MALFORMED_SUPPRESSION, UNUSED_SUPPRESSION } from '../../engine/suppressions.ts';
import type { AcceptedFinding } from '../../model/finding.ts';
import { displayScore } from '../../score/score.ts';
import { type AttestationState, type Audit, sortFindings } from '../audit.ts';
import { counted, markdownText, placeText, plainText } from '../text.ts';
import {
  ERROR,
  findingElement,
  type Icon,
  join,
  NEUTRAL,
  PASSED,
  type ToUri,
  type TreeAction,
  type TreeElement,
  type TreeModel,
  targetOf,
  WARNING,
} from './element.ts';

/** How the workspace compares with a baseline. */
export interface BaselineSummary {
  /** Its path in the workspace. */
  readonly path: string;
  readonly known: number;
  readonly fresh: number;
  /** Entries of which nothing is left. */
  readonly gone: number;
  /** Why it cannot be read; '' when it can. */
  readonly problem: string;
}

export interface DecisionsInput {
  readonly audit: Audit;
  /** One for each folder of the workspace that names one. */
  readonly baselines: readonly BaselineSummary[];
  /** Path of the file with the attestations; null: there is none. */
  readonly configurationFile: string | null;
  readonly toUri: ToUri;
}

const ABOUT_SUPPRESSIONS: ReadonlySet<string> = new Set([
  EXPIRED_SUPPRESSION,
  MALFORMED_SUPPRESSION,
  UNUSED_SUPPRESSION,
]);
const ATTESTATION_ICONS: Readonly<Record<AttestationState['status'], Icon>> = {
  'in force': PASSED,
  ended: ERROR,
  idle: NEUTRAL,
};
const ATTESTATION_TEXT: Readonly<Record<AttestationState['status'], string>> = {
  'in force': 'It stands in for what files cannot show.',
  ended: 'Its last day has passed, so it counts for nothing.',
  idle: 'Nothing needs it: files decide, or no rule or must-have has that name.',
};

/** The decisions in three groups, each there even when it is empty, so that it can be begun. */
export function decisionsTree({ audit, baselines, configurationFile, toUri }: DecisionsInput): TreeModel {
  const accepted = [...(audit.accepted ?? [])];
  const attestations = audit.attestations ?? [];
  // What has ended in a configuration is an attestation.
  const amiss = sortFindings(audit.findings).filter(
    ({ ruleId, location }) => ABOUT_SUPPRESSIONS.has(ruleId) && !location.path.endsWith(CONFIGURATION_FILE),
  );
  const ruleById = new Map(audit.rules.map((rule) => [rule.id, rule]));
  return {
    children(parent) {
      switch (parent) {
        case undefined:
          return [
            suppressionsElement(audit, accepted.length, amiss.length),
            attestationsElement(attestations),
            ...(baselines.length === 0 ? [noBaselineElement()] : baselines.map((each) => baselineElement(each, toUri))),
          ];
        case 'suppressions':
          return [
            ...amiss.map((finding) =>
              findingElement(
                finding,
                {
                  rule: ruleById.get(finding.ruleId),
                  description: plainText(placeText(finding.location)),
                  isNew: false,
                },
                toUri,
              ),
            ),
            ...accepted.map((each, index) => acceptedElement(each, index, toUri)),
          ];
        case 'attestations':
          return attestations.map((each) => attestationElement(each, configurationFile, toUri));
        default:
          return [];
      }
    },
  };
}

/** A group that also stands there when it is empty. */
function section(id: string, label: string, description: string, tooltip: string, icon: Icon, full: boolean) {
  return {
    id,
    label,
    description,
    tooltip,
    ...icon,
    collapsible: full ? ('expanded' as const) : ('none' as const),
    kind: 'group' as const,
    accessibilityLabel: `${label}: ${description}`,
    actions: [] as readonly TreeAction[],
  };
}

function suppressionsElement({ scorecard, unaccepted = null }: Audit, accepted: number, amiss: number): TreeElement {
  const description = accepted === 0 ? 'none' : join(' · ', String(accepted), amiss === 0 ? '' : `${amiss} to mend`);
  const without =
    unaccepted === null || unaccepted.score === null || scorecard.score === null
      ? ''
      : `With them the score would be ${unaccepted.grade} ${displayScore(unaccepted.score)} instead of ${scorecard.grade} ${displayScore(scorecard.score)}.`;
  const tooltip = [
    'Findings that a comment in the code accepts, each with its reason. They are not in the score.',
    ...(without === '' ? [] : [markdownText(without)]),
  ].join('\n\n');
  const shown = accepted + amiss;
  const text = accepted === 0 && amiss > 0 ? `${amiss} to mend` : description;
  return section('suppressions', 'Suppressions', text, tooltip, amiss > 0 ? WARNING : comment(), shown > 0);
}

function comment(): Icon {
  return { icon: 'comment', iconColor: '' };
}

function acceptedElement({ finding, reason, until, scope, location }: AcceptedFinding, index: number, toUri: ToUri) {
  const message = plainText(finding.message);
  const end = until === null ? '' : `until ${until}`;
  const place = plainText(placeText(finding.location));
  return {
    id: `accepted:${finding.fingerprint}:${index}`,
    label: plainText(reason),
    description: join(' · ', end, finding.ruleId, place),
    tooltip: [
      `**${markdownText(reason)}**`,
      markdownText(message),
      join(' · ', finding.severity, markdownText(place), `accepted for the ${scope}`, end),
    ].join('\n\n'),
    ...comment(),
    collapsible: 'none' as const,
    kind: 'decision' as const,
    accessibilityLabel: `Accepted ${end}: ${plainText(reason)}. ${finding.severity}: ${message} At ${place}`,
    actions: ['explain'] as const,
    ...targetOf(location, toUri),
    ruleId: finding.ruleId,
  };
}

function attestationsElement(attestations: readonly AttestationState[]): TreeElement {
  const ended = attestations.filter(({ status }) => status === 'ended').length;
  const count = attestations.length;
  const description = count === 0 ? 'none' : join(' · ', String(count), ended === 0 ? '' : `${ended} ended`);
  const tooltip =
    'What files cannot show and somebody vouches for, with evidence and a last day, in `shipworthy.json`.';
  const icon = ended > 0 ? WARNING : { icon: 'verified', iconColor: '' };
  return section('attestations', 'Attestations', description, tooltip, icon, count > 0);
}

function attestationElement(each: AttestationState, file: string | null, toUri: ToUri): TreeElement {
  const { subject, evidence, until, by, status } = each;
  const start = { line: 0, character: 0 };
  return {
    id: `attestation:${subject}`,
    label: plainText(subject),
    description: join(' · ', status, `until ${until}`, plainText(by)),
    tooltip: [
      `**${markdownText(subject)}**: ${status}`,
      ATTESTATION_TEXT[status],
      `Evidence: ${markdownText(evidence)}`,
      join(' · ', `until ${until}`, markdownText(by)),
    ].join('\n\n'),
    ...ATTESTATION_ICONS[status],
    collapsible: 'none',
    kind: 'decision',
    accessibilityLabel: `${plainText(subject)}, ${status}, until ${until}, evidence: ${plainText(evidence)}`,
    actions: [],
    ...(file === null ? {} : { target: { uri: toUri(file), range: { start, end: start } } }),
  };
}

function noBaselineElement(): TreeElement {
  return {
    ...section(
      'baseline',
      'Baseline',
      'none',
      'A baseline holds the findings that are there today, so that new ones stand out and old ones can wait.',
      { icon: 'history', iconColor: '' },
      false,
    ),
    actions: ['createBaseline'],
  };
}

function baselineElement({ path, known, fresh, gone, problem }: BaselineSummary, toUri: ToUri): TreeElement {
  const start = { line: 0, character: 0 };
  const description =
    problem === '' ? join(' · ', `${known} known`, `${fresh} new`, gone === 0 ? '' : `${gone} gone`) : 'not readable';
  const tooltip =
    problem === ''
      ? [
          `${markdownText(path)}: ${counted(known, 'finding')} that it holds, ${fresh} that it does not.`,
          ...(gone === 0 ? [] : [`Of ${counted(gone, 'entry').replace('entrys', 'entries')} nothing is left.`]),
          'A baseline changes what is reported, never the score.',
        ].join('\n\n')
      : `${markdownText(path)}: ${markdownText(problem)}`;
  return {
    ...section(
      `baseline:${path}`,
      'Baseline',
      description,
      tooltip,
      problem === '' ? { icon: 'history', iconColor: '' } : ERROR,
      false,
    ),
    actions: gone > 0 ? ['pruneBaseline'] : [],
    target: { uri: toUri(path), range: { start, end: start } },
  };
}
