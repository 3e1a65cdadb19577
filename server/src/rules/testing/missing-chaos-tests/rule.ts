/** Services that depend on others over the network, and no test or experiment in which one of these fails. */
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { firstConcerning, type ServiceComponent } from '../../../knowledge/go/components.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyComponentsOf, frontOf, servedIn } from '../../../knowledge/services.ts';

/** Databases in the same process or beside it are no other service. */
const LOCAL = /^database\/sql$|^gorm\.io\/|sqlx|go-sql-driver|lib\/pq|pgx|jinzhu\/gorm/;
/** In Python imports tell little; requests, and libraries that exist for nothing but talking to other services, do. */
const REMOTE = /^(?:http|grpc(?:\.aio)?|grpclib|zeep|aio_pika|pika|aiokafka|confluent_kafka|kafka|nats|faststream)$/;

/** Whether a component is a part of something distributed: code that is deployed calls other systems. */
function isDistributed(facts: FactView, component: ServiceComponent): boolean {
  const isPython = component.programs[0]?.language === 'python';
  const isServed = isPython ? servedIn(facts, component.programs[0]!) : () => true;
  return allFacts(facts, 'network.client').some(
    (client) =>
      client.place.path.endsWith(isPython ? '.py' : '.go') &&
      isServed(client.place.path) &&
      (isPython ? REMOTE.test(client.key) : !LOCAL.test(client.key)) &&
      facts.role(client.place.path) === 'production' &&
      isDeployedPath(client.place.path) &&
      component.concerns(client),
  );
}

export const rule = defineRule({
  id: 'missing-chaos-tests',
  title: 'No fault-injection tests',
  category: 'testing',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A service calls other systems over the network, but nothing in the workspace makes one of them fail: no experiment (Chaos Mesh, Litmus, Toxiproxy, failpoints and the like), no fault of a service mesh, and no test whose fake dependency returns an error or answers with a server error.',
    why: 'Retries, time-outs, fallbacks and circuit breakers run for the first time on the day on which they are needed. Whether they work then is luck.',
    howToFix:
      'Begin with tests in which a fake dependency times out, answers 503 or cuts the connection, and check what the service does. For the whole system run experiments with Toxiproxy or Chaos Mesh in a staging environment.',
    refs: ['https://principlesofchaos.org/', 'https://github.com/Shopify/toxiproxy', 'https://chaos-mesh.org/'],
  },
  messages: {
    missing:
      'No test lets a dependency of this service fail; inject time-outs and errors in a test and check what it does.',
  },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      for (const component of anyComponentsOf(facts)) {
        if (!isDistributed(facts, component)) continue;
        const found = firstConcerning(facts, component, 'test.level', 'chaos');
        const subject = frontOf(facts, component.programs[0]!).place;
        if (found !== undefined) yield { kind: 'pass', subject, note: `${found.place.path}: ${found.value.by}` };
        else yield { kind: 'fail', subject, message: 'missing' };
      }
    },
  },
});
