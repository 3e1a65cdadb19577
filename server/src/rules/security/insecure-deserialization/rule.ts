/** Data of strangers that becomes objects of their choice. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';

export const rule = defineRule({
  id: 'insecure-deserialization',
  title: 'Untrusted data deserialised into objects',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A decoder that trusts its data reads what a request brings.',
    why: 'Such formats say which types and how much memory to make. Crafted data exhausts the process, or builds values that no program of yours would have written.',
    howToFix:
      'Exchange JSON or protocol buffers with strangers, into types that the code names, with a limit of the size.',
    refs: ['CWE-502', 'https://pkg.go.dev/encoding/gob#hdr-Security'],
  },
  messages: {
    gob: 'encoding/gob is not made for data of strangers, and this is {source}; exchange JSON instead.',
  },
  fix: 'none',
  on: { go },
});
