/** Services that refuse requests and leave no trace of it. */
import type { Place } from '../../../core/model/location.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import type { LogEntry } from '../../../knowledge/facts.ts';
import { evidence, firstTime, mayBeShared, servesRequests } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf } from '../../../knowledge/services.ts';

function fixOf(place: Place, entry: LogEntry | null): readonly Fix[] {
  if (entry === null) return [];
  const at = { ...place, span: { start: entry.at, end: entry.at } };
  return [
    {
      title: 'Log the refusal',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replaceAt', place: at, newText: entry.text },
        { kind: 'import', add: [entry.package] },
      ],
    },
  ];
}

export const rule = defineRule({
  id: 'missing-audit-log',
  title: 'Security events are not logged',
  category: 'observability',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A program refuses requests (401, 403, `Unauthenticated`, `PermissionDenied`), and not one of the functions that do so writes a log entry; nothing in its packages logs every request or keeps an audit trail either. Reported once, at the first refusal.',
    why: 'Guessed passwords, stolen tokens and probing of other people’s records cannot be noticed while they happen, and nobody can tell afterwards what was tried and by whom.',
    howToFix:
      'Write an entry with the event, the principal (or the name that was claimed) and the remote address in the branch that refuses, and one for logins that succeed. Never write the credential.',
    refs: ['CWE-778', 'https://owasp.org/Top10/A09_2021-Security_Logging_and_Monitoring_Failures/'],
  },
  messages: {
    refusal: 'This refuses a request without a trace; log the event, the principal and the remote address.',
  },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, 'auth.refusal'],
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const refusals = evidence(facts, program, 'auth.refusal').filter(
          (refusal) => facts.role(refusal.place.path) === 'production',
        );
        if (refusals.length === 0) continue;
        const logged = refusals.filter((refusal) => refusal.value.logged);
        if (logged.length > 0) {
          for (const { place } of logged) if (isFirst(place)) yield { kind: 'pass', subject: place };
          continue;
        }
        const { place, value } = refusals[0]!;
        if (!isFirst(place)) continue;
        const trail = evidence(facts, program, 'auth.trail')[0];
        const middleware = evidence(facts, program, 'http.middleware').find((found) =>
          /log(?!in|out)|audit/i.test(found.key),
        );
        if (trail !== undefined || middleware !== undefined || mayBeShared(program, /log|audit|middleware/i)) {
          yield { kind: 'unknown', subject: place, note: 'What logs every request may log this one, too.' };
          continue;
        }
        yield { kind: 'fail', subject: place, message: 'refusal', fixes: fixOf(place, value.entry) };
      }
    },
  },
});
