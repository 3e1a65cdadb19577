/** Files and directories that other accounts of the machine may read or change. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors, goJudge } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'permissive-file-mode',
  title: 'File or directory open to others',
  category: 'security',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A file or directory is made with a mode that lets everybody on the machine read or change it, although its name, the function around or what is written says that it holds secrets, state or data of the service. A mode that lets everybody change something is always found.',
    why: 'Every other account and every other process on the host, and whoever breaks into one of them, reads the secret or exchanges the file.',
    howToFix:
      'Give files `0600` and directories `0750` (or `0700`). Open them wider only where another account has to read them, and then for a group.',
    refs: ['CWE-732', 'CWE-276', 'gosec G301', 'gosec G302', 'gosec G306'],
  },
  messages: {
    secret: 'Mode {mode} lets every account of the machine read what is secret here; use {better}.',
    writable: 'Mode {mode} lets every account of the machine change this; use {better}.',
    fresh:
      '{path} will hold secrets, and every account of the machine may read a new file; open it with mode {better}.',
    readable: 'Mode {mode} lets every account of the machine read this; use {better}.',
  },
  fix: 'always',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: goJudge,
});
