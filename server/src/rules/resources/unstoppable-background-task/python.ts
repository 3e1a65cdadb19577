/**
 * Python: threads and tasks that run an endless loop which their owner cannot end. Of daemon threads and tasks, which end
 * with the process or its loop, only those count whose owner says that it can be closed before. What a script starts in
 * its main function lives as long as the process.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  awaited,
  basesOf,
  bodyOf,
  calledName,
  definedName,
  enclosingFunction,
  keywordArgument,
  methodClassAround,
  methodsOf,
  positionalArguments,
  runningFunction,
} from '../../../languages/python/syntax.ts';

/** Key: name of a function at the top of a module that never ends. */
export const PYTHON_LOOP = 'unstoppable-background-task.loop';
/** Key: name of a function. A thread that keeps the process alive runs it. */
export const PYTHON_SPAWN = 'unstoppable-background-task.spawn';

const ENDS =
  /^(?:stop|close|shutdown|aclose|disconnect|terminate|teardown|tear_down|unload|dispose|__exit__|__aexit__|__del__|(?:stop|close|shutdown|async_stop|async_close|on_stop|on_shutdown)_?\w*)$/;
const LEAVES = /^(?:exit|_exit|abort|quit|exit_thread|interrupt_main)$/;

/** The condition of a loop that holds for ever as far as the loop shows: `True`, `1`, or a private flag of the object. */
function flagOf(loop: PythonNode): string | null {
  const text = loop.child('condition')?.text ?? '';
  if (/^\(?(?:True|1)\)?$/.test(text)) return '';
  return /^\(?(?:self\.(_\w+)|not self\.(_\w+)(?:\.is_set\(\))?)\)?$/.exec(text)?.slice(1).find(Boolean) ?? null;
}

/** Whether a statement of the loop itself leaves it, or the whole function is a generator that others drive. */
function canLeave(loop: PythonNode, owner: PythonNode): boolean {
  if (owner.descendants('yield').some((one) => runningFunction(one)?.equals(owner) === true)) return true;
  const body = bodyOf(loop);
  if (body === null) return true;
  // An exception ends the loop where somebody around it waits for one: `except Empty: return`.
  const around = loop.ancestor('try_statement', 'function_definition');
  if (around?.kind === 'try_statement' && around.childOfKind('except_clause') !== null) return true;
  for (const node of body.descendants('return_statement', 'break_statement', 'raise_statement', 'call')) {
    if (runningFunction(node)?.equals(owner) !== true) continue;
    if (node.kind === 'call') {
      if (LEAVES.test(calledName(node))) return true;
    } else if (node.kind !== 'break_statement') {
      return true;
    } else if (node.ancestor('while_statement', 'for_statement')?.equals(loop) === true) return true;
  }
  return false;
}

/** The endless loop of a function; `flag` is the attribute that could end it, '' for none. */
function endlessLoop(owner: PythonNode): { readonly loop: PythonNode; readonly flag: string } | null {
  for (const loop of owner.descendants('while_statement')) {
    if (runningFunction(loop)?.equals(owner) !== true) continue;
    const flag = flagOf(loop);
    // A property may be anything.
    if (flag !== null && flag !== '' && new RegExp(`\\bdef ${flag}\\(`).test(owner.tree.text)) continue;
    if (flag !== null && !canLeave(loop, owner)) return { loop, flag };
  }
  return null;
}

/** Whether some method but the constructor changes the flag. */
function isSet(flag: string, definition: PythonNode): boolean {
  const changes = new RegExp(`\\bself\\.${flag}(?:\\s*=[^=]|\\.(?:set|clear)\\()`);
  const reads = new RegExp(`\\bself\\.${flag}\\b(?!\\.is_set\\(\\))`);
  return methodsOf(definition).some((method) => {
    const text = method.child('body')?.text ?? '';
    if (definedName(method) === '__init__') return false;
    const withoutLoops = text.replace(new RegExp(`while (?:not )?self\\.${flag}(?:\\.is_set\\(\\))?:`, 'g'), '');
    if (new RegExp(`\\bself\\.${flag}\\s*=\\s*(?:True|False)\\b`).test(text)) {
      // Set to what makes it run is no end.
      const values = [...text.matchAll(new RegExp(`\\bself\\.${flag}\\s*=\\s*(True|False)\\b`, 'g'))];
      return values.some(([, value]) => value === (isNegated(flag, definition) ? 'True' : 'False'));
    }
    // Handed to others, who may set it.
    return changes.test(text) || reads.test(withoutLoops);
  });
}

function isNegated(flag: string, definition: PythonNode): boolean {
  return new RegExp(`while \\(?not self\\.${flag}\\b`).test(definition.text);
}

interface Started {
  /** What runs: `self.run`, `worker`. */
  readonly target: PythonNode;
  readonly kind: 'thread' | 'daemon' | 'task';
}

function startedBy(call: PythonNode, ctx: ChunkContext): Started | null {
  const name = calledName(call);
  if (name === 'Thread') {
    const target = keywordArgument(call, 'target') ?? positionalArguments(call)[1];
    if (target === undefined || target === null || callChain(call, ctx) !== 'threading.Thread') return null;
    const daemon = keywordArgument(call, 'daemon');
    const around = enclosingFunction(call)?.text ?? call.tree.text;
    if (!/\.start\(/.test(methodClassAround(call)?.text ?? around)) return null;
    const isDaemon =
      daemon === null
        ? /\.daemon\s*=\s*True|setDaemon\(/.test(around)
        : daemon.kind !== 'false' && daemon.kind !== 'none';
    return { target, kind: isDaemon ? 'daemon' : 'thread' };
  }
  const [first] = positionalArguments(call);
  const coroutine = first === undefined ? null : awaited(first);
  const target = coroutine?.kind === 'call' ? coroutine.child('function') : null;
  if (target === null || !/^asyncio\.|_loop\(\)|^$/.test(callChain(call, ctx))) return null;
  return { target, kind: 'task' };
}

const STARTERS = /^(?:Thread|create_task|ensure_future)$/;

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['Thread', 'create_task(', 'ensure_future('],
  when: (node, { file }) =>
    /\bwhile\b/.test(node.text) && (importsModule(file.header, 'threading') || importsModule(file.header, 'asyncio')),
  *check(node, ctx): Iterable<Verdict> {
    const methods = methodsOf(node);
    const ending = methods.find((method) => ENDS.test(definedName(method)));
    const { text } = node;
    const isThread = basesOf(node).some((base) => chainOf(base, ctx) === 'threading.Thread');
    const judge = function* (started: Started, owner: PythonNode, subject: PythonNode): Iterable<Verdict> {
      const found = endlessLoop(owner);
      if (found === null) return;
      const { loop, flag } = found;
      const isTask = started.kind === 'task';
      if (flag !== '' && isSet(flag, node)) {
        yield { kind: 'pass', subject: subject.span };
        return;
      }
      if (isTask && /\.cancel\(|TaskGroup|cancel_tasks|cancel_all/.test(text)) {
        yield { kind: 'pass', subject: subject.span };
        return;
      }
      // The helpers of a thread are there as long as it is.
      if (started.kind !== 'thread' && (ending === undefined || (started.kind === 'daemon' && isThread))) return;
      const related = [{ span: (loop.child('condition') ?? loop).span, message: 'This loop has no way out.' }];
      if (ending !== undefined) {
        const span = (ending.child('name') ?? ending).span;
        related.push({ span, message: 'This ends the object, but not the loop.' });
      }
      const args = { name: definedName(owner) };
      yield { kind: 'fail', subject: subject.span, message: isTask ? 'pythonTask' : 'pythonThread', args, related };
    };
    if (isThread) {
      const run = methods.find((method) => definedName(method) === 'run');
      const isDaemon = /daemon\s*=\s*True|setDaemon\(/.test(text);
      const target = run?.child('name');
      if (run !== undefined && target != null) {
        yield* judge({ target, kind: isDaemon ? 'daemon' : 'thread' }, run, node.child('name') ?? run);
      }
    }
    for (const call of node.descendants('call')) {
      if (!STARTERS.test(calledName(call)) || call.ancestor('class_definition')?.equals(node) !== true) continue;
      const started = startedBy(call, ctx);
      const name = started === null ? undefined : /^self\.(\w+)$/.exec(started.target.text)?.[1];
      const owner = name === undefined ? undefined : methods.find((method) => definedName(method) === name);
      if (started !== null && owner !== undefined) yield* judge(started, owner, call.child('function') ?? call);
    }
  },
};

/** Functions at the top of a module and inside of others; the judge brings threads and loops of one file together. */
const loops: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['while True', 'while 1', 'while (True'],
  when: (node) => node.parent?.kind === 'chunk',
  *check(node): Iterable<Verdict> {
    const found = endlessLoop(node);
    if (found?.flag === '') yield fact(PYTHON_LOOP, definedName(node), null, found.loop.child('condition') ?? node);
  },
};

const spawned: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['Thread('],
  calls: (name) => name === 'Thread',
  when: (_node, { file }) => importsModule(file.header, 'threading'),
  *check(node, ctx): Iterable<Verdict> {
    const started = startedBy(node, ctx);
    const around = enclosingFunction(node);
    if (started?.kind !== 'thread' || started.target.kind !== 'identifier' || around === null) return;
    if (/^(?:main|_main|cli|run)$/.test(definedName(around))) return;
    const subject = node.child('function') ?? node;
    const name = started.target.text;
    const inner = around.descendants('function_definition').find((one) => definedName(one) === name);
    if (inner === undefined) yield fact(PYTHON_SPAWN, name, null, subject);
    else {
      const found = endlessLoop(inner);
      if (found?.flag !== '') return;
      const related = [{ span: (found.loop.child('condition') ?? inner).span, message: 'This loop has no way out.' }];
      yield { kind: 'fail', subject: subject.span, message: 'pythonThread', args: { name }, related };
    }
  },
};

export const pythonDetectors: readonly Detector[] = [classes, loops, spawned] as NodeDetector[];
