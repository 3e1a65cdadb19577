/** Services that answer browsers with pages and tell them nothing about framing, sniffing and scripts. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { headerWrite, SETS_HEADER } from '../../../knowledge/go/headers.ts';
import { type Beside, evidence, firstTime, mayBeShared } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, frontsOf, proxyFor, servesHttp } from '../../../knowledge/services.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { stringLiteralValue } from '../../../languages/go/syntax.ts';

/** The headers that a page needs, each with what may stand in for it. */
const NEEDED: readonly (readonly [name: string, others: readonly string[]])[] = [
  ['X-Content-Type-Options', []],
  ['X-Frame-Options', ['content-security-policy']],
  ['Content-Security-Policy', ['content-security-policy-report-only']],
];

/** Headers that are safe for any page; a policy for scripts has to be made for the page. */
function headerMiddleware(beside: Beside): Fix | null {
  const { framework, router } = beside;
  const title = 'Send the headers against sniffing and framing with every answer';
  if (framework === 'gin') {
    const statement = [
      `${router}.Use(func(c *gin.Context) {`,
      '\tc.Header("X-Content-Type-Options", "nosniff")',
      '\tc.Header("X-Frame-Options", "DENY")',
      '\tc.Header("Content-Security-Policy", "default-src \'self\'")',
      '\tc.Next()',
      '})',
    ].join('\n');
    return { title, safety: 'suggestion', edits: [beside.insert(statement)] };
  }
  const python = [
    '    response.headers["X-Content-Type-Options"] = "nosniff"',
    '    response.headers["X-Frame-Options"] = "DENY"',
    `    response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"`,
    '    return response',
  ];
  if (framework === 'fastapi') {
    const head = [
      `@${router}.middleware("http")`,
      'async def security_headers(request, call_next):',
      '    response = await call_next(request)',
    ];
    return { title, safety: 'suggestion', edits: [beside.insert([...head, ...python].join('\n'))] };
  }
  if (framework === 'flask') {
    const head = [`@${router}.after_request`, 'def security_headers(response):'];
    return { title, safety: 'suggestion', edits: [beside.insert([...head, ...python].join('\n'))] };
  }
  return null;
}

/** `script-src 'unsafe-inline'`: a policy that lets injected scripts run. */
const policies: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['unsafe-inline'],
  calls: (name) => SETS_HEADER.test(name),
  *check(node) {
    const write = headerWrite(node);
    const policy = write?.name === 'content-security-policy' ? stringLiteralValue(write.value) : null;
    if (policy === null) return;
    const directives = new Map(
      policy.split(';').map((part): [string, string] => {
        const [name = '', ...sources] = part.trim().split(/\s+/);
        return [name.toLowerCase(), sources.join(' ')];
      }),
    );
    const scripts = directives.get('script-src') ?? directives.get('default-src') ?? '';
    // With a nonce or a hash browsers ignore the word.
    if (scripts.includes("'unsafe-inline'") && !/'nonce-|'sha(?:256|384|512)-|strict-dynamic/.test(scripts)) {
      yield { kind: 'fail', subject: write!.value.span, message: 'inline', severity: 'low' };
    }
  },
};

export const rule = defineRule({
  id: 'missing-security-headers',
  title: 'Security headers absent or ineffective',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A program serves pages to browsers (templates, files, HTML) and sets none of `X-Content-Type-Options`, `X-Frame-Options` and `Content-Security-Policy`, neither itself nor by a middleware, a library or a proxy of the workspace; or a middleware sets some and leaves others out; or the policy allows inline scripts. An application of FastAPI serves its documentation pages unless they are switched off; where it has no others the finding is a low one.',
    why: 'Without them a browser guesses types of uploads and runs them as scripts, lets other sites frame the page and catch clicks, and runs whatever script somebody managed to inject.',
    howToFix:
      'Set the headers in one middleware around all routes: `nosniff`, a frame policy, and a content security policy without `unsafe-inline` for scripts; `Strict-Transport-Security` where TLS is served.',
    howToFixIn: {
      go: '`github.com/unrolled/secure` and the middleware of echo and fiber do so.',
      python: 'flask-talisman, secure, and `SecurityMiddleware` of Django do so.',
    },
    refs: ['CWE-693', 'CWE-1021', 'https://owasp.org/www-project-secure-headers/'],
  },
  messages: {
    docs: 'Answers of this application, its documentation pages among them, carry no security headers; set them in a middleware.',
    none: 'Pages of this service are sent without security headers; set them in a middleware around all routes.',
    some: 'The security headers that are set here leave {missing} out; add what is missing.',
    inline: "'unsafe-inline' lets injected scripts run; use nonces or hashes for the scripts of the page.",
  },
  fix: 'sometimes',
  on: { go: [policies], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesHttp(program)) continue;
        const proxy = proxyFor(facts, program, 'proxy.headers');
        const pages = evidence(facts, program, 'http.pages').filter(
          (page) => facts.role(page.place.path) === 'production' && page.key !== 'html/template',
        );
        const headers = evidence(facts, program, 'security.header');
        const set = new Set(headers.map((header) => header.key));
        const everywhere = headers.filter((header) => header.value.everywhere);
        if (headers.length === 0) {
          if (pages.length === 0) continue;
          const onlyDocs = pages.every((page) => page.key === 'docs');
          const stack = evidence(facts, program, 'http.middleware');
          for (const { place, beside } of frontsOf(facts, program)) {
            if (onlyDocs && !pages.some((page) => page.place.path === place.path)) continue;
            // Where an application of Python has its other middleware, this one is missed.
            const beginning =
              program.language === 'python' ? stack.find((item) => item.place.path === place.path)?.place : undefined;
            const subject = beginning ?? place;
            if (!isFirst(subject)) continue;
            if (proxy !== undefined || mayBeShared(program, /secur|header|middleware|web/i)) {
              const by = proxy?.value.by ?? program.opaque[0]!;
              yield { kind: 'unknown', subject, note: `The headers may be set by ${by}.` };
              continue;
            }
            const fix = beside === null ? null : headerMiddleware(beside);
            yield {
              kind: 'fail',
              subject,
              message: onlyDocs ? 'docs' : 'none',
              ...(onlyDocs ? { severity: 'low' as const } : {}),
              fixes: fix === null ? [] : [fix],
            };
          }
          continue;
        }
        const first = everywhere[0];
        // A header of a single answer says nothing of the others.
        if (first === undefined || !isFirst(first.place)) continue;
        const missing = NEEDED.flatMap(([name, others]) =>
          set.has('*') || set.has(name.toLowerCase()) || others.some((other) => set.has(other)) ? [] : [name],
        );
        if (missing.length === 0) yield { kind: 'pass', subject: first.place };
        else if (pages.length > 0 && proxy === undefined) {
          yield {
            kind: 'fail',
            subject: first.place,
            message: 'some',
            args: { missing: missing.join(' and ') },
            severity: 'low',
          };
        }
      }
    },
  },
});
