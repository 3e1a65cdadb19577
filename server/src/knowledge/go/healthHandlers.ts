/** Go: handlers of health checks, and whether they look at anything. It does not decide whether they should. */
import type { Span } from '../../core/model/location.ts';
import type { Verdict } from '../../core/model/verdict.ts';
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { linesAfter } from '../../languages/go/refusals.ts';
import {
  callArguments,
  calledName,
  functionName,
  parametersOf,
  statementOf,
  stringLiteralValue,
} from '../../languages/go/syntax.ts';
import { type HealthHandler, state } from '../facts.ts';
import { takesRequest } from './handlers.ts';
import { isHealthName, isHealthPath } from './paths.ts';

const SENDING =
  /^(?:Now|Unix\w*|UTC|Format|Since|Seconds|String|Header|Set|Add|Del|Write|WriteHeader|WriteString|NewEncoder|Encode|Marshal\w*|JSON|IndentedJSON|PureJSON|Status|SendStatus|SendString|Send|NoContent|Render|Fprint\w*|Error|make|byte|Data|Body|H|Print\w*|Debug\w*|Info\w*|Done|Close)$/;
const FAILURE = /"(?:[\w ]*(?:unhealthy|degraded|down|fail\w*|unavailable|not ready|error)[\w ]*)"/i;
const UNAVAILABLE = 'http.StatusServiceUnavailable';
const FAILURE_STATUS =
  /Status(?:ServiceUnavailable|InternalServerError|BadGateway|GatewayTimeout|TooManyRequests)|\b50\d\b|http\.Error\(|WriteHeader\(\s*[a-z]\w*\s*\)|(?:JSON|String|Status)\(\s*[a-z]\w*\s*[,)]|\.Abort|return\s+(?:err|echo\.NewHTTPError|fiber\.)/;

function classify(handler: GoNode): HealthHandler {
  const body = handler.child('body');
  if (body === null) return 'checks';
  const calls = handler.descendants('call_expression');
  const isFixed = calls.every(
    (call) => SENDING.test(calledName(call)) || call.child('function')?.kind === 'slice_type',
  );
  const decides = handler.descendants('if_statement', 'expression_switch_statement', 'for_statement').length > 0;
  if (isFixed && !decides) return 'constant';
  return FAILURE.test(body.text) && !FAILURE_STATUS.test(body.text) ? 'always200' : 'checks';
}

/** The first statement that tells of a failure, and how its status becomes 503; null when that cannot be told. */
function failureOf(handler: GoNode): { readonly span: Span; readonly newText: string } | null {
  const words = handler.descendants('interpreted_string_literal').filter((literal) => FAILURE.test(literal.text));
  const statement = words.length === 1 ? statementOf(words[0]!) : null;
  if (statement === null) return null;
  for (const call of statement.descendants('call_expression')) {
    const [status] = callArguments(call);
    if (
      /^(?:JSON|IndentedJSON|PureJSON|String|Status)$/.test(calledName(call)) &&
      /^(?:http\.StatusOK|200)$/.test(status?.text ?? '')
    )
      return { span: status!.span, newText: UNAVAILABLE };
  }
  const writer = parametersOf(handler).find(({ type }) => type.text === 'http.ResponseWriter')?.name ?? '';
  const rest = handler.tree.text.slice(statement.end, handler.end);
  const isAlone = statement.kind === 'assignment_statement' && statement.ancestor('if_statement') !== null;
  // What is written behind the status, or is another status, would be lost.
  if (!isAlone || !/^\w+$/.test(writer) || /\.WriteHeader\(|\.Header\(\)/.test(rest)) return null;
  const edit = linesAfter(statement, [`${writer}.WriteHeader(${UNAVAILABLE})`]);
  return edit?.kind === 'replace' ? edit : null;
}

function* handlerFacts(key: string, handler: GoNode, subject: GoNode): Iterable<Verdict> {
  const found = classify(handler);
  yield state('health.handler', key, found, subject);
  const failure = found === 'always200' ? failureOf(handler) : null;
  if (failure !== null) yield state('health.failure', key, { newText: failure.newText }, failure.span);
}

const declared: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['ealth', 'eady', 'eadiness', 'ive', 'tatus', 'ing'],
  when: (node) => isHealthName(functionName(node)),
  *check(node): Iterable<Verdict> {
    if (!takesRequest(node)) return;
    yield* handlerFacts(functionName(node), node, node.child('name') ?? node);
  },
};

/** `mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { ... })` */
const registered: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['ealth', 'eady', 'live', 'ping'],
  calls: (name) => /^(?:Handle|HandleFunc|GET|Get|Any|All|Add)$/.test(name),
  *check(node): Iterable<Verdict> {
    const values = callArguments(node);
    const path = values.map((value) => stringLiteralValue(value)).find((value) => value !== null);
    const handler = values.find((value) => value.kind === 'func_literal');
    if (path === undefined || path === null || handler === undefined) return;
    const plain = path.replace(/^(?:GET|HEAD|ANY) /, '');
    if (isHealthPath(plain)) yield* handlerFacts(plain, handler, values[0]!);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'health.handler.declared', language: 'go', detector: declared as NodeDetector },
  { id: 'health.handler.registered', language: 'go', detector: registered as NodeDetector },
];
