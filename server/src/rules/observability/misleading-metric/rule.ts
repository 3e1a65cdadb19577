/** Measurements that nobody has measured. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';

export const rule = defineRule({
  id: 'misleading-metric',
  title: 'Metric that does not measure what it says',
  category: 'observability',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function that answers with a status or metrics gives numbers and states that are written down in the code.',
    why: 'Whoever looks at the dashboard decides by numbers that were invented once. It stays green when everything is down, which is worse than no dashboard.',
    howToFix:
      'Read the values from where they arise: counters that success and failure both update, lengths of queues, states of connections. Leave out what nobody measures yet.',
    refs: ['CWE-682'],
  },
  messages: {
    constant:
      '{name} answers with values that are written down here and never change; read them from the running system.',
  },
  fix: 'none',
  on: { go: goDetectors },
});
