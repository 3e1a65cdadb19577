/**
 * What the configuration files of a workspace amount to, folder by folder: files that a file builds on come first, then
 * the file, then those of the folders below it; the nearest wins. A file with an error is left out as it is now, and goes
 * on as it was when it had none. Reads nothing: texts come in.
 */
import type {
  AnalysisSettings,
  Attestation,
  EngineConfiguration,
  FolderScope,
  Level,
  RolePatterns,
  Scope,
} from '../core/engine/configuration.ts';
import type { DeclaredComponent } from '../core/model/component.ts';
import type { Json } from '../core/model/json.ts';
import type { Span } from '../core/model/location.ts';
import { directoryOf } from '../core/model/path.ts';
import {
  CONFIGURATION_NAMES,
  type ConfigFile,
  type FileSettings,
  type Gates,
  isConfigurationPath,
  pathIn,
  type Vocabulary,
} from './file.ts';
import { WHOLE_WORKSPACE } from './schema.ts';
import { type Fault, placeOf } from './tree.ts';

export interface ConfigProblem extends Fault {
  /** Workspace path of the file. */
  readonly path: string;
  /** Errors keep a file from taking effect; the others do not. */
  readonly level: 'error' | 'warning' | 'information';
}

/** Where a setting comes from. */
export interface Origin {
  readonly file: ConfigFile;
  readonly span: Span;
}

export interface Setting<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** A pattern of the folder. */
export interface Pattern extends Setting<string> {
  readonly folder: string;
}

export const PATTERN_KINDS = ['exclude', 'test', 'generated'] as const;
export type PatternKind = (typeof PATTERN_KINDS)[number];

interface EffectiveRule {
  level: Setting<Level> | null;
  readonly options: Map<string, Setting<Json>>;
}

/** What holds for the files of a folder. */
export interface Effective {
  /** Files that hold, those that win last. */
  readonly files: readonly ConfigFile[];
  readonly rules: ReadonlyMap<string, EffectiveRule>;
  readonly patterns: Readonly<Record<PatternKind, readonly Pattern[]>>;
}

/** What holds for the workspace as a whole. */
export interface WholeSettings {
  readonly previewRules: Setting<boolean> | null;
  /** Name of a rubric that ships, or `./` and a path in the workspace folder. */
  readonly rubric: Setting<string> | null;
  readonly gates: { readonly [K in keyof Gates]: Setting<NonNullable<Gates[K]>> };
  /** Path in the workspace folder. */
  readonly baseline: Setting<string> | null;
  readonly attestations: readonly Setting<Attestation>[];
  readonly components: readonly Setting<DeclaredComponent>[];
}

export interface ResolveInput {
  /** Every file that was asked for, by workspace path; null: there is none. */
  readonly files: ReadonlyMap<string, ConfigFile | null>;
  /** Paths of the files that hold where they are. */
  readonly found: readonly string[];
  /** The folders of the workspace: `''` for a single one, otherwise names with a slash at the end. */
  readonly roots: readonly string[];
  readonly vocabulary: Vocabulary;
  /** What held until now. */
  readonly previous: Configuration | null;
}

interface Layer {
  readonly folder: string;
  readonly file: ConfigFile;
}

export class Configuration {
  readonly problems: readonly ConfigProblem[];
  readonly whole: WholeSettings;
  /** Files as they were the last time that nothing was wrong with them. */
  readonly #good: ReadonlyMap<string, ConfigFile>;
  readonly #holding: ReadonlyMap<string, ConfigFile>;
  /** Folder -> path of its configuration file. */
  readonly #holders: ReadonlyMap<string, string>;
  readonly #input: Omit<ResolveInput, 'previous'>;
  readonly #own = new Map<string, readonly Layer[]>();
  readonly #wholes = new Map<string, WholeSettings>();
  readonly #effective = new Map<string, Effective>();

  constructor(input: ResolveInput) {
    const { previous, ...rest } = input;
    this.#input = rest;
    const { files, found } = input;
    const goodBefore: ReadonlyMap<string, ConfigFile> = previous === null ? new Map() : previous.#good;
    const problems: ConfigProblem[] = [];
    const holders = new Map<string, string>();
    for (const path of [...found].sort(byPreference)) {
      const folder = directoryOf(path);
      const other = holders.get(folder);
      if (files.get(path) == null) continue;
      if (other === undefined) holders.set(folder, path);
      else {
        const message = `The configuration of this folder is ${nameOf(other)}; this file is not used.`;
        problems.push({ path, span: { start: 0, end: 1 }, message, level: 'warning' });
      }
    }
    this.#holders = holders;
    const good = new Map<string, ConfigFile>();
    const holding = new Map<string, ConfigFile>();
    for (const [path, file] of files) {
      if (file === null) continue;
      const faults = [...file.faults, ...baseFaults(file, files)];
      for (const { span, message } of faults) problems.push({ path, span, message, level: 'error' });
      const known = faults.length === 0 ? file : goodBefore.get(path);
      if (known !== undefined) good.set(path, known);
      holding.set(path, known ?? file);
    }
    this.#good = good;
    this.#holding = holding;
    for (const [folder, path] of holders) if (!this.#isRoot(folder)) problems.push(...idleSettings(files.get(path)!));
    this.problems = problems.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.span.start - b.span.start));
    this.whole = this.#wholeSettings(input.roots);
  }

  /** Paths of all files that were looked at, also of those that are not there. */
  get paths(): readonly string[] {
    return [...this.#input.files.keys()];
  }

  /** The files that were read, so that equal texts need not be read again. */
  get files(): ReadonlyMap<string, ConfigFile | null> {
    return this.#input.files;
  }

  /** Whether something is wrong that has to be mended first. */
  get isBroken(): boolean {
    return this.problems.some(({ level }) => level === 'error');
  }

  /** The same with other texts of some files: what an editor shows before it is saved. */
  withFiles(changed: ReadonlyMap<string, ConfigFile>): Configuration {
    const input = this.#input;
    const found = [...new Set([...input.found, ...[...changed.keys()].filter(isConfigurationPath)])];
    return new Configuration({ ...input, files: new Map([...input.files, ...changed]), found, previous: this });
  }

  #isRoot(folder: string): boolean {
    return this.#input.roots.some((root) => root === (folder === '' ? '' : `${folder}/`));
  }

  /** The workspace folder that a path is in. */
  #rootOf(path: string): string {
    return this.#input.roots.find((root) => path.startsWith(root)) ?? '';
  }

  /** The file of a folder after those that it builds on; each file once. */
  #ownLayers(folder: string): readonly Layer[] {
    let layers = this.#own.get(folder);
    if (layers === undefined) {
      const path = this.#holders.get(folder);
      const files = path === undefined ? [] : inOrder(path, this.#holding);
      layers = files.map((file) => ({ folder, file }));
      this.#own.set(folder, layers);
    }
    return layers;
  }

  /** What holds for the files of a folder; computed once for each folder. */
  effective(folder: string): Effective {
    const known = this.#effective.get(folder);
    if (known !== undefined) return known;
    const outer = folder === '' ? null : this.effective(directoryOf(folder));
    const own = this.#ownLayers(folder);
    const effective = outer !== null && own.length === 0 ? outer : withLayers(outer, own);
    this.#effective.set(folder, effective);
    return effective;
  }

  /** The configuration file of a folder, null when it has none. */
  fileOf(folder: string): string | null {
    return this.#holders.get(folder) ?? null;
  }

  /** Folders with a configuration file, outer ones first. */
  get folders(): readonly string[] {
    return [...this.#holders.keys()].sort();
  }

  /** Ignore patterns for a workspace folder, relative to it; with `ownOnly` those of its own configuration file. */
  excludeOf(root: string, ownOnly = false): readonly string[] {
    return this.folders
      .filter((folder) => (ownOnly ? `${folder}/` === (root || '/') : `${folder}/`.startsWith(root)))
      .flatMap((folder) => {
        const patterns = this.#ownLayers(folder).flatMap(({ file }) => patternsOf(file.settings, 'exclude'));
        return patterns.map((pattern) => patternIn(folder.slice(root.length), pattern));
      });
  }

  /** The part of the engine's configuration that comes from files. */
  engineSettings(): Omit<EngineConfiguration, 'today'> {
    const { previewRules, attestations } = this.whole;
    const scopes = this.folders.flatMap((folder): FolderScope[] =>
      folder === '' ? [] : [{ folder, ...this.#scope(folder) }],
    );
    const roles = this.folders.flatMap((folder) =>
      this.#ownLayers(folder).flatMap(({ file }) =>
        (['test', 'generated'] as const).flatMap((role): RolePatterns[] => {
          const patterns = patternsOf(file.settings, role);
          return patterns.length === 0 ? [] : [{ folder, role, patterns }];
        }),
      ),
    );
    const analysis: AnalysisSettings = {
      ...(scopes.length === 0 ? {} : { scopes }),
      ...(roles.length === 0 ? {} : { roles }),
    };
    return {
      ...this.#scope(''),
      ...analysis,
      previewRules: previewRules?.value ?? true,
      attestations: attestations.map(({ value }) => value),
      ...(attestations.length === 0
        ? {}
        : { attestedIn: [...new Set(attestations.map(({ origin }) => origin.file.path))] }),
    };
  }

  #scope(folder: string): Scope {
    const rules: Record<string, Level> = {};
    const options: Record<string, Json> = {};
    for (const [id, { level, options: given }] of this.effective(folder).rules) {
      if (level !== null) rules[id] = level.value;
      if (given.size === 0) continue;
      const defaults = this.#input.vocabulary.rules.find((rule) => rule.id === id)?.options?.default;
      const own = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
      options[id] = { ...(defaults as Readonly<Record<string, Json>>), ...own };
    }
    return Object.keys(options).length === 0 ? { rules } : { rules, options };
  }

  /** What holds for a folder of the workspace as a whole. */
  wholeIn(root: string): WholeSettings {
    const known = this.#wholes.get(root) ?? this.#wholeSettings([root]);
    this.#wholes.set(root, known);
    return known;
  }

  #wholeSettings(roots: readonly string[]): WholeSettings {
    const { vocabulary } = this.#input;
    const layers = roots.flatMap((root) =>
      this.#ownLayers(root.replace(/\/$/, '')).map(({ file }) => ({ root, file })),
    );
    /** Of several workspace folders the first that says something counts; in it the last file. */
    const last = <T>(keys: readonly string[], pick: (settings: FileSettings) => T | undefined): Setting<T> | null => {
      for (const root of roots) {
        for (const layer of layers.filter((each) => each.root === root).reverse()) {
          const value = pick(layer.file.settings);
          if (value !== undefined) return { value, origin: originOf(layer.file, keys) };
        }
      }
      return null;
    };
    const located = (setting: Setting<string> | null): Setting<string> | null => {
      if (setting === null) return null;
      const { path } = setting.origin.file;
      const inside = pathIn(directoryOf(path.slice(this.#rootOf(path).length)), setting.value);
      return inside === null ? null : { ...setting, value: inside };
    };
    const rubric = last(['rubric'], (settings) => settings.rubric);
    const isShipped = vocabulary.rubrics.some(({ id }) => id === rubric?.value);
    const own = isShipped ? null : located(rubric);
    const gate = <K extends keyof Gates>(key: K) => {
      const setting = last(['gates', key], (settings) => settings.gates?.[key]);
      return setting === null ? {} : { [key]: setting };
    };
    const attestations = layers.flatMap(({ file }) =>
      (file.settings.attestations ?? []).map(({ for: subject, evidence, until, by = '' }, at) => ({
        value: { subject, evidence, until, by },
        origin: originOf(file, ['attestations', at]),
      })),
    );
    const everywhere = this.folders.flatMap((folder) => this.#ownLayers(folder));
    const components = everywhere.flatMap(({ file }) => {
      const root = this.#rootOf(file.path);
      return (file.settings.components ?? []).flatMap((item, at): Setting<DeclaredComponent>[] => {
        const path = pathIn(directoryOf(file.path.slice(root.length)), item.path);
        if (path === null) return [];
        return [{ value: { ...item, path: root + path }, origin: originOf(file, ['components', at]) }];
      });
    });
    return {
      previewRules: last(['previewRules'], (settings) => settings.previewRules),
      rubric: isShipped ? rubric : own === null ? null : { ...own, value: `./${own.value}` },
      gates: { ...gate('failOn'), ...gate('failUnder'), ...gate('newOnly') },
      baseline: located(last(['baseline'], (settings) => settings.baseline)),
      attestations,
      components,
    };
  }

  /** Every pattern of files that hold as they are now, with its folder. */
  currentPatterns(kind: PatternKind): readonly Pattern[] {
    return this.folders.flatMap((folder) =>
      this.#ownLayers(folder).flatMap((layer) =>
        this.#input.files.get(layer.file.path) === layer.file ? ownPatterns(layer, kind) : [],
      ),
    );
  }
}

/** A workspace without configuration files. */
export function emptyConfiguration(vocabulary: Vocabulary, roots: readonly string[] = ['']): Configuration {
  return new Configuration({ files: new Map(), found: [], roots, vocabulary, previous: null });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function byPreference(a: string, b: string): number {
  return CONFIGURATION_NAMES.indexOf(nameOf(a)) - CONFIGURATION_NAMES.indexOf(nameOf(b)) || (a < b ? -1 : 1);
}

/** What is wrong with the files that a file builds on. One that nobody has asked for yet is not judged. */
function baseFaults(file: ConfigFile, files: ReadonlyMap<string, ConfigFile | null>): readonly Fault[] {
  return file.bases.flatMap(({ path, span }): Fault[] => {
    if (path === null) return [{ span, message: 'This leads out of the workspace.' }];
    if (!/\.(?:jsonc?|ya?ml)$/i.test(path)) return [{ span, message: 'A configuration is a JSON or YAML file.' }];
    if (files.get(path) === null) return [{ span, message: 'There is no such file.' }];
    return reaches(path, file.path, files) ? [{ span, message: 'This file builds on itself by way of this one.' }] : [];
  });
}

function reaches(from: string, to: string, files: ReadonlyMap<string, ConfigFile | null>): boolean {
  const seen = new Set([from]);
  for (const path of seen) {
    if (path === to) return true;
    for (const base of files.get(path)?.bases ?? []) if (base.path !== null) seen.add(base.path);
  }
  return false;
}

/** Files that a file builds on, and then itself; each once, whatever leads to it. */
function inOrder(path: string, files: ReadonlyMap<string, ConfigFile>): readonly ConfigFile[] {
  const result: ConfigFile[] = [];
  const entered = new Set<string>();
  const pending: { readonly path: string; readonly leave: boolean }[] = [{ path, leave: false }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const file = files.get(item.path);
    if (file === undefined) continue;
    if (item.leave) result.push(file);
    if (item.leave || entered.has(item.path)) continue;
    entered.add(item.path);
    pending.push({ path: item.path, leave: true });
    for (const base of [...file.bases].reverse())
      if (base.path !== null) pending.push({ path: base.path, leave: false });
  }
  return result;
}

/** Settings of a file below the root that only count at the root. */
function idleSettings({ path, tree }: ConfigFile): readonly ConfigProblem[] {
  const entries = tree.root?.kind === 'map' ? tree.root.entries : [];
  return entries.flatMap(({ key, keySpan }): ConfigProblem[] => {
    if (!WHOLE_WORKSPACE.includes(key)) return [];
    const message = `"${key}" counts in the configuration of the whole workspace; here it takes effect when this folder is audited by itself.`;
    return [{ path, span: keySpan, message, level: 'information' }];
  });
}

function originOf(file: ConfigFile, keys: readonly (string | number)[]): Origin {
  return { file, span: placeOf(file.tree.root, keys) ?? { start: 0, end: 0 } };
}

function patternsOf({ paths, exclude = [] }: FileSettings, kind: PatternKind): readonly string[] {
  return kind === 'exclude' ? [...exclude, ...(paths?.exclude ?? [])] : (paths?.[kind] ?? []);
}

function ownPatterns({ folder, file }: Layer, kind: PatternKind): readonly Pattern[] {
  const { exclude = [], paths } = file.settings;
  const at = (value: string, keys: readonly (string | number)[]): Pattern => ({
    value,
    folder,
    origin: originOf(file, keys),
  });
  return [
    ...(kind === 'exclude' ? exclude.map((value, i) => at(value, ['exclude', i])) : []),
    ...(paths?.[kind] ?? []).map((value, i) => at(value, ['paths', kind, i])),
  ];
}

/** What holds in a folder: what holds around it, and what its own files say. */
function withLayers(outer: Effective | null, own: readonly Layer[]): Effective {
  const rules = new Map<string, EffectiveRule>(
    [...(outer?.rules ?? [])].map(([id, { level, options }]) => [id, { level, options: new Map(options) }]),
  );
  for (const { file } of own) {
    for (const [id, given] of Object.entries(file.settings.rules ?? {})) {
      const rule = rules.get(id) ?? { level: null, options: new Map() };
      rules.set(id, rule);
      if (typeof given === 'string') {
        rule.level = { value: given, origin: originOf(file, ['rules', id]) };
        continue;
      }
      if (given.severity !== undefined)
        rule.level = { value: given.severity, origin: originOf(file, ['rules', id, 'severity']) };
      for (const [key, value] of Object.entries(given.options ?? {})) {
        rule.options.set(key, { value, origin: originOf(file, ['rules', id, 'options', key]) });
      }
    }
  }
  const patternsFor = (kind: PatternKind): readonly Pattern[] => [
    ...(outer?.patterns[kind] ?? []),
    ...own.flatMap((layer) => ownPatterns(layer, kind)),
  ];
  const patterns = { exclude: patternsFor('exclude'), test: patternsFor('test'), generated: patternsFor('generated') };
  return { files: [...(outer?.files ?? []), ...own.map(({ file }) => file)], rules, patterns };
}

/** An ignore pattern of a folder as one of the folder around all: it says the same of the same files. */
export function patternIn(folder: string, pattern: string): string {
  if (folder === '') return pattern;
  const negated = pattern.startsWith('!');
  const body = negated ? pattern.slice(1) : pattern;
  if (body.trim() === '' || body.startsWith('#')) return '';
  const place = folder.replace(/[\\*?[\]!#]/g, '\\$&');
  const isAnchored = /\/(?=.)/.test(body.trimEnd());
  return `${negated ? '!' : ''}/${place}/${isAnchored ? body.replace(/^\//, '') : `**/${body}`}`;
}
