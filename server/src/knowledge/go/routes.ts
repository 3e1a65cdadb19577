/**
 * Routes, routers and middleware of every web framework, and health routes that are written otherwise (constants,
 * switches over the path, gRPC's health service). States facts about one declaration; it never resolves constants.
 */

import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { packageMemberOf } from '../../languages/go/calls.ts';
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../languages/go/scope.ts';
import {
  assignedExpressions,
  callArguments,
  functionName,
  indentationOf,
  leadingComments,
  lineStartAt,
  statementOf,
  stringLiteralValue,
  syntaxChildren,
} from '../../languages/go/syntax.ts';
import { typesAround } from '../../languages/go/types.ts';
import { type Part, type RouterOrigin, state } from '../facts.ts';
import { frameworkOfPath, importedFrameworks, routingValueOf, WEB_FRAMEWORKS, withoutVersion } from './frameworks.ts';
import { guardsOf, guardText, namesIn, unwrapHandler } from './guards.ts';
import { makesHandler, takesRequest } from './handlers.ts';
import { importDetector } from './imports.ts';
import { isHealthName, isHealthPath, purposeOf } from './paths.ts';

/** Methods of any framework that register a route. */
const REGISTERS: ReadonlySet<string> = new Set(WEB_FRAMEWORKS.flatMap((item) => [...item.registers]));
const METHOD_NAME = /^(?:get|post|put|patch|delete|head|options|connect|trace)$/i;
const STATIC_NAME = /^(?:Static|StaticFile|StaticFS|StaticFileFS|ServeFiles|File)$/;
/** Methods that only name the path; the handler follows in a chained call. */
const PATH_ONLY = /^(?:Path|PathPrefix)$/;

/** Longer handler expressions are cut: only names in them are looked at. */
const HANDLER_LIMIT = 400;

/** A path argument: its literal text, '' for constants and computed ones; null when it is no path at all. */
function pathOf(argument: GoNode): string | null {
  const literal = stringLiteralValue(argument);
  if (literal !== null) return /^(?:[A-Z]+ )?(?:[\w.-]+)?\//.test(literal) || literal === '' ? literal : null;
  switch (argument.kind) {
    case 'binary_expression': {
      // `prefix + "/health"` is known by its end.
      const right = argument.child('right');
      const tail = right === null ? null : stringLiteralValue(right);
      const left = argument.child('left');
      const head = left === null ? null : stringLiteralValue(left);
      if (tail?.startsWith('/') === true) return tail;
      return head?.includes('/') === true || /[pP]ath|[pP]refix|[bB]ase|[rR]oute/.test(argument.text) ? '' : null;
    }
    case 'identifier':
    case 'selector_expression':
      return /[pP]ath|[pP]refix|[rR]oute|[pP]attern|[eE]ndpoint|URI|Url|URL/.test(argument.text) ? '' : null;
    default:
      return null;
  }
}

function isHandlerLike(argument: GoNode): boolean {
  switch (argument.kind) {
    case 'identifier':
    case 'selector_expression':
    case 'func_literal':
    case 'call_expression':
    case 'type_conversion_expression':
    case 'composite_literal':
      return true;
    case 'unary_expression':
      return argument.child('operand')?.kind === 'composite_literal' && !/^&\[/.test(argument.text);
    default:
      return false;
  }
}

const routes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['"/', '`/', ' /', 'Path', 'Handle', 'Route'],
  calls: (name) => REGISTERS.has(name),
  *check(node, ctx) {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression') return;
    const name = callee.child('field')?.text ?? '';
    const values = callArguments(node);
    if (values.length === 0 || values.length > 12) return;
    let pathIndex = values.findIndex((value, index) => index < 2 && pathOf(value) !== null);
    // Groups also take a path without its first slash: `group.POST("users", create)`.
    const relative =
      pathIndex < 0 && values.length > 1 && METHOD_NAME.test(name) ? stringLiteralValue(values[0]!) : null;
    if (relative !== null && /^[\w:*{}./-]+$/.test(relative)) pathIndex = 0;
    if (pathIndex < 0) return;
    const path = relative === null ? pathOf(values[pathIndex]!)! : `/${relative}`;
    const handlers = values.slice(pathIndex + 1);
    const pathOnly = PATH_ONLY.test(name);
    if (pathOnly ? values.length !== 1 : handlers.length === 0) return;
    const isStatic = STATIC_NAME.test(name);
    if (!pathOnly && !isStatic && !handlers.some(isHandlerLike)) return;

    const { header } = ctx.file;
    const operand = callee.child('operand');
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (operand === null || types === null || scope === null) return;
    let framework = '';
    let root = false;
    let router = operand.text;
    const qualifier = operand.kind === 'identifier' ? types.packageOf(operand) : null;
    if (qualifier !== null) {
      // http.HandleFunc registers on the default router; other packages' functions register nothing.
      if (qualifier !== 'net/http' || (name !== 'Handle' && name !== 'HandleFunc')) return;
      framework = 'net/http';
      root = true;
      router = '';
    } else {
      const routing = routingValueOf(operand, types, scope);
      if (routing === null && relative !== null) return;
      if (routing !== null) {
        if (!routing.framework.registers.has(name)) return;
        framework = routing.framework.id;
        root = routing.root;
      } else {
        const imported = importedFrameworks(header);
        const matching = imported.filter((item) => item.registers.has(name));
        // A client's methods are called Get and Post, too: without a framework only GET and HandleFunc are routes.
        const third = matching.find((item) => item.path !== 'net/http');
        if (third !== undefined) framework = third.id;
        else if (matching.length > 0) framework = 'net/http';
        else if (METHOD_NAME.test(name) && name !== name.toUpperCase()) return;
        else if (!METHOD_NAME.test(name) && name !== 'HandleFunc' && name !== 'Handle') return;
        if (path === '' && stringLiteralValue(values[pathIndex]!) === null && framework === '') return;
        if (/client|resty|req$|request|http$|api[cC]$|cache|store|db$/i.test(router)) return;
      }
    }
    const chain = pathOnly ? chainOf(node) : node;
    const handler = pathOnly
      ? chain.text.slice(node.end - chain.start, node.end - chain.start + HANDLER_LIMIT)
      : handlers
          .map((value) => (value.kind === 'func_literal' ? 'func' : value.text.slice(0, HANDLER_LIMIT)))
          .join(', ');
    const purpose = isStatic
      ? 'static'
      : purposeOf(path === '' ? '' : path, path === '' ? `${values[pathIndex]!.text} ${handler}` : handler);
    const statement = statementOf(node);
    const first = statement === null ? null : (leadingComments(statement)[0] ?? statement);
    const front = frontOfRoute(node, chain, operand, handlers, framework, scope);
    const isOwnStatement =
      statement?.kind === 'expression_statement' && syntaxChildren(statement)[0]?.equals(chain) === true;
    yield state(
      'http.route',
      path,
      {
        method: METHOD_NAME.test(name)
          ? name.toUpperCase()
          : (/^[A-Z]+(?= )/.exec(path)?.[0] ?? (pathIndex === 1 ? methodOf(values[0]!.text) : methodOfChain(node))),
        framework,
        router: router.length > 100 ? '' : router,
        root,
        handler: handler.slice(0, 120),
        purpose,
        before:
          isOwnStatement && first !== null
            ? { start: first.start, end: first.start, indent: indentationOf(first) }
            : null,
        commented: first !== null && statement !== null && first.start !== statement.start,
        ...front,
      },
      node,
    );
  },
};

interface RouteFront {
  readonly guards: readonly string[];
  readonly origin: RouterOrigin;
  readonly target: string;
  readonly inline: string;
  readonly handlerSpan: Part | null;
}

/** What stands in front of the handler of a route, and the handler itself. */
function frontOfRoute(
  node: GoNode,
  chain: GoNode,
  router: GoNode,
  handlers: readonly GoNode[],
  framework: string,
  scope: GoScope,
): RouteFront {
  const { guards, origin } = guardsOf(router, scope);
  const found = [...guards];
  // echo takes the handler first, others last.
  const at = framework === 'echo' ? 0 : handlers.length - 1;
  for (const [index, value] of handlers.entries()) if (index !== at) found.push(guardText(value));
  let handler: GoNode | null = handlers[at] ?? null;
  if (handlers.length === 0) {
    for (const call of chain.descendants('call_expression')) {
      if (call.end <= node.end || call.start !== chain.start) continue;
      const callee = call.child('function');
      if (!/^(?:Handler|HandlerFunc)$/.test(callee?.child('field')?.text ?? '')) continue;
      handler = callArguments(call)[0] ?? null;
      break;
    }
  }
  if (handler === null) return { guards: found, origin, target: '', inline: '', handlerSpan: null };
  const handlerSpan = handler.start < node.end ? { start: handler.start, end: handler.end } : null;
  const unwrapped = unwrapHandler(handler);
  found.push(...unwrapped.guards);
  const inner = unwrapped.handler;
  const target =
    inner?.kind === 'identifier'
      ? inner.text
      : inner?.kind === 'selector_expression'
        ? (inner.child('field')?.text ?? '')
        : '';
  return { guards: found, origin, target, inline: inner?.kind === 'func_literal' ? namesIn(inner) : '', handlerSpan };
}

function methodOf(text: string): string {
  return /(?:^"|\bhttp\.Method)([A-Za-z]+)"?$/.exec(text)?.[1]?.toUpperCase() ?? '';
}

/** The first method that `.Methods("POST")` allows, behind or before the path; '' when any is. */
function methodOfChain(call: GoNode): string {
  const { text } = chainOf(call);
  if (text.length > 4_000) return '';
  const list = /\.Methods\(([^)]*)\)/.exec(text)?.[1];
  if (list === undefined) return '';
  const methods = list.split(',').map((item) => methodOf(item.trim()));
  return methods.find((method) => method !== 'OPTIONS' && method !== '') ?? '';
}

const PASSES_ROUTER =
  /rout|regist|init|setup|mount|add|api|handle|bind|install|apply|load|attach|serve|expose|configure|define|wire|map/i;

/** A router that is passed on: what the called function registers stands behind the guards here. */
const handovers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: WEB_FRAMEWORKS.flatMap((item) => (item.path === 'net/http' ? ['Mux'] : [])).concat(
    'gin.',
    'echo.',
    'fiber.',
    'chi.',
    'mux.',
    'Router',
    'router',
    'Group',
    'group',
  ),
  calls: (name) => PASSES_ROUTER.test(name),
  *check(node, ctx) {
    if (importedFrameworks(ctx.file.header).length === 0) return;
    const callee = node.child('function');
    const isSelector = callee?.kind === 'selector_expression';
    if (!isSelector && callee?.kind !== 'identifier') return;
    const name = isSelector ? (callee.child('field')?.text ?? '') : callee.text;
    if (REGISTERS.has(name)) return;
    const values = callArguments(node);
    if (values.length === 0 || values.length > 12) return;
    const candidates = values.filter(
      ({ kind }) => kind === 'identifier' || kind === 'selector_expression' || kind === 'call_expression',
    );
    if (candidates.length === 0) return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    for (const [index, value] of values.entries()) {
      if (!candidates.includes(value) || routingValueOf(value, types, scope) === null) continue;
      yield state('http.handover', name, { index, ...guardsOf(value, scope) }, value);
    }
  },
};

/** `s.router.Use(auth)`: other declarations register routes on the same field. */
const sharedGuards: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Use(', '.UseFunc('],
  calls: (name) => /^(?:Use|UseFunc|Pre)$/.test(name),
  *check(node, ctx) {
    if (importedFrameworks(ctx.file.header).length === 0) return;
    const operand = node.child('function')?.child('operand') ?? null;
    const scope = scopeAround(ctx, node);
    if (operand === null || scope === null) return;
    const { origin } = guardsOf(operand, scope);
    if (origin.kind !== 'shared') return;
    for (const value of callArguments(node)) {
      yield state('http.guard', guardText(value), { router: origin.name }, value);
    }
  },
};

/** The outermost call of a chain such as `r.Path("/x").Methods("GET").HandlerFunc(h)`. */
function chainOf(call: GoNode): GoNode {
  let node = call;
  for (;;) {
    const selector: GoNode | null = node.parent;
    const outer: GoNode | null = selector?.kind === 'selector_expression' ? selector.parent : null;
    if (outer?.kind !== 'call_expression' || selector!.field !== 'function') return node;
    node = outer;
  }
}

function beginsLine(node: GoNode): boolean {
  const { text } = node.tree;
  return text.slice(lineStartAt(text, node.start), node.start).trim() === '';
}

const CONSTRUCTORS: ReadonlySet<string> = new Set(WEB_FRAMEWORKS.flatMap((item) => item.constructors));

const routers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['New', 'Default', 'Classic'],
  calls: (name) => CONSTRUCTORS.has(name),
  *check(node, ctx) {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression') return;
    const name = callee.child('field')?.text ?? '';
    const operand = callee.child('operand');
    if (operand?.kind !== 'identifier') return;
    const path = importedPath(ctx.file.header, operand.text);
    const known = path === null ? null : frameworkOfPath(path);
    if (known === null || !known.constructors.includes(name)) return;
    const statement = statementOf(node);
    const target = statement?.kind === 'short_var_declaration' ? assignedExpressions(statement)[0] : undefined;
    const isPlain = target?.kind === 'identifier' && statement !== null && beginsLine(statement);
    const after = isPlain ? { start: statement.end, end: statement.end, indent: indentationOf(statement) } : null;
    yield state('http.router', known.id, { variable: target?.text ?? '', after }, node);
  },
};

const middleware: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Use(', '.With(', '.UseFunc('],
  calls: (name) => /^(?:Use|With|UseFunc)$/.test(name),
  *check(node, ctx) {
    if (node.child('function')?.kind !== 'selector_expression') return;
    const frameworks = importedFrameworks(ctx.file.header);
    if (frameworks.length === 0) return;
    for (const value of callArguments(node)) {
      if (value.kind === 'func_literal' || value.text.length > 200) continue;
      yield state('http.middleware', value.text, { framework: frameworks.at(-1)!.id }, value);
    }
  },
};

/** Where a text is a route although no registration is in sight. */
function isRoutePosition(literal: GoNode): boolean {
  const parent = literal.parent;
  switch (parent?.kind) {
    case 'expression_list':
      // A constant or variable, or a case of a switch over the path of a request.
      if (parent.parent?.kind === 'const_spec' || parent.parent?.kind === 'var_spec') return true;
      if (parent.parent?.kind !== 'expression_case') return false;
      return /\.Path\b|\.Path\(\)|[uU]rl|URI/.test(parent.parent.parent?.child('value')?.text ?? '');
    case 'literal_element':
      return true;
    case 'binary_expression':
      return /\.Path\b|\.Path\(\)|RequestURI/.test(parent.text) && parent.text.length < 300;
    case 'argument_list':
      return /(?:^|\.)(?:HasPrefix|HasSuffix|Contains)$/.test(parent.parent?.child('function')?.text ?? '')
        ? /\.Path\b|\.Path\(\)/.test(parent.text)
        : /[hH]eartbeat|[hH]ealth|[pP]robe/.test(parent.parent?.child('function')?.text ?? '');
    default:
      return false;
  }
}

const HEALTH_WORDS = ['ealth', 'live', 'ready', 'eadiness', 'alive', 'eartbeat', 'ping', '/up"', 'status'];

const healthPaths: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  triggers: HEALTH_WORDS,
  when: (node) => node.end - node.start <= 80,
  *check(node, ctx) {
    const path = stringLiteralValue(node) ?? '';
    if (!path.includes('/') || !isHealthPath(path) || !isRoutePosition(node)) return;
    if (importedFrameworks(ctx.file.header).length === 0 && node.ancestor('const_spec', 'var_spec') === null) return;
    yield state('health.route', path, { kind: 'path' }, node);
  },
};

const healthHandlers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['ealth', 'iveness', 'eadiness', 'ivez', 'eadyz', 'eartbeat', 'IsAlive', 'ing'],
  *check(node) {
    const name = functionName(node);
    if (!isHealthName(name)) return;
    const servesRouter = /ServeMux|gin\.|echo\.|fiber\.|mux\.Router|chi\.|http\.Handler/.test(
      node.child('parameters')?.text ?? '',
    );
    const servesGrpc = /HealthCheckRequest/.test(node.child('parameters')?.text ?? '');
    if (takesRequest(node) || makesHandler(node) || servesRouter || servesGrpc) {
      yield state('health.route', name, { kind: 'handler' }, node.child('name') ?? node);
    }
  },
};

const HEALTH_LIBRARIES =
  /^google\.golang\.org\/grpc\/health|^connectrpc\.com\/grpchealth|heptiolabs\/healthcheck|hellofresh\/health-go|alexliesenfeld\/health|etherlabsio\/healthcheck|go-health|gin-healthcheck|fiber\/(?:v\d\/)?middleware\/healthcheck|gokit\/health|nelkinda\/health|dimiro1\/health|docker\/go-healthcheck|AppsFlyer\/go-sundheit|mackerelio\/go-health/;

const healthLibraries = importDetector(function* (path, subject) {
  // The client half of gRPC's health protocol serves nothing, but whoever serves it imports the server half, too.
  if (HEALTH_LIBRARIES.test(withoutVersion(path)) && !path.endsWith('grpc_health_v1')) {
    yield state('health.route', path, { kind: 'library' }, subject);
  }
});

/** `router.Use(rest.Ping)`: a middleware that answers `/ping`. */
const healthMiddleware: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression'],
  triggers: ['.Ping'],
  *check(node, ctx) {
    const member = packageMemberOf(node, ctx);
    if (member?.name !== 'Ping' || !/^github\.com\/go-pkgz\/rest$/.test(withoutVersion(member.path))) return;
    yield state('health.route', '/ping', { kind: 'library' }, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'http.route', language: 'go', detector: routes as NodeDetector },
  { id: 'http.router', language: 'go', detector: routers as NodeDetector },
  { id: 'http.middleware', language: 'go', detector: middleware as NodeDetector },
  { id: 'http.handover', language: 'go', detector: handovers as NodeDetector },
  { id: 'http.guard', language: 'go', detector: sharedGuards as NodeDetector },
  { id: 'health.path', language: 'go', detector: healthPaths as NodeDetector },
  { id: 'health.handler', language: 'go', detector: healthHandlers as NodeDetector },
  { id: 'health.middleware', language: 'go', detector: healthMiddleware as NodeDetector },
  { id: 'health.library', language: 'go', detector: healthLibraries },
];
