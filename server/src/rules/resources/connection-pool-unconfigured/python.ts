/**
 * Python: pools of databases on servers that are made without any size or time-out, as pending verdicts. Only what is kept
 * counts: an engine that one function uses and disposes of serves no requests. Pools that get either of the two are left
 * alone, and so is what may come in by `**options` or in the address.
 */
import type { Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import {
  type ChunkContext,
  type Detector,
  type FactView,
  fact,
  type NodeDetector,
} from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import type { GoProgram } from '../../../knowledge/go/services.ts';
import { databaseOfPackage } from '../../../knowledge/project/databases.ts';
import { isServedPath, pythonHome, pythonServicesOf, servedIn } from '../../../knowledge/python/services.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { keywordsInserted } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { textPieces } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  hasSplat,
  keywordArguments,
  positionalArguments,
  runningFunction,
} from '../../../languages/python/syntax.ts';

/** Key: which database it is, see `Target`. The value is the verdict. */
export const PYTHON_POOL = 'connection-pool-unconfigured.python-pool';
/** Key: `sqlite`. Code asks for that kind of database. */
const SQLITE_FACT = 'connection-pool-unconfigured.sqlite';

/**
 * `server`: the call itself says that the database runs on a server. `open`: its address comes from elsewhere. `redis`: a
 * server whose library has limits of its own since version 8.
 */
type Target = 'server' | 'open' | 'redis';

interface Library {
  readonly module: string;
  readonly calls: RegExp;
  /** Positional arguments that say nothing about limits. */
  readonly positional: number;
  readonly sizes: readonly string[];
  readonly timeouts: readonly string[];
  /** The size and the time-out that the message names. */
  readonly names: readonly [string, string];
  /** What the fix adds. */
  readonly adds: readonly (readonly [string, string])[];
}

const SQLALCHEMY: Omit<Library, 'module' | 'calls'> = {
  positional: 1,
  sizes: ['pool_size', 'max_overflow'],
  timeouts: ['pool_timeout', 'pool_recycle'],
  names: ['pool_size', 'pool_timeout'],
  adds: [
    ['pool_size', '5'],
    ['max_overflow', '10'],
    ['pool_timeout', '30'],
    ['pool_recycle', '1800'],
  ],
};
const MONGO: Omit<Library, 'module' | 'calls'> = {
  positional: 2,
  sizes: ['maxPoolSize', 'maxpoolsize'],
  timeouts: ['waitQueueTimeoutMS', 'maxIdleTimeMS', 'socketTimeoutMS', 'timeoutMS', 'serverSelectionTimeoutMS'],
  names: ['maxPoolSize', 'waitQueueTimeoutMS'],
  adds: [
    ['maxPoolSize', '50'],
    ['waitQueueTimeoutMS', '5000'],
    ['maxIdleTimeMS', '60000'],
  ],
};
const LIBRARIES: readonly Library[] = [
  {
    module: 'sqlalchemy',
    calls: /^sqlalchemy(?:\.\w+)*\.create_(?:async_)?engine$/,
    ...SQLALCHEMY,
  },
  { module: 'sqlmodel', calls: /^sqlmodel\.create_engine$/, ...SQLALCHEMY },
  {
    module: 'asyncpg',
    calls: /^asyncpg\.(?:pool\.)?create_pool$/,
    positional: 1,
    sizes: ['min_size', 'max_size'],
    timeouts: ['max_inactive_connection_lifetime', 'timeout', 'command_timeout'],
    names: ['max_size', 'max_inactive_connection_lifetime'],
    adds: [
      ['min_size', '1'],
      ['max_size', '10'],
      ['max_inactive_connection_lifetime', '300'],
    ],
  },
  {
    module: 'psycopg_pool',
    calls: /^psycopg_pool\.(?:Async)?ConnectionPool$/,
    positional: 1,
    sizes: ['min_size', 'max_size'],
    timeouts: ['timeout', 'max_idle', 'max_lifetime', 'max_waiting'],
    names: ['max_size', 'timeout'],
    adds: [
      ['min_size', '1'],
      ['max_size', '10'],
      ['timeout', '30'],
    ],
  },
  {
    module: 'aiomysql',
    calls: /^aiomysql\.(?:pool\.)?create_pool$/,
    positional: 0,
    sizes: ['minsize', 'maxsize'],
    timeouts: ['pool_recycle', 'connect_timeout'],
    names: ['maxsize', 'pool_recycle'],
    adds: [
      ['minsize', '1'],
      ['maxsize', '10'],
      ['pool_recycle', '1800'],
    ],
  },
  {
    module: 'redis',
    calls:
      /^redis\.(?:(?:asyncio\.)?(?:connection\.)?ConnectionPool(?:\.from_url)?|asyncio\.(?:client\.)?(?:Strict)?Redis(?:\.from_url)?|asyncio\.from_url)$/,
    positional: 3,
    sizes: ['max_connections'],
    timeouts: ['socket_timeout', 'socket_connect_timeout'],
    names: ['max_connections', 'socket_timeout'],
    adds: [
      ['max_connections', '50'],
      ['socket_timeout', '5'],
      ['socket_connect_timeout', '5'],
    ],
  },
  { module: 'pymongo', calls: /^pymongo(?:\.\w+)*\.(?:Async)?MongoClient$/, ...MONGO },
  { module: 'motor', calls: /^motor\.motor_(?:asyncio|tornado)\.(?:AsyncIO)?Motor(?:AsyncIO)?Client$/, ...MONGO },
];

const SERVER = /^(?:postgres(?:ql)?|mysql|mariadb|mssql|oracle|cockroachdb)(?:\+\w+)?(?::\/\/|$)/;
/** Classes of pools with limits; others keep no connections, or one, or are not known. */
const LIMITED = /^(?:\w+\.)*(?:QueuePool|AsyncAdaptedQueuePool|FallbackAsyncAdaptedQueuePool)$/;

/** What the address of a call leads to; null where nothing is to be said about it. */
function targetOf(call: PythonNode, library: Library, ctx: ChunkContext): Target | null {
  const address = positionalArguments(call)[0] ?? argumentOf(call, addressName(library), 0);
  const first = address === null ? undefined : textPieces(address, ctx)[0];
  const start = first !== undefined && 'text' in first ? first.text : '';
  const whole = address?.text ?? '';
  switch (library.module) {
    case 'sqlalchemy':
    case 'sqlmodel': {
      if (address === null) return null;
      if (start !== '') return SERVER.test(start) ? 'server' : null;
      // `URL.create("postgresql+asyncpg", ...)`
      const made = address.kind === 'call' ? argumentOf(address, 'drivername', 0) : null;
      const driver = made === null ? '' : (textPieces(made, ctx)[0] as { readonly text?: string } | undefined)?.text;
      if (driver && /(?:^|\.)URL(?:\.create)?$/.test(address.child('function')?.text ?? ''))
        return SERVER.test(driver) ? 'server' : null;
      return /lite|duck|memory/i.test(whole) ? null : 'open';
    }
    case 'redis':
      return /^unix:|max_connections=|timeout=/.test(start) || /max_connections=|timeout=/.test(whole) ? null : 'redis';
    case 'pymongo':
    case 'motor': {
      // An address from elsewhere may bring options; one that is written here shows that it has none.
      const pieces = address === null ? [] : textPieces(address, ctx);
      const text = pieces.map((piece) => ('text' in piece ? piece.text : '{}')).join('');
      if (/(?:maxpoolsize|timeoutms)=|\?.*\{\}|^mongodb[+\w]*:\/\/\{\}$/i.test(text)) return null;
      const isWritten = /^mongodb(?:\+srv)?:\/\/.|^[\w-]+(?:\.[\w-]+)*(?::\d+)?$/.test(text);
      return isWritten || (address !== null && argumentOf(call, 'port', 1) !== null) ? 'server' : null;
    }
    default:
      return 'server';
  }
}

function addressName(library: Library): string {
  return library.module === 'pymongo' || library.module === 'motor' ? 'host' : 'url';
}

const WRAPPERS = /^(?:(?:async_)?sessionmaker|scoped_session|async_scoped_session|(?:Strict)?Redis)$/;

/** The expression that has the value of another one: behind `await`, brackets, a choice, or `client["name"]`. */
function outermost(expression: PythonNode): PythonNode {
  let outer = expression;
  for (let parent = outer.parent; parent !== null; parent = outer.parent) {
    const isSame =
      /^(?:await|parenthesized_expression|conditional_expression|boolean_operator)$/.test(parent.kind) ||
      (parent.kind === 'subscript' && outer.field === 'value') ||
      (parent.kind === 'attribute' && outer.field === 'object' && parent.parent?.kind !== 'call');
    if (!isSame) return outer;
    outer = parent;
  }
  return outer;
}

/** Whether a value goes where it outlives the function: an attribute, what is returned, what makes sessions. */
function leaves(expression: PythonNode): boolean {
  const outer = outermost(expression);
  let parent = outer.parent;
  if (parent?.kind === 'expression_list' || parent?.kind === 'tuple') parent = parent.parent;
  if (parent === null) return false;
  if (parent.kind === 'return_statement' || parent.kind === 'yield') return true;
  if (parent.kind === 'assignment') {
    const target = parent.child('left');
    return outer.field === 'right' && (target?.kind === 'attribute' || target?.kind === 'subscript');
  }
  const list = parent.kind === 'keyword_argument' ? parent.parent : parent;
  const call = list?.kind === 'argument_list' ? list.parent : null;
  return call?.kind === 'call' && WRAPPERS.test(calledName(call));
}

/** Whether a pool that a call makes is kept for as long as the program serves. */
function isKept(call: PythonNode): boolean {
  if (leaves(call)) return true;
  const outer = outermost(call);
  const parent = outer.parent;
  const owner = runningFunction(call);
  const target =
    parent?.kind === 'assignment' && outer.field === 'right'
      ? parent.child('left')
      : parent?.kind === 'as_pattern'
        ? parent.childOfKind('as_pattern_target')
        : null;
  if (target === null || !/^\w+$/.test(target.text)) return false;
  if (owner === null) {
    const guard = call.ancestor('if_statement')?.child('condition')?.text ?? '';
    return parent?.kind === 'assignment' && !guard.includes('__name__');
  }
  const isGlobal = owner.descendants('global_statement').some((one) => one.text.split(/[\s,]+/).includes(target.text));
  // A generator holds what it has until the program ends; a function that disposes of it needs it for a moment.
  const isGenerator = owner.descendants('yield').length > 0;
  if (!isGenerator && new RegExp(`\\b${target.text}\\.(?:dispose|close|disconnect)\\(`).test(owner.text)) return false;
  if (isGlobal) return true;
  return owner
    .descendants('identifier')
    .some((name) => name.text === target.text && name.start > target.end && leaves(name));
}

const pools: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['engine(', 'create_pool(', 'ConnectionPool', 'MongoClient(', 'MotorClient(', 'Redis', 'from_url('],
  calls: (name) =>
    /^(?:create_engine|create_async_engine|create_pool|(?:Async)?ConnectionPool|from_url|(?:Strict)?Redis|(?:Async)?MongoClient|(?:AsyncIO)?MotorClient)$/.test(
      name,
    ),
  when: (_node, { file }) => LIBRARIES.some(({ module }) => importsModule(file.header, module)),
  *check(node, ctx): Iterable<Verdict> {
    if (!isServedPath(ctx.file.path)) return;
    const chain = callChain(node, ctx);
    const library = LIBRARIES.find(({ calls }) => calls.test(chain));
    if (library === undefined || hasSplat(node)) return;
    const given = keywordArguments(node);
    const isGiven = (names: readonly string[]): boolean => given.some(({ name }) => names.includes(name));
    const hasSize = isGiven(library.sizes);
    const hasTimeout = isGiven(library.timeouts);
    if (hasSize && hasTimeout) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (hasSize || hasTimeout || positionalArguments(node).length > library.positional) return;
    const isOther = given.some(
      ({ name, value }) =>
        /^(?:pool|connection_pool|connection_class|single_connection_client|unix_socket_path)$/.test(name) ||
        (name === 'poolclass' && !LIMITED.test(value.text)),
    );
    if (isOther || !isKept(node)) return;
    // Limits that are set behind it.
    if (/\.max_connections\s*=[^=]/.test(node.tree.text)) return;
    const target = targetOf(node, library, ctx);
    if (target === null) return;
    const edit = keywordsInserted(node, library.adds);
    const fixes: readonly Fix[] =
      edit === null
        ? []
        : [
            {
              title: 'Set limits for the pool (choose the numbers)',
              safety: 'suggestion',
              preferred: true,
              edits: [edit],
            },
          ];
    const callee = node.child('function') ?? node;
    const [size, timeout] = library.names;
    const verdict = { kind: 'fail', subject: callee.span, message: 'python', args: { size, timeout }, fixes } as const;
    yield fact(PYTHON_POOL, target, pendingValue(verdict), callee);
  },
};

/** `settings.engine == "sqlite"`, `url.startswith("sqlite")`, `"sqlite+aiosqlite"` */
const kinds: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string'],
  triggers: ['sqlite'],
  when: (node) => node.end - node.start < 60,
  *check(node): Iterable<Verdict> {
    if (/^[a-zA-Z]{0,2}["']+sqlite3?(?:\+\w+)?["':]/.test(node.text)) yield fact(SQLITE_FACT, 'sqlite', null, node);
  },
};

export const pythonDetectors: readonly Detector[] = [pools as NodeDetector, kinds as NodeDetector];

/** Whether everything that is known says that a component keeps its data on a server. */
function isOnServer(facts: FactView, { component }: GoProgram): boolean {
  const isOwn = ({ place: { path } }: { readonly place: { readonly path: string } }): boolean =>
    facts.role(path) === 'production' && ['', component].includes(pythonHome(facts, path));
  const drivers = allFacts(facts, 'python.requirement')
    .filter((item) => isOwn(item) && !item.value.development)
    .map(({ key }) => databaseOfPackage(key));
  const named = allFacts(facts, 'sql.database').filter(isOwn);
  const all = new Set<string | null>([...drivers, ...named.map(({ key }) => key)]);
  if (all.has('sqlite') || facts.lookup(SQLITE_FACT, 'sqlite').some(isOwn)) return false;
  return all.has('postgres') || all.has('mysql');
}

/** Whether a component is bound to a version of redis-py whose pools have no limits of their own. */
function hasOldRedis(facts: FactView, { component }: GoProgram): boolean {
  const found = facts.lookup('python.requirement', 'redis').filter(({ place: { path } }) => {
    return facts.role(path) === 'production' && ['', component].includes(pythonHome(facts, path));
  });
  return (found as readonly { readonly value: unknown }[]).some(({ value }) =>
    /^(?:==|~=|\^|~)?[1-7](?:\.|$)|<[1-8](?:\.|,|$)|<=[1-7](?:\.|,|$)/.test(
      (value as { readonly version: string }).version,
    ),
  );
}

/** What is to be said about the pools of Python services. */
export function* judgePythonPools(facts: FactView): Iterable<WorkspaceVerdict> {
  const services = pythonServicesOf(facts);
  for (const pool of facts.all(PYTHON_POOL)) {
    const program = services.find(({ files }) => files.has(pool.place.path));
    if (program === undefined || !servedIn(facts, program)(pool.place.path)) continue;
    const isJudged =
      pool.key === 'server' ||
      (pool.key === 'redis' && hasOldRedis(facts, program)) ||
      (pool.key === 'open' && isOnServer(facts, program));
    if (isJudged) yield settled(pool, pool.value);
  }
}
