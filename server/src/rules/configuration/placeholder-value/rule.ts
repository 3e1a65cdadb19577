/** Values that somebody was to fill in, in settings that a deployment uses. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';
import { textDetectors } from './text.ts';

export const rule = defineRule({
  id: 'placeholder-value',
  title: 'Placeholder left in production configuration',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A setting of a production file, or the fallback of one in code, is a text such as `changeme`, `your-api-key` or `<your-domain>`, or the address of an example domain. Examples, templates, tests and translations are not looked at.',
    why: 'The feature behind the setting cannot work, and often nobody notices: alerts go to a domain that nobody owns, and a service starts with a key that no provider accepts.',
    howToFix:
      'Set the value, or read it from a variable that has to be set, so that the service stops at start-up without it.',
    refs: ['CWE-1188'],
  },
  messages: {
    setting: '{name} still holds the placeholder {value}; set it, or read it from a variable that must be set.',
    fallback: '{name} falls back to the placeholder {value}; stop at start-up when it is missing.',
    origin: 'The origin {value} is an example domain that nobody owns; read the origins from the configuration.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors, any: textDetectors },
});
