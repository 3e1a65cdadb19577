/**
 * Python: rates that are computed from rounded numbers, from one outcome only, or by a count that begins with zero. A
 * divisor whose beginning is not seen (a parameter, a field of something else, the result of a query) is not judged.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { wordsOf } from '../../../knowledge/project/secrets.ts';
import { replaced } from '../../../languages/python/edits.ts';
import { caughtNames, isCatchAll } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import { lastNameOf, nameOfNumber } from '../../../languages/python/naming.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { numberValue, stringValue } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  calledName,
  calledOn,
  classOfMethod,
  definedName,
  enclosingFunction,
  onlyChild,
  positionalArguments,
  shortText,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';
import { COUNT, OUTCOME, OUTCOME_CONDITION } from './words.ts';

const RATE_WORDS =
  /^(?:rates?|ratio|percent|percentage|pct|average|avg|mean|throughput|latency|share|utili[sz]ation|success_rate)$/;
const SHARE_WORDS = /^(?:rate|ratio|percent|percentage|pct|share)$/;
const CONDITIONS = [
  'comparison_operator',
  'boolean_operator',
  'not_operator',
  'if_clause',
  'assert_statement',
] as const;
const CONDITIONAL = [
  'if_statement',
  'elif_clause',
  'else_clause',
  'try_statement',
  'except_clause',
  'match_statement',
] as const;
const GROWS = /^(?:append|extend|add|insert|update)$/;

function isRate(name: string): boolean {
  return wordsOf(name).some((word) => RATE_WORDS.test(word));
}

function isShare(name: string): boolean {
  return SHARE_WORDS.test(wordsOf(name).at(-1) ?? '');
}

/** The value inside of a conversion to a number: `float(n)`. */
function unconverted(expression: PythonNode): PythonNode {
  const inner = unparenthesized(expression);
  if (inner.kind !== 'call' || !/^(?:float|int|Decimal)\(/.test(inner.text)) return inner;
  const [value, ...more] = positionalArguments(inner);
  return value === undefined || more.length > 0 ? inner : unparenthesized(value);
}

/** Whether a text stands in another one as a whole. */
function mentions(text: string, part: string): boolean {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    if (!/[\w.]$/.test(text.slice(Math.max(0, at - 1), at)) && !/^\w/.test(text.slice(at + part.length))) return true;
  }
  return false;
}

/** Everything that a function asks before it does something. */
function conditionsOf(owner: PythonNode): string[] {
  const result = owner.descendants(...CONDITIONS).map(({ text }) => text);
  for (const node of owner.descendants('if_statement', 'elif_clause', 'while_statement')) {
    result.push(node.child('condition')?.text ?? '');
  }
  for (const node of owner.descendants('conditional_expression')) result.push(syntaxChildren(node)[1]?.text ?? '');
  for (const node of owner.descendants('call')) if (/^max\(/.test(node.text)) result.push(node.text);
  return result;
}

/** The names that a function gives to one of the texts: `n = len(xs)`. */
function aliasesOf(texts: readonly string[], owner: PythonNode): string[] {
  return owner
    .descendants('assignment')
    .filter((node) => texts.includes(node.child('right')?.text ?? ''))
    .map((node) => node.child('left')!.text);
}

/** Whether a function asks something about one of the texts, or catches what a division by zero raises. */
function isAsked(texts: readonly string[], owner: PythonNode): boolean {
  return conditionsOf(owner).some((condition) => texts.some((text) => mentions(condition, text)));
}

function isCaught(division: PythonNode): boolean {
  for (let around = division.ancestor('try_statement'); around !== null; around = around.ancestor('try_statement')) {
    const handlers = around.children.filter(({ kind }) => kind === 'except_clause');
    if (
      handlers.some(
        (handler) =>
          isCatchAll(handler) || caughtNames(handler).some((name) => /(?:ZeroDivision|Arithmetic)Error$/.test(name)),
      )
    )
      return true;
  }
  return false;
}

/** Whether a statement that adds to a count or list runs only sometimes, and not always before the division. */
function runsSometimes(node: PythonNode, owner: PythonNode, division: PythonNode): boolean {
  for (let at = node.parent; at !== null && !at.equals(owner); at = at.parent) {
    if (at.kind === 'block' && at.contains(division)) return false;
    if ((CONDITIONAL as readonly string[]).includes(at.kind)) return true;
    if (at.kind === 'for_statement' && at.descendants('continue_statement', 'break_statement').length > 0) return true;
  }
  return false;
}

/** Whether a list that a function makes may be empty: it takes only what passes a test. */
function mayBeEmpty(list: PythonNode, owner: PythonNode, division: PythonNode, ctx: ChunkContext): boolean {
  const scopes = scopesAround(ctx, list);
  const scope = scopes.bindingScope(list);
  const bindings = scope?.bindings.get(list.text) ?? [];
  const value = bindings[0]?.value;
  if (scope === null || !scope.node.equals(owner) || value == null || bindings.length !== 1) return false;
  if (bindings[0]!.kind !== 'assignment') return false;
  const uses = scopes.usesOf(list.text, scope);
  if (value.kind === 'list_comprehension') {
    return value.childOfKind('if_clause') !== null && !uses.some((use) => isGrowth(use));
  }
  if (!/^(?:\[\s*\]|list\(\)|set\(\))$/.test(value.text)) return false;
  const growths = uses.filter(isGrowth);
  return growths.length > 0 && growths.every((use) => runsSometimes(use, owner, division)) && !uses.some(isGiven);
}

/** `xs.append(x)`. */
function isGrowth(use: PythonNode): boolean {
  const { parent } = use;
  return parent?.kind === 'attribute' && GROWS.test(parent.child('attribute')?.text ?? '');
}

/** Whether somebody else may add to a list: `fill(xs)`. */
function isGiven(use: PythonNode): boolean {
  const call = use.parent?.kind === 'argument_list' ? use.parent.parent : null;
  return call !== null && !/^(?:len|sum|min|max|sorted|set|list|any|all|mean|median)$/.test(calledName(call));
}

/** Whether a value that is written is zero. */
function isZero(value: PythonNode | null | undefined): boolean {
  return value != null && numberValue(value) === 0;
}

/** Whether a class or function puts a zero where a divisor is read from, so that nothing was counted at first. */
function beginsWithZero(divisor: PythonNode, place: PythonNode): boolean {
  const name = lastNameOf(divisor);
  const object = divisor.kind === 'subscript' ? (divisor.child('value')?.text ?? '') : '';
  return place.descendants('assignment').some((node) =>
    assignmentTargets(node).some(({ target, value }) => {
      if (value === null) return false;
      if (target.text === divisor.text && isZero(value)) return true;
      if (divisor.kind === 'attribute') {
        return (
          target.kind === 'identifier' &&
          target.text === name &&
          isZero(value) &&
          node.ancestor('function_definition', 'class_definition')?.equals(place) === true
        );
      }
      return (
        target.text === object &&
        value.kind === 'dictionary' &&
        syntaxChildren(value).some(
          (pair) => pair.kind === 'pair' && stringValue(pair.child('key')!) === name && isZero(pair.child('value')),
        )
      );
    }),
  );
}

/** Whether a function sets or adds to what is read, always before the division. */
function isChangedFirst(divisor: PythonNode, owner: PythonNode, division: PythonNode): boolean {
  return owner.descendants('assignment', 'augmented_assignment').some((node) => {
    const left = node.child('left');
    if (left?.text !== divisor.text || node.start > division.start) return false;
    if (node.kind === 'assignment' && isZero(node.child('right'))) return false;
    return node.kind === 'assignment' || !runsSometimes(node, owner, division);
  });
}

/** Whether the divisor is seen to be zero at first; false when that is not known. */
function mayBeZero(divisor: PythonNode, owner: PythonNode, division: PythonNode, ctx: ChunkContext): boolean {
  if (divisor.kind === 'call') {
    const [list] = positionalArguments(divisor);
    return list?.kind === 'identifier' && mayBeEmpty(list, owner, division, ctx);
  }
  if (divisor.kind === 'identifier') {
    const bindings = scopesAround(ctx, divisor).bindingsOf(divisor);
    const [first, ...more] = bindings;
    if (first?.kind !== 'assignment' || first.value == null || !owner.contains(first.node)) return false;
    if (first.value.kind === 'call' && calledName(first.value) === 'len' && more.length === 0)
      return mayBeZero(first.value, owner, division, ctx);
    if (!isZero(first.value) || more.length === 0) return false;
    return more.every(({ kind, node }) => kind === 'augmented' && runsSometimes(node, owner, division));
  }
  if (isChangedFirst(divisor, owner, division)) return false;
  const definition = classOfMethod(owner);
  if (divisor.kind === 'attribute') {
    if (definition === null || divisor.child('object')?.text !== 'self' || definedName(owner) === '__init__')
      return false;
    return beginsWithZero(divisor, definition);
  }
  const object = divisor.child('value')?.text ?? '';
  return beginsWithZero(divisor, object.startsWith('self.') && definition !== null ? definition : owner);
}

/** Functions of the class that use a method, and may have asked before. */
function callersOf(owner: PythonNode): PythonNode[] {
  const definition = classOfMethod(owner);
  const name = definedName(owner);
  if (definition === null || name === '') return [];
  return definition
    .descendants('function_definition')
    .filter((method) => !method.equals(owner) && mentions(method.text, `self.${name}`));
}

function guardFix(division: PythonNode, divisor: PythonNode): readonly Fix[] {
  if (/[\r\n]/.test(division.text)) return [];
  const [list] = divisor.kind === 'call' ? positionalArguments(divisor) : [];
  const parent = division.parent!;
  const stands = /^(?:assignment|return_statement|pair|keyword_argument|parenthesized_expression|argument_list)$/.test(
    parent.kind,
  );
  const text = `${division.text} if ${(list ?? divisor).text} else 0`;
  const title = `Take 0 when there is nothing to divide by`;
  return [{ title, safety: 'suggestion', preferred: true, edits: [replaced(division, stands ? text : `(${text})`)] }];
}

/** A rate or average divided by a count that begins with zero and that nobody looks at. */
const divisions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['binary_operator'],
  triggers: [
    '/ len(',
    '/len(',
    'rate',
    'ratio',
    'percent',
    'pct',
    'average',
    'avg',
    'mean',
    'throughput',
    'share',
    'utili',
  ],
  when: (node) => node.child('operator')?.kind === '/' || node.child('operator')?.kind === '//',
  *check(node, ctx): Iterable<Verdict> {
    const right = node.child('right');
    const owner = enclosingFunction(node);
    if (right === null || owner?.kind !== 'function_definition') return;
    const divisor = unconverted(right);
    if (!/^(?:call|identifier|attribute|subscript)$/.test(divisor.kind)) return;
    if (divisor.kind === 'call' && (calledName(divisor) !== 'len' || calledOn(divisor) !== null)) return;
    if (!COUNT.test(lastNameOf(divisor))) return;
    const name = nameOfNumber(node);
    if (!isRate(name) || !mayBeZero(divisor, owner, node, ctx)) return;
    const value = divisor.kind === 'identifier' ? scopesAround(ctx, divisor).bindingsOf(divisor)[0]?.value : null;
    const counted = value?.kind === 'call' ? value : divisor;
    const whole = counted.kind === 'call' ? positionalArguments(counted) : [];
    const texts = [divisor, counted, ...whole].map(({ text }) => text);
    const left = node.child('left');
    // What is asked about the numerator says as much about the divisor.
    const parts = left === null ? [] : [left, ...left.descendants('identifier', 'attribute', 'subscript')];
    const known = [...texts, ...aliasesOf(texts, owner), ...parts.map(({ text }) => text)].filter(
      (text) => text !== 'self',
    );
    const around = [owner, ...callersOf(owner)];
    if (isCaught(node) || around.some((place) => isAsked(known, place)) || /\bif (?:not )?self\b/.test(owner.text)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const args = { name, divisor: shortText(divisor) };
    yield { kind: 'fail', subject: node.span, message: 'zeroDivision', args, fixes: guardFix(node, divisor) };
  },
};

/** `done = int(self.success_rate * self.total)`: a count that was a share, in a class that sets the share. */
const rebuilt: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['binary_operator'],
  triggers: ['rate', 'ratio', 'percent', 'pct', 'share'],
  when: (node) => node.child('operator')?.kind === '*',
  *check(node): Iterable<Verdict> {
    const conversion = node.parent?.kind === 'argument_list' ? node.parent.parent : null;
    const owner = enclosingFunction(node);
    if (conversion === null || owner === null || !/^(?:int|round)\(/.test(conversion.text)) return;
    const sides = [node.child('left'), node.child('right')].map((side) => (side === null ? null : unconverted(side)));
    const share = sides.find((side) => isField(side) && isShare(lastNameOf(side!)));
    const count = sides.find((side) => side != null && side !== share);
    if (share == null || count == null || !OUTCOME.test(lastNameOf(share))) return;
    const whole = count.kind === 'binary_operator' ? count.child('left') : count;
    if (whole === null || !COUNT.test(lastNameOf(unparenthesized(whole)))) return;
    const isSet = owner.descendants('assignment').some((other) => other.child('left')?.text === share.text);
    if (isSet) yield { kind: 'fail', subject: node.span, message: 'rebuilt', args: { name: shortText(share) } };
  },
};

function isField(node: PythonNode | null): boolean {
  return node?.kind === 'attribute' || node?.kind === 'subscript';
}

/** `if ok: self.success_rate = (self.success_rate * (n - 1) + 1) / n`: the other outcome leaves the share as it was. */
const oneSided: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['rate', 'ratio', 'percent', 'pct', 'share'],
  when: (node) => isField(node.child('left')),
  *check(node): Iterable<Verdict> {
    const target = node.child('left')!;
    const value = node.child('right');
    const name = lastNameOf(target);
    if (value === null || !isShare(name) || !OUTCOME.test(name) || !mentions(value.text, target.text)) return;
    const owner = enclosingFunction(node);
    const block = node.ancestor('block');
    const branch = block?.parent ?? null;
    if (owner === null || branch === null || !/^(?:if_statement|else_clause)$/.test(branch.kind)) return;
    const whole = branch.kind === 'else_clause' ? branch.parent : branch;
    const condition = whole?.child('condition') ?? null;
    const positive = condition?.kind === 'not_operator' ? (onlyChild(condition)?.text ?? '') : (condition?.text ?? '');
    if (!OUTCOME_CONDITION.test(positive)) return;
    const others = owner
      .descendants('assignment', 'augmented_assignment')
      .filter((other) => !other.equals(node) && other.child('left')?.text === target.text);
    if (others.length > 0) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const isNegated = (condition!.kind === 'not_operator') !== (branch.kind === 'else_clause');
    const args = { name: shortText(target), condition: isNegated ? `not ${positive}` : positive };
    yield { kind: 'fail', subject: node.span, message: 'oneSided', args };
  },
};

export const pythonRates = [divisions, rebuilt, oneSided] as readonly NodeDetector[];
