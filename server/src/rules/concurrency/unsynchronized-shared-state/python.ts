/**
 * Python: values that several threads change in more than one step (`n += 1` reads, adds and writes) with no lock, and the
 * environment of the process, when a request changes it. A plain assignment is one step and is not looked at, and
 * coroutines of one loop do not interrupt each other there. A class that has a lock is inconsistent-locking's business.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { handlerAround, routeOf } from '../../../knowledge/python/requests.ts';
import { importedFramework } from '../../../knowledge/python/routes.ts';
import { chainOf, headerOf } from '../../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import {
  basesOf,
  calledName,
  calledOn,
  definedName,
  isAsync,
  keywordArgument,
  methodsOf,
  positionalArguments,
  rootIdentifier,
  runningFunction,
} from '../../../languages/python/syntax.ts';

/** Key: name of a function at the top of a module. It changes a variable of the module in several steps, without a lock. */
export const PYTHON_UPDATE = 'unsynchronized-shared-state.update';
/** Key: name of a function. Several threads run it at once. */
export const PYTHON_THREADS = 'unsynchronized-shared-state.threads';

const SETUP = /^(?:__init__|__new__|__enter__|__exit__|__del__|start|stop|close|_?(?:setup|init|reset)\w*)$/;

/** Whether a lock is held where a node stands: a `with` around it in the same function, by its name. */
function isLocked(node: PythonNode, owner: PythonNode): boolean {
  if (/\.acquire\(/.test(owner.text)) return true;
  for (
    let around = node.ancestor('with_statement', 'function_definition');
    around !== null && !around.equals(owner);
    around = around.ancestor('with_statement', 'function_definition')
  ) {
    if (
      around.kind === 'with_statement' &&
      /lock|mutex|sem|cond|guard/i.test(around.childOfKind('with_clause')?.text ?? '')
    )
      return true;
  }
  return false;
}

/** Whether what an augmented assignment changes belongs to the module or to a function around its own. */
function isShared(target: PythonNode, owner: PythonNode, ctx: ChunkContext): boolean {
  const root = rootIdentifier(target);
  if (root === null || /^(?:self|cls)$/.test(root.text) || target.descendants('call').length > 0) return false;
  const scopes = scopesAround(ctx, root);
  const scope = scopes.bindingScope(root);
  if (scope !== null && scope.kind !== 'module') {
    // A variable of the function around, which is there once for all threads that run this one.
    return !owner.contains(scope.node) && scope.kind === 'function' && !scope.node.equals(owner);
  }
  const global = headerOf(ctx).globals.find(({ name }) => name === root.text);
  return global !== undefined && !/^(?:threading\.local|contextvars\.|werkzeug\.local|flask\.)/.test(global.call);
}

/** Changes in several steps that a function makes to what it shares. */
function* updatesIn(
  owner: PythonNode,
  ctx: ChunkContext,
): Generator<{ readonly target: PythonNode; readonly locked: boolean }> {
  for (const node of owner.descendants('augmented_assignment')) {
    const target = node.child('left');
    if (target === null || runningFunction(node)?.equals(owner) !== true || !isShared(target, owner, ctx)) continue;
    yield { target, locked: isLocked(node, owner) };
  }
}

/** Sync handlers of requests run in threads. */
function runsInThreads(definition: PythonNode, ctx: ChunkContext): boolean {
  const route = isAsync(definition) ? null : routeOf(definition, ctx);
  return route !== null && (route.framework !== 'other' || /^(?:flask|fastapi)/.test(importedFramework(headerOf(ctx))));
}

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['+=', '-='],
  when: (node) => /[-+]=/.test(node.text),
  *check(node, ctx): Iterable<Verdict> {
    const isHandler = runsInThreads(node, ctx);
    const isTop = node.parent?.kind === 'chunk' || node.parent?.parent?.kind === 'chunk';
    const threads = isHandler || isTop ? null : startedIn(node);
    if (!isHandler && !isTop && threads === null) return;
    for (const { target, locked } of updatesIn(node, ctx)) {
      if (isHandler || threads !== null) {
        const task = isHandler ? 'requests' : 'threads';
        const args = { name: target.text, task };
        if (locked) yield { kind: 'pass', subject: target.span };
        else yield { kind: 'fail', subject: target.span, message: 'steps', args };
      } else if (!locked) yield fact(PYTHON_UPDATE, definedName(node), target.text, target);
    }
  },
};

/** Functions that a call hands to threads, several of them at once. */
function handedTo(call: PythonNode): PythonNode | null {
  const name = calledName(call);
  const isRepeated =
    call.ancestor('for_statement', 'while_statement', 'list_comprehension', 'generator_expression') !== null;
  if (name === 'Thread' || name === 'Timer') {
    const target =
      keywordArgument(call, name === 'Thread' ? 'target' : 'function') ?? positionalArguments(call)[1] ?? null;
    return isRepeated ? target : null;
  }
  const pool = calledOn(call)?.text ?? '';
  if (!/pool|executor/i.test(pool) || /process/i.test(pool)) return null;
  const first = positionalArguments(call)[0] ?? null;
  if (name === 'map') return first;
  return name === 'submit' && isRepeated ? first : null;
}

function importsThreads({ file }: ChunkContext<unknown, PythonHeader>): boolean {
  return importsModule(file.header, 'threading') || importsModule(file.header, 'concurrent.futures');
}

/** The call that gives an inner function to several threads; null when there is none. */
function startedIn(definition: PythonNode): PythonNode | null {
  const around = runningFunction(definition);
  const name = definedName(definition);
  if (around === null || !/Thread|submit|\.map\(/.test(around.text) || /ProcessPool/.test(around.text)) return null;
  return around.descendants('call').find((call) => handedTo(call)?.text === name) ?? null;
}

const threads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['Thread(', 'Timer(', '.submit(', '.map('],
  calls: (name) => /^(?:Thread|Timer|submit|map)$/.test(name),
  when: (_node, ctx) => importsThreads(ctx),
  *check(node): Iterable<Verdict> {
    const target = handedTo(node);
    if (target?.kind === 'identifier' && !/ProcessPool/.test(node.tree.text))
      yield fact(PYTHON_THREADS, target.text, null, node);
  },
};

/** Numbers of an object that its own thread and its callers change. */
const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['+=', '-='],
  when: (_node, ctx) => importsThreads(ctx),
  *check(node, ctx): Iterable<Verdict> {
    const { text } = node;
    if (/Lock\(|Condition\(|Semaphore\(|\b_?\w*lock\b/i.test(text)) return;
    const methods = methodsOf(node);
    const isThread = basesOf(node).some((base) => chainOf(base, ctx) === 'threading.Thread');
    const inThread = new Set(isThread ? ['run'] : []);
    const inMany = new Set<string>();
    for (const call of node.descendants('call')) {
      const target = /^(?:Thread|Timer)$/.test(calledName(call))
        ? (keywordArgument(call, 'target') ?? positionalArguments(call)[1])
        : /^(?:submit|map)$/.test(calledName(call)) && /pool|executor/i.test(calledOn(call)?.text ?? '')
          ? positionalArguments(call)[0]
          : undefined;
      const method = /^self\.(\w+)$/.exec(target?.text ?? '')?.[1];
      if (method === undefined || /ProcessPool/.test(text)) continue;
      inThread.add(method);
      if (handedTo(call) !== null) inMany.add(method);
    }
    if (inThread.size === 0) return;
    const reached = closure(inThread, methods);
    const many = closure(inMany, methods);
    const updates = methods.flatMap((method) =>
      method.descendants('augmented_assignment').flatMap((one) => {
        const target = one.child('left');
        const isOwn =
          target !== null && /^self\.\w+$/.test(target.text) && runningFunction(one)?.equals(method) === true;
        return isOwn ? [{ target, method: definedName(method) }] : [];
      }),
    );
    const mentioned = methods
      .filter((method) => reached.has(definedName(method)))
      .map(({ text: body }) => body)
      .join('\n');
    /** What callers ask for, and what that runs: the thread itself may call the rest, on this object or on others like it. */
    const asked = methods
      .map(definedName)
      .filter(
        (name) =>
          !SETUP.test(name) && !reached.has(name) && !text.includes(`self.${name}`) && !mentioned.includes(`.${name}`),
      );
    const outside = closure(new Set(asked), methods, (call) => call.ancestor('lambda') === null);
    const isOutside = (name: string): boolean => outside.has(name) && !reached.has(name) && !SETUP.test(name);
    const shown = new Set<string>();
    for (const { target, method } of updates) {
      if (!reached.has(method) || SETUP.test(method) || shown.has(target.text)) continue;
      const other = updates.find((one) => one.target.text === target.text && isOutside(one.method));
      if (other === undefined && !many.has(method)) continue;
      shown.add(target.text);
      yield {
        kind: 'fail',
        subject: target.span,
        message: 'steps',
        args: { name: target.text, task: 'threads' },
        related: other === undefined ? [] : [{ span: other.target.span, message: 'Changed by callers here.' }],
      };
    }
  },
};

/** Methods that some of the class run, and what these call on the object, as far as such a call counts. */
function closure(
  first: ReadonlySet<string>,
  methods: readonly PythonNode[],
  counts: (call: PythonNode) => boolean = () => true,
): ReadonlySet<string> {
  const found = new Set(first);
  for (const name of found) {
    const method = methods.find((one) => definedName(one) === name);
    for (const call of method?.descendants('call') ?? []) {
      if (calledOn(call)?.text === 'self' && counts(call)) found.add(calledName(call));
    }
  }
  return found;
}

/** `os.environ["X"] = y` in a handler of requests. */
const environment: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment', 'call'],
  triggers: ['environ', 'putenv', 'chdir('],
  calls: (name) => /^(?:putenv|chdir|update|setdefault)$/.test(name),
  when: (node) => node.kind === 'call' || /environ\s*\[/.test(node.child('left')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const changed =
      node.kind === 'call'
        ? (chainOf(node.child('function')!, ctx) ?? '')
        : `${chainOf(node.child('left')?.child('value') ?? node, ctx) ?? ''}[]`;
    if (!/^os\.(?:environ(?:\[\]|\.update)|putenv|chdir)$/.test(changed)) return;
    const handler = handlerAround(node, ctx);
    if (handler === null || runningFunction(node)?.equals(handler.definition) !== true) return;
    const subject = node.kind === 'call' ? node : (node.child('left') ?? node);
    yield {
      kind: 'fail',
      subject: subject.span,
      message: 'process',
      args: { name: changed === 'os.chdir' ? 'The working directory' : 'The environment' },
    };
  },
};

export const pythonDetectors: readonly Detector[] = [functions, threads, classes, environment] as NodeDetector[];
