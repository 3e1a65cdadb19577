/** Python: lines of bodies that hold code. Functions inside of a function count as lines of it. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { bodyOf, docstringOf, enclosingFunction, qualifiedName } from '../../../languages/python/syntax.ts';
import { lineBreaks, linesOfCode, type Options } from './lines.ts';

/** Where the options name another language only. */
const LIMIT = 100;
const LITERALS = ['dictionary', 'list', 'set', 'tuple', 'string', 'concatenated_string'] as const;

/** Whether most of the body is literals or texts of several lines. */
function isTable(node: PythonNode, lines: number): boolean {
  const { text } = node.tree;
  let inLiterals = 0;
  let end = node.start;
  for (const literal of node.descendants(...LITERALS)) {
    if (literal.start < end || literal.descendants('lambda').length > 0) continue;
    end = literal.end;
    inLiterals += lineBreaks(text, literal.start, literal.end);
  }
  return inLiterals >= lines * 0.6;
}

const functions: NodeDetector<Options, PythonNode> = {
  kinds: ['function_definition'],
  *check(node, ctx): Generator<Verdict> {
    const name = node.child('name');
    const body = bodyOf(node);
    if (name === null || body === null || enclosingFunction(node) !== null) return;
    const maximum = ctx.options.python ?? LIMIT;
    if (lineBreaks(node.tree.text, body.start, body.end) < maximum) {
      yield { kind: 'pass', subject: name.span };
      return;
    }
    const documentation = docstringOf(node);
    const comments = body.descendants('comment');
    if (documentation !== null) comments.push(documentation);
    comments.sort((a, b) => a.start - b.start);
    const lines = linesOfCode(body, comments);
    if (lines <= maximum || isTable(node, lines)) {
      yield { kind: 'pass', subject: name.span };
      return;
    }
    const args = { function: qualifiedName(node), lines: String(lines), maximum: String(maximum) };
    yield { kind: 'fail', subject: name.span, message: 'long', args };
  },
};

export const pythonDetectors = [functions] as unknown as readonly NodeDetector<Options>[];
