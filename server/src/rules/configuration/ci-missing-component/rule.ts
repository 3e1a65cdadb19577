/** Parts of a repository that its pipelines leave out while they build and test others. */
import type { Place } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type PipelineStep, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import { recipeWords } from '../../../knowledge/project/recipes.ts';
import { resolvedPath } from '../../../knowledge/project/tree.ts';

type Pipeline = TypedFact<'ci.pipeline'>;
interface Part {
  readonly directory: string;
  readonly kind: 'go' | 'python' | 'npm';
  readonly name: string;
  readonly place: Place;
}

/** Folders of what is not meant to be kept working with the rest, or what tools need for themselves. */
const ASIDE =
  /(?:^|\/)(?:[._][^/]*|(?:[^/]*[-_])?(?:archived?|legacy|deprecated|obsolete|examples?|samples?|demos?|tutorials?|templates?|playground|sandbox|experiment(?:s|al)?|prototypes?|poc|bench(?:marks?|marking)?|docs?|documentation|website|third[-_]party|vendor(?:ed)?|contrib|fixtures|testdata|mocks?|unused|retired|backup|cookiecutter|old|tests?|testing|e2e|hack|tools?|tooling|scripts?|storybook|snippets|generated)(?:[-_][^/]*)?|build|ci|infra\w*|site|labs?|misc|gen)(?:\/|$)/i;
const CODE: Readonly<Record<Part['kind'], RegExp>> = {
  go: /\.go$/,
  python: /\.py$/,
  npm: /\.(?:[cm]?[jt]sx?|vue|svelte)$/,
};

function isBelow(directory: string, folder: string): boolean {
  return folder === '' || directory === folder || directory.startsWith(`${folder}/`);
}

/** Folders with a manifest and code of its kind, one part for each. */
function partsOf(facts: FactView): readonly Part[] {
  const parts = new Map<string, Part>();
  for (const { key, place, value } of allFacts(facts, 'project.part')) {
    if (facts.role(place.path) === 'production' && !parts.has(`${value.kind} ${key}`))
      parts.set(`${value.kind} ${key}`, { directory: key, place, ...value });
  }
  const folders = new Map<Part['kind'], Set<string>>();
  for (const kind of ['go', 'python', 'npm'] as const) {
    const held = new Set<string>();
    folders.set(kind, held);
    for (const { key } of facts.all('file')) {
      if (!CODE[kind].test(key) || facts.role(key) !== 'production') continue;
      // The code belongs to the nearest manifest.
      for (let at = directoryOf(key); ; at = directoryOf(at)) {
        if (parts.has(`${kind} ${at}`)) held.add(at);
        if (parts.has(`${kind} ${at}`) || at === '') break;
      }
    }
  }
  return [...parts.values()].filter(({ kind, directory }) => folders.get(kind)!.has(directory));
}

/** Whether a step may build or test what is in a folder. */
function reaches(step: PipelineStep, { directory, kind }: Part, workspaces: readonly string[]): boolean {
  if (step.reach !== 'any' && step.reach !== kind) return false;
  if (isBelow(step.directory, directory)) return true;
  if (!isBelow(directory, step.directory)) return false;
  return step.sweep || (kind === 'go' && workspaces.some((folder) => isBelow(step.directory, folder)));
}

/** Whether a word with slashes is a path in the folder, or a pattern of paths around it. */
function names(word: string, directory: string): boolean {
  const path = word.replace(/^(?:\.{0,2}\/)+/, '').replace(/\/(?:\.{3})?$/, '');
  if (isBelow(path, directory)) return true;
  const star = path.search(/[*{]/);
  if (star > 0) {
    const folder = path.slice(0, path.lastIndexOf('/', star));
    if (star > 0 && folder !== '' && isBelow(directory, folder)) return true;
  }
  // `./services/...` is every package below.
  return path !== '' && /\/\.{3}$|\/$/.test(word) && isBelow(directory, path);
}

/** Words that stand for the part in a list, a name of an image or a file. */
function isMentioned({ directory, name }: Part, words: ReadonlySet<string>): boolean {
  const plain = (word: string): string => word.toLowerCase().replace(/[-_.]/g, '');
  const folder = directory.slice(directory.lastIndexOf('/') + 1);
  return words.has(plain(folder)) || words.has(plain(name));
}

/** Every word of the pipelines and of the scripts of npm, whole and by its parts. */
function wordsOf(facts: FactView): ReadonlySet<string> {
  const words = new Set<string>();
  for (const [word, paths] of facts.derive(recipeWords)) {
    if (!paths.some((path) => /(?:^|\/)\.github\/(?:workflows|actions)\/|(?:^|\/)action\.ya?ml$/.test(path))) continue;
    const parts = word.toLowerCase().split(/[-_.]/);
    for (let from = 0; from < parts.length; from++) {
      for (let to = from + 1; to <= parts.length; to++) words.add(parts.slice(from, to).join(''));
    }
  }
  return words;
}

/** Puts the part behind the last value of a matrix that lists folders of other parts, in the way that they are listed. */
function matrixFix(part: Part, parts: readonly Part[], pipelines: readonly Pipeline[]): readonly Fix[] {
  for (const pipeline of pipelines) {
    for (const { values, end, before, quote } of pipeline.value.lists) {
      const prefixes = values.map((value) => {
        const path = resolvedPath('', value) ?? value;
        const listed = parts.find(
          ({ kind, directory }) => kind === part.kind && (directory === path || directory.endsWith(`/${path}`)),
        );
        return listed === undefined ? null : listed.directory.slice(0, listed.directory.length - path.length);
      });
      const [prefix] = prefixes;
      if (prefix == null || !prefixes.every((other) => other === prefix) || !part.directory.startsWith(prefix))
        continue;
      const written = part.directory.slice(prefix.length);
      const dot = values.every((value) => value.startsWith('./')) ? './' : '';
      if (!/^[\w./-]+$/.test(written)) continue;
      return [
        {
          title: `Add ${part.directory} to the matrix`,
          safety: 'suggestion',
          preferred: true,
          edits: [
            {
              kind: 'replaceAt',
              place: placeIn(pipeline, { start: end, end }),
              newText: `${before}${quote}${dot}${written}${quote}`,
            },
          ],
        },
      ];
    }
  }
  return [];
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const pipelines = allFacts(facts, 'ci.pipeline').filter(({ place }) => facts.role(place.path) === 'production');
  if (pipelines.length === 0) return;
  const systems = facts.all('project.ci').map(({ value }) => (value as { readonly system: string }).system);
  if (systems.some((system) => system !== 'GitHub Actions')) return;
  const parts = partsOf(facts);
  if (parts.length < 2) return;
  const steps = pipelines.flatMap(({ value }) => value.steps);
  const workspaces = facts.all('file').flatMap(({ key }) => (/(?:^|\/)go\.work$/.test(key) ? [directoryOf(key)] : []));
  const built = parts.filter((part) =>
    steps.some(
      (step) =>
        step.builds &&
        (step.reach === 'any' || step.reach === part.kind) &&
        isBelow(step.directory, part.directory) &&
        // A step in the root is about the root's own part.
        !parts.some(
          (other) =>
            other !== part &&
            other.directory.length > part.directory.length &&
            isBelow(step.directory, other.directory),
        ),
    ),
  );
  const paths = pipelines.flatMap(({ value }) => value.paths);
  const words = wordsOf(facts);
  const replaced = new Set(allFacts(facts, 'go.module').flatMap(({ value }) => value.replaces));
  for (const part of parts) {
    const { directory, kind, name, place } = part;
    if (directory === '' || ASIDE.test(directory)) continue;
    if (built.includes(part)) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    const other = built.find((each) => each.directory !== directory);
    if (other === undefined || isMentioned(part, words)) continue;
    if (steps.some((step) => reaches(step, part, workspaces)) || paths.some((word) => names(word, directory))) continue;
    // What others are built with is built along with them.
    if (kind === 'go' && [...replaced].some((module) => module.endsWith(`/${name}`))) continue;
    yield {
      kind: 'fail',
      subject: place,
      message: 'missing',
      args: { directory, other: other.directory === '' ? 'the root' : other.directory },
      fixes: matrixFix(part, parts, pipelines),
    };
  }
}

export const rule = defineRule({
  id: 'ci-missing-component',
  title: 'Component that no pipeline builds',
  category: 'configuration',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A Go module, a Python project or an npm package with a script that builds or tests has code in a folder of its own, and no job, matrix, working directory or path filter of the GitHub workflows names that folder, although they build or test other parts of the repository. Commands that may reach it are enough to be silent: make and other task runners, scripts, loops, compose files, tests that are started above it, matrices that a script writes, workflows of others; and so are pipelines of other systems. Folders of examples, documents, tests, tools and what is out of use are left out.',
    why: 'It can break with any change, and every check stays green. That is noticed when somebody deploys it.',
    howToFix:
      'Add the folder to the matrix, or give it a job of its own that builds and tests it. What is no longer needed belongs into the history, or into a folder that says so.',
    refs: [
      'https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/running-variations-of-jobs-in-a-workflow',
      'https://dora.dev/capabilities/continuous-integration/',
    ],
  },
  messages: {
    missing: 'No workflow builds or tests {directory}, as they do with {other}; add it to a job or matrix.',
  },
  effort: { each: [10, 60] },
  fix: 'sometimes',
  on: {},
  workspace: { partition: 'workspace', reads: ['ci.pipeline'], judge },
});
