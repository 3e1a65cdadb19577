/** Permissions that are checked before anybody knows who asks, and logins that need a login. */
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../../../knowledge/facts.ts';
import { firstTime, type GoProgram } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, protectionsOf } from '../../../knowledge/services.ts';
import { goDetectors } from './go.ts';
import { ABOVE_FACT, judgePython, MOUNTED_FACT, pythonDetectors } from './python.ts';

/** Middleware that refuses everybody without a session or token, as its name says. */
const STRICT =
  /jwt|require_?(?:auth|login|user|session)|auth_?required|login_?required|authenticated|must_?auth|auth_?middleware|current_(?:active_)?user|verify_\w*token/i;
const LOGIN = /\/(?:log-?in|sign-?in|sign-?up|register)$/i;

/** In Python it is often an administrator who registers others. */
const PYTHON_LOGIN = /\/(?:log-?in|sign-?in)\/?$/i;

/** What stands in front of a route, the router that it is on included. */
function guardsOf(facts: FactView, program: GoProgram, route: TypedFact<'http.route'>): readonly string[] {
  const { guards, router } = route.value;
  if (program.language !== 'python') return guards;
  const around = allFacts(facts, 'http.guard').filter(
    ({ place, value }) => place.path === route.place.path && value.router === router && router !== '',
  );
  // A parameter with an annotation may be anything.
  return [...guards, ...around.map(({ key }) => key)].filter((guard) => !/^\w+: /.test(guard));
}

/** `get_user` of `Depends(get_user)`, `requireLogin` of `auth.requireLogin()` */
function nameOf(guard: string): string {
  return (
    /^(?:Depends|Security)\(\s*(?:\w+\.)*(\w+)/.exec(guard)?.[1] ?? /([A-Za-z_]\w*)(?:\(.*)?$/s.exec(guard)?.[1] ?? ''
  );
}

export const rule = defineRule({
  id: 'wrong-middleware-order',
  title: 'Middleware in the wrong order or scope',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'On one router a middleware that checks roles or permissions runs before the one that finds out who asks, in the order of the framework (in FastAPI and Starlette what is added last runs first); or the route that logs people in stands behind a middleware that refuses everybody who is not logged in. In Python also decorators: a check of rights above the one that finds out who asks, and a guard above the decorator that registers the route, which never runs.',
    why: 'A permission check without an identity refuses legitimate users, or judges them by an empty identity and lets everybody pass. A login behind the login locks everybody out, until somebody loosens the check for all routes.',
    howToFix:
      'Register authentication first, then authorisation, then validation. Register logins, probes and other public routes on a group of their own, outside of the authentication.',
    refs: ['CWE-696', 'CWE-863'],
  },
  messages: {
    order: '{rights} runs before {identity} has found out who asks; register the authentication first.',
    added: '{rights} is added after {identity} and runs before it, when nobody knows who asks; add {identity} last.',
    session: '{rights} needs the session that {identity} makes, and runs before it; list {identity} first.',
    above: '@{guard} stands above @{route}, which registers the handler without it; move it below.',
    login: '{path} stands behind {guard}, which refuses those who want to log in; register it outside of that group.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, MOUNTED_FACT, ABOVE_FACT],
    *judge(facts) {
      yield* judgePython(facts);
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (program.framework !== '') continue;
        const protections = protectionsOf(facts, program);
        for (const route of program.routes) {
          if (route.value.method !== 'POST' || facts.role(route.place.path) !== 'production') continue;
          if (!(program.language === 'python' ? PYTHON_LOGIN : LOGIN).test(route.key)) continue;
          if (protections.of(route) !== 'guarded' || !isFirst(route.place)) continue;
          // A guard that knows the path of the login lets it through.
          const guard = guardsOf(facts, program, route).find(
            (text) => STRICT.test(text) && !/optional|skip|except|unless|guest|public|not/i.test(text),
          );
          if (guard === undefined) continue;
          const name = nameOf(guard);
          const bodies = facts.lookup('auth.function', name) as readonly TypedFact<'auth.function'>[];
          if (
            bodies.length === 0 ||
            bodies.some(
              ({ value }) =>
                !value.rejects ||
                /Path|URL|skip|Skip|whitelist|WhiteList|public|Public|exclude|login|FullPath/.test(value.calls),
            )
          )
            continue;
          yield { kind: 'fail', subject: route.place, message: 'login', args: { path: route.key, guard: name } };
        }
      }
    },
  },
});
