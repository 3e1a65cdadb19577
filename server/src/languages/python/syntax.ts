/**
 * Small questions about Python syntax that many rules ask: names, parameters, arguments by keyword, decorators,
 * docstrings, literals, comments. Everything is answered from one syntax tree as written; nothing here resolves names
 * or types (see names.ts, scope.ts and types.ts), and nothing recurses.
 */
import type { Span } from '../../core/model/location.ts';
import { FLAG_ERROR, FLAG_MISSING, FLAG_NAMED, FlatNode, kindSet } from '../../core/syntax/flatTree.ts';
import type { PythonField, PythonKind, PythonNode } from './nodes.gen.ts';

/** Kinds of nodes that have a body or expression of their own to run when they are called. */
export const FUNCTION_KINDS = ['function_definition', 'lambda'] as const;

const COMMENTS = ['comment', 'line_continuation'] as const;

/** The node with that index in the tree of `node`. */
export function nodeAt(node: PythonNode, index: number): PythonNode {
  return new FlatNode<PythonKind, PythonField>(node.tree, index);
}

/** Named children that are no comments. */
export function syntaxChildren(node: PythonNode): PythonNode[] {
  const { stops, flags, kinds, grammar } = node.tree;
  const comments = kindSet(grammar, COMMENTS);
  const { stop } = node;
  const children: PythonNode[] = [];
  for (let i = node.index + 1; i < stop; i = stops[i]!) {
    if ((flags[i]! & FLAG_NAMED) !== 0 && comments[kinds[i]!] === 0) children.push(nodeAt(node, i));
  }
  return children;
}

/** First named child that is no comment, or null. */
export function onlyChild(node: PythonNode): PythonNode | null {
  const { stops, flags, kinds, grammar } = node.tree;
  const comments = kindSet(grammar, COMMENTS);
  const { stop } = node;
  for (let i = node.index + 1; i < stop; i = stops[i]!) {
    if ((flags[i]! & FLAG_NAMED) !== 0 && comments[kinds[i]!] === 0) return nodeAt(node, i);
  }
  return null;
}

/** Whether a token (an anonymous child such as `async`) stands directly under the node. */
export function hasToken(node: PythonNode, token: string): boolean {
  const { tree } = node;
  const { stop } = node;
  for (let i = node.index + 1; i < stop; i = tree.stops[i]!) {
    if (tree.grammar.kinds[tree.kinds[i]!] === token) return true;
  }
  return false;
}

/** Removes parentheses around an expression. */
export function unparenthesized(node: PythonNode): PythonNode {
  let inner = node;
  while (inner.kind === 'parenthesized_expression') {
    const child = onlyChild(inner);
    if (child === null) return inner;
    inner = child;
  }
  return inner;
}

/** The value behind `await` and parentheses. */
export function awaited(node: PythonNode): PythonNode {
  let inner = unparenthesized(node);
  while (inner.kind === 'await') {
    const child = onlyChild(inner);
    if (child === null) return inner;
    inner = unparenthesized(child);
  }
  return inner;
}

/** Whether something in a node does not parse: then a name may be read where it is not seen. */
export function isBroken(node: PythonNode): boolean {
  const { flags } = node.tree;
  for (let i = node.index; i < node.stop; i++) if ((flags[i]! & (FLAG_ERROR | FLAG_MISSING)) !== 0) return true;
  return false;
}

/** Kinds of statements at the top of a file that do something; see `isAtTop`. */
export const TOP_KINDS = [
  'function_definition',
  'class_definition',
  'expression_statement',
  'if_statement',
  'try_statement',
  'with_statement',
  'for_statement',
  'while_statement',
] as const;

/** Whether a node is a statement at the top of the file, or what is defined by one with decorators. */
export function isAtTop(node: PythonNode): boolean {
  return decorated(node).parent?.kind === 'chunk';
}

/** Text of a node on one line and not too long, for messages. */
export function shortText(node: PythonNode, limit = 40): string {
  const text = node.text.replace(/\s+/g, ' ');
  return text.length > limit ? `${text.slice(0, limit - 3)}...` : text;
}

// --- functions and classes ----------------------------------------------------------------------------------------

/** Whether the node is a `def` (with or without `async`) or a lambda. */
export function isFunction(node: PythonNode): boolean {
  return node.kind === 'function_definition' || node.kind === 'lambda';
}

/** Whether a function is declared with `async`. */
export function isAsync(definition: PythonNode): boolean {
  return definition.kind === 'function_definition' && hasToken(definition, 'async');
}

/** Nearest function around a node (the node itself does not count), or null. */
export function enclosingFunction(node: PythonNode): PythonNode | null {
  return node.ancestor(...FUNCTION_KINDS);
}

/**
 * The function whose body runs when the node does: like `enclosingFunction`, but what stands in a decorator, a default
 * value or an annotation runs where the function is defined. Null at the top of the module and in class bodies there.
 */
export function runningFunction(node: PythonNode): PythonNode | null {
  let inner = node;
  for (let around = enclosingFunction(inner); around !== null; around = enclosingFunction(around)) {
    if (around.child('body')?.contains(inner) === true) return around;
    inner = around;
  }
  return null;
}

/** The methods that a class itself defines, in order. */
export function methodsOf(definition: PythonNode): PythonNode[] {
  return statementsOf(definition)
    .map(undecorated)
    .filter(({ kind }) => kind === 'function_definition');
}

/** Nearest class around a node, not looking out of the function that the node is in; null when there is none. */
export function enclosingClass(node: PythonNode): PythonNode | null {
  const around = node.ancestor('class_definition', 'function_definition', 'lambda');
  return around?.kind === 'class_definition' ? around : null;
}

/** The class that a function is a method of, or null. */
export function classOfMethod(definition: PythonNode): PythonNode | null {
  return definition.kind === 'function_definition' ? enclosingClass(definition) : null;
}

/** The class whose method a node stands in, through nested functions and lambdas; null when there is none. */
export function methodClassAround(node: PythonNode): PythonNode | null {
  return node.ancestor('class_definition');
}

/** Name of a function or class as declared; '' for a lambda. */
export function definedName(definition: PythonNode): string {
  return definition.child('name')?.text ?? '';
}

/** `load` for a function, `Store.load` for a method, `` for a lambda: for messages. */
export function qualifiedName(definition: PythonNode): string {
  const owner = classOfMethod(definition);
  const name = definedName(definition);
  return owner === null || name === '' ? name : `${definedName(owner)}.${name}`;
}

/** The function or class with its decorators: what a fix moves or a comment belongs to. */
export function decorated(definition: PythonNode): PythonNode {
  const { parent } = definition;
  return parent?.kind === 'decorated_definition' ? parent : definition;
}

/** Expressions behind the `@` of a function's or class's decorators, outermost first. */
export function decoratorsOf(definition: PythonNode): PythonNode[] {
  const around = decorated(definition);
  if (around === definition) return [];
  return around.children.flatMap((child) => (child.kind === 'decorator' ? (onlyChild(child) ?? []) : []));
}

/** The `def` or `class` that a decorated definition defines, or the node itself. */
export function undecorated(node: PythonNode): PythonNode {
  return node.kind === 'decorated_definition' ? (node.child('definition') ?? node) : node;
}

/** Written base classes of a class, without keywords such as `metaclass=`. */
export function basesOf(definition: PythonNode): PythonNode[] {
  const list = definition.child('superclasses');
  return list === null ? [] : syntaxChildren(list).filter((base) => base.kind !== 'keyword_argument');
}

export interface PythonParameter {
  readonly name: string;
  /** The identifier; the place of the name. */
  readonly node: PythonNode;
  readonly type: PythonNode | null;
  readonly defaultValue: PythonNode | null;
  /** `args` for `*args`, `keywords` for `**kw`. */
  readonly form: 'plain' | 'args' | 'keywords';
  /** Whether the name has to be given in a call. */
  readonly keywordOnly: boolean;
}

/** Parameters of a function or lambda in order, `self` included. */
export function parametersOf(definition: PythonNode): PythonParameter[] {
  const list = definition.child('parameters');
  if (list === null) return [];
  const result: PythonParameter[] = [];
  let keywordOnly = false;
  for (const child of syntaxChildren(list)) {
    if (child.kind === 'keyword_separator') {
      keywordOnly = true;
      continue;
    }
    const typed = child.kind === 'typed_parameter' || child.kind === 'typed_default_parameter';
    const named = child.child('name') ?? (child.kind === 'typed_parameter' ? onlyChild(child) : child);
    if (named === null) continue;
    const form =
      named.kind === 'list_splat_pattern' ? 'args' : named.kind === 'dictionary_splat_pattern' ? 'keywords' : 'plain';
    const node = form === 'plain' ? named : onlyChild(named);
    if (node?.kind !== 'identifier') continue;
    const type = typed ? child.child('type') : null;
    result.push({ name: node.text, node, type, defaultValue: child.child('value'), form, keywordOnly });
    if (form === 'args') keywordOnly = true;
  }
  return result;
}

/** The statements of a body (block, function, class, clause or module), without comments. */
export function statementsOf(node: PythonNode): PythonNode[] {
  const block = node.kind === 'block' ? node : bodyOf(node);
  return block === null ? [] : syntaxChildren(block);
}

/** The block of a function, class, loop, `with`, `try` or one of their clauses; null when it has none. */
export function bodyOf(node: PythonNode): PythonNode | null {
  return node.child('body') ?? node.child('consequence') ?? node.childOfKind('block');
}

/** Whether a statement does nothing: `pass`, `...`, or a string that stands alone. */
export function isEmptyStatement(statement: PythonNode): boolean {
  if (statement.kind === 'pass_statement') return true;
  if (statement.kind !== 'expression_statement') return false;
  const value = onlyChild(statement);
  return value?.kind === 'ellipsis' || value?.kind === 'string' || value?.kind === 'concatenated_string';
}

/** The string node that documents a function, class or chunk of a module; null when there is none. */
export function docstringOf(node: PythonNode): PythonNode | null {
  const [first] = node.kind === 'chunk' ? syntaxChildren(node) : statementsOf(undecorated(node));
  if (first?.kind !== 'expression_statement') return null;
  const value = onlyChild(first);
  return value?.kind === 'string' || value?.kind === 'concatenated_string' ? value : null;
}

/** Whether a string is a docstring, or stands alone as a statement: it is text for readers. */
export function isProse(literal: PythonNode): boolean {
  return literal.parent?.kind === 'expression_statement';
}

// --- calls --------------------------------------------------------------------------------------------------------

/** Name of what is called: `f` for `f(x)` and `a.b.f(x)`; '' when it has none. */
export function calledName(call: PythonNode): string {
  const callee = call.child('function');
  if (callee === null) return '';
  const inner = unparenthesized(callee);
  if (inner.kind === 'attribute') return inner.child('attribute')?.text ?? '';
  return inner.kind === 'identifier' ? inner.text : '';
}

/** The value that a method is called on: `a.b` of `a.b.f(x)`; null for a plain function. */
export function calledOn(call: PythonNode): PythonNode | null {
  const callee = call.child('function');
  return callee?.kind === 'attribute' ? callee.child('object') : null;
}

/** Positional arguments of a call in order; `*args` is a `list_splat`, a generator without brackets is one argument. */
export function positionalArguments(call: PythonNode): PythonNode[] {
  const list = call.child('arguments');
  if (list === null) return [];
  if (list.kind === 'generator_expression') return [list];
  return syntaxChildren(list).filter(({ kind }) => kind !== 'keyword_argument' && kind !== 'dictionary_splat');
}

/** Arguments given by name, in order. */
export function keywordArguments(call: PythonNode): { readonly name: string; readonly value: PythonNode }[] {
  const list = call.child('arguments');
  if (list === null) return [];
  return syntaxChildren(list).flatMap((argument) => {
    const value = argument.kind === 'keyword_argument' ? argument.child('value') : null;
    return value === null ? [] : [{ name: argument.child('name')?.text ?? '', value }];
  });
}

/** Value of the argument with that name; null when it is not written. */
export function keywordArgument(call: PythonNode, name: string): PythonNode | null {
  return keywordArguments(call).find((argument) => argument.name === name)?.value ?? null;
}

/** Value of an argument that may be given by name or at a position; null when it is not written. */
export function argumentOf(call: PythonNode, name: string, position: number): PythonNode | null {
  const named = keywordArgument(call, name);
  if (named !== null) return named;
  const positional = positionalArguments(call).slice(0, position + 1);
  // Behind `*args` positions are not known.
  if (positional.some(({ kind }) => kind === 'list_splat')) return null;
  return positional[position] ?? null;
}

/** Whether `*args` or `**kw` may give any further argument. */
export function hasSplat(call: PythonNode): boolean {
  const list = call.child('arguments');
  if (list === null) return false;
  return syntaxChildren(list).some(({ kind }) => kind === 'list_splat' || kind === 'dictionary_splat');
}

/** Whether a call may give the keyword through `**kw`. */
export function hasKeywordSplat(call: PythonNode): boolean {
  return call.child('arguments')?.childOfKind('dictionary_splat') != null;
}

// --- chains -------------------------------------------------------------------------------------------------------

/** `a.b.c` of a chain of names and attributes; null for anything else (calls, subscripts). */
export function dottedName(node: PythonNode): string | null {
  const parts: string[] = [];
  let inner: PythonNode | null = unparenthesized(node);
  while (inner !== null) {
    if (inner.kind === 'identifier') {
      parts.push(inner.text);
      return parts.reverse().join('.');
    }
    if (inner.kind === 'dotted_name') {
      parts.push(inner.text.replace(/\s+/g, ''));
      return parts.reverse().join('.');
    }
    if (inner.kind !== 'attribute') return null;
    const name: PythonNode | null = inner.child('attribute');
    if (name === null) return null;
    parts.push(name.text);
    inner = inner.child('object');
  }
  return null;
}

/** Leftmost identifier of a chain of attributes, subscripts, calls and awaits; null when it begins otherwise. */
export function rootIdentifier(node: PythonNode): PythonNode | null {
  let inner: PythonNode | null = node;
  while (inner !== null) {
    switch (inner.kind) {
      case 'identifier':
        return inner;
      case 'attribute':
        inner = inner.child('object');
        break;
      case 'subscript':
        inner = inner.child('value');
        break;
      case 'call':
        inner = inner.child('function');
        break;
      case 'await':
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
 * The statement a node belongs to: the node itself or its nearest ancestor that stands in a block or at the top. What
 * stands in the head of an `if`, `for` or `with` belongs to that statement.
 */
export function statementOf(node: PythonNode): PythonNode | null {
  for (let inner: PythonNode | null = node; inner !== null; inner = inner.parent) {
    const kind = inner.parent?.kind;
    if (kind === 'block' || kind === 'chunk') return inner;
  }
  return null;
}

/** Whether the result of an expression is dropped: it is a statement of its own, awaited or not. */
export function isDiscarded(expression: PythonNode): boolean {
  let outer = expression;
  while (outer.parent?.kind === 'await' || outer.parent?.kind === 'parenthesized_expression') outer = outer.parent;
  return outer.parent?.kind === 'expression_statement';
}

// --- assignments --------------------------------------------------------------------------------------------------

/** One name or attribute that a statement binds, with the value where it is written for it alone. */
export interface Target {
  readonly target: PythonNode;
  /** Null for parts of a pattern whose value is not a tuple of the same length. */
  readonly value: PythonNode | null;
}

const PATTERNS: readonly PythonKind[] = [
  'pattern_list',
  'tuple_pattern',
  'list_pattern',
  'tuple',
  'list',
  'expression_list',
];

/** Targets of an assignment, those of chained ones and patterns included; `a, b = 1, 2` gives two with their values. */
export function assignmentTargets(assignment: PythonNode): Target[] {
  const lefts: PythonNode[] = [];
  let value: PythonNode | null = assignment;
  while (value?.kind === 'assignment') {
    const left = value.child('left');
    if (left !== null) lefts.push(left);
    value = value.child('right');
  }
  const result: Target[] = [];
  const open: Target[] = lefts.map((target) => ({ target, value }));
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const target = unparenthesized(next.target);
    if (target.kind === 'list_splat_pattern') {
      const inner = onlyChild(target);
      if (inner !== null) open.push({ target: inner, value: null });
    } else if (PATTERNS.includes(target.kind)) {
      const parts = syntaxChildren(target);
      const values = next.value !== null && PATTERNS.includes(next.value.kind) ? syntaxChildren(next.value) : [];
      const fits =
        values.length === parts.length && ![...parts, ...values].some(({ kind }) => kind.startsWith('list_splat'));
      parts.forEach((part, index) => {
        open.push({ target: part, value: fits ? values[index]! : null });
      });
    } else result.push({ target, value: next.value });
  }
  return result;
}

// --- comments and lines -------------------------------------------------------------------------------------------

/** Whether a comment behind the node tells another tool that this is meant: `# noqa: T201`. */
export function isWaived(node: PythonNode, codes: RegExp): boolean {
  const { text } = node.tree;
  const written = text.slice(node.start, node.end + /^[^\r\n]*/.exec(text.slice(node.end))![0].length);
  return (written.match(/#\s*noqa:[^\r\n]*/gi) ?? []).some((comment) => codes.test(comment));
}

/** Comments directly above a definition or statement without a blank line in between, in order. */
export function leadingComments(node: PythonNode): PythonNode[] {
  const { text } = node.tree;
  const result: PythonNode[] = [];
  let next = node.kind === 'function_definition' || node.kind === 'class_definition' ? decorated(node) : node;
  for (let previous = previousOf(next); previous?.kind === 'comment'; previous = previousOf(previous)) {
    const lineBreaks = text.slice(previous.end, next.start).match(/\r\n|\r|\n/g)?.length ?? 0;
    const isAlone = text.slice(lineStartAt(text, previous.start), previous.start).trim() === '';
    if (lineBreaks > 1 || !isAlone) break;
    result.push(previous);
    next = previous;
  }
  return result.reverse();
}

/** What stands before a node: its previous sibling, or that of the block which it begins. */
function previousOf(node: PythonNode): PythonNode | null {
  const previous = node.previousSibling;
  if (previous !== null || node.parent?.kind !== 'block') return previous;
  return node.parent.previousSibling;
}

/** Comments inside a node, in order. */
export function commentsIn(node: PythonNode): PythonNode[] {
  return node.descendants('comment');
}

/** Text of a comment without its mark, trimmed. */
export function commentText(comment: PythonNode): string {
  return comment.text.replace(/^#+/, '').trim();
}

/** Offset of the beginning of the line that holds `offset`. */
export function lineStartAt(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && text.charCodeAt(start - 1) !== 10 && text.charCodeAt(start - 1) !== 13) start--;
  return start;
}

/** White space at the beginning of the line where the node begins: for fixes that insert lines. */
export function indentationOf(node: PythonNode): string {
  const { text } = node.tree;
  const start = lineStartAt(text, node.start);
  let end = start;
  while (text[end] === ' ' || text[end] === '\t') end++;
  return text.slice(start, end);
}

/** The whole lines a node stands on, line break included: for fixes that remove a statement. */
export function lineSpanOf(node: PythonNode): Span {
  const { text } = node.tree;
  let end = node.end;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
  if (text[end] === '\r' && text[end + 1] === '\n') end++;
  return { start: lineStartAt(text, node.start), end: Math.min(end + 1, text.length) };
}

/** The line break that the text uses, for inserted lines. */
export function lineBreakOf(node: PythonNode): string {
  return /\r\n|\r|\n/.exec(node.tree.text)?.[0] ?? '\n';
}
