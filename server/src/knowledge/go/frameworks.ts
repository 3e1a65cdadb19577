/**
 * Web frameworks as a table: how their routers are made, which types route, which methods register routes and start
 * servers. The extractors of this folder read it, so that a further framework is a further entry. It resolves the
 * receiver of a call inside one declaration and never guesses types.
 */
import { type GoHeader, localNameOf } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import type { GoScope } from '../../languages/go/scope.ts';
import { assignedExpressions, assignedValues, syntaxChildren, unparenthesized } from '../../languages/go/syntax.ts';
import type { GoTypes } from '../../languages/go/types.ts';
import { namedType } from './stdlib.ts';

export interface WebFramework {
  readonly id: string;
  /** Import path without a major version. */
  readonly path: string;
  /** Functions that create the outermost router. */
  readonly constructors: readonly string[];
  /** Types of the outermost router. */
  readonly roots: readonly string[];
  /** Types that route, but may be a part below a prefix. */
  readonly groups: readonly string[];
  /** Methods that register routes. */
  readonly registers: ReadonlySet<string>;
  /** Methods of the router that start a server; the value says whether it serves TLS. */
  readonly starts: Readonly<Record<string, boolean>>;
}

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

const UPPER = words('GET POST PUT PATCH DELETE HEAD OPTIONS CONNECT TRACE');
const TITLE = words('Get Post Put Patch Delete Head Options Connect Trace');

function framework(
  id: string,
  path: string,
  parts: {
    readonly constructors?: string;
    readonly roots?: string;
    readonly groups?: string;
    readonly registers: readonly string[];
    readonly starts?: Readonly<Record<string, boolean>>;
  },
): WebFramework {
  return {
    id,
    path,
    constructors: words(parts.constructors ?? ''),
    roots: words(parts.roots ?? ''),
    groups: words(parts.groups ?? ''),
    registers: new Set(parts.registers),
    starts: parts.starts ?? {},
  };
}

export const WEB_FRAMEWORKS: readonly WebFramework[] = [
  framework('net/http', 'net/http', {
    constructors: 'NewServeMux',
    roots: 'ServeMux',
    registers: words('Handle HandleFunc'),
  }),
  framework('gorilla', 'github.com/gorilla/mux', {
    constructors: 'NewRouter',
    groups: 'Router Route',
    registers: words('Handle HandleFunc Path PathPrefix'),
  }),
  framework('chi', 'github.com/go-chi/chi', {
    constructors: 'NewRouter NewMux',
    roots: 'Mux',
    groups: 'Router',
    registers: [...TITLE, ...words('Handle HandleFunc Method MethodFunc Route Mount')],
  }),
  framework('gin', 'github.com/gin-gonic/gin', {
    constructors: 'New Default',
    roots: 'Engine',
    groups: 'RouterGroup IRouter IRoutes',
    registers: [...UPPER, ...words('Any Handle Match Static StaticFile StaticFS StaticFileFS')],
    starts: { Run: false, RunTLS: true, RunListener: false, RunUnix: false, RunFd: false },
  }),
  framework('echo', 'github.com/labstack/echo', {
    constructors: 'New',
    roots: 'Echo',
    groups: 'Group',
    registers: [...UPPER, ...words('Any Add Match File Static StaticFS')],
    starts: { Start: false, StartTLS: true, StartAutoTLS: true, StartServer: false, StartH2CServer: false },
  }),
  framework('fiber', 'github.com/gofiber/fiber', {
    constructors: 'New',
    roots: 'App',
    groups: 'Router Group',
    registers: [...TITLE, ...words('All Add Static Mount Route')],
    starts: { Listen: false, ListenTLS: true, ListenMutualTLS: true, Listener: false },
  }),
  framework('httprouter', 'github.com/julienschmidt/httprouter', {
    constructors: 'New',
    roots: 'Router',
    registers: [...UPPER, ...words('Handle Handler HandlerFunc ServeFiles')],
  }),
  framework('httptreemux', 'github.com/dimfeld/httptreemux', {
    constructors: 'New NewContextMux',
    roots: 'TreeMux ContextMux',
    groups: 'Group ContextGroup',
    registers: [...UPPER, ...words('Handle Handler')],
  }),
  framework('bunrouter', 'github.com/uptrace/bunrouter', {
    constructors: 'New',
    roots: 'Router',
    groups: 'Group CompatGroup',
    registers: [...UPPER, ...words('Handle')],
  }),
  framework('fasthttp', 'github.com/fasthttp/router', {
    constructors: 'New',
    roots: 'Router',
    groups: 'Group',
    registers: [...UPPER, ...words('ANY Handle ServeFiles')],
  }),
  framework('negroni', 'github.com/urfave/negroni', {
    constructors: 'New Classic',
    roots: 'Negroni',
    registers: [],
    starts: { Run: false },
  }),
  framework('ozzo', 'github.com/go-ozzo/ozzo-routing', {
    constructors: 'New',
    roots: 'Router',
    groups: 'RouteGroup Route',
    registers: words('Get Post Put Patch Delete Head Options Any To'),
  }),
  framework('route', 'github.com/prometheus/common/route', {
    constructors: 'New',
    groups: 'Router',
    registers: words('Get Post Put Del Options Head'),
  }),
];

/** Import path without a major version: `github.com/labstack/echo/v4` is `github.com/labstack/echo`. */
export function withoutVersion(path: string): string {
  return path.replace(/\/v\d+(?=\/|$)/, '').replace(/\.v\d+$/, '');
}

/** A type without the major version of its package: `github.com/labstack/echo.Context`; null for types without a package. */
export function plainType(type: string | null): string | null {
  const named = type === null ? null : namedType(type);
  return named === null ? null : `${withoutVersion(named.path)}.${named.name}`;
}

const BY_PATH = new Map(WEB_FRAMEWORKS.map((item) => [item.path, item]));

/** Framework of an import path, or null. */
export function frameworkOfPath(path: string): WebFramework | null {
  const plain = withoutVersion(path);
  // Forks of gorilla/mux keep its name.
  return (
    BY_PATH.get(plain) ?? (/^github\.com\/[\w-]+\/mux$/.test(plain) ? BY_PATH.get('github.com/gorilla/mux')! : null)
  );
}

const frameworks = new WeakMap<GoHeader, readonly WebFramework[]>();

/** Frameworks that a file imports. */
export function importedFrameworks(header: GoHeader): readonly WebFramework[] {
  let found = frameworks.get(header);
  if (found === undefined) {
    found = header.imports.map(({ path }) => frameworkOfPath(path)).filter((known) => known !== null);
    frameworks.set(header, found);
  }
  return found;
}

export interface RoutingValue {
  readonly framework: WebFramework;
  /** Whether it is known to be the outermost router. */
  readonly root: boolean;
  /** The call that created it, when that is in the same declaration. */
  readonly created: GoNode | null;
}

function ofType(type: string | null): RoutingValue | null {
  const named = type === null ? null : namedType(type);
  const known = named === null ? null : frameworkOfPath(named.path);
  if (known === null) return null;
  if (known.roots.includes(named!.name)) return { framework: known, root: true, created: null };
  return known.groups.includes(named!.name) ? { framework: known, root: false, created: null } : null;
}

/** The expression that a local variable is declared with, or null. */
export function initialValueOf(identifier: GoNode, scope: GoScope): GoNode | null {
  const declaration = scope.bindingOf(identifier)?.node ?? null;
  const parent = declaration?.parent ?? null;
  if (declaration === null || parent === null) return null;
  if (parent.kind === 'var_spec') {
    const values = parent.child('value');
    const names = parent.childrenOf('name').filter((name) => name.isNamed);
    const at = names.findIndex((name) => name.equals(declaration));
    return values === null ? null : (syntaxChildren(values)[at] ?? null);
  }
  const statement = parent.parent;
  if (parent.kind !== 'expression_list' || statement?.kind !== 'short_var_declaration') return null;
  const values = assignedValues(statement);
  const at = assignedExpressions(statement).findIndex((target) => target.equals(declaration));
  if (values.length === 1 && at > 0) return null;
  return values[at] ?? null;
}

/** Methods that give back the router that they are called on. */
const FLUENT = new Set(words('StrictSlash SkipClean UseEncodedPath With Use'));

/** The router that an expression is, as far as its declaration tells; null when it tells nothing. */
export function routingValueOf(expression: GoNode, types: GoTypes, scope: GoScope): RoutingValue | null {
  let node = unparenthesized(expression);
  let below = false;
  for (let step = 0; step < 12; step++) {
    const typed = ofType(types.typeOf(node));
    if (typed !== null) return { ...typed, root: typed.root && !below };
    if (node.kind === 'identifier') {
      const value = initialValueOf(node, scope);
      if (value === null) return null;
      node = unparenthesized(value);
      continue;
    }
    if (node.kind !== 'call_expression') return null;
    const callee = types.calleeOf(node);
    if (callee.kind === 'package') {
      const known = frameworkOfPath(callee.path);
      if (known === null || !known.constructors.includes(callee.name)) return null;
      return { framework: known, root: !below, created: node };
    }
    if (callee.kind !== 'method') return null;
    if (!FLUENT.has(callee.name)) below = true;
    node = unparenthesized(callee.receiver);
  }
  return null;
}

/** Local name of a package in the file, for text that a fix inserts; the customary one when it is not imported. */
export function nameFor(header: GoHeader, path: string, customary: string): string {
  return localNameOf(header, path) ?? customary;
}
