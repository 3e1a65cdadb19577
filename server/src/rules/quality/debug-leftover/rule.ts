/** Statements that stop a program for a debugger. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'debug-leftover',
  title: 'Debugger statement left in the code',
  category: 'quality',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'Python code outside of tests calls `breakpoint()`, `pdb.set_trace()` or the like of another debugger, not under a condition that asks for debugging.',
    why: 'The first request that gets there stops the process, or fails because nobody is at the terminal. With a debugger that listens on a port it opens the program to whoever connects.',
    howToFix: 'Delete the statement and the import that it needs.',
    refs: ['CWE-489', 'ruff T100', 'flake8-debugger'],
  },
  messages: {
    stops: '{call} stops the program here and waits for somebody at its terminal; delete it.',
  },
  fix: 'sometimes',
  on: { python: pythonDetectors },
});
