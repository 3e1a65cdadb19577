/**
 * What the tests of a workspace exercise: the paths and functions that they name, and which kinds of tests there are
 * besides unit tests (integration, load, fault injection, benchmarks). Generous on purpose: judges say what is missing,
 * so a sign that something is there is believed. It never asks whether a test is good.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import { outlineOf } from '../../formats/markdown.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { functionName, importPath } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { importDetector } from '../go/imports.ts';

const TOP = { start: 0, end: 0 };

/** Anything with a slash in it that could be a path of a request, with a host in front or not. */
const PATH_TOKEN = /(?<![\w.~%{}:$*@+-])[\w.~%{}:$*@+-]*(?:\/[\w.~%{}:$*@+-]*)+/g;
/** Names that are called or passed on. */
const NAME_TOKEN = /(?<=[.(,\s&])[A-Za-z_]\w{2,}(?=[(),{}\n])/g;
const TEST_NAME = /^func (?:\([^)]*\) )?([A-Za-z_]\w*)/;
const TOKEN_LIMIT = 400;
const LONGEST_TOKEN = 200;

/** Paths that a text names, each once. */
function pathsIn(text: string): readonly string[] {
  const found = new Set<string>();
  for (const [token] of text.matchAll(PATH_TOKEN)) {
    if (token.length > 1 && token.length <= LONGEST_TOKEN && /\w/.test(token)) found.add(token);
    if (found.size >= TOKEN_LIMIT) break;
  }
  return [...found];
}

/** Names that say nothing about what is tested. */
const COMMON =
  /^(?:nil|err|true|false|error|string|byte|int|len|make|append|panic|Fatal|Fatalf|Error|Errorf|Log|Logf|Helper|Run|Parallel|Cleanup|Equal|NotEqual|NoError|Nil|NotNil|True|False|Len|Contains|New|Context|Background|Sprintf|Printf|Println|Close|Sleep|Done|Add|Wait|Lock|Unlock|String|Bytes|Get|Set|Name|Skip|Skipf|Now|Second|Millisecond|DeepEqual|Unmarshal|Marshal|body|resp|name|test|want|got|ctx|req)$/;

function isTestFile(path: string): boolean {
  return path.endsWith('_test.go');
}

const requests: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'var_declaration', 'const_declaration'],
  triggers: ['func Test', '/', 'http', 'Request', 'Recorder', 'Ctx', 'Context', 'Handler', 'websocket'],
  *check(node, ctx) {
    if (node.parent?.kind !== 'chunk') return;
    const { text } = node;
    const paths = pathsIn(text.replace(/^[ \t]*\/\/.*$/gm, ''));
    const names = new Set<string>();
    const own = TEST_NAME.exec(text)?.[1];
    if (own !== undefined) names.add(own);
    if (/http|Request|Recorder|Ctx|Context|Handler|websocket/.test(text)) {
      for (const [name] of text.matchAll(NAME_TOKEN)) {
        if (!COMMON.test(name)) names.add(name);
        if (names.size >= TOKEN_LIMIT) break;
      }
    }
    if (paths.length > 0 || names.size > 0)
      yield state('test.requests', ctx.file.path, { paths, names: [...names] }, TOP);
  },
};

/** Tests in other languages and tools: browsers, HTTP scripts, collections of requests. */
const OTHER_TEST =
  /(?:^|\/)(?:tests?|e2e|cypress|playwright|integration|__tests__|specs?|postman|bruno|hurl|http)\/|\.(?:test|spec|cy|e2e)\.[cm]?[jt]sx?$|(?:^|\/)test[\w-]*\.(?:py|sh)$|[\w-]+[_-]tests?\.(?:py|sh|bats|rb)$|\.postman_collection\.json$/i;

const scripts: TextDetector = {
  text: true,
  triggers: ['/'],
  *check(text, ctx) {
    const { path, language } = ctx.file;
    if (!['text', 'shell', 'json', 'yaml'].includes(language) || !OTHER_TEST.test(path) || text.length > 200_000)
      return;
    const paths = pathsIn(text);
    if (paths.length > 0) yield state('test.requests', path, { paths, names: [] }, TOP);
  },
};

/** Files and directories of tests that are more than unit tests. */
const INTEGRATION_NAME =
  /(?:^|[/_.-])(?:integration|integrations?[_-]?tests?|e2e|end[_-]?(?:2|to)[_-]?end|acceptance|functional|smoke|systemtests?|system[_-]tests?|api[_-]?tests?|livetests?|conformance|mint)(?:$|[/_.-])/i;
const INTEGRATION_TAG = /\b(?:integration\w*|e2e|acceptance|functional|smoke|docker|system_?test|live|db_?tests?)\b/i;
const INTEGRATION_FUNCTION = /Integration|E2E|EndToEnd|Acceptance|Smoke|FullStack|WithRealDB/;
const INTEGRATION_LIBRARY =
  /^github\.com\/(?:testcontainers\/|ory\/dockertest|fergusstrange\/embedded-postgres|gavv\/httpexpect|steinfletcher\/apitest|cucumber\/godog|ovh\/venom|appleboy\/gofight|bradleyjkemp\/cupaloy|orlangure\/gnomock|alicebob\/miniredis|DATA-DOG\/go-txdb|playwright-community\/|chromedp\/chromedp|dolthub\/go-mysql-server|tryvium-travels\/memongo)|^sigs\.k8s\.io\/(?:controller-runtime\/pkg\/envtest|e2e-framework)|^google\.golang\.org\/grpc\/test\/bufconn/;
/** A client of the app's own server, a request through its router, or a connection to a database. */
const STARTS_APP =
  /\bhttptest\.New(?:Unstarted|TLS)?Server\(\s*(?!http\.HandlerFunc\(\s*func|http\.NotFoundHandler)|\.ServeHTTP\(\s*\w+|\bapp\.Test\(|\b(?:sql|sqlx|gorm|pgx|pgxpool|mongo|redis|bolt|bbolt|badger)\.(?:Open|Connect|New|NewClient|MustConnect|ParseConfig)\(|\bexec\.Command(?:Context)?\(|\bgo main\(\)|\bmain\(\)|\bbufconn\.Listen\(|\bcmd\.Execute\(/;

const goLevels: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['package_clause', 'import_spec', 'function_declaration', 'method_declaration'],
  imports: (path) => INTEGRATION_LIBRARY.test(path) || FAULT_LIBRARY.test(path),
  *check(node, ctx) {
    const { path, header } = ctx.file;
    switch (node.kind) {
      case 'package_clause':
        if (!isTestFile(path)) return;
        if (INTEGRATION_NAME.test(path)) yield state('test.level', 'integration', { by: 'its name' }, node);
        else if (INTEGRATION_TAG.test(header.buildConstraint))
          yield state('test.level', 'integration', { by: 'its build tag' }, node);
        return;
      case 'import_spec': {
        const imported = importPath(node);
        if (INTEGRATION_LIBRARY.test(imported)) yield state('test.level', 'integration', { by: imported }, node);
        if (FAULT_LIBRARY.test(imported)) yield state('test.level', 'chaos', { by: imported }, node);
        return;
      }
      default:
        yield* levelsOf(node, header);
    }
  },
};

/** What a function of the tests does. */
function* levelsOf(node: GoNode, header: GoHeader): Generator<FactVerdict> {
  const { text } = node;
  const at = node.child('name') ?? node;
  const name = functionName(node);
  const fakes = header.imports.some(({ path }) => /sqlmock|redismock|pgxmock/.test(path));
  if (INTEGRATION_FUNCTION.test(name)) yield state('test.level', 'integration', { by: name }, at);
  else if (!fakes && STARTS_APP.test(text)) yield state('test.level', 'integration', { by: name }, at);
  if (FAULT.test(text) || FAULT_NAME.test(name) || isFailingFake(node))
    yield state('test.level', 'chaos', { by: name }, at);
}

/** Libraries that make dependencies fail. */
const FAULT_LIBRARY =
  /toxiproxy|pingcap\/failpoint|etcd\/gofail|^testing\/iotest$|chaos|faultinject|antithesis|lingrino\/go-fault|jepsen/i;
/** Tests that make a dependency fail: a fake that returns an error, a server that answers with one, a cut connection. */
const FAULT =
  /\.WillReturnError\(|\.(?:Return|SetErr)\([^()\n]*(?:\berr\w*\b|errors\.New\(|fmt\.Errorf\(|assert\.AnError)|\bw(?:riter)?\.WriteHeader\(\s*(?:http\.Status(?:InternalServerError|ServiceUnavailable|BadGateway|GatewayTimeout|TooManyRequests)|5\d\d|429)|\bhttp\.Error\([^\n]*(?:5\d\d|http\.Status(?:InternalServerError|ServiceUnavailable|BadGateway|GatewayTimeout))|\b(?:inject|simulat)\w*(?:fault|fail|err|outage|partition|crash|latency|timeout)|\b(?:fault|fail|err|crash)\w*inject|CloseClientConnections\(|\bHijack\(|gofail|failpoint/i;
const FAULT_NAME =
  /(?:Fault|Chaos|Outage|Partition|Unavailable|Crash|Failover|Flaky|NetworkError|ConnectionLost|Unreachable|CircuitBreaker)/;

/** A method of a fake that gives back an error which the test has put in: `return nil, f.err`. */
function isFailingFake(node: GoNode): boolean {
  if (node.kind !== 'method_declaration') return false;
  const receiver = node.child('receiver')?.text ?? '';
  if (/(?:fail|broken|fault|err|flaky|bad|down|unavailable|timeout)\w*\)/i.test(receiver)) return true;
  return (
    /(?:mock|fake|stub|spy|test|dummy|double)/i.test(receiver) && /return [^\n]*\b\w+\.\w*[eE]rr\w*\b/.test(node.text)
  );
}

const benchmarks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration'],
  triggers: ['func Benchmark'],
  *check(node, ctx) {
    const name = functionName(node);
    if (!isTestFile(ctx.file.path) || !/^Benchmark(?!\p{Ll})/u.test(name)) return;
    yield state(
      'test.benchmark',
      name,
      { real: /\bRunParallel\(|\.N\b|\.Loop\(\)|\.Run\(|\bb\)|\bb,/.test(node.text) },
      node.child('name') ?? node,
    );
  },
};

/** Programs whose directory says that they put load on something. */
const LOAD_PATH =
  /(?:^|\/)(?:[\w-]*load[-_]?(?:tests?|testing|gen|generator)|perf[-_]?tests?|performance[-_]?tests?|stress(?:[-_]?tests?)?|k6|locust|jmeter|gatling|vegeta|artillery|benchmarks?|bench)\//i;
const LOAD_FILE =
  /(?:^|\/)(?:locustfile[\w-]*\.py|[\w-]*\.jmx|[\w-]*Simulation\.(?:scala|java|kt)|artillery[\w.-]*\.(?:ya?ml|json)|k6[\w.-]*\.[jt]s|[\w.-]*(?:load[-_]?test|stress[-_]?test)[\w.-]*\.(?:[jt]s|py|sh|lua|ya?ml|go))$/i;
const LOAD_TEXT =
  /\bfrom ["']k6(?:\/\w+)?["']|\bfrom locust\b|^\s*(?:import|from) locust\b|\bio\.gatling\b|\bgrafana\/k6\b|\bgrafana\/(?:setup-k6|k6)-action\b/m;
/** Commands of tools that put load on a server. */
const LOAD_COMMAND =
  /(?:^|[\s;&|`"'@(])(?:k6 run|vegeta attack|wrk2? -|bombardier -|bombardier http|ghz -|fortio load|autocannon |locust -|jmeter -|artillery (?:run|quick)|hey -|ab -[a-z]|oha |siege -|ddosify |hyperfoil|nbomber|drill --benchmark|warp (?:get|put|mixed)|prombench|plow http|cassowary run|slow_?cooker)/m;
const LOAD_LIBRARY =
  /^github\.com\/(?:tsenart\/vegeta|myzhan\/boomer|bojand\/ghz|rakyll\/hey|six-ddc\/plow|rogerwelin\/cassowary)/;
const LOAD_LINK = /load-?test|prombench|\/(?:k6|locust|warp|vegeta)(?:[/#-]|$)|benchmark/i;

const CHAOS_TEXT =
  /chaos-mesh\.org|\bchaos-?mesh\b|litmuschaos|chaosblade|chaostoolkit|\bpumba\b|\btoxiproxy\b|\bgremlin\b|chaos-?monkey|kube-?monkey|\bjepsen\b|\bantithesis\b|\bgofail\b|\bfailpoint\b|\btc qdisc add\b|AWS::FIS::|azurechaos|Microsoft\.Chaos/i;
const MESH_FAULT = /^\s*(?:-\s+)?fault:\s*\n\s+(?:abort|delay):/m;
const INTEGRATION_COMMAND =
  /^[ \t]*[\w./-]*(?:integration|e2e|end-to-end|acceptance|smoke|docker-?test|testcontainer)[\w./-]*[ \t]*:(?!=)|^[ \t]*-?[ \t]*name:[^\n]*\b(?:integration|e2e|end-to-end|acceptance|smoke)[ -]?tests?\b|-tags[= ]["']?[\w,]*(?:integration|e2e)|\b(?:cypress|playwright) (?:run|test)|\bnewman run\b|\bhurl --test|\bvenom run\b|\bbats \b|\btestcontainers?\b|\b(?:dredd|schemathesis)\b/im;

/** Files of other tools: scripts, pipelines, manifests. */
const tools: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path, language } = ctx.file;
    if (language === 'go' || language === 'gosum' || text.length > 300_000) return;
    if (language === 'markdown') {
      // A dedicated repository of load tests is evidence; prose about load tests is none.
      if (!/https?:/.test(text) || !LOAD_LINK.test(text)) return;
      const link = outlineOf(text).links.find(({ target }) => /^https?:/.test(target) && LOAD_LINK.test(target));
      if (link !== undefined && !/goreportcard|shields\.io|pkg\.go\.dev|badge/.test(link.target))
        yield state('test.level', 'load', { by: link.target }, TOP);
      return;
    }
    const plain = text.replace(/^[ \t]*(?:#|\/\/).*$/gm, '');
    const isScript = ['shell', 'makefile', 'workflow', 'yaml', 'compose', 'dockerfile', 'json', 'text'].includes(
      language,
    );
    if (
      isScript &&
      (LOAD_FILE.test(path) ||
        (LOAD_PATH.test(path) && language !== 'json') ||
        LOAD_TEXT.test(text) ||
        LOAD_COMMAND.test(plain))
    )
      yield state('test.level', 'load', { by: path }, TOP);
    if (CHAOS_TEXT.test(plain) || (language === 'yaml' && MESH_FAULT.test(plain)))
      yield state('test.level', 'chaos', { by: path }, TOP);
    if (!isScript) return;
    const isTool =
      language === 'makefile' || language === 'workflow' || language === 'shell' || path.endsWith('package.json');
    const named =
      (language === 'text' || language === 'shell' || language === 'compose' || language === 'yaml') &&
      INTEGRATION_NAME.test(path);
    if (named || (isTool && INTEGRATION_COMMAND.test(plain)))
      yield state('test.level', 'integration', { by: path }, TOP);
  },
};

/** Programs in Go that put load on a server or let something fail. */
const goTools: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['package_clause'],
  *check(node, ctx) {
    const { path, header } = ctx.file;
    if (header.packageName === 'main' && LOAD_PATH.test(path)) yield state('test.level', 'load', { by: path }, node);
  },
};

const goToolImports = importDetector(function* (path, subject) {
  if (LOAD_LIBRARY.test(path)) yield state('test.level', 'load', { by: path }, subject);
  if (/toxiproxy|pingcap\/failpoint|etcd\/gofail|antithesis/.test(path))
    yield state('test.level', 'chaos', { by: path }, subject);
});

export const extractors: readonly Extractor[] = [
  { id: 'test.requests', language: 'go', detector: requests as NodeDetector, roles: ['test'] },
  { id: 'test.requests.scripts', language: 'any', detector: scripts, roles: OWN_ROLES },
  { id: 'test.levels', language: 'go', detector: goLevels as NodeDetector, roles: ['test'] },
  { id: 'test.benchmarks', language: 'go', detector: benchmarks as NodeDetector, roles: OWN_ROLES },
  { id: 'test.tools', language: 'any', detector: tools, roles: OWN_ROLES },
  { id: 'test.go-tools', language: 'go', detector: goTools as NodeDetector, roles: OWN_ROLES },
  { id: 'test.go-tools.imports', language: 'go', detector: goToolImports, roles: OWN_ROLES },
];
