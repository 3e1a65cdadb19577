/**
 * How Python programs are watched and how they get along with others: health handlers, metrics that are served, log
 * calls, requests to other systems, and the words of retries and fall-backs. States facts about single declarations.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { callChain, headerOf } from '../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { stringValue } from '../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  decoratorsOf,
  definedName,
  enclosingFunction,
  parametersOf,
} from '../../languages/python/syntax.ts';
import { type HealthHandler, state } from '../facts.ts';
import { isHealthName, isHealthPath } from '../go/paths.ts';
import { mayLog } from './logging.ts';
import { importedFramework } from './routes.ts';

/** Calls that look at nothing but the clock, the environment and the answer itself. */
const PLAIN =
  /^(?:now|utcnow|isoformat|time|timestamp|strftime|monotonic|perf_counter|time_ns|getenv|get|str|int|float|round|dict|len|jsonify|JSONResponse|Response|HttpResponse|JsonResponse|PlainTextResponse|json_response|make_response|dumps|debug|info|gethostname|getpid|version|total_seconds|print|HealthResponse|HealthCheck\w*|Health|Status\w*|utc|Depends|json|text|ok)$/;
const FAILURE =
  /["'](?:[\w ]*(?:unhealthy|degraded|down|failed|failing|unavailable|not[_ ]ready|error|disconnected)[\w ]*)["']/i;
const FAILURE_STATUS =
  /\b50[0-9]\b|HTTP_50\d|SERVICE_UNAVAILABLE|INTERNAL_SERVER_ERROR|\braise\b|abort\(|status_code\s*=\s*[a-z]|status\s*=\s*[a-z]\w*\b|,\s*(?:status|code|status_code)\s*$/m;

function classify(definition: PythonNode): HealthHandler {
  const body = definition.child('body');
  if (body === null) return 'checks';
  // What is injected may check.
  const injected = parametersOf(definition).some(({ defaultValue, type }) =>
    /Depends\(|Session|Dep\b/.test(`${defaultValue?.text ?? ''} ${type?.text ?? ''}`),
  );
  const calls = body.descendants('call');
  const decides =
    body.descendants(
      'if_statement',
      'for_statement',
      'while_statement',
      'try_statement',
      'conditional_expression',
      'await',
      'boolean_operator',
    ).length > 0;
  if (!injected && !decides && calls.every((call) => PLAIN.test(calledName(call)))) return 'constant';
  const asks = body.descendants('try_statement', 'if_statement', 'conditional_expression').length > 0;
  return asks && FAILURE.test(body.text) && !FAILURE_STATUS.test(body.text) ? 'always200' : 'checks';
}

const health: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['ealth', 'eady', 'eadiness', 'live', 'ping'],
  *check(node, ctx) {
    if (importedFramework(headerOf(ctx)) === '') return;
    const name = definedName(node);
    const registered = decoratorsOf(node).some((decorator) => {
      if (decorator.kind !== 'call') return false;
      const path = argumentOf(decorator, 'path', 0);
      return isHealthPath((path === null ? null : stringValue(path)) ?? '');
    });
    const taken =
      isHealthName(name.replaceAll('_', '').toLowerCase()) &&
      parametersOf(node).some((parameter) => parameter.name === 'request');
    if (!registered && !taken) return;
    yield state('health.handler', name, classify(node), node.child('name') ?? node);
  },
};

/** `generate_latest()`, `start_http_server(9000)`, `Instrumentator().expose(app)`. */
const metricsServed: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: [
    'generate_latest',
    'start_http_server',
    'push_to_gateway',
    'expose(',
    'make_asgi_app',
    'make_wsgi_app',
    'MeterProvider',
    'PrometheusMetrics',
    'start_wsgi_server',
    'pushadd_to_gateway',
    'handle_metrics',
    'metrics_endpoint',
    'write_to_textfile',
  ],
  calls: (name) =>
    /^(?:generate_latest|start_http_server|start_wsgi_server|push(?:add)?_to_gateway|expose|make_(?:asgi|wsgi)_app|MeterProvider|PrometheusMetrics|GunicornPrometheusMetrics|write_to_textfile)$/.test(
      name,
    ),
  *check(node) {
    const name = calledName(node);
    if (name === 'expose' && !/Instrumentator|instrumentator/.test(calledOn(node)?.text ?? '')) return;
    yield state('metrics.route', name, { known: true }, node);
  },
};

const HTTP_CLIENT =
  /^(?:requests\.(?:get|post|put|patch|delete|head|request|Session|session)|requests\.[Ss]ession\(\)\.\w+|httpx\.(?:get|post|put|patch|delete|head|request|stream|Client|AsyncClient)|httpx\.(?:Async)?Client\(\)\.\w+|aiohttp\.ClientSession(?:\(\)\.\w+)?|aiohttp\.client\.ClientSession|urllib\.request\.urlopen|urllib3\.(?:PoolManager|request)(?:\(\)\.\w+)?)$/;

const clientCalls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) =>
    /^(?:get|post|put|patch|delete|head|request|stream|urlopen|Session|session|Client|AsyncClient|ClientSession|PoolManager)$/.test(
      name,
    ),
  when: (_node, { file }) =>
    ['requests', 'httpx', 'aiohttp', 'urllib', 'urllib3'].some((module) => importsModule(file.header, module)),
  *check(node, ctx) {
    if (HTTP_CLIENT.test(callChain(node, ctx)))
      yield state('network.client', 'http', null, node.child('function') ?? node);
  },
};

/** Log calls of the standard library's loggers, counted by declaration. */
const logCalls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'expression_statement'],
  triggers: ['log', 'LOG'],
  when: (node) => enclosingFunction(node) === null,
  *check(node, ctx) {
    if (
      !importsModule(headerOf(ctx), 'logging') &&
      !/log/i.test(ctx.file.header.imports.map(({ name }) => name).join(' '))
    )
      return;
    let first: PythonNode | null = null;
    let count = 0;
    for (const call of node.descendants('call')) {
      if (!mayLog(call)) continue;
      first ??= call;
      count++;
    }
    if (first !== null) yield state('log.call', 'logging', { structured: false, count }, first);
  },
};

/** `class JsonFormatter(logging.Formatter)`, `"class": "pythonjsonlogger..."`, `json` in the settings of a formatter. */
const jsonLogs: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition', 'string', 'call'],
  triggers: ['ormatter', 'jsonlogger', 'json_log', 'serialize=', 'JSONRenderer', 'structlog'],
  calls: (name) => name === 'add',
  when: (node) => node.kind !== 'string' || node.end - node.start < 90,
  *check(node, ctx) {
    if (node.kind === 'class_definition') {
      const isFormatter =
        /Formatter|Handler/.test(node.child('superclasses')?.text ?? '') || /Formatter$/.test(definedName(node));
      if (isFormatter && /json|struct|gelf|ecs|logfmt/i.test(`${definedName(node)} ${node.text.slice(0, 3000)}`)) {
        yield state('log.import', definedName(node), { structured: true }, node.child('name') ?? node);
      }
      return;
    }
    if (node.kind === 'call') {
      // loguru writes records when it is told to.
      if (
        /serialize\s*=\s*(?!False)/.test(node.child('arguments')?.text ?? '') &&
        importsModule(headerOf(ctx), 'loguru')
      ) {
        yield state('log.import', 'loguru', { structured: true }, node);
      }
      return;
    }
    const text = stringValue(node) ?? '';
    if (
      /jsonlogger|json_log_formatter|JSONFormatter|JsonFormatter|structlog\.stdlib|ecs_logging|logstash|jsonformatter/i.test(
        text,
      ) &&
      /^[\w.]+$/.test(text)
    ) {
      yield state('log.import', text, { structured: true }, node);
    }
  },
};

const RETRY =
  /\b\w*(?:[rR]etr(?:y|ies|ied|ying)|RETR(?:Y|IES)|[bB]ack_?[oO]ff|[rR]econnect)\w*|\b(?:max_attempts|MAX_ATTEMPTS|num_attempts|attempts_left)\b/;
const BREAKER =
  /\b\w*(?:[cC]ircuit_?[bB]reaker|[bB]reaker|[bB]ulkhead|[dD]egrad(?:e|ed|ation)|[cC]ool_?down|[fF]ailover|[sS]tale_(?:if_error|cache|data)|[lL]oad_?[sS]hed)\w*|\b\w*[fF]all_?back\w*/;

/** The words of a declaration; comments and prose promise much. */
const words: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition', 'assignment', 'import_from_statement', 'keyword_argument'],
  triggers: [
    ...[
      'etry',
      'etries',
      'ETRY',
      'ETRIES',
      'ackoff',
      'ack_off',
      'BACKOFF',
      'econnect',
      'ttempts',
      'TTEMPTS',
      'reaker',
      'allback',
      'all_back',
    ],
    ...['ulkhead', 'egrade', 'egradation', 'ooldown', 'ailover', 'tale_', 'oad_shed'],
  ],
  when: (node) => (node.kind === 'keyword_argument' ? node.end - node.start < 80 : enclosingFunction(node) === null),
  *check(node) {
    if (node.kind === 'keyword_argument') {
      const name = node.child('name')?.text ?? '';
      if (
        /^(?:max_)?retries$|^retry$|^max_retries$/.test(name) &&
        !/^(?:0|None|False)$/.test(node.child('value')?.text ?? '')
      ) {
        yield state('resilience.retry', name, null, node);
      }
      return;
    }
    const text = node.text.replace(/#[^\n]*|"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*'/g, '""');
    const subject = node.child('name') ?? { start: node.start, end: Math.min(node.end, node.start + 4) };
    const retry = RETRY.exec(text);
    if (retry !== null) yield state('resilience.retry', retry[0], null, subject);
    const breaker = BREAKER.exec(text);
    if (breaker !== null) yield state('resilience.breaker', breaker[0], null, subject);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.health.checked', language: 'python', detector: health as NodeDetector },
  { id: 'python.metrics.served', language: 'python', detector: metricsServed as NodeDetector },
  { id: 'python.client.call', language: 'python', detector: clientCalls as NodeDetector },
  { id: 'python.log.call', language: 'python', detector: logCalls as NodeDetector },
  { id: 'python.log.json', language: 'python', detector: jsonLogs as NodeDetector },
  { id: 'python.resilience', language: 'python', detector: words as NodeDetector },
];
