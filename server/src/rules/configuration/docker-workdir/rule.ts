/** Working directories that are not where the author thinks: `cd` at the end of a step, and relative paths without WORKDIR. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { commandsOf, isWindowsStage, unwrapped } from '../../../formats/dockerCommands.ts';
import {
  type Dockerfile,
  type DockerInstruction,
  type DockerStage,
  expandVariables,
  readDockerfile,
} from '../../../formats/dockerfile.ts';

/** Images that set no working directory. */
const AT_ROOT =
  /^(?:docker\.io\/)?(?:library\/)?(?:alpine|debian|ubuntu|busybox|fedora|rockylinux|almalinux|amazonlinux|archlinux|python|node|ruby|nginx|openjdk|eclipse-temurin|amazoncorretto|rust|httpd|gcc|buildpack-deps)(?::[\w.-]+)?(?:@.*)?$/;

function inserted(source: string, at: number): readonly Fix[] {
  const lineStart = source.lastIndexOf('\n', at - 1) + 1;
  return [
    {
      title: 'Set the working directory',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start: lineStart, end: lineStart }, newText: 'WORKDIR /app\n' }],
    },
  ];
}

/** The stage with those that it is built on, and the image below all of them. */
function lineage(
  file: Dockerfile,
  stage: DockerStage,
): { readonly above: readonly DockerInstruction[]; readonly root: string } {
  const above: DockerInstruction[] = [];
  let at = stage;
  for (let left = file.stages.length; left > 0; left--) {
    const parent = file.stages[at.parent];
    if (parent === undefined) break;
    above.push(...parent.instructions);
    at = parent;
  }
  return { above, root: expandVariables(at.base.text, file.globalArguments) ?? '' };
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['WORKDIR', 'workdir', 'COPY', 'copy', 'ADD', 'cd '],
  *check(source) {
    const file = readDockerfile(source);
    for (const stage of file.stages) {
      if (isWindowsStage(source, stage)) continue;
      const { above, root } = lineage(file, stage);
      let isKnown = !AT_ROOT.test(root) || above.some(({ keyword }) => keyword === 'WORKDIR' || keyword === 'ONBUILD');
      let said = false;
      for (const instruction of stage.instructions) {
        const { keyword, words, span, heredocs } = instruction;
        const last = words.at(-1);
        if (keyword === 'WORKDIR' && last !== undefined) {
          const isAbsolute = /^(?:\/|\$|[A-Za-z]:|~)/.test(last.text);
          if (isAbsolute) yield { kind: 'pass', subject: last };
          else if (!isKnown && !said) {
            said = true;
            const at = { start: last.start, end: last.start };
            const fixes: readonly Fix[] = [
              {
                title: 'Begin at the root',
                safety: 'suggestion',
                preferred: true,
                edits: [{ kind: 'replace', span: at, newText: '/' }],
              },
            ];
            yield {
              kind: 'fail',
              subject: last,
              message: 'relative',
              args: { path: last.text },
              fixes: /^[\w-]/.test(last.text) && last.end - last.start === last.text.length ? fixes : [],
            };
          }
          isKnown = true;
        } else if (
          (keyword === 'COPY' || keyword === 'ADD') &&
          last !== undefined &&
          words.length > 1 &&
          heredocs.length === 0
        ) {
          if (isKnown || said || /^(?:\/|\$|[A-Za-z]:|~)/.test(last.text)) continue;
          said = true;
          yield {
            kind: 'fail',
            subject: last,
            message: 'copy',
            args: { path: last.text },
            fixes: inserted(source, span.start),
          };
        } else if (keyword === 'RUN') {
          const commands = commandsOf(source, instruction);
          const end = commands.at(-1);
          const [program, target] = end === undefined ? [] : unwrapped(end);
          // Only at the very end: what follows in the same step is done there.
          if (end === undefined || program?.text !== 'cd' || end.depth > 0 || end.before === '||') continue;
          const fixes: readonly Fix[] =
            commands.length === 1 && target !== undefined && !instruction.exec && /^[/\w.$-]+$/.test(target.text)
              ? [
                  {
                    title: 'Use WORKDIR',
                    safety: 'suggestion',
                    preferred: true,
                    edits: [{ kind: 'replace', span, newText: `WORKDIR ${target.text}` }],
                  },
                ]
              : [];
          yield { kind: 'fail', subject: { start: end.start, end: end.end }, message: 'cd', fixes };
        }
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-workdir',
  title: 'Working directory that is not what it seems',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A RUN step ends with `cd`, which is forgotten when the step is over; or a WORKDIR or the target of a COPY is relative although nothing before it sets a working directory and the base image is known to set none.',
    why: 'Later steps run somewhere else than their author thinks. Files land beside the system at the root of the image, where the next base image may keep its own.',
    howToFix: 'Set an absolute `WORKDIR /app` before the first relative path, in place of `cd`.',
    refs: ['hadolint DL3000', 'hadolint DL3003', 'hadolint DL3045'],
  },
  messages: {
    cd: 'This change of directory ends with the step; use WORKDIR.',
    relative: 'Nothing says what {path} is relative to; write an absolute path.',
    copy: 'Nothing sets a working directory, so {path} means the root of the image; set WORKDIR before it.',
  },
  effort: { each: [1, 5] },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles] },
});
