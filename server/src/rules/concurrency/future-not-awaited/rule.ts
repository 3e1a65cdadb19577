/** Coroutines that are made and dropped, so that nothing of them ever runs. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { CALL, judge, pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'future-not-awaited',
  title: 'Future or coroutine created and dropped',
  category: 'concurrency',
  severity: 'high',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'An asynchronous function is called as a statement of its own, and what the call gives is neither awaited nor handed on.',
    why: 'Such a call only makes a coroutine. Without an await not a line of the function runs: the mail is not sent, the row is not stored, and all that can be seen is a warning when the garbage is collected.',
    howToFix:
      'Await the call. Where it may run beside the caller, make it a task (`asyncio.create_task`) and keep the task.',
    refs: ['CWE-252', 'https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines'],
  },
  messages: {
    dropped: '{name} is asynchronous, and nothing of it runs without an await; await this call.',
  },
  fix: 'sometimes',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: [CALL], judge },
});
