/**
 * Python: sockets that a program accepts, or that a server of `socketserver` or asyncio hands to a class or function, and
 * that are read in a loop with no time-out; WebSockets of aiohttp and websockets without pings. Uvicorn and websockets
 * send pings by themselves.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { isServedPath } from '../../../knowledge/python/services.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { keywordInserted } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  basesOf,
  calledName,
  calledOn,
  definedName,
  hasKeywordSplat,
  isAsync,
  keywordArgument,
  parametersOf,
  runningFunction,
} from '../../../languages/python/syntax.ts';

/** Anything that bounds a wait, wherever it stands in the class or function. */
const BOUNDED =
  /settimeout\(|setdefaulttimeout\(|SO_RCVTIMEO|wait_for\(|timeout\(|\btimeout\s*=\s*(?!None)|select\.|selectors\.|\bselect\(|poll\(/;
const READS = /^(?:recv|recv_into|recvfrom|recvmsg|makefile)$/;

/** `conn, address = server.accept()` of a plain socket. */
const accepted: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['.accept()'],
  calls: (name) => name === 'accept',
  when: (_node, { file }) => importsModule(file.header, 'socket'),
  *check(node, ctx): Iterable<Verdict> {
    const listener = calledOn(node);
    const owner = runningFunction(node);
    const statement = node.parent;
    if (listener === null || owner === null || statement?.kind !== 'assignment' || !isServedPath(ctx.file.path)) return;
    if (!/^socket\.(?:socket|create_server)\(\)/.test(chainOf(listener, ctx) ?? '')) return;
    // The class around, or the function: whoever reads the connection is there, or not known.
    const around = node.ancestor('class_definition') ?? owner;
    const { text } = around;
    const loop = node.ancestor('while_statement', 'for_statement');
    const reads = around.descendants('call').some((call) => READS.test(calledName(call)));
    if (loop === null || !reads) return;
    if (/bind\(\s*\(\s*["'](?:127\.|localhost|::1)/.test(text) || /AF_UNIX/.test(text)) return;
    if (BOUNDED.test(node.tree.text)) yield { kind: 'pass', subject: node.span };
    else yield { kind: 'fail', subject: node.span, message: 'pythonSocket' };
  },
};

/** Handlers of `socketserver`: `timeout = 30` in the class sets the time-out of the connection. */
const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['RequestHandler'],
  when: (_node, { file }) => importsModule(file.header, 'socketserver'),
  *check(node, ctx): Iterable<Verdict> {
    const isHandler = basesOf(node).some((base) =>
      /^socketserver\.(?:Base|Stream)RequestHandler$/.test(chainOf(base, ctx) ?? ''),
    );
    if (!isHandler || !isServedPath(ctx.file.path)) return;
    const reads = node
      .descendants('call')
      .some(
        (call) =>
          /^(?:recv|readline|read|readlines)$/.test(calledName(call)) &&
          /^self\.(?:request|rfile)$/.test(calledOn(call)?.text ?? ''),
      );
    if (!reads) return;
    const subject = node.child('name') ?? node;
    if (BOUNDED.test(node.text)) yield { kind: 'pass', subject: subject.span };
    else yield { kind: 'fail', subject: subject.span, message: 'pythonHandler', args: { name: definedName(node) } };
  },
};

/** `async def serve(reader, writer)` of `asyncio.start_server`. */
const streams: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['StreamReader', 'reader'],
  when: (node, { file }) => importsModule(file.header, 'asyncio') && isAsync(node),
  *check(node, ctx): Iterable<Verdict> {
    const [reader, writer] = parametersOf(node).filter(({ name }) => name !== 'self');
    if (reader === undefined || writer === undefined || !isServedPath(ctx.file.path)) return;
    const isStream = /^reader$|^client_reader$/.test(reader.name) || /\bStreamReader\b/.test(reader.type?.text ?? '');
    // What a child process writes comes without a writer.
    const isPair = /writer$/i.test(writer.name) || /\bStreamWriter\b/.test(writer.type?.text ?? '');
    if (!isStream || !isPair) return;
    const waits = node.descendants('await').find((one) => {
      const call = one.namedChildren[0];
      return (
        call?.kind === 'call' &&
        calledOn(call)?.text === reader.name &&
        /^read(?:line|until|exactly)?$/.test(calledName(call)) &&
        one.ancestor('while_statement', 'for_statement') !== null
      );
    });
    if (waits === undefined) return;
    if (BOUNDED.test(node.text)) yield { kind: 'pass', subject: waits.span };
    else yield { kind: 'fail', subject: waits.span, message: 'pythonStream' };
  },
};

function inserted(call: PythonNode, name: string, value: string, title: string): Fix[] {
  const edit = keywordInserted(call, name, value);
  return edit === null ? [] : [{ title, safety: 'suggestion', preferred: true, edits: [edit] }];
}

/** `web.WebSocketResponse()` of aiohttp, which sends no pings unless it is told to; websockets where they are off. */
const sockets: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['WebSocketResponse(', 'ping_interval', 'max_size'],
  calls: (name) => name === 'WebSocketResponse' || name === 'serve',
  *check(node, ctx): Iterable<Verdict> {
    if (!isServedPath(ctx.file.path) || hasKeywordSplat(node)) return;
    const chain = callChain(node, ctx);
    if (/^aiohttp\.web\.WebSocketResponse$/.test(chain)) {
      // Pings are answered by whoever stands behind.
      if (keywordArgument(node, 'autoping')?.kind === 'false') return;
      const lives = ['heartbeat', 'receive_timeout'].some((name) => {
        const value = keywordArgument(node, name);
        return value !== null && value.kind !== 'none';
      });
      const owner = runningFunction(node);
      if (lives || /wait_for\(|timeout\(|\.ping\(|receive\w*\(timeout/.test(owner?.text ?? '')) {
        yield { kind: 'pass', subject: node.span };
        return;
      }
      const fixes = inserted(node, 'heartbeat', '30', 'Send a ping every 30 seconds');
      yield { kind: 'fail', subject: node.span, message: 'pythonWebSocket', fixes };
      return;
    }
    if (!/^websockets\.(?:(?:legacy\.|asyncio\.|sync\.)?server\.)?serve$/.test(chain)) return;
    const off = ['ping_interval', 'max_size'].find((name) => keywordArgument(node, name)?.kind === 'none');
    if (off === undefined) yield { kind: 'pass', subject: node.span };
    else
      yield {
        kind: 'fail',
        subject: keywordArgument(node, off)!.parent!.span,
        message: 'pythonOff',
        args: { name: off },
      };
  },
};

export const pythonDetectors: readonly Detector[] = [accepted, handlers, streams, sockets] as NodeDetector[];
