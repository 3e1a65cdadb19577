/** Python: requests to other hosts by `http://`, where the URL is written in the call or begins the text that it is given. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import { isClearText, isEncrypted } from '../../../knowledge/go/urls.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { argumentOf, calledName, positionalArguments } from '../../../languages/python/syntax.ts';

const CONNECTS =
  /^(?:requests|httpx|urllib3|aiohttp|urllib\.request|websockets?|websocket)\.(?:[\w.]+\(\)\.)?(?:get|post|put|patch|delete|head|request|stream|urlopen|connect|create_connection|ws_connect)$/;

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['http://', 'https://', 'ws://', 'wss://'],
  calls: (name) =>
    /^(?:get|post|put|patch|delete|head|request|stream|urlopen|connect|create_connection|ws_connect)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (!isDeployedPath(ctx.file.path) || !CONNECTS.test(callChain(node, ctx))) return;
    const url =
      calledName(node) === 'request' || calledName(node) === 'stream'
        ? positionalArguments(node)[1]
        : argumentOf(node, 'url', 0);
    if (url?.kind !== 'string') return;
    const match = /^[fFrRbB]*(?:"""|'''|"|')((?:https?|wss?):\/\/[^"'\s]*)/.exec(url.text);
    if (match === null) return;
    const written = match[1]!;
    if (isEncrypted(written)) {
      yield { kind: 'pass', subject: url.span };
      return;
    }
    if (!isClearText(written)) return;
    const start = url.start + match[0].length - written.length;
    const scheme = written.slice(0, written.indexOf(':'));
    const secure = `${scheme}s`;
    const fix: Fix = {
      title: `Connect by ${secure}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start, end: start + scheme.length }, newText: secure }],
    };
    const host = /^\w+:\/\/(?:[^@/?#]*@)?([^/:?#]*)/.exec(written)?.[1] ?? '';
    yield { kind: 'fail', subject: url.span, message: 'url', args: { scheme, host, secure }, fixes: [fix] };
  },
};

export const pythonConnections = calls as NodeDetector;
