/** Secrets that are compared with an operator which stops at the first difference. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'timing-unsafe-compare',
  title: 'Secret compared with ordinary equality',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A password, key, token or signature that somebody sent is compared with the expected one by `==`, `!=` or `bytes.Equal`.',
    why: 'Such a comparison ends at the first byte that differs. Who measures how long many attempts take learns how many bytes were right, and finds the secret byte by byte.',
    howToFix: 'Passwords are kept as bcrypt or Argon2 hashes and compared by their library.',
    howToFixIn: {
      go: 'Compare with `subtle.ConstantTimeCompare`, and signatures with `hmac.Equal`.',
      python: 'Compare with `hmac.compare_digest`.',
    },
    refs: ['CWE-208', 'https://pkg.go.dev/crypto/subtle#ConstantTimeCompare'],
  },
  messages: {
    compared: 'Comparing {name} takes longer the more of it is right; use subtle.ConstantTimeCompare.',
    digest: 'Comparing {name} takes longer the more of it is right; use hmac.compare_digest.',
    signature: 'Comparing {name} takes longer the more of it is right; use hmac.Equal.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
