/** HTML that is written with values nobody escaped. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'xss-unescaped-output',
  title: 'HTML output without escaping',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A value from a request becomes part of a page without being escaped: formatted into the response, converted to `template.HTML` or `Markup`, or written by templates that do not escape.',
    why: 'Whoever makes a user follow a link chooses the value, and with it the scripts that run in the session of that user.',
    howToFix: 'Answer with a content type that browsers do not run where no page is meant.',
    howToFixIn: {
      go: 'Write pages with html/template, which escapes by the place where a value stands, and pass values as its data. Elsewhere escape with `html.EscapeString`.',
      python:
        'Write pages with templates that escape, and pass values as their data. Elsewhere escape with `html.escape`.',
    },
    refs: ['CWE-79', 'CWE-116', 'gosec G203'],
  },
  messages: {
    marked: '{value} contains {source}, and {call} switches its escaping off; pass it as a plain text.',
    page: '{value} contains {source} and is written into the page as it is; escape it, or render a template.',
    autoescape: 'This environment escapes nothing that its templates print; set autoescape=True.',
    response: '{value} contains {source} and is written into the page as it is; escape it, or use html/template.',
    conversion: '{value} contains {source}, and template.{type} switches its escaping off; pass it as a plain text.',
    template: 'text/template writes this page and escapes nothing; use html/template.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
