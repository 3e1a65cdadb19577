/** Services whose CORS configuration lets any web site call them: a wildcard, or whatever origin the request names. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'cors-wildcard',
  title: 'CORS open to every origin',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: "A response allows every origin: `Access-Control-Allow-Origin` is `*` or a copy of the request's `Origin` that nothing compares with a list, or a CORS library is configured (or left by default) to allow all origins. Together with credentials the finding is critical.",
    why: 'A page of any web site can call the service from the browser of a visitor and read the answer: behind a firewall as far as that visitor reaches, and with the cookies of that visitor when credentials are allowed.',
    howToFix:
      'List the origins that need the service, read the list from the configuration, and send the header only for an origin that is on it. Leave CORS out where no browser of another site has to call.',
    refs: ['CWE-942', 'CWE-346', 'https://portswigger.net/web-security/cors'],
  },
  messages: {
    header: 'Every web site may read this answer; allow only origins from a list in the configuration.',
    reflected: 'This allows whatever origin the request names; compare it with a list of allowed origins first.',
    library: 'This CORS configuration allows every origin; list the origins that may call.',
    preset: '{call} allows every origin unless told otherwise; list the origins that may call.',
  },
  fix: 'sometimes',
  on: { go: detectors, python: pythonDetectors },
});
