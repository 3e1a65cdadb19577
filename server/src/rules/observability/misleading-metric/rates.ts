/** Go: rates that are computed from rounded numbers, from one outcome only, or by a count that may be zero. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { linesBefore } from '../../../languages/go/refusals.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  indentationOf,
  lineBreakOf,
  operatorOf,
  resultsOf,
  selectorPath,
  shortText,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { COUNT, OUTCOME, OUTCOME_CONDITION } from './words.ts';

/** Shares of a whole. An average is something else: it may be carried on from its last value. */
const SHARE = /(?:Rate|Ratio|Percent(?:age)?|Share)$/;
const RATE = /(?:rate|ratio|percent(?:age)?|pct|average|avg|mean|throughput|latency|share|utili[sz]ation)(?:$|[A-Z_])/i;
const RATE_START =
  /^(?:avg|average|mean|percent|get(?:Average|Avg|Rate|Percent)|(?:calc|calculate|compute)\w*(?:Rate|Average|Avg|Ratio|Percent))/;

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The value inside of a conversion to a number: `float64(n)`; the expression itself when there is none. */
function unconverted(expression: GoNode): GoNode {
  const inner = unparenthesized(expression);
  if (inner.kind !== 'call_expression' && inner.kind !== 'type_conversion_expression') return inner;
  if (!/^(?:u?int(?:8|16|32|64)?|float(?:32|64)|time\.Duration)\(/.test(inner.text)) return inner;
  const [value, ...more] = inner.kind === 'call_expression' ? callArguments(inner) : [];
  return value === undefined || more.length > 0 ? inner : unparenthesized(value);
}

/** The last name of `s.metrics.Total`, `total.Load()` and `len(items)` (`len`). */
function lastNameOf(expression: GoNode): string {
  if (expression.kind === 'call_expression') {
    const name = calledName(expression);
    if (name !== 'Load') return name;
    const operand = expression.child('function')?.child('operand');
    return operand == null ? '' : lastNameOf(operand);
  }
  return selectorPath(expression)?.split('.').at(-1) ?? '';
}

/** `successes := int64(m.SuccessRate * float64(total))`: a count that was a share, in a function that sets the share. */
const rebuilt: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['binary_expression'],
  triggers: ['Rate *', 'Ratio *', 'Percent *', 'Percentage *', 'Share *', '* '],
  when: (node) => operatorOf(node) === '*',
  *check(node): Iterable<Verdict> {
    const conversion = node.parent?.kind === 'argument_list' ? node.parent.parent : null;
    if (conversion === null || !/^u?int(?:32|64)?$/.test(calledName(conversion))) return;
    const sides = [node.child('left'), node.child('right')].map((side) => (side === null ? null : unconverted(side)));
    const share = sides.find((side) => side?.kind === 'selector_expression' && SHARE.test(lastNameOf(side)));
    const count = sides.find((side) => side != null && side !== share);
    const declaration = topLevelOf(node);
    if (share == null || count == null || declaration === null || !OUTCOME.test(lastNameOf(share))) return;
    const whole = count.kind === 'binary_expression' ? count.child('left') : count;
    if (whole === null || !COUNT.test(lastNameOf(unparenthesized(whole)))) return;
    if (!new RegExp(`(?:^|[\\s;{])${escaped(share.text)}\\s*=[^=]`).test(declaration.text)) return;
    yield { kind: 'fail', subject: node.span, message: 'rebuilt', args: { name: shortText(share) } };
  },
};

/** The opposite of a condition that `oneSided` knows. */
function negated(condition: string): string {
  if (condition.startsWith('err ')) return condition.includes('!=') ? 'err == nil' : 'err != nil';
  return condition.startsWith('!') ? condition.slice(1) : `!${condition}`;
}

/** `if success { m.SuccessRate = (m.SuccessRate*(n-1) + 1) / n }`: the other outcome leaves the share as it was. */
const oneSided: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['Rate = ', 'Ratio = ', 'Percent = ', 'Percentage = ', 'Share = '],
  *check(node): Iterable<Verdict> {
    const [target] = assignedExpressions(node);
    const [value] = assignedValues(node);
    if (target?.kind !== 'selector_expression' || !SHARE.test(lastNameOf(target)) || !OUTCOME.test(lastNameOf(target)))
      return;
    if (value === undefined || operatorOf(node) !== '=' || !value.text.includes(target.text)) return;
    const branch = node.ancestor('if_statement');
    const owner = enclosingFunction(node);
    const condition = branch?.child('condition')?.text ?? '';
    if (branch == null || owner === null || !owner.contains(branch)) return;
    if (!OUTCOME_CONDITION.test(condition) && !/^err [!=]= nil$/.test(condition)) return;
    const others = owner
      .descendants('assignment_statement')
      .filter((other) => other.index !== node.index && assignedExpressions(other)[0]?.text === target.text);
    if (others.length > 0) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const isElse = branch.child('alternative')?.contains(node) === true;
    const args = { name: shortText(target), condition: isElse ? negated(condition) : condition };
    yield { kind: 'fail', subject: node.span, message: 'oneSided', args };
  },
};

/** What a quotient is called: the variable, field, key or function that it goes to. */
function nameOfQuotient(division: GoNode): string {
  for (let inner = division; inner.parent !== null; inner = inner.parent) {
    const { parent } = inner;
    switch (parent.kind) {
      case 'binary_expression':
      case 'parenthesized_expression':
      case 'literal_element':
      case 'expression_list':
        continue;
      case 'argument_list':
        // `float64(a) / float64(b)` inside of a conversion is the same number.
        if (/^(?:u?int(?:32|64)?|float(?:32|64)|Duration|Round)$/.test(calledName(parent.parent!))) continue;
        return '';
      case 'call_expression':
        continue;
      case 'assignment_statement':
      case 'short_var_declaration':
        return lastNameOf(assignedExpressions(parent)[0] ?? division);
      case 'var_spec':
        return parent.child('name')?.text ?? '';
      case 'keyed_element': {
        const [key] = syntaxChildren(parent);
        const name = key === undefined ? null : (syntaxChildren(key)[0] ?? key);
        return name === null ? '' : (stringLiteralValue(name) ?? name.text);
      }
      case 'return_statement':
        return functionName(enclosingFunction(parent) ?? division);
      default:
        return '';
    }
  }
  return '';
}

/** Whether something in the function compares the divisor, counts it up, or goes over what it is the length of. */
function isGuarded(divisor: GoNode, declaration: GoNode): boolean {
  const code = declaration.text;
  const compared = (text: string): boolean => {
    const name = escaped(text);
    return (
      new RegExp(`(?<![\\w.])${name}\\s*(?:[<>]|[!=]=|\\+\\+|\\+=)`).test(code) ||
      new RegExp(`(?:[<>]=?|[!=]=)\\s*${name}(?![\\w(])`).test(code) ||
      new RegExp(`\\b(?:switch|case|range|max|Max)\\b[^\\n]*${name}`).test(code)
    );
  };
  const texts = [divisor.text, ...(/^len\((.*)\)$/s.exec(divisor.text)?.slice(1) ?? [])];
  return texts.some(compared);
}

function guardFix(division: GoNode, divisor: GoNode): readonly Fix[] {
  const statement = division.parent?.kind === 'expression_list' ? division.parent.parent : null;
  if (statement === null || statement.parent?.kind !== 'statement_list') return [];
  const title = `Divide only when ${shortText(divisor)} is not 0`;
  if (statement.kind === 'assignment_statement' && !statement.text.includes('\n')) {
    const indent = indentationOf(statement);
    const line = lineBreakOf(statement);
    const newText = `if ${divisor.text} != 0 {${line}${indent}\t${statement.text}${line}${indent}}`;
    return [
      { title, safety: 'suggestion', preferred: true, edits: [{ kind: 'replace', span: statement.span, newText }] },
    ];
  }
  const owner = enclosingFunction(statement);
  if (statement.kind !== 'return_statement' || owner === null) return [];
  const results = resultsOf(owner);
  if (results.length !== 1 || !/^(?:float(?:32|64)|u?int(?:32|64)?|time\.Duration)$/.test(results[0]!.type.text))
    return [];
  const lines = [`if ${divisor.text} == 0 {`, '\treturn 0', '}'];
  return [{ title, safety: 'suggestion', preferred: true, edits: [linesBefore(statement, lines)] }];
}

/** A rate or average divided by a count that nothing in the function has looked at. */
const divisions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['binary_expression'],
  triggers: ['/ float', '/float', '/ len(', '/len(', '/ time.Duration(', '/time.Duration(', '/ int', '/ uint'],
  when: (node) => operatorOf(node) === '/',
  *check(node, ctx): Iterable<Verdict> {
    const right = node.child('right');
    const declaration = topLevelOf(node);
    const owner = enclosingFunction(node);
    if (right === null || declaration === null || owner === null) return;
    const divisor = unconverted(right);
    const isConverted = divisor.index !== unparenthesized(right).index;
    if (!isConverted && lastNameOf(divisor) !== 'len') return;
    if (!COUNT.test(lastNameOf(divisor)) || divisor.kind === 'binary_expression') return;
    const name = nameOfQuotient(node);
    if (!RATE.test(name) && !RATE_START.test(name)) return;
    const root = divisor.kind === 'call_expression' ? null : divisor;
    const list = lastNameOf(divisor) === 'len' ? callArguments(divisor)[0] : undefined;
    const scope = scopeAround(ctx, node);
    for (const value of [root, list]) {
      if (value?.kind !== 'identifier') continue;
      const binding = scope?.bindingOf(value) ?? null;
      // What is given, global or computed from something may have been looked at before.
      if (binding === null || binding.kind !== 'variable') return;
      const statement = binding.node.parent?.parent;
      const first = statement == null ? undefined : assignedValues(statement)[0];
      if (first === undefined) continue;
      if (lastNameOf(first) !== 'len' || isGuarded(first, declaration)) return;
      if (callArguments(first)[0]?.kind === 'identifier') return;
    }
    if (isGuarded(divisor, declaration)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'division',
      args: { name, divisor: shortText(divisor) },
      fixes: guardFix(node, divisor),
    };
  },
};

export const rates = [rebuilt, oneSided, divisions];
