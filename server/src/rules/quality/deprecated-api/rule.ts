/** Functions and types of the standard library that it calls deprecated. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'deprecated-api',
  title: 'Deprecated API used',
  category: 'quality',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A name of the standard library is used whose documentation says that it is deprecated. Names of other packages and own types are not looked at, nor are files with a build constraint, and branches that ask for the version of Python.',
    why: 'Deprecated names get no more corrections, and some of them do their job wrongly: that is often why there is another one.',
    howToFix: 'Use what the documentation names instead.',
    refs: ['CWE-477', 'staticcheck SA1019'],
  },
  messages: {
    replaced: '{name} is deprecated; use {instead}.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
