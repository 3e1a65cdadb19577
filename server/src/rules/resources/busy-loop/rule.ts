/** Loops that keep a processor busy without doing anything: see the detectors of each language for what they know. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';

export const rule = defineRule({
  id: 'busy-loop',
  title: 'Loop that burns CPU',
  category: 'resources',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An endless loop has an empty body, polls channels in a `select` whose default does nothing, or accepts connections and tries again at once after every error.',
    why: 'The loop takes a whole processor for nothing. A closed listener fails for ever, so that the accept loop spins, and logs in every turn, until the process ends.',
    howToFix:
      'Remove the default so that the `select` waits, block with `select {}` where nothing is to be done, and in accept loops return on `net.ErrClosed` and wait a little before the next try.',
    refs: ['CWE-835', 'staticcheck SA5002', 'staticcheck SA5004'],
  },
  messages: {
    empty: 'This loop does nothing but keep a processor busy; block with select {} or wait for something.',
    polling: 'The default of this select does nothing, so the loop spins; remove the default and let the select wait.',
    accepting:
      'When the listener is closed, {call} fails for ever and this loop spins; return on net.ErrClosed, else wait before the next try.',
  },
  fix: 'sometimes',
  on: { go: detectors },
});
