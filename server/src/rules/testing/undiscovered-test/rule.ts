/** Functions that were written as tests but that the test runner does not find. */
import { filePlace } from '../../../core/model/location.ts';
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { ownFacts } from '../../../knowledge/facts.ts';
import { clashOf } from '../../../knowledge/python/pytest.ts';
import type { GoTypeFact } from '../../../languages/go/symbols.ts';
import { CANDIDATE, type CandidateFact, detectors, MENTIONS, SUITE_METHOD } from './go.ts';
import { pythonDetectors, REPEATED } from './python.ts';

const SUITE = 'github.com/stretchr/testify/suite.Suite';

/** How often the package names a function, its declaration included. */
function mentionsOf(facts: FactView, name: string): number {
  let count = 0;
  for (const { value } of facts.get(MENTIONS)) count += (value as Readonly<Record<string, number>>)[name] ?? 0;
  return count;
}

/** Of tests with one name in a file the last one stays: the others are replaced when the file is read. */
function* repeated(facts: FactView): Generator<WorkspaceVerdict> {
  const all = facts.get(REPEATED);
  const last = new Map(all.map((found) => [found.key, found]));
  for (const found of all) {
    if (last.get(found.key) === found || found.value === true) continue;
    const name = found.key.slice(found.key.lastIndexOf(' ') + 1);
    const message = found.value === 'class' ? 'class' : 'replaced';
    yield { kind: 'fail', subject: found.place, message, args: { name, better: '' } };
  }
}

/** pytest imports test modules by their names: of two in folders that are no packages it stops at the second one. */
function* clashing(facts: FactView): Generator<WorkspaceVerdict> {
  for (const module of ownFacts(facts, 'pytest.module')) {
    const other = clashOf(facts, module);
    if (other === null) continue;
    yield {
      kind: 'fail',
      subject: module.place,
      message: 'module',
      args: { name: module.key, better: other },
      related: [{ place: filePlace(other), message: 'This is the other one.' }],
    };
  }
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* repeated(facts);
  yield* clashing(facts);
  for (const found of facts.get(CANDIDATE)) {
    // Another test calls it, so it is a helper.
    if (mentionsOf(facts, found.key) > 1) continue;
    const message = found.value as CandidateFact;
    yield { kind: 'fail', subject: found.place, message, args: { name: found.key, better: upper(found.key) } };
  }
  const methods = facts.get(SUITE_METHOD);
  if (methods.length === 0) return;
  const runs = facts
    .get(MENTIONS)
    .flatMap(({ value }) => Object.keys(value as Readonly<Record<string, number>>))
    .filter((word) => word.startsWith('suite.Run('));
  const seen = new Set<string>();
  for (const { key, place } of methods) {
    if (seen.has(key)) continue;
    seen.add(key);
    const declared = facts.get('go.decl').find((item) => item.key === key)?.value as unknown as GoTypeFact | undefined;
    if (declared?.kind !== 'type' || !declared.embedded.some((type) => type?.replace(/^\*/, '') === SUITE)) continue;
    // A variable or a function may stand for the suite.
    if (runs.length > 0 || /^[Bb]ase|^[Cc]ommon|^[Aa]bstract/.test(key)) yield { kind: 'pass', subject: place };
    else yield { kind: 'fail', subject: place, message: 'suite', args: { name: key, better: '' } };
  }
}

function upper(name: string): string {
  return `Test${name.charAt(4).toUpperCase()}${name.slice(5)}`;
}

export const rule = defineRule({
  id: 'undiscovered-test',
  title: 'Test that the runner never runs',
  category: 'testing',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function is written as a test, but `go test` does not find it: its name goes on with a small letter, its file does not end in `_test.go`, or it is a method of a suite that nothing runs. In Python: a later test or test class of the same name replaces it, its file has the name of another one in a folder that is no package either (so that pytest stops when it collects both), it stands within another test, or its class has a constructor, which pytest does not call.',
    why: 'The tests are green although these checks have never run once.',
    howToFix: '',
    howToFixIn: {
      go: 'Name it `TestXxx` with a capital letter, put it into a file whose name ends in `_test.go`, and start suites with `suite.Run(t, new(MySuite))` from a test.',
      python:
        'Give each test a name of its own at the level of the module or class, make folders of tests packages (`__init__.py`) or use `--import-mode=importlib`, and set up in fixtures or `setup_method`.',
    },
    refs: [
      'go vet tests',
      'https://pkg.go.dev/testing',
      'https://docs.pytest.org/en/stable/explanation/pythonpath.html',
    ],
  },
  messages: {
    lower: 'go test does not run {name}, since a small letter follows Test; rename it to {better}.',
    file: 'go test does not look into this file, so {name} never runs; let the name of the file end in _test.go.',
    suite: 'No test runs the suite {name}, so its tests never run; call suite.Run(t, new({name})) in a test.',
    replaced: 'A later test is called {name} too and replaces this one, which never runs; rename one of the two.',
    class: 'A later class is called {name} too and replaces this one, whose tests never run; rename one of the two.',
    module:
      'pytest imports this file and {better} by the same name and stops here; rename it, or put an __init__.py beside both.',
    nested: '{name} stands within {better}, where no runner finds it; move it to the level of the module.',
    constructor:
      'pytest leaves out {name} because of its constructor, so that its tests never run; use setup_method or a fixture.',
  },
  fix: 'none',
  roles: ['production', 'test'],
  on: { go: detectors, python: pythonDetectors },
  workspace: { partition: 'directory', reads: [CANDIDATE, SUITE_METHOD, REPEATED, 'pytest.module'], judge },
});
