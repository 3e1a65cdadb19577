/** Tests that leave traces in what other tests use: the environment, the working directory, fixed files. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';

export const rule = defineRule({
  id: 'test-shared-state',
  title: 'Tests share files or process environment',
  category: 'testing',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A test sets an environment variable or the working directory and does not put it back, or opens or writes a fixed path in the source tree or below `/tmp` that it does not remove.',
    why: 'The next test starts from what this one has left behind: results depend on the order, on earlier runs, and on what runs at the same time.',
    howToFix:
      'Use `t.Setenv` and `t.Chdir`, which put everything back when the test ends, and `t.TempDir()` for files.',
    refs: ['https://pkg.go.dev/testing#T.TempDir', 'usetesting'],
  },
  messages: {
    environment: 'The variable stays set for all later tests; use {handle}.Setenv, which puts it back.',
    directory: 'The working directory stays changed for all later tests; put it back in {handle}.Cleanup.',
    place: 'All runs of this test share {path}; use a directory of its own from {handle}.TempDir().',
  },
  fix: 'sometimes',
  roles: ['test'],
  on: { go: detectors },
});
