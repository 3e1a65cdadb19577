/** Hashes that no longer protect what they are used for: MD5 and SHA-1 of secrets, and fast hashes of passwords. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'weak-hash',
  title: 'Weak hash function',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A password goes through a fast hash (MD5, SHA-1, SHA-2), or MD5 or SHA-1 makes or protects something secret: a token, a salt, a key, a certificate. Checksums, cache keys, ETags and protocols that ask for such a hash are left alone.',
    why: 'Graphics cards try billions of fast hashes a second, so that a stolen table of them is a table of passwords. For MD5 and SHA-1 two inputs with one hash can be made, so that what they identify or sign can be exchanged.',
    howToFix:
      'Keep passwords with bcrypt, scrypt or Argon2. For everything else use SHA-256, with HMAC where a key is involved.',
    howToFixIn: {
      go: '`golang.org/x/crypto/bcrypt` hashes passwords.',
      python: 'The packages bcrypt and argon2-cffi hash passwords.',
    },
    refs: ['CWE-328', 'CWE-916', 'gosec G401', 'gosec G501', 'bandit B324'],
  },
  messages: {
    password: '{hash} is a fast hash, so that stolen passwords are soon found out; use bcrypt or Argon2.',
    secret: '{hash} no longer protects {name}; use SHA-256.',
    signature: '{name} signs with a hash that can be forged; use a SHA-256 algorithm.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
