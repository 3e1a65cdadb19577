/**
 * Locks that a function leaves behind locked, and locks that it releases twice. What one function shows is decided at
 * once; a lock that stays held may be meant for another function to release, so that is decided for the package.
 */

import { findPath, reachableFrom } from '../../../core/flow/paths.ts';
import type { Json } from '../../../core/model/json.ts';
import type { Span } from '../../../core/model/location.ts';
import type { Fix, FixEdit, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { goFlow } from '../../../languages/go/flow.ts';
import { type LockBalance, lockBalance } from '../../../languages/go/locks/balance.ts';
import { FREE, HELD_READ, HELD_WRITE, lockUnitAround, waysOf } from '../../../languages/go/locks/held.ts';
import type { LockMode, TimedLockOperation } from '../../../languages/go/locks/operations.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  FUNCTION_KINDS,
  functionName,
  indentationOf,
  leadingCommentText,
  lineBreakOf,
  lineSpanOf,
  receiverOf,
  statementsOf,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

const LEAKED = 'lock.leaked';
const TAKEN_OVER = 'lock.takenOver';

/** Short functions that take a lock for their callers, by name: not `AddBlock`. */
const LOCKING_NAME = /(?<![bcBC])[lL]ock|^(?:acquire|freeze|suspend|enter|hold|begin|pause)/i;
const SHORT = 3;
const LOCKING_COMMENT =
  /unlock|\bcaller|\breleased? by\b|\b(?:locks?|mutex|mu|it) (?:(?:is|are|stays?|remains?|still|will be) )*(?:held|locked|taken)\b|\bholding\b|\bmust (?:be )?release/i;

/** What is said of a lock that stays held: the fact lets the judge say it, with spans relative to the function. */
type LeakFact = {
  readonly message: string;
  readonly args: { readonly [name: string]: string };
  readonly exit: Span;
  readonly fixes: readonly {
    readonly title: string;
    readonly edits: readonly (Span & { readonly newText: string })[];
  }[];
};

const RELEASE: Readonly<Record<LockMode, string>> = { read: 'RUnlock', write: 'Unlock' };

function releaseText({ operand, mode }: TimedLockOperation): string {
  return `${operand.text}.${RELEASE[mode]}()`;
}

/**
 * Under which name another function would release the lock: the last name on the way to it, or the type of a receiver
 * with an embedded mutex.
 */
function partnerKey({ lock, mode, operand }: TimedLockOperation): string {
  const last = lock.slice(lock.lastIndexOf('.') + 1).replace(/^=|#.*$/g, '');
  const declaration = topLevelOf(operand);
  const receiver = declaration?.kind === 'method_declaration' ? receiverOf(declaration) : null;
  return `${receiver !== null && receiver.name === last ? receiver.type : last} ${mode}`;
}

/** Whether the function means to return with the lock held, as far as its name and comment say. */
function isForCallers(owner: GoNode): boolean {
  const declaration = owner.kind === 'func_literal' ? topLevelOf(owner) : owner;
  if (declaration === null) return false;
  const name = functionName(declaration);
  if (LOCKING_NAME.test(name) && statementsOf(owner).length <= SHORT) return true;
  return LOCKING_COMMENT.test(leadingCommentText(declaration).replaceAll(name, ''));
}

/** The process may end while the lock is held, which releases everything. */
function endsProcess(acquire: TimedLockOperation, owner: GoNode, ctx: ChunkContext): boolean {
  const { graph, at } = ctx.get(goFlow, owner);
  return reachableFrom(graph, Math.max(at(acquire.call), 0))[graph.haltExit] === 1;
}

function insideLoop(node: GoNode, owner: GoNode): boolean {
  const loop = node.ancestor('for_statement', ...FUNCTION_KINDS);
  return loop !== null && loop.index !== owner.index;
}

type Edit = Span & { readonly newText: string };

/** `defer mu.Unlock()` right behind the acquisition. */
function deferral(acquire: TimedLockOperation): Edit {
  const { statement } = acquire;
  const indent = indentationOf(statement);
  const newText = `${lineBreakOf(statement)}${indent}defer ${releaseText(acquire)}`;
  return { start: statement.end, end: statement.end, newText };
}

/** `mu.Unlock()` on a line before the statement that leaves the function. */
function releaseBefore(exit: GoNode, acquire: TimedLockOperation): Edit {
  const lineBreak = lineBreakOf(exit);
  if (exit.kind === '}') {
    const { start } = lineSpanOf(exit);
    const indent = `${indentationOf(exit)}\t`;
    return { start, end: start, newText: `${indent}${releaseText(acquire)}${lineBreak}` };
  }
  return { start: exit.start, end: exit.start, newText: `${releaseText(acquire)}${lineBreak}${indentationOf(exit)}` };
}

/** Whether what a return statement evaluates may need the lock: it names what the lock belongs to, or calls something. */
function needsLock(exit: GoNode, acquire: TimedLockOperation): boolean {
  const root = acquire.operand.text.replace(/[.[(].*$/s, '').replace(/^[&*]/, '');
  for (const node of exit.descendants('identifier', 'call_expression')) {
    if (node.kind === 'call_expression' || node.text === root) return true;
  }
  return false;
}

function fixesForLeak(
  { acquire, exit, releases }: Extract<LockBalance, { kind: 'leaked' }>,
  owner: GoNode,
  ctx: ChunkContext,
): LeakFact['fixes'] {
  const release = releaseText(acquire);
  if (releases.length === 0) {
    if (insideLoop(acquire.call, owner) || acquire.statement.kind !== 'expression_statement') return [];
    return [{ title: `Add defer ${release}`, edits: [deferral(acquire)] }];
  }
  const held = lockUnitAround(ctx, exit)?.before(exit) ?? null;
  const expected = acquire.mode === 'read' ? HELD_READ : HELD_WRITE;
  if (held === null || waysOf(held, acquire.lock) !== expected) return [];
  if (exit.kind !== '}' && (exit.kind !== 'return_statement' || needsLock(exit, acquire))) return [];
  if (exit.kind === 'return_statement' && indentationOf(exit) === '') return [];
  return [{ title: `Call ${release} before this return`, edits: [releaseBefore(exit, acquire)] }];
}

function* reportLeak(
  balance: Extract<LockBalance, { kind: 'leaked' }>,
  owner: GoNode,
  ctx: ChunkContext,
): Generator<Verdict> {
  const { acquire, exit, releases } = balance;
  if (isForCallers(owner) || (releases.length === 0 && endsProcess(acquire, owner, ctx))) return;
  const again = exit.contains(acquire.call);
  const value: LeakFact = {
    message: again ? 'again' : releases.length === 0 ? 'never' : 'leaked',
    args: { acquire: acquire.call.text, release: releaseText(acquire) },
    exit: exit.span,
    fixes: again ? [] : fixesForLeak(balance, owner, ctx),
  };
  yield fact(LEAKED, partnerKey(acquire), value as unknown as Json, acquire.call);
}

function replacement(title: string, edits: readonly Edit[]): Fix {
  return {
    title,
    safety: 'suggestion',
    preferred: true,
    edits: edits.map(({ start, end, newText }) => ({ kind: 'replace', span: { start, end }, newText })),
  };
}

/** Of two releases one behind the other the one without which the lock is still released on every path; null: neither. */
function surplusOf(
  first: TimedLockOperation,
  second: TimedLockOperation,
  owner: GoNode,
  ctx: ChunkContext,
): TimedLockOperation | null {
  const held = lockUnitAround(ctx, second.call)?.before(second.call) ?? null;
  if (held !== null && waysOf(held, second.lock) === FREE) return second;
  const { graph, at } = ctx.get(goFlow, owner);
  const [from, last] = [at(first.call), at(second.call)];
  if (from < 0 || last < 0) return null;
  const around = findPath(graph, { from, target: (id) => id === graph.exit, blocks: (id) => id === last });
  return around === null ? first : null;
}

/** Removes the manual release that the deferred one makes wrong, unless the lock is taken again behind it. */
function fixesForSecond(
  { first, second, exit }: Extract<LockBalance, { kind: 'releasedTwice' }>,
  owner: GoNode,
  ctx: ChunkContext,
): readonly Fix[] {
  const flow = ctx.get(goFlow, owner);
  const surplus = exit === null ? surplusOf(first, second, owner, ctx) : first;
  if (surplus === null || surplus.statement.kind !== 'expression_statement' || surplus.timing !== 'step') return [];
  const behind = reachableFrom(flow.graph, Math.max(flow.at(surplus.call), 0));
  for (const call of owner.descendants('call_expression')) {
    const id = flow.at(call);
    const takes = /\.(?:Try)?R?Lock$/.test(call.child('function')?.text ?? '');
    if (takes && id >= 0 && behind[id] === 1 && call.index > surplus.call.index) return [];
  }
  return [replacement('Remove the surplus unlock', [{ ...lineSpanOf(surplus.statement), newText: '' }])];
}

function methodSpan(operation: TimedLockOperation): Span {
  return operation.call.child('function')!.child('field')!.span;
}

function* report(balance: LockBalance, owner: GoNode, ctx: ChunkContext): Generator<Verdict> {
  switch (balance.kind) {
    case 'released':
      yield { kind: 'pass', subject: balance.acquire.call.span };
      break;
    case 'leaked':
      yield* reportLeak(balance, owner, ctx);
      break;
    case 'takenOver':
      yield fact(TAKEN_OVER, partnerKey(balance.release), null, balance.release.call);
      break;
    case 'deferredAcquire': {
      const { acquire, deferred } = balance;
      const release = RELEASE[deferred.mode];
      yield {
        kind: 'fail',
        subject: deferred.call.span,
        message: 'deferredAcquire',
        args: { acquire: deferred.call.text, release: releaseText(deferred) },
        related: [{ span: acquire.call.span, message: 'Taken here' }],
        fixes: [replacement(`Defer ${release} instead`, [{ ...methodSpan(deferred), newText: release }])],
      };
      break;
    }
    case 'mismatched': {
      const { acquire, release } = balance;
      const right = RELEASE[acquire.mode];
      yield {
        kind: 'fail',
        subject: release.call.span,
        message: 'mismatched',
        args: { acquire: acquire.call.text, release: release.call.text, right: releaseText(acquire) },
        related: [{ span: acquire.call.span, message: 'Taken here' }],
        fixes: [replacement(`Call ${right} instead`, [{ ...methodSpan(release), newText: right }])],
      };
      break;
    }
    case 'releasedTwice': {
      const { first, second, exit } = balance;
      const isDeferred = exit !== null;
      yield {
        kind: 'fail',
        subject: (isDeferred ? first : second).call.span,
        message: isDeferred ? 'beforeDeferred' : 'twice',
        args: { release: first.call.text },
        related: isDeferred
          ? [
              { span: second.call.span, message: 'The deferred unlock' },
              { span: exit.span, message: 'It runs when the function is left here' },
            ]
          : [{ span: first.call.span, message: 'Unlocked here already' }],
        fixes: fixesForSecond(balance, owner, ctx),
      };
    }
  }
}

const functions: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration', 'func_literal'],
  triggers: ['Lock()', 'Unlock()'],
  *check(node, ctx) {
    for (const balance of lockBalance(node, ctx)) yield* report(balance, node, ctx);
  },
};

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const takenOver = new Set(facts.get(TAKEN_OVER).map(({ key }) => key));
  for (const { key, value, place } of facts.get(LEAKED)) {
    // Another function of the package releases a lock of that name which it has not taken: this one may be it.
    if (takenOver.has(key) || facts.role(place.path) !== 'production') continue;
    const { message, args, exit, fixes } = value as unknown as LeakFact;
    const edits = (list: readonly Edit[]): FixEdit[] =>
      list.map(({ start, end, newText }) => ({
        kind: 'replaceAt',
        place: { ...place, span: { start, end } },
        newText,
      }));
    yield {
      kind: 'fail',
      subject: place,
      message,
      args,
      related:
        message === 'again'
          ? []
          : [
              {
                place: { ...place, span: { start: exit.start, end: exit.end } },
                message: 'Still locked when the function is left here',
              },
            ],
      fixes: fixes.map(({ title, edits: list }) => ({
        title,
        safety: 'suggestion',
        preferred: true,
        edits: edits(list),
      })),
    };
  }
}

export const rule = defineRule({
  id: 'unbalanced-lock',
  title: 'Lock left held, or unlocked twice',
  category: 'concurrency',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function takes a lock and can return without releasing it, releases a lock that it no longer holds (usually by hand before a deferred unlock), or releases it by the wrong method, such as `Unlock` for `RLock`.',
    why: 'A lock that is left behind blocks the next caller, and everyone after it, for ever. Unlocking a mutex that is not locked is a fatal error of the Go runtime: it ends the process and cannot be recovered.',
    howToFix: 'A function that hands the lock to its caller says so in its name or comment.',
    howToFixIn: {
      go: 'Write `defer mu.Unlock()` right behind `mu.Lock()`, and nothing else. Where the lock must be released earlier, put the locked part into a function of its own, or unlock on every path by hand and never defer.',
      python: 'Use `with lock:` around what it guards.',
    },
    refs: ['CWE-667', 'CWE-764', 'CWE-765', 'https://pkg.go.dev/sync#Mutex.Unlock'],
  },
  messages: {
    never: '{acquire} is never released in this function; add `defer {release}` right behind it.',
    leaked: '{acquire} stays held on a path that returns without {release}; unlock there too, or defer the unlock.',
    again: '{acquire} comes round again in the loop while it is still held; unlock on every path through the loop.',
    twice: '{release} runs for the second time, which is a fatal error; remove one of the two.',
    beforeDeferred: '{release} runs here and again when the function returns, which is a fatal error; remove this one.',
    mismatched: '{release} cannot release what {acquire} took; call {right} instead.',
    path: '{acquire} stays held on a path that returns without {release}; take the lock in a with statement.',
    raising: 'When anything in between fails, {release} is never reached; take the lock in a with statement.',
    deferredAcquire: '{acquire} is deferred right behind the same call and blocks for ever; defer {release} instead.',
  },
  fix: 'sometimes',
  on: { go: [functions], python: pythonDetectors },
  workspace: { partition: 'directory', reads: [LEAKED], judge },
});
