/**
 * What the jobs of GitHub workflows build and test, and where. Fact `ci.pipeline` (key: path): see knowledge/facts.ts.
 * Whatever may reach more than it names (make, scripts, loops, expressions, workflows of others) is a sweep of its
 * folder, so that nobody takes it for a list of all that is built. Which components there are is for the judge.
 */
import type { Extractor, TextDetector } from '../../core/rulekit/rule.ts';
import { unwrapped } from '../../formats/dockerCommands.ts';
import type { ShellCommand } from '../../formats/shell.ts';
import { commandsOfRun } from '../../formats/workflow.ts';
import { entriesAt, itemsAt, readYaml, textAt, valueAt, type YamlScalar, type YamlValue } from '../../formats/yaml.ts';
import { type PipelineList, type PipelineReach, type PipelineStep, state } from '../facts.ts';
import { resolvedPath } from './tree.ts';

/** What one command, action or job does in its folder; `sweep`: to what lies below, too. */
interface Deed {
  readonly reach: PipelineReach;
  readonly builds: boolean;
  readonly sweep: boolean;
  /** Where it is done, from the folder that it is started in; null when that is not known. */
  readonly at: string | null;
}

/** Words in front of what is run. */
const RUNNERS =
  /^(?:(?:uv run|poetry run|pipenv run|pdm run|hatch run|uvx|pipx run|npx|bunx|pnpm (?:exec|dlx)|yarn (?:exec|dlx)|python[\d.]* -m|coverage run -m|xvfb-run|timeout \S+|cross-env|dotenv)(?: -{1,2}[\w-]+(?:=\S+)?)* )+/;
/** Tools that build whatever their own files list. */
const TASKS =
  /^(?:make|gmake|just|task|mage|invoke|inv|doit|bazel|bazelisk|pants|earthly|please|plz|buck2?|gradle|gradlew|mvn|mvnw|cmake|ninja|nix(?:-build)?|dagger|skaffold|tilt|act|devbox|mise|moon|goreleaser|ko|tox|nox|rake|ant|scons|meson|pre-commit|melange|werf)(?= |$)/;
const SCRIPT_SUFFIX = /\.(?:sh|bash|py|js|mjs|cjs|ts|ps1|rb|pl)$/;
const NPM = /^(npm|pnpm|yarn|bun|turbo|nx|lerna|rush|vite|next|tsc|jest|vitest|cypress|playwright|ng)(?= |$)/;
const NPM_FETCHES =
  /^(?:npm|pnpm|yarn|bun)(?: -{1,2}[\w-]+(?:=\S+)?)*(?:$| (?:ci|i|install|add|config|cache|audit|publish|version|dedupe|set|login|global|-v|--version)\b)/;
const GO_BUILDS = /^(?:go (?:-C \S+ )?(?:test|build|vet|install|run|list)|gotestsum|ginkgo|richgo test)(?= |$)/;
const PYTHON_BUILDS =
  /^(?:pytest|py\.test|unittest|nose2|build|trial|behave|robot|stestr|(?:uv|poetry|pdm|flit|hatch|maturin) (?:build|test|publish)|maturin develop|(?:uv )?pip3? install (?:.* )?(?:-e )?["']?\.|(?:\.\/)?(?:setup|manage)\.py (?:test|build|bdist\w*|sdist|install|check)|coverage run|mypy|pyright|basedpyright|compileall|django-admin test)(?= |\[|$)/;

/** The value of an option (`-C dir`, `--prefix=dir`); null without it. */
function optionOf(line: string, names: string): string | null {
  return new RegExp(`(?:^| )(?:${names})(?:=| )["']?([^\\s"']+)`).exec(line)?.[1] ?? null;
}

/** Paths that a command line names, options and their values left out as far as they can be told. */
function namesPaths(line: string): boolean {
  return line
    .split(' ')
    .slice(1)
    .some((word) => !word.startsWith('-') && word !== '.' && (word.includes('/') || word.endsWith('.py')));
}

function deedOf(command: ShellCommand): Deed | null {
  const words = unwrapped(command);
  const plain = words.map(({ text }) => text.replace(/\s+/g, ' ')).join(' ');
  const line = plain.replace(RUNNERS, '').replace(/^(?:[\w./-]*\/bin\/)/, '');
  const program = line.split(' ', 1)[0]!;
  if (TASKS.test(line.replace(/^\.\//, '')))
    return { reach: 'any', builds: true, sweep: true, at: optionOf(line, '-C|--directory') ?? '.' };
  if (/^docker(?:-compose)?$/.test(program)) {
    if (/^docker[ -]compose\b|^docker (?:buildx )?bake\b/.test(line))
      return { reach: 'any', builds: false, sweep: true, at: '.' };
    if (/^docker run\b/.test(line))
      return {
        reach: 'any',
        builds: false,
        sweep: /\$(?:\{?PWD|\(pwd)|GITHUB_WORKSPACE|workspace \}\}/.test(line),
        at: '.',
      };
    if (!/^docker (?:buildx )?build\b|^docker image build\b/.test(line)) return null;
    const context = words.at(-1)!.text;
    return { reach: 'any', builds: true, sweep: optionOf(line, '-f|--file') === null, at: context };
  }
  if (GO_BUILDS.test(line)) {
    const lists = / list\b/.test(line.slice(0, 9));
    return { reach: 'go', builds: !lists, sweep: lists || / -r\b/.test(line), at: optionOf(line, '-C') ?? '.' };
  }
  if (NPM.test(line)) {
    const at = optionOf(line, '--prefix|-C|--dir|--cwd') ?? '.';
    const fetches = NPM_FETCHES.test(line);
    return { reach: 'npm', builds: !fetches, sweep: !fetches, at };
  }
  if (PYTHON_BUILDS.test(line)) return { reach: 'python', builds: true, sweep: !namesPaths(line), at: '.' };
  // A script may do anything anywhere.
  const runsFile =
    /^(?:\.{0,2}\/|\$\{?\w|[\w.-]+\/)/.test(program) ||
    SCRIPT_SUFFIX.test(program) ||
    (/^(?:ba|z|da)?sh$|^(?:source|\.|eval|node|deno|tsx|ts-node|python[\d.]*|ruby|perl|pwsh)$/.test(program) &&
      words.slice(1).some(({ text }) => SCRIPT_SUFFIX.test(text) || /[$/]/.test(text)));
  return runsFile ? { reach: 'any', builds: false, sweep: true, at: '.' } : null;
}

/** A folder as it is written in a workflow, from the root; null when an expression or variable is part of it. */
function folderOf(base: string | null, written: string): string | null {
  const inside = written
    .replace(/^(?:\$\{\{\s*github\.workspace\s*\}\}|\$\{?GITHUB_WORKSPACE\}?)(?=\/|$)/, '/')
    .replace(/^\/+/, written.startsWith('/') ? '/' : '');
  if (inside !== written && !written.startsWith('/')) return resolvedPath('', inside.replace(/^\/+/, ''));
  return base === null ? null : resolvedPath(base, inside);
}

/** Expressions whose value stands in the workflows as text, so that the names in them are seen. */
const WRITTEN = /^[^$]*(?:\$\{\{\s*(?:matrix|inputs|env)\.[^}]*\}\}[^$]*)+$/;
const LOOPS = /(?:^|[\s;(])(?:for|while|xargs|parallel|find|fd|mapfile|readarray)\s/;
const CHANGES = /(?:^|[\s;&|(])(?:cd|pushd|-C|--directory|--prefix|--cwd)[ =]+["']?\S*\$/;

class Reading {
  readonly steps: PipelineStep[] = [];

  /** Adds what is done in a folder; where that is not known, it may be anywhere unless its names are written out. */
  add(deed: Deed, base: string | null, isWritten: boolean): void {
    const folder = deed.at === null ? null : folderOf(base, deed.at);
    if (folder !== null)
      this.steps.push({ directory: folder, reach: deed.reach, builds: deed.builds, sweep: deed.sweep });
    else if (!isWritten && !(deed.at !== null && WRITTEN.test(deed.at))) this.everything();
  }

  everything(): void {
    this.steps.push({ directory: '', reach: 'any', builds: false, sweep: true });
  }
}

function readRun(source: string, run: YamlScalar, start: string | null, isWritten: boolean, reading: Reading): void {
  const commands = commandsOfRun(source, run);
  const stack: { readonly depth: number; readonly folder: string | null; readonly isWritten: boolean }[] = [];
  let folder = start;
  let written = isWritten;
  let builds = false;
  for (const command of commands) {
    while (stack.length > 0 && command.depth < stack.at(-1)!.depth) {
      ({ folder, isWritten: written } = stack.pop()!);
    }
    const words = unwrapped(command);
    if (/^(?:cd|pushd)$/.test(words[0]?.text ?? '')) {
      const to = words[1]?.text ?? '';
      if (command.depth > 0 && stack.at(-1)?.depth !== command.depth)
        stack.push({ depth: command.depth, folder, isWritten: written });
      if (to === '-') folder = start;
      else {
        const next = folderOf(folder, to);
        if (next === null) written = folder === null ? written : WRITTEN.test(to);
        folder = next;
      }
      continue;
    }
    const deed = deedOf(command);
    if (deed === null) continue;
    if (deed.builds) builds = true;
    reading.add(deed, folder, written);
  }
  const text = source.slice(run.span.start, run.span.end).replace(/^\s*#.*$/gm, '');
  if (LOOPS.test(text) && (builds || CHANGES.test(text))) {
    reading.add({ reach: 'any', builds: false, sweep: true, at: '.' }, start, false);
  }
}

/** Actions that build or publish, and what they reach. */
const ACTIONS: readonly { readonly name: RegExp; readonly reach: PipelineReach }[] = [
  {
    name: /^docker\/(?:bake-action|compose)|goreleaser|bazel|earthly\/(?!actions-setup)|magefile\/mage|dagger|gradle-build|nx-set-shas|pulumi|skaffold|devcontainers\/ci/i,
    reach: 'any',
  },
  {
    name: /vercel|netlify|cypress-io\/|cloudflare\/(?:pages|wrangler)|chromatic|firebase|amplify|expo\/|size-limit|changesets\/action|tauri-apps|static-web-apps/i,
    reach: 'npm',
  },
  { name: /cibuildwheel|run-tox|tox-action|nox|pytest|build-and-inspect-python|PyO3\/maturin/i, reach: 'python' },
  { name: /go-release|wangyoucao577|securego\/gosec/i, reach: 'go' },
];
const SETS_UP = /\/(?:setup|install|cache|checkout|login)[\w-]*(?:@|$)|^actions\/|setup-|install-/;

function readAction(uses: string, step: YamlValue, reading: Reading): void {
  if (/^docker\/build-push-action/.test(uses)) {
    const context = valueAt(step, 'with', 'context');
    const at = context?.kind === 'scalar' ? context : null;
    const file = valueAt(step, 'with', 'file');
    // Without a checkout path the context is the repository itself.
    const written = at === null || /^\{\{/.test(at.text) ? '.' : at.text;
    const known = at === null || !at.templated;
    reading.add({ reach: 'any', builds: true, sweep: file === null, at: known ? written : null }, '', !known);
    return;
  }
  if (SETS_UP.test(uses)) return;
  const action = ACTIONS.find(({ name }) => name.test(uses));
  if (action === undefined) return;
  const given = valueAt(step, 'with', 'working-directory');
  const at = given?.kind !== 'scalar' ? '.' : given.templated ? null : given.text;
  reading.add({ reach: action.reach, builds: true, sweep: true, at }, '', true);
}

/** The folder that steps run in. */
function workingFolder(
  source: string,
  value: YamlValue | null,
  keys: readonly string[],
  around: { readonly folder: string | null; readonly isWritten: boolean },
): { readonly folder: string | null; readonly isWritten: boolean } {
  const found = valueAt(value, ...keys);
  if (found?.kind !== 'scalar') return around;
  const written = source.slice(found.span.start, found.span.end).replace(/^["']|["']$/g, '');
  const folder = folderOf('', written);
  return folder === null ? { folder, isWritten: WRITTEN.test(written) } : { folder, isWritten: true };
}

/** Lists of plain values in the matrix of a job, by the way that another one could be put behind them. */
function listsOf(source: string, job: YamlValue): readonly PipelineList[] {
  return entriesAt(job, 'strategy', 'matrix').flatMap(({ key, value }): PipelineList[] => {
    if (value.kind !== 'list' || value.items.length === 0 || key === 'include' || key === 'exclude') return [];
    const items = value.items.flatMap((item) => (item.kind === 'scalar' && !item.templated ? [item] : []));
    if (items.length < value.items.length) return [];
    const last = items.at(-1)!;
    const written = source.slice(last.span.start, last.span.end);
    const lineStart = source.lastIndexOf('\n', last.span.start - 1) + 1;
    const dash = /^[ \t]*-[ \t]+$/.exec(source.slice(lineStart, last.span.start));
    const isFlow = source.charAt(value.span.start) === '[';
    if (written.includes('\n') || (!isFlow && dash === null)) return [];
    return [
      {
        key,
        values: items.map(({ text }) => text),
        end: last.span.end,
        before: isFlow ? ', ' : `${source.includes('\r\n') ? '\r\n' : '\n'}${dash![0]}`,
        quote: last.quoted ? source.charAt(last.span.start) : '',
      },
    ];
  });
}

function readSteps(
  source: string,
  owner: YamlValue,
  around: { readonly folder: string | null; readonly isWritten: boolean },
  reading: Reading,
): void {
  for (const step of itemsAt(owner, 'steps')) {
    const here = workingFolder(source, step, ['working-directory'], around);
    const run = valueAt(step, 'run');
    if (run?.kind === 'scalar') readRun(source, run, here.folder, here.isWritten, reading);
    const uses = textAt(step, 'uses');
    if (uses !== '') readAction(uses, step, reading);
    // Paths begin elsewhere then.
    if (/^actions\/checkout/.test(uses) && valueAt(step, 'with', 'path') !== null) reading.everything();
  }
}

/** Words with a slash: paths, patterns of paths, names of images. */
const PATH = /(?<![\w.@*{},/-])(?:[\w.@*{},-]+)?(?:\/[\w.@*{},-]+)+\/?/g;

const workflow: TextDetector = {
  text: true,
  triggers: ['jobs', 'runs'],
  *check(source, ctx) {
    const { path } = ctx.file;
    const isAction = /(?:^|\/)action\.ya?ml$/.test(path);
    if (ctx.file.language === 'yaml' && !isAction) return;
    const [document] = readYaml(source);
    const root = document?.root ?? null;
    if (root === null) return;
    const reading = new Reading();
    const lists: PipelineList[] = [];
    // What cannot be read may do anything.
    if (document!.problems.length > 0) reading.everything();
    const top = workingFolder(source, root, ['defaults', 'run', 'working-directory'], { folder: '', isWritten: true });
    if (isAction) {
      const runs = valueAt(root, 'runs');
      if (runs === null) return;
      if (textAt(runs, 'using') !== 'composite') reading.everything();
      // The caller says where it runs.
      readSteps(source, runs, { folder: '', isWritten: true }, reading);
    }
    for (const { value: job } of entriesAt(root, 'jobs')) {
      const uses = textAt(job, 'uses');
      if (uses !== '' && !uses.startsWith('./')) reading.everything();
      const matrix = valueAt(job, 'strategy', 'matrix');
      if (matrix !== null && /fromJSON/i.test(source.slice(matrix.span.start, matrix.span.end))) reading.everything();
      lists.push(...listsOf(source, job));
      readSteps(source, job, workingFolder(source, job, ['defaults', 'run', 'working-directory'], top), reading);
    }
    const seen = new Set<string>();
    const steps = reading.steps.filter((step) => {
      const key = JSON.stringify(step);
      return !seen.has(key) && seen.add(key);
    });
    const paths = [...new Set([...source.matchAll(PATH)].map(([word]) => word))];
    yield state('ci.pipeline', path, { steps, lists, paths }, { start: 0, end: 0 });
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'ci.pipeline.workflow', language: 'workflow', detector: workflow },
  { id: 'ci.pipeline.action', language: 'yaml', detector: workflow },
];
