/** Keys, tokens and passwords that travel in URLs. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'secret-in-url',
  title: 'Secret sent in a URL',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An API key, a token or a password is put into the query of a URL, or a handler expects it there.',
    why: 'URLs are kept where headers are not: in access logs, in errors (Go prints the whole URL of a failed request), in the history of browsers, and with every proxy on the way.',
    howToFix:
      'Send the secret in a header: `Authorization: Bearer ...`, or the header that the provider names for its key. Where a browser cannot set one, as for a WebSocket, use a cookie or a ticket that is valid once and for seconds.',
    refs: [
      'CWE-598',
      'https://owasp.org/www-community/vulnerabilities/Information_exposure_through_query_strings_in_url',
    ],
  },
  messages: {
    sent: '{value} is sent in the URL as {name}, where logs and errors keep it; send it in a header.',
    read: 'This secret is expected in the URL as {name}, where logs and histories keep it; take it from a header or cookie.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
