/** Clients that accept any certificate or any host key. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'peer-verification-disabled',
  title: 'Certificate or host key verification switched off',
  category: 'security',
  severity: 'high',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A TLS client is told to accept every certificate, or an SSH client every host key, by a constant in the code. A setting that the operator chooses is not reported, nor is a check of its own beside the switched-off one.',
    why: 'Encryption alone does not say with whom. Anybody on the path can answer in the place of the server, read everything including credentials, and change what arrives.',
    howToFix:
      'Remove the switch. Where a certificate is your own, name its authority instead; for SSH, name the known hosts.',
    howToFixIn: {
      go: 'Add the authority to `RootCAs`; use `knownhosts.New` or `ssh.FixedHostKey`.',
      python:
        'Pass the file of the authority: `verify="ca.pem"`, `ssl.create_default_context(cafile=...)`; with paramiko use `load_system_host_keys()` and `RejectPolicy`.',
    },
    refs: ['CWE-295', 'CWE-322', 'gosec G402', 'gosec G106', 'bandit B501', 'bandit B507'],
  },
  messages: {
    certificate:
      'This client accepts any certificate; remove InsecureSkipVerify, and add your authority to RootCAs if needed.',
    hostKey: 'This client accepts any host key; compare it with ssh.FixedHostKey or a known_hosts file.',
    python: '{setting} accepts any certificate; remove it, and name the file of your authority if needed.',
    pythonName: '{setting} accepts the certificate of any other host; remove it.',
    pythonHostKey: '{setting} accepts any host key; load the known hosts and refuse others.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
