/** Listeners for the inside that the outside reaches. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';

export const rule = defineRule({
  id: 'exposed-internal-service',
  title: 'Internal service reachable from outside',
  category: 'security',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A listener that serves nothing but metrics or profiles, or speaks a protocol of its own without TLS and without asking who is there, is bound to all interfaces of the machine by a literal.',
    why: 'Whoever reaches the machine reaches the service, past the proxy with its TLS, its authentication and its limits.',
    howToFix:
      'Bind it to `127.0.0.1` or to an address from the configuration whose default is loopback; let the network of the deployment open it to those who need it.',
    refs: ['CWE-668', 'CWE-605', 'gosec G102'],
  },
  messages: {
    metrics: 'Everybody who reaches this machine reads what {address} serves for operators; bind it to 127.0.0.1.',
    raw: 'Everybody who reaches this machine can speak to {address} without TLS or authentication; bind it to 127.0.0.1.',
  },
  fix: 'sometimes',
  on: { go: goDetectors },
});
