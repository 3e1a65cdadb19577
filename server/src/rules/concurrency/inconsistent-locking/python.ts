/**
 * Python: attributes that methods of a class change under a lock of the object, and that another method changes without it.
 * Only changes are looked at: reading one attribute is atomic. What is called with the lock held needs none of its own.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf } from '../../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  assignmentTargets,
  bodyOf,
  calledName,
  calledOn,
  definedName,
  methodsOf,
  onlyChild,
  runningFunction,
} from '../../../languages/python/syntax.ts';

interface Change {
  readonly attribute: string;
  readonly node: PythonNode;
  readonly method: PythonNode;
  /** Text of the lock that is held, '' for none. */
  readonly lock: string;
}

const CHANGES = /^(?:append|extend|insert|remove|pop|popitem|clear|update|setdefault|add|discard|appendleft|popleft)$/;
const SETUP = /^(?:__init__|__new__|__del__|__enter__|__exit__|__setstate__|setup|_?init\w*|_?reset\w*|_?setup\w*)$/;

function selfAttribute(node: PythonNode | null | undefined): string {
  if (node?.kind === 'subscript') return selfAttribute(node.child('value'));
  if (node?.kind !== 'attribute' || node.child('object')?.text !== 'self') return '';
  return node.child('attribute')?.text ?? '';
}

/** Locks of the object that are held where a node stands, in the method that runs it. */
function lockAround(node: PythonNode, method: PythonNode, ctx: ChunkContext): string {
  for (
    let around = node.ancestor('with_statement', 'function_definition');
    around !== null && !around.equals(method);
    around = around.ancestor('with_statement', 'function_definition')
  ) {
    if (around.kind !== 'with_statement') return '';
    for (const item of around.childOfKind('with_clause')?.descendants('with_item') ?? []) {
      const lock = item.child('value') ?? onlyChild(item);
      if (lock === null || !/^self\.\w+$/.test(lock.text)) continue;
      if (/^(?:threading|multiprocessing)\.(?:R?Lock|Condition)\(\)$/.test(chainOf(lock, ctx) ?? '')) return lock.text;
    }
  }
  return '';
}

function* changesIn(method: PythonNode): Generator<{ readonly attribute: string; readonly node: PythonNode }> {
  for (const node of method.descendants('assignment', 'augmented_assignment', 'call', 'delete_statement')) {
    if (runningFunction(node)?.equals(method) !== true) continue;
    if (node.kind === 'call') {
      const attribute = CHANGES.test(calledName(node)) ? selfAttribute(calledOn(node)) : '';
      if (attribute !== '') yield { attribute, node };
    } else if (node.kind === 'assignment') {
      for (const { target, value } of assignmentTargets(node)) {
        // A flag is set in one step.
        if (value !== null && /^(?:true|false|none)$/.test(value.kind)) continue;
        const attribute = selfAttribute(target);
        if (attribute !== '') yield { attribute, node: target };
      }
    } else {
      const target = node.kind === 'augmented_assignment' ? node.child('left') : onlyChild(node);
      const attribute = selfAttribute(target);
      if (attribute !== '' && target !== null) yield { attribute, node: target };
    }
  }
}

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['Lock(', 'Condition('],
  when: (_node, { file }) => importsModule(file.header, 'threading') || importsModule(file.header, 'multiprocessing'),
  *check(node, ctx): Iterable<Verdict> {
    const methods = methodsOf(node);
    // A lock that is taken by hand may be held anywhere.
    if (/\.acquire\(/.test(bodyOf(node)?.text ?? '')) return;
    const changes: Change[] = [];
    for (const method of methods) {
      for (const { attribute, node: place } of changesIn(method)) {
        changes.push({ attribute, node: place, method, lock: lockAround(place, method, ctx) });
      }
    }
    const guards = new Map<string, Set<string>>();
    for (const { attribute, lock, method } of changes) {
      if (lock === '' || SETUP.test(definedName(method))) continue;
      const locks = guards.get(attribute) ?? new Set();
      guards.set(attribute, locks.add(lock));
    }
    if (guards.size === 0) return;
    const seen = new Set<string>();
    for (const { attribute, node: place, method, lock } of changes) {
      const locks = guards.get(attribute);
      const name = definedName(method);
      if (locks === undefined || locks.size !== 1 || SETUP.test(name)) continue;
      if (lock !== '') {
        yield { kind: 'pass', subject: place.span };
        continue;
      }
      if (/[lL]ocked|unsafe|nolock/.test(name) || seen.has(`${attribute} ${name}`)) continue;
      if (isBeforeThreads(place, method)) continue;
      if (isCalledWithLock(name, methods, ctx)) continue;
      // It is made, and nothing else runs yet.
      if (isCalledFromSetup(name, methods)) continue;
      seen.add(`${attribute} ${name}`);
      const guarded = changes.find((other) => other.attribute === attribute && other.lock !== '')!;
      yield {
        kind: 'fail',
        subject: place.span,
        message: 'write',
        args: { field: `self.${attribute}`, lock: [...locks][0]! },
        related: [{ span: guarded.node.span, message: 'Here it is changed with the lock held.' }],
      };
    }
  },
};

/** Whether the method starts the threads only after it has made the value anew: nobody else is there yet. */
function isBeforeThreads(place: PythonNode, method: PythonNode): boolean {
  if (place.kind !== 'attribute' || place.parent?.kind !== 'assignment') return false;
  const starts = method.descendants('call').filter((call) => /^(?:Thread|submit|map)$/.test(calledName(call)));
  return starts.length > 0 && starts.every((call) => call.start > place.end);
}

function callsOf(name: string, method: PythonNode): PythonNode[] {
  return method.descendants('call').filter((call) => calledName(call) === name && calledOn(call)?.text === 'self');
}

/** Whether a method of the class calls it with a lock held, so that it is a part of what runs under the lock. */
function isCalledWithLock(name: string, methods: readonly PythonNode[], ctx: ChunkContext): boolean {
  return methods.some((method) =>
    callsOf(name, method).some(
      (call) => lockAround(call, method, ctx) !== '' || isCalledInLocked(method, methods, ctx),
    ),
  );
}

function isCalledInLocked(method: PythonNode, methods: readonly PythonNode[], ctx: ChunkContext): boolean {
  const name = definedName(method);
  return methods.some((other) => callsOf(name, other).some((call) => lockAround(call, other, ctx) !== ''));
}

function isCalledFromSetup(name: string, methods: readonly PythonNode[]): boolean {
  const callers = methods.filter((method) => callsOf(name, method).length > 0);
  return callers.length > 0 && callers.every((method) => SETUP.test(definedName(method)));
}

export const pythonDetectors: readonly Detector[] = [classes as NodeDetector];
