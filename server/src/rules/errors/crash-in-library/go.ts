/**
 * Calls that end the process, or panic because of an error, in Go code that is not the program's entry: libraries,
 * constructors, goroutines and request handlers. Panics about the mistakes of programmers are assertions and stay silent.
 */
import type { Severity, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { handlerAround } from '../../../knowledge/go/handlers.ts';
import { isErrorValue } from '../../../languages/go/errorValues.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledName,
  FUNCTION_KINDS,
  functionName,
  leadingCommentText,
  lineStartAt,
  parametersOf,
  returnsError,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';
import { MEANT_COMMENT, PROGRAM } from './words.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** Functions of libraries that end the process. */
const EXITS =
  /^(?:os\.Exit|log\.Fatal(?:f|ln)?|log\.Logger\.Fatal(?:f|ln)?|github\.com\/sirupsen\/logrus\.(?:Logger\.|Entry\.)?Fatal(?:f|ln)?|k8s\.io\/klog(?:\/v2)?\.Fatal(?:f|ln)?|github\.com\/golang\/glog\.Fatal(?:f|ln)?|go\.uber\.org\/zap\.(?:Sugared)?Logger\.Fatal(?:f|w)?)$/;

/** Functions that say by their name or comment that they end the process. */
const MEANT =
  /^[mM]ust|[fF]atal|[pP]anic|[eE]xit|[aA]bort|[dD]ie$|[uU]sage|[cC]heckErr|^[mM]ain$|^[rR]un[A-Z]?\w*[cC]md|[eE]nsure|[aA]ssert/;

/** Whether the function around is one that is allowed to end the process. */
function isMeant(declaration: GoNode, ctx: Context): boolean {
  const name = functionName(declaration);
  const { packageName, imports } = ctx.file.header;
  if (packageName === 'main' && (name === 'main' || name === 'init')) return true;
  if (/main$/.test(packageName) && packageName !== 'main') return true;
  if (MEANT.test(name) || MEANT_COMMENT.test(leadingCommentText(declaration))) return true;
  // Helpers of tests that other packages share.
  return imports.some(
    ({ path }) => path === 'testing' || path === 'flag' || /(?:cobra|urfave\/cli|kingpin|pflag)/.test(path),
  );
}

/** Whether an argument of a panic is an error, or a text made of one. */
function isAboutError(argument: GoNode, ctx: Context): boolean {
  const scope = scopeAround(ctx, argument);
  const types = typesAround(ctx, argument);
  if (scope === null || types === null) return false;
  const inner = unparenthesized(argument);
  if (isErrorValue(inner, scope, types)) {
    // A new error is a text about a mistake, not one that somebody else has had.
    if (inner.kind !== 'call_expression') return true;
  }
  if (
    inner.kind !== 'call_expression' ||
    !/^(?:Errorf|Sprintf|Sprint|Sprintln|Wrap|Wrapf|Error)$/.test(calledName(inner))
  )
    return false;
  const list = callArguments(inner);
  const receiver = inner.child('function')?.child('operand') ?? null;
  return [...list, ...(receiver === null ? [] : [receiver])].some(
    (item) => item.kind === 'identifier' && isErrorValue(item, scope, types),
  );
}

/** A comment that says why it cannot happen, or why nothing else can be done. */
const EXPLAINED =
  /\bnever\b|impossible|can(?:not|'t| not)\b|should(?:n't| not)\b|unreachable|does not|won't|\bbug\b|rather|programm|invariant/i;

/** Whether a comment beside a call, or above the statement or the `if` around it, explains it. */
function isExplained(call: GoNode): boolean {
  const { text } = call.tree;
  const end = text.indexOf('\n', call.end);
  const statement = call.ancestor('if_statement');
  const from = statement !== null && call.start - statement.start < 400 ? statement.start : call.start;
  const above = /(?:[ \t]*\/\/[^\n]*\n)+[ \t]*$/.exec(text.slice(0, lineStartAt(text, from)))?.[0] ?? '';
  return EXPLAINED.test(
    `${above} ${[...text.slice(from, end < 0 ? text.length : end).matchAll(/\/\/[^\n]*/g)].join(' ')}`,
  );
}

/** What fails only when the program itself is wrong: own values that are encoded, texts in the source that are compiled. */
const OWN_MISTAKE =
  /\b(?:Marshal(?:Indent|JSON)?|fs\.Sub|Compile(?:POSIX)?|template\.\w+|NewMatcher)\([^\n]*\n?[^\n]*$/;

/** Whether the error is that of a call which only fails by mistake. */
function isOwnMistake(call: GoNode): boolean {
  const statement = call.ancestor('if_statement');
  if (statement === null) return false;
  return (
    OWN_MISTAKE.test(call.tree.text.slice(Math.max(0, statement.start - 200), statement.start)) ||
    OWN_MISTAKE.test(statement.text.split('\n')[0] ?? '')
  );
}

/** Whether the function around has recovered, so that it only passes the panic on. */
function isPassedOn(node: GoNode): boolean {
  for (let owner = node.ancestor(...FUNCTION_KINDS); owner !== null; owner = owner.ancestor(...FUNCTION_KINDS)) {
    if (/\brecover\(\)/.test(owner.text)) return true;
  }
  return false;
}

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['panic(', 'os.Exit', '.Fatal'],
  calls: (name) => name === 'panic' || name === 'Exit' || /^Fatal(?:f|ln|w)?$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    if (
      declaration === null ||
      (declaration.kind !== 'function_declaration' && declaration.kind !== 'method_declaration')
    )
      return;
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node) ?? null;
    if (callee === null || isMeant(declaration, ctx)) return;
    const handler = handlerAround(node);
    const isPanic = callee.kind === 'builtin' && callee.name === 'panic';
    const id = calleeId(callee);
    if (!isPanic && !EXITS.test(id)) return;
    const [argument] = callArguments(node);
    if (isPanic) {
      if (argument === undefined || !isAboutError(argument, ctx) || isPassedOn(node)) return;
      if (isExplained(node) || isOwnMistake(node)) return;
    } else if (handler === null && (ctx.file.header.packageName === 'main' || PROGRAM.test(ctx.file.path))) return;
    const owner = node.ancestor(...FUNCTION_KINDS);
    const call = node.child('function')!.text;
    const args = { call, name: functionName(declaration) };
    if (handler !== null) {
      yield {
        kind: 'fail',
        subject: node.span,
        message: isPanic ? 'panicHandler' : 'handler',
        args,
        severity: isPanic ? 'high' : 'critical',
      };
      return;
    }
    if (isPanic) {
      if (ctx.file.header.packageName === 'main' || PROGRAM.test(ctx.file.path)) return;
      const severity: Severity = functionName(declaration) === 'init' ? 'low' : 'medium';
      const message =
        functionName(declaration) === 'init' ? 'init' : owner !== null && returnsError(owner) ? 'returns' : 'panic';
      yield { kind: 'fail', subject: node.span, message, args, severity };
      return;
    }
    yield { kind: 'fail', subject: node.span, message: 'exit', args };
  },
};

/** A function that gives its errors back. */
const returning: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['error'],
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('name');
    if (name === null || !returnsError(node) || ctx.file.header.packageName === 'main') return;
    if (parametersOf(node).length > 0 && !/panic\(|\.Fatal|os\.Exit/.test(node.text))
      yield { kind: 'pass', subject: name.span };
  },
};

export const detectors: readonly Detector[] = [calls as Detector, returning as Detector];
