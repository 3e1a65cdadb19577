/**
 * Calls of Python that keep the thread that makes them waiting: sleeps, requests, databases, other processes, model
 * services. By what a chain stands for, so that nothing is guessed from names; see languages/python/chains.ts.
 */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { callChain } from '../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { keywordArgument } from '../../languages/python/syntax.ts';

export type Blocking = 'sleep' | 'network' | 'process' | 'database' | 'model' | 'files';

const KINDS: readonly (readonly [Blocking, RegExp])[] = [
  ['sleep', /^time\.sleep$/],
  ['network', /^requests\.(?:get|post|put|patch|delete|head|options|request)$/],
  ['network', /^requests\.(?:Session|session)\(\)\.(?:get|post|put|patch|delete|head|options|request)$/],
  ['network', /^httpx\.(?:get|post|put|patch|delete|head|options|request)$/],
  ['network', /^httpx\.Client\(\)\.(?:get|post|put|patch|delete|head|options|request)$/],
  ['network', /^urllib\.request\.(?:urlopen|urlretrieve)$/],
  ['network', /^smtplib\.SMTP(?:_SSL)?$/],
  ['network', /^twilio\.rest\.Client\(\)\.(?:messages|calls)\.create$/],
  ['process', /^subprocess\.(?:run|call|check_call|check_output|getoutput|getstatusoutput)$/],
  ['process', /^subprocess\.Popen\(\)\.(?:wait|communicate)$/],
  ['process', /^os\.system$/],
  ['database', /^(?:sqlite3|psycopg2?|pymysql|MySQLdb|mysql\.connector|pyodbc|cx_Oracle|oracledb|psycopg)\.connect$/],
  [
    'database',
    /^(?:sqlite3|psycopg2|pymysql|MySQLdb|mysql\.connector|pyodbc)\.connect\(\)(?:\.cursor\(\))?\.(?:execute|executemany|executescript|fetchone|fetchall|fetchmany|commit)$/,
  ],
  [
    'database',
    /^(?:sqlalchemy\.orm|sqlmodel|sqlalchemy\.orm\.session)\.Session\(\)\.(?:execute|exec|scalar|scalars|commit|flush|refresh|get)$/,
  ],
  [
    'database',
    /^(?:sqlalchemy\.orm|sqlmodel|sqlalchemy\.orm\.session)\.Session\(\)\.query\(\).*\.(?:all|first|one|one_or_none|count|delete|update|scalar)$/,
  ],
  [
    'database',
    /^pymongo\.MongoClient\(\)(?:\.\w+|\[\])+\.(?:find_one|insert_one|insert_many|update_one|update_many|delete_one|delete_many|count_documents|aggregate)$/,
  ],
  [
    'database',
    /^redis\.(?:Redis|StrictRedis|from_url)\(\)\.(?:get|set|setex|delete|incr|expire|hget|hset|lpush|rpush|publish|ping)$/,
  ],
  [
    'model',
    /^openai\.(?:Azure)?OpenAI\(\)\.(?:chat\.completions|completions|embeddings|responses|images|beta\.chat\.completions)\.(?:create|parse|generate)$/,
  ],
  ['model', /^openai\.(?:ChatCompletion|Completion|Embedding)\.create$/],
  ['model', /^anthropic\.Anthropic\(\)\.(?:messages|completions)\.create$/],
  [
    'model',
    /^google\.generativeai\.(?:GenerativeModel\(\)\.generate_content|embed_content|GenerativeModel\(\)\.start_chat\(\)\.send_message)$/,
  ],
  ['model', /^google\.genai\.Client\(\)\.models\.generate_content$/],
  ['model', /^groq\.Groq\(\)\.chat\.completions\.create$/],
  ['files', /^shutil\.(?:copytree|rmtree|make_archive|unpack_archive|copyfileobj)$/],
];

const NAMES =
  /^(?:sleep|get|post|put|patch|delete|head|options|request|urlopen|urlretrieve|SMTP|SMTP_SSL|run|call|check_call|check_output|getoutput|getstatusoutput|wait|communicate|system|connect|execute|executemany|executescript|fetchone|fetchall|fetchmany|commit|exec|scalar|scalars|flush|refresh|all|first|one|one_or_none|count|update|find_one|insert_one|insert_many|update_one|update_many|delete_one|delete_many|count_documents|aggregate|set|setex|incr|expire|hget|hset|lpush|rpush|publish|ping|create|parse|generate|generate_content|embed_content|send_message|copytree|rmtree|make_archive|unpack_archive|copyfileobj)$/;

const MODULES = [
  ...['time', 'requests', 'httpx', 'urllib', 'smtplib', 'twilio', 'subprocess', 'os', 'sqlite3', 'psycopg2', 'psycopg'],
  ...['pymysql', 'MySQLdb', 'mysql', 'pyodbc', 'cx_Oracle', 'oracledb', 'sqlalchemy', 'sqlmodel', 'pymongo', 'redis'],
  ...['openai', 'anthropic', 'google', 'groq', 'shutil'],
];

/** Whether a call of that name may block: the cheap first question, for `NodeDetector.calls`. */
export function mayBlock(name: string): boolean {
  return NAMES.test(name);
}

/** Whether a file imports anything that this module knows. */
export function importsBlocking(header: PythonHeader): boolean {
  return MODULES.some((module) => importsModule(header, module));
}

/** What keeps the caller of a call waiting, and how it is called; null when nothing is known to. */
export function blockingCall(
  call: PythonNode,
  ctx: ChunkContext,
): { readonly kind: Blocking; readonly chain: string } | null {
  const chain = callChain(call, ctx);
  if (chain === '' || chain.startsWith(':') || chain.startsWith('.')) return null;
  const kind = KINDS.find(([, pattern]) => pattern.test(chain))?.[0];
  if (kind === undefined) return null;
  // Connections of tests and start scripts to memory are there at once.
  if (kind === 'database' && /:memory:/.test(call.text)) return null;
  // A sleep of zero gives way and waits for nothing; one with an answer that is awaited is no sleep of this kind.
  if (call.parent?.kind === 'await' || keywordArgument(call, 'timeout')?.text === '0') return null;
  return { kind, chain };
}
