/** Ciphers, modes, nonces and key sizes that no longer keep a secret. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'weak-encryption',
  title: 'Weak cipher, mode, nonce or key size',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A cipher that can be broken (DES, 3DES, RC4, Blowfish, ...), an RSA key below 2048 bits, an elliptic curve below 256 bits, a block cipher in ECB mode, or an initialisation vector or nonce that is always the same or a part of the key.',
    why: 'Short keys and old ciphers are broken by computing. With a fixed nonce, equal texts give equal ciphertexts; in the modes of streams (CTR, GCM) two messages under one nonce give away both, and the key of the authentication.',
    howToFix:
      'Encrypt with AES-GCM or ChaCha20-Poly1305 and a random nonce that is stored with the ciphertext. Make RSA keys of 2048 bits or more.',
    howToFixIn: {
      go: '`cipher.NewGCM` does so, with a nonce from `crypto/rand`.',
      python: '`AESGCM` and `Fernet` of the package cryptography do so.',
    },
    refs: [
      'CWE-327',
      'CWE-326',
      'CWE-329',
      'gosec G405',
      'gosec G403',
      'gosec G407',
      'bandit B304',
      'bandit B305',
      'bandit B505',
    ],
  },
  messages: {
    cipher: '{name} can be broken; use AES-GCM or ChaCha20-Poly1305.',
    size: 'An RSA key of {bits} bits can be broken; use 2048 bits or more.',
    curve: 'The curve {name} is too small; use elliptic.P256().',
    nonce: 'The nonce {name} is the same for every message; draw a new one from crypto/rand for each.',
    curvePython: 'The curve {name} is too small; use SECP256R1 or larger.',
    noncePython: 'The vector {name} is the same for every message; draw a new one with os.urandom for each.',
    ecb: 'ECB shows which blocks of the text are equal; use AES-GCM.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
