/** One sentence: what this rule looks for. */
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['panic'],
  *check(node) {
    if (node.child('function')?.text !== 'panic') return;
    const [argument] = node.child('arguments')?.namedChildren ?? [];
    if (argument === undefined) return;
    if (argument.kind === 'nil') yield { kind: 'pass', subject: node.span };
    else yield { kind: 'fail', subject: node.span, message: 'found', args: { argument: argument.text } };
  },
};

export const rule = defineRule({
  id: 'interface-not-implemented',
  title: 'Interface not implemented',
  category: 'quality',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'What fires.',
    why: 'Why it hurts in production.',
    howToFix: 'How to mend it.',
    refs: [],
  },
  messages: { found: 'The defect with {argument}; the way out.' },
  fix: 'none',
  on: { go: [calls] },
});
