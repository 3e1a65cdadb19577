/**
 * Goroutines that run an endless loop which nothing can end: no return, no break, no stop channel. Loops of the same
 * package are followed through facts; what a called function of another package does is not looked at.
 */

import { reachableFrom } from '../../../core/flow/paths.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { goFlow, hasDefault, isEndlessLoop } from '../../../languages/go/flow.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  calledExpression,
  enclosingFunction,
  functionName,
  indentationOf,
  onlyChild,
  parametersOf,
  receiverOf,
  statementsOf,
  syntaxChildren,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { calleeId, pointee, typesAround } from '../../../languages/go/types.ts';
import { PYTHON_LOOP, PYTHON_SPAWN, pythonDetectors } from './python.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** A loop in a function: can it end, and if not, which loop is it? */
interface BackgroundLoop {
  readonly loop: GoNode;
  readonly endless: boolean;
}

/** Whether the loop ranges over a ticker's channel, which `Stop` does not close. */
function rangesOverTicker(loop: GoNode, ctx: Context): boolean {
  const over = loop.childOfKind('range_clause')?.child('right');
  if (over == null) return false;
  const types = typesAround(ctx, loop);
  if (types === null) return false;
  if (over.kind === 'call_expression') return calleeId(types.calleeOf(over)) === 'time.Tick';
  const owner = over.kind === 'selector_expression' && over.child('field')?.text === 'C' ? over.child('operand') : null;
  const type = owner === null ? null : types.typeOf(owner);
  return type !== null && pointee(type) === 'time.Ticker';
}

/** Whether a call ends the goroutine or the process, by what it is or by what it is named. */
function leavesByName(call: GoNode): boolean {
  const name = call.child('function')?.text ?? '';
  return name === 'panic' || (name.length < 60 && /exit|fatal|abort|quit/i.test(name));
}

/** Whether control can leave the loop: by return, break, goto, panic, or the end of the process. */
function canEnd(loop: GoNode, owner: GoNode, ctx: Context): boolean {
  const body = loop.child('body');
  if (body === null) return true;
  if (!isEndlessLoop(loop)) {
    // The channel of a ticker stays open: only what stands in the body can leave.
    for (const node of body.walk((inner) => inner.kind !== 'func_literal')) {
      if (['return_statement', 'break_statement', 'goto_statement'].includes(node.kind)) return true;
      if (node.kind === 'call_expression' && leavesByName(node)) return true;
    }
    return false;
  }
  const [first] = statementsOf(body);
  // An empty body is a busy loop, which is another rule's business.
  if (first === undefined) return true;
  for (const call of body.descendants('call_expression')) if (leavesByName(call)) return true;
  const flow = ctx.get(goFlow, owner);
  let start = -1;
  for (const node of first.walk()) {
    start = flow.at(node);
    if (start >= 0) break;
  }
  if (start < 0) return true;
  const seen = reachableFrom(flow.graph, start);
  const { exit, panicExit, haltExit } = flow.graph;
  return seen[exit] === 1 || seen[panicExit] === 1 || seen[haltExit] === 1;
}

/** The first background loop of a function's own body; null when it has none. */
function backgroundLoop(owner: GoNode, ctx: Context): BackgroundLoop | null {
  const body = owner.child('body');
  if (body === null) return null;
  let stoppable: GoNode | null = null;
  for (const node of body.descendants('for_statement')) {
    if (enclosingFunction(node)?.index !== owner.index) continue;
    if (!isEndlessLoop(node) && !rangesOverTicker(node, ctx)) continue;
    if (!canEnd(node, owner, ctx)) return { loop: node, endless: true };
    stoppable ??= node;
  }
  return stoppable === null ? null : { loop: stoppable, endless: false };
}

/** A task that `main` or `init` starts lives as long as the process. */
function livesWithProcess(statement: GoNode, ctx: Context): boolean {
  for (let owner = enclosingFunction(statement); owner !== null; owner = enclosingFunction(owner)) {
    if (owner.kind !== 'function_declaration') continue;
    const name = functionName(owner);
    return name === 'init' || (name === 'main' && ctx.file.header.packageName === 'main');
  }
  return false;
}

/** Name of the package's own function, not exported, that holds the statement; '' when there is none. */
function ownStarter(statement: GoNode): string {
  const owner = topLevelOf(statement);
  const name = owner?.kind === 'function_declaration' ? functionName(owner) : '';
  return /^[A-Z]/.test(name) ? '' : name;
}

/** Adds a case to the select of the loop that ends the task with a context that is in scope. */
function fixes(statement: GoNode, loop: GoNode): readonly Fix[] {
  const statements = statementsOf(loop.child('body')!);
  const [select] = statements;
  if (statements.length !== 1 || select?.kind !== 'select_statement' || hasDefault(select)) return [];
  const owner = enclosingFunction(statement);
  const context =
    owner === null ? undefined : parametersOf(owner).find((item) => item.type?.text === 'context.Context');
  if (context === undefined || context.name === '' || context.name === '_') return [];
  const [firstCase] = select.namedChildren.filter((child) => child.kind !== 'comment');
  if (firstCase === undefined) return [];
  const indent = indentationOf(select);
  return [
    {
      title: `End the task when ${context.name} is done`,
      safety: 'suggestion',
      edits: [
        {
          kind: 'replace',
          span: { start: firstCase.start, end: firstCase.start },
          newText: `case <-${context.name}.Done():\n${indent}\treturn\n${indent}`,
        },
      ],
    },
  ];
}

/** `go func() { for { ... } }()`, and `go name()` for the judge. */
const spawned: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['go_statement'],
  *check(node, ctx): Iterable<Verdict> {
    const call = onlyChild(node);
    const callee = call?.kind === 'call_expression' ? calledExpression(call) : null;
    if (call === null || callee === null || livesWithProcess(node, ctx)) return;
    const token = { start: node.start, end: node.start + 2 };
    if (callee.kind === 'func_literal') {
      const found = backgroundLoop(callee, ctx);
      if (found === null) return;
      if (!found.endless) {
        yield { kind: 'pass', subject: token };
        return;
      }
      const { start } = found.loop;
      yield {
        kind: 'fail',
        subject: token,
        message: 'literal',
        related: [{ span: { start, end: start + 3 }, message: 'This loop has no way out.' }],
        fixes: fixes(node, found.loop),
      };
      return;
    }
    const types = typesAround(ctx, node);
    const target = types?.calleeOf(call);
    if (target?.kind === 'own') yield fact('go.spawn', target.name, ownStarter(node), token);
    else if (target?.kind === 'method') {
      const type = ownType(target.receiver, target.type, node);
      if (type !== null) yield fact('go.spawn', `${type}.${target.name}`, ownStarter(node), token);
    }
  },
};

/** Name of the package's own type that a method is called on; null when it is another one or unknown. */
function ownType(operand: GoNode, type: string | null, statement: GoNode): string | null {
  if (type !== null) return /^\*?\w+$/.test(type) ? pointee(type) : null;
  const method = topLevelOf(statement);
  const receiver = method?.kind === 'method_declaration' ? receiverOf(method) : null;
  return operand.kind === 'identifier' && receiver !== null && operand.text === receiver.name ? receiver.type : null;
}

/** `var cache = newCache()` of the package: it lives as long as the process, and so does what the function starts. */
const lasting: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['var_spec'],
  *check(node): Iterable<Verdict> {
    if (enclosingFunction(node) !== null) return;
    for (const value of syntaxChildren(node.child('value') ?? node)) {
      const callee = value.kind === 'call_expression' ? calledExpression(value) : null;
      if (callee?.kind === 'identifier') yield fact('go.lasting', callee.text, null, value.span);
    }
  },
};

/** Functions with a background loop, for the judge. */
const loops: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['for {', 'for range', 'for _', '.C {', 'Tick('],
  *check(node, ctx): Iterable<Verdict> {
    const found = backgroundLoop(node, ctx);
    if (found === null) return;
    const { start } = found.loop;
    const type = receiverOf(node)?.type;
    const key = type === undefined ? functionName(node) : `${type}.${functionName(node)}`;
    yield fact('go.background-loop', key, { endless: found.endless }, { start, end: start + 3 });
  },
};

export const rule = defineRule({
  id: 'unstoppable-background-task',
  title: 'Background loop that nothing can stop',
  category: 'resources',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A goroutine that is started neither by `main` nor by the constructor of a package variable runs an endless loop, or ranges over a ticker, with no return, break or stop channel in it. In Python: a thread or task whose endless loop has no way out and asks no flag that somebody sets, when the thread keeps the process alive or its class has a method that ends the object.',
    why: 'When its owner is closed or replaced, the goroutine, thread or task goes on: it keeps what it refers to alive, works on state that is gone, and cannot be waited for when the program shuts down.',
    howToFix: '',
    howToFixIn: {
      go: 'Give the loop a way out: `select` on `ctx.Done()` or on a channel that the owner closes, and return there. Let the owner wait for the goroutine when it closes.',
      python:
        'Loop on `while not stop.wait(seconds)` with a `threading.Event` that `close` sets, or keep the task of asyncio and cancel it there.',
    },
    refs: ['CWE-772', 'gosec G118'],
  },
  messages: {
    literal: 'Nothing can stop this goroutine; select on ctx.Done() or a stop channel in its loop and return.',
    function:
      'Nothing can stop {name}, which this goroutine runs; let its loop select on ctx.Done() or a stop channel.',
    pythonThread:
      'Nothing can stop {name}, which this thread runs; let its loop ask a `threading.Event` that its owner sets.',
    pythonTask:
      'Nothing ends {name}, which this task runs for ever; keep the task, and cancel it when its owner is closed.',
  },
  fix: 'sometimes',
  on: { go: [spawned, lasting, loops], python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: ['go.spawn', PYTHON_SPAWN],
    *judge(facts) {
      for (const spawn of facts.get(PYTHON_SPAWN)) {
        const loop = facts
          .get(PYTHON_LOOP)
          .find(({ key, place }) => key === spawn.key && place.path === spawn.place.path);
        if (loop === undefined || facts.role(spawn.place.path) !== 'production') continue;
        yield {
          kind: 'fail',
          subject: spawn.place,
          message: 'pythonThread',
          args: { name: spawn.key },
          related: [{ place: loop.place, message: 'This loop has no way out.' }],
        };
      }
      const loopsOf = new Map(facts.get('go.background-loop').map((item) => [item.key, item]));
      for (const spawn of facts.get('go.spawn')) {
        const loop = loopsOf.get(spawn.key);
        if (loop === undefined || facts.get('go.lasting').some((item) => item.key === spawn.value)) continue;
        const { endless } = loop.value as { readonly endless: boolean };
        if (!endless) {
          yield { kind: 'pass', subject: spawn.place };
          continue;
        }
        yield {
          kind: 'fail',
          subject: spawn.place,
          message: 'function',
          args: { name: spawn.key },
          related: [{ place: loop.place, message: 'This loop has no way out.' }],
        };
      }
    },
  },
});
