/**
 * Python: functions and methods of an application that no code, template or setting mentions. A name counts wherever it
 * stands. Decorated functions, methods of classes with bases, special methods, and packages that others install (but for
 * names with an underscore) are left out: something else may call them.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, type NodeDetector, SHORTEST_WORD } from '../../../core/rulekit/rule.ts';
import { isInstalledPackage } from '../../../knowledge/python/modules.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  basesOf,
  classOfMethod,
  decorated,
  decoratorsOf,
  definedName,
  isEmptyStatement,
  qualifiedName,
  statementsOf,
} from '../../../languages/python/syntax.ts';

/** Key: name. A function or method that only its name leads to. */
export const PYTHON_FUNCTION = 'unused-function.python';

type Candidate = {
  readonly title: string;
  /** Somebody outside may use it: it has no leading underscore. */
  readonly open: boolean;
};

/** Names that frameworks, tools and platforms call. */
const CALLED =
  /^(?:__\w+__|main|setup\w*|teardown\w*|tear_down|test_?\w*|pytest_\w+|handler|lambda_handler|upgrade|downgrade|on_\w+|do_[A-Z]+|visit_\w+|get_context_data|create_app|get_app|application|register\w*|includeme|load_tests|run|start|stop|close|post_fork|when_ready|worker_\w+|pre_\w+|post_\w+|before_\w+|after_\w+|handle\w*|process_\w+|clean_\w+|validate_\w+|resolve_\w+|render\w*|configure\w*|default|plugin\w*|hook\w*|get_user|to_url|to_python|makeExtension|_(?:load_)?jupyter_\w+|_call_print)$/i;
/** Classes whose methods are what somebody else asks for, without a base that says so. */
const ADAPTER =
  /(?:Adapter|Backend|Converter|Middleware|Plugin|Extension|Listener|Hooks?|Visitor|Filter|Formatter|Renderer|Wrapper|Proxy|Shim)$/;
/** What tests need to start anew. */
const FOR_TESTS = /^_?(?:reset|clear)_|_for_tests?(?:ing)?$/;

export const pythonFunctions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  *check(node): Iterable<Verdict> {
    const name = definedName(node);
    if (name.length < SHORTEST_WORD || CALLED.test(name) || decoratorsOf(node).length > 0) return;
    const owner = classOfMethod(node);
    if (node.ancestor('function_definition', 'lambda') !== null) return;
    // A method of a plain name, like `load`, may be what a library asks of its arguments.
    if (owner !== null && !name.slice(1).includes('_')) return;
    if (owner !== null && !name.startsWith('_') && ADAPTER.test(definedName(owner))) return;
    const parent = decorated(owner ?? node).parent;
    if (owner === null ? parent?.kind !== 'chunk' : !isPlainClass(owner)) return;
    // What others are to fill in.
    const statements = statementsOf(node);
    if (statements.every(isEmptyStatement) || /^\s*raise NotImplementedError/.test(statements.at(-1)?.text ?? ''))
      return;
    const value: Candidate = { title: qualifiedName(node), open: !name.startsWith('_') };
    yield fact(PYTHON_FUNCTION, name, value, node.child('name') ?? node);
  },
};

/** A class that nothing else asks for methods: no bases, no decorators, no look-up by name. */
function isPlainClass(owner: PythonNode): boolean {
  if (decoratorsOf(owner).length > 0 || basesOf(owner).some((base) => base.text !== 'object')) return false;
  if (owner.child('superclasses')?.text.includes('=') === true || decorated(owner).parent?.kind !== 'chunk')
    return false;
  return !/\b(?:__getattr__|__getattribute__|__slots_dispatch__)\b|getattr\(self|getattr\(cls|\.__dict__/.test(
    owner.text,
  );
}

/** Folders of programs that are called from outside, and of code that is not the team's service. */
const FOLDERS =
  /(?:^|\/)(?:plugins?|hooks?|extensions?|addons?|skills|contrib|templatetags|examples?|scripts?)(?:\/|$)/;

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const candidates = facts.get(PYTHON_FUNCTION);
  if (candidates.length === 0 || FOLDERS.test(facts.partition)) return;
  const isInstalled = isInstalledPackage(facts, facts.partition);
  for (const { key: name, value, place } of candidates) {
    if (facts.role(place.path) !== 'production') continue;
    const { title, open } = value as Candidate;
    if (open && isInstalled) continue;
    const files = facts.mentions('python.mentions', name);
    if (files.some((path) => facts.role(path) !== 'test')) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    const test = files[0];
    if (test !== undefined && FOR_TESTS.test(name)) continue;
    yield {
      kind: 'fail',
      subject: place,
      message: test === undefined ? 'unused' : 'testedPython',
      args: { name: title, test: test ?? '' },
      ...(test === undefined ? {} : { severity: 'low' }),
    };
  }
}
