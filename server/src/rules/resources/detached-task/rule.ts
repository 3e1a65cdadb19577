/** Tasks that go on, or are stuck for ever, when the function that started them has returned. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'detached-task',
  title: 'Task started and its handle dropped',
  category: 'resources',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A function starts goroutines and returns early without waiting for their WaitGroup, or stops listening to a channel without buffer on which its goroutine still has to send. In Python: the task that `asyncio.create_task` gives is dropped.',
    why: 'The goroutines work on with what the caller believes to be finished, or wait for a receiver that never comes and keep their memory for ever. Under load such leaks add up until the process dies. The event loop of Python holds tasks by weak references only: one that nobody keeps may vanish half done, and its exception is seen by nobody.',
    howToFix: '',
    howToFixIn: {
      go: 'Wait before every return (defer the Wait), give the channel room for the result (`make(chan T, 1)`), or let the goroutine select on the context that ends the function.',
      python:
        'Use `asyncio.TaskGroup`, or keep the task in a set, remove it when it is done, and look at its exception.',
    },
    refs: ['CWE-404', 'CWE-772', 'ruff RUF006'],
  },
  messages: {
    task: 'Nobody keeps this task, so it may vanish half done and its error is lost; keep it, or use a TaskGroup.',
    early:
      'This return leaves goroutines behind that {group}.Wait() would wait for; wait before returning, or defer it.',
    stuck:
      'When the function returns without a receive, this send waits for ever; give {channel} a buffer that is large enough.',
  },
  fix: 'sometimes',
  on: { go: detectors, python: pythonDetectors },
});
