/** Conditions that always have one outcome, branches that are never taken or alike, and code that nothing reaches. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'constant-condition',
  title: 'Condition or branch that never varies',
  category: 'quality',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A condition is true or false whatever happens: it repeats or contradicts itself, or an earlier branch of the same chain has taken all of its cases. Or both branches do the same, a branch is empty without a word, statements follow one that never goes on, or a duration is measured from the moment at which it is measured.',
    why: 'Somebody wanted two behaviours and got one. The other is tested by nobody, because nothing can reach it.',
    howToFix:
      'Put the narrower condition first, compare with the value that was meant, use the start time that was kept, or delete what cannot run.',
    refs: ['CWE-570', 'CWE-571', 'CWE-561'],
  },
  messages: {
    covered:
      '`{condition}` is never true here, since `{earlier}` has taken these cases; put the narrower condition first.',
    repeated: '`{condition}` was asked before in this chain and is never true here; ask for what was meant.',
    always: '`{condition}` is always true; write the comparison that was meant, or drop it.',
    never: '`{condition}` is always false; write the comparison that was meant, or delete the branch.',
    same: 'Both sides of `{operator}` are `{operand}`; compare with what was meant.',
    alike: 'Both branches do the same; write the one that was meant, or drop the condition.',
    empty: 'This branch does nothing; write what it should do, or say in a comment why nothing is right.',
    unreachable: 'Nothing runs behind this {statement}; move the code before it, or delete it.',
    elapsed: 'This is always about zero, since the clock is read twice in a row; use the start time that was kept.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
