/**
 * Endless loops of Go that never wait: with an empty body, with a `select` that falls through to an empty default, or
 * that accept connections and go on at once after every error.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { hasDefault, isEndlessLoop } from '../../../languages/go/flow.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  assignedValues,
  calledName,
  enclosingFunction,
  indentationOf,
  lineBreakOf,
  nilComparison,
  resultsOf,
  statementsOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';

/** Something in a text that may wait, leave the loop or give way. */
const PAUSING =
  /Sleep|Wait|[bB]ack[oO]ff|[rR]etry|[dD]elay|time\.|Gosched|<-|\bselect\b|[pP]ause|[tT]hrottle|\bgoto\b|\bbreak\b/;
const LEAVING = /\breturn\b|\bbreak\b|\bgoto\b|\bpanic\(|[fF]atal|[eE]xit\(/;

const ACCEPTING = /^Accept(?:TCP|Unix|Stream|Conn)?$/;

/** `if err != nil { continue }` behind `conn, err := listener.Accept()`: the block of the `if`. */
function failureBlock(loop: GoNode): { readonly call: GoNode; readonly block: GoNode } | null {
  const statements = statementsOf(loop.child('body')!);
  for (let i = 0; i + 1 < statements.length; i++) {
    const statement = statements[i]!;
    if (statement.kind !== 'short_var_declaration' && statement.kind !== 'assignment_statement') continue;
    const value = unparenthesized(assignedValues(statement)[0] ?? statement);
    if (value.kind !== 'call_expression' || !ACCEPTING.test(calledName(value))) continue;
    const error = assignedExpressions(statement).at(-1);
    const test = statements[i + 1]!;
    const comparison = test.kind === 'if_statement' ? nilComparison(test.child('condition') ?? test) : null;
    if (comparison === null || comparison.equal || comparison.operand.text !== error?.text) return null;
    const block = test.child('consequence');
    return block === null || test.child('alternative') !== null ? null : { call: value, block };
  }
  return null;
}

/** Lets the loop end where the listener is closed. */
function fixesFor(block: GoNode, loop: GoNode): readonly Fix[] {
  const first = statementsOf(block)[0];
  const owner = enclosingFunction(loop);
  const error = nilComparison(block.parent!.child('condition')!)?.operand.text ?? 'err';
  if (first === undefined || owner === null || resultsOf(owner).length > 0) return [];
  const indent = indentationOf(first);
  const line = lineBreakOf(first);
  const newText = `if errors.Is(${error}, net.ErrClosed) {${line}${indent}\treturn${line}${indent}}${line}${indent}`;
  return [
    {
      title: 'Return when the listener is closed',
      safety: 'suggestion',
      edits: [
        { kind: 'replace', span: { start: first.start, end: first.start }, newText },
        { kind: 'import', add: ['errors', 'net'] },
      ],
    },
  ];
}

const loops: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['for_statement'],
  when: (node) => isEndlessLoop(node),
  *check(node): Iterable<Verdict> {
    const body = node.child('body');
    if (body === null) return;
    const subject = { start: node.start, end: node.start + 3 };
    const statements = statementsOf(body);
    if (statements.length === 0) {
      yield { kind: 'fail', subject, message: 'empty' };
      return;
    }
    const only = statements.length === 1 ? statements[0]! : null;
    if (only?.kind === 'select_statement' && hasDefault(only)) {
      const otherwise = only.childOfKind('default_case')!;
      // An empty default, or a lone continue.
      if (statementsOf(otherwise).every((statement) => statement.kind === 'continue_statement')) {
        yield { kind: 'fail', subject, message: 'polling' };
      } else yield { kind: 'pass', subject };
      return;
    }
    const failure = failureBlock(node);
    if (failure === null) return;
    const { call, block } = failure;
    const { text } = block;
    const goesOn = !LEAVING.test(text) && !PAUSING.test(text);
    if (!goesOn) yield { kind: 'pass', subject };
    else {
      yield {
        kind: 'fail',
        subject: call.span,
        message: 'accepting',
        args: { call: call.text },
        related: [{ span: { start: block.start, end: block.start + 1 }, message: 'Goes on at once after every error' }],
        fixes: fixesFor(block, node),
      };
    }
  },
};

export const detectors: readonly Detector[] = [loops as Detector];
