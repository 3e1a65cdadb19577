/** Loaders of env files that replace variables which the environment sets already. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'env-file-overrides-environment',
  title: 'Env file overrides the real environment',
  category: 'configuration',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An env file is loaded by `godotenv.Overload` or `load_dotenv(override=True)`, or by a loader of its own that sets each variable without asking whether it is set.',
    why: 'The environment is what a deployment sets for this one process. When a file in the image or the working directory wins, a forgotten copy of somebody’s settings replaces it, and nothing says so.',
    howToFix: 'Let the environment win.',
    howToFixIn: {
      go: '`godotenv.Load` keeps what is set, and `os.LookupEnv` tells a loader of your own what it may set.',
      python: '`load_dotenv()` keeps what is set, and `os.environ.setdefault` sets only what is missing.',
    },
    refs: ['https://12factor.net/config'],
  },
  messages: {
    overload: 'Overload replaces variables that the environment sets; use Load, which keeps them.',
    override: 'override=True replaces variables that the environment sets; leave it out.',
    assigned: 'This replaces variables that the environment sets; use os.environ.setdefault.',
    loader: 'This replaces variables that the environment sets; ask os.LookupEnv first.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
