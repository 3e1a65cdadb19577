/** Go: middleware of one router in one declaration, for frameworks that run it in the order of registration. */
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { importedFrameworks } from '../../../knowledge/go/frameworks.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import { callArguments, calledName, rootIdentifier, selectorPath } from '../../../languages/go/syntax.ts';
import { type Step, stepOf } from './steps.ts';

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

export const goDetectors = [mounted] as readonly NodeDetector[];
