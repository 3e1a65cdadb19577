/** Go: addresses of paid services in packages that send requests, and any word of a cache in the same component. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';

const SERVICES: readonly (readonly [title: string, pattern: RegExp])[] = [
  [
    'a language model',
    /\/chat\/completions\b|\/v1\/(?:messages|completions|embeddings)\b|:generateContent\b|api\.(?:openai|anthropic|mistral|cohere|x)\.(?:com|ai)\b|openrouter\.ai\/api|generativelanguage\.googleapis/,
  ],
  [
    'a geocoding service',
    /maps\.googleapis\.com\/maps\/api\/geocode|nominatim\.openstreetmap|api\.mapbox\.com\/geocoding/,
  ],
];

const addresses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  triggers: [
    '/chat/completions',
    '/v1/messages',
    '/v1/completions',
    '/v1/embeddings',
    ':generateContent',
    'openrouter.ai',
    'api.openai',
    'api.anthropic',
    'api.mistral',
    'api.cohere',
    'api.x.ai',
    'generativelanguage',
    'api/geocode',
    'nominatim',
    '/geocoding',
  ],
  when: (node) => /https?:\/\/|^["`]\/|^["`]%s\//.test(node.text.slice(0, 12)),
  *check(node, ctx): Generator<Verdict> {
    const service = SERVICES.find(([, pattern]) => pattern.test(node.text));
    if (service === undefined || !ctx.file.header.imports.some((item) => item.path === 'net/http')) return;
    yield fact('cache.paid-call', ctx.file.path, service[0], node.span);
  },
};

const CACHES = /cache|lru|redis|memcache|groupcache|ristretto|singleflight|memoi[sz]/i;

const caches: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['import_spec', 'type_spec', 'field_declaration', 'function_declaration', 'method_declaration'],
  triggers: ['ache', 'lru', 'LRU', 'edis', 'ristretto', 'singleflight', 'emoi'],
  *check(node, ctx): Generator<Verdict> {
    const name = node.kind === 'import_spec' ? node.child('path') : node.child('name');
    if (name !== null && CACHES.test(name.text)) yield fact('cache.present', ctx.file.path, null, name.span);
  },
};

export const goDetectors = [addresses, caches] as readonly NodeDetector[];

/** One verdict for each component: caches are shared, and a client may stand in another package than its cache. */
export const goJudge: WorkspaceJudge = {
  partition: 'component',
  reads: ['cache.paid-call'],
  *judge(facts) {
    const [first] = facts.get('cache.paid-call');
    if (first === undefined) return;
    if (facts.get('cache.present').length > 0) yield { kind: 'pass', subject: first.place };
    else yield { kind: 'fail', subject: first.place, message: 'uncached', args: { service: first.value as string } };
  },
};
