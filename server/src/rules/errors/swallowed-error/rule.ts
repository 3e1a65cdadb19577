/** Branches that an error leads to and in which nothing is done about it. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'swallowed-error',
  title: 'Error handled by doing nothing',
  category: 'errors',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A branch or handler that an error leads to does nothing about it: it is empty, skips the element, returns nil instead of the error, or replaces a malformed setting by its default without a word.',
    why: 'The failure leaves no trace where it happens. A mistyped setting runs the service with values that nobody chose, lost records are missed by the customer first, and callers believe that the work was done.',
    howToFix:
      'Return the error or let it rise, log it, or count it. Let a setting that is given but cannot be read stop the start. Where the error is expected, test for that one alone (`errors.Is`, a narrow `except`), or say in a comment why nothing is to be done.',
    refs: ['CWE-390', 'CWE-1069', 'nilerr', 'staticcheck SA9003', 'bandit B110', 'bandit B112', 'ruff S110'],
  },
  messages: {
    empty: 'The error of {call} is checked and then nothing is done about it; return it or log it.',
    nil: '{call} failed, and the caller is told that it did not; return the error instead of nil.',
    handler: 'Whatever goes wrong in {call} ends here without a trace; log it, or catch only what is expected.',
    continue: 'When {call} fails the element is skipped without a trace; log or collect the error.',
    setting: 'A malformed setting is replaced by its default without a word; report the error of {call}.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
