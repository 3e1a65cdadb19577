/** Go files that gofmt would change, as far as that can be told without running it. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';

export const rule = defineRule({
  id: 'unformatted-code',
  title: 'Source not formatted by the standard formatter',
  category: 'quality',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A Go file has lines that begin with spaces or end with blanks, outside of raw strings and comments. Each file is reported once, at the first such line; alignment is left to the formatter.',
    why: 'Every Go tool and editor formats files when they are saved. A file that is not formatted changes all over with the next small edit, and the edit drowns in the difference.',
    howToFix: 'Run `gofmt -w` on the file, and let the pipeline fail when `gofmt -l` names one.',
    refs: ['https://pkg.go.dev/cmd/gofmt'],
  },
  messages: {
    blanks: '{count} lines of this file end with blanks, which gofmt removes; format the file.',
    spaces: '{count} lines of this file are indented with spaces, where gofmt uses tabs; format the file.',
  },
  fix: 'sometimes',
  on: { go: goDetectors },
});
