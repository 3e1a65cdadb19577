/** TLS configurations that allow versions or ciphers which can be broken. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'tls-weak-version',
  title: 'Old TLS version or cipher allowed',
  category: 'security',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A TLS configuration sets a lowest or highest version before TLS 1.2, or lists a cipher suite that the library itself calls insecure. A configuration that says nothing has the defaults of the installed version and is not reported.',
    why: 'TLS 1.0 and 1.1 and their ciphers have known attacks, which somebody on the path uses by talking both sides into the oldest version they allow.',
    howToFix: '',
    howToFixIn: {
      go: 'Set `MinVersion: tls.VersionTLS12` (or 1.3), and leave `CipherSuites` out: the defaults are good.',
      python: 'Use `ssl.create_default_context()`, or `minimum_version = ssl.TLSVersion.TLSv1_2`.',
    },
    refs: ['CWE-326', 'CWE-327', 'gosec G402', 'bandit B502', 'bandit B503'],
  },
  messages: {
    version: '{name} can be broken by somebody on the path; set tls.VersionTLS12.',
    cipher: '{name} is an insecure cipher suite; remove it, or leave CipherSuites to the defaults.',
    pythonVersion: '{name} can be broken by somebody on the path; ask for TLS 1.2 at least.',
    pythonCipher: '{name} can be broken; leave the ciphers to the defaults.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
