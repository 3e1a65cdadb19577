/**
 * Go packages and Python modules with logic that no test runs. It counts packages and modules, not lines: whether a test is good or reaches everything
 * is not asked. A package that only tests of other packages import is reported with less weight.
 */

import { filePlace } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import type { GoDeclaration, GoFunctionFact, GoImportFact, GoPackageFile } from '../../../languages/go/symbols.ts';
import { isExported } from '../../../languages/go/syntax.ts';
import { judgePython, PYTHON_UNIT, pythonDetectors } from './python.ts';

/** Names that `go test` runs and that check something: benchmarks only measure. */
const CHECKS = /^(?:Test|Fuzz|Example)(?!\p{Ll})/u;
/** Functions in a new test file: enough to begin with. */
const SKELETON_LIMIT = 5;

interface NamedFunction {
  readonly key: string;
  readonly declaration: GoFunctionFact;
}

/** Functions and methods of the package's production code. */
function productionFunctions(facts: FactView): readonly NamedFunction[] {
  return facts.get('go.decl').flatMap(({ key, value, place }): NamedFunction[] => {
    const declaration = value as GoDeclaration;
    if (declaration.kind !== 'func' && declaration.kind !== 'method') return [];
    if (declaration.test || facts.role(place.path) !== 'production') return [];
    return [{ key, declaration }];
  });
}

/** Methods that say what a value is; without a decision inside there is nothing to test. */
const DESCRIPTIVE = /\.(?:Error|String|GoString|Unwrap)$/;

/** Whether there is something to test: in a command, more than functions that only put others to work. */
function hasLogic(packageName: string, functions: readonly NamedFunction[]): boolean {
  return functions.some(({ key, declaration: { body, branches } }) =>
    packageName === 'main' || DESCRIPTIVE.test(key) ? branches : body,
  );
}

/** Names as `httptest`, `storagetesting` and `mocks`. */
const TEST_SUPPORT = /^(?!latest$|contest$|attest$|protest$)\w*(?:test|tests|testing|testutils?|mocks?|fakes?)$/;

/** Whether the package exists for tests: it is called so, or its code takes part in them. */
function isTestSupport(packageName: string, files: readonly Fact[]): boolean {
  if (TEST_SUPPORT.test(packageName)) return true;
  return files.some(({ value }) =>
    (value as GoPackageFile).imports.some(
      ([, path]) => path === 'testing' || path.startsWith('github.com/stretchr/testify/'),
    ),
  );
}

/** Whether the package has a test of its own in a file that is built. */
function isTested(facts: FactView): boolean {
  return facts.get('go.decl').some(({ key, value }) => {
    const { kind, test, constraint } = value as GoDeclaration;
    return kind === 'func' && test && key !== 'TestMain' && CHECKS.test(key) && !/\bignore\b/.test(constraint);
  });
}

/** Import path of the package by its nearest go.mod; null without one. */
function importPathOf(directory: string, modules: readonly Fact[]): string | null {
  let best: { readonly path: string; readonly directory: string } | null = null;
  for (const { key, place } of modules) {
    const root = directoryOf(place.path);
    const holds = root === '' || directory === root || directory.startsWith(`${root}/`);
    if (holds && (best === null || root.length > best.directory.length)) best = { path: key, directory: root };
  }
  if (best === null) return null;
  const rest = best.directory === '' ? directory : directory.slice(best.directory.length + 1);
  return rest === '' ? best.path : `${best.path}/${rest}`;
}

/** A test of another package that imports this one. */
function outsideTest(facts: FactView): Fact | undefined {
  const path = importPathOf(facts.partition, facts.all('go.module'));
  if (path === null) return undefined;
  return facts.lookup('go.import', path).find(({ value, place }) => {
    const { name, test } = value as GoImportFact;
    return test && name !== '_' && directoryOf(place.path) !== facts.partition;
  });
}

function testName(key: string): string {
  const name = key.replace('.', '_');
  return `Test${name[0]!.toUpperCase()}${name.slice(1)}`;
}

/** A test file with a skipped test for some functions, exported ones if there are any. */
function skeleton(packageName: string, directory: string, functions: readonly NamedFunction[]): readonly Fix[] {
  const callable = functions.filter(({ key, declaration }) => declaration.body && !/^(?:main|init|_)$/.test(key));
  const exported = callable.filter(({ key }) => key.split('.').every(isExported));
  const chosen = (exported.length > 0 ? exported : callable).slice(0, SKELETON_LIMIT);
  if (chosen.length === 0) return [];
  const tests = new Map(
    chosen.map(({ key }) => [
      testName(key),
      `func ${testName(key)}(t *testing.T) {\n\tt.Skip("not written yet: call ${key} and check what it does")\n}\n`,
    ]),
  );
  const file = `${packageName}_test.go`;
  return [
    {
      title: `Create a test file for package ${packageName}`,
      safety: 'suggestion',
      edits: [
        {
          kind: 'create',
          path: directory === '' ? file : `${directory}/${file}`,
          content: `package ${packageName}\n\nimport "testing"\n\n${[...tests.values()].join('\n')}`,
        },
      ],
    },
  ];
}

function displayName(packageName: string, directory: string): string {
  return packageName === 'main' && directory !== '' ? `main (${directory})` : packageName;
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeGo(facts);
  yield* judgePython(facts);
}

function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  const files = facts.get('go.package').filter(({ value, place }) => {
    const { test, constraint } = value as GoPackageFile;
    return !test && !/\bignore\b/.test(constraint) && facts.role(place.path) === 'production';
  });
  const first = files[0];
  if (first === undefined) return;
  const packageName = (first.value as GoPackageFile).package;
  const functions = productionFunctions(facts);
  if (isTestSupport(packageName, files) || !hasLogic(packageName, functions)) return;
  const subject = filePlace(first.place.path);
  if (isTested(facts)) {
    yield { kind: 'pass', subject };
    return;
  }
  const outside = outsideTest(facts);
  yield {
    kind: 'fail',
    subject,
    message: outside === undefined ? 'untested' : 'indirect',
    args: { package: displayName(packageName, facts.partition), test: outside?.place.path ?? '' },
    fixes: skeleton(packageName, facts.partition, functions),
    ...(outside === undefined
      ? {}
      : { severity: 'low', related: [{ place: outside.place, message: 'This test uses it.' }] }),
  };
}

export const rule = defineRule({
  id: 'untested-module',
  title: 'Code without tests',
  category: 'testing',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A Go package has functions, but no test, fuzz test or example of its own. Packages that only declare types, constants or data are left out, and so are generated code and commands that decide nothing themselves. When tests of another package import it, the finding has less weight. In Python a module has functions that decide something, and no test imports it or names any of them; or tests name hardly any method of a class. Where tests run the whole application, nothing is said of Python modules.',
    why: 'A change that breaks the package is noticed by users first. Tests that reach it only through another package say that something is wrong, but seldom what, and leave out what the other package does not use.',
    howToFix: 'Begin with what is most costly when it breaks: decisions, parsing, money, permissions.',
    howToFixIn: {
      go: 'Add a `_test.go` file beside the code. Logic of a command is easier to test in a package of its own that `main` calls.',
      python: 'Add a `test_*.py` that pytest collects.',
    },
    refs: ['testing: https://pkg.go.dev/testing', 'pytest: https://docs.pytest.org'],
  },
  messages: {
    untested: 'Package {package} has no tests; write one for what would hurt most if it broke.',
    module: 'No test imports {module} or names anything in it; write one for what would hurt most if it broke.',
    modules: 'No test imports any of the {count} modules in {package}; write one for what would hurt most if it broke.',
    function: 'No test imports this module or names {name}; write one for it.',
    methods: 'No test names {count} of the {total} larger methods of {name} ({methods}); write tests for them.',
    indirect: 'Package {package} has no tests of its own, only those of others such as {test}; test it where it is.',
  },
  effort: { each: [60, 240] },
  fix: 'sometimes',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.package', PYTHON_UNIT], judge },
});
