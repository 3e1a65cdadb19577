/** A goroutine is started, and the next statement sleeps for a fixed time. Loops that pace their work are left alone. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { callArguments, FUNCTION_KINDS, onlyChild, syntaxChildren } from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

/** Statements that wait for a goroutine. */
const WAITING = /\.Wait\(|<-|\.Join\(|Eventually\(|WaitFor/;

/** An assertion that nothing has happened in the meantime. */
const DENYING = /^(?:require|assert)\.(?:False|Never|Empty|Zero|NotEqual|NotContains|Nil)|^if [\w.]+\.Load\(\)/;

function next(statement: GoNode): GoNode | null {
  let sibling = statement.nextSibling;
  while (sibling !== null && (!sibling.isNamed || sibling.kind === 'comment')) sibling = sibling.nextSibling;
  return sibling;
}

function isInBubble(node: GoNode): boolean {
  for (let call = node.ancestor('call_expression'); call !== null; call = call.ancestor('call_expression')) {
    if (/^synctest\.(?:Test|Run)$/.test(call.child('function')?.text ?? '')) return true;
  }
  return false;
}

/** Whether the time is written in the source, so that nobody has thought about the machine it runs on. */
function isFixed(duration: GoNode): boolean {
  return duration.descendants('int_literal', 'float_literal').length > 0 || /^time\.[A-Z]\w*$/.test(duration.text);
}

export const startedThenSlept: NodeDetector<unknown, GoNode> = {
  kinds: ['go_statement'],
  *check(node, ctx): Iterable<Verdict> {
    const after = next(node);
    if (after === null || node.parent?.kind !== 'statement_list') return;
    const call = after.kind === 'expression_statement' ? onlyChild(after) : null;
    if (call?.kind !== 'call_expression' || !call.text.startsWith('time.Sleep(')) {
      if (WAITING.test(after.text)) yield { kind: 'pass', subject: { start: node.start, end: node.start + 2 } };
      return;
    }
    // In a bubble of testing/synctest a sleep ends when all goroutines wait.
    if (isInBubble(node)) return;
    const types = typesAround(ctx, node);
    const [duration] = callArguments(call);
    if (types === null || duration === undefined || calleeId(types.calleeOf(call)) !== 'time.Sleep') return;
    // A loop starts one after the other, and a program that only sleeps on is a demonstration.
    if (node.ancestor('for_statement', ...FUNCTION_KINDS)?.kind === 'for_statement' || !isFixed(duration)) return;
    const rest = syntaxChildren(node.parent).filter((statement) => statement.start > after.start);
    // That something does not happen cannot be waited for.
    if (rest.length === 0 || DENYING.test(rest[0]!.text)) return;
    yield {
      kind: 'fail',
      subject: after.span,
      message: 'slept',
      related: [{ span: { start: node.start, end: node.start + 2 }, message: 'Started here' }],
    };
  },
};
