/** Go: commands that are run to their end without a context that could stop them, and without a watchdog in sight. */
import type { Json } from '../../../core/model/json.ts';
import type { Fix, Severity, Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { initialValueOf } from '../../../knowledge/go/frameworks.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import type { PendingVerdict } from '../../../languages/go/pending.ts';
import { contextAtHand, isFreshContext } from '../../../languages/go/requests.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledExpression,
  FUNCTION_KINDS,
  functionName,
  isAssigned,
  stringLiteralValue,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

/** Key: ''. A command is run to its end: what to say of a service. */
export const RUN_FACT = 'subprocess-without-timeout.run';

/** The variable only says what to run: nobody who might watch the process gets hold of it. */
function isWatched(name: GoNode, scope: GoScope): boolean {
  const binding = scope.bindingOf(name);
  if (binding === null || binding.kind !== 'variable') return true;
  return binding.uses.some((use) => {
    if (isAssigned(use)) return true;
    const selector = use.parent;
    if (selector?.kind !== 'selector_expression') return true;
    const field = selector.child('field')?.text ?? '';
    // Somebody sits in front of it.
    if (field === 'Stdin') return selector.parent?.parent?.text.includes('os.Stdin') === true;
    return /^(?:Process|Cancel|WaitDelay|Start|Wait)$/.test(field);
  });
}

const runs: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['exec.'],
  calls: (name) => name === 'Run' || name === 'Output' || name === 'CombinedOutput',
  *check(node, ctx): Iterable<Verdict> {
    const callee = calledExpression(node);
    const receiver = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    if (receiver === null || scope === null || types === null) return;
    const inner = unparenthesized(receiver);
    const value = inner.kind === 'identifier' ? initialValueOf(inner, scope) : inner;
    const made = value === null ? null : unparenthesized(value);
    if (made?.kind !== 'call_expression') return;
    const id = calleeId(types.calleeOf(made));
    const [first] = callArguments(made);
    if (id === 'os/exec.CommandContext') {
      if (first === undefined) return;
      if (!isFreshContext(first, types)) {
        yield { kind: 'pass', subject: made.span };
        return;
      }
    } else if (id !== 'os/exec.Command') return;
    if (inner.kind === 'identifier' && isWatched(inner, scope)) return;
    const owner = node.ancestor(...FUNCTION_KINDS);
    if (owner === null || /^(?:main|init)$/.test(functionName(owner))) return;
    const context = contextAtHand(node, scope, types);
    const values = callArguments(made);
    const isFixed = values.every((argument) => stringLiteralValue(argument) !== null);
    const severity: Severity = isFixed ? 'medium' : 'high';
    const fixes: Fix[] = [];
    const called = calledExpression(made);
    if (context !== null && called !== null && id === 'os/exec.Command' && context.binding.node.start < made.start) {
      const name = called.text.replace(/Command$/, 'CommandContext');
      const open = made.child('arguments')!.start + 1;
      fixes.push({
        title: `Run it with ${context.expression}`,
        safety: 'suggestion',
        preferred: true,
        edits: [
          { kind: 'replace', span: called.span, newText: name },
          { kind: 'replace', span: { start: open, end: open }, newText: `${context.expression}, ` },
        ],
      });
    }
    const verdict: PendingVerdict = {
      kind: 'fail',
      subject: made.span,
      message: id === 'os/exec.Command' ? 'none' : 'background',
      severity,
      fixes,
    };
    yield fact(RUN_FACT, '', verdict as unknown as Json, made);
  },
};

export const goDetectors = [runs];
