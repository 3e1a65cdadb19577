/** Go: databases that are opened, and everything that is closed. It decides nothing. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { resourceOf } from '../../../knowledge/go/resources.ts';
import { deferralPlace } from '../../../languages/go/custody.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  callArguments,
  calledExpression,
  calledName,
  enclosingFunction,
  functionName,
  isAssigned,
  selectorPath,
  statementOf,
  statementsOf,
  stringLiteralValue,
} from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

/** Key: package of the database. It is opened here. */
export const OPEN_FACT = 'database-not-closed-on-shutdown.open';
/** Key: last name of what is closed. */
export const CLOSE_FACT = 'database-not-closed-on-shutdown.close';

const OTHERS = /^(?:gorm\.io\/gorm\.Open|github\.com\/jinzhu\/gorm\.Open|xorm\.io\/xorm\.NewEngine)$/;

/** Where `defer db.Close()` goes in main, and its text with the white space in front of it. */
export type Deferral = { readonly at: number; readonly text: string } | null;

/** Main that opens the database itself can close it, unless it ends by a call that runs nothing that was deferred. */
function deferralOf(call: GoNode, id: string, ctx: ChunkContext<unknown, GoHeader>): Deferral {
  const statement = statementOf(call);
  const owner = enclosingFunction(call);
  if (resourceOf(id)?.releases[0] !== 'Close' || statement?.kind !== 'short_var_declaration') return null;
  if (owner?.kind !== 'function_declaration' || statement.parent?.parent?.parent?.index !== owner.index) return null;
  if (functionName(owner) !== 'main' || ctx.file.header.packageName !== 'main') return null;
  const last = statementsOf(owner).at(-1);
  if (last === undefined || /\b(?:[lL]og\w*\.(?:Fatal|Panic)|os\.Exit)/.test(last.text)) return null;
  const [target, second] = assignedExpressions(statement);
  const scope = scopeAround(ctx, call);
  const binding = target === undefined ? null : (scope?.bindingOf(target) ?? null);
  const error = second === undefined ? null : (scope?.bindingOf(second) ?? null);
  if (binding === null || (second !== undefined && error === null) || binding.uses.some(isAssigned)) return null;
  const place = deferralPlace({ statement, call, binding, error });
  return place === null ? null : { at: place.at, text: `${place.before}defer ${binding.name}.Close()` };
}

const opens: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Open(', '.OpenFile(', '.Connect(', '.ConnectContext(', '.NewEngine('],
  calls: (name) => /^(?:Open|OpenFile|Connect|ConnectContext|NewEngine)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    if (types === null) return;
    const id = calleeId(types.calleeOf(node));
    if (resourceOf(id)?.kind !== 'database' && !OTHERS.test(id)) return;
    const text = callArguments(node)
      .map((argument) => stringLiteralValue(argument) ?? argument.text)
      .join(' ');
    if (/:memory:|mode=memory|WithInMemory\(true\)/.test(text)) return;
    yield fact(OPEN_FACT, node.child('function')?.text ?? '', deferralOf(node, id, ctx), node);
  },
};

/** What is certainly no database: bodies, files, rows, listeners. */
const OTHER_VALUE =
  /^(?:body|file|f|fd|out\w*|in\w*|rows?|res|resp|response|ln|listener|l|w|r|rc|writer|reader|buf\w*|zw|zr|gz\w*|stmt|ws|conn|socket|stream|src|dst|pipe\w*|stdin|stdout|watcher|ticker|done|ch|pw|pr|tmp\w*|iter\w*|it)$/i;

const closes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression'],
  triggers: ['.Close', '.Shutdown'],
  when: (node) => /^(?:Close|Shutdown|CloseContext)$/.test(node.child('field')?.text ?? ''),
  *check(node): Iterable<Verdict> {
    const operand = node.child('operand');
    if (operand === null) return;
    const path = selectorPath(operand);
    const last = path === null ? calledName(operand) : path.slice(path.lastIndexOf('.') + 1);
    if (OTHER_VALUE.test(last) || calledExpression(operand)?.text === 'http') return;
    yield fact(CLOSE_FACT, last, null, node);
  },
};

export const goDetectors = [opens, closes];
