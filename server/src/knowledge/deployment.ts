/**
 * What a deployment puts in front of its services: proxies, ingresses and platforms that end TLS, limit the rate of
 * requests or bound their bodies. Reads configuration files as text, line by line; comments are no evidence.
 */
import type { Extractor, TextDetector } from '../core/rulekit/rule.ts';
import { type FactName, state } from './facts.ts';

type ProxyFact = Extract<
  FactName,
  'proxy.tls' | 'proxy.rate-limit' | 'proxy.body-limit' | 'proxy.resilience' | 'proxy.headers'
>;

interface Sign {
  readonly fact: ProxyFact;
  readonly by: string;
  /** Every one of them has to occur. */
  readonly patterns: readonly RegExp[];
}

const HEADERS =
  /X-Frame-Options|X-Content-Type-Options|Content-Security-Policy|Strict-Transport-Security|contentTypeNosniff|frameDeny|browserXssFilter/i;

const NGINX: readonly Sign[] = [
  { fact: 'proxy.tls', by: 'nginx', patterns: [/^\s*ssl_certificate\s/m] },
  { fact: 'proxy.rate-limit', by: 'nginx', patterns: [/^\s*limit_req\s/m] },
  { fact: 'proxy.body-limit', by: 'nginx', patterns: [/^\s*client_max_body_size\s+(?!0\s*;)/m] },
  { fact: 'proxy.headers', by: 'nginx', patterns: [/^\s*(?:add_header|header)\s/m, HEADERS] },
];

const INFRASTRUCTURE: readonly Sign[] = [
  {
    fact: 'proxy.tls',
    by: 'a managed load balancer',
    patterns: [
      /"(?:google_cloud_run\w*|aws_acm_certificate|aws_apprunner_service|azurerm_container_app|google_compute_managed_ssl_certificate)"/,
    ],
  },
];

const COMMANDS: readonly Sign[] = [
  {
    fact: 'proxy.tls',
    by: 'a managed platform',
    patterns: [/\b(?:gcloud\s+(?:beta\s+)?(?:run|app)\s+deploy|fly(?:ctl)?\s+deploy|copilot\s+deploy)\b/],
  },
];

const CLUSTER: readonly Sign[] = [
  { fact: 'proxy.tls', by: 'an ingress', patterns: [/^\s*kind:\s*["']?Ingress\b/m, /^\s*-?\s*tls:/m] },
  { fact: 'proxy.tls', by: 'a gateway', patterns: [/^\s*kind:\s*["']?Gateway\b/m] },
  {
    fact: 'proxy.tls',
    by: 'a service mesh',
    patterns: [/^\s*kind:\s*["']?(?:VirtualService|PeerAuthentication|DestinationRule)\b/m],
  },
  {
    fact: 'proxy.resilience',
    by: 'a service mesh',
    patterns: [
      /^\s*kind:\s*["']?(?:VirtualService|DestinationRule|ServiceProfile|ServiceDefaults)\b|linkerd\.io\/inject/m,
    ],
  },
  { fact: 'proxy.tls', by: 'a route', patterns: [/^\s*kind:\s*["']?Route\b/m, /^\s*tls:/m] },
  { fact: 'proxy.tls', by: 'Knative', patterns: [/serving\.knative\.dev/] },
  {
    fact: 'proxy.tls',
    by: 'the load balancer',
    patterns: [/load-balancer-ssl-cert|managed-certificates|certificate-arn/],
  },
  { fact: 'proxy.rate-limit', by: 'an ingress', patterns: [/nginx\.ingress\.kubernetes\.io\/limit-(?:rps|rpm)/] },
  { fact: 'proxy.rate-limit', by: 'traefik', patterns: [/^\s*rateLimit:/m] },
  {
    fact: 'proxy.headers',
    by: 'a proxy',
    patterns: [/add_header|customResponseHeaders|configuration-snippet|headers:/, HEADERS],
  },
  { fact: 'proxy.body-limit', by: 'an ingress', patterns: [/nginx\.ingress\.kubernetes\.io\/proxy-body-size/] },
];

const COMPOSE: readonly Sign[] = [
  {
    fact: 'proxy.tls',
    by: 'a proxy of the compose file',
    patterns: [
      /^\s*image:\s*["']?[\w./-]*(?:traefik|caddy|nginx-proxy|acme-companion|letsencrypt|swag|cloudflared|haproxy|envoy)\b/m,
    ],
  },
  { fact: 'proxy.rate-limit', by: 'traefik', patterns: [/traefik\.http\.middlewares\.[\w-]+\.ratelimit/] },
];

/** Platforms that put their own TLS in front of every application, by the file that names them. */
const PLATFORM_FILES: Readonly<Record<string, string>> = {
  'fly.toml': 'fly.io',
  'render.yaml': 'Render',
  'app.yaml': 'App Engine',
  Procfile: 'Heroku',
  'heroku.yml': 'Heroku',
  'railway.json': 'Railway',
  'railway.toml': 'Railway',
  'vercel.json': 'Vercel',
  'netlify.toml': 'Netlify',
  'apprunner.yaml': 'App Runner',
};

/** The text without whole-line comments; offsets stay as they are. */
function withoutComments(text: string): string {
  return text.replace(/^[ \t]*#[^\r\n]*/gm, (line) => ' '.repeat(line.length));
}

function signs(
  kind: 'text' | 'yaml' | 'compose' | 'shell' | 'makefile' | 'workflow',
  triggers: readonly string[],
  list: readonly Sign[],
): Extractor {
  const detector: TextDetector = {
    text: true,
    triggers,
    *check(text, ctx) {
      const plain = withoutComments(text);
      for (const sign of list) {
        const first = sign.patterns[0]!.exec(plain);
        if (first === null || !sign.patterns.every((pattern) => pattern.test(plain))) continue;
        yield state(
          sign.fact,
          ctx.file.path,
          { by: sign.by },
          { start: first.index, end: first.index + first[0].length },
        );
      }
    },
  };
  return { id: `proxy.${kind}`, language: kind, detector };
}

function platforms(language: 'text' | 'yaml' | 'json' | 'toml'): Extractor {
  const detector: TextDetector = {
    text: true,
    *check(text, ctx) {
      const name = ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1);
      const platform = PLATFORM_FILES[name];
      if (platform === undefined) return;
      if (name === 'app.yaml' && !/^runtime:/m.test(text)) return;
      // Other tools read a Procfile, too; Heroku routes requests to the process `web`.
      if (name === 'Procfile' && !/^web:/m.test(text)) return;
      yield state('proxy.tls', ctx.file.path, { by: platform }, { start: 0, end: 0 });
    },
  };
  return { id: `proxy.platform.${language}`, language, detector };
}

/** Web services of a blueprint of Render: their files are gone with each deployment unless a disk is named. */
const renderDisks: TextDetector = {
  text: true,
  triggers: ['type:'],
  *check(text, ctx) {
    if (!/(?:^|\/)render\.ya?ml$/.test(ctx.file.path)) return;
    const plain = withoutComments(text);
    const items = [...plain.matchAll(/^([ \t]*)-[ \t]+type:[ \t]*(?:web|worker|pserv)\b/gm)];
    for (const [index, item] of items.entries()) {
      const end = items[index + 1]?.index ?? plain.length;
      const body = plain.slice(item.index, end);
      const plan = /^[ \t]*plan:[ \t]*\S+/m.exec(body);
      const at = plan === null ? item : { index: item.index + plan.index, 0: plan[0] };
      const start = at.index + (/^[ \t]*/.exec(at[0])?.[0].length ?? 0);
      const kept = /^[ \t]*disk:/m.test(body);
      yield state('platform.disk', ctx.file.path, { by: 'Render', kept }, { start, end: at.index + at[0].length });
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'platform.disk', language: 'yaml', detector: renderDisks },
  signs(
    'text',
    ['ssl_certificate', 'limit_req', 'client_max_body_size', 'resource "', 'add_header'],
    [...NGINX, ...INFRASTRUCTURE],
  ),
  signs('shell', ['deploy'], COMMANDS),
  signs('makefile', ['deploy'], COMMANDS),
  signs('workflow', ['deploy'], COMMANDS),
  signs(
    'yaml',
    [
      'kind:',
      'load-balancer-ssl-cert',
      'certificate-arn',
      'ingress.kubernetes.io',
      'rateLimit',
      'Headers',
      'add_header',
    ],
    CLUSTER,
  ),
  signs('compose', ['image:', 'traefik'], COMPOSE),
  platforms('text'),
  platforms('yaml'),
  platforms('json'),
  platforms('toml'),
];
