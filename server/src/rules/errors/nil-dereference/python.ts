/**
 * Python: attributes of what a call gives that may be None: a match of a regular expression, a variable of the
 * environment without a default. Only where the use follows the call at once, so that nothing can have looked at it.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { caughtNames } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { hasSplat, keywordArgument, positionalArguments, syntaxChildren } from '../../../languages/python/syntax.ts';

const MATCH = /^re\.(?:compile\(\)\.)?(?:match|search|fullmatch)$/;
const VARIABLE = /^os\.(?:environ\.get|getenv)$/;
/** Patterns that match any text. */
const ALWAYS = /^r?["']\^?(?:\(?(?:\\[a-zA-Z]|\.|\[[^\]]*\])[*?]\)?)+["']$/;

/** Whether a failure is expected: somebody around catches what a use of None raises. */
function isCaught(node: PythonNode): boolean {
  for (let around = node.ancestor('try_statement'); around !== null; around = around.ancestor('try_statement')) {
    const handlers = around.children.filter(({ kind }) => kind === 'except_clause');
    if (
      handlers.some((handler) =>
        caughtNames(handler).some((name) => /(?:^|\.)(?:AttributeError|TypeError|(?:Base)?Exception)$/.test(name)),
      )
    )
      return true;
  }
  return false;
}

/** Whether a condition around has asked something about the text that is searched. */
function isGuarded(node: PythonNode, text: string): boolean {
  for (let around = node.ancestor('if_statement', 'elif_clause'); around !== null; ) {
    if (
      around
        .child('condition')
        ?.descendants('identifier')
        .some((name) => text.includes(name.text)) === true
    )
      return true;
    around = around.ancestor('if_statement', 'elif_clause');
  }
  // `re.search(...).group() if text.startswith(...) else None`
  for (let around = node.ancestor('conditional_expression'); around !== null; ) {
    const condition = syntaxChildren(around)[1];
    if (condition?.descendants('identifier').some((name) => text.includes(name.text)) === true) return true;
    around = around.ancestor('conditional_expression');
  }
  return false;
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['match(', 'search(', 'environ.get(', 'getenv('],
  calls: (name) => /^(?:match|search|fullmatch|get|getenv)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (ctx.file.role !== 'production') return;
    const chain = callChain(node, ctx);
    const isMatch = MATCH.test(chain);
    if (!isMatch && !VARIABLE.test(chain)) return;
    const { parent } = node;
    const isUsed =
      (parent?.kind === 'attribute' && parent.child('object')?.equals(node) === true) ||
      (parent?.kind === 'subscript' && parent.child('value')?.equals(node) === true);
    const values = positionalArguments(node);
    const hasDefault = !isMatch && (values.length > 1 || keywordArgument(node, 'default') !== null);
    if (!isUsed || hasDefault) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (hasSplat(node) || isCaught(node) || (isMatch && ALWAYS.test(values[0]?.text ?? ''))) return;
    if (isMatch && isGuarded(node, values.at(-1)?.text ?? '')) return;
    // Who gives a class its `__pattern__` asks it first whether an address is for it.
    if (isMatch && /(?:^|\.)__\w+__$/.test(values[0]?.text ?? '')) return;
    // The same question before has told that there is an answer.
    const { text } = node;
    if (node.tree.text.split(text).length > 2) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: isMatch ? 'match' : 'variable',
      args: { call: chain.replaceAll('()', '') },
    };
  },
};

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
