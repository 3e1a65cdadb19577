/**
 * Errors that are assigned and then overwritten or forgotten before anything reads them: on no path from the
 * assignment does the function look at the variable. Variables that live on elsewhere are not judged.
 */
import { findPath } from '../../../core/flow/paths.ts';
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { type GoFlow, goFlow } from '../../../languages/go/flow.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoBinding, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  enclosingFunction,
  FUNCTION_KINDS,
  isAssigned,
  operatorOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { isOnFailurePath } from './calls.ts';

const ERROR_NAME = /^(?:err\d?|[a-z]\w*Err|err[A-Z]\w*)$/;

/** Whether the variable may be read by someone else: a closure, a pointer, the caller. */
function livesOn(binding: GoBinding, owner: number): boolean {
  if (binding.kind !== 'variable' || binding.owner !== owner) return true;
  return binding.uses.some((use) => {
    if (use.ancestor(...FUNCTION_KINDS)?.index !== owner) return true;
    return use.parent?.kind === 'unary_expression' && operatorOf(use.parent) === '&';
  });
}

function asksFor(statement: GoNode, name: string): boolean {
  return statement.child('condition')?.text.startsWith(`${name} != nil`) === true;
}

/** Whether the variable is read on some path from the assignment before it is assigned again. */
function isRead(flow: GoFlow, from: number, binding: GoBinding): boolean {
  const reads = new Set<number>();
  const writes = new Set<number>();
  for (const use of binding.uses) {
    const id = flow.at(use);
    if (id < 0) continue;
    if (isAssigned(use)) writes.add(id);
    else reads.add(id);
  }
  // The range, select and switch heads belong to several nodes: a read there counts for all of them.
  return findPath(flow.graph, { from, target: (id) => reads.has(id), blocks: (id) => writes.has(id) }) !== null;
}

export const assignedErrors: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['short_var_declaration', 'assignment_statement'],
  triggers: ['err', 'Err'],
  when: (node) => /[eE]rr/.test(node.child('left')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const target = assignedExpressions(node).at(-1);
    if (target?.kind !== 'identifier' || !ERROR_NAME.test(target.text)) return;
    const values = assignedValues(node);
    if (values.length !== 1 || unparenthesized(values[0]!).kind !== 'call_expression') return;
    const operator = node.child('operator')?.text ?? '';
    if (operator !== '' && operator !== '=') return;
    // Nearly always the next statement asks for it.
    const next = node.nextSibling?.isNamed === false ? node.nextSibling.nextSibling : node.nextSibling;
    if (next?.kind === 'if_statement' && asksFor(next, target.text)) {
      yield { kind: 'pass', subject: target.span };
      return;
    }
    const scope = scopeAround(ctx, node);
    const binding = scope?.bindingOf(target) ?? null;
    const owner = enclosingFunction(node);
    if (binding === null || owner === null || livesOn(binding, owner.index)) return;
    // `if err := f(); err != nil`
    if (node.parent?.kind === 'if_statement' && asksFor(node.parent, target.text)) {
      yield { kind: 'pass', subject: target.span };
      return;
    }
    const flow = ctx.get(goFlow, owner);
    const from = flow.at(node);
    if (from < 0) return;
    if (isRead(flow, from, binding)) {
      yield { kind: 'pass', subject: target.span };
      return;
    }
    if (isOnFailurePath(node)) return;
    yield { kind: 'fail', subject: target.span, message: 'overwritten', args: { name: target.text } };
  },
};
