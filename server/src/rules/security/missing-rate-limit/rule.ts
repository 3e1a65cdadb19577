/** Programs whose routes can be called as often as anybody likes. */
import type { Place } from '../../../core/model/location.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import type { TypedFact } from '../../../knowledge/facts.ts';
import {
  type Beside,
  evidence,
  firstTime,
  type GoProgram,
  isDeployedPath,
  mayBeShared,
} from '../../../knowledge/go/services.ts';
import { fullPathOf } from '../../../knowledge/python/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, frontOf, proxyFor, servesHttp } from '../../../knowledge/services.ts';

/** Limiters that come with a framework, in the version that the file imports. */
function limiter(beside: Beside, imports: readonly string[]): Fix | null {
  const { framework, router } = beside;
  // The names that the fix brings must not be taken.
  const isTaken = (name: string): boolean =>
    imports.some((path) => path.endsWith(`/${name}`) && !path.includes(framework));
  const title = 'Limit each client to a number of requests (choose the number)';
  if (framework === 'echo') {
    const path = imports.find((item) => /^github\.com\/labstack\/echo(?:\/v4)?$/.test(item));
    if (path === undefined || isTaken('middleware')) return null;
    const statement = `${router}.Use(middleware.RateLimiter(middleware.NewRateLimiterMemoryStore(20)))`;
    return {
      title,
      safety: 'suggestion',
      edits: [beside.insert(statement), { kind: 'import', add: [`${path}/middleware`] }],
    };
  }
  if (framework === 'fiber') {
    const path = imports.find((item) => /^github\.com\/gofiber\/fiber\/v[23]$/.test(item));
    if (path === undefined || isTaken('limiter')) return null;
    const statement = `${router}.Use(limiter.New(limiter.Config{Max: 100, Expiration: time.Minute}))`;
    return {
      title,
      safety: 'suggestion',
      edits: [beside.insert(statement), { kind: 'import', add: [`${path}/middleware/limiter`, 'time'] }],
    };
  }
  if (framework === 'chi' && !isTaken('httprate')) {
    const statement = `${router}.Use(httprate.LimitByIP(100, time.Minute))`;
    return {
      title: `${title}; go get github.com/go-chi/httprate`,
      safety: 'suggestion',
      edits: [beside.insert(statement), { kind: 'import', add: ['github.com/go-chi/httprate', 'time'] }],
    };
  }
  return null;
}

/** Routes that give accounts away when they may be tried at will, and those that cost more than a look-up. */
const CREDENTIALS =
  /log_?-?in|sign_?-?in|sign_?-?up|regist(?:er|ration)|passw|forgot|otp\b|2fa|mfa|verif|(?:^|\/)tokens?\b|access_?token/i;
const COSTLY =
  /chat|messag|send|complet|generat|(?:^|\/)ask\b|prompt|predict|infer|embed|upload|import|webhook|sms|mail|stream|speech|transcri|translat|summar|scrape|crawl|(?:^|\/)ws\b|image/i;
/** More places of one program say nothing new. */
const PLACES = 10;

/** The routes of a Python program where the lack of a limit hurts most; its front when there is none. */
function mostExposed(facts: FactView, program: GoProgram): readonly Place[] {
  const known = program.routes.filter(
    ({ place, value }) =>
      facts.role(place.path) === 'production' &&
      isDeployedPath(place.path) &&
      !/admin/i.test(place.path) &&
      /^(?:POST|PUT|WEBSOCKET)$/.test(value.method),
  );
  const isAbout = (words: RegExp) => (route: (typeof known)[number]) =>
    words.test(`${route.key} ${route.value.target}`) && !/admin/i.test(route.key);
  const credentials = known.filter(isAbout(CREDENTIALS));
  const costly = known.filter((route) => route.value.method === 'WEBSOCKET' || isAbout(COSTLY)(route));
  const found = [...new Set([...credentials, ...costly])].slice(0, PLACES).map(({ place }) => place);
  return found.length > 0 ? found : [frontOf(facts, program).place];
}

export const rule = defineRule({
  id: 'missing-rate-limit',
  title: 'No rate limiting on public endpoints',
  category: 'security',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A program registers routes, but nothing in it limits how often they may be called: no limiter is asked while a request is served, no limiter middleware, decorator or dependency is used, nothing ever answers 429. A limiter that only throttles what the program sends is no protection. In Go the program is reported once, in Python the routes where it hurts most: those that check credentials, and those that are costly.',
    why: 'One client, by malice or by a retry loop, can use up the service for everybody, guess passwords and tokens at full speed, or run up the bill of a paid back end.',
    howToFix:
      'Put a limiter per client (by user, key or address) in front of the routes: `golang.org/x/time/rate` in a middleware that answers 429, httprate for chi, the rate limiter of echo and fiber, slowapi or fastapi-limiter for FastAPI, Flask-Limiter, the throttles of Django REST framework, or the limit of the proxy when nothing can go around it. Use a stricter limit for logins.',
    refs: [
      'CWE-770',
      'CWE-307',
      'https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/',
    ],
  },
  messages: {
    route: 'Nothing limits how often one client calls {route}; add a per-client limiter that answers 429.',
    application:
      'Nothing limits how often one client calls this application; add a per-client limiter that answers 429.',
    routes: 'These routes have no rate limit; add a per-client limiter that answers 429.',
  },
  effort: { each: [60, 240] },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesHttp(program) || program.framework !== '') continue;
        const found = evidence(facts, program, 'rate.limit')[0];
        if (found !== undefined) {
          if (isFirst(found.place)) yield { kind: 'pass', subject: found.place };
          continue;
        }
        const { place, beside } = frontOf(facts, program);
        const proxy = proxyFor(facts, program, 'proxy.rate-limit');
        if (program.language === 'python' && proxy === undefined) {
          for (const subject of mostExposed(facts, program)) {
            if (!isFirst(subject)) continue;
            const route = program.routes.find((item) => item.place === subject);
            if (route === undefined) yield { kind: 'fail', subject, message: 'application' };
            else {
              const path = fullPathOf(facts, route);
              const name = path === '/' ? route.value.target : path;
              const args = { route: `${route.value.method} ${name}` };
              yield { kind: 'fail', subject, message: 'route', args };
            }
          }
          continue;
        }
        if (!isFirst(place)) continue;
        if (proxy !== undefined || mayBeShared(program, /limit|throttl|middleware|gateway/i)) {
          const by = proxy?.value.by ?? program.opaque[0]!;
          yield { kind: 'unknown', subject: place, note: `Requests may be limited by ${by}.` };
          continue;
        }
        const imports =
          beside === null ? [] : (facts.lookup('go.file', beside.path) as readonly TypedFact<'go.file'>[]);
        const fix = beside === null ? null : limiter(beside, imports[0]?.value.imports ?? []);
        yield { kind: 'fail', subject: place, message: 'routes', fixes: fix === null ? [] : [fix] };
      }
    },
  },
});
