/** Functions with more lines of code than somebody can hold in mind. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import type { Options } from './lines.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule<Options>({
  id: 'long-function',
  title: 'Function that is too long',
  category: 'quality',
  severity: 'low',
  confidence: 'certain',
  stage: 'preview',
  docs: {
    what: 'A function has more lines of code than the limit: 60 in Go and 100 in Python, blank lines and comments not counted. Functions that are one table, one literal or one switch over constants are left alone.',
    why: 'Nobody sees such a function at once. Tests reach its branches only in combinations, reviews lose the thread, and each change risks what happens fifty lines below.',
    howToFix:
      'Move steps with a name of their own into functions; loops and branches that need a comment are good candidates.',
    refs: [],
  },
  options: {
    schema: {
      type: 'object',
      properties: {
        maximum: { type: 'integer', minimum: 10, description: 'Lines of code that a Go function may have.' },
        python: { type: 'integer', minimum: 10, description: 'Lines of code that a Python function may have.' },
      },
      additionalProperties: false,
    },
    default: { maximum: 60, python: 100 },
  },
  messages: {
    long: '{function} has {lines} lines of code, more than {maximum}; move parts into functions of their own.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
});
