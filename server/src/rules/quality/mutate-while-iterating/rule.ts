/** Loops that take away the ground they walk on. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'mutate-while-iterating',
  title: 'Collection changed while it is iterated',
  category: 'quality',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The body of a Python loop removes elements or keys from the very collection that the loop goes through, or inserts some, and the loop goes on afterwards.',
    why: 'A list loses an element under the loop, so the next one is skipped without a word; a dictionary or set raises RuntimeError in the next round, but only when there is one.',
    howToFix:
      'Go through a copy (`for x in list(xs):`), collect what is to be removed and remove it behind the loop, or build a new collection by a comprehension.',
    refs: ['CWE-1322', 'ruff B909', 'pylint W4701, E4702, E4703'],
  },
  messages: {
    changed: '{call} changes {collection} while the loop goes through it; go through a copy of it.',
  },
  fix: 'sometimes',
  on: { python: pythonDetectors },
});
