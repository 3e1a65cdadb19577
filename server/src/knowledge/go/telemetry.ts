/**
 * Metrics, tracing and logging of Go programs, from the packages that files import and how they use them. A library
 * that only go.mod names, or that another library needs, is never seen here: only imports of the code itself count.
 */

import type { Fix } from '../../core/model/verdict.ts';
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { type GoHeader, localNameOf } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../languages/go/scope.ts';
import { stringLiteralValue } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { withoutVersion } from './frameworks.ts';
import { importDetector } from './imports.ts';
import type { Beside } from './services.ts';

const METRICS =
  /^expvar$|^github\.com\/prometheus\/client_golang|^go\.opentelemetry\.io\/otel\/(?:metric|sdk\/metric|exporters\/(?:otlp\/otlpmetric|prometheus|stdout\/stdoutmetric))|^go\.opentelemetry\.io\/contrib\/(?:exporters\/autoexport|instrumentation\/runtime)|^github\.com\/(?:VictoriaMetrics\/metrics|armon\/go-metrics|hashicorp\/go-metrics|rcrowley\/go-metrics|DataDog\/datadog-go|uber-go\/tally|smira\/go-statsd|cactus\/go-statsd-client|alexcesaro\/statsd|quipo\/statsd|peterbourgon\/g2s|zsais\/go-gin-prometheus|penglongli\/gin-metrics|Depado\/ginprom|mcuadros\/go-gin-prometheus|chenjiandongx\/ginprom|ansrivas\/fiberprometheus|slok\/go-http-metrics|grpc-ecosystem\/go-grpc-prometheus|grpc-ecosystem\/go-grpc-middleware\/providers\/prometheus|go-kit\/kit\/metrics|newrelic\/go-agent|labstack\/echo-contrib\/(?:prometheus|echoprometheus)|segmentio\/stats|influxdata\/influxdb-client-go|signalfx\/golib|aws\/aws-sdk-go\/service\/cloudwatch|766b\/chi-prometheus)(?:\/|$)|^gopkg\.in\/alexcesaro\/statsd|^go\.elastic\.co\/apm|^gopkg\.in\/DataDog\/dd-trace-go|^go\.opencensus\.io\/(?:stats|exporter)|^contrib\.go\.opencensus\.io\/exporter\/(?:prometheus|stackdriver)|^cloud\.google\.com\/go\/monitoring|^k8s\.io\/component-base\/metrics/;

const metricsImports = importDetector(function* (path, subject) {
  if (METRICS.test(withoutVersion(path))) yield state('metrics.client', path, null, subject);
});

/** The text format of Prometheus, written by hand. */
const metricsText: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  triggers: ['# TYPE ', '# HELP '],
  *check(node) {
    if (/# (?:TYPE|HELP) /.test(stringLiteralValue(node) ?? ''))
      yield state('metrics.route', '# TYPE', { known: true }, node);
  },
};

const TRACING_EXPORTERS =
  /^go\.opentelemetry\.io\/otel\/(?:sdk\/trace|exporters\/(?!prometheus|otlp\/otlpmetric|otlp\/otlplog|stdout\/stdoutmetric))|^go\.opentelemetry\.io\/contrib\/(?:exporters|detectors|otelconf|config)|^github\.com\/(?:uber\/jaeger-client-go|jaegertracing\/jaeger-client-go|openzipkin\/zipkin-go|openzipkin-contrib\/zipkin-go-opentracing|newrelic\/go-agent|lightstep\/|honeycombio\/|aws\/aws-xray-sdk-go|getsentry\/sentry-go|instana\/go-sensor|SkyAPM\/go2sky|apache\/skywalking-go|uptrace\/uptrace-go|signalfx\/splunk-otel-go|signalfx\/signalfx-go-tracing|DataDog\/dd-trace-go|GoogleCloudPlatform\/opentelemetry-operations-go|sourcegraph\/appdash|wavefronthq\/)|^gopkg\.in\/DataDog\/dd-trace-go|^go\.elastic\.co\/apm|^contrib\.go\.opencensus\.io\/exporter|^cloud\.google\.com\/go\/trace|^k8s\.io\/component-base\/tracing/;
const TRACING_API =
  /^go\.opentelemetry\.io\/(?:otel(?:$|\/trace|\/propagation)|contrib\/instrumentation\/(?!runtime))|^github\.com\/opentracing\/opentracing-go|^go\.opencensus\.io\/(?:trace|plugin)|^github\.com\/(?:riandyrn\/otelchi|uptrace\/opentelemetry-go-extra|XSAM\/otelsql|gofiber\/contrib\/otelfiber)|^connectrpc\.com\/otelconnect/;

const tracingImports = importDetector(function* (path, subject) {
  const plain = withoutVersion(path);
  if (TRACING_EXPORTERS.test(plain)) yield state('tracing.init', path, { exporter: true }, subject);
  else if (TRACING_API.test(plain)) yield state('tracing.init', path, { exporter: false }, subject);
});

/** Packages whose import means that the program talks to another system over the network. */
const CLIENTS =
  /^database\/sql$|^gorm\.io\/|^github\.com\/(?:jackc\/pgx|jinzhu\/gorm|jmoiron\/sqlx|go-sql-driver\/mysql|lib\/pq|redis\/go-redis|go-redis\/redis|gomodule\/redigo|segmentio\/kafka-go|IBM\/sarama|Shopify\/sarama|confluentinc\/confluent-kafka-go|rabbitmq\/amqp091-go|streadway\/amqp|nats-io\/nats\.go|elastic\/go-elasticsearch|olivere\/elastic|go-resty\/resty|aws\/aws-sdk-go|aws\/aws-sdk-go-v2|gocql\/gocql|eclipse\/paho\.mqtt\.golang|minio\/minio-go|sashabaranov\/go-openai|hashicorp\/vault\/api|twmb\/franz-go|neo4j\/neo4j-go-driver)(?:\/|$)|^go\.mongodb\.org\/mongo-driver|^cloud\.google\.com\/go\/(?:pubsub|storage|firestore|bigquery|spanner)|^github\.com\/valkey-io\/valkey-go|^gopkg\.in\/(?:redis|resty|mgo|olivere)/;

const clientImports = importDetector(function* (path, subject) {
  if (CLIENTS.test(withoutVersion(path)) || CLIENTS.test(path)) yield state('network.client', path, null, subject);
});

/** Whether a request is made for a handler of the program: `c.Request, _ = http.NewRequest(...)`. */
function isHandedToHandler(callee: GoNode): boolean {
  const assignment = callee.parent?.parent?.parent;
  if (assignment?.kind !== 'assignment_statement') return false;
  return /^\w+\.Request\b/.test(assignment.child('left')?.text ?? '');
}

const clientCalls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression', 'composite_literal'],
  triggers: [
    'http.Client',
    'http.Get',
    'http.Post',
    'http.NewRequest',
    'http.DefaultClient',
    'grpc.Dial',
    'grpc.NewClient',
    'grpc.DialContext',
  ],
  *check(node, ctx) {
    if (node.kind === 'composite_literal') {
      const type = node.child('type');
      const qualifier = type?.child('package')?.text;
      if (qualifier === undefined || qualifier !== localNameOf(ctx.file.header, 'net/http')) return;
      if (type?.child('name')?.text === 'Client') yield state('network.client', 'net/http', null, type);
      return;
    }
    const operand = node.child('operand');
    const name = node.child('field')?.text ?? '';
    if (operand?.kind !== 'identifier') return;
    const http = /^(?:Client|Get|Post|PostForm|Head|NewRequest|NewRequestWithContext|DefaultClient)$/;
    const grpc = /^(?:Dial|DialContext|NewClient)$/;
    if (operand.text === localNameOf(ctx.file.header, 'net/http') && http.test(name)) {
      if (/^NewRequest/.test(name) && isHandedToHandler(node)) return;
      yield state('network.client', 'net/http', null, node);
    } else if (operand.text === localNameOf(ctx.file.header, 'google.golang.org/grpc') && grpc.test(name)) {
      yield state('network.client', 'grpc', null, node);
    }
  },
};

const STRUCTURED =
  /^log\/slog$|^golang\.org\/x\/exp\/slog|^go\.uber\.org\/zap|^github\.com\/(?:rs\/zerolog|sirupsen\/logrus|Sirupsen\/logrus|go-kit\/log|go-kit\/kit\/log|hashicorp\/go-hclog|go-logr\/logr|inconshreveable\/log15|apex\/log|charmbracelet\/log|phuslu\/log|lmittmann\/tint|go-chi\/httplog|gookit\/slog|uptrace\/opentelemetry-go-extra\/otelzap|samber\/slog-\w+|ethereum\/go-ethereum\/log|francoispqt\/onelog)(?:\/|$)|^cosmossdk\.io\/log|^github\.com\/grafana\/dskit\/log|^go\.elastic\.co\/ecs/;
/** Levels without fields: better than the plain logger, but not structured. Nothing is said about them. */
const LEVELLED =
  /^k8s\.io\/klog|^github\.com\/(?:golang\/glog|kataras\/golog|op\/go-logging|cihub\/seelog|labstack\/gommon\/log|gofiber\/fiber\/log)/;

/** Other packages that are loggers by their name. */
const LOGGER_NAME = /^(?:go-?)?(?:[a-z]?log|[a-z]+-?log(?:ger|ging)|logger|logging|logs|logx|logutil)(?:-?go)?$/;

const logImports = importDetector(function* (path, subject) {
  const plain = withoutVersion(path);
  if (path === 'log') yield state('log.import', path, { structured: false }, subject);
  else if (STRUCTURED.test(plain) || STRUCTURED.test(path))
    yield state('log.import', path, { structured: true }, subject);
  else if (LEVELLED.test(plain) || (path.includes('.') && LOGGER_NAME.test(plain.slice(plain.lastIndexOf('/') + 1)))) {
    yield state('log.import', path, { structured: false }, subject);
  }
});

const PLAIN_CALL = /^(?:Print|Fatal|Panic)(?:f|ln)?$|^Output$/;

/** Calls of the standard logger, counted per declaration. */
const logCalls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'var_declaration'],
  triggers: ['.Print', '.Fatal', '.Panic'],
  *check(node, ctx) {
    const name = localNameOf(ctx.file.header, 'log');
    if (name === null) return;
    let first: GoNode | null = null;
    let count = 0;
    for (const call of node.descendants('call_expression')) {
      const callee = call.child('function');
      if (callee?.kind !== 'selector_expression') continue;
      const operand = callee.child('operand');
      if (
        operand?.kind !== 'identifier' ||
        operand.text !== name ||
        !PLAIN_CALL.test(callee.child('field')?.text ?? '')
      )
        continue;
      if (scopeAround(ctx, operand)?.bindingOf(operand) != null) continue;
      first ??= call;
      count++;
    }
    if (first !== null) yield state('log.call', 'log', { structured: false, count }, first);
  },
};

const PROMHTTP = 'github.com/prometheus/client_golang/prometheus/promhttp';

/** A fix that registers the Prometheus handler beside another route; null where routes are written in a way unknown here. */
export function prometheusRoute(beside: Beside): Fix | null {
  const { framework, router } = beside;
  const on = router === '' ? 'http' : router;
  const statement: Record<string, string> = {
    'net/http': `${on}.Handle("/metrics", promhttp.Handler())`,
    gorilla: `${on}.Handle("/metrics", promhttp.Handler())`,
    chi: `${on}.Handle("/metrics", promhttp.Handler())`,
    gin: `${on}.GET("/metrics", gin.WrapH(promhttp.Handler()))`,
    echo: `${on}.GET("/metrics", echo.WrapHandler(promhttp.Handler()))`,
    httprouter: `${on}.Handler("GET", "/metrics", promhttp.Handler())`,
  };
  const text = statement[framework];
  if (text === undefined) return null;
  return {
    title: 'Serve Prometheus metrics at /metrics (go get github.com/prometheus/client_golang)',
    safety: 'suggestion',
    preferred: true,
    edits: [beside.insert(text), { kind: 'import', add: [PROMHTTP] }],
  };
}

export const extractors: readonly Extractor[] = [
  { id: 'metrics.client', language: 'go', detector: metricsImports },
  { id: 'metrics.text', language: 'go', detector: metricsText as NodeDetector },
  { id: 'tracing.init', language: 'go', detector: tracingImports },
  { id: 'network.client.import', language: 'go', detector: clientImports },
  { id: 'network.client.call', language: 'go', detector: clientCalls as NodeDetector },
  { id: 'log.import', language: 'go', detector: logImports },
  { id: 'log.call', language: 'go', detector: logCalls as NodeDetector },
];
