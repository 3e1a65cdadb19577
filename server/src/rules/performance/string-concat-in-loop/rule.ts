/** Strings that grow by concatenation in a loop. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';

export const rule = defineRule({
  id: 'string-concat-in-loop',
  title: 'String built by concatenation in a loop',
  category: 'performance',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A string that is declared before a loop grows by `+=` (or `s = s + ...`) inside of it. Loops of a few fixed rounds, strings that start anew in each round, and loops that end with the concatenation are left alone.',
    why: 'Strings cannot be changed, so each round copies everything that was there before. Twice as many rounds take four times as long and leave four times as much for the garbage collector.',
    howToFix:
      'Write into a `strings.Builder` and take its `String()` behind the loop, or collect parts and use `strings.Join`.',
    refs: ['CWE-1046'],
  },
  messages: {
    grows: '{name} is copied as a whole in each round of this loop; write into a strings.Builder.',
  },
  fix: 'sometimes',
  on: { go: goDetectors },
});
