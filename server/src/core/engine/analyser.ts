/**
 * Analysis of one file: its text is parsed, falls into chunks, and each chunk is examined once; after an edit only the
 * chunks that changed are. The result is a function of text, path and rule set, and knows nothing of other files.
 */
import type { FileRole, LanguageId } from '../model/file.ts';
import type { Json } from '../model/json.ts';
import type { Anchor, Place, Span } from '../model/location.ts';
import { directoryOf } from '../model/path.ts';
import type { Fact } from '../model/verdict.ts';
import type { Extractor, FileContext, Rule } from '../rulekit/rule.ts';
import { FlatNode, type FlatTree } from '../syntax/flatTree.ts';
import { finish } from '../syntax/steps.ts';
import type { InputEdit, ParsedFile, Syntax } from '../syntax/syntax.ts';
import { type Snapshot, snapshotOf } from '../text/snapshot.ts';
import {
  type Dispatch,
  detectorsFor,
  EMPTY_EXAMINATION,
  type Examination,
  examineChunk,
  examineText,
  prepareDispatch,
  type RuleVerdict,
  textDetectorsFor,
} from './examine.ts';
import type { LanguageSupport } from './language.ts';
import type { Problem } from './problem.ts';
import { DEFAULT_RECIPE, defaultRecipes, type Recipe, type RecipeOf, roleBy } from './recipe.ts';
import { roleOfPath } from './roles.ts';

/** Files larger than this (UTF-16 code units) are not parsed; the audit says so. */
export const MAX_FILE_LENGTH = 2_000_000;
/** Milliseconds that one parse may take: while somebody types, and otherwise. */
const EDIT_PARSE_BUDGET = 30;
const FULL_PARSE_BUDGET = 2_000;
/**
 * Length of several declarations that are looked at for one key. A parser that recovers from an error may read the rest
 * of a file otherwise, and another import may change what every declaration means: that waits until the text has settled.
 */
const EDIT_LIMIT = 32_000;

export interface SyntaxFault {
  readonly span: Span;
  /** Kind of the token that the grammar misses, '' for text that it cannot place. */
  readonly missing: string;
}

export interface Chunk {
  readonly anchor: Anchor;
  readonly length: number;
  /** Text of the chunk: what the results are a function of, with the file's context. */
  readonly text: string;
  readonly hasError: boolean;
  /** The first error or missing token, relative to the chunk. */
  readonly error: SyntaxFault | null;
  readonly header: FlatTree | null;
  readonly examination: Examination;
  /** Shows what was found before the chunk stopped to parse, or in another context; the settled text is examined again. */
  readonly stale: boolean;
  /** Examined while something in the file did not parse: around errors the parser may read the same text otherwise. */
  readonly unsure: boolean;
  /** Names the tree that was examined; null: none was looked at; undefined: not known. */
  readonly tree: number | null | undefined;
}

/** What is known of a file. The analyser writes it; its owner deletes `parsed`. */
export interface FileAnalysis {
  readonly path: string;
  readonly language: LanguageId;
  /** Shown in an editor: it may be edited, and around errors it has to be known by which trees chunks were examined. */
  open: boolean;
  snapshot: Snapshot;
  /** What it was looked at by. */
  recipe: Recipe;
  role: FileRole;
  header: Json;
  /** See `contextKeyOf`. */
  contextKey: string;
  chunks: readonly Chunk[];
  text: Examination;
  readonly textAnchor: Anchor;
  /** What `textDetectorsFor` said of the text; null before. */
  textDetectors: Uint8Array | null;
  parsed: ParsedFile | null;
  problems: readonly Problem[];
  /** Facts of the engine itself, relative to the file. */
  ownFacts: readonly Fact[];
}

/** What its code says of a file. */
interface CodeAnalysis extends Pick<FileAnalysis, 'role' | 'header' | 'contextKey' | 'chunks'> {
  /** Where each chunk stands in the text. */
  readonly starts: readonly { readonly anchor: Anchor; readonly start: number }[];
}

/** Work that may stop after each step. */
export type Steps = Generator<undefined, void>;

/** One for all files: most of a workspace rests, with nothing of its own. */
const NOTHING: readonly never[] = [];

/** A file that nobody has looked at yet. */
export function newFileAnalysis(path: string, language: LanguageId, text: string): FileAnalysis {
  return {
    path,
    language,
    open: false,
    snapshot: snapshotOf(text),
    recipe: DEFAULT_RECIPE,
    role: 'production',
    header: null,
    contextKey: '',
    chunks: NOTHING,
    text: EMPTY_EXAMINATION,
    textAnchor: { start: 0 },
    textDetectors: null,
    parsed: null,
    problems: NOTHING,
    ownFacts: NOTHING,
  };
}

export interface AnalyserOptions {
  readonly syntax: Syntax;
  readonly rules: readonly Rule[];
  readonly extractors: readonly Extractor[];
  readonly languages: readonly LanguageSupport[];
  /** See `EDIT_LIMIT`, which is the default. */
  readonly editLimit?: number;
}

/** Work done so far, for the laws and the benchmark that count it. */
export interface AnalyserCounters {
  chunksExamined: number;
  chunksReused: number;
  parses: number;
  /** Text that the parser read, in bytes of UTF-16. */
  bytesParsed: number;
}

export class Analyser {
  readonly #syntax: Syntax;
  readonly #rules: readonly Rule[];
  readonly #languages: ReadonlyMap<LanguageId, LanguageSupport>;
  readonly #dispatch: Dispatch;
  readonly #editLimit: number;
  #recipeOf: RecipeOf = defaultRecipes;
  readonly counters: AnalyserCounters = { chunksExamined: 0, chunksReused: 0, parses: 0, bytesParsed: 0 };

  constructor({ syntax, rules, extractors, languages, editLimit = EDIT_LIMIT }: AnalyserOptions) {
    this.#syntax = syntax;
    this.#editLimit = editLimit;
    this.#rules = rules;
    this.#languages = new Map(languages.map((language) => [language.id, language]));
    this.#dispatch = prepareDispatch(rules, extractors, defaultOptionsOf, this.#languages);
  }

  /** Says by what each file is looked at from now on. */
  setRecipes(recipeOf: RecipeOf): void {
    this.#recipeOf = recipeOf;
  }

  recipeOf(path: string): Recipe {
    return this.#recipeOf(path);
  }

  /** Parses the text from scratch and brings everything up to date; the tree stays in `file.parsed`. */
  parseFresh(file: FileAnalysis): void {
    finish(this.#parseFresh(file, false));
  }

  /**
   * As `parseFresh`, in steps: some for the parse and one for each declaration. Nothing is different before the last, and
   * whoever stops before, because the text has changed, calls `return`.
   */
  parseInSteps(file: FileAnalysis): Steps {
    return this.#parseFresh(file, true);
  }

  *#parseFresh(file: FileAnalysis, inSteps: boolean): Steps {
    let parsed: ParsedFile | null = null;
    if (this.isParsable(file)) {
      const { language, snapshot } = file;
      this.counters.parses++;
      parsed = inSteps
        ? yield* this.#syntax.parseInSteps(language, snapshot.text, FULL_PARSE_BUDGET)
        : this.#syntax.parse(language, snapshot.text, { budget: FULL_PARSE_BUDGET });
      this.counters.bytesParsed = this.#syntax.bytesRead;
    }
    let isTaken = false;
    try {
      yield;
      isTaken = yield* this.#analyse(file, parsed, null);
    } finally {
      if (!isTaken) parsed?.delete();
    }
  }

  /**
   * Parses the present text incrementally: `edits` led to it since `file.parsed`. False: that took too long, or would,
   * and the file has no tree now; what was found before stays.
   */
  parseEdited(file: FileAnalysis, edits: readonly InputEdit[]): boolean {
    const previous = file.parsed!;
    const parsed = this.#syntax.parse(file.language, file.snapshot.text, {
      previous: { file: previous, edits },
      budget: EDIT_PARSE_BUDGET,
    });
    this.counters.parses++;
    this.counters.bytesParsed = this.#syntax.bytesRead;
    previous.delete();
    file.parsed = null;
    if (parsed === null) return false;
    let isTaken = false;
    try {
      isTaken = finish(this.#analyse(file, parsed, edits));
    } finally {
      if (!isTaken) {
        parsed.delete();
        file.parsed = null;
      }
    }
    return isTaken;
  }

  /** Whether code of the language is looked into. */
  supports(language: LanguageId): boolean {
    return this.#syntax.supports(language);
  }

  isParsable(file: FileAnalysis): boolean {
    return this.#syntax.supports(file.language) && file.snapshot.text.length <= MAX_FILE_LENGTH;
  }

  /**
   * Brings chunks, facts and verdicts of a file up to date with its tree, which stays in `file.parsed`; null: it has none.
   * `edits`: what changed since the last time; then there may be too much to do, and the result is false. The file is as it
   * was until the last step.
   */
  *#analyse(
    file: FileAnalysis,
    parsed: ParsedFile | null,
    edits: readonly InputEdit[] | null,
  ): Generator<undefined, boolean> {
    const support = this.#languages.get(file.language);
    const { text } = file.snapshot;
    const conflicted = hasConflict(text);
    const recipe = this.#recipeOf(file.path);
    const code =
      parsed === null || support === undefined
        ? { ...file, role: roleBy(recipe, roleOfPath(file.path)), chunks: [], starts: [] }
        : yield* this.#analyseChunks(file, parsed, support, recipe, edits, conflicted);
    if (code === null) return false;

    const { path, language, textAnchor } = file;
    const context: FileContext = { path, language, role: code.role, header: code.header };
    let textDetectors = file.textDetectors;
    let examined = EMPTY_EXAMINATION;
    if (text.length <= MAX_FILE_LENGTH) {
      const edit = edits?.length === 1 ? edits[0]! : null;
      textDetectors = textDetectorsFor(this.#dispatch, language, text, textDetectors, edit);
      examined = yield* examineText(this.#dispatch, text, context, textAnchor, textDetectors, recipe.options);
    }

    file.parsed?.delete();
    file.parsed = parsed;
    file.recipe = recipe;
    file.role = code.role;
    file.header = code.header;
    file.contextKey = code.contextKey;
    file.chunks = code.chunks;
    for (const { anchor, start } of code.starts) anchor.start = start;
    file.textDetectors = textDetectors;
    file.text = examined;
    file.ownFacts = ownFacts(file, parsed !== null, conflicted);
    file.problems = this.#problemsOf(file);
    return true;
  }

  #problemsOf({ path, language, snapshot, parsed, text, chunks }: FileAnalysis): Problem[] {
    const problems: Problem[] = [];
    if (snapshot.text.length > MAX_FILE_LENGTH) {
      problems.push({ path, kind: 'too-large', message: 'The file is too large to be judged.' });
    } else if (parsed === null && this.#syntax.supports(language)) {
      problems.push({ path, kind: 'parse-budget', message: 'Parsing took too long; the file is not judged.' });
    }
    for (const failure of [...text.failures, ...chunks.flatMap((chunk) => chunk.examination.failures)]) {
      const id = failure.rule < 0 ? 'extractor' : this.#rules[failure.rule]!.id;
      problems.push({ path, kind: 'rule-failed', message: `${id}: ${failure.message}` });
    }
    return problems;
  }

  *#analyseChunks(
    file: FileAnalysis,
    parsed: ParsedFile,
    support: LanguageSupport,
    recipe: Recipe,
    edits: readonly InputEdit[] | null,
    conflicted: boolean,
  ): Generator<undefined, CodeAnalysis | null> {
    const { text } = file.snapshot;
    const { topLevel, grammar } = parsed;
    const ranges = support.chunk(topLevel, grammar, text);
    const shapes = ranges.map((range) => {
      const start = topLevel.starts[range.first]!;
      const end = topLevel.ends[range.last]!;
      let hasError = false;
      for (let i = range.first; i <= range.last; i++) if (topLevel.errors[i] === 1) hasError = true;
      return { range, start, end, hasError };
    });
    const pairs = align(file.chunks, shapes, edits, text);
    const isTooMuch = (open: readonly Shape[]): boolean =>
      edits !== null && open.length > 1 && open.reduce((sum, { start, end }) => sum + end - start, 0) > this.#editLimit;
    if (isTooMuch(shapes.filter((_, i) => pairs[i]?.same !== true))) return null;
    const broken = parsed.hasError;
    const flat: (FlatTree | undefined)[] = [];
    const treeOf = (i: number): FlatTree => {
      const { range, start, end } = shapes[i]!;
      const tree = flat[i] ?? parsed.flatten(range.first, range.last, text.slice(start, end), start);
      flat[i] = tree;
      return tree;
    };
    /**
     * What was found in a chunk with the same text is what a fresh look would find; while somebody types, it stays until
     * the text settles. Around errors only the same tree says so.
     */
    const holds = (chunk: Chunk, i: number): boolean => {
      if (edits !== null) return true;
      if (chunk.stale) return false;
      return !(broken || chunk.unsure) || chunk.tree === null || chunk.tree === nameOfTree(treeOf(i));
    };

    const trees = shapes.map(({ range }, i) => {
      let first = range.first;
      while (first < range.last && grammar.kinds[topLevel.kinds[first]!] === 'comment') first++;
      if (!support.isHeaderKind(grammar.kinds[topLevel.kinds[first]!]!)) return null;
      const reused = pairs[i];
      if (reused?.same === true && reused.chunk.header !== null && holds(reused.chunk, i)) return reused.chunk.header;
      return treeOf(i);
    });
    const header = support.header(
      trees.filter((tree) => tree !== null),
      text,
    );
    const pathRole = roleOfPath(file.path);
    const found =
      pathRole === 'production' || pathRole === 'test' ? (support.roleOf(file.path, header) ?? pathRole) : pathRole;
    const role = roleBy(recipe, found);
    const contextKey = contextKeyOf(role, conflicted, header, recipe.key);
    // What is the same text may mean something else in another context, which is found out when the text has settled.
    const waits = contextKey !== file.contextKey && isTooMuch(shapes);
    const sameContext = contextKey === file.contextKey || waits;
    const context: FileContext = { path: file.path, language: file.language, role, header };
    const chunks: Chunk[] = [];
    const starts: { readonly anchor: Anchor; readonly start: number }[] = [];
    for (const [i, { start, end, hasError }] of shapes.entries()) {
      const pair = pairs[i];
      const anchor = pair?.chunk.anchor ?? { start };
      starts.push({ anchor, start });
      if (pair?.same === true && sameContext && holds(pair.chunk, i)) {
        const { chunk } = pair;
        this.counters.chunksReused++;
        const named = file.open && chunk.tree === undefined ? { ...chunk, tree: nameOfTree(treeOf(i)) } : chunk;
        chunks.push(waits ? { ...named, stale: true } : named);
      } else {
        const chunkText = text.slice(start, end);
        const detectors = detectorsFor(this.#dispatch, context, chunkText, !hasError && !conflicted);
        const isNeeded = detectors !== null || hasError;
        const tree = trees[i] ?? (isNeeded ? treeOf(i) : null);
        this.counters.chunksExamined++;
        const examined =
          detectors === null || tree === null
            ? EMPTY_EXAMINATION
            : examineChunk(this.#dispatch, tree, context, anchor, detectors, recipe.options);
        const stale = hasError && edits !== null && pair !== undefined;
        chunks.push({
          anchor,
          length: end - start,
          text: chunkText,
          hasError,
          error: hasError && tree !== null ? firstFault(tree) : null,
          header: trees[i] ?? null,
          examination: stale ? keepStale(pair.chunk, examined, end - start) : examined,
          stale,
          unsure: broken,
          tree: tree === null ? null : file.open ? nameOfTree(tree) : undefined,
        });
      }
      // The trees of a whole file are many times its size.
      flat[i] = undefined;
      yield;
    }
    return { role, header, contextKey, chunks, starts };
  }
}

/** Names what the results of a file's chunks depend on besides their texts. */
export function contextKeyOf(role: FileRole, conflicted: boolean, header: Json, recipe: string): string {
  return JSON.stringify([role, conflicted, header, recipe]);
}

/** Options of a rule where nobody says otherwise. */
export function defaultOptionsOf(rule: Rule): Json {
  return rule.options?.default ?? null;
}

/**
 * While a declaration does not parse because somebody is typing in it, its last findings stay, without fixes: they come
 * and go with the settled text, not with each key.
 */
function keepStale(chunk: Chunk, examined: Examination, length: number): Examination {
  const verdicts = chunk.examination.verdicts.flatMap(({ rule, verdict }): RuleVerdict[] => {
    if (verdict.subject.end > length) return [];
    return [{ rule, verdict: verdict.kind === 'fail' ? { ...verdict, fixes: [] } : verdict }];
  });
  return { ...examined, verdicts };
}

const CONFLICT_START = /^<{7} /m;
const CONFLICT_END = /^>{7} /m;

export function hasConflict(text: string): boolean {
  return text.includes('<<<<<<< ') && CONFLICT_START.test(text) && CONFLICT_END.test(text);
}

/** The first place in a chunk with a syntax error that the grammar could not make sense of. */
/** A 32-bit hash of everything that a tree holds besides its text. */
function nameOfTree({ size, kinds, fields, flags, starts, ends, stops }: FlatTree): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < size; i++) {
    hash = Math.imul(hash ^ kinds[i]! ^ (flags[i]! << 16), 0x01000193);
    hash = Math.imul(hash ^ fields[i]!, 0x01000193);
    hash = Math.imul(hash ^ starts[i]!, 0x01000193);
    hash = Math.imul(hash ^ ends[i]!, 0x01000193);
    hash = Math.imul(hash ^ stops[i]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}

function firstFault(tree: FlatTree): SyntaxFault {
  for (let i = 1; i < tree.size; i++) {
    const node = new FlatNode(tree, i);
    if (node.isMissing) return { span: node.span, missing: node.kind };
    if (node.isError) return { span: node.span, missing: '' };
  }
  return { span: { start: 0, end: tree.text.length }, missing: '' };
}

/** What the engine itself says of a file: that it exists, and that it does not parse or holds a merge conflict. */
export function ownFacts(file: FileAnalysis, parsed: boolean, conflicted: boolean): Fact[] {
  const place: Place = { path: file.path, anchor: null, span: { start: 0, end: 0 } };
  const facts: Fact[] = [
    { name: 'file', key: file.path, value: { language: file.language }, place },
    // By directory, for whoever wants to know one of many.
    { name: 'file.in', key: directoryOf(file.path), value: file.language, place },
  ];
  if (conflicted) facts.push({ name: 'file.conflict', key: file.path, value: null, place });
  const broken = file.chunks.find((chunk) => chunk.error !== null);
  if (broken?.error != null) {
    const { span, missing } = broken.error;
    facts.push({
      name: 'file.syntax-error',
      key: file.path,
      value: { missing },
      place: { path: file.path, anchor: broken.anchor, span },
    });
  }
  if (parsed) facts.push({ name: 'file.parsed', key: file.path, value: null, place });
  return facts;
}

interface Shape {
  readonly start: number;
  readonly end: number;
  readonly hasError: boolean;
}

/**
 * Matches new chunks with old ones: equal ones from the front and from the back keep their results (`same`), the rest
 * in between are paired in order when their number did not change, so that what stands there keeps its anchor.
 */
function align(
  old: readonly Chunk[],
  shapes: readonly Shape[],
  edits: readonly InputEdit[] | null,
  text: string,
): ({ readonly chunk: Chunk; readonly same: boolean } | undefined)[] {
  const result: ({ chunk: Chunk; same: boolean } | undefined)[] = new Array(shapes.length).fill(undefined);
  if (old.length === 0) return result;
  // Outside of the edited range the text is what it was, so equal spans mean equal texts; without edits texts are compared.
  const changed = edits === null ? null : changedRange(edits);
  const same = (chunk: Chunk, shape: Shape, side: 'front' | 'back'): boolean => {
    if (chunk.length !== shape.end - shape.start || chunk.hasError !== shape.hasError) return false;
    if (changed !== null) {
      if (side === 'front' && shape.end < changed.start) return chunk.anchor.start === shape.start;
      if (side === 'back' && shape.start > changed.end) return chunk.anchor.start === shape.start - changed.delta;
    }
    return text.startsWith(chunk.text, shape.start);
  };
  const limit = Math.min(old.length, shapes.length);
  let front = 0;
  while (front < limit && same(old[front]!, shapes[front]!, 'front')) {
    result[front] = { chunk: old[front]!, same: true };
    front++;
  }
  let back = 0;
  while (back < limit - front) {
    const chunk = old[old.length - 1 - back]!;
    const shape = shapes[shapes.length - 1 - back]!;
    if (!same(chunk, shape, 'back')) break;
    result[shapes.length - 1 - back] = { chunk, same: true };
    back++;
  }
  if (old.length === shapes.length) {
    for (let i = front; i < shapes.length - back; i++) result[i] = { chunk: old[i]!, same: false };
  }
  return result;
}

/** Smallest range of the new text that holds all edits, and by how much the text behind it moved. */
function changedRange(edits: readonly InputEdit[]): { start: number; end: number; delta: number } {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  let delta = 0;
  for (const edit of edits) {
    start = Math.min(start, edit.start);
    const shift = edit.newEnd - edit.oldEnd;
    end = Math.max(edit.newEnd, end > edit.oldEnd ? end + shift : edit.newEnd);
    delta += shift;
  }
  return { start, end, delta };
}
