/** Handlers whose answer cannot arrive as it was meant. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';

export const rule = defineRule({
  id: 'broken-http-response',
  title: 'Handler returns what the framework cannot send',
  category: 'errors',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A handler goes on behind an error reply and answers again, or replies after a failed WebSocket upgrade, which has replied itself.',
    why: 'The client receives two answers glued together, with the status of the first: an error page followed by the data that it should not have got. The server logs a superfluous header and the work goes on with values that are not valid.',
    howToFix: 'Return directly behind the error reply. After a failed upgrade only log and return.',
    refs: ['CWE-703', 'https://pkg.go.dev/net/http#Error'],
  },
  messages: {
    twice: 'The handler goes on behind {call} and answers a second time; return here.',
    upgrade: 'A failed upgrade has answered already, so this is a second answer; remove it.',
  },
  fix: 'sometimes',
  on: { go },
});
