/** Instructions of a Dockerfile that cannot work, that another one makes void, or that are deprecated. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { type Dockerfile, type DockerInstruction, readDockerfile, variablesOf } from '../../../formats/dockerfile.ts';

function deletion(source: string, { span }: DockerInstruction): readonly Fix[] {
  const start = source.lastIndexOf('\n', span.start - 1) + 1;
  const next = source.indexOf('\n', span.end);
  const end = next < 0 ? source.length : next + 1;
  return [
    {
      title: 'Delete it',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start, end }, newText: '' }],
    },
  ];
}

function* ports({ words }: DockerInstruction): Generator<Verdict> {
  for (const word of words) {
    const match = /^(\d+)(?:-(\d+))?(?:\/(?:tcp|udp|sctp))?$/i.exec(word.text);
    const isValid =
      match !== null && [match[1]!, match[2] ?? '1'].every((port) => Number(port) >= 1 && Number(port) <= 65535);
    if (isValid) yield { kind: 'pass', subject: word };
    else if (!word.text.includes('$'))
      yield { kind: 'fail', subject: word, message: 'port', args: { port: word.text } };
  }
}

/** Variables of an ENV that use others of the same instruction, which are not set yet. */
function* ownValues(source: string, instruction: DockerInstruction, earlier: ReadonlySet<string>): Generator<Verdict> {
  const variables = variablesOf(instruction);
  for (const [index, { name, value }] of variables.entries()) {
    for (const match of value.matchAll(/(?<!\\)\$\{?([A-Za-z_]\w*)/g)) {
      const used = match[1]!;
      const at = variables.findIndex((other) => other.name === used);
      if (at < 0 || at >= index || earlier.has(used)) continue;
      const { start, end } = instruction.words[index]!;
      // A quote within single quotes is text.
      if (source.charAt(end - 1) === "'") continue;
      yield { kind: 'fail', subject: { start, end }, message: 'env', args: { name, used } };
    }
  }
}

function* copies({ keyword, words, flags, heredocs, exec }: DockerInstruction): Generator<Verdict> {
  if (heredocs.length > 0) return;
  const target = words.at(-1);
  if (target === undefined || words.length < 3) return;
  const isFolder = /[/\\]$|^\.{1,2}$|\$/.test(target.text) || flags.some(({ name }) => name === 'parents');
  if (isFolder) yield { kind: 'pass', subject: target };
  else if (exec || !words.some(({ text }) => text.startsWith('[')))
    yield {
      kind: 'fail',
      subject: target,
      message: 'target',
      args: { keyword, path: target.text },
      fixes: exec
        ? []
        : [
            {
              title: 'Name a folder',
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replace', span: { start: target.end, end: target.end }, newText: '/' }],
            },
          ],
    };
}

function* sources(file: Dockerfile, index: number, { flags }: DockerInstruction): Generator<Verdict> {
  const from = flags.find(({ name }) => name === 'from');
  if (from === undefined || from.value.includes('$')) return;
  const named = /^\d+$/.test(from.value)
    ? Number(from.value)
    : file.stages.findIndex(({ name }) => name !== '' && name.toLowerCase() === from.value.toLowerCase());
  if (named === index) yield { kind: 'fail', subject: from.span, message: 'itself' };
  else if (named > index) yield { kind: 'fail', subject: from.span, message: 'later', args: { name: from.value } };
  else if (named >= 0) yield { kind: 'pass', subject: from.span };
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['FROM', 'from'],
  *check(source) {
    const file = readDockerfile(source);
    const names = new Map<string, number>();
    for (const [index, { name, from, instructions }] of file.stages.entries()) {
      const word = from.words[2];
      if (name !== '' && word !== undefined) {
        if (names.has(name.toLowerCase())) yield { kind: 'fail', subject: word, message: 'stage', args: { name } };
        else names.set(name.toLowerCase(), index);
      }
      for (const keyword of ['CMD', 'ENTRYPOINT', 'HEALTHCHECK']) {
        const all = instructions.filter((instruction) => instruction.keyword === keyword);
        for (const instruction of all.slice(0, -1))
          yield {
            kind: 'fail',
            subject: instruction.keywordSpan,
            message: 'again',
            args: { keyword },
            fixes: deletion(source, instruction),
          };
      }
      const earlier = new Set<string>();
      for (const instruction of instructions) {
        const { keyword } = instruction;
        if (keyword === 'EXPOSE') yield* ports(instruction);
        else if (keyword === 'ENV') yield* ownValues(source, instruction, earlier);
        else if (keyword === 'COPY' || keyword === 'ADD') {
          yield* copies(instruction);
          yield* sources(file, index, instruction);
        } else if (keyword === 'MAINTAINER') {
          const text = instruction.text.replace(/^(["'])(.*)\1$/, '$2');
          const fix: Fix = {
            title: 'Use a label',
            safety: 'suggestion',
            preferred: true,
            edits: [
              {
                kind: 'replace',
                span: instruction.span,
                newText: `LABEL org.opencontainers.image.authors=${JSON.stringify(text)}`,
              },
            ],
          };
          yield {
            kind: 'fail',
            subject: instruction.keywordSpan,
            message: 'maintainer',
            severity: 'low',
            fixes: [fix],
          };
        }
        if (keyword === 'ENV' || keyword === 'ARG')
          for (const { name: set } of variablesOf(instruction)) earlier.add(set);
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-invalid-instruction',
  title: 'Dockerfile instruction that cannot work',
  category: 'configuration',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'EXPOSE names something that is no port; a stage has several CMD, ENTRYPOINT or HEALTHCHECK, of which the last alone counts; two stages have the same name; a COPY takes files from its own stage or a later one, or several files to a target that is no folder; an ENV uses a variable that the same instruction sets; or MAINTAINER, which is deprecated.',
    why: 'The build stops, or, worse, goes on: the first CMD is forgotten without a word, and a variable that is set in the same instruction is empty where it is used.',
    howToFix:
      'Keep the instruction that is meant and delete the other; end the target of several files with `/`; set a variable in an instruction of its own before it is used.',
    refs: [
      'hadolint DL3011',
      'hadolint DL3021',
      'hadolint DL3022',
      'hadolint DL3024',
      'hadolint DL3044',
      'hadolint DL4000',
      'hadolint DL4003',
      'hadolint DL4004',
    ],
  },
  messages: {
    port: '{port} is no port; write a number from 1 to 65535, with /udp behind it if need be.',
    again: 'A later {keyword} of this stage takes the place of this one; delete one of them.',
    stage: 'An earlier stage is called {name} too; give this one another name.',
    itself: 'A stage cannot copy from itself; name the stage or image that has the file.',
    later: 'Stage {name} is built later, so nothing can be copied from it yet; move it up.',
    target: 'With several sources {path} has to be a folder; end it with /.',
    env: '{name} does not see the {used} that this instruction sets; set {used} in an instruction before it.',
    maintainer: 'MAINTAINER is deprecated; use a label.',
  },
  effort: { each: [1, 5] },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles] },
});
