/**
 * Python: methods that return a dictionary, list or set as it is, or a view of it, while they hold the lock under which
 * other methods change it in place. Only containers that the constructor makes count, and no methods that are private.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import { isUnder, locksTakenIn, type TakenLock } from '../../../languages/python/locks.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  assignmentTargets,
  calledName,
  calledOn,
  definedName,
  methodsOf,
  onlyChild,
  runningFunction,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const CONTAINER = /^(?:\{|\[|(?:collections\.)?(?:dict|list|set|defaultdict|OrderedDict|deque|Counter)\()/;
const CHANGES =
  /^(?:append|appendleft|extend|insert|remove|pop|popitem|popleft|clear|update|setdefault|add|discard|sort)$/;
const VIEWS = /^(?:items|keys|values)$/;

function attributeOf(node: PythonNode | null): string {
  return /^self\.(\w+)$/.exec(node?.text ?? '')?.[1] ?? '';
}

/** Attributes that a node changes in place, with the place. */
function* changesIn(method: PythonNode): Generator<{ readonly attribute: string; readonly node: PythonNode }> {
  for (const node of method.descendants('assignment', 'augmented_assignment', 'delete_statement', 'call')) {
    if (node.kind === 'call') {
      if (CHANGES.test(calledName(node))) yield { attribute: attributeOf(calledOn(node)), node };
      continue;
    }
    const targets =
      node.kind === 'assignment'
        ? assignmentTargets(node).map(({ target }) => target)
        : [node.kind === 'delete_statement' ? onlyChild(node) : node.child('left')];
    for (const target of targets) {
      if (target?.kind === 'subscript') yield { attribute: attributeOf(target.child('value')), node: target };
    }
  }
}

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['Lock(', 'Condition('],
  when: (node) => /\breturn \(?self\.\w/.test(node.text),
  *check(node, ctx): Iterable<Verdict> {
    const methods = methodsOf(node);
    const setup = methods.find((method) => definedName(method) === '__init__');
    const made = new Set<string>();
    for (const assignment of setup?.descendants('assignment') ?? []) {
      for (const { target, value } of assignmentTargets(assignment)) {
        if (value !== null && CONTAINER.test(value.text)) made.add(attributeOf(target));
      }
    }
    made.delete('');
    if (made.size === 0) return;
    const taken = new Map(methods.map((method) => [method, locksTakenIn(method, ctx)]));
    const lockAt = (place: PythonNode, method: PythonNode): TakenLock | undefined =>
      runningFunction(place)?.equals(method) === true
        ? taken.get(method)!.find((one) => isUnder(one, place) && one.lock.startsWith('self.'))
        : undefined;
    for (const method of methods) {
      if (/^_/.test(definedName(method)) || taken.get(method)!.length === 0) continue;
      for (const statement of method.descendants('return_statement')) {
        const held = lockAt(statement, method);
        const result = onlyChild(statement);
        if (held === undefined || result === null) continue;
        const value = unparenthesized(result);
        const view = value.kind === 'call' && VIEWS.test(calledName(value)) ? calledOn(value) : null;
        const attribute = attributeOf(view ?? value);
        if (!made.has(attribute)) {
          const copied = /^(?:\w+\()?self\.(\w+)(?:\.copy\(\))?\)?$/.exec(value.text)?.[1] ?? '';
          if (value.kind === 'call' && made.has(copied)) yield { kind: 'pass', subject: value.span };
          continue;
        }
        const change = methods
          .filter((other) => !other.equals(method) && other !== setup)
          .flatMap((other) => [...changesIn(other)].map((one) => ({ ...one, held: lockAt(one.node, other) })))
          .find((one) => one.attribute === attribute && one.held?.lock === held.lock);
        // Who puts a new one in its place leaves the old one to its readers.
        if (change === undefined) continue;
        const text = view === null ? `${value.text}.copy()` : `list(${value.text})`;
        const fixes: Fix[] = [
          { title: `Return ${text}`, safety: 'suggestion', preferred: true, edits: [replaced(value, text)] },
        ];
        yield {
          kind: 'fail',
          subject: value.span,
          message: 'container',
          args: { field: `self.${attribute}`, lock: held.lock },
          related: [{ span: change.node.span, message: 'It is changed in place here.' }],
          fixes,
        };
      }
    }
  },
};

export const pythonDetectors: readonly Detector[] = [classes as NodeDetector];
