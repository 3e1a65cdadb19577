/** Python: child processes that are waited for without a limit, as pending verdicts: the judge knows what is a service. */

import type { Json } from '../../../core/model/json.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { keywordInserted } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  definedName,
  hasKeywordSplat,
  keywordArgument,
  positionalArguments,
  runningFunction,
} from '../../../languages/python/syntax.ts';

/** Key: ''; the value is the verdict. */
export const PYTHON_RUN = 'subprocess-without-timeout.python-run';

const RUN = /^subprocess\.(?:run|call|check_call|check_output)$/;
const WAIT = /^subprocess\.Popen\(\)\.(?:wait|communicate)$/;
const ASYNC_WAIT = /^asyncio\.create_subprocess_(?:exec|shell)\(\)\.(?:wait|communicate)$/;
const LIMITS = /\b(?:asyncio\.)?(?:wait_for|timeout|timeout_at|fail_after|move_on_after)\b/;

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['subprocess'],
  calls: (name) => /^(?:run|call|check_call|check_output|wait|communicate)$/.test(name),
  when: (_node, { file }) => importsModule(file.header, 'subprocess') || importsModule(file.header, 'asyncio'),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    const isRun = RUN.test(chain);
    const isWait = WAIT.test(chain);
    if (!isRun && !isWait && !ASYNC_WAIT.test(chain)) return;
    const owner = runningFunction(node);
    // What runs while the program starts or from a command line has somebody in front of it.
    if (owner === null || /^(?:main|cli|_?main_\w*|setup\w*|install\w*|build\w*)$/.test(definedName(owner))) return;
    if (hasKeywordSplat(node)) return;
    // Asking for a version comes to an end; tools for a command line have somebody in front of them.
    if (/['"](?:--?version|-V|rm|which|cp|mv|mkdir|chmod|chown|touch|p?kill|killall)['"]/.test(node.text)) return;
    if (
      /['"]git['"],\s*['"](?:branch|config|describe|diff|log|ls-files|rev-parse|show|status|symbolic-ref|tag)['"]/.test(
        node.text,
      )
    )
      return;
    if (['click', 'typer', 'argparse', 'fire'].some((module) => importsModule(ctx.file.header, module))) return;
    const limit = keywordArgument(node, 'timeout');
    const isLimited =
      (limit !== null && limit.kind !== 'none') ||
      (isWait && chain.endsWith('wait') && positionalArguments(node).length > 0) ||
      (isWait && positionalArguments(node).length > 1) ||
      isInside(node, owner);
    // A thread or timer that ends it.
    const isWatched = /\.(?:kill|terminate|send_signal)\b|\bTimer\(/.test(owner.text) && !isRun;
    if (isLimited || isWatched) {
      yield fact(PYTHON_RUN, '', { kind: 'pass', subject: node.span } as unknown as Json, node);
      return;
    }
    const edit = isRun || isWait ? keywordInserted(node, 'timeout', '30') : null;
    const fixes: readonly Fix[] =
      edit === null
        ? []
        : [{ title: 'Give the command 30 seconds', safety: 'suggestion', preferred: true, edits: [edit] }];
    const verdict = { kind: 'fail', subject: node.span, message: isRun || isWait ? 'python' : 'async', fixes };
    yield fact(PYTHON_RUN, '', verdict as unknown as Json, node);
  },
};

/** Whether a limit of asyncio is around the call. */
function isInside(node: PythonNode, owner: PythonNode): boolean {
  for (let around = node.parent; around !== null && !around.equals(owner); around = around.parent) {
    if (around.kind === 'call' && LIMITS.test(around.child('function')?.text ?? '')) return true;
    if (around.kind === 'with_statement' && LIMITS.test(around.childOfKind('with_clause')?.text ?? '')) return true;
  }
  return false;
}

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
