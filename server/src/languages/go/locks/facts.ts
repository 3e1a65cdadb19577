/**
 * What each function does under which locks, as facts for judges of packages: reads and writes of fields and package
 * variables, calls of functions of the same package, and where locks are taken. Everything is as the declaration
 * alone shows it; whether a field is guarded by a lock is for the judge (see guards.ts).
 *
 * - `go.locking`, key: name (`run`) or receiver and name (`Server.run`), value: `LockingFact`. One for each function
 *   and method of production code that uses a variable of its package, calls a function of it, or takes a lock.
 */
import { type Extractor, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { kindSet } from '../../../core/syntax/flatTree.ts';
import { EMPTY_GO_HEADER, type GoHeader } from '../header.ts';
import type { GoKind, GoNode } from '../nodes.gen.ts';
import { type GoBinding, type GoScope, goScope, PREDECLARED_TYPES } from '../scope.ts';
import {
  assignedValues,
  callArguments,
  calledExpression,
  calledName,
  FUNCTION_KINDS,
  functionName,
  indentationOf,
  isAssigned,
  leadingComments,
  leadingCommentText,
  lineBreakOf,
  lineSpanOf,
  lineStartAt,
  operatorOf,
  parametersOf,
  receiverOf,
  rootIdentifier,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../syntax.ts';
import { type GoTypes, goTypes, pointee } from '../types.ts';
import { FREE, goLockUnits, HELD_READ, type HeldLocks, type LockUnit } from './held.ts';
import { goLockOperations, type LockMode, type LockOperation, placeOf } from './operations.ts';

/**
 * What is done to a variable:
 * - `read`: its value is read, or a method is called on it.
 * - `write`: it is assigned.
 * - `element`: an element of the map, slice or array is assigned or deleted.
 * - `address`: its address is taken, so everything may happen to it.
 * - `return`: its value, a map or the like, is returned as it is.
 */
export type AccessKind = 'read' | 'write' | 'element' | 'address' | 'return';

/** What is held: ways in which locks can be held, as in held.ts. */
export type HeldFact = { readonly others: number; readonly locks: { readonly [lock: string]: number } };

export type LockingFact = {
  readonly package: string;
  /** Type of the receiver, '' for a function. */
  readonly receiver: string;
  /** Places (see `placeOf`) of the receiver, '' for none, and of the parameters; '' for one without a name. */
  readonly self: string;
  readonly parameters: readonly string[];
  /** Types of the package, without `*`, of local variables, by place. */
  readonly types: { readonly [place: string]: string };
  /** By its name or its comment the function leaves locking to its callers. */
  readonly leavesLocking?: true;
  /** What is held, referred to by position. */
  readonly held: readonly HeldFact[];
  readonly accesses: readonly AccessFact[];
  readonly calls: readonly CallFact[];
  readonly acquisitions: readonly AcquisitionFact[];
  /**
   * Where statements can be put in front of all others, when the function accesses something, has no loop and waits for
   * nothing.
   */
  readonly opening?: OpeningFact;
};

/**
 * `place`: `s.state.count`; `s.clients[].seen` for a field of what a local variable took out of the map `s.clients`,
 * and only where it is written under a read lock. `explained`: a comment beside it speaks of locks or concurrency. `via`:
 * fields that were put into a local variable on the way, separated by spaces: each is a copy unless it is a pointer.
 */
export type AccessFact = readonly [
  place: string,
  kind: AccessKind,
  held: number,
  start: number,
  end: number,
  explained: boolean,
  via: string,
];

/**
 * `callee`: place of a method (`s.flush`) or name of a function (`=flush`); `?.flush` when the receiver has no place.
 * `parameters`: places of the arguments, '' for one without a place, `NEW` for a value that this function has made.
 * `how`: `now`, in a goroutine (`go`), when the function is left (`defer`), or on a value made here (`new`).
 * `via`: see `AccessFact`.
 */
export type CallFact = readonly [
  callee: string,
  parameters: readonly string[],
  held: number,
  how: 'now' | 'go' | 'defer' | 'new',
  start: number,
  end: number,
  via: string,
];

/** In the place of an argument: a value that nobody else knows yet. */
export const NEW = '!';

/** A call that takes a lock, as a statement of the function or of a literal in it. */
export type AcquisitionFact = {
  readonly lock: string;
  readonly mode: LockMode;
  readonly start: number;
  readonly end: number;
  /** What is held just before, as a position in `held`; -1 where it never runs. */
  readonly before: number;
  /** Something that the caller passes decides whether it runs: `if lock { s.mu.Lock() }`. */
  readonly chosen: boolean;
  /** Names of the methods that take and release the lock in that mode in the same function or literal. */
  readonly names: readonly (readonly [start: number, end: number])[];
  /** The acquisition with the deferred release behind it, as whole lines; null for others. */
  readonly pair: PairFact | null;
};

export type PairFact = {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Where the lines of the statements before it in the same block begin. */
  readonly before: readonly number[];
};

export type OpeningFact = { readonly at: number; readonly indent: string; readonly lineBreak: string };

const LEAVING_NAME = /locked$|^locked|(?:no|without|with|holding)_?lock(?:ed|ing)?$|lock_?(?:held|less)$|unsafe/i;
const LEAVING_COMMENT =
  /\b(?:locks?|mutex|mu|mtx|\w+(?:Mu|Lock|Mutex|Mtx)|\w+\.(?:mu|mtx|lock))\b(?:[^.;]|\.\b)*\b(?:held|hold|holds|holding|taken|acquired|locked)\b|\b(?:held|hold|holds|holding|acquired?|under|with|within|without|protected by|guarded by|requires?)\b(?:[^.;]|\.\b)*\b(?:locks?|mutex|mu|mtx|\w+(?:Mu|Lock|Mutex|Mtx))\b|\b(?:not|isn't|never)\b(?:[^.;]|\.\b)*\b(?:thread|goroutine|concurren)|single[- ](?:thread|goroutine)|\bcallers?\b(?:[^.;]|\.\b)*\block|\bnot safe\b|\bunsafe\b|serial(?:ly|ized)/i;
const EXPLAINING_COMMENT =
  /(?<![bc])lock|mutex|mtx|\brac[ey]\w*\b|concurren|goroutine|atomic|\bsafe\w*\b|\bunsafe\b|immutable|\bsync/i;

/** Functions that make a new value, which nobody else knows yet. */
const MAKER = /^(?:new|make|create|build|init|open|alloc|clone|copy|default|parse|load|from|setup|prepare)/i;
/** The same for methods; each of these names is one of `MAKER` too. */
const MAKING_METHOD = /^(?:new|make|create|build|clone|copy|alloc)/i;

const functions: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration'],
  *check(node, ctx) {
    const name = node.child('name');
    if (node.parent?.kind !== 'chunk' || name === null) return;
    const receiver = node.kind === 'method_declaration' ? receiverOf(node) : null;
    if (node.kind === 'method_declaration' && receiver === null) return;
    const header = (ctx.file.header as GoHeader | null) ?? EMPTY_GO_HEADER;
    const scope = ctx.get(goScope, node);
    const types = ctx.get(goTypes, node);
    const units = ctx.get(goLockUnits, node);
    const operations = ctx.get(goLockOperations, node).all;
    const collector = collect(node, scope, types, units, new Set(operations.map(({ call }) => call.index)));
    const acquisitions = [...acquisitionsOf(node, operations, scope, collector.holding)];
    // Nothing that a judge could ask for.
    if (collector.accesses.length === 0 && collector.calls.length === 0 && acquisitions.length === 0) return;
    const place = (identifier: GoNode | null): string =>
      identifier === null ? '' : (placeOf(identifier, scope) ?? '');
    const leavesLocking = LEAVING_NAME.test(functionName(node)) || LEAVING_COMMENT.test(leadingCommentText(node));
    const opening = collector.accesses.length === 0 ? null : openingOf(node);
    const value: LockingFact = {
      package: header.packageName,
      receiver: receiver?.type ?? '',
      self: place(receiver?.node ?? null),
      parameters: parametersOf(node).map((parameter) => place(parameter.node)),
      types: collector.types,
      ...(leavesLocking ? { leavesLocking } : {}),
      held: collector.held,
      accesses: collector.accesses,
      calls: collector.calls,
      acquisitions,
      ...(opening === null ? {} : { opening }),
    };
    yield fact('go.locking', receiver === null ? name.text : `${receiver.type}.${name.text}`, value, name);
  },
};

function* acquisitionsOf(
  declaration: GoNode,
  operations: readonly LockOperation[],
  scope: GoScope,
  holding: Collected['holding'],
): Generator<AcquisitionFact> {
  for (const { action, mode, lock, call } of operations) {
    if (action !== 'acquire' || call.parent?.kind !== 'expression_statement') continue;
    const around = call.ancestor(...FUNCTION_KINDS) ?? declaration;
    const names = operations
      .filter((other) => other.mode === mode && other.lock === lock && around.contains(other.call))
      .map((other): [number, number] => {
        const field = other.call.child('function')!.child('field')!;
        return [field.start, field.end];
      });
    const deferred = operations.find(
      (other) =>
        other.action === 'release' &&
        other.mode === mode &&
        other.lock === lock &&
        other.call.parent!.equals(call.parent!.nextSibling) &&
        other.call.parent!.kind === 'defer_statement',
    );
    const pair = deferred === undefined ? null : pairOf(call.parent, deferred.call.parent!);
    const { start, end } = call;
    yield { lock, mode, start, end, before: holding(call), chosen: isChosen(call, around, scope), names, pair };
  }
}

/** Whether a condition around a node of a function asks for a parameter. */
function isChosen(node: GoNode, owner: GoNode, scope: GoScope): boolean {
  for (let around = node.parent; around !== null && around.index !== owner.index; around = around.parent) {
    const condition = around.kind === 'if_statement' ? around.child('condition') : null;
    for (const identifier of condition?.descendants('identifier') ?? []) {
      if (scope.bindingOf(identifier)?.kind === 'parameter') return true;
    }
  }
  return false;
}

/** The lines of two statements that follow each other, and the statements before them. */
function pairOf(acquire: GoNode, release: GoNode): PairFact | null {
  const { text } = acquire.tree;
  const first = lineSpanOf(acquire);
  const second = lineSpanOf(release);
  const block = acquire.parent;
  if (block?.kind !== 'statement_list' || first.end !== second.start) return null;
  const before: number[] = [];
  for (const statement of syntaxChildren(block)) {
    if (statement.start >= acquire.start) break;
    before.push(leadingStart(statement));
  }
  return { start: first.start, end: second.end, text: text.slice(first.start, second.end), before };
}

/** Where the line of a statement begins, or that of the first comment right above it. */
function leadingStart(statement: GoNode): number {
  return lineStartAt(statement.tree.text, leadingComments(statement)[0]?.start ?? statement.start);
}

const WAITING: readonly GoKind[] = [
  'for_statement',
  'select_statement',
  'go_statement',
  'send_statement',
  'func_literal',
];

function openingOf(declaration: GoNode): OpeningFact | null {
  const first = statementsOf(declaration)[0];
  if (first === undefined) return null;
  for (const node of declaration.descendants(...WAITING, 'unary_expression')) {
    if (node.kind !== 'unary_expression' || operatorOf(node) === '<-') return null;
  }
  const at = leadingStart(first);
  // Everything on one line: `func (c *Cache) Len() int { return len(c.items) }`.
  if (at <= declaration.start) return null;
  return { at, indent: indentationOf(first), lineBreak: lineBreakOf(first) };
}

const NOTHING_HELD: HeldLocks = { others: FREE, locks: new Map() };

interface Collected {
  readonly types: Record<string, string>;
  readonly held: readonly HeldFact[];
  readonly accesses: readonly AccessFact[];
  readonly calls: readonly CallFact[];
  /** Position in `held` of what is held just before a node runs; -1 where it never runs. */
  readonly holding: (node: GoNode) => number;
}

/** `locking`: indices of the calls that take or release a lock, which are no uses of anything. */
function collect(
  declaration: GoNode,
  scope: GoScope,
  types: GoTypes,
  units: readonly LockUnit[],
  locking: ReadonlySet<number>,
): Collected {
  const unitByOwner = new Map(units.map((unit) => [unit.owner.index, unit]));
  const held: HeldFact[] = [];
  const heldIndex = new Map<string, number>();
  const accesses: AccessFact[] = [];
  const calls: CallFact[] = [];
  const seenCalls = new Set<string>();
  const localTypes: Record<string, string> = {};
  const fresh = new Set<GoBinding>();

  const hasComments = declaration.tree.text.includes('//');
  /** Most places share one value. */
  const known = new Map<HeldLocks, number>();
  const indexOfHeld = (now: HeldLocks): number => {
    const before = known.get(now);
    if (before !== undefined) return before;
    const fact = { others: now.others, locks: Object.fromEntries([...now.locks].sort()) };
    const key = now.locks.size === 0 ? String(now.others) : JSON.stringify(fact);
    let index = heldIndex.get(key);
    if (index === undefined) {
      index = held.push(fact) - 1;
      heldIndex.set(key, index);
    }
    known.set(now, index);
    return index;
  };
  const only = units.length === 1 ? units[0]! : null;
  const heldAt = (node: GoNode): HeldLocks | null => {
    if (only !== null) return only.before(node);
    const owner = node.ancestor(...FUNCTION_KINDS);
    return owner === null ? null : (unitByOwner.get(owner.index)?.before(node) ?? null);
  };
  const addCall = (callee: string, call: GoNode, isNew = false, via = ''): void => {
    const now = heldAt(call);
    if (now === null) return;
    const parent = call.parent?.kind;
    const how = parent === 'go_statement' ? 'go' : isNew ? 'new' : parent === 'defer_statement' ? 'defer' : 'now';
    const parameters = callArguments(call).map((argument) =>
      isFresh(argument, scope, fresh) ? NEW : (placeOf(argument, scope) ?? ''),
    );
    const index = indexOfHeld(how === 'go' ? NOTHING_HELD : now);
    const key = `${callee} ${parameters.join()} ${index} ${how} ${via}`;
    if (seenCalls.has(key)) return;
    seenCalls.add(key);
    calls.push([callee, parameters, index, how, call.start, call.end, via]);
  };
  /** Variables that hold a struct itself: what is assigned to their fields changes nothing elsewhere. */
  const copies = new Set<string>();
  /** A use of a variable: follows the selectors around it to see what is done to what. */
  const use = (identifier: GoNode, root: string): void => {
    const { whole, place, length } = selectionAround(identifier, root);
    const parent = whole.parent;
    if (parent?.kind === 'call_expression' && whole.field === 'function') {
      if (locking.has(parent.index)) return;
      addCall(place, parent);
      if (length < 2) return;
      const operand = whole.child('operand')!;
      add(place.slice(0, place.lastIndexOf('.')), 'read', operand);
      return;
    }
    if (length === 0 && !place.startsWith('=')) return;
    const kind = kindOfAccess(whole, types);
    add(place, kind === 'write' && copies.has(root) ? 'read' : kind, whole);
  };
  /** A use of what was taken out of a collection: writes and calls under a read lock are of interest. */
  const useElement = (identifier: GoNode, { origin, via }: Derived): void => {
    const { whole, place, length } = selectionAround(identifier, origin);
    if (length === 0) return;
    const now = heldAt(whole);
    if (now === null || ![...now.locks.values()].includes(HELD_READ)) return;
    const parent = whole.parent;
    const kind = kindOfAccess(whole, types);
    if (parent?.kind === 'call_expression' && whole.field === 'function') {
      if (!locking.has(parent.index)) addCall(place, parent, false, via);
    } else if (kind === 'write' || kind === 'element') add(place, kind, whole, via);
  };
  const add = (place: string, kind: AccessKind, node: GoNode, via = ''): void => {
    const now = heldAt(node);
    if (now === null) return;
    accesses.push([place, kind, indexOfHeld(now), node.start, node.end, hasComments && isExplained(node), via]);
    // `s.items = append(s.items, x)` and `s.count++` read too, but a write says more.
  };

  const selecting = kindSet(declaration.tree.grammar, ['selector_expression', 'parenthesized_expression']);
  /** Whether something may be selected of the variable, so that its type matters. */
  const isSelected = ({ uses }: GoBinding): boolean => {
    const { kinds, parents } = declaration.tree;
    return uses.some(({ index }) => selecting[kinds[parents[index]!]!] === 1);
  };
  for (const binding of scope.bindings) {
    if (binding.kind !== 'receiver' && binding.kind !== 'parameter' && binding.kind !== 'variable') continue;
    if (binding.kind === 'variable' && isMadeHere(binding, types)) {
      fresh.add(binding);
      continue;
    }
    if (!isSelected(binding)) continue;
    const type = ownType(binding, declaration, types);
    if (type === null) continue;
    const root = placeOf(binding.node, scope);
    if (root === null || !/^\w+(?:#\d+)?$/.test(root)) continue;
    localTypes[root] = type;
    if (isCopy(binding, declaration, types)) copies.add(root);
    for (const identifier of binding.uses) use(identifier, root);
  }
  const derived = new Map<GoBinding, Derived>();
  for (const binding of scope.bindings) {
    if (
      binding.kind !== 'variable' ||
      fresh.has(binding) ||
      !isSelected(binding) ||
      localTypes[placeOf(binding.node, scope) ?? ''] !== undefined
    )
      continue;
    const taken = takenFrom(binding, scope, derived);
    const root = taken === null ? '' : taken.origin.replace(/[.[].*$/s, '');
    if (taken === null || (localTypes[root] === undefined && !root.startsWith('='))) continue;
    derived.set(binding, taken);
    for (const identifier of binding.uses) useElement(identifier, taken);
  }
  for (const { node, name, position } of scope.free) {
    if (position === 'type' || types.packageOf(node) !== null) continue;
    use(node, `=${name}`);
  }
  // Methods called on what has no type here: the judge may know the method by its name.
  for (const call of declaration.descendants('call_expression')) {
    const callee = calledExpression(call);
    if (callee?.kind !== 'selector_expression') continue;
    const name = callee.child('field')?.text ?? '';
    const operand = callee.child('operand');
    if (operand === null || !/^[a-z_]/.test(name)) continue;
    const place = placeOf(operand, scope);
    const isNew = isFresh(operand, scope, fresh);
    if (!isNew && place !== null && (place.startsWith('=') || localTypes[place.replace(/[.[].*$/, '')] !== undefined))
      continue;
    addCall(`${isNew ? '?' : (place ?? '?')}.${name}`, call, isNew);
  }
  const holding = (node: GoNode): number => {
    const now = heldAt(node);
    return now === null ? -1 : indexOfHeld(now);
  };
  return { types: localTypes, held, accesses, calls, holding };
}

/** A local variable that stands for what is found elsewhere. */
interface Derived {
  readonly origin: string;
  readonly via: string;
}

/**
 * Place of what a local variable stands for when it is taken out of a collection, or from a field, and is never
 * assigned again: `s.clients[]` for `client := s.clients[id]` and `for _, client := range s.clients`.
 */
function takenFrom(binding: GoBinding, scope: GoScope, derived: ReadonlyMap<GoBinding, Derived>): Derived | null {
  const statement = binding.node.parent?.parent ?? null;
  if (binding.uses.some(isAssigned)) return null;
  let source: GoNode | null = null;
  let suffix = '';
  const position = (statement?.child('left')?.namedChildren ?? []).findIndex((node) => node.equals(binding.node));
  if (statement?.kind === 'range_clause' && position === 1) {
    source = statement.child('right');
    suffix = '[]';
  } else if (statement?.kind === 'short_var_declaration' && position === 0) {
    const values = assignedValues(statement);
    source = values.length === 1 ? unparenthesized(values[0]!) : null;
    if (source?.kind === 'index_expression') {
      source = source.child('operand');
      suffix = '[]';
    } else if (source?.kind !== 'selector_expression') return null;
  }
  if (source === null) return null;
  const place = placeOf(source, scope);
  const root = rootIdentifier(source);
  const origin = root === null ? null : scope.bindingOf(root);
  if (place === null) return null;
  const base = origin === null ? undefined : derived.get(origin);
  const written = base === undefined ? place : base.origin + place.replace(/^[^.[]+/, '');
  const whole = written.replace(/\[[^\]]*\]/g, '[]') + suffix;
  const via = base?.via ?? '';
  return { origin: whole, via: suffix === '' ? `${via} ${whole}`.trim() : via };
}

/** The chain of fields around an identifier, `s.state.count` for the `s` in it, and how many fields that are. */
function selectionAround(
  identifier: GoNode,
  root: string,
): { readonly whole: GoNode; readonly place: string; readonly length: number } {
  let length = 0;
  let place = root;
  let whole = identifier;
  for (let parent = whole.parent; parent !== null; parent = whole.parent) {
    if (parent.kind === 'selector_expression' && whole.field === 'operand') {
      length++;
      place += `.${parent.child('field')?.text ?? ''}`;
    } else if (
      parent.kind !== 'parenthesized_expression' &&
      !(parent.kind === 'unary_expression' && operatorOf(parent) === '*')
    ) {
      break;
    } else if (parent.kind === 'unary_expression' && parent.parent?.kind !== 'parenthesized_expression') {
      break;
    }
    whole = parent;
  }
  return { whole, place, length };
}

function kindOfAccess(whole: GoNode, types: GoTypes): AccessKind {
  let node = whole;
  let isElement = false;
  for (let parent = node.parent; parent !== null; parent = node.parent) {
    const isOperand = node.field === 'operand';
    if (parent.kind === 'index_expression' && isOperand) isElement = true;
    else if (parent.kind === 'selector_expression' && isOperand && isElement) return 'read';
    else if (parent.kind !== 'parenthesized_expression' && !(parent.kind === 'slice_expression' && isOperand)) break;
    node = parent;
  }
  const parent = node.parent;
  switch (parent?.kind) {
    case 'inc_statement':
    case 'dec_statement':
      return isElement ? 'element' : 'write';
    case 'expression_list': {
      const statement = parent.parent;
      if (parent.field === 'left' && statement?.kind === 'assignment_statement') return isElement ? 'element' : 'write';
      if (parent.field === 'left' && statement?.kind === 'range_clause') return isElement ? 'element' : 'write';
      return statement?.kind === 'return_statement' && node.index === whole.index ? 'return' : 'read';
    }
    case 'unary_expression':
      return operatorOf(parent) === '&' ? 'address' : 'read';
    case 'argument_list': {
      const call = parent.parent;
      const callee = call?.kind === 'call_expression' ? types.calleeOf(call) : null;
      const isFirst = call !== null && callArguments(call)[0]?.index === node.index;
      return callee?.kind === 'builtin' && isFirst && /^(?:delete|clear|copy)$/.test(callee.name) ? 'element' : 'read';
    }
    case 'literal_element':
      return node.index === whole.index && isReturned(parent) ? 'return' : 'read';
    default:
      return 'read';
  }
}

/** Whether an element belongs to a literal that is returned as it is. */
function isReturned(element: GoNode): boolean {
  for (let node = element.parent; node !== null; node = node.parent) {
    switch (node.kind) {
      case 'keyed_element':
      case 'literal_element':
      case 'literal_value':
      case 'composite_literal':
      case 'unary_expression':
        continue;
      case 'expression_list':
        return node.parent?.kind === 'return_statement';
      default:
        return false;
    }
  }
  return false;
}

/** Name of the variable's type when the package itself declares it; null for every other type. */
function ownType(binding: GoBinding, declaration: GoNode, types: GoTypes): string | null {
  if (binding.kind === 'receiver') return receiverOf(declaration)?.type ?? null;
  const use = binding.uses[0];
  const type = use === undefined ? null : types.typeOf(use);
  const name = type === null ? '' : pointee(type).replace(/\[.*$/s, '');
  return /^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(name) && !PREDECLARED_TYPES.has(name) ? name : null;
}

function isCopy(binding: GoBinding, declaration: GoNode, types: GoTypes): boolean {
  if (binding.kind === 'receiver') return receiverOf(declaration)?.pointer === false;
  const use = binding.uses[0];
  return use !== undefined && types.typeOf(use)?.startsWith('*') === false;
}

/** Whether a variable holds a value that this function has just made. */
function isMadeHere(binding: GoBinding, types: GoTypes): boolean {
  const parent = binding.node.parent;
  if (parent?.kind === 'var_spec') {
    const value = parent.child('value');
    const type = parent.child('type');
    return value === null
      ? type !== null && type.kind !== 'pointer_type'
      : isMaking(value.namedChildren[0] ?? null, types);
  }
  const statement = parent?.parent ?? null;
  if (statement?.kind !== 'short_var_declaration') return false;
  const values = assignedValues(statement);
  const targets = statement.child('left')?.namedChildren ?? [];
  const position = targets.findIndex((target) => target.index === binding.node.index);
  return isMaking((values.length === targets.length ? values[position] : values[0]) ?? null, types);
}

function isMaking(value: GoNode | null, types: GoTypes): boolean {
  let inner = value === null ? null : unparenthesized(value);
  if (inner?.kind === 'unary_expression' && operatorOf(inner) === '&') inner = inner.child('operand');
  if (inner?.kind === 'composite_literal') return true;
  if (inner?.kind !== 'call_expression') return false;
  const name = calledName(inner);
  if (name !== '' && !MAKER.test(name)) return false;
  const callee = types.calleeOf(inner);
  return 'name' in callee && (callee.kind === 'method' ? MAKING_METHOD : MAKER).test(callee.name);
}

function isFresh(expression: GoNode, scope: GoScope, fresh: ReadonlySet<GoBinding>): boolean {
  let node = unparenthesized(expression);
  while (node.kind === 'selector_expression' || (node.kind === 'unary_expression' && operatorOf(node) === '&')) {
    const operand = node.child('operand');
    if (operand === null) return false;
    node = unparenthesized(operand);
  }
  const binding = scope.bindingOf(node);
  return binding !== null && fresh.has(binding);
}

/** Whether a comment on the line, or in the lines right above it, speaks of locks or of concurrency. */
function isExplained(node: GoNode): boolean {
  const { text } = node.tree;
  let start = lineStartAt(text, node.start);
  const lineEnd = text.indexOf('\n', node.start);
  const line = text.slice(node.end, lineEnd < 0 ? text.length : lineEnd);
  const trailing = line.indexOf('//');
  if (trailing >= 0 && EXPLAINING_COMMENT.test(line.slice(trailing))) return true;
  for (let lines = 0; lines < 8 && start > 0; lines++) {
    const before = lineStartAt(text, start - 1);
    const above = text.slice(before, start).trim();
    if (!above.startsWith('//')) return false;
    if (EXPLAINING_COMMENT.test(above)) return true;
    start = before;
  }
  return false;
}

export const extractors: readonly Extractor[] = [
  { id: 'go.locking', language: 'go', detector: functions as NodeDetector, roles: ['production'] },
];
