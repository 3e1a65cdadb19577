/**
 * Ignore files (`.gitignore`) as patterns with spans, and what they ignore. Says nothing of what git tracks already:
 * a tracked file stays in the tree whatever the patterns say.
 */
import ignore, { type Ignore } from 'ignore';
import type { Span } from '../core/model/location.ts';

export interface IgnorePattern {
  readonly pattern: string;
  readonly span: Span;
}

/** The patterns of an ignore file in order, without comments and blank lines. */
export function parseIgnoreFile(text: string): readonly IgnorePattern[] {
  const patterns: IgnorePattern[] = [];
  for (const match of text.matchAll(/^[^\r\n]+/gm)) {
    const mark = match[0].startsWith('\uFEFF') ? 1 : 0;
    const pattern = match[0].slice(mark).replace(/(?<!\\)[ \t]+$/, '');
    if (pattern === '' || pattern.startsWith('#')) continue;
    const start = match.index + mark;
    patterns.push({ pattern, span: { start, end: start + pattern.length } });
  }
  return patterns;
}

/** The patterns of the ignore file of one directory ('' for the root). */
export interface IgnoreLevel {
  readonly directory: string;
  readonly patterns: readonly string[];
}

/**
 * Whether ignore files cover a path of the workspace. A deeper ignore file has the last word, as in git.
 * Levels may come in any order.
 */
export function isIgnored(path: string, levels: readonly IgnoreLevel[]): boolean {
  let ignored = false;
  const above = levels
    .filter(({ directory }) => directory === '' || path.startsWith(`${directory}/`))
    .sort((a, b) => a.directory.length - b.directory.length);
  for (const { directory, patterns } of above) {
    const result = matcherOf(patterns).test(directory === '' ? path : path.slice(directory.length + 1));
    if (result.ignored) ignored = true;
    else if (result.unignored) ignored = false;
  }
  return ignored;
}

/** The last pattern of the list that decides that the path is ignored, or -1: the one to change. Path is relative to it. */
export function ignoringPattern(path: string, patterns: readonly string[]): number {
  for (let i = patterns.length - 1; i >= 0; i--) {
    const result = matcherOf([patterns[i]!]).test(path);
    if (result.unignored) return -1;
    if (result.ignored) return i;
  }
  return -1;
}

function matcherOf(patterns: readonly string[]): Ignore {
  return ignore().add([...patterns]);
}
