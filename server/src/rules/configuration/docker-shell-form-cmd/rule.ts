/** CMD and ENTRYPOINT that start a shell, which passes no signals on. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { isWindowsStage, shippedStages } from '../../../formats/dockerCommands.ts';
import { type DockerInstruction, readDockerfile } from '../../../formats/dockerfile.ts';
import { shellCommands } from '../../../formats/shell.ts';

/** What only a shell understands. */
const SHELL_SYNTAX = /[$`&|;<>*?()[\]{}~!#\\'"]/;

function fixFor(source: string, { words, text }: DockerInstruction): readonly Fix[] {
  const span = { start: words[0]!.start, end: words.at(-1)!.end };
  const written = source.slice(span.start, span.end);
  if (!SHELL_SYNTAX.test(written) && !/[\r\n]/.test(written)) {
    const list = `[${text
      .split(/\s+/)
      .map((word) => JSON.stringify(word))
      .join(', ')}]`;
    return [
      { title: 'Write a list', safety: 'safe', preferred: true, edits: [{ kind: 'replace', span, newText: list }] },
    ];
  }
  // `CMD ['a', 'b']` was meant as a list.
  if (/^\[(?:\s*'[^'"\\]*'\s*,?)+\]$/.test(written)) {
    const newText = written.replaceAll("'", '"').replace(/,\s*\]$/, ']');
    return [
      {
        title: 'Use double quotes',
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replace', span, newText }],
      },
    ];
  }
  const commands = shellCommands(source, span.start, span.end);
  const isOne = commands.length === 1 && commands[0]!.start === span.start && commands[0]!.depth === 0;
  if (!isOne || /[;&|]\s*$/.test(written)) return [];
  const at = { start: span.start, end: span.start };
  return [
    {
      title: 'Let the program take the place of the shell',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: at, newText: 'exec ' }],
    },
  ];
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['CMD', 'ENTRYPOINT', 'cmd', 'entrypoint'],
  *check(source) {
    const file = readDockerfile(source);
    const shipped = shippedStages(file);
    for (const [index, stage] of file.stages.entries()) {
      if (!shipped.has(index) || isWindowsStage(source, stage)) continue;
      const starting = (keyword: string): DockerInstruction | undefined =>
        stage.instructions.findLast((instruction) => instruction.keyword === keyword && instruction.words.length > 0);
      for (const keyword of ['CMD', 'ENTRYPOINT']) {
        const instruction = starting(keyword);
        if (instruction === undefined) continue;
        const { exec, words, keywordSpan, text, heredocs } = instruction;
        const last = shellCommands(source, words[0]!.start, words.at(-1)!.end).at(-1);
        if (exec || last?.words[0]?.text === 'exec') yield { kind: 'pass', subject: keywordSpan };
        else if (heredocs.length === 0 && !/^(?:true|:|\[\s*\])$/.test(text))
          yield {
            kind: 'fail',
            subject: keywordSpan,
            message: 'shell',
            args: { keyword },
            fixes: fixFor(source, instruction),
          };
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-shell-form-cmd',
  title: 'CMD or ENTRYPOINT in shell form',
  category: 'configuration',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'CMD or ENTRYPOINT is written as a line for the shell rather than as a list, and the line does not end in `exec program`.',
    why: 'The shell becomes process 1 and may keep the signal to stop for itself: the container is killed when the time is over, in the middle of its requests. An ENTRYPOINT of this form also ignores CMD and all arguments.',
    howToFix:
      'Write a list: `CMD ["program", "argument"]`. Where the shell has to put variables in, begin the line with `exec`.',
    refs: ['hadolint DL3025', 'https://docs.docker.com/reference/build-checks/json-args-recommended/'],
  },
  messages: { shell: 'This {keyword} starts a shell that may pass no signals on; write a list, or begin with exec.' },
  effort: { each: [1, 5] },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles] },
});
