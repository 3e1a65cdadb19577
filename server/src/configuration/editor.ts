/** Settings that an editor has for itself, which come as plain values without a text. */
import type { EngineConfiguration, FolderScope, Level, Scope } from '../core/engine/configuration.ts';
import type { Json } from '../core/model/json.ts';
import type { Rule } from '../core/rulekit/rule.ts';
import type { FileSettings, RuleSetting } from './file.ts';
import type { Configuration } from './resolve.ts';
import { configurationSchema } from './schema.ts';
import type { ConfigValue } from './tree.ts';
import { validate } from './validate.ts';

export interface EditorSettings {
  readonly rules: Readonly<Record<string, Level>>;
  readonly exclude: readonly string[];
  readonly previewRules: boolean | undefined;
}

export const NO_EDITOR_SETTINGS: EditorSettings = { rules: {}, exclude: [], previewRules: undefined };

/** Settings, and sentences about what is wrong with them; that is left out. */
export function readEditorSettings(
  given: Readonly<Record<string, Json | undefined>>,
  rules: readonly Rule[],
): { readonly settings: EditorSettings; readonly problems: readonly string[] } {
  const { rules: levels, exclude, previewRules } = given;
  const object = Object.entries({ rules: levels, exclude, previewRules }).filter(([, value]) => value != null);
  const { value, faults } = validate(treeOf(Object.fromEntries(object) as Json), configurationSchema(rules));
  const settings = (value ?? {}) as FileSettings;
  return {
    settings: {
      rules: Object.fromEntries(
        Object.entries(settings.rules ?? {}).flatMap(([id, setting]: readonly [string, Level | RuleSetting]) => {
          const level = typeof setting === 'string' ? setting : setting.severity;
          return level === undefined ? [] : [[id, level] as const];
        }),
      ),
      exclude: settings.exclude ?? [],
      previewRules: settings.previewRules,
    },
    problems: faults.map(({ message }) => message),
  };
}

/**
 * The settings of files with those of the editor, which win. `editors`: what it says for each folder of the workspace;
 * `outside`: for what is in none.
 */
export function withEditorSettings(
  configuration: Configuration,
  editors: readonly { readonly prefix: string; readonly editor: EditorSettings }[],
  outside: EditorSettings,
): Omit<EngineConfiguration, 'today'> {
  const files = configuration.engineSettings();
  const given = (folder: string) =>
    editors.find(({ prefix }) => `${folder}/`.startsWith(prefix)) ?? { prefix: '', editor: outside };
  const withEditor = <S extends Scope>(scope: S, folder: string): S & { readonly previewRules: boolean } => {
    const { prefix, editor } = given(folder);
    const previewRules = configuration.wholeIn(prefix).previewRules?.value ?? editor.previewRules ?? true;
    return { ...scope, rules: { ...scope.rules, ...editor.rules }, previewRules };
  };
  const known = files.scopes ?? [];
  if (editors.length <= 1) {
    const scopes = known.map((scope) => ({ ...scope, rules: withEditor(scope, scope.folder).rules }));
    return { ...withEditor(files, ''), ...(scopes.length === 0 ? {} : { scopes }) };
  }
  const folders = editors.map(({ prefix }) => prefix.replace(/\/$/, ''));
  const silent = folders.filter((folder) => !known.some((scope) => scope.folder === folder));
  const scopes = [...silent.map((folder): FolderScope => ({ folder, rules: {} })), ...known].map((scope) =>
    withEditor(scope, scope.folder),
  );
  // What is in no folder is as in the first.
  const first = scopes.find(({ folder }) => folder === folders[0])!;
  return { ...files, rules: first.rules, previewRules: first.previewRules, scopes };
}

const NOWHERE = { start: 0, end: 0 };

function treeOf(value: Json): ConfigValue {
  if (Array.isArray(value)) return { kind: 'list', items: (value as readonly Json[]).map(treeOf), span: NOWHERE };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value as { readonly [key: string]: Json }).map(([key, item]) => ({
      key,
      keySpan: NOWHERE,
      value: treeOf(item),
    }));
    return { kind: 'map', entries, span: NOWHERE };
  }
  return { kind: 'scalar', value: value as null | boolean | number | string, span: NOWHERE };
}
