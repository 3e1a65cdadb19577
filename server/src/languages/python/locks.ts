/**
 * Locks that a function takes by `with`: those of its object and of its module, told apart by the attribute or variable
 * that holds them. Locks that are taken by hand (`acquire`) are not among them.
 */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { chainOf } from './chains.ts';
import type { PythonNode } from './nodes.gen.ts';
import { bodyOf, onlyChild, runningFunction } from './syntax.ts';

export interface TakenLock {
  readonly item: PythonNode;
  /** `self.lock`, or the name of a variable of the module. */
  readonly lock: string;
  readonly statement: PythonNode;
  /** What runs while it is held. */
  readonly body: PythonNode;
}

/** Locks of any library that one thread or task holds at a time. */
export const ANY_LOCK = /^(?:threading|multiprocessing|asyncio|anyio)\.(?:R?Lock|Condition)\(\)$/;

/** What a function takes in its own body, in order. */
export function locksTakenIn(owner: PythonNode, ctx: ChunkContext, kinds = ANY_LOCK): TakenLock[] {
  const result: TakenLock[] = [];
  for (const item of owner.descendants('with_item')) {
    const statement = item.ancestor('with_statement');
    const body = statement === null ? null : bodyOf(statement);
    if (statement === null || body === null || runningFunction(statement)?.equals(owner) !== true) continue;
    const lock = item.child('value') ?? onlyChild(item);
    if (lock === null || !/^(?:self\.)?\w+$/.test(lock.text) || !kinds.test(chainOf(lock, ctx) ?? '')) continue;
    result.push({ item, lock: lock.text, statement, body });
  }
  return result;
}

/** Whether a node runs while a lock is held, items of the same `with` behind it included. */
export function isUnder(taken: TakenLock, node: PythonNode): boolean {
  return taken.body.contains(node) || (taken.statement.contains(node) && node.start > taken.item.start);
}
