/**
 * Python: dictionaries of an object or module that get an entry for each client, session or conversation. A class is
 * judged as a whole where it stands; what other files take out of an attribute or a variable of that name counts too.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { headerOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { assignedValue } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  calledName,
  calledOn,
  definedName,
  methodsOf,
  positionalArguments,
  runningFunction,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

/** Key: name of the attribute or variable. */
export const PYTHON_GROWN = 'python.grown';
export const PYTHON_SHRUNK = 'python.shrunk';
export type PythonGrown = {
  readonly text: string;
  /** '' for an attribute of an object; the file's path for a variable of a module. */
  readonly module: string;
};

/** What is there once for each client. */
const CLIENT =
  /(?:^|[._])(?:session|user|client|customer|visitor|conversation|conv|chat|thread|sender|phone|phone_number|token|access_token|ip|ip_address|remote_addr|client_host|request|email|sid|uid)(?:_?(?:id|key|ip|addr|address|token|uuid|hash))?$/i;
const CLIENT_CALL = /(?:remote_addr|get_remote_address\(|\.client\.host|get_client_ip\()/;
const EMPTY =
  /^(?:\{\}|dict\(\)|defaultdict\(.*\)|collections\.defaultdict\(.*\)|OrderedDict\(\)|collections\.OrderedDict\(\))$/s;
const MENTIONED = /^(?:pop|popitem|clear|__delitem__|expire|evict\w*|cleanup\w*|prune\w*)$/;

function isClient(key: PythonNode, ctx: ChunkContext): boolean {
  const inner = unparenthesized(key);
  if (inner.kind === 'tuple') return inner.namedChildren.some((part) => isClient(part, ctx));
  if (CLIENT_CALL.test(inner.text)) return true;
  if (inner.kind !== 'identifier' && inner.kind !== 'attribute' && inner.kind !== 'call') return false;
  const text = inner.kind === 'call' ? (positionalArguments(inner)[0]?.text ?? '') : inner.text;
  if (CLIENT.test(text)) return true;
  const value = inner.kind === 'identifier' ? assignedValue(inner, ctx) : null;
  return (
    value !== null &&
    value.text.length < 200 &&
    (CLIENT.test(value.text) ||
      CLIENT_CALL.test(value.text) ||
      /\{[\w.]*(?:session|user|client|ip|token)(?:_?(?:id|key|ip|addr))?\}/.test(value.text))
  );
}

/** The attribute of `self` that a node is, or ''. */
function selfAttribute(node: PythonNode | null | undefined): string {
  if (node?.kind !== 'attribute' || node.child('object')?.text !== 'self') return '';
  return node.child('attribute')?.text ?? '';
}

/** What gets an entry by a statement or call: the collection and the key. */
function* growthsIn(
  node: PythonNode,
): Generator<{ readonly map: PythonNode; readonly key: PythonNode; readonly at: PythonNode }> {
  for (const one of node.descendants('assignment', 'call')) {
    if (one.kind === 'call') {
      const map = calledOn(one);
      const [key] = positionalArguments(one);
      if (calledName(one) === 'setdefault' && map !== null && key !== undefined) yield { map, key, at: one };
      continue;
    }
    for (const { target } of assignmentTargets(one)) {
      const map = target.kind === 'subscript' ? target.child('value') : null;
      const key = target.kind === 'subscript' ? target.child('subscript') : null;
      if (map !== null && key !== null && key.kind !== 'slice') yield { map, key, at: target };
    }
  }
}

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['] =', 'setdefault('],
  *check(node, ctx): Iterable<Verdict> {
    const methods = methodsOf(node);
    const setup = methods.find((method) => definedName(method) === '__init__');
    if (setup === undefined) return;
    const made = new Map<string, PythonNode>();
    for (const assignment of setup.descendants('assignment')) {
      for (const { target, value } of assignmentTargets(assignment)) {
        const name = selfAttribute(target);
        if (name !== '' && value !== null && EMPTY.test(value.text)) made.set(name, target);
      }
    }
    if (made.size === 0) return;
    const grown = new Set<string>();
    for (const method of methods) {
      if (
        /^(?:__init__|_?(?:load|setup|init|configure|build|parse|read|from|register|add_(?:argument|option|handler|route))\w*)$/.test(
          definedName(method),
        )
      )
        continue;
      for (const { map, key } of growthsIn(method)) {
        const name = selfAttribute(map);
        if (made.has(name) && isClient(key, ctx)) grown.add(name);
      }
    }
    for (const name of grown) {
      const target = made.get(name)!;
      if (isBounded(node, setup, name)) yield { kind: 'pass', subject: target.span };
      else yield fact(PYTHON_GROWN, name, { text: target.text, module: '' }, target);
    }
  },
};

/** Whether the class takes entries out, replaces the collection, asks how long it is, or lets go of it. */
function isBounded(definition: PythonNode, setup: PythonNode, name: string): boolean {
  for (const use of definition.descendants('attribute')) {
    if (selfAttribute(use) !== name) continue;
    const { parent } = use;
    if (parent === null || setup.contains(use)) continue;
    switch (parent.kind) {
      case 'attribute': {
        const method = parent.child('attribute')?.text ?? '';
        if (!/^(?:get|setdefault|items|keys|values|update|copy|__contains__)$/.test(method)) return true;
        break;
      }
      case 'subscript':
        if (parent.ancestor('delete_statement') !== null) return true;
        break;
      case 'assignment':
        // Replaced, or known by another name.
        return true;
      case 'for_statement':
      case 'for_in_clause':
      case 'comparison_operator':
      case 'not_operator':
      case 'boolean_operator':
      case 'if_statement':
        break;
      default:
        // An argument (`len(self.x)`, `self.trim(self.x)`), a result, a part of something else.
        return true;
    }
  }
  return false;
}

/** `sessions[session_id] = ...` in a function, for a dictionary of the module. */
const modules: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['] =', 'setdefault('],
  when: (_node, { file }) => file.header.globals.length > 0,
  *check(node, ctx): Iterable<Verdict> {
    if (runningFunction(node) !== null) return;
    for (const { map, key, at } of growthsIn(node)) {
      if (map.kind !== 'identifier' || !isClient(key, ctx)) continue;
      const global = headerOf(ctx).globals.find(({ name }) => name === map.text);
      if (global === undefined || scopesAround(ctx, map).bindingScope(map)?.kind === 'function') continue;
      yield fact(PYTHON_GROWN, map.text, { text: map.text, module: ctx.file.path }, at);
    }
  },
};

/** `sessions = {}` at the top of a module. */
const made: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['{}', 'dict('],
  when: (node) => node.parent?.parent?.kind === 'chunk' && node.child('left')?.kind === 'identifier',
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('left')!;
    if (EMPTY.test(node.child('right')?.text ?? ''))
      yield fact('python.dictionary', `${ctx.file.path} ${name.text}`, null, name);
  },
};

/** What is taken out of an attribute or variable of that name, or looks at how many there are. */
const shrinking: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'delete_statement'],
  triggers: ['.pop', '.clear(', 'del ', 'len('],
  calls: (name) => MENTIONED.test(name) || name === 'len',
  *check(node): Iterable<Verdict> {
    if (node.kind === 'delete_statement') {
      for (const part of node.descendants('subscript')) {
        const name = lastName(part.child('value'));
        if (name !== '') yield fact(PYTHON_SHRUNK, name, null, part);
      }
      return;
    }
    const isLength = calledName(node) === 'len';
    if (isLength && node.parent?.kind !== 'comparison_operator') return;
    const name = lastName(isLength ? (positionalArguments(node)[0] ?? null) : calledOn(node));
    if (name !== '') yield fact(PYTHON_SHRUNK, name, null, node);
  },
};

function lastName(node: PythonNode | null): string {
  if (node?.kind === 'identifier') return node.text;
  return node?.kind === 'attribute' ? (node.child('attribute')?.text ?? '') : '';
}

export const pythonDetectors: readonly Detector[] = [classes, modules, made, shrinking] as NodeDetector[];
