/**
 * Python: `with lock:` around an await, for locks that are known to be those of `threading`. What stands in an inner
 * function is no part of the block.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { bodyOf, hasToken, isAsync, onlyChild, runningFunction } from '../../../languages/python/syntax.ts';

const THREAD_LOCK = /^(?:threading|multiprocessing)\.(?:R?Lock|(?:Bounded)?Semaphore|Condition)\(\)$/;

const blocks: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['with_statement'],
  triggers: ['async def'],
  *check(node, ctx): Iterable<Verdict> {
    const owner = runningFunction(node);
    const body = bodyOf(node);
    if (owner === null || body === null || !isAsync(owner) || hasToken(node, 'async')) return;
    for (const item of node.descendants('with_item')) {
      if (item.ancestor('with_statement')?.equals(node) !== true) continue;
      const value = item.child('value') ?? onlyChild(item);
      if (value === null || (value.kind !== 'identifier' && value.kind !== 'attribute')) continue;
      if (!THREAD_LOCK.test(chainOf(value, ctx) ?? '')) continue;
      const [rests] = body.descendants('await').filter((one) => runningFunction(one)?.equals(owner) === true);
      if (rests === undefined) yield { kind: 'pass', subject: item.span };
      else {
        yield {
          kind: 'fail',
          subject: item.span,
          message: 'held',
          args: { lock: value.text },
          related: [{ span: rests.span, message: 'It is held here.' }],
        };
      }
    }
  },
};

export const pythonDetectors: readonly Detector[] = [blocks as NodeDetector];
