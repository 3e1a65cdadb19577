/** Services whose tests never put the parts together: nothing starts the app, a server or a real dependency. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { firstConcerning } from '../../../knowledge/go/components.ts';
import { frontOf } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyComponentsOf } from '../../../knowledge/services.ts';

export const rule = defineRule({
  id: 'missing-integration-tests',
  title: 'No integration tests',
  category: 'testing',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A service has no test that runs several of its parts together: none sends requests through its router, starts a server, a container or a database, and no test file, build tag, make target or script is called integration, end-to-end, acceptance or smoke test.',
    why: 'Unit tests replace exactly what fails first after a deployment: the wiring of routes and middleware, queries against the real schema, configuration, credentials. Without a test of the whole these errors are found in production.',
    howToFix:
      'Start the application in a test with its real router and a database of its own, for example from testcontainers, and follow the most important request from end to end. Keep such tests behind a build tag or marker when they are slow.',
    howToFixIn: { go: '`httptest.NewServer(app.Routes())` starts it.', python: '`TestClient(app)` starts it.' },
    refs: ['https://golang.testcontainers.org/', 'https://pkg.go.dev/net/http/httptest#NewServer'],
  },
  messages: {
    missing: 'No test runs this service as a whole; start the app in a test, send it a request and check the answer.',
  },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      for (const component of anyComponentsOf(facts)) {
        const found = firstConcerning(facts, component, 'test.level', 'integration');
        const subject = frontOf(facts, component.programs[0]!).place;
        if (found !== undefined) yield { kind: 'pass', subject, note: `${found.place.path}: ${found.value.by}` };
        else yield { kind: 'fail', subject, message: 'missing' };
      }
    },
  },
});
