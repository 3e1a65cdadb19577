/**
 * Go tests that cannot fail: assertions about constants, tests without a statement, and helpers of tests that stand for
 * a comparison or a set-up but only return `true` or `nil`.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledExpression,
  functionName,
  isTestFunction,
  leadingComments,
  nilComparison,
  parametersOf,
  resultsOf,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

const COMPARING = /^(?:compare|equal|same|match|verify|validate|check|assert|is(?:Equal|Same|Valid))/i;
const TEST_TYPE = /^\*testing\.[TBF]$|^testing\.TB$/;

/** The value of the only statement, when that returns one constant; null for everything else. */
function constantResult(declaration: GoNode): 'true' | 'nil' | null {
  const statements = statementsOf(declaration);
  const values = statements[0]?.kind === 'return_statement' ? statements[0].childOfKind('expression_list') : null;
  if (statements.length !== 1 || values === null) return null;
  const list = syntaxChildren(values);
  const kind = list.length === 1 ? unparenthesized(list[0]!).kind : 'chunk';
  return kind === 'true' || kind === 'nil' ? kind : null;
}

const helpers: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration'],
  triggers: ['return true', 'return nil', 'func Test'],
  *check(node): Iterable<Verdict> {
    const name = node.child('name');
    if (name === null || node.parent?.kind !== 'chunk') return;
    if (isTestFunction(node)) {
      const body = node.child('body');
      if (functionName(node).startsWith('Test') && functionName(node) !== 'TestMain' && body !== null) {
        // Its comment may say that compiling is the test.
        if (statementsOf(node).length === 0 && leadingComments(node).length === 0)
          yield { kind: 'fail', subject: name.span, message: 'empty' };
      }
      return;
    }
    const result = constantResult(node);
    const results = resultsOf(node);
    const parameters = parametersOf(node);
    if (result === null || results.length !== 1 || parameters.length === 0) return;
    if (result === 'true' && COMPARING.test(name.text) && results[0]!.type.text === 'bool') {
      yield { kind: 'fail', subject: name.span, message: 'comparing', args: { name: name.text } };
    } else if (
      result === 'nil' &&
      results[0]!.type.text !== 'error' &&
      parameters.length === 1 &&
      TEST_TYPE.test(parameters[0]!.type.text)
    ) {
      yield { kind: 'fail', subject: name.span, message: 'setup', args: { name: name.text } };
    }
  },
};

const TRUE_FORM = /^(?:True|Truef)$/;
const FALSE_FORM = /^(?:False|Falsef)$/;
const EQUAL_FORM = /^(?:Equal|Equalf|EqualValues|Exactly|Same|ElementsMatch)$/;
const NIL_FORM = /^(?:Nil|Nilf|NoError|NoErrorf)$/;

/** Whether an assertion of testify holds whatever the code under test does. */
function isConstant(form: string, values: readonly GoNode[]): boolean {
  const [first, second] = values.map(unparenthesized);
  if (first === undefined) return false;
  if (TRUE_FORM.test(form)) return first.kind === 'true';
  if (FALSE_FORM.test(form)) return first.kind === 'false';
  if (NIL_FORM.test(form)) return first.kind === 'nil';
  if (!EQUAL_FORM.test(form) || second === undefined) return false;
  // Calling twice may well give two answers.
  return (
    first.text === second.text &&
    first.descendants('call_expression', 'composite_literal', 'func_literal', 'unary_expression').length === 0
  );
}

const assertions: NodeDetector<unknown, GoNode> = {
  kinds: ['call_expression'],
  triggers: ['assert', 'require'],
  calls: (name) => [TRUE_FORM, FALSE_FORM, EQUAL_FORM, NIL_FORM].some((form) => form.test(name)),
  *check(node, ctx): Iterable<Verdict> {
    const callee = calledExpression(node);
    const operand = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
    if (callee === null || operand?.kind !== 'identifier') return;
    const path = typesAround(ctx, node)?.packageOf(operand) ?? '';
    if (!/^github\.com\/stretchr\/testify\/(?:assert|require)$/.test(path)) return;
    const [, ...values] = callArguments(node);
    if (!isConstant(callee.child('field')?.text ?? '', values)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    // A branch that must not be reached, or a wait that has come to its end, is told so.
    if (values.length > (EQUAL_FORM.test(callee.child('field')!.text) ? 2 : 1)) return;
    yield { kind: 'fail', subject: node.span, message: 'constant', args: { call: callee.text } };
  },
};

/** `if err != nil { t.Fatal(err) }`: the tests that can fail. */
const checks: NodeDetector<unknown, GoNode> = {
  kinds: ['if_statement'],
  triggers: ['.Fatal', '.Error'],
  when: (node) => /\bt\.(?:Fatal|Error)f?\(/.test(node.child('consequence')?.text.slice(0, 80) ?? ''),
  *check(node): Iterable<Verdict> {
    const condition = node.child('condition');
    if (condition === null) return;
    const inner = unparenthesized(condition);
    if (inner.kind === 'false') yield { kind: 'fail', subject: condition.span, message: 'never' };
    else if (nilComparison(inner) !== null || inner.kind === 'binary_expression')
      yield { kind: 'pass', subject: condition.span };
  },
};

export const detectors: readonly Detector[] = [helpers as Detector, assertions as Detector, checks as Detector];
