/**
 * What Python tests exercise, as facts of the same names as those of Go's tests: paths of requests, handlers that are
 * imported or asked for by name, tests of more than a unit, load tests, attacks. Generous, since judges say what is
 * missing: a sign that something is there is believed.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import { EMPTY_PYTHON_HEADER, importsOf, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { isStandardModule } from '../../languages/python/stdlib.ts';
import { state } from '../facts.ts';

const TOP = { start: 0, end: 0 };
const PATH_TOKEN = /(?<![\w.~%{}:$*@+-])[\w.~%{}:$*@+\-[\]()]*(?:\/[\w.~%{}:$*@+\-[\]()]*)+/g;
const TOKEN_LIMIT = 4_000;

/** Names that are asked for by name: `reverse("users-list")`, `app.url_path_for("read_users")`. */
const REVERSED = /\b(?:reverse|url_for|url_path_for|reverse_lazy)\(\s*["']([\w:.-]+)["']/g;
/** `views.read_users(request)` on something that is imported. */
const CALLED = /(?<![\w.])([A-Za-z_]\w*)\.([A-Za-z_]\w{2,})(?=\(|\.as_view|,|\))/g;

const requests: TextDetector = {
  text: true,
  *check(text, ctx) {
    if (ctx.file.role !== 'test') return;
    const header = (ctx.file.header as PythonHeader | null) ?? EMPTY_PYTHON_HEADER;
    const plain = text.replace(/^[ \t]*#.*$|^\s*(?:from|import)\s.*$/gm, '').replace(/"""[\s\S]*?"""(?=\s*$)/gm, '');
    const paths = new Set<string>();
    // What is put into a text is a part of its own: `f"{base}users/{id}/"`.
    for (const [token] of plain.replace(/\{[^{}\n]*\}/g, '/').matchAll(PATH_TOKEN)) {
      if (token.length > 1 && token.length <= 200 && /\w/.test(token)) paths.add(token.replace(/[[\]()]/g, ''));
      if (paths.size >= TOKEN_LIMIT) break;
    }
    const names = new Set<string>();
    const modules = new Set<string>();
    for (const { name, member, module } of header.imports) {
      if (isStandardModule(module.split('.', 1)[0]!) || /^(?:pytest|unittest|django|rest_framework)\b/.test(module)) {
        continue;
      }
      modules.add(name);
      if (member !== '' && member !== '*' && !/^Test/.test(member)) names.add(member);
    }
    for (const match of text.matchAll(REVERSED)) {
      for (const part of match[1]!.split(/[:.]/)) names.add(part.replaceAll('-', '_'));
    }
    for (const match of plain.matchAll(CALLED)) if (modules.has(match[1]!)) names.add(match[2]!);
    if (paths.size > 0 || names.size > 0) {
      yield state('test.requests', ctx.file.path, { paths: [...paths], names: [...names] }, TOP);
    }
  },
};

const INTEGRATION_NAME =
  /(?:^|[/_.-])(?:integration|integrations?[_-]?tests?|integration_tests?|e2e|end[_-]?(?:2|to)[_-]?end|acceptance|functional|smoke|system[_-]?tests?|api[_-]?tests?|live[_-]?tests?)(?:$|[/_.-])/i;
/** What runs the application, or something that it needs. */
const INTEGRATION =
  /\b(?:TestClient|AsyncClient|ASGITransport|WSGITransport|LiveServerTestCase|LiveServer|StaticLiveServerTestCase|APIClient|APITestCase|APILiveServerTestCase|testcontainers|aiohttp_client|TestServer|ApplicationCommunicator|WebsocketCommunicator|playwright|selenium|pytest_docker|docker_services|postgresql_proc|live_server|schemathesis|tavern)\b|\.test_client\(|\.test_cli_runner\(|\bself\.client\.(?:get|post|put|patch|delete)\(|\bclient\.(?:get|post|put|patch|delete)\(|\brequests\.(?:get|post|put|patch|delete)\(\s*f?["'](?:http:\/\/(?:localhost|127)|\{)|\bfrom django\.test import [^\n]*\b(?:TestCase|TransactionTestCase|Client)\b|\bsubprocess\.(?:run|Popen)\(|\bcreate_engine\(|\bpsycopg2?\.connect\(/;
const LOAD_PATH =
  /(?:^|\/)(?:[\w-]*load[-_]?(?:tests?|testing|gen|generator)|perf[-_]?tests?|performance[-_]?tests?|performance|stress(?:[-_]?tests?)?|k6|locust\w*|benchmarks?|bench)(?:\/|[\w-]*\.py$)|(?:^|\/)[\w-]*(?:load|stress|perf(?:ormance)?)_?test\w*\.py$|(?:^|\/)test_(?:load|stress|perf(?:ormance)?|benchmark)\w*\.py$/i;
const LOAD_IMPORT = /^[ \t]*(?:from|import)\s+(?:locust|molotov|pytest_benchmark|asv)\b/m;
const BENCHMARK_FIXTURE = /\bdef test_\w+\([^)]*\bbenchmark\b|\bbenchmark\.(?:pedantic|group)\b/;

/** Libraries that make dependencies fail, and tests in which one does: a mock that raises, an answer 5xx, a cut connection. */
const FAULT_IMPORT =
  /^[ \t]*(?:from|import)\s+(?:toxiproxy|chaoslib|chaostoolkit|chaosaws|chaosk8s|pumba|gremlin\w*)\b/m;
const FAULT =
  /\bside_effect\s*=\s*\[?\s*(?:[\w.]*(?:Error|Exception|Timeout\w*|Unavailable|Refused|Reset|Disconnect\w*|Failure)\b|\w*(?:raise|fail|boom|err)\w*)|\bexc\s*=\s*[\w.]*(?:Error|Timeout|Exception)\b|\b(?:status|status_code)\s*=\s*(?:50[0234]|429)\b|\b(?:inject|simulat)\w*[_ ]?(?:fault|fail|err|outage|latency|timeout)|\bdef (?:test_)?\w*(?:connection_(?:error|refused|lost)|timed?_?out|unavailable|outage|unreachable|network_(?:error|failure)|server_error|upstream_(?:error|fail)|circuit_breaker|flaky)|\bclass \w*(?:Failing|Broken|Flaky|Faulty|Unavailable)\w*/i;

const levels: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path, role } = ctx.file;
    if (LOAD_PATH.test(path) || LOAD_IMPORT.test(text)) yield state('test.level', 'load', { by: path }, TOP);
    if (role !== 'test') return;
    const benchmark = BENCHMARK_FIXTURE.exec(text);
    if (benchmark !== null) {
      const at = { start: benchmark.index, end: benchmark.index + benchmark[0].length };
      yield state('test.benchmark', 'benchmark', { real: true }, at);
    }
    if (FAULT_IMPORT.test(text) || FAULT.test(text)) yield state('test.level', 'chaos', { by: path }, TOP);
    if (INTEGRATION_NAME.test(path)) yield state('test.level', 'integration', { by: 'its name' }, TOP);
    else if (INTEGRATION.test(text)) yield state('test.level', 'integration', { by: path }, TOP);
    else if (/@pytest\.mark\.(?:integration|e2e|functional|smoke|system)\b/.test(text)) {
      yield state('test.level', 'integration', { by: 'a marker' }, TOP);
    }
  },
};

const loadRequirement: TextDetector = {
  text: true,
  triggers: ['locust', 'molotov', 'pytest-benchmark', 'asv'],
  *check(text, ctx) {
    const found = /^[\s"'-]*(locust|molotov)\b(?!\s*:)/m.exec(text);
    if (found !== null) yield state('test.level', 'load', { by: `${found[1]} in ${ctx.file.path}` }, TOP);
  },
};

/** Tests that somebody is refused, or that an attack fails. */
const ATTACKS =
  /\b(?:status_code|status|code)\b[^\n]{0,40}\b(?:401|403|429)\b|\bHTTP_40[13]\w*|\bHTTP_429\w*|HTTPStatus\.(?:UNAUTHORIZED|FORBIDDEN|TOO_MANY_REQUESTS)|\b(?:assert\w*|expect\w*)\b[^\n]*\b(?:401|403|429)\b|codes\.(?:unauthorized|forbidden)|PermissionDenied|NotAuthenticated|AuthenticationFailed|assertForbidden|<script|\bOR '?1'?\s*=\s*'?1|DROP TABLE|\.\.\/\.\.\/|[cC]srf|CSRF|\bXSS\b|_xss\b|[sS]ql_?[iI]njection|\b(?:SSRF|ssrf)\b|(?:[iI]nvalid|[eE]xpired|[fF]orged|[tT]ampered)_?\s?(?:[tT]oken|[sS]ignature|[cC]redentials?)|[pP]ath_?[tT]raversal|Access-Control-Allow-Origin|\bdef test_\w*(?:unauthori[sz]ed|forbidden|unauthenticated|not_allowed|permission|access_denied|traversal|injection|rate_limit)/;

const attacks: TextDetector = {
  text: true,
  *check(text, ctx) {
    const match = ATTACKS.exec(text);
    if (match !== null) {
      const at = { start: match.index, end: match.index + match[0].length };
      yield state('test.attack', ctx.file.path, null, at);
    } else if (/\bdef test_|\bassert\b|unittest/.test(text)) yield state('test.other', ctx.file.path, null, TOP);
  },
};

/** Generators of schemas beside frameworks that bring one. */
const GENERATORS =
  /^(?:drf_spectacular|drf_yasg|flask_restx|flasgger|apispec|flask_smorest|flask_openapi3|spectree|flask_apispec|sanic_ext|ninja|aiohttp_apispec|aiohttp_swagger\w*|aiohttp_pydantic|connexion|strawberry|graphene|ariadne|litestar|grpc|robyn|falcon_apispec|quart_schema)\b/;

const descriptions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['import_statement', 'import_from_statement', 'call'],
  triggers: ['import', 'FastAPI('],
  calls: (name) => name === 'FastAPI',
  *check(node) {
    if (node.kind === 'call') {
      if (!/openapi_url\s*=\s*None/.test(node.text)) yield state('api.description', 'generator', { paths: [] }, node);
      return;
    }
    for (const { module } of importsOf(node)) {
      if (GENERATORS.test(module)) yield state('api.description', 'generator', { paths: [] }, node);
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.test.requests', language: 'python', detector: requests, roles: OWN_ROLES },
  { id: 'python.test.levels', language: 'python', detector: levels, roles: OWN_ROLES },
  { id: 'python.test.load.text', language: 'text', detector: loadRequirement, roles: OWN_ROLES },
  { id: 'python.test.load.toml', language: 'toml', detector: loadRequirement, roles: OWN_ROLES },
  { id: 'python.test.attack', language: 'python', detector: attacks, roles: ['test'] },
  { id: 'python.api.description', language: 'python', detector: descriptions as NodeDetector },
];
