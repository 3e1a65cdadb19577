/**
 * Python: a lock that a function takes by `acquire()` and releases, but not on every path: an early return, or an
 * exception that nobody catches in between. A function that never releases it hands it on.
 */
import { findPath } from '../../../core/flow/paths.ts';
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf } from '../../../languages/python/chains.ts';
import { flowAround } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  awaited,
  calledName,
  calledOn,
  definedName,
  keywordArguments,
  onlyChild,
  positionalArguments,
  runningFunction,
  statementOf,
} from '../../../languages/python/syntax.ts';

const LOCK = /^(?:threading|multiprocessing|asyncio)\.(?:R?Lock|(?:Bounded)?Semaphore|Condition)\(\)$/;
/** Calls that do not fail in practice. */
const HARMLESS =
  /^(?:print|debug|info|warning|error|exception|log|len|str|append|get|time|monotonic|release|notify|notify_all)$/;

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['.acquire('],
  calls: (name) => name === 'acquire',
  *check(node, ctx): Iterable<Verdict> {
    const lock = calledOn(node);
    const owner = runningFunction(node);
    const statement = statementOf(node);
    if (lock === null || owner?.kind !== 'function_definition' || statement?.kind !== 'expression_statement') return;
    const value = onlyChild(statement);
    // `if lock.acquire(timeout=1):` need not have it.
    if (value === null || !awaited(value).equals(node)) return;
    if (positionalArguments(node).length > 0 || keywordArguments(node).length > 0) return;
    if (!LOCK.test(chainOf(lock, ctx) ?? '') || /^(?:__a?enter__|_?acquire\w*|_?lock\w*)$/.test(definedName(owner)))
      return;
    const releases = owner
      .descendants('call')
      .filter((call) => calledName(call) === 'release' && calledOn(call)?.text === lock.text);
    if (releases.length === 0 || releases.some((call) => runningFunction(call)?.equals(owner) !== true)) return;
    const flow = flowAround(ctx, statement);
    const from = flow?.at(statement) ?? -1;
    if (flow === null || from < 0) return;
    const released = new Set(releases.flatMap((call) => [...flow.allAt(call)]));
    const { graph } = flow;
    const fails = (id: number): boolean => {
      const syntax = flow.node(id);
      if (syntax === null || syntax.kind === 'raise_statement') return true;
      return syntax.descendants('call', 'await').some((one) => one.kind === 'await' || !HARMLESS.test(calledName(one)));
    };
    const leaves = (exit: number): boolean =>
      findPath(graph, {
        from,
        target: (id) => id === exit,
        blocks: (id) => released.has(id) || id === from,
        step: (edge, state) => (edge.label === 'raises' && (edge.from === from || !fails(edge.from)) ? null : state),
      }) !== null;
    const args = { acquire: `${lock.text}.acquire()`, release: `${lock.text}.release()` };
    if (leaves(graph.exit)) yield { kind: 'fail', subject: node.span, message: 'path', args };
    else if (leaves(graph.panicExit))
      yield { kind: 'fail', subject: node.span, message: 'raising', args, severity: 'high' };
    else yield { kind: 'pass', subject: node.span };
  },
};

/** `with lock:` */
const managed: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['with_item'],
  triggers: ['ock:', 'ock)', 'sem', 'cond'],
  *check(node, ctx): Iterable<Verdict> {
    const value = node.child('value') ?? onlyChild(node);
    if (value !== null && /^[\w.]+$/.test(value.text) && LOCK.test(chainOf(value, ctx) ?? ''))
      yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [calls, managed] as NodeDetector[];
