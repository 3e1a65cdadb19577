/**
 * Python: calls of coroutine functions as statements. Known are those of asyncio, undecorated methods of the same class,
 * and undecorated functions of the same file; a decorator may run the coroutine itself, and a generator is none.
 */
import type { Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  calledName,
  calledOn,
  decoratorsOf,
  definedName,
  isAsync,
  methodClassAround,
  onlyChild,
  runningFunction,
  statementsOf,
  undecorated,
} from '../../../languages/python/syntax.ts';

/** A call of a function of the file as a statement; key: its name. */
export const CALL = 'future-not-awaited.call';
/** A coroutine function at the top of a file; key: its name. */
const COROUTINE = 'future-not-awaited.coroutine';

const LIBRARY =
  /^asyncio\.(?:sleep|wait_for|wait|to_thread|open_connection|start_server|create_subprocess_(?:exec|shell))$/;

/** Whether calling a function only makes a coroutine. */
function isCoroutine(definition: PythonNode): boolean {
  if (!isAsync(definition) || decoratorsOf(definition).length > 0) return false;
  return !definition.descendants('yield').some((one) => runningFunction(one)?.equals(definition) === true);
}

/** Whether a name of the class means one coroutine function and nothing else. */
function isCoroutineMethod(owner: PythonNode, name: string): boolean {
  const methods = statementsOf(owner).filter((statement) => {
    const inner = undecorated(statement);
    return inner.kind === 'function_definition' && definedName(inner) === name;
  });
  return methods.length === 1 && isCoroutine(undecorated(methods[0]!));
}

const statements: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['expression_statement'],
  when: (node) => /^(?:call|await)$/.test(onlyChild(node)?.kind ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const value = onlyChild(node)!;
    const call = value.kind === 'await' ? onlyChild(value) : value;
    if (call?.kind !== 'call') return;
    const owner = runningFunction(node);
    const name = calledName(call);
    if (owner === null || name === '') return;
    const receiver = calledOn(call);
    let known = false;
    if (receiver?.text === 'self') {
      const around = methodClassAround(node);
      known = around !== null && isCoroutineMethod(around, name);
    } else if (receiver === null) {
      const own = ctx.file.header.functions.filter((one) => one.name === name);
      if (own.length === 1 && own[0]!.async && value.kind === 'call' && callChain(call, ctx) === `:${name}`) {
        yield fact(CALL, name, isAsync(owner), call);
        return;
      }
      known = LIBRARY.test(callChain(call, ctx));
    } else known = receiver.text === 'asyncio' && LIBRARY.test(callChain(call, ctx));
    if (!known) return;
    if (value.kind === 'await') {
      yield { kind: 'pass', subject: call.span };
      return;
    }
    const edits = [{ kind: 'replace' as const, span: { start: call.start, end: call.start }, newText: 'await ' }];
    const fixes: readonly Fix[] = isAsync(owner)
      ? [{ title: 'Await it', safety: 'suggestion', preferred: true, edits }]
      : [];
    yield { kind: 'fail', subject: call.span, message: 'dropped', args: { name }, fixes };
  },
};

const coroutines: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['async def'],
  when: (node) => node.ancestor('class_definition', 'function_definition') === null,
  *check(node): Iterable<Verdict> {
    if (isCoroutine(node)) yield fact(COROUTINE, definedName(node), null, node.child('name') ?? node);
  },
};

export function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  for (const found of facts.get(CALL)) {
    const { path, anchor, span } = found.place;
    if (facts.role(path) !== 'production') continue;
    if (!facts.lookup(COROUTINE, found.key).some(({ place }) => place.path === path)) continue;
    const place = { path, anchor, span: { start: span.start, end: span.start } };
    const fixes: readonly Fix[] =
      found.value === true
        ? [
            {
              title: 'Await it',
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replaceAt', place, newText: 'await ' }],
            },
          ]
        : [];
    yield { kind: 'fail', subject: found.place, message: 'dropped', args: { name: found.key }, fixes };
  }
}

export const pythonDetectors: readonly Detector[] = [statements as NodeDetector, coroutines as NodeDetector];
