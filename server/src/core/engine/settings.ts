/**
 * Reads a configuration that a person wrote (`shipworthy.json` or editor settings) from plain data. Nothing is guessed:
 * what is not understood is reported, and what was valid before stays in force.
 */
import type { Json } from '../model/json.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';

export interface ReadSettings {
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  readonly exclude: readonly string[];
  readonly previewRules: boolean | undefined;
}

export const NO_SETTINGS: ReadSettings = { rules: {}, exclude: [], previewRules: undefined };

/** A sentence for the person who wrote the setting; `key` is the word to point at. */
export interface SettingsProblem {
  readonly key: string;
  readonly message: string;
}

const KEYS = ['$schema', 'rules', 'exclude', 'previewRules'];

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
    if (!KEYS.includes(key))
      problems.push({ key, message: `"${key}" is no setting; known are rules, exclude, previewRules.` });
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
    settings: { rules, exclude: patterns, previewRules: typeof preview === 'boolean' ? preview : undefined },
    problems,
  };
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
