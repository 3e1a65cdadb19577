/**
 * The engine: takes texts in, keeps what rules say about each chunk, and gives findings and tallies out. It is the one
 * place where state of the analysis lives. It does no I/O and knows no editor; parsing comes through `Syntax`, and every
 * tree that it is given is deleted by it: a tree outlives an update only while its document is open.
 */
import type { FileRole, LanguageId } from '../model/file.ts';
import type { AcceptedFinding, Finding, Location, Position, ResolvedFix, RuleTally } from '../model/finding.ts';
import { EVIDENCE_LIMIT } from '../model/finding.ts';
import type { Json } from '../model/json.ts';
import { type Anchor, absoluteSpan, type Place, type Span, type TextEdit } from '../model/location.ts';
import { directoryOf } from '../model/path.ts';
import {
  type Fact,
  type Fix,
  type FixEdit,
  SEVERITIES,
  type Severity,
  type WorkspaceVerdict,
} from '../model/verdict.ts';
import type { Rule } from '../rulekit/rule.ts';
import type { InputEdit } from '../syntax/syntax.ts';
import { hashText } from '../text/hash.ts';
import { type LineIndex, positionAt, rangeOf } from '../text/lines.ts';
import { applyChanges, type Change, snapshotOf } from '../text/snapshot.ts';
import {
  Analyser,
  type AnalyserCounters,
  type AnalyserOptions,
  contextKeyOf,
  defaultOptionsOf,
  type FileAnalysis,
  hasConflict,
  newFileAnalysis,
  type Steps,
} from './analyser.ts';
import { contextOf, type FindingContext } from './baseline.ts';
import {
  type AnalysisSettings,
  attestedToday,
  CONFIGURATION_FILE,
  DEFAULT_CONFIGURATION,
  type EngineConfiguration,
  type Scope,
  scopeLookup,
} from './configuration.ts';
import type { RuleVerdict } from './examine.ts';
import { FactIndex, type FileFacts, type JudgeBudget } from './factIndex.ts';
import type { LanguageSupport } from './language.ts';
import type { Problem } from './problem.ts';
import { defaultRecipes, type Recipe, type RecipeOf } from './recipe.ts';
import { factsOf, isRepeatable, RecordedFile, recordOf } from './record.ts';
import { codeNameOf, languageOf } from './roles.ts';
import {
  covers,
  EXPIRED_SUPPRESSION,
  isExpired,
  MALFORMED_SUPPRESSION,
  mayHoldSuppressions,
  NO_SUPPRESSIONS,
  type RuleLookup,
  readSuppressions,
  type Suppression,
  type SuppressionReading,
  UNUSED_SUPPRESSION,
} from './suppressions.ts';

export interface EngineOptions extends AnalyserOptions {
  /** Milliseconds from any fixed moment: without a clock, a budget for judges allows everything or nothing. */
  readonly now?: () => number;
  /** See `FactIndexOptions`. */
  readonly factLimit?: number;
  /** See `FactIndexOptions`. */
  readonly once?: boolean;
  /** Makes recipes of a configuration; without it every file has the default one. */
  readonly createRecipes?: (settings: AnalysisSettings) => RecipeOf;
}

interface FileState extends FileAnalysis {
  /** Edited since the last fresh parse. */
  dirty: boolean;
  /** The fresh parse of the present text, as far as it has come; null: none was begun. */
  settling: Steps | null;
  /** What the comments of this text accept; null: the text holds no such comment. */
  suppressions: { readonly text: string; readonly reading: SuppressionReading } | null;
  /** What was found in the file, while nobody looks at it: the file has no chunks then, and no header. */
  resting: RecordedFile | null;
  /** The programming language of production code as it is counted; null: it is none. */
  code: string | null;
}

/** A failing verdict of a file's own rules or of a judge. */
interface RawFinding {
  readonly rule: number;
  readonly verdict: {
    readonly message?: string | undefined;
    readonly args?: Readonly<Record<string, string>> | undefined;
    readonly severity?: Severity | undefined;
    readonly fixes?: readonly Fix[] | undefined;
  };
  readonly place: Place;
  readonly related: readonly { readonly place: Place; readonly message: string }[];
  readonly span: Span;
}

/** What is said of a finding wherever it stands. */
interface Description {
  /** Rule, path and subject: what the fingerprint is made of, with how many like it stand before. */
  readonly identity: string;
  /** As it is part of the identity, with single spaces. */
  readonly subject: string;
  readonly message: string;
  ordinal: number;
  fingerprint: string;
}

/** Counters of a rule: passes, unknowns, failures by severity in the order of `SEVERITIES`, and failures that are accepted. */
const COUNTERS = 7;
const PASSES = 0;
const UNKNOWNS = 1;
const FAILURES = 2;
const ACCEPTED = 6;

export interface EngineCounters extends AnalyserCounters {
  readonly judgesRun: number;
}

/** Number of files by the name of their programming language. */
export interface CodeFiles {
  readonly judged: ReadonlyMap<string, number>;
  readonly unjudged: ReadonlyMap<string, number>;
}

/** A file's findings may have changed. */
export type ChangedPaths = ReadonlySet<string>;

export class Engine {
  readonly #analyser: Analyser;
  readonly #rules: readonly Rule[];
  readonly #languages = new Map<LanguageId, LanguageSupport>();
  readonly #files = new Map<string, FileState>();
  /** Their paths, in order; null: not known. */
  #paths: readonly string[] | null = null;
  /** Production code by programming language. */
  readonly #codeFiles = { judged: new Map<string, number>(), unjudged: new Map<string, number>() };
  /** Files that have problems. */
  readonly #troubled = new Set<string>();
  readonly #index: FactIndex;
  readonly #problems: Problem[] = [];
  /** Verdicts of all files, counted: see `COUNTERS`. */
  readonly #totals: Uint32Array;
  /** What each path adds to the totals: counters that are not zero, each with its value. */
  readonly #counted = new Map<string, readonly number[]>();
  /** Equal counts are one. */
  readonly #sharedCounts = new Map<string, readonly number[]>();
  /** Paths whose verdicts changed since. */
  readonly #uncounted = new Set<string>();
  readonly #findings = new Map<string, readonly Finding[]>();
  /** Findings that comments accept, by file, as they were when its findings were computed. */
  readonly #accepted = new Map<string, readonly AcceptedFinding[]>();
  /** Files with comments that accept findings. */
  readonly #suppressing = new Set<string>();
  readonly #ruleIndex: ReadonlyMap<string, number>;
  readonly #descriptions = new WeakMap<object, Description>();
  #manifests: readonly string[] = [];
  #configuration: EngineConfiguration = DEFAULT_CONFIGURATION;
  #scopeOf: (folder: string) => Scope = scopeLookup(DEFAULT_CONFIGURATION);
  readonly #now: () => number;
  readonly #createRecipes: (settings: AnalysisSettings) => RecipeOf;
  /** The file at rest that was looked at last. */
  #awakened: { readonly resting: RecordedFile; readonly analysis: FileAnalysis } | null = null;
  /** Files that were edited since all judges ran: no fix may touch them. */
  readonly #unjudged = new Set<string>();
  /** Verdicts of judges as they are shown while the text has moved and the judges have not run again. */
  readonly #moved = new Map<WorkspaceVerdict, FlatVerdict>();
  readonly #workspaceByPath = new Map<string, { readonly role: FileRole | null; readonly entries: WorkspaceEntry[] }>();

  constructor(options: EngineOptions) {
    this.#analyser = new Analyser(options);
    const { now, factLimit, once = false } = options;
    this.#now = now ?? (() => 0);
    this.#createRecipes = options.createRecipes ?? (() => defaultRecipes);
    this.#index = new FactIndex({
      ...(now === undefined ? {} : { now }),
      ...(factLimit === undefined ? {} : { factLimit }),
      once,
      rest: (path) => this.#rest(path),
    });
    this.#rules = options.rules;
    this.#ruleIndex = new Map(options.rules.map((rule, index) => [rule.id, index]));
    this.#totals = new Uint32Array(options.rules.length * COUNTERS);
    for (const language of options.languages) this.#languages.set(language.id, language);
    this.#index.setJudges(
      this.#rules.flatMap((rule, index) =>
        rule.workspace === undefined
          ? []
          : [{ rule: index, judge: rule.workspace, options: (partition) => this.#optionsIn(partition, rule) }],
      ),
    );
  }

  get counters(): EngineCounters {
    return { ...this.#analyser.counters, judgesRun: this.#index.runCount };
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  get configuration(): EngineConfiguration {
    return this.#configuration;
  }

  /** Whether the configuration reports the rule, in the file or anywhere. */
  isEnabled(rule: Rule, path?: string): boolean {
    if (path !== undefined) return this.#isReported(rule, this.#scopeOf(directoryOf(path)));
    const { scopes = [] } = this.#configuration;
    return [this.#configuration, ...scopes].some((scope) => this.#isReported(rule, scope));
  }

  #isReported(rule: Rule, { rules, previewRules = this.#configuration.previewRules }: Scope): boolean {
    return rules[rule.id] !== 'off' && (rule.stage === 'stable' || previewRules);
  }

  #optionsIn(folder: string, rule: Rule): Json {
    return this.#scopeOf(folder).options?.[rule.id] ?? defaultOptionsOf(rule);
  }

  /** Production code by programming language: files that are looked into, and those that no rule reads as code yet. */
  codeFiles(includes?: (path: string) => boolean): CodeFiles {
    if (includes === undefined) return this.#codeFiles;
    const counts = { judged: new Map<string, number>(), unjudged: new Map<string, number>() };
    for (const file of this.#files.values()) if (includes(file.path)) this.#countCode(counts, file, 1);
    return counts;
  }

  #countCode(
    counts: { readonly judged: Map<string, number>; readonly unjudged: Map<string, number> },
    { code, language }: FileState,
    number: 1 | -1,
  ): void {
    if (code === null) return;
    const own = this.#analyser.supports(language) ? counts.judged : counts.unjudged;
    const count = (own.get(code) ?? 0) + number;
    if (count === 0) own.delete(code);
    else own.set(code, count);
  }

  /** Whether the file is production code in a language that is looked into. */
  isCode(path: string): boolean {
    const file = this.#files.get(path);
    return file?.role === 'production' && this.#analyser.supports(file.language);
  }

  ruleOf(id: string): Rule | undefined {
    const index = this.#ruleIndex.get(id);
    return index === undefined ? undefined : this.#rules[index];
  }

  /** All facts of a name, for those who describe the workspace and judge nothing. */
  facts(name: string): readonly Fact[] {
    return this.#index.named(name);
  }

  /** Paths of all files, in order. */
  get paths(): readonly string[] {
    this.#paths ??= [...this.#files.keys()].sort();
    return this.#paths;
  }

  get problems(): readonly Problem[] {
    return [...this.#problems, ...[...this.#troubled].sort().flatMap((path) => this.#files.get(path)!.problems)];
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  textOf(path: string): string | undefined {
    return this.#files.get(path)?.snapshot.text;
  }

  languageOf(path: string): LanguageId | undefined {
    return this.#files.get(path)?.language;
  }

  linesOf(path: string): LineIndex | undefined {
    return this.#files.get(path)?.snapshot.lines;
  }

  positionAt(path: string, offset: number): Position {
    const lines = this.#files.get(path)?.snapshot.lines;
    return lines === undefined ? { line: 0, character: 0 } : positionAt(lines, offset);
  }

  /** Directories with a manifest; files are grouped into components by the nearest one. Call before adding files. */
  setManifestDirectories(directories: readonly string[]): void {
    this.#manifests = [...directories].sort((a, b) => b.length - a.length);
    for (const path of this.#files.keys()) this.#index.move(path, this.componentOf(path));
  }

  componentOf(path: string): string {
    return (
      this.#manifests.find((directory) => directory === '' || path.startsWith(`${directory}/`) || path === directory) ??
      ''
    );
  }

  /**
   * Applies a configuration. Every rule always runs; levels decide what is reported and how severe it is, so that
   * switching a rule on needs no new look at the files. Options and roles decide what is found: open documents are looked
   * at again here. Closed files have to be given again; until then what was found in them stays.
   */
  configure(configuration: EngineConfiguration): void {
    const before = this.#configuration;
    this.#configuration = configuration;
    this.#scopeOf = scopeLookup(configuration, configuration.scopes);
    if (settingsOfAnalysis(before) !== settingsOfAnalysis(configuration)) this.#applyRecipes();
    this.#findings.clear();
    this.#counted.clear();
    this.#totals.fill(0);
    for (const path of this.#files.keys()) this.#uncounted.add(path);
    for (const path of this.#index.judgedPaths()) this.#uncounted.add(path);
  }

  /** Looks again at open documents whose recipe is another. */
  #applyRecipes(): void {
    this.#analyser.setRecipes(this.#createRecipes(this.#configuration));
    const configured = this.#rules.flatMap((rule, index) =>
      rule.workspace !== undefined && rule.options !== undefined ? [index] : [],
    );
    this.#index.repeat(new Set(configured));
    for (const file of this.#files.values()) if (file.open && this.#isOutdated(file)) this.#parseFresh(file);
  }

  /** By what a file is looked at now. */
  recipeOf(path: string): Recipe {
    return this.#analyser.recipeOf(path);
  }

  /** Whether the file was looked at by another recipe than its own. */
  #isOutdated({ path, recipe }: FileState): boolean {
    return this.#analyser.recipeOf(path).key !== recipe.key;
  }

  /**
   * Adds or replaces the text of a file. `open`: the document is shown in an editor, so its tree is kept for
   * incremental parsing. Returns false when the file's kind is not judged.
   */
  setFile(path: string, text: string, open: boolean): boolean {
    const language = languageOf(path);
    if (language === null) return false;
    let file = this.#files.get(path);
    if (file === undefined) {
      file = newFileState(path, language, text);
      file.open = open;
      this.#add(file);
    } else {
      const isKnown = file.snapshot.text === text && file.open === open && !file.dirty;
      if (isKnown && !this.#isOutdated(file)) return true;
      this.#wake(file);
      file.snapshot = snapshotOf(text);
      file.open = open;
    }
    this.#parseFresh(file);
    return true;
  }

  /**
   * Adds or replaces a closed file with the analysis that was made elsewhere for this text: see `recordOf`. Returns false
   * when the file is open: what the editor holds comes first.
   */
  adoptFile(path: string, text: string, record: string): boolean {
    const language = languageOf(path);
    if (language === null || this.#files.get(path)?.open === true) return false;
    const file = newFileState(path, language, text);
    const resting = new RecordedFile(path, record, file.textAnchor, null);
    file.recipe = this.#analyser.recipeOf(path);
    file.role = resting.role;
    file.problems = resting.problems;
    file.resting = resting;
    this.#add(file);
    this.#take(file);
    return true;
  }

  #add(file: FileState): void {
    const before = this.#files.get(file.path);
    if (before === undefined) this.#paths = null;
    else this.#countCode(this.#codeFiles, before, -1);
    this.#files.set(file.path, file);
  }

  /**
   * The record of what was found in a closed file, to be adopted another time; null when something went wrong there that
   * may go better next time.
   */
  recordOf(path: string): string | null {
    const file = this.#files.get(path);
    if (file === undefined || file.open || file.dirty || !isRepeatable(file)) return null;
    return file.resting?.record ?? recordOf(file);
  }

  /** Puts what was found in a closed file to rest. */
  #rest(path: string): RecordedFile {
    const file = this.#files.get(path)!;
    if (file.resting !== null) return file.resting;
    const anchors = file.chunks.map((chunk) => chunk.anchor);
    const resting = new RecordedFile(path, recordOf(file), file.textAnchor, anchors);
    const { header, contextKey, chunks, text, ownFacts } = newFileAnalysis(path, file.language, '');
    Object.assign(file, { header, contextKey, chunks, text, ownFacts, resting });
    // The line index is made again when somebody asks for a position.
    file.snapshot = snapshotOf(file.snapshot.text);
    return resting;
  }

  /** What was found in a file, without facts if it rests. */
  #awake(file: FileState): FileAnalysis {
    const { resting, snapshot, recipe } = file;
    if (resting === null) return file;
    // Whoever looks at a file looks at it several times.
    if (this.#awakened?.resting !== resting) {
      this.#awakened = { resting, analysis: resting.analysis(snapshot.text, recipe) };
    }
    return this.#awakened.analysis;
  }

  /** Brings a file that rests back to what it was. */
  #wake(file: FileState): void {
    if (file.resting === null) return;
    const analysis = this.#awake(file);
    const own = new Set(analysis.ownFacts.map((fact) => fact.name));
    const facts = new Map<Anchor | null, Fact[]>();
    for (const fact of this.#index.factsOf(file.path)) {
      const { anchor } = fact.place;
      const list = facts.get(anchor);
      if (own.has(fact.name)) continue;
      if (list === undefined) facts.set(anchor, [fact]);
      else list.push(fact);
    }
    const { chunks, text } = withFacts(analysis, (anchor) => facts.get(anchor) ?? []);
    const { header, ownFacts } = analysis;
    const contextKey = contextKeyOf(file.role, hasConflict(file.snapshot.text), header, file.recipe.key);
    Object.assign(file, { chunks, text, header, contextKey, ownFacts, resting: null });
  }

  /** Applies changes of an open document; positions as in LSP. */
  editFile(path: string, changes: readonly Change[]): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    const { snapshot, edits } = applyChanges(file.snapshot, changes);
    stopSettling(file);
    file.snapshot = snapshot;
    this.#findings.delete(path);
    this.#readSuppressions(file);
    // An edit before took too long to parse: until the document is settled its findings stay as they are.
    if (file.dirty && file.parsed === null && this.#analyser.isParsable(file)) return;
    file.dirty = true;
    this.#unjudged.add(path);
    if (edits !== null) this.#shiftWorkspaceVerdicts(file, edits);
    if (edits === null || file.parsed === null || !this.#analyser.isParsable(file)) {
      this.#parseFresh(file);
      return;
    }
    if (this.#analyser.parseEdited(file, edits)) this.#take(file);
  }

  /**
   * Moves the places of what judges said along with the text, as long as they have not judged it anew. Only for a single
   * edit, which is what typing sends. The places themselves belong to facts, which chunks that did not change give again.
   */
  #shiftWorkspaceVerdicts(file: FileState, edits: readonly InputEdit[]): void {
    const [edit] = edits;
    if (edit === undefined || edits.length > 1) return;
    const chunk = file.chunks.find(
      ({ anchor, length }) => anchor.start < edit.start && edit.oldEnd <= anchor.start + length,
    );
    const isInside = ({ path, anchor }: Place): boolean =>
      path === file.path && (anchor === null || anchor === file.textAnchor || anchor === chunk?.anchor);
    const moved = (place: Place): Place =>
      isInside(place) ? { ...place, span: shiftedSpan(place.span, edit, place.anchor?.start ?? 0) } : place;
    for (const entry of this.#workspaceVerdicts(file.path)) {
      const { subject, related = [] } = entry.verdict;
      // What stays where it is keeps the words that were found for it.
      if (!isInside(subject) && !related.some(({ place }) => isInside(place))) continue;
      entry.verdict = {
        ...entry.verdict,
        subject: moved(subject),
        related: related.map((item) => ({ ...item, place: moved(item.place) })),
      };
      this.#moved.set(entry.source, entry.verdict);
    }
  }

  /**
   * Parses a document that was edited from scratch once, so that its findings equal those of a fresh audit.
   * `milliseconds`: for how long, about; without them, or a clock, to the end. False: there is more to do, and an edit
   * gives it up.
   */
  settleFile(path: string, milliseconds = Number.POSITIVE_INFINITY): boolean {
    const file = this.#files.get(path);
    if (file?.dirty !== true) return true;
    const steps = file.settling ?? this.#analyser.parseInSteps(file);
    file.settling = null;
    const end = this.#now() + milliseconds;
    while (steps.next().done !== true) {
      if (this.#now() < end) continue;
      file.settling = steps;
      return false;
    }
    file.dirty = false;
    this.#take(file);
    return true;
  }

  isDirty(path: string): boolean {
    return this.#files.get(path)?.dirty === true;
  }

  removeFile(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    stopSettling(file);
    file.parsed?.delete();
    this.#files.delete(path);
    this.#paths = null;
    this.#countCode(this.#codeFiles, file, -1);
    this.#troubled.delete(path);
    this.#suppressing.delete(path);
    this.#findings.delete(path);
    this.#accepted.delete(path);
    this.#unjudged.delete(path);
    this.#index.update(path, null);
    this.#workspaceByPath.delete(path);
    this.#uncount(path);
  }

  #parseFresh(file: FileState): void {
    stopSettling(file);
    file.dirty = false;
    this.#analyser.parseFresh(file);
    if (!file.open) {
      file.parsed?.delete();
      file.parsed = null;
      file.chunks = file.chunks.map((chunk) => (chunk.header === null ? chunk : { ...chunk, header: null }));
    }
    this.#take(file);
  }

  /** Takes over what the analysis of a file says now. */
  #take(file: FileState): void {
    this.#uncount(file.path);
    this.#findings.delete(file.path);
    this.#readSuppressions(file);
    if (file.problems.length > 0) this.#troubled.add(file.path);
    else this.#troubled.delete(file.path);
    this.#countCode(this.#codeFiles, file, -1);
    file.code = file.role === 'production' ? codeNameOf(file.path) : null;
    this.#countCode(this.#codeFiles, file, 1);
    this.#publishFacts(file);
  }

  #publishFacts(file: FileState): void {
    const facts: FileFacts['facts'] = file.resting ?? factsOf(file);
    const component = this.componentOf(file.path);
    this.#index.update(file.path, { role: file.role, component, facts, mayRest: !file.open });
  }

  /**
   * Runs the workspace judges whose inputs changed, or those that the budget allows. Returns the paths whose workspace
   * findings may be different; the findings of an edited file itself change with the edit.
   */
  judge(budget?: JudgeBudget): ChangedPaths {
    const { changed, problems } = this.#index.judge(budget);
    if (this.isJudged) {
      for (const path of this.#unjudged) {
        this.#findings.delete(path);
        // What did not have to be judged again stands where it stood.
        for (const entry of this.#workspaceByPath.get(path)?.entries ?? [])
          entry.verdict = flattenVerdict(entry.source);
      }
      this.#unjudged.clear();
      this.#moved.clear();
    }
    for (const { rule, partition, error } of problems) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#problems.push({ path: partition, kind: 'rule-failed', message: `${this.#rules[rule]!.id}: ${message}` });
    }
    for (const path of changed) {
      this.#findings.delete(path);
      this.#workspaceByPath.delete(path);
      this.#uncount(path);
    }
    return changed;
  }

  /** Whether the workspace findings are those of the files as they are now. */
  get isJudged(): boolean {
    return !this.#index.isPending;
  }

  /** What judges say of a file; kept only for open ones, in which it moves. */
  #workspaceVerdicts(path: string): readonly WorkspaceEntry[] {
    const file = this.#files.get(path);
    const role = file?.role ?? null;
    const known = this.#workspaceByPath.get(path);
    if (known !== undefined && known.role === role) return known.entries;
    const entries: WorkspaceEntry[] = [];
    for (const { rule, verdict } of this.#index.verdictsOf(path)) {
      if (role !== null && !(this.#rules[rule]!.roles ?? ['production']).includes(role)) continue;
      entries.push({ rule, source: verdict, verdict: this.#moved.get(verdict) ?? flattenVerdict(verdict) });
    }
    if (file?.open === true) this.#workspaceByPath.set(path, { role, entries });
    return entries;
  }

  /** Findings of a file as it is now, in the order of the text. */
  findings(path: string): readonly Finding[] {
    const cached = this.#findings.get(path);
    if (cached !== undefined) return cached;
    const findings = this.#computeFindings(path);
    // What speaks of another file goes stale with that file, so only what stays at home is kept.
    const local = findings.every(
      (finding) =>
        finding.related.every((item) => item.location.path === path) &&
        finding.fixes.every((fix) => fix.creates.length === 0 && fix.changes.every((change) => change.path === path)),
    );
    if (local) this.#findings.set(path, findings);
    return findings;
  }

  /** What the findings of a file, or some of them, are known again by when their lines have moved, by fingerprint. */
  contextsOf(
    path: string,
    findings: readonly Finding[] = [...this.findings(path), ...this.accepted(path).map(({ finding }) => finding)],
  ): Readonly<Record<string, FindingContext>> {
    const file = this.#files.get(path);
    if (findings.length === 0 || file === undefined) return {};
    const { chunks, snapshot } = this.#awake(file);
    return Object.fromEntries(
      findings.map(({ fingerprint, message, location: { span } }) => {
        const chunk = chunks.find(
          ({ anchor, length }) => anchor.start <= span.start && span.start < anchor.start + length,
        );
        return [fingerprint, contextOf(chunk?.text ?? '', snapshot.text.slice(span.start, span.end), message)];
      }),
    );
  }

  /** Findings of a file that comments accept, as long as these hold. */
  accepted(path: string): readonly AcceptedFinding[] {
    if (!this.#suppressing.has(path)) return [];
    this.findings(path);
    return this.#accepted.get(path) ?? [];
  }

  #computeFindings(path: string): readonly Finding[] {
    const file = this.#files.get(path);
    const raw: RawFinding[] = [];
    if (file !== undefined) {
      this.#eachLocalVerdict(file, (rule, verdict, anchor) => {
        if (verdict.kind !== 'fail' || !this.isEnabled(this.#rules[rule]!, path)) return;
        const at = (span: Span): Place => ({ path, anchor, span });
        const place = at(verdict.subject);
        const related = (verdict.related ?? []).map(({ span, message }) => ({ place: at(span), message }));
        raw.push({ rule, verdict, place, related, span: absoluteSpan(place) });
      });
    }
    for (const { rule, verdict } of this.#workspaceVerdicts(path)) {
      if (verdict.kind !== 'fail' || !this.isEnabled(this.#rules[rule]!, path)) continue;
      const { subject: place, related = [] } = verdict;
      raw.push({ rule, verdict, place, related, span: absoluteSpan(place) });
    }
    const acceptedBy = new Map<RawFinding, Suppression>();
    if (file !== undefined && this.#suppressing.has(path)) {
      for (const item of raw) {
        const suppression = this.#suppressionOf(file, item.rule, item.span);
        if (suppression !== null) acceptedBy.set(item, suppression);
      }
      raw.push(...this.#suppressionFindings(file, acceptedBy), ...this.#attestationFindings(file));
    }
    raw.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end || a.rule - b.rule);
    const ordinals = new Map<string, number>();
    const accepted: AcceptedFinding[] = [];
    const open = raw.flatMap((item) => {
      const finding = this.#finding(path, item, ordinals);
      const suppression = acceptedBy.get(item);
      if (suppression === undefined) return [finding];
      const { reason, until, scope, span } = suppression;
      accepted.push({ finding, reason, until, scope, location: this.#location(path, span) });
      return [];
    });
    if (accepted.length > 0) this.#accepted.set(path, accepted);
    else this.#accepted.delete(path);
    return open;
  }

  /** Reads the comments of the text as it is now. */
  #readSuppressions(file: FileState): void {
    const { text, lines } = file.snapshot;
    if (file.suppressions?.text === text) return;
    if (mayHoldSuppressions(text)) {
      const lookup: RuleLookup = (id) => {
        const index = this.#ruleIndex.get(id);
        return index === undefined ? null : this.#rules[index]!;
      };
      const reading = readSuppressions(file.path, file.language, text, lines, lookup);
      file.suppressions = { text, reading };
    } else file.suppressions = null;
    this.#uncount(file.path);
    const { suppressions, malformed } = file.suppressions?.reading ?? NO_SUPPRESSIONS;
    const isHolding = suppressions.length + malformed.length > 0 || this.#attestedIn.includes(file.path);
    if (isHolding) this.#suppressing.add(file.path);
    else this.#suppressing.delete(file.path);
  }

  get #today(): string | null {
    return this.#configuration.today ?? null;
  }

  /** The comment that accepts a finding of the rule at the place, if there is one that holds today. */
  #suppressionOf(file: FileState, rule: number, span: Span): Suppression | null {
    const { suppressions } = file.suppressions?.reading ?? NO_SUPPRESSIONS;
    if (suppressions.length === 0) return null;
    const { id } = this.#rules[rule]!;
    const { line } = positionAt(file.snapshot.lines, span.start);
    return suppressions.find((each) => !isExpired(each, this.#today) && covers(each, id, line)) ?? null;
  }

  /** What is wrong with the comments of a file that accept findings. */
  #suppressionFindings(file: FileState, acceptedBy: ReadonlyMap<RawFinding, Suppression>): readonly RawFinding[] {
    const { suppressions, malformed } = file.suppressions?.reading ?? NO_SUPPRESSIONS;
    const found: RawFinding[] = [];
    const add = (
      id: string,
      span: Span,
      message: string,
      args: Readonly<Record<string, string>>,
      fixes: Fix[],
    ): void => {
      const rule = this.#ruleIndex.get(id);
      if (rule === undefined || !this.#looksAt(rule, file)) return;
      const verdict = { message, args, fixes };
      found.push({ rule, verdict, place: { path: file.path, anchor: null, span }, related: [], span });
    };
    for (const { span, fault, word } of malformed) add(MALFORMED_SUPPRESSION, span, fault, { word }, []);
    for (const suppression of suppressions) {
      const { span, until } = suppression;
      if (isExpired(suppression, this.#today)) add(EXPIRED_SUPPRESSION, span, 'expired', { until: until! }, []);
      else
        this.#unusedRules(file, suppression, acceptedBy).forEach(({ id, fix }) => {
          add(UNUSED_SUPPRESSION, span, 'unused', { rule: id }, [fix]);
        });
    }
    return found;
  }

  /** Attestations of the configuration that have ended. */
  #attestationFindings(file: FileState): readonly RawFinding[] {
    const rule = this.#ruleIndex.get(EXPIRED_SUPPRESSION);
    if (!this.#attestedIn.includes(file.path) || rule === undefined || !this.#looksAt(rule, file)) return [];
    const { text } = file.snapshot;
    const ended = (this.#configuration.attestations ?? []).filter((each) => isExpired(each, this.#today));
    return ended.flatMap(({ subject, until }): RawFinding[] => {
      const quoted = text.indexOf(JSON.stringify(subject));
      const start = quoted >= 0 ? quoted : text.indexOf(subject);
      if (start < 0) return [];
      const span = { start, end: start + (quoted >= 0 ? JSON.stringify(subject) : subject).length };
      const verdict = { message: 'attestation', args: { subject, until } };
      return [{ rule, verdict, place: { path: file.path, anchor: null, span }, related: [], span }];
    });
  }

  get #attestedIn(): readonly string[] {
    return this.#configuration.attestedIn ?? [CONFIGURATION_FILE];
  }

  /** Whether the rule is reported in files of this kind. */
  #looksAt(rule: number, { path, role }: FileState): boolean {
    const { roles = ['production'] } = this.#rules[rule]!;
    return this.isEnabled(this.#rules[rule]!, path) && roles.includes(role);
  }

  /** The rules that a comment names and of which it accepts nothing. Nothing is said while not everything can be found. */
  #unusedRules(
    file: FileState,
    suppression: Suppression,
    acceptedBy: ReadonlyMap<RawFinding, Suppression>,
  ): readonly { readonly id: string; readonly fix: Fix }[] {
    if (!this.#isSearched(file)) return [];
    const used = new Set<number>();
    for (const [item, by] of acceptedBy) if (by === suppression) used.add(item.rule);
    const unused = suppression.rules.filter(({ id }) => {
      const rule = this.#ruleIndex.get(id)!;
      return !used.has(rule) && this.isEnabled(this.#rules[rule]!, file.path);
    });
    const isWhole = unused.length === suppression.rules.length;
    return unused.map(({ id, removal }) => ({
      id,
      fix: {
        title: isWhole ? 'Remove the suppression' : `Remove ${id} from the suppression`,
        safety: 'safe',
        edits: [{ kind: 'replace', span: isWhole ? suppression.removal : removal, newText: '' }],
      },
    }));
  }

  /** Whether every rule could look at all of the file. */
  #isSearched(file: FileState): boolean {
    const { problems, snapshot, chunks } = this.#awake(file);
    return problems.length === 0 && !hasConflict(snapshot.text) && !chunks.some((chunk) => chunk.hasError);
  }

  #eachLocalVerdict(
    file: FileState,
    take: (rule: number, verdict: RuleVerdict['verdict'], anchor: Anchor) => void,
  ): void {
    const { text, textAnchor, chunks } = this.#awake(file);
    for (const { rule, verdict } of text.verdicts) take(rule, verdict, textAnchor);
    for (const { anchor, examination } of chunks) {
      for (const { rule, verdict } of examination.verdicts) take(rule, verdict, anchor);
    }
  }

  #location(path: string, span: Span): Location {
    const lines = this.#files.get(path)?.snapshot.lines;
    const zero: Position = { line: 0, character: 0 };
    return { path, span, range: lines === undefined ? { start: zero, end: zero } : rangeOf(lines, span) };
  }

  #severity(rule: Rule, verdictSeverity: Severity | undefined, scope: Scope): Severity {
    const configured = scope.rules[rule.id];
    return configured !== undefined && configured !== 'off' ? configured : (verdictSeverity ?? rule.severity);
  }

  /** The words of a verdict. They are kept as long as its subject reads the same. */
  #describe(path: string, { rule: index, verdict, span }: RawFinding): Description {
    const text = this.#files.get(path)?.snapshot.text ?? '';
    const known = this.#descriptions.get(verdict);
    if (known?.subject.length === span.end - span.start && text.startsWith(known.subject, span.start)) return known;
    const rule = this.#rules[index]!;
    const head = `${rule.id}\n${path}\n`;
    const identity = head + text.slice(span.start, span.end).replace(/\s+/g, ' ');
    const message = renderMessage(rule, verdict.message ?? '', verdict.args ?? {});
    const fingerprint = hashText(`${identity}\n0`);
    // A part of the identity, and not of the text, which it would keep alive.
    const description = { identity, subject: identity.slice(head.length), message, ordinal: 0, fingerprint };
    this.#descriptions.set(verdict, description);
    return description;
  }

  #finding(path: string, raw: RawFinding, ordinals: Map<string, number>): Finding {
    const { verdict, place, span, related } = raw;
    const rule = this.#rules[raw.rule]!;
    const description = this.#describe(path, raw);
    const ordinal = ordinals.get(description.identity) ?? 0;
    ordinals.set(description.identity, ordinal + 1);
    if (description.ordinal !== ordinal) {
      description.ordinal = ordinal;
      description.fingerprint = hashText(`${description.identity}\n${ordinal}`);
    }
    return {
      ruleId: rule.id,
      category: rule.category,
      severity: this.#severity(rule, verdict.severity, this.#scopeOf(directoryOf(path))),
      confidence: rule.confidence,
      stage: rule.stage,
      message: description.message,
      location: this.#location(path, span),
      related: related.map((item) => ({
        location: this.#location(item.place.path, absoluteSpan(item.place)),
        message: item.message,
      })),
      fixes: (verdict.fixes ?? []).flatMap((fix): ResolvedFix[] => {
        const resolved = this.#resolveEdits(path, place.anchor, fix.edits);
        if (resolved === null) return [];
        return [{ title: fix.title, safety: fix.safety, preferred: fix.preferred === true, ...resolved }];
      }),
      fingerprint: description.fingerprint,
    };
  }

  /** Text edits of a fix, or `null` when it cannot be applied (a file to create exists, an edit ends before it starts). */
  #resolveEdits(
    path: string,
    anchor: Anchor | null,
    edits: readonly FixEdit[],
  ): Pick<ResolvedFix, 'changes' | 'creates'> | null {
    const changes = new Map<string, TextEdit[]>();
    const creates: { path: string; content: string }[] = [];
    const push = (target: string, edit: TextEdit): void => {
      const list = changes.get(target);
      if (list === undefined) changes.set(target, [edit]);
      else list.push(edit);
    };
    for (const edit of edits) {
      switch (edit.kind) {
        case 'replace': {
          if (edit.span.end < edit.span.start) return null;
          const base = anchor?.start ?? 0;
          push(path, { start: edit.span.start + base, end: edit.span.end + base, newText: edit.newText });
          break;
        }
        case 'replaceAt':
          // What the judge saw may be gone.
          if (this.#unjudged.has(edit.place.path) || edit.place.span.end < edit.place.span.start) return null;
          if (edit.endsLine === true && !this.#endsLine(edit.place)) return null;
          push(edit.place.path, { ...absoluteSpan(edit.place), newText: edit.newText });
          break;
        case 'import': {
          const file = this.#files.get(path);
          const support = file === undefined ? undefined : this.#languages.get(file.language);
          if (file === undefined || support === undefined) break;
          const own = changes.get(path) ?? [];
          for (const change of this.#importEdits(file, support, own, edit.add ?? [], edit.remove ?? []))
            push(path, change);
          break;
        }
        case 'create':
          if (this.#files.has(edit.path)) return null;
          creates.push({ path: edit.path, content: edit.content });
          break;
        case 'append': {
          const text = this.#files.get(edit.path)?.snapshot.text;
          if (text === undefined) creates.push({ path: edit.path, content: edit.content });
          else {
            const separator = text.length === 0 || text.endsWith('\n') ? '' : '\n';
            push(edit.path, { start: text.length, end: text.length, newText: separator + edit.content });
          }
          break;
        }
      }
    }
    return {
      changes: [...changes].map(([target, list]) => ({
        path: target,
        edits: adaptLineBreaks(this.textOf(target), list),
      })),
      creates,
    };
  }

  #endsLine(place: Place): boolean {
    const text = this.textOf(place.path) ?? '';
    return /^[^\S\r\n]*(?:[\r\n]|$)/.test(text.slice(absoluteSpan(place).end, absoluteSpan(place).end + 1_000));
  }

  /** Import edits in the light of the other edits of the fix: a name that they delete no longer counts as used. */
  #importEdits(
    file: FileState,
    support: LanguageSupport,
    own: readonly TextEdit[],
    add: readonly string[],
    remove: readonly string[],
  ): readonly TextEdit[] {
    let masked = file.snapshot.text;
    for (const edit of own) {
      masked = masked.slice(0, edit.start) + ' '.repeat(edit.end - edit.start) + masked.slice(edit.end);
    }
    const added = own.map((edit) => edit.newText).join('\n');
    const removable = remove.filter((path) => !added.includes(`${path.slice(path.lastIndexOf('/') + 1)}.`));
    return support.importEdits(masked, this.#awake(file).header, add, removable);
  }

  /**
   * Passes and failures of every enabled rule; with `evidence` also a few passing places of each, in path order.
   * `includes`: the files that count.
   */
  tallies(evidence: boolean, includes?: (path: string) => boolean): readonly RuleTally[] {
    for (const path of this.#uncounted) {
      const counts = this.#countsOf(path);
      if (counts.length === 0) continue;
      this.#counted.set(path, counts);
      for (let i = 0; i < counts.length; i += 2) this.#totals[counts[i]!]! += counts[i + 1]!;
    }
    this.#uncounted.clear();
    const totals = includes === undefined ? this.#totals : this.#totalsOf(includes);
    const places = evidence ? this.#evidence(includes ?? everything) : null;
    const attested = attestedToday(this.#configuration);
    return this.#rules.flatMap((rule, index) => {
      if (!this.isEnabled(rule)) return [];
      const at = index * COUNTERS;
      const unknown = totals[at + 1]!;
      const isAttested = unknown > 0 && attested.has(rule.id);
      const [critical, high, medium, low] = [totals[at + 2]!, totals[at + 3]!, totals[at + 4]!, totals[at + 5]!];
      return [
        {
          ruleId: rule.id,
          pass: totals[at]!,
          unknown: isAttested ? 0 : unknown,
          fail: critical + high + medium + low,
          ...(isAttested ? { attested: unknown } : {}),
          ...(totals[at + ACCEPTED]! > 0 ? { accepted: totals[at + ACCEPTED]! } : {}),
          failBySeverity: { critical, high, medium, low },
          evidence: places?.[index] ?? [],
        },
      ];
    });
  }

  #totalsOf(includes: (path: string) => boolean): Uint32Array {
    const totals = new Uint32Array(this.#totals.length);
    for (const [path, counts] of this.#counted) {
      if (!includes(path)) continue;
      for (let i = 0; i < counts.length; i += 2) totals[counts[i]!]! += counts[i + 1]!;
    }
    return totals;
  }

  /** What is said of a path has changed: it is counted anew. */
  #uncount(path: string): void {
    const counts = this.#counted.get(path) ?? [];
    for (let i = 0; i < counts.length; i += 2) this.#totals[counts[i]!]! -= counts[i + 1]!;
    this.#counted.delete(path);
    this.#uncounted.add(path);
  }

  #countsOf(path: string): readonly number[] {
    const scope = this.#scopeOf(directoryOf(path));
    const counts = new Map<number, number>();
    const add = (rule: number, counter: number, number = 1): void => {
      const at = rule * COUNTERS + counter;
      if (number > 0) counts.set(at, (counts.get(at) ?? 0) + number);
    };
    const file = this.#files.get(path);
    const addVerdict = (
      rule: number,
      { kind, severity }: { readonly kind: 'pass' | 'fail' | 'unknown'; readonly severity?: Severity | undefined },
      subject: Place,
    ): void => {
      if (!this.#isReported(this.#rules[rule]!, scope)) return;
      if (kind === 'pass') add(rule, PASSES);
      else if (kind === 'unknown') add(rule, UNKNOWNS);
      else if (file?.suppressions != null && this.#suppressionOf(file, rule, absoluteSpan(subject)) !== null)
        add(rule, ACCEPTED);
      else add(rule, FAILURES + SEVERITIES.indexOf(this.#severity(this.#rules[rule]!, severity, scope)));
    };
    if (file !== undefined) {
      this.#eachLocalVerdict(file, (rule, verdict, anchor) => {
        addVerdict(rule, verdict, { path, anchor, span: verdict.subject });
      });
    }
    for (const { rule, verdict } of this.#workspaceVerdicts(path)) addVerdict(rule, verdict, verdict.subject);
    if (file !== undefined && this.#suppressing.has(path)) this.#countSuppressions(file, add);
    const flat = [...counts].flat();
    // Most files count alike.
    const key = flat.join();
    const known = this.#sharedCounts.get(key);
    if (known === undefined) this.#sharedCounts.set(key, flat);
    return known ?? flat;
  }

  /** Counts what is wrong with the comments of a file, and what is not. */
  #countSuppressions(file: FileState, add: (rule: number, counter: number, number?: number) => void): void {
    const { suppressions, malformed } = file.suppressions?.reading ?? NO_SUPPRESSIONS;
    const open = this.findings(file.path);
    for (const [id, subjects] of [
      [MALFORMED_SUPPRESSION, suppressions.length + malformed.length],
      [EXPIRED_SUPPRESSION, suppressions.length],
      [UNUSED_SUPPRESSION, suppressions.filter((each) => !isExpired(each, this.#today)).length],
    ] as const) {
      const rule = this.#ruleIndex.get(id);
      if (rule === undefined || !this.#looksAt(rule, file)) continue;
      const failing = open.filter(({ ruleId }) => ruleId === id);
      for (const { severity } of failing) add(rule, FAILURES + SEVERITIES.indexOf(severity));
      if (id !== UNUSED_SUPPRESSION || this.#isSearched(file)) add(rule, PASSES, subjects - failing.length);
    }
  }

  /** A few passing places of each rule, in path order. Call after everything was counted. */
  #evidence(includes: (path: string) => boolean): Location[][] {
    const places: Location[][] = this.#rules.map(() => []);
    const take = (rule: number, place: Place): void => {
      const list = places[rule]!;
      if (list.length < EVIDENCE_LIMIT) list.push(this.#location(place.path, absoluteSpan(place)));
    };
    const isWanted = (at: number, i: number): boolean =>
      i % 2 === 0 && at % COUNTERS === PASSES && places[Math.floor(at / COUNTERS)]!.length < EVIDENCE_LIMIT;
    for (const path of [...this.#counted.keys()].sort()) {
      if (!includes(path) || !this.#counted.get(path)!.some(isWanted)) continue;
      const file = this.#files.get(path);
      if (file !== undefined) {
        this.#eachLocalVerdict(file, (rule, verdict, anchor) => {
          if (verdict.kind === 'pass' && this.isEnabled(this.#rules[rule]!, path))
            take(rule, { path, anchor, span: verdict.subject });
        });
      }
      for (const { rule, verdict } of this.#workspaceVerdicts(path)) {
        if (verdict.kind === 'pass' && this.isEnabled(this.#rules[rule]!, path)) take(rule, verdict.subject);
      }
    }
    return places;
  }

  /** Closes a document: its tree is deleted, its text stays until the next `setFile`. */
  closeFile(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.settleFile(path);
    file.open = false;
    file.parsed?.delete();
    file.parsed = null;
  }

  /** Deletes every tree. The engine must not be used afterwards. */
  dispose(): void {
    for (const file of this.#files.values()) {
      stopSettling(file);
      file.parsed?.delete();
    }
    this.#files.clear();
  }
}

function newFileState(path: string, language: LanguageId, text: string): FileState {
  return {
    ...newFileAnalysis(path, language, text),
    dirty: false,
    settling: null,
    suppressions: null,
    resting: null,
    code: null,
  };
}

/** Gives up the parse of a text that is no longer the file's. */
function stopSettling(file: FileState): void {
  file.settling?.return();
  file.settling = null;
}

function settingsOfAnalysis({ options, scopes, roles }: AnalysisSettings): string {
  return JSON.stringify([
    options ?? {},
    scopes?.map((scope) => [scope.folder, scope.options ?? {}]) ?? [],
    roles ?? [],
  ]);
}

/** The analysis with other facts: those that `factsAt` knows for an anchor. */
function withFacts(file: FileAnalysis, factsAt: (anchor: Anchor) => readonly Fact[]): FileAnalysis {
  return {
    ...file,
    text: { ...file.text, facts: factsAt(file.textAnchor) },
    chunks: file.chunks.map((chunk) => ({
      ...chunk,
      examination: { ...chunk.examination, facts: factsAt(chunk.anchor) },
    })),
  };
}

const everything = (): boolean => true;

/** Where a span, which is relative to `base`, is after an edit of the file. */
function shiftedSpan(span: Span, edit: InputEdit, base: number): Span {
  // What is typed right behind a span does not belong to it, nor what is typed at one that is empty.
  if (span.end + base <= edit.start) return span;
  const moved = (offset: number): number =>
    offset + base >= edit.oldEnd ? offset + edit.newEnd - edit.oldEnd : Math.min(offset, edit.newEnd - base);
  return { start: moved(span.start), end: moved(span.end) };
}

/** A workspace verdict in the shape that findings are made from. */
interface FlatVerdict {
  readonly kind: 'pass' | 'fail' | 'unknown';
  readonly subject: Place;
  readonly message?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  readonly related?: readonly { readonly place: Place; readonly message: string }[] | undefined;
  readonly fixes?: readonly Fix[] | undefined;
  readonly severity?: Severity | undefined;
}

interface WorkspaceEntry {
  readonly rule: number;
  /** What the judge said. */
  readonly source: WorkspaceVerdict;
  verdict: FlatVerdict;
}

function flattenVerdict(verdict: WorkspaceVerdict): FlatVerdict {
  if (verdict.kind !== 'fail') return verdict;
  const { kind, subject, message, args, related, fixes, severity } = verdict;
  return { kind, subject, message, args, related, fixes, severity };
}

/** The rule's message with its placeholders filled. */
export function renderMessage(rule: Rule, key: string, args: Readonly<Record<string, string>>): string {
  const template = rule.messages[key];
  if (template === undefined) throw new Error(`${rule.id} has no message "${key}"`);
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => args[name] ?? whole);
}

/** Fixes are written with `\n`; in a file with `\r\n` their line breaks become `\r\n`. */
function adaptLineBreaks(text: string | undefined, edits: readonly TextEdit[]): readonly TextEdit[] {
  if (text === undefined || !text.includes('\r\n')) return edits;
  return edits.map((edit) => ({ ...edit, newText: edit.newText.replace(/\r?\n/g, '\r\n') }));
}
