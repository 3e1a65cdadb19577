/**
 * Python: modules of an application that nothing imports, runs or names, and modules that only tests import. A module that
 * is run by hand, found by convention, or may be imported by a name that the program makes, is not judged; neither are
 * packages that others install.
 */
import { filePlace } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { importersOf, modulePartsOf } from '../../../knowledge/python/importers.ts';
import { isInstalledPackage } from '../../../knowledge/python/modules.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';

/** Key: path. A module that is made to be imported. */
export const PYTHON_MODULE = 'dead-module.python-module';

type Module = {
  /** It runs something by itself, besides what it declares. */
  readonly runs: boolean;
  readonly settings: boolean;
};

/** Names of files that frameworks and tools look for, and of those that are begun with. */
const CONVENTION =
  /^(?:__\w+__|setup|conftest|manage|wsgi|asgi|main|app|application|server|run\w*|start\w*|cli|admin|apps|models?|urls|routers?|routes|views?|signals?|receivers|tasks?|forms|tables|filters|serializers|permissions|schema|checks|handlers?|lambda_function|function_app|fabfile|noxfile|dodo|locustfile|gunicorn\w*|celery\w*|sitecustomize|usercustomize|env|hubconf|plugins?|hooks?|settings|local_settings|context_processors|middleware|middlewares|dashboards?|bot|worker|entrypoint|streamlit_app|[Hh]ome|version|_version|search_indexes|translation|feeds|sitemaps|resources|jinja2?|seed\w*|migrate\w*|init\w*)$/;
const FOLDERS =
  /(?:^|\/)(?:scripts?|bin|tools?|utils?\/scripts|examples?|docs?|migrations?|alembic|versions|management|commands|plugins?|templatetags|pages|dags|notebooks?|benchmarks?|hooks|contrib|extensions?|addons?|modules|jobs|cogs|handlers|lambdas?|functions|tasks|seeds?|fixtures|deploy\w*|ci|\.[^/]+)(?:\/|$)/i;
/** Names that promise to be imported, even when the file can be run to try it. */
const SETTINGS = /^(?:\w+_)?(?:config|configuration|constants|settings)$/;

/** What programs have that are run from a command line. */
const PROGRAM =
  /\bargparse\b|\bsys\.argv\b|\bimport (?:click|typer|fire)\b|\bfrom (?:click|typer|absl|docopt)\b|^(?:async )?def (?:main|run|cli)\b|\basyncio\.run\(|\bsys\.exit\(/m;

const DEFINITION = /^(?:async[ \t]+)?(?:def|class)[ \t]|^[A-Za-z_]\w*(?:[ \t]*:[^=\n]+)?[ \t]*=(?!=)/m;
/** A statement at the top that does something. */
const ACTION =
  /^(?!(?:print|logging\.\w+|load_dotenv|load_env|sys\.path\.\w+|warnings\.\w+)\()[A-Za-z_][\w.]*\(|^(?:for|while|with)\b|^await\b/m;
const REGISTERED =
  /^@(?!(?:\w+\.)*(?:dataclass\w*|lru_cache|cache|contextmanager|asynccontextmanager|wraps|total_ordering|unique|runtime_checkable|final|define|frozen|overload|njit|jit)\b)/m;

export const pythonModule: TextDetector = {
  text: true,
  *check(text, ctx): Iterable<Verdict> {
    const { path } = ctx.file;
    const name = modulePartsOf(path).at(-1) ?? '';
    if (path.endsWith('/__init__.py') || path === '__init__.py' || FOLDERS.test(directoryOf(path))) return;
    const header = ctx.file.header as PythonHeader;
    const isSettings = SETTINGS.test(name) && name !== 'settings';
    if (CONVENTION.test(name) || !DEFINITION.test(text.replace(/^\uFEFF/, '')) || text.startsWith('#!')) return;
    // A program with tests of its own, as opposed to a module that can be tried.
    if (header.main && !isSettings && PROGRAM.test(text)) return;
    // Decorators and base classes register what they are applied to, often by name.
    const outside = text
      .replace(/^\uFEFF/, '')
      .replace(/^if __name__[\s\S]*$/m, '')
      .replace(/"""[\s\S]*?"""|'''[\s\S]*?'''/g, '');
    if (ACTION.test(outside) || REGISTERED.test(outside) || /\b__init_subclass__\b/.test(text)) return;
    const value: Module = { runs: header.main, settings: isSettings };
    yield fact(PYTHON_MODULE, path, value, { start: 0, end: 0 });
  },
};

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const found of facts.get(PYTHON_MODULE)) {
    const verdict = verdictOf(found, facts);
    if (verdict !== null) yield* verdict;
  }
}

function verdictOf(found: Fact, facts: FactView): WorkspaceVerdict[] | null {
  const { path } = found.place;
  if (facts.role(path) !== 'production') return null;
  const importers = importersOf(facts, path);
  const user = importers.find(({ place }) => facts.role(place.path) !== 'test');
  if (user !== undefined) return [{ kind: 'pass', subject: found.place }];
  const name = modulePartsOf(path).at(-1)!;
  if (isInstalledPackage(facts, directoryOf(path))) return null;
  if (isNamed(facts, name, path)) return [{ kind: 'pass', subject: found.place }];
  const test = importers[0];
  const { runs, settings } = found.value as Module;
  if (test === undefined && runs && !settings) return null;
  const verdict: WorkspaceVerdict = {
    kind: 'fail',
    subject: found.place,
    message: test === undefined ? (runs ? 'script' : 'module') : 'moduleTested',
    args: { name, test: test?.place.path ?? '' },
    ...(test === undefined
      ? {}
      : { related: [{ place: filePlace(test.place.path), message: 'This test imports it.' }] }),
  };
  if (test === undefined) return [verdict];
  const isOnly = /(?:^|\/)test_|_test\.py$/.test(test.place.path);
  return isOnly
    ? [verdict, { kind: 'fail', subject: test.place, message: 'test', args: { name }, severity: 'low' }]
    : [verdict];
}

/** Whether something besides an import may mean the module. */
function isNamed(facts: FactView, name: string, path: string): boolean {
  if (facts.lookup('python.reference', name).length > 0) return true;
  // Modules that are found by looking into a folder.
  return facts.lookup('python.reference', '*').some(({ place }) => {
    const folder = directoryOf(place.path);
    return folder === '' ? directoryOf(path) !== '' : path.startsWith(`${folder}/`);
  });
}
