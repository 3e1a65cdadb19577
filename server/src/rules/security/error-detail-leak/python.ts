/**
 * Python: texts of exceptions in answers with a status from 500 on, and stacks in any answer. Errors that a program raises
 * for its users have types of their own and are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { routeOf } from '../../../knowledge/python/requests.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import { caughtAs, caughtNames } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { numberValue, textPieces } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const BROAD =
  /^(?:Exception|BaseException|OSError|IOError|RuntimeError|ConnectionError|TimeoutError|KeyError|SQLAlchemyError|OperationalError|IntegrityError|DatabaseError|RequestException|HTTPError|Error|ClientError|(?:\w+\.)+(?:\w*Error|\w*Exception))$/;

/** Whether an expression shows the text of the exception `name`. */
function shows(value: PythonNode, name: string): boolean {
  const inner = unparenthesized(value);
  if (inner.kind === 'identifier') return inner.text === name;
  if (inner.kind === 'call' && /^(?:str|repr)$/.test(calledName(inner)) && calledOn(inner) === null) {
    return positionalArguments(inner)[0]?.text === name;
  }
  return false;
}

/** The handler around a node that names its exception, when it catches what is not made for users. */
function exceptionAround(node: PythonNode): string | null {
  const owner = enclosingFunction(node);
  const clause = node.ancestor('except_clause');
  if (clause === null || owner?.contains(clause) !== true) return null;
  const names = caughtNames(clause);
  if (names.length === 0 || !names.every((name) => BROAD.test(name))) return null;
  const caught = caughtAs(clause);
  return caught === null ? null : caught.text;
}

function leakIn(text: PythonNode, ctx: ChunkContext, name: string): PythonNode | null {
  const inner = unparenthesized(text);
  const open = [inner];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === 'dictionary') {
      for (const pair of syntaxChildren(next)) {
        const value = pair.child('value');
        if (value !== null) open.push(unparenthesized(value));
      }
      continue;
    }
    if (next.kind === 'call' && /^(?:jsonify|dumps)$/.test(calledName(next))) {
      open.push(...positionalArguments(next).map(unparenthesized));
      for (const child of syntaxChildren(next.child('arguments') ?? next)) {
        const value = child.kind === 'keyword_argument' ? child.child('value') : null;
        if (value !== null) open.push(unparenthesized(value));
      }
      continue;
    }
    for (const piece of textPieces(next, ctx, false)) {
      if ('value' in piece && (shows(piece.value, name) || isStack(piece.value, ctx))) return next;
    }
  }
  return null;
}

function isStack(value: PythonNode, ctx: ChunkContext): boolean {
  const inner = unparenthesized(value);
  return inner.kind === 'call' && callChain(inner, ctx) === 'traceback.format_exc';
}

function statusOf(node: PythonNode | null): number | null {
  if (node === null) return null;
  const constant =
    /HTTP_(\d{3})_|HTTPStatus\.(INTERNAL_SERVER_ERROR|BAD_GATEWAY|SERVICE_UNAVAILABLE|GATEWAY_TIMEOUT)/.exec(node.text);
  if (constant !== null) return constant[1] === undefined ? 500 : Number(constant[1]);
  return numberValue(node);
}

const GENERAL = '"Internal server error"';

function* verdictOn(leak: PythonNode, ctx: ChunkContext, name: string): Iterable<Verdict> {
  const stack = textPieces(leak, ctx, false).some((piece) => 'value' in piece && isStack(piece.value, ctx));
  const fixes: readonly Fix[] = stack
    ? []
    : [
        {
          title: 'Answer with a general message',
          safety: 'suggestion',
          preferred: true,
          edits: [replaced(leak, GENERAL)],
        },
      ];
  yield stack
    ? { kind: 'fail', subject: leak.span, message: 'stack' }
    : { kind: 'fail', subject: leak.span, message: 'error', args: { value: name }, fixes };
}

/** `raise HTTPException(500, detail=str(e))`, `JSONResponse(status_code=500, content={...})`, `abort(500, str(e))` */
const answers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['HTTPException', 'JSONResponse', 'abort(', 'HttpResponseServerError', 'PlainTextResponse'],
  calls: (name) => /^(?:HTTPException|JSONResponse|PlainTextResponse|abort|HttpResponseServerError)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const name = exceptionAround(node);
    const called = calledName(node);
    const isResponse = /Response$/.test(called);
    const status =
      called === 'HttpResponseServerError' ? 500 : statusOf(argumentOf(node, 'status_code', isResponse ? 1 : 0));
    const text =
      called === 'HttpResponseServerError'
        ? (positionalArguments(node)[0] ?? null)
        : isResponse
          ? argumentOf(node, 'content', 0)
          : (argumentOf(node, 'detail', 1) ?? keywordArgument(node, 'description'));
    if (text === null || status === null || status < 500) return;
    if (name === null) {
      if (text.kind === 'string' && node.ancestor('except_clause') !== null) yield { kind: 'pass', subject: node.span };
      return;
    }
    const leak = leakIn(text, ctx, name);
    if (leak !== null) yield* verdictOn(leak, ctx, name);
    else if (textPieces(text, ctx).every((piece) => 'text' in piece)) yield { kind: 'pass', subject: node.span };
  },
};

/** `return jsonify({"error": str(e)}), 500` */
const returns: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['return_statement'],
  triggers: [', 50', ', HTTPStatus'],
  *check(node, ctx): Iterable<Verdict> {
    const list = node.namedChildren[0];
    if (list === undefined || !/^(?:expression_list|tuple)$/.test(list.kind)) return;
    const [body, code] = syntaxChildren(list);
    const status = statusOf(code ?? null);
    const owner = enclosingFunction(node);
    if (body === undefined || status === null || status < 500 || owner?.kind !== 'function_definition') return;
    const name = exceptionAround(node);
    if (name === null || routeOf(owner, ctx) === null) return;
    const leak = leakIn(body, ctx, name);
    if (leak !== null) yield* verdictOn(leak, ctx, name);
  },
};

export const pythonDetectors: readonly Detector[] = [answers, returns] as readonly Detector[];
