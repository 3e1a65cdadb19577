/**
 * Paths that compose files, image files and scripts name: contexts, sources of copies and mounts, programs that are
 * started. Only what is written out; whether it is there is for the judge.
 */
import type { Span } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { FactVerdict } from '../../../core/model/verdict.ts';
import { fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { type DockerInstruction, type DockerWord, readDockerfile } from '../../../formats/dockerfile.ts';
import {
  entriesAt,
  entryOf,
  itemsAt,
  readYaml,
  textAt,
  valueAt,
  type YamlMap,
  type YamlValue,
} from '../../../formats/yaml.ts';
import { resolvedPath } from '../../../knowledge/project/tree.ts';

/** Key: the path as written. */
export const REFERENCE = 'dangling-path-reference.path';

export type Reference = {
  /**
   * `program` and `module` are looked for by their names anywhere, since the folder that a command runs in is seldom
   * known; everything else by its path.
   */
  readonly kind: 'context' | 'dockerfile' | 'copy' | 'mount' | 'folder' | 'variables' | 'program' | 'module';
  /** Where it may be, from the root. */
  readonly paths: readonly string[];
};

function* reference(
  kind: Reference['kind'],
  text: string,
  paths: readonly (string | null)[],
  span: Span,
): Generator<FactVerdict> {
  const known = [...new Set(paths)].filter((path): path is string => path !== null && path !== '');
  // One that may lead out of the workspace cannot be looked up.
  if (known.length === 0 || paths[0] === null) return;
  yield fact(REFERENCE, text, { kind, paths: known } satisfies Reference, span);
}

/** Files of kinds that are read, so that one which is not in the tree is not there. */
const READ =
  /\.(?:py|go|sh|bash|ps1|ya?ml|json|toml|md|txt|ini|cfg|conf|properties|sql|html|css|[cm]?[jt]s|[jt]sx|rs|rb|php|java|xml|proto)$/i;
const IMAGE_FILE = /(?:^|\/)(?:(?:dockerfile|containerfile)(?:\.[^/]+)?|[^/]+\.dockerfile)$/i;

// --- Programs ---------------------------------------------------------------------------------------------------------

const START =
  /(?<![\w./-])(?:(?:python3?(?:\.\d+)?|py)(?:[ \t]+-[uOBEIs]+)*[ \t]+([\w./-]+\.py)|(?:bash|sh|source)[ \t]+(?:-[eux]+[ \t]+)?([\w./-]+\.sh)|(?:uvicorn|gunicorn|hypercorn|daphne)[ \t]+(?:[^\n;&|]*?[ \t])?([A-Za-z_]\w*(?:\.\w+)*):[A-Za-z_]\w*)(?=[\s"'`;&|)\],]|$)/g;

interface Started extends Span {
  readonly kind: 'program' | 'module';
  readonly text: string;
}

/** Programs of the workspace that a command line starts. */
function startedBy(command: string, offset: number): readonly Started[] {
  return [...command.matchAll(START)].flatMap((match): Started[] => {
    const [, python, shell, module] = match;
    const text = python ?? shell ?? module!;
    if (text.startsWith('/') || text.includes('..')) return [];
    const start = offset + match.index + match[0].lastIndexOf(text);
    return [{ kind: module === undefined ? 'program' : 'module', text, start, end: start + text.length }];
  });
}

function* starts(found: readonly Started[], directory: string): Generator<FactVerdict> {
  for (const { kind, text, start, end } of found) {
    const path = kind === 'module' ? `${text.replaceAll('.', '/')}.py` : text;
    yield* reference(kind, text, [resolvedPath(directory, path), resolvedPath('', path)], { start, end });
  }
}

// --- Compose ----------------------------------------------------------------------------------------------------------

function written(value: YamlValue | null): readonly { readonly text: string; readonly span: Span }[] {
  const items = value?.kind === 'list' ? value.items : value === null ? [] : [value];
  return items.flatMap((item) => (item.kind === 'scalar' && item.text !== '' && !item.templated ? [item] : []));
}

/** What everybody makes for themselves; `stack.env` is made by Portainer. */
const SECRET = /(?:^|\/)(?:\.env[\w.-]*|stack\.env)$|secret|credential|passw|private/i;

/**
 * Folders whose files are of kinds that are read, by the source or the target of a mount. One with certificates, data or
 * pictures may be there without being known.
 */
const HOLDS_TEXT =
  /conf(?:ig)?(?:s|\.d)?(?:\/|$)|configuration|settings|provision|dashboards?|rules|alerts?|initdb|init\.d|migrations?|sql|scripts?|templates?|html|www|sites|nginx|src|source|code|policies|schemas?|pipelines?|workflows?|dags/i;

function* mounts(service: YamlMap, around: (path: string) => readonly (string | null)[]): Generator<FactVerdict> {
  for (const item of itemsAt(service, 'volumes')) {
    const [source = '', target, mode = ''] =
      item.kind === 'scalar' ? item.text.split(':') : [textAt(item, 'source'), textAt(item, 'target'), ''];
    const isBind = item.kind === 'scalar' ? /^\.{1,2}(?:\/|$)/.test(source) : textAt(item, 'type') === 'bind';
    if (!isBind || target === undefined || SECRET.test(source) || !/^\.{1,2}\//.test(source)) continue;
    const isReadOnly = /(?:^|,)ro(?:,|$)/.test(mode) || textAt(item, 'read_only') === 'true';
    const hasExtension = /\.(?!d$)[\w-]+$/.test(source.replace(/\/$/, ''));
    // A folder that the program may write to is made for it; files of unknown kinds are not in the tree at all.
    if (READ.test(source)) yield* reference('mount', source, around(source), item.span);
    else if (!hasExtension && isReadOnly && HOLDS_TEXT.test(`${source.replace(/^[./]+/, '')}\n${target}`))
      yield* reference('folder', source, around(source), item.span);
  }
}

export const composeFiles: TextDetector = {
  text: true,
  triggers: ['services:'],
  *check(text, ctx) {
    const directory = directoryOf(ctx.file.path);
    // Several files can be joined; paths then start where the first of them lies.
    const around = (path: string): readonly (string | null)[] => [
      resolvedPath(directory, path),
      resolvedPath('', path),
    ];
    for (const { root } of readYaml(text)) {
      for (const { value: service } of entriesAt(root, 'services')) {
        if (service.kind !== 'map') continue;
        const build = valueAt(service, 'build');
        const isPlain = build?.kind === 'scalar';
        const contextValue = isPlain ? build : valueAt(build, 'context');
        const context = contextValue?.kind === 'scalar' ? contextValue.text : '.';
        const isRemote = /:\/\/|^git@|^github\.com|#/.test(context);
        if (build !== null && !isRemote) {
          if (contextValue?.kind === 'scalar') yield* reference('context', context, around(context), contextValue.span);
          const named = isPlain ? null : valueAt(build, 'dockerfile');
          const file = named?.kind === 'scalar' ? named.text : '';
          if (named?.kind === 'scalar' && IMAGE_FILE.test(file))
            yield* reference('dockerfile', file, around(`${context}/${file}`), named.span);
          else if (named === null && entryOf(build, 'dockerfile_inline') === null && contextValue?.kind === 'scalar')
            yield* reference('dockerfile', `${context}/Dockerfile`, around(`${context}/Dockerfile`), contextValue.span);
        }
        yield* mounts(service, around);
        for (const item of written(valueAt(service, 'env_file'))) {
          if (!SECRET.test(item.text)) yield* reference('variables', item.text, around(item.text), item.span);
        }
        // What an image of somebody else starts is inside of it.
        if (build === null || isRemote) continue;
        for (const item of [...written(valueAt(service, 'entrypoint')), ...written(valueAt(service, 'command'))]) {
          if (item.span.end - item.span.start < item.text.length) continue;
          const quote = item.span.end - item.span.start - item.text.length === 2 ? 1 : 0;
          yield* starts(startedBy(item.text, item.span.start + quote), directory);
        }
      }
    }
  },
};

// --- Images -----------------------------------------------------------------------------------------------------------

function* copies(instruction: DockerInstruction, directory: string): Generator<FactVerdict> {
  const { keyword, words, flags, heredocs } = instruction;
  if ((keyword !== 'COPY' && keyword !== 'ADD') || heredocs.length > 0) return;
  if (flags.some(({ name }) => name === 'from' || name === 'parents')) return;
  for (const { text, start, end } of words.slice(0, -1)) {
    const path = text.replace(/^\/+/, '');
    if (!READ.test(path) || text.includes('..')) continue;
    const contexts = [directory];
    for (let at = directory; at !== ''; ) {
      at = directoryOf(at);
      contexts.push(at);
    }
    yield* reference(
      'copy',
      text,
      contexts.map((context) => resolvedPath(context, path)),
      { start, end },
    );
  }
}

function joined(words: readonly DockerWord[]): string {
  return words.map(({ text }) => text).join(' ');
}

export const imageFiles: TextDetector = {
  text: true,
  triggers: ['FROM', 'from'],
  *check(source, ctx) {
    const directory = directoryOf(ctx.file.path);
    const { stages } = readDockerfile(source);
    for (const { instructions } of stages) {
      const runs = instructions
        .filter(({ keyword, heredocs }) => keyword === 'RUN' || heredocs.length > 0)
        .map(({ text }) => text)
        .join('\n');
      const takesAll = instructions.some(({ keyword }) => keyword === 'COPY' || keyword === 'ADD');
      for (const instruction of instructions) {
        yield* copies(instruction, directory);
        if ((instruction.keyword !== 'CMD' && instruction.keyword !== 'ENTRYPOINT') || !takesAll) continue;
        for (const started of startedBy(joined(instruction.words), 0)) {
          const name = started.text.split(/[./]/)[0]!;
          // What a command of the build mentions it may make or install.
          if (runs.includes(name) || /git clone|COPY --from/.test(runs)) continue;
          const word = instruction.words.find(({ text }) => text.includes(started.text));
          if (word !== undefined) yield* starts([{ ...started, start: word.start, end: word.end }], directory);
        }
      }
    }
  },
};

// --- Scripts ----------------------------------------------------------------------------------------------------------

const MESSAGE =
  /(?:^|[\s@;&|'"(])(?:echo|printf|print|Write-(?:Host|Output|Error|Warning)|rem)\b|^\s*(?:-\s*)?(?:#|\/\/|name:|description:)/i;
/** The script goes elsewhere, or fetches or writes other programs. */
const ELSEWHERE =
  /\bgit clone\b|<<|repository:|\b(?:unzip|tar)\b|\b(?:cd|pushd|Set-Location)[ \t]+["']?(?:\/|~|\$(?!\(|\{?\w*(?:DIR|ROOT|PATH)))|\bdocker[ \t]+(?:run|exec)\b|\bdocker[ -]compose[ \t]+(?:run|exec)\b|\bssh\b|\bkubectl[ \t]+exec/i;

/** Whether the step of a pipeline around a place, or all of them, begins in another folder. */
function isElsewhere(source: string, offset: number): boolean {
  if (!source.includes('working-directory:')) return false;
  if (/^[ \t]*defaults:\s[\s\S]{0,200}?working-directory:/m.test(source)) return true;
  let start = 0;
  let end = source.length;
  for (const step of source.matchAll(/^[ \t]*-[ \t]+(?=[\w-]+:)/gm)) {
    if (step.index <= offset) start = step.index;
    else {
      end = step.index;
      break;
    }
  }
  return source.slice(start, end).includes('working-directory:');
}

export const scripts: TextDetector = {
  text: true,
  triggers: ['.py', '.sh', 'uvicorn', 'gunicorn', 'hypercorn', 'daphne'],
  *check(source, ctx) {
    if (source.length > 200_000 || ELSEWHERE.test(source)) return;
    // Pipelines begin at the root.
    const directory = ctx.file.language === 'workflow' ? '' : directoryOf(ctx.file.path);
    const isWorkflow = ctx.file.language === 'workflow';
    for (const line of source.matchAll(/[^\r\n]+/g)) {
      for (const started of startedBy(line[0], line.index)) {
        if (isWorkflow && isElsewhere(source, line.index)) continue;
        const before = line[0].slice(0, started.start - line.index);
        if (MESSAGE.test(before) || /\bdocker\b/.test(before)) continue;
        const name = started.text.slice(started.text.lastIndexOf('/') + 1);
        // Something that the script writes or fetches first.
        const isMade = source
          .split('\n')
          .some(
            (other) =>
              other.includes(name) &&
              /[>]|\b(?:curl|wget|-o|-O|cp|mv|test -f|Test-Path|-f|-e|-x|exists?)\b/.test(other),
          );
        if (!isMade) yield* starts([started], directory);
      }
    }
  },
};
