/** Files with a name that others can foresee, in the temporary folder that everybody may write to. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'insecure-temp-file',
  title: 'Predictable file in a shared temporary folder',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A file or working directory is made in the temporary folder of the system under a name that is fixed, or consists of a process id or a time.',
    why: 'Everybody on the machine may write there. Who foresees the name puts a link or a file of their own in its place beforehand, and reads, exchanges or redirects what the program writes.',
    howToFix: 'Let the system choose a name that nobody else has, with access for the owner only.',
    howToFixIn: {
      go: 'Use `os.CreateTemp` and `os.MkdirTemp`.',
      python: 'Use `tempfile.NamedTemporaryFile` and `tempfile.TemporaryDirectory`.',
    },
    refs: ['CWE-377', 'CWE-379', 'gosec G303'],
  },
  messages: {
    race: '{path} only invents a name, which somebody else can take before the file is made; use {maker}.',
    fixed: 'Others can foresee {path} in the shared temporary folder; make it with {maker}.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
