/** Programs that record metrics which nobody can ever read. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { evidence, firstTime, mayBeShared } from '../../../knowledge/go/services.ts';
import { prometheusRoute } from '../../../knowledge/go/telemetry.ts';
import {
  ANY_SERVICE_FACTS,
  agentOf,
  anyServicesOf,
  frontOf,
  servedIn,
  servesHttp,
} from '../../../knowledge/services.ts';

const PROMETHEUS = /^github\.com\/prometheus\/client_golang\/prometheus(?:\/promauto)?$/;
const OTEL = /^go\.opentelemetry\.io\/otel\/metric/;
/** Python: the clients that need something to take their numbers away. */
const PYTHON_PROMETHEUS = /^prometheus_client(?:\.|$)/;
const PYTHON_OTEL = /^opentelemetry\.metrics(?:\.|$)/;

export const rule = defineRule({
  id: 'metrics-without-exporter',
  title: 'Metrics recorded but never exported',
  category: 'observability',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A service records metrics by the Prometheus or OpenTelemetry library, and no handler, gateway, provider or exporter takes them anywhere.',
    why: 'The code looks instrumented, and every measurement is thrown away. That is found out in the incident for which it was needed.',
    howToFix: '',
    howToFixIn: {
      go: 'Register `promhttp.Handler()` at `/metrics`, or set up a meter provider with an exporter in main before the first instrument is made.',
      python: 'Mount `make_asgi_app()` of prometheus_client at `/metrics`, or answer with `generate_latest()`.',
    },
    refs: ['https://pkg.go.dev/github.com/prometheus/client_golang/prometheus/promhttp'],
  },
  messages: {
    client:
      'Metrics are recorded and nothing exports them; mount make_asgi_app() at /metrics or call start_http_server.',
    meter:
      'Metrics are recorded and no meter provider exports them; set a MeterProvider with an exporter at the start.',
    prometheus: 'Metrics are recorded and nothing exports them; register promhttp.Handler() at /metrics.',
    otel: 'Metrics are recorded and no meter provider exports them; set one up with an exporter in main.',
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
        const clients = evidence(facts, program, 'metrics.client').filter(
          ({ place }) => facts.role(place.path) === 'production',
        );
        if (program.language === 'python') {
          const isServed = servedIn(facts, program);
          const used = clients.find(
            ({ key, place }) => (PYTHON_PROMETHEUS.test(key) || PYTHON_OTEL.test(key)) && isServed(place.path),
          );
          if (used === undefined) continue;
          const out =
            evidence(facts, program, 'metrics.route')[0] ??
            evidence(facts, program, 'http.route').find(({ value }) => value.purpose === 'metrics') ??
            clients.find(({ key }) => !PYTHON_PROMETHEUS.test(key) && !PYTHON_OTEL.test(key));
          if (out !== undefined) {
            if (isFirst(out.place)) yield { kind: 'pass', subject: out.place };
          } else if (agentOf(facts, program) === undefined && isFirst(used.place)) {
            const message = PYTHON_PROMETHEUS.test(used.key) ? 'client' : 'meter';
            yield { kind: 'fail', subject: used.place, message };
          }
          continue;
        }
        const [used] = clients.filter(({ key }) => PROMETHEUS.test(key) || OTEL.test(key));
        if (used === undefined) continue;
        // Whatever else is imported for metrics, and every route with them, may be the way out.
        const exporter =
          clients.find(({ key }) => !PROMETHEUS.test(key) && !OTEL.test(key)) ??
          evidence(facts, program, 'metrics.route')[0] ??
          evidence(facts, program, 'http.route').find(({ value }) => value.purpose === 'metrics');
        const imported = evidence(facts, program, 'go.file').find(({ value }) =>
          value.imports.some(
            (path) =>
              /prom(?:etheus|http|auto)?\b(?!.*\/promauto$)|otelconf|autoexport/i.test(path) && !PROMETHEUS.test(path),
          ),
        );
        const found = exporter ?? imported;
        if (found !== undefined) {
          if (isFirst(found.place)) yield { kind: 'pass', subject: found.place };
          continue;
        }
        if (!isFirst(used.place)) continue;
        if (mayBeShared(program, /metric|monitor|observ|telemetry|prom/i)) {
          yield { kind: 'unknown', subject: used.place, note: `Metrics may be exported by ${program.opaque[0]!}.` };
          continue;
        }
        if (!PROMETHEUS.test(used.key)) {
          yield { kind: 'fail', subject: used.place, message: 'otel' };
          continue;
        }
        const { beside } = servesHttp(program) ? frontOf(facts, program) : { beside: null };
        // The import is added to the file where the finding stands.
        const fix = beside?.path === used.place.path ? prometheusRoute(beside) : null;
        yield { kind: 'fail', subject: used.place, message: 'prometheus', fixes: fix === null ? [] : [fix] };
      }
    },
  },
});
