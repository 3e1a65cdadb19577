/** Listeners for the inside that the outside reaches. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { judgeCompose } from './compose.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'exposed-internal-service',
  title: 'Internal service reachable from outside',
  category: 'security',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A listener that serves nothing but metrics or profiles, or speaks a protocol of its own without TLS and without asking who is there, is bound to all interfaces of the machine by a literal. In a compose file: the port of a data store, of a back end of metrics or of an application behind a proxy is published on all interfaces, although the services that need it are in the same file.',
    why: 'Whoever reaches the machine reaches the service, past the proxy with its TLS, its authentication and its limits.',
    howToFix:
      'Bind it to `127.0.0.1` or to an address from the configuration whose default is loopback; let the network of the deployment open it to those who need it. In a compose file write `127.0.0.1:5432:5432`, or `expose` instead of `ports`: Docker opens published ports past the firewall of the host.',
    refs: [
      'CWE-668',
      'CWE-605',
      'gosec G102',
      'bandit B104',
      'https://docs.docker.com/engine/network/packet-filtering-firewalls/',
    ],
  },
  messages: {
    metrics: 'Everybody who reaches this machine reads what {address} serves for operators; bind it to 127.0.0.1.',
    raw: 'Everybody who reaches this machine can speak to {address} without TLS or authentication; bind it to 127.0.0.1.',
    debugger:
      'Everybody who reaches this machine can run code through the debugger at {address}; bind it to 127.0.0.1.',
    store:
      '{name} is published at port {port} on all interfaces, though {user} reaches it without; publish it on 127.0.0.1 or not at all.',
    operators:
      '{name} is for operators and is published at port {port} on all interfaces; publish it on 127.0.0.1 or not at all.',
    behind:
      '{name} is published at port {port} on all interfaces, so that clients can go around {user}; publish it on 127.0.0.1 or not at all.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors, compose: [] },
  workspace: { partition: 'workspace', reads: ['compose.service'], judge: judgeCompose },
});
