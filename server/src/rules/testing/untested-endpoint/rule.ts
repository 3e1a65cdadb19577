/**
 * Routes that no test reaches: neither their path nor the name of their handler occurs in the tests of the workspace.
 * Whether a test that mentions them checks anything is not asked.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineDerivation, defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../../../knowledge/facts.ts';
import { fullPathOf } from '../../../knowledge/python/services.ts';
import { ANY_SERVICE_FACTS, anyComponentsOf } from '../../../knowledge/services.ts';

type Route = TypedFact<'http.route'>;

const RELATED_LIMIT = 15;

interface TestIndex {
  /** Files of tests by segment of a path that they name. */
  readonly segments: ReadonlyMap<string, ReadonlySet<string>>;
  readonly names: ReadonlySet<string>;
  /** Names of test functions, in lower case. */
  readonly tests: readonly string[];
}

const testIndex = defineDerivation('untested-endpoint.tests', (facts): TestIndex => {
  const segments = new Map<string, Set<string>>();
  const names = new Set<string>();
  const tests = new Set<string>();
  for (const { key, value } of allFacts(facts, 'test.requests')) {
    for (const path of value.paths) {
      for (const segment of path.split('/')) {
        if (segment === '') continue;
        const files = segments.get(segment);
        if (files === undefined) segments.set(segment, new Set([key]));
        else files.add(key);
      }
    }
    for (const name of value.names) {
      names.add(stemOf(name));
      if (/^Test|^Fuzz|^Benchmark|^Example/.test(name)) tests.add(name.toLowerCase().replaceAll('_', ''));
    }
  }
  return { segments, names, tests: [...tests] };
});

/** What handlers, and the methods of clients that call them, have in common in their names. */
function stemOf(name: string): string {
  const stem = name
    .toLowerCase()
    .replaceAll('_', '')
    .replace(/^handle(?=\w)|handler(?:func)?$/g, '');
  return stem.length > 3 ? stem : name.toLowerCase();
}

/** Segments of a route's path that are the same in every request. */
function literalSegments(path: string): readonly string[] {
  const plain = path.replace(/^[A-Z]+\s+/, '').replace(/^[^/]*/, '');
  return plain.split('/').filter((segment) => /^[\w.~@%+-]+$/.test(segment));
}

/** Names of a handler by which a test could call it: of `auth(api.query)` it is `query`. */
function handlerNames(handler: string): readonly string[] {
  const found: string[] = [];
  for (const match of handler.matchAll(/[A-Za-z_]\w*/g)) {
    const next = handler.charAt(match.index + match[0].length);
    if (next !== '.' && next !== '(' && match[0].length > 2 && !/^(?:func|nil|true|false|http|string)$/.test(match[0]))
      found.push(match[0]);
  }
  if (found.length > 0) return found;
  const called = /([A-Za-z_]\w{2,})\([^()]*\)\W*$/.exec(handler)?.[1];
  return called === undefined ? [] : [called];
}

/** Whether tests reach a route; null when neither its path nor its handler has a name that could be found. */
function isTested({ value }: Route, key: string, index: TestIndex): boolean | null {
  const segments = literalSegments(key);
  const names = handlerNames(value.handler);
  const stems = names.map(stemOf);
  if (stems.some((stem) => index.names.has(stem))) return true;
  if (stems.some((stem) => stem.length > 3 && index.tests.some((test) => test.includes(stem)))) return true;
  // What is mounted at the root or below a wildcard is known to tests by its own paths, and one that is computed by others.
  if (segments.length === 0) return names.length > 0 && /[{:]/.test(key) && !/\*|\{\}/.test(key) ? false : null;
  const [first, ...rest] = segments.map((segment) => index.segments.get(segment));
  if (first === undefined) return false;
  for (const file of first) if (rest.every((files) => files?.has(file) === true)) return true;
  return false;
}

function nameOf({ value }: Route, full: string): string {
  const path = full.replace(/^[A-Z]+\s+/, '');
  return value.method === '' ? path : `${value.method} ${path}`;
}

/** A table test with a skipped case for each route; only when all of them are registered in one package. */
function skeleton(facts: FactView, component: string, routes: readonly Route[]): readonly Fix[] {
  const directory = directoryOf(routes[0]!.place.path);
  if (routes[0]!.place.path.endsWith('.py')) return pythonSkeleton(facts, component, routes);
  if (routes.some((route) => directoryOf(route.place.path) !== directory || literalSegments(route.key).length === 0))
    return [];
  const file = facts.lookup('go.file', routes[0]!.place.path)[0];
  const name = (file?.value as { readonly package?: string } | undefined)?.package;
  if (name === undefined) return [];
  const path = directory === '' ? 'routes_test.go' : `${directory}/routes_test.go`;
  const lines = new Set(
    routes.map((route) => {
      const target = route.key.replace(/^[A-Z]+\s+/, '').replace(/^[^/]*/, '');
      return `\t\t{${JSON.stringify(route.value.method === '' ? 'GET' : route.value.method)}, ${JSON.stringify(target)}},\n`;
    }),
  );
  const content = `package ${name}

import "testing"

func TestRoutes(t *testing.T) {
	for _, route := range []struct{ method, path string }{
${[...lines].join('')}	} {
		t.Run(route.method+" "+route.path, func(t *testing.T) {
			t.Skip("not written yet: send the request with httptest and check status and body")
		})
	}
}
`;
  return [
    {
      title: routes.length === 1 ? 'Create a test for the route' : `Create a test for ${routes.length} routes`,
      safety: 'suggestion',
      edits: [{ kind: 'create', path, content }],
    },
  ];
}

/** A parametrised test of pytest with a case for each route, skipped until it is written. */
function pythonSkeleton(facts: FactView, component: string, routes: readonly Route[]): readonly Fix[] {
  const path = component === '' ? 'tests/test_routes.py' : `${component}/tests/test_routes.py`;
  if (facts.lookup('python.file', path).length > 0) return [];
  const cases = new Set<string>();
  for (const route of routes) {
    const full = fullPathOf(facts, route);
    if (!/^[\w/{}.:~<>-]+$/.test(full)) continue;
    cases.add(`        ("${route.value.method === '' ? 'GET' : route.value.method}", "${full}"),\n`);
  }
  if (cases.size === 0) return [];
  const content = `import pytest


@pytest.mark.parametrize(
    ("method", "path"),
    [
${[...cases].join('')}    ],
)
def test_route(method: str, path: str) -> None:
    pytest.skip("not written yet: send the request with a test client and check status and body")
`;
  return [
    {
      title: cases.size === 1 ? 'Create a test for the route' : `Create a test for ${cases.size} routes`,
      safety: 'suggestion',
      edits: [{ kind: 'create', path, content }],
    },
  ];
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  for (const { directory, routes } of anyComponentsOf(facts)) {
    if (routes.length === 0) continue;
    const index = facts.derive(testIndex);
    const untested: Route[] = [];
    let tested = 0;
    for (const route of routes) {
      const reached = isTested(route, fullPathOf(facts, route), index);
      if (reached === false) untested.push(route);
      if (reached !== true) continue;
      tested++;
      yield { kind: 'pass', subject: route.place };
    }
    const [first, ...others] = untested;
    if (first === undefined) continue;
    yield {
      kind: 'fail',
      subject: first.place,
      message: others.length === 0 ? 'one' : 'several',
      args: {
        route: nameOf(first, fullPathOf(facts, first)),
        count: String(untested.length),
        total: String(untested.length + tested),
      },
      related: others.slice(0, RELATED_LIMIT).map((route) => ({
        place: route.place,
        message: `No test reaches ${nameOf(route, fullPathOf(facts, route))}.`,
      })),
      fixes: skeleton(facts, directory, untested),
      // Where most routes are tested a few others are a lesser risk.
      ...(tested > untested.length ? { severity: 'medium' as const } : {}),
    };
  }
}

export const rule = defineRule({
  id: 'untested-endpoint',
  title: 'Endpoint without a test',
  category: 'testing',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A service registers a route, but no test in the workspace names its path or its handler. There is one finding for each component, with the other routes as related places. Health, metrics, debug and static routes do not count, nor do routes whose path and handler are both computed.',
    why: 'A route is a promise to its clients. Its status codes, its body and above all who may call it can change without anybody noticing until a client breaks, or reads what it should not.',
    howToFix:
      'Send a request to the route in a test, with the test client of the framework, and check status and body; add a case without permission where there are permissions. The fix writes a table of the routes to begin with.',
    howToFixIn: {
      go: '`httptest.NewRecorder` and the router do so.',
      python: '`TestClient(app)` or `app.test_client()` do so.',
    },
    refs: ['https://pkg.go.dev/net/http/httptest', 'https://fastapi.tiangolo.com/tutorial/testing/'],
  },
  messages: {
    one: 'No test reaches the route {route}; send it a request in a test and check the answer.',
    several: '{count} of {total} routes are reached by no test, {route} among them; test what each of them answers.',
  },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: { partition: 'workspace', reads: ANY_SERVICE_FACTS, judge },
});
