/** Services with an HTTP interface that nothing describes for its clients: no OpenAPI, no schema, no generated reference. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../../../knowledge/facts.ts';
import type { ServiceComponent } from '../../../knowledge/go/components.ts';
import { ANY_SERVICE_FACTS, anyComponentsOf } from '../../../knowledge/services.ts';

type Route = TypedFact<'http.route'>;

/** Fewer routes are a form, a callback or a page. */
const FEWEST_ROUTES = 3;

/** Whether routes answer programs, not browsers: their paths say so, or their packages write JSON and no pages. */
function isInterface(facts: FactView, component: ServiceComponent): boolean {
  if (component.routes.some((route) => /(?:^|\/)(?:api|rest|rpc|v\d+)(?:\/|$)/.test(route.key))) return true;
  if (component.programs.some(({ language }) => language === 'python')) return false;
  const directories = new Set(component.routes.map((route) => directoryOf(route.place.path)));
  const handled = new Set(component.programs.flatMap((program) => [...program.directories]));
  let json = false;
  for (const { key, value } of allFacts(facts, 'go.file')) {
    if (value.role !== 'production') continue;
    const directory = directoryOf(key);
    if (!directories.has(directory) && !handled.has(directory)) continue;
    if (
      value.imports.some((path) => path === 'html/template' || /a-h\/templ$|flosch\/pongo2|CloudyKit\/jet/.test(path))
    )
      return false;
    if (directories.has(directory))
      json ||= value.imports.some((path) =>
        /^encoding\/json$|gin-gonic\/gin$|labstack\/echo|gofiber\/fiber|go-chi\/render|sonic$|jsoniter/.test(path),
      );
  }
  return json;
}

/** Whether paths of a document are those of most routes. */
function lists(paths: readonly string[], routes: readonly Route[]): boolean {
  const shape = (path: string): string => path.replace(/:\w+|\{[^}]*\}/g, '{}').replace(/\/$/, '');
  const known = paths.map(shape);
  const named = routes.filter(({ key }) => {
    const path = shape(key.replace(/^[A-Z]+\s+/, '').replace(/^[^/]*/, ''));
    return path !== '' && known.some((other) => other.endsWith(path));
  });
  return named.length * 2 >= routes.length;
}

/** The path of a route as OpenAPI writes it, or null when it is not known. */
function openApiPath(route: Route): string | null {
  const path = route.key.replace(/^[A-Z]+\s+/, '').replace(/^[^/]*/, '');
  if (path === '' || /[*%]/.test(path)) return null;
  return path
    .replace(/:(\w+)/g, '{$1}')
    .replace(/\{(\w+):[^}]*\}/g, '{$1}')
    .replace(/\{\$\}|\.\.\.(?=\})/g, '');
}

/** A description with every route and nothing that is not known. */
function scaffold(component: ServiceComponent): readonly Fix[] {
  const methods = new Map<string, Set<string>>();
  for (const route of component.routes) {
    const path = openApiPath(route);
    if (path === null) return [];
    const method = (route.value.method === '' ? 'GET' : route.value.method).toLowerCase();
    if (!/^(?:get|post|put|patch|delete|head|options)$/.test(method)) continue;
    methods.set(path, (methods.get(path) ?? new Set()).add(method));
  }
  const paths = [...methods].map(([path, verbs]) => {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(
      ([, name]) => `      - name: ${name}\n        in: path\n        required: true\n        schema: {type: string}\n`,
    );
    const operations = [...verbs].map(
      (verb) => `    ${verb}:\n      responses:\n        "200":\n          description: OK\n`,
    );
    return `  ${path}:\n${parameters.length === 0 ? '' : `    parameters:\n${parameters.join('')}`}${operations.join('')}`;
  });
  const path = component.directory === '' ? 'openapi.yaml' : `${component.directory}/openapi.yaml`;
  return [
    {
      title: `Create ${path} with the registered routes`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'create',
          path,
          content: `openapi: 3.1.0\ninfo:\n  title: API\n  version: 0.1.0\npaths:\n${paths.join('')}`,
        },
      ],
    },
  ];
}

export const rule = defineRule({
  id: 'missing-api-docs',
  title: 'API without a description',
  category: 'documentation',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A service registers three or more routes for programs, but the workspace has no description of them: no OpenAPI, AsyncAPI, RAML or GraphQL document, no protocol buffers, no annotations or framework that generate one, no collection of requests. Where documents list the routes by hand the rule says nothing. Services that answer with pages are left out.',
    why: 'Whoever calls the service has to read its code, finds out about changes when calls fail, and can generate neither clients nor tests.',
    howToFix:
      'Describe the routes in an OpenAPI document, or generate it from the code, and check in the pipeline that it is up to date. The fix writes a document with the registered routes to begin with.',
    howToFixIn: {
      go: 'swaggo/swag and huma generate one.',
      python: 'FastAPI, drf-spectacular and apispec generate one.',
    },
    refs: ['https://spec.openapis.org/oas/latest.html', 'https://github.com/swaggo/swag'],
  },
  messages: {
    missing: 'Nothing describes this API of {count} routes; write an OpenAPI document or generate one from the code.',
  },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      for (const component of anyComponentsOf(facts)) {
        const [first] = component.routes;
        if (first === undefined || component.routes.length < FEWEST_ROUTES) continue;
        const descriptions = allFacts(facts, 'api.description').filter((fact) => component.concerns(fact));
        const described = descriptions.find((fact) => fact.key !== 'reference');
        if (described !== undefined) {
          yield { kind: 'pass', subject: first.place, note: described.place.path };
          continue;
        }
        const reference = descriptions.find((fact) => lists(fact.value.paths, component.routes));
        if (!isInterface(facts, component)) continue;
        if (reference !== undefined) {
          yield { kind: 'unknown', subject: first.place, note: `${reference.place.path} lists routes by hand.` };
          continue;
        }
        yield {
          kind: 'fail',
          subject: first.place,
          message: 'missing',
          args: { count: String(component.routes.length) },
          fixes: scaffold(component),
        };
      }
    },
  },
});
