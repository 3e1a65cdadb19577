/** Templates and prompts that input becomes a part of. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'template-injection',
  title: 'User text interpolated into a template or prompt',
  category: 'security',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'The source of a template is put together with a value from a request, or the instructions for a language model are put together with what a user wrote.',
    why: 'Text that becomes part of a template is run: `{{.Password}}` prints a field, a call reaches whatever the data offers, and in Jinja2 that is the whole interpreter. A model follows instructions wherever they stand, so a user can replace those of the program.',
    howToFix:
      'Keep templates constant and pass values as their data. Give the model its instructions in the system message alone and the text of the user in a message with the role `user`.',
    refs: ['CWE-1336', 'CWE-1427', 'CWE-94'],
  },
  messages: {
    template: '{value} comes from {source} and becomes template source; pass it to the template as data.',
    system:
      '{value} becomes part of the system message, where the model takes it for an instruction; send it in a user message.',
    prompt: '{value} becomes part of the instructions of this prompt; send it in a message of its own.',
  },
  fix: 'none',
  on: { go, python: pythonDetectors },
});
