/** Fixed pauses that stand for waiting until a task that was just started has come far enough. */
import { type Detector, defineRule } from '../../../core/rulekit/rule.ts';
import { startedThenSlept } from './go.ts';

export const rule = defineRule({
  id: 'sleep-as-synchronization',
  title: 'Sleep used to wait for another task',
  category: 'concurrency',
  severity: 'low',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A goroutine is started, and the function then sleeps for a fixed time before it goes on, as its only way to wait for the goroutine.',
    why: 'On a slow or busy machine the time is too short and the code behind it meets a goroutine that is not ready; on a fast one it is wasted. Tests that wait like this fail now and then.',
    howToFix:
      'Let the goroutine say when it is ready: close a channel, use a `sync.WaitGroup` or an `errgroup`, or ask for the condition in a loop with a deadline.',
    refs: ['CWE-362', 'https://go.dev/wiki/CommonMistakes'],
  },
  messages: {
    slept:
      'This sleep hopes that the goroutine started above is ready by then; wait for a channel or WaitGroup instead.',
  },
  fix: 'none',
  roles: ['production', 'test'],
  on: { go: [startedThenSlept as Detector] },
});
