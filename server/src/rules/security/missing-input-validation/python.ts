/**
 * Python: texts of requests that go to a language model, and page sizes of FastAPI without an upper bound. What a model
 * of the input bounds is a fact, since it stands elsewhere. It never judges texts whose way it does not see.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { handlerAround, inputIn, routeOf } from '../../../knowledge/python/requests.ts';
import { pendingValue } from '../../../languages/go/pending.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importing } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  calledName,
  calledOn,
  keywordArguments,
  parametersOf,
  positionalArguments,
} from '../../../languages/python/syntax.ts';

/** Names of what a person wrote. */
const WRITTEN =
  /(?:^|_)(?:input|prompt|question|query|message|text|content|msg|utterance|instruction|body|data)s?(?:_text|_content)?$/i;
/** Methods that send a text to a model. */
const ASKS =
  /^(?:chat|achat|complete|completion|acompletion|generate|agenerate|generate_content|generate_content_async|generate_text|generate_response|invoke|ainvoke|predict|apredict|ask|prompt|send_message|run|arun|respond|create|stream|astream|query|aquery)$/;
const MODEL =
  /llm|openai|gpt|claude|anthropic|gemini|genai|generativeai|ollama|mistral|openrouter|litellm|(?:^|[._])(?:ai_?)?agent|agentic|assistant|completions|chatbot|bedrock|langchain|\bllama/i;

function lastName(node: PythonNode): string {
  return node.kind === 'attribute' ? (node.child('attribute')?.text ?? '') : node.text;
}

/** Whether the function compares the length of a text, or hands it to something that may look at it. */
function isBounded(text: string, argument: string): boolean {
  const name = argument.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return (
    new RegExp(`len\\(\\s*${name}[\\w.()]*\\s*\\)\\s*[<>]|[<>]=?\\s*len\\(\\s*${name}`).test(text) ||
    new RegExp(`(?:valid|sanit|check|truncat|limit|clean|filter|moderat|guard)\\w*\\([^()]*${name}`, 'i').test(text) ||
    new RegExp(`${name}\\s*\\[\\s*:`).test(text)
  );
}

const prompts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: [
    'hat(',
    'omplet',
    'enerate',
    'nvoke(',
    'redict(',
    'sk(',
    'rompt(',
    'send_message(',
    'run(',
    'respond(',
    'create(',
    'stream(',
    'uery(',
  ],
  calls: (name) => ASKS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const receiver = calledOn(node);
    if (receiver === null || receiver.text.length > 80) return;
    const chain = callChain(node, ctx);
    if (
      !MODEL.test(`${chain} ${receiver.text}`) ||
      /subprocess|uvicorn|db|sql|session|repo|store|orm/i.test(`${chain} ${receiver.text}`)
    )
      return;
    const handler = handlerAround(node, ctx);
    if (handler === null) return;
    for (const value of [...positionalArguments(node), ...keywordArguments(node).map((argument) => argument.value)]) {
      if (
        !/^(?:identifier|attribute)$/.test(value.kind) ||
        !WRITTEN.test(lastName(value)) ||
        inputIn(value, ctx) === null
      )
        continue;
      const text = handler.definition.text;
      const verdict = isBounded(text, value.text)
        ? ({ kind: 'pass', subject: node.span } as const)
        : ({ kind: 'fail', subject: value.span, message: 'prompt', args: { name: value.text } } as const);
      yield fact('input.prompt', value.text, pendingValue(verdict), node);
      return;
    }
  },
};

/** `len(message) > 2000`, `Field(max_length=2000)`: code that bounds what users write, anywhere in a folder. */
const bounds: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'keyword_argument'],
  triggers: ['len(', 'max_length', 'max_tokens_per_message'],
  calls: (name) => name === 'len',
  *check(node): Iterable<Verdict> {
    if (node.kind === 'keyword_argument') {
      const name = node.child('name')?.text ?? '';
      const call = node.ancestor('call');
      if (
        name !== 'max_length' ||
        call === null ||
        !/^(?:Field|constr|StringConstraints|Query|Body|Form|StringField|CharField|Length)$/.test(calledName(call))
      )
        return;
      const assigned = call.ancestor('assignment')?.child('left')?.text ?? '';
      if (WRITTEN.test(assigned)) yield fact('input.bound', name, null, node);
      return;
    }
    const [value] = positionalArguments(node);
    if (value === undefined || !WRITTEN.test(lastName(value)) || node.parent?.kind !== 'comparison_operator') return;
    if (!/[<>]/.test(node.parent.text) || /[<>]=?\s*[0-3]$/.test(node.parent.text)) return;
    yield fact('input.bound', 'len', null, node);
  },
};

const SIZE = /^(?:limit|page_size|per_page|top_k|max_results|page_limit|batch_size|count)$/;
/** The number of rows that the fix proposes. */
const MOST_ROWS = 100;

const pageSizes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['limit', 'page_size', 'per_page', 'top_k', 'max_results', 'batch_size', 'count'],
  *check(node, ctx): Iterable<Verdict> {
    const route = routeOf(node, ctx);
    const body = node.child('body');
    if (route?.framework !== 'fastapi' || body === null) return;
    for (const { name, node: identifier, type, defaultValue } of parametersOf(node)) {
      if (!SIZE.test(name) || type === null) continue;
      const annotation = type.text.replace(/\s+/g, ' ');
      if (/\b(?:le|lt)\s*=/.test(`${annotation} ${defaultValue?.text ?? ''}`)) {
        yield { kind: 'pass', subject: identifier.span };
        continue;
      }
      // Other types and defaults may bring a bound.
      if (!/^(?:int|Optional\[int\]|int \| None|Annotated\[int, Query\([^)]*\)\])$/.test(annotation)) continue;
      const isNumber = defaultValue?.kind === 'integer';
      if (defaultValue !== null && !isNumber && !/^Query\(|^None$/.test(defaultValue.text)) continue;
      const { text } = body;
      const used = new RegExp(
        `\\.limit\\(\\s*${name}\\b|\\b(?:limit|page_size|per_page|top_k|k|n_results|max_results|size)\\s*=\\s*${name}\\b|\\[[^\\]]*:[^\\]]*\\b${name}\\s*\\]`,
      );
      const bounded = new RegExp(
        `\\bmin\\([^()]*\\b${name}\\b|\\b${name}\\s*[<>]|[<>]=?\\s*${name}\\b|${name}\\s*=\\s*(?:min|max|clamp)\\(|(?:valid|check|clamp|normal|bound)\\w*\\([^()]*\\b${name}\\b`,
      );
      if (!used.test(text)) continue;
      if (bounded.test(text)) {
        yield { kind: 'pass', subject: identifier.span };
        continue;
      }
      const most = Math.max(MOST_ROWS, Number(defaultValue?.text ?? 0) || 0);
      const fixes: Fix[] = isNumber
        ? [
            {
              title: `Take ${most} at most`,
              safety: 'suggestion',
              preferred: true,
              edits: [
                { kind: 'replace', span: defaultValue.span, newText: `Query(${defaultValue.text}, ge=1, le=${most})` },
                importing(['fastapi:Query']),
              ],
            },
          ]
        : [];
      yield { kind: 'fail', subject: identifier.span, message: 'parameter', args: { name }, fixes };
    }
  },
};

export const pythonDetectors = [prompts, bounds, pageSizes] as readonly NodeDetector[];
