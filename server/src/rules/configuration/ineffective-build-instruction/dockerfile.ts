/** Dockerfiles: arguments that a stage uses without declaring them, and stages that nothing in the file needs. */
import type { Span } from '../../../core/model/location.ts';
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import {
  type Dockerfile,
  type DockerInstruction,
  type DockerStage,
  expandVariables,
  readDockerfile,
  variablesOf,
} from '../../../formats/dockerfile.ts';

/** Key: name of the stage in lower case. Nothing in the Dockerfile is built on the stage or copies from it. */
export const UNUSED_STAGE = 'build.unused-stage';
/** Key: name of the stage in lower case. Another stage of the Dockerfile needs it. */
export const USED_STAGE = 'build.used-stage';

/** Arguments that builders know, and that a stage has only once it declares them. */
const PLATFORM = /^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)$/;
/** Variables that base images set under names that arguments often have too. */
const SET_BY_IMAGES =
  /^(?:PATH|HOME|USER|LANG|TZ|HOSTNAME|PWD|SHELL|(?:GO|GOLANG|NODE|NPM|YARN|PYTHON|PIP|RUBY|GEM|BUNDLE|JAVA|PHP|RUST|RUSTUP|CARGO|NGINX|NJS|PG|GOSU|TOMCAT|MAVEN|GRADLE|REDIS|MONGO|MYSQL|MARIADB|POSTGRES|ERLANG|ELIXIR|SWIFT|DOTNET|ASPNET|CUDA|NV)_?\w*)$/;
/** Where the builder, or the shell that it starts, replaces variables. */
const EXPANDING = /^(?:RUN|ENV|LABEL|COPY|ADD|WORKDIR|USER|EXPOSE|VOLUME)$/;

const USE = /(?<!\\)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;

/** Numbers of the stage and of those that it is built on; null when that depends on a variable. */
function lineage(stages: readonly DockerStage[], index: number): readonly number[] {
  const chain: number[] = [];
  for (let at = index; at >= 0 && !chain.includes(at); at = stages[at]!.parent) chain.push(at);
  return chain;
}

/** Whether a shell gives the variable a value of its own somewhere in a command. */
function isSetByShell(name: string, instructions: readonly DockerInstruction[]): boolean {
  const set = new RegExp(
    `(?:^|[\\s;&|(])(?:${name}=|(?:for|read|export|local|declare)\\b[^\\n;]*\\b${name}\\b)|env=${name}\\b|printf -v ${name}`,
  );
  return instructions.some(
    ({ keyword, text, flags, heredocs }) =>
      keyword === 'RUN' &&
      set.test(
        [text, ...flags.map((flag) => ` ${flag.name}=${flag.value}`), ...heredocs.map((h) => h.text)].join('\n'),
      ),
  );
}

/** The first place in the instruction where a variable is replaced, by name; quoted dollar signs stay as they are. */
function usesOf(instruction: DockerInstruction, source: string): ReadonlyMap<string, Span> {
  const uses = new Map<string, Span>();
  const { keyword, span, exec } = instruction;
  if (!EXPANDING.test(keyword) || (keyword === 'RUN' && exec)) return uses;
  // What stands in a heredoc may be a file for somebody else.
  const end = instruction.heredocs.length > 0 ? source.indexOf('\n', span.start) : span.end;
  const text = source.slice(span.start, end).replace(/^[ \t]*#[^\n]*/gm, (line) => ' '.repeat(line.length));
  for (const match of text.matchAll(USE)) {
    const name = match[1] ?? match[2]!;
    const before = text
      .slice(0, match.index)
      .replace(/\\./gs, '')
      .replace(/"[^"']*"/g, '');
    if ((before.match(/'/g) ?? []).length % 2 === 1 || uses.has(name)) continue;
    uses.set(name, { start: span.start + match.index, end: span.start + match.index + match[0].length });
  }
  return uses;
}

function* judgeArguments({ stages, instructions }: Dockerfile, source: string): Generator<Verdict> {
  const declared = new Set(
    instructions
      .filter(({ keyword }) => keyword === 'ARG')
      .flatMap((item) => variablesOf(item).map(({ name }) => name)),
  );
  for (const [index, stage] of stages.entries()) {
    const chain = lineage(stages, index).flatMap((at) => stages[at]!.instructions);
    const known = new Set(chain.flatMap((item) => variablesOf(item).map(({ name }) => name)));
    const judged = new Set<string>();
    for (const instruction of stage.instructions) {
      for (const [name, span] of usesOf(instruction, source)) {
        if (judged.has(name) || (!declared.has(name) && !PLATFORM.test(name))) continue;
        judged.add(name);
        if (known.has(name)) {
          yield { kind: 'pass', subject: span };
          continue;
        }
        if (SET_BY_IMAGES.test(name) || isSetByShell(name, chain)) continue;
        const behind = stage.from.span.end;
        yield {
          kind: 'fail',
          subject: span,
          message: 'argument',
          args: { name },
          fixes: [
            {
              title: `Declare ${name} in this stage`,
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replace', span: { start: behind, end: behind }, newText: `\nARG ${name}` }],
            },
          ],
        };
      }
    }
  }
}

/** Names and numbers of stages or images that an instruction takes files from. */
function sourcesOf({ keyword, flags }: DockerInstruction): readonly string[] {
  if (keyword === 'COPY' || keyword === 'ADD')
    return flags.flatMap(({ name, value }) => (name === 'from' ? value : []));
  if (keyword !== 'RUN') return [];
  return flags.flatMap(({ name, value }) => (name === 'mount' ? (/(?:^|,)from=([^,]+)/.exec(value)?.[1] ?? []) : []));
}

function* listStages({ stages, globalArguments, instructions }: Dockerfile): Generator<Verdict> {
  const needed = new Set<number>([stages.length - 1]);
  const take = (reference: string): void => {
    const number = /^\d+$/.test(reference)
      ? Number(reference)
      : stages.findIndex(({ name }) => name !== '' && name.toLowerCase() === reference.toLowerCase());
    if (number >= 0) needed.add(number);
  };
  for (const reference of [...stages.map(({ base }) => base.text), ...instructions.flatMap(sourcesOf)]) {
    const expanded = expandVariables(reference, globalArguments);
    // A variable may stand for any stage, and one with a default may be given another value.
    if (expanded === null || (expanded !== reference && stages.some(({ name }) => name !== '' && name === expanded)))
      return;
    take(reference);
  }
  for (const [index, { name, base, instructions: own }] of stages.entries()) {
    if (index === stages.length - 1) continue;
    if (needed.has(index)) {
      yield fact(USED_STAGE, name.toLowerCase(), null, base);
      continue;
    }
    // A stage that starts a program is an image of its own, for whoever asks for it.
    if (own.some(({ keyword }) => keyword === 'CMD' || keyword === 'ENTRYPOINT' || keyword === 'ONBUILD')) continue;
    yield fact(UNUSED_STAGE, name.toLowerCase(), name || String(index), base);
  }
}

export const dockerfiles: TextDetector = {
  text: true,
  triggers: ['FROM', 'from'],
  *check(text) {
    const file = readDockerfile(text);
    if (file.stages.length === 0) return;
    yield* judgeArguments(file, text);
    if (file.stages.length > 1) yield* listStages(file);
  },
};
