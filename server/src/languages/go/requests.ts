/**
 * Outgoing HTTP requests as a function builds them: which context a request carries when it is sent, and which context
 * a function has at hand. Everything is read from one declaration; what comes from elsewhere is unknown.
 */
import type { GoNode } from './nodes.gen.ts';
import type { GoBinding, GoScope } from './scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  FUNCTION_KINDS,
  isAssigned,
  parametersOf,
  unparenthesized,
} from './syntax.ts';
import { calleeId, type GoTypes } from './types.ts';

/**
 * - `none`: made by http.NewRequest and never given a context.
 * - `background`: its context is context.Background() or context.TODO().
 * - `given`: it has a context that somebody passed.
 * - `unknown`: it comes from elsewhere.
 */
export type RequestContext = 'none' | 'background' | 'given' | 'unknown';

/** Whether the expression is `context.Background()` or `context.TODO()`. */
export function isFreshContext(expression: GoNode, types: GoTypes): boolean {
  const call = unparenthesized(expression);
  if (call.kind !== 'call_expression') return false;
  const callee = types.calleeOf(call);
  return callee.kind === 'package' && callee.path === 'context' && /^(?:Background|TODO)$/.test(callee.name);
}

function contextKind(argument: GoNode | undefined, scope: GoScope, types: GoTypes): RequestContext {
  if (argument === undefined) return 'unknown';
  if (isFreshContext(argument, types)) return 'background';
  const inner = unparenthesized(argument);
  const binding = inner.kind === 'identifier' ? scope.bindingOf(inner) : null;
  if (binding === null) return 'given';
  const values = valuesOf(binding);
  return values.length > 0 && values.every((value) => value !== null && isFreshContext(value, types))
    ? 'background'
    : 'given';
}

/** What is assigned to a variable; null for a value that is not its own, such as a range or a parameter. */
function valuesOf(binding: GoBinding): (GoNode | null)[] {
  const names = [binding.node, ...binding.uses.filter(isAssigned)];
  return names.map((name) => {
    const statement = name.parent?.kind === 'expression_list' ? name.parent.parent : name.parent;
    if (statement === null || statement === undefined) return null;
    if (statement.kind === 'var_spec') return statement.child('value');
    if (statement.kind !== 'short_var_declaration' && statement.kind !== 'assignment_statement') return null;
    const values = assignedValues(statement);
    const targets = assignedExpressions(statement);
    const position = targets.findIndex((target) => target.index === name.index);
    if (values.length === targets.length) return values[position] ?? null;
    return position === 0 ? (values[0] ?? null) : null;
  });
}

/** Whether the request is given a context later: `req.WithContext(ctx)`, `req.Clone(ctx)`. */
function takesContext(binding: GoBinding): boolean {
  return binding.uses.some((use) => {
    const selector = use.parent;
    return (
      selector?.kind === 'selector_expression' && /^(?:WithContext|Clone)$/.test(selector.child('field')?.text ?? '')
    );
  });
}

/** Context that a request carries where it is used. */
export function contextOfRequest(request: GoNode, scope: GoScope, types: GoTypes): RequestContext {
  const inner = unparenthesized(request);
  if (inner.kind === 'call_expression') return contextOfNewRequest(inner, scope, types);
  const binding = inner.kind === 'identifier' ? scope.bindingOf(inner) : null;
  if (binding === null || binding.kind !== 'variable') return 'unknown';
  if (takesContext(binding)) return 'given';
  const kinds = new Set<RequestContext>();
  for (const value of valuesOf(binding)) {
    const call =
      value === null ? null : unparenthesized(value.kind === 'expression_list' ? value.namedChildren[0]! : value);
    kinds.add(call?.kind === 'call_expression' ? contextOfNewRequest(call, scope, types) : 'unknown');
  }
  for (const kind of ['unknown', 'given', 'none', 'background'] as const) if (kinds.has(kind)) return kind;
  return 'unknown';
}

function contextOfNewRequest(call: GoNode, scope: GoScope, types: GoTypes): RequestContext {
  const callee = types.calleeOf(call);
  switch (calleeId(callee)) {
    case 'net/http.NewRequest':
      return 'none';
    case 'net/http.NewRequestWithContext':
      return contextKind(callArguments(call)[0], scope, types);
    case 'net/http.Request.WithContext':
    case 'net/http.Request.Clone':
      return contextKind(callArguments(call)[0], scope, types);
    default:
      return 'unknown';
  }
}

export interface ContextAtHand {
  /** Expression that gives the context: `ctx`, `r.Context()`. */
  readonly expression: string;
  /**
   * - `parameter`: a context that the function was given.
   * - `request`: the context of the HTTP request that is being served.
   * - `variable`: a context that the function has made.
   */
  readonly source: 'parameter' | 'request' | 'variable';
  /** The variable or parameter. */
  readonly binding: GoBinding;
}

/** Types of the web frameworks that carry a request, and how its context is read from them. */
const CARRIERS: Readonly<Record<string, string>> = {
  '*net/http.Request': '.Context()',
  '*github.com/gin-gonic/gin.Context': '.Request.Context()',
  'github.com/labstack/echo/v4.Context': '.Request().Context()',
  '*github.com/gofiber/fiber/v2.Ctx': '.UserContext()',
};

/**
 * The context that a call could use where it stands: of the nearest function that has one, a parameter or a variable
 * that is declared before. Null when there is none, or when the call stands in a goroutine or a deferred function of
 * its own, which may outlive the context.
 */
export function contextAtHand(node: GoNode, scope: GoScope, types: GoTypes): ContextAtHand | null {
  const made = variableBefore(node, scope, types);
  for (let owner = node.ancestor(...FUNCTION_KINDS); owner !== null; owner = owner.ancestor(...FUNCTION_KINDS)) {
    if (made !== null && owner.contains(made.binding.node) && made.binding.owner === owner.index) return made;
    const given = parameterOf(owner, scope, types);
    if (given !== null) return isShadowed(given, node, scope) ? null : given;
    if (owner.kind === 'func_literal' && isDetached(owner)) return null;
  }
  return null;
}

/** Whether a function literal runs at a time of its own: in a goroutine, or when the function around it ends. */
export function isDetached(literal: GoNode): boolean {
  const call = literal.parent;
  if (call?.kind !== 'call_expression' || literal.field !== 'function') return false;
  return call.parent?.kind === 'go_statement' || call.parent?.kind === 'defer_statement';
}

function parameterOf(owner: GoNode, scope: GoScope, types: GoTypes): ContextAtHand | null {
  let request: ContextAtHand | null = null;
  for (const parameter of parametersOf(owner)) {
    if (parameter.node === null || parameter.name === '_' || parameter.variadic) continue;
    const type = types.typeText(parameter.type);
    const binding = scope.bindingOf(parameter.node);
    if (type === null || binding === null) continue;
    if (type === 'context.Context') return { expression: parameter.name, source: 'parameter', binding };
    const path = Object.hasOwn(CARRIERS, type) ? CARRIERS[type] : undefined;
    if (path !== undefined) request ??= { expression: `${parameter.name}${path}`, source: 'request', binding };
  }
  return request;
}

/** The context variable that is declared last before the node, in a block around it. */
function variableBefore(node: GoNode, scope: GoScope, types: GoTypes): ContextAtHand | null {
  let found: GoBinding | null = null;
  for (const binding of scope.bindings) {
    if (binding.kind !== 'variable' || binding.node.start >= node.start) continue;
    if (types.typeOf(binding.node) !== 'context.Context') continue;
    const statement = binding.node.parent?.parent ?? null;
    const block = statement?.ancestor('block', 'statement_list', 'if_statement', 'for_statement') ?? null;
    if (block === null || !block.contains(node) || statement!.contains(node)) continue;
    if (found === null || binding.node.start > found.node.start) found = binding;
  }
  return found === null ? null : { expression: found.name, source: 'variable', binding: found };
}

/** Whether the name means something else at the node. */
function isShadowed(context: ContextAtHand, node: GoNode, scope: GoScope): boolean {
  return scope.bindings.some((other) => {
    if (other === context.binding || other.name !== context.binding.name || other.node.start >= node.start)
      return false;
    if (other.node.start < context.binding.node.start) return false;
    const block = other.node.ancestor('block', 'func_literal', 'if_statement', 'for_statement');
    return block?.contains(node) === true;
  });
}
