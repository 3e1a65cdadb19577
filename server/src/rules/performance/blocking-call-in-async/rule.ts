/** Calls that keep a whole event loop waiting, in the function that runs on it or in a synchronous one that it calls. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { BLOCKING_FUNCTION, judgePython, pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'blocking-call-in-async',
  title: 'Blocking call in async code',
  category: 'performance',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function that runs on an event loop sleeps, asks a database or another service, or waits for a process by a synchronous call: directly, or through a synchronous function of the workspace.',
    why: 'An event loop does one thing at a time. While such a call waits, every other request, timer and heartbeat of the process waits with it; under load the service answers one request after the other and health checks fail.',
    howToFix:
      'Use the asynchronous counterpart (`asyncio.sleep`, `httpx.AsyncClient`, an async driver), or hand the call to a thread: `await asyncio.to_thread(f, ...)`. In FastAPI a handler that only makes synchronous calls may be a plain `def`: it then runs in a thread of its own.',
    refs: ['ruff ASYNC210', 'ruff ASYNC221', 'ruff ASYNC251', 'https://docs.python.org/3/library/asyncio-dev.html'],
  },
  messages: {
    sleep: '{call} stops the whole event loop for that time; await asyncio.sleep instead.',
    direct: '{call} keeps the whole event loop waiting; use an asynchronous client or await asyncio.to_thread(...).',
    helper:
      '{name} is synchronous and waits in {call}, and the event loop with it; await asyncio.to_thread({name}, ...).',
  },
  fix: 'sometimes',
  on: { python: pythonDetectors },
  workspace: { partition: 'workspace', reads: [BLOCKING_FUNCTION], judge: judgePython },
});
