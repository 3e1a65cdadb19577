/** Protection against forged requests that is there and does nothing. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'csrf-disabled',
  title: 'CSRF protection switched off',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The CSRF protection of a library is switched off, or exempts every request; in Python also `@csrf_exempt` on a view that changes something for the user of a session.',
    why: 'A page of another site can then send forms in the name of a signed-in user, whose browser adds the cookies. A check that never runs is worse than none, since it looks like protection.',
    howToFix:
      'Remove the exemption, or limit it to the paths that authenticate by a bearer token or a signature instead of a cookie.',
    refs: ['CWE-352', 'gosec G121'],
  },
  messages: {
    skipped:
      'This skipper lets every request through without a CSRF check; remove it, or name the paths that need none.',
    exempt: 'This exempts every request from the CSRF check; remove it, or name the paths that need none.',
    view: '{view} changes something for whoever has the cookie and is exempt from the CSRF check; remove the exemption.',
    off: 'The CSRF check is switched off; switch it on.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
