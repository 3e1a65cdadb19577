/**
 * Go: status and metrics that are written down in the code. Looks at functions that answer a request or gather
 * measurements and whose whole answer is one literal of constants.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { takesRequest } from '../../../knowledge/go/handlers.ts';
import { isHealthName } from '../../../knowledge/go/paths.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  calledExpression,
  calledName,
  functionName,
  leadingCommentText,
  statementsOf,
  stringLiteralValue,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';
import { CONSTANT_KEY, DEMO, DEMO_NAME, MEASURED_KEY } from './words.ts';

/** Functions whose results are taken for measurements. */
const MEASURING =
  /[mM]etrics?|[sS]tat(?:s|istics|us)?(?:$|[A-Z])|[tT]elemetry|[uU]sage|State$|Data$|Counts?$|Performance|Analytics|Dashboard/;
/** Calls that put the answer together and send it. */
const SENDING =
  /^(?:Now|Unix\w*|UTC|Format|Header|Set|Add|Write|WriteHeader|WriteString|NewEncoder|Encode|Marshal\w*|JSON|IndentedJSON|Status|Send\w*|Render|Error|Fprint\w*|make|String)$/;

/** Elements of a map literal with string keys; null for other literals. */
function elementsOf(literal: GoNode): { readonly key: string; readonly value: GoNode }[] | null {
  const type = literal.child('type');
  if (type !== null && !/^map\[string\]|(?:^|\.)(?:H|M|Map)$/.test(type.text)) return null;
  const elements: { key: string; value: GoNode }[] = [];
  for (const element of literal.child('body')?.namedChildren ?? []) {
    if (element.kind === 'comment') continue;
    if (element.kind !== 'keyed_element') return null;
    const [key, value] = syntaxChildren(element);
    const name = key === undefined ? null : stringLiteralValue(syntaxChildren(key)[0] ?? key);
    const inner = value === undefined ? undefined : (syntaxChildren(value)[0] ?? value);
    if (name === null || inner === undefined) return null;
    elements.push({ key: name, value: inner });
  }
  return elements.length === 0 ? null : elements;
}

/** Whether nothing in the literal is looked up: constants and the time only. */
function isConstant(literal: GoNode): boolean {
  for (const node of literal.descendants('identifier', 'call_expression', 'index_expression', 'selector_expression')) {
    if (node.kind === 'identifier' && node.text !== 'time') return false;
    if (node.kind === 'call_expression' && !/^time\.Now\(\)/.test(node.text)) return false;
    if (node.kind === 'index_expression') return false;
    if (node.kind === 'selector_expression' && !node.text.startsWith('time.')) return false;
  }
  return true;
}

/** Whether one of the constants would be a measurement. */
function measures(literal: GoNode, name: string): boolean {
  let hasTime = false;
  let hasStatus = false;
  for (const element of literal.descendants('keyed_element')) {
    const [key, value] = syntaxChildren(element);
    const text = key === undefined ? null : stringLiteralValue(syntaxChildren(key)[0] ?? key);
    const inner = value === undefined ? undefined : (syntaxChildren(value)[0] ?? value);
    if (text === null || inner === undefined || CONSTANT_KEY.test(text)) continue;
    if (/^(?:int|float)_literal$/.test(inner.kind) && MEASURED_KEY.test(text) && inner.text !== '0') return true;
    if (inner.text.startsWith('time.Now()')) hasTime = true;
    if (text === 'status') hasStatus = true;
  }
  return hasTime && hasStatus && MEASURING.test(name);
}

/** Whether the function does anything but send an answer. */
function onlySends(owner: GoNode): boolean {
  for (const call of owner.descendants('call_expression')) {
    if (!SENDING.test(calledName(call)) && calledExpression(call)?.text !== 'append') return false;
  }
  return owner.descendants('for_statement', 'select_statement', 'expression_switch_statement').length === 0;
}

/** The literal that a statement at the top of a function answers with. */
function literalOf(statement: GoNode): GoNode | null {
  const literal = statement.descendants('composite_literal')[0] ?? null;
  if (literal === null || statement.kind === 'if_statement') return null;
  return elementsOf(literal) === null ? null : literal;
}

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['map[string]', '.H{', '.M{', '.Map{'],
  *check(node, ctx): Iterable<Verdict> {
    const name = functionName(node);
    const isHandler = takesRequest(node);
    if (!isHandler && !MEASURING.test(name)) return;
    if (!isDeployedPath(ctx.file.path) || isHealthName(name)) return;
    if (DEMO.test(leadingCommentText(node)) || DEMO_NAME.test(name)) return;
    const literals = statementsOf(node)
      .map(literalOf)
      .filter((literal) => literal !== null);
    const [literal, ...more] = literals;
    if (literal === undefined || more.length > 0) return;
    if (!isConstant(literal) || !onlySends(node)) {
      if (MEASURING.test(name) && !isConstant(literal))
        yield { kind: 'pass', subject: (node.child('name') ?? node).span };
      return;
    }
    if (!measures(literal, name)) return;
    const subject = (node.child('name') ?? node).span;
    yield { kind: 'fail', subject, message: 'constant', args: { name } };
  },
};

export const constantAnswers = functions;
