/**
 * Errors that Go handlers send to the client: the text of an error, or a stack, in an answer with a status from 500 on.
 * Answers that blame the client are left alone, since their errors are mostly about what the client sent; so are errors
 * that are handed to a helper as they are, which may hide them, branches for debugging, and those for one known error.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { handlerAround } from '../../../knowledge/go/handlers.ts';
import { isResponder, replyOf, statusClassOf } from '../../../knowledge/go/replies.ts';
import { errorOfMessage, isErrorValue } from '../../../languages/go/errorValues.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledName,
  indentationOf,
  lineBreakOf,
  shortText,
  statementOf,
  stringLiteralValue,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../../languages/go/types.ts';

/** The call that takes a value as an argument, perhaps as a part of a text, a literal or a conversion. */
function takerOf(value: GoNode): { readonly call: GoNode; readonly text: GoNode } | null {
  let text = value;
  let isText = true;
  for (let outer = value.parent; outer !== null; outer = outer.parent) {
    switch (outer.kind) {
      case 'binary_expression':
      case 'parenthesized_expression':
        if (isText) text = outer;
        break;
      case 'type_conversion_expression':
        isText = false;
        break;
      case 'argument_list':
      case 'literal_value':
      case 'composite_literal':
      case 'keyed_element':
      case 'literal_element':
      case 'unary_expression':
        if (outer.kind !== 'argument_list') isText = false;
        break;
      case 'call_expression':
        if (/^(?:Sprintf|Sprint|Sprintln)$/.test(calledName(outer))) {
          if (isText) text = outer;
          break;
        }
        if (outer.child('function')?.text === 'string') break;
        return { call: outer, text };
      default:
        return null;
    }
  }
  return null;
}

/** Whether a call answers with a status from 500 on. */
function isServerFailure(call: GoNode, types: GoTypes): boolean {
  const reply = replyOf(call, types);
  if (reply !== null) {
    if (reply.statusClass !== null) return reply.statusClass === 5;
    return !reply.whole && statusBefore(call, reply.to) === 5;
  }
  const callee = types.calleeOf(call);
  if (callee.kind === 'package') {
    if (
      /^github\.com\/(?:labstack\/echo|gofiber\/fiber)/.test(callee.path) &&
      /^New(?:HTTP)?Error$/.test(callee.name)
    ) {
      return hasFailureStatus(call);
    }
    if (/^log|\/log|zap|zerolog|logrus/.test(callee.path)) return false;
  }
  // A helper that is given the writer, the status and the text.
  if (!hasFailureStatus(call)) return false;
  return (
    callArguments(call).some((value) => isResponder(value, types)) ||
    (callee.kind === 'method' && isResponder(callee.receiver, types))
  );
}

function hasFailureStatus(call: GoNode): boolean {
  return callArguments(call).some((value) =>
    value.kind !== 'int_literal' ? statusClassOf(value) === 5 : /^5\d\d$/.test(value.text),
  );
}

/** The status that is written into the same writer before, in the same block. */
function statusBefore(call: GoNode, writer: string): number | null {
  const statement = statementOf(call);
  if (statement?.parent?.kind !== 'statement_list') return null;
  let found: number | null = null;
  for (const other of syntaxChildren(statement.parent)) {
    if (other.start >= statement.start) break;
    const inner = other.kind === 'expression_statement' ? other.namedChildren[0] : undefined;
    if (inner?.kind !== 'call_expression' || calledName(inner) !== 'WriteHeader') continue;
    const status = callArguments(inner)[0];
    if (status !== undefined && inner.text.startsWith(`${writer}.`)) found = statusClassOf(status);
  }
  return found;
}

/** Whether a branch around is for debugging, or for one error whose text the program chose. */
function isSpecial(node: GoNode): boolean {
  for (let branch = node.ancestor('if_statement'); branch !== null; branch = branch.ancestor('if_statement')) {
    const condition = branch.child('condition')?.text ?? '';
    if (/debug|verbose|\bdev|isdev|isLocal/i.test(condition)) return true;
    const inside = branch.child('consequence')?.contains(node) === true;
    if (inside && /errors\.(?:Is|As)\(|==\s*(?:\w+\.)?Err[A-Z]/.test(condition) && !/!\s*errors/.test(condition))
      return true;
  }
  return false;
}

const details: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'StatusInternalServerError',
    'StatusBadGateway',
    'StatusServiceUnavailable',
    'StatusGatewayTimeout',
    '500',
    '502',
    '503',
  ],
  calls: (name) => /^(?:Error|Sprintf|Sprint|Fprintf|Fprint|Fprintln|Stack)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const callee = types.calleeOf(node);
    if (callee.kind === 'package' && callee.path === 'net/http' && callee.name === 'Error') {
      const [, text, status] = callArguments(node);
      if (
        text !== undefined &&
        status !== undefined &&
        stringLiteralValue(text) !== null &&
        statusClassOf(status) === 5
      ) {
        yield { kind: 'pass', subject: node.span };
      }
      return;
    }
    const leak = leakOf(node, types, scope);
    if (leak === null) return;
    const isDirect = /^Fprint/.test(calledName(node));
    const taker = isDirect ? { call: node, text: leak.value } : takerOf(node);
    if (taker === null || !isServerFailure(taker.call, types)) return;
    if (handlerAround(node) === null || isSpecial(node)) return;
    yield {
      kind: 'fail',
      subject: leak.value.span,
      message: leak.error === null ? 'stack' : 'error',
      args: { value: shortText(leak.error ?? leak.value) },
      fixes: leak.error === null || isDirect ? [] : hideFix(taker, leak.error, ctx.file.header, scope),
    };
  },
};

/** The error whose text an expression holds: `err.Error()`, `fmt.Sprintf("...", err)`; or a stack. */
function leakOf(
  call: GoNode,
  types: GoTypes,
  scope: GoScope,
): { readonly value: GoNode; readonly error: GoNode | null } | null {
  const message = errorOfMessage(call);
  if (message !== null) return isErrorValue(message, scope, types) ? { value: call, error: message } : null;
  const callee = types.calleeOf(call);
  if (callee.kind !== 'package') return null;
  if (callee.path === 'runtime/debug' && callee.name === 'Stack') return { value: call, error: null };
  if (callee.path !== 'fmt') return null;
  const value = callArguments(call).find((item) => item.kind === 'identifier' && isErrorValue(item, scope, types));
  return value === undefined ? null : { value, error: value };
}

/** Sends a constant text, and logs the error where nothing does so yet. */
function hideFix(
  taker: { readonly call: GoNode; readonly text: GoNode },
  error: GoNode,
  header: GoHeader,
  scope: GoScope,
): readonly Fix[] {
  const statement = statementOf(taker.call);
  const block = statement?.parent ?? null;
  if (statement === null || block?.kind !== 'statement_list') return [];
  const logged = syntaxChildren(block).some(
    (other) =>
      other.start < statement.start &&
      new RegExp(`\\b${error.text.replace(/[^\w.]/g, '\\$&')}\\b`).test(other.text) &&
      /log|print|slog|zap|err\(/i.test(other.text),
  );
  const slog = localNameOf(header, 'log/slog');
  const log = localNameOf(header, 'log') ?? 'log';
  const logger = slog ?? log;
  if (!logged && scope.bindings.some((binding) => binding.name === logger)) return [];
  const call =
    slog === null
      ? `${log}.Printf("request failed: %v", ${error.text})`
      : `${slog}.Error("request failed", "error", ${error.text})`;
  const edits: FixEdit[] = [];
  if (!logged) {
    const newText = `${call}${lineBreakOf(statement)}${indentationOf(statement)}`;
    edits.push({ kind: 'replace', span: { start: statement.start, end: statement.start }, newText });
  }
  edits.push({ kind: 'replace', span: taker.text.span, newText: '"internal server error"' });
  edits.push({ kind: 'import', add: logged || slog !== null ? [] : ['log'], remove: ['fmt'] });
  return [{ title: 'Answer with a general message', safety: 'suggestion', preferred: true, edits }];
}

export const go: readonly NodeDetector[] = [details as NodeDetector];
