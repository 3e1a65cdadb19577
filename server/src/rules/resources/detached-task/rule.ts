/** Tasks that go on, or are stuck for ever, when the function that started them has returned. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';

export const rule = defineRule({
  id: 'detached-task',
  title: 'Task started and its handle dropped',
  category: 'resources',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A function starts goroutines and returns early without waiting for their WaitGroup, or stops listening to a channel without buffer on which its goroutine still has to send.',
    why: 'The goroutines work on with what the caller believes to be finished, or wait for a receiver that never comes and keep their memory for ever. Under load such leaks add up until the process dies.',
    howToFix:
      'Wait before every return (defer the Wait), give the channel room for the result (`make(chan T, 1)`), or let the goroutine select on the context that ends the function.',
    refs: ['CWE-404', 'CWE-772'],
  },
  messages: {
    early:
      'This return leaves goroutines behind that {group}.Wait() would wait for; wait before returning, or defer it.',
    stuck:
      'When the function returns without a receive, this send waits for ever; give {channel} a buffer that is large enough.',
  },
  fix: 'sometimes',
  on: { go: detectors },
});
