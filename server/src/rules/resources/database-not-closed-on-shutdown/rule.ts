/** Services that open a database and never close it. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { placeIn } from '../../../knowledge/facts.ts';
import { firstTime, isDeployedPath, mayBeShared, servicesOf } from '../../../knowledge/go/services.ts';
import { pythonServicesOf, servedIn } from '../../../knowledge/python/services.ts';
import { CLOSE_FACT, type Deferral, goDetectors, OPEN_FACT } from './go.ts';
import { HANDED_FACT, HANDLE_FACT, type Handle, mayRelease, pythonDetectors, RELEASE_FACT } from './python.ts';

/** What a database, or what owns it, is called. */
const DATABASE =
  /db|database|sql|stor(?:e|age)|engine|orm|badger|bolt|pool|repo|memory|data|dao|cache|app|server|service|client|^s$|^a$|^c$|^p$|^m$|^d$|close/i;

function fixOf({ place, value }: Fact): readonly Fix[] {
  const deferral = value as Deferral;
  if (deferral === null) return [];
  const at = { ...place, span: { start: deferral.at, end: deferral.at } };
  return [
    {
      title: 'Close it when main returns',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place: at, newText: deferral.text }],
    },
  ];
}

/** Behind the `yield` of the function that opens it. */
function closingOf(open: Fact, { closing }: Handle): readonly Fix[] {
  if (closing === null) return [];
  return [
    {
      title: 'Close it when the service shuts down',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place: placeIn(open, closing), newText: closing.newText }],
    },
  ];
}

/** What runs beside a service, with databases of its own. */
const MIGRATIONS = /(?:^|\/)(?:migrations|alembic)\//;

/** Databases of Python that last as long as their service, each by the name that holds it. */
function* judgePython(facts: FactView): Iterable<WorkspaceVerdict> {
  const isOwn = ({ place: { path } }: Fact): boolean => facts.role(path) === 'production' && isDeployedPath(path);
  const handles = facts.all(HANDLE_FACT).filter(isOwn);
  if (handles.length === 0) return;
  const services = pythonServicesOf(facts);
  const releases = facts.all(RELEASE_FACT).filter((item) => isOwn(item) && !MIGRATIONS.test(item.place.path));
  const seen = new Set<string>();
  for (const open of handles) {
    const { path } = open.place;
    const handle = open.value as unknown as Handle;
    const program = services.find(({ files }) => files.has(path));
    if (program === undefined || !servedIn(facts, program)(path) || seen.has(`${path} ${open.key}`)) continue;
    seen.add(`${path} ${open.key}`);
    if (releases.some((release) => mayRelease(release, open.key, handle))) {
      yield { kind: 'pass', subject: open.place };
      continue;
    }
    // What functions of the workspace get, they would close by a name that is known.
    const isHanded = facts.lookup(HANDED_FACT, open.key).some(({ value }) => {
      const root = String(value);
      return !/^[:.]$/.test(root) && (root === '' || facts.lookup('python.name', root).length === 0);
    });
    if (isHanded || program.framework !== '') {
      yield { kind: 'unknown', subject: open.place, note: 'It is handed on, and may be closed there.' };
      continue;
    }
    const args = { handle: handle.handle, release: handle.release };
    yield { kind: 'fail', subject: open.place, message: 'open', args, fixes: closingOf(open, handle) };
  }
}

export const rule = defineRule({
  id: 'database-not-closed-on-shutdown',
  title: 'Database handle never closed',
  category: 'resources',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A service opens a database or store, and no code of it that runs in production closes one. In Python: pools and clients for asyncio, engines of `create_async_engine`, and embedded stores, in a name of the module, an attribute of an object that lasts or of the application; those that nobody closes and that are not handed to a library.',
    why: 'Embedded stores lose what they still hold in memory, and find their lock file at the next start. Servers keep the sessions of a process that has gone until they time out.',
    howToFix: '',
    howToFixIn: {
      go: 'Keep the handle where the service is started and stopped, and write `defer db.Close()` there, behind the shutdown of the server.',
      python:
        'Open and close the database in the same place: in the lifespan of the application, before and behind its `yield` (`await pool.close()`, `await engine.dispose()`), or with `async with`.',
    },
    refs: ['CWE-404', 'https://pkg.go.dev/database/sql#DB.Close', 'https://fastapi.tiangolo.com/advanced/events/'],
  },
  messages: {
    never: 'Nothing in this service closes what {name} gives; close it when the server has been shut down.',
    open: 'Nothing closes {handle} when this service stops; call {release} when it shuts down.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: [OPEN_FACT, HANDLE_FACT],
    *judge(facts) {
      yield* judgePython(facts);
      const isFirst = firstTime();
      for (const program of servicesOf(facts)) {
        const isIn = ({ place: { path } }: { readonly place: { readonly path: string } }): boolean =>
          facts.role(path) === 'production' && program.files.has(path) && program.directories.has(directoryOf(path));
        const [open] = facts.all(OPEN_FACT).filter(isIn);
        if (open === undefined || program.framework !== '') continue;
        const closes = facts.all(CLOSE_FACT).filter((item) => isIn(item) && DATABASE.test(item.key));
        if (closes.length > 0) {
          const mains = new Set(program.mains.map((main) => directoryOf(main.place.path)));
          const inMain = closes.find(({ place }) => mains.has(directoryOf(place.path)));
          if (inMain !== undefined && isFirst(inMain.place)) yield { kind: 'pass', subject: inMain.place };
          continue;
        }
        if (!isFirst(open.place)) continue;
        if (mayBeShared(program, /sql|db|database|store|lifecycle|shutdown/i)) {
          yield { kind: 'unknown', subject: open.place, note: `It may be closed by ${program.opaque[0]!}.` };
          continue;
        }
        yield { kind: 'fail', subject: open.place, message: 'never', args: { name: open.key }, fixes: fixOf(open) };
      }
    },
  },
});
