/** Statements in scripts that the only database of the workspace refuses to run. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { databases } from '../../../knowledge/project/databases.ts';
import { type Dialect, rejectedIn } from './dialects.ts';

/** Key: dialect. Something in a script that it rejects. */
const REJECTED = 'sql.rejected';
const LIMIT = 400_000;
/** A folder, or what the script says of itself, names the database that it is for. */
const FOR_ONE =
  /(?:^|[/._-])(sqlite3?|postgres(?:ql)?|pg|psql|mysql|mariadb|mssql|sqlserver|oracle|clickhouse|cockroach(?:db)?|snowflake|bigquery|redshift|duckdb|h2|tidb)(?=[/._-])/i;
const SAYS =
  /\b(?:sqlite|postgres(?:ql)?|mysql|mariadb|pg_dump|sql server|t-sql|oracle|clickhouse|h2|cockroachdb|bigquery|snowflake)\b/i;

/** Scripts that make or change a schema, by where they are. */
const SCHEMA =
  /(?:^|\/)(?:[^/]*(?:migrat|schema|ddl|initdb|flyway)[^/]*\/|(?:db|database|sql|init)\/|[^/]*(?:schema|migrat|init|tables?|ddl)[^/]*\.sql$|[VU]?\d[^/]*\.sql$)/i;

const scripts: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    if (!path.endsWith('.sql') || text.length > LIMIT || !SCHEMA.test(path)) return;
    // Templates, commands of a client, and what is only run by one version of a database.
    if (/\{\{|\{%|^delimiter\b|\/\*!|^\\\w/im.test(text) || FOR_ONE.test(`/${path}`)) return;
    if (/^\s*--.*/.test(text) && SAYS.test(/^(?:\s*--[^\n]*\n)+/.exec(text)?.[0] ?? '')) return;
    for (const { dialect, what, way, start, end } of rejectedIn(text))
      yield fact(REJECTED, dialect, { what, way }, { start, end });
  },
};

const NAMES: Readonly<Record<string, string>> = { sqlite: 'SQLite', postgres: 'PostgreSQL', mysql: 'MySQL' };

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const { one, isMySql } = facts.derive(databases);
  if (one === null || one === 'other') return;
  const paths = allFacts(facts, 'sql.script').flatMap(({ place, value }) =>
    value.source === 'file' ? [place.path] : [],
  );
  // Folders for several databases: the rest may be for either.
  if (paths.some((path) => FOR_ONE.test(`/${path}`))) return;
  const dialects: readonly Dialect[] = one === 'mysql' && isMySql ? ['mysql', 'oracle-mysql'] : [one];
  const wrong = new Set<string>();
  for (const dialect of dialects) {
    for (const { place, value } of facts.lookup(REJECTED, dialect)) {
      if (facts.role(place.path) !== 'production') continue;
      const { what, way } = value as { readonly what: string; readonly way: string };
      wrong.add(place.path);
      yield { kind: 'fail', subject: place, message: way, args: { what, database: NAMES[one]! } };
    }
  }
  for (const { place, value } of allFacts(facts, 'sql.script')) {
    const isScript = value.source === 'file' && facts.role(place.path) === 'production' && SCHEMA.test(place.path);
    if (isScript && value.changes.length > 0 && !wrong.has(place.path)) yield { kind: 'pass', subject: place };
  }
}

export const rule = defineRule({
  id: 'sql-dialect-mismatch',
  title: 'SQL that the database does not understand',
  category: 'configuration',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A script that makes or changes the schema holds a statement that the only database of the workspace rejects, whatever its version: for SQLite `ADD FOREIGN KEY`, `ALTER COLUMN ... TYPE`, `DROP COLUMN IF EXISTS` or `DEFAULT now()`; for PostgreSQL names in backticks, `AUTO_INCREMENT` or `ENGINE=`; for MySQL casts with `::`, `ON CONFLICT` or `TIMESTAMPTZ`. The database is known where every driver in the manifests, every address in code and settings and every image of a compose file names the same one. Scripts whose path or head names a database, templates and scripts for a client are left out, and so is a workspace with scripts for several.',
    why: 'The statement fails when it is run: the migration stops, and the release with it, or a new installation cannot be set up at all. The script was written for, or tried with, another database.',
    howToFix:
      'Write it in the form of the database that is used. In SQLite constraints belong into `CREATE TABLE`; to change one, make a new table, copy the rows and rename it. Run all migrations in a test, against the database that production has.',
    refs: [
      'https://www.sqlite.org/lang_altertable.html',
      'https://www.postgresql.org/docs/current/sql-commands.html',
      'https://dev.mysql.com/doc/refman/8.4/en/sql-data-definition-statements.html',
    ],
  },
  messages: {
    rebuild: '{database} does not know {what}, so that this fails; put it into CREATE TABLE, or rebuild the table.',
    unconditional: '{database} does not know {what}, so that this fails; leave the condition out.',
    type: '{database} does not know {what}, so that this fails; use the type of {database} for it.',
    quotes: '{what} is a syntax error in {database}; use double quotes, or none.',
    several: 'An ALTER TABLE of {database} makes one change, so that this fails; write a statement for each.',
    other: '{database} does not know {what}, so that this fails; use the form of {database}.',
  },
  effort: { each: [10, 60] },
  fix: 'none',
  on: { text: [scripts] },
  workspace: { partition: 'workspace', reads: ['sql.script', REJECTED], judge },
});
