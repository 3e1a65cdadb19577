/**
 * Python: what the public functions and classes at the top of a module say of themselves, as one fact for each module, and
 * the judge of a component: where nearly all of them have a docstring those of a folder that have none are named together, in
 * any other it is said once. Data classes, short functions and what a framework calls by name need none.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import {
  type ChunkContext,
  type Detector,
  type FactView,
  fact,
  type NodeDetector,
} from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  commentText,
  decoratorsOf,
  definedName,
  docstringOf,
  isAtTop,
  isEmptyStatement,
  leadingComments,
  statementsOf,
  undecorated,
} from '../../../languages/python/syntax.ts';

/** Key: name. A public function or class; the value is whether it is documented. */
export const DOCUMENTED = 'missing-doc-comment.python';

/** Fewer statements say what they do by themselves. */
const SHORT = 3;
/** From so many on the way of a component is known. */
const MANY = 20;
/** Share that has a docstring where it is the custom to write one. */
const USUAL = 0.75;
/** Further modules that a finding points at. */
const SHOWN = 6;
/** Names in a message. */
const NAMED = 3;

const NO_API =
  /(?:^|\/)(?:scripts?|examples?|migrations|alembic|docs?|bin|tools?|settings|admin|urls|apps|wsgi|asgi|commands|conftest|setup|manage|__main__)(?:\/|\.py$)/;
/** Decorators of what somebody else calls: routes, commands, tasks, signals, tests, hooks. */
const REGISTERED =
  /\.(?!cache$|lru_cache|contextmanager$|asynccontextmanager$|wraps)\w+(?:\(|$)|receiver|register|overload|fixture|validator|hookimpl|property/;

/** Whether a class does nothing but hold data or give a name. */
function isPlainData(definition: PythonNode): boolean {
  const methods = statementsOf(definition)
    .map(undecorated)
    .filter((item) => item.kind === 'function_definition' && !definedName(item).startsWith('_'));
  return methods.length < 2;
}

function isTrivial(definition: PythonNode): boolean {
  if (definition.kind === 'class_definition') return isPlainData(definition);
  const statements = statementsOf(definition).filter((statement) => !isEmptyStatement(statement));
  return statements.length < SHORT && definition.text.split('\n').length <= 8;
}

function isDocumented(definition: PythonNode): boolean {
  if (docstringOf(definition) !== null) return true;
  return leadingComments(definition).some(
    (comment) => !/^(?:noqa|type:|pylint|pragma|-+|=+)/.test(commentText(comment)),
  );
}

const declarations: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  when: isAtTop,
  *check(node, ctx: ChunkContext): Iterable<Verdict> {
    const name = definedName(node);
    const place = node.child('name');
    if (place === null || name.startsWith('_') || name === 'main' || NO_API.test(ctx.file.path)) return;
    if (isTrivial(node) || decoratorsOf(node).some(({ text }) => REGISTERED.test(text))) return;
    yield fact(DOCUMENTED, name, isDocumented(node), place);
  },
};

export const pythonDetectors: readonly Detector[] = [declarations as NodeDetector];

function listed(items: readonly Fact[]): string {
  const names = items.slice(0, NAMED).map(({ key }) => key);
  const more = items.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const all = facts.get(DOCUMENTED).filter(({ place }) => facts.role(place.path) === 'production');
  if (all.length < MANY) return;
  const missing = all.filter(({ value }) => value === false);
  const byFile = new Map<string, Fact[]>();
  for (const item of missing) {
    const own = byFile.get(item.place.path);
    if (own === undefined) byFile.set(item.place.path, [item]);
    else own.push(item);
  }
  if (missing.length > all.length * (1 - USUAL)) {
    const [worst] = [...byFile.values()].sort((left, right) => right.length - left.length);
    const args = { count: `${missing.length}`, all: `${all.length}` };
    yield { kind: 'fail', subject: worst![0]!.place, message: 'component', args };
    return;
  }
  // What is left out tends to be left out in many modules of a folder: one finding with what it is says as much as many.
  const byFolder = new Map<string, Fact[][]>();
  for (const [path, items] of byFile) {
    const folder = directoryOf(path);
    const own = byFolder.get(folder);
    if (own === undefined) byFolder.set(folder, [items]);
    else own.push(items);
  }
  for (const modules of byFolder.values()) {
    const items = modules.flat();
    yield {
      kind: 'fail',
      subject: items[0]!.place,
      message: modules.length === 1 ? 'module' : 'folder',
      args: { count: `${items.length}`, modules: `${modules.length}`, names: listed(items) },
      related: modules
        .slice(1, 1 + SHOWN)
        .map(([first]) => ({ place: first!.place, message: 'No docstring here either.' })),
    };
  }
  const good = new Map(all.map(({ place }) => [place.path, place]));
  for (const path of byFile.keys()) good.delete(path);
  for (const place of good.values()) yield { kind: 'pass', subject: place };
}
