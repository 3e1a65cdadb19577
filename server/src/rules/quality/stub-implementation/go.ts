/** Go: bodies of one or two statements by what they return, and comments in and above functions by their words. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  commentText,
  functionName,
  leadingComments,
  qualifiedFunctionName,
  receiverOf,
  statementsOf,
} from '../../../languages/go/syntax.ts';
import { ANY_WORD, admission, INTENDED } from './words.ts';

const NOT_DONE =
  /["`](?:[^"`]*\b)?(?:not (?:yet )?implemented(?: yet)?|unimplemented|implement me|to ?do\b[^"`]*implement|todo|not implemented)\b[^"`]*["`]/i;

/** A statement that says that the function is not there; null for all others. */
function isRefusal(text: string): boolean {
  // It is done somewhere else.
  if (/not implemented here\b/i.test(text)) return false;
  if (/^panic\(/.test(text)) return NOT_DONE.test(text);
  if (/^return\b/.test(text) && /\b(?:errors\.(?:New|Errorf)|fmt\.Errorf)\(/.test(text)) {
    return NOT_DONE.test(text) && !/%[^%]/.test(text.replace(/%%/g, ''));
  }
  return (
    /^(?:http\.Error|w\.WriteHeader|\w+\.(?:JSON|AbortWithStatus(?:JSON)?|Status|String|SendStatus|WriteHeader))\(/.test(
      text,
    ) && /\b(?:http|fiber)\.StatusNotImplemented\b|\b501\b/.test(text)
  );
}

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  *check(node, ctx): Generator<Verdict> {
    const verdict = ANY_WORD.test(node.tree.text) ? judge(node, ctx) : null;
    if (verdict !== null) yield verdict;
    else {
      const name = node.child('name');
      const body = node.child('body');
      // A body of one statement says too little to be called real.
      if (name !== null && body !== null && statementsOf(body).length > 1) yield { kind: 'pass', subject: name.span };
    }
  },
};

function judge(node: GoNode, ctx: ChunkContext): Verdict | null {
  const name = node.child('name');
  const body = node.child('body');
  if (name === null || body === null) return null;
  const receiver = node.kind === 'method_declaration' ? receiverOf(node) : null;
  const file = ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1);
  if (INTENDED.test(functionName(node)) || INTENDED.test(receiver?.type ?? '') || INTENDED.test(file)) return null;
  const title = qualifiedFunctionName(node);
  const statements = statementsOf(node);
  if (statements.length > 0 && statements.length <= 2) {
    const [first, second] = statements;
    const ends = second === undefined || /^return\b/.test(second.text);
    // A method without a name for its receiver fills an interface that is only served in part.
    const fills = receiver !== null && (receiver.name === '' || receiver.name === '_');
    if (ends && !fills && isRefusal(first!.text))
      return { kind: 'fail', subject: name.span, message: 'body', args: { function: title } };
  }
  for (const comment of [...leadingComments(node), ...body.descendants('comment')]) {
    const words = admission(commentText(comment));
    if (words === null) continue;
    return {
      kind: 'fail',
      subject: name.span,
      message: 'admitted',
      args: { function: title, words },
      related: [{ span: comment.span, message: 'It says so here' }],
    };
  }
  return null;
}

export const goDetectors = [functions] as readonly NodeDetector[];
