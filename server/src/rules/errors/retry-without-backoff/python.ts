/**
 * Python: loops over a number of attempts that sleep for a fixed time, or one in step with the attempt, in the handler of
 * what failed. Loops without such a number are polls and workers, which may well keep their pace.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { numberValue } from '../../../languages/python/strings.ts';
import { positionalArguments, unparenthesized } from '../../../languages/python/syntax.ts';

/** The loop of attempts whose failure a node deals with; null when it is none. */
function attemptsAround(node: PythonNode): PythonNode | null {
  const handler = node.ancestor('except_clause', 'function_definition', 'lambda', 'for_statement', 'while_statement');
  if (handler?.kind !== 'except_clause') return null;
  const loop = handler.ancestor('for_statement', 'while_statement', 'function_definition', 'lambda');
  if (loop?.kind === 'for_statement') return /^range\(/.test(loop.child('right')?.text ?? '') ? loop : null;
  if (loop?.kind !== 'while_statement') return null;
  return /retr|attempt|tries/i.test(loop.child('condition')?.text ?? '') ? loop : null;
}

/** Whether what is tried again is work with files of this machine, which no number of clients can overrun. */
function isLocal(sleep: PythonNode): boolean {
  const tried = sleep.ancestor('except_clause')?.parent?.child('body')?.text ?? '';
  return (
    /(?<![\w.])open\(|\bpickle\.|\bos\.(?:rename|replace|remove|unlink)\(|\bshutil\.|\.(?:read|write)_(?:text|bytes)\(/.test(
      tried,
    ) && !/\bawait\b|requests|http|urlopen|session|client|socket|conn/i.test(tried)
  );
}

const sleeps: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['except'],
  calls: (name) => name === 'sleep',
  *check(node, ctx): Iterable<Verdict> {
    const loop = attemptsAround(node);
    if (loop === null || !/^(?:time|asyncio)\.sleep$/.test(callChain(node, ctx))) return;
    const [delay, ...more] = positionalArguments(node);
    if (delay === undefined || more.length > 0) return;
    if (/\*\*|<<|\bpow\(|random|jitter|backoff/i.test(delay.text)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const seconds = numberValue(delay);
    const name = loop.kind === 'for_statement' ? (loop.child('left')?.text ?? '') : '';
    const isCounter = /^[a-zA-Z]\w*$/.test(name);
    const inner = unparenthesized(delay);
    const isLinear =
      isCounter &&
      (inner.kind === 'binary_operator' || inner.kind === 'identifier') &&
      inner
        .descendants('identifier')
        .concat(inner)
        .some(({ text }) => text === name) &&
      inner.descendants('call').length === 0;
    if (seconds === null && !isLinear) return;
    // Less than a second is a spin on this machine; a loop that breaks off at the first answer waits for a start.
    if (seconds !== null && seconds < 1) return;
    if (isLocal(node)) return;
    if (loop.child('left')?.text === '_' && loop.descendants('break_statement').length > 0) return;
    const base = seconds ?? 1;
    const fix: Fix = {
      title: 'Double the delay and add a random part',
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(delay, `min(60, ${base} * 2**${name}) + random.random()`), importing(['random'])],
    };
    yield {
      kind: 'fail',
      subject: node.span,
      message: isLinear ? 'linear' : 'fixed',
      args: isLinear ? { name } : { delay: `${seconds} ${seconds === 1 ? 'second' : 'seconds'}` },
      fixes: isCounter && name !== '_' ? [fix] : [],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [sleeps as NodeDetector];
