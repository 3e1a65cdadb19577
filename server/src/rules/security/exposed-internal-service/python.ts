/**
 * Python: literal addresses of all interfaces, for servers of metrics and debuggers and for sockets whose connections are
 * taken as they come. Servers of web frameworks, which are meant for everybody, are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  enclosingFunction,
  positionalArguments,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

const EVERYWHERE = /^(?:0\.0\.0\.0|::|)$/;
const LOOPBACK = /^(?:127\.|localhost$|::1$)/;

/** What the calls are, and where the address stands: a pair of address and port, or an argument. */
const SERVERS: readonly (readonly [RegExp, 'metrics' | 'debugger' | 'raw', 'pair' | readonly [string, number]])[] = [
  [/^prometheus_client\.(?:exposition\.)?start_(?:http|wsgi)_server$/, 'metrics', ['addr', 1]],
  [/^debugpy\.listen$/, 'debugger', 'pair'],
  [/^(?:ptvsd|pydevd)\.(?:enable_attach|listen)$/, 'debugger', 'pair'],
  [/^socketserver\.(?:Threading)?(?:TCP|UDP)Server$/, 'raw', 'pair'],
  [/^xmlrpc\.server\.SimpleXMLRPCServer$/, 'raw', 'pair'],
  [/^asyncio\.start_server$/, 'raw', ['host', 1]],
];

/** Whether something around asks who is there. */
const GUARDED = /ssl|\btls\b|auth|token|password|secret|hmac|handshake|wrap_socket|paramiko|noise|certificate/i;

function pairOf(node: PythonNode | undefined): PythonNode | null {
  const inner = node?.kind === 'tuple' ? syntaxChildren(node) : [];
  // At port 0 the system chooses one that nobody knows.
  return inner.length === 2 && inner[1]!.text !== '0' ? inner[0]! : null;
}

function bindFix(literal: PythonNode): readonly Fix[] {
  const quote = literal.text.endsWith("'") ? "'" : '"';
  return [
    {
      title: 'Bind it to 127.0.0.1',
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(literal, `${quote}127.0.0.1${quote}`)],
    },
  ];
}

/** What a call listens for and the literal of its address. */
function listenerOf(node: PythonNode, ctx: ChunkContext): readonly ['metrics' | 'debugger' | 'raw', PythonNode] | null {
  if (calledName(node) === 'bind') {
    const socket = calledOn(node);
    if (socket === null || chainOf(socket, ctx) !== 'socket.socket()') return null;
    const address = pairOf(positionalArguments(node)[0]);
    const owner = enclosingFunction(node);
    const text = owner === null ? node.tree.text : owner.text;
    // Groups of machines are asked on every interface: that is what discovery is.
    if (/multicast|IP_ADD_MEMBERSHIP|IPV6_JOIN_GROUP|SO_BROADCAST/i.test(text)) return null;
    // Connections are taken, or datagrams read, right here.
    return address !== null && /\.(?:accept|recvfrom)\(/.test(text) ? ['raw', address] : null;
  }
  const chain = callChain(node, ctx);
  const found = SERVERS.find(([pattern]) => pattern.test(chain));
  if (found === undefined) return null;
  const [, kind, where] = found;
  const address = where === 'pair' ? pairOf(positionalArguments(node)[0]) : argumentOf(node, where[0], where[1]);
  return address === null ? null : [kind, address];
}

const listeners: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: [
    'bind(',
    'Server(',
    'start_http_server(',
    'start_wsgi_server(',
    'start_server(',
    'listen(',
    'enable_attach(',
  ],
  calls: (name) =>
    /^(?:bind|listen|enable_attach|start_server|start_http_server|start_wsgi_server|(?:Threading)?(?:TCP|UDP)Server|SimpleXMLRPCServer)$/.test(
      name,
    ),
  *check(node, ctx): Generator<Verdict> {
    const found = listenerOf(node, ctx);
    if (found === null) return;
    const [kind, literal] = found;
    const value = stringValue(literal);
    if (value === null) return;
    const owner = enclosingFunction(node);
    // Somebody has to ask for it.
    if (kind === 'debugger' && node.ancestor('if_statement') !== null) return;
    if (kind === 'raw' && GUARDED.test(owner === null ? node.tree.text : owner.text)) return;
    if (EVERYWHERE.test(value)) {
      const address = value === '' ? 'all interfaces' : value;
      yield { kind: 'fail', subject: literal.span, message: kind, args: { address }, fixes: bindFix(literal) };
    } else if (LOOPBACK.test(value)) yield { kind: 'pass', subject: literal.span };
  },
};

export const pythonDetectors = [listeners] as readonly NodeDetector[];
