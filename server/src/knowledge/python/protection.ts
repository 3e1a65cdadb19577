/**
 * Puts together what stands in front of each route of a Python program, across files that include routers, and whether
 * the program tells at all who sends a request. Made for judges. What cannot be followed is `unknown`, never open:
 * methods of classes, routers of other modules, middleware and decorators whose code is not in the workspace.
 */
import type { FactView } from '../../core/rulekit/rule.ts';
import type { TypedFact } from '../facts.ts';
import { type Opinion, type Protection, type Protections, type Route, rememberOpinions } from '../go/protection.ts';
import { evidence, type GoProgram } from '../go/services.ts';
import { ASKS_WHO } from './authentication.ts';

/** Dependencies, decorators and middleware that certainly do something else. */
const HARMLESS =
  /(?:^|[._(])(?:get_)?(?:async_)?(?:db|database|session|engine|repo\w*|settings|config|pag\w*|query\w*|limit\w*|logger|cache\w*|redis|client|params?|common\w*|rate\w*|cross_origin|inject|wraps|timed|trace\w*|metric\w*|swag\w*|doc\w*|response|expect|marshal\w*|use_\w+|validate|schema|csrf_exempt|csrf_protect|transaction\w*|atomic|staticmethod|classmethod|property|cbv|api|ns|app|router|blp|bp|route|exception_handler|cors\w*)\b|CORS|GZip|Brotli|TrustedHost|HTTPSRedirect|Log|Metric|Prom|Trac|Timing|Time|Error|Exception|SessionMiddleware|Rate|Limit|Header|Correlation|RequestI[dD]|Profil|Sentry|Cache|Proxy|Context|Size|Locale|I18n|Session(?:Dep)?$|Request$|Response$|BackgroundTasks|UploadFile|WebSocket$|(?:get|make|provide|build|create|init)_\w*(?:db|session|service|repo\w*|client|store|engine|manager|conn\w*|agent|model|llm|settings|config)\b/;
/** Types of parameters that are no dependencies. */
const PLAIN_TYPE =
  /^(?:str|int|float|bool|bytes|dict|list|set|tuple|Any|Optional|List|Dict|Union|UUID|datetime|date|Path|EmailStr|Literal|Query|Body|Form|File|Annotated)\b/;

function opinionOf(facts: FactView, guard: string): Opinion {
  // A router of a class of the workspace may bring anything.
  if (/^[.:]\w/.test(guard)) return 'unknown';
  const parameter = /^\w+: ([\s\S]*)$/.exec(guard);
  const text = parameter?.[1] ?? guard;
  if (parameter !== null && PLAIN_TYPE.test(text) && !/Depends|Security/.test(text)) return 'harmless';
  if (ASKS_WHO.test(parameter === null ? guard : text)) return 'authenticates';
  const names = [...text.matchAll(/[A-Za-z_]\w*/g)]
    .map((match) => match[0])
    .filter((name) => !/^(?:Depends|Security|Annotated)$/.test(name));
  const last = parameter === null && !/Depends|Security/.test(text) ? names.slice(0, 3) : names.slice(0, 4);
  let known = false;
  for (const name of last) {
    for (const { value } of facts.lookup('auth.function', name) as readonly TypedFact<'auth.function'>[]) {
      if (value.credential || value.rejects || ASKS_WHO.test(value.calls)) return 'authenticates';
      known = true;
    }
  }
  // An annotation that is no alias of a dependency is a body or a part of the request.
  if (parameter !== null) return known || !/Depends|Security/.test(text) ? 'harmless' : 'unknown';
  return known || HARMLESS.test(text) ? 'harmless' : 'unknown';
}

/** `api/items.py` is `items`, `api/items/__init__.py` and `api/items/routes.py` are about items as well. */
function stemsOf(path: string): readonly string[] {
  const parts = path.replace(/(?:\/__init__)?\.py$/, '').split('/');
  const last = parts.at(-1) ?? '';
  const isGeneral = /^(?:routes?|views?|api|router|routers|endpoints?|main|app|urls|handlers?|controllers?)$/.test(
    last,
  );
  return (isGeneral ? [parts.at(-2) ?? ''] : [last]).filter((stem) => stem.length > 2);
}

/** The protections of a Python program's routes. */
export function pythonProtectionsOf(facts: FactView, program: GoProgram): Protections {
  const { opinion, worst } = rememberOpinions((guard) => opinionOf(facts, guard));
  const found = evidence(facts, program, 'auth.evidence');
  const guards = evidence(facts, program, 'http.guard');
  const roots = evidence(facts, program, 'http.router');
  const isRoot = (name: string, path: string): boolean =>
    roots.some(({ value, place }) => value.variable === name && place.path === path);
  const rootNames = new Set(roots.map(({ value }) => value.variable).filter((name) => name !== ''));
  const stems = new Set(program.routes.flatMap(({ place }) => stemsOf(place.path)));
  /** What stands in front of everything: middleware of an application, and of what is not known. */
  const global = guards.filter(
    ({ value }) =>
      rootNames.has(value.router) || value.router === '' || /^(?:app|application|self\.app)$/.test(value.router),
  );
  const middleware = evidence(facts, program, 'http.middleware');
  const everywhere = worst([...global.map(({ key }) => key), ...middleware.map(({ key }) => key)]);

  /** What the router of a route stands behind. */
  const routerOf = ({ value: { router }, place: { path } }: Route): Opinion => {
    const own = guards.filter((guard) => guard.value.router === router && guard.place.path === path);
    const here = worst(own.map(({ key }) => key));
    if (here !== 'harmless' || isRoot(router, path)) return here;
    const isMade = (facts.lookup('http.mount', router) as readonly TypedFact<'http.mount'>[]).some(
      ({ value, place }) => value.on === '' && place.path === path,
    );
    if (!isMade) return 'unknown';
    const mine = stemsOf(path);
    let result: Opinion = 'harmless';
    for (const { key, value, place } of guards) {
      if (place.path === path && value.router === router) continue;
      if (rootNames.has(value.router) || opinion(key) === 'harmless') continue;
      if (mine.some((stem) => value.router.includes(stem))) return 'authenticates';
      // A router that is made where it is guarded, or is about no file with routes, may hold this one.
      const isMadeThere = (facts.lookup('http.mount', value.router) as readonly TypedFact<'http.mount'>[]).some(
        (mount) => mount.value.on === '' && mount.place.path === place.path,
      );
      if (isMadeThere && value.router !== router) result = 'unknown';
      if (![...stems].some((stem) => value.router.includes(stem))) result = 'unknown';
    }
    return result;
  };
  const handlerOf = (route: Route): Opinion => {
    const { target } = route.value;
    const functions = (facts.lookup('auth.function', target) as readonly TypedFact<'auth.function'>[]).filter(
      ({ place }) => place.path === route.place.path,
    );
    if (target === '' || functions.length === 0 || functions.some(({ value }) => !value.wraps)) return 'unknown';
    return functions.some(
      ({ value }) => value.credential || value.rejects || (value.calls !== '' && ASKS_WHO.test(value.calls)),
    )
      ? 'authenticates'
      : functions.some(({ value }) => CHECKED.test(value.calls))
        ? 'authenticates'
        : 'harmless';
  };
  return {
    evidence: found,
    wrapped: everywhere !== 'harmless',
    of(route): Protection {
      const own = worst(route.value.guards);
      if (own === 'authenticates') return 'guarded';
      const router = routerOf(route);
      if (router === 'authenticates') return 'guarded';
      const handler = handlerOf(route);
      if (handler === 'authenticates') return 'checked';
      return own === 'harmless' && router === 'harmless' && handler === 'harmless' ? 'open' : 'unknown';
    },
  };
}

/** What authentication.ts writes down of bodies that deal with users. */
const CHECKED =
  /current_user|request\.user|g\.user|is_authenticated|session(?:\[|\.get)|40[13]|Unauthorized|Forbidden|user_info/i;
