/** Go: lines of function bodies that hold code. Function literals count as lines of the function around them. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { qualifiedFunctionName, statementsOf } from '../../../languages/go/syntax.ts';
import { lineBreaks, linesOfCode, type Options } from './lines.ts';

/** Whether most of the body is one literal, or one switch that only maps constants. */
function isTable(node: GoNode, lines: number): boolean {
  for (const statement of statementsOf(node)) {
    const { text } = statement.tree;
    if (lineBreaks(text, statement.start, statement.end) < lines * 0.6) continue;
    if (statement.kind === 'expression_switch_statement') {
      const clauses = statement.namedChildren.filter((child) => /_case$/.test(child.kind));
      return (
        clauses.length > 0 &&
        clauses.every((clause) =>
          statementsOf(clause).every(
            (inner) => /^(?:return|assignment|short_var)/.test(inner.kind) && !inner.text.includes('\n'),
          ),
        )
      );
    }
    for (const literal of statement.descendants('composite_literal')) {
      const isMost = lineBreaks(text, literal.start, literal.end) >= lines * 0.6;
      if (isMost && literal.descendants('func_literal').length === 0) return true;
    }
  }
  return false;
}

const functions: NodeDetector<Options, GoNode> = {
  kinds: ['function_declaration', 'method_declaration'],
  *check(node, ctx): Generator<Verdict> {
    const name = node.child('name');
    const body = node.child('body');
    if (name === null || body === null) return;
    const { maximum } = ctx.options;
    const { text } = node.tree;
    // Most functions are short, whatever their lines hold.
    if (lineBreaks(text, body.start, body.end) - 1 <= maximum) {
      yield { kind: 'pass', subject: name.span };
      return;
    }
    // Its braces do not count.
    const lines = Math.max(0, linesOfCode(body, body.descendants('comment')) - 2);
    if (lines <= maximum || isTable(node, lines)) {
      yield { kind: 'pass', subject: name.span };
      return;
    }
    const args = { function: qualifiedFunctionName(node), lines: String(lines), maximum: String(maximum) };
    yield { kind: 'fail', subject: name.span, message: 'long', args };
  },
};

export const goDetectors = [functions] as unknown as readonly NodeDetector<Options>[];
