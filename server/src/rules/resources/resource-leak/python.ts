/**
 * Python: files, connections and sockets that a function opens for itself and can leave without closing, and clients
 * that are taken out of a registry only when they leave in the expected way. A value that is returned, stored, passed on
 * or used by an inner function belongs to somebody else, and nothing is said about it.
 */

import type { FailVerdict, Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { type CustodyUse, custodyOf, indentUnitOf, inWith } from '../../../languages/python/custody.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import { isCatchAll } from '../../../languages/python/flow.ts';
import { headOfHandler } from '../../../languages/python/handlers.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import {
  bodyOf,
  calledName,
  calledOn,
  indentationOf,
  keywordArgument,
  lineBreakOf,
  positionalArguments,
  runningFunction,
  statementOf,
  statementsOf,
} from '../../../languages/python/syntax.ts';

interface Kind {
  readonly noun: string;
  readonly pattern: RegExp;
  /** `with x` gives it back; otherwise it has to be wrapped in `closing`. */
  readonly managed: boolean;
}

const KINDS: readonly Kind[] = [
  {
    noun: 'file',
    pattern:
      /^(?:(?:builtins|io|codecs|gzip|bz2|lzma|tarfile|aiofiles)\.open|zipfile\.ZipFile|tempfile\.(?:NamedTemporaryFile|TemporaryFile)|os\.fdopen|pathlib\.Path\(\)\.open)$/,
    managed: true,
  },
  {
    noun: 'connection',
    pattern:
      /^(?:(?:sqlite3|psycopg2?|pymysql|MySQLdb|mysql\.connector|pyodbc|aiosqlite|asyncpg|duckdb|oracledb|cx_Oracle)\.connect|psycopg2?\.(?:Async)?Connection\.connect)$/,
    managed: false,
  },
  {
    noun: 'database session',
    pattern: /^(?:sqlalchemy\.orm\.sessionmaker\(\)\(\)|\.[\w.]*\bSessionLocal)$/,
    managed: true,
  },
  { noun: 'socket', pattern: /^socket\.(?:socket|create_connection)$/, managed: true },
  { noun: 'response', pattern: /^urllib\.request\.urlopen$/, managed: true },
  {
    noun: 'mail connection',
    pattern: /^(?:smtplib\.SMTP(?:_SSL)?|imaplib\.IMAP4(?:_SSL)?|ftplib\.FTP(?:_TLS)?)$/,
    managed: true,
  },
  { noun: 'HTTP client', pattern: /^(?:aiohttp\.ClientSession|httpx\.(?:Async)?Client)$/, managed: true },
];

const OPENERS =
  /^(?:open|ZipFile|NamedTemporaryFile|TemporaryFile|fdopen|connect|SessionLocal|socket|create_connection|urlopen|SMTP(?:_SSL)?|IMAP4(?:_SSL)?|FTP(?:_TLS)?|ClientSession|(?:Async)?Client|[sS]ession\w*)$/;
const RELEASES = /^(?:a?close|close_all|quit|logout|shutdown|detach|terminate|release)$/;
/** Calls that use a file or connection while they run and do not keep it. */
const BORROWERS =
  /^(?:builtins\.(?:print|len|list|tuple|set|sorted|sum|any|all|str|repr|isinstance|bool|id|enumerate|max|min|next|iter|type)|(?:json|pickle|tomllib|tomli|toml|plistlib|marshal|yaml|ruamel\.yaml)\.\w+|csv\.(?:reader|writer|DictReader|DictWriter)|configparser\.\w+\(\)\.(?:read_file|write)|shutil\.copyfileobj|pandas\.read_\w+|subprocess\.(?:run|call|check_call|check_output)|hashlib\.file_digest|ast\.parse|os\.(?:fsync|fstat))$/;

/** Descriptors that a process takes over for good: `os.dup2(null.fileno(), 0)`. */
function isTakenOver(use: PythonNode): boolean {
  const call = use.parent?.kind === 'attribute' ? use.parent.parent : null;
  if (call?.kind !== 'call' || calledName(call) !== 'fileno') return false;
  const around = call.parent?.parent;
  return around?.kind === 'call' && calledName(around) === 'dup2';
}

/** What a use of the variable does to what it holds. */
function useOf(use: PythonNode, owner: PythonNode, ctx: ChunkContext): CustodyUse {
  if (runningFunction(use)?.equals(owner) !== true || isTakenOver(use)) return 'handover';
  let inner = use;
  while (inner.parent?.kind === 'parenthesized_expression' || inner.parent?.kind === 'await') inner = inner.parent;
  const { parent } = inner;
  switch (parent?.kind) {
    case 'attribute': {
      const call = parent.parent;
      const name = parent.child('attribute')?.text ?? '';
      if (call?.kind !== 'call' || call.child('function')?.equals(parent) !== true) {
        // `atexit.register(f.close)` or `stack.callback(f.close)`.
        return RELEASES.test(name) ? 'handover' : 'neutral';
      }
      if (RELEASES.test(name) || /^__a?exit__$/.test(name)) return 'release';
      return isKept(call, name, ctx) ? 'handover' : 'neutral';
    }
    case 'with_item':
    case 'as_pattern':
      return 'release';
    case 'delete_statement':
      return 'release';
    case 'comparison_operator':
    case 'not_operator':
    case 'boolean_operator':
    case 'if_statement':
    case 'elif_clause':
    case 'while_statement':
    case 'subscript':
    case 'expression_statement':
    case 'interpolation':
    case 'for_in_clause':
    case 'assert_statement':
      return 'neutral';
    case 'for_statement':
      return inner.field === 'left' ? 'handover' : 'neutral';
    case 'argument_list': {
      const call = parent.parent;
      if (call?.kind !== 'call') return 'handover';
      if (/^(?:a?closing)$/.test(calledName(call))) return 'release';
      return BORROWERS.test(callChain(call, ctx)) && !isKept(call, calledName(call), ctx) ? 'neutral' : 'handover';
    }
    case 'keyword_argument': {
      const call = parent.parent?.parent;
      return call?.kind === 'call' && BORROWERS.test(callChain(call, ctx)) ? 'neutral' : 'handover';
    }
    case 'assignment':
      return inner.field === 'left' ? 'neutral' : 'handover';
    default:
      return 'handover';
  }
}

/** Whether something that lives on the value leaves the function: a cursor or reader that is returned, kept or passed on. */
function isKept(call: PythonNode, name: string, ctx: ChunkContext): boolean {
  let inner = call;
  for (;;) {
    const around: PythonNode | null = inner.parent;
    if (around?.kind === 'await' || around?.kind === 'parenthesized_expression') inner = around;
    else break;
  }
  const { parent } = inner;
  if (parent?.kind === 'yield') return true;
  // What is read from a file is a value of its own.
  if (
    /^(?:read\w*|write\w*|recv\w*|send\w*|fetch\w*|get\w*|commit|rollback|scalar\w*|query|load\w*|dump\w*|safe_load|tell|seek|namelist|extract\w*|isfile|fileno|json|info|status)$/.test(
      name,
    )
  )
    return false;
  if (parent?.kind === 'return_statement' || parent?.kind === 'argument_list' || parent?.kind === 'keyword_argument')
    return true;
  if (
    parent?.kind === 'pair' ||
    parent?.kind === 'list' ||
    parent?.kind === 'tuple' ||
    parent?.kind === 'expression_list'
  )
    return true;
  if (parent?.kind !== 'assignment' || inner.field !== 'right') return false;
  const target = parent.child('left');
  if (target?.kind !== 'identifier') return true;
  const scopes = scopesAround(ctx, target);
  const scope = scopes.scopeOf(target);
  return scopes.usesOf(target.text, scope).some((use) => {
    const around = use.parent;
    if (around?.kind === 'attribute' || around?.kind === 'for_statement' || around?.kind === 'for_in_clause')
      return false;
    if (around?.kind === 'assignment') return use.field === 'right';
    return (
      around?.kind === 'return_statement' ||
      around?.kind === 'yield' ||
      around?.kind === 'argument_list' ||
      around?.kind === 'keyword_argument'
    );
  });
}

const opened: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => OPENERS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    let value = node;
    while (value.parent?.kind === 'await' || value.parent?.kind === 'parenthesized_expression') value = value.parent;
    const { parent } = value;
    const isItem =
      parent?.kind === 'with_item' || (parent?.kind === 'as_pattern' && parent.parent?.kind === 'with_item');
    const isAssigned = parent?.kind === 'assignment' && value.field === 'right';
    const isInline = parent?.kind === 'attribute';
    if (!isItem && !isAssigned && !isInline) return;
    const owner = runningFunction(node);
    if (owner?.kind !== 'function_definition') return;
    const chain = callChain(node, ctx);
    const kind = KINDS.find(({ pattern }) => pattern.test(chain));
    // An archive in memory holds nothing of the system.
    if (kind === undefined || (/^ZipFile|^open$/.test(calledName(node)) && inMemory(node, ctx))) return;
    if (isItem) {
      if (kind.managed) yield { kind: 'pass', subject: node.span };
      return;
    }
    if (isInline) {
      yield* inline(node, parent!, kind);
      return;
    }
    const target = parent!.child('left');
    const statement = statementOf(node);
    if (target?.kind !== 'identifier' || statement?.kind !== 'expression_statement') return;
    const found = judged(node, target, statement, owner, kind, ctx);
    if (found !== null) yield found;
  },
};

function inMemory(call: PythonNode, ctx: ChunkContext): boolean {
  const [first] = positionalArguments(call);
  const source = first ?? keywordArgument(call, 'fileobj');
  return source !== null && source !== undefined && /^io\.(?:BytesIO|StringIO)\(\)/.test(chainOf(source, ctx) ?? '');
}

/** `open(path).read()`: nobody can close it. */
function* inline(call: PythonNode, member: PythonNode, kind: Kind): Iterable<Verdict> {
  const outer = member.parent;
  const method = member.child('attribute')?.text ?? '';
  if (kind.noun !== 'file' || outer?.kind !== 'call' || !/^(?:read|readlines?|write|writelines)$/.test(method)) return;
  const statement = statementOf(call);
  const fixes: Fix[] = [];
  const isSimple = statement !== null && /^(?:expression_statement|return_statement)$/.test(statement.kind);
  if (isSimple && !/[\r\n]/.test(statement.text) && statement.parent?.kind === 'block') {
    const indent = indentationOf(statement);
    const unit = indentUnitOf(statement, indent);
    const text = statement.text;
    const at = call.start - statement.start;
    const isAlone = statement.tree.text.slice(0, statement.start).endsWith(`\n${indent}`);
    const isFree = !/\bfile\b/.test(runningFunction(statement)?.text ?? 'file');
    if (unit !== null && isAlone && isFree) {
      const inside = `${text.slice(0, at)}file${text.slice(at + call.text.length)}`;
      fixes.push({
        title: 'Close the file with a with statement',
        safety: 'suggestion',
        preferred: true,
        edits: [replaced(statement, `with ${call.text} as file:${lineBreakOf(statement)}${indent}${unit}${inside}`)],
      });
    }
  }
  yield { kind: 'fail', subject: call.span, message: 'inline', severity: 'low', fixes };
}

function judged(
  call: PythonNode,
  target: PythonNode,
  statement: PythonNode,
  owner: PythonNode,
  kind: Kind,
  ctx: ChunkContext,
): Verdict | null {
  const custody = custodyOf({ target, statement, owner }, ctx, (use) => useOf(use, owner, ctx));
  if (custody === null) return null;
  const name = target.text;
  const opened = kind.managed ? call.text : `closing(${call.text})`;
  const fail = (message: string, severity?: FailVerdict['severity']): Verdict => {
    const edit = call.parent?.kind === 'await' ? null : inWith(statement, opened, name, custody.uses);
    const edits = edit === null ? [] : kind.managed ? [edit] : [edit, importing(['contextlib:closing'])];
    const title = `Close the ${kind.noun} with a with statement`;
    return {
      kind: 'fail',
      subject: call.span,
      message,
      args: { noun: kind.noun, release: `${name}.close()`, name },
      fixes: edit === null ? [] : [{ title, safety: 'suggestion', preferred: true, edits }],
      ...(severity === undefined ? {} : { severity }),
    };
  };
  if (custody.leaves('return')) return custody.releases === 0 ? fail('unclosed') : fail('somePath');
  // Files close themselves when the frame is gone; connections of a server are counted there.
  if (kind.noun !== 'file' && custody.leaves('raise')) return fail('raising', 'medium');
  return { kind: 'pass', subject: call.span };
}

const REMOVERS =
  /^_?(?:disconnect\w*|unregister\w*|deregister\w*|unsubscribe\w*|remove\w*|discard|leave\w*|detach\w*)$/;
const ADDERS = /^_?(?:connect\w*|register\w*|subscribe\w*|add\w*|join\w*|attach\w*|accept\w*)$/;

/** A client that is taken out of the registry by one kind of exception alone. */
const registered: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['except_clause'],
  triggers: ['.disconnect', '.unregister', '.deregister', '.unsubscribe', '.remove', '.discard', '.leave', '.detach'],
  *check(node): Iterable<Verdict> {
    const around = node.parent;
    const owner = runningFunction(node);
    if (around?.kind !== 'try_statement' || owner === null || !/Disconnect|Closed|Reset|Cancelled/.test(headText(node)))
      return;
    const body = bodyOf(around);
    const calls = node.descendants('call').filter((call) => REMOVERS.test(calledName(call)));
    const removal = calls.find((call) => {
      const registry = calledOn(call)?.text;
      if (registry === undefined) return false;
      return owner.descendants('call').some((other) => {
        return other.start < node.start && calledOn(other)?.text === registry && ADDERS.test(calledName(other));
      });
    });
    if (removal === undefined || body === null) return;
    const registry = calledOn(removal)!.text;
    const isRemoval = (call: PythonNode): boolean =>
      calledOn(call)?.text === registry && REMOVERS.test(calledName(call)) && !node.contains(call);
    // The loop of the connection: what else it calls may fail too.
    if (body.descendants('while_statement', 'for_statement').length === 0 || body.descendants('call').length < 2)
      return;
    const clauses = around.children.filter(({ kind }) => kind === 'except_clause' || kind === 'finally_clause');
    const others = clauses.filter((clause) => !clause.equals(node));
    const covers = (clause: PythonNode): boolean =>
      (clause.kind === 'finally_clause' || isCatchAll(clause)) && clause.descendants('call').some(isRemoval);
    const later = owner.descendants('call').some((call) => call.start > around.end && isRemoval(call));
    // Another handler may end in code behind, and an outer `finally` may do it.
    const outer = around.ancestor('try_statement');
    const outerCovers = outer?.children.some((clause) => covers(clause)) === true;
    const subject = headOfHandler(node);
    if (later || outerCovers || isCatchAll(node) || others.some(covers)) {
      yield { kind: 'pass', subject };
      return;
    }
    yield {
      kind: 'fail',
      subject,
      message: 'registered',
      args: { call: `${registry}.${calledName(removal)}` },
      fixes: inFinally(node, removal, around),
    };
  },
};

function headText(handler: PythonNode): string {
  return handler.child('value')?.text ?? '';
}

/** Moves the removal, when it is all that the handler does, into a `finally` behind it. */
function inFinally(handler: PythonNode, removal: PythonNode, around: PythonNode): readonly Fix[] {
  const statements = statementsOf(handler);
  const [only] = statements;
  if (statements.length !== 1 || only === undefined || only.kind !== 'expression_statement') return [];
  const isLast = around.end === handler.end && handler.descendants('comment').length === 0;
  if (!isLast || /[\r\n]/.test(only.text) || !only.contains(removal)) return [];
  const outer = indentationOf(handler);
  const inner = indentationOf(only);
  if (!inner.startsWith(outer) || inner === outer) return [];
  const newline = lineBreakOf(handler);
  return [
    {
      title: 'Remove the client in a finally block',
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(only, `pass${newline}${outer}finally:${newline}${inner}${only.text}`)],
    },
  ];
}

export const pythonDetectors: readonly Detector[] = [opened as NodeDetector, registered as NodeDetector];
