/** Patterns and tables that never change but are built anew by each call. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'constant-rebuilt-per-call',
  title: 'Constant regex or table rebuilt on every call',
  category: 'performance',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function compiles a regular expression that is a literal, or fills a map of many constants that it only reads. Functions that run once (main, init, constructors) are left alone. Python keeps compiled patterns, so there only those in loops are reported, and tables.',
    why: 'Compiling a pattern takes far longer than matching with it, and a map is allocated and filled entry by entry. Both happen in each call and give the same each time.',
    howToFix: 'Build it once; a wrong pattern is then found when the program starts.',
    howToFixIn: {
      go: 'Keep the pattern or the table in a variable of the package.',
      python: 'Keep the pattern or the table in a constant of the module.',
    },
    refs: ['CWE-1050', 'https://pkg.go.dev/regexp#MustCompile'],
  },
  messages: {
    pattern: 'This pattern is compiled by each call of {function}; keep it in a variable of the package.',
    loop: 'This pattern is looked up or compiled again in every round; compile it once, at the top of the module.',
    pythonTable:
      'This table of {count} constants is built by each call of {function}; keep it at the top of the module.',
    table: 'This map of {count} constants is filled by each call of {function}; keep it in a variable of the package.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
