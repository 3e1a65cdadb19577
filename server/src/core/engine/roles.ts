/** What the path of a file says about it: its language, its role, and whether it is a project root. */
import type { FileRole, LanguageId } from '../model/file.ts';

const TEXT_EXTENSIONS = new Set(
  'ts tsx mts cts js jsx mjs cjs rs sql html css scss vue svelte conf cfg ini properties tf hcl proto rb php java kt swift c h cpp hpp cc cs lua pl ex exs erl scala gradle groovy rst txt adoc kts star jsonnet xml svg graphql graphqls gql raml apib jmx bats hurl service nomad'.split(
    ' ',
  ),
);
const TEXT_NAMES = new Set([
  'README',
  'Earthfile',
  'go.work',
  'justfile',
  'Justfile',
  'yarn.lock',
  'bun.lock',
  'poetry.lock',
  'uv.lock',
  'pdm.lock',
  'Pipfile.lock',
  'Jenkinsfile',
  'Procfile',
  'LICENSE',
  'CODEOWNERS',
  'Tiltfile',
  'Vagrantfile',
]);

/** What pip-tools and uv compile into a file of fixed versions. */
const REQUIREMENTS = /(?:^|[/._-])(?:requirements|constraints)(?:[-_.][\w.-]*)?\.in$|(?:^|\/)requirements\/[^/]+\.in$/;

/** Directories that never hold what the team wrote and reviews; they are not even listed. */
export const SKIPPED_DIRECTORIES: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '.venv',
  'venv',
  'virtualenv',
  'site-packages',
  '__pycache__',
  '.tox',
  '.nox',
  '.eggs',
  '.mypy_cache',
  '.ruff_cache',
  '.pytest_cache',
]);

const VENDORED_DIRECTORIES = new Set([
  'vendor',
  'third_party',
  'third-party',
  'thirdparty',
  'vendored',
  '_vendor',
  '_vendored',
  'external_libs',
]);
/** Packages of others that a repository brings along in a folder for libraries: names that nobody gives to code of their own. */
const VENDORED_PACKAGE = new RegExp(
  `(?:^|/)(?:libs?|externals?|ext|packages)/(?:${[
    'urllib3 certifi idna chardet charset_normalizer six dateutil pytz tzlocal tzdata bs4 html5lib markupsafe werkzeug jinja2 cherrypy cheroot',
    'apscheduler oauthlib requests_oauthlib pygments pyparsing pkg_resources setuptools importlib_metadata importlib_resources zipp more_itertools',
    'jaraco tempora portend feedparser guessit babelfish subliminal stevedore musicbrainzngs xmltodict httplib2 httpcore typing_extensions soupsieve',
    'webencodings defusedxml configobj plexapi pyasn1 docutils markdown_it mdurl libfuturize libpasteurize ipwhois profilehooks unidecode mako',
    'simplejson cloudinary shellingham platformdirs colorama sqlalchemy twisted tornado paramiko mutagen',
  ]
    .join(' ')
    .replaceAll(' ', '|')})(?:/|\\.py$)`,
);
const EXAMPLE_DIRECTORIES = new Set([
  'testdata',
  'fixtures',
  'examples',
  'example',
  'samples',
  'sample',
  'demo',
  'demos',
]);
const DOCUMENT_DIRECTORIES = new Set(['docs', 'doc', 'documentation']);
const TEST_DIRECTORIES = new Set([
  'test',
  'tests',
  'testing',
  'testutil',
  'testutils',
  'testhelper',
  'testhelpers',
  'mocks',
  'mock',
  'e2e',
  'e2e-tests',
  'integration',
  'integration-test',
  '__tests__',
  '__mocks__',
  '__stubs__',
  '__fixtures__',
  '__snapshots__',
  'integration-tests',
  'integration_test',
  'integration_tests',
  'acceptance-tests',
]);

/** Folders whose children are parts of a program. */
const CODE_ROOTS = new Set(['internal', 'pkg', 'app', 'src', 'lib']);

/** The name of a folder in small letters; Go leaves out folders that begin with `_`, whatever they are called. */
function plainName(segment: string): string {
  return segment.toLowerCase().replace(/^_(?=[a-z])/, '');
}

/** Language of a file by its path (workspace-relative, `/`), or `null` for files that are not read at all. */
export function languageOf(path: string): LanguageId | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const lower = name.toLowerCase();
  // A Go file may be called `dockerfile.go` or `makefile.go`.
  if (lower.endsWith('.go')) return 'go';
  if (lower.endsWith('.py')) return 'python';
  if (lower === 'go.mod') return 'gomod';
  if (lower === 'go.sum') return 'gosum';
  // A change of an env file is none.
  if (/\.(?:patch|diff|rej)$/.test(lower)) return null;
  if (/^\.env(\..+)?$/.test(lower) || (lower.endsWith('.env') && lower.length > 4)) return 'env';
  if (/\.env\.(?:example|sample|template|dist|defaults?)$/.test(lower)) return 'env';
  if (lower === '.gitignore' || lower === '.dockerignore') return 'gitignore';
  if (/^(docker-)?compose[\w.-]*\.ya?ml$/.test(lower)) return 'compose';
  if (/(^|\/)\.github\/workflows\/[^/]+\.ya?ml$/.test(path)) return 'workflow';
  if (/^(dockerfile|containerfile)(\..+)?$/.test(lower) || lower.endsWith('.dockerfile')) return 'dockerfile';
  if (/^(gnu)?makefile(\..+)?$/.test(lower) || lower.endsWith('.mk')) return 'makefile';
  if (TEXT_NAMES.has(name) || REQUIREMENTS.test(path)) return 'text';
  const dot = lower.lastIndexOf('.');
  const extension = dot < 0 ? '' : lower.slice(dot + 1);
  switch (extension) {
    case 'yml':
    case 'yaml':
      return 'yaml';
    case 'json':
    case 'jsonc':
      return 'json';
    case 'toml':
      return 'toml';
    case 'sh':
    case 'bash':
    case 'ps1':
      return 'shell';
    case 'md':
    case 'markdown':
      return 'markdown';
    default:
      return TEXT_EXTENSIONS.has(extension) ? 'text' : null;
  }
}

/** Role by path alone. A language may refine it by content: see `LanguageSupport.roleOf`. */
export function roleOfPath(path: string): FileRole {
  const segments = path.split('/');
  const name = segments.pop()!;
  if (segments.some((segment) => VENDORED_DIRECTORIES.has(segment))) return 'vendored';
  if (name.endsWith('.py') && VENDORED_PACKAGE.test(path)) return 'vendored';
  // A program among the documents shows how something is used.
  if (/\.(?:go|py)$/.test(name) && segments.some((segment) => DOCUMENT_DIRECTORIES.has(segment.toLowerCase())))
    return 'example';
  if (segments.some((segment) => EXAMPLE_DIRECTORIES.has(plainName(segment)))) return 'example';
  const isTest = name.endsWith('_test.go') || /^(?:tests?_.*|.*_tests?|tests?|conftest)\.py$/.test(name);
  // `integration/` holds what connects to other systems as often as tests: tests in Python have names of their own, and
  // what lies right below the code of a program belongs to it.
  const isTestDirectory = (segment: string, at: number): boolean =>
    TEST_DIRECTORIES.has(plainName(segment)) &&
    !(segment.toLowerCase() === 'integration' && (name.endsWith('.py') || CODE_ROOTS.has(segments[at - 1] ?? '')));
  if (isTest || segments.some(isTestDirectory)) return 'test';
  // Code may be about suites of anything; what configures one is for tests.
  if (!/\.(?:go|py|md|[cm]?[jt]sx?)$/.test(name) && segments.includes('suites')) return 'test';
  if (name.endsWith('.py') && isMigration(segments, name)) return 'generated';
  // What versioneer and setuptools-scm write.
  if (name === '_version.py' || name === 'versioneer.py') return 'generated';
  return 'production';
}

/** Scripts that a tool writes for each change of a database schema: Django's and Alembic's. */
function isMigration(directories: readonly string[], name: string): boolean {
  const last = directories.at(-1);
  if (last === 'migrations') return /^\d{4}_\w+\.py$/.test(name);
  return last === 'versions' && directories.some((segment) => /alembic|migration/i.test(segment));
}

/** Programming languages by extension: to say which code is not judged yet. */
const CODE_NAMES: Readonly<Record<string, string>> = {
  go: 'Go',
  rs: 'Rust',
  py: 'Python',
  ts: 'TypeScript',
  tsx: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  js: 'JavaScript',
  jsx: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  vue: 'Vue',
  svelte: 'Svelte',
  java: 'Java',
  kt: 'Kotlin',
  kts: 'Kotlin',
  swift: 'Swift',
  c: 'C',
  h: 'C',
  cpp: 'C++',
  hpp: 'C++',
  cc: 'C++',
  cs: 'C#',
  rb: 'Ruby',
  php: 'PHP',
  lua: 'Lua',
  pl: 'Perl',
  ex: 'Elixir',
  exs: 'Elixir',
  erl: 'Erlang',
  scala: 'Scala',
  groovy: 'Groovy',
};

/** The programming language that a file is written in, by its name for readers; null for what is no program. */
export function codeNameOf(path: string): string | null {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(CODE_NAMES, extension) ? CODE_NAMES[extension]! : null;
}

const MANIFESTS = new Set([
  'go.mod',
  'Cargo.toml',
  'package.json',
  'pyproject.toml',
  'setup.py',
  'setup.cfg',
  'Pipfile',
  'requirements.txt',
  'requirements.in',
]);

/** Whether the file makes its directory a component. */
export function isManifest(path: string): boolean {
  return MANIFESTS.has(path.slice(path.lastIndexOf('/') + 1));
}
