/**
 * Python: conditions that were asked before in their chain, operands that are the same, texts and tuples taken for
 * conditions, branches that are alike, statements behind one that never goes on, and durations of nothing.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  commentsIn,
  onlyChild,
  shortText,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

/** Whether an expression gives the same when it is asked twice in a row. */
function isStable(node: PythonNode): boolean {
  return node.descendants('call', 'await', 'yield', 'named_expression', 'lambda').length === 0;
}

function plain(node: PythonNode): string {
  return unparenthesized(node).text.replace(/\s+/g, ' ');
}

const chains: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['if_statement'],
  *check(node): Iterable<Verdict> {
    const condition = node.child('condition');
    if (condition === null) return;
    const inner = unparenthesized(condition);
    if (inner.kind === 'tuple' && syntaxChildren(inner).length > 0) {
      yield { kind: 'fail', subject: inner.span, message: 'always', args: { condition: shortText(inner) } };
    }
    const clauses = node.childrenOf('alternative');
    if (clauses.length === 0) return;
    const asked = new Set(isStable(condition) ? [plain(condition)] : []);
    let isGood = true;
    for (const clause of clauses) {
      const test = clause.child('condition');
      if (test === null || !isStable(test)) continue;
      const text = plain(test);
      if (asked.has(text)) {
        isGood = false;
        yield { kind: 'fail', subject: test.span, message: 'repeated', args: { condition: shortText(test) } };
      }
      asked.add(text);
    }
    // Two branches that are word for word the same.
    const [last] = clauses;
    const first = node.child('consequence');
    const other = clauses.length === 1 && last?.kind === 'else_clause' ? last.childOfKind('block') : null;
    if (first !== null && other !== null && first.text.trim() === other.text.trim() && commentsIn(node).length === 0) {
      const isTrivial = statementsOf(first).every(
        ({ kind }) => /^(?:pass|continue|break|return)_statement$/.test(kind) && !/\breturn\s+\S/.test(first.text),
      );
      if (!isTrivial) {
        isGood = false;
        yield { kind: 'fail', subject: condition.span, message: 'alike' };
      }
    }
    if (isGood) yield { kind: 'pass', subject: condition.span };
  },
};

const operators: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['boolean_operator', 'comparison_operator'],
  *check(node): Iterable<Verdict> {
    if (node.kind === 'comparison_operator') {
      const [left, right, ...more] = syntaxChildren(node);
      const operator = node.children
        .filter(({ isNamed }) => !isNamed)
        .map(({ text }) => text)
        .join(' ');
      // `x != x` asks for NaN; tests of __eq__ compare a value with itself.
      if (left === undefined || right === undefined || more.length > 0 || !/^(?:<=?|>=?|is|is not)$/.test(operator))
        return;
      if (!isStable(left) || left.kind === 'integer' || left.kind === 'float' || left.text !== right.text) return;
      yield { kind: 'fail', subject: node.span, message: 'same', args: { operator, operand: shortText(left) } };
      return;
    }
    const [left, right] = [node.child('left'), node.child('right')];
    const operator = node.child('operator')?.text ?? '';
    if (left === null || right === null) return;
    if (isStable(left) && plain(left) === plain(right)) {
      yield { kind: 'fail', subject: node.span, message: 'same', args: { operator, operand: shortText(left) } };
      return;
    }
    // `kind == "a" or "b"`: a text that is not empty is always true.
    const text = unparenthesized(right);
    const isCompared = unparenthesized(left).kind === 'comparison_operator' && /==/.test(left.text);
    if (operator === 'or' && isCompared && text.kind === 'string' && text.text.length > 2 && isCondition(node)) {
      yield { kind: 'fail', subject: text.span, message: 'always', args: { condition: shortText(text) } };
    }
  },
};

/** Whether an expression decides something, rather than being a value. */
function isCondition(node: PythonNode): boolean {
  let inner = node;
  while (
    inner.parent !== null &&
    /^(?:boolean_operator|not_operator|parenthesized_expression)$/.test(inner.parent.kind)
  )
    inner = inner.parent;
  return /^(?:if_statement|elif_clause|while_statement|if_clause|assert_statement)$/.test(inner.parent?.kind ?? '');
}

const asserts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assert_statement'],
  triggers: ['assert(', 'assert ('],
  *check(node): Iterable<Verdict> {
    const [condition] = syntaxChildren(node);
    const inner = condition === undefined ? null : condition.kind === 'tuple' ? condition : onlyChild(condition);
    if (condition?.kind === 'tuple' && inner !== null && syntaxChildren(inner).length > 0)
      yield { kind: 'fail', subject: condition.span, message: 'always', args: { condition: shortText(condition) } };
  },
};

const ENDS = new Set(['return_statement', 'raise_statement', 'continue_statement', 'break_statement']);

const endings: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['return_statement', 'raise_statement', 'continue_statement', 'break_statement'],
  *check(node): Iterable<Verdict> {
    if (node.parent?.kind !== 'block') return;
    let next = node.nextSibling;
    while (next !== null && (!next.isNamed || next.kind === 'comment')) next = next.nextSibling;
    if (next === null || next.kind === 'ERROR') return;
    // `return; yield` makes a generator of a function that gives nothing.
    const value = next.kind === 'expression_statement' ? onlyChild(next) : null;
    if (
      value?.kind === 'yield' ||
      value?.kind === 'string' ||
      next.kind === 'pass_statement' ||
      next.kind === 'function_definition'
    )
      return;
    if (ENDS.has(next.kind) && next.text === node.text) return;
    if (next.descendants('yield').length > 0) return;
    const statement = node.kind.replace('_statement', '');
    yield { kind: 'fail', subject: next.span, message: 'unreachable', args: { statement } };
  },
};

const CLOCKS =
  /^(?:time\.(?:time|monotonic|perf_counter|time_ns|monotonic_ns|perf_counter_ns)|datetime\.datetime\.(?:now|utcnow))$/;

const durations: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['binary_operator'],
  triggers: ['time() -', 'monotonic() -', 'perf_counter() -', 'now() -', '_ns() -'],
  when: (node) => node.child('operator')?.text === '-',
  *check(node, ctx): Iterable<Verdict> {
    const [left, right] = [node.child('left'), node.child('right')];
    if (left?.kind !== 'call' || right?.kind !== 'call' || left.text !== right.text) return;
    if (CLOCKS.test(callChain(left, ctx))) yield { kind: 'fail', subject: node.span, message: 'elapsed' };
  },
};

export const pythonDetectors: readonly Detector[] = [chains, operators, asserts, endings, durations] as NodeDetector[];
