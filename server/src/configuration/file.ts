/** One configuration file: what it says, and what is wrong with it as far as it can be told without other files. */

import type { Level } from '../core/engine/configuration.ts';
import { roleOfPath } from '../core/engine/roles.ts';
import type { ComponentKind, Criticality } from '../core/model/component.ts';
import { isDate } from '../core/model/day.ts';
import type { Json } from '../core/model/json.ts';
import type { Span } from '../core/model/location.ts';
import { directoryOf } from '../core/model/path.ts';
import type { Severity } from '../core/model/verdict.ts';
import type { Rule } from '../core/rulekit/rule.ts';
import type { Rubric } from '../core/score/types.ts';
import { configurationSchema } from './schema.ts';
import { type ConfigTree, type ConfigValue, type Fault, readTree } from './tree.ts';
import { endOf, shown, validate } from './validate.ts';

/** Names of configuration files. Where a folder holds several, the first of them counts. */
export const CONFIGURATION_NAMES: readonly string[] = [
  'shipworthy.json',
  'shipworthy.jsonc',
  'shipworthy.yaml',
  'shipworthy.yml',
];

/** Whether the path is that of a configuration file. */
export function isConfigurationPath(path: string): boolean {
  return CONFIGURATION_NAMES.includes(path.slice(path.lastIndexOf('/') + 1));
}

/** Whether a file that is found in the workspace is a configuration that holds: what others brought along does not. */
export function isOwnConfiguration(path: string): boolean {
  return isConfigurationPath(path) && roleOfPath(path) !== 'vendored';
}

export interface RuleSetting {
  readonly severity?: Level;
  readonly options?: Readonly<Record<string, Json>>;
}

/** When the command line fails. */
export interface Gates {
  readonly failOn?: Severity;
  readonly failUnder?: number;
  readonly newOnly?: boolean;
}

/** What a file says, as the schema describes it. */
export interface FileSettings {
  readonly extends?: string | readonly string[];
  readonly rules?: Readonly<Record<string, Level | RuleSetting>>;
  readonly paths?: {
    readonly exclude?: readonly string[];
    readonly test?: readonly string[];
    readonly generated?: readonly string[];
  };
  readonly exclude?: readonly string[];
  readonly previewRules?: boolean;
  readonly rubric?: string;
  readonly gates?: Gates;
  readonly components?: readonly {
    readonly path: string;
    readonly name?: string;
    readonly kind?: ComponentKind;
    readonly criticality?: Criticality;
  }[];
  readonly attestations?: readonly {
    readonly for: string;
    readonly evidence: string;
    readonly until: string;
    readonly by?: string;
  }[];
  readonly baseline?: string;
}

/** A file that another one builds on. */
export interface Base {
  /** Workspace path; null: none that may be read. */
  readonly path: string | null;
  readonly span: Span;
}

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  readonly tree: ConfigTree;
  /** Without what is wrong. */
  readonly settings: FileSettings;
  readonly bases: readonly Base[];
  readonly faults: readonly Fault[];
}

/** What files are checked by. */
export interface Vocabulary {
  readonly rules: readonly Rule[];
  /** The rubrics that ship. */
  readonly rubrics: readonly Rubric[];
}

/** A file that cannot be read. */
export function unreadableFile(path: string, message: string): ConfigFile {
  const fault = { span: { start: 0, end: 1 }, message };
  return { path, text: '', tree: { root: null, faults: [fault] }, settings: {}, bases: [], faults: [fault] };
}

/** `path`: workspace path; `root`: the workspace folder that it is in, '' or with a slash at its end. */
export function readConfigFile(path: string, root: string, text: string, vocabulary: Vocabulary): ConfigFile {
  const tree = readTree(path, text);
  if (tree.root === null) return { path, text, tree, settings: {}, bases: [], faults: tree.faults };
  const { value, faults } = validate(tree.root, configurationSchema(vocabulary.rules));
  const meaning = meaningFaults(tree.root, directoryOf(path.slice(root.length)), vocabulary);
  const wrong = new Set(meaning.map(({ setting }) => setting));
  const settings = Object.fromEntries(
    Object.entries((value ?? {}) as FileSettings).filter(([key]) => !wrong.has(key)),
  ) as FileSettings;
  const bases = basesOf(tree.root).map(({ text: name, span }): Base => {
    const inside = pathIn(directoryOf(path.slice(root.length)), name);
    return { path: inside === null ? null : root + inside, span };
  });
  // What is said of a text that is wrong as such may be wrong itself.
  return { path, text, tree, settings, bases, faults: tree.faults.length > 0 ? tree.faults : [...faults, ...meaning] };
}

function basesOf(root: ConfigValue): readonly ConfigText[] {
  const single = textAt(root, 'extends');
  const items = single === null ? itemsAt(root, 'extends') : [];
  const texts = items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? [{ text: item.value, span: item.span }] : [],
  );
  return [...(single === null ? [] : [single]), ...texts].filter(({ text }) => text.trim() !== '');
}

/** The path that a relative one means in a folder; null when it leaves the workspace. */
export function pathIn(folder: string, name: string): string | null {
  if (/^(?:\/|[A-Za-z]:)|\\|\0/.test(name)) return null;
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

/** What a schema cannot say, with the setting that is wrong. */
interface MeaningFault extends Fault {
  readonly setting: string;
}

/** `folder`: that of the file, in its workspace folder. */
function meaningFaults(root: ConfigValue, folder: string, { rules, rubrics }: Vocabulary): readonly MeaningFault[] {
  const faults: MeaningFault[] = [];
  const rubric = textAt(root, 'rubric');
  const known = rubrics.map(({ id }) => id);
  const checkPath = (setting: string, value: ConfigText | null, name = `"${setting}"`): void => {
    if (value === null || pathIn(folder, value.text) !== null) return;
    faults.push({
      setting,
      span: value.span,
      message: `${name} must be a path in the workspace, relative to this file.`,
    });
  };
  if (rubric !== null && !known.includes(rubric.text)) {
    if (/[./]/.test(rubric.text)) checkPath('rubric', rubric);
    else {
      const message = `There is no rubric ${shown(rubric.text)}, and this is no path${endOf(rubric.text, known)}`;
      faults.push({ setting: 'rubric', span: rubric.span, message });
    }
  }
  checkPath('baseline', textAt(root, 'baseline'));
  for (const item of itemsAt(root, 'components')) checkPath('components', textAt(item, 'path'), '"path"');
  const subjects = [
    ...rules.map(({ id }) => id),
    ...rubrics.flatMap(({ mustHaves = [] }) => mustHaves.map((m) => m.id)),
  ];
  // A rubric of one's own may have must-haves of its own.
  const isOpen = rubric !== null && !known.includes(rubric.text);
  for (const item of itemsAt(root, 'attestations')) {
    const until = textAt(item, 'until');
    const subject = textAt(item, 'for');
    if (until !== null && /^\d{4}-\d{2}-\d{2}$/.test(until.text) && !isDate(until.text))
      faults.push({ setting: 'attestations', span: until.span, message: '"until" is no day that exists.' });
    if (subject !== null && !isOpen && !subjects.includes(subject.text)) {
      const message = `There is no rule and no must-have ${shown(subject.text)}${endOf(subject.text, subjects)}`;
      faults.push({ setting: 'attestations', span: subject.span, message });
    }
  }
  return faults;
}

interface ConfigText {
  readonly text: string;
  readonly span: Span;
}

function textAt(value: ConfigValue, key: string): ConfigText | null {
  const found = entryOf(value, key);
  return found?.kind === 'scalar' && typeof found.value === 'string' ? { text: found.value, span: found.span } : null;
}

function itemsAt(value: ConfigValue, key: string): readonly ConfigValue[] {
  const found = entryOf(value, key);
  return found?.kind === 'list' ? found.items : [];
}

function entryOf(value: ConfigValue, key: string): ConfigValue | undefined {
  return value.kind === 'map' ? value.entries.find((entry) => entry.key === key)?.value : undefined;
}
