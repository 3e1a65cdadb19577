/**
 * Python: calls of language models through the clients of their providers, and any word of a cache in the same component.
 * What streams its answer is left alone.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { keywordArgument } from '../../../languages/python/syntax.ts';

const MODEL_CLIENTS = [
  'openai',
  'anthropic',
  'google.generativeai',
  'google.genai',
  'cohere',
  'mistralai',
  'groq',
  'litellm',
  'ollama',
];
const MODEL_CALL =
  /^(?:openai\.(?:ChatCompletion|Completion|Embedding)\.a?create|(?:openai|groq)\.(?:Async)?(?:OpenAI|AzureOpenAI|Groq)\(\)\.(?:chat\.completions|completions|embeddings|responses)\.create|anthropic\.(?:Async)?Anthropic\(\)\.(?:messages|completions)\.create|google\.generativeai\.GenerativeModel\(\)\.generate_content(?:_async)?|google\.genai\.Client\(\)\.models\.(?:generate_content|embed_content)|cohere\.(?:Async)?Client(?:V2)?\(\)\.(?:chat|generate|embed)|mistralai\.(?:client\.)?Mistral(?:Client)?\(\)\.chat(?:\.complete)?|litellm\.a?completion|ollama\.(?:chat|generate))$/;
const GEOCODE = /^(?:googlemaps\.Client\(\)\.(?:reverse_)?geocode|geopy\.geocoders\.\w+\(\)\.(?:geocode|reverse))$/;

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) =>
    /^(?:a?create|generate_content(?:_async)?|embed_content|chat|generate|embed|complete|a?completion|geocode|reverse|reverse_geocode)$/.test(
      name,
    ),
  when: (_node, { file }) =>
    [...MODEL_CLIENTS, 'googlemaps', 'geopy'].some((module) => importsModule(file.header, module)),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    const service = MODEL_CALL.test(chain) ? 'a language model' : GEOCODE.test(chain) ? 'a geocoding service' : '';
    if (service === '' || keywordArgument(node, 'stream')?.text === 'True') return;
    yield fact('cache.paid-call', ctx.file.path, service, node.span);
  },
};

const CACHES = /cache|lru|redis|memcache|memoi[sz]|diskcache|aiocache/i;

const caches: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: [
    'import_statement',
    'import_from_statement',
    'class_definition',
    'function_definition',
    'decorator',
    'assignment',
  ],
  triggers: ['ache', 'lru', 'LRU', 'edis', 'emoi'],
  *check(node, ctx): Iterable<Verdict> {
    const name = /^import|^decorator/.test(node.kind)
      ? node
      : node.kind === 'assignment'
        ? node.child('left')
        : node.child('name');
    if (name !== null && CACHES.test(name.text)) yield fact('cache.present', ctx.file.path, null, name.span);
  },
};

export const pythonDetectors = [calls, caches] as readonly NodeDetector[];
