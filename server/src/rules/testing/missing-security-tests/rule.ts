/** Services with authentication whose tests never try to get past it. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { evidence, firstTime, type GoProgram } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf } from '../../../knowledge/services.ts';

/** Whether a path lies in a module, '' for the root. */
function isBelow(path: string, directory: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`);
}

/** What a dependency or decorator of a Python route is called that asks who sends the request. */
const ASKS_WHO =
  /\b(?:Depends|Security)\([^()]*(?:auth|current_\w*user|token|login|permission|role|credential|api_?key)|login_required|permission_required|jwt_required|requires_auth|token_required|roles_(?:required|accepted)/i;

function guardedRoute(program: GoProgram): GoProgram['routes'][number] | undefined {
  return program.language === 'python'
    ? program.routes.find(({ value }) => value.guards.some((guard) => ASKS_WHO.test(guard)))
    : undefined;
}

export const rule = defineRule({
  id: 'missing-security-tests',
  title: 'No security tests',
  category: 'testing',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A module has tests and a service that authenticates, and no test expects a refusal (401, 403, 429, `Unauthenticated`), sends a token or password that is wrong, or tries an attack (injection, traversal, cross-site request).',
    why: 'A security control is the one thing whose removal makes everything work better. Without a test that is refused, nobody sees it go.',
    howToFix:
      'Add negative tests beside the positive ones: no token, an expired one, the token of another user, a payload for each kind of input. A test client and a table of requests with the status that is expected are enough.',
    refs: ['https://owasp.org/www-project-web-security-testing-guide/'],
  },
  messages: {
    module:
      'No test tries to get past this check; add tests that expect a refusal without and with a wrong credential.',
  },
  fix: 'none',
  roles: ['production', 'test'],
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, 'test.attack', 'test.other'],
    *judge(facts) {
      const isFirst = firstTime();
      const attacks = allFacts(facts, 'test.attack');
      const others = allFacts(facts, 'test.other');
      const seen = new Set<string>();
      for (const program of anyServicesOf(facts)) {
        if (seen.has(program.component)) continue;
        const attack = attacks.find(
          ({ place: { path } }) =>
            isBelow(path, program.component) &&
            (program.directories.has(directoryOf(path)) || /(?:^|\/)(?:tests?|e2e|integration|security)\//.test(path)),
        );
        if (attack !== undefined) {
          if (isFirst(attack.place)) yield { kind: 'pass', subject: attack.place };
          continue;
        }
        // Where there are no tests at all, this is not what is missing most.
        if (!others.some((test) => isBelow(test.place.path, program.component))) continue;
        const checks = evidence(facts, program, 'auth.evidence').filter(
          ({ place, value }) =>
            facts.role(place.path) === 'production' && (value.kind === 'credential' || value.kind === 'rejection'),
        );
        const subject = checks.find(({ value }) => value.kind === 'credential') ?? checks[0] ?? guardedRoute(program);
        if (subject === undefined || !isFirst(subject.place)) continue;
        seen.add(program.component);
        yield { kind: 'fail', subject: subject.place, message: 'module' };
      }
    },
  },
});
