/** Services that open a database and never close it. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { firstTime, mayBeShared, servicesOf } from '../../../knowledge/go/services.ts';
import { CLOSE_FACT, type Deferral, goDetectors, OPEN_FACT } from './go.ts';

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

export const rule = defineRule({
  id: 'database-not-closed-on-shutdown',
  title: 'Database handle never closed',
  category: 'resources',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A service opens a database or store, and no code of it that runs in production closes one.',
    why: 'Embedded stores lose what they still hold in memory, and find their lock file at the next start. Servers keep the sessions of a process that has gone until they time out.',
    howToFix:
      'Keep the handle where the service is started and stopped, and write `defer db.Close()` there, behind the shutdown of the server.',
    refs: ['CWE-404', 'https://pkg.go.dev/database/sql#DB.Close'],
  },
  messages: {
    never: 'Nothing in this service closes what {name} gives; close it when the server has been shut down.',
  },
  fix: 'sometimes',
  on: { go: goDetectors },
  workspace: {
    partition: 'workspace',
    reads: [OPEN_FACT],
    *judge(facts) {
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
