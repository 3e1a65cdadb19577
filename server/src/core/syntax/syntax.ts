/**
 * What the engine needs of a parser, as an interface: the implementation (web-tree-sitter) lives in server/src/wasm and
 * is the only owner of parser memory. A `ParsedFile` must be deleted exactly once.
 */
import type { LanguageId } from '../model/file.ts';
import type { FlatTree, GrammarTables } from './flatTree.ts';

/** One text change: `[start, oldEnd)` of the old text became `[start, newEnd)` of the new text. */
export interface InputEdit {
  readonly start: number;
  readonly oldEnd: number;
  readonly newEnd: number;
}

/** The children of the file's root, as parallel arrays; anonymous tokens (such as newlines) are left out. */
export interface TopLevel {
  readonly size: number;
  readonly kinds: Uint16Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** 1: the node is an error, is missing, or holds one. */
  readonly errors: Uint8Array;
}

export interface ParsedFile {
  readonly grammar: GrammarTables;
  readonly topLevel: TopLevel;
  /** Something in the file does not parse, maybe just a token between two declarations, which none of them shows. */
  readonly hasError: boolean;
  /**
   * Copies top-level nodes `first..last` (inclusive) into a flat tree with a synthetic root. `text` is the chunk's
   * text and `base` its offset in the file; offsets in the result are relative to `base`.
   */
  flatten(first: number, last: number, text: string, base: number): FlatTree;
  /** Frees the parser's memory. Using the object afterwards is a bug. */
  delete(): void;
}

export interface ParseOptions {
  /** Parsed earlier text and the edits since then; the old file stays owned by the caller. */
  readonly previous?: { readonly file: ParsedFile; readonly edits: readonly InputEdit[] };
  /** Milliseconds after which parsing gives up and `null` is returned. */
  readonly budget: number;
}

export interface Syntax {
  /** Whether a grammar for the language is loaded. */
  supports(language: LanguageId): boolean;
  /** `null`: the budget was spent. */
  parse(language: LanguageId, text: string, options: ParseOptions): ParsedFile | null;
  /**
   * As `parse` without a previous file, and with the same outcome, with steps of some ten milliseconds between which other
   * texts may be parsed. Whoever stops before the last calls `return`. The budget is that of all steps.
   */
  parseInSteps(language: LanguageId, text: string, budget: number): Generator<undefined, ParsedFile | null>;
  /** Trees that are alive now: equals the number of open documents when idle. */
  readonly liveTrees: number;
  /** How much text parsers have read so far, in bytes of UTF-16. */
  readonly bytesRead: number;
}
