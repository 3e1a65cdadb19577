/** Addresses of clients that are believed from headers which every client can write. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { judge, overwritten } from './identity.ts';
import { python } from './python.ts';

export const rule = defineRule({
  id: 'spoofable-client-identity',
  title: 'Client identity taken from a header the client controls',
  category: 'security',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'The key of a limit, an allow-list or an audit entry uses the address in `X-Forwarded-For` or a header like it, and nothing says which proxies may set it. A header that a proxy of the workspace writes over with the address of its peer is left alone.',
    why: 'Every client can send that header. With a new value for each request a limit never bites and its table grows, a block list is walked around, and the audit names somebody else.',
    howToFix:
      'Use the authenticated user or the address of the peer. Where a proxy stands in front, believe the header only when the peer is one of its addresses: `SetTrustedProxies` of gin, `IPExtractor` of echo, `--forwarded-allow-ips` of uvicorn with `request.client`, `ProxyFix` of Werkzeug with `request.remote_addr`.',
    refs: ['CWE-348', 'CWE-290', 'https://adam-p.ca/blog/2022/03/x-forwarded-for/'],
  },
  messages: {
    header: '{name} is written by the client and is used for {purpose}; believe it only from trusted proxies.',
    framework:
      '{name} believes forwarding headers of everybody here and is used for {purpose}; name the proxies that are trusted.',
    library: '{name} takes {purpose} from a header that every client can write; use the address of the peer.',
  },
  fix: 'none',
  on: { go, python, any: [overwritten] },
  workspace: judge,
});
