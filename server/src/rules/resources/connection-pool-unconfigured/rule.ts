/** Services whose database pools and HTTP clients have no limits of their own. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { isDeployedPath, mayBeShared, servicesOf } from '../../../knowledge/go/services.ts';
import { settled } from '../../../languages/go/pending.ts';
import { goDetectors, LIMIT_FACT, POOL_FACT } from './go.ts';

/** Directories with the commands of a tool. */
const TOOL = /(?:^|\/)(?:cli|commands?|\w*ctl|\w*tool)\//;

export const rule = defineRule({
  id: 'connection-pool-unconfigured',
  title: 'Connection pool without explicit limits',
  category: 'resources',
  severity: 'low',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A service opens a database without a limit for its connections, or keeps an HTTP client that uses the shared default transport, so that nothing bounds how many connections go to one peer.',
    why: 'The pool of `database/sql` is unlimited and a burst opens more connections than the server allows; the default transport keeps two idle connections for each host, so that under load most requests pay for a new handshake.',
    howToFix:
      'Call `SetMaxOpenConns`, `SetMaxIdleConns` and `SetConnMaxLifetime` behind `sql.Open`; give HTTP clients one shared `http.Transport` with `MaxConnsPerHost`, `MaxIdleConnsPerHost` and `IdleConnTimeout`. Take the numbers from the configuration.',
    refs: ['CWE-770', 'https://pkg.go.dev/database/sql#DB.SetMaxOpenConns'],
  },
  messages: {
    client:
      'This client uses the default transport without limits for its connections; give it a Transport of its own.',
    database: 'The pool of this database has no limit; call SetMaxOpenConns and SetConnMaxLifetime.',
  },
  fix: 'sometimes',
  on: { go: goDetectors },
  workspace: {
    partition: 'workspace',
    reads: [POOL_FACT],
    *judge(facts) {
      const programs = servicesOf(facts);
      const limits = facts.all(LIMIT_FACT).filter(({ place }) => facts.role(place.path) === 'production');
      for (const pool of facts.all(POOL_FACT)) {
        const directory = directoryOf(pool.place.path);
        // A workspace without any service holds tools and libraries, whose users know the load.
        if (programs.length === 0 || facts.role(pool.place.path) !== 'production') continue;
        if (!isDeployedPath(pool.place.path) || TOOL.test(pool.place.path)) continue;
        const owners = programs.filter((program) => program.directories.has(directory));
        if (limits.some(({ key }) => key === pool.key)) yield { kind: 'pass', subject: pool.place };
        else if (!owners.some((program) => mayBeShared(program, /sql|db|database|pool|http|client/i)))
          yield settled(pool, pool.value);
      }
    },
  },
});
