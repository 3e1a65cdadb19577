/**
 * Elements of Go slices and parts of strings at a constant position, where nothing before asks for the length: of what
 * a text was split into, of decoded documents, of the command line, and of strings that are passed in.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  checkPlace,
  freeName,
  guardLines,
  linesBefore,
  type Refusal,
  refusalAt,
} from '../../../languages/go/refusals.ts';
import { type GoScope, goScope } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  FUNCTION_KINDS,
  integerLiteralValue,
  isAssigned,
  rootIdentifier,
  statementOf,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, goTypes } from '../../../languages/go/types.ts';

/** Functions whose result has at least one element; others may give none. */
const ONE = /^(?:strings|bytes)\.Split(?:N|After|AfterN)?$/;
const NONE = /^(?:(?:strings|bytes)\.Fields(?:Func)?|regexp\.Regexp\.Find(?:String)?Submatch(?:Index)?)$/;
const MATCHING = /Submatch/;

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Whether the function asks for the length of an expression, or walks over it, before an offset. */
function isMeasured(expression: string, before: GoNode, owner: GoNode, extra = ''): boolean {
  const head = owner.tree.text.slice(owner.start, before.start);
  const name = escaped(expression);
  return new RegExp(
    `\\blen\\(\\s*${name}\\s*\\)|\\brange\\s+${name}(?![\\w.[(])${extra.replaceAll('NAME', name)}`,
  ).test(head);
}

/** The smallest number of elements that a call gives; null when that is not known. */
function least(call: GoNode, types: GoTypes): { readonly count: number; readonly id: string } | null {
  if (call.kind !== 'call_expression') return null;
  const id = calleeId(types.calleeOf(call));
  return ONE.test(id) ? { count: 1, id } : NONE.test(id) ? { count: 0, id } : null;
}

/** The call that gave a local variable its only value. */
function originOf(identifier: GoNode, scope: GoScope): GoNode | null {
  const binding = scope.bindingOf(identifier);
  const statement = binding?.node.parent?.parent ?? null;
  if (binding === null || statement?.kind !== 'short_var_declaration' || binding.uses.some(isAssigned)) return null;
  const values = assignedValues(statement);
  if (values.length !== 1 || assignedExpressions(statement).length !== 1) return null;
  return unparenthesized(values[0]!);
}

/** Whether the function decodes a document into a variable. */
function isDecoded(root: GoNode, before: GoNode, owner: GoNode): boolean {
  const head = owner.tree.text.slice(owner.start, before.start);
  return new RegExp(`(?:\\.Decode\\(|Unmarshal\\([^\\n]*?,\\s*)&${escaped(root.text)}\\)`).test(head);
}

/** Whether the same call stands before, with a question about the length of its result. */
function isSplitBefore(call: GoNode, head: string): boolean {
  return call.kind === 'call_expression' && head.includes(`= ${call.text}`) && head.includes('len(');
}

/** Whether the statement has such an access before this one: one finding is enough. */
function isRepeated(node: GoNode, pattern: RegExp): boolean {
  const statement = statementOf(node);
  return statement !== null && pattern.test(node.tree.text.slice(statement.start, node.start));
}

/** The number of elements that the function takes for granted from an access on: constant positions of the same value. */
function neededFrom(node: GoNode, owner: GoNode): number {
  const operand = node.child('operand')!.text;
  let needed = 0;
  for (const other of owner.descendants('index_expression')) {
    const index = other.start >= node.start && other.child('operand')?.text === operand ? other.child('index') : null;
    const position = index?.kind === 'int_literal' ? integerLiteralValue(index) : null;
    if (position !== null) needed = Math.max(needed, position + 1);
  }
  return needed;
}

/** `if condition { refusal }` in front of the statement of an access; a call gets a name first, so that it can be asked. */
function checkFix(
  node: GoNode,
  condition: (value: string) => string,
  reason: string,
  ctx: ChunkContext,
): readonly Fix[] {
  const operand = node.child('operand');
  const statement = checkPlace(node);
  const refusal = refusalAt(ctx, node, { text: reason, isRequest: true });
  if (operand === null || statement === null || refusal === null) return [];
  const value = unparenthesized(operand);
  if (value.kind !== 'call_expression') return [guardFix(statement, condition(value.text), refusal)];
  const isMatch = reason.includes('match');
  const name = freeName(ctx, statement, isMatch ? ['match', 'groups'] : ['parts', 'elements']);
  if (name === null || /[\r\n]/.test(operand.text)) return [];
  const lines = [`${name} := ${value.text}`, ...guardLines(condition(name), refusal)];
  const edits: FixEdit[] = [linesBefore(statement, lines), { kind: 'replace', span: operand.span, newText: name }];
  return [fixOf([...edits, { kind: 'import', add: refusal.imports }])];
}

function guardFix(statement: GoNode, condition: string, refusal: Refusal): Fix {
  return fixOf([linesBefore(statement, guardLines(condition, refusal)), { kind: 'import', add: refusal.imports }]);
}

function fixOf(edits: readonly FixEdit[]): Fix {
  return { title: 'Check the length first', safety: 'suggestion', preferred: true, edits };
}

/** `return id[:8]`: what is shorter is returned as it is; elsewhere the function says no. */
function partFix(node: GoNode, least: number, ctx: ChunkContext): readonly Fix[] {
  const statement = checkPlace(node);
  const name = node.child('operand')!.text;
  if (statement === null) return [];
  const condition = least === 1 ? `${name} == ""` : `len(${name}) < ${least}`;
  const isWhole = statement.kind === 'return_statement' && statement.text === `return ${node.text}`;
  const isFront = isWhole && (node.child('start') === null || node.child('start')!.text === '0');
  if (isFront) return [guardFix(statement, condition, { lines: [`return ${name}`], imports: [] })];
  const refusal = refusalAt(ctx, node, { text: `${name} is too short`, isRequest: true });
  return refusal === null ? [] : [guardFix(statement, condition, refusal)];
}

function lengthBelow(count: number): (value: string) => string {
  return (value) => (count === 1 ? `len(${value}) == 0` : `len(${value}) < ${count}`);
}

const elements: NodeDetector<unknown, GoNode> = {
  kinds: ['index_expression'],
  when: (node) => node.child('index')?.kind === 'int_literal',
  *check(node, ctx): Iterable<Verdict> {
    const operand = node.child('operand');
    const position = integerLiteralValue(node.child('index')!);
    const owner = node.ancestor('function_declaration', 'method_declaration');
    const declaration = topLevelOf(node);
    if (operand === null || position === null || owner === null || declaration === null) return;
    // What is assigned is made for it.
    const inner = unparenthesized(operand);
    const args = { value: inner.text.length > 60 ? 'this' : inner.text, count: String(position + 1) };
    if (inner.text === 'os.Args') {
      if (position === 0) return;
      if (isMeasured('os.Args', node, owner)) yield { kind: 'pass', subject: node.span };
      else if (!isRepeated(node, /\bos\.Args\[[1-9]/)) {
        const fixes = checkFix(node, lengthBelow(neededFrom(node, owner)), 'arguments are missing', ctx);
        yield { kind: 'fail', subject: node.span, message: 'arguments', args, fixes };
      }
      return;
    }
    if (inner.kind === 'selector_expression') {
      const root = rootIdentifier(inner);
      if (root === null || !isDecoded(root, node, owner)) return;
      const scope = ctx.get(goScope, declaration);
      if (scope.bindingOf(root)?.kind !== 'variable') return;
      if (isMeasured(inner.text, node, owner)) yield { kind: 'pass', subject: node.span };
      else {
        const field = inner.child('field')!.text;
        const fixes = checkFix(node, lengthBelow(neededFrom(node, owner)), `too few elements in ${field}`, ctx);
        yield { kind: 'fail', subject: node.span, message: 'decoded', args, fixes };
      }
      return;
    }
    if (inner.kind !== 'call_expression' && inner.kind !== 'identifier') return;
    const scope = ctx.get(goScope, declaration);
    const call = inner.kind === 'identifier' ? originOf(inner, scope) : inner;
    if (call === null || call.kind !== 'call_expression') return;
    const known = least(call, ctx.get(goTypes, declaration));
    if (known === null || position < known.count) return;
    const isAsked =
      inner.kind === 'identifier' &&
      isMeasured(inner.text, node, owner, MATCHING.test(known.id) ? '|\\bNAME\\s*[!=]=\\s*nil' : '');
    // Whether there is a separator may have been asked before: `if strings.Contains(s, ":")`.
    const isContained = /\b(?:Contains|HasPrefix|HasSuffix|Count|Index|MatchString|Match)\(/.test(
      owner.tree.text.slice(owner.start, node.start),
    );
    const head = owner.tree.text.slice(owner.start, node.start);
    if (isAsked) yield { kind: 'pass', subject: node.span };
    else if (!isContained && !isSplitBefore(inner, head) && !/Sprintf\("%T"/.test(call.text)) {
      const isMatch = MATCHING.test(known.id);
      const condition = isMatch ? (value: string) => `${value} == nil` : lengthBelow(neededFrom(node, owner));
      const fixes = checkFix(node, condition, isMatch ? 'the text does not match' : 'the text has too few parts', ctx);
      yield { kind: 'fail', subject: node.span, message: isMatch ? 'match' : 'split', args, fixes };
    }
  },
};

const parts: NodeDetector<unknown, GoNode> = {
  kinds: ['slice_expression'],
  when: (node) => node.child('start')?.kind === 'int_literal' || node.child('end')?.kind === 'int_literal',
  *check(node, ctx): Iterable<Verdict> {
    const operand = node.child('operand');
    const declaration = topLevelOf(node);
    const owner = node.ancestor(...FUNCTION_KINDS);
    if (operand?.kind !== 'identifier' || declaration === null || owner === null) return;
    const scope = ctx.get(goScope, declaration);
    const binding = scope.bindingOf(operand);
    if (binding?.kind !== 'parameter' || binding.uses.some(isAssigned)) return;
    if (ctx.get(goTypes, declaration).typeOf(operand) !== 'string') return;
    const bounds = [node.child('start'), node.child('end')].map((bound) =>
      bound === null ? 0 : integerLiteralValue(bound),
    );
    const least = Math.max(...bounds.map((bound) => bound ?? 0));
    if (least === 0) return;
    const name = escaped(operand.text);
    // Any other question about the text may have settled its length.
    const asked = binding.uses.some((use) => use.start < node.start && isQuestion(use));
    if (asked || isMeasured(operand.text, node, declaration)) yield { kind: 'pass', subject: node.span };
    else if (!isRepeated(node, new RegExp(`\\b${name}\\[\\d*:\\d*\\]`))) {
      const args = { value: operand.text, count: String(least) };
      yield { kind: 'fail', subject: node.span, message: 'part', args, fixes: partFix(node, least, ctx) };
    }
  },
};

/** Whether a use of a string is an argument of a call, or a part of a comparison, so that it may say how long it is. */
function isQuestion(use: GoNode): boolean {
  const parent = use.parent;
  return (
    parent?.kind === 'argument_list' ||
    parent?.kind === 'binary_expression' ||
    parent?.kind === 'expression_switch_statement'
  );
}

export const detectors: readonly Detector[] = [elements as Detector, parts as Detector];
