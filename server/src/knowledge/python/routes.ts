/**
 * Routes, routers, middleware and mounts of Python's web frameworks: FastAPI, Starlette, Flask, Django, Django REST,
 * aiohttp and those that look alike. States facts about one declaration; where a router of another file is mounted is a
 * fact of its own. A decorator counts as a route when what it is called on is a router, or when its file imports a web
 * framework and it is given a path.
 */
import type { ChunkContext, Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { chainOf, headerOf } from '../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { constantText, stringValue, textPieces } from '../../languages/python/strings.ts';
import {
  argumentOf,
  assignmentTargets,
  basesOf,
  calledName,
  calledOn,
  decoratorsOf,
  definedName,
  indentationOf,
  keywordArgument,
  parametersOf,
  positionalArguments,
  runningFunction,
  statementOf,
  syntaxChildren,
  undecorated,
  unparenthesized,
} from '../../languages/python/syntax.ts';
import { type Insertion, type RoutePurpose, type RouterOrigin, state } from '../facts.ts';
import { isHealthName, isHealthPath, purposeOf } from '../go/paths.ts';

/** Module that a framework is imported as, and the framework's name in facts. */
const FRAMEWORKS: readonly (readonly [module: string, id: string])[] = [
  ['fastapi', 'fastapi'],
  ['flask', 'flask'],
  ['flask_restful', 'flask'],
  ['flask_restx', 'flask'],
  ['flask_smorest', 'flask'],
  ['flask_openapi3', 'flask'],
  ['quart', 'quart'],
  ['starlette', 'starlette'],
  ['aiohttp.web', 'aiohttp'],
  ['django', 'django'],
  ['rest_framework', 'django'],
  ['ninja', 'django'],
  ['sanic', 'sanic'],
  ['litestar', 'litestar'],
  ['bottle', 'bottle'],
  ['falcon', 'falcon'],
  ['tornado', 'tornado'],
  ['robyn', 'robyn'],
  ['blacksheep', 'blacksheep'],
  ['fastmcp', 'mcp'],
];

/** Classes whose instances are the outermost router, and those that are a part of one. */
const ROOTS =
  /^(?:fastapi\.(?:applications\.)?FastAPI|starlette\.applications\.Starlette|flask\.(?:app\.)?Flask|quart\.Quart|aiohttp\.web\.Application|sanic\.Sanic|litestar\.Litestar|bottle\.(?:Bottle|default_app)|falcon\.(?:App|API|asgi\.App)|tornado\.web\.Application|ninja\.NinjaAPI|robyn\.Robyn|blacksheep\.Application|flask_openapi3\.OpenAPI)$/;
const PARTS =
  /^(?:fastapi\.(?:routing\.)?APIRouter|starlette\.routing\.Router|flask\.(?:blueprints\.)?Blueprint|quart\.Blueprint|flask_smorest\.Blueprint|flask_openapi3\.APIBlueprint|flask_rest(?:ful|x)\.(?:Api|Namespace)|aiohttp\.web\.RouteTableDef|sanic\.Blueprint|ninja\.Router|rest_framework\.routers\.\w+|litestar\.Router)$/;
const ROOT_WORDS = ['FastAPI(', 'Starlette(', 'Flask(', 'Quart(', 'Application(', 'Sanic(', 'Litestar(', 'Bottle(']
  .concat('falcon.', 'NinjaAPI(', 'Robyn(', 'OpenAPI(', 'APIRouter(', 'Blueprint(', 'RouteTableDef(', 'Router(')
  .concat('Namespace(', 'Api(');

const VERB = /^(?:get|post|put|patch|delete|head|options|trace)$/;
const DECORATORS = /^(?:get|post|put|patch|delete|head|options|trace|route|api_route|websocket|websocket_route|view)$/;
/** Libraries of tests and clients whose decorators look like routes. */
const NO_ROUTER = /(?:^|[._])(?:responses|respx\w*|requests_mock|httpretty|mock\w*|locust|task|patch|aioresponses)\b/;

/** The framework that a chain belongs to; null when it is none of them. */
function frameworkOfChain(chain: string): string | null {
  const found = FRAMEWORKS.find(([module]) => chain === module || chain.startsWith(`${module}.`));
  return found?.[1] ?? null;
}

/** The web framework that a file imports, '' for none. */
export function importedFramework(header: PythonHeader): string {
  return FRAMEWORKS.find(([module]) => importsModule(header, module))?.[1] ?? '';
}

/** What routes are registered on. */
interface Router {
  readonly framework: string;
  readonly root: boolean;
}

/** The router that an expression stands for; null when it is known to be none, or nothing says that it is one. */
function routerOf(expression: PythonNode, ctx: ChunkContext): Router | null {
  const chain = chainOf(expression, ctx);
  const made = chain?.endsWith('()') === true ? chain.slice(0, -2) : null;
  if (made !== null && ROOTS.test(made)) return { framework: frameworkOfChain(made)!, root: true };
  if (made !== null && PARTS.test(made)) return { framework: frameworkOfChain(made)!, root: false };
  const known = chain === null ? null : frameworkOfChain(chain);
  if (known !== null) return { framework: known, root: false };
  if (NO_ROUTER.test(chain ?? expression.text)) return null;
  const imported = importedFramework(headerOf(ctx));
  const isNamed = /(?:^|[._])(?:\w*app|\w*api|\w*router|\w*routes?|\w*bp|\w*blueprint|\w*server|ns|mcp)$/i.test(
    expression.text,
  );
  return imported !== '' || isNamed ? { framework: imported, root: false } : null;
}

/** A path as far as it is written: `{}` stands for what is put in; what comes first and is not known is left out. */
function pathOf(expression: PythonNode, ctx: ChunkContext): string | null {
  const constant = constantText(expression, ctx);
  if (constant !== null) return constant;
  const pieces = textPieces(expression, ctx);
  if (pieces.length < 2) return null;
  const written = pieces.map((piece) => ('text' in piece ? piece.text : '{}')).join('');
  const plain = written.replace(/^\{\}(?=\/)/, '');
  return plain.includes('/') ? plain : null;
}

/** `^users/(?P<id>\d+)/$` as `users/{id}/`. */
function plainPattern(pattern: string): string {
  return pattern
    .replace(/^\^|\$$|\\[AZz]/g, '')
    .replace(/\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)/g, '{$1}')
    .replace(/\((?:[^()]|\([^()]*\))*\)/g, '{}')
    .replace(/\\([./-])/g, '$1')
    .replace(/\?(?=$|\/)/g, '');
}

function joined(prefix: string, path: string): string {
  const left = prefix.replace(/\/+$/, '');
  const right = path.replace(/^\/+/, '');
  return right === '' && left !== '' ? (path.endsWith('/') ? `${left}/` : left) : `${left}/${right}`;
}

/** The method of `methods=["GET", "POST"]`: the first one that changes something, else the first one. */
function methodOfList(list: PythonNode | null): string {
  if (list === null) return '';
  const methods = syntaxChildren(unparenthesized(list)).map((item) => (stringValue(item) ?? '').toUpperCase());
  return methods.find((method) => /^(?:POST|PUT|PATCH|DELETE)$/.test(method)) ?? methods[0] ?? '';
}

const FASTAPI_GUARD = /^(?:Depends|Security)$/;

/** `Depends(get_user)` and `Security(...)` in an expression, as they are written. */
function dependenciesIn(node: PythonNode | null): string[] {
  if (node === null) return [];
  return node.descendants('call').flatMap((call) => {
    return FASTAPI_GUARD.test(calledName(call)) ? [call.text.slice(0, 200)] : [];
  });
}

/** What stands in front of a handler: other decorators, dependencies of its parameters and of the route. */
function guardsOf(definition: PythonNode | null, route: PythonNode): string[] {
  const found = dependenciesIn(keywordArgument(route, 'dependencies'));
  if (definition === null) return found;
  for (const decorator of decoratorsOf(definition)) {
    if (!decorator.equals(route)) found.push(decorator.text.slice(0, 200));
  }
  for (const { type, defaultValue, name } of definition.kind === 'function_definition'
    ? parametersOf(definition)
    : []) {
    const own = [...dependenciesIn(type), ...dependenciesIn(defaultValue)];
    // `user: CurrentUser` may be an alias of an annotation that holds a dependency.
    if (own.length === 0 && type !== null && defaultValue === null) own.push(`${name}: ${type.text.slice(0, 100)}`);
    found.push(...own);
  }
  return found;
}

function originOf(router: PythonNode | null, node: PythonNode): RouterOrigin {
  if (router === null) return { kind: 'unknown' };
  const owner = runningFunction(node);
  if (owner?.kind === 'function_definition' && router.kind === 'identifier') {
    const index = parametersOf(owner).findIndex(({ name }) => name === router.text);
    if (index >= 0) return { kind: 'parameter', function: definedName(owner), index };
  }
  return { kind: 'shared', name: router.text.slice(0, 100) };
}

/** Where routes of this router are below, when it is made in the same declaration or is a class attribute. */
function routeFact(
  node: PythonNode,
  path: string,
  parts: {
    readonly method: string;
    readonly router: PythonNode | null;
    readonly known: Router;
    readonly definition: PythonNode | null;
    readonly handler: string;
    readonly purpose?: RoutePurpose;
  },
) {
  const { method, router, known, definition, handler } = parts;
  const target = /(\w+)(?:\.as_view\([\s\S]*)?$/.exec(handler)?.[1] ?? '';
  return state(
    'http.route',
    path,
    {
      method,
      framework: known.framework,
      router: router === null || router.text.length > 100 ? '' : router.text,
      root: known.root,
      handler: handler.slice(0, 120),
      purpose: parts.purpose ?? purposeOfRoute(path, handler),
      before: null,
      commented: false,
      guards: guardsOf(definition, node),
      origin: originOf(router, node),
      target,
      inline: '',
      handlerSpan: null,
    },
    node,
  );
}

function purposeOfRoute(path: string, handler: string): RoutePurpose {
  if (/generate_latest|make_asgi_app|make_wsgi_app|metrics_endpoint|(?:^|\.)handle_metrics$/.test(handler)) {
    return 'metrics';
  }
  return purposeOf(path.startsWith('/') ? path : `/${path}`, handler);
}

/** `@app.get("/users")` over a function or class. */
const decoratorRoutes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['decorator'],
  triggers: [
    '.get(',
    '.post(',
    '.put(',
    '.patch(',
    '.delete(',
    '.head(',
    '.options(',
    'oute(',
    '.websocket',
    '.view(',
  ].concat('@get(', '@post(', '@put(', '@patch(', '@delete(', '@route('),
  *check(node, ctx) {
    const call = syntaxChildren(node)[0];
    const around = node.parent;
    if (call?.kind !== 'call' || around?.kind !== 'decorated_definition') return;
    const name = calledName(call);
    if (!DECORATORS.test(name)) return;
    const definition = undecorated(around);
    const router = calledOn(call);
    let known: Router | null;
    if (router === null) {
      const callee = call.child('function');
      const chain = callee === null ? null : chainOf(callee, ctx);
      known = /^(?:litestar|bottle)\.(?:handlers\.)?\w+$/.test(chain ?? '')
        ? { framework: frameworkOfChain(chain!)!, root: false }
        : null;
    } else known = routerOf(router, ctx);
    if (known === null) return;
    const first = argumentOf(call, 'path', 0) ?? keywordArgument(call, 'rule') ?? keywordArgument(call, 'uri') ?? null;
    const path = first === null ? null : pathOf(first, ctx);
    if (first !== null && path === null && unparenthesized(first).kind === 'dictionary') return;
    if (path === null && known.framework === '') return;
    if (path !== null && path !== '' && !/^[/{<]/.test(path) && known.framework !== 'django') return;
    const methods = keywordArgument(call, 'methods');
    const method = VERB.test(name)
      ? name.toUpperCase()
      : name.startsWith('websocket')
        ? 'WEBSOCKET'
        : methods === null && definition.kind === 'function_definition' && name !== 'view'
          ? 'GET'
          : methodOfList(methods);
    yield routeFact(call, path ?? '', { method, router, known, definition, handler: definedName(definition) });
    for (const more of positionalArguments(call).slice(1)) {
      // Flask-RESTX takes several paths.
      const other = definition.kind === 'class_definition' ? stringValue(more) : null;
      if (other?.startsWith('/') !== true) continue;
      yield routeFact(call, other, { method, router, known, definition, handler: definedName(definition) });
    }
  },
};

const CALLS =
  /^(?:add_(?:api_route|route|url_rule|api_websocket_route|websocket_route|resource|view|get|post|put|patch|delete|head)|Route|WebSocketRoute|APIRoute|register)$/;

/** `app.add_url_rule("/users", view_func=users)`, `Route("/users", users)`, `router.register("users", UserViewSet)`. */
const callRoutes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['.add_', 'Route(', 'register('],
  calls: (name) => CALLS.test(name),
  *check(node, ctx) {
    const name = calledName(node);
    const router = calledOn(node);
    const values = positionalArguments(node);
    let known: Router | null = null;
    if (/Route$/.test(name)) {
      const callee = node.child('function');
      const chain = callee === null ? null : chainOf(callee, ctx);
      if (chain !== null && /^(?:starlette|fastapi)\./.test(chain)) known = { framework: 'starlette', root: false };
    } else if (router !== null) known = routerOf(router, ctx);
    if (known === null) return;
    if (name === 'register') {
      if (known.framework !== 'django' || !importsModule(headerOf(ctx), 'rest_framework')) return;
    }
    if (name === 'add_resource') {
      for (const value of values.slice(1)) {
        const path = pathOf(value, ctx);
        if (path === null) continue;
        yield routeFact(node, path, { method: '', router, known, definition: null, handler: values[0]!.text });
      }
      return;
    }
    if (known.framework === '' && name !== 'add_api_route' && name !== 'add_url_rule') return;
    const first =
      argumentOf(node, 'path', 0) ?? keywordArgument(node, 'rule') ?? keywordArgument(node, 'prefix') ?? null;
    const path = first === null ? null : pathOf(first, ctx);
    if (path === null) return;
    const handler =
      keywordArgument(node, 'view_func') ??
      keywordArgument(node, 'endpoint') ??
      keywordArgument(node, 'handler') ??
      (name === 'add_url_rule' ? values[2] : values[1]) ??
      null;
    if (handler === null || handler.kind === 'string') return;
    const verb = /^add_(get|post|put|patch|delete|head)$/.exec(name)?.[1];
    const methods = keywordArgument(node, 'methods');
    const method =
      verb?.toUpperCase() ??
      (/[wW]eb_?[sS]ocket/.test(name)
        ? 'WEBSOCKET'
        : methods === null && /^(?:Route|APIRoute|add_url_rule|add_api_route)$/.test(name)
          ? /as_view\(/.test(handler.text)
            ? ''
            : 'GET'
          : methodOfList(methods));
    const full = known.framework === 'django' ? joined('', plainPattern(path)) : path;
    yield routeFact(node, full, { method, router, known, definition: null, handler: handler.text });
  },
};

/** `web.get("/users", users)` of aiohttp. */
const aiohttpRoutes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['web.', 'aiohttp'],
  calls: (name) => VERB.test(name) || name === 'view' || name === 'route' || name === 'static',
  *check(node, ctx) {
    const callee = node.child('function');
    const chain = callee === null ? null : chainOf(callee, ctx);
    if (chain === null || !/^aiohttp\.web\.\w+$/.test(chain)) return;
    const values = positionalArguments(node);
    const at = chain.endsWith('.route') ? 1 : 0;
    const path = values[at] === undefined ? null : pathOf(values[at], ctx);
    const handler = values[at + 1];
    if (path === null || handler === undefined) return;
    const name = calledName(node);
    const method = VERB.test(name) ? name.toUpperCase() : at === 1 ? (stringValue(values[0]!) ?? '') : '';
    yield routeFact(node, path, {
      method: method === '*' ? '' : method,
      router: null,
      known: { framework: 'aiohttp', root: false },
      definition: null,
      handler: handler.text,
      ...(name === 'static' ? { purpose: 'static' as const } : {}),
    });
  },
};

/** `path("users/", views.users)` in Django's `urlpatterns`; an `include([...])` around it is a prefix. */
const djangoRoutes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['path(', 'url('],
  calls: (name) => name === 'path' || name === 're_path' || name === 'url',
  *check(node, ctx) {
    if (!importsModule(headerOf(ctx), 'django')) return;
    const callee = node.child('function');
    const chain = callee === null ? null : chainOf(callee, ctx);
    if (chain === null || !/^django\.(?:urls|conf\.urls)\.(?:path|re_path|url)$/.test(chain)) return;
    const own = djangoPath(node, ctx);
    const view = argumentOf(node, 'view', 1);
    if (own === null || view === null) return;
    let path = own;
    for (let outer = node.ancestor('call'); outer !== null; outer = outer.ancestor('call')) {
      if (!/^(?:path|re_path|url)$/.test(calledName(outer))) continue;
      path = joined(djangoPath(outer, ctx) ?? '', path);
    }
    if (!path.startsWith('/')) path = `/${path}`;
    const inner = unparenthesized(view);
    if (inner.kind === 'call' && calledName(inner) === 'include') {
      const target = positionalArguments(inner)[0];
      const module = target === undefined ? null : stringValue(target);
      if (module !== null) yield state('http.mount', module, { prefix: path, on: 'urlpatterns' }, node);
      else if (target !== undefined && /^[\w.]+$/.test(target.text)) {
        yield state('http.mount', target.text, { prefix: path, on: 'urlpatterns' }, node);
      }
      return;
    }
    if (/\.site\.urls$|^admin\./.test(inner.text)) return;
    const known: Router = { framework: 'django', root: false };
    const isStatic = /RedirectView|TemplateView|static|serve$|SpectacularSwagger|JavaScriptCatalog/.test(inner.text);
    yield routeFact(node, path, {
      method: '',
      router: null,
      known,
      definition: null,
      handler: inner.kind === 'lambda' ? 'lambda' : inner.text,
      ...(isStatic ? { purpose: 'static' as const } : {}),
    });
  },
};

function djangoPath(call: PythonNode, ctx: ChunkContext): string | null {
  const first = argumentOf(call, 'route', 0) ?? keywordArgument(call, 'regex');
  const written = first === null ? null : pathOf(first, ctx);
  if (written === null) return null;
  const plain = calledName(call) === 'path' ? written : plainPattern(written);
  return plain.replace(/<(?:\w+:)?(\w+)>/g, '{$1}');
}

/** Behind a statement and its comment; null when other code stands on its line. */
function behind(statement: PythonNode): Insertion | null {
  const rest = /^[^\r\n]*/.exec(statement.tree.text.slice(statement.end))![0];
  if (/^\s*[^\s#]/.test(rest)) return null;
  const at = statement.end + rest.trimEnd().length;
  return { start: at, end: at, indent: indentationOf(statement) };
}

/** Creation of an application or router, and the prefix and guards that it is given. */
const routers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ROOT_WORDS,
  calls: (name) =>
    /^(?:FastAPI|Starlette|Flask|Quart|Application|Sanic|Litestar|Bottle|App|API|NinjaAPI|Robyn|OpenAPI|APIRouter|Router|Blueprint|APIBlueprint|RouteTableDef|Namespace|Api|\w*Router)$/.test(
      name,
    ),
  *check(node, ctx) {
    const callee = node.child('function');
    const chain = callee === null ? null : chainOf(callee, ctx);
    if (chain === null) return;
    const isRoot = ROOTS.test(chain);
    // A class of the workspace that is built on one of them is a router by its name.
    const isPart = PARTS.test(chain) || (/Router$/.test(chain) && /^[.:]/.test(chain));
    if (!isRoot && !isPart) return;
    const assignment = node.parent?.kind === 'assignment' ? node.parent : null;
    const variable = assignment === null ? '' : (assignmentTargets(assignment)[0]?.target.text ?? '');
    if (isRoot) {
      const statement = statementOf(node);
      const isPlain = assignment !== null && statement?.kind === 'expression_statement';
      const after = isPlain ? behind(statement) : null;
      yield state('http.router', frameworkOfChain(chain)!, { variable, after }, node);
    }
    const prefix = keywordArgument(node, 'prefix') ?? keywordArgument(node, 'url_prefix');
    const path = prefix === null ? null : pathOf(prefix, ctx);
    if (variable !== '') yield state('http.mount', variable, { prefix: path ?? '', on: '' }, node);
    if (/^[.:]/.test(chain) && variable !== '') yield state('http.guard', chain, { router: variable }, node);
    for (const guard of dependenciesIn(keywordArgument(node, 'dependencies'))) {
      yield state('http.guard', guard, { router: variable }, node);
    }
    const list = keywordArgument(node, 'middleware') ?? keywordArgument(node, 'middlewares');
    const items = list === null ? [] : syntaxChildren(unparenthesized(list));
    for (const item of items.length > 20 ? [] : items) {
      if (item.text.length <= 200) {
        yield state('http.middleware', item.text, { framework: frameworkOfChain(chain) ?? '' }, item);
      }
    }
  },
};

/** `class Shop(Flask)`: an application with a name of its own. */
const applicationClasses: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['Flask)', 'FastAPI)', 'Starlette)', 'Quart)', 'Sanic)', 'Application)'],
  *check(node, ctx) {
    const base = basesOf(node)
      .map((expression) => chainOf(expression, ctx) ?? '')
      .find((chain) => ROOTS.test(chain));
    if (base === undefined) return;
    yield state('http.router', frameworkOfChain(base)!, { variable: '', after: null }, node.child('name') ?? node);
  },
};

/** `app.include_router(items.router, prefix="/items")`, `app.register_blueprint(bp, url_prefix="/x")`, `Mount(...)`. */
const mounts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['include_router', 'register_blueprint', 'Mount(', '.mount(', 'add_subapp', 'add_namespace', 'add_router'],
  calls: (name) =>
    /^(?:include_router|register_blueprint|Mount|mount|add_subapp|add_namespace|add_router|blueprint)$/.test(name),
  *check(node, ctx) {
    const name = calledName(node);
    const values = positionalArguments(node);
    const pathFirst = /^(?:Mount|mount|add_subapp)$/.test(name) || (name === 'add_router' && values.length > 1);
    const target =
      keywordArgument(node, 'router') ??
      keywordArgument(node, 'blueprint') ??
      keywordArgument(node, 'app') ??
      values[pathFirst ? 1 : 0];
    if (target === undefined) return;
    const prefix =
      keywordArgument(node, 'prefix') ??
      keywordArgument(node, 'url_prefix') ??
      keywordArgument(node, 'path') ??
      (pathFirst ? (values[0] ?? null) : name === 'add_namespace' ? (values[1] ?? null) : null);
    const path = prefix === null ? '' : pathOf(prefix, ctx);
    const on = calledOn(node)?.text ?? '';
    if (path === null || target.text.length > 200) return;
    if (/Static\w*\(/.test(target.text)) return;
    if (/make_(?:asgi|wsgi)_app|metrics_app/.test(target.text) || /^\/metrics\/?$/.test(path)) {
      yield state('metrics.route', target.text, { known: true }, node);
      return;
    }
    yield state('http.mount', target.text, { prefix: path, on }, node);
    for (const guard of dependenciesIn(keywordArgument(node, 'dependencies'))) {
      yield state('http.guard', guard, { router: target.text }, node);
    }
  },
};

/** `app.add_middleware(X)`, `app.before_request(f)`. */
const middleware: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['add_middleware', 'before_request', 'wsgi_app', 'Middleware(', 'add_hook', 'register_middleware'],
  calls: (name) =>
    /^(?:add_middleware|before_request|before_app_request|register_middleware|\w*Middleware)$/.test(name),
  *check(node, ctx) {
    const name = calledName(node);
    const framework = importedFramework(headerOf(ctx));
    const router = calledOn(node);
    if (/Middleware$/.test(name)) {
      // `app.wsgi_app = ProxyFix(app.wsgi_app)`, `app = CORSMiddleware(app, ...)`
      const wraps = positionalArguments(node)[0]?.text ?? '';
      if (!/(?:^|\.)(?:app|wsgi_app|asgi_app|application)$/.test(wraps)) return;
      yield state('http.middleware', node.child('function')!.text.slice(0, 200), { framework }, node);
      return;
    }
    const value = positionalArguments(node)[0] ?? keywordArgument(node, 'middleware_class');
    if (router === null || value == null || value.text.length > 200 || value.kind === 'string') return;
    yield state('http.middleware', value.text, { framework }, node);
    yield state('http.guard', value.text, { router: router.text.slice(0, 100) }, value);
  },
};

/** `@app.middleware("http")`, `@app.before_request`. */
const decoratedMiddleware: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['decorator'],
  triggers: ['.middleware', 'before_request', 'before_app_request', 'web.middleware'],
  *check(node, ctx) {
    const inner = syntaxChildren(node)[0];
    const callee = inner?.kind === 'call' ? inner.child('function') : inner;
    if (callee?.kind !== 'attribute' || node.parent?.kind !== 'decorated_definition') return;
    if (!/^(?:middleware|before_request|before_app_request)$/.test(callee.child('attribute')?.text ?? '')) return;
    const name = definedName(undecorated(node.parent));
    const framework = importedFramework(headerOf(ctx));
    yield state('http.middleware', name, { framework }, node);
    const router = callee.child('object')?.text ?? '';
    yield state('http.guard', name, { router: router.slice(0, 100) }, node);
  },
};

/** `MIDDLEWARE = [...]` of Django's settings. */
const djangoMiddleware: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment', 'augmented_assignment'],
  triggers: ['MIDDLEWARE'],
  *check(node) {
    const left = node.child('left')?.text ?? '';
    const right = node.child('right');
    if (!/^MIDDLEWARE(?:_CLASSES)?$/.test(left) || right === null) return;
    for (const item of right.descendants('string')) {
      const name = stringValue(item);
      if (name === null || !/^[\w.]+$/.test(name)) continue;
      yield state('http.middleware', name, { framework: 'django' }, item);
    }
  },
};

/** A handler of a health check that is registered where it cannot be seen: by its name and what it takes. */
const healthHandlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  triggers: ['ealth', 'iveness', 'eadiness', 'ivez', 'eadyz', 'eartbeat'],
  *check(node, ctx) {
    const name = definedName(node);
    if (!isHealthName(name.toLowerCase()) || importedFramework(headerOf(ctx)) === '') return;
    const takesRequest =
      node.kind === 'class_definition'
        ? /View|Handler|Resource|Endpoint/.test(node.child('superclasses')?.text ?? '')
        : parametersOf(node).some(({ name: own }) => own === 'request');
    if (takesRequest) yield state('health.route', name, { kind: 'handler' }, node.child('name') ?? node);
  },
};

const HEALTH_MODULES = /^(?:health_check|fastapi_health\w*|healthcheck|flask_healthz|py_healthcheck|grpc_health)\b/;

const healthLibraries: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['import_statement', 'import_from_statement', 'string'],
  triggers: ['health'],
  *check(node, ctx) {
    if (node.kind === 'string') {
      // INSTALLED_APPS of Django, and paths that a middleware answers.
      const text = stringValue(node) ?? '';
      if (/^health_check(?:\.|$)/.test(text)) yield state('health.route', text, { kind: 'library' }, node);
      else if (isHealthPath(text) && node.parent?.kind === 'comparison_operator') {
        if (importedFramework(headerOf(ctx)) !== '' && /path/.test(node.parent.text)) {
          yield state('health.route', text, { kind: 'path' }, node);
        }
      }
      return;
    }
    const module = /^\s*(?:from|import)\s+([\w.]+)/.exec(node.text)?.[1] ?? '';
    if (HEALTH_MODULES.test(module)) yield state('health.route', module, { kind: 'library' }, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.route.decorator', language: 'python', detector: decoratorRoutes as NodeDetector },
  { id: 'python.route.call', language: 'python', detector: callRoutes as NodeDetector },
  { id: 'python.route.aiohttp', language: 'python', detector: aiohttpRoutes as NodeDetector },
  { id: 'python.route.django', language: 'python', detector: djangoRoutes as NodeDetector },
  { id: 'python.router', language: 'python', detector: routers as NodeDetector },
  { id: 'python.router.class', language: 'python', detector: applicationClasses as NodeDetector },
  { id: 'python.mount', language: 'python', detector: mounts as NodeDetector },
  { id: 'python.middleware', language: 'python', detector: middleware as NodeDetector },
  { id: 'python.middleware.decorated', language: 'python', detector: decoratedMiddleware as NodeDetector },
  { id: 'python.middleware.django', language: 'python', detector: djangoMiddleware as NodeDetector },
  { id: 'python.health.handler', language: 'python', detector: healthHandlers as NodeDetector },
  { id: 'python.health.library', language: 'python', detector: healthLibraries as NodeDetector },
];
