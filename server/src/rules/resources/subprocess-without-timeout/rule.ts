/** Services that wait for child processes without a limit. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { isDeployedPath, servicesOf } from '../../../knowledge/go/services.ts';
import { pythonServicesOf } from '../../../knowledge/python/services.ts';
import { settled } from '../../../languages/go/pending.ts';
import { goDetectors, RUN_FACT } from './go.ts';
import { PYTHON_RUN, pythonDetectors } from './python.ts';

/** Directories with the commands of a tool. */
const TOOL = /(?:^|\/)(?:cli|cmd|commands?|\w*ctl)\//;
/** Python files that run by hand. */
const SCRIPT =
  /(?:^|\/)(?:scripts?|bin|tools?|dev|code-generation|management|docs?|builder|build|ci|deploy\w*|hooks?)\/|(?:^|\/)(?:setup|manage|cli|conf|noxfile|tasks|fabfile|build\w*|release\w*|make\w*|(?:un)?install\w*|migrat\w*|start\w*|run\w*)\.py$/;

export const rule = defineRule({
  id: 'subprocess-without-timeout',
  title: 'Child process without a time limit',
  category: 'resources',
  severity: 'high',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A service runs a command and waits for its end, and nothing could stop it: no context with a deadline, no timer, no watchdog.',
    why: 'A child that asks for input, waits for the network or loops never comes back. The request or worker that waits for it is lost, and a few of them are the whole service.',
    howToFix: '',
    howToFixIn: {
      go: 'Use `exec.CommandContext` with a context that has a deadline, derived from that of the request by `context.WithTimeout`. Set `WaitDelay` when the child starts children of its own.',
      python:
        'Give `timeout=` to `subprocess.run` or `communicate`, or wait under `asyncio.timeout`, and kill the child when it is over.',
    },
    refs: ['CWE-400', 'noctx', 'https://pkg.go.dev/os/exec#CommandContext'],
  },
  messages: {
    none: 'This command may run for ever; start it by exec.CommandContext with a deadline.',
    python: 'This command may run for ever; give it a timeout.',
    async: 'This command may run for ever; wait for it under asyncio.timeout, and kill it when that is over.',
    background: 'The context of this command never ends, so the command may run for ever; give it one with a deadline.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: [RUN_FACT, PYTHON_RUN],
    *judge(facts) {
      const programs = servicesOf(facts);
      for (const found of facts.all(RUN_FACT)) {
        const { path } = found.place;
        if (facts.role(path) !== 'production' || !isDeployedPath(path)) continue;
        // Somebody sits in front of a command-line tool, and ends it when it takes too long.
        if (TOOL.test(path)) continue;
        if (programs.some((program) => program.directories.has(directoryOf(path)))) yield settled(found, found.value);
      }
      const services = pythonServicesOf(facts);
      for (const found of facts.all(PYTHON_RUN)) {
        const { path } = found.place;
        if (facts.role(path) !== 'production' || !isDeployedPath(path) || TOOL.test(path) || SCRIPT.test(path))
          continue;
        if (services.some(({ files }) => files.has(path))) yield settled(found, found.value);
      }
    },
  },
});
