/** Tests, linters and scanners of pipelines, images and scripts whose failure stops nothing. */

import type { Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { stepsOf } from '../../../formats/dockerCommands.ts';
import { readDockerfile } from '../../../formats/dockerfile.ts';
import { type ShellCommand, shellCommands } from '../../../formats/shell.ts';
import { swallowedGates } from './gates.ts';
import { workflows } from './workflow.ts';

function* judge(source: string, commands: readonly ShellCommand[]): Generator<Verdict> {
  const { swallowed, kept } = swallowedGates(source, commands);
  const strict = new Set(kept.map(({ tool }) => tool));
  for (const { tool, subject, extra, by } of swallowed) {
    if (strict.has(tool)) continue;
    yield {
      kind: 'fail',
      subject,
      message: 'swallowed',
      args: { tool, by },
      fixes: [
        {
          title: `Delete ${by}`,
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span: extra, newText: '' }],
        },
      ],
    };
  }
  for (const { span } of kept) yield { kind: 'pass', subject: span };
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['RUN', 'run'],
  *check(source) {
    const commands = stepsOf(source, readDockerfile(source)).flatMap((step) => step.commands);
    yield* judge(source, commands);
  },
};

/** Scripts that a pipeline runs, by their names. */
const PIPELINE =
  /(?:^|\/)\.?(?:ci|github|circleci|buildkite|gitlab)\/|(?:^|[/_-])(?:ci|pipeline|security[-_]?(?:scan|check|audit)?|scan|lint|quality|gate|precommit|pre-commit|validate)[\w-]*\.(?:sh|bash)$/i;

const scripts: TextDetector = {
  text: true,
  triggers: ['|| true', '|| :', '|| exit 0', '|| echo', '|| printf'],
  *check(source, ctx) {
    if (!PIPELINE.test(ctx.file.path) || source.length > 100_000 || /<<-?\s*['"]?\w/.test(source)) return;
    yield* judge(source, shellCommands(source, 0, source.length));
  },
};

export const rule = defineRule({
  id: 'ineffective-ci-gate',
  title: 'CI gate that cannot fail',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A test, linter, check of types or scanner runs in a GitHub workflow, an image build or a script of a pipeline, but its failure stops nothing: `continue-on-error: true` on its step or job, `|| true`, `|| echo` or `|| exit 0` behind its command, an option that lets every finding through, or a pipe into `tee` in a shell without `pipefail`. Also: a step that is called a check and only prints that it passed, and a deployment that its own author approves. Jobs and steps that call themselves informational, experimental or the like, outcomes that a later step looks at, tools that run once for a report and once strictly, uploads, retries and clean-up are left out.',
    why: 'The check is green whatever it finds, so nobody reads it, and everybody believes that broken tests or known holes could not be merged.',
    howToFix:
      'Delete what swallows the failure, and mend or accept what then comes up: one exception by name in the configuration of the tool is better than all of them. Add `set -o pipefail` before a pipe.',
    refs: [
      'CWE-693',
      'https://docs.github.com/actions/writing-workflows/workflow-syntax-for-github-actions#jobsjob_idstepscontinue-on-error',
    ],
  },
  messages: {
    step: 'The step goes on whatever {tool} finds; delete continue-on-error.',
    job: 'Job {name} is green whatever {tool} finds; delete continue-on-error.',
    swallowed: 'The failure of {tool} is swallowed by {by}; delete that.',
    lenient: '{tool} lets everything through ({setting}); let findings fail the job.',
    piped: 'The pipe takes the verdict of {to}, so {tool} cannot fail; begin with set -o pipefail.',
    tale: 'Step {name} judges nothing and says that all is well; run the check, or delete the step.',
    self: 'Whoever starts the deployment approves it; name other approvers.',
  },
  effort: { each: [5, 60] },
  fix: 'sometimes',
  on: { workflow: [workflows], dockerfile: [dockerfiles], shell: [scripts] },
});
