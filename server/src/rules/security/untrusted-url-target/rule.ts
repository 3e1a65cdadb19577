/** Requests and redirects to hosts that strangers choose. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go, judge } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'untrusted-url-target',
  title: 'Request or redirect to a URL taken from input',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The host of an outgoing request or of a redirect is read from a request and never compared with anything.',
    why: 'The server stands inside the network: a request to `http://169.254.169.254/` or to a database next door comes from it with its rights. A redirect to any site lends the good name of yours to a page that asks for passwords.',
    howToFix:
      'Parse the URL and compare its scheme and host with a list of those that are meant. For redirects accept only paths that begin with a single `/`.',
    refs: ['CWE-918', 'CWE-601', 'gosec G107', 'bandit B310'],
  },
  messages: {
    request: 'Where this request goes is chosen by {source}; compare scheme and host of {value} with a list first.',
    redirect: 'Where this redirect leads is chosen by {source}; allow only relative paths, or hosts of a list.',
  },
  fix: 'none',
  on: { go, python: pythonDetectors },
  workspace: judge,
});
