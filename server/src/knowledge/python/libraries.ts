/**
 * What the libraries that Python files import are for: metrics, tracing, logging, limits of requests, authentication,
 * databases, secrets. Only imports of the code itself count, never a requirement that nothing imports. Settings of
 * Django name libraries in texts; those count like imports. States facts; whether something is missing is for judges.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { importsOf, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { stringValue } from '../../languages/python/strings.ts';
import { type FactName, type FactValues, state } from '../facts.ts';

interface Kind<N extends FactName = FactName> {
  readonly fact: N;
  readonly value: FactValues[N];
  readonly modules: RegExp;
}

function kind<N extends FactName>(fact: N, value: FactValues[N], modules: RegExp): Kind {
  return { fact, value, modules };
}

const KINDS: readonly Kind[] = [
  kind(
    'metrics.client',
    null,
    /^(?:prometheus_\w+|\w+_prometheus\w*|aioprometheus|starlette_exporter|statsd|aiodogstatsd|datadog\w*|ddtrace|newrelic|elasticapm|opentelemetry\.(?:metrics|sdk\.metrics|exporter\.(?:prometheus|otlp\.[\w.]*metric_exporter)|instrumentation\.\w+)|opencensus\.(?:stats|metrics|ext)|influxdb\w*|aws_embedded_metrics|aws_lambda_powertools(?:\.metrics)?$|azure\.monitor|applicationinsights|logfire|scout_apm|pyformance|graphyte|graphite\w*|google\.cloud\.monitoring\w*|jupyter_telemetry|skywalking)(?:\.|$)/,
  ),
  kind(
    'tracing.init',
    { exporter: true },
    /^(?:opentelemetry\.(?:sdk(?:\.trace|$)|exporter|instrumentation\.auto_instrumentation|distro)|ddtrace|newrelic|elasticapm|jaeger_client|py_zipkin|aws_xray_sdk|sentry_sdk|logfire|opencensus\.(?:trace|ext)|azure\.monitor|instana|skywalking|scout_apm|google\.cloud\.trace\w*|uptrace)(?:\.|$)/,
  ),
  kind(
    'tracing.init',
    { exporter: false },
    /^(?:opentelemetry(?:\.(?:trace|propagate|instrumentation)|$)|opentracing)/,
  ),
  kind(
    'network.client',
    null,
    /^(?:psycopg\w*|asyncpg|pymysql|MySQLdb|mysql|aiomysql|sqlalchemy|sqlmodel|peewee|tortoise|pony|redis|aioredis|valkey|pymongo|motor|beanie|mongoengine|kafka|aiokafka|confluent_kafka|pika|aio_pika|kombu|celery|nats|elasticsearch\w*|opensearchpy|boto3|aiobotocore|aioboto3|google\.cloud\.(?!logging|monitoring|trace)\w+|azure\.(?:storage|servicebus|cosmos)|cassandra|neo4j|grpc|openai|anthropic|google\.generativeai|google\.genai|paho|minio|hvac|twilio|stripe|supabase|firebase_admin|clickhouse_\w+|influxdb\w*|pymemcache|ldap3?|smtplib|aiosmtplib|paramiko)(?:\.|$)/,
  ),
  kind(
    'log.import',
    { structured: true },
    /^(?:structlog|django_structlog|asgi_correlation_id|pythonjsonlogger|python_json_logger|json_log_formatter|json_logging|jsonlogging|ecs_logging|logstash\w*|eliot|logfire|google\.cloud\.logging|aws_lambda_powertools(?:\.logging)?|watchtower|logging_json|fluent|graypy|loki_logger\w*|pygelf|newrelic\.api\.log|opencensus\.ext\.azure\.log_exporter|azure\.monitor)(?:\.|$)/,
  ),
  kind(
    'log.import',
    { structured: false },
    /^(?:logging|loguru|logbook|twisted\.logger|absl\.logging|colorlog)(?:\.|$)/,
  ),
  kind(
    'rate.limit',
    { kind: 'library' },
    /^(?:slowapi|fastapi_limiter|flask_limiter|quart_rate_limiter|sanic_limiter|django_ratelimit|ratelimit\.(?:decorators|mixins|core|middleware|backends|auths)|ratelimit_asgi|asgi_ratelimit|rest_framework\.throttling|ninja\.throttling|ninja_extra\.throttling|fastapi_throttle|fastapi_cap|fastapi_guard|guard\.middleware|fastapi_ratelimiter|pyrate_limiter|aiohttp_ratelimiter|aiolimiter_middleware|axes|defender|limits(?:\.|$)|throttled|starlette_limiter|litestar\.middleware\.rate_limit)(?:\.|$)/,
  ),
  kind(
    'auth.evidence',
    { kind: 'library', what: 'library' },
    /^(?:fastapi\.security|flask_(?:login|jwt\w*|httpauth|security|praetorian|principal|oidc|user|authorize|basicauth)|django\.contrib\.auth|rest_framework\.(?:authentication|permissions|authtoken)|rest_framework_simplejwt|knox|oauth2_provider|oidc_provider|allauth|dj_rest_auth|djoser|ninja\.security|ninja_jwt|aiohttp_(?:security|session|jwt|basicauth)|starlette\.(?:authentication|middleware\.(?:authentication|sessions))|fastapi_(?:users|jwt_auth|login|sso|azure_auth|keycloak|auth0|cloudauth)|authlib|authx|jose|jwt|sanic_(?:jwt|auth)|supertokens_python|clerk_backend_api|casbin|propelauth\w*|onelogin|saml2|oauthlib|google\.oauth2\.id_token|firebase_admin\.auth|keycloak|social_django|social_core|mozilla_django_oidc|litestar\.(?:security|middleware\.authentication))(?:\.|$)/,
  ),
  kind(
    'security.header',
    { everywhere: true },
    /^(?:secure|flask_talisman|talisman|flask_seasurf_headers|secweb|Secweb|starlette_securityheaders|fastapi_security_headers|asgi_security_headers|sanic_security_headers)(?:\.|$)/,
  ),
  kind(
    'database.driver',
    { server: false },
    /^(?:sqlite3|aiosqlite|tinydb|shelve|dbm|sqlite_utils|duckdb|lmdb|plyvel)(?:\.|$)/,
  ),
  kind(
    'database.driver',
    { server: true },
    /^(?:psycopg\w*|asyncpg|pymysql|MySQLdb|mysql|aiomysql|pymongo|motor|beanie|mongoengine|redis|aioredis|valkey|cassandra|neo4j|pymssql|pyodbc|oracledb|cx_Oracle|clickhouse_\w+|elasticsearch\w*|firebase_admin|supabase|google\.cloud\.(?:firestore|spanner|datastore|bigquery)|boto3|aioboto3|couchbase|influxdb\w*|pymemcache|sqlalchemy|sqlmodel|peewee|tortoise|pony|django\.db|flask_sqlalchemy|databases|ormar|psqlpy|aioodbc|prisma)(?:\.|$)/,
  ),
  kind(
    'secret.store',
    null,
    /^(?:hvac|keyring|google\.cloud\.(?:secretmanager|kms)|azure\.keyvault|infisical\w*|onepasswordconnectsdk|bitwarden\w*|dopplersdk|aws_secretsmanager_caching|aws_lambda_powertools\.utilities\.parameters|sops|conjur\w*|akeyless|pykeepass)(?:\.|$)/,
  ),
  kind(
    'crypto.cipher',
    null,
    /^(?:cryptography\.(?:fernet|hazmat)|nacl|Crypto\.Cipher|Cryptodome\.Cipher|sqlalchemy_utils\.types\.encrypted|encrypted_(?:model_)?fields|django_cryptography|fernet_fields|sqlcipher\w*|pysqlcipher\w*|tink|aws_encryption_sdk|miscreant|age|pyage)(?:\.|$)/,
  ),
  kind(
    'config.reload',
    null,
    /^(?:watchdog|watchfiles|watchgod|dynaconf|consul|etcd3?|kazoo|ldclient|launchdarkly\w*|UnleashClient|openfeature|flagsmith|growthbook|configcat\w*|waffle|constance|nacos|apollo\w*|hvac|kubernetes|kubernetes_asyncio|pyinotify|inotify|statsig)(?:\.|$)/,
  ),
  kind(
    'resilience.breaker',
    null,
    /^(?:pybreaker|circuitbreaker|aiobreaker|purgatory|aiomisc|hyx|resilience4py|lasier|stamina\.breaker)(?:\.|$)/,
  ),
  kind(
    'resilience.retry',
    null,
    /^(?:tenacity|backoff|retry|retrying|stamina|aiohttp_retry|urllib3\.util\.retry|requests\.packages\.urllib3\.util\.retry|httpx_retries|requests_retry\w*|retryhttp|opnieuw|hyx|celery|rq|dramatiq|huey|arq|procrastinate|django_q)(?:\.|$)/,
  ),
  kind(
    'service.framework',
    null,
    /^(?:ray\.serve|bentoml|litserve|azure\.functions|functions_framework|mangum|chalice|zappa|frappe|odoo|homeassistant|modal|jupyter_server)(?:\.|$)/,
  ),
];

const MAY_MATTER = new RegExp(KINDS.map(({ modules }) => modules.source).join('|'));

/** Facts of one imported name; a module and a member that is a module itself are one. */
function* factsOf(path: string, node: PythonNode) {
  if (!MAY_MATTER.test(path)) return;
  let traced = false;
  for (const { fact, value, modules } of KINDS) {
    if (!modules.test(path) || (fact === 'tracing.init' && traced)) continue;
    traced ||= fact === 'tracing.init';
    yield fact === 'auth.evidence'
      ? state(fact, '', { kind: 'library', what: path }, node)
      : // Libraries of headers set all of them.
        state(fact, fact === 'security.header' ? '*' : path, value as never, node);
  }
}

const imports: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['import_statement', 'import_from_statement'],
  *check(node) {
    const done = new Set<string>();
    for (const { module, path, typing } of importsOf(node)) {
      // What `from a import b` takes may be a module.
      for (const name of typing || module.startsWith('.') ? [] : [path, module]) {
        if (done.has(name) || (name === module && done.has(path) && MAY_MATTER.test(path))) continue;
        done.add(name);
        yield* factsOf(name, node);
      }
    }
  },
};

/** `INSTALLED_APPS`, `MIDDLEWARE` and the like of Django's settings. */
const settings: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string'],
  triggers: ['INSTALLED_APPS', 'MIDDLEWARE', 'REST_FRAMEWORK', 'LOGGING', 'DATABASES', 'AUTHENTICATION_BACKENDS'],
  when: (node) => node.end - node.start < 100,
  *check(node) {
    const text = stringValue(node);
    if (text === null) return;
    if (/^DEFAULT_THROTTLE_(?:CLASSES|RATES)$/.test(text))
      yield state('rate.limit', text, { kind: 'middleware' }, node);
    else if (/^django\.db\.backends\.(?!sqlite3|dummy)\w+$/.test(text)) {
      yield state('database.driver', text, { server: true }, node);
    } else if (/^django\.db\.backends\.sqlite3$/.test(text)) {
      yield state('database.driver', text, { server: false }, node);
    } else if (/^[A-Za-z_]\w*(?:\.\w+)*$/.test(text)) yield* factsOf(text, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.libraries.import', language: 'python', detector: imports as NodeDetector },
  { id: 'python.libraries.settings', language: 'python', detector: settings as NodeDetector },
];
