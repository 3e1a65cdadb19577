/**
 * Reads a configuration that a person wrote (`shipworthy.json` or editor settings) from plain data. Nothing is guessed:
 * what is not understood is reported, and what was valid before stays in force.
 */
import {
  COMPONENT_KINDS,
  type ComponentKind,
  CRITICALITIES,
  type Criticality,
  type DeclaredComponent,
} from '../model/component.ts';
import { isDate } from '../model/day.ts';
import type { Json } from '../model/json.ts';
import { workspacePath } from '../model/path.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import type { Attestation } from './configuration.ts';

export interface ReadSettings {
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  readonly exclude: readonly string[];
  readonly previewRules: boolean | undefined;
  /** Name of a rubric that ships with the tool, or the path of a file in the workspace. */
  readonly rubric: string | undefined;
  readonly attestations: readonly Attestation[];
  readonly components: readonly DeclaredComponent[];
  /** Path of the file with the findings that were there before: see `baseline.ts`. */
  readonly baseline: string | undefined;
}

export const NO_SETTINGS: ReadSettings = {
  rules: {},
  exclude: [],
  previewRules: undefined,
  rubric: undefined,
  attestations: [],
  components: [],
  baseline: undefined,
};

/** A sentence for the person who wrote the setting; `key` is the word to point at. */
export interface SettingsProblem {
  readonly key: string;
  readonly message: string;
}

const KEYS = ['rules', 'exclude', 'previewRules', 'rubric', 'attestations', 'components', 'baseline'];

/** Settings and what is wrong with them; wrong entries are left out. */
export function readSettings(
  value: Json,
  knownRules: ReadonlySet<string>,
): { readonly settings: ReadSettings; readonly problems: readonly SettingsProblem[] } {
  const problems: SettingsProblem[] = [];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return { settings: NO_SETTINGS, problems: [{ key: '', message: 'The configuration must be an object.' }] };
  }
  const object = value as { readonly [key: string]: Json };
  for (const key of Object.keys(object)) {
    if (key !== '$schema' && !KEYS.includes(key))
      problems.push({ key, message: `"${key}" is no setting; known are ${KEYS.join(', ')}.` });
  }
  const rules: Record<string, Severity | 'off'> = {};
  const given = object['rules'] ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    problems.push({ key: 'rules', message: '"rules" must be an object of rule ids.' });
  } else {
    for (const [id, level] of Object.entries(given as { readonly [key: string]: Json })) {
      if (!knownRules.has(id)) problems.push({ key: id, message: `There is no rule "${id}".` });
      else if (level === 'off' || SEVERITIES.includes(level as Severity)) rules[id] = level as Severity | 'off';
      else problems.push({ key: id, message: `A rule is "off", ${SEVERITIES.map((name) => `"${name}"`).join(', ')}.` });
    }
  }
  const exclude = object['exclude'] ?? [];
  const patterns = Array.isArray(exclude) ? exclude.filter((item) => typeof item === 'string') : [];
  if (!Array.isArray(exclude) || patterns.length !== exclude.length) {
    problems.push({ key: 'exclude', message: '"exclude" must be a list of ignore patterns.' });
  }
  const preview = object['previewRules'];
  if (preview !== undefined && typeof preview !== 'boolean') {
    problems.push({ key: 'previewRules', message: '"previewRules" must be true or false.' });
  }
  return {
    settings: {
      rules,
      exclude: patterns,
      previewRules: typeof preview === 'boolean' ? preview : undefined,
      rubric: readText(object, 'rubric', 'the name of a rubric or the path of its file', problems),
      attestations: readList(object, 'attestations', problems).flatMap((item) => readAttestation(item, problems)),
      components: readList(object, 'components', problems).flatMap((item) => readComponent(item, problems)),
      baseline: readText(object, 'baseline', 'the path of a file in the workspace', problems),
    },
    problems,
  };
}

function readText(
  object: { readonly [key: string]: Json },
  key: string,
  what: string,
  problems: SettingsProblem[],
): string | undefined {
  const value = object[key];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.trim() !== '' && workspacePath(value) !== null) return value;
  problems.push({ key, message: `"${key}" must be ${what}.` });
  return undefined;
}

function readList(
  object: { readonly [key: string]: Json },
  key: string,
  problems: SettingsProblem[],
): readonly { readonly [key: string]: Json }[] {
  const value = object[key] ?? [];
  const items = Array.isArray(value) ? (value as readonly Json[]) : [];
  const objects = items.filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
  if (!Array.isArray(value) || objects.length !== items.length) {
    problems.push({ key, message: `"${key}" must be a list of objects.` });
  }
  return objects as readonly { readonly [key: string]: Json }[];
}

/** Says what is wrong with a field of an entry; undefined when it may be missing and is. */
function readField(
  item: { readonly [key: string]: Json },
  key: string,
  isValid: (text: string) => boolean,
  problem: string,
  problems: SettingsProblem[],
): string | undefined {
  const value = item[key];
  if (typeof value === 'string' && isValid(value)) return value;
  problems.push({ key, message: problem });
  return undefined;
}

function readAttestation(item: { readonly [key: string]: Json }, problems: SettingsProblem[]): readonly Attestation[] {
  const isText = (text: string): boolean => text.trim() !== '';
  const subject = readField(
    item,
    'for',
    isText,
    'An attestation says what it is "for": a rule or a must-have.',
    problems,
  );
  const evidence = readField(
    item,
    'evidence',
    isText,
    'An attestation needs "evidence": where it can be seen.',
    problems,
  );
  const until = readField(item, 'until', isDate, 'An attestation ends: "until" is a day such as 2027-01-31.', problems);
  for (const key of Object.keys(item)) {
    if (!['for', 'evidence', 'until', 'by'].includes(key))
      problems.push({ key, message: `An attestation knows no "${key}"; known are for, evidence, until, by.` });
  }
  const by = item['by'] ?? '';
  if (typeof by !== 'string') problems.push({ key: 'by', message: '"by" must be a name.' });
  if (subject === undefined || evidence === undefined || until === undefined || typeof by !== 'string') return [];
  return [{ subject, evidence, until, by }];
}

function readComponent(
  item: { readonly [key: string]: Json },
  problems: SettingsProblem[],
): readonly DeclaredComponent[] {
  const path = readField(
    item,
    'path',
    (text) => workspacePath(text) !== null,
    'A component has a "path": its folder in the workspace.',
    problems,
  );
  for (const [key, value] of Object.entries(item)) {
    if (key === 'path' || (key === 'name' && typeof value === 'string')) continue;
    if (key === 'kind' && (COMPONENT_KINDS as readonly Json[]).includes(value)) continue;
    if (key === 'criticality' && (CRITICALITIES as readonly Json[]).includes(value)) continue;
    const message =
      key === 'kind'
        ? `"kind" is one of ${COMPONENT_KINDS.join(', ')}.`
        : key === 'criticality'
          ? `"criticality" is one of ${CRITICALITIES.join(', ')}.`
          : key === 'name'
            ? '"name" must be a text.'
            : `A component knows no "${key}"; known are path, name, kind, criticality.`;
    problems.push({ key, message });
    return [];
  }
  if (path === undefined) return [];
  const { name, kind, criticality } = item as Partial<Record<'name' | 'kind' | 'criticality', string>>;
  return [
    {
      path: workspacePath(path)!,
      ...(name === undefined ? {} : { name }),
      ...(kind === undefined ? {} : { kind: kind as ComponentKind }),
      ...(criticality === undefined ? {} : { criticality: criticality as Criticality }),
    },
  ];
}

/** Parses the text of `shipworthy.json`. */
export function parseSettings(text: string, knownRules: ReadonlySet<string>): ReturnType<typeof readSettings> {
  try {
    return readSettings(JSON.parse(text) as Json, knownRules);
  } catch (error) {
    const message = `The configuration is no valid JSON: ${error instanceof Error ? error.message : String(error)}`;
    return { settings: NO_SETTINGS, problems: [{ key: '', message }] };
  }
}

/** Name of the configuration file at the root of the workspace. */
export const CONFIGURATION_FILE = 'shipworthy.json';
