/** Functions that ship without doing what they are called. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'stub-implementation',
  title: 'Placeholder or stub in shipped code',
  category: 'quality',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A function of production code does nothing but say that it is not implemented (an error, an exception, a panic, HTTP status 501), or a comment inside of it admits that this is a placeholder, a simulation or no real implementation. Methods of Python classes that raise NotImplementedError for sub-classes to fill in, mocks, tests and features that are refused on purpose are left alone.',
    why: 'The feature looks present: it has a name, a route, perhaps a test. Whoever relies on it finds out in production, or does not find out at all when the stub reports success.',
    howToFix: 'Implement it, or remove it with its route and its callers until it is.',
    refs: ['CWE-1071'],
  },
  messages: {
    body: '{function} only says that it is not implemented; implement it, or remove it with what leads to it.',
    empty: '{function} does nothing, and a comment says that this is still to be done; implement it, or remove it.',
    admitted: '{function} admits to be no real implementation ("{words}"); finish it before it ships.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
});
