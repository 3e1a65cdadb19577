/**
 * Go code that parses and that the compiler rejects all the same: two packages in one directory, a function with results
 * that can reach its end, a constant key or case that is written twice. Names and types are other rules' business. See
 * python.ts for Python.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { FLAG_ERROR, FLAG_MISSING } from '../../../core/syntax/flatTree.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { isBuiltByBazel, mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import type { GoPackageFile } from '../../../languages/go/symbols.ts';
import {
  calledName,
  resultsOf,
  statementsOf,
  stringLiteralValue,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';
import { judgePython, PROBLEM, pythonDetectors } from './python.ts';

function isBroken({ tree, index, stop }: GoNode): boolean {
  for (let i = index; i < stop; i++) if ((tree.flags[i]! & (FLAG_ERROR | FLAG_MISSING)) !== 0) return true;
  return false;
}

const BREAKABLE = [
  'for_statement',
  'expression_switch_statement',
  'type_switch_statement',
  'select_statement',
] as const;

/** Whether a `break` leaves the statement: one without a label inside, or one with the statement's label. */
function isLeft(statement: GoNode, label: string): boolean {
  return statement.descendants('break_statement').some((jump) => {
    const name = jump.childOfKind('label_name')?.text ?? '';
    if (name !== '') return name === label;
    const around = jump.ancestor(...BREAKABLE, 'func_literal');
    return around !== null && around.index === statement.index;
  });
}

/** Statements that have to end the flow for their own statement to end it: see "Terminating statements" in the spec. */
type Ending = 'yes' | 'no' | readonly GoNode[];

function lastOf(node: GoNode): GoNode | null {
  return statementsOf(node).at(-1) ?? null;
}

function endingOf(statement: GoNode, label: string): Ending {
  switch (statement.kind) {
    case 'return_statement':
    case 'goto_statement':
    case 'fallthrough_statement':
      return 'yes';
    case 'expression_statement': {
      const call = syntaxChildren(statement)[0];
      return call?.kind === 'call_expression' &&
        call.child('function')?.text === 'panic' &&
        calledName(call) === 'panic'
        ? 'yes'
        : 'no';
    }
    case 'block': {
      const last = lastOf(statement);
      return last === null ? 'no' : [last];
    }
    case 'if_statement': {
      const consequence = statement.child('consequence');
      const alternative = statement.child('alternative');
      return consequence === null || alternative === null ? 'no' : [consequence, alternative];
    }
    case 'for_statement': {
      const [head] = syntaxChildren(statement).filter((child) => child.field !== 'body');
      const isEndless = head === undefined || (head.kind === 'for_clause' && head.child('condition') === null);
      return isEndless && !isLeft(statement, label) ? 'yes' : 'no';
    }
    case 'expression_switch_statement':
    case 'type_switch_statement':
    case 'select_statement': {
      if (isLeft(statement, label)) return 'no';
      const clauses = syntaxChildren(statement).filter(({ kind }) => /(?:_case|^default_case|_clause)$/.test(kind));
      if (statement.kind !== 'select_statement' && !clauses.some(({ kind }) => kind === 'default_case')) return 'no';
      const lasts = clauses.map(lastOf);
      return lasts.some((last) => last === null) ? 'no' : (lasts as readonly GoNode[]);
    }
    default:
      return 'no';
  }
}

/** Whether a body cannot run to its end. */
function isTerminating(body: GoNode): boolean {
  const queue: { readonly node: GoNode; readonly label: string }[] = [{ node: body, label: '' }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { node, label } = next;
    if (node.kind === 'labeled_statement') {
      const inner = syntaxChildren(node).find(({ kind }) => kind !== 'label_name');
      if (inner === undefined) return false;
      queue.push({ node: inner, label: node.childOfKind('label_name')?.text ?? '' });
      continue;
    }
    const ending = endingOf(node, label);
    if (ending === 'no') return false;
    if (ending !== 'yes') queue.push(...ending.map((inner) => ({ node: inner, label: '' })));
  }
  return true;
}

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'func_literal'],
  when: (node) => node.child('result') !== null,
  *check(node): Iterable<Verdict> {
    const body = node.child('body');
    if (body === null || resultsOf(node).length === 0) return;
    const subject = node.child('name')?.span ?? { start: node.start, end: node.start + 'func'.length };
    if (lastOf(body)?.kind === 'return_statement' || isTerminating(body)) {
      if (node.kind !== 'func_literal') yield { kind: 'pass', subject };
      return;
    }
    if (!isBroken(node)) yield { kind: 'fail', subject, message: 'missingReturn' };
  },
};

/** Value of a literal that the compiler compares, with its kind; null for everything else. */
function constantOf(node: GoNode): string | null {
  if (/_string_literal$/.test(node.kind)) return `"${stringLiteralValue(node)}`;
  // Other notations of a number are other numbers here: 0x1 and 1 are not found.
  return /^(?:int_literal|rune_literal)$/.test(node.kind) ? node.text : null;
}

function* repeated(nodes: readonly GoNode[], message: string): Iterable<Verdict> {
  const seen = new Map<string, GoNode>();
  for (const node of nodes) {
    const constant = constantOf(node);
    if (constant === null) continue;
    const first = seen.get(constant);
    if (first === undefined) seen.set(constant, node);
    else {
      const related = [{ span: first.span, message: 'It stands here already.' }];
      yield { kind: 'fail', subject: node.span, message, args: { value: node.text }, related };
    }
  }
}

const keys: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal', 'expression_switch_statement'],
  when: (node) => node.kind !== 'composite_literal' || node.child('type')?.kind === 'map_type',
  *check(node): Iterable<Verdict> {
    if (node.kind === 'composite_literal') {
      const elements = (node.child('body')?.namedChildren ?? []).filter(({ kind }) => kind === 'keyed_element');
      const written = elements.flatMap((element) => element.child('key') ?? syntaxChildren(element)[0] ?? []);
      yield* repeated(
        written.flatMap((key) => (key.kind === 'literal_element' ? (syntaxChildren(key)[0] ?? []) : key)),
        'key',
      );
      return;
    }
    // Values of an interface may be equal and of different types.
    const cases = node.childrenOf('value').length === 0 ? [] : node.namedChildren;
    const values = cases
      .filter(({ kind }) => kind === 'expression_case')
      .flatMap((item) => item.child('value') ?? [])
      .flatMap((list) => (list.kind === 'expression_list' ? syntaxChildren(list) : [list]));
    yield* repeated(values, 'case');
  },
};

/** What a file of a directory may be called besides its neighbours. */
function mayDiffer({ package: name, constraint, test }: GoPackageFile): boolean {
  return test || name === 'documentation' || /\bignore\b/.test(constraint) || (name === 'main' && constraint !== '');
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgePython(facts);
  if (mayHoldExcerpts(facts.partition) || isBuiltByBazel(facts, facts.partition)) return;
  const files = facts.get('go.package').filter(({ value, place }) => {
    const name = place.path.slice(place.path.lastIndexOf('/') + 1);
    return facts.role(place.path) === 'production' && !/^[_.]/.test(name) && !mayDiffer(value as GoPackageFile);
  });
  const counts = new Map<string, number>();
  for (const { value } of files) {
    const { package: name, constraint } = value as GoPackageFile;
    if (name !== '' && constraint === '') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [first] = files;
  if (first === undefined) return;
  if (counts.size < 2) {
    yield { kind: 'pass', subject: first.place };
    return;
  }
  const [common] = [...counts].sort(([, left], [, right]) => right - left)[0]!;
  for (const { value, place } of files) {
    const { package: name, constraint } = value as GoPackageFile;
    if (constraint !== '' || name === common || name === '') continue;
    yield { kind: 'fail', subject: place, message: 'packages', args: { name, common } };
  }
}

export const rule = defineRule({
  id: 'uncompilable-construct',
  title: 'Construct that the compiler rejects',
  category: 'quality',
  severity: 'critical',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'The files of a directory belong to different packages, a function with results can reach its end without a return, or a switch or map literal names the same constant twice. In Python `await` stands outside of an async function, `return`, `yield`, `break` or `continue` stands where it means nothing, or arguments and parameters are repeated or out of order. Test packages, files that are left out of the build and code that does not parse are not counted.',
    why: 'The package does not build although every file parses, so editors and formatters stay silent until somebody runs the compiler. Python raises SyntaxError when the module is imported.',
    howToFix: '',
    howToFixIn: {
      go: 'Move the file into a directory of its own, return a value at the end (or panic where it cannot be reached), and keep one of the repeated entries.',
      python: 'Declare the function with `async def`, or move the statement into the function that it belongs to.',
    },
    refs: [
      'Go specification: Terminating statements',
      'Go specification: Package clause',
      'Python: await outside async function',
    ],
  },
  messages: {
    packages: 'This file is in package {name}, its neighbours in {common}, which does not build; move or rename it.',
    missingReturn:
      'This function can reach its end without a return, so it does not compile; return its results there.',
    key: 'The key {value} stands in this map twice, so it does not compile; keep one of them.',
    await: 'The function {name} is not async, so this does not compile; declare it with async def.',
    awaitOutside: 'Nothing here is async, so this does not compile; move it into an async function.',
    outside: 'There is no function around this {word}, so the module cannot be imported; move it or take it away.',
    asyncReturn:
      'An async generator returns no value, so the module cannot be imported; yield the value, or return without one.',
    loop: 'There is no loop around this {word}, so the module cannot be imported; move it or take it away.',
    argument: 'The argument {name} is given twice, so the module cannot be imported; keep one of them.',
    order: 'This argument stands behind those that are given by name, which does not compile; put it before them.',
    parameter: 'There are two parameters {name}, so the module cannot be imported; rename one of them.',
    default:
      'The parameter {name} has no default and stands behind one that has, which does not compile; reorder them.',
    nonlocal: 'There is no function around this nonlocal, so the module cannot be imported; take it away.',
    star: 'Everything can only be imported at the top of a module, so this does not compile; name what is needed.',
    case: 'The case {value} stands in this switch twice, so it does not compile; keep one of them.',
  },
  fix: 'none',
  on: { go: [functions, keys], python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.package', PROBLEM], judge },
});
