/** Type assertions that panic when a value from outside has another type than expected. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';

export const rule = defineRule({
  id: 'unsafe-type-assertion',
  title: 'Type assertion that panics or never matches',
  category: 'errors',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'An assertion with a single result is made on an element of a loosely typed map that the function did not fill itself, or on the result of a look-up whose second result was dropped.',
    why: 'When the value is missing or has another type, the assertion panics: one unusual request, token or document ends the goroutine, and often the process.',
    howToFix:
      'Ask for the second result, `v, ok := x.(T)`, and answer with an error when `ok` is false; better still, decode into a struct.',
    refs: ['forcetypeassert', 'CWE-704', 'CWE-754'],
  },
  messages: {
    element:
      'This panics when {value} is missing or no {type}; use v, ok := {value}.({type}) and handle the other case.',
    lookup: 'This panics when nothing was found, since the second result was dropped; check it, and assert with v, ok.',
  },
  fix: 'sometimes',
  on: { go: detectors },
});
