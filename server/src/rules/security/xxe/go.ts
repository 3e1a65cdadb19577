/**
 * Go: options of libxml2 bindings that make the parser replace entities or load document type definitions. The parsers of
 * the standard library and those written in Go know no external entities and are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallOf, packageMemberOf } from '../../../languages/go/calls.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import { callArguments, operatorOf, stringLiteralValue, unparenthesized } from '../../../languages/go/syntax.ts';

/** `parser.XMLParseNoEnt`, `xml.XML_PARSE_DTDLOAD`: bindings differ in case and underscores only. */
const RESOLVING = /^xml_?parse_?(?:noent|dtdload|dtdattr|dtdvalid)$/i;
const BINDINGS = /libxml|gokogiri/i;
const PARSES = /^(?:Parse\w*|Read(?:Doc|File|Memory)\w*|CtxtRead\w*)$/;

/** The expression of options around one of them: `A | B | C`. */
function wholeOptions(option: GoNode): GoNode {
  let whole = option;
  for (;;) {
    const { parent } = whole;
    if (
      parent?.kind !== 'parenthesized_expression' &&
      (parent?.kind !== 'binary_expression' || operatorOf(parent) !== '|')
    )
      return whole;
    whole = parent;
  }
}

/** Whether the option is switched off or asked for rather than given: `options &^ NoEnt`, `options & NoEnt != 0`. */
function isMask(whole: GoNode): boolean {
  const { parent } = whole;
  return (
    parent?.kind === 'binary_expression' ||
    parent?.kind === 'unary_expression' ||
    parent?.kind === 'expression_case' ||
    (parent?.kind === 'expression_list' && /&\^=|^[^=]*\s&=/.test(parent.parent?.text ?? ''))
  );
}

/** Whether a document is written in the program, and declares no entity of its own. */
function isOwnDocument(expression: GoNode, scope: GoScope | null): boolean {
  let node = unparenthesized(expression);
  if (node.kind === 'type_conversion_expression' || node.kind === 'call_expression')
    node = unparenthesized(node.child('operand') ?? callArguments(node)[0] ?? node);
  const binding = node.kind === 'identifier' ? (scope?.bindingOf(node) ?? null) : null;
  const spec = binding?.node.ancestor('const_spec', 'var_spec', 'short_var_declaration') ?? null;
  const values = spec?.child('value') ?? spec?.child('right') ?? null;
  const text = stringLiteralValue(values?.namedChildren[0] ?? node);
  return text !== null && !/<!ENTITY/.test(text);
}

/** Whether all documents that are known to be parsed with the options are the program's own. */
function parsesOwnDocuments(whole: GoNode, ctx: ChunkContext): boolean {
  const call = whole.parent?.kind === 'argument_list' ? whole.parent.parent : null;
  if (call?.kind !== 'call_expression') return false;
  const scope = scopeAround(ctx, call);
  const [first] = callArguments(call);
  if (first !== undefined && !first.equals(whole)) return isOwnDocument(first, scope);
  // p := parser.New(options), and then p.ParseString(...)
  const target = call.parent?.parent?.child('left')?.namedChildren[0] ?? null;
  const binding = target?.kind === 'identifier' ? (scope?.bindingOf(target) ?? null) : null;
  if (binding === null || binding.uses.length === 0) return false;
  return binding.uses.every((use) => {
    const parse = use.parent?.kind === 'selector_expression' ? use.parent.parent : null;
    if (parse?.kind !== 'call_expression') return use.equals(binding.node);
    const [document] = callArguments(parse);
    return document !== undefined && isOwnDocument(document, scope);
  });
}

/** Keeps the options that resolve nothing; without any left there is no expression to write. */
function removal(whole: GoNode): readonly Fix[] {
  const terms: GoNode[] = [];
  const waiting = [whole];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.kind === 'binary_expression') waiting.push(node.child('right')!, node.child('left')!);
    else if (node.kind === 'parenthesized_expression') waiting.push(unparenthesized(node));
    else terms.push(node);
  }
  const kept = terms.filter((term) => !RESOLVING.test(term.child('field')?.text ?? ''));
  if (kept.length === 0) return [];
  const newText = kept.map((term) => term.text).join(whole.text.includes(' | ') ? ' | ' : '|');
  const title = 'Drop the options that resolve entities';
  return [{ title, safety: 'suggestion', preferred: true, edits: [{ kind: 'replace', span: whole.span, newText }] }];
}

const options: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression'],
  triggers: ['ParseNoEnt', 'ParseDTD', 'PARSE_NOENT', 'PARSE_DTD'],
  when: (node) => RESOLVING.test(node.child('field')?.text ?? ''),
  *check(option, ctx): Iterable<Verdict> {
    const member = packageMemberOf(option, ctx);
    if (member === null || !BINDINGS.test(member.path)) return;
    const whole = wholeOptions(option);
    if (isMask(whole)) return;
    // One finding for all options of an expression.
    const [first] = whole.equals(option)
      ? [option]
      : [...whole.descendants('selector_expression')].filter((item) => RESOLVING.test(item.child('field')?.text ?? ''));
    if (first?.equals(option) !== true) return;
    if (parsesOwnDocuments(whole, ctx)) yield { kind: 'pass', subject: option.span };
    else
      yield {
        kind: 'fail',
        subject: option.span,
        message: 'option',
        args: { option: option.child('field')!.text },
        fixes: removal(whole),
      };
  },
};

/** Documents that are parsed without such options. */
const parses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['libxml', 'gokogiri', 'xml.'],
  calls: (name) => PARSES.test(name) || name === 'NewDecoder' || name === 'Unmarshal',
  *check(call, ctx): Iterable<Verdict> {
    const member = packageCallOf(call, ctx);
    if (member === null) return;
    const isBinding = BINDINGS.test(member.path) && PARSES.test(member.name);
    if (!isBinding && member.path !== 'encoding/xml') return;
    if (!/parse_?(?:noent|dtd)/i.test(call.text)) yield { kind: 'pass', subject: call.span };
  },
};

export const go: readonly NodeDetector[] = [options as NodeDetector, parses as NodeDetector];
