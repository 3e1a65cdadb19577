/** Python: declarations that count failures, and what reports them, by their words. It decides nothing. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { importsOf, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { calledName, calledOn } from '../../../languages/python/syntax.ts';
import { ERRORS_FACT } from './go.ts';

const REPORTING =
  /^(?:sentry_sdk|raven|rollbar|bugsnag|honeybadger|airbrake|raygun4py|newrelic|ddtrace|elasticapm|scout_apm|logfire|opentelemetry\.instrumentation|prometheus_fastapi_instrumentator|starlette_exporter|starlette_prometheus|prometheus_flask_exporter|django_prometheus|aioprometheus|flask_prometheus\w*|asgi_prometheus|azure\.monitor|instana)(?:\.|$)/;
/** What is counted by its outcome, or is a failure. */
const OUTCOME = /err|fail|exception|status|code|result|outcome|success|5xx|requests?_total|responses?_total/i;

const imports: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['import_statement', 'import_from_statement'],
  *check(node): Iterable<Verdict> {
    const found = importsOf(node).find(({ module, path }) => REPORTING.test(module) || REPORTING.test(path));
    if (found !== undefined) yield fact(ERRORS_FACT, found.module, null, node);
  },
};

/** `Counter("errors_total", ...)`, `REQUESTS.labels(status=...).inc()`, `statsd.incr("login.failed")`. */
const counters: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'string'],
  triggers: [
    '.inc(',
    '.incr(',
    '.increment(',
    '.add(',
    '.observe(',
    'Counter(',
    'Histogram(',
    'create_counter',
    'Summary(',
    '.labels(',
    'errors',
    'sentry_sdk',
    'prometheus',
  ],
  calls: (name) =>
    /^(?:inc|incr|increment|labels|Counter|Histogram|Summary|create_counter|create_histogram|observe|record|count_exceptions|capture_exception)$/.test(
      name,
    ),
  when: (node) => node.kind === 'call' || node.end - node.start < 40,
  *check(node): Iterable<Verdict> {
    if (node.kind === 'string') {
      // Settings name what reports errors.
      if (REPORTING.test(node.text.slice(1, -1))) yield fact(ERRORS_FACT, node.text.slice(1, -1), null, node);
      return;
    }
    const name = calledName(node);
    const words = `${calledOn(node)?.text ?? ''} ${node.child('arguments')?.text ?? ''}`.slice(0, 400);
    if (/^c(?:ount_exceptions|apture_exception)$/.test(name) || OUTCOME.test(words))
      yield fact(ERRORS_FACT, name, null, node);
  },
};

export const pythonDetectors = [imports, counters] as readonly NodeDetector[];
