/**
 * Small questions about Go syntax that many rules ask: names, receivers, parameters, literals, arguments, comments.
 * Everything is answered from one syntax tree as written; nothing here resolves names or types (see scope.ts and
 * types.ts), and nothing recurses.
 */
import type { Span } from '../../core/model/location.ts';
import { FLAG_NAMED, FlatNode, kindSet } from '../../core/syntax/flatTree.ts';
import type { GoField, GoKind, GoNode } from './nodes.gen.ts';

/** Kinds of nodes that have a function body of their own. */
export const FUNCTION_KINDS = ['function_declaration', 'method_declaration', 'func_literal'] as const;

/** Whether the node is a function declaration, a method declaration or a function literal. */
export function isFunction(node: GoNode): boolean {
  return node.kind === 'function_declaration' || node.kind === 'method_declaration' || node.kind === 'func_literal';
}

/** The node with that index in the tree of `node`. */
export function nodeAt(node: GoNode, index: number): GoNode {
  return new FlatNode<GoKind, GoField>(node.tree, index);
}

/** Named children that are no comments. */
export function syntaxChildren(node: GoNode): GoNode[] {
  const { stops, flags, kinds, grammar } = node.tree;
  const comments = kindSet(grammar, COMMENTS);
  const { stop } = node;
  const children: GoNode[] = [];
  for (let i = node.index + 1; i < stop; i = stops[i]!) {
    if ((flags[i]! & FLAG_NAMED) !== 0 && comments[kinds[i]!] === 0) children.push(nodeAt(node, i));
  }
  return children;
}

/** First named child that is no comment, or null. */
export function onlyChild(node: GoNode): GoNode | null {
  const { stops, flags, kinds, grammar } = node.tree;
  const comments = kindSet(grammar, COMMENTS);
  const { stop } = node;
  for (let i = node.index + 1; i < stop; i = stops[i]!) {
    if ((flags[i]! & FLAG_NAMED) !== 0 && comments[kinds[i]!] === 0) return nodeAt(node, i);
  }
  return null;
}

const COMMENTS = ['comment'] as const;

/** Whether a token (an anonymous child such as `:=`) stands directly under the node. */
export function hasToken(node: GoNode, token: string): boolean {
  const { tree } = node;
  const { stop } = node;
  for (let i = node.index + 1; i < stop; i = tree.stops[i]!) {
    if (tree.grammar.kinds[tree.kinds[i]!] === token) return true;
  }
  return false;
}

/** The operator of a unary or binary expression or of an assignment, or ''. */
export function operatorOf(node: GoNode): string {
  return node.child('operator')?.text ?? '';
}

/** Removes parentheses around an expression or a type. */
export function unparenthesized(node: GoNode): GoNode {
  let inner = node;
  while (inner.kind === 'parenthesized_expression' || inner.kind === 'parenthesized_type') {
    const child = onlyChild(inner);
    if (child === null) return inner;
    inner = child;
  }
  return inner;
}

/** Nearest function around a node (the node itself does not count), or null. */
export function enclosingFunction(node: GoNode): GoNode | null {
  return node.ancestor(...FUNCTION_KINDS);
}

/** The child of the chunk's root that holds the node (the node itself when it is one), or null for the root. */
export function topLevelOf(node: GoNode): GoNode | null {
  const { parents } = node.tree;
  let index = node.index;
  while (index > 0 && parents[index]! > 0) index = parents[index]!;
  return index > 0 ? nodeAt(node, index) : null;
}

/** Text of a node on one line and not too long, for messages. */
export function shortText(node: GoNode, limit = 40): string {
  const text = node.text.replace(/\s+/g, ' ');
  return text.length > limit ? `${text.slice(0, limit - 3)}...` : text;
}

/** Declared name of a function or method; '' for a function literal. */
export function functionName(node: GoNode): string {
  return node.kind === 'func_literal' ? '' : (node.child('name')?.text ?? '');
}

export interface GoReceiver {
  /** '' when the receiver has no name. */
  readonly name: string;
  /** Name of the receiver's type, without `*` and type parameters. */
  readonly type: string;
  readonly pointer: boolean;
  /** The receiver's name as a node; null when it has none. */
  readonly node: GoNode | null;
}

/** Receiver of a method declaration; null for everything else and for an incomplete one. */
export function receiverOf(method: GoNode): GoReceiver | null {
  const declaration = method.child('receiver')?.childOfKind('parameter_declaration') ?? null;
  if (declaration === null) return null;
  let type = declaration.child('type');
  let pointer = false;
  while (type !== null && type.kind !== 'type_identifier') {
    if (type.kind === 'pointer_type') {
      pointer = true;
      type = onlyChild(type);
    } else if (type.kind === 'parenthesized_type') {
      type = onlyChild(type);
    } else if (type.kind === 'generic_type') {
      type = type.child('type');
    } else {
      return null;
    }
  }
  if (type === null) return null;
  const name = declaration.child('name');
  return { name: name?.text ?? '', type: type.text, pointer, node: name };
}

/** `Serve` for a function, `(*Server).Serve` or `Server.Serve` for a method, `` for a literal: for messages. */
export function qualifiedFunctionName(node: GoNode): string {
  const name = functionName(node);
  const receiver = node.kind === 'method_declaration' ? receiverOf(node) : null;
  if (receiver === null) return name;
  return receiver.pointer ? `(*${receiver.type}).${name}` : `${receiver.type}.${name}`;
}

export interface GoParameter {
  /** '' for an unnamed parameter. */
  readonly name: string;
  readonly node: GoNode | null;
  readonly type: GoNode;
  readonly variadic: boolean;
}

/** One entry per parameter (`a, b int` are two) of a parameter list; empty for null. */
function parametersIn(list: GoNode | null): GoParameter[] {
  const result: GoParameter[] = [];
  if (list === null) return result;
  for (const declaration of list.children) {
    const variadic = declaration.kind === 'variadic_parameter_declaration';
    if (!variadic && declaration.kind !== 'parameter_declaration') continue;
    const type = declaration.child('type');
    if (type === null) continue;
    const names = declaration.childrenOf('name').filter((name) => name.isNamed);
    if (names.length === 0) result.push({ name: '', node: null, type, variadic });
    for (const node of names) result.push({ name: node.text, node, type, variadic });
  }
  return result;
}

/** Parameters of a function, method, literal, function type or interface method, in order. */
export function parametersOf(node: GoNode): GoParameter[] {
  return parametersIn(node.child('parameters'));
}

/** Results of a function, method, literal, function type or interface method, in order. */
export function resultsOf(node: GoNode): GoParameter[] {
  const result = node.child('result');
  if (result === null) return [];
  if (result.kind === 'parameter_list') return parametersIn(result);
  return [{ name: '', node: null, type: result, variadic: false }];
}

/** Whether the last result is written `error`. */
export function returnsError(node: GoNode): boolean {
  return resultsOf(node).at(-1)?.type.text === 'error';
}

/** Whether a name is exported: it begins with an upper-case letter. */
export function isExported(name: string): boolean {
  return /^\p{Lu}/u.test(name);
}

/** Whether the node is the blank identifier `_`. */
export function isBlank(node: GoNode): boolean {
  return (node.kind === 'identifier' || node.kind === 'blank_identifier') && node.text === '_';
}

/** Arguments of a call without punctuation and comments; `xs...` stays a `variadic_argument`. */
export function callArguments(call: GoNode): GoNode[] {
  if (call.kind === 'type_conversion_expression') {
    const operand = call.child('operand');
    return operand === null ? [] : [operand];
  }
  const list = call.child('arguments');
  return list === null ? [] : syntaxChildren(list);
}

/** The expression that is called, without parentheses; null when the call is incomplete. */
export function calledExpression(call: GoNode): GoNode | null {
  const callee = call.child('function');
  return callee === null ? null : unparenthesized(callee);
}

/** Name of what is called: `f` for `f(x)` and `a.b.f(x)`; '' when it has none. */
export function calledName(call: GoNode): string {
  const callee = calledExpression(call);
  if (callee?.kind === 'selector_expression') return callee.child('field')?.text ?? '';
  return callee?.kind === 'identifier' ? callee.text : '';
}

/**
 * Text of a chain of selectors such as `s.mu` or `s.pool.mu`, without parentheses, `&` and `*`, so that `(*s).mu` and
 * `&s.mu` read the same as `s.mu`. Null for anything that is no such chain (calls, indices).
 */
export function selectorPath(node: GoNode): string | null {
  const parts: string[] = [];
  let inner: GoNode | null = node;
  while (inner !== null) {
    switch (inner.kind) {
      case 'identifier':
        parts.push(inner.text);
        return parts.reverse().join('.');
      case 'selector_expression': {
        const field = inner.child('field');
        if (field === null) return null;
        parts.push(field.text);
        inner = inner.child('operand');
        break;
      }
      case 'parenthesized_expression':
        inner = onlyChild(inner);
        break;
      case 'unary_expression': {
        const operator = operatorOf(inner);
        if (operator !== '&' && operator !== '*') return null;
        inner = inner.child('operand');
        break;
      }
      default:
        return null;
    }
  }
  return null;
}

/** The path that an import imports. */
export function importPath(spec: GoNode): string {
  return spec.child('path')?.text.slice(1, -1) ?? '';
}

/** Leftmost identifier of a chain of selectors, indices, calls, dereferences and assertions, or null. */
export function rootIdentifier(node: GoNode): GoNode | null {
  let inner: GoNode | null = node;
  while (inner !== null) {
    switch (inner.kind) {
      case 'identifier':
        return inner;
      case 'selector_expression':
      case 'index_expression':
      case 'slice_expression':
      case 'unary_expression':
      case 'type_assertion_expression':
        inner = inner.child('operand');
        break;
      case 'call_expression':
        inner = inner.child('function');
        break;
      case 'parenthesized_expression':
        inner = onlyChild(inner);
        break;
      default:
        return null;
    }
  }
  return null;
}

/**
 * The statement a node belongs to: the node itself or its nearest ancestor that stands in a list of statements. A
 * condition belongs to its whole `if`, a statement in a function literal's body to itself. Null outside functions.
 */
export function statementOf(node: GoNode): GoNode | null {
  for (let inner: GoNode | null = node; inner !== null; inner = inner.parent) {
    if (inner.parent?.kind === 'statement_list') return inner;
    if (inner.kind === 'block') return null;
  }
  return null;
}

/** The statements of a block, a case clause or a function (its body), without comments. */
export function statementsOf(node: GoNode): GoNode[] {
  const owner = isFunction(node) ? node.child('body') : node;
  const list = owner?.kind === 'statement_list' ? owner : (owner?.childOfKind('statement_list') ?? null);
  return list === null ? [] : syntaxChildren(list);
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/**
 * Value of a string literal (interpreted or raw), or null when the node is no string literal. Bytes given as `\xNN` or
 * `\NNN` become the character with that code: good enough to recognise text, not to compare binary data.
 */
export function stringLiteralValue(node: GoNode): string | null {
  const literal = unparenthesized(node);
  const text = literal.text;
  if (literal.kind === 'raw_string_literal') return text.slice(1, -1).replaceAll('\r', '');
  if (literal.kind !== 'interpreted_string_literal') return null;
  if (!text.includes('\\')) return text.slice(1, -1);
  return text
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/g,
      (whole, hex, short, long, octal, simple) => {
        if (simple !== undefined) return SIMPLE_ESCAPES[simple] ?? whole;
        const code = octal === undefined ? Number.parseInt(hex ?? short ?? long, 16) : Number.parseInt(octal, 8);
        return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      },
    );
}

/**
 * Value of an integer literal in any of Go's notations, with an optional sign; null for everything else, including
 * values that a JavaScript number cannot hold exactly.
 */
export function integerLiteralValue(node: GoNode): number | null {
  const literal = unparenthesized(node);
  if (literal.kind === 'unary_expression') {
    const operand = literal.child('operand');
    const operator = operatorOf(literal);
    if (operand?.kind !== 'int_literal' || (operator !== '-' && operator !== '+')) return null;
    const value = integerLiteralValue(operand);
    return value === null || operator === '+' ? value : -value;
  }
  if (literal.kind !== 'int_literal') return null;
  const digits = literal.text.replaceAll('_', '').toLowerCase();
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return Number.isSafeInteger(value) ? value : null;
}

/** What stands before a node: its previous sibling, or that of the statement list which it begins. */
function previousOf(node: GoNode): GoNode | null {
  const previous = node.previousSibling;
  if (previous !== null || node.parent?.kind !== 'statement_list') return previous;
  return node.parent.previousSibling;
}

/**
 * Comments that belong to a node: those directly before it without a blank line in between, in order. A comment that
 * ends a line of other code is not among them.
 */
export function leadingComments(node: GoNode): GoNode[] {
  const { text } = node.tree;
  const result: GoNode[] = [];
  let next = node;
  for (let previous = previousOf(node); previous?.kind === 'comment'; previous = previousOf(previous)) {
    const lineBreaks = text.slice(previous.end, next.start).match(/\r\n|\r|\n/g)?.length ?? 0;
    const beforeOnLine = text.slice(lineStartAt(text, previous.start), previous.start);
    if (lineBreaks > 1 || beforeOnLine.trim() !== '') break;
    result.push(previous);
    next = previous;
  }
  return result.reverse();
}

/** Text of a comment without its markers, trimmed; a block comment keeps its inner lines. */
export function commentText(comment: GoNode): string {
  const text = comment.text;
  if (text.startsWith('//')) return text.slice(2).trim();
  return text.replace(/^\/\*/, '').replace(/\*\/$/, '').trim();
}

/** Text of the comments that belong to a declaration or statement, one line per comment line. */
export function leadingCommentText(node: GoNode): string {
  return leadingComments(node).map(commentText).join('\n');
}

/** Offset of the beginning of the line that holds `offset`. */
export function lineStartAt(text: string, offset: number): number {
  for (let start = offset; start > 0; start--) {
    const before = text.charCodeAt(start - 1);
    if (before === 10 || before === 13) return start;
  }
  return 0;
}

/** White space at the beginning of the line where the node begins: for fixes that insert lines. */
export function indentationOf(node: GoNode): string {
  const { text } = node.tree;
  const start = lineStartAt(text, node.start);
  let end = start;
  while (text[end] === ' ' || text[end] === '\t') end++;
  return text.slice(start, end);
}

/** The whole lines a node stands on, line break included: for fixes that remove a statement. */
export function lineSpanOf(node: GoNode): Span {
  const { text } = node.tree;
  let end = node.end;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
  if (text[end] === '\r' && text[end + 1] === '\n') end++;
  return { start: lineStartAt(text, node.start), end: Math.min(end + 1, text.length) };
}

/** The line break that the text uses, for inserted lines. */
export function lineBreakOf(node: GoNode): string {
  return /\r?\n/.exec(node.tree.text)?.[0] ?? '\n';
}

const TEST_PARAMETERS: Readonly<Record<string, string>> = {
  Test: '*testing.T',
  Benchmark: '*testing.B',
  Fuzz: '*testing.F',
};

/** Whether `go test` runs the declaration: a test, benchmark, fuzz test, example or `TestMain`. */
export function isTestFunction(node: GoNode): boolean {
  if (node.kind !== 'function_declaration') return false;
  const match = /^(Test|Benchmark|Fuzz|Example)(?!\p{Ll})/u.exec(functionName(node));
  if (match === null) return false;
  const parameters = parametersOf(node);
  if (match[1] === 'Example') return parameters.length === 0;
  const type = parameters.length === 1 ? parameters[0]!.type.text : '';
  return type === TEST_PARAMETERS[match[1]!] || (functionName(node) === 'TestMain' && type === '*testing.M');
}

export interface NilComparison {
  /** The side that is not `nil`, without parentheses. */
  readonly operand: GoNode;
  /** True for `x == nil`, false for `x != nil`. */
  readonly equal: boolean;
}

/** Reads `x == nil`, `x != nil` and their mirrored forms; null for every other expression. */
export function nilComparison(expression: GoNode): NilComparison | null {
  const comparison = unparenthesized(expression);
  if (comparison.kind !== 'binary_expression') return null;
  const operator = operatorOf(comparison);
  if (operator !== '==' && operator !== '!=') return null;
  const left = comparison.child('left');
  const right = comparison.child('right');
  if (left === null || right === null) return null;
  if (right.kind === 'nil') return { operand: unparenthesized(left), equal: operator === '==' };
  if (left.kind === 'nil') return { operand: unparenthesized(right), equal: operator === '==' };
  return null;
}

/** The expressions on the left of an assignment, short declaration, range clause or receive, in order. */
export function assignedExpressions(node: GoNode): GoNode[] {
  if (node.kind === 'inc_statement' || node.kind === 'dec_statement') return syntaxChildren(node);
  const left = node.child('left');
  return left === null ? [] : syntaxChildren(left);
}

/** The expressions on the right of an assignment or short declaration, in order. */
export function assignedValues(node: GoNode): GoNode[] {
  const right = node.child('right');
  if (right === null) return [];
  return right.kind === 'expression_list' ? syntaxChildren(right) : [right];
}

/** Whether an identifier is the whole target of an assignment, `++`, `--`, `:=`, range clause or receive. */
export function isAssigned(identifier: GoNode): boolean {
  const parent = identifier.parent;
  if (parent === null) return false;
  if (parent.kind === 'inc_statement' || parent.kind === 'dec_statement') return true;
  return parent.kind === 'expression_list' && parent.field === 'left';
}

/** Function literal that a call runs at once, as in `func() { ... }()`; null for every other node. */
export function invokedLiteral(call: GoNode): GoNode | null {
  if (call.kind !== 'call_expression') return null;
  const callee = calledExpression(call);
  return callee?.kind === 'func_literal' ? callee : null;
}

/** Offset behind the colon between the key and the value of an element; -1 when the text does not have one there. */
export function colonEndOf(key: GoNode, value: GoNode): number {
  const at = key.tree.text.indexOf(':', key.end);
  return at < 0 || at >= value.start ? -1 : at + 1;
}
