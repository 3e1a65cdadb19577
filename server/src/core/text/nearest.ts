/** Which of some names somebody may have meant. Compares spelling alone. */

/** Number of insertions, deletions, replacements and swaps of neighbours between two words; stops caring above `limit`. */
function distance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, beforeLast[j - 2]! + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[right.length]!;
}

/** The only name that is close enough to have been meant; null when there is none, or more than one. */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  const limit = name.length < 5 ? 1 : 2;
  let best: string | null = null;
  let bestDistance = limit + 1;
  let ambiguous = false;
  for (const candidate of new Set(candidates)) {
    if (candidate === name) continue;
    const other = candidate.toLowerCase() === name.toLowerCase() ? 0 : distance(name, candidate, limit);
    if (other > bestDistance || other > limit) continue;
    ambiguous = other === bestDistance;
    best = candidate;
    bestDistance = other;
  }
  return ambiguous ? null : best;
}
