/** Stored types whose secret fields go out with every JSON reply. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors, goJudge } from './go.ts';

export const rule = defineRule({
  id: 'secret-field-serializable',
  title: 'Secret field is serialised',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A type that is kept in a database has an exported field with the name of a secret (a password, a private key, a token) that JSON encodes under a name of its own. Requests, settings and clients, which have to carry such a field, are not looked at.',
    why: 'The type that is loaded from the database is the one that handlers reply with, caches keep and logs print. One handler that forgets to blank the field gives the secret away.',
    howToFix: 'Tag the field `json:"-"`, and take it in through a type of its own where a client has to send it.',
    refs: ['CWE-200', 'CWE-499', 'gosec G117'],
  },
  messages: {
    encoded: '{field} of {type} goes into every JSON reply; tag it json:"-".',
  },
  fix: 'sometimes',
  on: { go: goDetectors },
  workspace: goJudge,
});
