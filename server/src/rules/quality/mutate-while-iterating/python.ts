/**
 * Python: `for x in xs` with `xs.remove(x)` or `del xs[x]` in its body, after which the loop goes on. Appending is left
 * alone, since work lists grow on purpose, and so is assigning to keys, which may be there already.
 */
import { findPath } from '../../../core/flow/paths.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { replaced } from '../../../languages/python/edits.ts';
import { flowAround } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  assignmentTargets,
  bodyOf,
  calledName,
  calledOn,
  dottedName,
  hasToken,
  runningFunction,
  shortText,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const REMOVERS = /^(?:remove|pop|popitem|discard|clear)$/;
const VIEWS = /^(?:items|keys|values)$/;

/** The collection that a loop goes through, and whether by a view of a dictionary; null for copies and other values. */
function collectionOf(iterable: PythonNode): { readonly name: string; readonly node: PythonNode } | null {
  let inner = unparenthesized(iterable);
  if (inner.kind === 'call' && calledName(inner) === 'enumerate' && calledOn(inner) === null) {
    const [first] = inner.child('arguments')?.namedChildren ?? [];
    if (first === undefined) return null;
    inner = unparenthesized(first);
  }
  if (inner.kind === 'call') {
    const object =
      VIEWS.test(calledName(inner)) && inner.child('arguments')?.namedChildren.length === 0 ? calledOn(inner) : null;
    const name = object === null ? null : dottedName(object);
    return name === null ? null : { name, node: inner };
  }
  if (inner.kind !== 'identifier' && inner.kind !== 'attribute') return null;
  const name = dottedName(inner);
  return name === null ? null : { name, node: inner };
}

const loops: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['for_statement'],
  triggers: ['.remove(', '.pop(', '.popitem(', '.discard(', '.clear(', 'del '],
  *check(node, ctx): Iterable<Verdict> {
    const iterable = node.child('right');
    const body = bodyOf(node);
    const owner = runningFunction(node);
    if (iterable === null || body === null || hasToken(node, 'async')) return;
    const collection = collectionOf(iterable);
    if (collection === null) return;
    const { name } = collection;
    // Another value under the same name in the body is another collection.
    for (const assignment of body.descendants('assignment')) {
      if (assignmentTargets(assignment).some(({ target }) => target.text === name)) return;
    }
    const changes = body.descendants('call', 'delete_statement').filter((one) => {
      const around = runningFunction(one);
      if (owner === null ? around !== null : around?.equals(owner) !== true) return false;
      if (one.kind === 'call') return REMOVERS.test(calledName(one)) && calledOn(one)?.text === name;
      return one
        .descendants('subscript')
        .some((part) => part.parent?.equals(one) === true && part.child('value')?.text === name);
    });
    if (changes.length === 0) return;
    const flow = owner === null ? null : flowAround(ctx, node);
    const head = flow?.at(node.child('left') ?? node) ?? -1;
    const again = changes.find((change) => {
      if (flow === null || head < 0) return !leavesAtOnce(change, node);
      const from = flow.at(change);
      // Through a loop around it comes back to another round of its own.
      const outside = (id: number): boolean => {
        const syntax = flow.node(id);
        return syntax !== null && !node.contains(syntax);
      };
      return from >= 0 && findPath(flow.graph, { from, target: (id) => id === head, blocks: outside }) !== null;
    });
    if (again === undefined) {
      yield { kind: 'pass', subject: iterable.span };
      return;
    }
    const target = collection.node;
    // Positions in the copy are no positions in what is changed.
    const isCounted = /^enumerate\b/.test(iterable.text);
    const fixes: readonly Fix[] = isCounted
      ? []
      : [
          {
            title: `Go through a copy of ${name}`,
            safety: 'suggestion',
            preferred: true,
            edits: [replaced(target, `list(${target.text})`)],
          },
        ];
    yield {
      kind: 'fail',
      subject: again.span,
      message: 'changed',
      args: { call: again.kind === 'call' ? `${calledName(again)}()` : shortText(again), collection: name },
      related: [{ span: iterable.span, message: 'The loop goes through it here.' }],
      fixes,
    };
  },
};

/** Outside of functions there is no graph: the block that changes the collection has to end the loop. */
function leavesAtOnce(change: PythonNode, loop: PythonNode): boolean {
  for (let inner: PythonNode | null = change; inner !== null && !inner.equals(loop); inner = inner.parent) {
    if (inner.kind !== 'block') continue;
    const last = inner.namedChildren.findLast(({ kind }) => kind !== 'comment');
    if (last?.kind === 'break_statement' || last?.kind === 'raise_statement') return true;
  }
  return false;
}

export const pythonDetectors: readonly Detector[] = [loops as NodeDetector];
