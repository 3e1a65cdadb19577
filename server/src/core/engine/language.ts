/** What the engine asks of a programming language: how a file falls into chunks and what its header says. */
import type { FileRole, LanguageId } from '../model/file.ts';
import type { Json } from '../model/json.ts';
import type { TextEdit } from '../model/location.ts';
import type { FlatNode, FlatTree, GrammarTables } from '../syntax/flatTree.ts';
import type { TopLevel } from '../syntax/syntax.ts';

/** Top-level nodes `first..last` that are examined together: a declaration with the comments that belong to it. */
export interface ChunkRange {
  readonly first: number;
  readonly last: number;
}

export interface LanguageSupport<H extends Json = Json> {
  readonly id: LanguageId;
  /** Splits a file; every top-level node is in exactly one chunk, in order. */
  chunk(topLevel: TopLevel, grammar: GrammarTables, text: string): readonly ChunkRange[];
  /** Whether a chunk of which the first node that is no comment has this kind can add to the header. */
  isHeaderKind(kind: string): boolean;
  /** Header from the header chunks, in order. */
  header(chunks: readonly FlatTree[], text: string): H;
  /** What the node calls when it is a call: see `NodeDetector.calls`. '' when that has no name, null for other nodes. */
  calledName(node: FlatNode): string | null;
  /** What the node imports when it is an import of one thing: see `NodeDetector.imports`. Null for other nodes. */
  importedPath(node: FlatNode): string | null;
  /** Role of a file that its path does not tell: e.g. generated code by its marker comment. */
  roleOf(path: string, header: H): FileRole | null;
  /** Text edits that add and remove imports. `text` is the file's; `remove` is dropped when something else uses it. */
  importEdits(text: string, header: H, add: readonly string[], remove: readonly string[]): readonly TextEdit[];
}
