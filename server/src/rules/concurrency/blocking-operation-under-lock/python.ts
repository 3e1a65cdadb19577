/**
 * Python: sleeps, requests and processes that are waited for inside of `with lock:`, for locks that are known to be those
 * of `threading`. A lock that by its name serialises just that, and databases, whose locks do, are left alone.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { blockingCall, importsBlocking, mayBlock } from '../../../knowledge/python/blocking.ts';
import { chainOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { bodyOf, calledName, hasToken, onlyChild, runningFunction } from '../../../languages/python/syntax.ts';

/** Names of locks that are there to let one caller after the other do the slow thing. */
const SERIALISES =
  /rate|limit|throttle|request|session|client|api|proc|command|cmd|run|exec|git|http|conn|serial|send|write|device|port|build|install|download|refresh|token|init|load/i;

const blocks: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['with_statement'],
  when: (_node, { file }) => file.header.imports.some(({ module }) => module === 'threading'),
  *check(node, ctx): Iterable<Verdict> {
    const body = bodyOf(node);
    if (body === null || hasToken(node, 'async')) return;
    const owner = runningFunction(node);
    for (const item of node.descendants('with_item')) {
      if (item.ancestor('with_statement')?.equals(node) !== true) continue;
      const lock = item.child('value') ?? onlyChild(item);
      if (lock === null || (lock.kind !== 'identifier' && lock.kind !== 'attribute')) continue;
      if (!/^threading\.R?Lock\(\)$/.test(chainOf(lock, ctx) ?? '')) continue;
      const found = importsBlocking(ctx.file.header) ? slowCall(body, owner, ctx) : null;
      if (found === null) {
        yield { kind: 'pass', subject: item.span };
        continue;
      }
      if (SERIALISES.test(lock.text)) continue;
      yield {
        kind: 'fail',
        subject: (found.call.child('function') ?? found.call).span,
        message: found.message,
        args: { call: found.chain, lock: lock.text },
        related: [{ span: item.span, message: 'The lock is taken here.' }],
      };
    }
  },
};

function slowCall(body: PythonNode, owner: PythonNode | null, ctx: Parameters<typeof blockingCall>[1]) {
  for (const call of body.descendants('call')) {
    if (!mayBlock(calledName(call))) continue;
    const around = runningFunction(call);
    if (owner === null ? around !== null : around?.equals(owner) !== true) continue;
    const found = blockingCall(call, ctx);
    if (found === null || found.kind === 'database' || found.kind === 'files') continue;
    const message = found.kind === 'sleep' ? 'sleep' : found.kind === 'process' ? 'process' : 'request';
    return { call, message, chain: found.chain.replaceAll('()', '') };
  }
  return null;
}

export const pythonDetectors: readonly Detector[] = [blocks as NodeDetector];
