/** Event loops that are started inside of one that runs. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'block-on-in-async',
  title: 'Runtime blocked from inside itself',
  category: 'concurrency',
  severity: 'critical',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A function that runs on an event loop starts a loop itself: `asyncio.run` or `run_until_complete` in an `async def`.',
    why: 'A loop cannot run inside of another one in the same thread. The call raises RuntimeError each time that the line is reached, and the coroutine that it was given never runs.',
    howToFix:
      'Await the coroutine. Where synchronous code needs it, start the loop in the main function or in a thread of its own, and nowhere else.',
    refs: ['CWE-833', 'https://docs.python.org/3/library/asyncio-runner.html'],
  },
  messages: {
    nested: '{call} cannot run inside of a running event loop and raises RuntimeError; await the coroutine.',
  },
  fix: 'sometimes',
  on: { python: pythonDetectors },
});
