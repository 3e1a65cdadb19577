/** State of a request that is kept by thread although many requests share one. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'thread-local-in-async',
  title: 'Thread-local state in async code',
  category: 'concurrency',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An `async def` stores something in a `threading.local` and awaits afterwards.',
    why: 'All tasks of an event loop run in one thread. While this task waits another one stores its own value in the same place, so that a log line, a tenant or a user of one request shows up in another.',
    howToFix: 'Keep what belongs to a request in a `contextvars.ContextVar`: every task has its own value of it.',
    refs: ['CWE-488', 'https://docs.python.org/3/library/contextvars.html'],
  },
  messages: {
    stored:
      'All tasks of the loop share {name}, so another request replaces this value at the next await; use a ContextVar.',
  },
  fix: 'none',
  on: { python: pythonDetectors },
});
