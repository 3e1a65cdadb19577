/** Comments that accept findings and have ended. The engine finds them, since only it knows what is accepted: see core/engine/suppressions.ts. */
import { defineRule } from '../../../core/rulekit/rule.ts';

export const rule = defineRule({
  id: 'expired-suppression',
  title: 'Suppression that has ended',
  category: 'quality',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A comment that accepts findings (`shipworthy-ignore`), or an attestation in the configuration, names a last day, and that day has passed. From then on it counts for nothing: what it accepted is reported again.',
    why: 'Somebody decided to live with a defect for a time, and that time is over. Whoever reads the comment still believes that somebody takes care of it.',
    howToFix:
      'Mend what the comment accepts and delete the comment; or decide again, and write down a new reason and a new day.',
    refs: [],
  },
  messages: {
    attestation:
      'The attestation for {subject} ended on {until}; look at the evidence again and set a new day, or remove it.',
    expired: 'This suppression ended on {until}; mend what it accepted and remove it, or decide again with a new day.',
  },
  effort: { each: [1, 10] },
  scored: false,
  suppressible: false,
  fix: 'none',
  roles: ['production', 'test', 'generated', 'example'],
  on: {},
});
