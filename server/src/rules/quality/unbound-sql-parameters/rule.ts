/** SQL whose placeholders and values differ in number. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'unbound-sql-parameters',
  title: 'Query placeholders that are never bound',
  category: 'quality',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A constant statement has more or fewer placeholders than the call passes values.',
    why: 'The driver refuses the statement each time that it runs, and nothing before production may run it.',
    howToFix: 'Pass one value for each `?`, or up to the highest `$n`.',
    refs: ['CWE-628', 'https://go.dev/doc/database/querying'],
  },
  messages: {
    missing: 'Placeholders of this statement: {needed}, values: {given}; pass the values that are missing.',
    surplus:
      'Placeholders of this statement: {needed}, values: {given}; remove the surplus values, or add placeholders.',
  },
  fix: 'none',
  on: { go, python: pythonDetectors },
});
