/**
 * Operations of Go functions that may wait for something while a lock is held, as facts for the judge, which knows the
 * types of fields and the channels of the package. Only locks that are held on every way count.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainContext, chainOf } from '../../../languages/go/chains.ts';
import { channelName, lockingKeyOf } from '../../../languages/go/channels.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { HELD_READ, HELD_WRITE, type HeldLocks, lockUnitAround } from '../../../languages/go/locks/held.ts';
import { goLockOperations, placeOf } from '../../../languages/go/locks/operations.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { goScope } from '../../../languages/go/scope.ts';
import {
  calledExpression,
  calledName,
  FUNCTION_KINDS,
  operatorOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, goTypes } from '../../../languages/go/types.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** Key: name of the function, as that of `go.locking`. */
export const BLOCKING = 'lock.blocking';
export type BlockingFact = {
  /** Places of the locks that are held, in the function. */
  readonly locks: readonly string[];
  /** `send`, `receive`: of a channel; `call`: of a function of a library. */
  readonly kind: 'send' | 'receive' | 'call';
  /** Name of the channel's field or variable, or of the called method or function. */
  readonly name: string;
  /** Calls: chain of the receiver, or '' when `name` is a full name such as `time.Sleep`. */
  readonly chain: string;
  /** Place of what the operation is done to, '' when it has none. */
  readonly place: string;
  readonly text: string;
};

/** Methods that may wait for a network or a process: the judge asks for the type. */
const METHODS =
  /^(?:Do|Get|Post|PostForm|Head|Run|Output|CombinedOutput|Wait|WriteMessage|WriteJSON|ReadMessage|ReadJSON|NextReader|Write|Read)$/;
/** Functions of libraries that wait. */
const FUNCTIONS =
  /^(?:time\.Sleep|net\.Dial(?:Timeout)?|crypto\/tls\.Dial(?:WithDialer)?|net\/http\.(?:Get|Post|PostForm|Head)|net\.Lookup\w+)$/;

function isHeld(ways: number): boolean {
  return ways !== 0 && (ways & ~(HELD_READ | HELD_WRITE)) === 0;
}

function heldNames(held: HeldLocks | null): string[] {
  return held === null ? [] : [...held.locks].filter(([, ways]) => isHeld(ways)).map(([lock]) => lock);
}

/** Whether a send or receive is one of several alternatives. */
function isAlternative(node: GoNode): boolean {
  return node.ancestor('communication_case', ...FUNCTION_KINDS)?.kind === 'communication_case' && isCommunication(node);
}

function isCommunication(node: GoNode): boolean {
  for (let around: GoNode | null = node; around !== null; around = around.parent) {
    if (around.field === 'communication') return true;
    if (around.kind === 'statement_list' || around.kind === 'block') return false;
  }
  return false;
}

const operations: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['Lock()'],
  *check(declaration, ctx): Iterable<Verdict> {
    if (!ctx.get(goLockOperations, declaration).any) return;
    let isClean = true;
    for (const node of declaration.descendants('send_statement', 'unary_expression', 'call_expression')) {
      const found = operationOf(node, declaration, ctx);
      if (found === null) continue;
      const locks = heldNames(lockUnitAround(ctx, node)?.before(node) ?? null);
      if (locks.length === 0) continue;
      isClean = false;
      const value: BlockingFact = { ...found, locks };
      yield fact(BLOCKING, lockingKeyOf(declaration), value, node);
    }
    const first = ctx.get(goLockOperations, declaration).all.find(({ action }) => action === 'acquire');
    if (isClean && first !== undefined) yield { kind: 'pass', subject: first.call.span };
  },
};

function operationOf(node: GoNode, declaration: GoNode, ctx: Context): Omit<BlockingFact, 'locks'> | null {
  if (node.kind === 'send_statement' || node.kind === 'unary_expression') {
    const channel = node.child(node.kind === 'send_statement' ? 'channel' : 'operand');
    if (node.kind === 'unary_expression' && operatorOf(node) !== '<-') return null;
    const name = channel === null ? '' : channelName(channel);
    if (channel === null || name === '' || isAlternative(node)) return null;
    const scope = ctx.get(goScope, declaration);
    const kind = node.kind === 'send_statement' ? 'send' : 'receive';
    // Local channels are another story: who else has them cannot be told.
    const inner = unparenthesized(channel);
    if (inner.kind === 'identifier' && scope.bindingOf(inner) !== null) return null;
    return { kind, name, chain: '', place: placeOf(channel, scope) ?? '', text: channel.text };
  }
  const name = calledName(node);
  const callee = calledExpression(node);
  const isStarted = node.parent?.kind === 'go_statement' || node.parent?.kind === 'defer_statement';
  if (callee?.kind !== 'selector_expression' || isStarted) return null;
  const isMethod = METHODS.test(name);
  if (!isMethod && !/^(?:Sleep|Dial|Lookup)/.test(name)) return null;
  const operand = callee.child('operand');
  if (operand === null) return null;
  const scope = ctx.get(goScope, declaration);
  const types = ctx.get(goTypes, declaration);
  const target = types.calleeOf(node);
  const id = calleeId(target);
  if (target.kind === 'package') {
    return FUNCTIONS.test(id) ? { kind: 'call', name: id, chain: '', place: '', text: callee.text } : null;
  }
  if (!isMethod) return null;
  const chain = chainOf(operand, chainContext(scope, types));
  if (chain === null) return null;
  return { kind: 'call', name, chain, place: placeOf(operand, scope) ?? '', text: callee.text };
}

export const detectors: readonly NodeDetector<unknown, GoNode, GoHeader>[] = [operations];
