/** Values that are used where the code itself shows that they may be missing. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'nil-dereference',
  title: 'Value used where it may be nil or unset',
  category: 'errors',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A field is read through a pointer that is nil there: the call that gave it has failed or its error was dropped, or the function compares the pointer with nil only afterwards. In tests, after an assertion that does not end the test. In Python: a match of a regular expression or a variable of the environment is used at once, although it may be None.',
    why: 'The program crashes on exactly the unusual path: a host that does not answer, a malformed address, a missing value.',
    howToFix: '',
    howToFixIn: {
      go: 'Return when the call fails, compare with nil before the first use, and use `require` instead of `assert` for what the rest of a test needs.',
      python: 'Keep the match in a variable and test it before its groups are used.',
    },
    refs: ['CWE-476', 'staticcheck SA5011'],
  },
  messages: {
    match: '{call} gives None when nothing matches, and then this fails; look at the match before it is used.',
    variable:
      '{call} gives None when the variable is not set, and then this fails; give a default, or say what is missing.',
    dropped: '{name} is nil when {call} fails, and its error was dropped; check the error before this use.',
    failed: '{name} is nil here when {call} has failed; return where the error is handled.',
    before: '{name} may be nil, as the comparison further down says, so this use can panic; compare it first.',
    asserted: 'When {name} is nil, assert lets the test go on and this panics; use require.NotNil.',
  },
  fix: 'sometimes',
  roles: ['production', 'test'],
  on: { go: detectors, python: pythonDetectors },
});
