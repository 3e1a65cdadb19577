/** Token counts of language models that are computed from the length of a text. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'rough-token-estimate',
  title: 'Token count estimated from string length',
  category: 'performance',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A value that is called a number of tokens, or the length of a context, is the length of a text divided or multiplied by a constant.',
    why: 'How many characters make a token depends on the language, the text and the model: four in English prose, one or less in Chinese, and less in code. Budgets, prices and limits that rest on the estimate are off by as much, and requests fail that should have been shortened.',
    howToFix:
      "Count with the model's tokenizer, or take the numbers that the provider's reply reports as usage. Where an upper bound is enough, compute one and say so in a comment.",
    refs: [],
  },
  messages: {
    estimated: '{name} is guessed from the length of a text; count with the tokenizer, or use what the reply reports.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
});
