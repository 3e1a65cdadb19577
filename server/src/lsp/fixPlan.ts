/** Which fixes are applied together: one of each finding, as far as they do not touch the same text. */
import type { Finding, ResolvedFix } from '../core/model/finding.ts';
import type { TextEdit } from '../core/model/location.ts';
import { applyEdits } from '../core/text/snapshot.ts';

/** The fix of a finding that is applied with others; undefined: none. */
export type Choice = (finding: Finding) => ResolvedFix | undefined;

/** What may be applied unseen: safe, and in the file of the finding alone. */
export const safeAtHome: Choice = ({ fixes, location: { path } }) => {
  const fix = fixes.find((candidate) => candidate.safety === 'safe');
  const staysHome = fix?.creates.length === 0 && fix.changes.every((change) => change.path === path);
  return staysHome ? fix : undefined;
};

export const safeAnywhere: Choice = ({ fixes }) => fixes.find(({ safety }) => safety === 'safe');

/** What its author prefers, or else names first. */
export const preferred: Choice = ({ fixes }) => fixes.find((fix) => fix.preferred) ?? fixes[0];

/** The fixes of the findings that fit together; of two that do not the first is taken. */
export function combineFixes(
  findings: readonly Finding[],
  choose: Choice,
  textOf: (path: string) => string | undefined,
): readonly ResolvedFix[] {
  const edits = new Map<string, readonly TextEdit[]>();
  const created = new Set<string>();
  return findings.flatMap((finding) => {
    const fix = choose(finding);
    if (fix === undefined || fix.creates.some(({ path }) => created.has(path))) return [];
    const next = new Map<string, readonly TextEdit[]>();
    const changes: { path: string; edits: readonly TextEdit[] }[] = [];
    for (const { path, edits: own } of fix.changes) {
      const before = edits.get(path) ?? [];
      // Several fixes may want the same, such as an import.
      const fresh = own.filter((edit) => !before.some((other) => isSame(other, edit)));
      const text = textOf(path);
      if (text === undefined || applyEdits(text, [...before, ...fresh]) === null) return [];
      next.set(path, [...before, ...fresh]);
      changes.push({ path, edits: fresh });
    }
    for (const [path, list] of next) edits.set(path, list);
    for (const { path } of fix.creates) created.add(path);
    return [{ ...fix, changes }];
  });
}

function isSame(a: TextEdit, b: TextEdit): boolean {
  return a.start === b.start && a.end === b.end && a.newText === b.newText;
}
