/**
 * Verdicts that depend on something outside of the chunk: a detector states what it would say as a fact, and the judge
 * of the rule says it once the rest is known. Plain data both ways; it decides nothing itself.
 */
import type { Json } from '../../core/model/json.ts';
import type { Place, Span } from '../../core/model/location.ts';
import type { Fact, FailVerdict, Fix, FixEdit, PassVerdict, WorkspaceVerdict } from '../../core/model/verdict.ts';

export type PendingVerdict = PassVerdict | FailVerdict;

/** The verdict as the value of a fact. */
export function pendingValue(verdict: PendingVerdict): Json {
  return verdict as unknown as Json;
}

/** What the detector had to say, with its spans at their places in the workspace. */
export function settled(fact: Fact, pending: Json): WorkspaceVerdict {
  const verdict = pending as unknown as PendingVerdict;
  const { path, anchor } = fact.place;
  const at = (span: Span): Place => ({ path, anchor, span: { start: span.start, end: span.end } });
  if (verdict.kind === 'pass') return { kind: 'pass', subject: at(verdict.subject) };
  const edit = (item: FixEdit): FixEdit =>
    item.kind === 'replace' ? { kind: 'replaceAt', place: at(item.span), newText: item.newText } : item;
  return {
    kind: 'fail',
    subject: at(verdict.subject),
    message: verdict.message,
    ...(verdict.args === undefined ? {} : { args: verdict.args }),
    ...(verdict.severity === undefined ? {} : { severity: verdict.severity }),
    related: (verdict.related ?? []).map(({ span, message }) => ({ place: at(span), message })),
    fixes: (verdict.fixes ?? []).map((fix): Fix => ({ ...fix, edits: fix.edits.map(edit) })),
  };
}
