/** Permissions that are checked before anybody knows who asks, and logins that need a login. */
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { TypedFact } from '../../../knowledge/facts.ts';
import { importedFrameworks } from '../../../knowledge/go/frameworks.ts';
import { protectionsOf } from '../../../knowledge/go/protection.ts';
import { firstTime, SERVICE_FACTS, servicesOf } from '../../../knowledge/go/services.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import { callArguments, calledName, rootIdentifier, selectorPath } from '../../../languages/go/syntax.ts';

/** What middleware is by its name. */
type Step = 'identity' | 'rights';
const RIGHTS =
  /casbin|rbac|permission|authoriz(?:e|ation)(?!_?header)|require_?(?:role|admin|permission|scope|owner)|(?:role|admin|scope|acl)_?(?:check|guard|required|only|middleware|auth)|admin_?only|has_?role|check_?role|enforce/i;
const IDENTITY =
  /jwt|authenticat|authn|bearer|basic_?auth|key_?auth|token_?auth|session_?auth|login_?required|require_?(?:login|auth|user|session|token)|auth_?required|auth_?middleware|verify_?token|load_?user|current_?user|(?:^|\.)(?:auth|Auth|authMiddleware)(?:\(|$)/i;

function stepOf(text: string): Step | null {
  if (text.startsWith('func') || text.length > 120) return null;
  const identity = IDENTITY.test(text);
  const rights = RIGHTS.test(text);
  // One that does both is in no wrong place.
  if (identity === rights) return null;
  return identity ? 'identity' : 'rights';
}

const MOUNTS = /^(?:Use|UseFunc|With|New|Chain|ChainUnaryInterceptor|Append)$/;

/** What an expression such as `r` or `s.router` is, so that calls on the same router are told from others. */
function routerOf(call: GoNode, scope: GoScope): string | null {
  let receiver = call.child('function')?.child('operand') ?? null;
  // `r.Use(a).Use(b)`
  for (let step = 0; step < 8 && receiver?.kind === 'call_expression'; step++)
    receiver = receiver.child('function')?.child('operand') ?? null;
  if (receiver === null) return null;
  const root = rootIdentifier(receiver);
  const path = selectorPath(receiver);
  if (root === null || path === null) return null;
  return `${scope.bindingOf(root)?.id ?? -1} ${path}`;
}

const mounted: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['.Use(', '.With(', 'alice.New(', 'Interceptor(', '.UseFunc('],
  *check(node, ctx) {
    if (importedFrameworks(ctx.file.header).length === 0) return;
    const scope = scopeAround(ctx, node);
    if (scope === null) return;
    interface Mounted {
      readonly step: Step;
      readonly node: GoNode;
    }
    const chains = new Map<string, Mounted[]>();
    const calls = node.descendants('call_expression').filter((call) => MOUNTS.test(calledName(call)));
    // Of `r.Use(a).Use(b)` the outer call begins first and runs last.
    for (const call of calls.sort((a, b) => a.end - b.end)) {
      const name = calledName(call);
      const router = /^Use/.test(name) ? routerOf(call, scope) : `${call.index}`;
      if (router === null) continue;
      const list = chains.get(router) ?? [];
      chains.set(router, list);
      for (const value of callArguments(call)) {
        const step = stepOf(value.text);
        if (step !== null) list.push({ step, node: value });
      }
    }
    for (const list of chains.values()) {
      const identity = list.findIndex((item) => item.step === 'identity');
      const rights = list.findIndex((item) => item.step === 'rights');
      if (identity < 0 || rights < 0) continue;
      const first = list[rights]!.node;
      const second = list[identity]!.node;
      if (identity < rights) {
        yield { kind: 'pass', subject: first.span };
        continue;
      }
      const fixes =
        /^[\w.]+(?:\([\w.,"\s]*\))?$/.test(first.text) && /^[\w.]+(?:\([\w.,"\s]*\))?$/.test(second.text)
          ? [
              {
                title: `Put ${second.text.slice(0, 40)} before ${first.text.slice(0, 40)}`,
                safety: 'suggestion' as const,
                edits: [
                  { kind: 'replace' as const, span: first.span, newText: second.text },
                  { kind: 'replace' as const, span: second.span, newText: first.text },
                ],
              },
            ]
          : [];
      yield {
        kind: 'fail',
        subject: first.span,
        message: 'order',
        args: { rights: nameOf(first), identity: nameOf(second) },
        fixes,
      };
    }
  },
};

function nameOf(node: GoNode): string {
  return node.text.replace(/\(.*$/s, '').slice(0, 60);
}

/** Middleware that refuses everybody without a session or token, as its name says. */
const STRICT =
  /jwt|require_?(?:auth|login|user|session)|auth_?required|login_?required|authenticated|must_?auth|auth_?middleware/i;
const LOGIN = /\/(?:log-?in|sign-?in|sign-?up|register)$/i;

export const rule = defineRule({
  id: 'wrong-middleware-order',
  title: 'Middleware in the wrong order or scope',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'On one router a middleware that checks roles or permissions is registered before the one that finds out who asks, in a framework that runs them in this order; or the route that logs people in stands behind a middleware that refuses everybody who is not logged in.',
    why: 'A permission check without an identity refuses legitimate users, or judges them by an empty identity and lets everybody pass. A login behind the login locks everybody out, until somebody loosens the check for all routes.',
    howToFix:
      'Register authentication first, then authorisation, then validation. Register logins, probes and other public routes on a group of their own, outside of the authentication.',
    refs: ['CWE-696', 'CWE-863'],
  },
  messages: {
    order: '{rights} runs before {identity} has found out who asks; register the authentication first.',
    login: '{path} stands behind {guard}, which refuses those who want to log in; register it outside of that group.',
  },
  fix: 'sometimes',
  on: { go: [mounted] },
  workspace: {
    partition: 'workspace',
    reads: SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of servicesOf(facts)) {
        if (program.framework !== '') continue;
        const protections = protectionsOf(facts, program);
        for (const route of program.routes) {
          if (route.value.method !== 'POST' || !LOGIN.test(route.key) || facts.role(route.place.path) !== 'production')
            continue;
          if (protections.of(route) !== 'guarded' || !isFirst(route.place)) continue;
          // A guard that knows the path of the login lets it through.
          const guard = route.value.guards.find(
            (text) => STRICT.test(text) && !/optional|skip|except|unless|guest|public|not/i.test(text),
          );
          if (guard === undefined) continue;
          const name = /([A-Za-z_]\w*)(?:\(.*)?$/s.exec(guard)?.[1] ?? '';
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
