/** Channels of Go that one function closes twice on the same way: plainly, or once more when it is left. */
import { findPath } from '../../../core/flow/paths.ts';
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { goFlow } from '../../../languages/go/flow.ts';
import { dependsOn, placeOf } from '../../../languages/go/locks/operations.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { goScope } from '../../../languages/go/scope.ts';
import { assignedExpressions, callArguments, FUNCTION_KINDS, topLevelOf } from '../../../languages/go/syntax.ts';

function isConditional(node: GoNode): boolean {
  const around = node.ancestor(
    'if_statement',
    'for_statement',
    'expression_case',
    'type_case',
    'default_case',
    'communication_case',
    ...FUNCTION_KINDS,
  );
  return around !== null && !(FUNCTION_KINDS as readonly string[]).includes(around.kind);
}

const closings: NodeDetector<unknown, GoNode> = {
  kinds: ['call_expression'],
  triggers: ['close('],
  calls: (name) => name === 'close',
  *check(node, ctx): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    const owner = node.ancestor(...FUNCTION_KINDS);
    const [channel] = callArguments(node);
    if (declaration === null || owner === null || channel === undefined || node.child('function')?.text !== 'close')
      return;
    const scope = ctx.get(goScope, declaration);
    const place = placeOf(channel, scope);
    if (place === null) return;
    const others = owner
      .descendants('call_expression')
      .filter(
        (call) =>
          call.index !== node.index &&
          call.child('function')?.text === 'close' &&
          call.ancestor(...FUNCTION_KINDS)?.index === owner.index &&
          callArguments(call).length === 1 &&
          placeOf(callArguments(call)[0]!, scope) === place,
      );
    if (others.length === 0) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const flow = ctx.get(goFlow, owner);
    // A new channel, or another value that has it.
    const changed = new Set<number>();
    for (const statement of owner.descendants('assignment_statement', 'short_var_declaration', 'range_clause')) {
      const isChange = assignedExpressions(statement).some((target) => {
        const name = placeOf(target, scope);
        return name !== null && dependsOn(place, name);
      });
      if (isChange) changed.add(flow.at(statement));
    }
    const here = flow.at(node);
    for (const other of others) {
      const before = flow.at(other);
      if (before < 0 || here < 0 || before === here) continue;
      const blocks = (id: number): boolean => changed.has(id);
      const isDeferred = node.parent?.kind === 'defer_statement';
      // Of a deferred call and a plain one the plain one is named.
      if (isDeferred) continue;
      const reaches =
        findPath(flow.graph, { from: before, target: (id) => id === here, blocks }) !== null ||
        (other.parent?.kind === 'defer_statement' &&
          findPath(flow.graph, { from: here, target: (id) => id === before, blocks }) !== null);
      if (!reaches) continue;
      // Conditions may exclude each other: only what always runs counts for the second one.
      if (other.parent?.kind !== 'defer_statement' && isConditional(node)) continue;
      const message = other.parent?.kind === 'defer_statement' ? 'deferred' : 'twice';
      const related = [{ span: other.span, message: 'Closed here, too' }];
      yield { kind: 'fail', subject: node.span, message, args: { channel: channel.text }, related };
      return;
    }
    yield { kind: 'pass', subject: node.span };
  },
};

export const detectors: readonly Detector[] = [closings as Detector];
