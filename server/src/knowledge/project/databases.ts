/**
 * Which databases a workspace works with, by everything that can say so: drivers in manifests, addresses of databases in
 * code and settings, images of compose services. One that is named anywhere counts, so that the judge knows what it does
 * not know.
 */
import type { LanguageId } from '../../core/model/file.ts';
import { defineDerivation, type Extractor, type FactView, type TextDetector } from '../../core/rulekit/rule.ts';
import { readToml } from '../../formats/toml.ts';
import { allFacts, state } from '../facts.ts';

/** `mysql` is MySQL or MariaDB; `other` is any database that is not judged. */
export type Database = 'sqlite' | 'postgres' | 'mysql' | 'other';

const GO: readonly (readonly [Database, RegExp])[] = [
  [
    'sqlite',
    /^(?:github\.com\/(?:mattn\/go-sqlite3|glebarez\/(?:go-)?sqlite|ncruces\/go-sqlite3)|modernc\.org\/sqlite|crawshaw\.io\/sqlite|zombiezen\.com\/go\/sqlite|gorm\.io\/driver\/sqlite)(?:\/|$)/,
  ],
  [
    'postgres',
    /^(?:github\.com\/(?:lib\/pq|jackc\/pgx|go-pg\/pg|uptrace\/bun\/driver\/pgdriver)|gorm\.io\/driver\/postgres)(?:\/|$)/,
  ],
  ['mysql', /^(?:github\.com\/(?:go-sql-driver\/mysql|go-mysql-org\/go-mysql)|gorm\.io\/driver\/mysql)(?:\/|$)/],
  [
    'other',
    /mssql|sqlserver|clickhouse|go-ora|godror|snowflake|duckdb|spanner|libsql|bigquery|cockroach|tidb|firebird|oci8|trino/,
  ],
];
const PACKAGES: readonly (readonly [Database, RegExp])[] = [
  [
    'sqlite',
    /^(?:aiosqlite|pysqlite3(?:-binary)?|apsw|sqlite3|better-sqlite3|sqlite|rusqlite|sqlcipher3|libsqlite3-sys|node-sqlite3-wasm)$/,
  ],
  [
    'postgres',
    /^(?:psycopg(?:2|2-binary|2cffi|-binary|-c|-pool)?|asyncpg|aiopg|pg8000|pg|postgres|pg-promise|tokio-postgres|deadpool-postgres)$/,
  ],
  ['mysql', /^(?:mysqlclient|pymysql|aiomysql|asyncmy|mysql-connector(?:-python)?|mysql2?|mariadb|mysql-async)$/],
  [
    'other',
    /^(?:pyodbc|pymssql|oracledb|cx-oracle|clickhouse.*|duckdb.*|snowflake.*|mssql|tedious|google-cloud-bigquery|google-cloud-spanner|tiberius|libsql.*|@libsql\/.*|@planetscale\/.*|sqlalchemy-cockroachdb|databricks.*|trino|redshift.*|psycopg-yugabytedb)$/,
  ],
];

function databaseOf(name: string, table: typeof GO): Database | null {
  return table.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}

/** The database that a package of Python or JavaScript, or a crate, is a driver of; null for every other package. */
export function databaseOfPackage(name: string): Database | null {
  return databaseOf(name, PACKAGES);
}

const ADDRESS =
  /\b(sqlite3?|postgres(?:ql)?|postgis|mysql|mariadb|mssql|sqlserver|oracle|clickhouse|snowflake|redshift|duckdb|libsql|cockroach(?:db)?|bigquery|spanner)(?:\+\w+)?:(?:\/\/|(?=[\w./~-]*\.(?:db|sqlite3?)\b|:memory:))|django\.(?:contrib\.gis\.)?db\.backends\.(sqlite3|postgresql\w*|postgis|mysql|oracle)/gi;

function named(word: string): Database {
  if (/^sqlite/i.test(word)) return 'sqlite';
  if (/^post/i.test(word)) return 'postgres';
  return /^(?:mysql|mariadb)/i.test(word) ? 'mysql' : 'other';
}

/** Addresses in code and settings: `sqlite:///app.db`, `django.db.backends.postgresql`. */
const addresses: TextDetector = {
  text: true,
  triggers: ['://', 'sqlite:', 'db.backends'],
  *check(text) {
    const seen = new Set<Database>();
    for (const match of text.matchAll(ADDRESS)) {
      const database = named(match[1] ?? match[2]!);
      if (seen.has(database)) continue;
      seen.add(database);
      yield state(
        'sql.database',
        database,
        { driver: false },
        { start: match.index, end: match.index + match[0].length },
      );
    }
  },
};

/** Crates, and features of those that speak to several databases. */
const crates: TextDetector = {
  text: true,
  triggers: ['dependencies'],
  *check(text, ctx) {
    if (!/(?:^|\/)Cargo\.toml$/.test(ctx.file.path)) return;
    for (const { path, key, strings } of readToml(text)) {
      const crate = /(?:^|\.)dependencies\.([\w-]+)/.exec(path)?.[1];
      if (crate === undefined) continue;
      const several = /^(?:sqlx|diesel(?:-async)?|sea-orm)$/.test(crate);
      for (const name of several
        ? strings.map((item) => item.text.replace(/^sqlx-/, ''))
        : [crate.replace(/_/g, '-')]) {
        const own = several ? /^(sqlite|postgres|mysql|mssql)\b/.exec(name)?.[1] : undefined;
        const database = own === undefined ? databaseOf(name, PACKAGES) : named(own);
        if (database !== null) yield state('sql.database', database, { driver: several ? 'feature' : true }, key);
      }
    }
  },
};

const SETTINGS: readonly LanguageId[] = ['toml', 'python', 'env', 'compose', 'yaml', 'text', 'json'];

export const extractors: readonly Extractor[] = [
  ...SETTINGS.map((language) => ({ id: `sql.address.${language}`, language, detector: addresses })),
  { id: 'sql.crates', language: 'toml', detector: crates },
];

const IMAGE: readonly (readonly [Database, RegExp])[] = [
  ['postgres', /(?:^|\/)(?:postgres(?:ql)?|postgis|pgvector|timescaledb)(?:[:@]|$)/],
  ['mysql', /(?:^|\/)(?:mysql|mariadb|percona)(?:-server)?(?:[:@]|$)/],
  ['other', /(?:^|\/)(?:cockroach|clickhouse-server|clickhouse|mssql[\w/-]*|oracle[\w-]*|tidb|yugabyte)(?:[:@]|$)/],
];

export interface Databases {
  /** The one database that everything names and a driver is there for; null when that is not so. */
  readonly one: Database | null;
  /** A compose service runs MySQL itself, and nothing speaks of MariaDB. */
  readonly isMySql: boolean;
}

/** What the whole workspace says of its databases. */
export const databases = defineDerivation('sql.databases', (facts: FactView): Databases => {
  const all = new Set<Database>();
  /** What a crate that speaks to several databases was built for: some of it may never be used. */
  const features = new Set<Database>();
  let hasDriver = false;
  const isOwn = (path: string): boolean => facts.role(path) === 'production';
  const driver = (database: Database | null): void => {
    if (database === null) return;
    all.add(database);
    hasDriver = true;
  };
  for (const { key, value, place } of allFacts(facts, 'sql.database')) {
    if (!isOwn(place.path)) continue;
    if (value.driver === 'feature') features.add(key as Database);
    else if (value.driver) driver(key as Database);
    else all.add(key as Database);
  }
  for (const { value, place } of allFacts(facts, 'go.module')) {
    if (!isOwn(place.path)) continue;
    const indirect = new Set(value.indirect);
    for (const module of value.requires) if (!indirect.has(module)) driver(databaseOf(module, GO));
  }
  for (const { key, value, place } of allFacts(facts, 'python.requirement')) {
    if (isOwn(place.path) && !value.development) driver(databaseOf(key, PACKAGES));
  }
  for (const { place } of facts.lookup('python.import', 'sqlite3')) if (isOwn(place.path)) driver('sqlite');
  for (const { value, place } of facts.all('project.manifest')) {
    const { kind, dependencies } = value as { readonly kind: string; readonly dependencies: readonly string[] };
    if (kind === 'npm' && isOwn(place.path)) for (const name of dependencies) driver(databaseOf(name, PACKAGES));
  }
  const images = allFacts(facts, 'compose.service').map(({ value }) => value.image);
  for (const image of images) {
    const database = databaseOf(image, IMAGE);
    if (database !== null) all.add(database);
  }
  const [one] = all.size > 0 ? all : features;
  const isKnown = all.size === 1 && (hasDriver || features.has(one!)) && (features.size === 0 || features.has(one!));
  return {
    one: isKnown || (all.size === 0 && features.size === 1) ? one! : null,
    isMySql:
      images.some((image) => /(?:^|\/)mysql(?:-server)?[:@]/.test(image)) &&
      !images.some((image) => /mariadb/.test(image)),
  };
});
