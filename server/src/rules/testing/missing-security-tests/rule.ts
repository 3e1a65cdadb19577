/** Services with authentication whose tests never try to get past it. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { evidence, firstTime, SERVICE_FACTS, servicesOf } from '../../../knowledge/go/services.ts';

/** Whether a path lies in a module, '' for the root. */
function isBelow(path: string, directory: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`);
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
      'Add negative tests beside the positive ones: no token, an expired one, the token of another user, a payload for each kind of input. `httptest` and a table of requests with the status that is expected are enough.',
    refs: ['https://owasp.org/www-project-web-security-testing-guide/'],
  },
  messages: {
    module:
      'No test tries to get past this check; add tests that expect a refusal without and with a wrong credential.',
  },
  fix: 'none',
  roles: ['production', 'test'],
  on: { go: [] },
  workspace: {
    partition: 'workspace',
    reads: [...SERVICE_FACTS, 'test.attack', 'test.other'],
    *judge(facts) {
      const isFirst = firstTime();
      const attacks = allFacts(facts, 'test.attack');
      const others = allFacts(facts, 'test.other');
      const seen = new Set<string>();
      for (const program of servicesOf(facts)) {
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
        const subject = checks.find(({ value }) => value.kind === 'credential') ?? checks[0];
        if (subject === undefined || !isFirst(subject.place)) continue;
        seen.add(program.component);
        yield { kind: 'fail', subject: subject.place, message: 'module' };
      }
    },
  },
});
