/** Python: values of requests in pages without escaping: `Markup`, `mark_safe`, HTML responses, and environments that escape nothing. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { inputIn, inputName, routeOf } from '../../../knowledge/python/requests.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { keywordInserted } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { textPieces } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  enclosingFunction,
  hasKeywordSplat,
  keywordArgument,
} from '../../../languages/python/syntax.ts';

const MARKS =
  /^(?:markupsafe\.Markup|flask\.Markup|jinja2\.Markup|django\.utils\.safestring\.(?:mark_safe|SafeString)|django\.utils\.html\.mark_safe)$/;
const PAGES =
  /^(?:(?:fastapi|starlette)\.responses\.HTMLResponse|django\.http\.HttpResponse|flask\.(?:make_response|Response))$/;
const TAG = /<(?:[a-z][\w-]*[\s>/]|!doctype)/i;

/** The piece of a text that a client chooses; null when there is none. */
function chosenIn(text: PythonNode, ctx: ChunkContext): { readonly value: PythonNode; readonly source: string } | null {
  for (const piece of textPieces(text, ctx)) {
    if ('text' in piece) continue;
    const source = inputIn(piece.value, ctx);
    if (source !== null) return { value: piece.value, source };
  }
  return null;
}

const outputs: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['Markup', 'mark_safe', 'SafeString', 'HTMLResponse', 'HttpResponse', 'make_response', 'Response('],
  calls: (name) => /^(?:Markup|mark_safe|SafeString|HTMLResponse|HttpResponse|make_response|Response)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    const text = argumentOf(node, 'content', 0);
    if (text === null) return;
    if (MARKS.test(chain)) {
      const chosen = chosenIn(text, ctx);
      if (chosen === null) {
        if (textPieces(text, ctx).every((piece) => 'text' in piece)) yield { kind: 'pass', subject: node.span };
        return;
      }
      const args = { value: inputName(chosen.value), source: chosen.source, call: calledName(node) };
      yield { kind: 'fail', subject: node.span, message: 'marked', args };
      return;
    }
    if (!PAGES.test(chain)) return;
    const type =
      keywordArgument(node, 'content_type') ?? keywordArgument(node, 'mimetype') ?? keywordArgument(node, 'media_type');
    if (type !== null && !/html/.test(type.text)) return;
    yield* page(text, ctx, /HTMLResponse$/.test(chain));
  },
};

function* page(text: PythonNode, ctx: ChunkContext, isHtml: boolean): Iterable<Verdict> {
  const pieces = textPieces(text, ctx);
  const written = pieces.map((piece) => ('text' in piece ? piece.text : '\u0000')).join('');
  if (!isHtml && !TAG.test(written)) return;
  const chosen = chosenIn(text, ctx);
  if (chosen === null) return;
  const args = { value: inputName(chosen.value), source: chosen.source };
  yield { kind: 'fail', subject: text.span, message: 'page', args };
}

/** `return f"<h1>{name}</h1>"` in a handler of Flask. */
const returns: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['return_statement'],
  triggers: ['.route(', '.get(', '.post('],
  when: (node) => /</.test(node.text),
  *check(node, ctx): Iterable<Verdict> {
    const owner = enclosingFunction(node);
    const [value] = node.namedChildren;
    if (owner?.kind !== 'function_definition' || value === undefined) return;
    if (!/^(?:string|concatenated_string|binary_operator|call)$/.test(value.kind)) return;
    if (value.kind === 'call' && calledName(value) !== 'format') return;
    if (routeOf(owner, ctx)?.framework !== 'flask') return;
    yield* page(value, ctx, false);
  },
};

/** `jinja2.Environment(...)` without escaping, by default or by choice, in code that speaks of HTML. */
const environments: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['Environment('],
  calls: (name) => name === 'Environment',
  *check(node, ctx): Iterable<Verdict> {
    if (callChain(node, ctx) !== 'jinja2.Environment' || hasKeywordSplat(node)) return;
    const option = keywordArgument(node, 'autoescape');
    if (option !== null && option.kind !== 'false') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    // Most environments without it write configuration, code or prompts.
    const owner = enclosingFunction(node);
    if (!/html/i.test(`${(owner ?? node).text} ${ctx.file.path}`)) return;
    const edit = keywordInserted(node, 'autoescape', 'True');
    yield {
      kind: 'fail',
      subject: (node.child('function') ?? node).span,
      message: 'autoescape',
      fixes:
        edit === null ? [] : [{ title: 'Set autoescape=True', safety: 'suggestion', preferred: true, edits: [edit] }],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [outputs, returns, environments] as readonly Detector[];
