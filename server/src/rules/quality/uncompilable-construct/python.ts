/**
 * Python code that parses and that the compiler rejects all the same: `await` outside of an async function, `return`,
 * `yield`, `break` and `continue` where they mean nothing, and arguments or parameters that are given twice or in the
 * wrong order. Code that does not parse, and text of notebooks, is not judged.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonKind, PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  definedName,
  FUNCTION_KINDS,
  hasToken,
  isAsync,
  isAtTop,
  isBroken,
  onlyChild,
  parametersOf,
  syntaxChildren,
  TOP_KINDS,
} from '../../../languages/python/syntax.ts';

/** Key: message; the value is what the message names. */
export const PROBLEM = 'uncompilable-construct.python';

const KINDS: readonly PythonKind[] = [
  'await',
  'for_statement',
  'with_statement',
  'for_in_clause',
  'return_statement',
  'yield',
  'break_statement',
  'continue_statement',
  'argument_list',
  'parameters',
  'lambda_parameters',
  'nonlocal_statement',
  'wildcard_import',
];

/** The function or class that a node runs in; null at the top of the module. Decorators, defaults and bases run outside. */
function homeOf(node: PythonNode): PythonNode | null {
  let inner = node;
  for (;;) {
    const around = inner.ancestor(...FUNCTION_KINDS, 'class_definition');
    if (around === null || around.child('body')?.contains(inner) === true) return around;
    inner = around;
  }
}

interface Problem {
  readonly node: PythonNode;
  readonly message: string;
  readonly args?: Readonly<Record<string, string>>;
}

function asyncProblem(node: PythonNode): Problem | null {
  const home = homeOf(node);
  if (home?.kind === 'function_definition' && isAsync(home)) return null;
  // A generator expression is a function of its own, which may be asynchronous.
  const generator = node.ancestor('generator_expression', ...FUNCTION_KINDS);
  if (generator?.kind === 'generator_expression') return null;
  if (home?.kind === 'function_definition') {
    return { node, message: 'await', args: { name: definedName(home) } };
  }
  return { node, message: 'awaitOutside' };
}

/** Whether a loop of the same function goes on or ends by the statement. */
function isInLoop(node: PythonNode): boolean {
  let inner = node;
  for (;;) {
    const around = inner.ancestor('for_statement', 'while_statement', ...FUNCTION_KINDS, 'class_definition');
    if (around === null || (around.kind !== 'for_statement' && around.kind !== 'while_statement')) return false;
    if (around.child('body')?.contains(inner) === true) return true;
    inner = around;
  }
}

/** What is wrong with the arguments of a call. */
function argumentProblem(list: PythonNode): Problem | null {
  const seen = new Set<string>();
  let keyword = false;
  let unpacked = false;
  for (const argument of syntaxChildren(list)) {
    if (argument.kind === 'dictionary_splat') unpacked = true;
    else if (argument.kind === 'keyword_argument') {
      keyword = true;
      const name = argument.child('name')?.text ?? '';
      if (seen.has(name)) return { node: argument, message: 'argument', args: { name } };
      seen.add(name);
    } else if (argument.kind === 'list_splat') {
      if (unpacked) return { node: argument, message: 'order' };
    } else if (keyword || unpacked) return { node: argument, message: 'order' };
  }
  return null;
}

function parameterProblem(list: PythonNode): Problem | null {
  const seen = new Set<string>();
  let defaults = false;
  const owner = list.parent;
  if (owner === null) return null;
  for (const { name, node, defaultValue, form, keywordOnly } of parametersOf(owner)) {
    if (seen.has(name)) return { node, message: 'parameter', args: { name } };
    seen.add(name);
    if (form !== 'plain' || keywordOnly) continue;
    if (defaultValue !== null) defaults = true;
    else if (defaults) return { node, message: 'default', args: { name } };
  }
  return null;
}

function problemOf(node: PythonNode): Problem | null {
  switch (node.kind) {
    case 'await':
      return asyncProblem(node);
    case 'for_statement':
    case 'with_statement':
    case 'for_in_clause':
      // Only the generator that a comprehension is may be asynchronous by itself.
      return hasToken(node, 'async') && node.parent?.kind !== 'generator_expression' ? asyncProblem(node) : null;
    case 'return_statement':
    case 'yield': {
      const home = homeOf(node);
      if (home !== null && home.kind !== 'class_definition') {
        const gives = node.kind === 'return_statement' && onlyChild(node) !== null && isAsync(home);
        const isGenerator = gives && home.descendants('yield').some((item) => homeOf(item)?.equals(home) === true);
        return isGenerator ? { node, message: 'asyncReturn' } : null;
      }
      return { node, message: 'outside', args: { word: node.kind === 'yield' ? 'yield' : 'return' } };
    }
    case 'break_statement':
    case 'continue_statement':
      return isInLoop(node) ? null : { node, message: 'loop', args: { word: node.kind.replace('_statement', '') } };
    case 'argument_list':
      return node.parent?.kind === 'call' ? argumentProblem(node) : null;
    case 'parameters':
    case 'lambda_parameters':
      return parameterProblem(node);
    case 'nonlocal_statement':
      return homeOf(node) === null ? { node, message: 'nonlocal' } : null;
    case 'wildcard_import':
      return homeOf(node) === null ? null : { node, message: 'star' };
    default:
      return null;
  }
}

const chunks: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: [...TOP_KINDS, 'return_statement', 'break_statement', 'continue_statement'],
  when: isAtTop,
  *check(node): Iterable<Verdict> {
    if (isBroken(node) || node.tree.text.includes('get_ipython')) return;
    let isGood = true;
    for (const item of node.descendants(...KINDS)) {
      // The words themselves are nodes of the same kinds.
      const problem = item.isNamed ? problemOf(item) : null;
      if (problem === null) continue;
      isGood = false;
      const { start, end } = problem.node;
      const line = problem.node.text.search(/[\r\n]/);
      const subject = { start, end: line < 0 ? end : start + line };
      yield fact(PROBLEM, problem.message, { ...problem.args }, subject);
    }
    const name = node.child('name');
    if (isGood && name !== null) yield { kind: 'pass', subject: name.span };
  },
};

export const pythonDetectors: readonly Detector[] = [chunks as NodeDetector];

/** In a file that does not parse nothing is certain to stand where it seems to. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const { key: message, value, place } of facts.get(PROBLEM)) {
    if (facts.role(place.path) !== 'production' || facts.lookup('file.syntax-error', place.path).length > 0) continue;
    yield { kind: 'fail', subject: place, message, args: value as Readonly<Record<string, string>> };
  }
}
