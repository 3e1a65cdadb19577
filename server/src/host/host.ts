/** The outside world as the server sees it. Implementations are the only I/O of the project. */
import type { Problem } from '../core/engine/problem.ts';
import type { FileRecord } from '../core/engine/record.ts';

export interface Listing {
  /** Workspace-relative paths with `/`, sorted. Only files of a kind that is judged. */
  readonly paths: readonly string[];
  readonly problems: readonly Problem[];
}

export interface Host {
  /**
   * Files below the root that git would not ignore, in order. Never follows links and never leaves the root.
   * `exclude`: further ignore patterns. Calls `pause` between folders so that the caller may yield or cancel.
   */
  list(exclude: readonly string[], pause: () => Promise<void>): Promise<Listing>;
  /** Whether `list` would name the path if a file is there. */
  includes(path: string, exclude: readonly string[]): Promise<boolean>;
  /** Text of a file without byte order mark; a problem when it cannot be read, is too large, or is no text. */
  read(path: string): Promise<string | Problem>;
}

/** A file that is to be analysed: its workspace path, and where it is read. */
export interface ScanItem {
  readonly path: string;
  /** Folder of the machine, and the path below it. */
  readonly root: string;
  readonly inside: string;
}

export type ScanResult =
  | { readonly kind: 'analysed'; readonly item: ScanItem; readonly text: string; readonly record: FileRecord }
  | { readonly kind: 'unread'; readonly item: ScanItem; readonly problem: Problem };

export interface ScanOptions {
  /** Called for every item once, in any order, unless the scan is cancelled. */
  take(result: ScanResult): void;
  /** Asked between files; true ends the scan soon. */
  isCancelled(): boolean;
  /** Analyses an item on this thread, which then takes its share of them. */
  readonly alongside?: (item: ScanItem) => Promise<void>;
}

/** Reads and analyses files on other threads. Rejects when no such thread can work at all. */
export type ScanFiles = (items: readonly ScanItem[], options: ScanOptions) => Promise<void>;
