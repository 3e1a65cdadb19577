/** Comments that are meant to accept findings and cannot be understood. The engine finds them, since only it knows what is accepted: see core/engine/suppressions.ts. */
import { defineRule } from '../../../core/rulekit/rule.ts';

export const rule = defineRule({
  id: 'malformed-suppression',
  title: 'Suppression that accepts nothing',
  category: 'quality',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A comment begins with `shipworthy-ignore` but does not say what it must: which rule, after a colon why, and at the end, if it is for a time, `until` a day that exists. A comment that names an unknown rule, or one that may not be suppressed, is reported as well.',
    why: 'A suppression that is not understood accepts nothing, while whoever wrote it believes that it does. A reason is what lets the next reader decide whether the finding may stay.',
    howToFix:
      'Write `shipworthy-ignore <rule>: <reason>` for a line, `shipworthy-ignore-block` for the lines that belong together, `shipworthy-ignore-file` for the file; several rules are separated by commas, and `until 2027-01-31` at the end limits the time.',
    refs: [],
  },
  messages: {
    scope: 'There is no "{word}"; write shipworthy-ignore, shipworthy-ignore-block or shipworthy-ignore-file.',
    rule: 'This suppression names no rule; write its id behind shipworthy-ignore.',
    reason: 'This suppression gives no reason; write it behind a colon.',
    date: '"{word}" is no day; write it as year-month-day, such as 2027-01-31.',
    unknown: 'There is no rule "{word}"; correct its id or remove the suppression.',
    forbidden: 'Findings of {word} may not be suppressed; mend them and remove this comment.',
  },
  effort: { each: [1, 10] },
  scored: false,
  suppressible: false,
  fix: 'none',
  roles: ['production', 'test', 'generated', 'example'],
  on: {},
});
