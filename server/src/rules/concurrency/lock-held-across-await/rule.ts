/** Locks of threads that are held while a task gives way to others. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'lock-held-across-await',
  title: 'Lock guard held over an await',
  category: 'concurrency',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'In an `async def` a lock of `threading` is held by `with` while something is awaited.',
    why: 'At the await the task rests and others run in the same thread. The next one that asks for the lock blocks that thread, and with it the task that would release the lock: the whole event loop stands still for ever.',
    howToFix:
      'Take what is needed under the lock, leave the block, and await then; or use `asyncio.Lock` with `async with` where only tasks share the data.',
    refs: ['CWE-833', 'CWE-667', 'https://docs.python.org/3/library/asyncio-sync.html'],
  },
  messages: {
    held: '{lock} blocks the thread of the event loop, and it is held at an await; release it before, or use asyncio.Lock.',
  },
  fix: 'none',
  on: { python: pythonDetectors },
});
