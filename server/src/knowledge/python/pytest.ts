/**
 * What pytest collects and how: test modules by their names, what configurations say of modes and paths, and commands
 * that start it. Facts `pytest.module`, `pytest.setting` and `pytest.run`: see knowledge/facts.ts. Runs and imports nothing.
 */
import { type LanguageId, OWN_ROLES } from '../../core/model/file.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Extractor, FactView, TextDetector } from '../../core/rulekit/rule.ts';
import { withoutComments } from '../../formats/commands.ts';
import { allFacts, state, type TypedFact } from '../facts.ts';

const TOP = { start: 0, end: 0 };

const modules: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path, role } = ctx.file;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (role !== 'test' || !/^(?:test_.*|.*_test)\.py$/.test(name)) return;
    yield state('pytest.module', name, { pytest: /^\uFEFF?(?:import|from)[ \t]+pytest\b/m.test(text) }, TOP);
  },
};

/** Settings by which files of one name may live side by side, or by which some are left out. */
const APART =
  /import[-_]?mode|consider_namespace_packages|norecursedirs|python_files|collect_ignore|pytest_ignore_collect|pytest_collect_file|--ignore|--pyargs|--rootdir/;
const PATHS = /^[ \t]*testpaths[ \t]*=[ \t]*(\[[^\]]*\]|[^\n]*(?:\n[ \t]+[^\n]+)*)/m;

const settings: TextDetector = {
  text: true,
  triggers: ['pytest', 'testpaths', 'collect_ignore'],
  *check(text, ctx) {
    const { path } = ctx.file;
    if (!/(?:^|\/)(?:pyproject\.toml|\.?pytest\.(?:ini|toml)|setup\.cfg|tox\.ini|conftest\.py|noxfile\.py)$/.test(path))
      return;
    const plain = withoutComments(text);
    const written = PATHS.exec(plain)?.[1];
    const paths = written === undefined ? [] : (written.match(/[\w./-]+/g) ?? []);
    yield state('pytest.setting', directoryOf(path), { apart: APART.test(plain), paths }, TOP);
  },
};

const RUN =
  /(?:^|&&|;|\||\(|["'@]|\brun\b:?|-m|\bexec|\brun(?:[ \t]+--?[\w-]+)+)[ \t]*(?:\w+=\S*[ \t]+)*(?:\.?[\w./-]*\/bin\/)?(?:pytest|py\.test)(?=[ \t\r\n"'&;|)]|$)([^\n"&;|]*(?:\\\n[^\n"&;|]*)*)/gm;

const runs: TextDetector = {
  text: true,
  triggers: ['pytest', 'py.test'],
  *check(text, ctx) {
    const { language, path } = ctx.file;
    if (language === 'text' && !path.endsWith('.ini')) return;
    if (language === 'json' && !path.endsWith('package.json')) return;
    for (const match of withoutComments(text).matchAll(RUN)) {
      const words = match[1]!.split(/[\s\\]+/).filter((word) => word !== '');
      // Values of options are taken for paths as well: they name no folder of tests.
      const paths = words.filter((word) => /^[\w./-]*[\w/]$/.test(word) && !word.startsWith('-'));
      const before = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index + match[0].length);
      const open = words.some((word) => /[$*{]/.test(word)) || /\b(?:cd|pushd)\s/.test(before);
      yield state('pytest.run', directoryOf(path), { paths, open, apart: APART.test(match[1]!) }, TOP);
    }
  },
};

const SETTINGS: readonly LanguageId[] = ['toml', 'text', 'python'];
const COMMANDS: readonly LanguageId[] = ['workflow', 'yaml', 'makefile', 'shell', 'dockerfile', 'json', 'toml', 'text'];

export const extractors: readonly Extractor[] = [
  { id: 'pytest.modules', language: 'python', detector: modules, roles: OWN_ROLES },
  ...SETTINGS.map((language) => ({
    id: `pytest.settings.${language}`,
    language,
    detector: settings,
    roles: OWN_ROLES,
  })),
  ...COMMANDS.map((language) => ({ id: `pytest.runs.${language}`, language, detector: runs })),
];

const HOMES = [
  'pyproject.toml',
  'setup.py',
  'setup.cfg',
  'pytest.ini',
  'tox.ini',
  'requirements.txt',
  'Pipfile',
  'environment.yml',
  'Dockerfile',
  'template.yaml',
  'package.json',
  'go.mod',
];
/** Folders that pytest does not enter. */
const LEFT_OUT = /(?:^|\/)(?:\.[^/]*|[^/]*\.egg|_darcs|build|CVS|dist|node_modules|venv|\{[^/]*)(?:\/|$)/;

function hasFile(facts: FactView, path: string): boolean {
  return facts.lookup('file', path).length > 0;
}

/** The nearest folder with something that makes it a project of its own. */
function homeOf(facts: FactView, path: string): string {
  for (let at = directoryOf(path); at !== ''; at = directoryOf(at)) {
    if (HOMES.some((name) => hasFile(facts, `${at}/${name}`))) return at;
  }
  return '';
}

/** The name that pytest imports a file by: below the first folder that is no package. */
function moduleOf(facts: FactView, path: string): string {
  let root = directoryOf(path);
  while (root !== '' && hasFile(facts, `${root}/__init__.py`)) root = directoryOf(root);
  return root === '' ? path : path.slice(root.length + 1);
}

function isUnder(path: string, folder: string, written: string): boolean {
  const plain = written.replace(/^(?:\.\/)+|\/+$/g, '');
  const full = folder === '' ? plain : `${folder}/${plain}`;
  return plain === '.' || plain === '' || path === full || path.startsWith(`${full}/`);
}

/**
 * The file that pytest would take a test module for, because it imports both by one name; null when there is none, or
 * when they may never meet in one run.
 */
export function clashOf(facts: FactView, module: TypedFact<'pytest.module'>): string | null {
  const { path } = module.place;
  if (LEFT_OUT.test(path)) return null;
  const same = facts
    .lookup('pytest.module', module.key)
    .filter(({ place }) => place.path < path && !LEFT_OUT.test(place.path));
  if (same.length === 0) return null;
  const name = moduleOf(facts, path);
  const home = homeOf(facts, path);
  const other = same.find(({ place }) => moduleOf(facts, place.path) === name && homeOf(facts, place.path) === home);
  if (other === undefined) return null;
  const both = [path, other.place.path];
  const configured = allFacts(facts, 'pytest.setting').filter(
    ({ key }) => key === '' || both.some((each) => each.startsWith(`${key}/`)),
  );
  if (configured.some(({ value }) => value.apart)) return null;
  for (const { key, value } of configured) {
    if (value.paths.length > 0 && !both.every((each) => value.paths.some((written) => isUnder(each, key, written))))
      return null;
  }
  const started = allFacts(facts, 'pytest.run');
  if (started.some(({ value }) => value.apart || value.open)) return null;
  const meets = started.some(({ key, value: { paths } }) => {
    const holds = (written: string, each: string): boolean => isUnder(each, key, written) || isUnder(each, '', written);
    const folders = paths.filter((written) => /[/.]|test/.test(written));
    return folders.length === 0 || both.every((each) => folders.some((written) => holds(written, each)));
  });
  if (started.length > 0 && !meets) return null;
  // Nothing shows that they belong to one suite.
  let around = directoryOf(path);
  while (around !== '' && !other.place.path.startsWith(`${around}/`)) around = directoryOf(around);
  if (!meets && configured.length === 0 && !/(?:^|[/_-])tests?(?:[/_-]|$)/i.test(around)) return null;
  const usesPytest =
    started.length > 0 ||
    facts.lookup('python.requirement', 'pytest').length > 0 ||
    (module.value.pytest && (other.value as { readonly pytest: boolean }).pytest);
  return usesPytest ? other.place.path : null;
}
