/** SQL text that is put together of values instead of binding them. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'sql-injection',
  title: 'SQL built from variables',
  category: 'security',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A statement is formatted or concatenated from values and then run: a value stands in quotes or behind a comparison, or a request brings it.',
    why: 'The database cannot tell the value from the statement. A quote in a name breaks the query at best; at worst it reads, changes or drops whatever the account may.',
    howToFix:
      'Write the statement as one constant text with placeholders (`?`, `$1`, `%s`) and pass the values behind it. Names of tables, columns and sort orders cannot be bound: choose them from a fixed list in the code.',
    refs: ['CWE-89', 'gosec G201', 'gosec G202', 'https://go.dev/doc/database/sql-injection'],
  },
  messages: {
    input: '{value} comes from {source} and becomes part of this SQL statement; bind it with a placeholder.',
    value: '{value} becomes part of this SQL statement; bind it with a placeholder.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
