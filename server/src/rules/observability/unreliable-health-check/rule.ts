/** Health checks of services with a database that are green whatever happens. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { evidence, firstTime } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, servedIn } from '../../../knowledge/services.ts';

/** Checks that only say that the process lives. */
const LIVENESS = /live|liveness|ping/i;
/** Clients of systems without which a service can do nothing. */
const NEEDED =
  /sql|gorm|pgx|\/pq$|mongo|redis|valkey|kafka|amqp|nats|elastic|gocql|mgo|xorm|psycopg|asyncpg|peewee|tortoise|pika|kombu|cassandra|neo4j/;

/** Makes a handler that tells of failures say so by its status. */
function answerFix(facts: FactView, handler: Fact): readonly Fix[] {
  const failure = allFacts(facts, 'health.failure').find(
    ({ key, place }) => key === handler.key && place.anchor === handler.place.anchor,
  );
  if (failure === undefined) return [];
  return [
    {
      title: 'Answer 503 when a check fails',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replaceAt', place: failure.place, newText: failure.value.newText },
        { kind: 'import', add: ['net/http'] },
      ],
    },
  ];
}

export const rule = defineRule({
  id: 'unreliable-health-check',
  title: 'Health check that says nothing, or does harm',
  category: 'observability',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'The only health check of a service with a database, cache or queue answers the same whatever happens, or tells of failures with status 200.',
    why: 'Load balancers and orchestrators look at the status alone. An instance that has lost its database keeps its traffic, and every request to it fails.',
    howToFix:
      'Ping what the service cannot do without, with a short time-out, and answer 503 when that fails. Keep a constant answer for liveness only, next to a readiness route.',
    refs: ['https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/'],
  },
  messages: {
    constant:
      '{name} is always healthy, though the service depends on others; check them and answer 503 when one fails.',
    always200: '{name} tells of failures with status 200, which no load balancer reads; answer 503.',
  },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (program.framework !== '') continue;
        const handlers = evidence(facts, program, 'health.handler').filter(
          ({ place }) => facts.role(place.path) === 'production',
        );
        for (const handler of handlers) {
          if (handler.value === 'checks' && isFirst(handler.place)) yield { kind: 'pass', subject: handler.place };
          if (handler.value !== 'always200' || !isFirst(handler.place)) continue;
          const fixes = answerFix(facts, handler);
          yield { kind: 'fail', subject: handler.place, message: 'always200', args: { name: handler.key }, fixes };
        }
        if (handlers.some(({ value }) => value !== 'constant')) continue;
        const isServed = servedIn(facts, program);
        const needs = evidence(facts, program, 'network.client').some(
          ({ key, place }) => NEEDED.test(key) && isServed(place.path),
        );
        // A library, or a route whose handler is not seen, may check more.
        const others = evidence(facts, program, 'health.route').some(({ value }) => value.kind === 'library');
        if (!needs || others) continue;
        const routes = allFacts(facts, 'http.route').filter(
          ({ value, place: { path } }) => value.purpose === 'health' && program.directories.has(directoryOf(path)),
        );
        if (routes.some(({ key }) => /ready|startup/i.test(key))) continue;
        const constant = handlers.find(({ key }) => !LIVENESS.test(key));
        if (constant === undefined || !isFirst(constant.place)) continue;
        yield { kind: 'fail', subject: constant.place, message: 'constant', args: { name: constant.key } };
      }
    },
  },
});
