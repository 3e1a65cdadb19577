/**
 * Python: modules with logic of which no test names anything, and classes most of whose methods no test names. What a test
 * reaches without naming it cannot be seen, so nothing is said where tests run the application as a whole.
 */
import { filePlace } from '../../../core/model/location.ts';
import type { Fact, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, type FactView, fact, type NodeDetector, SHORTEST_WORD } from '../../../core/rulekit/rule.ts';
import { importersOf } from '../../../knowledge/python/importers.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  basesOf,
  decoratorsOf,
  definedName,
  enclosingClass,
  isEmptyStatement,
  runningFunction,
  statementsOf,
} from '../../../languages/python/syntax.ts';

/** Key: name of a public function or method that decides something. */
export const PYTHON_UNIT = 'untested.python-unit';
type Unit = { readonly owner: string; readonly size: number };
/** Key: name of a class. */
const PYTHON_CLASS = 'untested.python-class';

/** Files that frameworks load, that only begin something, or that run by hand. */
const SKIPPED =
  /(?:^|\/)(?:__\w+__|setup|conftest|manage|wsgi|asgi|main|app|server|run\w*|start\w*|cli|admin|urls|routes?|routers?|views?|settings|config\w*|constants|version|_version|gunicorn\w*|noxfile|fabfile|locustfile|tasks|migrat\w*|seed\w*|generate\w*|init\w*)\.py$|(?:^|\/)(?:scripts?|bin|tools?|migrations?|alembic|management|docs?|examples?|notebooks?|benchmarks?|deploy\w*|templates?|\.[^/]+)\//i;
const PLAIN_DECORATOR =
  /^(?:staticmethod|classmethod|(?:functools\.)?(?:lru_cache|cache|wraps)\b|(?:contextlib\.)?(?:async)?contextmanager|(?:override|typing\.override|final))/;
/** A shorter function is seldom worth a test of its own. */
const SHORTEST_UNIT = 8;
/** A longer one is, even when it decides nothing. */
const LONG_UNIT = 12;

const units: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('name');
    if (name === null || name.text.startsWith('_') || runningFunction(node) !== null || SKIPPED.test(ctx.file.path))
      return;
    if (node.kind === 'class_definition') {
      if (enclosingClass(node) === null) yield fact(PYTHON_CLASS, `${ctx.file.path} ${name.text}`, null, name);
      return;
    }
    const owner = enclosingClass(node);
    if (owner !== null && (enclosingClass(owner) !== null || definedName(owner).startsWith('_'))) return;
    if (owner !== null && basesOf(owner).some((base) => /Protocol|ABC|TypedDict|Enum|Test/.test(base.text))) return;
    if (!decoratorsOf(node).every((decorator) => PLAIN_DECORATOR.test(decorator.text))) return;
    const size = node.text.split('\n').length;
    const decides =
      node.descendants(
        'if_statement',
        'for_statement',
        'while_statement',
        'try_statement',
        'conditional_expression',
        'boolean_operator',
        'list_comprehension',
      ).length > 0;
    if (size < SHORTEST_UNIT || (size < LONG_UNIT && !decides) || statementsOf(node).every(isEmptyStatement)) return;
    const value: Unit = { owner: owner === null ? '' : definedName(owner), size };
    yield fact(PYTHON_UNIT, name.text, value, name);
  },
};

export const pythonDetectors: readonly Detector[] = [units as NodeDetector];

/** Whether a test names it; of short names that cannot be told. */
function isNamed(facts: FactView, name: string): boolean {
  if (name.length < SHORTEST_WORD) return true;
  return facts.mentions('python.mentions', name).some((path) => facts.role(path) === 'test');
}

/** Functions of a module that are named one by one. */
const LARGEST = 3;
/** With more untested modules in a folder, one finding speaks for all of them. */
const MODULES = 8;

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const byFile = new Map<string, Fact[]>();
  for (const unit of facts.get(PYTHON_UNIT)) {
    if (facts.role(unit.place.path) !== 'production') continue;
    const list = byFile.get(unit.place.path);
    if (list === undefined) byFile.set(unit.place.path, [unit]);
    else list.push(unit);
  }
  if (byFile.size === 0) return;
  if (facts.lookup('test.level', 'integration').some(({ place }) => place.path.endsWith('.py'))) return;
  const untested: [string, Fact[]][] = [];
  let isAnyTested = false;
  for (const [path, list] of byFile) {
    const owners = [...new Set(list.map(({ value }) => (value as Unit).owner).filter((owner) => owner !== ''))];
    const isImported = importersOf(facts, path).some(({ place }) => facts.role(place.path) === 'test');
    // Methods share their names with those of other classes.
    const functions = list.filter(({ value }) => (value as Unit).owner === '').map(({ key }) => key);
    if (!isImported && ![...owners, ...functions].some((name) => isNamed(facts, name))) {
      untested.push([path, list]);
      continue;
    }
    isAnyTested = true;
    yield { kind: 'pass', subject: filePlace(path) };
    if (isImported) yield* judgeClasses(facts, path, list, owners);
  }
  const [first] = untested;
  if (first === undefined) return;
  if (!isAnyTested || untested.length > MODULES) {
    const count = untested.length;
    const directory = facts.partition === '' ? 'The root' : facts.partition;
    const args = { package: directory, module: first[0].slice(first[0].lastIndexOf('/') + 1), count: `${count}` };
    yield { kind: 'fail', subject: filePlace(first[0]), message: count === 1 ? 'module' : 'modules', args };
    return;
  }
  for (const [, list] of untested) {
    const largest = [...list].sort((a, b) => (b.value as Unit).size - (a.value as Unit).size).slice(0, LARGEST);
    for (const { key, value, place } of largest) {
      const { owner } = value as Unit;
      yield {
        kind: 'fail',
        subject: place,
        message: 'function',
        args: { name: owner === '' ? key : `${owner}.${key}` },
      };
    }
  }
}

function* judgeClasses(
  facts: FactView,
  path: string,
  list: readonly Fact[],
  owners: readonly string[],
): Generator<WorkspaceVerdict> {
  for (const owner of owners) {
    const methods = list.filter(({ value }) => (value as Unit).owner === owner);
    const missing = methods.filter(({ key }) => !isNamed(facts, key));
    const place = facts.lookup(PYTHON_CLASS, `${path} ${owner}`)[0]?.place;
    if (place === undefined || missing.length < 3 || missing.length * 3 < methods.length) continue;
    yield {
      kind: 'fail',
      subject: place,
      message: 'methods',
      severity: 'low',
      args: {
        name: owner,
        methods: missing
          .slice(0, 3)
          .map(({ key }) => key)
          .join(', '),
        count: `${missing.length}`,
        total: `${methods.length}`,
      },
      related: missing.slice(0, 6).map((method) => ({ place: method.place, message: 'No test names this method.' })),
    };
  }
}
