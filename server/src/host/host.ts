/** The outside world as the server sees it. Implementations are the only I/O of the project. */
import type { AnalysisSettings } from '../core/engine/configuration.ts';
import type { Problem } from '../core/engine/problem.ts';
import type { Json } from '../core/model/json.ts';

export interface Listing {
  /** Workspace-relative paths with `/`, sorted. Only files of a kind that is judged. */
  readonly paths: readonly string[];
  readonly problems: readonly Problem[];
  /** What `exclude` leaves out: files, and folders with a slash at their end. */
  readonly excluded: readonly string[];
}

/** A file as it was read once: text and digest belong together, whatever happens to the file afterwards. */
export interface SourceFile {
  /** Without byte order mark. */
  text(): string;
  /** Names the content: equal digests mean equal bytes. */
  digest(): string;
}

export interface Filter {
  /** Whether `list` would name the path if a file is there. */
  takes(path: string): Promise<boolean>;
  /** Whether `list` would look into the folder if it is there. */
  enters(folder: string): Promise<boolean>;
}

export interface Host {
  /**
   * Files below the root that git would not ignore, in order. Never follows links and never leaves the root.
   * `exclude`: further ignore patterns. Calls `pause` between folders so that the caller may yield or cancel.
   */
  list(exclude: readonly string[], pause: () => Promise<void>): Promise<Listing>;
  /** What `list` would take. Made for one round of questions: what it has read of ignore files it does not read again. */
  filter(exclude: readonly string[]): Filter;
  /** Whether there is a folder now. */
  isFolder(path: string): Promise<boolean>;
  /** Reads a file; a problem when it cannot be read, is too large, or is no text. */
  open(path: string): Promise<SourceFile | Problem>;
  /** The text alone of what `open` gives. */
  read(path: string): Promise<string | Problem>;
}

export function isProblem(result: SourceFile | Problem): result is Problem {
  return 'kind' in result;
}

export interface KeptResult {
  readonly key: string;
  /** Null when it is damaged. */
  value(): Json | null;
}

/**
 * What was found before, kept on the disk for one workspace. It may lose anything at any time and then says that it does
 * not know; what it does give was kept for this content by this program. No method throws or rejects.
 */
export interface Cache {
  /** Whether something is kept for a file, of whatever content: if not, it need not be read in order to ask. */
  knows(path: string): boolean;
  /** A record: see `recordOf` of core/engine. */
  find(path: string, digest: string): string | null;
  /** What is kept is on the disk after the next `save` at the latest. */
  keep(path: string, digest: string, record: string): void;
  /** The result for the whole workspace that was kept last. */
  result(): KeptResult | null;
  /** `key` names everything that the result is a function of. */
  keepResult(key: string, result: Json): void;
  /** Lets `find` know nothing of what is on the disk, until `save` has replaced it. */
  forget(): void;
  /**
   * Writes what is new. `paths`: every file that there is, so that others are dropped; null when that is not known.
   * Calls `pause` in between so that the caller may do other work.
   */
  save(paths: ReadonlySet<string> | null, pause: () => Promise<void>): Promise<void>;
}

/** The audits of a workspace over time, as lines: see core/present/history.ts. No method throws or rejects. */
export interface HistoryStore {
  /** What is there; '' when there is nothing or it cannot be read. */
  read(): Promise<string>;
  /** Adds a line with its line break; the oldest may be dropped for it. */
  append(line: string): Promise<void>;
}

/** A file that is to be analysed: its workspace path, and where it is read. */
export interface ScanItem {
  readonly path: string;
  /** Folder of the machine, and the path below it. */
  readonly root: string;
  readonly inside: string;
}

export type ScanResult =
  | {
      readonly kind: 'analysed';
      readonly item: ScanItem;
      readonly text: string;
      readonly digest: string;
      /** See `recordOf` of core/engine. */
      readonly record: string;
      /** It comes from the cache. */
      readonly known: boolean;
    }
  | { readonly kind: 'unread'; readonly item: ScanItem; readonly problem: Problem };

export interface ScanOptions {
  /** Called for every item once, in any order, unless the scan is cancelled. */
  take(result: ScanResult): void;
  /** Asked between files; true ends the scan soon. */
  isCancelled(): boolean;
  /** Analyses an item on this thread, which then takes its share of them. */
  readonly alongside?: (item: ScanItem) => Promise<void>;
  /** What files are looked at by; without it by nothing but what they say. */
  readonly analysis?: AnalysisSettings;
  /** For what `analysis` says. Files that it knows are not analysed; what is found of the others is kept in it. */
  readonly cache?: Cache;
  /** Awaited between files that come from the cache, so that the caller may do other work. */
  readonly pause?: () => Promise<void>;
}

/** Reads and analyses files on other threads. Rejects when no such thread can work at all. */
export type ScanFiles = (items: readonly ScanItem[], options: ScanOptions) => Promise<void>;
