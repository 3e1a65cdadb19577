/** Go: where connections are accepted and read, and where deadlines are set on them. It decides nothing. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { initialValueOf } from '../../../knowledge/go/frameworks.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  callArguments,
  calledExpression,
  FUNCTION_KINDS,
  functionName,
  indentationOf,
  statementOf,
  stringLiteralValue,
} from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

/** Key: ''. A connection is accepted on a listener of the network; the value says how a fix can set a deadline. */
export const ACCEPT_FACT = 'connection-without-limits.accept';
/** Key: name of the method. Something limits how long a connection stays, or is told of. */
export const DEADLINE_FACT = 'connection-without-limits.deadline';
/** Key: name of what reads. A network connection is read. */
export const READ_FACT = 'connection-without-limits.read';

export type Accept = { readonly connection: string; readonly at: number; readonly indent: string } | null;

const DEADLINES = /^(?:Set(?:Read)?Deadline|SetKeepAlive\w*|SetPongHandler|SetPingHandler|SetIdleTimeout)$/;
const LISTENER = /^(?:\*?net\.(?:TCP|Unix)?Listener)$/;
const CONNECTION = /^(?:net\.Conn|\*net\.(?:TCP|Unix)Conn|\*crypto\/tls\.Conn)$/;

const accepts: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Accept()', '.AcceptTCP()'],
  calls: (name) => name === 'Accept' || name === 'AcceptTCP',
  *check(node, ctx): Iterable<Verdict> {
    const callee = calledExpression(node);
    const receiver = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    const owner = node.ancestor(...FUNCTION_KINDS);
    if (receiver === null || scope === null || types === null || owner === null) return;
    const type = types.typeOf(receiver);
    if (type === null || !LISTENER.test(type) || /UnixListener/.test(type)) return;
    // A listener around another one.
    if (/^Accept/.test(functionName(owner)) || node.ancestor('for_statement') === null) return;
    const made = receiver.kind === 'identifier' ? initialValueOf(receiver, scope) : null;
    if (made?.kind === 'call_expression' && calleeId(types.calleeOf(made)).startsWith('net.Listen')) {
      const [network, address] = callArguments(made).map((argument) => stringLiteralValue(argument) ?? '');
      if (/^unix/.test(network ?? '') || /^(?:127\.|localhost|\[::1\])/.test(address ?? '')) return;
    }
    const statement = statementOf(node);
    const [target] = statement?.kind === 'short_var_declaration' ? assignedExpressions(statement) : [];
    let place: Accept = null;
    let check = statement?.nextSibling ?? null;
    while (check !== null && (check.kind === 'comment' || !check.isNamed)) check = check.nextSibling;
    if (target?.kind === 'identifier' && target.text !== '_' && check?.kind === 'if_statement') {
      if (/^err != nil$/.test(check.child('condition')?.text ?? '') && check.child('alternative') === null)
        place = { connection: target.text, at: check.end, indent: indentationOf(check) };
    }
    yield fact(ACCEPT_FACT, '', place, node);
  },
};

const deadlines: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Deadline(', 'SetKeepAlive', 'SetPongHandler', 'SetPingHandler', 'SetIdleTimeout'],
  calls: (name) => DEADLINES.test(name),
  *check(node): Iterable<Verdict> {
    const name = calledExpression(node)?.child('field')?.text ?? '';
    if (DEADLINES.test(name)) yield fact(DEADLINE_FACT, name, null, node);
  },
};

const READS =
  /^(?:Read|ReadFull|ReadAtLeast|ReadAll|Copy|CopyN|NewReader|NewReaderSize|NewScanner|NewDecoder|NewConn)$/;

const reads: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['net.', 'tls.'],
  calls: (name) => READS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const callee = calledExpression(node);
    const receiver = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
    const types = typesAround(ctx, node);
    if (receiver === null || types === null) return;
    const values = types.packageOf(receiver) === null ? [receiver] : callArguments(node);
    const isRead = values.some((value) => CONNECTION.test(types.typeOf(value) ?? ''));
    if (isRead) yield fact(READ_FACT, callee?.child('field')?.text ?? '', null, node);
  },
};

export const goDetectors = [accepts, deadlines, reads];
