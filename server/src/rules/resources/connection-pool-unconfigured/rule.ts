/** Services whose database pools and HTTP clients have no limits of their own. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { isDeployedPath, mayBeShared, servicesOf } from '../../../knowledge/go/services.ts';
import { settled } from '../../../languages/go/pending.ts';
import { goDetectors, LIMIT_FACT, POOL_FACT } from './go.ts';
import { judgePythonPools, PYTHON_POOL, pythonDetectors } from './python.ts';

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
    what: 'A service opens a database and gives its pool neither a size nor a time-out, or keeps an HTTP client that uses the shared default transport, so that nobody has said how many connections may go to one peer and how long a request waits for one.',
    why: 'A pool without a limit opens more connections in a burst than the server allows; one that is small by default makes requests queue. Connections that idle for ever break where a proxy or a restart has cut them.',
    howToFix:
      'Take the numbers from the configuration, and let all instances together stay below what the server allows.',
    howToFixIn: {
      go: 'Call `SetMaxOpenConns`, `SetMaxIdleConns` and `SetConnMaxLifetime` behind `sql.Open`; give HTTP clients one shared `http.Transport` with `MaxConnsPerHost`, `MaxIdleConnsPerHost` and `IdleConnTimeout`.',
      python:
        'Give `pool_size`, `max_overflow`, `pool_timeout` and `pool_recycle` to `create_engine`; `max_size` and an idle time-out to the pools of asyncpg and psycopg; `max_connections` and `socket_timeout` to those of redis; `maxPoolSize` and `waitQueueTimeoutMS` to clients of MongoDB.',
    },
    refs: [
      'CWE-770',
      'https://pkg.go.dev/database/sql#DB.SetMaxOpenConns',
      'https://docs.sqlalchemy.org/en/20/core/pooling.html',
    ],
  },
  messages: {
    client:
      'This client uses the default transport without limits for its connections; give it a Transport of its own.',
    database: 'The pool of this database has no limit; call SetMaxOpenConns and SetConnMaxLifetime.',
    python: 'Nothing says how large this pool may grow or how long it waits; set {size} and {timeout}.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: [POOL_FACT, PYTHON_POOL],
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
      yield* judgePythonPools(facts);
    },
  },
});
