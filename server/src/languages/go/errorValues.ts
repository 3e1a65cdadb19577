/**
 * Which expressions of a declaration are certainly values of type `error`, and how errors are compared and formatted.
 * Answers are about one declaration as it is written: what cannot be told is no error.
 */
import type { GoNode } from './nodes.gen.ts';
import type { GoBinding, GoScope } from './scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledExpression,
  FUNCTION_KINDS,
  nilComparison,
  unparenthesized,
} from './syntax.ts';
import type { GoTypes } from './types.ts';

/** Names that are given to errors and, in practice, to nothing else. */
const ERROR_NAME = /^(?:err\d?|[a-z]\w*Err)$/;
/** Names that suggest an error and need some evidence: texts, codes and lists are named like this, too. */
const POSSIBLE_NAME = /^(?:e|er|ex|err[A-Z]\w*|\w*Error|cause|reason)$/;

/** Whether the variable is compared with nil somewhere in the declaration. */
export function isComparedWithNil(binding: GoBinding): boolean {
  return binding.uses.some((use) => {
    const parent = use.parent;
    return parent?.kind === 'binary_expression' && nilComparison(parent) !== null;
  });
}

/** Whether the variable takes the last of several results of a call, or the only one. */
function takesLastResult(binding: GoBinding): boolean {
  return [binding.node, ...binding.uses].some((name) => {
    const list = name.parent;
    const statement = list?.kind === 'expression_list' && list.field === 'left' ? list.parent : null;
    if (statement === null) return false;
    const values = assignedValues(statement);
    if (values.length !== 1 || unparenthesized(values[0]!).kind !== 'call_expression') return false;
    return assignedExpressions(statement).at(-1)?.index === name.index;
  });
}

function isErrorVariable(binding: GoBinding): boolean {
  const { name, kind } = binding;
  // Parameters and results have their types written: they would be known.
  if (kind !== 'variable') return false;
  if (ERROR_NAME.test(name)) return takesLastResult(binding) && (name === 'err' || isComparedWithNil(binding));
  return POSSIBLE_NAME.test(name) && takesLastResult(binding) && isComparedWithNil(binding);
}

/** Whether an expression is certainly an error (it may be nil). */
export function isErrorValue(expression: GoNode, scope: GoScope, types: GoTypes): boolean {
  const inner = unparenthesized(expression);
  const type = types.typeOf(inner);
  if (type !== null) return type === 'error';
  switch (inner.kind) {
    case 'identifier': {
      const binding = scope.bindingOf(inner);
      return binding !== null && isErrorVariable(binding);
    }
    case 'selector_expression': {
      // A field is an error when the same function compares it with nil.
      const name = inner.child('field')?.text ?? '';
      if (!/^(?:err|Err|lastErr|lastError|LastErr|LastError)$/.test(name)) return false;
      return isTextComparedWithNil(inner);
    }
    case 'call_expression': {
      const callee = calledExpression(inner);
      // `ctx.Err()`, `rows.Err()`, `scanner.Err()`
      return (
        callee?.kind === 'selector_expression' &&
        callee.child('field')?.text === 'Err' &&
        callArguments(inner).length === 0
      );
    }
    default:
      return false;
  }
}

function isTextComparedWithNil(expression: GoNode): boolean {
  const owner = expression.ancestor(...FUNCTION_KINDS);
  if (owner === null) return false;
  const { text } = expression;
  for (const comparison of owner.descendants('binary_expression')) {
    if (nilComparison(comparison)?.operand.text === text) return true;
  }
  return false;
}

/** The error `x` of `x.Error()`, or null for other expressions. The method alone is no proof: see `isErrorValue`. */
export function errorOfMessage(expression: GoNode): GoNode | null {
  const call = unparenthesized(expression);
  if (call.kind !== 'call_expression' || callArguments(call).length > 0) return null;
  const callee = calledExpression(call);
  if (callee?.kind !== 'selector_expression' || callee.child('field')?.text !== 'Error') return null;
  return callee.child('operand');
}

export interface FormatVerb {
  /** The letter: `v` of `%+v`. */
  readonly letter: string;
  /** `+`, `#` and the like, width and precision. */
  readonly flags: string;
  /** Place of the letter in the chunk. */
  readonly at: number;
}

/**
 * Verbs of a format string in the order of their arguments: a literal, or literals joined by `+`. Null when the format
 * is something else, or chooses its arguments itself (`%[1]d`, `%*d`).
 */
export function formatVerbs(format: GoNode): readonly FormatVerb[] | null {
  const pieces: GoNode[] = [];
  const open = [unparenthesized(format)];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === 'binary_expression') {
      const left = node.child('left');
      const right = node.child('right');
      if (left === null || right === null || node.child('operator')?.text !== '+') return null;
      open.push(unparenthesized(right), unparenthesized(left));
    } else if (node.kind === 'interpreted_string_literal' || node.kind === 'raw_string_literal') {
      pieces.push(node);
    } else return null;
  }
  const verbs: FormatVerb[] = [];
  for (const piece of pieces) {
    for (const match of piece.text.matchAll(/%([-+# 0-9.[\]*]*)(\p{L}|%|$)/gu)) {
      const [whole, flags, letter] = match;
      if (/[[\]*]/.test(flags!) || letter === '') return null;
      if (letter !== '%')
        verbs.push({ letter: letter!, flags: flags!, at: piece.start + match.index + whole.length - 1 });
    }
  }
  return verbs;
}
