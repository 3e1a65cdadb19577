/**
 * Python: what classes at the top of modules hold, as facts, and the judge of those that two modules define alike: the same
 * name with the same annotated fields, or the same members of an enumeration. Migrations, versions of an API and folders of
 * old copies are left out.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  basesOf,
  decoratorsOf,
  definedName,
  isAtTop,
  onlyChild,
  statementsOf,
} from '../../../languages/python/syntax.ts';

/** Key: name of a class; the value is what it holds, as text: equal for equal classes. */
export const CLASS_SHAPE = 'duplicate-type-definition.python';

/** Fewer fields may well be the same by chance. */
const FIELD_LIMIT = 3;

/** Versions of an API, copies that are kept, and trees that stand for themselves. */
const APART =
  /(?:^|\/)(?:v\d+\w*|versions?|backup\w*|checkpoints?\w*|old|archive\w*|legacy|deprecated|copy|examples?|templates?|vendor\w*|plugins?|alembic|migrations|generated)(?:\/|$)|(?:^|[/_])(?:v\d+|old|backup|copy)\.py$/i;

/** What a class holds, in the order of names; null when that is too little. */
function shapeOf(definition: PythonNode): string | null {
  const isEnum = basesOf(definition).some(({ text }) => /(?:^|\.)(?:Str|Int)?(?:Enum|Flag)$/.test(text));
  const fields: string[] = [];
  for (const statement of statementsOf(definition)) {
    const assignment = statement.kind === 'expression_statement' ? onlyChild(statement) : null;
    if (assignment?.kind !== 'assignment') continue;
    const name = assignment.child('left')?.text ?? '';
    const type = assignment.child('type')?.text.replace(/\s+/g, '') ?? '';
    const value = assignment.child('right')?.text.replace(/\s+/g, ' ') ?? '';
    if (isEnum) fields.push(`${name}=${value}`);
    else if (type !== '' && name !== 'model_config') fields.push(`${name}:${type}`);
  }
  if (fields.length < FIELD_LIMIT) return null;
  // A model of an API and what it is made of inside have fields alike on purpose.
  const bases = [...basesOf(definition), ...decoratorsOf(definition)].map(({ text }) =>
    text.replace(/[([][\s\S]*$/, ''),
  );
  return `${isEnum ? 'enum' : 'class'} ${bases.join()};${fields.sort().join(';')}`;
}

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  when: isAtTop,
  *check(node, ctx): Iterable<Verdict> {
    const place = node.child('name');
    if (place === null || APART.test(ctx.file.path) || definedName(node).startsWith('_')) return;
    const shape = shapeOf(node);
    if (shape !== null) yield fact(CLASS_SHAPE, place.text, shape, place);
  },
};

export const pythonDetectors: readonly Detector[] = [classes as NodeDetector];

/** The directory of the nearest manifest: programs of one workspace may each have a type of their own. */
function componentOf(facts: FactView, path: string): string {
  let best = '';
  for (const { value } of facts.all('python.manifest')) {
    const { directory } = value as { readonly directory: string };
    if (directory.length > best.length && path.startsWith(`${directory}/`)) best = directory;
  }
  return best;
}

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const { key, value, place } of facts.get(CLASS_SHAPE)) {
    if (facts.role(place.path) !== 'production') continue;
    const same = facts
      .lookup(CLASS_SHAPE, key)
      .filter((other) => other.value === value && facts.role(other.place.path) === 'production');
    const [first] = same;
    // Within one file another rule speaks.
    if (first === undefined || first.place.path === place.path) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    if (componentOf(facts, first.place.path) !== componentOf(facts, place.path)) continue;
    const what = (value as string).startsWith('enum') ? 'members' : 'fields';
    const related = [{ place: first.place, message: 'The same type is defined here.' }];
    yield {
      kind: 'fail',
      subject: place,
      message: 'python',
      args: { name: key, what, other: first.place.path },
      related,
    };
  }
}
