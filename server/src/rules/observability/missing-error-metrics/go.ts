/** Go: declarations that measure something, and those that count failures, by their words. It decides nothing. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';

/** Key: name. A type or function of the program is about metrics. */
export const METRICS_FACT = 'missing-error-metrics.metrics';
/** Key: how. Failures are counted, or reported to a service that counts them. */
export const ERRORS_FACT = 'missing-error-metrics.errors';

const OWN = /^(?:func\s+(?:\([^)]*\)\s*)?|type\s+|var\s+)\(?\s*(\w*[mM]etrics?\w*)/;

const metrics: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'type_declaration', 'var_declaration'],
  triggers: ['etric'],
  *check(node): Iterable<Verdict> {
    const match = OWN.exec(node.text);
    if (match !== null)
      yield fact(METRICS_FACT, match[1]!, null, { start: node.start, end: node.start + match[0].length });
  },
};

/** A counter of failures, or one that has the outcome as a label; a middleware that counts by status. */
const COUNTED =
  /\b\w*(?:[eE]rr|[fF]ail|[pP]anic|[sS]tatus|[cC]ode|[rR]esult|[oO]utcome|[rR]equests?Total)\w*(?:\.With\w*\([^\n]*\))?\.(?:Inc|Add|Record|Observe|Increment|IncrCounter)\(|"[\w./]*(?:error|fail|panic|rejected)\w*(?:_total|_count|s)?"[^\n]*\b(?:Inc|Count|Add|Incr)|(?:Name:\s*|Counter\w*\(\s*)"[\w./]*(?:error|fail|panic|requests_total|responses_total)\w*"|InstrumentHandler|"(?:status|code|status_code|result|outcome|error)"\s*[,}]/;
const REPORTING =
  /getsentry\/sentry-go|rollbar|bugsnag|honeybadger|airbrake|raygun|newrelic|dd-trace-go|go\.elastic\.co\/apm|otelhttp|otelgin|otelecho|otelgrpc|otelfiber|go-grpc-prometheus|providers\/prometheus|gin-prometheus|ginprom|gin-metrics|echoprometheus|echo-contrib|fiberprometheus|go-http-metrics|chi-prometheus|slok/;

const errors: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'var_declaration', 'import_spec'],
  triggers: [
    ...['.Inc(', '.Add(', '.Record(', '.Observe(', 'Incr', 'Counter', 'Name:', 'InstrumentHandler', 'sentry', 'otel'],
    ...['rollbar', 'bugsnag', 'honeybadger', 'newrelic', 'dd-trace', 'apm', 'prometheus', 'prom', 'metrics'],
  ],
  *check(node): Iterable<Verdict> {
    const match = (node.kind === 'import_spec' ? REPORTING : COUNTED).exec(node.text);
    if (match !== null)
      yield fact(ERRORS_FACT, match[0].slice(0, 40), null, { start: node.start, end: node.start + 4 });
  },
};

export const goDetectors = [metrics, errors];
