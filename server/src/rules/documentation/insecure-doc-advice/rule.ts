/** Instructions that tell the reader to switch a protection off. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { markdown } from './markdown.ts';

export const rule = defineRule({
  id: 'insecure-doc-advice',
  title: 'Documentation advises an insecure setting',
  category: 'documentation',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A code block of a document shows a setting that switches a protection off as the thing to do: every origin allowed, certificates or host keys not verified, files that everybody may write, a file with secrets added to the repository. Blocks that are shown as a warning, as what was wrong or for development, and reports, change logs and examples are not looked at.',
    why: 'Readers copy what a guide shows, and what was meant for a first try stays in production.',
    howToFix:
      'Show the safe form: the origins that the service has, the authority of an own certificate, the narrowest rights. Where the other one is for development only, say so in the heading.',
    refs: ['CWE-1188', 'CWE-942', 'CWE-295'],
  },
  messages: {
    origins: 'This tells readers to allow every origin; show a list of the origins that the service has.',
    verification:
      'This tells readers to switch off the verification of the other side; show how to trust its authority.',
    rights: 'This gives every user of the machine the right to write; show the narrowest rights that work.',
    secrets: 'This adds a file with secrets to the repository; keep it out with .gitignore.',
  },
  effort: { each: [5, 15] },
  fix: 'none',
  on: { markdown: [markdown] },
});
