/**
 * Python: tasks of asyncio that nobody keeps. Tasks of a group, and those whose value is used in any way, are kept.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { isWaived } from '../../../languages/python/syntax.ts';

const STARTS =
  /^asyncio\.(?:create_task|ensure_future|(?:get_event_loop|get_running_loop|new_event_loop)\(\)\.create_task)$/;

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => name === 'create_task' || name === 'ensure_future',
  when: (_node, { file }) => importsModule(file.header, 'asyncio'),
  *check(node, ctx): Iterable<Verdict> {
    if (!STARTS.test(callChain(node, ctx))) return;
    if (node.parent?.kind !== 'expression_statement') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (isWaived(node, /\bRUF006\b/)) return;
    yield { kind: 'fail', subject: (node.child('function') ?? node).span, message: 'task' };
  },
};

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
