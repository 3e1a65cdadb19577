/** JSON that is put together from texts, with values that nobody escapes. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'manual-json-construction',
  title: 'JSON built by string formatting',
  category: 'observability',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A format text or a concatenation that begins a JSON object or list puts a text between quotes without escaping it. Numbers, `%q` and what an encoder made are fine.',
    why: 'A quote, a backslash or a line break in the value ends the string too early. At best nobody can parse the line; at worst the value brings fields of its own, and a log or a reply says what a client wanted it to say.',
    howToFix: 'Encode a value, or log it as attributes of a structured logger.',
    howToFixIn: {
      go: 'Encode a struct or a map with `json.Marshal`.',
      python: 'Encode a dictionary with `json.dumps`.',
    },
    refs: ['CWE-116', 'CWE-117'],
  },
  messages: {
    text: '{value} stands in JSON without being escaped; build the document with json.dumps.',
    format: '{value} stands in JSON without being escaped; build the document with json.Marshal.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
