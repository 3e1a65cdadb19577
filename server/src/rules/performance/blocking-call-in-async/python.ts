/**
 * Python: blocking calls in `async def`, and calls there of synchronous functions of the workspace that make one. Nested
 * functions and lambdas run elsewhere and are left alone, and so is what runs once: start-up, shutdown, programs of the
 * command line. Functions are followed through imports and classes whose instance is known, never by name alone.
 */
import type { Fix, FixEdit, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import {
  type ChunkContext,
  type Detector,
  type FactView,
  fact,
  type NodeDetector,
} from '../../../core/rulekit/rule.ts';
import { blockingCall, importsBlocking, mayBlock } from '../../../knowledge/python/blocking.ts';
import { pythonModules } from '../../../knowledge/python/modules.ts';
import { callChain, headerOf } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { isStandardModule } from '../../../languages/python/stdlib.ts';
import {
  calledName,
  calledOn,
  decoratorsOf,
  definedName,
  isAsync,
  isDiscarded,
  methodClassAround,
  runningFunction,
  statementsOf,
  undecorated,
} from '../../../languages/python/syntax.ts';

/** A synchronous function that blocks; key: its name. */
export const BLOCKING_FUNCTION = 'blocking-call-in-async.function';
/** A call of something synchronous in a function that runs on an event loop; key: its name. */
const ASYNC_CALL = 'blocking-call-in-async.call';

/** Functions that run once, before or after anything is served. */
const ONCE =
  /^_*(?:main|lifespan|startup|start_?up|on_startup|shutdown|on_shutdown|setup|set_up|async_setup\w*|init\w*|initiali[sz]e\w*|bootstrap|migrate\w*|seed\w*|create_tables|__aenter__|__aexit__|teardown|start|stop|close|aclose)$/i;

function runsOnce(definition: PythonNode): boolean {
  if (ONCE.test(definedName(definition))) return true;
  return decoratorsOf(definition).some((decorator) =>
    /on_event|asynccontextmanager|\bcommand\b|\bcli\b/.test(decorator.text),
  );
}

/** Programs of the command line have nobody else to keep waiting. */
function isProgram(ctx: ChunkContext): boolean {
  const header = headerOf(ctx);
  if (/(?:^|\/)(?:scripts?|tools?|bin|cli|commands?|examples?|benchmarks?)\//.test(ctx.file.path)) return true;
  // A script that is started by hand and has nothing but the standard library serves nobody.
  if (header.main && header.imports.every(({ module }) => isStandardModule(module))) return true;
  const isServer = [
    'fastapi',
    'starlette',
    'aiohttp',
    'quart',
    'sanic',
    'discord',
    'telegram',
    'websockets',
    'grpc',
  ].some((module) => importsModule(header, module));
  return !isServer && ['argparse', 'click', 'typer', 'fire'].some((module) => importsModule(header, module));
}

/** The `async def` that runs a node on the event loop; null for everything else. */
function loopFunction(node: PythonNode): PythonNode | null {
  const owner = runningFunction(node);
  return owner !== null && isAsync(owner) && !runsOnce(owner) ? owner : null;
}

/** What hands a call to a thread. */
const THREADS = /^(?:to_thread|run_in_threadpool|run_in_executor|run_sync)$/;

const direct: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['async def'],
  calls: (name) => mayBlock(name) || THREADS.test(name),
  when: (_node, { file }) => importsBlocking(file.header) || importsModule(file.header, 'asyncio'),
  *check(node, ctx): Iterable<Verdict> {
    if (node.parent?.kind === 'await') {
      if (/^asyncio\.sleep$/.test(callChain(node, ctx)) || THREADS.test(calledName(node))) {
        yield { kind: 'pass', subject: node.span };
      }
      return;
    }
    const found = blockingCall(node, ctx);
    if (found === null || loopFunction(node) === null || isProgram(ctx)) return;
    const call = shownChain(found.chain);
    const callee = node.child('function') ?? node;
    if (found.kind === 'sleep') {
      const fix: Fix = {
        title: 'Await asyncio.sleep',
        safety: 'suggestion',
        preferred: true,
        edits: [replaced(callee, 'await asyncio.sleep'), importing(['asyncio'], ['time'])],
      };
      const fixes = node.parent?.kind === 'expression_statement' ? [fix] : [];
      yield { kind: 'fail', subject: callee.span, message: 'sleep', args: { call }, fixes };
      return;
    }
    yield { kind: 'fail', subject: callee.span, message: 'direct', args: { call }, fixes: threadFix(node, found.kind) };
  },
};

/** `await asyncio.to_thread(f, ...)`, where a call that stands for itself may run in any thread. */
function threadFix(call: PythonNode, kind: string): readonly Fix[] {
  const callee = call.child('function');
  const list = call.child('arguments');
  // What belongs to a connection may be bound to the thread that has made it.
  if (callee === null || list?.kind !== 'argument_list' || kind === 'database') return [];
  if (calledOn(call)?.descendants('call').length !== 0) return [];
  const isPlain = isDiscarded(call) || call.parent?.kind === 'assignment' || call.parent?.kind === 'return_statement';
  const inner = list.text.slice(1);
  const rest = inner.trimStart().startsWith(')') ? inner : `, ${inner}`;
  const broken = /^\s*[\r\n]/.test(inner);
  if (broken) return [];
  const text = `await asyncio.to_thread(${callee.text}${rest}`;
  const edits: readonly FixEdit[] = [replaced(call, isPlain ? text : `(${text})`), importing(['asyncio'])];
  return [{ title: 'Run it in a thread', safety: 'suggestion', preferred: true, edits }];
}

/** A chain for readers: `requests.Session.get`. */
function shownChain(chain: string): string {
  return chain.replaceAll('()', '').replaceAll('[]', '');
}

/** Synchronous functions at the top of a file, or methods, that block: directly or through methods of their class. */
const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  when: (node, { file }) => node.parent !== null && isTop(node) && importsBlocking(file.header),
  *check(node, ctx): Iterable<Verdict> {
    const isClass = node.kind === 'class_definition';
    const definitions = isClass
      ? statementsOf(node)
          .map(undecorated)
          .filter(({ kind }) => kind === 'function_definition')
      : [node];
    const blocking = new Map<string, string>();
    const calledBy = new Map<string, Set<string>>();
    for (const definition of definitions) {
      if (isAsync(definition) || isGenerator(definition)) continue;
      const name = definedName(definition);
      for (const call of definition.descendants('call')) {
        const called = calledName(call);
        if (isClass && /^(?:self|cls)$/.test(calledOn(call)?.text ?? '')) {
          calledBy.set(called, (calledBy.get(called) ?? new Set()).add(name));
        }
        if (blocking.has(name) || !mayBlock(called) || runningFunction(call)?.equals(definition) !== true) continue;
        const found = blockingCall(call, ctx);
        // Files are copied in a moment, as a rule, and what only looks at the head of a file is quick.
        if (found !== null && found.kind !== 'files') blocking.set(name, shownChain(found.chain));
      }
    }
    // Methods that call blocking methods block as well.
    const open = [...blocking.keys()];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      for (const caller of calledBy.get(name) ?? []) {
        if (blocking.has(caller)) continue;
        blocking.set(caller, blocking.get(name)!);
        open.push(caller);
      }
    }
    for (const definition of definitions) {
      const name = definedName(definition);
      const call = blocking.get(name);
      if (call === undefined || isAsync(definition)) continue;
      const subject = definition.child('name') ?? definition;
      yield fact(BLOCKING_FUNCTION, name, { owner: isClass ? definedName(node) : '', call }, subject);
    }
  },
};

function isTop(node: PythonNode): boolean {
  const around = node.parent?.kind === 'decorated_definition' ? node.parent.parent : node.parent;
  return around?.kind === 'chunk' || around?.kind === 'module' || around?.parent === null;
}

function isGenerator(definition: PythonNode): boolean {
  return definition.descendants('yield').some((node) => runningFunction(node)?.equals(definition) === true);
}

/** Names that the standard library and everybody's objects use: they lead to no function of the workspace. */
const COMMON =
  /^(?:append|extend|items|keys|values|join|format|split|strip|startswith|endswith|lower|upper|replace|info|debug|warning|error|exception|critical|print|len|str|int|float|bool|dict|list|set|tuple|isinstance|getattr|setattr|hasattr|super|range|enumerate|sorted|zip|min|max|sum|any|all|pop|encode|decode|now|utcnow|isoformat|copy|index|Depends|HTTPException|warn|log|__init__)$/;

const asyncCalls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['async def'],
  calls: (name) => name !== '' && !COMMON.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (node.parent?.kind === 'await' || loopFunction(node) === null) return;
    const name = calledName(node);
    let module = '';
    let owner = '';
    if (/^self$/.test(calledOn(node)?.text ?? '')) {
      const around = methodClassAround(node);
      if (around === null || !isTop(around)) return;
      owner = definedName(around);
    } else {
      const chain = callChain(node, ctx);
      const match = /^(:|\.*[A-Za-z_][\w.]*?\.|\.+)(?:([A-Za-z_]\w*)\(\)\.)?(\w+)$/.exec(chain);
      if (match === null || match[3] !== name) return;
      module = match[1] === ':' ? '' : match[1]!.replace(/(?<=[^.])\.$/, '');
      owner = match[2] ?? '';
      if (module === 'builtins' || (module !== '' && !module.startsWith('.') && isStandardModule(module))) return;
    }
    if (isProgram(ctx)) return;
    const callee = node.child('function') ?? node;
    const list = node.child('arguments');
    const simple = list?.kind === 'argument_list' && !/^\(\s*[\r\n]/.test(list.text);
    const isPlain = isDiscarded(node) || node.parent?.kind === 'assignment' || node.parent?.kind === 'return_statement';
    const fixed = simple
      ? `await asyncio.to_thread(${callee.text}${/^\(\s*\)/.test(list.text) ? '' : ', '}${list.text.slice(1).trimStart()}`
      : '';
    yield fact(
      ASYNC_CALL,
      name,
      { module, owner, fixed: isPlain || fixed === '' ? fixed : `(${fixed})`, length: node.end - callee.start },
      callee,
    );
  },
};

type Call = { readonly module: string; readonly owner: string; readonly fixed: string; readonly length: number };

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const modules = pythonModules(facts);
  for (const found of facts.all(BLOCKING_FUNCTION)) {
    if (facts.role(found.place.path) !== 'production') continue;
    const { owner, call } = found.value as { readonly owner: string; readonly call: string };
    for (const use of facts.lookup(ASYNC_CALL, found.key)) {
      if (facts.role(use.place.path) !== 'production') continue;
      const value = use.value as Call;
      if (value.owner !== owner) continue;
      const target = value.module === '' ? null : modules.resolve(value.module, use.place.path);
      const path = value.module === '' ? use.place.path : target?.kind === 'file' ? target.path : '';
      if (path !== found.place.path) continue;
      const name = owner === '' ? found.key : `${owner}.${found.key}`;
      const { anchor, span } = use.place;
      const whole = { path: use.place.path, anchor, span: { start: span.start, end: span.start + value.length } };
      const fixes: readonly Fix[] =
        value.fixed === ''
          ? []
          : [
              {
                title: 'Run it in a thread',
                safety: 'suggestion',
                preferred: true,
                edits: [{ kind: 'replaceAt', place: whole, newText: value.fixed }, importing(['asyncio'])],
              },
            ];
      yield {
        kind: 'fail',
        subject: use.place,
        message: 'helper',
        args: { name, call },
        related: [{ place: found.place, message: `It waits in ${call}.` }],
        fixes,
      };
    }
  }
}

export const pythonDetectors: readonly Detector[] = [direct, functions, asyncCalls].map((one) => one as NodeDetector);
