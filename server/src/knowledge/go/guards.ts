/**
 * What stands in front of a route: middleware of the router and of the groups around it, wrappers around the handler,
 * and where the router comes from when another function made it. Follows routers inside one declaration; what other
 * declarations add is put together by judges (see protection.ts).
 */
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import type { GoScope } from '../../languages/go/scope.ts';
import {
  callArguments,
  calledExpression,
  enclosingFunction,
  functionName,
  parametersOf,
  selectorPath,
  stringLiteralValue,
  topLevelOf,
  unparenthesized,
} from '../../languages/go/syntax.ts';
import type { RouterOrigin } from '../facts.ts';
import { initialValueOf } from './frameworks.ts';

/** Longer texts of middleware are cut: only names in them are looked at. */
const GUARD_LIMIT = 120;
/** A router is followed through no more values. */
const STEP_LIMIT = 16;

const MOUNTS = /^(?:Use|UseFunc|With|UseMiddleware|Pre|Append|AddMiddleware|UseHandler|UseGlobal|UseRouter)$/;

/** The middleware of a router within a declaration, and where the router comes from. */
export interface Guarded {
  readonly guards: readonly string[];
  readonly origin: RouterOrigin;
}

const UNKNOWN: RouterOrigin = { kind: 'unknown' };

/** Text of a middleware expression: names matter, literals in it do not. */
export function guardText(node: GoNode): string {
  return node.kind === 'func_literal' ? `func ${namesIn(node)}` : node.text.slice(0, GUARD_LIMIT);
}

/** Names and literals of a body in order of their first use, shortened: enough to recognise what a body deals with. */
export function namesIn(body: GoNode): string {
  const seen = new Set<string>();
  let length = 0;
  for (const node of body.descendants('identifier', 'field_identifier', 'interpreted_string_literal', 'int_literal')) {
    const { text } = node;
    if (text.length > 40 || seen.has(text)) continue;
    seen.add(text);
    length += text.length + 1;
    if (length > 600) break;
  }
  return [...seen].join(' ');
}

/** Whether an argument of a group or mount call is a middleware: everything but paths. */
function isMiddleware(argument: GoNode): boolean {
  return (
    stringLiteralValue(argument) === null &&
    argument.kind !== 'binary_expression' &&
    !/^(?:nil|true|false|int_literal)$/.test(argument.kind) &&
    !/[pP]ath$|[pP]refix$|URL$|[bB]ase$/.test(argument.text)
  );
}

/** Arguments of calls such as `r.Use(...)` on a variable, or on the same chain of selectors, within the declaration. */
function mountedOn(router: GoNode, scope: GoScope): string[] {
  const found: string[] = [];
  const binding = router.kind === 'identifier' ? scope.bindingOf(router) : null;
  if (binding !== null) {
    for (const use of binding.uses) collectMounts(use, found);
    return found;
  }
  const path = selectorPath(router);
  const declaration = topLevelOf(router);
  if (path === null || declaration === null) return found;
  for (const selector of declaration.descendants('selector_expression')) {
    if (!MOUNTS.test(selector.child('field')?.text ?? '')) continue;
    const operand = selector.child('operand');
    if (operand !== null && selectorPath(operand) === path) collectMounts(operand, found);
  }
  return found;
}

/** The middleware of `router.Use(a).Use(b)`, begun at the router. */
function collectMounts(router: GoNode, found: string[]): void {
  let node = router;
  for (let step = 0; step < STEP_LIMIT; step++) {
    const selector: GoNode | null = node.parent;
    const call: GoNode | null = selector?.kind === 'selector_expression' ? selector.parent : null;
    if (call?.kind !== 'call_expression' || call.child('function')?.equals(selector) !== true) return;
    if (!MOUNTS.test(selector!.child('field')?.text ?? '')) return;
    for (const argument of callArguments(call)) if (isMiddleware(argument)) found.push(guardText(argument));
    node = call;
  }
}

/** Follows a router through groups, variables and closures of its declaration. */
export function guardsOf(router: GoNode, scope: GoScope): Guarded {
  const guards: string[] = [];
  let node = unparenthesized(router);
  for (let step = 0; step < STEP_LIMIT; step++) {
    switch (node.kind) {
      case 'identifier': {
        const binding = scope.bindingOf(node);
        guards.push(...mountedOn(node, scope));
        if (binding === null) return { guards, origin: { kind: 'shared', name: node.text } };
        if (binding.kind === 'parameter') {
          const owner = enclosingFunction(binding.node);
          if (owner === null) return { guards, origin: UNKNOWN };
          const index = parametersOf(owner).findIndex((parameter) => parameter.node?.equals(binding.node) === true);
          if (owner.kind !== 'func_literal') {
            return { guards, origin: { kind: 'parameter', function: functionName(owner), index } };
          }
          // `r.Route("/x", func(r chi.Router) { ... })`: the literal's router is below the one that is called.
          const call = owner.parent?.kind === 'argument_list' ? owner.parent.parent : null;
          const callee = call === null ? null : calledExpression(call);
          const operand = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
          if (operand === null || !/^(?:Route|Group|Mount|With)$/.test(callee!.child('field')?.text ?? '')) {
            return { guards, origin: UNKNOWN };
          }
          for (const argument of callArguments(call!)) {
            if (!argument.equals(owner) && isMiddleware(argument)) guards.push(guardText(argument));
          }
          node = unparenthesized(operand);
          continue;
        }
        const value = initialValueOf(node, scope);
        if (value === null) return { guards, origin: UNKNOWN };
        node = unparenthesized(value);
        continue;
      }
      case 'call_expression': {
        const callee = calledExpression(node);
        if (callee?.kind !== 'selector_expression') return { guards, origin: UNKNOWN };
        const operand = callee.child('operand');
        const name = callee.child('field')?.text ?? '';
        if (operand === null) return { guards, origin: UNKNOWN };
        const isPackage = operand.kind === 'identifier' && scope.bindingOf(operand) === null;
        if (isPackage && /^(?:New\w*|Default|Classic)$/.test(name)) return { guards, origin: { kind: 'root' } };
        for (const argument of callArguments(node)) if (isMiddleware(argument)) guards.push(guardText(argument));
        node = unparenthesized(operand);
        continue;
      }
      case 'selector_expression': {
        guards.push(...mountedOn(node, scope));
        return { guards, origin: { kind: 'shared', name: node.child('field')?.text ?? '' } };
      }
      case 'unary_expression': {
        const operand = node.child('operand');
        if (operand === null) return { guards, origin: UNKNOWN };
        if (operand.kind === 'composite_literal') return { guards, origin: { kind: 'root' } };
        node = unparenthesized(operand);
        continue;
      }
      case 'composite_literal':
        return { guards, origin: { kind: 'root' } };
      default:
        return { guards, origin: UNKNOWN };
    }
  }
  return { guards, origin: UNKNOWN };
}

/** Wrappers that only adapt a handler and say nothing about who may call it. */
const ADAPTER = /^(?:HandlerFunc|Handler|HandleFunc|WrapH|WrapF|WrapHandler|StripPrefix|FromHTTPHandler\w*)$/;

/**
 * The handler behind its wrappers: `auth(log(s.list))` is `s.list` behind `auth` and `log`. Null when the expression is
 * a call whose arguments do not tell which one is the handler.
 */
export function unwrapHandler(expression: GoNode): { readonly handler: GoNode | null; readonly guards: string[] } {
  const guards: string[] = [];
  let node = unparenthesized(expression);
  for (let step = 0; step < STEP_LIMIT; step++) {
    if (node.kind === 'type_conversion_expression') {
      const operand = node.child('operand');
      if (operand === null) return { handler: null, guards };
      node = unparenthesized(operand);
      continue;
    }
    if (node.kind !== 'call_expression') return { handler: node, guards };
    const callee = calledExpression(node);
    const name = callee?.kind === 'selector_expression' ? (callee.child('field')?.text ?? '') : (callee?.text ?? '');
    const values = callArguments(node);
    const inner = values.filter((value) =>
      /^(?:identifier|selector_expression|func_literal|call_expression)$/.test(value.kind),
    );
    if (!ADAPTER.test(name)) guards.push(callee === null ? '' : callee.text.slice(0, GUARD_LIMIT));
    for (const value of values) if (!inner.includes(value) || inner.length > 1) guards.push(guardText(value));
    if (inner.length !== 1) return { handler: null, guards };
    node = unparenthesized(inner[0]!);
  }
  return { handler: null, guards };
}
