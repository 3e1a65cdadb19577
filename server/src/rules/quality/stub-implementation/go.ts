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

/** Types and files whose emptiness is their purpose. */
const INTENDED = /stub|mock|fake|dummy|noop|nop\b|no_op|unimplemented|unsupported|placeholder|example|sample|test/i;

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

const ADMISSIONS = [
  /\bin (?:a |the )?(?:real|actual|production|full|proper)(?:[- ]world)? (?:implementation|system|app(?:lication)?|deployment|version|code)\b/i,
  /\b(?:real|actual|proper|full) implementation (?:would|should|will|needs?|goes|is (?:left|needed|missing))\b/i,
  /\b(?:this|it) (?:is|was) (?:just |only |currently |still )?(?:a |an )?(?:placeholder|stub|dummy implementation|mock implementation|simulation|simplified (?:version|implementation))\b/i,
  /^(?:placeholder|stub|mock|dummy|simulated)(?: (?:implementation|logic|version|response|data|value|result|for now))?(?:\s*[-:(.,]|$)/i,
  /\bplaceholder (?:implementation|logic|response|function|until|for (?:now|actual|real|future|the (?:real|actual)))\b/i,
  /\bfor now,? (?:we )?(?:just |simply |only )?(?:return|simulate|pretend|fake|mock|stub)/i,
  /\b(?:would|will) (?:normally |actually |eventually )?be (?:implemented|replaced (?:by|with) (?:a |the )?(?:real|actual|proper))/i,
  /^(?:we )?simulat(?:e|es|ed|ing) (?:\w+ ){1,4}(?:\(|for now|here|instead)/i,
  /\(not (?:yet )?implemented(?: yet)?\)|\bnot (?:yet )?implemented yet\b(?! (?:where|when|for|if|on|with)\b)|^not (?:yet )?implemented\b/i,
];
/** What talks about something else: a feature of others, texts for people, templates. */
const ELSEWHERE =
  /\b(?:if|when|unless|whether) (?:it |this |that )?(?:is |are )?not (?:yet )?implemented|ErrNotImplemented|for (?:unit )?tests?\b|in tests?\b|interface\b/i;

/** The words of a comment that admit it; null when it admits nothing. */
function admission(comment: string): string | null {
  for (const line of comment.split(/\r?\n/)) {
    const text = line.replace(/^[\s*/]+/, '').trim();
    if (ELSEWHERE.test(text)) continue;
    for (const pattern of ADMISSIONS) {
      const match = pattern.exec(text);
      if (match !== null) return match[0].replace(/[\s\-:(.,]+$/, '').replaceAll('"', "'");
    }
  }
  return null;
}

/** Parts of words of which one stands in every stub: most functions are judged by this alone. */
const ANY_WORD = /mplement|laceholder|[Ss]tub|imulat|ummy|[Ff]or now|[Mm]ock|[Pp]roduction|501/;

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
