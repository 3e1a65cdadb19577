/**
 * Python: attributes of a `threading.local` that an `async def` sets before it awaits. What is set and used with no await
 * in between is safe, and so is what synchronous functions do.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignmentTargets, isAsync, runningFunction } from '../../../languages/python/syntax.ts';

const stores: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['async def'],
  when: (node, { file }) => node.child('left')?.kind === 'attribute' && importsModule(file.header, 'threading'),
  *check(node, ctx): Iterable<Verdict> {
    const owner = runningFunction(node);
    if (owner === null || !isAsync(owner)) return;
    for (const { target } of assignmentTargets(node)) {
      const holder = target.kind === 'attribute' ? target.child('object') : null;
      if (holder === null || chainOf(holder, ctx) !== 'threading.local()') continue;
      const rests = owner
        .descendants('await')
        .find((one) => one.start > node.end && runningFunction(one)?.equals(owner) === true);
      if (rests === undefined) {
        yield { kind: 'pass', subject: target.span };
        continue;
      }
      yield {
        kind: 'fail',
        subject: target.span,
        message: 'stored',
        args: { name: holder.text },
        related: [{ span: rests.span, message: 'Other tasks run here.' }],
      };
    }
  },
};

const contexts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['async def'],
  calls: (name) => name === 'set',
  when: (_node, { file }) => importsModule(file.header, 'contextvars'),
  *check(node, ctx): Iterable<Verdict> {
    if (callChain(node, ctx) === 'contextvars.ContextVar().set') yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [stores as NodeDetector, contexts as NodeDetector];
