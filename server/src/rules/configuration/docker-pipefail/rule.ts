/** Pipes in build steps whose first part may fail without the build noticing. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { type DockerStep, programOf, stepsOf } from '../../../formats/dockerCommands.ts';
import { type Dockerfile, type DockerInstruction, readDockerfile } from '../../../formats/dockerfile.ts';
import type { ShellCommand } from '../../../formats/shell.ts';

/** Commands that have little to fail at. */
const HARMLESS =
  /^(?:echo|printf|yes|true|:|env|date|uname|id|whoami|pwd|ls|cat|tr|sort|sed|grep|awk|cut|head|uniq|xargs|find|dpkg|dpkg-query|nproc|ldd|scanelf)$/;
/** Images that bring bash. */
const WITH_BASH =
  /^(?:docker\.io\/)?(?:library\/)?(?:debian|ubuntu|python|node|golang|rust|ruby|openjdk|buildpack-deps|fedora|rockylinux|almalinux|amazonlinux)(?::(?!.*alpine)[\w.-]*)?(?:@.*)?$/;

/** The SHELL instruction that holds for a step, or null: the last one before it, in its stage or one that it is built on. */
function shellOf(file: Dockerfile, { instruction, stage }: DockerStep): DockerInstruction | null {
  let at = stage;
  for (let left = file.stages.length; left > 0; left--) {
    const found = at.instructions.findLast(
      ({ keyword, span }) => keyword === 'SHELL' && (at !== stage || span.start < instruction.span.start),
    );
    if (found !== undefined) return found;
    const parent = file.stages[at.parent];
    if (parent === undefined) return null;
    at = parent;
  }
  return null;
}

function setsPipefail({ words }: ShellCommand): boolean {
  return words[0]?.text === 'set' && words.some(({ text }) => text === 'pipefail');
}

/**
 * Whether a pipe ends in a search that finds nothing in what a failed command has not written, so that it fails as well.
 * Not so for `grep -v`, and not where the outcome is thrown away.
 */
function isSearched(command: ShellCommand, commands: readonly ShellCommand[]): boolean {
  let at = commands.indexOf(command) + 1;
  while (commands[at]?.after === '|') at++;
  const last = commands[at];
  if (last === undefined || last.after === '||' || !/^[ef]?grep$/.test(programOf(last))) return false;
  return !last.words.some(({ text }) => /^-[A-Za-z]*[vcL]|^--(?:invert-match|count|files-without-match)$/.test(text));
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['|'],
  *check(source) {
    const file = readDockerfile(source);
    const fixed = new Set<number>();
    for (const step of stepsOf(source, file)) {
      const { instruction, stage, commands } = step;
      const first = commands.findIndex(({ after }) => after === '|');
      if (first < 0) continue;
      const risky = commands.find(
        (command) => command.after === '|' && !HARMLESS.test(programOf(command)) && !isSearched(command, commands),
      );
      const text = source.slice(instruction.span.start, instruction.span.end);
      const isSet =
        /pipefail/.test(shellOf(file, step)?.text ?? '') ||
        commands.some(setsPipefail) ||
        /-o["',\s]+pipefail/.test(text);
      if (isSet) yield { kind: 'pass', subject: commands[first]! };
      else if (risky !== undefined) {
        const fixes: Fix[] = [];
        if (WITH_BASH.test(stage.base.text) && !fixed.has(stage.from.span.start)) {
          fixed.add(stage.from.span.start);
          const lineStart = source.lastIndexOf('\n', instruction.span.start - 1) + 1;
          fixes.push({
            title: 'Let pipes fail in this stage',
            safety: 'suggestion',
            preferred: true,
            edits: [
              {
                kind: 'replace',
                span: { start: lineStart, end: lineStart },
                newText: 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n',
              },
            ],
          });
        }
        yield { kind: 'fail', subject: risky, message: 'pipe', args: { program: programOf(risky) }, fixes };
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-pipefail',
  title: 'Pipe in a build step without pipefail',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A RUN step pipes the output of a command that may fail (a download, a program of the project) into another one, and neither a SHELL instruction nor the step itself sets `pipefail`. Pipes that begin with `echo`, `cat` and the like are left out, and so are those that end in `grep`, which fails when nothing comes.',
    why: 'The shell looks at the last command alone. When the download fails, the build goes on with half a file or none at all, and the image is published.',
    howToFix:
      'Put `SHELL ["/bin/bash", "-o", "pipefail", "-c"]` before the step, or `set -o pipefail &&` at its beginning; or download to a file first.',
    refs: ['hadolint DL4006', 'https://docs.docker.com/build/building/best-practices/#using-pipes'],
  },
  messages: { pipe: 'When {program} fails, the build does not notice; set pipefail before the pipe.' },
  effort: { each: [2, 5] },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles] },
});
