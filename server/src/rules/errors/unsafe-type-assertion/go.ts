/**
 * Single-value type assertions of Go on values that come from outside: elements of decoded maps, claims of tokens, and
 * values of a request's context whose presence was not asked for.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  checkPlace,
  freeName,
  guardLines,
  linesAfter,
  linesBefore,
  type Reason,
  refusalAt,
} from '../../../languages/go/refusals.ts';
import { type GoBinding, type GoScope, goScope } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  calledName,
  FUNCTION_KINDS,
  isBlank,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { type GoTypes, goTypes } from '../../../languages/go/types.ts';

/** Maps whose elements can be anything. */
const LOOSE_MAP =
  /^map\[string\](?:any|interface\{\})$|^github\.com\/(?:golang-jwt|dgrijalva)\/jwt(?:-go)?(?:\/v\d)?\.MapClaims$|^github\.com\/gin-gonic\/gin\.H$/;
/** Methods that give a value and whether it is there. */
const LOOKING_UP = /^(?:Get|Load|Value|Lookup)$/;

function isTwoValued(assertion: GoNode): boolean {
  const parent = assertion.parent;
  if (parent?.kind === 'var_spec' || parent?.kind !== 'expression_list') return false;
  const statement = parent.parent;
  if (statement?.kind === 'var_spec') return statement.childrenOf('name').length === 2;
  if (statement === null || parent.field !== 'right') return false;
  return assignedExpressions(statement).length === 2 && assignedValues(statement).length === 1;
}

/** Whether the function asks elsewhere, before the assertion, what type the value has. */
function isAskedBefore(assertion: GoNode, operand: string, declaration: GoNode): boolean {
  for (const node of declaration.descendants('type_assertion_expression', 'type_switch_statement')) {
    if (node.start >= assertion.start) break;
    if (node.kind === 'type_switch_statement') {
      if (node.child('value')?.text === operand) return true;
    } else if (node.child('operand')?.text === operand && isTwoValued(node)) return true;
  }
  // `_, ok := claims["sub"]` knows at least that it is there.
  const head = declaration.tree.text.slice(declaration.start, assertion.start);
  return (
    operand.includes('[') &&
    new RegExp(`,\\s*\\w+\\s*:?=\\s*${operand.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*[;\\n]`).test(head)
  );
}

/** Whether the function itself has put the elements into the map. */
function isFilledHere(map: GoBinding, declaration: GoNode): boolean {
  const { node, uses } = map;
  const statement = node.parent?.parent ?? null;
  const value =
    statement?.kind === 'short_var_declaration' ? unparenthesized(assignedValues(statement)[0] ?? statement) : null;
  const isLiteral = value?.kind === 'composite_literal' && (value.child('body')?.namedChildren.length ?? 0) > 0;
  return (
    isLiteral ||
    uses.some((use) => {
      const index = use.parent;
      return (
        index?.kind === 'index_expression' &&
        index.parent?.parent?.kind === 'assignment_statement' &&
        index.parent.field === 'left'
      );
    }) ||
    declaration.kind === 'var_declaration'
  );
}

/** `claims["sub"]` of a map that came from outside. */
function isLooseElement(operand: GoNode, scope: GoScope, types: GoTypes, declaration: GoNode): boolean {
  const map = operand.kind === 'index_expression' ? operand.child('operand') : null;
  const key = operand.child('index');
  if (map === null || key === null || stringLiteralValue(key) === null) return false;
  const inner = unparenthesized(map);
  const type = types.typeOf(inner);
  if (type === null || !LOOSE_MAP.test(type)) return false;
  if (inner.kind === 'type_assertion_expression') return isOutside(inner);
  const binding = inner.kind === 'identifier' ? scope.bindingOf(inner) : null;
  const origin = binding === null ? null : originOf(binding);
  if (origin?.kind === 'type_assertion_expression' && !isOutside(origin)) return false;
  return binding !== null && !isFilledHere(binding, declaration);
}

/** Whether the map was an element of another one, or the claims of a token: what the program itself keeps is known to it. */
function isOutside(assertion: GoNode): boolean {
  const operand = assertion.child('operand');
  return operand?.kind === 'index_expression' || /\.Claims$/.test(operand?.text ?? '');
}

/** The value that a variable was declared with. */
function originOf({ node }: GoBinding): GoNode | null {
  const statement = node.parent?.parent ?? null;
  return statement?.kind === 'short_var_declaration'
    ? unparenthesized(assignedValues(statement)[0] ?? statement)
    : null;
}

/** `user, _ := c.Get("user")`: the value of a look-up that may have found nothing. */
function isUncheckedLookup(operand: GoNode, scope: GoScope): boolean {
  const binding = operand.kind === 'identifier' ? scope.bindingOf(operand) : null;
  const statement = binding?.node.parent?.parent ?? null;
  if (binding === null || statement?.kind !== 'short_var_declaration') return false;
  const targets = assignedExpressions(statement);
  const values = assignedValues(statement);
  if (targets.length !== 2 || values.length !== 1 || !isBlank(targets[1]!) || targets[0]!.index !== binding.node.index)
    return false;
  const call = unparenthesized(values[0]!);
  if (call.kind !== 'call_expression' || !LOOKING_UP.test(calledName(call))) return false;
  // Compared with nil somewhere: then it was thought of.
  return !binding.uses.some(
    (use) =>
      use.parent?.kind === 'binary_expression' ||
      use
        .ancestor('if_statement', ...FUNCTION_KINDS)
        ?.child('condition')
        ?.contains(use) === true,
  );
}

/** Whether the function has asserted the type of another element of the same map before. */
function isRepeated(assertion: GoNode, source: string, declaration: GoNode): boolean {
  for (const node of declaration.descendants('type_assertion_expression')) {
    if (node.start >= assertion.start) return false;
    const operand = node.child('operand');
    if (operand?.kind === 'index_expression' && operand.child('operand')?.text === source && !isTwoValued(node))
      return true;
  }
  return false;
}

/** The assertions that one finding stands for: it, and the later ones on elements of the same map. */
function assertionsFrom(first: GoNode, source: string, declaration: GoNode): GoNode[] {
  if (source === '') return [first];
  return declaration.descendants('type_assertion_expression').filter((node) => {
    const operand = node.child('operand');
    const isElement = operand?.kind === 'index_expression' && operand.child('operand')?.text === source;
    return node.start >= first.start && isElement && !isTwoValued(node);
  });
}

/** A name for what an assertion gives: by the key of the element, or the variable. */
function valueName(assertion: GoNode): string {
  const operand = assertion.child('operand');
  if (operand?.kind === 'identifier') return `${operand.text}Value`;
  const key = operand?.child('index');
  const words = ((key === undefined || key === null ? null : stringLiteralValue(key)) ?? '').match(
    /[a-z0-9]+|[A-Z]+[a-z0-9]*/g,
  );
  if (words === null || /^\d/.test(words[0]!)) return 'value';
  const [first, ...rest] = words;
  const ends = rest.map((word) => (/^id$/i.test(word) ? 'ID' : word[0]!.toUpperCase() + word.slice(1)));
  return first!.toLowerCase() + ends.join('');
}

/** Asks for the second result in front of each use, and says no when it is false. */
function checkedFix(nodes: readonly GoNode[], ctx: ChunkContext): readonly Fix[] {
  const before = new Map<number, { readonly statement: GoNode; readonly lines: string[] }>();
  const taken = new Set<string>();
  const imports = new Set<string>();
  const edits: FixEdit[] = [];
  for (const node of nodes) {
    const statement = checkPlace(node);
    const operand = node.child('operand')!;
    const key = operand.child('index');
    const subject = key === null ? operand.text : stringLiteralValue(key)!;
    const reason: Reason = {
      text: `${/^[\w .-]+$/.test(subject) ? subject : 'the value'} is missing or has another type than expected`,
      isRequest: key !== null,
    };
    const refusal = refusalAt(ctx, node, reason);
    if (statement === null || refusal === null || /[\r\n]/.test(node.text)) return [];
    const ok = freeName(ctx, statement, ['ok', 'isExpected']);
    if (ok === null) return [];
    for (const path of refusal.imports) imports.add(path);
    const guard = guardLines(`!${ok}`, refusal);
    const [target, ...more] = statement.kind === 'short_var_declaration' ? assignedExpressions(statement) : [];
    if (
      target !== undefined &&
      more.length === 0 &&
      unparenthesized(assignedValues(statement)[0]!).index === node.index
    ) {
      const after = linesAfter(statement, guard);
      if (after === null) return [];
      edits.push({ kind: 'replace', span: { start: target.end, end: target.end }, newText: `, ${ok}` }, after);
      continue;
    }
    const wanted = valueName(node);
    const names = [wanted, `${wanted}Value`, 'value', 'asserted'].filter(
      (name) => !taken.has(name) && !new RegExp(`\\b${name}\\s*(?:,[^;\\n]*)?:=`).test(statement.text),
    );
    const name = freeName(ctx, statement, names);
    if (name === null) return [];
    taken.add(name);
    const place = before.get(statement.index) ?? { statement, lines: [] };
    before.set(statement.index, place);
    place.lines.push(`${name}, ${ok} := ${node.text}`, ...guard);
    edits.push({ kind: 'replace', span: node.span, newText: name });
  }
  for (const { statement, lines } of before.values()) edits.unshift(linesBefore(statement, lines));
  edits.push({ kind: 'import', add: [...imports] });
  return [{ title: 'Check the type before the value is used', safety: 'suggestion', preferred: true, edits }];
}

const assertions: NodeDetector<unknown, GoNode> = {
  kinds: ['type_assertion_expression'],
  *check(node, ctx): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    const operand = node.child('operand');
    if (declaration === null || operand === null || node.ancestor(...FUNCTION_KINDS) === null) return;
    if (isTwoValued(node)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const inner = unparenthesized(operand);
    if (inner.kind !== 'index_expression' && inner.kind !== 'identifier') return;
    const scope = ctx.get(goScope, declaration);
    const types = ctx.get(goTypes, declaration);
    const message = isLooseElement(inner, scope, types, declaration)
      ? 'element'
      : isUncheckedLookup(inner, scope)
        ? 'lookup'
        : null;
    if (message === null || isAskedBefore(node, operand.text, declaration)) return;
    // The first one stands for all that the function takes out of the same value.
    const source = inner.kind === 'index_expression' ? inner.child('operand')!.text : '';
    if (source !== '' && isRepeated(node, source, declaration)) return;
    const type = syntaxChildren(node).at(-1)?.text ?? '';
    const fixes = checkedFix(assertionsFrom(node, source, declaration), ctx);
    yield { kind: 'fail', subject: node.span, message, args: { value: operand.text, type }, fixes };
  },
};

export const detectors: readonly Detector[] = [assertions as Detector];
