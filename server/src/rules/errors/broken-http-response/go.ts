/**
 * Handlers of Go that answer twice: the way goes on behind an error reply and comes to another one, or a reply follows a
 * failed WebSocket upgrade, which has answered already. Ways are those of the flow graph of one handler; a branch that
 * sets a variable is left alone, since the variable may decide what comes after.
 */
import { findPath } from '../../../core/flow/paths.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { isReplyName, type Reply, replyOf } from '../../../knowledge/go/replies.ts';
import { flowAround, nodesRunAt } from '../../../languages/go/flow.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  calledName,
  enclosingFunction,
  indentationOf,
  lineBreakOf,
  lineSpanOf,
  nilComparison,
  onlyChild,
  resultsOf,
  statementOf,
  statementsOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../../languages/go/types.ts';

const replies: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['http.Error', 'http.NotFound', 'JSON', '.String(', '.XML(', '.HTML(', 'Redirect'],
  calls: (name) =>
    /^(?:Error|NotFound|Redirect|JSON|IndentedJSON|PureJSON|AbortWithStatusJSON|String|XML|HTML|SendString)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    const statement = statementOf(node);
    // What is returned, or the last thing that happens, is the only answer.
    if (statement?.kind !== 'expression_statement' || onlyChild(statement)?.index !== node.index) return;
    const branch = statement.parent?.parent ?? null;
    if (branch?.kind !== 'block' || branch.parent?.kind !== 'if_statement') return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    const reply = types === null ? null : replyOf(node, types);
    if (types === null || scope === null || reply === null || !reply.whole) return;
    const upgrade = failedUpgrade(branch, scope, types);
    if (upgrade !== null) {
      yield {
        kind: 'fail',
        subject: statement.span,
        message: 'upgrade',
        related: [{ span: upgrade.span, message: 'answers when it fails' }],
        fixes: [removal(statement)],
      };
      return;
    }
    if (reply.statusClass === null || reply.statusClass < 4) return;
    const siblings = statementsOf(branch);
    if (siblings.at(-1)?.kind === 'return_statement') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (siblings.at(-1)?.index !== statement.index || siblings.some((other) => other.kind !== 'expression_statement'))
      return;
    if (isFollowedByAnother(reply, branch.parent, types, ctx)) {
      yield {
        kind: 'fail',
        subject: statement.span,
        message: 'twice',
        args: { call: node.child('function')?.text ?? '' },
        fixes: returnFix(statement),
      };
    }
  },
};

/** Whether a way leads on to another reply into the same writer. */
function isFollowedByAnother(
  reply: Reply,
  branch: GoNode,
  types: GoTypes,
  ctx: Parameters<typeof flowAround>[0],
): boolean {
  const flow = flowAround(ctx, reply.call);
  if (flow === null) return false;
  const from = flow.at(reply.call);
  if (from < 0) return false;
  const condition = branch.child('condition');
  const isReply = (id: number): boolean =>
    id !== from &&
    nodesRunAt(flow, id, 'call_expression').some((other) => {
      if (!isReplyName(calledName(other))) return false;
      if (other.ancestor('defer_statement', 'block')?.kind === 'defer_statement') return false;
      return replyOf(other, types)?.to === reply.to;
    });
  const path = findPath(flow.graph, {
    from,
    target: isReply,
    // The condition of the branch still holds.
    step(edge, state) {
      if (edge.label === 'always' || condition === null) return state;
      const test = flow.node(edge.from);
      if (test === null) return state;
      if (test.text === condition.text) return edge.label === 'true' ? state : null;
      const [left, right] = [nilComparison(test), nilComparison(condition)];
      if (left === null || right === null || left.operand.text !== right.operand.text) return state;
      return (left.equal === right.equal) === (edge.label === 'true') ? state : null;
    },
  });
  return path !== null;
}

/** The call of gorilla's Upgrade whose failure the branch handles, or null. */
function failedUpgrade(branch: GoNode, scope: GoScope, types: GoTypes): GoNode | null {
  const condition = branch.parent?.child('condition') ?? null;
  const comparison = condition === null ? null : nilComparison(condition);
  if (comparison === null || comparison.equal || branch.field !== 'consequence') return null;
  const error = unparenthesized(comparison.operand);
  const binding = error.kind === 'identifier' ? scope.bindingOf(error) : null;
  if (binding === null) return null;
  // The last assignment before the branch.
  let assigned: GoNode | null = null;
  for (const name of [binding.node, ...binding.uses]) {
    if (name.start >= error.start) break;
    const statement =
      name.parent?.kind === 'expression_list' && name.parent.field === 'left' ? name.parent.parent : null;
    if (statement !== null && assignedExpressions(statement).some((target) => target.index === name.index))
      assigned = statement;
  }
  const [value, ...more] = assigned === null ? [] : assignedValues(assigned);
  if (value?.kind !== 'call_expression' || more.length > 0 || calledName(value) !== 'Upgrade') return null;
  const callee = types.calleeOf(value);
  if (callee.kind !== 'method') return null;
  const known =
    callee.type === null ? /upgrader$/i.test(callee.receiver.text) : /gorilla\/websocket\.Upgrader$/.test(callee.type);
  return known && value.text.includes(',') ? value : null;
}

function removal(statement: GoNode): Fix {
  return {
    title: 'Remove this second answer',
    safety: 'suggestion',
    preferred: true,
    edits: [{ kind: 'replace', span: lineSpanOf(statement), newText: '' }],
  };
}

function returnFix(statement: GoNode): readonly Fix[] {
  const owner = enclosingFunction(statement);
  if (owner === null || resultsOf(owner).length > 0) return [];
  const newText = `${lineBreakOf(statement)}${indentationOf(statement)}return`;
  return [
    {
      title: 'Return behind the reply',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start: statement.end, end: statement.end }, newText }],
    },
  ];
}

export const go: readonly NodeDetector[] = [replies as NodeDetector];
