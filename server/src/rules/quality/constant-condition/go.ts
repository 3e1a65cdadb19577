/**
 * Go: conditions by their text and the numbers in them, statement lists, and branches. An expression that calls
 * something may differ each time and is never compared; what depends on build tags or constants is not known here.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallId } from '../../../languages/go/calls.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledName,
  integerLiteralValue,
  leadingCommentText,
  onlyChild,
  operatorOf,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';
import { areDisjoint, areExhaustive, type Comparison, isWithin, type Range } from './ranges.ts';

function compact(node: GoNode): string {
  return node.text.replace(/\s+/g, ' ');
}

function shown(node: GoNode): string {
  const text = compact(node);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Whether the expression gives the same value each time: no calls but `len` and `cap`, no receives. */
function isStable(node: GoNode): boolean {
  for (const inner of node.descendants('call_expression', 'unary_expression', 'func_literal')) {
    if (inner.kind === 'func_literal') return false;
    if (inner.kind === 'call_expression' && !/^(?:len|cap)$/.test(inner.child('function')?.text ?? '')) return false;
    if (inner.kind === 'unary_expression' && operatorOf(inner) === '<-') return false;
  }
  return true;
}

/** Operands of a chain of one logical operator, without parentheses. */
function operandsOf(condition: GoNode, operator: '&&' | '||'): GoNode[] {
  const operands: GoNode[] = [];
  const open = [unparenthesized(condition)];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const [left, right] = [node.child('left'), node.child('right')];
    if (node.kind === 'binary_expression' && operatorOf(node) === operator && left !== null && right !== null) {
      open.push(unparenthesized(right), unparenthesized(left));
    } else operands.push(node);
  }
  return operands;
}

const MIRRORED: Readonly<Record<string, Comparison>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

function numberOf(node: GoNode): number | null {
  const inner = unparenthesized(node);
  if (inner.kind === 'float_literal') {
    const value = Number(inner.text.replaceAll('_', ''));
    return Number.isFinite(value) ? value : null;
  }
  return integerLiteralValue(inner);
}

/** `x < 30`: the text of `x` and what it is compared with; null for other expressions. */
function rangeOf(node: GoNode): { readonly subject: string; readonly range: Range; readonly node: GoNode } | null {
  const comparison = unparenthesized(node);
  const operator = comparison.kind === 'binary_expression' ? operatorOf(comparison) : '';
  const [left, right] = [comparison.child('left'), comparison.child('right')];
  if (!Object.hasOwn(MIRRORED, operator) || left === null || right === null) return null;
  const bound = numberOf(right);
  if (bound !== null && numberOf(left) === null) {
    if (!isStable(left)) return null;
    return { subject: compact(unparenthesized(left)), range: { operator: operator as Comparison, bound }, node: left };
  }
  const mirrored = numberOf(left);
  if (mirrored === null || numberOf(right) !== null || !isStable(right)) return null;
  return {
    subject: compact(unparenthesized(right)),
    range: { operator: MIRRORED[operator]!, bound: mirrored },
    node: right,
  };
}

interface Branch {
  readonly condition: GoNode;
  readonly block: GoNode;
}

/** The conditions of `if a {} else if b {}`, in order; a branch with a statement before its condition ends them. */
function chainOf(statement: GoNode): Branch[] {
  const branches: Branch[] = [];
  for (let next: GoNode | null = statement; next?.kind === 'if_statement'; next = next.child('alternative')) {
    const condition = next.child('condition');
    const block = next.child('consequence');
    if (condition === null || block === null || (next.child('initializer') !== null && branches.length > 0)) break;
    branches.push({ condition, block });
  }
  return branches;
}

/** Cases of a `switch` without a value. */
function casesOf(statement: GoNode): Branch[] {
  const branches: Branch[] = [];
  for (const clause of statement.namedChildren) {
    if (clause.kind !== 'expression_case') continue;
    const [condition, ...more] = syntaxChildren(clause.child('value') ?? clause);
    if (condition !== undefined && more.length === 0 && clause.child('value') !== null)
      branches.push({ condition, block: clause });
  }
  return branches;
}

/** Whether a later condition is a case of an earlier one, so that it is never asked with success. */
function isCovered(later: GoNode, earlier: GoNode): 'covered' | 'repeated' | null {
  if (compact(unparenthesized(later)) === compact(unparenthesized(earlier)) && isStable(later)) return 'repeated';
  const taken = operandsOf(earlier, '||').map(rangeOf);
  if (taken.some((range) => range === null) && taken.length === 1) return null;
  for (const part of operandsOf(later, '&&')) {
    const range = rangeOf(part);
    if (range === null) continue;
    const all = taken.some(
      (other) => other !== null && other.subject === range.subject && isWithin(range.range, other.range),
    );
    if (all) return 'covered';
  }
  return null;
}

function* judgeChain(branches: readonly Branch[]): Generator<Verdict> {
  // Long chains of cases are tables; comparing each with each takes too long.
  if (branches.length < 2 || branches.length > 60) return;
  for (const [at, branch] of branches.entries()) {
    for (let before = 0; before < at; before++) {
      const earlier = branches[before]!;
      const kind = isCovered(branch.condition, earlier.condition);
      if (kind === null) continue;
      const swap =
        kind === 'covered' && before === at - 1 && branch.block.kind === 'block' ? swapFix(earlier, branch) : [];
      yield {
        kind: 'fail',
        subject: branch.condition.span,
        message: kind,
        args: {
          condition: shown(branch.condition),
          ...(kind === 'covered' ? { earlier: shown(earlier.condition) } : {}),
        },
        related: [{ span: earlier.condition.span, message: 'This condition comes first' }],
        fixes: swap,
      };
      break;
    }
  }
}

/** Exchanges two branches that follow each other. */
function swapFix(first: Branch, second: Branch): readonly Fix[] {
  return [
    {
      title: 'Ask for the narrower condition first',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: first.condition.span, newText: second.condition.text },
        { kind: 'replace', span: first.block.span, newText: second.block.text },
        { kind: 'replace', span: second.condition.span, newText: first.condition.text },
        { kind: 'replace', span: second.block.span, newText: first.block.text },
      ],
    },
  ];
}

const chains: NodeDetector<unknown, GoNode> = {
  kinds: ['if_statement', 'expression_switch_statement'],
  when: (node) =>
    node.kind === 'if_statement'
      ? node.field !== 'alternative' && node.child('alternative')?.kind === 'if_statement'
      : node.child('value') === null,
  *check(node): Generator<Verdict> {
    if (node.kind === 'expression_switch_statement') {
      yield* judgeChain(casesOf(node));
      return;
    }
    const branches = chainOf(node);
    yield* judgeChain(branches);
    if (branches.length > 1) yield { kind: 'pass', subject: branches[0]!.condition.span };
  },
};

/** Whether the condition may be `true` or `false`. */
function hasFixedCondition(node: GoNode): boolean {
  const kind = node.child('condition')?.kind;
  return kind === 'true' || kind === 'false' || kind === 'parenthesized_expression';
}

function hasNoStatement(node: GoNode): boolean {
  return node.child('consequence')?.childOfKind('statement_list') === null;
}

const branchesOf: NodeDetector<unknown, GoNode> = {
  kinds: ['if_statement'],
  when: (node) => node.child('alternative') !== null || hasFixedCondition(node) || hasNoStatement(node),
  *check(node): Generator<Verdict> {
    const condition = node.child('condition');
    const consequence = node.child('consequence');
    if (condition === null || consequence === null) return;
    const inner = unparenthesized(condition);
    if (inner.kind === 'true' || inner.kind === 'false') {
      // A switch for those who look for a fault, or a decision that a comment explains.
      const above =
        node.parent?.kind === 'block' || node.parent?.kind === 'statement_list' ? leadingCommentText(node) : '';
      if (/enable|disable|debug|for now|until|temporar/i.test(above)) return;
      yield {
        kind: 'fail',
        subject: condition.span,
        message: inner.kind === 'true' ? 'always' : 'never',
        args: { condition: inner.text },
      };
      return;
    }
    const alternative = node.child('alternative');
    const body = consequence.text.slice(1, -1).trim();
    if (body === '' && alternative === null) {
      // A call in the condition may be all that was wanted.
      if (condition.descendants('call_expression').length === 0 && node.child('initializer') === null) {
        yield { kind: 'fail', subject: consequence.span, message: 'empty' };
      }
      return;
    }
    if (alternative?.kind !== 'block' || body === '' || node.parent?.kind === 'if_statement') return;
    if (compact(consequence) !== compact(alternative)) return;
    yield {
      kind: 'fail',
      subject: condition.span,
      message: 'alike',
      related: [{ span: alternative.span, message: 'The same branch' }],
    };
  },
};

const UNSIGNED = /^(?:uint(?:8|16|32|64|ptr)?|byte)$/;
/** Types whose values equal themselves. */
const REFLEXIVE = /^(?:u?int(?:8|16|32|64)?|uintptr|byte|rune|string|bool)$/;

/** `len(x) < 0`, `u >= 0`: what cannot be otherwise; null when it can. */
function ofSign(node: GoNode, ctx: ChunkContext): 'always' | 'never' | null {
  const comparison = rangeOf(node);
  if (comparison === null) return null;
  const natural = /^(?:len|cap)\([^()]*\)$/.test(comparison.subject);
  const positive: Range = { operator: '>=', bound: 0 };
  if (comparison.range.operator === '==' || comparison.range.operator === '!=') {
    if (comparison.range.bound >= 0) return null;
  } else if (comparison.range.bound > 0) return null;
  const never = areDisjoint(comparison.range, positive);
  const always = isWithin(positive, comparison.range);
  if (!never && !always) return null;
  if (!natural && !UNSIGNED.test(typesAround(ctx, node)?.typeOf(comparison.node) ?? '')) return null;
  return never ? 'never' : 'always';
}

/** Whether the expression begins with a number. */
function isNumeric(node: GoNode): boolean {
  return /^-?\d/.test(node.text);
}

/** Whether the expression may be a number that is not above zero; of those that are equal to something, one below it. */
function mayBeBound(node: GoNode, operator: string): boolean {
  const first = node.tree.text[node.start];
  return first === '-' || (first === '0' && operator !== '==' && operator !== '!=');
}

/** Whether both expressions are as long and begin with the same character: a quick answer that is right when it says no. */
function mayBeSame(left: GoNode, right: GoNode): boolean {
  const { text } = left.tree;
  return left.end - left.start === right.end - right.start && text[left.start] === text[right.start];
}

const comparisons: NodeDetector<unknown, GoNode> = {
  kinds: ['binary_expression'],
  when(node) {
    const operator = operatorOf(node);
    if (operator === '&&' || operator === '||' || operator === '%') return true;
    if (!Object.hasOwn(MIRRORED, operator)) return false;
    const left = node.child('left');
    const right = node.child('right');
    if (left === null || right === null) return false;
    return mayBeBound(right, operator) || mayBeBound(left, operator) || mayBeSame(left, right);
  },
  *check(node, ctx): Generator<Verdict> {
    const operator = operatorOf(node);
    const [left, right] = [node.child('left'), node.child('right')];
    if (left === null || right === null) return;
    if (operator === '&&' || operator === '||') {
      // The outermost of a chain judges all of it.
      const parent = node.parent;
      if (parent?.kind === 'binary_expression' && operatorOf(parent) === operator) return;
      const operands = operandsOf(node, operator);
      if (operands.length > 40) return;
      for (const [at, operand] of operands.entries()) {
        for (const earlier of operands.slice(0, at)) {
          if (mayBeSame(operand, earlier) && compact(operand) === compact(earlier) && isStable(operand)) {
            yield { kind: 'fail', subject: operand.span, message: 'same', args: { operator, operand: shown(operand) } };
            return;
          }
          const found = contradiction(earlier, operand, operator);
          if (found === null) continue;
          const span = { start: earlier.start, end: operand.end };
          const condition = `${shown(earlier)} ${operator} ${shown(operand)}`;
          yield { kind: 'fail', subject: span, message: found, args: { condition } };
          return;
        }
      }
      return;
    }
    if (operator === '%') {
      if (integerLiteralValue(right) === 1)
        yield { kind: 'fail', subject: node.span, message: 'never', args: { condition: `${shown(node)} != 0` } };
      return;
    }
    if (mayBeSame(left, right) && compact(left) === compact(right) && isStable(left)) {
      const simple =
        left.kind === 'identifier' || left.kind === 'selector_expression' || left.kind === 'index_expression';
      const type = typesAround(ctx, node)?.typeOf(left) ?? '';
      // `f != f` asks whether a float is a number.
      const equality = operator === '==' || operator === '!=';
      if (simple && (!equality || REFLEXIVE.test(type))) {
        yield { kind: 'fail', subject: node.span, message: 'same', args: { operator, operand: shown(left) } };
      }
      return;
    }
    const kind = isNumeric(right) || isNumeric(left) ? ofSign(node, ctx) : null;
    if (kind !== null) yield { kind: 'fail', subject: node.span, message: kind, args: { condition: shown(node) } };
  },
};

/** `x != "a" || x != "b"`, `x > 5 && x < 3`: what both operands together can only be. */
function contradiction(first: GoNode, second: GoNode, operator: '&&' | '||'): 'always' | 'never' | null {
  const a = rangeOf(first);
  const b = a === null ? null : rangeOf(second);
  if (a !== null && b !== null) {
    if (a.subject !== b.subject) return null;
    if (operator === '&&') return areDisjoint(a.range, b.range) ? 'never' : null;
    return areExhaustive(a.range, b.range) ? 'always' : null;
  }
  const one = textComparison(first);
  const other = one === null ? null : textComparison(second);
  if (
    one === null ||
    other === null ||
    one.subject !== other.subject ||
    one.equal !== other.equal ||
    one.value === other.value
  )
    return null;
  if (operator === '&&') return one.equal ? 'never' : null;
  return one.equal ? null : 'always';
}

/** `x == "text"` and `x != "text"`. */
function textComparison(
  node: GoNode,
): { readonly subject: string; readonly equal: boolean; readonly value: string } | null {
  const operator = node.kind === 'binary_expression' ? operatorOf(node) : '';
  const [left, right] = [node.child('left'), node.child('right')];
  if ((operator !== '==' && operator !== '!=') || left === null || right === null) return null;
  const value = stringLiteralValue(right);
  if (value === null || !isStable(left)) return null;
  return { subject: compact(unparenthesized(left)), equal: operator === '==', value };
}

const EXITS = /^(?:os\.Exit|runtime\.Goexit|log\.(?:Fatal|Fatalf|Fatalln|Panic|Panicf|Panicln))$/;
/** Their names and that of the builtin function: most calls are told apart by it. */
const EXIT_NAMES = /^(?:panic|Exit|Goexit|Fatal|Fatalf|Fatalln|Panic|Panicf|Panicln)$/;

/** How a statement that never goes on begins; null for the others. */
function endOf(statement: GoNode, ctx: ChunkContext): string | null {
  if (/^(?:return|break|continue|goto)_statement$/.test(statement.kind))
    return statement.kind.replace('_statement', '');
  if (statement.kind !== 'expression_statement') return null;
  const call = onlyChild(statement);
  if (call?.kind !== 'call_expression') return null;
  if (!EXIT_NAMES.test(calledName(call))) return null;
  if (call.child('function')?.text === 'panic') return 'panic';
  return EXITS.test(packageCallId(call, ctx)) ? calledName(call) : null;
}

const unreachable: NodeDetector<unknown, GoNode> = {
  kinds: ['return_statement', 'break_statement', 'continue_statement', 'goto_statement', 'expression_statement'],
  when: (node) => node.parent?.kind === 'statement_list' && node.stop < node.parent.stop,
  *check(node, ctx): Generator<Verdict> {
    const end = endOf(node, ctx);
    if (end === null) return;
    let next = node.nextSibling;
    while (next !== null && (next.kind === 'comment' || !next.isNamed)) next = next.nextSibling;
    // What only satisfies the compiler or a reader is no lost behaviour; a label can be jumped to.
    if (next === null || /^(?:return|break|continue|empty|labeled)_statement$/.test(next.kind)) return;
    if (endOf(next, ctx) !== null) return;
    for (let later: GoNode | null = next; later !== null; later = later.nextSibling) {
      if (later.kind === 'labeled_statement' || later.descendants('labeled_statement').length > 0) return;
    }
    yield {
      kind: 'fail',
      subject: next.span,
      message: 'unreachable',
      args: { statement: end },
      related: [{ span: node.span, message: 'Here it ends' }],
    };
  },
};

const elapsed: NodeDetector<unknown, GoNode> = {
  kinds: ['call_expression'],
  triggers: ['Since(', '.Sub(', 'Until('],
  calls: (name) => name === 'Since' || name === 'Sub' || name === 'Until',
  *check(node, ctx): Generator<Verdict> {
    const [argument] = callArguments(node);
    if (argument?.kind !== 'call_expression' || packageCallId(argument, ctx) !== 'time.Now') return;
    const receiver = node.child('function')?.child('operand');
    const both =
      /^time\.(?:Since|Until)$/.test(packageCallId(node, ctx)) ||
      (receiver?.kind === 'call_expression' && packageCallId(receiver, ctx) === 'time.Now');
    if (both) yield { kind: 'fail', subject: node.span, message: 'elapsed' };
  },
};

export const goDetectors = [chains, branchesOf, comparisons, unreachable, elapsed] as readonly NodeDetector[];
