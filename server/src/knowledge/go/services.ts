/**
 * Puts facts together to programs: which main functions of the workspace start servers, which packages they are made
 * of, and what these packages say. Made for judges: pure, computed once per state of the facts it reads.
 *
 * A program is a set of main packages that reach the same server starts by their imports. Evidence anywhere in its
 * reach counts for it, so that a control in a shared package is found. What lies outside the workspace cannot be seen:
 * a program that imports its owner's shared libraries from elsewhere is `opaque`, and judges do not blame it.
 */

import type { Place } from '../../core/model/location.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { FixEdit } from '../../core/model/verdict.ts';
import type { FactView } from '../../core/rulekit/rule.ts';
import { allFacts, type FactName, placeIn, type TypedFact } from '../facts.ts';
import { stdlibPackage } from './stdlib.ts';

/** A program of the workspace; the name is from when there were those of Go alone. */
export interface GoProgram {
  readonly language: 'go' | 'python';
  readonly mains: readonly TypedFact<'go.main'>[];
  /** Directories of all packages that the mains reach, their own included. */
  readonly directories: ReadonlySet<string>;
  /** Files of the workspace that may be part of a program. */
  readonly files: ReadonlySet<string>;
  /** Directory of the module, '' for the root. */
  readonly component: string;
  /** Server starts that others can reach, those of main packages first. */
  readonly starts: readonly TypedFact<'http.server'>[];
  /** Routes that are neither probes nor metrics nor static files. */
  readonly routes: readonly TypedFact<'http.route'>[];
  /** Shared libraries of the same owner that are not in the workspace: controls may be there. */
  readonly opaque: readonly string[];
  /** A framework that brings the controls itself, '' for none. */
  readonly framework: string;
  readonly goVersion: string;
}

/** Directories whose programs are tools of the developers, not what is deployed. */
const TOOL_SEGMENT =
  /^(?:hack|tools?|contrib|scripts?|buildscripts|build|ci|docs?|documentation|bench|benchmarks?|misc|devtools?|tutorials?|playground|sandbox|experiments?|loadtests?|loadgen|stress|fuzz|fuzzing|compliance|codegen|gen|generator|internal-tools|third-party|_\w+)$/i;
const TOOL_NAME =
  /(?:^|[-_])(?:mock|fake|stub|dummy|tests?|example|demo|bench|benchmark|loadtest|loadgen|sample|playground|fixtures?|e2e|simulator|storybook|schemadoc)(?:[-_]|s?$)|^(?:testserver|mockserver|mock\w+|fake\w+|stub\w+)$/i;
const IGNORED_BUILD =
  /(?:^|[\s&|(])(?:ignore|tools?|mage|integration|e2e|examples?|test|testing|manual|never|disabled?)\b/;

/** Whether a path belongs to what is deployed as far as its directories tell. */
export function isDeployedPath(path: string): boolean {
  return !directoryOf(path)
    .split('/')
    .some((segment) => TOOL_SEGMENT.test(segment) || TOOL_NAME.test(segment));
}

interface Layout {
  /** Files that may be part of a program: neither tests nor left out of every build. */
  readonly files: ReadonlySet<string>;
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>;
  readonly directories: readonly string[];
  readonly modules: readonly TypedFact<'go.module'>[];
}

interface Known {
  readonly inputs: readonly unknown[];
  readonly programs: readonly GoProgram[];
}
const known = new WeakMap<object, Known>();

/** The services of the workspace, in path order. Reads `go.file`, `go.main`, `go.module`, `http.server`, `http.route`. */
export function servicesOf(facts: FactView): readonly GoProgram[] {
  const files = allFacts(facts, 'go.file');
  const starts = allFacts(facts, 'http.server');
  const inputs = [
    starts,
    allFacts(facts, 'go.main'),
    allFacts(facts, 'go.module'),
    allFacts(facts, 'http.route'),
    allFacts(facts, 'service.framework'),
    allFacts(facts, 'loopback.address'),
  ];
  if (starts.length === 0) return [];
  const cached = known.get(files);
  if (cached?.inputs.every((input, index) => input === inputs[index]) === true) return cached.programs;
  const programs = compute(facts, layoutOf(files, allFacts(facts, 'go.module')));
  known.set(files, { inputs, programs });
  return programs;
}

function layoutOf(goFiles: readonly TypedFact<'go.file'>[], modules: readonly TypedFact<'go.module'>[]): Layout {
  const files = new Set<string>();
  const imports = new Map<string, Set<string>>();
  for (const fact of goFiles) {
    const { constraint, role } = fact.value;
    if (role !== 'production' && role !== 'generated') continue;
    if (IGNORED_BUILD.test(constraint.replace(/!\s*\w+/g, ''))) continue;
    files.add(fact.key);
    const directory = directoryOf(fact.key);
    let own = imports.get(directory);
    if (own === undefined) {
      own = new Set();
      imports.set(directory, own);
    }
    for (const path of fact.value.imports) own.add(path);
  }
  return { files, imports, modules, directories: [...imports.keys()] };
}

/** The nearest module around a directory, or null. */
function moduleOf(layout: Layout, directory: string): TypedFact<'go.module'> | null {
  let best: TypedFact<'go.module'> | null = null;
  for (const module of layout.modules) {
    const root = module.value.directory;
    if (root !== '' && directory !== root && !directory.startsWith(`${root}/`)) continue;
    if (best === null || root.length > best.value.directory.length) best = module;
  }
  return best;
}

/** Directory of the workspace that an import path stands for, or null. */
function directoryOfImport(layout: Layout, path: string): string | null {
  let best: string | null = null;
  let length = -1;
  for (const module of layout.modules) {
    if (module.key.length <= length || (path !== module.key && !path.startsWith(`${module.key}/`))) continue;
    length = module.key.length;
    const below = path.slice(module.key.length + 1);
    const root = module.value.directory;
    best = below === '' ? root : root === '' ? below : `${root}/${below}`;
  }
  return best;
}

/** Everything below a directory: how far a program reaches when no go.mod tells what its imports stand for. */
function below(layout: Layout, main: string): Set<string> {
  const known = new Set(layout.directories);
  const result = new Set([main]);
  const pending = [main];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const path of layout.imports.get(directory) ?? []) {
      // Without a module the longest tail of the path that is a directory is the package.
      if (stdlibPackage(path) !== null) continue;
      const segments = path.split('/');
      for (let cut = 0; cut < segments.length; cut++) {
        const tail = segments.slice(cut).join('/');
        const match = known.has(tail) ? tail : layout.directories.find((item) => item.endsWith(`/${tail}`));
        if (match === undefined) continue;
        if (!result.has(match)) {
          result.add(match);
          pending.push(match);
        }
        break;
      }
    }
  }
  return result;
}

/** Import paths of all packages that a main package reaches in the workspace, its own included. */
export function importsOfMain(facts: FactView, main: string): ReadonlySet<string> {
  const layout = layoutOf(allFacts(facts, 'go.file'), allFacts(facts, 'go.module'));
  return new Set([...reachOf(layout, main)].flatMap((directory) => [...(layout.imports.get(directory) ?? [])]));
}

function reachOf(layout: Layout, main: string): Set<string> {
  if (moduleOf(layout, main) === null) return below(layout, main);
  const result = new Set([main]);
  const pending = [main];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const path of layout.imports.get(directory) ?? []) {
      const target = directoryOfImport(layout, path);
      if (target === null || result.has(target) || !layout.imports.has(target)) continue;
      result.add(target);
      pending.push(target);
    }
  }
  return result;
}

/** What the name of a shared library says about the controls that it may hold. */
const SHARED =
  /(?:^|[/_.-])(?:go)?(?:log|logs|logger|logging|logx?|metrics?|monitor\w*|observ\w*|telemetry|tracing|trace|server|httpd?|httpserver|httputil|web|rest|grpc\w*|middleware\w*|health\w*|signals?|graceful|shutdown|lifecycle|service|runtime|bootstrap|\w*kit|common|commons|core|utils?|framework|base|foundation|limiter|ratelimit\w*)(?:$|[/_.-])/i;

/** Packages of the same owner that the workspace does not hold and whose names sound like shared infrastructure. */
function sharedLibraries(layout: Layout, module: string, directories: ReadonlySet<string>): string[] {
  const [host, owner] = module.split('/');
  if (host === undefined || owner === undefined || !host.includes('.')) return [];
  const prefix = `${host}/${owner}/`;
  const found = new Set<string>();
  for (const directory of directories) {
    for (const path of layout.imports.get(directory) ?? []) {
      if (
        path.startsWith(prefix) &&
        directoryOfImport(layout, path) === null &&
        SHARED.test(path.slice(prefix.length))
      ) {
        found.add(path);
      }
    }
  }
  return [...found].sort();
}

function compute(facts: FactView, layout: Layout): GoProgram[] {
  const mains = allFacts(facts, 'go.main').filter(
    ({ place: { path } }) => layout.files.has(path) && isDeployedPath(path),
  );
  const reaches = mains.map((main) => reachOf(layout, directoryOf(main.place.path)));
  // A listener whose package speaks of this machine's address serves others only when somebody says so.
  const local = new Set(
    allFacts(facts, 'loopback.address').flatMap(({ place, value }) =>
      value.listens && layout.files.has(place.path) ? [directoryOf(place.path)] : [],
    ),
  );
  const groups = new Map<
    string,
    { readonly members: readonly number[]; readonly starts: TypedFact<'http.server'>[] }
  >();
  for (const start of allFacts(facts, 'http.server')) {
    if (!layout.files.has(start.place.path) || start.value.exposure === 'loopback') continue;
    const directory = directoryOf(start.place.path);
    if (start.value.exposure === 'unknown' && local.has(directory)) continue;
    const members = reaches.flatMap((reach, index) => (reach.has(directory) ? [index] : []));
    if (members.length === 0) continue;
    const key = members.join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { members, starts: [start] });
    else group.starts.push(start);
  }
  const frameworks = allFacts(facts, 'service.framework');
  const routes = allFacts(facts, 'http.route').filter((route) => layout.files.has(route.place.path));
  return [...groups.values()].map(({ members, starts }): GoProgram => {
    const directories = new Set(members.flatMap((index) => [...reaches[index]!]));
    const own = new Set(members.map((index) => directoryOf(mains[index]!.place.path)));
    const module = moduleOf(layout, directoryOf(mains[members[0]!]!.place.path));
    const isOwn = (fact: { readonly place: { readonly path: string } }): boolean =>
      own.has(directoryOf(fact.place.path));
    return {
      language: 'go',
      mains: members.map((index) => mains[index]!),
      directories,
      files: layout.files,
      component: module?.value.directory ?? '',
      starts: [...starts.filter(isOwn), ...starts.filter((start) => !isOwn(start))],
      routes: routes.filter((route) => route.value.purpose === 'app' && directories.has(directoryOf(route.place.path))),
      opaque: module === null ? [] : sharedLibraries(layout, module.key, directories),
      framework: frameworks.find((fact) => isIn(layout, directories, fact))?.key ?? '',
      goVersion: module?.value.goVersion ?? '',
    };
  });
}

function isIn(
  layout: Layout,
  directories: ReadonlySet<string>,
  fact: { readonly place: { readonly path: string } },
): boolean {
  return layout.files.has(fact.place.path) && directories.has(directoryOf(fact.place.path));
}

/** Facts of a name in the code of a program, in path order. */
export function evidence<N extends FactName>(facts: FactView, program: GoProgram, name: N): readonly TypedFact<N>[] {
  return allFacts(facts, name).filter(
    ({ place: { path } }) => program.files.has(path) && program.directories.has(directoryOf(path)),
  );
}

/** Facts that every judge about services has to read so that it exists and runs again. */
export const SERVICE_FACTS = ['http.server'] as const;

/** Where a control of requests belongs, and where it is missed. */
export interface Front {
  readonly place: Place;
  /** Where a further route can be registered in the file of the place; null when that is not simple. */
  readonly beside: Beside | null;
}

/** A place for a statement that registers a route on the outermost router. */
export interface Beside {
  readonly framework: string;
  /** Expression of the router, '' for http.DefaultServeMux. */
  readonly router: string;
  /** Path of the file, for its imports. */
  readonly path: string;
  /** The edit that inserts a statement, written without indentation. */
  insert(statement: string): FixEdit;
}

/**
 * The front of a program: the creation of a router that routes are registered on right there, else the creation of its
 * first router, else its first route, else the first start of a server. Packages of mains come first, then those that
 * start servers, and among them those with most routes.
 */
export function frontOf(facts: FactView, program: GoProgram): Front {
  const own = new Set(program.mains.map((main) => directoryOf(main.place.path)));
  const isProduction = (fact: { readonly place: Place }): boolean => facts.role(fact.place.path) === 'production';
  const served = new Set(program.starts.map((start) => directoryOf(start.place.path)));
  const rank = (fact: { readonly place: Place }): number => {
    const directory = directoryOf(fact.place.path);
    return own.has(directory) ? 0 : served.has(directory) ? 1 : 2;
  };
  // Among packages of one rank the one with most routes is the front; a lone route may serve diagnostics.
  const counts = new Map<string, number>();
  for (const { place } of program.routes) {
    const directory = directoryOf(place.path);
    counts.set(directory, (counts.get(directory) ?? 0) + 1);
  }
  const routesOf = (fact: { readonly place: Place }): number => counts.get(directoryOf(fact.place.path)) ?? 0;
  const byRank = <T extends { readonly place: Place }>(list: readonly T[]): T[] =>
    list.filter(isProduction).sort((a, b) => rank(a) - rank(b) || routesOf(b) - routesOf(a));
  const routes = byRank(program.routes);
  const routers = byRank(evidence(facts, program, 'http.router'));
  const best = routers.filter((router) => directoryOf(router.place.path) === directoryOf(routers[0]!.place.path));
  const first =
    best.find((router) => routes.some((route) => isInDeclaration(route.place, router.place))) ??
    routers[0] ??
    routes[0];
  if (first === undefined) return { place: (program.starts[0] ?? program.routes[0])!.place, beside: null };
  const route = evidence(facts, program, 'http.route').find(
    ({ place, value }) =>
      place.path === first.place.path && value.root && value.before !== null && SNIPPET_FRAMEWORKS.has(value.framework),
  );
  if (route !== undefined) return { place: first.place, beside: besideRoute(route) };
  const router = routers.find(
    ({ place, key, value }) =>
      place.path === first.place.path && value.after !== null && key !== 'chi' && SNIPPET_FRAMEWORKS.has(key),
  );
  return { place: first.place, beside: router === undefined ? null : besideRouter(router) };
}

function isInDeclaration(inner: Place, other: Place): boolean {
  return inner.path === other.path && inner.anchor === other.anchor;
}

const SNIPPET_FRAMEWORKS: ReadonlySet<string> = new Set([
  'net/http',
  'gorilla',
  'chi',
  'gin',
  'echo',
  'fiber',
  'httprouter',
]);

/** Before a registration and its comment. */
function besideRoute(route: TypedFact<'http.route'>): Beside {
  const { framework, router, commented } = route.value;
  const { indent, start, end } = route.value.before!;
  return {
    framework,
    router,
    path: route.place.path,
    insert: (statement) => ({
      kind: 'replaceAt',
      place: placeIn(route, { start, end }),
      newText: `${statement.replaceAll('\n', `\n${indent}`)}${commented ? '\n\n' : '\n'}${indent}`,
    }),
  };
}

/** Behind the creation of the router. */
function besideRouter(router: TypedFact<'http.router'>): Beside {
  const { indent, start, end } = router.value.after!;
  return {
    framework: router.key,
    router: router.value.variable,
    path: router.place.path,
    insert: (statement) => ({
      kind: 'replaceAt',
      place: placeIn(router, { start, end }),
      newText: `\n${indent}${statement.replaceAll('\n', `\n${indent}`)}`,
    }),
  };
}

/** Whether the program is written for a Go version that is not older than `1.minor`; true when go.mod does not tell. */
export function supportsGo(program: GoProgram, minor: number): boolean {
  const match = /^1\.(\d+)/.exec(program.goVersion);
  return match === null || Number(match[1]) >= minor;
}

/** Whether shared libraries outside of the workspace may hold a control whose name matches. */
export function mayBeShared(program: GoProgram, control: RegExp): boolean {
  return program.opaque.some((path) => control.test(path) || GENERAL.test(path));
}

const GENERAL =
  /(?:^|[/_.-])(?:go)?(?:server|service|web|httpd?|\w*kit|common|commons|core|framework|base|foundation|runtime|bootstrap)(?:$|[/_.-])/i;

/** Whether the program serves requests of its own: routes, or gRPC services. */
export function servesRequests(program: GoProgram): boolean {
  return program.routes.length > 0 || program.starts.some((start) => start.key === 'grpc');
}

/** Whether the program serves HTTP routes, not gRPC alone: a gateway's routes may be generated. */
export function servesHttp(program: GoProgram): boolean {
  return program.routes.length > 0 && program.starts.some((start) => start.key !== 'grpc');
}

/** Says of each place once that it was seen: several programs may share a router. */
export function firstTime(): (place: Place) => boolean {
  const seen = new Map<Place['anchor'], Set<string>>();
  return (place) => {
    const key = `${place.path} ${place.span.start} ${place.span.end}`;
    const ofAnchor = seen.get(place.anchor) ?? new Set();
    seen.set(place.anchor, ofAnchor);
    if (ofAnchor.has(key)) return false;
    ofAnchor.add(key);
    return true;
  };
}
