/** Files whose path a request or an archive decides. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go, judge } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'path-traversal',
  title: 'File path built from input',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A path with a name from a request, or from a member of an archive, is opened, written, sent or removed, and nothing checks that it stays inside its folder.',
    why: 'A name such as `../../etc/passwd` leads out of the folder. Files that were never meant to be served are read, and others are overwritten.',
    howToFix: '',
    howToFixIn: {
      go: 'Refuse names for which `filepath.IsLocal(name)` is false before joining them, or keep `filepath.Base(name)` only, or open files through `os.Root`.',
      python: 'Keep `Path(name).name` only, or resolve the path and ask `is_relative_to(folder)`.',
    },
    refs: ['CWE-22', 'CWE-73', 'gosec G304', 'gosec G305', 'https://go.dev/blog/osroot'],
  },
  messages: {
    python:
      '{value} contains {source} and may lead out of its folder; keep only its last part, or check the resolved path.',
    members: 'Names in this archive may lead out of the target folder; extract it with filter="data".',
    input: '{value} contains {source} and may lead out of its folder; check the name with filepath.IsLocal first.',
    archive:
      '{value} is named by {source} and may lead out of the target folder; check the name with filepath.IsLocal first.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
  workspace: judge,
});
