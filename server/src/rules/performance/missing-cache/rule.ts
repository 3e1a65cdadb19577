/** Paid questions that are asked again and again. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors, goJudge } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'missing-cache',
  title: 'Repeated expensive call without a cache',
  category: 'performance',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A program asks a language model or a geocoding service over the network, and nothing in it is a cache. It is reported once for each program.',
    why: 'Each call costs money and seconds. Equal questions are paid for and waited for every time, and when the provider is slow or down, nothing is left to answer with.',
    howToFix:
      'Put a bounded cache with a time to live in front of the call, keyed by the normalised question, or use the cache of the provider or of a gateway.',
    refs: [],
  },
  messages: {
    uncached: 'Equal questions to {service} are paid for again each time; put a bounded cache in front of this call.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: goJudge,
});
