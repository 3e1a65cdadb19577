/** Go: outcomes that are recorded as successes when a function ends, whatever it ends with. */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledExpression,
  calledName,
  enclosingFunction,
  functionName,
  invokedLiteral,
  resultsOf,
  returnsError,
  shortText,
  statementsOf,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { RECORDS, SUCCESS } from './words.ts';

const COUNTS = /^(?:Inc|Add|Observe)$/;

/** The argument of a recording call that says that all went well; null when there is none. */
function successIn(call: GoNode): GoNode | null {
  const values = callArguments(call);
  const isLabel = (value: GoNode): boolean => SUCCESS.test(stringLiteralValue(value) ?? '');
  if (RECORDS.test(calledName(call)) && values.length > 1)
    return values.find((value) => value.kind === 'true' || isLabel(value)) ?? null;
  if (!COUNTS.test(calledName(call))) return null;
  const labels = calledExpression(call)?.child('operand');
  if (labels?.kind !== 'call_expression' || calledName(labels) !== 'WithLabelValues') return null;
  return callArguments(labels).find(isLabel) ?? null;
}

/** Whether some `return` of the function itself may give an error. */
function mayFail(owner: GoNode): boolean {
  for (const node of owner.child('body')?.walk((inner) => inner.kind !== 'func_literal') ?? []) {
    if (node.kind !== 'return_statement') continue;
    const list = node.childOfKind('expression_list');
    const last = list === null ? undefined : syntaxChildren(list).at(-1);
    if (last === undefined || unparenthesized(last).kind !== 'nil') return true;
  }
  return false;
}

/** Records whether the error result is nil; names the results where they have no names. */
function outcomeFix(owner: GoNode, deferred: GoNode, call: GoNode, success: GoNode): readonly Fix[] {
  const results = resultsOf(owner);
  const result = owner.child('result');
  const last = results.at(-1);
  if (success.kind !== 'true' || last === undefined || result === null) return [];
  const edits: FixEdit[] = [];
  let name = last.name;
  if (name === '') {
    name = 'resultErr';
    if (results.some((other) => other.name !== '') || owner.text.includes(name)) return [];
    const named = results.map(({ type }, i) => `${i === results.length - 1 ? name : '_'} ${type.text}`);
    edits.push({ kind: 'replace', span: result.span, newText: `(${named.join(', ')})` });
  } else if (name === '_') return [];
  // Arguments of a deferred call are evaluated at once; in a function literal they are evaluated at the end.
  const isDirect = call.parent?.index === deferred.index;
  if (isDirect) edits.push({ kind: 'replace', span: { start: call.start, end: call.start }, newText: 'func() { ' });
  edits.push({ kind: 'replace', span: success.span, newText: `${name} == nil` });
  if (isDirect) edits.push({ kind: 'replace', span: { start: call.end, end: call.end }, newText: ' }()' });
  return [{ title: 'Record whether the error is nil', safety: 'suggestion', preferred: true, edits }];
}

export const outcomes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['defer_statement'],
  *check(node): Iterable<Verdict> {
    const owner = enclosingFunction(node);
    const deferred = node.childOfKind('call_expression');
    if (owner === null || deferred === null || !returnsError(owner)) return;
    const literal = invokedLiteral(deferred);
    const calls =
      literal === null
        ? [deferred]
        : statementsOf(literal).flatMap((statement) =>
            statement.kind === 'expression_statement'
              ? statement.children.filter(({ kind }) => kind === 'call_expression')
              : [],
          );
    for (const call of calls) {
      const success = successIn(call);
      if (success === null) continue;
      // What looks at the outcome, or at a panic, records it elsewhere.
      const name = resultsOf(owner).at(-1)!.name;
      if (new RegExp(`\\berr\\b|\\brecover\\(${name === '' ? '' : `|\\b${name}\\b`}`).test(node.text)) continue;
      if (!mayFail(owner)) {
        yield { kind: 'pass', subject: call.span };
        continue;
      }
      yield {
        kind: 'fail',
        subject: call.span,
        message: 'success',
        args: { call: shortText(calledExpression(call) ?? call), name: functionName(owner) || 'the function' },
        fixes: outcomeFix(owner, node, call, success),
      };
    }
  },
};
