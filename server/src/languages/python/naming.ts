/** What numbers and values are called in Python code: words that rules judge by. Nothing is resolved. */
import type { PythonNode } from './nodes.gen.ts';
import { stringValue } from './strings.ts';
import { assignmentTargets, calledName, definedName, enclosingFunction } from './syntax.ts';

/** Conversions and roundings, behind which a number is still the same thing. */
const NUMERIC = /^(?:int|float|Decimal|round|ceil|floor|min|max|abs)$/;

/** The last name of an expression: `total` of `self.metrics.total` and `stats["total"]`, `len` of `len(items)`. */
export function lastNameOf(expression: PythonNode): string {
  switch (expression.kind) {
    case 'identifier':
      return expression.text;
    case 'attribute':
      return expression.child('attribute')?.text ?? '';
    case 'subscript': {
      const key = expression.child('subscript');
      return key === null ? '' : (stringValue(key) ?? '');
    }
    case 'call':
      return calledName(expression);
    default:
      return '';
  }
}

/** The name that a computed number gets: of the variable, field, argument, key or function that it goes to; or ''. */
export function nameOfNumber(number: PythonNode): string {
  for (let inner = number; inner.parent !== null; inner = inner.parent) {
    const { parent } = inner;
    switch (parent.kind) {
      case 'binary_operator':
      case 'parenthesized_expression':
      case 'conditional_expression':
      case 'call':
        continue;
      case 'argument_list':
        if (parent.parent !== null && NUMERIC.test(calledName(parent.parent))) continue;
        return '';
      case 'assignment':
        return lastNameOf(assignmentTargets(parent)[0]?.target ?? number);
      case 'augmented_assignment': {
        const left = parent.child('left');
        return left === null ? '' : lastNameOf(left);
      }
      case 'keyword_argument':
        return parent.child('name')?.text ?? '';
      case 'pair': {
        const key = parent.child('key');
        return key === null ? '' : (stringValue(key) ?? '');
      }
      case 'return_statement': {
        const owner = enclosingFunction(parent);
        return owner === null ? '' : definedName(owner);
      }
      default:
        return '';
    }
  }
  return '';
}
