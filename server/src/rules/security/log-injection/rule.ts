/** Texts of others as formats and as lines of the log. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';

export const rule = defineRule({
  id: 'log-injection',
  title: 'Untrusted text in a log or format string',
  category: 'security',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A text that is no constant is passed as the format of a printing function, or a value from a request is written unquoted into a line of the package log.',
    why: 'A percent sign in the text prints `%!d(MISSING)` instead of what was meant. A line break in a logged value forges the next entry, and whoever reads the log believes it.',
    howToFix:
      'Pass the text as a value: `log.Printf("%s", msg)`. Quote what comes from outside with `%q`, or use a structured logger such as log/slog.',
    refs: ['CWE-117', 'CWE-134', 'gosec G706', 'go vet printf'],
  },
  messages: {
    format: '{value} is the format of {call}, and every % in it is taken for a verb; print it with %s.',
    line: '{value} contains {source}, and a line break in it forges an entry; quote it with %q.',
  },
  fix: 'sometimes',
  on: { go },
});
