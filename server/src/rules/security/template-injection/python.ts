/**
 * Python: input that becomes the source of a template (Jinja2, Django, Mako), or part of the instructions of a language
 * model. A value that is given to a template as data, or that has a message of its own, is what the rule wants.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { inputIn, inputName } from '../../../knowledge/python/requests.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { stringValue, textPieces } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  assignmentTargets,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
  shortText,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const SOURCES =
  /^(?:flask\.render_template_string|jinja2\.Template|jinja2\.(?:\w+\.)?(?:Native)?Environment\(\)\.from_string|django\.template\.Template|mako\.template\.Template|flask\.stream_template_string)$/;
/** What users write, as parameters are named. */
const USER_TEXT =
  /^(?:user_?)?(?:input|message|msg|question|query|prompt|text|request)$|^user_(?:input|message|query|question|prompt|text|content)$|_(?:user_input|user_message)$/i;

/** `render_template_string("Hello " + request.args["name"])` */
const templates: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['Template', 'from_string', 'render_template_string', 'stream_template_string'],
  calls: (name) => /^(?:Template|from_string|render_template_string|stream_template_string)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (!SOURCES.test(callChain(node, ctx))) return;
    const source = positionalArguments(node)[0] ?? keywordArgument(node, 'source');
    if (source == null) return;
    if (stringValue(source) !== null) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    for (const piece of textPieces(source, ctx)) {
      if ('text' in piece) continue;
      const brings = inputIn(piece.value, ctx);
      if (brings === null) continue;
      yield {
        kind: 'fail',
        subject: source.span,
        message: 'template',
        args: { value: inputName(piece.value), source: brings },
      };
      return;
    }
  },
};

/** The first value within constant text that comes from a request, or is what a caller gives as a user's text. */
function dangerIn(text: PythonNode, ctx: ChunkContext): PythonNode | null {
  const pieces = textPieces(text, ctx);
  const words = pieces
    .map((piece) => ('text' in piece ? piece.text : ' '))
    .join(' ')
    .split(/\s+/).length;
  // What is nothing but the user's text has no instructions to be changed.
  if (words < 6) return null;
  for (const piece of pieces) {
    if ('text' in piece) continue;
    const inner = unparenthesized(piece.value);
    if (/^(?:call|attribute|subscript|identifier)$/.test(inner.kind) && inputIn(inner, ctx) !== null) return inner;
    if (inner.kind !== 'identifier' || !USER_TEXT.test(inner.text)) continue;
    const [binding] = scopesAround(ctx, inner).bindingsOf(inner);
    if (binding?.kind === 'parameter') return inner;
  }
  return null;
}

/** `{"role": "system", "content": f"... {question}"}` */
const roles: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['dictionary'],
  triggers: ['"role"', "'role'"],
  *check(node, ctx): Iterable<Verdict> {
    let role: string | null = null;
    let content: PythonNode | null = null;
    for (const pair of syntaxChildren(node)) {
      if (pair.kind !== 'pair') continue;
      const key = pair.child('key');
      const name = key === null ? null : stringValue(key);
      const value = pair.child('value');
      if (name === 'role' && value !== null) role = stringValue(value);
      if (name === 'content') content = value;
    }
    if ((role !== 'system' && role !== 'developer') || content === null) return;
    yield* judgeSystem(content, ctx);
  },
};

/** `SystemMessage(content=f"... {question}")` */
const messages: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['SystemMessage'],
  calls: (name) => name === 'SystemMessage',
  *check(node, ctx): Iterable<Verdict> {
    const content = argumentOf(node, 'content', 0);
    if (content !== null) yield* judgeSystem(content, ctx);
  },
};

function* judgeSystem(content: PythonNode, ctx: ChunkContext): Generator<Verdict> {
  const danger = dangerIn(content, ctx);
  if (danger !== null)
    yield { kind: 'fail', subject: content.span, message: 'system', args: { value: shortText(danger) } };
  else if (stringValue(content) !== null) yield { kind: 'pass', subject: content.span };
}

/** `prompt = f"Answer the question: {question}"` */
const prompts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['rompt'],
  when: (node) => /^\w*prompt\w*$/i.test(node.child('left')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const [only] = assignmentTargets(node);
    if (
      only?.value == null ||
      enclosingFunction(node) === null ||
      /negative|image|input\(/i.test(node.text.slice(0, 80))
    )
      return;
    const value = unparenthesized(only.value);
    if (!/^(?:string|concatenated_string|binary_operator|call)$/.test(value.kind)) return;
    const danger = dangerIn(value, ctx);
    if (danger === null) return;
    yield { kind: 'fail', subject: only.target.span, message: 'prompt', args: { value: shortText(danger) } };
  },
};

export const pythonDetectors: readonly Detector[] = [templates, roles, messages, prompts] as readonly Detector[];
