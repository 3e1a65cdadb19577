/** Programs that serve requests but export no metrics: no client library, no metrics route, no agent. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { evidence, firstTime, mayBeShared, servesRequests } from '../../../knowledge/go/services.ts';
import { prometheusRoute } from '../../../knowledge/go/telemetry.ts';
import { ANY_SERVICE_FACTS, agentOf, anyServicesOf, frontOf, servesHttp } from '../../../knowledge/services.ts';

export const rule = defineRule({
  id: 'missing-metrics-endpoint',
  title: 'No metrics are exported',
  category: 'observability',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A program serves HTTP or gRPC, but nothing in it uses a metrics library (Prometheus, OpenTelemetry metrics, expvar, StatsD, an APM agent) or serves metrics itself. A route that only has `metrics` in its path, a library that only a manifest names, and counters kept in memory are no export.',
    why: 'Traffic, errors and latency can then not be graphed or alerted on: that the service is slow or failing is learnt from its users, and nobody can say since when.',
    howToFix:
      'Serve metrics at `/metrics`, off the public listener, and count requests, errors and durations in a middleware; or push the same with OpenTelemetry.',
    howToFixIn: {
      go: 'Register the Prometheus handler and wrap the others in `promhttp.InstrumentHandlerDuration`.',
      python: 'prometheus-fastapi-instrumentator, prometheus-flask-exporter and django-prometheus do so.',
    },
    refs: ['https://prometheus.io/docs/guides/go-application/', 'https://opentelemetry.io/docs/languages/go/'],
  },
  messages: {
    application:
      'This application exports no metrics; count requests, errors and durations in a middleware and serve /metrics.',
    http: 'The service behind these routes exports no metrics; serve the Prometheus handler at /metrics.',
    grpc: 'This gRPC server exports no metrics; add a metrics interceptor and serve the Prometheus handler.',
  },
  effort: { each: [120, 480] },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const route = evidence(facts, program, 'http.route').find((fact) => fact.value.purpose === 'metrics');
        const found =
          evidence(facts, program, 'metrics.client')[0] ?? evidence(facts, program, 'metrics.route')[0] ?? route;
        if (found !== undefined) {
          if (isFirst(found.place)) yield { kind: 'pass', subject: found.place };
          continue;
        }
        const { place, beside } = frontOf(facts, program);
        if (!isFirst(place)) continue;
        const agent = agentOf(facts, program);
        if (agent !== undefined) {
          yield { kind: 'unknown', subject: place, note: `${agent.key} may be started around the program.` };
          continue;
        }
        if (mayBeShared(program, /metric|monitor|observ|telemetry/i)) {
          yield { kind: 'unknown', subject: place, note: `Metrics may come from ${program.opaque[0]}.` };
          continue;
        }
        const isHttp = servesHttp(program);
        const fix = isHttp && beside !== null ? prometheusRoute(beside) : null;
        if (program.language === 'python') {
          yield { kind: 'fail', subject: place, message: 'application' };
          continue;
        }
        yield { kind: 'fail', subject: place, message: isHttp ? 'http' : 'grpc', fixes: fix === null ? [] : [fix] };
      }
    },
  },
});
