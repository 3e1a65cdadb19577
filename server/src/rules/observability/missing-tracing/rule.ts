/** Programs that serve requests without distributed tracing: no tracer with an exporter, no agent. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import {
  evidence,
  firstTime,
  frontOf,
  mayBeShared,
  SERVICE_FACTS,
  servesRequests,
  servicesOf,
} from '../../../knowledge/go/services.ts';

export const rule = defineRule({
  id: 'missing-tracing',
  title: 'No distributed tracing',
  category: 'observability',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A program serves requests over the network, but no package of it imports a tracing library with an exporter (OpenTelemetry SDK, Jaeger, Zipkin, Datadog, X-Ray, an APM agent). A library that only go.mod names as an indirect dependency is no tracing. The finding is a low one when the program calls no other system.',
    why: 'When a request passes through several services, queues and databases, only a trace shows which of them was slow or failed. Without one each log has to be searched by hand and by guesswork.',
    howToFix:
      "Set up the OpenTelemetry SDK with an OTLP exporter and a propagator in `main`, wrap the handler with `otelhttp.NewHandler` (or the interceptor of `otelgrpc`), and pass the request's context to every outgoing call.",
    refs: ['https://opentelemetry.io/docs/languages/go/getting-started/', 'https://www.w3.org/TR/trace-context/'],
  },
  messages: {
    service:
      'Requests to this service cannot be traced; set up OpenTelemetry with an exporter and instrument the handler.',
  },
  effort: { each: [480, 1440] },
  fix: 'none',
  on: { go: [] },
  workspace: {
    partition: 'workspace',
    reads: SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of servicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const used = evidence(facts, program, 'tracing.init');
        const exported = used.find((fact) => fact.value.exporter);
        if (exported !== undefined) {
          if (isFirst(exported.place)) yield { kind: 'pass', subject: exported.place };
          continue;
        }
        if (used[0] !== undefined) {
          yield {
            kind: 'unknown',
            subject: used[0].place,
            note: 'Spans are made, but who exports them is not in the workspace.',
          };
          continue;
        }
        const { place } = frontOf(facts, program);
        if (!isFirst(place)) continue;
        if (mayBeShared(program, /trac|observ|telemetry|monitor/i)) {
          yield { kind: 'unknown', subject: place, note: `Tracing may come from ${program.opaque[0]}.` };
          continue;
        }
        const calls = evidence(facts, program, 'network.client').length > 0;
        yield { kind: 'fail', subject: place, message: 'service', ...(calls ? {} : { severity: 'low' as const }) };
      }
    },
  },
});
