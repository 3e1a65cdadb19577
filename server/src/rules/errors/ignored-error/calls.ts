/**
 * Calls whose error is dropped: standing alone, assigned to `_`, or started in a goroutine. What can be told from the
 * declaration is said at once; what depends on the workspace becomes a fact for the judge. Paths that have failed
 * already and drops that a comment explains are left alone.
 */
import type { Json } from '../../../core/model/json.ts';
import type { Span } from '../../../core/model/location.ts';
import type { Fix, FixEdit, Severity, Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineAnalysis, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { errorIndex } from '../../../knowledge/go/stdlib.ts';
import { chainContext, chainOf } from '../../../languages/go/chains.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { pendingValue } from '../../../languages/go/pending.ts';
import { zeroText } from '../../../languages/go/refusals.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledExpression,
  commentText,
  FUNCTION_KINDS,
  functionName,
  indentationOf,
  isBlank,
  isFunction,
  leadingComments,
  leadingCommentText,
  lineBreakOf,
  nilComparison,
  onlyChild,
  resultsOf,
  statementOf,
  statementsOf,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, typesAround } from '../../../languages/go/types.ts';
import { type Circumstances, type DropForm, isBestEffort, isPure, libraryDrop } from './policy.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** Words of a comment that says why the error does not matter. */
const EXPLAINED =
  /\b(?:ignor\w*|best[- ]effort|never|can(?:not|'t| not)|won'?t|always|safe to|no[- ]?op|intentional\w*|deliberate\w*|on purpose|nolint|errcheck|optional|don'?t care|do(?:es)?(?: not|n'?t) matter|not fatal|non-fatal|swallow\w*|discard\w*|harmless|(?:need(?: not|n'?t)|do(?: not|n'?t)|should(?: not|n'?t)|may|must not) .{0,20}fail)/i;

/** A sentence that denies something about errors: "errors from there should not reach the caller", "not worried about errors". */
const DENIED =
  /(?:\b(?:not|no|never|cannot|without|nothing|none)\b|n't\b)(?! nil)[^.;:]*\berr(?:or)?s?\b|\berr(?:or)?s?\b[^.;:]*(?:\b(?:not|never|cannot|nothing|none)\b|n't\b)(?! nil)/i;

function explains(comment: string): boolean {
  return EXPLAINED.test(comment) || DENIED.test(comment);
}

/** What the documentation of a function says when it drops errors on purpose. */
const DOCUMENTED =
  /\b(?:ignor|swallow|discard|suppress)\w*[^.]*\berr(?:or)?s?\b|\berr(?:or)?s?\b[^.]*\b(?:ignor|swallow|discard|suppress)\w*|\bif (?:an|any) errors? occurs?,? (?:false|nil|zero|0|an empty|the default)\b|\bbest[- ]effort\b/i;

/** Comment lines below a statement that nothing but the end of its block follows: they can only speak of the statement. */
const CLOSING_COMMENT = /^[^\r\n]*((?:\r?\n[ \t]*\/\/[^\r\n]*)+)\r?\n[ \t]*\}/;

/** Whether the comment of a declaration says that it drops errors on purpose. */
const isDocumented = defineAnalysis<GoNode, boolean>('ignored-error.documented', (declaration) =>
  DOCUMENTED.test(leadingCommentText(declaration).replaceAll('\n', ' ')),
);

/** Whether a comment at the statement, or at that whose head or declaration it is part of, says why its error does not matter. */
function isExplained(statement: GoNode, ctx: Context): boolean {
  if (isExplainedAt(statement, ctx)) return true;
  const parent = statement.parent;
  const isHead = statement.field === 'initializer' || statement.kind === 'var_spec';
  return (
    isHead && parent !== null && explains(leadingComments(parent).map(commentText).join(' ').replaceAll('\n', ' '))
  );
}

/** Whether a comment above, behind or closely below the statement says so. */
function isExplainedAt(statement: GoNode, ctx: Context): boolean {
  const { text } = statement.tree;
  if (!text.includes('//') && !text.includes('/*')) return false;
  const lineEnd = text.indexOf('\n', statement.end);
  const trailing = /\/[/*][^\r\n]*/.exec(text.slice(statement.end, lineEnd < 0 ? text.length : lineEnd))?.[0] ?? '';
  if (explains(trailing)) return true;
  if (explains(leadingComments(statement).map(commentText).join(' '))) return true;
  const owner = topLevelOf(statement);
  if (owner !== null && ctx.get(isDocumented, owner)) return true;
  const closing = lineEnd < 0 ? null : CLOSING_COMMENT.exec(text.slice(statement.end));
  return closing !== null && explains(closing[1]!.replace(/\s*\/\/\s*/g, ' '));
}

/** Whether the statement stands on a path that has failed already and is about to be left. */
export function isOnFailurePath(node: GoNode): boolean {
  for (let inner: GoNode | null = node; inner !== null; inner = inner.parent) {
    if (isFunction(inner)) return false;
    const parent: GoNode | null = inner.parent;
    if (parent?.kind !== 'if_statement' || inner.field !== 'consequence') continue;
    const condition = parent.child('condition');
    if (condition === null || !isFailureTest(condition)) continue;
    const last = statementsOf(inner).at(-1);
    if (last === undefined) continue;
    if (/^(?:return|continue|break|goto)_statement$/.test(last.kind)) return true;
    if (/^(?:panic|log\.Fatal|os\.Exit|\w+\.Fatal)/.test(last.text)) return true;
  }
  return false;
}

/** `err != nil`, alone or among others. */
function isFailureTest(condition: GoNode): boolean {
  for (const node of condition.descendants('binary_expression')) {
    const test = nilComparison(node);
    if (test !== null && !test.equal && /[eE]rr\w*$|^e$/.test(test.operand.text)) return true;
  }
  return false;
}

/** What a fix needs to check the error where the call stands. */
export type CheckPlan = {
  /** The statement that is replaced. */
  readonly start: number;
  readonly end: number;
  readonly call: string;
  readonly indent: string;
  readonly line: string;
  /** `return nil, ` in front of the error. */
  readonly leave: string;
  /** The used results of a partial drop with their `:=`; '' otherwise. */
  readonly targets: string;
};

/** How the function around the call returns the error `err`; null when it does not, or its other results are unknown. */
function leaveText(call: GoNode, types: GoTypes): string | null {
  const owner = call.ancestor(...FUNCTION_KINDS);
  if (owner === null) return null;
  const results = resultsOf(owner).map((result) => types.typeText(result.type));
  if (results.at(-1) !== 'error') return null;
  const zeros = results.slice(0, -1).map(zeroText);
  return zeros.includes(null) ? null : `return ${zeros.map((zero) => `${zero}, `).join('')}`;
}

/** Writes the check; `results` is how many results the call has. */
export function checkFix(plan: CheckPlan, results: number): Fix {
  const { line, indent } = plan;
  const body = `${line}${indent}\t${plan.leave}err${line}${indent}}`;
  const blanks = '_, '.repeat(Math.max(0, results - 1));
  const newText =
    plan.targets === ''
      ? `if ${blanks}err := ${plan.call}; err != nil {${body}`
      : `${plan.targets} ${plan.call}${line}${indent}if err != nil {${body}`;
  const span: Span = { start: plan.start, end: plan.end };
  const edits: FixEdit[] = [{ kind: 'replace', span, newText }];
  return { title: 'Return the error', safety: 'suggestion', preferred: true, edits };
}

function planOf(statement: GoNode, call: GoNode, form: DropForm, types: GoTypes, scope: GoScope): CheckPlan | null {
  if (form === 'go' || form === 'defer' || statement.parent?.kind !== 'statement_list') return null;
  const leave = leaveText(call, types);
  if (leave === null || /[\r\n]/.test(statement.tree.text.slice(statement.start, call.start))) return null;
  const targets = form === 'partial' ? namingError(statement, scope) : '';
  if (targets === null) return null;
  return {
    start: statement.start,
    end: statement.end,
    call: call.text,
    indent: indentationOf(statement),
    line: lineBreakOf(statement),
    leave,
    targets,
  };
}

/** The targets of a partial drop with `err` in place of the last one; null where it cannot have that name. */
function namingError(statement: GoNode, scope: GoScope): string | null {
  const targets = assignedExpressions(statement);
  const last = targets.at(-1)!;
  const named = scope.bindings.some((binding) => binding.name === 'err' && binding.kind !== 'variable');
  if (statement.kind !== 'short_var_declaration' || !isBlank(last) || named) return null;
  const names = targets.slice(0, -1).map((target) => target.text);
  return `${[...names, 'err'].join(', ')} :=`;
}

/** A dropped error whose callee only the workspace knows. */
export type PendingDrop = {
  /** What is known: see `circumstances`. */
  readonly how: Pick<Circumstances, 'form' | 'owner'> & Partial<Circumstances>;
  readonly name: string;
  /** Positions of the results that are assigned to `_`. */
  readonly blanks: readonly number[];
  /** How many values are assigned; 0 when the call stands alone. */
  readonly count: number;
  readonly plan?: CheckPlan;
};

export const DROP_FACT = 'ignored-error.drop';
/** A drop that matters only below a version of Go, which is its key. */
export const VERSION_FACT = 'ignored-error.before';

/** Whether the last error among the results is dropped, and no other one is kept. */
export function isErrorDropped(results: readonly (string | null)[], blanks: readonly number[], count: number): boolean {
  if (count === 0) return errorIndex(results) >= 0;
  if (count !== results.length || !blanks.includes(errorIndex(results))) return false;
  return results.every((type, position) => type !== 'error' || blanks.includes(position));
}

function shortened(text: string): string {
  return text.length > 40 ? text.slice(0, 40) : text;
}

/** A literal, or a name that belongs to a package: what it means is decided before the program runs. */
function isConstant(argument: GoNode, types: GoTypes, scope: GoScope): boolean {
  const inner = unparenthesized(argument);
  if (/_literal$|^(?:nil|true|false)$/.test(inner.kind) && inner.kind !== 'composite_literal') return true;
  if (inner.kind === 'identifier')
    return scope.bindingOf(inner)?.kind === 'constant' || scope.bindingOf(inner) === null || isListed(inner, scope);
  const operand = inner.kind === 'selector_expression' ? inner.child('operand') : null;
  return operand !== null && types.packageOf(operand) !== null;
}

/** Whether a variable goes through a list of literals: `for _, cidr := range []string{"10.0.0.0/8"}`. */
function isListed(name: GoNode, scope: GoScope): boolean {
  const clause = scope.bindingOf(name)?.node.ancestor('range_clause') ?? null;
  const over = clause?.child('right') ?? null;
  let list = over === null ? null : unparenthesized(over);
  if (list?.kind === 'identifier') {
    const binding = scope.bindingOf(list);
    const statement = binding?.node.parent?.parent ?? null;
    const values = statement?.kind === 'short_var_declaration' ? assignedValues(statement) : [];
    // Only what is never changed is still what it was.
    const isRead = binding?.uses.every(
      (use) => use.parent?.kind === 'range_clause' || use.parent?.parent?.child('function')?.text === 'len',
    );
    list = values.length === 1 && isRead === true ? values[0]! : null;
  }
  if (list?.kind !== 'composite_literal') return false;
  const elements = list.child('body')?.namedChildren ?? [];
  return elements.length > 0 && elements.every(({ text }) => /^(?:"[^"]*"|`[^`]*`|\d+)$/.test(text));
}

/** Type of `w` in `json.NewEncoder(w)`, also when the encoder has a name. */
function sinkOf(receiver: GoNode, types: GoTypes, scope: GoScope): string | null {
  let encoder: GoNode | null = unparenthesized(receiver);
  if (encoder.kind === 'identifier') {
    const statement = scope.bindingOf(encoder)?.node.parent?.parent ?? null;
    const values = statement?.kind === 'short_var_declaration' ? assignedValues(statement) : [];
    encoder = values.length === 1 ? values[0]! : null;
  }
  if (encoder?.kind !== 'call_expression') return null;
  const callee = types.calleeOf(encoder);
  if (callee.kind !== 'package' || callee.name !== 'NewEncoder') return null;
  const [sink] = callArguments(encoder);
  return sink === undefined ? null : types.typeOf(sink);
}

function circumstancesOf(call: GoNode, form: DropForm, types: GoTypes, scope: GoScope): Circumstances {
  const list = callArguments(call);
  const [first, second] = list;
  const callee = calledExpression(call);
  const receiver = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
  return {
    form,
    firstType: first === undefined ? null : types.typeOf(first),
    secondType: second === undefined ? null : types.typeOf(second),
    firstText: first === undefined ? '' : shortened(first.text),
    receiverText: receiver === null ? '' : shortened(receiver.text),
    sinkType: receiver === null ? null : sinkOf(receiver, types, scope),
    constant: list.length > 0 && list.every((argument) => isConstant(argument, types, scope)),
    owner: declaredName(call),
  };
}

/** What is known: most calls have nothing to say for most of it, and a large workspace has many. */
function known(how: Circumstances): PendingDrop['how'] {
  const known: { -readonly [K in keyof Circumstances]?: Circumstances[K] } = { form: how.form };
  if (how.firstType) known.firstType = how.firstType;
  if (how.secondType) known.secondType = how.secondType;
  if (how.firstText) known.firstText = how.firstText;
  if (how.receiverText) known.receiverText = how.receiverText;
  if (how.sinkType) known.sinkType = how.sinkType;
  if (how.constant) known.constant = true;
  known.owner = how.owner;
  return known as PendingDrop['how'];
}

export function circumstances({ how }: PendingDrop): Circumstances {
  return {
    firstType: null,
    secondType: null,
    firstText: '',
    receiverText: '',
    sinkType: null,
    constant: false,
    ...how,
  };
}

export const MESSAGES: Readonly<Record<DropForm, string>> = {
  statement: 'dropped',
  blank: 'blanked',
  partial: 'used',
  go: 'goroutine',
  defer: 'dropped',
};

interface Drop {
  readonly statement: GoNode;
  readonly call: GoNode;
  readonly form: DropForm;
  readonly subject: Span;
  /** Positions of the blank targets; empty when the call stands alone. */
  readonly blanks: readonly number[];
  readonly count: number;
}

function* examine(drop: Drop, ctx: Context): Iterable<Verdict> {
  const { statement, call, form } = drop;
  const types = typesAround(ctx, call);
  const scope = scopeAround(ctx, call);
  if (types === null || scope === null) return;
  const callee = types.calleeOf(call);
  if (callee.kind === 'builtin' || callee.kind === 'conversion' || callee.kind === 'unknown') return;
  const name = callee.kind === 'literal' ? 'func' : callee.name;
  const results = types.resultTypesOf(call);
  const id = calleeId(callee);
  if (results !== null) {
    if (form === 'statement' && isPure(id)) {
      yield { kind: 'fail', subject: drop.subject, message: 'pure', args: { call: name } };
      return;
    }
    if (!isErrorDropped(results, drop.blanks, drop.count)) return;
    const how = circumstancesOf(call, form, types, scope);
    // The signature of a literal may be asked for by somebody else.
    const severity = callee.kind === 'literal' ? null : libraryDrop(id, how);
    if (severity === null || isExplained(statement, ctx) || isOnFailurePath(statement)) return;
    const plan = planOf(statement, call, form, types, scope);
    const verdict = failure(drop.subject, form, name, severity, plan === null ? [] : [checkFix(plan, results.length)]);
    // From Go 1.24 on, it ends the program rather than to return an error.
    if (id === 'crypto/rand.Read') yield fact(VERSION_FACT, '1.24', pendingValue(verdict), drop.subject);
    else yield verdict;
    return;
  }
  if (callee.kind === 'package' && !callee.path.includes('.')) return;
  if (callee.kind === 'literal' || isBestEffort(name) || form === 'defer' || form === 'go') return;
  const called = calledExpression(call);
  const chain = called === null ? null : chainOf(called, chainContext(scope, types));
  if (chain === null || isExplained(statement, ctx) || isOnFailurePath(statement)) return;
  const how = circumstancesOf(call, form, types, scope);
  const plan = planOf(statement, call, form, types, scope);
  const value: PendingDrop = {
    how: known(how),
    name,
    blanks: drop.blanks,
    count: drop.count,
    ...(plan === null ? {} : { plan }),
  };
  yield fact(DROP_FACT, chain, value as unknown as Json, drop.subject);
}

export function failure(
  subject: Span,
  form: DropForm,
  name: string,
  severity: Severity,
  fixes: readonly Fix[],
): Extract<Verdict, { kind: 'fail' }> {
  return { kind: 'fail', subject, message: MESSAGES[form], args: { call: name }, severity, fixes };
}

/** `f()` and `go f()` */
export const statements: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['expression_statement', 'go_statement'],
  when: (node) => onlyChild(node)?.kind === 'call_expression',
  *check(node, ctx): Iterable<Verdict> {
    const call = onlyChild(node)!;
    const form = node.kind === 'go_statement' ? 'go' : 'statement';
    yield* examine({ statement: node, call, form, subject: call.span, blanks: [], count: 0 }, ctx);
  },
};

function targetsOf(node: GoNode): readonly GoNode[] {
  return node.kind === 'var_spec' ? node.childrenOf('name').filter((name) => name.isNamed) : assignedExpressions(node);
}

/** `_ = f()`, `x, _ := f()` */
export const assignments: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['short_var_declaration', 'assignment_statement', 'var_spec'],
  triggers: ['_'],
  when: (node) => targetsOf(node).some(isBlank),
  *check(node, ctx): Iterable<Verdict> {
    const targets = targetsOf(node);
    const blanks = targets.flatMap((target, position) => (isBlank(target) ? [position] : []));
    const list = node.kind === 'var_spec' ? node.child('value') : null;
    const values = node.kind === 'var_spec' ? (list === null ? [] : list.namedChildren) : assignedValues(node);
    const call = values.length === 1 ? unparenthesized(values[0]!) : null;
    if (call?.kind !== 'call_expression') return;
    const form = blanks.length === targets.length ? 'blank' : 'partial';
    if (form === 'partial' && isResultAsked(node, targets)) return;
    const statement = statementOf(node) ?? topLevelOf(node) ?? node;
    // What an `if` or `switch` begins with is not a statement of its own.
    const own = statement.contains(node) && statement.kind === node.kind ? statement : node;
    yield* examine({ statement: own, call, form, subject: node.span, blanks, count: targets.length }, ctx);
  },
};

/** `img, _ := load(); if img == nil { ... }`: a result that is missing is seen to, which is what the error would say. */
function isResultAsked(node: GoNode, targets: readonly GoNode[]): boolean {
  const next = node.nextSibling?.isNamed === false ? node.nextSibling.nextSibling : node.nextSibling;
  const condition =
    next?.kind === 'if_statement' && next.child('initializer') === null ? next.child('condition') : null;
  const test = condition == null ? null : nilComparison(condition);
  return test?.equal === true && targets.some((target) => target.text === test.operand.text);
}

/** Name of the declaration around a node, '' for none. */
function declaredName(node: GoNode): string {
  const declaration = topLevelOf(node);
  return declaration === null ? '' : functionName(declaration);
}
