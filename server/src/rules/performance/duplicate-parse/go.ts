/**
 * Go: functions that hand a request on after parsing its body, and second calls that parse a body. A signature is made
 * over the bytes, so who checks one may read them; branches that exclude each other parse once.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledExpression,
  calledName,
  enclosingFunction,
  FUNCTION_KINDS,
  isFunction,
} from '../../../languages/go/syntax.ts';

const SIGNED = /hmac\.|ignature|\bmac\b|checksum|[Dd]igest/;
const HANDS_ON = /\bnext\.ServeHTTP\(|\bc\.Next\(\)|\bctx\.Next\(\)|\bnext\((?:c|ctx|w, ?r)\)/;
const PARSES = /\b(?:json|xml|yaml|jsoniter|sonic)\.(?:Unmarshal|NewDecoder)\(|\burl\.ParseQuery\(/;

/** `r.Body = io.NopCloser(bytes.NewReader(body))` */
const restores: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['NopCloser('],
  *check(node): Generator<Verdict> {
    const [target] = assignedExpressions(node);
    const [value] = assignedValues(node);
    if (
      target?.kind !== 'selector_expression' ||
      target.child('field')?.text !== 'Body' ||
      value?.kind !== 'call_expression'
    )
      return;
    if (calledName(value) !== 'NopCloser') return;
    const owner = enclosingFunction(node);
    if (owner === null) return;
    const { text } = owner;
    if (!HANDS_ON.test(text) || SIGNED.test(text)) return;
    // What was read is parsed here, and not only when somebody looks for a fault.
    const parsed = owner
      .descendants('call_expression')
      .find((call) => PARSES.test(`${call.child('function')?.text ?? ''}(`));
    if (parsed === undefined) return;
    const condition = parsed.ancestor('if_statement')?.child('condition')?.text ?? '';
    if (/debug|verbose/i.test(condition)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'middleware',
      related: [{ span: parsed.span, message: 'It is parsed here' }],
    };
  },
};

const BINDS = /^(?:ShouldBindJSON|BindJSON|ShouldBind|Bind|BodyParser|ShouldBindWith|BindBody)$/;

/** The statement lists around a node, from the inside out, up to its function. */
function listsAround(node: GoNode): number[] {
  const lists: number[] = [];
  for (
    let list = node.ancestor('statement_list', ...FUNCTION_KINDS);
    list !== null && !isFunction(list);
    list = list.ancestor('statement_list', ...FUNCTION_KINDS)
  ) {
    lists.push(list.index);
  }
  return lists;
}

const handlers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => BINDS.test(name) || name === 'NewDecoder',
  *check(node): Generator<Verdict> {
    const source = sourceOf(node);
    const owner = source === null ? null : enclosingFunction(node);
    if (source === null || owner === null) return;
    const others = owner
      .descendants('call_expression')
      .filter(
        (other) =>
          other.index < node.index && sourceOf(other) === source && enclosingFunction(other)?.equals(owner) === true,
      );
    const own = listsAround(node);
    // One that stands in a list around this one has run before, unless it ended the function.
    const before = others.find((other) => {
      const list = listsAround(other)[0];
      return list !== undefined && own.includes(list);
    });
    if (before === undefined) {
      if (others.length === 0) yield { kind: 'pass', subject: node.span };
      return;
    }
    if (/NopCloser\(|GetBody|\bSeek\(/.test(owner.text)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'twice',
      related: [{ span: before.span, message: 'It was parsed here' }],
    };
  },
};

/** Whose body a call parses: `c` for `c.BindJSON(&x)`, `r` for `json.NewDecoder(r.Body)`; null for other calls. */
function sourceOf(call: GoNode): string | null {
  const callee = calledExpression(call);
  const name = calledName(call);
  if (callee?.kind !== 'selector_expression') return null;
  const receiver = callee.child('operand')?.text ?? '';
  if (BINDS.test(name)) return /^(?:c|ctx|context|gc|g)$/.test(receiver) ? receiver : null;
  if (name !== 'NewDecoder' || !/^(?:json|xml)$/.test(receiver)) return null;
  const [first] = callArguments(call);
  return first !== undefined && /^(?:r|req|request)\.Body$/.test(first.text) ? first.text : null;
}

export const goDetectors = [restores, handlers] as readonly NodeDetector[];
