/**
 * Python: handlers that take every exception, or everything that a file system, network or database raises, and do
 * nothing about it. A handler that calls or raises anything, gives a value back, or says in a comment why nothing is to
 * be done is left alone, and so is one around a clean-up.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { headerOf } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import { caughtNames, isCatchAll } from '../../../languages/python/flow.ts';
import { CLEANUP, headOfHandler, isExplained } from '../../../languages/python/handlers.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  basesOf,
  calledName,
  definedName,
  enclosingFunction,
  isEmptyStatement,
  methodClassAround,
  shortText,
  statementsOf,
} from '../../../languages/python/syntax.ts';

/** Exceptions that stand for whatever may go wrong with a system outside. */
const OUTSIDE =
  /(?:^|\.)(?:OSError|IOError|EnvironmentError|RequestException|HTTPError|ClientError|RedisError|SQLAlchemyError|DatabaseError|OperationalError|PyMongoError|KafkaError|SMTPException|sqlite3\.Error|psycopg2?\.Error)$/;

/** Exceptions of a value or an installation that somebody foresaw. */
const FORESEEN =
  /(?:^|\.)(?:AttributeError|ImportError|ModuleNotFoundError|IndexError|KeyError|TypeError|NotImplementedError|FileNotFoundError|PermissionError)$/;

/** Whether what follows answers for the failure: the result is returned in the `try`, and another one behind it. */
function isAnswered(statement: PythonNode): boolean {
  const next = statement.nextSibling;
  return (
    next?.kind === 'return_statement' && (statement.child('body')?.descendants('return_statement').length ?? 0) > 0
  );
}

/** SQL that fails where a migration has run before: the column is there, the index is gone. */
const SCHEMA = /\b(?:ALTER\s+TABLE|CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)|DROP\s+(?:TABLE|INDEX|COLUMN))\b/i;

/** Whether a named exception tells what was asked: `else` goes on after success, a loop without end runs into its last. */
function isAnAnswer(statement: PythonNode): boolean {
  if (statement.childOfKind('else_clause') !== null) return true;
  const tried = statement.child('body');
  const loop = tried === null ? undefined : statementsOf(statement).at(-1);
  if (loop?.kind === 'while_statement' && /^\(?(?:True|1)\)?$/.test(loop.child('condition')?.text ?? ''))
    return loop.descendants('break_statement').length === 0;
  return SCHEMA.test(tried?.text ?? '');
}

/** Whether it is the method of a log handler that writes, which must not raise. */
function isEmitting(owner: PythonNode): boolean {
  const around = methodClassAround(owner);
  return definedName(owner) === 'emit' && around !== null && basesOf(around).some(({ text }) => /Handler$/.test(text));
}

/** The first call that is tried, or null; null also when all calls only tidy up. */
function triedCall(statement: PythonNode): PythonNode | null {
  const calls = statement.child('body')?.descendants('call') ?? [];
  return calls.some((call) => CLEANUP.test(calledName(call))) ? null : (calls[0] ?? null);
}

/** What writes to the log in this file: its own logger, or the module `logging`. */
function logEdits(handler: PythonNode, ctx: ChunkContext, text: string): readonly FixEdit[] | null {
  const [only] = statementsOf(handler);
  if (only === undefined) return null;
  const header = headerOf(ctx);
  const own = header.globals.find(({ call }) => /^(?:logging|structlog)\.(?:getLogger|get_logger)$/.test(call));
  const loguru = header.imports.find(({ path }) => path === 'loguru.logger');
  const logger = own?.name ?? loguru?.name ?? 'logging';
  const call = `${logger}.exception("${text}")`;
  const lineBreak = /\r\n|\r|\n/.exec(handler.tree.text)?.[0] ?? '\n';
  const before = handler.tree.text.slice(0, only.start);
  const indent = /[ \t]*$/.exec(before)![0];
  // `except Exception: pass` on one line has no line of its own.
  if (!/(?:^|[\r\n])[ \t]*$/.test(before)) return null;
  const edit =
    only.kind === 'continue_statement'
      ? {
          kind: 'replace' as const,
          span: { start: only.start, end: only.start },
          newText: `${call}${lineBreak}${indent}`,
        }
      : replaced(only, call);
  return logger === 'logging' ? [edit, importing(['logging'])] : [edit];
}

const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['except_clause'],
  triggers: ['except'],
  *check(node, ctx): Iterable<Verdict> {
    const isAll = isCatchAll(node);
    const caught = isAll ? [] : caughtNames(node);
    if (!isAll && (!caught.some((name) => OUTSIDE.test(name)) || caught.some((name) => FORESEEN.test(name)))) return;
    const around = node.parent;
    if (around?.kind !== 'try_statement' || (!isAll && (isAnswered(around) || isAnAnswer(around)))) return;
    const statements = statementsOf(node);
    const isSkip = statements.length === 1 && statements[0]!.kind === 'continue_statement';
    if (!isSkip && (statements.length !== 1 || !isEmptyStatement(statements[0]!))) {
      if (isAll && node.descendants('call', 'raise_statement').length > 0)
        yield { kind: 'pass', subject: headOfHandler(node) };
      return;
    }
    const call = triedCall(around);
    const owner = enclosingFunction(node);
    // While another exception or the end of an object is dealt with, there is nobody to tell.
    const isLast = around.ancestor('except_clause', 'finally_clause') !== null;
    if (call === null || isLast || CLEANUP.test(owner === null ? '' : definedName(owner)) || isExplained(node)) return;
    if (owner !== null && (definedName(owner) === '__del__' || isEmitting(owner))) return;
    const name = calledName(call) === '' ? shortText(call, 30) : calledName(call);
    const edits = logEdits(node, ctx, `${name} failed`);
    const fixes: readonly Fix[] =
      edits === null ? [] : [{ title: 'Log the exception', safety: 'suggestion', preferred: true, edits }];
    yield {
      kind: 'fail',
      subject: headOfHandler(node),
      message: isSkip ? 'continue' : 'handler',
      args: { call: name },
      fixes,
    };
  },
};

export const pythonDetectors: readonly Detector[] = [handlers as NodeDetector];
