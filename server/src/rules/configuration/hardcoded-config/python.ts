/**
 * Python: literals where a program listens, connects or says which origins may call it. Defaults of look-ups and settings
 * classes, programs that reload for development, and addresses of other people's services are no finding.
 */
import type { FailVerdict, Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignedValue, numberValue, stringValue } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  definedName,
  enclosingFunction,
  keywordArgument,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';
import { isOwnAddress, shownAddress, variableFor } from './address.ts';

/** Functions that listen, with the position of the port. */
const LISTENERS: readonly (readonly [pattern: RegExp, position: number])[] = [
  [/^uvicorn\.run$/, 9],
  [/^flask\.Flask\(\)\.run$/, 1],
  [/^(?:sanic\.Sanic|quart\.Quart|bottle\.Bottle)\(\)\.run$/, 9],
  [/^waitress\.serve$/, 9],
  [/^aiohttp\.web\.run_app$/, 9],
  [/^bottle\.run$/, 9],
];
/** Functions that connect, with name and position of the address. */
const CONNECTORS: readonly (readonly [pattern: RegExp, name: string, position: number])[] = [
  [/^(?:requests|httpx)\.(?:get|post|put|patch|delete|head)$/, 'url', 0],
  [/^requests\.Session\(\)\.(?:get|post|put|patch|delete|head)$/, 'url', 0],
  [/^aiohttp\.ClientSession\(\)\.(?:get|post|put|patch|delete|head|ws_connect)$/, 'url', 0],
  [/^httpx\.(?:Async)?Client$/, 'base_url', 9],
  [/^httpx\.(?:Async)?Client\(\)\.(?:get|post|put|patch|delete|head)$/, 'url', 0],
  [/^urllib\.request\.(?:urlopen|Request)$/, 'url', 0],
  [/^redis\.(?:asyncio\.)?(?:from_url|Redis\.from_url)$/, 'url', 0],
  [/^(?:sqlalchemy|sqlmodel)\.create_engine$/, 'url', 0],
  [/^sqlalchemy\.ext\.asyncio\.create_async_engine$/, 'url', 0],
  [/^(?:psycopg2?|asyncpg)\.connect$/, 'dsn', 0],
  [/^(?:pymongo\.MongoClient|motor\.motor_asyncio\.AsyncIOMotorClient)$/, 'host', 0],
  [/^websockets?\.(?:connect|create_connection)$/, 'uri', 0],
  [/^grpc\.(?:aio\.)?insecure_channel$/, 'target', 0],
  [/^celery\.Celery$/, 'broker', 9],
  [/^elasticsearch\.(?:Async)?Elasticsearch$/, 'hosts', 0],
];

/** Files with tools, and with the defaults of settings. */
const ASIDE = /(?:^|\/)(?:tools?|scripts?|bench(?:mark)?s?|contrib|dev)\//;

function isDefault(node: PythonNode, ctx: ChunkContext): boolean {
  const owner = enclosingFunction(node);
  return (
    /default|example|sample|demo|mock|fake|test|usage|help/i.test(owner === null ? '' : definedName(owner)) ||
    ASIDE.test(ctx.file.path)
  );
}

/** The literal that a value is, directly or by a local variable that is never changed; null for all else. */
function literalOf(expression: PythonNode, ctx: ChunkContext): PythonNode | null {
  let inner = unparenthesized(expression);
  if (inner.kind === 'identifier') {
    const value = assignedValue(inner, ctx);
    if (value === null) return null;
    inner = unparenthesized(value);
  }
  return inner.kind === 'string' ? inner : null;
}

/** What is written at the beginning of a text, values put into it left out. */
function beginningOf(literal: PythonNode): string {
  const plain = stringValue(literal);
  if (plain !== null) return plain;
  const first = syntaxChildren(literal).find(({ kind }) => kind === 'string_content' || kind === 'interpolation');
  return first?.kind === 'string_content' ? first.text : '';
}

function lookup(literal: PythonNode, variable: string, text: string): readonly Fix[] {
  // Values that are put into it would be read from the environment, too.
  if (literal.kind === 'string' && stringValue(literal) === null) return [];
  return [
    {
      title: `Read it from ${variable}, with this value as the default`,
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(literal, text), importing(['os'])],
    },
  ];
}

function failure(literal: PythonNode, message: 'connect' | 'origin'): FailVerdict {
  const value = beginningOf(literal);
  const variable = variableFor(message, value);
  return {
    kind: 'fail',
    subject: literal.span,
    message,
    args: { value: shownAddress(value) },
    fixes: lookup(literal, variable, `os.environ.get("${variable}", ${literal.text})`),
  };
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) =>
    /^(?:run|serve|run_app|get|post|put|patch|delete|head|ws_connect|(?:Async)?Client|urlopen|Request|from_url|create_engine|create_async_engine|connect|create_connection|MongoClient|AsyncIOMotorClient|insecure_channel|Celery|(?:Async)?Elasticsearch|add_middleware|CORS)$/.test(
      name,
    ),
  when: (node) => /port|\d|localhost|origins/.test(node.child('arguments')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (chain === '') return;
    const listener = LISTENERS.find(([pattern]) => pattern.test(chain));
    if (listener !== undefined) {
      yield* listening(node, listener[1], ctx);
      return;
    }
    const isCors = /\.add_middleware$/.test(chain) || chain === 'flask_cors.CORS';
    if (isCors) {
      const origins = keywordArgument(node, 'allow_origins') ?? keywordArgument(node, 'origins');
      if (origins === null) return;
      const literals = origins.kind === 'list' ? syntaxChildren(origins) : [origins];
      const own = literals.find((one) => one.kind === 'string' && isOwnAddress(stringValue(one) ?? ''));
      if (own === undefined) {
        if (origins.kind !== 'list') yield { kind: 'pass', subject: origins.span };
      } else if (!isDefault(node, ctx)) yield failure(own, 'origin');
      return;
    }
    const connector = CONNECTORS.find(([pattern]) => pattern.test(chain));
    const address = connector === undefined ? null : argumentOf(node, connector[1], connector[2]);
    if (address === null) return;
    const literal = literalOf(address, ctx);
    // A port that is put in comes from somewhere: `f"http://localhost:{PORT}/"`.
    if (literal === null || /:$/.test(beginningOf(literal))) return;
    if (isOwnAddress(beginningOf(literal)) && !isDefault(literal, ctx)) yield failure(literal, 'connect');
  },
};

function* listening(node: PythonNode, position: number, ctx: ChunkContext): Iterable<Verdict> {
  const port = argumentOf(node, 'port', position);
  if (port === null || isDefault(node, ctx)) return;
  const value = numberValue(port);
  if (value === null) {
    yield { kind: 'pass', subject: port.span };
    return;
  }
  // A server that reloads is one for development; port 0 asks the system to choose.
  if (value === 0 || /\b(?:reload|debug)\s*=\s*True\b/.test(node.child('arguments')?.text ?? '')) return;
  yield {
    kind: 'fail',
    subject: port.span,
    message: 'listen',
    args: { value: `${value}` },
    fixes: lookup(port, 'PORT', `int(os.environ.get("PORT", "${value}"))`),
  };
}

/** `API_URL = "http://localhost:8000"` at the top of a module that is no collection of settings. */
const constants: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['://localhost', '://127.0.0.1', '://0.0.0.0', '://192.168', '://10.'],
  when: (node, { file }) =>
    node.parent?.parent?.kind === 'chunk' &&
    /^[A-Z_]*(?:URL|URI|HOST|ADDR|ADDRESS|ENDPOINT|SERVER|BROKER|DSN)[A-Z_]*$/.test(node.child('left')?.text ?? '') &&
    !/(?:^|\/)(?:[\w-]*(?:config\w*|settings?|constants|defaults|env)(?:\/|\w*\.py$))/i.test(file.path),
  *check(node, ctx): Iterable<Verdict> {
    const value = node.child('right');
    if (value?.kind !== 'string' || !isOwnAddress(beginningOf(value))) return;
    if (/default|fallback|example|test|dev|local/i.test(node.child('left')!.text) || ASIDE.test(ctx.file.path)) return;
    yield failure(value, 'connect');
  },
};

export const pythonDetectors = [calls, constants] as readonly NodeDetector[];
