/**
 * Python: a check of a signature, token, permission or certificate that fails, and a branch or handler that only writes a
 * message before the function goes on; and checks that answer True when they could not be made.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { isLogCall, isPrint } from '../../../knowledge/python/logging.ts';
import { linesAfter, replaced } from '../../../languages/python/edits.ts';
import { caughtNames, isCatchAll } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  awaited,
  calledName,
  definedName,
  enclosingFunction,
  isDiscarded,
  isEmptyStatement,
  onlyChild,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

/** Verbs of checks together with what they check; a verb alone says too little. */
const CHECK =
  /^_{0,2}(?:verify|validate|check|authenticate|authorize|enforce|ensure|require|assert|is|has|can)_?\w*?(?:signature|checksum|integrity|digest|hmac|tokens?|jwt|claims|certs?|certificates?|permissions?|access|polic(?:y|ies)|csrf|xsrf|sandbox|secrets?|auth|credentials?|origin|password|identity|apikey|api_key|allowed|admin|owner(?:ship)?|webhook|nonce|privileges?|role)(?:s|ed|ion|_with\w*|_for\w*|_from\w*|_or_\w+)?$/i;
const ALONE =
  /^_{0,2}(?:authenticate|authorize|drop_privileges|enforce_policy|verify_password|check_password|compare_digest|checkpw)$/i;
const REPORTS =
  /report|dry_?run|audit|warn|advis|lint|doctor|diagnos|status|health|monitor|observe|collect|test|probe|scan|debug|clean|expire|prune|close|stop|log(?!in)|print|migrate|upgrade|sync|refresh|reload|watch|inspect|describe|list|main|demo|example|cli|startup|__init__/i;
const SOFT =
  /report.only|dry.?run|advisory|best.?effort|non.?fatal|optional|soft|ignor|fall.?back|skip|retry|anonymous|guest/i;

function isCheck(name: string): boolean {
  if (!CHECK.test(name) && !ALONE.test(name)) return false;
  return (
    !/^_*(?:is|has|can)/i.test(name) ||
    /(?:allowed|admin|owner|valid\w*|authorized|permission|access|signature)/i.test(name)
  );
}

/** Whether a statement only tells somebody. */
function isTelling(statement: PythonNode, ctx: ChunkContext): boolean {
  const value = statement.kind === 'expression_statement' ? onlyChild(statement) : null;
  const inner = value === null ? null : awaited(value);
  return inner?.kind === 'call' && (isLogCall(inner, ctx) || isPrint(inner));
}

function isQuiet(statements: readonly PythonNode[], ctx: ChunkContext): boolean {
  return (
    statements.some((statement) => isTelling(statement, ctx)) &&
    statements.every((statement) => isTelling(statement, ctx) || isEmptyStatement(statement))
  );
}

/** Whether the function does something behind a statement that the check was meant to guard. */
function goesOn(statement: PythonNode, owner: PythonNode): boolean {
  for (let inner: PythonNode | null = statement; inner !== null && !inner.equals(owner); inner = inner.parent) {
    if (inner.parent?.kind !== 'block') continue;
    const list = syntaxChildren(inner.parent);
    const next = list[list.findIndex((item) => item.equals(inner!)) + 1];
    if (next !== undefined) {
      if (next.kind !== 'return_statement') return next.kind !== 'raise_statement';
      const value = onlyChild(next);
      return value !== null && (value.kind === 'true' || value.descendants('call').length > 0 || value.kind === 'call');
    }
    const around: PythonNode | null = inner.parent.parent;
    if (around?.kind === 'for_statement' || around?.kind === 'while_statement') return false;
  }
  return false;
}

/** `if not verify_token(token): logger.warning(...)` */
const branches: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['if_statement'],
  triggers: ['if not'],
  *check(node, ctx): Iterable<Verdict> {
    const condition = node.child('condition');
    const block = node.child('consequence');
    const owner = enclosingFunction(node);
    if (condition === null || block === null || owner === null) return;
    const test = unparenthesized(condition);
    const operand = test.kind === 'not_operator' ? test.child('argument') : null;
    const call = operand === null ? null : awaited(operand);
    if (call?.kind !== 'call' || !isCheck(calledName(call))) return;
    const statements = statementsOf(block);
    if (!isQuiet(statements, ctx)) {
      const last = statements.at(-1)?.kind;
      if (last === 'return_statement' || last === 'raise_statement') yield { kind: 'pass', subject: call.span };
      return;
    }
    const hasElse = node.children.some(({ kind }) => kind === 'else_clause' || kind === 'elif_clause');
    if (hasElse || REPORTS.test(definedName(owner)) || SOFT.test(block.text) || !goesOn(node, owner)) return;
    yield { kind: 'fail', subject: call.span, message: 'logged', args: { check: calledName(call) } };
  },
};

/** `try: verify_signature(body) except InvalidSignature: logger.warning(...)` */
const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['except_clause'],
  triggers: ['except'],
  *check(node, ctx): Iterable<Verdict> {
    const around = node.parent;
    const owner = enclosingFunction(node);
    if (around?.kind !== 'try_statement' || owner === null) return;
    const body = statementsOf(node);
    yield* openAnswer(node, body, owner);
    const call = (around.child('body')?.descendants('call') ?? []).find(
      (item) => isCheck(calledName(item)) && isDiscarded(item),
    );
    if (call === undefined) return;
    if (body.at(-1)?.kind === 'raise_statement') {
      yield { kind: 'pass', subject: call.span };
      return;
    }
    if (!isQuiet(body, ctx) || REPORTS.test(definedName(owner)) || SOFT.test(node.text)) return;
    // With an else clause what follows may be told apart.
    if (
      around.childOfKind('else_clause') !== null ||
      around.childOfKind('finally_clause') !== null ||
      !goesOn(around, owner)
    )
      return;
    const edit = linesAfter(body.at(-1)!, ['raise']);
    const fixes: readonly Fix[] =
      edit === null
        ? []
        : [{ title: 'Raise the exception again', safety: 'suggestion', preferred: true, edits: [edit] }];
    yield { kind: 'fail', subject: call.span, message: 'loggedPython', args: { check: calledName(call) }, fixes };
  },
};

/** `except Exception: return True` in a function that answers whether something is allowed. */
function* openAnswer(node: PythonNode, body: readonly PythonNode[], owner: PythonNode): Generator<Verdict> {
  const name = definedName(owner);
  const last = body.at(-1);
  if (!isCheck(name) || last?.kind !== 'return_statement') return;
  const value = onlyChild(last);
  if (value?.kind === 'false' || value?.kind === 'none') {
    yield { kind: 'pass', subject: last.span };
    return;
  }
  if (
    value?.kind !== 'true' ||
    (!isCatchAll(node) &&
      caughtNames(node).some((caught) => /Import|NotFound|DoesNotExist|Missing|KeyError|Disabled/.test(caught)))
  )
    return;
  if (/is_(?:in)?valid|^_*(?:is|has)_(?:no|un|in)/i.test(name) && !isCheck(name)) return;
  const refuses = owner.descendants('return_statement').some((statement) => onlyChild(statement)?.kind === 'false');
  // Only of a function that can refuse, where True is the answer of those who may.
  if (!refuses && !/^_*(?:verify|authenticate|authorize)/i.test(name)) return;
  if (/expired|revoked|blocked|banned|required|missing|locked|changed|outdated|weak|denied|forbidden/i.test(name))
    return;
  yield {
    kind: 'fail',
    subject: last.span,
    message: 'open',
    args: { check: name },
    fixes: [{ title: 'Return False', safety: 'suggestion', preferred: true, edits: [replaced(value, 'False')] }],
  };
}

export const pythonDetectors: readonly Detector[] = [branches, handlers] as readonly Detector[];
