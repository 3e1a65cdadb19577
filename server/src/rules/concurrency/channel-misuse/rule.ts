/** Channels that are closed a second time. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';

export const rule = defineRule({
  id: 'channel-misuse',
  title: 'Channel closed twice or without a receiver',
  category: 'concurrency',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A function closes one channel twice on the same way through it, or closes it although a deferred call does so when the function is left.',
    why: 'Closing a closed channel panics, and takes the process down with it.',
    howToFix:
      'Let one place close the channel, the sender, best with a single `defer close(ch)`; guard a close that several callers can ask for with `sync.Once`.',
    refs: ['CWE-675', 'https://go.dev/ref/spec#Close'],
  },
  messages: {
    twice: '{channel} is closed already on the way here, so this panics; close it in one place.',
    deferred: '{channel} is closed here and again when the function is left, which panics; remove one of the two.',
  },
  fix: 'none',
  on: { go: detectors },
});
