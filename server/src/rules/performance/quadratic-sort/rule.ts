/**
 * Sorts written as two nested loops over one sequence: exchange, bubble, selection and insertion sorts. The loops have
 * to compare and swap two elements of the same expression and to run up to the same bound, so that shuffles, partial
 * selections and matrix algorithms stay silent. It does not look at algorithms of other shapes (merges, heaps).
 */
import type { Span } from '../../../core/model/location.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  indentationOf,
  integerLiteralValue,
  lineBreakOf,
  lineSpanOf,
  onlyChild,
  operatorOf,
  statementsOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../../languages/go/types.ts';
import { pythonDetectors } from './python.ts';

/** What is swapped: two elements of one sequence. */
interface Swap {
  /** The sequence. */
  readonly sequence: GoNode;
  readonly left: GoNode;
  readonly right: GoNode;
  /** Whether the statements do nothing but this one swap. */
  readonly alone: boolean;
}

interface Sort {
  readonly sequence: GoNode;
  /** The comparison that decides whether to swap. */
  readonly condition: GoNode;
  /** Text of the two indices in the comparison: the element that stands earlier, and the later one. */
  readonly earlier: string;
  readonly later: string;
  /** Whether equal elements keep their order. */
  readonly stable: boolean;
  /** Whether nothing but sorting happens, over the whole sequence. */
  readonly replaceable: boolean;
}

/** Text without white space, to compare expressions. */
function compact(node: GoNode): string {
  return node.text.replace(/\s+/g, '');
}

interface Bound {
  /** Expression without offsets: `len(x)`, `n`. */
  readonly base: string;
  readonly constant: number;
  /** Identifiers that are added or subtracted. */
  readonly names: readonly string[];
}

/** Takes `len(x)-1-i` apart: additions and subtractions of constants and names around one base. */
function boundOf(expression: GoNode): Bound | null {
  const names: string[] = [];
  let constant = 0;
  let inner = unparenthesized(expression);
  while (inner.kind === 'binary_expression') {
    const operator = operatorOf(inner);
    const left = inner.child('left');
    const right = inner.child('right');
    if ((operator !== '-' && operator !== '+') || left === null || right === null) return null;
    const value = integerLiteralValue(right);
    if (value !== null) constant += operator === '-' ? -value : value;
    else if (right.kind === 'identifier') names.push(operator + right.text);
    else {
      const tail = boundOfParenthesis(right);
      if (tail === null) return null;
      const sign = operator === '-' ? -1 : 1;
      constant += sign * tail.constant;
      names.push(`${operator}${tail.name}`);
    }
    inner = unparenthesized(left);
  }
  return { base: compact(inner), constant, names };
}

/** `(i + 1)` in `len(x) - (i + 1)`. */
function boundOfParenthesis(expression: GoNode): { readonly name: string; readonly constant: number } | null {
  const inner = unparenthesized(expression);
  if (inner.kind !== 'binary_expression' || inner.index === expression.index || operatorOf(inner) !== '+') return null;
  const left = inner.child('left');
  const value = inner.child('right') === null ? null : integerLiteralValue(inner.child('right')!);
  return left?.kind === 'identifier' && value !== null ? { name: left.text, constant: value } : null;
}

interface Loop {
  readonly node: GoNode;
  /** '' for loops without a counter. */
  readonly counter: string;
  /** First value of the counter, without white space. */
  readonly first: string;
  /** Up to this value, which is not reached; null when the loop goes on for as long as it swaps. */
  readonly bound: Bound | null;
  readonly ascending: boolean;
  readonly body: readonly GoNode[];
}

/** Reads `for i := first; i < bound; i++`, `for i := range x`, and loops without a counter. */
function loopOf(node: GoNode): Loop | null {
  const block = node.child('body');
  if (block === null) return null;
  const body = statementsOf(block);
  const head = node.namedChildren.find((child) => child.kind !== 'comment' && child.field !== 'body') ?? null;
  const free: Loop = { node, counter: '', first: '', bound: null, ascending: true, body };
  if (head === null) return free;
  if (head.kind === 'range_clause') {
    const names = assignedExpressions(head);
    const collection = head.child('right');
    if (names.length !== 1 || names[0]!.kind !== 'identifier' || collection === null) return null;
    const over = unparenthesized(collection);
    if (over.kind !== 'identifier' && over.kind !== 'selector_expression' && over.kind !== 'index_expression')
      return null;
    const base = `len(${compact(over)})`;
    return { ...free, counter: names[0]!.text, first: '0', bound: { base, constant: 0, names: [] } };
  }
  if (head.kind !== 'for_clause') return free;
  const initializer = head.child('initializer');
  const condition = head.child('condition');
  const update = head.child('update');
  if (initializer === null || condition === null || update === null) return null;
  const targets = assignedExpressions(initializer);
  const values = assignedValues(initializer);
  if (targets.length !== 1 || values.length !== 1 || targets[0]!.kind !== 'identifier') return null;
  const counter = targets[0]!.text;
  if (assignedExpressions(update)[0]?.text !== counter) return null;
  const test = unparenthesized(condition);
  const left = test.child('left');
  const right = test.child('right');
  if (test.kind !== 'binary_expression' || left === null || right === null || left.text !== counter) return null;
  const operator = operatorOf(test);
  if (update.kind === 'inc_statement' && (operator === '<' || operator === '<=')) {
    const bound = boundOf(right);
    if (bound === null) return null;
    const constant = bound.constant + (operator === '<=' ? 1 : 0);
    return { ...free, counter, first: compact(values[0]!), bound: { ...bound, constant } };
  }
  if (update.kind === 'dec_statement' && (operator === '>' || operator === '>=')) {
    // Downwards, the sequence ends where the counter begins.
    const bound = boundOf(values[0]!);
    if (bound === null) return null;
    const last = compact(right);
    return {
      ...free,
      counter,
      first: operator === '>' ? `${last}+1` : last,
      bound: { ...bound, constant: bound.constant + 1 },
      ascending: false,
    };
  }
  return null;
}

/** An element `x[i]`: the sequence and its index; null for other expressions. */
function elementOf(node: GoNode): { readonly sequence: GoNode; readonly index: GoNode } | null {
  const inner = unparenthesized(node);
  if (inner.kind !== 'index_expression') return null;
  const sequence = inner.child('operand');
  const index = inner.child('index');
  return sequence === null || index === null ? null : { sequence, index };
}

/** Whether the statement sets a flag such as `swapped = true`. */
function isFlag(statement: GoNode, value?: 'true' | 'false'): boolean {
  if (statement.kind !== 'assignment_statement' && statement.kind !== 'short_var_declaration') return false;
  const targets = assignedExpressions(statement);
  const values = assignedValues(statement);
  if (targets.length !== 1 || values.length !== 1 || targets[0]!.kind !== 'identifier') return false;
  const kind = values[0]!.kind;
  return value === undefined ? kind === 'true' || kind === 'false' : kind === value;
}

/** Finds the swap of two elements among statements: `x[a], x[b] = x[b], x[a]`, or three assignments with a helper. */
function swapIn(statements: readonly GoNode[]): Swap | null {
  const rest = statements.filter((statement) => !isFlag(statement));
  for (const [at, statement] of rest.entries()) {
    if (statement.kind !== 'assignment_statement' && statement.kind !== 'short_var_declaration') continue;
    const targets = assignedExpressions(statement);
    const values = assignedValues(statement);
    if (statement.kind === 'assignment_statement' && targets.length === 2 && values.length === 2) {
      const [left, right] = [elementOf(targets[0]!), elementOf(targets[1]!)];
      if (left === null || right === null || compact(left.sequence) !== compact(right.sequence)) continue;
      if (compact(targets[0]!) !== compact(values[1]!) || compact(targets[1]!) !== compact(values[0]!)) continue;
      return { sequence: left.sequence, left: left.index, right: right.index, alone: rest.length === 1 };
    }
    const [second, third] = [rest[at + 1], rest[at + 2]];
    if (targets.length !== 1 || values.length !== 1 || second === undefined || third === undefined) continue;
    const [secondTarget, secondValue] = [assignedExpressions(second), assignedValues(second)];
    const [thirdTarget, thirdValue] = [assignedExpressions(third), assignedValues(third)];
    if (secondTarget.length !== 1 || secondValue.length !== 1 || thirdTarget.length !== 1 || thirdValue.length !== 1)
      continue;
    const left = elementOf(values[0]!);
    const right = elementOf(secondValue[0]!);
    if (left === null || right === null || compact(left.sequence) !== compact(right.sequence)) continue;
    if (compact(secondTarget[0]!) !== compact(values[0]!)) continue;
    if (compact(thirdTarget[0]!) !== compact(secondValue[0]!)) continue;
    if (thirdValue[0]!.text !== targets[0]!.text) continue;
    const alone = rest.length === 3 && statement.kind === 'short_var_declaration';
    return { sequence: left.sequence, left: left.index, right: right.index, alone };
  }
  return null;
}

/** Whether `x[index]` stands in the expression. */
function mentions(expression: GoNode, sequence: string, index: string): boolean {
  for (const node of expression.descendants('index_expression')) {
    const element = elementOf(node);
    if (element !== null && compact(element.sequence) === sequence && compact(element.index) === index) return true;
  }
  return false;
}

/** Whether the two bounds are about the same end of the same sequence. */
function sameEnd(outer: Bound | null, inner: Bound, counter: string): boolean {
  if (inner.names.some((name) => name !== `-${counter}`)) return false;
  // `for end := len(x); end > 0; end--` around `for j := 0; j < end-1; j++`: the counter is the bound.
  if (counter !== '' && inner.base === counter) return true;
  return outer === null || (outer.base === inner.base && outer.names.length === 0);
}

/** How far the inner loop of a bubble sort may stop before the end without losing its meaning. */
const LARGEST_OFFSET = 2;

/** The inner loop of an exchange or bubble sort: `if x[b] < x[a] { swap }`. */
function exchangeSort(outer: Loop, inner: Loop, others: readonly GoNode[]): Sort | null {
  const [test, ...more] = inner.body;
  if (test?.kind !== 'if_statement' || more.length > 0 || inner.bound === null || inner.counter === '') return null;
  const condition = test.child('condition');
  const consequence = test.child('consequence');
  if (condition === null || consequence === null || test.child('alternative') !== null) return null;
  const swap = swapIn(statementsOf(consequence));
  if (swap === null) return null;
  const sequence = compact(swap.sequence);
  const indices = [compact(swap.left), compact(swap.right)];
  if (!indices.every((index) => mentions(condition, sequence, index))) return null;
  const { counter } = inner;
  const clean =
    swap.alone && test.child('initializer') === null && others.every((statement) => isBookkeeping(statement));

  const neighbour = [`${counter}+1`, `${counter}-1`, `1+${counter}`].find((index) => indices.includes(index));
  if (neighbour !== undefined && indices.includes(counter)) {
    const shrinks = inner.bound;
    if (!sameEnd(outer.bound, shrinks, outer.counter)) {
      // `for i := 0; i < n; i++ { for j := n-1; j > i; j-- { ... } }`
      if (outer.bound === null || outer.bound.base !== shrinks.base) return null;
    }
    const forwards = neighbour !== `${counter}-1`;
    const whole =
      Math.abs(shrinks.constant) <= LARGEST_OFFSET &&
      (outer.bound === null || Math.abs(outer.bound.constant) <= 1) &&
      (outer.ascending ? outer.first === '0' || outer.bound === null : true) &&
      ['0', '1'].includes(inner.first.replace(/\+0$/, '')) &&
      isLengthOf(shrinks.base === outer.counter ? outer.bound : shrinks, sequence);
    return {
      sequence: swap.sequence,
      condition,
      earlier: forwards ? counter : neighbour,
      later: forwards ? neighbour : counter,
      stable: true,
      replaceable: clean && whole,
    };
  }

  if (outer.counter === '' || !indices.includes(counter) || !indices.includes(outer.counter)) return null;
  if (!sameEnd(outer.bound, inner.bound, '')) return null;
  const triangle = inner.first === `${outer.counter}+1` || inner.first === outer.counter;
  return {
    sequence: swap.sequence,
    condition,
    earlier: outer.counter,
    later: counter,
    stable: false,
    replaceable:
      clean &&
      triangle &&
      outer.ascending &&
      inner.ascending &&
      outer.first === '0' &&
      others.length === 0 &&
      inner.bound.constant === 0 &&
      (outer.bound?.constant ?? -9) >= -1 &&
      isLengthOf(inner.bound, sequence),
  };
}

/** Whether the bound is the length of the sequence: written so, or a name that is looked up by the fix. */
function isLengthOf(bound: Bound | null, sequence: string): boolean {
  if (bound === null) return false;
  return bound.base === `len(${sequence})` || /^\w+$/.test(bound.base);
}

/** `swapped := false`, and `if !swapped { break }` behind the inner loop. */
function isBookkeeping(statement: GoNode): boolean {
  if (isFlag(statement, 'false')) return true;
  if (statement.kind !== 'if_statement' || statement.child('alternative') !== null) return false;
  const consequence = statement.child('consequence');
  const inner = consequence === null ? [] : statementsOf(consequence);
  return inner.length === 1 && inner[0]!.kind === 'break_statement' && inner[0]!.namedChildren.length === 0;
}

/** `min := i; for j := i+1; ... { if x[j] < x[min] { min = j } }; x[i], x[min] = x[min], x[i]` */
function selectionSort(outer: Loop, inner: Loop, others: readonly GoNode[]): Sort | null {
  if (outer.counter === '' || outer.bound === null || inner.bound === null || inner.body.length !== 1) return null;
  const test = inner.body[0]!;
  const condition = test.kind === 'if_statement' ? test.child('condition') : null;
  const consequence = test.child('consequence');
  if (condition === null || consequence === null || test.child('alternative') !== null || others.length !== 2)
    return null;
  const [choice, ...more] = statementsOf(consequence);
  if (choice?.kind !== 'assignment_statement' || more.length > 0) return null;
  const chosen = assignedExpressions(choice)[0]?.text ?? '';
  if (assignedValues(choice)[0]?.text !== inner.counter) return null;
  const [start, end] = others;
  if (start!.kind !== 'short_var_declaration' || assignedExpressions(start!)[0]?.text !== chosen) return null;
  if (assignedValues(start!)[0]?.text !== outer.counter) return null;
  const guarded = end!.kind === 'if_statement' ? end!.child('consequence') : null;
  const swap = swapIn(guarded === null ? [end!] : statementsOf(guarded));
  if (swap === null || !sameEnd(outer.bound, inner.bound, '')) return null;
  const indices = [compact(swap.left), compact(swap.right)];
  if (!indices.includes(outer.counter) || !indices.includes(chosen)) return null;
  const sequence = compact(swap.sequence);
  if (!mentions(condition, sequence, inner.counter) || !mentions(condition, sequence, chosen)) return null;
  return {
    sequence: swap.sequence,
    condition,
    earlier: chosen,
    later: inner.counter,
    stable: false,
    replaceable:
      swap.alone &&
      outer.first === '0' &&
      inner.first === `${outer.counter}+1` &&
      outer.ascending &&
      inner.ascending &&
      inner.bound.constant === 0 &&
      outer.bound.constant >= -1 &&
      test.child('initializer') === null &&
      isLengthOf(inner.bound, sequence),
  };
}

/** `for j := i; j > 0 && x[j] < x[j-1]; j-- { swap }` inside a loop over the whole sequence. */
function insertionSort(outer: Loop, node: GoNode, others: readonly GoNode[]): Sort | null {
  const head = node.childOfKind('for_clause');
  const block = node.child('body');
  const test = head?.child('condition') ?? null;
  const initializer = head?.child('initializer') ?? null;
  const update = head?.child('update') ?? null;
  if (block === null || test === null || initializer === null || update?.kind !== 'dec_statement') return null;
  if (outer.bound === null || outer.counter === '' || !outer.ascending || others.length > 0) return null;
  const counter = assignedExpressions(initializer)[0]?.text ?? '';
  if (assignedValues(initializer)[0]?.text !== outer.counter) return null;
  const both = unparenthesized(test);
  if (both.kind !== 'binary_expression' || operatorOf(both) !== '&&') return null;
  const low = both.child('left');
  const condition = both.child('right');
  if (low === null || condition === null) return null;
  // Sorting within `lo` and `hi` is the small case of a larger algorithm.
  if (!/^\w+>0$|^\w+>=1$/.test(compact(low)) || !/^len\(/.test(outer.bound.base)) return null;
  const swap = swapIn(statementsOf(block));
  if (swap === null) return null;
  const sequence = compact(swap.sequence);
  const indices = [compact(swap.left), compact(swap.right)];
  if (!indices.includes(counter) || !indices.includes(`${counter}-1`)) return null;
  if (!indices.every((index) => mentions(condition, sequence, index))) return null;
  return {
    sequence: swap.sequence,
    condition,
    earlier: `${counter}-1`,
    later: counter,
    stable: true,
    replaceable:
      swap.alone && ['0', '1'].includes(outer.first) && outer.bound.constant === 0 && isLengthOf(outer.bound, sequence),
  };
}

/** The sort that the two loops make, or null when they are something else. */
function sortOf(node: GoNode): Sort | null {
  const outer = loopOf(node);
  if (outer === null) return null;
  const loops = outer.body.filter((statement) => statement.kind === 'for_statement');
  if (loops.length !== 1) return null;
  const others = outer.body.filter((statement) => statement.kind !== 'for_statement');
  const inner = loopOf(loops[0]!);
  if (inner === null) return insertionSort(outer, loops[0]!, others);
  return exchangeSort(outer, inner, others) ?? selectionSort(outer, inner, others);
}

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>', '>=': '<' };
const STRICT: Readonly<Record<string, string>> = { '<': '<', '>': '>', '<=': '<', '>=': '>' };

/**
 * The body of the comparison function: whether element `first` belongs before element `second`. That is the case when
 * the loops would swap them if they stood the other way round.
 */
function lessOf(sort: Sort, first: string, second: string): string | null {
  const condition = unparenthesized(sort.condition);
  const operator = condition.kind === 'binary_expression' ? operatorOf(condition) : '';
  const left = condition.child('left');
  const right = condition.child('right');
  if (Object.hasOwn(STRICT, operator) && left !== null && right !== null) {
    const leftText = renamed(sort, left, first, second);
    const rightText = renamed(sort, right, first, second);
    if (leftText === null || rightText === null) return null;
    // In the usual order: the first element on the left.
    if (mentions(left, compact(sort.sequence), sort.later)) return `${leftText} ${STRICT[operator]!} ${rightText}`;
    return `${rightText} ${MIRRORED[operator]!} ${leftText}`;
  }
  // `x[i] > x[j] || ...` with equality inside would swap equal elements for ever: only strict operators are known.
  for (const node of condition.descendants('binary_expression')) if (/^[<>]=$/.test(operatorOf(node))) return null;
  return renamed(sort, condition, first, second);
}

/** The expression with the indices of the loops replaced by names; null when it uses the counters otherwise. */
function renamed(sort: Sort, expression: GoNode, first: string, second: string): string | null {
  const sequence = compact(sort.sequence);
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  for (const node of expression.descendants('index_expression')) {
    const element = elementOf(node);
    if (element === null || compact(element.sequence) !== sequence) continue;
    const index = compact(element.index);
    // The elements change places: the later one is asked whether it belongs before the earlier one.
    if (index === sort.later) edits.push({ ...element.index.span, text: first });
    else if (index === sort.earlier) edits.push({ ...element.index.span, text: second });
    else return null;
  }
  const counters = new Set([...sort.earlier.matchAll(/[A-Za-z_]\w*/g), ...sort.later.matchAll(/[A-Za-z_]\w*/g)].flat());
  for (const node of expression.descendants('identifier')) {
    const covered = edits.some((edit) => edit.start <= node.start && node.end <= edit.end);
    if (!covered && counters.has(node.text)) return null;
  }
  let text = expression.text;
  for (const edit of edits.reverse()) {
    text = text.slice(0, edit.start - expression.start) + edit.text + text.slice(edit.end - expression.start);
  }
  return text.includes('\n') ? null : text;
}

/** A pair of names that nothing in the comparison uses. */
function freeNames(sort: Sort): readonly [string, string] | null {
  const used = new Set<string>();
  for (const node of sort.condition.descendants('identifier')) used.add(node.text);
  for (const node of sort.sequence.descendants('identifier')) used.add(node.text);
  const counters = new Set([...sort.earlier.matchAll(/\w+/g), ...sort.later.matchAll(/\w+/g)].flat());
  const pairs: readonly (readonly [string, string])[] = [
    ['i', 'j'],
    ['a', 'b'],
    ['p', 'q'],
  ];
  return pairs.find((pair) => pair.every((name) => !used.has(name) || counters.has(name))) ?? null;
}

/**
 * What has to go with the loops: the declaration of a length that nothing else uses. Null when the fix is not possible:
 * a variable would be left without a use, or the bound is not the length of the sequence.
 */
function removalOf(node: GoNode, sort: Sort, scope: GoScope): readonly Span[] | null {
  const removed: Span[] = [];
  for (const binding of scope.bindings) {
    if (binding.kind !== 'variable' || node.contains(binding.node)) continue;
    const inside = binding.uses.filter((use) => node.contains(use));
    if (inside.length === 0) continue;
    const isSequence = sort.sequence.contains(inside[0]!) || compact(sort.sequence).includes(binding.name);
    const bounds = inside.some((use) => use.ancestor('for_clause', 'block')?.kind === 'for_clause');
    const declaration = binding.node.parent?.parent ?? null;
    const isLength =
      declaration?.kind === 'short_var_declaration' &&
      assignedExpressions(declaration).length === 1 &&
      compact(assignedValues(declaration)[0] ?? declaration) === `len(${compact(sort.sequence)})`;
    if (bounds && !isLength && !isSequence && !sort.condition.contains(inside[0]!)) return null;
    if (isSequence || inside.length < binding.uses.length || sort.condition.contains(inside[0]!)) continue;
    if (!isLength || declaration === null || declaration.parent?.kind !== 'statement_list') return null;
    removed.push(lineSpanOf(declaration));
  }
  return removed;
}

function fixesOf(node: GoNode, sort: Sort, ctx: ChunkContext<unknown, GoHeader>): readonly Fix[] {
  if (!sort.replaceable || node.childOfKind('comment') !== null) return [];
  for (const _comment of node.descendants('comment')) return [];
  const scope = scopeAround(ctx, node);
  const types = typesAround(ctx, node);
  const names = freeNames(sort);
  if (scope === null || types === null || names === null || node.parent?.kind !== 'statement_list') return [];
  const less = lessOf(sort, names[0], names[1]);
  const removed = removalOf(node, sort, scope);
  if (less === null || removed === null) return [];
  const library = localNameOf(ctx.file.header, 'sort') ?? 'sort';
  if (scope.bindings.some((binding) => binding.name === library)) return [];
  if (localNameOf(ctx.file.header, 'sort') === null && ctx.file.header.imports.some((item) => item.name === 'sort'))
    return [];
  const indent = indentationOf(node);
  const line = lineBreakOf(node);
  const call = sort.stable ? 'SliceStable' : 'Slice';
  const newText = [
    `${library}.${call}(${sliceText(sort, types)}, func(${names[0]}, ${names[1]} int) bool {`,
    `${indent}\treturn ${less}`,
    `${indent}})`,
  ].join(line);
  return [
    {
      title: `Sort with sort.${call}`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        ...removed.map((span) => ({ kind: 'replace', span, newText: '' }) as const),
        { kind: 'replace', span: node.span, newText },
        { kind: 'import', add: ['sort'] },
      ],
    },
  ];
}

/** sort.Slice takes slices only. */
function sliceText(sort: Sort, types: GoTypes): string {
  const type = types.typeOf(sort.sequence);
  if (type !== null && /^\[[^\]]/.test(type)) return `${sort.sequence.text}[:]`;
  return type !== null && /^\*\[/.test(type) ? `${sort.sequence.text}[:]` : sort.sequence.text;
}

/** Arrays of a handful of elements are sorted as fast by hand. */
function isSmallArray(sort: Sort, types: GoTypes | null): boolean {
  const length = /^\*?\[(\d+)\]/.exec(types?.typeOf(sort.sequence) ?? '');
  return length !== null && Number(length[1]) <= 16;
}

const nestedLoops: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['for_statement'],
  triggers: ['for '],
  *check(node, ctx): Iterable<Verdict> {
    // Cheap look first: a loop directly inside.
    const body = node.child('body');
    const list = body?.childOfKind('statement_list') ?? null;
    if (list === null || list.childOfKind('for_statement') === null) return;
    const sort = sortOf(node);
    if (sort === null || isSmallArray(sort, typesAround(ctx, node))) return;
    yield {
      kind: 'fail',
      subject: { start: node.start, end: body!.start + 1 },
      message: 'loops',
      args: { sequence: sort.sequence.text, call: sort.stable ? 'sort.SliceStable' : 'sort.Slice' },
      fixes: fixesOf(node, sort, ctx),
    };
  },
};

/** Functions of the library that sort, by import path. */
const SORTING: Readonly<Record<string, RegExp>> = {
  sort: /^(Slice|SliceStable|Sort|Stable|Strings|Ints|Float64s)$/,
  slices: /^(Sort|Sorted)/,
  'golang.org/x/exp/slices': /^Sort/,
};

const libraryCall: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['sort', 'slices'],
  calls: (name) => /^S/.test(name) || name === 'Ints' || name === 'Float64s',
  *check(node, ctx): Iterable<Verdict> {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression' || callee.child('operand')?.kind !== 'identifier') return;
    const name = callee.child('field')?.text ?? '';
    const path = typesAround(ctx, node)?.packageOf(callee.child('operand')!) ?? null;
    if (path === null || !Object.hasOwn(SORTING, path) || !SORTING[path]!.test(name)) return;
    if (callArguments(node).length === 0 || onlyChild(node) === null) return;
    yield { kind: 'pass', subject: node.span };
  },
};

export const rule = defineRule({
  id: 'quadratic-sort',
  title: 'Hand-written quadratic sort',
  category: 'performance',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'Two nested loops compare and swap the elements of one slice or list until it is in order.',
    why: 'The number of steps grows with the square of the length: ten times the elements take a hundred times as long. The library sorts in O(n log n), says in one line what the order is, and has been tested.',
    howToFix: 'Use the stable variant where equal elements must keep their order, as a bubble sort does.',
    howToFixIn: {
      go: 'Replace the loops by `sort.Slice(x, func(i, j int) bool { ... })` with the same comparison, or by `slices.SortFunc` from Go 1.21 on.',
      python: 'Replace the loops by `x.sort(key=...)` or `sorted(x)`, which are stable.',
    },
    refs: ['CWE-407', 'https://pkg.go.dev/sort#Slice'],
  },
  messages: {
    python: 'These nested loops sort {sequence} in quadratic time; use {sequence}.sort() or sorted().',
    loops: 'These nested loops sort {sequence} in quadratic time; use {call}.',
  },
  fix: 'sometimes',
  on: { go: [nestedLoops, libraryCall], python: pythonDetectors },
});
