/**
 * Files and writers whose last data is written by Close or Flush: when that fails and nobody looks, a truncated file
 * passes for a complete one. Looks only at values that are opened in the same function and certainly written to.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoBinding, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledExpression,
  FUNCTION_KINDS,
  indentationOf,
  lineBreakOf,
  onlyChild,
  resultsOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, typesAround } from '../../../languages/go/types.ts';

/** The call that gives the variable its only value, or null. */
function openingCall(binding: GoBinding): GoNode | null {
  const statement = binding.node.parent?.kind === 'expression_list' ? binding.node.parent.parent : null;
  if (statement?.kind !== 'short_var_declaration') return null;
  if (assignedExpressions(statement)[0]?.index !== binding.node.index) return null;
  const values = assignedValues(statement);
  const call = values.length === 1 ? unparenthesized(values[0]!) : null;
  return call?.kind === 'call_expression' ? call : null;
}

/** Whether the call opens a file for writing. */
function opensForWriting(call: GoNode, types: GoTypes): boolean {
  switch (calleeId(types.calleeOf(call))) {
    case 'os.Create':
    case 'os.CreateTemp':
    case 'io/ioutil.TempFile':
      return true;
    case 'os.OpenFile':
      return /\bO_(?:WRONLY|RDWR|APPEND)\b/.test(callArguments(call)[1]?.text ?? '');
    default:
      return false;
  }
}

const FINISHING_WRITERS =
  /^(?:archive\/(?:zip|tar)|compress\/(?:gzip|zlib|flate|lzw)|bufio|encoding\/(?:xml|base64|hex))\.New(?:Writer|WriterLevel|WriterSize|Encoder)$/;

/** The file behind `gzip.NewWriter(file)` and the like. */
function fileBehind(call: GoNode, types: GoTypes, bindingOf: (node: GoNode) => GoBinding | null): GoBinding | null {
  if (!FINISHING_WRITERS.test(calleeId(types.calleeOf(call)))) return null;
  const target = callArguments(call).at(0);
  const binding = target?.kind === 'identifier' ? bindingOf(target) : null;
  const opening = binding === null ? null : openingCall(binding);
  return opening !== null && opensForWriting(opening, types) ? binding : null;
}

/** Whether something is written through the value: by a method, or by whoever it is passed to. */
function isWritten(binding: GoBinding): boolean {
  return binding.uses.some((use) => {
    const parent = use.parent;
    if (parent?.kind === 'argument_list') return true;
    if (parent?.kind !== 'selector_expression') return false;
    return /^(?:Write|WriteString|WriteAt|WriteByte|WriteRune|ReadFrom|Create|CreateHeader|WriteHeader|Encode)$/.test(
      parent.child('field')?.text ?? '',
    );
  });
}

/** Whether the error of another Close, Sync or Flush of the value is looked at. */
function isFinishedElsewhere(binding: GoBinding, close: GoNode): boolean {
  return binding.uses.some((use) => {
    const selector = use.parent;
    // `fileutil.Fsync(file)`
    if (selector?.kind === 'argument_list') return /sync\(/i.test(selector.parent?.text ?? '');
    if (selector?.kind !== 'selector_expression') return false;
    if (!/^(?:Close|Sync|Flush)$/.test(selector.child('field')?.text ?? '')) return false;
    const call = selector.parent;
    if (call?.kind !== 'call_expression' || call.index === close.index) return false;
    return call.parent?.kind !== 'expression_statement' && call.parent?.kind !== 'defer_statement';
  });
}

/** `defer file.Close()` */
export const deferredCloses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['defer_statement'],
  triggers: ['.Close()', '.Flush()'],
  *check(node, ctx): Iterable<Verdict> {
    const call = onlyChild(node);
    const callee = call?.kind === 'call_expression' ? calledExpression(call) : null;
    if (call === null || callee?.kind !== 'selector_expression' || callArguments(call).length > 0) return;
    const method = callee.child('field')?.text ?? '';
    const operand = callee.child('operand');
    if ((method !== 'Close' && method !== 'Flush') || operand?.kind !== 'identifier') return;
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    if (scope === null || types === null) return;
    const binding = scope.bindingOf(operand);
    const opening = binding === null ? null : openingCall(binding);
    if (binding === null || opening === null) return;
    const isFile = opensForWriting(opening, types) && method === 'Close';
    if (!isFile && fileBehind(opening, types, (name) => scope.bindingOf(name)) === null) return;
    if (!isWritten(binding)) return;
    if (isFinishedElsewhere(binding, call)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'written',
      args: { name: operand.text, method },
      fixes: fixesOf(node, call),
    };
  },
};

/** Puts the error of the deferred call into the named result. */
function fixesOf(statement: GoNode, call: GoNode): readonly Fix[] {
  const owner = statement.ancestor(...FUNCTION_KINDS);
  const result = owner === null ? undefined : resultsOf(owner).at(-1);
  if (result === undefined || result.type.text !== 'error' || result.name === '' || result.name === '_') return [];
  const indent = indentationOf(statement);
  const newText = [
    'defer func() {',
    `${indent}\tif closeErr := ${call.text}; closeErr != nil && ${result.name} == nil {`,
    `${indent}\t\t${result.name} = closeErr`,
    `${indent}\t}`,
    `${indent}}()`,
  ].join(lineBreakOf(statement));
  return [
    {
      title: `Return the error of ${call.text}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: statement.span, newText }],
    },
  ];
}
