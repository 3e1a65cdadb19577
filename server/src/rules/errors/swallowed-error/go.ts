/**
 * Go: branches that an error leads to and that do nothing about it. Only errors of the call right before the branch
 * are looked at, and a branch that calls anything, or says in a comment why nothing is to be done, is left alone.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { initialValueOf } from '../../../knowledge/go/frameworks.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoBinding, type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledName,
  FUNCTION_KINDS,
  functionName,
  indentationOf,
  isBlank,
  lineBreakOf,
  nilComparison,
  operatorOf,
  resultsOf,
  returnsError,
  statementsOf,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, typesAround } from '../../../languages/go/types.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** Functions that read a setting's text. */
const PARSERS =
  /^(?:strconv\.(?:Atoi|ParseInt|ParseUint|ParseFloat|ParseBool)|time\.(?:ParseDuration|Parse|LoadLocation)|net\/url\.Parse|encoding\/json\.Unmarshal)$/;
/** Functions of the workspace that read an environment variable: `getEnv`, `envOr`. */
const ENVIRONMENT_NAME =
  /^(?:get|lookup|read|load|fetch|must)?_?env(?:ironment)?(?:$|[A-Z_])|Env(?:Or\w*|Var|String|Default\w*)?$/i;

/** Comments that say why a malformed setting needs nothing more. */
const EXPLAINED =
  /\b(?:ignor\w*|best[- ]effort|fall(?:s|ing)? ?back|invalid|malformed|unpars\w*|expected|safe|optional|silently|tolera\w*|nolint|never|can(?:not|'t))\b/i;

/** The test of an error in a condition, alone or among others. */
function errorTest(condition: GoNode): { readonly name: GoNode; readonly failed: boolean } | null {
  for (const node of condition.descendants('binary_expression')) {
    const test = nilComparison(node);
    if (test?.operand.kind === 'identifier' && /^err\d?$|[eE]rr$/.test(test.operand.text)) {
      return { name: test.operand, failed: !test.equal };
    }
  }
  return null;
}

/** The call that gave the error: in the head of the `if`, or in the statement right before it. */
function sourceOf(node: GoNode, error: GoBinding, scope: GoScope): GoNode | null {
  let statement = node.child('initializer');
  if (statement === null) {
    statement = node.previousSibling;
    while (statement !== null && (!statement.isNamed || statement.kind === 'comment'))
      statement = statement.previousSibling;
  }
  if (statement?.kind !== 'short_var_declaration' && statement?.kind !== 'assignment_statement') return null;
  const target = assignedExpressions(statement).at(-1);
  if (target?.kind !== 'identifier' || scope.bindingOf(target) !== error) return null;
  const values = assignedValues(statement);
  const call = values.length === 1 ? unparenthesized(values[0]!) : null;
  return call?.kind === 'call_expression' ? call : null;
}

/** Whether an expression is what the environment says, as it is or trimmed. */
function isSetting(expression: GoNode | undefined, scope: GoScope, types: GoTypes): boolean {
  let inner = expression === undefined ? null : unparenthesized(expression);
  for (let step = 0; step < 6 && inner !== null; step++) {
    if (inner.kind === 'identifier') {
      inner = initialValueOf(inner, scope);
      continue;
    }
    if (inner.kind !== 'call_expression' && inner.kind !== 'type_conversion_expression') return false;
    const callee = types.calleeOf(inner);
    if (/^(?:os|syscall)\.(?:Getenv|LookupEnv)$/.test(calleeId(callee))) return true;
    if ((callee.kind === 'own' || callee.kind === 'method') && ENVIRONMENT_NAME.test(callee.name)) return true;
    inner = callArguments(inner)[0] ?? null;
  }
  return false;
}

function isSettingParser(call: GoNode, scope: GoScope, types: GoTypes): boolean {
  return PARSERS.test(calleeId(types.calleeOf(call))) && isSetting(callArguments(call)[0], scope, types);
}

/** Whether the branch does anything that somebody could notice. */
function isSilent(branch: GoNode, error: GoBinding): boolean {
  if (error.uses.some((use) => branch.contains(use))) return false;
  return branch.descendants('call_expression', 'send_statement', 'inc_statement', 'go_statement').length === 0;
}

function comments(node: GoNode): string {
  return node
    .descendants('comment')
    .map((comment) => comment.text)
    .join(' ');
}

/** Comments in the branch, above the `if` and behind its head. */
function isCommented(node: GoNode, branch: GoNode): boolean {
  if (branch.descendants('comment').length > 0) return true;
  let before = node.previousSibling;
  while (before !== null && !before.isNamed) before = before.previousSibling;
  if (before?.kind === 'comment') return true;
  const line = /[^\r\n]*/.exec(node.tree.text.slice(node.end))![0];
  return line.includes('//') || line.includes('/*');
}

/** A call that writes to the log, by the means of the file; null when `log` means something else there. */
function logCall(ctx: Context, text: string, error: string): { readonly text: string; readonly add: string } | null {
  const slog = localNameOf(ctx.file.header, 'log/slog');
  if (slog !== null) return { text: `${slog}.Warn("${text}", "error", ${error})`, add: 'log/slog' };
  const taken = ctx.file.header.imports.some((item) => item.name === 'log' && item.path !== 'log');
  const own = localNameOf(ctx.file.header, 'log') ?? 'log';
  return taken ? null : { text: `${own}.Printf("${text}: %v", ${error})`, add: 'log' };
}

function logFix(node: GoNode, branch: GoNode, ctx: Context, text: string, error: string): Fix[] {
  const log = logCall(ctx, text, error);
  if (log === null || !/^\{[ \t]*\r?\n/.test(branch.text)) return [];
  const at = branch.start + 1;
  const newText = `${lineBreakOf(node)}${indentationOf(node)}\t${log.text}`;
  const edits: FixEdit[] = [
    { kind: 'replace', span: { start: at, end: at }, newText },
    { kind: 'import', add: [log.add] },
  ];
  return [{ title: 'Log the error', safety: 'suggestion', preferred: true, edits }];
}

/** Calls that ask whether something is there: their error is the answer. */
const PROBE =
  /^(?:L?[sS]tat|Lookup\w*|LookPath|Err|Has\w*|Is\w*|Exists?\w*|Parse\w*|Atoi|Find\w*|Glob|Match\w*|Get\w*|get\w*|find\w*|parse\w*|lookup\w*|try\w*|Try\w*|is\w*|has\w*|Unquote|Unwrap|CutPrefix|SplitHostPort|Cookie|Context|Wait|Rel|EvalSymlinks|Getwd|Decode\w*|Accept|[rR]ead\w*|Next\w*|Recv|Write\w*|Fprint\w*|Flush|Send\w*|Unmarshal\w*|Rewind|Seek)$/;

/** `return nil` instead of the error, in a function that could return it. */
function* nilInstead(node: GoNode, branch: GoNode, call: GoNode, error: GoBinding): Iterable<Verdict> {
  const owner = node.ancestor(...FUNCTION_KINDS);
  const [only, ...more] = statementsOf(branch);
  if (owner === null || only?.kind !== 'return_statement' || more.length > 0 || !returnsError(owner)) return;
  const values = syntaxChildren(only.namedChildren[0] ?? only);
  const last = values.at(-1);
  if (last?.kind !== 'nil' || values.length !== resultsOf(owner).length) return;
  // A named result may have been set, and a name that says so may be lenient.
  if (
    PROBE.test(calledName(call)) ||
    /^(?:is|has|exists|try|maybe|lookup|find|parse|visit|walk)/i.test(functionName(owner))
  )
    return;
  if (
    values.slice(0, -1).some((value) => !/^(?:nil|false|0|"")$/.test(value.text) && value.kind !== 'composite_literal')
  )
    return;
  yield {
    kind: 'fail',
    subject: only.span,
    message: 'nil',
    args: { call: calledName(call) },
    fixes: [
      {
        title: `Return ${error.name}`,
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replace', span: last.span, newText: error.name }],
      },
    ],
  };
}

/** Calls whose failure loses an element of a loop: data that was stored and cannot be read any more. */
const LOSING =
  /^(?:database\/sql\.(?:Rows|Row)\.Scan|github\.com\/jackc\/pgx\/v\d\.Rows?\.Scan|encoding\/(?:json|xml|gob)\.(?:Unmarshal|Decoder\.Decode)|gopkg\.in\/yaml\.v\d\.Unmarshal|os\.(?:ReadFile|WriteFile|Rename|MkdirAll)|io\/ioutil\.(?:ReadFile|WriteFile))$/;

const branches: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['if_statement'],
  triggers: ['err', 'Err'],
  when: (node) => /[eE]rr\d?\s*[!=]=\s*nil/.test(node.child('condition')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const condition = node.child('condition');
    const branch = node.child('consequence');
    if (condition === null || branch === null) return;
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    if (scope === null || types === null) return;
    const test = errorTest(condition);
    const error = test === null ? null : scope.bindingOf(test.name);
    if (test === null || error === null) return;
    const call = sourceOf(node, error, scope);
    if (call === null) return;

    if (isSettingParser(call, scope, types)) {
      yield* setting(node, test.failed ? branch : null, call, error, ctx);
      return;
    }
    if (!test.failed || condition.kind !== 'binary_expression' || condition.descendants('binary_expression').length > 1)
      return;
    if (!isSilent(branch, error)) {
      yield { kind: 'pass', subject: condition.span };
      return;
    }
    if (isCommented(node, branch)) return;
    const statements = statementsOf(branch);
    if (statements.length === 0) {
      yield {
        kind: 'fail',
        subject: condition.span,
        message: 'empty',
        args: { call: calledName(call) },
        fixes: [],
      };
      return;
    }
    if (statements.length === 1 && statements[0]!.kind === 'continue_statement') {
      if (!LOSING.test(calleeId(types.calleeOf(call)))) return;
      yield {
        kind: 'fail',
        subject: condition.span,
        message: 'continue',
        args: { call: calledName(call) },
        fixes: logFix(node, branch, ctx, `${calledName(call)} failed, skipped`, error.name),
      };
      return;
    }
    yield* nilInstead(node, branch, call, error);
  },
};

/** A setting that cannot be read is replaced by a default: `branch` is where it failed, null when there is none. */
function* setting(
  node: GoNode,
  branch: GoNode | null,
  call: GoNode,
  error: GoBinding,
  ctx: Context,
): Iterable<Verdict> {
  const condition = node.child('condition')!;
  const alternative = node.child('alternative');
  const failed = branch ?? (alternative?.kind === 'block' ? alternative : null);
  if (branch === null && alternative !== null && failed === null) return;
  if (EXPLAINED.test(comments(node)) || isDocumented(node)) return;
  if (branch === null && error.uses.some((use) => use.start > node.end)) return;
  if (failed !== null && !isSilent(failed, error)) {
    yield { kind: 'pass', subject: condition.span };
    return;
  }
  // A success flag lets the caller see it.
  if (failed !== null && failed.descendants('false').length > 0 && reportsSuccess(node)) return;
  yield {
    kind: 'fail',
    subject: condition.span,
    message: 'setting',
    args: { call: calledName(call) },
    fixes: failed === null ? [] : logFix(node, failed, ctx, 'malformed setting, using the default', error.name),
  };
}

/** Whether the function says by a second result whether it has succeeded. */
function reportsSuccess(node: GoNode): boolean {
  const owner = node.ancestor(...FUNCTION_KINDS);
  const results = owner === null ? [] : resultsOf(owner);
  return results.length > 1 && results.at(-1)!.type.text === 'bool';
}

/** Whether the documentation of the function says what becomes of a malformed setting. */
function isDocumented(node: GoNode): boolean {
  const owner = topLevelOf(node);
  const head = owner === null ? '' : owner.tree.text.slice(0, owner.start);
  return /\b(?:invalid|malformed|unpars\w+|not a valid|cannot be parsed|fails? to parse|parse error)\b/i.test(head);
}

/** `if count == 0 { count = 1000 }`, for the variable of that name. */
function setsDefault(statement: GoNode | undefined, name: string): boolean {
  const condition = statement?.kind === 'if_statement' ? statement.child('condition') : null;
  const branch = statement?.child('consequence') ?? null;
  if (condition?.kind !== 'binary_expression' || branch === null || statement?.child('alternative') != null)
    return false;
  const right = condition.child('right')?.text ?? '';
  if (condition.child('left')?.text !== name || !/^(?:==|<=|<)$/.test(operatorOf(condition))) return false;
  if (!/^(?:0|1|0\.0|"")$/.test(right)) return false;
  const [only, ...more] = statementsOf(branch);
  return only?.kind === 'assignment_statement' && more.length === 0 && assignedExpressions(only)[0]?.text === name;
}

/** `count, _ := strconv.Atoi(os.Getenv("COUNT"))`, and a default where nothing usable came out of it. */
const defaults: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['short_var_declaration', 'assignment_statement'],
  triggers: [', _ := ', ', _ = '],
  when: (node) => node.child('left')?.text.includes('_') === true,
  *check(node, ctx): Iterable<Verdict> {
    const [target, blank, ...others] = assignedExpressions(node);
    const [value, ...values] = assignedValues(node);
    if (target?.kind !== 'identifier' || blank === undefined || !isBlank(blank) || others.length + values.length > 0)
      return;
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    if (scope === null || types === null || value?.kind !== 'call_expression' || !isSettingParser(value, scope, types))
      return;
    const siblings = node.parent === null ? [] : syntaxChildren(node.parent);
    const next = siblings[siblings.findIndex(({ index }) => index === node.index) + 1];
    if (next === undefined || !setsDefault(next, target.text) || EXPLAINED.test(comments(next)) || isDocumented(node))
      return;
    yield { kind: 'fail', subject: node.span, message: 'setting', args: { call: calledName(value) } };
  },
};

export const goDetectors = [branches, defaults];
