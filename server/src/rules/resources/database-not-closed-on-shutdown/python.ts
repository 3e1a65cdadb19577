/**
 * Python: databases that live as long as the program does (in a name of the module, an attribute of `self` or of the
 * application), everything that is closed, and everything that is handed on. States facts; it decides nothing.
 */
import type { Fact, Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { Part } from '../../../knowledge/facts.ts';
import { callChain, chainOf, headerOf } from '../../../languages/python/chains.ts';
import { linesAfter } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import { lastNameOf } from '../../../languages/python/naming.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText, stringValue } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  awaited,
  basesOf,
  bodyOf,
  calledName,
  classOfMethod,
  definedName,
  isAsync,
  methodsOf,
  positionalArguments,
  runningFunction,
  statementOf,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

/** Key: last name of what holds the database. The value is a `Handle`; the place is the call that opens it. */
export const HANDLE_FACT = 'database-not-closed-on-shutdown.handle';
/** Key: last name of what is closed; the value is the method, '' where it is not known. */
export const RELEASE_FACT = 'database-not-closed-on-shutdown.release';
/** Key: last name of what is handed on; the value is the first part of the called function's name, '' when not known. */
export const HANDED_FACT = 'database-not-closed-on-shutdown.handed';

export type Handle = {
  readonly handle: string;
  /** Place of its driver in `DRIVERS`. */
  readonly driver: number;
  readonly release: string;
  /** Lines that close it behind the `yield` of the function that opens it; null when that is not simple. */
  readonly closing: (Part & { readonly newText: string }) | null;
};

interface Driver {
  readonly module: string;
  readonly opens: RegExp;
  readonly release: readonly string[];
  readonly awaits: boolean;
  /** Other names that such a database goes by when it is closed. */
  readonly words: RegExp;
  /** The library closes it when nothing refers to it any more. */
  readonly drops: boolean;
}

const SQL = /pool|pg|postgres|mysql|database|conn|db|stor(?:e|age)/i;
const EMBEDDED = /shel|stor(?:e|age)|db|database|conn|cache|lmdb|level|^env/i;
const MONGO = /mongo|motor|database|^_?(?:db|client)$/i;

const DRIVERS: readonly Driver[] = [
  {
    module: 'asyncpg',
    opens: /^asyncpg\.(?:pool\.)?(?:create_pool|connect)$/,
    release: ['close'],
    awaits: true,
    words: SQL,
    drops: false,
  },
  {
    module: 'psycopg_pool',
    opens: /^psycopg_pool\.AsyncConnectionPool$/,
    release: ['close'],
    awaits: true,
    words: SQL,
    drops: false,
  },
  {
    module: 'psycopg_pool',
    opens: /^psycopg_pool\.ConnectionPool$/,
    release: ['close'],
    awaits: false,
    words: SQL,
    drops: false,
  },
  {
    module: 'aiomysql',
    opens: /^aiomysql\.create_pool$/,
    release: ['close', 'wait_closed'],
    awaits: false,
    words: SQL,
    drops: false,
  },
  {
    module: 'aiopg',
    opens: /^aiopg\.create_pool$/,
    release: ['close', 'wait_closed'],
    awaits: false,
    words: SQL,
    drops: false,
  },
  {
    module: 'aiosqlite',
    opens: /^aiosqlite\.connect$/,
    release: ['close'],
    awaits: true,
    words: SQL,
    drops: false,
  },
  {
    module: 'sqlalchemy',
    opens: /^sqlalchemy\.ext\.asyncio\.(?:engine\.)?(?:create_async_engine|async_engine_from_config)$/,
    release: ['dispose'],
    awaits: true,
    words: SQL,
    drops: false,
  },
  {
    module: 'redis',
    opens:
      /^redis\.asyncio(?:\.client|\.connection)?(?:\.(?:Strict)?Redis|\.(?:Blocking)?ConnectionPool)?(?:\.from_url)?$/,
    release: ['aclose'],
    awaits: true,
    words: /redis|cache|broker|kv|rdb|stor(?:e|age)|^_?(?:r|client|conn|pool)$/i,
    drops: false,
  },
  {
    module: 'motor',
    opens: /^motor\.motor_asyncio\.AsyncIOMotorClient$/,
    release: ['close'],
    awaits: false,
    words: MONGO,
    drops: false,
  },
  {
    module: 'pymongo',
    opens: /^pymongo(?:\.asynchronous\.mongo_client)?\.AsyncMongoClient$/,
    release: ['close'],
    awaits: true,
    words: MONGO,
    drops: false,
  },
  {
    module: 'sqlite3',
    opens: /^sqlite3\.connect$/,
    release: ['close'],
    awaits: false,
    words: EMBEDDED,
    drops: true,
  },
  { module: 'shelve', opens: /^shelve\.open$/, release: ['close'], awaits: false, words: EMBEDDED, drops: true },
  { module: 'dbm', opens: /^dbm\.(?:\w+\.)?open$/, release: ['close'], awaits: false, words: EMBEDDED, drops: true },
  { module: 'lmdb', opens: /^lmdb\.open$/, release: ['close'], awaits: false, words: EMBEDDED, drops: true },
  { module: 'plyvel', opens: /^plyvel\.DB$/, release: ['close'], awaits: false, words: EMBEDDED, drops: true },
];

/** Names by which a database is found again where it is handed on; one with another name is left alone. */
const NAME = /pool|engine|redis|mongo|client|conn|db|database|cache|store|storage|shel/i;
const NAME_WORDS = [
  'pool',
  'engine',
  'redis',
  'mongo',
  'lient',
  'conn',
  'db',
  'DB',
  'atabase',
  'cache',
  'stor',
  'shel',
];

/** Whether closing something may close a database of the driver that is called `key`. */
export function mayRelease(release: Fact, key: string, { driver }: Handle): boolean {
  const bare = (name: string): string => name.replaceAll('_', '').toLowerCase();
  const [closed, own] = [bare(release.key), bare(key)];
  if (closed === own) return true;
  const known = DRIVERS[driver];
  // Nothing else is disposed of, and closing a session does not close its engine.
  if (known === undefined || known.release[0] === 'dispose') return release.value === 'dispose';
  return (closed.length > 1 && (closed.includes(own) || own.includes(closed))) || known.words.test(release.key);
}

function isInMemory(call: PythonNode, ctx: ChunkContext): boolean {
  const [first] = positionalArguments(call);
  const text = `${call.text} ${first === undefined ? '' : (constantText(first, ctx) ?? '')}`;
  return /:memory:|mode=memory|NullPool|StaticPool|sqlite(?:\+\w+)?:\/\/(?:["'\s]|$)/.test(text);
}

const CLOSER = /^_?(?:a?close|disconnect|dispose|shutdown|stop|terminate|tear_?down|cleanup|__a?exit__|__del__)/i;

/** Whether an object of the class lasts, and neither it nor what it is derived of has a method that ends it. */
function isKeptOpen(definition: PythonNode, drops: boolean, ctx: ChunkContext): boolean {
  if (methodsOf(definition).some((method) => CLOSER.test(definedName(method)))) return false;
  const isOwn = (base: PythonNode): boolean => {
    const chain = chainOf(base, ctx) ?? '';
    return /^(?:[:.]|builtins\.object$|abc\.ABC$|typing\.)/.test(chain);
  };
  if (!basesOf(definition).every(isOwn)) return false;
  const name = definedName(definition);
  return !drops || headerOf(ctx).globals.some(({ call }) => call === `:${name}`);
}

/** Whether what is assigned to a target stays for as long as the program runs. */
function lasts(target: PythonNode, owner: PythonNode | null, driver: Driver, ctx: ChunkContext): boolean {
  if (target.kind === 'identifier') {
    if (owner === null) return target.ancestor('class_definition', 'if_statement', 'with_statement') === null;
    return owner.descendants('global_statement').some((statement) => {
      return syntaxChildren(statement).some(({ text }) => text === target.text);
    });
  }
  if (target.kind === 'subscript') {
    const key = target.child('subscript');
    return /^(?:\w+\.)?app$/.test(target.child('value')?.text ?? '') && key !== null && stringValue(key) !== null;
  }
  if (target.kind !== 'attribute') return false;
  const object = target.child('object')?.text ?? '';
  if (/^(?:\w+\.)*app\.state$/.test(object)) return true;
  const around = /^(?:self|cls)$/.test(object) && owner !== null ? classOfMethod(owner) : null;
  return around !== null && isKeptOpen(around, driver.drops, ctx);
}

/** Where a function that opens the database and yields once closes it: behind the `yield`. */
function closingOf(statement: PythonNode, owner: PythonNode | null, lines: readonly string[]): Handle['closing'] {
  if (owner?.kind !== 'function_definition' || !isAsync(owner)) return null;
  const body = bodyOf(owner);
  // The word itself is a node of that kind, too.
  const yields = owner.descendants('yield').filter(({ parent }) => parent?.kind !== 'yield');
  const paused = yields.length === 1 ? statementOf(yields[0]!) : null;
  const isHere = (one: PythonNode): boolean => body !== null && one.parent?.equals(body) === true;
  if (paused?.kind !== 'expression_statement' || !isHere(paused) || !isHere(statement)) return null;
  if (paused.start < statement.start) return null;
  const edit = linesAfter(paused, lines);
  return edit?.kind === 'replace' ? { ...edit.span, newText: edit.newText } : null;
}

const opens: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: [
    'create_pool',
    'connect(',
    'ConnectionPool',
    'engine',
    'Redis',
    'from_url',
    'MongoClient',
    'MotorClient',
    'open(',
    'DB(',
  ],
  calls: (name) =>
    /^(?:create_pool|connect|(?:Async|Blocking)?ConnectionPool|create_async_engine|async_engine_from_config|(?:Strict)?Redis|from_url|AsyncMongoClient|AsyncIOMotorClient|open|DB)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    let value = node;
    while (value.parent?.kind === 'await' || value.parent?.kind === 'parenthesized_expression') value = value.parent;
    const assignment = value.parent?.kind === 'assignment' && value.field === 'right' ? value.parent : null;
    const statement = assignment?.parent?.kind === 'expression_statement' ? assignment.parent : null;
    const header = headerOf(ctx);
    if (assignment === null || statement === null) return;
    if (!DRIVERS.some(({ module }) => importsModule(header, module))) return;
    const targets = assignmentTargets(assignment);
    const target = targets.length === 1 ? targets[0]!.target : null;
    if (target === null || !NAME.test(lastNameOf(target))) return;
    const chain = callChain(node, ctx);
    const driver = DRIVERS.findIndex((one) => one.opens.test(chain));
    const known = DRIVERS[driver];
    if (known === undefined || isInMemory(node, ctx)) return;
    // Of a pool that keeps nothing there is nothing to close; where it is chosen is not followed.
    if (header.imports.some(({ member }) => /^(?:Null|Static)Pool$/.test(member))) return;
    const owner = runningFunction(node);
    if (!lasts(target, owner, known, ctx)) return;
    const handle = target.text;
    const lines = known.release.map(
      (method) => `${known.awaits || method === 'wait_closed' ? 'await ' : ''}${handle}.${method}()`,
    );
    const closing = closingOf(statement, owner, lines);
    const release = lines.map((line) => `\`${line}\``).join(' and ');
    yield fact(HANDLE_FACT, lastNameOf(target), { handle, driver, release, closing } satisfies Handle, node);
  },
};

const RELEASES =
  /^(?:a?close|close_all|dispose|disconnect|terminate|wait_closed|shutdown|stop|aclose_all|__a?exit__|__aenter__|__enter__)$/;

const releases: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['attribute'],
  triggers: [
    '.aclose',
    '.close',
    '.dispose',
    '.disconnect',
    '.terminate',
    '.wait_closed',
    '.shutdown',
    '.stop',
    'exit__',
    'enter__',
  ],
  when: (node) => RELEASES.test(node.child('attribute')?.text ?? ''),
  *check(node): Iterable<Verdict> {
    const object = node.child('object');
    const name = object === null ? '' : lastNameOf(awaited(object));
    if (name !== '') yield fact(RELEASE_FACT, name, node.child('attribute')?.text ?? '', node);
  },
};

const managed: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['with_item'],
  triggers: ['with '],
  *check(node): Iterable<Verdict> {
    const value = node.child('value');
    const inner = value?.kind === 'as_pattern' ? (syntaxChildren(value)[0] ?? null) : value;
    if (inner?.kind !== 'identifier' && inner?.kind !== 'attribute' && inner?.kind !== 'subscript') return;
    const name = lastNameOf(inner);
    if (NAME.test(name)) yield fact(RELEASE_FACT, name, '', node);
  },
};

const named: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['getattr('],
  calls: (name) => name === 'getattr',
  *check(node): Iterable<Verdict> {
    const key = positionalArguments(node)[1];
    const name = key === undefined ? null : stringValue(key);
    if (name !== null && NAME.test(name)) yield fact(RELEASE_FACT, name, '', node);
  },
};

/** Calls that use a database and leave it to their caller. */
const BORROWERS =
  /^(?:sqlalchemy|sqlmodel|opentelemetry|logging|structlog|loguru)\.|^builtins\.(?:print|isinstance|bool|str|repr|id|type|hasattr|len)$/;

/** An argument, element or value on the right that may be a database of the module, the class or the application. */
function handedName(node: PythonNode, ctx: ChunkContext): string {
  const name = lastNameOf(node);
  if (!NAME.test(name)) return '';
  if (node.kind === 'attribute' || node.kind === 'subscript') return name;
  if (node.kind !== 'identifier') return '';
  const { imports, globals } = headerOf(ctx);
  const entry = imports.find((item) => item.name === name);
  if (entry !== undefined) return entry.member;
  return globals.some((own) => own.name === name) ? name : '';
}

/** `pool = request.app.state.pool` in a function: a name of its own by which it would be closed. */
function isRenamed(assignment: PythonNode): boolean {
  const target = assignment.kind === 'assignment' ? assignment.child('left') : null;
  return target?.kind === 'identifier' && NAME.test(target.text) && runningFunction(assignment) !== null;
}

/** What a node hands on. */
function valuesOf(node: PythonNode): readonly PythonNode[] {
  if (node.kind === 'assignment' || node.kind === 'pair') {
    const value = node.child(node.kind === 'pair' ? 'value' : 'right');
    return value === null || isRenamed(node) ? [] : [value];
  }
  return syntaxChildren(node).flatMap((child) => {
    if (child.kind !== 'keyword_argument') return [child];
    const value = child.child('value');
    return value === null ? [] : [value];
  });
}

const handed: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['argument_list', 'list', 'tuple', 'expression_list', 'pair', 'assignment'],
  triggers: NAME_WORDS,
  when: (node) =>
    node.kind === 'assignment'
      ? /^(?:identifier|attribute|subscript)$/.test(node.child('right')?.kind ?? '')
      : node.end - node.start < 2_000 && NAME.test(node.text),
  *check(node, ctx): Iterable<Verdict> {
    const call = node.kind === 'argument_list' && node.parent?.kind === 'call' ? node.parent : null;
    for (const value of valuesOf(node)) {
      const name = handedName(value, ctx);
      if (name === '' || (call !== null && /^[gs]etattr$/.test(calledName(call)))) continue;
      const chain = call === null ? '' : callChain(call, ctx);
      if (BORROWERS.test(chain)) continue;
      const root = /^[:.]/.test(chain) ? chain[0]! : chain.split('.')[0]!;
      yield fact(HANDED_FACT, name, root, value);
    }
  },
};

export const pythonDetectors: readonly Detector[] = [opens, releases, managed, named, handed] as NodeDetector[];
