/**
 * What the code around an expression says that it is for: the names it is stored under and the functions around it.
 * Names are as written; what they mean is for the rules to say. It looks at one declaration and resolves nothing.
 */
import type { GoNode } from './nodes.gen.ts';
import {
  assignedExpressions,
  assignedValues,
  FUNCTION_KINDS,
  functionName,
  operatorOf,
  receiverOf,
  selectorPath,
  stringLiteralValue,
  syntaxChildren,
} from './syntax.ts';

/** Last name of a target: `s.state.Token` and `row["token"]` are about a token, `b[i]` is about `b`. */
function nameOfTarget(target: GoNode): string {
  let inner = target;
  if (inner.kind === 'index_expression') {
    const index = inner.child('index');
    const key = index === null ? null : stringLiteralValue(index);
    if (key !== null) return key;
    inner = inner.child('operand') ?? inner;
  }
  const path = selectorPath(inner);
  return path === null ? '' : path.slice(path.lastIndexOf('.') + 1);
}

/**
 * Name that the value of an expression is stored under: of the variable, field or key whose value it is a part of; ''
 * when it is stored nowhere. Calls around the expression are looked through, function literals are not.
 */
export function storedName(expression: GoNode): string {
  let node = expression;
  for (let parent = node.parent; parent !== null; parent = node.parent) {
    switch (parent.kind) {
      case 'keyed_element': {
        const [key, value] = syntaxChildren(parent);
        if (key === undefined || value === undefined || !value.contains(expression)) return '';
        const inner = key.kind === 'literal_element' ? (syntaxChildren(key)[0] ?? key) : key;
        return stringLiteralValue(inner) ?? inner.text;
      }
      case 'short_var_declaration':
      case 'assignment_statement': {
        const operator = operatorOf(parent);
        if (!/^(?::?=|\+=)?$/.test(operator)) return '';
        const values = assignedValues(parent);
        const targets = assignedExpressions(parent);
        const at = values.length === targets.length ? values.findIndex((value) => value.contains(expression)) : 0;
        const target = targets[at];
        return target === undefined || target.contains(expression) ? '' : nameOfTarget(target);
      }
      case 'var_spec':
      case 'const_spec': {
        const list = parent.child('value');
        const at = list === null ? -1 : syntaxChildren(list).findIndex((value) => value.contains(expression));
        const names = parent.childrenOf('name').filter((name) => name.isNamed);
        return (names[at] ?? names[0])?.text ?? '';
      }
      case 'func_literal':
      case 'statement_list':
      case 'block':
        return '';
      default:
        node = parent;
    }
  }
  return '';
}

/** Whether the expression is a part of what a `return` statement gives back. */
export function isReturned(expression: GoNode): boolean {
  const owner = expression.ancestor('return_statement', 'func_literal', 'statement_list', 'block');
  return owner?.kind === 'return_statement';
}

/** Name of the function or method declaration around a node, '' outside of functions. */
export function declaredFunctionName(node: GoNode): string {
  const owner = declarationAround(node);
  return owner === null ? '' : functionName(owner);
}

/** The function or method declaration around a node (or the node itself), or null. */
export function declarationAround(node: GoNode): GoNode | null {
  for (let owner: GoNode | null = node; owner !== null; owner = owner.ancestor(...FUNCTION_KINDS)) {
    if (owner.kind === 'function_declaration' || owner.kind === 'method_declaration') return owner;
  }
  return null;
}

/** Name of the type whose method is around a node, '' elsewhere. */
export function receiverTypeAround(node: GoNode): string {
  const owner = declarationAround(node);
  return owner?.kind === 'method_declaration' ? (receiverOf(owner)?.type ?? '') : '';
}
