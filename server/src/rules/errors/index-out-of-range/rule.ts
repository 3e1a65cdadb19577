/** Accesses to a constant position of something whose length nobody has asked for. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';

export const rule = defineRule({
  id: 'index-out-of-range',
  title: 'Index or slice without a length check',
  category: 'errors',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'An element or part at a constant position is taken of a split text, a regular expression match, a list in a decoded document, the command line, or a string parameter, and nothing before asks how long it is.',
    why: 'Input that is shorter than expected makes the program panic: an empty list in an answer, a line without the separator, a missing argument.',
    howToFix:
      'Ask for the length first and answer with an error when it is too small. To take a text apart at the first separator use `strings.Cut`, which says whether there was one.',
    refs: ['CWE-129', 'CWE-125', 'gosec G602'],
  },
  messages: {
    arguments: 'This panics when the program is started without that argument; check len(os.Args) before.',
    decoded: 'This panics when the document brings fewer than {count} of {value}; check its length before.',
    split: 'This panics when the text has fewer than {count} parts; check the length before, or use strings.Cut.',
    match: 'This panics when the expression does not match; compare the match with nil before.',
    part: 'This panics when {value} is shorter than {count} bytes; check its length before.',
  },
  fix: 'sometimes',
  on: { go: detectors },
});
