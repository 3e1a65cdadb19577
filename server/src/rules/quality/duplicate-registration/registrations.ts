/**
 * What one Go declaration registers at start-up: routes, command line flags, metrics, gRPC services. Two registrations
 * have the same key when the second one meets the first: same router with the same prefix, same set of flags, same
 * registry. Names that are not written where they are registered, and receivers that may change, are left out.
 */
import { defineAnalysis } from '../../../core/rulekit/rule.ts';
import {
  importedFrameworks,
  initialValueOf,
  routingValueOf,
  type WebFramework,
} from '../../../knowledge/go/frameworks.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, goScope } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledExpression,
  calledName,
  enclosingFunction,
  isAssigned,
  parametersOf,
  selectorPath,
  statementOf,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { type GoTypes, goTypes } from '../../../languages/go/types.ts';

/** What becomes of the second registration: the program stops, or one of the two handlers is never called. */
export type Outcome = 'stops' | 'firstWins' | 'lastWins';

export interface Registration {
  readonly call: GoNode;
  readonly kind: 'route' | 'flag' | 'shorthand' | 'metric' | 'service';
  /** What is registered with what: equal keys collide. */
  readonly key: string;
  /** As a reader knows it: `GET /users`, `-port`. */
  readonly name: string;
  readonly outcome: Outcome;
  /** The same wherever the package registers it: a global set of flags, the default registry or router. */
  readonly global: boolean;
}

const METHOD = /^(?:get|post|put|patch|delete|head|options|connect|trace)$/i;
const ROUTES =
  /^(?:Handle|HandleFunc|Handler|HandlerFunc|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT|TRACE|Get|Post|Put|Patch|Delete|Head|Options|Connect|Trace|Any|ANY|All|Add|Method|MethodFunc|Route|Mount)$/;
const FLAGS =
  /^(?:String|Int|Bool|Duration|Uint|Int32|Int64|Uint32|Uint64|Float32|Float64|StringSlice|StringArray|StringToString|IntSlice|Count|IP|Text|Func|BoolFunc)(?:Var)?P?$|^VarP?$/;
const METRICS = /^New(?:Counter|Gauge|Histogram|Summary|Untyped)(?:Vec|Func)?$/;
const EXPVARS = /^(?:New(?:Int|Float|Map|String)|Publish)$/;
const SERVICE = /^Register[A-Z]\w*Server$/;

/** Names of calls that may register something. */
export function mayRegister(name: string): boolean {
  return ROUTES.test(name) || FLAGS.test(name) || METRICS.test(name) || EXPVARS.test(name) || SERVICE.test(name);
}

/** Whether the file imports what a call of that name would register with: tells most calls apart without a scope. */
export function mayRegisterHere(name: string, header: GoHeader): boolean {
  const imports = (pattern: RegExp): boolean => header.imports.some(({ path }) => pattern.test(path));
  if (SERVICE.test(name)) return true;
  if (FLAGS.test(name) && imports(/^flag$|\/pflag$|\/cobra$/)) return true;
  if (METRICS.test(name) && imports(/\/promauto$/)) return true;
  if (EXPVARS.test(name) && imports(/^expvar$/)) return true;
  return ROUTES.test(name) && importedFrameworks(header).some(({ registers }) => registers.has(name));
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  gorilla: 'firstWins',
  fiber: 'firstWins',
  ozzo: 'firstWins',
  chi: 'lastWins',
  echo: 'lastWins',
};

/** A router, set of flags or registry that is the same at every place with the same text. */
interface Owner {
  readonly key: string;
  readonly prefix: string;
  readonly global: boolean;
}

const STEP_LIMIT = 12;

/** A value that is one and the same throughout the declaration: a variable or field that is set at most once there. */
function steadyKey(node: GoNode, scope: GoScope, declaration: GoNode): string | null {
  const path = selectorPath(node);
  const root = /^\w+/.exec(path ?? '')?.[0];
  if (path === null || root === undefined) return null;
  let identifier: GoNode = node;
  while (identifier.kind !== 'identifier') {
    const inner = identifier.child('operand') ?? syntaxChildren(identifier)[0];
    if (inner === undefined) return null;
    identifier = inner;
  }
  const binding = scope.bindingOf(identifier);
  if (binding?.uses.some(isAssigned) === true) return null;
  const assignments = declaration.text.split(`${path} = `).length - 1;
  if (path !== root && assignments > 1) return null;
  if (path === root && binding === null && assignments > 1) return null;
  return binding === null ? path : `#${binding.id}${path.slice(root.length)}`;
}

/** Follows a router to where it comes from, with the prefix that groups on the way give. */
function routerOf(router: GoNode, scope: GoScope, types: GoTypes, declaration: GoNode): Owner | null {
  let node = unparenthesized(router);
  let prefix = '';
  for (let step = 0; step < STEP_LIMIT; step++) {
    if (node.kind === 'call_expression') {
      const callee = calledExpression(node);
      const operand = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
      const name = calledName(node);
      if (operand === null) return null;
      if (name === 'With' || name === 'Use') {
        node = unparenthesized(operand);
        continue;
      }
      if (name === 'Subrouter') {
        // `r.PathPrefix("/api").Subrouter()`: every other matcher makes another router of it.
        const inner = unparenthesized(operand);
        const path = calledName(inner) === 'PathPrefix' ? stringLiteralValue(callArguments(inner)[0] ?? inner) : null;
        const outer = calledExpression(inner)?.child('operand') ?? null;
        if (path === null || outer === null) return null;
        prefix = path + prefix;
        node = unparenthesized(outer);
        continue;
      }
      if (name !== 'Group') return null;
      const [first] = callArguments(node);
      const path = first === undefined ? null : stringLiteralValue(first);
      if (path === null) return null;
      prefix = path + prefix;
      node = unparenthesized(operand);
      continue;
    }
    if (node.kind !== 'identifier') {
      const key = steadyKey(node, scope, declaration);
      return key === null ? null : { key, prefix, global: false };
    }
    const key = steadyKey(node, scope, declaration);
    if (key === null) return null;
    const binding = scope.bindingOf(node);
    if (binding === null) return { key, prefix, global: false };
    if (binding.kind === 'parameter') {
      const mounted = mountOf(binding.node);
      if (mounted === null) return { key, prefix, global: false };
      prefix = mounted.path + prefix;
      node = unparenthesized(mounted.router);
      continue;
    }
    const value = initialValueOf(node, scope);
    const made = value === null ? null : unparenthesized(value);
    if (made?.kind !== 'call_expression' || !/^(?:Group|With|Use|Subrouter)$/.test(calledName(made))) {
      return { key, prefix, global: false };
    }
    // A group whose prefix is not known is a router of its own.
    const group = routerOf(made, scope, types, declaration);
    return group === null ? { key, prefix, global: false } : { ...group, prefix: group.prefix + prefix };
  }
  return null;
}

/** `r.Route("/x", func(r chi.Router) {...})` and `r.Group(func(r chi.Router) {...})`: the router of the parameter. */
function mountOf(parameter: GoNode): { readonly router: GoNode; readonly path: string } | null {
  const owner = enclosingFunction(parameter);
  const call = owner?.kind === 'func_literal' && owner.parent?.kind === 'argument_list' ? owner.parent.parent : null;
  if (call?.kind !== 'call_expression') return null;
  const router = calledExpression(call)?.child('operand') ?? null;
  const values = callArguments(call);
  const name = calledName(call);
  if (router === null || parametersOf(owner!).length !== 1) return null;
  if (name === 'Group' && values.length === 1) return { router, path: '' };
  const path = name === 'Route' && values.length === 2 ? stringLiteralValue(values[0]!) : null;
  return path === null ? null : { router, path };
}

/** A path with its parameters without names, which make no difference. */
function bareParameters(path: string): string {
  return path
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=\/):\w+/g, ':')
    .replace(/\{\w+\}/g, '{}');
}

/** Calls behind the registration, as in `r.HandleFunc("/x", f).Methods("GET").Name("x")`. */
function chainedCalls(call: GoNode): GoNode[] {
  const calls: GoNode[] = [];
  let node = call;
  for (let step = 0; step < STEP_LIMIT; step++) {
    const selector: GoNode | null = node.parent;
    const outer: GoNode | null = selector?.kind === 'selector_expression' ? selector.parent : null;
    if (outer?.kind !== 'call_expression' || selector!.field !== 'function') break;
    calls.push(outer);
    node = outer;
  }
  return calls;
}

function methodName(node: GoNode | undefined): string | null {
  if (node === undefined) return null;
  const text = stringLiteralValue(node) ?? /^http\.Method([A-Z][a-z]+)$/.exec(node.text)?.[1] ?? null;
  return text === null || !METHOD.test(text) ? null : text.toUpperCase();
}

interface Context {
  readonly declaration: GoNode;
  readonly header: GoHeader;
  readonly scope: GoScope;
  readonly types: GoTypes;
}

/** The framework of a router by its type, or else the only one that the file imports and that has such a method. */
function frameworkOf(operand: GoNode, name: string, { header, scope, types }: Context): WebFramework | null {
  const known = routingValueOf(operand, types, scope);
  if (known !== null) return known.framework;
  const imported = importedFrameworks(header).filter((item) => item.registers.has(name));
  const others = imported.filter((item) => item.path !== 'net/http');
  // A type that is known not to route, or two candidates: nothing is certain.
  if (types.typeOf(operand) !== null) return null;
  return others.length === 1 ? others[0]! : others.length === 0 ? (imported[0] ?? null) : null;
}

/** Handlers that let the next one of the same route run. */
const PASSES_ON =
  /\bNext\b|[mM]iddleware|[aA]uth|[lL]imit|[gG]uard|[lL]ogg|[vV]alidat|[cC]heck|[pP]rotect|[rR]equire|[cC]ache/;

function* routesOf(call: GoNode, context: Context): Generator<Registration> {
  const { scope, types, declaration } = context;
  const callee = calledExpression(call);
  const operand = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
  const name = calledName(call);
  const values = callArguments(call);
  if (operand === null || values.length < 2) return;
  const qualifier = operand.kind === 'identifier' ? types.packageOf(operand) : null;
  if (qualifier !== null) {
    const path = stringLiteralValue(values[0]!);
    if (qualifier !== 'net/http' || (name !== 'Handle' && name !== 'HandleFunc') || path === null) return;
    const key = `route http ${bareParameters(path)}`;
    yield { call, kind: 'route', key, name: path, outcome: 'stops', global: true };
    return;
  }
  const framework = frameworkOf(operand, name, context);
  if (framework === null || !framework.registers.has(name)) return;
  let at = 0;
  let method = METHOD.test(name) ? name.toUpperCase() : '';
  if (framework.id === 'net/http') method = '';
  else if (/^(?:Any|ANY|All)$/.test(name)) method = 'ANY';
  else if (
    /^(?:Add|Method|MethodFunc)$/.test(name) ||
    (/^Handl/.test(name) && !/^(?:gorilla|chi)$/.test(framework.id))
  ) {
    const given = methodName(values[0]);
    if (given === null) return;
    method = given;
    at = 1;
  } else if (name === 'Route' || name === 'Mount') {
    // chi keeps one router for each path; others put several together.
    if (framework.id !== 'chi') return;
    method = 'MOUNT';
  }
  const written = values[at];
  const path = written === undefined ? null : stringLiteralValue(written);
  if (path === null || values.length <= at + 1) return;
  // Caches and clients have methods of these names too; what they ask for is seldom a path.
  if (!path.includes('/') && routingValueOf(operand, types, scope) === null) return;
  if (
    framework.id === 'fiber' &&
    PASSES_ON.test(
      values
        .slice(at + 1)
        .map((value) => value.text)
        .join(' '),
    )
  )
    return;
  const methods = [method];
  let outcome = method === 'MOUNT' ? 'stops' : (OUTCOMES[framework.id] ?? 'stops');
  for (const chained of chainedCalls(call)) {
    const link = calledName(chained);
    if (link === 'Methods') {
      const given = callArguments(chained).map(methodName);
      if (given.includes(null)) return;
      methods.splice(0, methods.length, ...given.map((item) => item!));
      outcome = 'firstWins';
    } else if (!/^(?:Name|Handler|HandlerFunc|SetName)$/.test(link)) {
      // Another matcher, or another router: see there.
      if (/^(?:Queries|Headers|HeadersRegexp|Host|Schemes|MatcherFunc|Subrouter)$/.test(link)) return;
    }
  }
  const owner = routerOf(operand, scope, types, declaration);
  if (owner === null) return;
  const full = `${owner.prefix}${path.startsWith('/') || owner.prefix === '' || path === '' ? '' : '/'}${path}`;
  for (const item of methods) {
    const shown = item === '' || item === 'MOUNT' || item === 'ANY' ? full : `${item} ${full}`;
    yield {
      call,
      kind: 'route',
      key: `route ${owner.key} ${item} ${bareParameters(full)}`,
      name: shown === '' ? '/' : shown,
      outcome,
      global: false,
    };
  }
}

/** `rootCmd.Flags()`: the set of flags of a cobra command. */
function flagSetOf(operand: GoNode, { scope, types, declaration }: Context): string | null {
  const node = unparenthesized(operand);
  if (node.kind === 'call_expression') {
    const name = calledName(node);
    const command = calledExpression(node)?.child('operand') ?? null;
    if (!/^(?:Flags|PersistentFlags|LocalFlags)$/.test(name) || command === null || callArguments(node).length > 0) {
      return null;
    }
    const key = steadyKey(command, scope, declaration);
    return key === null ? null : `${key}.${name}`;
  }
  const type = types.typeOf(node);
  if (type !== '*flag.FlagSet' && type !== '*github.com/spf13/pflag.FlagSet') {
    const value = node.kind === 'identifier' ? initialValueOf(node, scope) : null;
    if (value === null || !/\.(?:(?:Persistent|Local)?Flags\(\)|NewFlagSet\(.*\))$/.test(value.text)) return null;
  }
  return steadyKey(node, scope, declaration);
}

function* flagsOf(call: GoNode, context: Context): Generator<Registration> {
  const callee = calledExpression(call);
  const operand = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
  if (operand === null) return;
  const name = calledName(call);
  const values = callArguments(call);
  const at = /Var(?:P)?$/.test(name) ? 1 : 0;
  const written = values[at];
  const flag = written === undefined ? null : stringLiteralValue(written);
  if (flag === null || flag === '' || values.length < at + 2) return;
  const qualifier = operand.kind === 'identifier' ? context.types.packageOf(operand) : null;
  const isGlobal = qualifier === 'flag' || qualifier === 'github.com/spf13/pflag';
  if (qualifier !== null && !isGlobal) return;
  const set = isGlobal ? qualifier : flagSetOf(operand, context);
  if (set === null) return;
  const base = { call, outcome: 'stops', global: isGlobal } as const;
  yield { ...base, kind: 'flag', key: `flag ${set} ${flag}`, name: flag };
  const letter = /P$/.test(name) && name !== 'IP' ? stringLiteralValue(values[at + 1]!) : null;
  if (letter !== null && letter.length === 1) {
    yield { ...base, kind: 'shorthand', key: `shorthand ${set} ${letter}`, name: letter };
  }
}

/** Full name of a metric by its options; null unless every part is a literal or a plain name. */
function metricName(options: GoNode | undefined): string | null {
  const literal = options === undefined ? null : unparenthesized(options);
  if (literal?.kind !== 'composite_literal') return null;
  const parts: Record<string, string> = {};
  for (const element of syntaxChildren(literal.child('body') ?? literal)) {
    if (element.kind !== 'keyed_element') return null;
    const [key, value] = syntaxChildren(element);
    const field = key?.text ?? '';
    if (field === 'ConstLabels') return null;
    if (!/^(?:Namespace|Subsystem|Name)$/.test(field)) continue;
    const inner = value === undefined ? undefined : (syntaxChildren(value)[0] ?? value);
    if (inner === undefined) return null;
    const text = stringLiteralValue(inner);
    if (text === null && inner.kind !== 'identifier') return null;
    parts[field] = text ?? inner.text;
  }
  if (parts.Name === undefined) return null;
  return [parts.Namespace, parts.Subsystem, parts.Name].filter((part) => part !== undefined && part !== '').join('_');
}

function* metricsOf(call: GoNode, context: Context): Generator<Registration> {
  const callee = calledExpression(call);
  const operand = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
  if (operand === null) return;
  const values = callArguments(call);
  const base = { call, kind: 'metric', outcome: 'stops' } as const;
  const qualifier = operand.kind === 'identifier' ? context.types.packageOf(operand) : null;
  if (qualifier === 'expvar') {
    const name = values[0] === undefined ? null : stringLiteralValue(values[0]);
    if (name !== null) yield { ...base, key: `expvar ${name}`, name, global: true };
    return;
  }
  if (!METRICS.test(calledName(call))) return;
  const name = metricName(values[0]);
  if (name === null) return;
  if (qualifier === 'github.com/prometheus/client_golang/prometheus/promauto') {
    yield { ...base, key: `metric ${name}`, name, global: true };
    return;
  }
  // `promauto.With(registry).NewCounter(...)`, or a factory that was kept.
  const factory = unparenthesized(operand);
  const made = factory.kind === 'identifier' ? initialValueOf(factory, context.scope) : factory;
  if (made === null || !/^promauto\.With\(\w+(?:\.\w+)*\)$/.test(made.text)) return;
  yield { ...base, key: `metric ${made.text} ${name}`, name, global: false };
}

function* servicesOf(call: GoNode, { scope, declaration }: Context): Generator<Registration> {
  const values = callArguments(call);
  if (values.length !== 2 || calledExpression(call)?.kind !== 'selector_expression') return;
  const server = unparenthesized(values[0]!);
  const key = steadyKey(server, scope, declaration);
  if (key === null) return;
  const callee = calledExpression(call)!.text;
  const name = calledName(call).slice('Register'.length, -'Server'.length);
  yield { call, kind: 'service', key: `service ${key} ${callee}`, name, outcome: 'stops', global: false };
}

/** Everything that a top-level declaration registers, in order. */
export const registrationsOf = defineAnalysis<GoNode, readonly Registration[]>(
  'duplicate-registration.registrations',
  (declaration, ctx) => {
    const context: Context = {
      declaration,
      header: ctx.file.header as GoHeader,
      scope: ctx.get(goScope, declaration),
      types: ctx.get(goTypes, declaration),
    };
    const found: Registration[] = [];
    for (const call of declaration.descendants('call_expression')) {
      const name = calledName(call);
      if (!mayRegister(name)) continue;
      if (FLAGS.test(name)) found.push(...flagsOf(call, context));
      else if (SERVICE.test(name)) found.push(...servicesOf(call, context));
      else if (METRICS.test(name) || EXPVARS.test(name)) found.push(...metricsOf(call, context));
      else found.push(...routesOf(call, context));
    }
    return found;
  },
);

/** The statement list that a node runs in, with the statement there; bare blocks and groups of routes are no border. */
function homeOf(node: GoNode): { readonly list: GoNode; readonly statement: GoNode } | null {
  let statement = statementOf(node);
  for (let step = 0; step < STEP_LIMIT && statement !== null; step++) {
    const list = statement.parent!;
    const block = list.parent;
    const around = block?.kind === 'block' ? block.parent : null;
    if (around?.kind === 'statement_list') {
      statement = block;
      continue;
    }
    if (around?.kind === 'func_literal' && mountsRoutes(around)) {
      statement = statementOf(around);
      continue;
    }
    return { list, statement };
  }
  return null;
}

/** Whether a function literal is run at once to fill a group of routes. */
function mountsRoutes(literal: GoNode): boolean {
  const call = literal.parent?.kind === 'argument_list' ? literal.parent.parent : null;
  return call?.kind === 'call_expression' && /^(?:Route|Group)$/.test(calledName(call));
}

/** Whether the first call has always been made when the second one is: both stand in one function, no branch between. */
export function runsBefore(first: GoNode, second: GoNode): boolean {
  const home = homeOf(first);
  if (home === null) return false;
  let statement: GoNode | null = statementOf(second);
  while (statement !== null && !statement.parent!.equals(home.list)) {
    const owner: GoNode | null = statement.parent;
    const literal = enclosingFunction(statement);
    if (owner === null || literal === null) return false;
    // What a function literal does happens whenever somebody calls it.
    if (literal.kind === 'func_literal' && !literal.contains(home.list) && !mountsRoutes(literal)) return false;
    const around: GoNode | null = owner.parent?.kind === 'block' ? owner.parent.parent : owner.parent;
    statement = around === null ? null : statementOf(around);
  }
  if (statement === null) return false;
  return statement.equals(home.statement) ? first.start < second.start : home.statement.start < statement.start;
}
