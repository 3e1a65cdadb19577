/**
 * Health checks of Dockerfiles and compose files that cannot succeed: operators of a shell where none takes part, forms that
 * the engine refuses, tools that the image lacks, and ports of the host instead of the container. Only images that are well
 * known are said to lack something.
 */
import type { Span } from '../../../core/model/location.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';
import {
  type Dockerfile,
  type DockerInstruction,
  type DockerStage,
  expandVariables,
  readDockerfile,
} from '../../../formats/dockerfile.ts';
import { readImageReference } from '../../../formats/imageReference.ts';
import { shellCommands } from '../../../formats/shell.ts';
import {
  entriesAt,
  entryOf,
  itemsAt,
  readYaml,
  textAt,
  valueAt,
  type YamlScalar,
  type YamlValue,
} from '../../../formats/yaml.ts';

const OPERATOR = /^(?:\|\||&&|\||;|>|>>|2>&1|>\/dev\/null|\|\|\s.*|&&\s.*)$/;
const TOOLS = new Set(['curl', 'wget']);

/** Tools of these that a well-known image lacks; null when the image is not known. */
function missingIn(image: string): ReadonlySet<string> | null {
  const reference = readImageReference(image);
  if (reference === null) return null;
  const name = reference.name.replace(/^(?:docker\.io\/)?(?:library\/)?/, '');
  const { tag } = reference;
  const isAlpine = /alpine/.test(tag);
  if (name === 'scratch' || /^gcr\.io\/distroless\/(?:static|base|cc)/.test(name))
    return new Set(['curl', 'wget', 'sh']);
  if (name === 'alpine' || name === 'busybox') return new Set(['curl']);
  if (/^(?:python|node|golang|ruby|php|redis|postgres|memcached|eclipse-temurin|rust)$/.test(name) && isAlpine)
    return name === 'php' ? null : new Set(['curl']);
  if (/^(?:python|node|ruby|rust)$/.test(name) && /slim/.test(tag)) return new Set(['curl', 'wget']);
  if (/^(?:debian|ubuntu)$/.test(name)) return new Set(['curl', 'wget']);
  if (/^(?:redis|postgres|mariadb|mongo|memcached)$/.test(name)) return new Set(['curl', 'wget']);
  if (name === 'qdrant/qdrant' || name === 'ollama/ollama') return new Set(['curl', 'wget']);
  return null;
}

/** The first tool of a command line. */
function toolOf(words: readonly { readonly text: string }[]): string {
  const name = words[0]?.text ?? '';
  return name.slice(name.lastIndexOf('/') + 1);
}

/** What the last stage is built on, and the text of everything that is put into it. */
function contentOf(file: Dockerfile, stage: DockerStage): { readonly image: string; readonly text: string } {
  const parts: string[] = [];
  let at = stage;
  for (let left = file.stages.length; left > 0; left--) {
    for (const { keyword, text, heredocs } of at.instructions)
      if (/^(?:RUN|COPY|ADD|ENV|ARG)$/.test(keyword)) parts.push(text, ...heredocs.map((heredoc) => heredoc.text));
    const parent = file.stages[at.parent];
    if (parent === undefined) break;
    at = parent;
  }
  return { image: expandVariables(at.base.text, file.globalArguments) ?? '', text: parts.join('\n') };
}

function* imageCheck(
  source: string,
  file: Dockerfile,
  stage: DockerStage,
  check: DockerInstruction,
): Generator<Verdict> {
  const [first, ...rest] = check.words;
  if (first === undefined || first.text.toUpperCase() === 'NONE') return;
  const subject = { start: check.span.start, end: check.words.at(-1)!.end };
  if (first.text.toUpperCase() !== 'CMD' || rest.length === 0) return;
  const written = source.slice(rest[0]!.start, check.words.at(-1)!.end);
  const list = /^\[.*\]$/s.test(written.trim())
    ? [...written.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!)
    : null;
  const content = contentOf(file, stage);
  const missing = missingIn(content.image);
  if (list !== null && !/^(?:\/bin\/)?(?:ba)?sh$/.test(list[0] ?? '') && list.some((word) => OPERATOR.test(word))) {
    const span: Span = { start: rest[0]!.start, end: check.words.at(-1)!.end };
    const isPlain = list.every((word) => /^[\w./:=@%,|&;?\- ]+$/.test(word)) && !/\\\r?\n/.test(written);
    const fixes: readonly Fix[] = isPlain
      ? [
          {
            title: 'Let a shell run it',
            safety: 'suggestion',
            preferred: true,
            edits: [{ kind: 'replace', span, newText: list.join(' ') }],
          },
        ]
      : [];
    yield { kind: 'fail', subject, message: 'operator', fixes };
    return;
  }
  const commands =
    list === null
      ? shellCommands(source, rest[0]!.start, check.words.at(-1)!.end).map(({ words }) => words)
      : [list.map((text) => ({ text }))];
  if (missing === null) return;
  // Without a shell nothing that is not written as a list can run; a program of the image itself may check it.
  if (missing.has('sh') && list === null && !/COPY[^\n]*(?:busybox|\bsh\b)/.test(content.text)) {
    yield { kind: 'fail', subject, message: 'shell', args: { image: content.image } };
    return;
  }
  const tool = toolOf(commands[0] ?? []);
  if (!TOOLS.has(tool)) return;
  // Whatever names the tool may install it, as may a list of packages that is not written out.
  const mayBeThere =
    new RegExp(`\\b${tool}\\b`).test(content.text) ||
    /(?:install|add)\b[^\n]*\$/.test(content.text) ||
    /xargs[^\n]*(?:install|add)/.test(content.text);
  if (missing.has(tool) && !mayBeThere)
    yield { kind: 'fail', subject, message: 'tool', args: { tool, image: content.image } };
  else yield { kind: 'pass', subject };
}

export const dockerfiles: TextDetector = {
  text: true,
  triggers: ['HEALTHCHECK', 'healthcheck'],
  *check(source) {
    const file = readDockerfile(source);
    const stage = file.stages.at(-1);
    const check = stage?.instructions.findLast(({ keyword }) => keyword === 'HEALTHCHECK');
    if (stage !== undefined && check !== undefined) yield* imageCheck(source, file, stage, check);
  },
};

// --- Compose ----------------------------------------------------------------------------------------------------------

/** Ports that a service publishes from the host, and those of the container. */
function portsOf(service: YamlValue): { readonly host: ReadonlySet<string>; readonly container: ReadonlySet<string> } {
  const host = new Set<string>();
  const container = new Set<string>();
  for (const item of itemsAt(service, 'ports')) {
    if (item.kind !== 'scalar') return { host: new Set(), container };
    const match = /^(?:[\d.]+:)?(\d+):(\d+)(?:\/tcp)?$/.exec(item.text);
    if (match === null) return { host: new Set(), container };
    host.add(match[1]!);
    container.add(match[2]!);
  }
  return { host, container };
}

function* composeCheck(service: YamlValue): Generator<Verdict> {
  const test = valueAt(service, 'healthcheck', 'test');
  if (test === null || textAt(service, 'healthcheck', 'disable') === 'true') return;
  const items = test.kind === 'list' ? test.items : [test];
  if (!items.every((item): item is YamlScalar => item.kind === 'scalar' && !item.templated) || items.length === 0)
    return;
  const scalars = items as readonly YamlScalar[];
  const subject = test.span;
  const [first, ...rest] = scalars;
  const texts = rest.map(({ text }) => text);
  const isList = test.kind === 'list';
  if (isList && !/^(?:CMD|CMD-SHELL|NONE)$/.test(first!.text)) {
    const at = { start: first!.span.start, end: first!.span.start };
    yield {
      kind: 'fail',
      subject,
      message: 'form',
      fixes: [
        {
          title: 'Begin with CMD',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span: at, newText: '"CMD", ' }],
        },
      ].filter(() => first!.quoted) as readonly Fix[],
    };
    return;
  }
  if (
    isList &&
    first!.text === 'CMD' &&
    !/^(?:\/bin\/)?(?:ba)?sh$/.test(texts[0] ?? '') &&
    texts.some((text) => OPERATOR.test(text))
  ) {
    const isPlain = texts.every((text) => /^[\w./:=@%,|&;?\-> ]+$/.test(text));
    const fixes: readonly Fix[] = isPlain
      ? [
          {
            title: 'Let a shell run it',
            safety: 'suggestion',
            preferred: true,
            edits: [
              {
                kind: 'replace',
                span: { start: first!.span.start, end: scalars.at(-1)!.span.end },
                newText: `"CMD-SHELL", "${texts.join(' ')}"`,
              },
            ],
          },
        ]
      : [];
    const isFlow = scalars.every((item) => item.quoted);
    yield { kind: 'fail', subject, message: 'operator', fixes: isFlow ? fixes : [] };
    return;
  }
  const line = (isList ? texts : [first!.text]).join(' ');
  const tool = /^\s*(curl|wget)\b/.exec(line)?.[1] ?? '';
  const image = expandVariables(textAt(service, 'image'), new Map());
  const missing = image === null || image === '' || entryOf(service, 'build') !== null ? null : missingIn(image);
  if (tool !== '' && missing?.has(tool) === true) {
    yield { kind: 'fail', subject, message: 'tool', args: { tool, image: image! } };
    return;
  }
  const port = /\b(?:localhost|127\.0\.0\.1):(\d{2,5})\b/.exec(line)?.[1];
  if (port === undefined) return;
  const { host, container } = portsOf(service);
  const others = JSON.stringify([
    entriesAt(service, 'environment').map(({ value }) => (value.kind === 'scalar' ? value.text : '')),
    itemsAt(service, 'environment'),
    valueAt(service, 'command'),
    valueAt(service, 'expose'),
    valueAt(service, 'entrypoint'),
  ]);
  const isHostPort = host.has(port) && !container.has(port) && textAt(service, 'network_mode') !== 'host';
  if (isHostPort && container.size === 1 && !others.includes(port)) {
    const [inside] = container;
    yield { kind: 'fail', subject, message: 'port', args: { port, inside: inside! } };
  } else if (container.has(port)) yield { kind: 'pass', subject };
}

export const compose: TextDetector = {
  text: true,
  triggers: ['healthcheck'],
  *check(source) {
    for (const { root } of readYaml(source)) {
      for (const { value } of entriesAt(root, 'services')) yield* composeCheck(value);
    }
  },
};
