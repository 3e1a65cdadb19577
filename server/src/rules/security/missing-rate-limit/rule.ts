/** Programs whose routes can be called as often as anybody likes. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../../../knowledge/facts.ts';
import {
  type Beside,
  evidence,
  firstTime,
  frontOf,
  mayBeShared,
  SERVICE_FACTS,
  servesHttp,
  servicesOf,
} from '../../../knowledge/go/services.ts';

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

export const rule = defineRule({
  id: 'missing-rate-limit',
  title: 'No rate limiting on public endpoints',
  category: 'security',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A program registers routes, but none of its packages limits how often they may be called: no limiter is asked while a request is served, no limiter middleware is used, nothing ever answers 429. A limiter that only throttles what the program sends is no protection.',
    why: 'One client, by malice or by a retry loop, can use up the service for everybody, guess passwords and tokens at full speed, or run up the bill of a paid back end.',
    howToFix:
      'Put a limiter per client (by user, key or address) in front of the routes: `golang.org/x/time/rate` in a middleware that answers 429, httprate for chi, the rate limiter of echo and fiber, or the limit of the proxy when nothing can go around it. Use a stricter limit for logins.',
    refs: [
      'CWE-770',
      'CWE-307',
      'https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/',
    ],
  },
  messages: {
    routes: 'These routes have no rate limit; add a per-client limiter that answers 429.',
  },
  effort: { each: [60, 240] },
  fix: 'sometimes',
  on: { go: [] },
  workspace: {
    partition: 'workspace',
    reads: SERVICE_FACTS,
    *judge(facts) {
      const proxies = allFacts(facts, 'proxy.rate-limit').filter(
        (fact) => facts.role(fact.place.path) === 'production',
      );
      const isFirst = firstTime();
      for (const program of servicesOf(facts)) {
        if (!servesHttp(program) || program.framework !== '') continue;
        const found = evidence(facts, program, 'rate.limit')[0];
        if (found !== undefined) {
          if (isFirst(found.place)) yield { kind: 'pass', subject: found.place };
          continue;
        }
        const { place, beside } = frontOf(facts, program);
        if (!isFirst(place)) continue;
        if (proxies[0] !== undefined || mayBeShared(program, /limit|throttl|middleware|gateway/i)) {
          const by = proxies[0]?.value.by ?? program.opaque[0]!;
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
