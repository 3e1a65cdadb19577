/** Services that know who sends a request and let everybody do everything. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import type { AuthFact } from '../../../knowledge/go/protection.ts';
import { evidence, firstTime, mayBeShared } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, protectionsOf, servesHttp } from '../../../knowledge/services.ts';

/** Evidence that people sign in, not only that one shared key is asked for. */
const USERS =
  /jwt|claims|session|user|login|ParseWithClaims|VerifyIDToken|CompareHash|sid|cookie|bearer|authorization/i;
/** What asks for one shared key. */
const SHARED_KEY = /ConstantTimeCompare|X-API|api[-_]?key/i;

function isAboutUsers({ key, value }: AuthFact): boolean {
  return value.kind === 'library' || USERS.test(value.what) || (USERS.test(key) && !SHARED_KEY.test(value.what));
}

export const rule = defineRule({
  id: 'missing-authorization',
  title: 'No roles or permissions behind the login',
  category: 'security',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A program authenticates its users, but nowhere in its packages is there a role, permission, scope, policy or owner: no route asks whether this user may do this.',
    why: 'Every account can read and change what belongs to others, and one stolen account is as good as that of an administrator.',
    howToFix:
      'Put roles or scopes into the claims or the user record, check them in a guard for each route, and compare the owner of a record with the user before it is read or changed.',
    refs: [
      'CWE-862',
      'CWE-285',
      'https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/',
    ],
  },
  messages: {
    program: 'Users are authenticated here, but nothing asks what they may do; check a role or the owner per route.',
  },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesHttp(program) || program.framework !== '') continue;
        const protections = protectionsOf(facts, program);
        const users = protections.evidence.filter(
          (found) => isAboutUsers(found) && facts.role(found.place.path) === 'production',
        );
        const subject = users.find(({ value }) => value.kind === 'credential') ?? users[0];
        if (subject === undefined) continue;
        const guarded = program.routes.filter((route) => protections.of(route) === 'guarded');
        // One route behind a login has nothing to tell apart.
        if (guarded.length < 2) continue;
        const rights = evidence(facts, program, 'auth.rights').find(
          ({ place }) => facts.role(place.path) === 'production',
        );
        if (rights !== undefined) {
          if (isFirst(rights.place)) yield { kind: 'pass', subject: rights.place };
          continue;
        }
        if (!isFirst(subject.place)) continue;
        if (mayBeShared(program, /auth|rbac|permission|policy|access|role/i)) {
          yield { kind: 'unknown', subject: subject.place, note: `Rights may be checked by ${program.opaque[0]!}.` };
          continue;
        }
        yield { kind: 'fail', subject: subject.place, message: 'program' };
      }
    },
  },
});
