/** Go: `len(text) / 4` and the like under names of token counts. Tokens of sign-in and of parsers are not looked at. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { wordsOf } from '../../../knowledge/project/secrets.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { declaredFunctionName, isReturned, storedName } from '../../../languages/go/purpose.ts';
import {
  callArguments,
  calledName,
  leadingCommentText,
  operatorOf,
  statementOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

const COUNTS = /^(?:count|counts|estimate|estimated|num|number|total|usage|budget|used|approx|len|length|size)$/;
const OTHER = /^(?:byte|bytes|char|chars|characters|access|refresh|auth|jwt|csrf|session|bearer|runes)$/;

/** Whether something of that name counts tokens of a language model. */
export function countsTokens(name: string): boolean {
  const words = wordsOf(name);
  if (words.some((word) => OTHER.test(word))) return false;
  if (words.includes('tokens')) return true;
  if (words.includes('token')) return words.some((word) => COUNTS.test(word));
  return words.includes('context') && /^(?:length|window)$/.test(words.at(-1) ?? '');
}

/** Whether the expression is the length of a text; null when its type says something else. */
function isLength(expression: GoNode): GoNode | null {
  let node = unparenthesized(expression);
  for (let step = 0; step < 3; step++) {
    const conversion =
      node.kind === 'type_conversion_expression' ||
      (node.kind === 'call_expression' && /^(?:int|int32|int64|float32|float64)$/.test(calledName(node)));
    const inner = conversion ? callArguments(node)[0] : undefined;
    if (inner === undefined) break;
    node = unparenthesized(inner);
  }
  if (node.kind !== 'call_expression' || !/^(?:len|RuneCount|RuneCountInString)$/.test(calledName(node))) return null;
  const measured = callArguments(node)[0] ?? null;
  return measured === null || /tokens?\b/i.test(measured.text) ? null : measured;
}

const estimates: NodeDetector<unknown, GoNode> = {
  kinds: ['binary_expression'],
  triggers: ['len(', 'RuneCount'],
  when: (node) => /^[/*]$/.test(operatorOf(node)),
  *check(node, ctx): Generator<Verdict> {
    const operator = operatorOf(node);
    const [left, right] = [node.child('left'), node.child('right')];
    if (left === null || right === null || !/^(?:int|float)_literal$/.test(unparenthesized(right).kind)) return;
    const measured = isLength(left);
    if (measured === null) return;
    const type = typesAround(ctx, node)?.typeOf(measured) ?? null;
    if (operator === '/' && type !== null && !/^(?:string|\[\](?:byte|rune))$/.test(type)) return;
    const factor = Number(right.text);
    if (operator === '/' && (factor < 1.5 || factor > 8)) return;
    const stored = storedName(node);
    const returned = stored === '' && isReturned(node) ? declaredFunctionName(node) : '';
    const name = [stored, returned].find((candidate) => candidate !== '' && countsTokens(candidate));
    if (name === undefined) return;
    const statement = statementOf(node);
    if (statement !== null && /upper bound|at most|worst case|conservative/i.test(leadingCommentText(statement)))
      return;
    yield { kind: 'fail', subject: node.span, message: 'estimated', args: { name } };
  },
};

/** What a provider's reply reports, and what a tokenizer counts. */
const counted: NodeDetector<unknown, GoNode> = {
  kinds: ['selector_expression'],
  triggers: ['Usage'],
  when: (node) => /^(?:Prompt|Completion|Total|Input|Output)Tokens?$/.test(node.child('field')?.text ?? ''),
  *check(node): Generator<Verdict> {
    if (/Usage$/.test(node.child('operand')?.text ?? '')) yield { kind: 'pass', subject: node.span };
  },
};

export const goDetectors = [estimates, counted] as readonly NodeDetector[];
