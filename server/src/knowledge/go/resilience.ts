/**
 * Whether a program repeats what failed and gets along without what is gone, as far as the words of its declarations
 * and imports say. Words are weak evidence that a control is there, and strong evidence when nobody uses them at all.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { state } from '../facts.ts';

const RETRY = /\b\w*(?:[rR]etr(?:y|ies)|[bB]ack[oO]ff|[rR]econnect)\w*|\b(?:max[aA]ttempts|MaxAttempts|numAttempts)\b/;
const BREAKER =
  /\b\w*(?:[cC]ircuit(?!s)|[bB]reaker|[bB]ulkhead|[hH]ystrix|[dD]egrad(?:e|ed|ation)|[cC]ooldown|[fF]ailsafe|[fF]ailover|[sS]tale(?:IfError|Cache|Data)|[lL]oadShed)\w*|\b(?!redirect|spa|index)\w+[fF]all[bB]ack\w*|\b[fF]all[bB]ack[A-Z](?!illis)\w*/;

/** Comments promise much. */
function withoutComments(text: string): string {
  return text.includes('//') || text.includes('/*') ? text.replace(/\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g, '') : text;
}

const declarations: NodeDetector<unknown, GoNode> = {
  kinds: [
    'function_declaration',
    'method_declaration',
    'type_declaration',
    'var_declaration',
    'const_declaration',
    'import_spec',
  ],
  triggers: [
    ...['etry', 'etries', 'ackoff', 'ackOff', 'econnect', 'ttempts', 'ircuit', 'reaker', 'allback', 'allBack'],
    ...['ulkhead', 'ystrix', 'egrade', 'egradation', 'ooldown', 'ailsafe', 'ailover', 'tale', 'oadShed'],
  ],
  *check(node) {
    const text = withoutComments(node.text);
    const subject = node.child('name') ?? { start: node.start, end: Math.min(node.end, node.start + 4) };
    const retry = RETRY.exec(text);
    if (retry !== null) yield state('resilience.retry', retry[0], null, subject);
    const breaker = BREAKER.exec(text);
    if (breaker !== null) yield state('resilience.breaker', breaker[0], null, subject);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'resilience', language: 'go', detector: declarations as NodeDetector },
];
