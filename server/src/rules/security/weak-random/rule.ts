/** Secrets that can be guessed: keys, passwords and tokens from a generator that was not made for them, or the clock. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors, goJudge } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'weak-random',
  title: 'Predictable value used for security',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A password, token, key, salt or code that nobody may guess is made by `math/rand` (in Python by `random`), or from the time of day. Names decide what is such a value: of the variable or field that takes it, and of the function that returns it.',
    why: 'Such generators are built for speed. Who knows a few of their numbers, or about when the program started, computes the next ones; a clock is known to everybody. The value then protects nothing.',
    howToFix: 'Read the bytes from the operating system.',
    howToFixIn: { go: 'Use `crypto/rand`: `rand.Read`, `rand.Int`, `rand.Text`.', python: 'Use the module `secrets`.' },
    refs: ['CWE-338', 'CWE-330', 'gosec G404'],
  },
  messages: {
    generator: '{name} comes from math/rand and can be guessed; make it with crypto/rand.',
    module: '{name} comes from the random module and can be guessed; make it with secrets.',
    helper: '{name} comes from {helper}, which uses math/rand, and can be guessed; use crypto/rand there.',
    clock: '{name} is made from the clock and can be guessed; make it with crypto/rand.',
    selection: '{name} chooses by math/rand, which can be predicted; use crypto/rand where the choice is worth money.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: goJudge,
});
