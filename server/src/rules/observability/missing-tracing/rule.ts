/** Programs that serve requests without distributed tracing: no tracer with an exporter, no agent. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { evidence, firstTime, mayBeShared, servesRequests } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, agentOf, anyServicesOf, frontOf } from '../../../knowledge/services.ts';

export const rule = defineRule({
  id: 'missing-tracing',
  title: 'No distributed tracing',
  category: 'observability',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A program serves requests over the network, but nothing in it imports a tracing library with an exporter (OpenTelemetry SDK, Jaeger, Zipkin, Datadog, X-Ray, an APM agent). A library that only a manifest names is no tracing. The finding is a low one when the program calls no other system.',
    why: 'When a request passes through several services, queues and databases, only a trace shows which of them was slow or failed. Without one each log has to be searched by hand and by guesswork.',
    howToFix: 'Set up the OpenTelemetry SDK with an OTLP exporter and a propagator when the program starts.',
    howToFixIn: {
      go: 'Wrap the handler with `otelhttp.NewHandler` (or the interceptor of `otelgrpc`), and pass the context of the request to every outgoing call.',
      python: 'Instrument the framework and the clients by the packages `opentelemetry-instrumentation-...`.',
    },
    refs: ['https://opentelemetry.io/docs/languages/go/getting-started/', 'https://www.w3.org/TR/trace-context/'],
  },
  messages: {
    application:
      'Requests to this application cannot be traced; set up OpenTelemetry with an exporter and instrument the framework.',
    service:
      'Requests to this service cannot be traced; set up OpenTelemetry with an exporter and instrument the handler.',
  },
  effort: { each: [480, 1440] },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
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
        const agent = agentOf(facts, program);
        if (agent !== undefined) {
          yield { kind: 'unknown', subject: place, note: `${agent.key} may be started around the program.` };
          continue;
        }
        if (mayBeShared(program, /trac|observ|telemetry|monitor/i)) {
          yield { kind: 'unknown', subject: place, note: `Tracing may come from ${program.opaque[0]}.` };
          continue;
        }
        const calls = evidence(facts, program, 'network.client').length > 0;
        const message = program.language === 'python' ? 'application' : 'service';
        yield { kind: 'fail', subject: place, message, ...(calls ? {} : { severity: 'low' as const }) };
      }
    },
  },
});
