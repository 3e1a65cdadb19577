/** The outside world as the server sees it. Implementations are the only I/O of the project. */
import type { Problem } from '../core/engine/problem.ts';

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
