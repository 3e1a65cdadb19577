/** Go: literal addresses of all interfaces, for servers of operators and for listeners whose connections are taken as they come. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallId } from '../../../languages/go/calls.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { onlyValueOf } from '../../../languages/go/paths.ts';
import { callArguments, enclosingFunction, stringLiteralValue, unparenthesized } from '../../../languages/go/syntax.ts';

/** `:9090`, `0.0.0.0:9090`, `[::]:9090` */
const EVERYWHERE = /^(?:0\.0\.0\.0|\[::\])?:(?!0$)\d{2,5}$/;
const LOOPBACK = /^(?:127\.|localhost:|\[::1\])/;

function literalOf(expression: GoNode | undefined, ctx: ChunkContext): GoNode | null {
  if (expression === undefined) return null;
  let node = unparenthesized(expression);
  if (node.kind === 'identifier') node = unparenthesized(onlyValueOf(node, ctx) ?? node);
  return stringLiteralValue(node) === null ? null : node;
}

function bindFix(literal: GoNode, value: string): readonly Fix[] {
  const newText = JSON.stringify(value.replace(/^.*:(?=\d+$)/, '127.0.0.1:'));
  return [
    {
      title: 'Bind it to 127.0.0.1',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: literal.span, newText }],
    },
  ];
}

/** Handlers that are for operators alone. */
const FOR_OPERATORS = /^(?:promhttp\.Handler\w*\(|pprof\.|expvar\.Handler\()/;

const servers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => name === 'ListenAndServe',
  *check(node, ctx): Generator<Verdict> {
    if (packageCallId(node, ctx) !== 'net/http.ListenAndServe') return;
    const [address, handler] = callArguments(node);
    const literal = literalOf(address, ctx);
    if (literal === null || handler === undefined || !FOR_OPERATORS.test(handler.text)) return;
    yield* judge(literal, 'metrics');
  },
};

function* judge(literal: GoNode, message: 'metrics' | 'raw'): Generator<Verdict> {
  const value = stringLiteralValue(literal) ?? '';
  if (EVERYWHERE.test(value)) {
    yield { kind: 'fail', subject: literal.span, message, args: { address: value }, fixes: bindFix(literal, value) };
  } else if (LOOPBACK.test(value)) yield { kind: 'pass', subject: literal.span };
}

/** Whether something in the function asks who is there, or hands the listener to a server that other rules judge. */
const GUARDED = /\btls\.|\bTLS|grpc\.|http\.Serve|\.Serve\(|[aA]uth|[tT]oken|[pP]assword|ssh\.|hmac|noise|[hH]andshake/;

const listeners: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => /^Listen(?:Packet)?$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    if (!/^net\.Listen(?:Packet)?$/.test(packageCallId(node, ctx))) return;
    const literal = literalOf(callArguments(node)[1], ctx);
    const owner = enclosingFunction(node);
    if (literal === null || owner === null) return;
    const { text } = owner;
    // Connections are taken, or datagrams read, right here.
    if (!/\.(?:Accept|ReadFrom(?:UDP)?)\(|\brpc\.(?:Accept|ServeConn)\(/.test(text) || GUARDED.test(text)) return;
    yield* judge(literal, 'raw');
  },
};

export const goDetectors = [servers, listeners] as readonly NodeDetector[];
