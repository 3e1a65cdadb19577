/**
 * The services that are written in Python, by component: the directory of the nearest manifest. A component is a service
 * when its production code makes an application of a web framework, or registers routes of Django, or starts a server.
 * What belongs to it is all of its production code: imports are not followed.
 */
import { directoryOf } from '../../core/model/path.ts';
import { defineDerivation, type FactView } from '../../core/rulekit/rule.ts';
import { allFacts, placeIn, type TypedFact } from '../facts.ts';
import type { ServiceComponent } from '../go/components.ts';
import { joinPath } from '../go/deployments.ts';
import { type Beside, evidence, type Front, type GoProgram, isDeployedPath } from '../go/services.ts';
import { reachedFrom } from './entryPoints.ts';

/** Facts whose presence makes a workspace worth asking for services of any language. */
export const PYTHON_SERVICE_FACTS = ['http.router', 'http.route'] as const;

/** Directory of the nearest manifest of Python code around a path, '' for none. */
export function pythonHome(facts: FactView, path: string): string {
  const homes = facts.derive(manifestDirectories);
  for (let at = directoryOf(path); ; at = directoryOf(at)) {
    if (at === '' || homes.has(at)) return at;
  }
}

const manifestDirectories = defineDerivation(
  'python.manifests',
  (facts): ReadonlySet<string> =>
    new Set(
      allFacts(facts, 'python.manifest').flatMap(({ key, value: { directory } }) => {
        // A module of a package may be called `setup`.
        const isModule =
          key.endsWith('/setup.py') && facts.lookup('python.file', `${directory}/__init__.py`).length > 0;
        return isModule ? [] : [directory];
      }),
    ),
);

const programs = defineDerivation('python.services', (facts): readonly GoProgram[] => {
  const isPython = ({ place: { path } }: { readonly place: { readonly path: string } }): boolean =>
    path.endsWith('.py') && facts.role(path) === 'production' && isDeployedPath(path);
  const routers = allFacts(facts, 'http.router').filter(isPython);
  const starts = allFacts(facts, 'http.server').filter(isPython);
  const routes = allFacts(facts, 'http.route').filter(isPython);
  const frameworks = allFacts(facts, 'service.framework');
  const django = routes.filter(({ value }) => value.framework === 'django');
  const homes = new Set([...routers, ...starts, ...django].map(({ place }) => pythonHome(facts, place.path)));
  if (homes.size === 0) return [];
  const files = new Map<string, Set<string>>();
  for (const { key, value } of allFacts(facts, 'python.file')) {
    if (value.role !== 'production') continue;
    const home = pythonHome(facts, key);
    if (!homes.has(home)) continue;
    const own = files.get(home) ?? new Set();
    files.set(home, own.add(key));
  }
  return [...homes].sort().map((home): GoProgram => {
    const own = files.get(home) ?? new Set<string>();
    return {
      language: 'python',
      mains: [],
      directories: new Set([...own].map(directoryOf)),
      files: own,
      component: home,
      starts: starts.filter(({ place }) => own.has(place.path)),
      routes: routes.filter(({ place, value }) => value.purpose === 'app' && own.has(place.path)),
      opaque: [],
      framework: frameworks.find(({ place }) => own.has(place.path))?.key ?? '',
      goVersion: '',
    };
  });
});

/** The Python services of the workspace, one for each component, in path order. */
export function pythonServicesOf(facts: FactView): readonly GoProgram[] {
  return facts.derive(programs);
}

/** Components with a Python service that has routes. */
export function pythonComponentsOf(facts: FactView): readonly ServiceComponent[] {
  const services = pythonServicesOf(facts).filter(({ routes }) => routes.length > 0);
  const homes = new Set(services.map(({ component }) => component));
  return services.map(
    (program): ServiceComponent => ({
      directory: program.component,
      programs: [program],
      routes: program.routes,
      concerns({ place: { path } }) {
        const home = pythonHome(facts, path);
        // What stands apart may be about all.
        return home === program.component || !homes.has(home);
      },
    }),
  );
}

/**
 * The path of a route with the prefixes that are known: of its router, and of the places where that is included. A router
 * of another file is known by the name of its module.
 */
export function fullPathOf(facts: FactView, route: TypedFact<'http.route'>): string {
  const { router } = route.value;
  if (router === '' || !route.place.path.endsWith('.py')) return route.key;
  const { path } = route.place;
  const module = /([^/]*?)(?:\/__init__)?\.py$/.exec(path)?.[1] ?? '';
  const of = (key: string): readonly TypedFact<'http.mount'>[] =>
    facts.lookup('http.mount', key) as readonly unknown[] as readonly TypedFact<'http.mount'>[];
  const own = of(router).filter((mount) => mount.value.on === '' && mount.place.path === path);
  const included = [
    ...of(`${module}.${router}`),
    ...of(`${module}_${router}`),
    ...of(router).filter((mount) => mount.value.on !== '' && (mount.place.path === path || router !== 'router')),
  ];
  const prefixes = [included[0]?.value.prefix ?? '', own[0]?.value.prefix ?? ''];
  return [...prefixes, route.key].map((part) => part.replace(/\/+$/, '')).join('') || '/';
}

/** Names of files that show or try something beside the service, or write what describes it. */
const ASIDE =
  /(?:^|[/_-])(?:demo|example|sample|mock|fake|test|dummy|bench\w*|playground)s?(?:[/_.-])|(?:^|\/)(?:gen(?:erate)?|export|dump|make|write|update)_\w*\.py$|openapi/i;

/**
 * The applications of a program, the one with most routes first: those in files that also register routes, else the
 * first one. For Django, and where nothing makes an application, the first route of the outermost file with routes.
 */
export function pythonFrontsOf(facts: FactView, program: GoProgram): readonly Front[] {
  const counts = new Map<string, number>();
  for (const { place } of program.routes) counts.set(place.path, (counts.get(place.path) ?? 0) + 1);
  const depth = (path: string): number => path.split('/').length;
  const routers = evidence(facts, program, 'http.router')
    .filter(({ place: { path } }) => path.endsWith('.py') && facts.role(path) === 'production' && isDeployedPath(path))
    .map((router) => ({ router, routes: counts.get(router.place.path) ?? 0, aside: ASIDE.test(router.place.path) }))
    .sort(
      (a, b) =>
        Number(a.aside) - Number(b.aside) ||
        b.routes - a.routes ||
        depth(a.router.place.path) - depth(b.router.place.path),
    );
  const [first] = routers;
  if (first !== undefined) {
    const seen = new Set<string>();
    return routers
      .filter(({ routes, aside }, index) => index === 0 || (routes > 0 && !aside))
      .filter(({ router: { place } }) => !seen.has(place.path) && seen.add(place.path) !== undefined)
      .map(({ router }) => ({ place: router.place, beside: besideApplication(router) }));
  }
  const routes = program.routes
    .filter(({ place: { path } }) => facts.role(path) === 'production' && isDeployedPath(path))
    .sort((a, b) => depth(a.place.path) - depth(b.place.path));
  const place = routes[0]?.place ?? program.starts[0]?.place;
  return place === undefined ? [] : [{ place, beside: null }];
}

/** Behind `app = FastAPI()` at the top of a module. */
function besideApplication(router: TypedFact<'http.router'>): Beside | null {
  const { after, variable } = router.value;
  if (after === null || after.indent !== '' || !/^\w+$/.test(variable)) return null;
  return {
    framework: router.key,
    router: variable,
    path: router.place.path,
    insert: (statement) => ({
      kind: 'replaceAt',
      place: placeIn(router, { start: after.end, end: after.end }),
      newText: `${statement.includes('\n') ? '\n\n\n' : '\n'}${statement}`,
      endsLine: true,
    }),
  };
}

/** The services of compose files that run a program and publish its port to others, so that proxies can be gone around. */
export function publishedService(facts: FactView, program: GoProgram): TypedFact<'compose.service'> | undefined {
  return allFacts(facts, 'compose.service').find((service) => {
    const { build, ports } = service.value;
    if (build === null || facts.role(service.place.path) !== 'production') return false;
    if (/nginx|proxy|gateway|front|traefik|caddy|(?:^|[-_])(?:web-?)?ui$/i.test(service.key)) return false;
    const context = joinPath(directoryOf(service.place.path), build.context);
    if (context !== program.component) return false;
    return ports.some(({ host, address }) => host !== '' && !/^(?:127\.|localhost|\[::1\])/.test(address));
  });
}

/** Directories with what is run by hand beside a service. */
const BY_HAND =
  /(?:^|\/)(?:bin|docker|deploy\w*|dev|release|extras?|tools?|commands|cli|migrations|alembic|\.github|notebooks?)\//;

/**
 * The files of a program that run when it serves: what the files that make its applications import, everything of a
 * project of Django. Null when nothing tells where it begins.
 */
function served(facts: FactView, program: GoProgram): ReadonlySet<string> | null {
  if (program.routes.some(({ value }) => value.framework === 'django')) return null;
  const entries = new Set(
    [...evidence(facts, program, 'http.router'), ...program.starts]
      .map(({ place }) => place.path)
      .filter((path) => facts.role(path) === 'production' && isDeployedPath(path)),
  );
  if (entries.size === 0) return null;
  return reachedFrom(facts, entries);
}

/** What `served` says of each program: many judges ask for it, and following imports takes long. */
const servedByPrograms = defineDerivation(
  'python.served',
  (facts): ReadonlyMap<GoProgram, ReadonlySet<string> | null> =>
    new Map(facts.derive(programs).map((program) => [program, served(facts, program)])),
);

/** Whether the path of code says nothing against its being a part of a service: no example, and not run by hand. */
export function isServedPath(path: string): boolean {
  return isDeployedPath(path) && !BY_HAND.test(path) && !ASIDE.test(path);
}

/** Whether code at a path is a part of a program that serves, so that the program can be blamed for it. */
export function servedIn(facts: FactView, program: GoProgram): (path: string) => boolean {
  const known = facts.derive(servedByPrograms).get(program);
  const files = known === undefined ? served(facts, program) : known;
  return (path) => facts.role(path) === 'production' && isServedPath(path) && (files === null || files.has(path));
}
