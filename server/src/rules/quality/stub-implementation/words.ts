/** The words by which code admits to be no real implementation, the same in all languages. */

/** Types and files whose emptiness is their purpose. */
export const INTENDED =
  /stub|mock|fake|dummy|noop|nop\b|no_op|unimplemented|unsupported|placeholder|example|sample|test/i;

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
  /\b(?:if|when|unless|whether|until) (?:it |this |that )?(?:is |are )?not (?:yet )?implemented|\buntil .{1,40} (?:is|will be) implemented|ErrNotImplemented|for (?:unit )?tests?\b|in tests?\b|interface\b|^(?:disabl|skip|avoid|without|leave)\w* .+\(not implemented\)/i;

/** The words of a comment that admit it; null when it admits nothing. */
export function admission(comment: string): string | null {
  for (const line of comment.split(/\r?\n/)) {
    const text = line.replace(/^[\s*/#]+/, '').trim();
    if (ELSEWHERE.test(text)) continue;
    for (const pattern of ADMISSIONS) {
      const match = pattern.exec(text);
      if (match !== null) return match[0].replace(/[\s\-:(.,]+$/, '').replaceAll('"', "'");
    }
  }
  return null;
}

/** Parts of words of which one stands in every stub: most functions are judged by this alone. */
export const ANY_WORD = /mplement|laceholder|[Ss]tub|imulat|ummy|[Ff]or now|[Mm]ock|[Pp]roduction|501/;
