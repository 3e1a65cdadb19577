/**
 * What a report shows of the code: the lines of a finding, and a fix as a diff. It reads texts and changes none.
 */
import type { Finding, ResolvedFix } from '../model/finding.ts';
import { applyEdits } from '../text/snapshot.ts';

export interface Excerpt {
  /** Number of the first line, from 1. */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

export interface FixDiff {
  readonly title: string;
  readonly safety: 'safe' | 'suggestion';
  readonly lines: readonly string[];
}

const EXCERPT_LINES = 4;
const LINE_LENGTH = 160;
const DIFF_CONTEXT = 2;
const DIFF_LINES = 60;

/** The first lines of a finding; null where it is about a file as a whole. `lines`: those of its file. */
export function excerptOf({ location: { range, span } }: Finding, lines: readonly string[]): Excerpt | null {
  if (span.end === span.start) return null;
  const last = Math.min(range.end.line, range.start.line + EXCERPT_LINES - 1);
  const shown = lines
    .slice(range.start.line, last + 1)
    .map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line));
  return { firstLine: range.start.line + 1, lines: shown };
}

/** The first fix that can be shown, as a unified diff. */
export function diffOfFix(fixes: readonly ResolvedFix[], textOf: (path: string) => string | undefined): FixDiff | null {
  const fix = fixes.find(({ preferred }) => preferred) ?? fixes[0];
  if (fix === undefined) return null;
  const lines: string[] = [];
  for (const { path, edits } of fix.changes) {
    const before = textOf(path);
    const after = before === undefined ? null : applyEdits(before, edits);
    if (before === undefined || after === null) return null;
    lines.push(`--- a/${path}`, `+++ b/${path}`, ...hunk(splitLines(before), splitLines(after)));
  }
  for (const { path, content } of fix.creates) {
    const added = splitLines(content.replace(/\r?\n$/, ''));
    lines.push('--- /dev/null', `+++ b/${path}`, `@@ -0,0 +1,${added.length} @@`, ...added.map((line) => `+${line}`));
  }
  const shown = lines.length > DIFF_LINES ? [...lines.slice(0, DIFF_LINES), '…'] : lines;
  return { title: fix.title, safety: fix.safety, lines: shown };
}

export function splitLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/);
}

interface Change {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** Hunks with a little context. Changes are found line by line from both ends, which is exact for one region of edits. */
function hunk(before: readonly string[], after: readonly string[]): readonly string[] {
  return changesOf(before, after).flatMap(({ oldStart, oldEnd, newStart, newEnd }) => {
    const from = Math.max(0, oldStart - DIFF_CONTEXT);
    const to = Math.min(before.length, oldEnd + DIFF_CONTEXT);
    const newFrom = newStart - (oldStart - from);
    const newTo = newEnd + (to - oldEnd);
    return [
      `@@ -${from + 1},${to - from} +${newFrom + 1},${newTo - newFrom} @@`,
      ...before.slice(from, oldStart).map((line) => ` ${line}`),
      ...before.slice(oldStart, oldEnd).map((line) => `-${line}`),
      ...after.slice(newStart, newEnd).map((line) => `+${line}`),
      ...before.slice(oldEnd, to).map((line) => ` ${line}`),
    ];
  });
}

/** What changed, in regions with at least two contexts of equal lines between them. */
function changesOf(before: readonly string[], after: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  let a = 0;
  let b = 0;
  while (a < before.length || b < after.length) {
    if (before[a] === after[b] && a < before.length && b < after.length) {
      a++;
      b++;
      continue;
    }
    const { oldEnd, newEnd } = nextCommon(before, after, a, b);
    changes.push({ oldStart: a, oldEnd, newStart: b, newEnd });
    a = oldEnd;
    b = newEnd;
  }
  return changes;
}

/** Where both go on alike: the nearest place with a few equal lines, or the end. */
function nextCommon(
  before: readonly string[],
  after: readonly string[],
  a: number,
  b: number,
): { oldEnd: number; newEnd: number } {
  const alike = (i: number, j: number): boolean => {
    for (let k = 0; k < 2 * DIFF_CONTEXT + 1; k++) {
      if (i + k >= before.length && j + k >= after.length) return true;
      if (before[i + k] !== after[j + k]) return false;
    }
    return true;
  };
  for (let distance = 1; distance <= 200; distance++) {
    for (let i = 0; i <= distance; i++) {
      if (a + i <= before.length && b + distance - i <= after.length && alike(a + i, b + distance - i))
        return { oldEnd: a + i, newEnd: b + distance - i };
    }
  }
  return { oldEnd: before.length, newEnd: after.length };
}
