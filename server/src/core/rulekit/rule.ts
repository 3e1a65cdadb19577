/**
 * The shape of a rule: a frozen value of pure functions. A rule never reads files, keeps state or knows the editor;
 * what it says (`pass`, `fail`, `fact`) is a function of the chunk, the file's header and its options alone, which is
 * what makes its results cacheable.
 */
import type { FileRole, LanguageId } from '../model/file.ts';
import type { Json } from '../model/json.ts';
import type {
  CategoryId,
  Confidence,
  Fact,
  FactVerdict,
  Severity,
  Verdict,
  WorkspaceVerdict,
} from '../model/verdict.ts';
import type { FlatNode } from '../syntax/flatTree.ts';
import type { Effort } from './effort.ts';

/** What is known of the file of a chunk; everything here is part of the memo key. `H` is the language's header. */
export interface FileContext<H = unknown> {
  readonly path: string;
  readonly language: LanguageId;
  readonly role: FileRole;
  /** Imports, package name, build constraints: read from the file's first chunks by the language. */
  readonly header: H;
}

/**
 * A computation over a node that several rules share (control flow, scopes): computed at most once per chunk and node.
 * Create with `defineAnalysis`, read with `ctx.get(analysis, node)`.
 */
export interface Analysis<N extends FlatNode, T> {
  readonly name: string;
  readonly compute: (node: N, ctx: ChunkContext) => T;
}

export function defineAnalysis<N extends FlatNode, T>(
  name: string,
  compute: (node: N, ctx: ChunkContext) => T,
): Analysis<N, T> {
  return { name, compute };
}

export interface ChunkContext<O = unknown, H = unknown> {
  readonly file: FileContext<H>;
  readonly options: O;
  get<N extends FlatNode, T>(analysis: Analysis<N, T>, node: N): T;
}

/** Looks at every node of the given kinds in a tree-sitter language. */
export interface NodeDetector<O = unknown, N extends FlatNode = FlatNode, H = unknown> {
  readonly kinds: readonly N['kind'][];
  /** The detector is skipped for a chunk whose text contains none of these words. */
  readonly triggers?: readonly string[];
  /**
   * Of calls, only those of functions with such a name are looked at: of `a.b.f(x)` the name is `f`. Asked once for
   * each name; nodes that are no calls are not affected.
   */
  calls?(name: string): boolean;
  /** The same for imports, by their paths. */
  imports?(path: string): boolean;
  /** Whether a node is worth a `check`: for kinds that are everywhere, most of which are of no interest. */
  when?(node: N, ctx: ChunkContext<O, H>): boolean;
  check(node: N, ctx: ChunkContext<O, H>): Iterable<Verdict>;
}

/** Looks at the text of a whole file (documents without a syntax tree, and rules about any text). */
export interface TextDetector<O = unknown> {
  readonly text: true;
  readonly triggers?: readonly string[];
  check(text: string, ctx: ChunkContext<O>): Iterable<Verdict>;
}

export type Detector<O = unknown> = NodeDetector<O> | TextDetector<O>;

/** Shorter words are not found by `FactView.mentions`: most of them are local names. */
export const SHORTEST_WORD = 4;

/**
 * How a judge sees the facts. Every read is recorded: the judge runs again for a partition only when something that
 * it read has changed.
 */
export interface FactView {
  /** Facts of this partition, in path and position order. */
  get(name: string): readonly Fact[];
  /**
   * Facts with that name and key: of the whole workspace, or of the files right in a directory, which is cheap also for
   * a key that thousands of files have.
   */
  lookup(name: string, key: string, directory?: string): readonly Fact[];
  /**
   * Files with facts of that name whose value, a text, holds the word; words are separated by white space, and those of
   * fewer than `SHORTEST_WORD` characters are not found. For facts that list names, so that one need not read them all.
   */
  mentions(name: string, word: string): readonly string[];
  /** All facts of that name in the workspace: for the few judges that cannot name a key. */
  all(name: string): readonly Fact[];
  /** Role of a file of the workspace. */
  role(path: string): FileRole;
  /** What several judges of the partition make of its facts; its reads count as those of each. */
  derive<T>(derivation: Derivation<T>): T;
  /** What the partition is: '' (workspace), or the directory of the component or package ('' for the root). */
  readonly partition: string;
}

/**
 * A computation over the facts of a partition that several judges share, done once while they run.
 * Create with `defineDerivation`, read with `facts.derive(derivation)`.
 */
export interface Derivation<T> {
  readonly name: string;
  readonly compute: (facts: FactView) => T;
}

export function defineDerivation<T>(name: string, compute: (facts: FactView) => T): Derivation<T> {
  return { name, compute };
}

/**
 * Judges the workspace from facts. Runs once per partition that holds a fact of one of the `reads`:
 * the whole workspace, each component (nearest directory with a manifest) or each directory (a Go package).
 */
export interface WorkspaceJudge<O = unknown> {
  readonly partition: 'workspace' | 'component' | 'directory';
  readonly reads: readonly string[];
  judge(facts: FactView, options: O): Iterable<WorkspaceVerdict>;
}

export interface RuleDocs {
  /** What fires, in one or two sentences. */
  readonly what: string;
  readonly why: string;
  /** What holds for every language; '' where all depends on it. */
  readonly howToFix: string;
  /** What is to be said in addition where findings are in one of these languages. */
  readonly howToFixIn?: Readonly<Partial<Record<LanguageId, string>>>;
  /** CWE ids, linters with the same idea, specifications. */
  readonly refs: readonly string[];
}

export interface Rule<O extends Json = Json> {
  /** Names the bad thing, so that "allow <id>" reads well. */
  readonly id: string;
  readonly title: string;
  readonly category: CategoryId;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** Preview rules show, but never gate and never score. */
  readonly stage: 'stable' | 'preview';
  /** What it reports is not needed: editors fade it. */
  readonly unnecessary?: boolean;
  readonly docs: RuleDocs;
  readonly options?: { readonly schema: Json; readonly default: O };
  /** One sentence each: the defect, then the way out. `{name}` is replaced by the verdict's args. */
  readonly messages: Readonly<Record<string, string>>;
  /** What mending takes; without it a default by scope and severity: see `effortOf`. */
  readonly effort?: Effort;
  /** False: the rule is about what people say of findings, not about the code, and takes no part in the score. */
  readonly scored?: boolean;
  /** False: no comment and no baseline accepts a finding of this rule. */
  readonly suppressible?: boolean;
  /** Whether failing verdicts carry a fix; the fixture harness holds the rule to it. */
  readonly fix: 'none' | 'sometimes' | 'always';
  /**
   * Files that the rule's detectors look at and whose findings count; default: production only. Facts of other roles
   * come from extractors.
   */
  readonly roles?: readonly FileRole[];
  /** `any`: text detectors for every file. */
  readonly on: { readonly [L in LanguageId | 'any']?: readonly Detector<O>[] };
  readonly workspace?: WorkspaceJudge<O>;
}

/** A source of facts that belongs to no single rule: see server/src/knowledge and server/src/languages. */
export interface Extractor {
  readonly id: string;
  readonly language: LanguageId | 'any';
  readonly detector: NodeDetector | TextDetector;
  /** Files that it looks at; default: all but tests and vendored ones. */
  readonly roles?: readonly FileRole[];
}

/** Checks and freezes a rule; the type parameter is its options. */
export function defineRule<O extends Json = null>(rule: Rule<O>): Rule {
  return Object.freeze(rule) as unknown as Rule;
}

export function fact(name: string, key: string, value: Json, subject: { start: number; end: number }): FactVerdict {
  return { kind: 'fact', name, key, value, subject: { start: subject.start, end: subject.end } };
}
