/** Python functions that are copies of each other, and which are meant to be there. Docstrings and comments do not count. */
import type { Fact, Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { definedName, docstringOf, runningFunction, statementsOf } from '../../../languages/python/syntax.ts';
import { type Body, digestOf, LINE_LIMIT, linesIn, type Tokens, unversioned } from './copies.ts';

export const PYTHON_BODY = 'duplicate-code.python-body';

const LENGTH_LIMIT = 400;
/** Code that other code is generated from. */
const TEMPLATE = /(?:^|\/)(?:templates?|boilerplate|scaffold\w*|cookiecutter[^/]*|\{\{[^/]*)\//;
const PYTHON: Tokens = {
  literals: /^(?:integer|float|string)$/,
  written: ['function', 'attribute', 'name'],
  limit: 120,
};

/** Values of the facts: `outer` is the digest of the function around, '' for none. */
interface PythonBody extends Body {
  readonly outer: string;
}

/** Statements that decide or repeat something; without one a body puts values together. */
const DECIDES = [
  'if_statement',
  'for_statement',
  'while_statement',
  'try_statement',
  'with_statement',
  'match_statement',
  'conditional_expression',
  'boolean_operator',
  'list_comprehension',
  'dictionary_comprehension',
  'generator_expression',
] as const;

/** Whether a body only puts values together: one expression, or a constructor that hands its collaborators on. */
function isAssembly(definition: PythonNode): boolean {
  if (definition.descendants(...DECIDES).length > 0) return false;
  const statements = statementsOf(definition).filter(
    (statement) => !statement.equals(docstringOf(definition)?.parent ?? definition),
  );
  return statements.length === 1 || definedName(definition) === '__init__';
}

function digestOfFunction(definition: PythonNode): string {
  const body = definition.child('body');
  return body === null ? '' : (digestOf(body, PYTHON, docstringOf(definition))?.digest ?? '');
}

const bodies: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  when: (node) => node.end - node.start >= LENGTH_LIMIT,
  *check(node): Iterable<Verdict> {
    const body = node.child('body');
    const name = node.child('name');
    if (body === null || name === null) return;
    const docstring = docstringOf(node);
    const lines = linesIn(body.tree.text, docstring?.end ?? body.start, body.end);
    const found = lines < LINE_LIMIT ? null : digestOf(body, PYTHON, docstring);
    if (found === null || isAssembly(node)) return;
    const around = runningFunction(node);
    const value: PythonBody = { lines, outer: around === null ? '' : digestOfFunction(around) };
    yield fact(PYTHON_BODY, found.digest, { ...value }, name);
  },
};

/** Whether both are meant to be there: code of two versions of an API, or a part of functions that are copies themselves. */
export function isIntendedInPython(left: Fact, right: Fact): boolean {
  const [one, other] = [left, right].map(({ value }) => (value as unknown as PythonBody).outer);
  if (one !== '' && one === other) return true;
  const [a, b] = [left.place.path, right.place.path];
  return (a !== b && unversioned(a) === unversioned(b)) || TEMPLATE.test(a) !== TEMPLATE.test(b);
}

export const pythonDetectors: readonly Detector[] = [bodies as NodeDetector];
