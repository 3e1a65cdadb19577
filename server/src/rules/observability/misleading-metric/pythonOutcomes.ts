/**
 * Python: outcomes that are recorded as successes whatever happens: in a `finally` without a condition, or behind a `try`
 * whose handler only writes the failure to the log.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { isLogCall, isPrint } from '../../../knowledge/python/logging.ts';
import { replaced } from '../../../languages/python/edits.ts';
import { isCatchAll, mayRaise } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  awaited,
  calledName,
  calledOn,
  enclosingFunction,
  keywordArguments,
  onlyChild,
  positionalArguments,
  qualifiedName,
  shortText,
  statementsOf,
} from '../../../languages/python/syntax.ts';
import { RECORDS, SUCCESS } from './words.ts';

const COUNTS = /^(?:inc|incr|increment|observe|count)$/;
const SUCCESS_COUNT =
  /^(?:success|succeeded|successes|success_count|successful|successful_\w+|succeeded_\w+|num_success(?:es)?)$/i;

/** What a statement records a success by; null when it records something else, or what has happened. */
function successIn(statement: PythonNode): PythonNode | null {
  const inner = statement.kind === 'expression_statement' ? onlyChild(statement) : null;
  if (inner === null) return null;
  if (inner.kind === 'augmented_assignment') {
    const left = inner.child('left');
    const key = left?.kind === 'subscript' ? left.child('subscript') : (left?.child('attribute') ?? null);
    const name = key === null ? '' : (stringValue(key) ?? key.text);
    return left?.kind !== 'identifier' && SUCCESS_COUNT.test(name) ? left : null;
  }
  const call = awaited(inner);
  if (call.kind !== 'call') return null;
  const callee = call.child('function');
  const labels = calledOn(call);
  const isSuccess = (value: PythonNode): boolean => SUCCESS.test(stringValue(value) ?? '');
  if (COUNTS.test(calledName(call))) {
    if (labels?.kind === 'call' && calledName(labels) === 'labels') {
      const values = [...positionalArguments(labels), ...keywordArguments(labels).map(({ value }) => value)];
      return values.some(isSuccess) ? callee : null;
    }
    const name = positionalArguments(call)[0];
    return name !== undefined && /\.(?:success|succeeded|ok)$/i.test(stringValue(name) ?? '') ? callee : null;
  }
  if (!RECORDS.test(calledName(call))) return null;
  const named = keywordArguments(call);
  if (named.some(({ name, value }) => SUCCESS.test(name) && value.kind === 'true')) return callee;
  const isStatus = named.some(({ name, value }) => /^(?:status|outcome|result)$/.test(name) && isSuccess(value));
  return isStatus || (positionalArguments(call).length > 1 && positionalArguments(call).some(isSuccess))
    ? callee
    : null;
}

/** Whether a handler does nothing but write to the log that something has failed. */
function onlyLogs(handler: PythonNode, ctx: ChunkContext): boolean {
  const statements = statementsOf(handler);
  return (
    statements.length > 0 &&
    statements.every((statement) => {
      const call = onlyChild(statement);
      if (statement.kind !== 'expression_statement' || call?.kind !== 'call') return false;
      if (isPrint(call)) return /error|fail/i.test(call.text);
      return isLogCall(call, ctx) && /^(?:error|exception|critical)$/.test(calledName(call));
    })
  );
}

/** `else:` for `finally:` where all that stands there records the success. */
function elseFix(clause: PythonNode, around: PythonNode): readonly Fix[] {
  const word = clause.children.find(({ kind }) => kind === 'finally');
  const kinds = around.children.map(({ kind }) => kind);
  if (word === undefined || !kinds.includes('except_clause') || kinds.includes('else_clause')) return [];
  if (statementsOf(clause).length !== 1) return [];
  return [
    {
      title: 'Record it only when nothing was raised',
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(word, 'else')],
    },
  ];
}

function failure(recorded: PythonNode, message: string, fixes: readonly Fix[] = []): Verdict {
  const owner = enclosingFunction(recorded);
  const name = owner === null ? '' : qualifiedName(owner);
  const args = { call: shortText(recorded), name: name === '' ? 'the work' : name };
  return { kind: 'fail', subject: recorded.span, message, args, fixes };
}

export const pythonOutcomes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['try_statement'],
  triggers: ['success', 'succeeded', "'ok'", '"ok"', '.ok'],
  *check(node, ctx): Iterable<Verdict> {
    const body = node.child('body');
    if (body === null || !mayRaise(body)) return;
    const handlers = node.children.filter(({ kind }) => kind === 'except_clause');
    const last = node.childOfKind('finally_clause');
    for (const statement of last === null ? [] : statementsOf(last)) {
      const recorded = successIn(statement);
      if (recorded !== null) yield failure(recorded, 'finally', elseFix(last!, node));
    }
    for (const part of [body, node.childOfKind('else_clause')]) {
      for (const statement of part === null ? [] : statementsOf(part)) {
        const recorded = successIn(statement);
        if (recorded !== null) yield { kind: 'pass', subject: recorded.span };
      }
    }
    if (!handlers.some((handler) => isCatchAll(handler)) || !handlers.every((handler) => onlyLogs(handler, ctx)))
      return;
    let next = node.nextSibling;
    while (next?.kind === 'comment') next = next.nextSibling;
    const recorded = next === null ? null : successIn(next);
    if (recorded !== null) yield failure(recorded, 'behind');
  },
};
