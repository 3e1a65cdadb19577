/**
 * Calls that give something which has to be given back: files, connections, rows, transactions, tickers, cancel
 * functions. A table with how each is released; who owns it in the end is for a rule to find out.
 */

export type ResourceKind =
  | 'file'
  | 'connection'
  | 'listener'
  | 'database'
  | 'rows'
  | 'statement'
  | 'transaction'
  | 'ticker'
  | 'cancel'
  | 'writer';

export interface Resource {
  readonly kind: ResourceKind;
  /** Number of results of the call. */
  readonly results: number;
  /** Which result it is. */
  readonly position: number;
  /** Methods of which one has to be called; none: the value itself is called. */
  readonly releases: readonly string[];
}

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

const RESOURCES = new Map<string, Resource>();

function add(
  kind: ResourceKind,
  releases: string,
  calls: string,
  shape: { readonly results?: number; readonly position?: number } = {},
): void {
  const resource = { kind, results: shape.results ?? 2, position: shape.position ?? 0, releases: words(releases) };
  for (const call of words(calls)) RESOURCES.set(call, resource);
}

/** Names behind a type, as ids. */
const of = (type: string, names: string): string =>
  words(names)
    .map((name) => `${type}.${name}`)
    .join(' ');

add('file', 'Close', `${of('os', 'Open Create OpenFile CreateTemp')} io/ioutil.TempFile io/fs.FS.Open embed.FS.Open`);
add('file', 'Close', 'archive/zip.OpenReader archive/zip.File.Open mime/multipart.FileHeader.Open');
add(
  'connection',
  'Close',
  `${of('net', 'Dial DialTimeout DialTCP DialUDP DialUnix')} ${of('net.Dialer', 'Dial DialContext')} ` +
    `${of('crypto/tls', 'Dial DialWithDialer')} ${of('crypto/tls.Dialer', 'Dial DialContext')} ` +
    'net/smtp.Dial net/rpc.Dial net/rpc.DialHTTP net/textproto.Dial database/sql.DB.Conn ' +
    `${of('google.golang.org/grpc', 'Dial DialContext NewClient')} golang.org/x/crypto/ssh.Dial ` +
    'github.com/jackc/pgx/v5.Connect github.com/jackc/pgx/v4.Connect',
);
add('connection', 'Release', of('github.com/jackc/pgx/v5/pgxpool.Pool', 'Acquire'));
add('connection', 'Release', of('github.com/jackc/pgx/v4/pgxpool.Pool', 'Acquire'));
add('connection', 'Close', of('github.com/gorilla/websocket.Dialer', 'Dial DialContext'), { results: 3 });
add('connection', 'Close', 'github.com/gorilla/websocket.Upgrader.Upgrade');
add('listener', 'Close', `${of('net', 'Listen ListenTCP ListenUnix ListenPacket ListenUDP')} crypto/tls.Listen`);
add('listener', 'Close', 'net.ListenConfig.Listen net.ListenConfig.ListenPacket');
add(
  'database',
  'Close',
  `database/sql.Open ${of('github.com/jmoiron/sqlx', 'Open Connect ConnectContext')} ` +
    'go.etcd.io/bbolt.Open github.com/boltdb/bolt.Open github.com/syndtr/goleveldb/leveldb.OpenFile ' +
    `${of('github.com/dgraph-io/badger', 'Open')} ${of('github.com/dgraph-io/badger/v3', 'Open')} ` +
    'github.com/dgraph-io/badger/v4.Open',
);
const SQLX = 'github.com/jmoiron/sqlx';
for (const owner of ['database/sql.DB', 'database/sql.Conn', 'database/sql.Tx', `${SQLX}.DB`, `${SQLX}.Tx`]) {
  add('rows', 'Close', of(owner, 'Query QueryContext Queryx QueryxContext NamedQuery NamedQueryContext'));
  add('statement', 'Close', of(owner, 'Prepare PrepareContext Preparex PreparexContext PrepareNamed'));
  add('transaction', 'Commit Rollback', of(owner, 'Begin BeginTx Beginx BeginTxx'));
}
add('rows', 'Close', of('database/sql.Stmt', 'Query QueryContext'));
for (const pgx of ['github.com/jackc/pgx/v4', 'github.com/jackc/pgx/v5']) {
  for (const owner of [`${pgx}.Conn`, `${pgx}.Tx`, `${pgx}/pgxpool.Pool`, `${pgx}/pgxpool.Conn`]) {
    add('rows', 'Close', of(owner, 'Query'));
    add('transaction', 'Commit Rollback', of(owner, 'Begin BeginTx'));
  }
}
add('transaction', 'Commit Rollback', of('gorm.io/gorm.DB', 'Begin'), { results: 1 });
add('transaction', 'Commit Rollback', of('github.com/jinzhu/gorm.DB', 'Begin BeginTx'), { results: 1 });
add('ticker', 'Stop', 'time.NewTicker', { results: 1 });
add('cancel', '', of('context', 'WithCancel WithTimeout WithDeadline'), { position: 1 });
add('writer', 'Close', `${of('compress/gzip', 'NewWriter')} ${of('archive/zip', 'NewWriter')}`, { results: 1 });
add('writer', 'Close', `${of('compress/zlib', 'NewWriter')} ${of('archive/tar', 'NewWriter')}`, { results: 1 });
add('writer', 'Close', of('compress/gzip', 'NewWriterLevel'));

/** What a call gives, by `calleeId` of languages/go/types.ts. */
export function resourceOf(callee: string): Resource | null {
  return RESOURCES.get(callee) ?? null;
}

/** Last names of the calls in the table. */
export const RESOURCE_CALLS: ReadonlySet<string> = new Set(
  [...RESOURCES.keys()].map((callee) => callee.slice(callee.lastIndexOf('.') + 1)),
);
