/**
 * Python: a `threading.Lock` of an object that a method takes again while it holds it, itself or through another method of
 * the same class. Locks of type RLock may be taken again and are no matter here.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import { locksTakenIn, type TakenLock } from '../../../languages/python/locks.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  calledName,
  calledOn,
  definedName,
  hasToken,
  isAsync,
  methodsOf,
  runningFunction,
} from '../../../languages/python/syntax.ts';

/** What a method takes by `with self.lock:` in its own body. */
function takenIn(method: PythonNode, ctx: ChunkContext): TakenLock[] {
  return locksTakenIn(method, ctx, /^threading\.Lock\(\)$/).filter(
    ({ lock, statement }) => lock.startsWith('self.') && !hasToken(statement, 'async'),
  );
}

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['Lock('],
  when: (_node, { file }) => importsModule(file.header, 'threading'),
  *check(node, ctx): Iterable<Verdict> {
    const methods = methodsOf(node);
    const taken = new Map<string, TakenLock[]>();
    const named = new Map<string, number>();
    for (const method of methods) {
      const name = definedName(method);
      named.set(name, (named.get(name) ?? 0) + 1);
      const isLater = isAsync(method) || method.descendants('yield').length > 0;
      if (!isLater) taken.set(name, takenIn(method, ctx));
    }
    for (const [name, list] of taken) {
      if (named.get(name) !== 1) continue;
      for (const { item, lock, body } of list) {
        const again = list.find((other) => other.lock === lock && body.contains(other.item));
        if (again !== undefined) {
          yield { kind: 'fail', subject: again.item.span, message: 'direct', args: { lock } };
          continue;
        }
        const method = runningFunction(item);
        const call = body.descendants('call').find((one) => {
          if (calledOn(one)?.text !== 'self' || method === null || runningFunction(one)?.equals(method) !== true)
            return false;
          const called = calledName(one);
          return named.get(called) === 1 && taken.get(called)?.some((other) => other.lock === lock) === true;
        });
        if (call === undefined) yield { kind: 'pass', subject: item.span };
        else {
          yield {
            kind: 'fail',
            subject: call.span,
            message: 'called',
            args: { name: calledName(call), lock },
            related: [{ span: item.span, message: 'The lock is taken here.' }],
          };
        }
      }
    }
  },
};

export const pythonDetectors: readonly Detector[] = [classes as NodeDetector];
