/**
 * Python: patterns that are compiled in a loop, and large dictionaries of constants that a function makes in each call and
 * only reads. `re` keeps the patterns that were used last, so compiling one per call costs little.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { constantText } from '../../../languages/python/strings.ts';
import {
  definedName,
  isFunction,
  positionalArguments,
  runningFunction,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

const patterns: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['compile('],
  calls: (name) => name === 'compile',
  *check(node, ctx): Iterable<Verdict> {
    if (!/^(?:re|regex)\.compile$/.test(callChain(node, ctx))) return;
    const [pattern] = positionalArguments(node);
    if (pattern === undefined || constantText(pattern, ctx) === null) return;
    const owner = runningFunction(node);
    const loop = node.ancestor(
      'for_statement',
      'while_statement',
      'list_comprehension',
      'set_comprehension',
      'dictionary_comprehension',
      'generator_expression',
      'function_definition',
      'lambda',
    );
    // What is iterated is made once.
    const isRepeated = loop !== null && !isFunction(loop) && loop.child('right')?.contains(node) !== true;
    if (!isRepeated) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (owner === null || node.ancestor('except_clause') !== null) return;
    yield { kind: 'fail', subject: node.span, message: 'loop' };
  },
};

/** Entries from which on a table is worth a place of its own. */
const TABLE = 20;
const CONSTANTS = new Set(['string', 'integer', 'float', 'true', 'false', 'none', 'unary_operator']);

function isConstant(node: PythonNode | null): boolean {
  if (node === null) return false;
  if (node.kind === 'tuple' || node.kind === 'list') return syntaxChildren(node).every((part) => isConstant(part));
  return CONSTANTS.has(node.kind) && (node.kind !== 'string' || node.descendants('interpolation').length === 0);
}

const tables: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['dictionary'],
  when: (node) => node.parent?.kind === 'assignment' && node.parent.child('left')?.kind === 'identifier',
  *check(node, ctx): Iterable<Verdict> {
    const owner = runningFunction(node);
    const pairs = syntaxChildren(node);
    if (
      pairs.length < TABLE ||
      owner === null ||
      /^(?:__init__|main|_?(?:setup|init|load|create|make|seed|get_default)\w*)$/.test(definedName(owner))
    )
      return;
    if (
      !pairs.every((pair) => pair.kind === 'pair' && isConstant(pair.child('key')) && isConstant(pair.child('value')))
    )
      return;
    const target = node.parent!.child('left')!;
    if (!isOnlyRead(target, ctx)) return;
    yield {
      kind: 'fail',
      subject: target.span,
      message: 'pythonTable',
      args: { count: `${pairs.length}`, function: definedName(owner) },
    };
  },
};

/** Whether the table is looked up in, and neither changed nor let out. */
function isOnlyRead(target: PythonNode, ctx: ChunkContext): boolean {
  const scopes = scopesAround(ctx, target);
  const scope = scopes.bindingScope(target);
  if (scope === null || (scope.bindings.get(target.text)?.length ?? 0) !== 1) return false;
  const uses = scopes.usesOf(target.text, scope).filter((use) => !use.equals(target));
  return (
    uses.length > 0 &&
    uses.every((use) => {
      const { parent } = use;
      if (parent?.kind === 'comparison_operator') return true;
      if (parent?.kind === 'for_statement' || parent?.kind === 'for_in_clause') return use.field === 'right';
      if (parent?.kind === 'subscript') {
        const isWritten = parent.field === 'left' || parent.parent?.kind === 'delete_statement';
        return use.field === 'value' && !isWritten;
      }
      if (parent?.kind !== 'attribute' || parent.parent?.kind !== 'call') return false;
      return /^(?:get|items|keys|values)$/.test(parent.child('attribute')?.text ?? '');
    })
  );
}

export const pythonDetectors = [patterns, tables] as readonly NodeDetector[];
