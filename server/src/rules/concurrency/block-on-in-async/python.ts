/**
 * Python: `asyncio.run` and `run_until_complete` in an `async def`. Functions and lambdas inside of it run elsewhere, and
 * files that patch the loop to be entered again are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { isAsync, keywordArguments, positionalArguments, runningFunction } from '../../../languages/python/syntax.ts';

const STARTS = /^asyncio\.(?:run|(?:get_event_loop|get_running_loop|new_event_loop)\(\)\.run_until_complete)$/;

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => name === 'run' || name === 'run_until_complete',
  when: (_node, { file }) => importsModule(file.header, 'asyncio') && !importsModule(file.header, 'nest_asyncio'),
  *check(node, ctx): Iterable<Verdict> {
    const owner = runningFunction(node);
    if (owner === null || !STARTS.test(callChain(node, ctx))) return;
    if (!isAsync(owner)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const callee = node.child('function') ?? node;
    const [coroutine, ...more] = positionalArguments(node);
    const isAlone = coroutine?.kind === 'call' && more.length === 0 && keywordArguments(node).length === 0;
    const isPlain = /^(?:expression_statement|assignment|return_statement)$/.test(node.parent?.kind ?? '');
    const fixes: readonly Fix[] = isAlone
      ? [
          {
            title: 'Await it',
            safety: 'suggestion',
            preferred: true,
            edits: [replaced(node, isPlain ? `await ${coroutine.text}` : `(await ${coroutine.text})`)],
          },
        ]
      : [];
    yield { kind: 'fail', subject: callee.span, message: 'nested', args: { call: callee.text }, fixes };
  },
};

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
