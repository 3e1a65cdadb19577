/**
 * Texts in Python code: values of string literals, and how texts are put together by f-strings, `+`, `%`, `.format()`,
 * `str.join` and implicit concatenation, followed through variables that are assigned once. What is not known stays a
 * hole with the expression that fills it.
 */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { headerOf } from './chains.ts';
import type { PythonNode } from './nodes.gen.ts';
import { scopesAround } from './scope.ts';
import { keywordArguments, onlyChild, positionalArguments, syntaxChildren, unparenthesized } from './syntax.ts';

/** A piece of a text: written in the source, or the value of an expression. */
export type TextPiece = { readonly text: string } | { readonly value: PythonNode };

/** Pieces that one text is put together of at most; more are cut to one hole. */
const PIECES = 400;

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|N\{[^}]*\}|\r\n|([\s\S]))/g,
    (whole, hex, short, long, octal, simple) => {
      if (simple !== undefined) return ESCAPES[simple] ?? whole;
      const digits = hex ?? short ?? long;
      if (digits === undefined && octal === undefined) return '';
      const code = digits === undefined ? Number.parseInt(octal, 8) : Number.parseInt(digits, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** Lower-case letters before the quote of a string literal: `f`, `rb`, ''. */
export function prefixOf(literal: PythonNode): string {
  return /^\w*/.exec(literal.text)![0].toLowerCase();
}

/** Whether the literal is of bytes. */
export function isBytes(literal: PythonNode): boolean {
  return prefixOf(literal).includes('b');
}

/** Pieces of one `string` node. */
function literalPieces(literal: PythonNode): TextPiece[] {
  const prefix = prefixOf(literal);
  const isRaw = prefix.includes('r');
  const isFormatted = /[ft]/.test(prefix);
  const result: TextPiece[] = [];
  for (const part of syntaxChildren(literal)) {
    if (part.kind === 'interpolation') {
      const value = part.child('expression') ?? onlyChild(part);
      result.push(value === null ? { text: '' } : { value });
    } else if (part.kind === 'string_content') {
      const text = isRaw ? part.text : unescaped(part.text);
      result.push({ text: isFormatted ? text.replaceAll('{{', '{').replaceAll('}}', '}') : text });
    }
  }
  return result;
}

/**
 * Value of a string literal or of literals that stand next to each other, without variables; null when it is no string,
 * or values are put into it.
 */
export function stringValue(node: PythonNode): string | null {
  const inner = unparenthesized(node);
  const literals =
    inner.kind === 'concatenated_string' ? syntaxChildren(inner) : inner.kind === 'string' ? [inner] : null;
  if (literals === null) return null;
  let value = '';
  for (const literal of literals) {
    if (literal.kind !== 'string') return null;
    for (const piece of literalPieces(literal)) {
      if (!('text' in piece)) return null;
      value += piece.text;
    }
  }
  return value;
}

/** Value of an integer or float literal, with an optional sign; null for everything else. */
export function numberValue(node: PythonNode): number | null {
  const inner = unparenthesized(node);
  if (inner.kind === 'unary_operator') {
    const operand = inner.child('argument');
    const value = operand === null ? null : numberValue(operand);
    const sign = inner.child('operator')?.text;
    return value === null || (sign !== '-' && sign !== '+') ? null : sign === '-' ? -value : value;
  }
  if (inner.kind !== 'integer' && inner.kind !== 'float') return null;
  const value = Number(inner.text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : null;
}

/** The one value that a local name is assigned in its scope, where that is written; null otherwise. */
export function assignedValue(identifier: PythonNode, ctx: ChunkContext): PythonNode | null {
  const bindings = scopesAround(ctx, identifier).bindingsOf(identifier);
  const [only] = bindings;
  if (bindings.length !== 1 || only?.kind !== 'assignment' || only.value?.contains(identifier) === true) return null;
  return only?.value ?? null;
}

/** Value of an expression that is a constant: a literal, or a name of the declaration or module that stands for one. */
export function constantValue(node: PythonNode, ctx: ChunkContext): string | number | boolean | null {
  let inner = unparenthesized(node);
  for (let hop = 0; hop < 4; hop++) {
    if (inner.kind === 'true' || inner.kind === 'false') return inner.kind === 'true';
    if (inner.kind !== 'identifier') return stringValue(inner) ?? numberValue(inner);
    const name = inner.text;
    const value = assignedValue(inner, ctx);
    if (value === null) {
      if (scopesAround(ctx, inner).bindingScope(inner) !== null) return null;
      return headerOf(ctx).globals.find((own) => own.name === name)?.constant ?? null;
    }
    inner = unparenthesized(value);
  }
  return null;
}

/** Text of an expression that is a constant: see `constantValue`; null for other values. */
export function constantText(node: PythonNode, ctx: ChunkContext): string | null {
  const value = constantValue(node, ctx);
  return typeof value === 'string' ? value : null;
}

/**
 * The pieces that a text is put together of, in order; an expression that is no text by what is written is one hole.
 * `follow`: whether variables that are assigned once are looked through (default yes).
 */
export function textPieces(node: PythonNode, ctx: ChunkContext, follow = true): readonly TextPiece[] {
  const result: TextPiece[] = [];
  /** What is still to be taken apart, the next one last. */
  const open: (TextPiece & { readonly hops?: number })[] = [{ value: node, hops: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (result.length + open.length > PIECES) return [{ value: node }];
    if ('text' in next) {
      result.push(next);
      continue;
    }
    const hops = next.hops ?? 0;
    const inner = unparenthesized(next.value);
    const parts = hops > 30 ? null : partsOf(inner, ctx, follow);
    if (parts === null) result.push({ value: inner });
    else for (const part of [...parts].reverse()) open.push('text' in part ? part : { ...part, hops: hops + 1 });
  }
  return result;
}

/** The parts of an expression that makes a text; null when it is a value of its own. */
function partsOf(inner: PythonNode, ctx: ChunkContext, follow: boolean): readonly TextPiece[] | null {
  switch (inner.kind) {
    case 'string':
      return literalPieces(inner);
    case 'concatenated_string':
      return syntaxChildren(inner).map((value) => ({ value }));
    case 'binary_operator': {
      const left = inner.child('left');
      const right = inner.child('right');
      if (left === null || right === null) return null;
      const operator = inner.child('operator')?.text;
      if (operator === '+') return [{ value: left }, { value: right }];
      const format = operator === '%' ? textOfLiteral(left, ctx, follow) : null;
      return format === null ? null : percentParts(format, right);
    }
    case 'call': {
      const callee = inner.child('function');
      if (callee?.kind !== 'attribute') return null;
      const object = callee.child('object');
      const method = callee.child('attribute')?.text;
      if (object === null) return null;
      if (
        /^(?:strip|lstrip|rstrip|lower|upper|encode)$/.test(method ?? '') &&
        positionalArguments(inner).length === 0
      ) {
        return textOfLiteral(object, ctx, follow) === null ? null : [{ value: object }];
      }
      const format = method === 'format' ? textOfLiteral(object, ctx, follow) : null;
      return format === null ? null : formatParts(format, inner);
    }
    case 'identifier': {
      if (!follow) return null;
      const value = assignedValue(inner, ctx);
      if (value !== null) return [{ value }];
      const text = constantText(inner, ctx);
      return text === null ? null : [{ text }];
    }
    default:
      return null;
  }
}

function textOfLiteral(node: PythonNode, ctx: ChunkContext, follow: boolean): string | null {
  return follow ? constantText(node, ctx) : stringValue(node);
}

/** `"a %s" % (b,)`, `"a %(name)s" % {...}` */
function percentParts(format: string, right: PythonNode): readonly TextPiece[] {
  const inner = unparenthesized(right);
  const values = inner.kind === 'tuple' ? syntaxChildren(inner) : [inner];
  const named = new Map(
    inner.kind === 'dictionary'
      ? syntaxChildren(inner).flatMap((pair) => {
          const key = pair.child('key');
          const value = pair.child('value');
          return key === null || value === null ? [] : [[stringValue(key) ?? '', value] as const];
        })
      : [],
  );
  const result: TextPiece[] = [];
  let at = 0;
  let count = 0;
  for (const match of format.matchAll(/%(?:\((\w+)\))?[-+ #0]*[\d.*]*([a-zA-Z%])/g)) {
    result.push({ text: format.slice(at, match.index) });
    at = match.index + match[0].length;
    if (match[2] === '%') result.push({ text: '%' });
    else if (/[diouxXeEfFgG]/.test(match[2]!)) {
      // A number cannot be anything else.
      result.push({ text: '0' });
      count++;
    } else result.push({ value: (match[1] === undefined ? values[count++] : named.get(match[1])) ?? inner });
  }
  return [...result, { text: format.slice(at) }];
}

/** `"a {} {name}".format(b, name=c)` */
function formatParts(format: string, call: PythonNode): readonly TextPiece[] {
  const values = positionalArguments(call);
  const named = keywordArguments(call);
  const result: TextPiece[] = [];
  let at = 0;
  let count = 0;
  for (const match of format.matchAll(/\{\{|\}\}|\{([\w.[\]]*)(?:![rsa])?(?::[^{}]*)?\}/g)) {
    result.push({ text: format.slice(at, match.index) });
    at = match.index + match[0].length;
    if (match[0] === '{{' || match[0] === '}}') {
      result.push({ text: match[0][0]! });
      continue;
    }
    const name = /^\w*/.exec(match[1] ?? '')![0];
    const value =
      name === ''
        ? values[count++]
        : /^\d+$/.test(name)
          ? values[Number(name)]
          : named.find((own) => own.name === name)?.value;
    result.push({ value: value ?? call });
  }
  return [...result, { text: format.slice(at) }];
}
