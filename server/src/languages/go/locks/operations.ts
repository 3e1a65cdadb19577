/**
 * Operations on locks inside one top-level declaration: which calls take and release a lock, and which lock that is.
 * Locks are told apart by how they are reached (`s.mu`, `s.shards[i]`), never by their type, which the declaration
 * alone does not know. Nothing here follows control flow: see held.ts.
 */
import { type ChunkContext, defineAnalysis } from '../../../core/rulekit/rule.ts';
import { calledLiteral } from '../flow.ts';
import type { GoNode } from '../nodes.gen.ts';
import { type GoBinding, type GoScope, goScope } from '../scope.ts';
import {
  assignedValues,
  callArguments,
  FUNCTION_KINDS,
  isAssigned,
  operatorOf,
  topLevelOf,
  unparenthesized,
} from '../syntax.ts';
import { type GoTypes, goTypes } from '../types.ts';

export type LockMode = 'read' | 'write';

export interface LockOperation {
  readonly action: 'acquire' | 'try' | 'release';
  readonly mode: LockMode;
  /** The call, such as `s.mu.Lock()`. */
  readonly call: GoNode;
  /** The expression that is locked, such as `s.mu`. */
  readonly operand: GoNode;
  /** Where the lock is found: see `placeOf`. */
  readonly lock: string;
}

const METHODS: Readonly<Record<string, Pick<LockOperation, 'action' | 'mode'>>> = {
  Lock: { action: 'acquire', mode: 'write' },
  RLock: { action: 'acquire', mode: 'read' },
  TryLock: { action: 'try', mode: 'write' },
  TryRLock: { action: 'try', mode: 'read' },
  Unlock: { action: 'release', mode: 'write' },
  RUnlock: { action: 'release', mode: 'read' },
};

/** A declaration without this word in its text has no operation on a lock. */
export const LOCK_TRIGGERS: readonly string[] = ['Lock', 'Unlock'];

/**
 * Name of the variable that an expression stands for, the same wherever the expression means the same variable:
 * `s.mu`, `s.shards[i].mu`. A name of the package begins with `=`; a local name that is declared more than once bears
 * a number. A local pointer such as `mu := &s.mu` that is never assigned again stands for what it points to. Null for
 * everything that is no such chain, above all for results of calls.
 */
export function placeOf(expression: GoNode, scope: GoScope): string | null {
  const parts: string[] = [];
  let node = expression;
  for (let steps = 0; steps < 64; steps++) {
    node = unparenthesized(node);
    switch (node.kind) {
      case 'identifier': {
        const binding = scope.bindingOf(node);
        const target = binding === null ? null : pointedTo(binding);
        if (target === null) return rootName(node, binding, scope) + parts.reverse().join('');
        node = target;
        break;
      }
      case 'selector_expression': {
        const field = node.child('field');
        const operand = node.child('operand');
        if (field === null || operand === null) return null;
        parts.push(`.${field.text}`);
        node = operand;
        break;
      }
      case 'index_expression': {
        const index = node.child('index');
        const operand = node.child('operand');
        if (index === null || operand === null) return null;
        const key = indexName(unparenthesized(index), scope);
        if (key === null) return null;
        parts.push(`[${key}]`);
        node = operand;
        break;
      }
      case 'unary_expression': {
        const operand = node.child('operand');
        const operator = operatorOf(node);
        if (operand === null || (operator !== '&' && operator !== '*')) return null;
        node = operand;
        break;
      }
      default:
        return null;
    }
  }
  return null;
}

function rootName(identifier: GoNode, binding: GoBinding | null, scope: GoScope): string {
  const name = identifier.text;
  if (binding === null) return `=${name}`;
  return scope.isUnique(binding) ? name : `${name}#${binding.id}`;
}

function indexName(index: GoNode, scope: GoScope): string | null {
  if (index.kind === 'identifier') return rootName(index, scope.bindingOf(index), scope);
  return index.kind === 'int_literal' || index.kind === 'interpreted_string_literal' ? index.text : null;
}

/** `s.mu` for the variable of `mu := &s.mu`, when nothing else is ever assigned to it. */
function pointedTo(binding: GoBinding): GoNode | null {
  const statement = binding.node.parent?.parent ?? null;
  if (binding.kind !== 'variable' || statement?.kind !== 'short_var_declaration') return null;
  const values = assignedValues(statement);
  const targets = statement.child('left')?.namedChildren ?? [];
  if (values.length !== 1 || targets.length !== 1) return null;
  const value = unparenthesized(values[0]!);
  if (value.kind !== 'unary_expression' || operatorOf(value) !== '&' || binding.uses.some(isAssigned)) return null;
  const target = unparenthesized(value.child('operand') ?? value);
  return target.kind === 'selector_expression' || target.kind === 'identifier' ? target : null;
}

/** Whether a change of `changed` makes `place` mean another variable: `s` or `i` for `s.shards[i].mu`. */
export function dependsOn(place: string, changed: string): boolean {
  if (place.startsWith(changed) && /^$|^[.[]/.test(place.slice(changed.length))) return true;
  return place.includes(`[${changed}]`);
}

/**
 * The operation that a call does, or null. Only calls whose results nobody looks at count, since locking a mutex has
 * none: `if err := file.Lock(); err != nil` is about something else.
 */
export function lockOperationOf(call: GoNode, scope: GoScope, types: GoTypes): LockOperation | null {
  const callee = call.child('function');
  if (callee?.kind !== 'selector_expression') return null;
  const name = callee.child('field')?.text ?? '';
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  const operand = callee.child('operand');
  if (method === undefined || operand === null || callArguments(call).length > 0) return null;
  const around = call.parent?.kind;
  const isStatement = around === 'expression_statement' || around === 'defer_statement' || around === 'go_statement';
  if (method.action !== 'try' && !isStatement) return null;
  if (types.packageOf(operand) !== null) return null;
  const lock = placeOf(operand, scope);
  return lock === null ? null : { ...method, call, operand, lock };
}

/**
 * How a function comes to an operation in its text:
 * - `step`: in the order of its statements.
 * - `deferred`: when it is left, by `defer mu.Unlock()` or a deferred literal.
 * - `elsewhere`: in another literal, in a goroutine: when it runs is not known.
 */
export type LockTiming = 'step' | 'deferred' | 'elsewhere';

export interface TimedLockOperation extends LockOperation {
  readonly timing: LockTiming;
  /** In a deferred or invoked literal: under a condition or in a loop of that literal. */
  readonly conditional: boolean;
  /** The statement of the function (not of a literal in it) that brings the operation about. */
  readonly statement: GoNode;
}

export interface LockOperations {
  /** Every operation in the text of a function, nested literals included, as that function comes to it. */
  of(owner: GoNode): readonly TimedLockOperation[];
  /** Every operation of the declaration, in order. */
  readonly all: readonly LockOperation[];
  /** Whether there is any. */
  readonly any: boolean;
}

/** Lock operations in one top-level declaration. */
export const goLockOperations = defineAnalysis<GoNode, LockOperations>('go.lockOperations', (declaration, ctx) => {
  const { text } = declaration.tree;
  const hasAny = LOCK_TRIGGERS.some((word) => text.includes(word));
  const all: LockOperation[] = [];
  if (hasAny) {
    const scope = ctx.get(goScope, declaration);
    const types = ctx.get(goTypes, declaration);
    for (const call of declaration.descendants('call_expression')) {
      const operation = lockOperationOf(call, scope, types);
      if (operation !== null) all.push(operation);
    }
  }
  return {
    all,
    any: all.length > 0,
    of: (owner) => all.filter(({ call }) => owner.contains(call)).map((operation) => timed(operation, owner)),
  };
});

/** Operations of the declaration around a node. */
export function lockOperationsAround(ctx: ChunkContext, node: GoNode): LockOperations | null {
  const declaration = topLevelOf(node);
  return declaration === null ? null : ctx.get(goLockOperations, declaration);
}

function timed(operation: LockOperation, owner: GoNode): TimedLockOperation {
  const { call } = operation;
  const around = call.parent!;
  let timing: LockTiming =
    around.kind === 'defer_statement' ? 'deferred' : around.kind === 'go_statement' ? 'elsewhere' : 'step';
  let conditional = false;
  let statement = around;
  let literal = call.ancestor(...FUNCTION_KINDS);
  while (literal !== null && literal.index !== owner.index) {
    const runner = invokingStatement(literal);
    conditional ||= isConditional(call, literal);
    if (runner === null) {
      timing = 'elsewhere';
      statement = literal;
    } else {
      // What an invoked literal defers has happened when the literal returns.
      if (runner.kind === 'defer_statement') timing = timing === 'elsewhere' ? timing : 'deferred';
      else if (timing === 'deferred') timing = 'step';
      statement = runner;
    }
    literal = literal.ancestor(...FUNCTION_KINDS);
  }
  return { ...operation, timing, conditional, statement };
}

/** `func() { ... }()` or `defer func() { ... }()`: the call or the defer statement; null when it runs otherwise. */
function invokingStatement(literal: GoNode): GoNode | null {
  let callee = literal;
  while (callee.parent?.kind === 'parenthesized_expression') callee = callee.parent;
  const call = callee.parent;
  if (call?.kind !== 'call_expression' || callee.field !== 'function') return null;
  const statement = call.parent;
  if (statement?.kind === 'go_statement') return null;
  return statement?.kind === 'defer_statement' && calledLiteral(statement) !== null ? statement : call;
}

/** Whether a node of a literal need not run when the literal does. */
function isConditional(node: GoNode, literal: GoNode): boolean {
  for (let around = node.parent; around !== null && around.index !== literal.index; around = around.parent) {
    switch (around.kind) {
      case 'if_statement':
      case 'for_statement':
      case 'expression_case':
      case 'type_case':
      case 'default_case':
      case 'communication_case':
      case 'func_literal':
        return true;
    }
  }
  return false;
}

/**
 * Whether a function hands the right to release a lock to somebody else: it uses `mu.Unlock` as a value, or passes,
 * returns or stores the lock itself.
 */
export function isHandedOver(owner: GoNode, lock: string, scope: GoScope): boolean {
  let isStruct = false;
  let isPassed = false;
  for (const node of owner.descendants('selector_expression', 'identifier')) {
    if (placeOf(node, scope) !== lock) continue;
    let whole = node;
    while (whole.parent?.kind === 'parenthesized_expression' || isAddress(whole.parent)) whole = whole.parent!;
    const parent = whole.parent;
    if (parent?.kind === 'selector_expression' && whole.field === 'operand') {
      const name = parent.child('field')?.text ?? '';
      if (!Object.hasOwn(METHODS, name)) isStruct = true;
      else if (METHODS[name]!.action === 'release' && !isStatementCall(parent)) return true;
    } else if (parent !== null && PASSING.has(parent.kind)) {
      const list = parent.kind === 'expression_list' ? parent.parent : null;
      if (list === null || list.kind === 'return_statement' || parent.field === 'right') isPassed = true;
    }
  }
  // What has other members too is no plain lock but the owner of one, and is passed on for many reasons.
  return isPassed && !isStruct;
}

const PASSING: ReadonlySet<string> = new Set(['argument_list', 'literal_element', 'expression_list', 'send_statement']);

function isAddress(node: GoNode | null): boolean {
  return node?.kind === 'unary_expression' && operatorOf(node) === '&';
}

function isStatementCall(callee: GoNode): boolean {
  const call = callee.parent;
  const around = call?.kind === 'call_expression' && callee.field === 'function' ? call.parent : null;
  return around?.kind === 'expression_statement' || around?.kind === 'defer_statement';
}
