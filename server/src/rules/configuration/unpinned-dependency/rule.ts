/** Dependencies that may change from one build to the next: no upper bound, and no lock file. */
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { downloads, judgePython } from './python.ts';

export const rule = defineRule({
  id: 'unpinned-dependency',
  title: 'Dependency without an upper bound',
  category: 'configuration',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'An application names a distribution without a version, or with a lower bound alone, in a file of requirements, pyproject.toml or Pipfile, and neither a lock file nor a file with exact versions fixes it. Or code downloads a model or data set of a hub by name without a revision. Packages that others install, and requirements for development, tests and documentation, are left out.',
    why: 'Every build takes what is newest at that minute. A release with a breaking change, or one that somebody else published, reaches production without a line of the project having changed, and the version that worked is not written down anywhere.',
    howToFix:
      'Lock all versions (`uv lock`, `poetry lock`, `pip-compile`) and install from the lock; without a lock, bound each version: `name>=1.2,<2`. Give `revision=` the commit of a model.',
    refs: ['CWE-1357', 'bandit B615', 'https://pip.pypa.io/en/stable/topics/repeatable-installs/'],
  },
  messages: {
    none: 'Any version of {name} may be installed; name one, or commit a lock file.',
    open: '{name}{version} accepts every later release; add an upper bound, or commit a lock file.',
    revision: 'Whatever {name} holds at that time is downloaded; name a commit by revision=.',
  },
  effort: { each: [2, 10] },
  fix: 'sometimes',
  on: { python: [downloads as NodeDetector] },
  workspace: {
    partition: 'workspace',
    reads: ['python.requirement'],
    judge: judgePython,
  },
});
