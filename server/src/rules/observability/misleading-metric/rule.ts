/** Measurements that nobody has measured, and those that are counted or computed wrongly. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { constantAnswers } from './constants.ts';
import { outcomes } from './outcomes.ts';
import { pythonConstants } from './pythonConstants.ts';
import { pythonOutcomes } from './pythonOutcomes.ts';
import { pythonRates } from './pythonRates.ts';
import { rates } from './rates.ts';

export const rule = defineRule({
  id: 'misleading-metric',
  title: 'Metric that does not measure what it says',
  category: 'observability',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function that answers with a status or metrics gives numbers and states that are written down in the code; a run is recorded as a success however it ends; or a rate is rebuilt from rounded numbers, follows one outcome only, or is divided by a count that may be zero.',
    why: 'Whoever looks at the dashboard decides by numbers that are not true. It stays green when everything is down, which is worse than no dashboard; and a rate that is not a number, or raises instead, breaks the whole answer.',
    howToFix:
      'Read the values from where they arise: whole counters that success and failure both update, lengths of queues, states of connections. Compute a rate from two counters when somebody asks, and only when the divisor is not zero. Leave out what nobody measures yet.',
    refs: ['CWE-682', 'CWE-369'],
  },
  messages: {
    constant:
      '{name} answers with values that are written down here and never change; read them from the running system.',
    success: '{call} records a success also when {name} returns an error; record whether the error is nil.',
    rebuilt:
      '{name} is turned back into a count, which loses a little each time; keep the count, and compute the share from it.',
    oneSided: '{name} changes only under `{condition}`, so that the other outcome does not count; update it for both.',
    finally: '{call} in a finally records a success also when {name} raises; record it where nothing was raised.',
    behind: '{call} records a success also after the failure that is only logged above; record it in an else.',
    gauge: '{name} is set to {value}, which nobody has measured; set it to what is read from the running system.',
    zeroDivision: '{name} raises ZeroDivisionError while {divisor} is 0; check it before dividing.',
    division: '{name} is not a number while {divisor} is 0; check it before dividing.',
  },
  fix: 'sometimes',
  on: { go: [constantAnswers, outcomes, ...rates], python: [...pythonConstants, pythonOutcomes, ...pythonRates] },
});
