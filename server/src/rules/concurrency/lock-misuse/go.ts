/**
 * Assignments of Go that replace the whole value which a method was called on, `*s = Server{}`, and where the fixes of
 * copied receivers begin.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  assignedValues,
  functionName,
  indentationOf,
  lineBreakOf,
  lineSpanOf,
  receiverOf,
  syntaxChildren,
  topLevelOf,
} from '../../../languages/go/syntax.ts';

/** Key: type of the receiver. */
export const OVERWRITTEN = 'lock.overwritten';

/** How the statement writes each field of its own: null when that cannot be told. */
export type Overwrite = {
  /** `s.` */
  readonly prefix: string;
  readonly indent: string;
  readonly line: string;
  /** What the literal gives to fields, as written. */
  readonly values: { readonly [field: string]: string };
} | null;

/** Key: qualified name of a method whose receiver can become a pointer; the fact stands where the `*` goes. */
export const RECEIVER = 'lock.receiver';

/** `Server{}` and `Server{name: name}`. */
function literalValues(literal: GoNode, type: string, receiver: string): Readonly<Record<string, string>> | null {
  // Fields that are set one after the other must not be read again.
  if (new RegExp(`\\b${receiver}\\b`).test(literal.text)) return null;
  if (literal.kind !== 'composite_literal' || literal.child('type')?.text !== type) return null;
  const values: Record<string, string> = {};
  for (const element of syntaxChildren(literal.child('body')!)) {
    const key = element.kind === 'keyed_element' ? element.child('key') : null;
    const value = element.child('value');
    if (key === null || value === null || /[\r\n]/.test(value.text)) return null;
    values[key.text] = value.text;
  }
  return values;
}

/** Methods on values of which everything still compiles when the receiver becomes a pointer. */
const receivers: NodeDetector<unknown, GoNode> = {
  kinds: ['method_declaration'],
  when: (node) => receiverOf(node)?.pointer === false,
  *check(node): Iterable<Verdict> {
    const receiver = receiverOf(node)!;
    const type = node.child('receiver')?.descendants('parameter_declaration')[0]?.child('type');
    const body = node.child('body');
    if (type?.kind !== 'type_identifier' || body === null) return;
    // Where the value is more than the front of a selector, it would have to be dereferenced.
    const isUnnamed = receiver.name === '' || receiver.name === '_';
    if (!isUnnamed && new RegExp(`(?<![.\\w])${receiver.name}\\b(?!\\.)`).test(body.text)) return;
    yield fact(RECEIVER, `${receiver.type}.${functionName(node)}`, null, { start: type.start, end: type.start });
  },
};

const overwriting: NodeDetector<unknown, GoNode> = {
  kinds: ['assignment_statement'],
  when: (node) => node.tree.text[node.start] === '*',
  *check(node): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    const receiver = declaration?.kind === 'method_declaration' ? receiverOf(declaration) : null;
    const [target] = assignedExpressions(node);
    if (receiver === null || target?.text !== `*${receiver.name}` || node.child('operator')?.text === '+=') return;
    const [value] = assignedValues(node);
    const values = value === undefined ? null : literalValues(value, receiver.type, receiver.name);
    const { text } = node.tree;
    const isLine = text.slice(lineSpanOf(node).start, lineSpanOf(node).end).trim() === node.text;
    const plan: Overwrite =
      values === null || !isLine
        ? null
        : { prefix: `${receiver.name}.`, indent: indentationOf(node), line: lineBreakOf(node), values };
    yield fact(OVERWRITTEN, receiver.type, plan, node);
  },
};

export const detectors: readonly Detector[] = [overwriting as Detector, receivers as Detector];
