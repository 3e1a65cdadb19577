/** A secret that is written in source or configuration instead of being given to the program from outside. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors, judgeLiterals } from './go.ts';
import { pythonDetectors } from './python.ts';
import { textDetectors } from './text.ts';

export const rule = defineRule({
  id: 'hardcoded-secret',
  title: 'Secret written in source or configuration',
  category: 'security',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A password, API key, token, private key or signing secret stands as a literal in code or configuration. It is found by its format (keys of well-known services, private keys, signed tokens, passwords inside of addresses), by the name that it is given to, or by its use: as the fallback of an environment lookup, as the default of a flag, as the key of a signature, or in a comparison with what a client sent.',
    why: 'Everybody who can read the repository can use the secret, now and in its whole history; every deployment shares it; and it cannot be changed without a release. Fallbacks are the worst case: a deployment that forgets the setting runs with a value that the world can read, and nothing says so.',
    howToFix:
      'Read the value from the environment, a mounted file or a secret store, and stop at start-up when it is missing (in compose files and shells: `:?` in the reference). Then rotate the secret: removing it from the newest commit does not remove it from the history.',
    refs: ['CWE-798', 'CWE-321', 'CWE-259', 'gosec G101', 'bandit B105', 'bandit B106', 'bandit B107'],
  },
  messages: {
    known: 'This is {kind}, readable by everyone with the code; revoke it and read a new one from the environment.',
    held: '{name} holds a secret that is written in the source; read it from the environment and rotate it.',
    used: 'A literal is used as the secret of {name}; read it from the environment and rotate it.',
    fallback: '{name} falls back to a secret that everyone can read; fail when it is not set instead.',
    compared:
      '{name} is compared with a secret that is written in the source; read it from the environment and rotate it.',
    address: 'This address contains a password; read the address from the environment and rotate the password.',
    setting: '{name} is written in the file; take it from the environment or a secret store and rotate it.',
  },
  effort: { each: [30, 120] },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors, any: textDetectors },
  workspace: judgeLiterals,
});
