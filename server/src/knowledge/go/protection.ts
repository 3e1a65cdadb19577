/**
 * Puts together what stands in front of each route of a program, across functions that hand routers on, and whether
 * the program tells at all who sends a request. Made for judges. What cannot be followed is `unknown`, never open.
 */

import { directoryOf } from '../../core/model/path.ts';
import type { FactView } from '../../core/rulekit/rule.ts';
import type { RouterOrigin, TypedFact } from '../facts.ts';
import { AUTHENTICATES, CHECKS_CALLER } from './authentication.ts';
import { evidence, type GoProgram } from './services.ts';

export type AuthFact = TypedFact<'auth.evidence'>;
export type Route = TypedFact<'http.route'>;

/**
 * `guarded`: by middleware or a wrapper; `checked`: the handler itself deals with credentials; `open`: everything in
 * front is known and nothing of it asks who sends the request.
 */
export type Protection = 'guarded' | 'checked' | 'open' | 'unknown';

/** Middleware that certainly does something else. */
const HARMLESS =
  /log|recover|cors|gzip|compress|brotli|request_?id|correlation|trac|otel|telemetry|metric|prom|instrument|monitor|timeout|limit|throttl|head(?:er|s)|cache|locale|i18n|lang|record|real_?ip|clean_?path|slash|heartbeat|content_?type|json|static|sentry|newrelic|apm|pprof|body|size|max_?bytes|format|version|duration|swagger|HandlerFunc|NewServer|EncodeResponse|DecodeRequest|options|debug|panic|strict|async|count|latency|profil|session_?id|server_?(?:before|after|error)|tag/i;

/** Names of what a guard calls: of `middleware.Limit(5)` it is `Limit`. */
function namesOf(guard: string): readonly string[] {
  return [...guard.matchAll(/([A-Za-z_]\w*)(?=\s*(?:\(|$|,|\)))/g)].map((match) => match[1]!);
}

/** What a guard does about who sends a request. */
export type Opinion = 'authenticates' | 'harmless' | 'unknown';

/** Asks `opinionOf` once for each guard; `worst` is what several guards in front of one another come to. */
export function rememberOpinions(opinionOf: (guard: string) => Opinion): {
  readonly opinion: (guard: string) => Opinion;
  readonly worst: (guards: readonly string[]) => Opinion;
} {
  const opinions = new Map<string, Opinion>();
  const opinion = (guard: string): Opinion => {
    let known = opinions.get(guard);
    if (known === undefined) {
      known = opinionOf(guard);
      opinions.set(guard, known);
    }
    return known;
  };
  const worst = (guards: readonly string[]): Opinion => {
    let result: Opinion = 'harmless';
    for (const guard of guards) {
      const one = opinion(guard);
      if (one === 'authenticates') return one;
      if (one === 'unknown') result = one;
    }
    return result;
  };
  return { opinion, worst };
}

/** What a middleware does, from its name and, where it is in the workspace, from its body. */
function opinionOf(facts: FactView, guard: string): Opinion {
  if (guard.startsWith('func ')) return CHECKS_CALLER.test(guard) ? 'authenticates' : 'harmless';
  if (AUTHENTICATES.test(guard)) return 'authenticates';
  const names = namesOf(guard);
  let known = false;
  for (const name of names) {
    for (const { value } of facts.lookup('auth.function', name) as readonly TypedFact<'auth.function'>[]) {
      if (value.credential || value.rejects || CHECKS_CALLER.test(value.calls)) return 'authenticates';
      known = true;
    }
  }
  return known || HARMLESS.test(guard) ? 'harmless' : 'unknown';
}

/** What the handler of a route does about who sends the request. */
function handlerOf(facts: FactView, route: Route): Opinion {
  const { inline, target } = route.value;
  if (inline !== '') return CHECKS_CALLER.test(inline) ? 'authenticates' : 'harmless';
  if (target === '') return 'unknown';
  const functions = facts.lookup('auth.function', target) as readonly TypedFact<'auth.function'>[];
  if (functions.length === 0) return 'unknown';
  return functions.some(({ value }) => value.credential || value.rejects || CHECKS_CALLER.test(value.calls))
    ? 'authenticates'
    : 'harmless';
}

export interface Protections {
  /** Whether anything in the program tells who sends a request; the evidence, in path order. */
  readonly evidence: readonly TypedFact<'auth.evidence'>[];
  /** Something is put in front of everything, so that no single route can be blamed. */
  readonly wrapped: boolean;
  readonly of: (route: Route) => Protection;
}

/** How far routers are followed from function to function. */
const DEPTH_LIMIT = 6;

/** The protections of a program's routes. */
export function protectionsOf(facts: FactView, program: GoProgram): Protections {
  const found = evidence(facts, program, 'auth.evidence');
  const { worst } = rememberOpinions((guard) => opinionOf(facts, guard));
  const handovers = new Map<string, TypedFact<'http.handover'>[]>();
  for (const fact of evidence(facts, program, 'http.handover')) {
    const id = `${fact.key} ${fact.value.index}`;
    const list = handovers.get(id);
    if (list === undefined) handovers.set(id, [fact]);
    else list.push(fact);
  }
  const shared = evidence(facts, program, 'http.guard');

  const originOf = (origin: RouterOrigin, path: string, depth: number): Opinion => {
    switch (origin.kind) {
      case 'root':
        return 'harmless';
      case 'unknown':
        return 'unknown';
      case 'shared': {
        const directory = directoryOf(path);
        return worst(
          shared.flatMap((fact) =>
            fact.value.router === origin.name && directoryOf(fact.place.path) === directory ? [fact.key] : [],
          ),
        );
      }
      case 'parameter': {
        const calls = handovers.get(`${origin.function} ${origin.index}`) ?? [];
        if (calls.length === 0 || depth > DEPTH_LIMIT) return 'unknown';
        const opinionsOfCalls = calls.map((call): Opinion => {
          const own = worst(call.value.guards);
          return own === 'harmless' ? originOf(call.value.origin, call.place.path, depth + 1) : own;
        });
        const [first] = opinionsOfCalls;
        return opinionsOfCalls.every((item) => item === first) ? first! : 'unknown';
      }
    }
  };
  return {
    evidence: found,
    wrapped: found.some(({ value }) => value.kind === 'wrapper' || value.kind === 'certificate'),
    of(route) {
      const own = worst(route.value.guards);
      const chain = own === 'harmless' ? originOf(route.value.origin, route.place.path, 0) : own;
      if (chain === 'authenticates') return 'guarded';
      const handler = handlerOf(facts, route);
      if (handler === 'authenticates') return 'checked';
      return chain === 'harmless' && handler === 'harmless' ? 'open' : 'unknown';
    },
  };
}

/** Routes that have to be open: logins, call-backs with a signature of their own, probes, what is made for everybody. */
const PUBLIC =
  /log_?-?in|log_?-?out|sign_?-?(?:in|up|out|off)|regist(?:er|ration)|(?:^|\/|[a-z])auth|oauth|oidc|sso|saml|callback|hooks?(?:\/|$|[A-Z])|[hH]ook|passw|reset|forgot|recover|verif|confirm|activat|captcha|otp\b|2fa|mfa|token|refresh|session|health|ready|live(?:z|ness)|ping|status|version|metric|static|asset|favicon|robots|docs?\b|swagger|openapi|public|init|install|setup|bootstrap|share|csp|contact|feedback|subscri|invit|track|beacon|collect|telemetry|report|search|graphql|guest|anonym|visitor|not_?found|redirect|proxy|echo|debug|pprof|test|well-known|sitemap|rss|feed|csrf|nonce|challenge|config|lang|locale|time/i;

/** Whether a route is made for people who are not known yet, as far as its path and handler tell. */
export function isPublicRoute(route: Route): boolean {
  return PUBLIC.test(`${route.key} ${route.value.target}`);
}

/** Whether a route changes something, by its method. */
export function changesState(route: Route): boolean {
  return /^(?:POST|PUT|PATCH|DELETE)$/.test(route.value.method);
}
