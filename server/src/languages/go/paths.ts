/**
 * Paths of files as an expression builds them: the literal parts and names that go into `filepath.Join`, `+` and
 * `fmt.Sprintf`, through local variables. It looks at one declaration; the rest stays a name.
 */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { packageCallId } from './calls.ts';
import type { GoNode } from './nodes.gen.ts';
import { scopeAround } from './scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from './syntax.ts';

export interface PathPart {
  /** `call`: text of a call that is not looked into. */
  readonly kind: 'text' | 'name' | 'call';
  readonly text: string;
  readonly node: GoNode;
}

const PART_LIMIT = 24;
const JOINS = /^(?:path\/filepath|path)\.(?:Join|Clean|Dir|FromSlash)$|^fmt\.(?:Sprintf|Sprint)$/;

/** The value that a local variable is declared with, when it is never assigned again. */
export function onlyValueOf(identifier: GoNode, ctx: ChunkContext): GoNode | null {
  const scope = scopeAround(ctx, identifier);
  const binding = scope?.bindingOf(identifier) ?? null;
  if (binding === null || (binding.kind !== 'variable' && binding.kind !== 'constant')) return null;
  const isTarget = (use: GoNode): boolean => {
    const parent = use.parent;
    return (
      parent?.kind === 'expression_list' && parent.field === 'left' && parent.parent?.kind === 'assignment_statement'
    );
  };
  if (binding.uses.some(isTarget)) return null;
  const parent = binding.node.parent;
  if (parent === null) return null;
  if (parent.kind === 'var_spec' || parent.kind === 'const_spec') {
    const names = parent.childrenOf('name').filter((name) => name.isNamed);
    const values = parent.child('value');
    const at = names.findIndex((name) => name.equals(binding.node));
    return values === null ? null : (syntaxChildren(values)[at] ?? null);
  }
  const statement = parent.parent;
  if (statement?.kind !== 'short_var_declaration') return null;
  const values = assignedValues(statement);
  const at = assignedExpressions(statement).findIndex((target) => target.equals(binding.node));
  return values.length === 1 && at > 0 ? null : (values[at] ?? null);
}

/** The parts that a path is built of, in order. */
export function pathParts(expression: GoNode, ctx: ChunkContext): readonly PathPart[] {
  const parts: PathPart[] = [];
  const open: GoNode[] = [expression];
  for (let node = open.pop(); node !== undefined && parts.length < PART_LIMIT; node = open.pop()) {
    node = unparenthesized(node);
    const text = stringLiteralValue(node);
    if (text !== null) {
      parts.push({ kind: 'text', text, node });
      continue;
    }
    if (node.kind === 'binary_expression') {
      const [left, right] = [node.child('left'), node.child('right')];
      if (right !== null) open.push(right);
      if (left !== null) open.push(left);
      continue;
    }
    if (node.kind === 'call_expression') {
      if (JOINS.test(packageCallId(node, ctx))) open.push(...callArguments(node).reverse());
      else parts.push({ kind: 'call', text: node.text.slice(0, 200), node });
      continue;
    }
    const value = node.kind === 'identifier' && open.length < PART_LIMIT ? onlyValueOf(node, ctx) : null;
    if (value !== null && value.index < node.index) open.push(value);
    else parts.push({ kind: 'name', text: node.text.slice(0, 200), node });
  }
  return parts;
}
