/** Services that wait for child processes without a limit. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { isDeployedPath, servicesOf } from '../../../knowledge/go/services.ts';
import { settled } from '../../../languages/go/pending.ts';
import { goDetectors, RUN_FACT } from './go.ts';

/** Directories with the commands of a tool. */
const TOOL = /(?:^|\/)(?:cli|cmd|commands?|\w*ctl)\//;

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
    howToFix:
      'Use `exec.CommandContext` with a context that has a deadline, derived from that of the request by `context.WithTimeout`. Set `WaitDelay` when the child starts children of its own.',
    refs: ['CWE-400', 'noctx', 'https://pkg.go.dev/os/exec#CommandContext'],
  },
  messages: {
    none: 'This command may run for ever; start it by exec.CommandContext with a deadline.',
    background: 'The context of this command never ends, so the command may run for ever; give it one with a deadline.',
  },
  fix: 'sometimes',
  on: { go: goDetectors },
  workspace: {
    partition: 'workspace',
    reads: [RUN_FACT],
    *judge(facts) {
      const programs = servicesOf(facts);
      for (const found of facts.all(RUN_FACT)) {
        const { path } = found.place;
        if (facts.role(path) !== 'production' || !isDeployedPath(path)) continue;
        // Somebody sits in front of a command-line tool, and ends it when it takes too long.
        if (TOOL.test(path)) continue;
        if (programs.some((program) => program.directories.has(directoryOf(path)))) yield settled(found, found.value);
      }
    },
  },
});
