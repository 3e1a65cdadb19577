/** Go: format texts of package fmt and concatenations that begin with `{` or `[` and quote a value by hand. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallId } from '../../../languages/go/calls.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledName,
  operatorOf,
  stringLiteralValue,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Position of the format by the function. */
const FORMATS: ReadonlyMap<string, number> = new Map([
  ['fmt.Sprintf', 0],
  ['fmt.Printf', 0],
  ['fmt.Fprintf', 1],
  ['fmt.Appendf', 1],
  ['log.Printf', 0],
]);
/** The beginning of an object or list with a first key. */
const BEGINS = /^\s*\[?\s*\{\s*"?[\w.@$-]+"?\s*:/;
/** A key whose value begins with a quote. */
const OPEN_VALUE = /"?[\w.@$-]+"?\s*:\s*"[^"\\]*$/;

/** Types whose text needs no escaping. */
const HARMLESS =
  /^(?:u?int(?:8|16|32|64)?|float(?:32|64)|bool|byte|rune|time\.Duration|time\.Time|net\.IP|github\.com\/google\/uuid\.UUID)$/;
const HARMLESS_CALL =
  /^(?:strconv\.\w+|time\.\w+|encoding\/(?:hex|base64)\.[\w.]*EncodeToString|net\/url\.(?:Query|Path)Escape|html\.EscapeString|html\/template\.JSEscapeString|encoding\/json\.\w+|github\.com\/google\/uuid\.\w+|runtime\.Version|crypto\/\w+\.\w+|os\.Getpid)$/;

/** Whether the value can hold a quote, as far as can be told. */
function needsEscaping(value: GoNode, ctx: ChunkContext): boolean {
  const node = unparenthesized(value);
  const text = stringLiteralValue(node);
  if (text !== null) return /["\\\n]/.test(text);
  const type = typesAround(ctx, node)?.typeOf(node) ?? null;
  if (type !== null && HARMLESS.test(type)) return false;
  if (node.kind === 'call_expression') {
    if (HARMLESS_CALL.test(packageCallId(node, ctx))) return false;
    if (
      /^(?:Format|EncodeToString|Unix\w*|Itoa|Hex|UUID|NewString|Len|Int64?|Escape\w*|Quote\w*|Replace(?:All)?|Marshal\w*)$/.test(
        calledName(node),
      )
    )
      return false;
    if (calledName(node) === 'string' && /[jJ][sS][oO][nN]|Marshal/.test(node.text)) return false;
    if (calledName(node) === 'len') return false;
  }
  // A constant of the package or another one, by its spelling.
  return (
    !/^(?:\w+\.)?(?:[A-Z][A-Z0-9_]+|(?:default|const|k)[A-Z]\w*)$/.test(node.text) && !/^constants?\./.test(node.text)
  );
}

interface Placeholder {
  readonly verb: string;
  readonly start: number;
  readonly end: number;
}

/** Placeholders of a format text in the order of their arguments; null when it counts arguments in its own way. */
function placeholdersOf(format: string): Placeholder[] | null {
  const found: Placeholder[] = [];
  for (const match of format.matchAll(/%(?:%|[-+# 0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(\[\d+\])?([a-zA-Z]))/g)) {
    if (match[0] === '%%') continue;
    if (match[0].includes('*') || match[1] !== undefined) return null;
    found.push({ verb: match[2]!, start: match.index, end: match.index + match[0].length });
  }
  return found;
}

const formats: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['%s', '%v'],
  calls: (name) => /^(?:Sprintf|Printf|Fprintf|Appendf)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    const values = callArguments(node);
    const at = FORMATS.get(packageCallId(node, ctx));
    const literal = at === undefined ? undefined : values[at];
    const format = literal === undefined ? null : stringLiteralValue(literal);
    if (at === undefined || literal === undefined || format === null || !BEGINS.test(format)) return;
    // What a template engine or another language begins in the same way.
    if (/^\s*\{\{|\$\{/.test(format)) return;
    const placeholders = placeholdersOf(format);
    if (placeholders === null) return;
    const open: { readonly value: GoNode; readonly placeholder: Placeholder }[] = [];
    for (const [index, placeholder] of placeholders.entries()) {
      const value = values[at + 1 + index];
      if (value === undefined || !/^[sv]$/.test(placeholder.verb)) continue;
      if (!OPEN_VALUE.test(format.slice(0, placeholder.start)) || !/^[^"]*"/.test(format.slice(placeholder.end)))
        continue;
      if (needsEscaping(value, ctx)) open.push({ value, placeholder });
    }
    const first = open[0];
    if (first === undefined) return;
    const name = first.value.text.length > 40 ? `${first.value.text.slice(0, 37)}...` : first.value.text;
    yield {
      kind: 'fail',
      subject: literal.span,
      message: 'format',
      args: { value: name },
      fixes: quoteFix(
        literal,
        format,
        open.map(({ placeholder }) => placeholder),
      ),
    };
  },
};

/** `"%s"` becomes `%q`, when the quotes hold nothing else. */
function quoteFix(literal: GoNode, format: string, open: readonly Placeholder[]): readonly Fix[] {
  if (!open.every(({ start, end }) => format[start - 1] === '"' && format[end] === '"' && end - start === 2)) return [];
  const source = literal.text;
  const quoted = source.startsWith('`') ? /"%[sv]"/g : /\\"%[sv]\\"/g;
  const all = [...format.matchAll(/"%[sv]"/g)];
  const written = [...source.matchAll(quoted)];
  if (all.length !== written.length) return [];
  const edits = written.flatMap((match, index) => {
    const isOpen = open.some(({ start }) => start === all[index]!.index + 1);
    const start = literal.start + match.index;
    return isOpen ? [{ kind: 'replace' as const, span: { start, end: start + match[0].length }, newText: '%q' }] : [];
  });
  return [{ title: 'Quote the text with %q', safety: 'suggestion', preferred: true, edits }];
}

/** Operands of a chain of `+`, in order. */
function operandsOf(node: GoNode): GoNode[] {
  const operands: GoNode[] = [];
  const open = [node];
  for (let next = open.pop(); next !== undefined && operands.length < 60; next = open.pop()) {
    const inner = unparenthesized(next);
    const [left, right] = [inner.child('left'), inner.child('right')];
    if (inner.kind === 'binary_expression' && operatorOf(inner) === '+' && left !== null && right !== null)
      open.push(right, left);
    else operands.push(inner);
  }
  return operands;
}

const concatenations: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['binary_expression'],
  triggers: ['"{', '`{', '"[{', '`[{'],
  when: (node) =>
    operatorOf(node) === '+' &&
    node.parent?.kind !== 'binary_expression' &&
    /^["`]\s*(?:\\[nt])*\[?\{/.test(node.tree.text.slice(node.start, node.start + 20)),
  *check(node, ctx): Generator<Verdict> {
    const operands = operandsOf(node);
    if (!BEGINS.test(stringLiteralValue(operands[0]!) ?? '')) return;
    for (const [at, operand] of operands.entries()) {
      const before = operands[at - 1];
      const after = operands[at + 1];
      if (before === undefined || after === undefined || stringLiteralValue(operand) !== null) continue;
      if (!OPEN_VALUE.test(stringLiteralValue(before) ?? '') || !/^[^"]*"/.test(stringLiteralValue(after) ?? ''))
        continue;
      if (!needsEscaping(operand, ctx)) continue;
      const value = operand.text.length > 40 ? `${operand.text.slice(0, 37)}...` : operand.text;
      yield { kind: 'fail', subject: node.span, message: 'format', args: { value } };
      return;
    }
  },
};

const encoders: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['json.'],
  calls: (name) => /^(?:Marshal|MarshalIndent|NewEncoder)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    if (packageCallId(node, ctx).startsWith('encoding/json.')) yield { kind: 'pass', subject: node.span };
  },
};

export const goDetectors = [formats, concatenations, encoders] as readonly NodeDetector[];
