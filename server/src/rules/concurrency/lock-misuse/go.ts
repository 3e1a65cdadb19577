/** Assignments of Go that replace the whole value which a method was called on: `*s = Server{}`. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { assignedExpressions, receiverOf, topLevelOf } from '../../../languages/go/syntax.ts';

/** Key: type of the receiver. */
export const OVERWRITTEN = 'lock.overwritten';

const overwriting: NodeDetector<unknown, GoNode> = {
  kinds: ['assignment_statement'],
  when: (node) => node.tree.text[node.start] === '*',
  *check(node): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    const receiver = declaration?.kind === 'method_declaration' ? receiverOf(declaration) : null;
    const [target] = assignedExpressions(node);
    if (receiver === null || target?.text !== `*${receiver.name}` || node.child('operator')?.text === '+=') return;
    yield fact(OVERWRITTEN, receiver.type, null, node);
  },
};

export const detectors: readonly Detector[] = [overwriting as Detector];
