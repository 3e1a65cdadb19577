/** Where a workspace keeps data that cannot be made again. It decides nothing. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector, type TextDetector } from '../../../core/rulekit/rule.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import { isServedPath } from '../../../knowledge/python/services.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { callArguments, stringLiteralValue } from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText } from '../../../languages/python/strings.ts';
import { keywordArgument, positionalArguments } from '../../../languages/python/syntax.ts';

/** Key: what it is. Data is kept here. */
export const STORAGE_FACT = 'missing-backup.storage';
/** Databases of a compose file whose data outlives their containers. */
export const compose: TextDetector = {
  text: true,
  triggers: ['image:'],
  *check(text, ctx): Iterable<Verdict> {
    if (/(?:^|[/._-])(?:dev|test|local|ci|override|example)(?:[/._-]|$)/i.test(ctx.file.path)) return;
    const image =
      /^[ \t]+image:[ \t]*["']?(?:[\w.-]+\/)*(postgres\w*|postgis|timescaledb|mysql|mariadb|mongo|couchdb|cockroach|influxdb|neo4j)\b[^\r\n]*/m.exec(
        text,
      );
    if (image === null) return;
    // The block of that service, up to the next one: it mounts a volume with the data.
    const rest = text.slice(image.index).split(/^ {0,2}\w[\w-]*:[ \t]*$/m, 1)[0]!;
    const before = text
      .slice(0, image.index)
      .split(/^ {1,2}\w[\w-]*:[ \t]*$/m)
      .at(-1)!;
    if (!/\/var\/lib\/|\/data\/db|\/bitnami|\/data\b/.test(before + rest)) return;
    const start = image.index + image[0].search(/\S/);
    yield fact(STORAGE_FACT, image[1]!, null, { start, end: image.index + image[0].length });
  },
};

/** Volumes that a cluster keeps for databases. */
export const cluster: TextDetector = {
  text: true,
  *check(text): Iterable<Verdict> {
    const claim = /^kind:[ \t]*PersistentVolumeClaim\b|^[ \t]+volumeClaimTemplates:/m.exec(text);
    if (claim === null || text.includes('{{')) return;
    if (!/postgres|mysql|mariadb|mongo|cassandra|cockroach|database|\bdb\b|\bdata\b/i.test(text)) return;
    yield fact(STORAGE_FACT, 'volume', null, { start: claim.index, end: claim.index + claim[0].length });
  },
};

const EMBEDDED =
  /^(?:github\.com\/dgraph-io\/badger(?:\/v\d)?\.Open|go\.etcd\.io\/bbolt\.Open|github\.com\/boltdb\/bolt\.Open|github\.com\/syndtr\/goleveldb\/leveldb\.OpenFile|github\.com\/cockroachdb\/pebble\.Open)$/;
const SQL = /^(?:database\/sql\.Open|github\.com\/jmoiron\/sqlx\.(?:Open|Connect|MustConnect)|gorm\.io\/gorm\.Open)$/;

/** Databases in files of the program itself. */
export const embedded: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['badger.', 'bbolt.', 'bolt.', 'leveldb.', 'pebble.', 'sqlite'],
  calls: (name) => /^(?:Open|OpenFile|Connect|MustConnect)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    if (types === null || !isDeployedPath(ctx.file.path)) return;
    const id = calleeId(types.calleeOf(node));
    const text = callArguments(node)
      .map((argument) => stringLiteralValue(argument) ?? argument.text)
      .join(' ');
    const isSqlite = SQL.test(id) && /sqlite/i.test(text);
    if (!isSqlite && !EMBEDDED.test(id)) return;
    if (/:memory:|mode=memory|InMemory|cache|te?mp/i.test(text)) return;
    yield fact(STORAGE_FACT, isSqlite ? 'SQLite' : /badger|bolt|leveldb|pebble/.exec(id)![0], null, node);
  },
};

const PYTHON_SQLITE =
  /^(?:(?:aio)?sqlite3?\.connect|peewee\.SqliteDatabase|playhouse\.\w+\.Sqlite\w*Database|sqlite_utils\.Database)$/;
const PYTHON_ENGINE =
  /^(?:sqlalchemy\.(?:ext\.asyncio\.)?create_(?:async_)?engine|sqlmodel\.create_engine|databases\.Database)$/;

/** The same in Python; what a variable names counts unless its name says that it can be made again. */
export const pythonEmbedded: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['sqlite', 'Sqlite'],
  calls: (name) => /^(?:connect|Sqlite\w*Database|Database|create_(?:async_)?engine)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (!isServedPath(ctx.file.path)) return;
    const chain = callChain(node, ctx);
    const [first] = positionalArguments(node);
    const path = first ?? keywordArgument(node, 'database');
    if (path === undefined || path === null) return;
    const text = `${path.text} ${constantText(path, ctx) ?? ''}`;
    const isFile = PYTHON_SQLITE.test(chain) || (PYTHON_ENGINE.test(chain) && /sqlite/i.test(text));
    if (!isFile || /:memory:|mode=(?:memory|ro)\b|sqlite:\/\/["' ]|cache|te?mp|test|index|download/i.test(text)) return;
    yield fact(STORAGE_FACT, 'SQLite', null, node);
  },
};
