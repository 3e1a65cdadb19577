/**
 * Python: servers, those that end at SIGTERM in the middle of their requests and those that drain them by themselves, and
 * calls that drain one. States facts; which program they belong to, and what starts it otherwise, is for the judge.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { Part } from '../../../knowledge/facts.ts';
import { callChain, headerOf } from '../../../languages/python/chains.ts';
import { linesBefore } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  calledName,
  calledOn,
  keywordArgument,
  positionalArguments,
  runningFunction,
  statementOf,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

/** Key: what serves. The value is a `PythonServer`; the place is the call that makes or starts it. */
export const PYTHON_SERVER = 'missing-graceful-shutdown.server';
/** Key: method. A call that drains a server. */
export const PYTHON_DRAIN = 'missing-graceful-shutdown.drain';

export type PythonServer = {
  /** `itself`: catches SIGTERM and drains; `wsgi`: an application that other servers could run; `own`: any other. */
  readonly drains: 'itself' | 'wsgi' | 'own';
  /** What has to be called at SIGTERM. */
  readonly shutdown: string;
  /** What catches the signal, in front of the call that blocks; null when that is not simple. */
  readonly catching: (Part & { readonly newText: string; readonly imports: readonly string[] }) | null;
};

const ITSELF =
  /^(?:uvicorn\.(?:main\.)?run|uvicorn\.Server|hypercorn\.(?:asyncio|trio)\.serve|aiohttp\.web\.run_app|cherrypy\.quickstart|(?:quart|sanic|fastmcp)\.[\w.]+\(\)\.run)$/;
/** Servers for development, and small ones: the process ends, and with it the threads of requests. */
const WSGI =
  /^(?:(?:flask|flask_openapi3|bottle)\.[\w.]+\(\)\.run|flask_socketio\.SocketIO\(\)\.run|bottle\.run|wsgiref\.simple_server\.make_server|werkzeug\.serving\.run_simple|waitress\.serve)$/;
const KNOWN = /^(?:\w+\.)/;
const OWN = /^(?:grpc(?:\.aio)?\.server|http\.server\.(?:Threading)?HTTPServer|socketserver\.(?:Threading)?TCPServer)$/;

/** Whether others than this machine may connect, as far as the call says. */
function isOpen(call: PythonNode, chain: string, ctx: ChunkContext): boolean {
  const [first] = positionalArguments(call);
  let host = keywordArgument(call, 'host');
  if (/Server$/.test(chain)) {
    const address = keywordArgument(call, 'server_address') ?? first;
    if (address?.kind !== 'tuple') return false;
    host = syntaxChildren(address)[0] ?? null;
  } else if (/make_server$|run_simple$/.test(chain)) host ??= first ?? null;
  else if (/^flask.*\(\)\.run$/.test(chain) && !/SocketIO/.test(chain)) host ??= first ?? null;
  // Waitress listens everywhere unless it is told an address; the others only here.
  if (host === null) return chain === 'waitress.serve' && keywordArgument(call, 'listen') === null;
  const address = constantText(host, ctx);
  return address !== null && /^(?:0\.0\.0\.0|::|\[::\]|)$/.test(address);
}

/** The server in a variable of the function, and the call on it that blocks. */
function blockedOn(call: PythonNode, blocks: string): { readonly name: string; readonly statement: PythonNode } | null {
  const statement = statementOf(call);
  const assignment = call.parent?.kind === 'assignment' ? call.parent : null;
  const [target] = assignment === null ? [] : assignmentTargets(assignment);
  const around = runningFunction(call);
  if (statement === null || target?.target.kind !== 'identifier') return null;
  const name = target.target.text;
  const root = around ?? statement.parent;
  const waits = root?.descendants('call').filter((one) => calledName(one) === blocks && calledOn(one)?.text === name);
  const wait = waits?.length === 1 ? statementOf(waits[0]!) : null;
  return wait?.kind === 'expression_statement' ? { name, statement: wait } : null;
}

/** Catches SIGTERM before the call that blocks, where a server has a method that ends it from outside. */
function catching(call: PythonNode, chain: string): PythonServer['catching'] {
  const isGrpc = chain === 'grpc.server';
  if (!isGrpc && !/HTTPServer$/.test(chain)) return null;
  const found = blockedOn(call, isGrpc ? 'wait_for_termination' : 'serve_forever');
  if (found === null || /\bsignal\b/.test(call.tree.text)) return null;
  const { name, statement } = found;
  const stop = isGrpc ? `${name}.stop(30)` : `threading.Thread(target=${name}.shutdown).start()`;
  const lines = linesBefore(statement, [`signal.signal(signal.SIGTERM, lambda *_: ${stop})`]);
  if (lines?.kind !== 'replace') return null;
  const { start, end } = lines.span;
  return { start, end, newText: lines.newText, imports: isGrpc ? ['signal'] : ['signal', 'threading'] };
}

function shutdownOf(chain: string): string {
  if (/^grpc/.test(chain)) return '`server.stop(30)`';
  if (/Server$/.test(chain)) return '`server.shutdown()` from another thread';
  return '';
}

const servers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['run(', 'run_simple(', 'serve(', 'run_app(', 'erver(', 'quickstart('],
  calls: (name) =>
    /^(?:run|run_simple|serve|run_app|make_server|HTTPServer|ThreadingHTTPServer|TCPServer|ThreadingTCPServer|Server|server|quickstart)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    const known = callChain(node, ctx);
    // What a factory of the module makes, in a file with Flask.
    const isFlask =
      calledName(node) === 'run' &&
      /^(?:app|application)$/.test(calledOn(node)?.text ?? '') &&
      !KNOWN.test(known) &&
      importsModule(headerOf(ctx), 'flask');
    const chain = isFlask ? 'flask.Flask().run' : known;
    const value = (drains: PythonServer['drains']): PythonServer => ({
      drains,
      shutdown: shutdownOf(chain),
      catching: drains === 'own' ? catching(node, chain) : null,
    });
    const key = chain.replace(/\(\)\.run$/, '').split('.')[0]!;
    if (ITSELF.test(chain)) yield fact(PYTHON_SERVER, key, value('itself'), node);
    else if (WSGI.test(chain) && isOpen(node, chain, ctx)) yield fact(PYTHON_SERVER, key, value('wsgi'), node);
    else if (OWN.test(chain) && (/^grpc/.test(chain) || isOpen(node, chain, ctx))) {
      yield fact(PYTHON_SERVER, chain, value('own'), node);
    }
  },
};

const drains: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'attribute'],
  triggers: ['.stop', '.shutdown', '.server_close', '.close', '.drain'],
  calls: (name) => /^(?:stop|shutdown|server_close|close|drain)$/.test(name),
  when: (node) => node.kind === 'call' || node.end - node.start < 80,
  *check(node): Iterable<Verdict> {
    const method = node.kind === 'call' ? node.child('function') : node;
    const name = method?.child('attribute')?.text ?? '';
    const receiver = method?.child('object')?.text ?? '';
    if (!/^(?:stop|shutdown|server_close|close|drain)$/.test(name) || !/serv|httpd|grpc/i.test(receiver)) return;
    // Of a method that is handed on, as in `Thread(target=server.shutdown)`, only where it is an argument.
    if (node.kind === 'attribute' && !/^(?:argument_list|keyword_argument)$/.test(node.parent?.kind ?? '')) return;
    yield fact(PYTHON_DRAIN, name, null, node);
  },
};

export const pythonDetectors: readonly Detector[] = [servers, drains] as NodeDetector[];
