/**
 * What the reader of the scorecard wants to see of its findings: how they are grouped, which ones, and a text to look for.
 * It narrows what is listed, never what is counted in a score.
 */
import type { Finding } from '../../model/finding.ts';
import { SEVERITIES } from '../../model/verdict.ts';
import type { AuditRule } from '../audit.ts';
import { counted } from '../text.ts';

export const GROUPINGS = ['category', 'rule', 'file', 'component', 'severity'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface ViewOptions {
  readonly group: Grouping;
  /** Ids of `FilterChoice`s. Of those of one section any may hold, and each section has to. */
  readonly filters: readonly string[];
  /** Words that all have to occur in the message, the rule or the path. */
  readonly search: string;
}

export const EVERYTHING: ViewOptions = { group: 'category', filters: [], search: '' };

/** One box to tick. */
export interface FilterChoice {
  readonly id: string;
  readonly section: string;
  readonly label: string;
  readonly description: string;
  readonly picked: boolean;
}

/** What a filter asks of a finding beyond what it says itself. */
export interface Circumstances {
  /** Not in the baseline; without one: not there when the workspace was opened. */
  isNew(finding: Finding): boolean;
  /** Its file is open in an editor. */
  isOpen(path: string): boolean;
  /** There is a baseline to compare with. */
  readonly hasBaseline: boolean;
  /** Owners of the files that were found something in, by path; null without CODEOWNERS. */
  readonly owners: Readonly<Record<string, readonly string[]>> | null;
}

interface Condition {
  readonly id: string;
  readonly section: string;
  readonly label: string;
  /** In a list of what is shown. */
  readonly short: string;
  holds(finding: Finding): boolean;
}

function conditionsOf(circumstances: Circumstances): readonly Condition[] {
  return [
    ...SEVERITIES.map((severity) => ({
      id: `severity:${severity}`,
      section: 'Severity',
      label: capitalised(severity),
      short: severity,
      holds: (finding: Finding) => finding.severity === severity,
    })),
    ...(['certain', 'likely', 'heuristic'] as const).map((confidence) => ({
      id: `confidence:${confidence}`,
      section: 'Confidence',
      label: capitalised(confidence),
      short: confidence,
      holds: (finding: Finding) => finding.confidence === confidence,
    })),
    {
      id: 'new',
      section: 'New findings',
      label: circumstances.hasBaseline ? 'Only what the baseline does not hold' : 'Only what is new since opening',
      short: 'new',
      holds: (finding) => circumstances.isNew(finding),
    },
    {
      id: 'open',
      section: 'Open editors',
      label: 'Only files that are open',
      short: 'open editors',
      holds: (finding) => circumstances.isOpen(finding.location.path),
    },
    {
      id: 'fixable',
      section: 'Fixes',
      label: 'Only findings with a quick fix',
      short: 'with a fix',
      holds: (finding) => finding.fixes.length > 0,
    },
    ...ownersIn(circumstances).map((owner) => ({
      id: `owner:${owner}`,
      section: 'Owner',
      label: owner === NOBODY ? 'Nobody' : owner,
      short: owner === NOBODY ? 'owned by nobody' : owner,
      holds: ({ location: { path } }: Finding) => {
        const own = circumstances.owners?.[path] ?? [];
        return owner === NOBODY ? own.length === 0 : own.includes(owner);
      },
    })),
  ];
}

const NOBODY = '';

/** Everybody who owns a file, and nobody at the end; none without CODEOWNERS. */
function ownersIn({ owners }: Circumstances): readonly string[] {
  return owners === null ? [] : [...[...new Set(Object.values(owners).flat())].sort(), NOBODY];
}

/** Options as a client sent them, made safe: what is unknown is left out. */
export function readViewOptions(given: Partial<Record<keyof ViewOptions, unknown>> | undefined): ViewOptions {
  const { group, filters, search } = given ?? {};
  return {
    group: GROUPINGS.find((each) => each === group) ?? EVERYTHING.group,
    filters: Array.isArray(filters) ? filters.filter((each) => typeof each === 'string') : [],
    search: typeof search === 'string' ? search.trim() : '',
  };
}

/** The boxes, each with how many findings it stands for. */
export function filterChoices(
  findings: readonly Finding[],
  { filters }: ViewOptions,
  circumstances: Circumstances,
): readonly FilterChoice[] {
  return conditionsOf(circumstances).map(({ id, section, label, holds }) => ({
    id,
    section,
    label,
    description: counted(findings.filter(holds).length, 'finding'),
    picked: filters.includes(id),
  }));
}

export interface Filtered {
  readonly findings: readonly Finding[];
  /** Says what is shown, such as "critical or high · new"; '' when that is everything. */
  readonly text: string;
}

/** The findings that the options show, in their order. */
export function filterFindings(
  findings: readonly Finding[],
  options: ViewOptions,
  circumstances: Circumstances,
  ruleOf: (id: string) => AuditRule | undefined,
): Filtered {
  const bySection = new Map<string, Condition[]>();
  for (const condition of conditionsOf(circumstances)) {
    if (!options.filters.includes(condition.id)) continue;
    const list = bySection.get(condition.section);
    if (list === undefined) bySection.set(condition.section, [condition]);
    else list.push(condition);
  }
  const words = options.search.toLowerCase().split(/\s+/).filter(Boolean);
  if (bySection.size === 0 && words.length === 0) return { findings, text: '' };
  const sections = [...bySection.values()];
  const text = [
    ...sections.map((section) => section.map(({ short }) => short).join(' or ')),
    ...(words.length === 0 ? [] : [`“${options.search}”`]),
  ].join(' · ');
  const shown = findings.filter((finding) => {
    if (!sections.every((section) => section.some(({ holds }) => holds(finding)))) return false;
    if (words.length === 0) return true;
    const { ruleId, message, location } = finding;
    const searched = `${message}\n${ruleId}\n${ruleOf(ruleId)?.title ?? ''}\n${location.path}`.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
  return { findings: shown, text };
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
