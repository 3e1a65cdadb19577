/** Python: modules of test data and test doubles that production modules import. Modules that are doubles themselves are left out. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import { importsOf, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';

/** Names of modules that hold doubles or data of tests. */
const DOUBLE =
  /^(?:test_?data|test_?(?:fixtures|helpers|doubles|mocks)|(?:mock|fake|dummy)_\w+|mocks?|fakes|fake|\w+_(?:mock|mocks|fake|fakes))$/i;
/** Libraries whose job it is to stand in for something. */
const LIBRARIES = /^(?:unittest|mock|pytest\w*|fakeredis|faker|moto|responses|fake_useragent|mockito|asynctest)\b/;
const HOME = /mock|fake|stub|dummy|test|demo|example|sample|fixture|simulat|seed|dev/i;
const CHOSEN = /mock|fake|stub|demo|dev|test|dry|offline|simulat|local|debug|sandbox|TYPE_CHECKING|__main__/i;

/** Siblings that are imported together with the double: so many are a list to choose from. */
const IMPLEMENTATIONS = 4;

/** Whether a package's `__init__` lists its implementations, the double being one of them: `from .fake import FakeStore`. */
function isRegistry(module: string, header: PythonHeader): boolean {
  const isSibling = /^\.\w+$/;
  if (!isSibling.test(module)) return false;
  const siblings = header.imports.filter(
    ({ module: other, name }) => isSibling.test(other) && /^[A-Z]/.test(name ?? ''),
  );
  return siblings.length > IMPLEMENTATIONS;
}

const imports: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['import_from_statement', 'import_statement'],
  triggers: ['mock', 'fake', 'test_', 'testdata', 'dummy_'],
  *check(node, ctx): Iterable<Verdict> {
    const { path } = ctx.file;
    if (HOME.test(path) || !isDeployedPath(path)) return;
    const owner = node.ancestor('function_definition');
    if (owner !== null && HOME.test(owner.child('name')?.text ?? '')) return;
    const [first] = importsOf(node);
    if (first === undefined || first.typing) return;
    const { module } = first;
    if (LIBRARIES.test(module)) return;
    const found = module.split('.').some((segment) => DOUBLE.test(segment));
    if (!found) return;
    // One of several implementations beside it that a setting chooses from.
    if (path.endsWith('/__init__.py') && isRegistry(module, ctx.file.header)) return;
    const subject = node.child('module_name') ?? node.child('name') ?? node;
    for (let branch = node.ancestor('if_statement'); branch !== null; branch = branch.ancestor('if_statement')) {
      if (!CHOSEN.test(branch.child('condition')?.text ?? '')) continue;
      yield { kind: 'pass', subject: subject.span };
      return;
    }
    yield { kind: 'fail', subject: subject.span, message: 'imported', args: { path: module } };
  },
};

export const pythonDetectors: readonly Detector[] = [imports as NodeDetector];
