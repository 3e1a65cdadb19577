/**
 * Exported Go types that two packages of a module define alike: the same name, and the same fields or methods. Types
 * that only share a name are left alone, and so are versions of an API and generated code.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { moduleOf } from '../../../knowledge/go/modules.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoDeclaration, GoTypeFact } from '../../../languages/go/symbols.ts';
import { isExported } from '../../../languages/go/syntax.ts';
import { CLASS_SHAPE, judgePython, pythonDetectors } from './python.ts';

/** Fewer fields may well be the same by chance; a small interface belongs to whoever asks for it. */
const FIELD_LIMIT = 3;
const METHOD_LIMIT = 4;

/** What the type consists of, as text: equal for equal types. Null when it is too small to judge. */
function shapeOf({ form, fields, embedded, methods, typeParameters, type }: GoTypeFact): string | null {
  if (type !== null || typeParameters.length > 0 || embedded.includes(null)) return null;
  if (form === 'struct') {
    const entries = Object.entries(fields);
    if (entries.length + embedded.length < FIELD_LIMIT || entries.some(([, text]) => text === null)) return null;
    // Private fields say how something is done, not what it is.
    if (embedded.length === 0 && !entries.some(([name]) => isExported(name))) return null;
    return `struct ${embedded.join()};${entries
      .map((entry) => entry.join(' '))
      .sort()
      .join(';')}`;
  }
  const entries = Object.entries(methods);
  if (form !== 'interface' || entries.length + embedded.length < METHOD_LIMIT) return null;
  const list = entries.map(([name, method]) => `${name} ${JSON.stringify(method)}`).sort();
  return `interface ${[...embedded].join()};${list.join(';')}`;
}

const VERSION = /^v\d+(?:(?:alpha|beta)\d*)?$/;

/** The directory without what names a version of an API. */
function unversioned(directory: string): string {
  return directory
    .split('/')
    .filter((segment) => !VERSION.test(segment))
    .join('/');
}

/** Shapes that were computed: facts never change. */
const shapes = new WeakMap<GoDeclaration, string | null>();

/** The shape of an exported type that other packages might define, too; null for anything else. */
function comparedShape({ key, value, place }: Fact, facts: FactView): string | null {
  const declaration = value as GoDeclaration;
  if (declaration.kind !== 'type' || declaration.test || !isExported(key)) return null;
  if (facts.role(place.path) !== 'production' || mayHoldExcerpts(directoryOf(place.path))) return null;
  if (/\bignore\b/.test(declaration.constraint)) return null;
  let shape = shapes.get(declaration);
  if (shape === undefined) {
    shape = shapeOf(declaration);
    shapes.set(declaration, shape);
  }
  return shape;
}

function isSamePlace(one: Fact['place'], other: Fact['place']): boolean {
  return one.path === other.path && one.anchor === other.anchor && one.span.start === other.span.start;
}

/** Where a type of this name and shape is defined first; null when the given place is the first of its kind. */
function originOf(fact: Fact, shape: string, facts: FactView): Fact | null {
  const directory = facts.partition;
  const module = moduleOf(facts, directory)?.place.path ?? null;
  const home = unversioned(directory);
  let first: Fact | null = null;
  let isKnown = false;
  for (const other of facts.lookup('go.decl', fact.key)) {
    if (comparedShape(other, facts) !== shape) continue;
    const from = directoryOf(other.place.path);
    if ((moduleOf(facts, from)?.place.path ?? null) !== module) continue;
    if (isSamePlace(other.place, fact.place)) return isKnown ? null : first;
    first ??= other;
    isKnown ||= unversioned(from) === home;
  }
  return null;
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgePython(facts);
  for (const fact of facts.get('go.decl')) {
    const shape = comparedShape(fact, facts);
    if (shape === null) continue;
    const first = originOf(fact, shape, facts);
    if (first === null) {
      yield { kind: 'pass', subject: fact.place };
      continue;
    }
    const { form } = fact.value as GoTypeFact;
    yield {
      kind: 'fail',
      subject: fact.place,
      message: 'copy',
      args: {
        name: fact.key,
        what: form === 'struct' ? 'fields' : 'methods',
        other: directoryOf(first.place.path) || 'the root',
      },
      related: [{ place: first.place, message: 'The same type is defined here.' }],
    };
  }
}

export const rule = defineRule({
  id: 'duplicate-type-definition',
  title: 'Same type defined in several packages',
  category: 'quality',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'Two packages of a module define an exported type of the same name with the same fields (three or more, not all of them private) or the same methods (four or more). Packages that differ only by a version in their path, and generated code, are left out. In Python two modules define a class of the same name with the same three or more annotated fields, or the same members of an enumeration.',
    why: 'The copies drift apart: a field that is added to one is missing from what the other reads and writes. Values have to be converted between them, and whoever looks something up by type finds nothing.',
    howToFix:
      'Keep the definition in the package that owns the idea and import it, or make the copy an alias: `type Order = orders.Order`. Where the import would go in a circle, move the type into a small package of its own.',
    refs: ['CWE-1041'],
  },
  messages: {
    copy: '{name} has the same {what} as {name} in {other}; import that type, or make this one an alias of it.',
    python: '{name} has the same {what} as {name} in {other}; import that class, or derive from it.',
  },
  fix: 'none',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.decl', CLASS_SHAPE], judge },
});
