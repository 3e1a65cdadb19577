/** Comments that accept findings where there are none. The engine finds them, since only it knows what is accepted: see core/engine/suppressions.ts. */
import { defineRule } from '../../../core/rulekit/rule.ts';

export const rule = defineRule({
  id: 'unused-suppression',
  title: 'Suppression of nothing',
  category: 'quality',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  unnecessary: true,
  docs: {
    what: 'A comment accepts findings of a rule (`shipworthy-ignore`) where the rule finds nothing.',
    why: 'The defect is gone, but the comment still speaks of it, and would hide the next one that appears at its place.',
    howToFix: 'Delete the comment, or the name of that rule from it.',
    refs: [],
  },
  messages: {
    unused: '{rule} finds nothing here; remove the suppression.',
  },
  effort: { each: [1, 10] },
  scored: false,
  suppressible: false,
  fix: 'always',
  roles: ['production', 'test', 'generated', 'example'],
  on: {},
});
