/**
 * In which tasks the functions of a package run: goroutines that somebody starts, and requests that are served. Follows
 * calls of the package whose target is certain; who calls an exported function from elsewhere is not known.
 *
 * - `go.started`, key: import path and name, value: import path. A function of another package is started as a
 *   goroutine; the place is the `go` statement.
 */
import type { Fact, Verdict } from '../../core/model/verdict.ts';
import { defineDerivation, type Extractor, type FactView, fact, type NodeDetector } from '../../core/rulekit/rule.ts';
import type { LockingFact } from './locks/facts.ts';
import { FREE } from './locks/held.ts';
import type { GoNode } from './nodes.gen.ts';
import { goIndex } from './resolve.ts';
import type { GoDeclaration } from './symbols.ts';
import { calledExpression, onlyChild } from './syntax.ts';
import { typesAround } from './types.ts';

const STARTED = 'go.started';

const REQUEST_TYPE =
  /^(?:net\/http\.ResponseWriter|\*net\/http\.Request|\*github\.com\/gin-gonic\/gin\.Context|github\.com\/labstack\/echo(?:\/v\d)?\.Context|\*github\.com\/gofiber\/fiber(?:\/v\d)?\.Ctx|\*github\.com\/valyala\/fasthttp\.RequestCtx)$/;

/** `go network.Serve(address)`. */
const starts: NodeDetector<unknown, GoNode> = {
  kinds: ['go_statement'],
  *check(node, ctx): Iterable<Verdict> {
    const call = onlyChild(node);
    if (call?.kind !== 'call_expression' || calledExpression(call)?.kind !== 'selector_expression') return;
    const target = typesAround(ctx, node)?.calleeOf(call);
    if (target?.kind === 'package') yield fact(STARTED, `${target.path}.${target.name}`, target.path, node);
  },
};

/** Names of the functions that a function calls at once or starts, as far as they are certain. */
function calleesOf(value: LockingFact, byName: ReadonlyMap<string, Fact>): [string, (typeof value.calls)[number]][] {
  const found: [string, (typeof value.calls)[number]][] = [];
  for (const call of value.calls) {
    const [callee] = call;
    const dot = callee.indexOf('.');
    const type = dot < 0 ? undefined : value.types[callee.slice(0, dot)];
    const name = dot < 0 ? callee.slice(1) : `${type}.${callee.slice(dot + 1)}`;
    if (byName.has(name)) found.push([name, call]);
  }
  return found;
}

/**
 * Tasks in which every function may run: `go f` for a goroutine, `serve f` for a request. Functions that nobody is seen
 * to start have none.
 */
function tasksOf(facts: FactView): ReadonlyMap<string, ReadonlySet<string>> {
  const functions = facts.get('go.locking').filter(({ place }) => facts.role(place.path) === 'production');
  const byName = new Map(functions.map((item) => [item.key, item]));
  const tasks = new Map<string, Set<string>>();
  const open: [string, string][] = [];
  const put = (name: string, task: string): void => {
    let known = tasks.get(name);
    if (known === undefined) {
      known = new Set();
      tasks.set(name, known);
    }
    if (known.has(task)) return;
    known.add(task);
    open.push([name, task]);
  };
  const callees = new Map<string, [string, LockingFact['calls'][number]][]>();
  for (const item of functions) {
    const value = item.value as unknown as LockingFact;
    const called = calleesOf(value, byName);
    callees.set(item.key, called);
    for (const [name, [, , held, how]] of called) {
      if (how === 'go') put(name, `go ${name}`);
      else if (value.held[held]?.others === FREE) put(name, `go in ${item.key}`);
    }
    for (const { value: declared } of facts.lookup('go.decl', item.key)) {
      const { kind } = declared as unknown as GoDeclaration;
      if (kind !== 'func' && kind !== 'method') continue;
      const { parameters } = declared as unknown as { readonly parameters: readonly (string | null)[] };
      if (parameters.some((type) => type !== null && REQUEST_TYPE.test(type))) put(item.key, `serve ${item.key}`);
    }
  }
  const index = facts.derive(goIndex);
  for (const { key, value } of facts.all(STARTED)) {
    const name = key.slice(`${value as string}.`.length);
    if (byName.has(name) && index.directoryOfImport(facts.partition, value as string) === facts.partition) {
      put(name, `go ${name}`);
    }
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [name, task] = next;
    for (const [callee, [, , , how]] of callees.get(name) ?? []) if (how === 'now') put(callee, task);
  }
  return tasks;
}

/** Names of tasks by function (`Server.run`), as far as the judge's directory shows them. */
export const goTasks = defineDerivation('go.tasks', tasksOf);

export const extractors: readonly Extractor[] = [
  { id: 'go.started', language: 'go', detector: starts as NodeDetector },
];
