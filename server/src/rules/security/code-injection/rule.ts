/** Text from outside that is run as code. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'code-injection',
  title: 'Text executed as code',
  category: 'security',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A request brings the script that an interpreter runs or names the plugin that is loaded, or a download is piped into a shell. In Python: `eval`, `exec` and `compile` of what a request, another server or an environment variable brings.',
    why: 'Whoever chooses the text controls the process, its memory and its credentials.',
    howToFix:
      'Let requests choose from scripts that the program knows, and parse data with a parser (`json.loads`, `ast.literal_eval`). Download to a file, compare its checksum, then run it.',
    refs: ['CWE-94', 'CWE-95', 'CWE-494', 'bandit B307'],
  },
  messages: {
    script:
      '{value} contains {source} and is run as code; let requests only choose from scripts that the program knows.',
    environment:
      '{value} comes from the environment and is run as code, so that a value is enough to change the program; use ast.literal_eval.',
    download: 'Whatever the server sends is run unseen; download it, compare its checksum and then run it.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
