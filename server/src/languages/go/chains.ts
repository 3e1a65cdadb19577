/**
 * Expressions as chains that a judge can follow through the workspace: where a value comes from, and what is selected
 * of it. A chain is one line of text, parts separated by tabs.
 *
 * - It begins with `:T`, a value of the type T (as types.ts writes it), or `=name`, a name from outside of the
 *   declaration: a variable, function or type of the package, or an imported package.
 * - `.name` selects a field, a method, or a name of a package; `()2` is the third result of a call, or the conversion
 *   to a type; `[]` is an element, `[k]` a key, `<-` what a channel gives.
 *
 * `&` and `*` are left out, since selectors go through pointers. What cannot be told has no chain (null); a chain is
 * never guessed, and following it is another's business (resolve.ts).
 */
import type { GoNode } from './nodes.gen.ts';
import { BUILTIN_FUNCTIONS, type GoScope, isPredeclared } from './scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  operatorOf,
  syntaxChildren,
  unparenthesized,
} from './syntax.ts';
import type { GoTypes } from './types.ts';

/** Longer chains are not worth following. */
const STEP_LIMIT = 16;
/** Expressions that are looked at for one chain: an initial value that leads back to itself ends here. */
const NODE_LIMIT = 64;

export interface ChainContext {
  readonly scope: GoScope;
  readonly types: GoTypes;
  /** Whether a type names something that is declared inside the declaration, and so means nothing elsewhere. */
  isLocalType(type: string): boolean;
}

export function chainContext(scope: GoScope, types: GoTypes): ChainContext {
  const local = scope.bindings
    .filter(({ kind }) => kind === 'type' || kind === 'typeParameter')
    .map(({ name }) => name);
  if (local.length === 0) return { scope, types, isLocalType: () => false };
  const pattern = new RegExp(`(?<![\\w./~-])(?:${[...new Set(local)].join('|')})(?!\\w)`, 'u');
  return { scope, types, isLocalType: (type) => pattern.test(type) };
}

/** A value and what is taken of it before the steps that are known already. */
interface Origin {
  readonly node: GoNode;
  readonly step: string | null;
}

/**
 * Chain of the value of an expression; with `result`, of that result of a call.
 */
export function chainOf(expression: GoNode, context: ChainContext, result = 0): string | null {
  const { scope, types } = context;
  /** From the last step to the first. */
  const steps: string[] = [];
  const finish = (root: string): string => {
    let chain = root;
    for (let i = steps.length - 1; i >= 0; i--) chain += `\t${steps[i]}`;
    return chain;
  };
  let node = unparenthesized(expression);
  let wanted = result;
  for (let seen = 0; seen < NODE_LIMIT && steps.length <= STEP_LIMIT; seen++) {
    node = unparenthesized(node);
    const type = wanted === 0 ? types.typeOf(node) : null;
    if (type !== null) return context.isLocalType(type) ? null : finish(`:${type}`);
    switch (node.kind) {
      case 'identifier': {
        const binding = scope.bindingOf(node);
        if (binding === null) return isPredeclared(node.text) ? null : finish(`=${node.text}`);
        const origin = originOf(binding.node);
        if (origin === null) return null;
        wanted = 0;
        if (origin.step !== null) {
          // One of several results: the call itself is the next to be looked at.
          const position = /^\(\)(\d+)$/.exec(origin.step);
          if (position === null) steps.push(origin.step);
          else wanted = Number(position[1]);
        }
        node = origin.node;
        continue;
      }
      case 'selector_expression': {
        const field = node.child('field')?.text ?? '';
        const operand = node.child('operand');
        if (field === '' || operand === null) return null;
        steps.push(`.${field}`);
        node = operand;
        continue;
      }
      case 'call_expression': {
        const called = node.child('function');
        if (called === null) return null;
        const callee = unparenthesized(called);
        if (callee.kind === 'identifier' && scope.bindingOf(callee) === null && BUILTIN_FUNCTIONS.has(callee.text)) {
          const [first] = callArguments(node);
          if (callee.text !== 'append' || first === undefined) return null;
          node = first;
          continue;
        }
        steps.push(`()${wanted}`);
        wanted = 0;
        node = callee;
        continue;
      }
      case 'unary_expression': {
        const operator = operatorOf(node);
        const operand = node.child('operand');
        if (operand === null || wanted !== 0 || !/^(?:&|\*|<-)$/.test(operator)) return null;
        if (operator === '<-') steps.push('<-');
        node = operand;
        continue;
      }
      case 'index_expression':
      case 'slice_expression': {
        const operand = node.child('operand');
        if (operand === null || wanted !== 0) return null;
        if (node.kind === 'index_expression') steps.push('[]');
        node = operand;
        continue;
      }
      default:
        return null;
    }
  }
  return null;
}

/** Where a local variable gets its value when its type is not written. */
function originOf(name: GoNode): Origin | null {
  const parent = name.parent;
  if (parent === null) return null;
  if (parent.kind === 'var_spec') {
    const list = parent.child('value');
    if (parent.child('type') !== null || list === null) return null;
    const names = parent.childrenOf('name').filter((child) => child.isNamed);
    return valueAt(syntaxChildren(list), positionIn(names, name), names.length);
  }
  const statement = parent.kind === 'expression_list' ? parent.parent : null;
  if (statement === null) return null;
  const targets = assignedExpressions(statement);
  const position = positionIn(targets, name);
  if (statement.kind === 'range_clause') {
    const collection = statement.child('right');
    return collection === null || position < 0 ? null : { node: collection, step: position === 0 ? '[k]' : '[]' };
  }
  if (statement.kind !== 'short_var_declaration' && statement.kind !== 'receive_statement') return null;
  return valueAt(assignedValues(statement), position, targets.length);
}

function valueAt(values: readonly GoNode[], position: number, count: number): Origin | null {
  if (position < 0) return null;
  if (values.length === count) return { node: values[position]!, step: null };
  const only = values.length === 1 ? unparenthesized(values[0]!) : null;
  if (only?.kind === 'call_expression') return { node: only, step: `()${position}` };
  // `v, ok := ...`: only the first has the type of the expression.
  return only !== null && position === 0 ? { node: only, step: null } : null;
}

function positionIn(nodes: readonly GoNode[], node: GoNode): number {
  return nodes.findIndex((other) => other.index === node.index);
}
