/** Loops that try again after a failure and wait no longer each time. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'retry-without-backoff',
  title: 'Retry without exponential back-off and jitter',
  category: 'errors',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A loop repeats what failed and waits a fixed time in between, or one that only grows with the number of the attempt.',
    why: 'All clients that lost the same service come back in step and as often as before. It is kept down by those who wait for it.',
    howToFix:
      'Double the delay with each attempt up to a cap, add a random part, and stop after some attempts. Repeat only failures that may pass: time-outs, refused connections, 429 and 5xx.',
    refs: ['CWE-799', 'https://pkg.go.dev/github.com/cenkalti/backoff/v4', 'https://tenacity.readthedocs.io'],
  },
  messages: {
    fixed: 'Each retry waits {delay}, however often it has failed; double the delay and add a random part.',
    linear: 'The delay grows only in step with {name}; double it with each attempt and add a random part.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
