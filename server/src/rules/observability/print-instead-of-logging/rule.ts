/** Messages of services that go around the logger. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'print-instead-of-logging',
  title: 'print in library or server code',
  category: 'observability',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A handler, or a file that has a logger, writes a message with `fmt.Print`, `fmt.Println`, `fmt.Printf` or the builtin `println`, or with `print` in Python (reported once for a function). Programs and packages that talk to people at a terminal are left alone.',
    why: 'Such a line has no time, no level and no request, ends up in another stream than the others, and cannot be switched off or found.',
    howToFix: 'Write it with the logger that the file has, with a level and the values as attributes.',
    refs: [],
  },
  messages: {
    printed: '{call} goes around the logger, without time and level; log it.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
