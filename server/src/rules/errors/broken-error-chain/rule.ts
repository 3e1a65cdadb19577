/**
 * Errors whose cause gets lost: formatted into a new error without `%w`, turned into text, replaced by constant text
 * behind a loop of attempts, or compared by `==` although they are wrapped somewhere. Only values that are certainly
 * errors count, and a comparison only where wrapping is proven or documented.
 */

import type { Json } from '../../../core/model/json.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, FixEdit, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { errorOfMessage, formatVerbs, isErrorValue } from '../../../languages/go/errorValues.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoBinding, type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledExpression,
  calledName,
  FUNCTION_KINDS,
  isAssigned,
  leadingCommentText,
  nilComparison,
  operatorOf,
  selectorPath,
  statementOf,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../../languages/go/types.ts';
import { pythonDetectors } from './python.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** Words of a comment that says the cause is left out on purpose. */
const DELIBERATE =
  /\b(?:hid(?:e|es|ing|den)|opaque|leak\w*|expos\w*|sensitive|deliberate\w*|intentional\w*|on purpose|not? wrap\w*|don'?t wrap|un-?wrap\w*|sanitiz\w*|errorlint)\b/i;

function isDeliberate(node: GoNode): boolean {
  const statement = statementOf(node);
  if (statement === null) return false;
  const { text } = node.tree;
  const line = text.slice(node.end, text.indexOf('\n', node.end) < 0 ? text.length : text.indexOf('\n', node.end));
  const trailing = /\/\/[^\r\n]*/.exec(line)?.[0] ?? '';
  return DELIBERATE.test(trailing) || DELIBERATE.test(leadingCommentText(statement));
}

/** Functions that print what they are given, or send its text to somebody who cannot ask for the cause. */
const TEXT_SINK =
  /(?:^|[a-z_])Log(?:[A-Z]\w*)?$|^log[A-Z]?\w*$|^(?:Print|Fatal|Debug|Info|Warn|Error|Trace|Notice)\w*$|^[wW]rite\w*|^[rR](?:espond|eply)\w*|^[sS]end\w*Err\w*|^[hH]ttpError$/;

/** Whether the new error is only printed or turned into text, so that nobody could ask for its cause. */
function endsAsText(call: GoNode, types: GoTypes): boolean {
  const parent = call.parent;
  if (parent?.kind === 'selector_expression') return parent.child('field')?.text === 'Error';
  if (parent?.kind !== 'argument_list' || parent.parent?.kind !== 'call_expression') return false;
  const callee = types.calleeOf(parent.parent);
  if (callee.kind === 'package' && (callee.path === 'log' || callee.path === 'fmt')) return true;
  return 'name' in callee && TEXT_SINK.test(callee.name);
}

/** `expected %q, got %v`: a report about an error, which is not its cause. */
const REPORT = /\b(?:got|want(?:ed)?|expect(?:ed)?|actual)\b/i;

/** Nearest condition around the node which proves that the error is not nil: `if err != nil { ... }`. */
function isCheckedError(error: GoNode, use: GoNode): boolean {
  const { text } = error;
  for (let node: GoNode | null = use; node !== null; node = node.parent) {
    const parent: GoNode | null = node.parent;
    if (parent?.kind !== 'if_statement' || node.field !== 'consequence') continue;
    const open = [parent.child('condition')];
    for (let test = open.pop(); test !== undefined; test = open.pop()) {
      if (test === null) continue;
      const inner = unparenthesized(test);
      const comparison = nilComparison(inner);
      if (comparison !== null && !comparison.equal && comparison.operand.text === text) return true;
      if (inner.kind === 'binary_expression' && operatorOf(inner) === '&&') {
        open.push(inner.child('left'), inner.child('right'));
      }
    }
  }
  return false;
}

interface LostVerb {
  /** Place of the letter that should be `w`. */
  readonly at: number;
  readonly argument: GoNode;
  readonly error: GoNode;
}

const errorf: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Errorf'],
  calls: (name) => name === 'Errorf',
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const target = types.calleeOf(node);
    if (target.kind !== 'package' || target.path !== 'fmt') return;
    const [format, ...values] = callArguments(node);
    if (format === undefined || values.length === 0 || values.at(-1)!.kind === 'variadic_argument') return;
    const verbs = formatVerbs(format);
    if (verbs === null) return;
    const lost: LostVerb[] = [];
    let wrapped = 0;
    for (const [position, verb] of verbs.entries()) {
      const argument = values[position];
      if (argument === undefined) break;
      if (verb.letter === 'w') wrapped++;
      if ((verb.letter !== 'v' && verb.letter !== 's') || verb.flags !== '') continue;
      const message = errorOfMessage(argument);
      const error = message ?? unparenthesized(argument);
      if (isErrorValue(error, scope, types)) lost.push({ at: verb.at, argument, error });
    }
    if (wrapped > 0) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (lost.length === 0 || REPORT.test(format.text) || endsAsText(node, types) || isDeliberate(node)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: lost.length === 1 ? 'formatted' : 'formattedAll',
      args: { error: lost[0]!.error.text },
      fixes: [wrapFix(lost, node)],
    };
  },
};

function wrapFix(lost: readonly LostVerb[], call: GoNode): Fix {
  const edits = lost.flatMap(({ at, argument, error }): FixEdit[] => [
    { kind: 'replace', span: { start: at, end: at + 1 }, newText: 'w' },
    ...(argument.index === error.index || errorOfMessage(argument) === null
      ? []
      : [{ kind: 'replace', span: argument.span, newText: error.text } as const]),
  ]);
  // `%w` prints a nil error differently, and more than one needs Go 1.20.
  const safe = lost.length === 1 && isCheckedError(lost[0]!.error, call);
  return {
    title: lost.length === 1 ? `Wrap ${lost[0]!.error.text} with %w` : 'Wrap the errors with %w (Go 1.20)',
    safety: safe ? 'safe' : 'suggestion',
    preferred: true,
    edits,
  };
}

/** `errors.New(err.Error())`, `errors.New("..." + err.Error())`, `errors.New(fmt.Sprintf("... %v", err))` */
const errorsNew: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['errors.New'],
  calls: (name) => name === 'New',
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const target = types.calleeOf(node);
    if (target.kind !== 'package' || target.path !== 'errors') return;
    const [text, ...more] = callArguments(node);
    if (text === undefined || more.length > 0) return;
    const lost = lostInText(unparenthesized(text), scope, types, ctx.file.header);
    if (lost === null || endsAsText(node, types) || isDeliberate(node)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'asText',
      args: { error: lost.error.text },
      fixes:
        lost.replacement === null
          ? []
          : [
              {
                title: 'Wrap the error with fmt.Errorf and %w',
                safety: 'suggestion',
                preferred: true,
                edits: [
                  { kind: 'replace', span: node.span, newText: lost.replacement },
                  { kind: 'import', add: ['fmt'], remove: ['errors'] },
                ],
              },
            ],
    };
  },
};

/** The error that a text is made of, and the call that would wrap it; null when the text holds none. */
function lostInText(
  text: GoNode,
  scope: GoScope,
  types: GoTypes,
  header: GoHeader,
): { readonly error: GoNode; readonly replacement: string | null } | null {
  const fmt = localNameOf(header, 'fmt') ?? 'fmt';
  const direct = errorOfMessage(text);
  if (direct !== null) return isErrorValue(direct, scope, types) ? { error: direct, replacement: null } : null;
  if (text.kind === 'binary_expression') return lostInConcatenation(text, scope, types, fmt);
  if (text.kind !== 'call_expression') return null;
  const callee = types.calleeOf(text);
  if (callee.kind !== 'package' || callee.path !== 'fmt' || callee.name !== 'Sprintf') return null;
  const [format, ...values] = callArguments(text);
  const verbs = format === undefined ? null : formatVerbs(format);
  if (verbs === null) return null;
  for (const [position, verb] of verbs.entries()) {
    const argument = values[position];
    if (argument === undefined || !/^[vs]$/.test(verb.letter) || verb.flags !== '') continue;
    const error = errorOfMessage(argument) ?? unparenthesized(argument);
    if (!isErrorValue(error, scope, types)) continue;
    const list = text.child('arguments')!;
    const source = list.text;
    const from = verb.at - list.start;
    const rest =
      source.slice(from + 1, argument.start - list.start) + error.text + source.slice(argument.end - list.start);
    return { error, replacement: `${fmt}.Errorf${source.slice(0, from)}w${rest}` };
  }
  return null;
}

/** `"open " + name + ": " + err.Error()` */
function lostInConcatenation(
  text: GoNode,
  scope: GoScope,
  types: GoTypes,
  fmt: string,
): { readonly error: GoNode; readonly replacement: string | null } | null {
  const operands: GoNode[] = [];
  let inner = text;
  while (inner.kind === 'binary_expression' && operatorOf(inner) === '+') {
    const left = inner.child('left');
    const right = inner.child('right');
    if (left === null || right === null) return null;
    operands.push(right);
    inner = left;
  }
  operands.push(inner);
  operands.reverse();
  const errors = operands.map(errorOfMessage).filter((error) => error !== null && isErrorValue(error, scope, types));
  const [error] = errors;
  if (error === undefined || error === null) return null;
  let format = '';
  const values: string[] = [];
  for (const operand of operands) {
    if (operand.kind === 'interpreted_string_literal' && !operand.text.includes('%')) {
      format += operand.text.slice(1, -1);
    } else if (errorOfMessage(operand)?.index === error.index) {
      format += '%w';
      values.push(error.text);
    } else if (/^(?:identifier|selector_expression|call_expression)$/.test(operand.kind)) {
      format += '%s';
      values.push(operand.text);
    } else return { error, replacement: null };
  }
  const replacement = `${fmt}.Errorf("${format}", ${values.join(', ')})`;
  return { error, replacement: errors.length > 1 || replacement.includes('\n') ? null : replacement };
}

/**
 * Errors that are documented to come wrapped, or whose documentation asks for errors.Is. `io.EOF`,
 * `http.ErrServerClosed` and the like are documented to be returned as they are.
 */
const WRAPPED_BY_LIBRARIES: Readonly<Record<string, RegExp>> = {
  os: /^Err(?:NotExist|Exist|Permission|Closed|Invalid|NoDeadline|DeadlineExceeded)$/,
  'io/fs': /^Err(?:NotExist|Exist|Permission|Closed|Invalid)$/,
  'os/exec': /^ErrNotFound$/,
  net: /^ErrClosed$/,
  strconv: /^Err(?:Syntax|Range)$/,
  context: /^(?:Canceled|DeadlineExceeded)$/,
  'gorm.io/gorm': /^Err/,
  'go.mongodb.org/mongo-driver/mongo': /^ErrNoDocuments$/,
  'github.com/jackc/pgx/v5': /^ErrNoRows$/,
  'github.com/jackc/pgx/v4': /^ErrNoRows$/,
};

interface Sentinel {
  readonly name: string;
  /** Import path; '' for the package itself. */
  readonly path: string;
}

/** A package-level error variable by its name: `ErrX`, `errX` or `pkg.ErrX`. */
function sentinelOf(expression: GoNode, scope: GoScope, types: GoTypes): Sentinel | null {
  const inner = unparenthesized(expression);
  if (inner.kind === 'identifier') {
    if (!/^[eE]rr[A-Z_]/.test(inner.text) || scope.bindingOf(inner) !== null) return null;
    return { name: inner.text, path: '' };
  }
  if (inner.kind !== 'selector_expression') return null;
  const operand = inner.child('operand');
  const name = inner.child('field')?.text ?? '';
  const path = operand === null ? null : types.packageOf(operand);
  if (path === null) return null;
  return /^Err[A-Z_]/.test(name) || name === 'Canceled' || name === 'DeadlineExceeded' ? { name, path } : null;
}

type Comparison = {
  readonly path: string;
  /** Whether libraries are documented to wrap it. */
  readonly documented: boolean;
  readonly text: string;
  /** Text of the comparison with errors.Is; null when the package `errors` cannot be used under its name. */
  readonly fixed: string | null;
  readonly importErrors: boolean;
};

const comparison: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['binary_expression'],
  triggers: ['Err', 'err', 'Canceled', 'DeadlineExceeded'],
  when: (node) => /^[=!]=$/.test(operatorOf(node)) && node.childOfKind('nil') === null,
  *check(node, ctx): Iterable<Verdict> {
    const operator = operatorOf(node);
    const left = node.child('left');
    const right = node.child('right');
    if (left === null || right === null) return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const inOrder = sentinelOf(right, scope, types);
    const sentinel = inOrder ?? sentinelOf(left, scope, types);
    const error = inOrder !== null ? left : right;
    if (sentinel === null || !isErrorValue(error, scope, types)) return;
    // What a context says of itself is never wrapped.
    if (sentinel.path === 'context' && comesFromContext(error, scope)) return;
    if (isUnwrapped(error, scope)) return;
    if (/^(?:bool )?Is$/.test(node.ancestor(...FUNCTION_KINDS)?.child('name')?.text ?? '')) return;
    const documented = WRAPPED_BY_LIBRARIES[sentinel.path]?.test(sentinel.name) === true;
    if (sentinel.path !== '' && !sentinel.path.includes('.') && !documented) return;
    const local = errorsPackage(ctx, scope);
    const text = inOrder !== null ? right.text : left.text;
    const call = local === null ? null : `${local.name}.Is(${error.text}, ${text})`;
    const value: Comparison = {
      path: sentinel.path,
      documented,
      text: node.text,
      fixed: call === null ? null : operator === '==' ? call : `!${call}`,
      importErrors: local?.add === true,
    };
    yield fact('broken-error-chain.comparison', sentinel.name, value as unknown as Json, node);
  },
};

/** Whether the error is `ctx.Err()` or was taken from it. */
function comesFromContext(error: GoNode, scope: GoScope): boolean {
  const isContextError = (node: GoNode | null): boolean => /(?:^|\.)Err\(\)$|context\.Cause\(/.test(node?.text ?? '');
  const inner = unparenthesized(error);
  if (isContextError(inner)) return true;
  const binding = inner.kind === 'identifier' ? scope.bindingOf(inner) : null;
  if (binding === null) return false;
  return [binding.node, ...binding.uses].some((name) => {
    const statement = name.parent?.parent;
    return isAssigned(name) && isContextError(statement?.child('right') ?? null);
  });
}

/** Whether the error is what is left when all wrapping has been taken off: `errors.Cause(err)`, `unwrapAll(err)`. */
function isUnwrapped(error: GoNode, scope: GoScope): boolean {
  const takesOff = (node: GoNode | null): boolean => {
    const inner = node === null ? null : unparenthesized(node);
    return inner?.kind === 'call_expression' && /unwrap|cause$/i.test(inner.child('function')?.text ?? '');
  };
  const inner = unparenthesized(error);
  if (takesOff(inner)) return true;
  const binding = inner.kind === 'identifier' ? scope.bindingOf(inner) : null;
  return (
    binding !== null &&
    [binding.node, ...binding.uses].some((name) => isAssigned(name) && takesOff(assignedValueOf(name)))
  );
}

/** The only value that is assigned together with a name, or null. */
function assignedValueOf(name: GoNode): GoNode | null {
  const right = name.parent?.parent?.child('right') ?? null;
  const values = right === null ? [] : syntaxChildren(right);
  return values.length === 1 ? values[0]! : null;
}

/** Name of a package with `Is` in the file, or the standard one to be imported; null when its name is taken. */
function errorsPackage(ctx: Context, scope: GoScope): { readonly name: string; readonly add: boolean } | null {
  const { header } = ctx.file;
  const known = localNameOf(header, 'errors') ?? localNameOf(header, 'github.com/pkg/errors');
  const name = known ?? 'errors';
  if (scope.bindings.some((binding) => binding.name === name)) return null;
  if (known !== null) return { name, add: false };
  return header.imports.some((item) => item.name === 'errors') ? null : { name, add: true };
}

const WRAPPING_FUNCTIONS = /^(?:Wrap|Wrapf|WithMessage|WithMessagef|WithStack|Join)$/;

/** Where a sentinel is wrapped: `fmt.Errorf("%w: ...", ErrX)`, `errors.Join(ErrX, err)`, `errors.Wrap(ErrX, "...")`. */
const wrapping: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Errorf', 'Wrap', 'WithMessage', 'WithStack', 'Join'],
  calls: (name) => name === 'Errorf' || WRAPPING_FUNCTIONS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const formats = calledName(node) === 'Errorf';
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const target = types.calleeOf(node);
    if (target.kind !== 'package' || !/(?:^|\/)(?:fmt|errors|xerrors)$/.test(target.path)) return;
    let candidates = callArguments(node);
    if (formats) {
      const [format, ...values] = candidates;
      const verbs = format === undefined ? null : formatVerbs(format);
      candidates = verbs === null ? [] : values.filter((_value, position) => verbs[position]?.letter === 'w');
    }
    for (const candidate of candidates) {
      const sentinel = sentinelOf(candidate, scope, types);
      if (sentinel !== null) yield fact('broken-error-chain.wrapped', sentinel.name, sentinel.path, node);
    }
  },
};

/** Whether two mentions of a sentinel, each with the import path under which it is known there, mean the same one. */
function isSameSentinel(a: Fact, aPath: string, b: Fact, bPath: string): boolean {
  const [aDirectory, bDirectory] = [directoryOf(a.place.path), directoryOf(b.place.path)];
  if (aPath === '' && bPath === '') return aDirectory === bDirectory;
  if (aPath !== '' && bPath !== '') return aPath === bPath;
  const [path, directory] = aPath === '' ? [bPath, aDirectory] : [aPath, bDirectory];
  return directory !== '' && path.endsWith(`/${directory}`);
}

/** An error that is made of constant text alone: `errors.New("...")`, `fmt.Errorf("...")`. */
function isConstantError(expression: GoNode, types: GoTypes): boolean {
  const inner = unparenthesized(expression);
  if (inner.kind !== 'call_expression') return false;
  const callee = types.calleeOf(inner);
  if (callee.kind !== 'package') return false;
  const [text, ...more] = callArguments(inner);
  if (text === undefined || more.length > 0 || !/_string_literal$/.test(text.kind)) return false;
  return (callee.path === 'errors' && callee.name === 'New') || (callee.path === 'fmt' && callee.name === 'Errorf');
}

const constantError: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['return_statement'],
  triggers: ['errors.New(', 'fmt.Errorf('],
  *check(node, ctx): Iterable<Verdict> {
    const list = node.childOfKind('expression_list');
    const last = list === null ? undefined : syntaxChildren(list).at(-1);
    if (last?.kind !== 'call_expression' || node.parent?.kind !== 'statement_list') return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null || !isConstantError(last, types)) return;
    let before = node.previousSibling;
    while (before !== null && (!before.isNamed || before.kind === 'comment')) before = before.previousSibling;
    if (before === null || isDeliberate(last)) return;
    if (before.kind === 'for_statement') {
      const lost = attemptedIn(before, scope, types);
      if (lost === null) return;
      yield {
        kind: 'fail',
        subject: last.span,
        message: 'attempts',
        args: { error: lost.name },
        related: [{ span: lost.node.span, message: 'The error of the last attempt.' }],
      };
    } else if (isRecording(before)) {
      yield {
        kind: 'fail',
        subject: last.span,
        message: 'recorded',
        related: [{ span: before.span, message: 'What went wrong is recorded here.' }],
      };
    }
  },
};

/**
 * The error variable of a loop that tries one thing after the other and returns at the first success, when nothing is
 * done with it but to compare it with nil.
 */
function attemptedIn(loop: GoNode, scope: GoScope, types: GoTypes): GoBinding | null {
  const block = loop.child('body');
  if (block === null) return null;
  const statements = statementsOf(block);
  for (const [position, statement] of statements.entries()) {
    if (statement.kind !== 'if_statement' || statement.child('alternative') !== null) continue;
    const condition = statement.child('condition');
    const test = condition === null ? null : nilComparison(condition);
    const consequence = statement.child('consequence');
    if (test === null || consequence === null || !isErrorValue(test.operand, scope, types)) continue;
    const succeeds = test.equal
      ? statementsOf(consequence).at(-1)?.kind === 'return_statement'
      : statementsOf(consequence).at(-1)?.kind === 'continue_statement' &&
        statements.slice(position + 1).every((next) => next.kind !== 'if_statement') &&
        statements.at(-1)!.kind === 'return_statement';
    if (!succeeds) continue;
    const binding = test.operand.kind === 'identifier' ? scope.bindingOf(test.operand) : null;
    if (binding === null || !loop.contains(binding.node)) continue;
    const isDropped = binding.uses.every(
      (use) => isAssigned(use) || (use.parent?.kind === 'binary_expression' && nilComparison(use.parent) !== null),
    );
    if (isDropped) return binding;
  }
  return null;
}

const RECORDER =
  /^(?:add|append|record|collect|push|report)(?:[A-Z]\w*)?(?:Err|Error|Errors|Failure|Violation|Issue)$/i;

/** `v.addError("field", "value is missing")`: a cause that the error behind it does not mention. */
function isRecording(statement: GoNode): boolean {
  const call = statement.kind === 'expression_statement' ? syntaxChildren(statement)[0] : undefined;
  if (call?.kind !== 'call_expression') return false;
  const path = selectorPath(calledExpression(call) ?? call) ?? '';
  if (!RECORDER.test(path.slice(path.lastIndexOf('.') + 1))) return false;
  return callArguments(call).some((argument) => /_string_literal$/.test(argument.kind) && argument.text.includes(' '));
}

export const rule = defineRule({
  id: 'broken-error-chain',
  title: 'Cause of an error lost',
  category: 'errors',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A new error is made of an old one without `%w`, or of constant text although the cause is at hand; or an error that is wrapped on its way is compared by `==`. In Python: an `except` clause raises another exception without `from`, or logs any error as text without its traceback.',
    why: 'Callers can no longer ask `errors.Is` or `errors.As` for the cause, so they cannot tell a time-out from a wrong password, and a log line that reads "all attempts failed" sends whoever is on call looking in the dark. A comparison by `==` stops matching the day someone adds context to the error. A log line without a traceback names the symptom and not the place.',
    howToFix:
      'Keep the last error of a loop of attempts and give it as the cause of the final one. Where the cause must not reach the caller, say so in a comment.',
    howToFixIn: {
      go: 'Format the cause with `%w`: `fmt.Errorf("read config: %w", err)`, and compare with `errors.Is(err, ErrX)`.',
      python: 'Write `raise ... from err` (or `from None`), and `logger.exception` where it is logged.',
    },
    refs: ['CWE-755', 'errorlint', 'https://go.dev/blog/go1.13-errors', 'ruff B904', 'ruff TRY400'],
  },
  messages: {
    formatted: 'The new error does not wrap {error}; format it with %w so that callers can ask for the cause.',
    formattedAll: 'The new error does not wrap its causes; format each of them with %w (Go 1.20) or use errors.Join.',
    asText: 'The new error keeps only the text of {error}; wrap it with fmt.Errorf and %w.',
    attempts: 'The error of the last attempt ({error}) is dropped for a constant text; keep it and wrap it with %w.',
    recorded: 'This constant error leaves out the cause that was recorded just before; put it into the text.',
    raised: 'The new exception does not name {error} as its cause; raise it from {error}, or from None.',
    logged: 'Only the text of {error} is logged, and any kind of failure ends here; log it with its traceback.',
    compared: '{sentinel} may come wrapped, and then this comparison fails; use errors.Is.',
  },
  fix: 'sometimes',
  on: { go: [errorf, errorsNew, comparison, wrapping, constantError], python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: ['broken-error-chain.comparison'],
    *judge(facts): Iterable<WorkspaceVerdict> {
      for (const found of facts.get('broken-error-chain.comparison')) {
        if (facts.role(found.place.path) !== 'production') continue;
        const value = found.value as unknown as Comparison;
        const wrapped = facts
          .lookup('broken-error-chain.wrapped', found.key)
          .find(
            (item) =>
              facts.role(item.place.path) === 'production' &&
              isSameSentinel(found, value.path, item, item.value as string),
          );
        if (wrapped === undefined && !value.documented) continue;
        const fix: Fix[] =
          value.fixed === null
            ? []
            : [
                {
                  title: 'Compare with errors.Is',
                  safety: 'safe',
                  preferred: true,
                  edits: [
                    { kind: 'replaceAt', place: found.place, newText: value.fixed },
                    ...(value.importErrors ? [{ kind: 'import', add: ['errors'] } as const] : []),
                  ],
                },
              ];
        yield {
          kind: 'fail',
          subject: found.place,
          message: 'compared',
          args: { sentinel: found.key },
          related: wrapped === undefined ? [] : [{ place: wrapped.place, message: 'It is wrapped here.' }],
          fixes: fix,
        };
      }
    },
  },
});
