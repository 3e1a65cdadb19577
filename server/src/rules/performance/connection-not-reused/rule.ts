/** Connections and pools that are made for one request and thrown away with it. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';

export const rule = defineRule({
  id: 'connection-not-reused',
  title: 'Client or connection created per request',
  category: 'performance',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A handler opens a database, connects to a server or makes an HTTP transport for the request that it serves.',
    why: 'Each request pays for names, handshakes and logins. A transport that is dropped leaves its idle connections behind, and under load the ports run out.',
    howToFix:
      'Make the client once, in main or a constructor, and hand it to the handlers. All of these types are safe for concurrent use.',
    refs: ['CWE-1072', 'https://pkg.go.dev/net/http#Client'],
  },
  messages: {
    connection: '{name} connects anew for each request; make it once at the start and share it.',
    transport: 'Each request gets a transport of its own, and leaves idle connections behind; make one and share it.',
  },
  fix: 'sometimes',
  on: { go: goDetectors },
});
