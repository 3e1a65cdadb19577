/** Python: `len(text) // 4` and the like under names of token counts. Tokens of sign-in and of parsers are not looked at. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import { nameOfNumber } from '../../../languages/python/naming.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { numberValue } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  leadingComments,
  positionalArguments,
  statementOf,
  unparenthesized,
} from '../../../languages/python/syntax.ts';
import { countsTokens } from './go.ts';

/** The text whose length is taken, or null. */
function measuredIn(expression: PythonNode): PythonNode | null {
  const inner = unparenthesized(expression);
  if (inner.kind !== 'call' || calledName(inner) !== 'len' || calledOn(inner) !== null) return null;
  const [measured] = positionalArguments(inner);
  return measured === undefined || /tokens?\b|encode\(|tokeni[sz]e/i.test(measured.text) ? null : measured;
}

const estimates: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['binary_operator'],
  triggers: ['len('],
  when: (node) => /^(?:\/\/?|\*)$/.test(node.child('operator')?.text ?? ''),
  *check(node): Iterable<Verdict> {
    const [left, right] = [node.child('left'), node.child('right')];
    if (left === null || right === null) return;
    const factor = numberValue(right);
    if (factor === null || measuredIn(left) === null) return;
    const isProduct = node.child('operator')?.text === '*';
    if (isProduct ? factor < 0.2 || factor > 2 || factor === 1 : factor < 1.5 || factor > 8) return;
    const name = nameOfNumber(node);
    if (!countsTokens(name)) return;
    const statement = statementOf(node);
    const comments = statement === null ? [] : leadingComments(statement);
    if (comments.some((comment) => /upper bound|at most|worst case|conservative/i.test(comment.text))) return;
    yield { kind: 'fail', subject: node.span, message: 'estimated', args: { name } };
  },
};

const counted: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['attribute'],
  triggers: ['_tokens', 'token_count'],
  when: (node) =>
    /^(?:(?:prompt|completion|total|input|output)_tokens|\w*token_count)$/.test(node.child('attribute')?.text ?? ''),
  *check(node): Iterable<Verdict> {
    if (/usage(?:_metadata)?$/.test(node.child('object')?.text ?? '')) yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors = [estimates, counted] as readonly NodeDetector[];
