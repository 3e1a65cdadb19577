/** Services that get traffic before they can serve it: nothing asks whether they are ready. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { evidence, firstTime } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, servedIn } from '../../../knowledge/services.ts';
import { workloads } from './kubernetes.ts';

/** Clients of systems that have to be there before a service can do anything. */
const NEEDED =
  /sql|gorm|pgx|\/pq$|mongo|redis|valkey|kafka|amqp|nats|elastic|gocql|mgo|psycopg|asyncpg|peewee|tortoise|pika|kombu|cassandra|neo4j/;
/** Routes and handlers that answer for more than the process. */
const READY = /ready|readiness|startup|deep|dependen|full/i;

export const rule = defineRule({
  id: 'missing-readiness-probe',
  title: 'No readiness or start-up check',
  category: 'observability',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A Kubernetes workload with a port declares no readiness probe, or a service that depends on a database or queue has routes for its liveness but none for its readiness.',
    why: 'Until its dependencies answer and its caches are filled, every request to a new instance fails. Without a probe each deployment and each restart does that to some users.',
    howToFix:
      'Add a route such as `/readyz` that pings what the service depends on and answers 503 until all is well, and point the `readinessProbe` of the container to it.',
    refs: ['https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/'],
  },
  messages: {
    container: 'These containers get traffic as soon as they start; add a readinessProbe.',
    route: 'This service says that it is alive, but not whether it is ready; add a route that checks its dependencies.',
  },
  fix: 'sometimes',
  on: { yaml: [workloads], go: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (program.framework !== '') continue;
        const routes = evidence(facts, program, 'http.route').filter(
          ({ value, place }) => value.purpose === 'health' && facts.role(place.path) === 'production',
        );
        const [route] = routes;
        if (
          route === undefined ||
          evidence(facts, program, 'health.route').some(({ value }) => value.kind === 'library')
        )
          continue;
        const ready = routes.find(({ key, value }) => READY.test(key) || READY.test(value.handler));
        if (ready !== undefined) {
          if (isFirst(ready.place)) yield { kind: 'pass', subject: ready.place };
          continue;
        }
        const isServed = servedIn(facts, program);
        const needs = evidence(facts, program, 'network.client').some(
          ({ key, place }) => NEEDED.test(key) && isServed(place.path),
        );
        if (!needs || !isFirst(route.place)) continue;
        // Views of Django stand elsewhere, and may well check.
        const isSeen = (target: string): boolean =>
          evidence(facts, program, 'health.handler').some(({ key }) => key === target);
        if (program.language === 'python' && !routes.every(({ value }) => isSeen(value.target))) continue;
        // One route that does both: a handler that may be judged by looking at it.
        const checks = evidence(facts, program, 'health.handler').some(({ value }) => value === 'checks');
        if (checks) yield { kind: 'pass', subject: route.place };
        else yield { kind: 'fail', subject: route.place, message: 'route' };
      }
    },
  },
});
