/**
 * Go: loops that try again after a failure and wait the same time, or a little longer each time. Loops that wait for a
 * result, or run at intervals, are none.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoBinding, type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  FUNCTION_KINDS,
  functionName,
  nilComparison,
  statementOf,
  statementsOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, typesAround } from '../../../languages/go/types.ts';

/** Names of loops that count what they have tried. */
const ATTEMPT = /attempt|retr(?:y|ies)|\btries\b|\btry\b|reconnect|backoff/i;
/** Loops that wait for something to become true. */
const POLL = /poll|until|wait(?!ing)|watch|monitor|schedule|tick/i;
/** A delay that grows, or is not the same for everybody. */
const GROWS = /<<|math\.Pow|\*=|\*\s*2\b|\b2\s*\*|\brand\b|jitter|backoff\s*\(|Backoff\s*\(|NextBackOff|Duration\(\)/i;

/** The loop around that runs the node again: not one outside of a function literal. */
function loopOf(node: GoNode): GoNode | null {
  const around = node.ancestor('for_statement', ...FUNCTION_KINDS);
  return around?.kind === 'for_statement' ? around : null;
}

/** The text of a loop's head: `attempt := 0; attempt < max; attempt++`. */
function headOf(loop: GoNode): string {
  const body = loop.child('body');
  return loop.tree.text.slice(loop.start, body?.start ?? loop.end);
}

/** The branch of an error that the node stands in, within the loop. */
function errorBranch(node: GoNode, loop: GoNode): GoNode | null {
  for (let inner = node; inner.index > loop.index; ) {
    const branch: GoNode | null = inner.ancestor('if_statement');
    if (branch === null || branch.index <= loop.index) return null;
    const condition = branch.child('condition');
    const test = condition === null ? null : nilComparison(condition);
    const isFailed = test !== null && !test.equal && /[eE]rr\w*$/.test(test.operand.text);
    if (isFailed && branch.child('consequence')?.contains(node) === true) return branch;
    inner = branch;
  }
  return null;
}

/** Whether the loop goes round again behind the wait, and does nothing else before. */
function goesRound(wait: GoNode, loop: GoNode): boolean {
  const statement = statementOf(wait);
  const list = statement?.parent ?? null;
  if (statement === null || list === null) return false;
  const rest = statementsOf(list).filter((other) => other.index > statement.index);
  if (rest.length > 0) return rest[0]!.kind === 'continue_statement';
  return list.parent?.index === loop.child('body')?.index || list.parent?.parent?.kind === 'if_statement';
}

/** `case <-time.After(limit)` beside a case that takes a value: the time that an answer may take, not a pause. */
function isTimeLimit(wait: GoNode): boolean {
  const own = wait.ancestor('communication_case', 'block');
  const select = own?.kind === 'communication_case' ? own.parent : null;
  return (select?.namedChildren ?? []).some(
    (other) =>
      other.kind === 'communication_case' &&
      !other.equals(own) &&
      /^(?:[\w., ]+?):?=\s*<-/.test(other.child('communication')?.text ?? ''),
  );
}

/** Whether the loop is left when an error is nil. */
function endsOnSuccess(loop: GoNode): boolean {
  for (const node of loop.descendants('if_statement')) {
    const condition = node.child('condition');
    const test = condition === null ? null : nilComparison(condition);
    if (test === null || !/[eE]rr\w*$/.test(test.operand.text)) continue;
    const body = node.child('consequence');
    const last = body === null ? undefined : statementsOf(body).at(-1);
    if (test.equal && (last?.kind === 'return_statement' || last?.kind === 'break_statement')) return true;
    if (!test.equal && last?.kind === 'continue_statement') return true;
  }
  return false;
}

/** Everything that the delay is made of, as text: what is assigned to its variables, too. */
function delayText(delay: GoNode, scope: GoScope): string {
  const texts = [delay.text];
  for (const name of delay.descendants('identifier')) {
    const binding = scope.bindingOf(name);
    if (binding === null || binding.kind !== 'variable') continue;
    for (const place of [binding.node, ...binding.uses]) {
      const statement = statementOf(place);
      const isHead = place.ancestor('for_clause') !== null;
      if (statement === null || isHead || !/^(?:short_var|assignment|var_decl|inc_|dec_)/.test(statement.kind))
        continue;
      texts.push(statement.text);
    }
  }
  return texts.join('\n');
}

/** The variable that the loop counts with. */
function counterOf(loop: GoNode, scope: GoScope): GoBinding | null {
  const clause = loop.childOfKind('for_clause', 'range_clause');
  const name = clause?.descendants('identifier')[0];
  return name === undefined ? null : scope.bindingOf(name);
}

/** `time.Duration(attempt)` in the delay. */
function factorOf(delay: GoNode, counter: GoBinding | null, scope: GoScope, types: GoTypes): GoNode | null {
  if (counter === null) return null;
  for (const node of delay.descendants('call_expression', 'type_conversion_expression')) {
    const [argument] = callArguments(node);
    if (argument === undefined || calleeId(types.calleeOf(node)) !== 'time.Duration') continue;
    const names = argument.descendants('identifier');
    if (names.some((name) => scope.bindingOf(name) === counter)) return node;
  }
  return null;
}

/** The delay where it is written: the argument, or the only value of the variable that is the argument. */
function writtenDelay(argument: GoNode, scope: GoScope): GoNode {
  const binding = argument.kind === 'identifier' ? scope.bindingOf(argument) : null;
  const statement = binding === null || binding.kind !== 'variable' ? null : statementOf(binding.node);
  if (statement?.kind !== 'short_var_declaration') return argument;
  return unparenthesized(statement.child('right')?.namedChildren[0] ?? argument);
}

const waits: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Sleep(', '.After('],
  calls: (name) => name === 'Sleep' || name === 'After',
  *check(node, ctx): Iterable<Verdict> {
    const loop = loopOf(node);
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (loop === null || types === null || scope === null) return;
    if (!/^time\.(?:Sleep|After)$/.test(calleeId(types.calleeOf(node))) || isTimeLimit(node)) return;
    const [argument] = callArguments(node);
    const owner = node.ancestor(...FUNCTION_KINDS);
    if (argument === undefined || owner === null || loop.childOfKind('range_clause') !== null) return;
    const head = headOf(loop);
    const name = functionName(owner);
    const counts = ATTEMPT.test(head) || ATTEMPT.test(name);
    const branch = errorBranch(node, loop);
    const isRetry = counts ? endsOnSuccess(loop) || branch !== null : branch !== null && goesRound(node, loop);
    if (!isRetry || (!counts && POLL.test(name))) return;
    const text = delayText(argument, scope);
    if (GROWS.test(text)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const delay = writtenDelay(unparenthesized(argument), scope);
    const counter = counterOf(loop, scope);
    const factor = factorOf(delay, counter, scope, types);
    if (factor !== null && counter !== null) {
      const fixes: Fix[] = [];
      const [inner] = callArguments(factor);
      if (inner?.kind === 'identifier') {
        fixes.push({
          title: 'Double the delay with each attempt',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span: inner.span, newText: `1<<${inner.text}` }],
        });
      }
      yield { kind: 'fail', subject: delay.span, message: 'linear', args: { name: counter.name }, fixes };
      return;
    }
    // A delay that something else computes may grow.
    if (delay.descendants('call_expression').some((call) => calleeId(types.calleeOf(call)) !== 'time.Duration')) return;
    // The caller knows how long a delay is that it hands in.
    const unwrapped = unparenthesized(argument);
    if (unwrapped.kind === 'identifier' && scope.bindingOf(unwrapped)?.kind === 'parameter') return;
    const isChanged = argument.descendants('identifier').some((used) => isChangedIn(loop, scope.bindingOf(used)));
    if (!isChanged) yield { kind: 'fail', subject: node.span, message: 'fixed', args: { delay: delay.text } };
  },
};

/** Whether the variable takes another value within the loop. */
function isChangedIn(loop: GoNode, binding: GoBinding | null): boolean {
  if (binding === null) return false;
  return binding.uses.some((use) => {
    const statement = statementOf(use);
    if (!loop.contains(use) || statement === null) return false;
    return /^(?:assignment|inc|dec)/.test(statement.kind) && statement.start === use.start;
  });
}

export const goDetectors = [waits];
