/**
 * The language server: one engine for all folders of the workspace, fed by the editor's documents and by the file
 * system, and the answers that LSP asks for. Everything runs on one thread in short slices; what is published always
 * belongs to the newest text that has arrived. It computes no finding itself.
 */

import {
  type CancellationToken,
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
  DidChangeConfigurationNotification,
  type DidChangeTextDocumentParams,
  DidChangeWatchedFilesNotification,
  type DocumentDiagnosticReport,
  FileChangeType,
  type FileEvent,
  type Hover,
  type InitializeParams,
  type ResultProgressReporter,
  type WorkspaceDiagnosticReport,
  type WorkspaceDiagnosticReportPartialResult,
  type WorkspaceDocumentDiagnosticReport,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import { URI } from 'vscode-uri';
import {
  type EditorSettings,
  NO_EDITOR_SETTINGS,
  readEditorSettings,
  withEditorSettings,
} from '../configuration/editor.ts';
import { isOwnConfiguration, readConfigFile, type Vocabulary } from '../configuration/file.ts';
import { loadConfiguration } from '../configuration/load.ts';
import { idlePatterns } from '../configuration/patterns.ts';
import { createRecipes } from '../configuration/recipes.ts';
import { type ConfigProblem, type Configuration, emptyConfiguration } from '../configuration/resolve.ts';
import type { FindingContext } from '../core/engine/baseline.ts';
import { analysisSettings, CONFIGURATION_FILE, type EngineConfiguration } from '../core/engine/configuration.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { Problem } from '../core/engine/problem.ts';
import { isManifest, languageOf } from '../core/engine/roles.ts';
import { suppressionComment } from '../core/engine/suppressions.ts';
import type { DeclaredComponent } from '../core/model/component.ts';
import type { Finding, ResolvedFix } from '../core/model/finding.ts';
import type { Json } from '../core/model/json.ts';
import { directoryOf } from '../core/model/path.ts';
import { TOOL_NAME } from '../core/model/tool.ts';
import { SEVERITIES, type Severity } from '../core/model/verdict.ts';
import { agentFindings, agentPreview, agentScorecard, type FindingFilter } from '../core/present/agent.ts';
import type { Audit } from '../core/present/audit.ts';
import { type BuildOptions, buildAudit, ruleDocsUri } from '../core/present/build.ts';
import { dashboardOf, type TrendEntry, trendEntry } from '../core/present/dashboard.ts';
import { toMarkdown } from '../core/present/document.ts';
import { hoverMarkdown, type RuleLevel, rulePage } from '../core/present/explain.ts';
import { historyEntry, pastOf, previousOf, readHistory, writeHistoryEntry } from '../core/present/history.ts';
import { toHtmlReport } from '../core/present/html.ts';
import { toJsonReport } from '../core/present/json.ts';
import { toMarkdownReport } from '../core/present/markdown.ts';
import { summaryReport } from '../core/present/report.ts';
import { NO_EXAMPLES, type RuleExamples, ruleDocument } from '../core/present/ruleDoc.ts';
import { toSarif } from '../core/present/sarif.ts';
import { presentStatus, type StatusState } from '../core/present/status.ts';
import { counted } from '../core/present/text.ts';
import { componentTree } from '../core/present/tree/components.ts';
import { decisionsTree } from '../core/present/tree/decisions.ts';
import type { TreeModel } from '../core/present/tree/element.ts';
import { type Circumstances, filterChoices, readViewOptions } from '../core/present/tree/filter.ts';
import { scorecardTree } from '../core/present/tree/scorecard.ts';
import { rubricPath } from '../core/score/rubric.ts';
import type { Rubric, Scorecard } from '../core/score/types.ts';
import { hashText } from '../core/text/hash.ts';
import { indexLines, rangeOf } from '../core/text/lines.ts';
import { applyChanges, type Snapshot, snapshotOf } from '../core/text/snapshot.ts';
import {
  type Cache,
  type Filter,
  type HistoryStore,
  type Host,
  isProblem,
  type ScanFiles,
  type ScanItem,
  type ScanOptions,
  type ScanResult,
  type SourceFile,
} from '../host/host.ts';
import { cacheWithRecipes } from '../host/recipeCache.ts';
import { componentsOf } from '../knowledge/project/components.ts';
import { ownersIn } from '../knowledge/project/owners.ts';
import {
  ACTIONS_REQUEST,
  type ActionChoice,
  type ActionsParams,
  type ActionsResult,
  CANCEL_SCAN_REQUEST,
  COUNTERS_REQUEST,
  type CountersResult,
  DASHBOARD_REQUEST,
  type DashboardResult,
  FILTERS_REQUEST,
  type FileMark,
  type FiltersParams,
  type FiltersResult,
  type InitializationOptions,
  MARKS_REQUEST,
  REPORT_REQUEST,
  RESCAN_REQUEST,
  type ReportParams,
  type ReportResult,
  RULE_DOC_REQUEST,
  RULE_FIX_REQUEST,
  RULE_PAGE_REQUEST,
  RULES_REQUEST,
  type RuleDocParams,
  type RuleDocResult,
  type RuleFixParams,
  type RuleFixResult,
  type RuleItem,
  type RulePage,
  type RulePageParams,
  SETTINGS_SECTION,
  SETTLED_REQUEST,
  type SettledResult,
  STATUS_NOTIFICATION,
  type StatusParams,
  SUPPRESS_COMMAND,
  TOOL_REQUEST,
  type ToolParams,
  type ToolResult,
  TREE_REQUEST,
  type TreeElement,
  type TreeParams,
  type ViewName,
  type ViewOptions,
} from '../protocol.ts';
import { BaselineMatcher, readBaselines } from './baselines.ts';
import {
  type ActionData,
  type DiagnosticData,
  type EditTarget,
  placeUri,
  ruleCommandUri,
  toAcceptAction,
  toAnnotatedEdit,
  toCodeActions,
  toDiagnostic,
  toWorkspaceEdit,
} from './convert.ts';
import { type FileText, replacingEdit, withSetting } from './fileEdits.ts';
import { combineFixes, preferred, safeAnywhere, safeAtHome } from './fixPlan.ts';
import { FIX_ALL_KIND, SOURCE } from './handshake.ts';
import { locate, pathOf, type Root, rootsOf, uriOf } from './roots.ts';

/** A choice whose action this server made. */
type ServerChoice = ActionChoice & { readonly action: CodeAction };

/** Where a baseline begins when the configuration names none. */
const DEFAULT_BASELINE = '.shipworthy-baseline.json';
/** Milliseconds without an edit after which a document is parsed afresh. */
const SETTLE_DELAY = 300;
/** Milliseconds that the scan and judges may work before they let messages through. */
const SLICE = 8;
/** Milliseconds that judges of the workspace may take for a key; the others wait until the text has settled. */
const TYPING_BUDGET = 4;
/** Milliseconds between two updates of the scorecard. */
const STATUS_INTERVAL = 200;
/** Milliseconds after which what was found in files that changed is written to the cache. */
const SAVE_DELAY = 60_000;
/** Milliseconds between two audits that are remembered. */
const HISTORY_INTERVAL = 3_600_000;
/** Milliseconds between two looks at which commit is checked out. */
const COMMIT_INTERVAL = 60_000;

const LEVELS: Readonly<Record<ConfigProblem['level'], DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

export interface ServerParts {
  readonly connection: Connection;
  readonly createEngine: () => Promise<Engine>;
  readonly createHost: (folder: string) => Host;
  /** The cache of a workspace. `folder`: where the client wants it, undefined: the default; null result: there is none. */
  readonly openCache?: (roots: readonly Root[], folder: string | undefined) => Cache | null;
  /** Analyses many files at once; without it, or when it fails, this thread does. */
  readonly scanFiles?: ScanFiles;
  /** What configuration files are checked by. */
  readonly vocabulary: Vocabulary;
  /** The rubric that the configuration names; `read` gives the text of a file of the workspace, or null. */
  readonly chooseRubric: (
    name: string | undefined,
    read: (path: string) => Promise<string | null>,
    knownRules: ReadonlySet<string>,
  ) => Promise<{ readonly rubric: Rubric; readonly problems: readonly string[] }>;
  /** Examples of rules, by id; without it there are none. */
  readonly readExamples?: () => Promise<Readonly<Record<string, RuleExamples>>>;
  /** What is checked out in a folder; null when that cannot be told. */
  readonly commitOf?: (folder: string) => Promise<string | null>;
  /** The history in a folder that the client named; null when that is no place for one. */
  readonly openHistory?: (folder: string) => HistoryStore | null;
  /** The time, such as `2027-01-31T09:30:00Z`. */
  readonly now: () => string;
}

interface Document {
  readonly uri: string;
  readonly path: string;
  version: number;
  /** Text as long as the engine does not have the file: before it is there, and while the file is not to be judged. */
  held: Snapshot | null;
  settleTimer: NodeJS.Timeout | null;
}

/** What happened to a file since it was read; it may have changed in any case. */
interface FileEvents {
  readonly created: boolean;
  readonly deleted: boolean;
}

interface WorkspacePull {
  readonly progress: ResultProgressReporter<WorkspaceDiagnosticReportPartialResult>;
  finish(): void;
}

interface ClientAbilities {
  readonly pull: boolean;
  readonly refresh: boolean;
  readonly configuration: boolean;
  readonly watch: boolean;
  readonly progress: boolean;
  readonly resolveEdit: boolean;
  /** Edits can be shown before they are applied. */
  readonly annotations: boolean;
  readonly commandLinks: boolean;
}

/** Serves a connection on which the client's `initialize` was answered: see handshake.ts. */
export function serve(parts: ServerParts, params: InitializeParams): void {
  new LanguageServer(parts, params).listen();
}

class LanguageServer {
  readonly #connection: Connection;
  readonly #parts: ServerParts;
  readonly #documents = new Map<string, Document>();
  readonly #hosts = new Map<Root, Host>();
  /** Files that were read since the scan began: what it brings of them may be older. */
  readonly #readSinceScan = new Set<string>();
  /** What the client said of files on the disk and nobody has looked into yet: URI to what happened to it. */
  readonly #events = new Map<string, FileEvents>();
  #reading = false;
  /** Work that is under way; who wants the final state waits for it. */
  readonly #work = new Set<Promise<void>>();
  #roots: readonly Root[] = [];
  #engine: Engine | null = null;
  #abilities: ClientAbilities = {
    pull: false,
    refresh: false,
    configuration: false,
    watch: false,
    progress: false,
    resolveEdit: false,
    annotations: false,
    commandLinks: false,
  };
  #enabled = true;
  /** What the editor says outside of folders, and for each of several. */
  #editorSettings: EditorSettings = NO_EDITOR_SETTINGS;
  #editorOf: ReadonlyMap<Root, EditorSettings> = new Map();
  #configuration: Configuration;
  /** Configuration files below the roots, as far as they were met. */
  #nested: ReadonlySet<string> = new Set();
  /** What the patterns of the configuration exclude; null before the first scan. */
  #excluded: readonly string[] | null = null;
  /** What is wrong with configuration files, and what it was found for. */
  #configProblems: { readonly key: readonly unknown[]; readonly problems: readonly ConfigProblem[] } | null = null;
  /** How often files came or went. */
  #arrivals = 0;
  #matcher: BaselineMatcher | null = null;
  #rubric: Rubric | null = null;
  #rubricProblems: readonly ConfigProblem[] = [];
  #baselineFiles: readonly string[] = [];
  /** The file that the rubric comes from. */
  #rubricFile: string | null = null;
  #today = '';
  #unread: Problem[] = [];
  /** How often it has changed which files are taken: who asked before has to ask again. */
  #exclusions = 0;
  #configuring: Promise<void> = Promise.resolve();
  #scan: Promise<void> = Promise.resolve();
  #scanGeneration = 0;
  /** What the client said of the cache: its folder, null for none, undefined for the default. */
  #cacheFolder: string | null | undefined;
  #cache: Cache | null | undefined;
  #saving: Promise<void> = Promise.resolve();
  #history: HistoryStore | null = null;
  /** The time in milliseconds before which no audit is remembered; one such attempt waits for the other. */
  #rememberFrom = 0;
  #remembering: Promise<void> = Promise.resolve();
  #past: Promise<readonly TrendEntry[]> | null = null;
  #saveTimer: NodeJS.Timeout | null = null;
  #state: StatusState = 'starting';
  #stateMessage = '';
  #revision = 0;
  #publishedRevision = -1;
  /** How it stood when the workspace was opened: the scorecard, and fingerprints of the findings. */
  #opening: { readonly scorecard: Scorecard; readonly findings: ReadonlySet<string> } | null = null;
  #fullAudit: { readonly revision: number; readonly audit: Audit } | null = null;
  /** Trees by view and options. */
  #trees: { readonly revision: number; readonly models: Map<string, TreeModel> } = { revision: -1, models: new Map() };
  #scorecard: { readonly revision: number; readonly scorecard: Scorecard } | null = null;
  /** Goes on telling the client what changed. */
  #flushing: NodeJS.Timeout | null = null;
  #statusTimer: NodeJS.Timeout | null = null;
  /** The scorecard before the edits that are under way, or were the last. */
  #beforeEdit: Scorecard | null = null;
  /** The scan that the user has cancelled. */
  #cancelledScan = -1;
  /** Paths whose diagnostics may differ from what the client has. */
  readonly #stale = new Set<string>();
  /** Result ids that the client has: of documents that it pulled, and of files by workspace report or push. */
  readonly #pulled = new Map<string, string>();
  readonly #reported = new Map<string, string>();
  #pull: WorkspacePull | null = null;
  #loggedProblems = 0;
  #examples: Promise<Readonly<Record<string, RuleExamples>>> | null = null;

  constructor(parts: ServerParts, params: InitializeParams) {
    this.#parts = parts;
    this.#connection = parts.connection;
    this.#configuration = emptyConfiguration(parts.vocabulary);
    this.#initialize(params);
  }

  listen(): void {
    const connection = this.#connection;
    connection.onInitialized(() => {
      // Whoever wants other settings waits until there is something to apply them to.
      this.#configuring = this.#start();
      this.#track(this.#configuring);
    });
    connection.onShutdown(() => this.#shutdown());
    connection.onDidOpenTextDocument(({ textDocument }) => {
      this.#open(textDocument.uri, textDocument.version, textDocument.text);
    });
    connection.onDidChangeTextDocument((params) => this.#change(params));
    connection.onDidCloseTextDocument(({ textDocument }) => this.#track(this.#close(textDocument.uri)));
    connection.onDidChangeConfiguration(() => this.#track(this.#reconfigure()));
    connection.onDidChangeWatchedFiles(({ changes }) => this.#filesChanged(changes));
    connection.languages.diagnostics.on((params) =>
      this.#documentDiagnostics(params.textDocument.uri, params.previousResultId),
    );
    connection.languages.diagnostics.onWorkspace((params, token, _progress, results) =>
      this.#workspaceDiagnostics(params.previousResultIds, token, results),
    );
    connection.onCodeAction((params) => this.#codeActions(params));
    connection.onCodeActionResolve((action) => this.#resolve(action));
    connection.onHover(({ textDocument, position }) => this.#hover(textDocument.uri, position));
    connection.onRequest(TREE_REQUEST, (params: TreeParams): readonly TreeElement[] => this.#treeElements(params));
    connection.onRequest(ACTIONS_REQUEST, (params: ActionsParams): ActionsResult => this.#actionChoices(params));
    connection.onRequest(FILTERS_REQUEST, (params: FiltersParams): FiltersResult => this.#filterChoices(params));
    connection.onRequest(RULE_DOC_REQUEST, (params: RuleDocParams): Promise<RuleDocResult> => this.#ruleDoc(params));
    connection.onRequest(
      RULE_PAGE_REQUEST,
      (params: RulePageParams): Promise<RulePage | null> => this.#rulePage(params),
    );
    connection.onRequest(DASHBOARD_REQUEST, (): Promise<DashboardResult> => this.#dashboard());
    connection.onRequest(RULE_FIX_REQUEST, (params: RuleFixParams): Promise<RuleFixResult> => this.#ruleFix(params));
    connection.onRequest(TOOL_REQUEST, (params: ToolParams): Promise<ToolResult> => this.#tool(params));
    connection.onRequest(RULES_REQUEST, (): readonly RuleItem[] => this.#ruleItems());
    connection.onRequest(REPORT_REQUEST, (params: ReportParams): Promise<ReportResult> => this.#report(params));
    connection.onRequest(SETTLED_REQUEST, (): Promise<SettledResult> => this.#settled());
    connection.onRequest(COUNTERS_REQUEST, (): CountersResult | null => this.#engine?.counters ?? null);
    connection.onRequest(CANCEL_SCAN_REQUEST, () => {
      this.#cancelledScan = this.#scanGeneration;
      return null;
    });
    connection.onRequest(MARKS_REQUEST, (): readonly FileMark[] => this.#marks());
    connection.onRequest(RESCAN_REQUEST, () => {
      this.#beforeEdit = null;
      this.#cache?.forget();
      // Nothing that was heard of the disk is believed, not even about the settings.
      this.#track(this.#reconfigure().then(() => this.#rescan()));
      return null;
    });
  }

  #initialize(params: InitializeParams): void {
    const { capabilities } = params;
    const options = (params.initializationOptions ?? {}) as InitializationOptions;
    this.#abilities = {
      pull: capabilities.textDocument?.diagnostic !== undefined,
      refresh: capabilities.workspace?.diagnostics?.refreshSupport === true,
      configuration: capabilities.workspace?.configuration === true,
      watch: capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
      progress: capabilities.window?.workDoneProgress === true,
      resolveEdit: capabilities.textDocument?.codeAction?.resolveSupport?.properties.includes('edit') === true,
      annotations: capabilities.workspace?.workspaceEdit?.changeAnnotationSupport !== undefined,
      commandLinks: options.commandLinks === true,
    };
    const { cacheFolder } = options;
    this.#cacheFolder = cacheFolder === null || typeof cacheFolder === 'string' ? cacheFolder : undefined;
    const { historyFolder } = options;
    this.#history = typeof historyFolder === 'string' ? (this.#parts.openHistory?.(historyFolder) ?? null) : null;
    const folders =
      params.workspaceFolders ?? (params.rootUri != null ? [{ uri: params.rootUri, name: 'workspace' }] : []);
    this.#setRoots(folders);
  }

  #setRoots(folders: readonly { readonly uri: string; readonly name: string }[]): void {
    this.#roots = rootsOf(folders);
    this.#hosts.clear();
    for (const root of this.#roots) this.#hosts.set(root, this.#parts.createHost(root.folder));
    this.#cache = undefined;
    this.#nested = new Set();
    this.#excluded = null;
    this.#configuration = emptyConfiguration(
      this.#parts.vocabulary,
      this.#roots.map((root) => root.prefix),
    );
  }

  /** Opened when it is needed: `initialize` is answered without it. */
  #openCache(): Cache | null {
    if (this.#cache === undefined) {
      const folder = this.#cacheFolder;
      const wanted = folder !== null && this.#roots.length > 0;
      this.#cache = wanted ? (this.#parts.openCache?.(this.#roots, folder) ?? null) : null;
    }
    return this.#cache;
  }

  async #start(): Promise<void> {
    const connection = this.#connection;
    if (this.#abilities.configuration) {
      await connection.client.register(DidChangeConfigurationNotification.type, { section: SETTINGS_SECTION });
    }
    if (this.#abilities.watch) {
      await connection.client.register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: '**/*' }] });
    }
    connection.workspace.onDidChangeWorkspaceFolders(async () => {
      this.#setRoots((await connection.workspace.getWorkspaceFolders()) ?? []);
      this.#renameDocuments();
      this.#opening = null;
      this.#track(this.#reconfigure().then(() => this.#rescan()));
    });
    try {
      const engine = await this.#parts.createEngine();
      this.#matcher = new BaselineMatcher(engine);
      await this.#readSettings(engine);
      this.#applySettings(engine);
      for (const document of this.#enabled ? this.#documents.values() : []) this.#release(document, engine);
      engine.judge();
      this.#engine = engine;
      this.#flush();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#rescan();
  }

  async #shutdown(): Promise<void> {
    this.#scanGeneration++;
    this.#pull?.finish();
    for (const document of this.#documents.values())
      if (document.settleTimer !== null) clearTimeout(document.settleTimer);
    if (this.#statusTimer !== null) clearTimeout(this.#statusTimer);
    if (this.#flushing !== null) clearTimeout(this.#flushing);
    this.#engine?.dispose();
    this.#engine = null;
    await this.#save(null);
  }

  // --- settings -----------------------------------------------------------------------------------------------------

  /** Reads the editor's settings and the configuration files; returns whether anything is different. */
  async #readSettings(engine: Engine): Promise<boolean> {
    const settings = (): string =>
      JSON.stringify([
        this.#enabled,
        this.#engineSettings(),
        this.#rubric,
        this.#components,
        this.#excludes,
        this.#matcher?.baselines,
      ]);
    const before = settings();
    this.#editorSettings = await this.#pullSettings(undefined, engine);
    const editors = new Map<Root, EditorSettings>();
    for (const root of this.#roots.length > 1 ? this.#roots : []) {
      editors.set(root, await this.#pullSettings(root.uri, engine));
    }
    this.#editorOf = editors;
    const roots = this.#roots;
    const previous = this.#configuration;
    const configuration = await loadConfiguration({
      roots: roots.map((root) => root.prefix),
      nested: this.#nested,
      read: (path) => this.#readSettingsFile(path),
      vocabulary: this.#parts.vocabulary,
      previous,
    });
    // Folders that came meanwhile are read by who told of them.
    if (roots !== this.#roots) return false;
    this.#configuration = configuration;
    for (const { path } of [...previous.problems, ...configuration.problems]) this.#stale.add(path);
    for (const [path, file] of configuration.files) if (file !== null) this.#stale.add(path);
    await this.#readRubric(engine);
    const named = roots.flatMap((root) => {
      const setting = configuration.wholeIn(root.prefix).baseline;
      return setting === null ? [] : [{ root, inside: setting.value }];
    });
    const baselines = await readBaselines(named, (root) => this.#hosts.get(root)!);
    this.#matcher?.setBaselines(baselines);
    this.#baselineFiles = baselines.map(({ path }) => path);
    this.#today = this.#day();
    return before !== settings();
  }

  /** The text of a file of the workspace, null when there is none, or why it cannot be read. */
  async #readSettingsFile(path: string): Promise<string | null | Problem> {
    const found = locate(this.#roots, path);
    const text = await (found === null ? null : this.#hosts.get(found.root)?.read(found.inside));
    if (text == null || typeof text === 'string') return text ?? null;
    return text.kind === 'missing' ? null : text;
  }

  /** Reads the rubric that the configuration names. One that is wrong is told of, and the one before stays. */
  async #readRubric(engine: Engine): Promise<void> {
    const { rubric: setting } = this.#configuration.whole;
    const prefix = locate(this.#roots, setting?.origin.file.path ?? '')?.root.prefix ?? '';
    const read = async (path: string): Promise<string | null> => {
      const text = await this.#readSettingsFile(prefix + path);
      return typeof text === 'string' ? text : null;
    };
    const known = new Set(engine.rules.map((rule) => rule.id));
    const { rubric, problems } = await this.#parts.chooseRubric(setting?.value, read, known);
    if (problems.length === 0 || this.#rubric === null) this.#rubric = rubric;
    const inside = rubricPath(setting?.value);
    this.#rubricFile = inside === null ? null : prefix + inside;
    this.#rubricProblems = problems.map((message): ConfigProblem => {
      const { file, span } = setting!.origin;
      return { path: file.path, span, message, level: 'error' };
    });
  }

  #engineSettings(): EngineConfiguration {
    const editors = this.#roots.map((root) => ({ prefix: root.prefix, editor: this.#editorFor(root) }));
    return { ...withEditorSettings(this.#configuration, editors, this.#editorSettings), today: this.#today };
  }

  #editorFor(root: Root): EditorSettings {
    return this.#editorOf.get(root) ?? this.#editorSettings;
  }

  /** What the editor says for a folder, or for all. */
  async #pullSettings(scopeUri: string | undefined, engine: Engine): Promise<EditorSettings> {
    if (!this.#abilities.configuration) return NO_EDITOR_SETTINGS;
    const { workspace } = this.#connection;
    const given = (await (scopeUri === undefined
      ? workspace.getConfiguration(SETTINGS_SECTION)
      : workspace.getConfiguration({ scopeUri, section: SETTINGS_SECTION }))) as Record<string, Json> | null;
    if (scopeUri === undefined) this.#enabled = given?.['enable'] !== false;
    const { settings, problems } = readEditorSettings(given ?? {}, engine.rules);
    for (const problem of problems) this.#connection.console.warn(`Settings: ${problem}`);
    return settings;
  }

  #applySettings(engine: Engine): void {
    engine.configure(this.#engineSettings());
  }

  get #components(): readonly DeclaredComponent[] {
    return this.#configuration.whole.components.map(({ value }) => value);
  }

  /** Ignore patterns of a folder of the workspace; with `ownOnly` without those of folders below. */
  #excludeOf(root: Root, ownOnly = false): readonly string[] {
    return [...this.#editorFor(root).exclude, ...this.#configuration.excludeOf(root.prefix, ownOnly)];
  }

  get #excludes(): readonly (readonly string[])[] {
    return this.#roots.map((root) => this.#excludeOf(root));
  }

  /** Brings everything in line with the settings as they are now. One such call waits for the other. */
  #reconfigure(): Promise<void> {
    return this.#afterConfiguring(async () => {
      if (await this.#readAndApplySettings()) this.#rescan();
      else this.#touch();
    });
  }

  #afterConfiguring(next: () => Promise<void>): Promise<void> {
    this.#configuring = this.#configuring.then(next);
    return this.#configuring;
  }

  /** Returns whether files have to be read again: others are to be judged, or something else is found in them. */
  async #readAndApplySettings(): Promise<boolean> {
    const engine = this.#engine;
    if (engine === null) return false;
    const outcome = (): string =>
      JSON.stringify([this.#enabled, this.#excludes, analysisSettings(this.#engineSettings())]);
    const before = outcome();
    const changed = await this.#readSettings(engine);
    if (this.#engine === null) return false;
    if (changed) {
      this.#applySettings(engine);
      this.#judgeAll();
      this.#matchBaselines();
      for (const path of engine.paths) this.#stale.add(path);
    }
    this.#flush();
    if (before === outcome()) return false;
    this.#exclusions++;
    return true;
  }

  // --- documents ----------------------------------------------------------------------------------------------------

  #open(uri: string, version: number, text: string): void {
    const path = pathOf(this.#roots, uri);
    if (path === null || languageOf(path) === null) return;
    const engine = this.#engine;
    const document: Document = {
      uri,
      path,
      version,
      held: snapshotOf(text),
      settleTimer: null,
    };
    this.#documents.set(uri, document);
    if (engine === null || !this.#enabled) return;
    this.#release(document, engine);
    this.#judgeAndFlush([]);
    this.#track(this.#holdIfIgnored(document));
  }

  /** Takes a document out of the engine; what is typed meanwhile is kept. */
  #hold(document: Document, engine: Engine): void {
    if (document.held !== null) return;
    if (document.settleTimer !== null) clearTimeout(document.settleTimer);
    document.settleTimer = null;
    document.held = snapshotOf(engine.textOf(document.path) ?? '');
    engine.removeFile(document.path);
    this.#stale.add(document.path);
  }

  /** Gives a document to the engine. */
  #release(document: Document, engine: Engine): void {
    if (document.held === null) return;
    engine.setFile(document.path, document.held.text, true);
    document.held = null;
    this.#stale.add(document.path);
  }

  /** Paths depend on the folders that there are: documents get those that they have now. */
  #renameDocuments(): void {
    for (const document of [...this.#documents.values()]) {
      if (this.#engine !== null) this.#hold(document, this.#engine);
      const path = pathOf(this.#roots, document.uri);
      if (path === null) this.#documents.delete(document.uri);
      else this.#documents.set(document.uri, { ...document, path });
    }
  }

  /** A document that git ignores or the settings exclude is not judged, although it is open. */
  async #holdIfIgnored(document: Document): Promise<void> {
    const found = locate(this.#roots, document.path);
    const taken =
      found === null || (await this.#hosts.get(found.root)?.filter(this.#excludeOf(found.root)).takes(found.inside));
    if (taken !== false || this.#engine === null || this.#documents.get(document.uri) !== document) return;
    this.#hold(document, this.#engine);
    this.#judgeAndFlush([]);
  }

  #change({ textDocument, contentChanges }: DidChangeTextDocumentParams): void {
    const document = this.#documents.get(textDocument.uri);
    if (document === undefined) return;
    document.version = textDocument.version;
    if (document.held !== null) {
      document.held = applyChanges(document.held, contentChanges).snapshot;
      return;
    }
    const engine = this.#engine;
    if (engine === null) return;
    // What changes until the typing stops is told as one change.
    if (!this.#isTyping && this.#state === 'ready') this.#beforeEdit = this.#currentScorecard();
    engine.editFile(document.path, contentChanges);
    if (document.settleTimer !== null) clearTimeout(document.settleTimer);
    document.settleTimer = setTimeout(() => this.#settleSlice(document), SETTLE_DELAY);
    this.#stale.add(document.path);
    this.#judge(TYPING_BUDGET, false);
    this.#flush(document.path);
  }

  get #isTyping(): boolean {
    return [...this.#documents.values()].some(({ settleTimer }) => settleTimer !== null);
  }

  /** Parses afresh what was edited, and looks into it in slices between which the next key is heard. */
  #settleSlice(document: Document): void {
    if (this.#engine?.settleFile(document.path, SLICE) === false) {
      document.settleTimer = setTimeout(() => this.#settleSlice(document), 0);
      return;
    }
    document.settleTimer = null;
    this.#stale.add(document.path);
    this.#judgeRest();
  }

  /** Parses afresh what was edited, to the end. */
  #settle(document: Document): void {
    if (document.settleTimer !== null) clearTimeout(document.settleTimer);
    document.settleTimer = null;
    if (this.#engine?.isDirty(document.path) !== true) return;
    this.#engine.settleFile(document.path);
    this.#stale.add(document.path);
  }

  /** Judges what typing left for later, in slices between which the next key is heard. */
  #judgeRest(): void {
    const engine = this.#engine;
    if (engine === null) return;
    // A session may last longer than a suppression.
    if (this.#day() !== this.#today) this.#track(this.#reconfigure());
    this.#judge(SLICE, true);
    // Whoever types on settles again later.
    const isTyping = this.#isTyping;
    if (engine.isJudged && !isTyping) this.#matchBaselines();
    this.#flush();
    if (!engine.isJudged && !isTyping) setImmediate(() => this.#judgeRest());
    if (engine.isJudged && !isTyping) this.#remember();
  }

  /** Runs judges for about `milliseconds`; with `progress` at least one. */
  #judge(milliseconds: number, progress: boolean): void {
    for (const path of this.#engine?.judge({ milliseconds, progress }) ?? []) this.#stale.add(path);
  }

  /** Runs every judge whose inputs changed. */
  #judgeAll(): void {
    for (const path of this.#engine?.judge() ?? []) this.#stale.add(path);
  }

  async #close(uri: string): Promise<void> {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    this.#documents.delete(uri);
    if (document.settleTimer !== null) clearTimeout(document.settleTimer);
    this.#pulled.delete(document.path);
    this.#engine?.closeFile(document.path);
    // What was not saved is gone: the file is what is on the disk.
    await this.#readFile(document.path, this.#filters());
    this.#judgeAndFlush([document.path]);
  }

  // --- files --------------------------------------------------------------------------------------------------------

  /** The filter of each folder, made when it is asked for. For one round of questions, by the settings of the moment. */
  #filters(): (root: Root) => Filter {
    const filters = new Map<Root, Filter>();
    let exclusions = this.#exclusions;
    return (root) => {
      if (exclusions !== this.#exclusions) filters.clear();
      exclusions = this.#exclusions;
      let filter = filters.get(root);
      if (filter === undefined) {
        filter = this.#hosts.get(root)!.filter(this.#excludeOf(root));
        filters.set(root, filter);
      }
      return filter;
    };
  }

  /** Reads a file into the engine, or takes it out when it is gone or not to be judged. */
  async #readFile(path: string, filterOf: (root: Root) => Filter): Promise<void> {
    const engine = this.#engine;
    const found = locate(this.#roots, path);
    if (engine === null || !this.#enabled || found === null || this.#isOpen(path)) return;
    const exclusions = this.#exclusions;
    const taken = await filterOf(found.root).takes(found.inside);
    this.#readSinceScan.add(path);
    const source = taken ? await this.#hosts.get(found.root)!.open(found.inside) : null;
    if (this.#engine === null || !this.#enabled || this.#isOpen(path)) return;
    if (exclusions !== this.#exclusions) return this.#readFile(path, filterOf);
    this.#unread = this.#unread.filter((problem) => problem.path !== path);
    if (source !== null && !isProblem(source)) this.#setFile(engine, path, source);
    else {
      if (source !== null) this.#unread.push({ ...source, path });
      engine.removeFile(path);
    }
  }

  /** Analyses a file as it is on the disk, and keeps what was found. */
  #setFile(engine: Engine, path: string, source: SourceFile): void {
    engine.setFile(path, source.text(), false);
    const cache = this.#openCache();
    if (cache === null) return;
    const record = engine.recordOf(path);
    if (record === null) return;
    cacheWithRecipes(cache, (each) => engine.recipeOf(each)).keep(path, source.digest(), record);
    this.#saveTimer ??= setTimeout(() => void this.#save(null), SAVE_DELAY);
  }

  /** Writes the cache; one such call waits for the other. `paths`: every file that there is, if that is known. */
  #save(paths: ReadonlySet<string> | null): Promise<void> {
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer);
    this.#saveTimer = null;
    const cache = this.#cache;
    this.#saving = this.#saving.then(() => cache?.save(paths, this.#slicer()));
    return this.#saving;
  }

  #isOpen(path: string): boolean {
    for (const document of this.#documents.values()) if (document.path === path) return true;
    return false;
  }

  /** Remembers what happened; of a file that changes again and again only that it did. */
  #filesChanged(events: readonly FileEvent[]): void {
    for (const { uri, type } of events) {
      const known = this.#events.get(uri);
      const created = known?.created === true || type === FileChangeType.Created;
      const deleted = known?.deleted === true || type === FileChangeType.Deleted;
      this.#events.set(uri, { created, deleted });
    }
    if (!this.#reading) this.#track(this.#readChanges());
  }

  /** Looks into everything that happened; what happens meanwhile makes the next round. */
  async #readChanges(): Promise<void> {
    this.#reading = true;
    await this.#configuring;
    try {
      while (this.#events.size > 0 && this.#engine !== null) {
        const events = new Map(this.#events);
        this.#events.clear();
        await this.#readRound(events);
      }
    } finally {
      this.#reading = false;
    }
    this.#judgeRest();
  }

  async #readRound(events: ReadonlyMap<string, FileEvents>): Promise<void> {
    const slice = this.#slicer();
    const filterOf = this.#filters();
    const changed = new Set<string>();
    const gone = new Set<string>();
    let rescan = false;
    let configuration = false;
    for (const [uri, { created, deleted }] of events) {
      await slice();
      const path = pathOf(this.#roots, uri);
      const found = path === null ? null : locate(this.#roots, path);
      if (path === null || found === null) continue;
      const { root, inside } = found;
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (this.#isSettingsFile(path)) configuration = true;
      else if (isOwnConfiguration(path) && (await this.#holdsConfiguration(root, inside))) {
        this.#nested = new Set([...this.#nested, path]);
        configuration = true;
      }
      if (created || deleted) this.#arrive();
      if (name === '.gitignore') rescan ||= await filterOf(root).enters(directoryOf(inside));
      // The files of a folder that came or went need not be named one by one.
      if (deleted) gone.add(path);
      if (created && !rescan && (await this.#hosts.get(root)!.isFolder(inside))) {
        rescan = await filterOf(root).enters(inside);
      }
      if (languageOf(path) === null) continue;
      if (this.#engine?.has(path) !== true && !(await filterOf(root).takes(inside))) continue;
      changed.add(path);
      if (isManifest(path) && (created || deleted)) rescan = true;
    }
    if (gone.size > 0) {
      const settings = [...this.#configuration.paths, ...this.#baselineFiles, this.#rubricFile ?? ''];
      configuration ||= settings.some((path) => isBelow(path, gone));
      for (const path of this.#engine?.paths ?? []) {
        if (!isBelow(path, gone)) continue;
        changed.add(path);
        if (isManifest(path)) rescan = true;
      }
    }
    if (configuration) await this.#reconfigure();
    if (rescan) {
      this.#rescan();
      return;
    }
    for (const path of changed) {
      await slice();
      await this.#readFile(path, filterOf);
      this.#stale.add(path);
    }
  }

  /** Whether settings come from the file. */
  #isSettingsFile(path: string): boolean {
    return this.#configuration.files.has(path) || path === this.#rubricFile || this.#baselineFiles.includes(path);
  }

  /** Files came or went: what is said of patterns may be different. */
  #arrive(): void {
    this.#arrivals++;
    for (const [path, file] of this.#configuration.files) if (file !== null) this.#stale.add(path);
  }

  /** Whether a configuration file counts: files below the root do not decide that of each other. */
  #holdsConfiguration(root: Root, inside: string): Promise<boolean> {
    return this.#hosts.get(root)!.filter(this.#excludeOf(root, true)).takes(inside);
  }

  /** Lets messages through when the current slice of work has lasted long enough. */
  #slicer(): () => Promise<void> {
    let start = performance.now();
    return async () => {
      if (performance.now() - start < SLICE) return;
      await new Promise((resume) => setImmediate(resume));
      start = performance.now();
    };
  }

  /** Starts a scan of all folders; a scan that is under way is given up. */
  #rescan(): void {
    const generation = ++this.#scanGeneration;
    const previous = this.#scan;
    this.#scan = previous.then(() => this.#scanAll(generation));
  }

  async #scanAll(generation: number): Promise<void> {
    const engine = this.#engine;
    if (engine === null || generation !== this.#scanGeneration) return;
    if (!this.#enabled) {
      for (const document of this.#documents.values()) this.#hold(document, engine);
      for (const path of engine.paths) {
        engine.removeFile(path);
        this.#stale.add(path);
      }
      this.#judgeAll();
      this.#setState('disabled');
      this.#flush();
      return;
    }
    if (this.#roots.length === 0) {
      this.#setState('noFolder');
      return;
    }
    this.#setState('scanning');
    const progress = this.#abilities.progress ? await this.#connection.window.createWorkDoneProgress() : null;
    progress?.begin(TOOL_NAME, 0, 'Looking for files', true);
    const isCancelled = (): boolean =>
      generation !== this.#scanGeneration ||
      generation === this.#cancelledScan ||
      progress?.token.isCancellationRequested === true;
    try {
      this.#readSinceScan.clear();
      const hostOf = new Map([...this.#hosts].map(([root, host]) => [root.folder, host]));
      const slice = this.#slicer();
      const listed = await this.#listFiles(slice);
      const wanted = new Set(listed.map((file) => file.path));
      for (const path of engine.paths) {
        if (wanted.has(path) || this.#isOpen(path)) continue;
        engine.removeFile(path);
        this.#stale.add(path);
      }
      engine.setManifestDirectories(
        listed
          .map((file) => file.path)
          .filter(isManifest)
          .map(directoryOf),
      );
      await this.#sortDocuments(engine);
      const done = new Set<string>();
      let known = 0;
      const cache = this.#openCache();
      const analysis = analysisSettings(engine.configuration);
      const stopped = (): boolean => this.#engine !== engine || isCancelled();
      const finish = (path: string, problem: Problem | null): void => {
        done.add(path);
        if (problem !== null) {
          this.#unread.push({ ...problem, path });
          engine.removeFile(path);
        }
        this.#stale.add(path);
        if (done.size % 50 !== 0) return;
        this.#stateMessage = `${done.size} of ${listed.length} files`;
        progress?.report(Math.round((100 * done.size) / listed.length), this.#stateMessage);
        this.#touch();
      };
      const take = (result: ScanResult): void => {
        const { path } = result.item;
        if (stopped() || this.#isOpen(path) || this.#readSinceScan.has(path)) return;
        if (result.kind === 'analysed') engine.adoptFile(path, result.text, result.record);
        if (result.kind === 'analysed' && result.known) known++;
        finish(path, result.kind === 'unread' ? result.problem : null);
      };
      const options: ScanOptions = {
        take,
        isCancelled: stopped,
        pause: slice,
        analysis,
        ...(cache === null ? {} : { cache: cacheWithRecipes(cache, createRecipes(analysis)) }),
      };
      await this.#parts.scanFiles?.(listed, options).catch((error: unknown) => {
        this.#connection.console.error(`Scanning on one thread: ${error instanceof Error ? error.message : error}`);
      });
      for (const { path, root, inside } of listed) {
        if (stopped()) break;
        if (done.has(path) || this.#isOpen(path) || this.#readSinceScan.has(path)) continue;
        const source = await hostOf.get(root)!.open(inside);
        if (this.#engine !== engine || this.#isOpen(path) || this.#readSinceScan.has(path)) continue;
        if (!isProblem(source)) this.#setFile(engine, path, source);
        finish(path, isProblem(source) ? source : null);
        await slice();
      }
      if (this.#engine !== engine) return;
      // A scan that another one took over from has nothing to say.
      if (generation === this.#scanGeneration) {
        this.#connection.console.info(
          `Scanned ${listed.length} files: ${known} known from before, ${done.size - known} analysed.`,
        );
      }
      progress?.report(100, 'Judging the workspace');
      while (this.#engine === engine && !engine.isJudged) {
        this.#judge(SLICE, true);
        await slice();
      }
      const cancelled = isCancelled() && generation === this.#scanGeneration;
      if (generation === this.#scanGeneration) {
        const judged = listed.length > 0;
        this.#setState(
          judged ? 'ready' : 'empty',
          cancelled ? `The scan was cancelled after ${done.size} of ${listed.length} files.` : '',
        );
        this.#matchBaselines();
        this.#opening ??= cancelled ? null : this.#present();
      }
      for (const path of engine.paths) this.#stale.add(path);
      this.#flush();
      if (!cancelled) this.#remember();
      if (cache === this.#cache) void this.#save(isCancelled() ? null : wanted);
    } catch (error) {
      this.#fail(error);
    } finally {
      progress?.done();
    }
  }

  /** The files of all folders. Reads configuration files that come to light and lists again what they exclude. */
  async #listFiles(pause: () => Promise<void>): Promise<readonly ScanItem[]> {
    const list = async (ownOnly: boolean): Promise<readonly ScanItem[]> => {
      const listed: ScanItem[] = [];
      const hidden: string[] = [];
      const unread: Problem[] = [];
      for (const [root, host] of [...this.#hosts]) {
        const { paths, problems, excluded } = await host.list(this.#excludeOf(root, ownOnly), pause);
        for (const inside of paths) listed.push({ path: root.prefix + inside, root: root.folder, inside });
        for (const inside of excluded) hidden.push(root.prefix + inside);
        for (const problem of problems) unread.push({ ...problem, path: root.prefix + problem.path });
      }
      this.#excluded = hidden;
      this.#unread = unread;
      this.#arrive();
      return listed;
    };
    const listed = await list(true);
    const nested = listed.filter(({ path, inside }) => inside.includes('/') && isOwnConfiguration(path));
    const isKnown = nested.length === this.#nested.size && nested.every(({ path }) => this.#nested.has(path));
    this.#nested = new Set(nested.map(({ path }) => path));
    if (!isKnown) await this.#afterConfiguring(async () => void (await this.#readAndApplySettings()));
    const isComplete = this.#roots.every((root) => this.#excludeOf(root).length === this.#excludeOf(root, true).length);
    return isComplete ? listed : list(false);
  }

  /** Gives the engine the documents that are to be judged now, and takes the others out of it. */
  async #sortDocuments(engine: Engine): Promise<void> {
    const filterOf = this.#filters();
    for (const document of [...this.#documents.values()]) {
      const found = locate(this.#roots, document.path);
      const taken = found !== null && (await filterOf(found.root).takes(found.inside));
      if (this.#engine !== engine || this.#documents.get(document.uri) !== document) continue;
      if (taken) this.#release(document, engine);
      else this.#hold(document, engine);
    }
  }

  // --- publishing ---------------------------------------------------------------------------------------------------

  /** Runs the judges whose inputs changed and publishes. */
  #judgeAndFlush(paths: readonly string[]): void {
    const engine = this.#engine;
    if (engine === null) return;
    for (const path of paths) this.#stale.add(path);
    this.#judgeAll();
    this.#flush();
  }

  /**
   * Sends what changed to the client: by push, through the open workspace request, or by asking it to pull again.
   * `pulled`: the document that the client asks for by itself. What takes longer than a slice follows in others.
   */
  #flush(pulled?: string): void {
    // Whoever types does not wait for what is under way.
    const isUrgent = pulled !== undefined && this.#flushing !== null;
    if (!this.#flushSlice(pulled, isUrgent ? [pulled] : this.#stale)) return;
    this.#flushing ??= setTimeout(
      () => {
        this.#flushing = null;
        this.#flush();
      },
      this.#isTyping ? SETTLE_DELAY : 0,
    );
  }

  /** Sends what changed in these files, or what of it fits into a slice; returns whether there is more. */
  #flushSlice(pulled?: string, paths: Iterable<string> = this.#stale): boolean {
    const engine = this.#engine;
    if (engine === null) return false;
    const end = performance.now() + SLICE;
    let hasTold = false;
    let isOver = false;
    const open = new Map([...this.#documents.values()].map((document) => [document.path, document]));
    const push = !this.#abilities.pull;
    let refresh = false;
    const items: WorkspaceDocumentDiagnosticReport[] = [];
    for (const path of paths) {
      // The client asks for the document that it edits; the workspace report follows when the text has settled.
      if (path === pulled && !push) continue;
      const document = open.get(path);
      // Nobody asks for it now: whoever asks for the workspace gets it.
      if (!push && this.#pull === null && document === undefined) continue;
      isOver = hasTold && performance.now() >= end;
      if (isOver) break;
      const diagnostics = this.#diagnostics(path);
      const id = resultId(diagnostics);
      if (document !== undefined && this.#pulled.has(path) && this.#pulled.get(path) !== id) refresh = true;
      if (!push && this.#pull === null) continue;
      this.#stale.delete(path);
      hasTold = true;
      if (this.#reported.get(path) === id || (diagnostics.length === 0 && !this.#reported.has(path))) continue;
      this.#reported.set(path, id);
      const uri = document?.uri ?? uriOf(this.#roots, path);
      const version = document?.version ?? null;
      if (push) void this.#connection.sendDiagnostics({ uri, diagnostics, ...(version === null ? {} : { version }) });
      else items.push({ kind: 'full', uri, version, resultId: id, items: diagnostics });
    }
    if (items.length > 0) this.#pull?.progress.report({ items });
    if (refresh && this.#abilities.refresh) void this.#connection.languages.diagnostics.refresh();
    this.#touch();
    this.#logProblems(engine);
    return isOver;
  }

  #logProblems(engine: Engine): void {
    const failed = engine.problems.filter((problem) => problem.kind === 'rule-failed');
    for (const problem of failed.slice(this.#loggedProblems)) {
      this.#connection.console.error(`${problem.path}: ${problem.message}`);
    }
    this.#loggedProblems = Math.max(this.#loggedProblems, failed.length);
  }

  #diagnostics(path: string): Diagnostic[] {
    const engine = this.#engine;
    if (engine === null || !this.#enabled) return [];
    const toUri = (other: string): string => uriOf(this.#roots, other);
    // Of a file that went away judges may still speak until they run again.
    const findings = engine.has(path) ? engine.findings(path) : [];
    const diagnostics = findings.map((finding) =>
      toDiagnostic(finding, toUri, this.#ruleUri, engine.ruleOf(finding.ruleId)),
    );
    if (isOwnConfiguration(path) || this.#configuration.files.get(path) != null) {
      diagnostics.push(...this.#settingsDiagnostics(path));
    }
    return diagnostics;
  }

  /** Where the code of a diagnostic leads: to the page in the editor, where there is one. */
  readonly #ruleUri = (ruleId: string): string =>
    this.#abilities.commandLinks ? ruleCommandUri(ruleId) : ruleDocsUri(ruleId);

  /** What is wrong with a configuration file, as it is on the disk or in the editor. */
  #settingsDiagnostics(path: string): Diagnostic[] {
    const saved = this.#configuration.files.get(path);
    const document = [...this.#documents.values()].find((candidate) => candidate.path === path);
    const text =
      document === undefined ? saved?.text : (document.held?.text ?? this.#engine?.textOf(path) ?? saved?.text);
    if (text === undefined) return [];
    const lines = indexLines(text);
    const isSaved = document === undefined || saved?.text === text;
    const problems = isSaved ? this.#problemsOfFiles() : this.#problemsOf(this.#configurationWith(path, text));
    return problems
      .filter((problem) => problem.path === path)
      .map(({ span, level, message }) => ({
        range: rangeOf(lines, span),
        severity: LEVELS[level],
        source: SOURCE,
        code: 'configuration',
        message,
      }));
  }

  #configurationWith(path: string, text: string): Configuration {
    const prefix = locate(this.#roots, path)?.root.prefix ?? '';
    return this.#configuration.withFiles(new Map([[path, readConfigFile(path, prefix, text, this.#parts.vocabulary)]]));
  }

  #problemsOfFiles(): readonly ConfigProblem[] {
    const key = [this.#configuration, this.#rubricProblems, this.#excluded, this.#arrivals];
    if (this.#configProblems?.key.every((part, i) => part === key[i]) !== true) {
      const problems = [...this.#problemsOf(this.#configuration), ...this.#rubricProblems];
      this.#configProblems = { key, problems };
    }
    return this.#configProblems!.problems;
  }

  #problemsOf(configuration: Configuration): readonly ConfigProblem[] {
    const { problems } = configuration;
    if (this.#excluded === null) return problems;
    return [
      ...problems,
      ...idlePatterns(configuration, { paths: this.#engine?.paths ?? [], excluded: this.#excluded }),
    ];
  }

  #documentDiagnostics(uri: string, previous: string | undefined): DocumentDiagnosticReport {
    const path = pathOf(this.#roots, uri);
    const items = path === null ? [] : this.#diagnostics(path);
    const id = resultId(items);
    if (path !== null) this.#pulled.set(path, id);
    return previous === id ? { kind: 'unchanged', resultId: id } : { kind: 'full', resultId: id, items };
  }

  /**
   * Answers the workspace request in parts: what is known at once, then whatever changes, until the client cancels.
   * Without a way to send parts the answer is what is known now.
   */
  #workspaceDiagnostics(
    previous: readonly { readonly uri: string; readonly value: string }[],
    token: CancellationToken,
    progress: ResultProgressReporter<WorkspaceDiagnosticReportPartialResult> | undefined,
  ): Promise<WorkspaceDiagnosticReport> | WorkspaceDiagnosticReport {
    const known = new Map(previous.map(({ uri, value }) => [pathOf(this.#roots, uri) ?? uri, value]));
    for (const path of [...(this.#engine?.paths ?? []), ...known.keys()]) this.#stale.add(path);
    if (progress === undefined) {
      const items = [...this.#stale].map((path): WorkspaceDocumentDiagnosticReport => {
        const diagnostics = this.#diagnostics(path);
        const id = resultId(diagnostics);
        const uri = uriOf(this.#roots, path);
        if (known.get(path) === id) return { kind: 'unchanged', uri, version: null, resultId: id };
        return { kind: 'full', uri, version: null, resultId: id, items: diagnostics };
      });
      return { items };
    }
    this.#pull?.finish();
    this.#reported.clear();
    for (const [path, value] of known) this.#reported.set(path, value);
    return new Promise((done) => {
      const pull: WorkspacePull = {
        progress,
        finish: () => {
          if (this.#pull === pull) this.#pull = null;
          done({ items: [] });
        },
      };
      this.#pull = pull;
      token.onCancellationRequested(() => pull.finish());
      this.#flush();
    });
  }

  // --- scorecard ----------------------------------------------------------------------------------------------------

  #setState(state: StatusState, message = ''): void {
    this.#state = state;
    this.#stateMessage = message;
    this.#revision++;
    this.#sendStatus();
  }

  /** What should not happen: said in the log with its stack, and in the view. */
  #fail(error: unknown): void {
    this.#connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.#setState('error', error instanceof Error ? error.message : String(error));
  }

  /** Something that the scorecard shows may be different: tells the client soon, and not more often than it can draw. */
  #touch(): void {
    this.#revision++;
    if (this.#statusTimer !== null) return;
    this.#sendStatus();
    this.#statusTimer = setTimeout(() => {
      this.#statusTimer = null;
      if (this.#publishedRevision !== this.#revision) this.#sendStatus();
    }, STATUS_INTERVAL);
  }

  #sendStatus(): void {
    this.#publishedRevision = this.#revision;
    void this.#connection.sendNotification(STATUS_NOTIFICATION, this.#status());
  }

  #status(): StatusParams {
    const message = this.#stateMessage;
    return presentStatus({
      state: this.#state,
      ...(message === '' ? {} : { message }),
      scorecard: this.#engine === null ? null : this.#currentScorecard(),
      before: this.#beforeEdit,
      rules: this.#engine?.rules ?? [],
      revision: this.#revision,
    });
  }

  #audit(detail: 'full' | 'scorecard', options: Pick<BuildOptions, 'evidence' | 'contexts' | 'commit'> = {}): Audit {
    return buildAudit(this.#engine!, {
      root: this.#roots.map((root) => root.name).join(', '),
      rubric: this.#rubric!,
      components: (workspace) => componentsOf(workspace, this.#components),
      owners: (workspace) =>
        ownersIn(
          (path) => workspace.textOf(path),
          this.#roots.map(({ prefix }) => prefix),
        ),
      // Of an open document the text is known.
      unread: this.#unread.filter(({ path }) => !this.#isOpen(path)),
      detail,
      ...options,
    });
  }

  #day(): string {
    return this.#parts.now().slice(0, 10);
  }

  /** What is checked out; null for several folders, which are not at one commit. */
  #commit(): Promise<string | null> {
    const [root, ...others] = this.#roots;
    if (root === undefined || others.length > 0) return Promise.resolve(null);
    return this.#parts.commitOf?.(root.folder) ?? Promise.resolve(null);
  }

  /** Adds the present audit to the history: the first of each commit, and one an hour at most. */
  #remember(): void {
    const history = this.#history;
    if (history === null || this.#state !== 'ready' || Date.parse(this.#parts.now()) < this.#rememberFrom) return;
    this.#remembering = this.#remembering.then(async () => {
      if (Date.parse(this.#parts.now()) < this.#rememberFrom) return;
      const { entries } = readHistory(await history.read());
      const commit = await this.#commit();
      const last = Math.max(0, ...entries.map(({ time }) => Date.parse(time)));
      if (last + HISTORY_INTERVAL > Date.parse(this.#parts.now())) {
        this.#rememberFrom = last + HISTORY_INTERVAL;
        return;
      }
      if (commit !== null && entries.some((entry) => entry.commit === commit)) {
        this.#rememberFrom = Date.parse(this.#parts.now()) + COMMIT_INTERVAL;
        return;
      }
      if (this.#engine?.isJudged !== true || this.#state !== 'ready') return;
      const entry = historyEntry(this.#audit('full', { contexts: true, commit }), this.#parts.now());
      this.#rememberFrom = Date.parse(entry.time) + HISTORY_INTERVAL;
      await history.append(writeHistoryEntry(entry));
      this.#past = null;
    });
    this.#track(this.#remembering);
  }

  /** The audit for a report, with those before it. */
  async #auditWithPast(): Promise<Audit> {
    const history = this.#history;
    const commit = await this.#commit();
    const entries = history === null ? [] : readHistory(await history.read()).entries;
    if (this.#engine === null) throw new Error('The analysis has ended.');
    const audit = this.#audit('full', { evidence: true, contexts: history !== null, commit });
    if (entries.length === 0) return audit;
    const entry = historyEntry(audit, this.#parts.now());
    return { ...audit, past: pastOf(entries, entry, previousOf(entries, commit)) };
  }

  #currentScorecard(): Scorecard {
    if (this.#scorecard?.revision !== this.#revision) {
      this.#scorecard = { revision: this.#revision, scorecard: this.#audit('scorecard').scorecard };
    }
    return this.#scorecard.scorecard;
  }

  /** The whole audit of the present revision. */
  #currentAudit(): Audit {
    if (this.#fullAudit?.revision !== this.#revision) {
      this.#fullAudit = { revision: this.#revision, audit: this.#audit('full') };
    }
    return this.#fullAudit.audit;
  }

  /** How it stands now, to be compared with later. */
  #present(): { readonly scorecard: Scorecard; readonly findings: ReadonlySet<string> } {
    const findings = new Set<string>();
    for (const path of this.#engine?.paths ?? []) {
      for (const { fingerprint } of this.#engine!.findings(path)) findings.add(fingerprint);
    }
    return { scorecard: this.#currentScorecard(), findings };
  }

  #circumstances(): Circumstances {
    const open = new Set([...this.#documents.values()].map(({ path }) => path));
    const matcher = this.#matcher;
    return {
      isNew: (finding) =>
        matcher?.covers(finding.location.path) === true
          ? !matcher.holds(finding)
          : this.#opening !== null && !this.#opening.findings.has(finding.fingerprint),
      isOpen: (path) => open.has(path),
      hasBaseline: (matcher?.baselines.length ?? 0) > 0,
      owners: this.#currentAudit().owners ?? null,
    };
  }

  /** Compares with the baselines when all is judged; findings that are seen otherwise now are published anew. */
  #matchBaselines(): void {
    const engine = this.#engine;
    if (
      engine === null ||
      this.#matcher === null ||
      this.#matcher.baselines.length + this.#matcher.summaries.length === 0
    )
      return;
    const changed = this.#matcher.match();
    if (changed.size === 0) return;
    for (const path of engine.paths) {
      if (engine.findings(path).some(({ fingerprint }) => changed.has(fingerprint))) this.#stale.add(path);
    }
  }

  #treeElements({ view = 'scorecard', parent, options }: TreeParams): readonly TreeElement[] {
    if (!this.#isShown()) return [];
    if (this.#trees.revision !== this.#revision) this.#trees = { revision: this.#revision, models: new Map() };
    const key = view === 'scorecard' ? JSON.stringify(readViewOptions(options)) : view;
    let model = this.#trees.models.get(key);
    if (model === undefined) {
      model = this.#treeModel(view, options);
      this.#trees.models.set(key, model);
    }
    return model.children(parent);
  }

  #treeModel(view: ViewName, options: ViewOptions | undefined): TreeModel {
    const audit = this.#currentAudit();
    const toUri = (path: string): string => uriOf(this.#roots, path);
    switch (view) {
      case 'components':
        return componentTree(audit, toUri);
      case 'decisions': {
        const configurationFile = this.#configuration.whole.attestations[0]?.origin.file.path ?? null;
        return decisionsTree({ audit, baselines: this.#matcher?.summaries ?? [], configurationFile, toUri });
      }
      case 'scorecard':
        return scorecardTree({
          audit,
          opening: this.#opening?.scorecard ?? null,
          toUri,
          options: readViewOptions(options),
          circumstances: this.#circumstances(),
        });
    }
  }

  /** Files with findings that block shipping. */
  #marks(): readonly FileMark[] {
    const engine = this.#engine;
    if (engine === null || !this.#isShown()) return [];
    const blocking = new Set(this.#currentScorecard().blockers.map(({ ruleId }) => ruleId));
    if (blocking.size === 0) return [];
    return engine.paths.flatMap((path): FileMark[] => {
      const count = engine.findings(path).filter(({ ruleId }) => blocking.has(ruleId)).length;
      if (count === 0) return [];
      const tooltip = `${counted(count, 'finding')} that ${count === 1 ? 'blocks' : 'block'} shipping`;
      const badge = count > 9 ? '9+' : String(count);
      return [{ uri: uriOf(this.#roots, path), badge, tooltip, color: 'list.errorForeground' }];
    });
  }

  #filterChoices({ options }: FiltersParams): FiltersResult {
    if (!this.#isShown()) return [];
    return filterChoices(this.#currentAudit().findings, readViewOptions(options), this.#circumstances());
  }

  /** Whether there are results to show. */
  #isShown(): boolean {
    return this.#engine !== null && (this.#state === 'ready' || this.#state === 'scanning');
  }

  async #ruleDoc({ ruleId }: RuleDocParams): Promise<RuleDocResult> {
    const rule = this.#engine?.ruleOf(ruleId);
    if (rule === undefined) return { markdown: `There is no rule \`${ruleId.replace(/`/g, '')}\`.\n` };
    return { markdown: ruleDocument(rule, await this.#examplesOf(ruleId)) };
  }

  async #rulePage({ ruleId }: RulePageParams): Promise<RulePage | null> {
    // A page that was left open asks before there is anything to answer with.
    await this.#configuring;
    const examples = await this.#examplesOf(ruleId);
    const rule = this.#engine?.ruleOf(ruleId);
    if (rule === undefined) return null;
    const hasResult = this.#state === 'ready' || this.#state === 'scanning';
    return rulePage(rule, hasResult ? this.#currentAudit() : null, {
      examples,
      level: this.#levelOf(ruleId, rule.severity),
      configurationFile: this.#configurationOf(this.#roots[0] ?? { uri: '', folder: '', prefix: '', name: '' }),
      toUri: (path) => uriOf(this.#roots, path),
    });
  }

  async #dashboard(): Promise<DashboardResult> {
    // A page that was left open asks before there is anything to answer with.
    await this.#configuring;
    if (this.#engine === null || (this.#state !== 'ready' && this.#state !== 'scanning')) {
      return { page: null, message: this.#status().statusAccessibility };
    }
    const [entries, commit] = await Promise.all([this.#pastEntries(), this.#commit()]);
    if (this.#engine === null) throw new Error('The analysis has ended.');
    const audit = this.#audit('full');
    const trend = entries.length === 0 ? [] : [...entries, trendEntry(audit, this.#parts.now(), commit)];
    return { page: dashboardOf(audit, trend, (path) => uriOf(this.#roots, path)), message: '' };
  }

  /** Earlier audits, read once until one is added: the dashboard asks at every change of the score. */
  #pastEntries(): Promise<readonly TrendEntry[]> {
    const history = this.#history;
    this.#past ??= history === null ? Promise.resolve([]) : history.read().then((text) => readHistory(text).entries);
    return this.#past;
  }

  /** The fix of each finding of a rule that its author prefers, as far as they do not overlap. */
  async #ruleFix({ ruleId }: RuleFixParams): Promise<RuleFixResult> {
    await this.#settled();
    const taken = this.#engine === null ? [] : this.#combined(ruleId);
    if (taken.length === 0) return { edit: null, findings: 0 };
    return { edit: toAnnotatedEdit(taken, (path) => this.#editTarget(path)), findings: taken.length };
  }

  // --- tools for language models ------------------------------------------------------------------------------------

  async #tool({ name, input }: ToolParams): Promise<ToolResult> {
    await this.#settled();
    const fail = (text: string): ToolResult => ({ text, isError: true });
    const say = (value: Json): ToolResult => ({ text: JSON.stringify(value), isError: false });
    if (this.#engine === null || this.#state !== 'ready') {
      return fail(`There is no scorecard now. ${this.#status().statusAccessibility}`);
    }
    const { path, ruleId, category, severity, limit, offset, text } = (input ?? {}) as Readonly<Record<string, Json>>;
    switch (name) {
      case 'shipworthy_get_scorecard':
        return say(agentScorecard(this.#audit('full')));
      case 'shipworthy_list_findings': {
        const inside = typeof path === 'string' ? this.#toolPath(path) : undefined;
        if (inside === null)
          return fail(`"${path}" is not in the workspace; give an absolute path below one of its folders.`);
        if (severity !== undefined && !SEVERITIES.includes(severity as Severity)) {
          return fail(`"severity" is one of ${SEVERITIES.join(', ')}.`);
        }
        const filter: FindingFilter = {
          ...(inside === undefined ? {} : { path: inside }),
          ...(typeof ruleId === 'string' ? { ruleId } : {}),
          ...(typeof category === 'string' ? { category } : {}),
          ...(severity === undefined ? {} : { severity: severity as Severity }),
          ...(typeof limit === 'number' ? { limit } : {}),
          ...(typeof offset === 'number' ? { offset } : {}),
        };
        return say(agentFindings(this.#audit('full'), filter));
      }
      case 'shipworthy_explain_rule': {
        if (typeof ruleId !== 'string' || this.#engine.ruleOf(ruleId) === undefined) {
          return fail('There is no such rule; take a "ruleId" from shipworthy_list_findings.');
        }
        return { text: (await this.#ruleDoc({ ruleId })).markdown, isError: false };
      }
      case 'shipworthy_preview_score': {
        if (typeof path !== 'string' || typeof text !== 'string') {
          return fail('Give "path", an absolute path, and "text", the whole new text of that file.');
        }
        const inside = this.#toolPath(path);
        if (inside === null || inside === '' || languageOf(inside) === null) {
          return fail(`"${path}" is no file of the workspace that is judged.`);
        }
        const found = locate(this.#roots, inside)!;
        if (!(await this.#hosts.get(found.root)!.filter(this.#excludeOf(found.root)).takes(found.inside))) {
          return fail(`"${path}" is left out by .gitignore or by the settings, so it has no part in the score.`);
        }
        return say(this.#preview(inside, text));
      }
      default:
        return fail(`There is no tool "${String(name)}".`);
    }
  }

  /** The path in the workspace of an absolute one, or of one that is relative to the only folder; null for others. */
  #toolPath(path: string): string | null {
    const [root, ...others] = this.#roots;
    if (root === undefined) return null;
    if (path === '' || path === '.' || path === root.folder) return others.length === 0 ? '' : null;
    const isAbsolute = /^(?:[/\\]|[A-Za-z]:[/\\])/.test(path);
    const uri = isAbsolute ? URI.file(path).toString() : uriOf(this.#roots, path.replace(/^\.\//, ''));
    return uri === '' ? null : pathOf(this.#roots, uri.replace(/\/+$/, ''));
  }

  /** What the workspace would be with another text of a file. Nobody sees anything of it: it happens in one go. */
  #preview(path: string, text: string): Json {
    const engine = this.#engine!;
    const findings = (): Map<string, Finding> =>
      new Map(engine.paths.flatMap((each) => engine.findings(each).map((finding) => [finding.fingerprint, finding])));
    const contextsOf = (some: readonly Finding[]): Readonly<Record<string, FindingContext>> =>
      Object.assign(
        {},
        ...[...new Set(some.map(({ location }) => location.path))].map((each) => engine.contextsOf(each)),
      );
    const present = engine.textOf(path);
    const isOpen = this.#isOpen(path);
    const before = findings();
    const scorecard = this.#audit('scorecard').scorecard;
    const without = (all: Map<string, Finding>, others: Map<string, Finding>): readonly Finding[] =>
      [...all.values()].filter(({ fingerprint }) => !others.has(fingerprint));
    let after: Parameters<typeof agentPreview>[1];
    let gone: readonly Finding[];
    try {
      engine.setFile(path, text, isOpen);
      engine.judge();
      const then = findings();
      gone = without(before, then);
      const fresh = without(then, before);
      after = { scorecard: this.#audit('scorecard').scorecard, findings: fresh, contexts: contextsOf(fresh) };
    } finally {
      if (present === undefined) engine.removeFile(path);
      else engine.setFile(path, present, isOpen);
      engine.judge();
    }
    return agentPreview({ scorecard, findings: gone, contexts: contextsOf(gone) }, after);
  }

  /** The severity of a rule as it is configured, and by whom. */
  #levelOf(ruleId: string, byDefault: RuleLevel['level']): RuleLevel {
    // With several folders, what any of them says.
    const editor = [this.#editorSettings, ...this.#editorOf.values()].find(({ rules }) => rules[ruleId] !== undefined)
      ?.rules[ruleId];
    const file = this.#roots
      .map(({ prefix }) => this.#configuration.effective(prefix.replace(/\/$/, '')).rules.get(ruleId)?.level?.value)
      .find((level) => level !== undefined);
    if (editor !== undefined) return { level: editor, setBy: 'editor' };
    return file === undefined ? { level: byDefault, setBy: '' } : { level: file, setBy: 'file' };
  }

  #examplesOf(ruleId: string): Promise<RuleExamples> {
    this.#examples ??= (this.#parts.readExamples?.() ?? Promise.resolve({})).catch((error: unknown) => {
      this.#connection.console.error(`Examples of rules: ${error instanceof Error ? error.message : error}`);
      return {};
    });
    return this.#examples.then((examples) => examples[ruleId] ?? NO_EXAMPLES);
  }

  #ruleItems(): readonly RuleItem[] {
    const failing = new Map(this.#engine?.tallies(false).map(({ ruleId, fail }) => [ruleId, fail]));
    return [...(this.#engine?.rules ?? [])]
      .map(({ id, title, category, severity, stage }) => ({
        ruleId: id,
        title,
        detail: [category, severity, ...(stage === 'preview' ? ['preview'] : [])].join(' · '),
        findings: failing.get(id) ?? 0,
      }))
      .sort((a, b) => b.findings - a.findings || (a.ruleId < b.ruleId ? -1 : 1));
  }

  async #report({ format }: ReportParams): Promise<ReportResult> {
    await this.#settled();
    const engine = this.#engine;
    if (engine === null) throw new Error('The analysis has not started.');
    const audit = await this.#auditWithPast();
    switch (format) {
      case 'summary':
        return { content: toMarkdown(summaryReport(audit)) };
      case 'markdown':
        return { content: toMarkdownReport(audit) };
      case 'html':
        return { content: toHtmlReport(audit) };
      case 'json':
        return { content: `${JSON.stringify(toJsonReport(audit), null, 2)}\n` };
      case 'sarif':
        return {
          content: `${JSON.stringify(
            toSarif(audit, (path, offset) => engine.positionAt(path, offset)),
            null,
            2,
          )}\n`,
        };
    }
  }

  /** Remembers work that nobody awaits until it is done. An error in it is a bug: it is shown, and the server goes on. */
  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  async #settled(): Promise<SettledResult> {
    for (let scan: unknown = null; scan !== this.#scan || this.#work.size > 0; ) {
      await Promise.all(this.#work);
      scan = this.#scan;
      await scan;
    }
    for (const document of this.#documents.values()) this.#settle(document);
    this.#judgeAll();
    this.#matchBaselines();
    while (this.#flushSlice()) await new Promise((resume) => setImmediate(resume));
    this.#sendStatus();
    return { revision: this.#revision };
  }

  // --- fixes and hover ----------------------------------------------------------------------------------------------

  #findingsAt(
    uri: string,
    start: { line: number; character: number },
    end: { line: number; character: number },
  ): readonly Finding[] {
    const path = pathOf(this.#roots, uri);
    if (path === null || this.#engine === null || !this.#enabled) return [];
    return this.#engine.findings(path).filter(({ location: { range } }) => {
      const startsBehind =
        range.start.line > end.line || (range.start.line === end.line && range.start.character > end.character);
      const endsBefore =
        range.end.line < start.line || (range.end.line === start.line && range.end.character < start.character);
      return !startsBehind && !endsBefore;
    });
  }

  async #codeActions({ textDocument, range, context }: CodeActionParams): Promise<CodeAction[]> {
    const wants = (kind: string): boolean =>
      context.only === undefined ||
      context.only.some((only) => only === '' || kind === only || kind.startsWith(`${only}.`));
    const actions: CodeAction[] = [];
    const path = pathOf(this.#roots, textDocument.uri);
    if (path !== null && wants(CodeActionKind.QuickFix)) {
      const toUri = (other: string): string => uriOf(this.#roots, other);
      const found = this.#findingsAt(textDocument.uri, range.start, range.end);
      const reluctant: CodeAction[] = [];
      for (const finding of found) {
        const diagnostic = toDiagnostic(finding, toUri, this.#ruleUri, this.#engine?.ruleOf(finding.ruleId));
        actions.push(...toCodeActions(finding, diagnostic));
        reluctant.push(...this.#suppressActions(finding, diagnostic));
      }
      // What mends more than one place stands behind what mends this one, and what mends nothing last.
      for (const ruleId of new Set(found.map((finding) => finding.ruleId))) {
        for (const { action } of this.#ruleChoices(ruleId, path)) actions.push(action);
      }
      actions.push(...reluctant);
    }
    if (path !== null && context.only !== undefined && wants(FIX_ALL_KIND) && this.#safeFixes(path).length > 0) {
      const data: ActionData = { path, fixAll: true };
      actions.push({ title: 'Apply all safe Shipworthy fixes', kind: FIX_ALL_KIND, data });
    }
    return this.#abilities.resolveEdit ? actions : Promise.all(actions.map((action) => this.#resolve(action)));
  }

  /** Where the client can ask, one entry that asks; else an entry for each way. */
  #suppressActions(finding: Finding, diagnostic: Diagnostic): CodeAction[] {
    const choices = this.#suppressChoices(finding);
    if (choices.length === 0) return [];
    if (!this.#abilities.commandLinks) {
      const comment = this.#acceptance(finding, 'line') === null ? [] : [toAcceptAction(finding)];
      return [...comment, ...choices.flatMap(({ action, question }) => (question === undefined ? [action] : []))];
    }
    const { ruleId, fingerprint, location } = finding;
    const argument: Omit<ActionsParams, 'purpose'> = { ruleId, fingerprint, uri: uriOf(this.#roots, location.path) };
    const title = `Suppress ${ruleId}...`;
    const command = { title, command: SUPPRESS_COMMAND, arguments: [argument] };
    return [{ title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], command }];
  }

  /** The ways to leave a finding as it is. */
  #suppressChoices(finding: Finding): readonly ServerChoice[] {
    const { ruleId, fingerprint, location } = finding;
    const { path } = location;
    const root = locate(this.#roots, path)?.root;
    const choices: ServerChoice[] = [];
    const question = 'Why is this acceptable? End with "until 2027-01-31" to be asked again.';
    for (const accept of ['line', 'file'] as const) {
      if (this.#acceptance(finding, accept) === null) continue;
      const title = accept === 'line' ? `Accept ${ruleId} here` : `Accept ${ruleId} in this file`;
      const data: ActionData = { path, fingerprint, accept };
      choices.push({ ...choiceOf(title, 'by a comment with the reason', data), question });
    }
    if (root === undefined || this.#engine?.ruleOf(ruleId)?.suppressible === false) return choices;
    const scope = this.#roots.length > 1 ? `for the folder ${root.name}` : 'for the whole workspace';
    return [
      ...choices,
      choiceOf('Add to the baseline', 'known, and mended later', { path, fingerprint, baseline: true }),
      choiceOf(`Turn ${ruleId} off in ${this.#configurationOf(root)}`, scope, { ruleOff: ruleId, path }),
    ];
  }

  /** Fixes of all findings of a rule: in the file, and in the workspace when there are more. */
  #ruleChoices(ruleId: string, path: string | null): readonly ServerChoice[] {
    const engine = this.#engine;
    const rule = engine?.ruleOf(ruleId);
    if (engine === null || rule === undefined || rule.fix === 'none') return [];
    const here = path === null ? 0 : this.#combined(ruleId, path).length;
    const fails = engine.tallies(false).find((tally) => tally.ruleId === ruleId)?.fail ?? 0;
    const everywhere = fails > here ? this.#combined(ruleId).length : here;
    const choices: ServerChoice[] = [];
    if (path !== null && here > 1) {
      choices.push(choiceOf(`Fix all ${here} of ${ruleId} in this file`, 'all at once', { fixRule: ruleId, path }));
    }
    if (everywhere > Math.max(here, path === null ? 0 : 1)) {
      const title = `Fix all ${everywhere} of ${ruleId} in the workspace...`;
      choices.push(choiceOf(title, 'shown before it is applied', { fixRule: ruleId }));
    }
    return choices;
  }

  /** The fixes of a rule in a file, or anywhere. */
  #combined(ruleId: string, path?: string): readonly ResolvedFix[] {
    const engine = this.#engine!;
    const paths = path === undefined ? engine.paths : [path];
    const findings = paths.flatMap((each) => engine.findings(each).filter((finding) => finding.ruleId === ruleId));
    return combineFixes(findings, preferred, (each) => engine.textOf(each));
  }

  #combinedSafe(): readonly ResolvedFix[] {
    const engine = this.#engine!;
    const findings = engine.paths.flatMap((path) => engine.findings(path));
    return combineFixes(findings, safeAnywhere, (path) => engine.textOf(path));
  }

  /** What the client can offer for an element of a tree, or for everything. */
  #actionChoices({ purpose, ruleId, fingerprint, uri }: ActionsParams): ActionsResult {
    const engine = this.#engine;
    if (engine === null || !this.#isShown()) return { choices: [], message: 'Nothing has been analysed yet.' };
    const path = fingerprint === undefined || uri === undefined ? null : pathOf(this.#roots, uri);
    const finding =
      path === null ? undefined : engine.findings(path).find((candidate) => candidate.fingerprint === fingerprint);
    if (fingerprint !== undefined && finding === undefined) {
      return { choices: [], message: 'This finding is not there any more.' };
    }
    const result = (choices: readonly ActionChoice[], message: string): ActionsResult => ({
      choices,
      message: choices.length === 0 ? message : '',
    });
    switch (purpose) {
      case 'fix': {
        const own = (finding?.fixes ?? []).map(({ title, safety }, fix) =>
          choiceOf(title, safety === 'safe' ? 'safe' : 'to be looked at', {
            path: path!,
            fingerprint: fingerprint!,
            fix,
          }),
        );
        const all = ruleId === undefined ? [] : this.#ruleChoices(ruleId, path);
        return result([...own, ...all], 'There is no quick fix for this.');
      }
      case 'suppress': {
        const refusal = 'This rule accepts no exception.';
        if (finding !== undefined) return result(this.#suppressChoices(finding), refusal);
        if (ruleId === undefined || engine.ruleOf(ruleId)?.suppressible === false) return result([], refusal);
        const choices = this.#roots.map((root) => {
          const { prefix, name } = root;
          const scope = this.#roots.length > 1 ? `for the folder ${name}` : 'for the whole workspace';
          return choiceOf(`Turn ${ruleId} off in ${this.#configurationOf(root)}`, scope, {
            ruleOff: ruleId,
            path: prefix,
          });
        });
        return result(choices, refusal);
      }
      case 'fixSafe': {
        const count = this.#combinedSafe().length;
        const choice = choiceOf(`Apply ${count} safe fixes`, 'shown before they are applied', { fixSafe: true });
        return result(count === 0 ? [] : [choice], 'No finding has a safe fix.');
      }
      case 'createBaseline': {
        const isThere = this.#roots.every((root) => this.#matcher?.baselines.some((each) => each.root === root));
        const choice = choiceOf('Write a baseline of all findings', '', { baselines: 'create' });
        return result(isThere ? [] : [choice], 'There is a baseline already.');
      }
      case 'pruneBaseline': {
        const isGone = this.#matcher?.summaries.some(({ gone }) => gone > 0) === true;
        const choice = choiceOf('Drop from the baseline what is gone', '', { baselines: 'prune' });
        return result(isGone ? [choice] : [], 'Everything in the baseline is still there.');
      }
    }
  }

  /** The edit that accepts a finding by a comment above its line or at the top; null where that is not possible. */
  #acceptance(
    { ruleId, location: { path, span, range } }: Finding,
    wanted: 'line' | 'file',
    reason = '',
  ): Pick<ResolvedFix, 'changes' | 'creates'> | null {
    const engine = this.#engine;
    const text = engine?.textOf(path);
    const lines = engine?.linesOf(path)?.starts;
    if (engine === null || text === undefined || lines === undefined) return null;
    if (engine.ruleOf(ruleId)?.suppressible === false) return null;
    // What speaks of the whole file stands on its first line, whatever that holds.
    const scope = span.end === 0 ? 'file' : wanted;
    const comment = suppressionComment(path, engine.languageOf(path) ?? 'text', ruleId, scope);
    const top = text.startsWith('#!') ? lines[1] : 0;
    const start = scope === 'file' ? top : lines[range.start.line];
    if (comment === null || start === undefined) return null;
    const indent = scope === 'file' ? '' : /^[ \t]*/.exec(text.slice(start, span.start))![0];
    // A reason is one line, and does not end the comment that it stands in.
    const said = reason
      .replace(/\s+/g, ' ')
      .replace(/\*\/|-->/g, '')
      .trim();
    const written = comment.replace(': ', () => `: ${said}`);
    const newText = `${indent}${written}${text.includes('\r\n') ? '\r\n' : '\n'}`;
    return { changes: [{ path, edits: [{ start, end: start, newText }] }], creates: [] };
  }

  /** The fixes of a file that may be applied unseen. */
  #safeFixes(path: string): readonly ResolvedFix[] {
    const engine = this.#engine;
    return engine === null ? [] : combineFixes(engine.findings(path), safeAtHome, (each) => engine.textOf(each));
  }

  async #resolve(action: CodeAction): Promise<CodeAction> {
    const data = action.data as ActionData | undefined;
    if (data === undefined || this.#engine === null) return action;
    const edit = await this.#editOf(data);
    return edit === null ? action : { ...action, edit };
  }

  /** The edit of an action as the files are now; null when there is nothing left to do. */
  async #editOf(data: ActionData): Promise<WorkspaceEdit | null> {
    const engine = this.#engine!;
    const target = (path: string): EditTarget => this.#editTarget(path);
    const preview = (label: string) =>
      this.#abilities.annotations ? { label, description: 'Proposed by Shipworthy' } : undefined;
    if ('fixAll' in data) return toWorkspaceEdit(this.#safeFixes(data.path), target);
    if ('fixSafe' in data) return toWorkspaceEdit(this.#combinedSafe(), target, preview('Safe fixes'));
    if ('fixRule' in data) {
      const fixes = this.#combined(data.fixRule, data.path);
      const title = engine.ruleOf(data.fixRule)?.title ?? data.fixRule;
      return toWorkspaceEdit(fixes, target, data.path === undefined ? preview(title) : undefined);
    }
    if ('ruleOff' in data) {
      const root = locate(this.#roots, data.path)?.root;
      if (root === undefined) return null;
      const name = this.#configurationOf(root);
      const file = await this.#fileText(root, name);
      return replacingEdit([{ file, text: withSetting(name, file.text, ['rules', data.ruleOff], 'off') }]);
    }
    if ('baselines' in data) return this.#baselineEdit(data.baselines);
    const { path, fingerprint } = data;
    const finding = engine.findings(path).find((candidate) => candidate.fingerprint === fingerprint);
    if (finding === undefined) return null;
    if ('baseline' in data) return this.#addToBaseline(finding);
    const fix = 'accept' in data ? this.#acceptance(finding, data.accept, data.reason) : finding.fixes[data.fix];
    return fix == null ? null : toWorkspaceEdit([fix], target);
  }

  /** Name of the configuration file of a folder of the workspace, which may be still to come. */
  #configurationOf({ prefix }: Root): string {
    const path = this.#configuration.fileOf(prefix.replace(/\/$/, ''));
    return path === null ? CONFIGURATION_FILE : path.slice(prefix.length);
  }

  /** Text and version of a file of a folder, as it is in the editor or on the disk. */
  async #fileText(root: Root, inside: string): Promise<FileText> {
    const path = root.prefix + inside;
    const { uri, version } = this.#editTarget(path);
    const known = version === null ? undefined : this.#engine?.textOf(path);
    const text = known ?? (await this.#hosts.get(root)?.read(inside));
    return { uri, version, text: typeof text === 'string' ? text : null };
  }

  /** A baseline begins in a file of its own, which the configuration then names. */
  async #newBaseline(root: Root, text: string): Promise<{ readonly file: FileText; readonly text: string }[]> {
    const name = this.#configurationOf(root);
    const configuration = await this.#fileText(root, name);
    return [
      { file: await this.#fileText(root, DEFAULT_BASELINE), text },
      { file: configuration, text: withSetting(name, configuration.text, ['baseline'], DEFAULT_BASELINE) },
    ];
  }

  async #addToBaseline(finding: Finding): Promise<WorkspaceEdit | null> {
    const root = locate(this.#roots, finding.location.path)?.root;
    const matcher = this.#matcher;
    if (root === undefined || matcher === null) return null;
    const folder = matcher.baselines.find((each) => each.root === root);
    if (folder === undefined) {
      const text = matcher.textWith({ root, baseline: { entries: [] } }, [finding]);
      return replacingEdit(await this.#newBaseline(root, text));
    }
    // What cannot be read must not be lost.
    if (folder.problem !== '') return null;
    const file = await this.#fileText(root, folder.inside);
    return replacingEdit([{ file, text: matcher.textWith(folder, [finding]) }]);
  }

  async #baselineEdit(what: 'create' | 'prune'): Promise<WorkspaceEdit> {
    const matcher = this.#matcher!;
    const files: { readonly file: FileText; readonly text: string }[] = [];
    for (const root of what === 'create' ? this.#roots : []) {
      if (matcher.baselines.some((folder) => folder.root === root)) continue;
      files.push(...(await this.#newBaseline(root, matcher.textOfAll(root))));
    }
    for (const folder of what === 'prune' ? matcher.baselines : []) {
      if (folder.problem !== '') continue;
      files.push({ file: await this.#fileText(folder.root, folder.inside), text: matcher.textOfRest(folder) });
    }
    return replacingEdit(files);
  }

  #editTarget(path: string): EditTarget {
    const document = [...this.#documents.values()].find((candidate) => candidate.path === path);
    return {
      uri: document?.uri ?? uriOf(this.#roots, path),
      version: document?.version ?? null,
      positionAt: (offset) => this.#engine!.positionAt(path, offset),
    };
  }

  #hover(uri: string, position: { line: number; character: number }): Hover | null {
    const engine = this.#engine;
    const [first, ...others] = this.#findingsAt(uri, position, position);
    if (engine === null || first === undefined) return null;
    // While it is scanned, what a rule costs is not known yet.
    const audit = this.#state === 'ready' ? this.#audit('scorecard') : null;
    const text = [first, ...others].map((finding) =>
      hoverMarkdown(finding, engine.ruleOf(finding.ruleId)!, audit, {
        rule: this.#ruleUri,
        place: ({ path, range }) => placeUri(uriOf(this.#roots, path), range),
      }),
    );
    return { contents: { kind: 'markdown', value: text.join('\n\n---\n\n') }, range: first.location.range };
  }
}

/** Whether one of the folders holds the path. */
function isBelow(path: string, folders: ReadonlySet<string>): boolean {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (folders.has(path.slice(0, slash))) return true;
  }
  return false;
}

function choiceOf(title: string, description: string, data: ActionData): ServerChoice {
  return { title, description, action: { title, kind: CodeActionKind.QuickFix, data } };
}

/**
 * Names a set of diagnostics by its content, so that an unchanged answer is recognised. What the fingerprint or the
 * session decides is left out: this is done with each key.
 */
function resultId(diagnostics: readonly Diagnostic[]): string {
  if (diagnostics.length === 0) return 'none';
  const parts = diagnostics.map(({ range: { start, end }, severity, message, data, relatedInformation }) => {
    const { fingerprint = '' } = (data ?? {}) as Partial<DiagnosticData>;
    const related = relatedInformation === undefined ? '' : JSON.stringify(relatedInformation);
    const place = `${start.line}:${start.character}-${end.line}:${end.character}`;
    return `${fingerprint} ${place} ${severity} ${message}${related}`;
  });
  return hashText(parts.join('\n'));
}
