/**
 * The one owner of the parser and of every tree: parses text, reads trees into plain arrays, frees them. Trees never
 * leave this folder, and a parsed file that was deleted refuses to be used instead of reading freed memory.
 */
import { type Edit, Language, type ParseCallback, Parser, type Tree } from 'web-tree-sitter';
import type { LanguageId } from '../core/model/file.ts';
import type { FlatTree, GrammarTables } from '../core/syntax/flatTree.ts';
import { finish } from '../core/syntax/steps.ts';
import type { InputEdit, ParsedFile, ParseOptions, Syntax, TopLevel } from '../core/syntax/syntax.ts';
import { createCursorReader } from './cursorReader.ts';
import { type Anchor, advance, anchorAt, composeEdits, pointOf, START_OF_TEXT } from './edits.ts';
import { createMemoryReader } from './memoryReader.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { chooseReader } from './selfTest.ts';
import type { TreeReader, TreeView } from './treeView.ts';

/** Code units that the runtime takes at a time at most: its buffer has 10 KB, with a terminator. */
const PART = 5_119;

/**
 * How often the parser says how far it is before a fresh parse stops, and goes on. Around errors it builds another tree
 * when it is interrupted; as it always is after the same work, whoever parses a text builds the same one.
 */
const STEP = 200;

export interface SyntaxSources {
  /** Bytes of web-tree-sitter's own `tree-sitter.wasm`. */
  readonly runtimeWasm: Uint8Array;
  /** Bytes of the grammars by language. */
  readonly grammars: { readonly [L in LanguageId]?: Uint8Array };
  /** Read trees with the slow public cursor only. */
  readonly forceCursor?: boolean;
  /** See `STEP`, which is the default. */
  readonly step?: number;
}

export interface WasmSyntax extends Syntax {
  /** Why trees of a loaded language are read through the slow cursor; `null`: they are read directly. */
  slowBecause(language: LanguageId): string | null;
}

/**
 * Starts the runtime and loads every given grammar (about 2 ms for Go). All are loaded before any is used, because
 * loading one behind the background compilation of another stalls for hundreds of milliseconds. How the trees of a
 * grammar are read is tested when the first text is parsed with it, which compiles its code.
 * Rejects when the bytes are not a runtime or not grammars of a version that it can load.
 */
export async function createSyntax(sources: SyntaxSources): Promise<WasmSyntax> {
  const runtime = await startRuntime(sources.runtimeWasm);
  const loaded: { readonly id: LanguageId; readonly language: Language }[] = [];
  for (const [id, bytes] of Object.entries(sources.grammars)) {
    loaded.push({ id: id as LanguageId, language: await Language.load(bytes) });
  }
  const makers = new Map<LanguageId, () => GrammarParser>();
  for (const { id, language } of loaded) {
    const parser = new Parser();
    parser.setLanguage(language);
    makers.set(id, () => createGrammarParser(id, language, parser, runtime, sources.forceCursor ?? false));
  }
  return new OwningSyntax(makers, sources.step ?? STEP);
}

/** Everything that parsing one language takes. */
interface GrammarParser {
  readonly grammar: GrammarTables;
  readonly language: Language;
  readonly parser: Parser;
  readonly read: TreeReader;
  /** Why trees are not read from memory; `null`: they are. */
  readonly slowBecause: string | null;
}

function createGrammarParser(
  id: LanguageId,
  language: Language,
  parser: Parser,
  runtime: Runtime,
  forceCursor: boolean,
): GrammarParser {
  const grammar = tablesOf(id, language);
  const cursor = createCursorReader(grammar);
  const { read, slowBecause } = forceCursor
    ? { read: cursor, slowBecause: 'the cursor was asked for' }
    : chooseReader(id, parser, cursor, () => createMemoryReader(runtime, language, grammar));
  return { grammar, language, parser, read, slowBecause };
}

/** Kind 0 is the runtime's end-of-input token, which no tree shows: its place serves the synthetic root. */
function tablesOf(id: LanguageId, language: Language): GrammarTables {
  const kinds = Array.from(language.types, (name: string | undefined) => name ?? '');
  kinds[0] = 'chunk';
  return {
    language: id,
    kinds: [...kinds, 'ERROR'],
    fields: language.fields.map((name) => name ?? ''),
  };
}

class OwningSyntax implements WasmSyntax {
  liveTrees = 0;
  bytesRead = 0;
  readonly #makers: ReadonlyMap<LanguageId, () => GrammarParser>;
  readonly #parsers = new Map<LanguageId, GrammarParser>();
  readonly #step: number;

  /** `makers`: what makes the parser of a language, asked once when the language is first needed. */
  constructor(makers: ReadonlyMap<LanguageId, () => GrammarParser>, step: number) {
    this.#makers = makers;
    this.#step = step;
  }

  supports(language: LanguageId): boolean {
    return this.#makers.has(language);
  }

  slowBecause(language: LanguageId): string | null {
    return this.#parserOf(language).slowBecause;
  }

  parse(language: LanguageId, text: string, options: ParseOptions): ParsedFile | null {
    const own = this.#parserOf(language);
    const { budget, previous } = options;
    if (previous === undefined) return finish(this.#steps(own, own.parser, text, budget));

    const before = previous.file;
    if (!(before instanceof OwnedFile) || before.grammar !== own.grammar) {
      throw new Error('The previous file was parsed by somebody else, or in another language.');
    }
    const { tree: edited, anchor } = before.editedCopy(previous.edits, text);
    try {
      return this.#own(own, parseEdited(own.parser, this.#source(text), edited, budget), text, anchor);
    } finally {
      edited.delete();
    }
  }

  *parseInSteps(language: LanguageId, text: string, budget: number): Generator<undefined, ParsedFile | null> {
    const own = this.#parserOf(language);
    const parser = new Parser();
    try {
      parser.setLanguage(own.language);
      return yield* this.#steps(own, parser, text, budget);
    } finally {
      parser.delete();
    }
  }

  *#steps(own: GrammarParser, parser: Parser, text: string, budget: number): Generator<undefined, ParsedFile | null> {
    const source = this.#source(text);
    let left = budget;
    for (;;) {
      const start = performance.now();
      let count = 0;
      const progressCallback = (): boolean => ++count >= this.#step || performance.now() - start >= left;
      const tree = parser.parse(source, null, { progressCallback });
      if (tree !== null) return this.#own(own, tree, text, START_OF_TEXT);
      left -= performance.now() - start;
      if (left <= 0) break;
      yield;
    }
    // A parser that gave up would otherwise go on from there, whatever text it is given next.
    parser.reset();
    return null;
  }

  /** The text as the runtime asks for it. */
  #source(text: string): ParseCallback {
    return (index) => {
      const part = text.slice(index, index + PART);
      this.bytesRead += 2 * part.length;
      return part;
    };
  }

  #parserOf(language: LanguageId): GrammarParser {
    const known = this.#parsers.get(language);
    if (known !== undefined) return known;
    const make = this.#makers.get(language);
    if (make === undefined) throw new Error(`No grammar is loaded for ${language}.`);
    const own = make();
    this.#parsers.set(language, own);
    return own;
  }

  #own(own: GrammarParser, tree: Tree | null, text: string, anchor: Anchor): ParsedFile | null {
    if (tree === null) return null;
    this.liveTrees++;
    return new OwnedFile(own, tree, text, anchor, () => this.liveTrees--);
  }
}

function parseEdited(parser: Parser, source: ParseCallback, old: Tree, budget: number): Tree | null {
  const deadline = performance.now() + budget;
  const tree = parser.parse(source, old, { progressCallback: () => performance.now() >= deadline });
  // A parser that gave up would otherwise go on from there, whatever text it is given next.
  if (tree === null) parser.reset();
  return tree;
}

class OwnedFile implements ParsedFile {
  readonly grammar: GrammarTables;
  readonly topLevel: TopLevel;
  readonly hasError: boolean;
  readonly #view: TreeView;
  readonly #text: string;
  readonly #anchor: Anchor;
  readonly #onDelete: () => void;
  #tree: Tree | null;

  constructor(own: GrammarParser, tree: Tree, text: string, anchor: Anchor, onDelete: () => void) {
    this.grammar = own.grammar;
    this.#tree = tree;
    this.#view = own.read(tree);
    this.topLevel = this.#view.topLevel;
    this.hasError = tree.rootNode.hasError;
    this.#text = text;
    this.#anchor = anchor;
    this.#onDelete = onDelete;
  }

  flatten(first: number, last: number, text: string, base: number): FlatTree {
    this.#liveTree();
    return this.#view.flatten(first, last, text, base);
  }

  delete(): void {
    this.#liveTree().delete();
    this.#tree = null;
    this.#onDelete();
  }

  /** A copy of the tree that knows of the edits, and a place in the new text whose row is known. */
  editedCopy(edits: readonly InputEdit[], newText: string): { readonly tree: Tree; readonly anchor: Anchor } {
    const live = this.#liveTree();
    const { treeEdits, anchor } = treeEditsOf(this.#text, newText, edits, this.#anchor);
    const tree = live.copy();
    for (const edit of treeEdits) tree.edit(edit);
    return { tree, anchor };
  }

  #liveTree(): Tree {
    if (this.#tree === null) throw new Error('This parsed file was deleted already.');
    return this.#tree;
  }
}

/**
 * The edits from last to first, so that the old text before each is still in place when the tree hears of it.
 * Throws when they do not account for the difference in length: the tree would be wrong from there on.
 */
function treeEditsOf(
  oldText: string,
  newText: string,
  edits: readonly InputEdit[],
  known: Anchor,
): { readonly treeEdits: readonly Edit[]; readonly anchor: Anchor } {
  const replacements = composeEdits(edits);
  const last = replacements.at(-1);
  if (oldText.length + (last === undefined ? 0 : last.newEnd - last.oldEnd) !== newText.length) {
    throw new Error('The edits do not lead from the previous text to the new one.');
  }
  let anchor = known;
  const treeEdits = replacements.map((replacement): Edit => {
    const { oldStart, oldEnd, newStart, newEnd } = replacement;
    anchor = anchorAt(oldText, oldStart, anchor);
    const startPosition = pointOf(oldText, anchor);
    return {
      startIndex: oldStart,
      oldEndIndex: oldEnd,
      newEndIndex: oldStart + newEnd - newStart,
      startPosition,
      oldEndPosition: advance(startPosition, oldText, oldStart, oldEnd),
      newEndPosition: advance(startPosition, newText, newStart, newEnd),
    };
  });
  // Text before the first replacement is the same in both, so its anchor holds in the new text too.
  const first = treeEdits[0];
  return {
    treeEdits: treeEdits.reverse(),
    anchor: first === undefined ? known : { offset: first.startIndex, row: first.startPosition.row },
  };
}
