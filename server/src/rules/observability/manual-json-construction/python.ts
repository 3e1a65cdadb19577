/** Python: f-strings, `%` and `.format()` that begin with an object or list of JSON and quote a value by hand. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { constantValue, textPieces } from '../../../languages/python/strings.ts';
import { calledName, isProse, positionalArguments, shortText } from '../../../languages/python/syntax.ts';

/** The beginning of an object or list with a first key. */
const BEGINS = /^\s*\[?\s*\{\{?\s*"[\w.@$-]+"\s*:/;
/** A key whose value begins with a quote. */
const OPEN_VALUE = /"[\w.@$-]+"\s*:\s*"[^"\\]*$/;
/** What needs no escaping, by its name or call. */
const HARMLESS_NAME =
  /(?:^|[._])(?:id|uuid|count|port|num|n|i|idx|index|size|status|code|ts|timestamp|time|date|version|hash|digest|hex|sha\w*|lat|lon|lng|amount|price|total|width|height|duration)$/i;
const HARMLESS_CALL =
  /^(?:int|float|len|round|uuid\d|isoformat|strftime|hexdigest|hex|time|now|b64encode|quote|dumps|escape|bool|getpid|timestamp|replace|sum|abs)$/;

function needsEscaping(value: PythonNode, ctx: ChunkContext): boolean {
  const constant = constantValue(value, ctx);
  if (constant !== null) return typeof constant === 'string' && /["\\\n]/.test(constant);
  if (value.kind === 'call') {
    // What has to be made a text to be joined was none, a number for instance; texts of exceptions hold anything.
    const [given, more] = positionalArguments(value);
    if (calledName(value) === 'str' && given?.kind === 'identifier' && more === undefined) {
      const bindings = scopesAround(ctx, given).bindingsOf(given);
      if (!bindings.some(({ kind }) => kind === 'except')) return false;
    }
    const inner = value.descendants('call');
    return ![value, ...inner].some((call) => HARMLESS_CALL.test(calledName(call)));
  }
  if (/^[A-Z][A-Z0-9_]+$/.test(value.text)) return false;
  return !HARMLESS_NAME.test(value.text.replace(/\[["'](\w+)["']\]$/, '.$1'));
}

const texts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string', 'binary_operator', 'call'],
  triggers: ['":', 'dumps'],
  calls: (name) => name === 'format' || name === 'dumps',
  when: (node) =>
    node.kind === 'call' ||
    /^[fFrRbB]*(?:"""|'''|"|')\s*(?:\\n)?\[?\s*\{/.test(node.tree.text.slice(node.start, node.start + 20)),
  *check(node, ctx): Iterable<Verdict> {
    if (node.kind === 'call' && calledName(node) === 'dumps') {
      if (/^json\.dumps$/.test(callChain(node, ctx))) yield { kind: 'pass', subject: node.span };
      return;
    }
    // The whole text is looked at where it is put together.
    if (node.kind !== 'call' && /^(?:binary_operator|attribute|concatenated_string)$/.test(node.parent?.kind ?? ''))
      return;
    if (node.kind === 'string' && isProse(node)) return;
    const pieces = textPieces(node, ctx, false);
    const [first] = pieces;
    if (first === undefined || !('text' in first) || pieces.length < 2 || !BEGINS.test(first.text)) return;
    for (const [index, piece] of pieces.entries()) {
      if (!('value' in piece)) continue;
      const before = pieces[index - 1];
      const after = pieces[index + 1];
      if (before === undefined || after === undefined || !('text' in before) || !('text' in after)) continue;
      if (!OPEN_VALUE.test(before.text) || !/^[^"]*"/.test(after.text) || !needsEscaping(piece.value, ctx)) continue;
      yield { kind: 'fail', subject: node.span, message: 'text', args: { value: shortText(piece.value) } };
      return;
    }
  },
};

export const pythonDetectors = [texts] as readonly NodeDetector[];
