/**
 * The settings of every folder of the workspace: what the editor says for it, and its own `shipworthy.json`. Reads, and
 * reports what is wrong; it applies nothing.
 */
import type { Attestation, EngineConfiguration, RuleConfiguration } from '../core/engine/configuration.ts';
import {
  CONFIGURATION_FILE,
  NO_SETTINGS,
  parseSettings,
  type ReadSettings,
  readSettings,
  type SettingsProblem,
} from '../core/engine/settings.ts';
import type { DeclaredComponent } from '../core/model/component.ts';
import type { Json } from '../core/model/json.ts';
import type { Host } from '../host/host.ts';
import type { Root } from './roots.ts';

export interface FolderSettings {
  readonly root: Root;
  /** What the editor says for this folder. */
  readonly editor: ReadSettings;
  /** What the folder's configuration file says. */
  readonly file: ReadSettings;
  /** Whether there is such a file. */
  readonly hasFile: boolean;
  /** What is wrong with the file. */
  readonly problems: readonly SettingsProblem[];
}

/** Settings of the editor from what it sent for a folder. */
export function readEditorSettings(
  given: Readonly<Record<string, Json>> | null,
  knownRules: ReadonlySet<string>,
): ReturnType<typeof readSettings> {
  const { rules, exclude, previewRules } = given ?? {};
  const object: Record<string, Json> = { rules: rules ?? {}, exclude: exclude ?? [] };
  if (previewRules != null) object['previewRules'] = previewRules;
  return readSettings(object, knownRules);
}

/** The settings of a folder. */
export async function readFolderSettings(
  root: Root,
  host: Host,
  editor: ReadSettings,
  knownRules: ReadonlySet<string>,
): Promise<FolderSettings> {
  const text = await host.read(CONFIGURATION_FILE);
  if (typeof text !== 'string') return { root, editor, file: NO_SETTINGS, hasFile: false, problems: [] };
  const { settings, problems } = parseSettings(text, knownRules);
  return { root, editor, file: settings, hasFile: true, problems };
}

/** What the editor says wins over the file, as a folder's settings win over the user's. */
function rulesOf({ editor, file }: FolderSettings): RuleConfiguration {
  return {
    rules: { ...file.rules, ...editor.rules },
    previewRules: file.previewRules ?? editor.previewRules ?? true,
  };
}

/** Patterns of what is left out of a folder. */
export function excludesOf({ editor, file }: FolderSettings): readonly string[] {
  return [...editor.exclude, ...file.exclude];
}

/** The configuration of the engine; with one folder, or none, there is nothing to tell apart. */
export function engineConfiguration(
  folders: readonly FolderSettings[],
  outside: ReadSettings,
  today: string,
): EngineConfiguration {
  const [first = { root: null, editor: outside, file: NO_SETTINGS, hasFile: false, problems: [] }] = folders;
  return {
    ...rulesOf(first as FolderSettings),
    today,
    attestations: attestationsOf(folders),
    ...(folders.length > 1
      ? { folders: folders.map((folder) => ({ prefix: folder.root.prefix, ...rulesOf(folder) })) }
      : {}),
  };
}

function attestationsOf(folders: readonly FolderSettings[]): readonly Attestation[] {
  return folders.flatMap(({ file }) => file.attestations);
}

/** Components as paths of the workspace. */
export function declaredComponents(folders: readonly FolderSettings[]): readonly DeclaredComponent[] {
  return folders.flatMap(({ root, file }) =>
    file.components.map((component) => ({
      ...component,
      path: (root.prefix + component.path).replace(/\/$/, ''),
    })),
  );
}
