/** Programs that serve requests of anybody, and single routes that were left outside of the authentication around them. */
import type { Fix } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { placeIn } from '../../../knowledge/facts.ts';
import { AUTHENTICATES } from '../../../knowledge/go/authentication.ts';
import { changesState, isPublicRoute, type Route } from '../../../knowledge/go/protection.ts';
import {
  evidence,
  firstTime,
  type GoProgram,
  isDeployedPath,
  mayBeShared,
  servesRequests,
} from '../../../knowledge/go/services.ts';
import { fullPathOf } from '../../../knowledge/python/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, frontOf, protectionsOf, servesHttp } from '../../../knowledge/services.ts';

/** Whether the program does more than show pages to everybody. */
function hasSomethingToProtect(program: GoProgram): boolean {
  return program.routes.some(
    (route) =>
      !isPublicRoute(route) &&
      (changesState(route) || route.value.method === '') &&
      !/^(?:[A-Z]+ )?\/?(?:\{\$\})?$/.test(route.key),
  );
}

function isMounted(facts: FactView, program: GoProgram): boolean {
  return (
    evidence(facts, program, 'http.middleware').some((fact) => AUTHENTICATES.test(fact.key)) ||
    program.routes.some(
      (route) => !isPublicRoute(route) && route.value.guards.some((guard) => AUTHENTICATES.test(guard)),
    )
  );
}

/** The guard of a sibling in the same declaration, put in front of this handler, too. */
function guardLike(route: Route, siblings: readonly Route[]): Fix | null {
  const { handlerSpan, framework } = route.value;
  if (handlerSpan === null) return null;
  for (const { place, value } of siblings) {
    if (place.path !== route.place.path || place.anchor !== route.place.anchor) continue;
    for (const guard of value.guards) {
      if (!AUTHENTICATES.test(guard)) continue;
      const title = `Put ${guard.slice(0, 40)} in front of this route`;
      if (/^(?:gin|fiber)$/.test(framework) && /^\w+\.\w+(?:\(\))?$/.test(guard)) {
        const at = { start: handlerSpan.start, end: handlerSpan.start };
        return {
          title,
          safety: 'suggestion',
          edits: [{ kind: 'replaceAt', place: placeIn(route, at), newText: `${guard}, ` }],
        };
      }
      if (framework === 'echo' && /^\w+\.\w+(?:\(\))?$/.test(guard)) {
        const at = { start: handlerSpan.end, end: handlerSpan.end };
        return {
          title,
          safety: 'suggestion',
          edits: [{ kind: 'replaceAt', place: placeIn(route, at), newText: `, ${guard}` }],
        };
      }
      if (framework === 'net/http' && value.framework === framework && /^[\w.]+$/.test(guard)) {
        return {
          title,
          safety: 'suggestion',
          edits: [
            {
              kind: 'replaceAt',
              place: placeIn(route, { start: handlerSpan.start, end: handlerSpan.start }),
              newText: `${guard}(`,
            },
            {
              kind: 'replaceAt',
              place: placeIn(route, { start: handlerSpan.end, end: handlerSpan.end }),
              newText: ')',
            },
          ],
        };
      }
    }
  }
  return null;
}

/** Records that are nobody's business but their owners'. */
const PRIVATE =
  /(?:^|\/)(?:admin|users?|sessions|customers?|orders|accounts|payments?|invoices?|audit(?:[-_]?logs?)?|conversations|transactions|patients|employees|secrets)(?:\/|$)/i;

/** Whether an open route of Python answers with records that are private by their name. */
function showsPrivate(route: Route): boolean {
  return route.value.method === 'GET' && PRIVATE.test(route.key) && !/public|login|register|health/i.test(route.key);
}

export const rule = defineRule({
  id: 'missing-authentication',
  title: 'Endpoint without authentication',
  category: 'security',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A program serves routes or RPC methods, but nothing in its packages tells who sends a request: no credential is read, nobody is refused, no authentication middleware, wrapper or library is used. Where other routes of the program are authenticated, a route that changes something is reported when nothing in front of it and nothing in its handler asks who calls; in Python also one that answers with private records (users, orders, sessions).',
    why: 'Whoever reaches the port can read and change everything that these routes can. Ports that were meant for a private network are reached through a forged request, a misconfigured ingress or a neighbour in the cluster.',
    howToFix:
      'Put an authentication middleware (a gRPC interceptor, a dependency of the router in FastAPI, `login_required` in Flask and Django) around the router and register only logins, probes and public pages outside of it. Verify a token or session there and refuse with 401 when it is missing.',
    refs: ['CWE-306', 'https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/'],
  },
  messages: {
    reads: 'GET {path} answers everybody with records of others, while other routes here ask who calls; guard it, too.',
    program: 'Nothing asks who calls these routes; put an authentication middleware around the router.',
    rpc: 'Nothing asks who calls this RPC server; add an authentication interceptor or require client certificates.',
    route:
      '{method} {path} changes data without authentication, which other routes here require; register it behind the same middleware.',
  },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const protections = protectionsOf(facts, program);
        if (protections.evidence.length === 0 && !isMounted(facts, program)) {
          const rpc = !servesHttp(program);
          if (!rpc && !hasSomethingToProtect(program)) continue;
          const place = rpc ? program.starts[0]!.place : frontOf(facts, program).place;
          if (!isFirst(place)) continue;
          if (mayBeShared(program, /auth|middleware|gateway|session|identity|security/i)) {
            yield {
              kind: 'unknown',
              subject: place,
              note: `Requests may be authenticated by ${program.opaque[0]!}.`,
            };
            continue;
          }
          yield {
            kind: 'fail',
            subject: place,
            message: rpc ? 'rpc' : 'program',
            ...(rpc ? { severity: 'high' as const } : {}),
          };
          continue;
        }
        const judged = program.routes.map((route) => ({ route, protection: protections.of(route) }));
        const guarded = judged.flatMap(({ route, protection }) => (protection === 'guarded' ? [route] : []));
        for (const { route, protection } of judged) {
          if (facts.role(route.place.path) !== 'production') continue;
          if (protection === 'guarded' || protection === 'checked') {
            if (isFirst(route.place)) yield { kind: 'pass', subject: route.place };
            continue;
          }
          if (protection !== 'open' || protections.wrapped || guarded.length === 0) continue;
          const isPython = program.language === 'python';
          if (isPython && !isDeployedPath(route.place.path)) continue;
          if (isPython && showsPrivate(route)) {
            if (isFirst(route.place)) {
              yield { kind: 'fail', subject: route.place, message: 'reads', args: { path: fullPathOf(facts, route) } };
            }
            continue;
          }
          if (route.key === '' || !changesState(route) || isPublicRoute(route) || !isFirst(route.place)) continue;
          const fix = guardLike(route, guarded);
          yield {
            kind: 'fail',
            subject: route.place,
            message: 'route',
            args: { method: route.value.method, path: fullPathOf(facts, route).replace(/^[A-Z]+ /, '') },
            fixes: fix === null ? [] : [fix],
          };
        }
      }
    },
  },
});
