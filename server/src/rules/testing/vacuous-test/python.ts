/**
 * Python tests that cannot fail: no statement, assertions about constants or a tuple, comparisons of a value with itself,
 * and checks of mocks that are attributes and no calls. Tests that say that nothing may be raised are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { numberValue, stringValue } from '../../../languages/python/strings.ts';
import {
  basesOf,
  calledName,
  classOfMethod,
  commentText,
  decoratorsOf,
  definedName,
  enclosingFunction,
  isEmptyStatement,
  onlyChild,
  positionalArguments,
  shortText,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

/** Words that say that reaching the end is the test. */
const REACHES =
  /(?:no|without|not|n['’]t)\b.*(?:error|exception|rais|throw|crash|fail|segfault|complain|hang|deadlock)|smoke|import(?:s|able)?\b|placeholder|compil|reach|pass(?:es)? if|doesn|does not|success/i;

/** A test of pytest or unittest: a function at the top, or a method of a class that may hold tests. */
function isTest(node: PythonNode): boolean {
  if (!/^test/.test(definedName(node)) || enclosingFunction(node) !== null) return false;
  const owner = classOfMethod(node);
  return owner === null || /^Test|Tests?$|TestCase/.test(definedName(owner));
}

const tests: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['def test'],
  when: isTest,
  *check(node): Iterable<Verdict> {
    const body = statementsOf(node);
    const name = node.child('name')!;
    if (!body.every(isEmptyStatement)) {
      if (node.descendants('assert_statement').length > 0) yield { kind: 'pass', subject: name.span };
      return;
    }
    // Skipped, expected to fail, or asked for by a class that others extend.
    if (decoratorsOf(node).length > 0 || node.descendants('comment').length > 0) return;
    const owner = classOfMethod(node);
    if (
      owner !== null &&
      /Base|Mixin|Abstract|Common/.test(
        `${definedName(owner)} ${basesOf(owner)
          .map(({ text }) => text)
          .join(' ')}`,
      )
    )
      return;
    // With a text it says what it is for, which may be that its fixtures work.
    const isPlain = body.every(
      (statement) => statement.kind === 'pass_statement' || onlyChild(statement)?.kind === 'ellipsis',
    );
    const takes = syntaxChildren(node.child('parameters') ?? node).some(({ text }) => text !== 'self');
    if (!isPlain || takes) return;
    yield { kind: 'fail', subject: name.span, message: 'emptyPython' };
  },
};

/** Whether an expression has the same value each time, without any part of the code under test. */
function constantTruth(value: PythonNode): 'true' | 'same' | null {
  const inner = unparenthesized(value);
  if (inner.kind === 'true') return 'true';
  if ((inner.kind === 'integer' || inner.kind === 'float') && numberValue(inner) !== 0) return 'true';
  if (inner.kind === 'string' && (stringValue(inner) ?? '') !== '') return 'true';
  if (inner.kind === 'boolean_operator' && inner.child('operator')?.text === 'or') {
    const sides = [inner.child('left'), inner.child('right')];
    if (sides.some((side) => side !== null && unparenthesized(side).kind === 'true')) return 'true';
  }
  if (inner.kind !== 'comparison_operator') return null;
  const [left, right, ...more] = syntaxChildren(inner);
  if (left === undefined || right === undefined || more.length > 0) return null;
  const operator = inner.tree.text.slice(left.end, right.start).trim();
  if (operator === '>=' && left.kind === 'call' && calledName(left) === 'len' && right.text === '0') return 'same';
  if (operator !== '==' && operator !== 'is' && operator !== '>=' && operator !== '<=') return null;
  if (left.text !== right.text) return null;
  // Objects may define what it means, and a call may give something else the second time.
  return /^(?:integer|float|string|true|none)$/.test(left.kind) ? 'same' : null;
}

/** Whether another assertion of the test decides, or reaching this line does. */
function isBesides(node: PythonNode): boolean {
  const owner = enclosingFunction(node);
  if (owner === null || !/^test/.test(definedName(owner))) return true;
  const around = `${definedName(owner)} ${owner.descendants('comment').map(commentText).join(' ')} ${statementsOf(owner)[0]?.kind === 'expression_statement' ? statementsOf(owner)[0]!.text : ''} ${node.text}`;
  if (REACHES.test(around.replaceAll('_', ' '))) return true;
  const handler = node.ancestor('except_clause');
  // `try: f(); assert False` and `except ValueError: assert True` is a test in other words.
  const guarded = handler?.parent ?? null;
  if (guarded !== null && /assert\s+(?:False|0)\b|pytest\.fail|self\.fail|assertTrue\(False/.test(guarded.text))
    return true;
  const others = owner
    .descendants('assert_statement')
    .filter((item) => !item.equals(node) && constantTruth(syntaxChildren(item)[0] ?? item) === null);
  const calls = owner
    .descendants('call')
    .filter(
      (call) =>
        !call.equals(node) && /^assert|^raises$|^fail$|^check|^verify|^expect|^validate|_assert/.test(calledName(call)),
    );
  return others.length > 0 || calls.length > 0;
}

const assertions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assert_statement'],
  triggers: ['assert'],
  *check(node): Iterable<Verdict> {
    const [value, message] = syntaxChildren(node);
    if (value === undefined) return;
    // `assert (value, "message")` is a tuple, which is true.
    if (value.kind === 'tuple') {
      const parts = syntaxChildren(value);
      if (parts.length < 2 || message !== undefined) return;
      const fixes: readonly Fix[] = [
        {
          title: 'Remove the brackets',
          safety: 'suggestion',
          preferred: true,
          edits: [replaced(value, parts.map(({ text }) => text).join(', '))],
        },
      ];
      yield {
        kind: 'fail',
        subject: value.span,
        message: 'tuple',
        fixes: parts.length === 2 && !/[\r\n]/.test(value.text) ? fixes : [],
      };
      return;
    }
    const truth = constantTruth(value);
    if (truth === null) {
      const inner = unparenthesized(value);
      const called =
        inner.kind === 'call'
          ? calledName(inner)
          : inner.kind === 'attribute'
            ? (inner.child('attribute')?.text ?? '')
            : '';
      // Of a mock any attribute is there, and what is there is true.
      if (inner.kind === 'call' && /^(?:called_with|called_once_with|called_once|not_called|has_calls)$/.test(called))
        yield { kind: 'fail', subject: inner.span, message: 'mock', args: { name: called, meant: `assert_${called}` } };
      return;
    }
    const inTest = enclosingFunction(node) !== null && /^test/.test(definedName(enclosingFunction(node)!));
    if (!inTest || isBesides(node)) return;
    yield { kind: 'fail', subject: node.span, message: 'constant', args: { call: shortText(node) } };
  },
};

/** `self.assertTrue(True)`, `self.assertEqual(1, 1)` */
const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['assertTrue', 'assertEqual', 'assertIsNotNone'],
  calls: (name) => /^(?:assertTrue|assertEqual|assertEquals)$/.test(name),
  *check(node): Iterable<Verdict> {
    const [first, second] = positionalArguments(node);
    if (first === undefined) return;
    const isConstant =
      calledName(node) === 'assertTrue'
        ? unparenthesized(first).kind === 'true'
        : second !== undefined && first.text === second.text && /^(?:integer|string|true|false|none)$/.test(first.kind);
    if (!isConstant || isBesides(node)) return;
    yield { kind: 'fail', subject: node.span, message: 'constant', args: { call: shortText(node) } };
  },
};

/** `mock.assert_called_once` without brackets. */
const mocks: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['expression_statement'],
  triggers: ['.assert_'],
  when: (node) => onlyChild(node)?.kind === 'attribute',
  *check(node): Iterable<Verdict> {
    const value = onlyChild(node)!;
    const name = value.child('attribute')?.text ?? '';
    if (
      !/^assert_(?:called|not_called|called_once|any_call|has_calls|awaited|not_awaited|awaited_once|called_with|called_once_with)$/.test(
        name,
      )
    )
      return;
    const isPlain = /^assert_(?:called|not_called|called_once|awaited|not_awaited|awaited_once)$/.test(name);
    const fixes: readonly Fix[] = isPlain
      ? [
          {
            title: `Call ${name}()`,
            safety: 'suggestion',
            preferred: true,
            edits: [{ kind: 'replace', span: { start: value.end, end: value.end }, newText: '()' }],
          },
        ]
      : [];
    yield { kind: 'fail', subject: value.span, message: 'uncalled', args: { name }, fixes };
  },
};

export const pythonDetectors: readonly Detector[] = [tests, assertions, calls, mocks] as readonly Detector[];
