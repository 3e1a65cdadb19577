/**
 * Templates and prompts of Go programs that are put together of input: the source of a text/template or html/template,
 * the instructions of a language model. A value that is given to a template as data, or that has a message of its own,
 * is what the rule wants. Templates of the configuration and of files are not input.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { INPUT_NAMES } from '../../../knowledge/go/inputs.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoOrigins, type Leaf, originsAround } from '../../../languages/go/origin.ts';
import { callArguments, shortText, stringLiteralValue, syntaxChildren } from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

interface Danger {
  readonly value: GoNode;
  readonly leaf: Leaf;
}

/** The first value within constant text that comes from a request, or is a text that a caller gives. */
function dangerIn(text: GoNode, origins: GoOrigins, takes: (leaf: Leaf, value: GoNode) => boolean): Danger | null {
  const pieces = origins.piecesOf(text);
  const isTemplate = pieces.some((piece) => piece.text !== null && /\S/.test(piece.text));
  for (const piece of pieces) {
    if (piece.text !== null || /[dbcoxXUeEfFgGtTp]$/.test(piece.verb)) continue;
    const input = origins.inputIn(piece.node);
    if (input !== null) return { value: piece.node, leaf: input };
    if (!isTemplate) continue;
    const leaf = origins.leavesOf(piece.node).find((item) => takes(item, piece.node));
    if (leaf !== undefined && !origins.isTested(leaf, piece.node)) return { value: piece.node, leaf };
  }
  return null;
}

/** `template.New("x").Parse(source)` */
const templates: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Parse('],
  calls: (name) => name === 'Parse',
  *check(node, ctx): Iterable<Verdict> {
    if (!ctx.file.header.imports.some(({ path }) => path === 'text/template' || path === 'html/template')) return;
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node);
    if (types === null || callee?.kind !== 'method') return;
    if (!/^\*(?:text|html)\/template\.Template$/.test(callee.type ?? '')) return;
    const [source] = callArguments(node);
    if (source === undefined) return;
    if (source.kind.endsWith('string_literal')) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const origins = originsAround(ctx, node);
    if (origins === null) return;
    const danger = dangerIn(source, origins, () => false);
    if (danger === null) return;
    yield {
      kind: 'fail',
      subject: source.span,
      message: 'template',
      args: { value: shortText(danger.value), source: INPUT_NAMES[danger.leaf.input!] },
    };
  },
};

/** What users write, as parameters are named. */
const USER_TEXT =
  /^(?:user)?(?:input|message|msg|question|query|prompt|text|request)$|^user\w*$|userInput|userMessage|userQuery|userPrompt/i;

function isUserText(leaf: Leaf, value: GoNode): boolean {
  return leaf.nature === 'parameter' && USER_TEXT.test(leaf.node.text) && !/system/i.test(value.text);
}

/** `Message{Role: "system", Content: "..." + input}` */
const roles: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['literal_value'],
  triggers: ['Role', '"role"'],
  when: (node) => node.namedChildren.length > 1,
  *check(node, ctx): Iterable<Verdict> {
    let role: GoNode | null = null;
    let content: GoNode | null = null;
    for (const element of syntaxChildren(node)) {
      if (element.kind !== 'keyed_element') return;
      const [key, value] = syntaxChildren(element);
      const name = key?.text ?? '';
      const inner = value === undefined ? null : (syntaxChildren(value)[0] ?? null);
      if (/^"?role"?$/i.test(name)) role = inner;
      if (/^"?(?:content|text)"?$/i.test(name)) content = inner;
    }
    if (role === null || content === null) return;
    const isSystem = stringLiteralValue(role) === 'system' || /(?:^|\.)\w*RoleSystem$|SystemRole$/.test(role.text);
    if (!isSystem) return;
    const origins = originsAround(ctx, node);
    if (origins === null) return;
    const danger = dangerIn(content, origins, isUserText);
    if (danger === null) {
      yield { kind: 'pass', subject: content.span };
      return;
    }
    yield {
      kind: 'fail',
      subject: content.span,
      message: 'system',
      args: { value: shortText(danger.value) },
    };
  },
};

/** `prompt := fmt.Sprintf("Answer the question: %s", r.FormValue("q"))` and `strings.ReplaceAll(promptTemplate, ...)` */
const prompts: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['rompt'],
  calls: (name) => name === 'Sprintf' || name === 'ReplaceAll' || name === 'Replace',
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node);
    if (callee?.kind !== 'package') return;
    const values = callArguments(node);
    const origins = originsAround(ctx, node);
    if (origins === null) return;
    if (callee.path === 'strings') {
      const [template, placeholder, value] = values;
      if (template === undefined || value === undefined || !/prompt/i.test(template.text)) return;
      if (!/^["`](?:\{\{?|<|\$\{?|%|\[)/.test(placeholder?.text ?? '')) return;
      const leaf = origins.leavesOf(value).find((item) => item.nature === 'input' || isUserText(item, value));
      if (leaf === undefined || origins.isTested(leaf, value)) return;
      yield { kind: 'fail', subject: node.span, message: 'prompt', args: { value: shortText(value) } };
      return;
    }
    if (callee.path !== 'fmt' || !/prompt/i.test(nameOf(node))) return;
    const danger = dangerIn(node, origins, isUserText);
    // A prompt that is nothing but the user's text has no instructions to be changed.
    const constant = origins
      .piecesOf(node)
      .map((piece) => piece.text ?? '')
      .join(' ');
    if (danger === null || constant.split(/\s+/).length < 4) return;
    yield { kind: 'fail', subject: node.span, message: 'prompt', args: { value: shortText(danger.value) } };
  },
};

/** The variable, field or key that is given the value. */
function nameOf(value: GoNode): string {
  const holder = value.ancestor('short_var_declaration', 'assignment_statement', 'var_spec', 'keyed_element', 'block');
  if (holder === null || holder.kind === 'block') return '';
  if (holder.kind === 'keyed_element') return syntaxChildren(holder)[0]?.text ?? '';
  return (holder.child('left') ?? holder.child('name'))?.text ?? '';
}

export const go: readonly NodeDetector[] = [templates, roles, prompts] as readonly NodeDetector[];
