/** Go: fallbacks of look-ups, and origins that are allowed. Other texts may be help, tests of input, or data. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { callArguments, calledName, stringLiteralValue, syntaxChildren } from '../../../languages/go/syntax.ts';
import { isExampleAddress, isHole, shown } from './patterns.ts';

const fallbacks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => /env/i.test(name) || /^(?:SetDefault|Or)$/.test(name),
  *check(node): Generator<Verdict> {
    const values = callArguments(node);
    const [first, second] = values;
    if (
      first === undefined ||
      second === undefined ||
      values.length !== 2 ||
      /^(?:Setenv|Unsetenv)$/.test(calledName(node))
    )
      return;
    const inner = first.kind === 'call_expression' ? callArguments(first)[0] : first;
    const name = inner === undefined ? null : stringLiteralValue(inner);
    const value = stringLiteralValue(second);
    if (name === null || value === null || !/^[\w.-]+$/.test(name)) return;
    if (calledName(node) === 'Or' && !/env/i.test(first.text)) return;
    if (isHole(value) || isExampleAddress(value)) {
      yield { kind: 'fail', subject: second.span, message: 'fallback', args: { name, value: shown(value) } };
    } else if (value !== '') yield { kind: 'pass', subject: second.span };
  },
};

const headers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Access-Control-Allow-Origin'],
  calls: (name) => /^(?:Set|Add|Header)$/.test(name),
  *check(node): Generator<Verdict> {
    const [first, second] = callArguments(node);
    if (first === undefined || second === undefined || stringLiteralValue(first) !== 'Access-Control-Allow-Origin')
      return;
    const value = stringLiteralValue(second);
    if (value !== null && isExampleAddress(value))
      yield { kind: 'fail', subject: second.span, message: 'origin', args: { value: shown(value) } };
  },
};

const lists: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['keyed_element'],
  triggers: ['AllowOrigins', 'AllowedOrigins'],
  when: (node) => /^Allow(?:ed)?Origins\b/.test(node.tree.text.slice(node.start, node.start + 16)),
  *check(node): Generator<Verdict> {
    const value = syntaxChildren(node)[1];
    for (const literal of value?.descendants('interpreted_string_literal', 'raw_string_literal') ?? []) {
      const text = stringLiteralValue(literal) ?? '';
      if (isExampleAddress(text))
        yield { kind: 'fail', subject: literal.span, message: 'origin', args: { value: shown(text) } };
    }
  },
};

export const goDetectors = [fallbacks, headers, lists] as readonly NodeDetector[];
