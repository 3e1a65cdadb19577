/**
 * Python: servers of `http.server` whose handler waits for slow clients for ever, and gunicorn whose time-out is switched
 * off. `socketserver.StreamRequestHandler` gives its socket the time-out that the class attribute `timeout` says, and
 * that is None unless somebody sets it. Servers of frameworks, and handlers of other protocols, whose clients may well be
 * silent, are left alone.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import {
  type ChunkContext,
  type Detector,
  type FactView,
  fact,
  type NodeDetector,
} from '../../../core/rulekit/rule.ts';
import { allFacts, ownFacts, type Part, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { pythonModules } from '../../../knowledge/python/modules.ts';
import { isServedPath } from '../../../knowledge/python/services.ts';
import { attributeValues, callChain, chainOf, headerOf } from '../../../languages/python/chains.ts';
import { linesAfter, linesBefore, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { assignedValue, constantText } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  basesOf,
  calledName,
  calledOn,
  definedName,
  docstringOf,
  enclosingFunction,
  indentationOf,
  isEmptyStatement,
  leadingComments,
  methodsOf,
  positionalArguments,
  statementsOf,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

/** Key: what the call makes. The value is a `Server`; the place is the call. */
export const PYTHON_SERVER = 'server-without-timeouts.server';
/** Key: name of the class. The value is a `Handler`; the place is its name. */
const HANDLER = 'server-without-timeouts.handler';
/** Key: name of what is called or set. Something that may bound what a server waits for, or how long it lives. */
const BOUND = 'server-without-timeouts.bound';

type Server = {
  /** The class of the handler as in chains.ts, with `()` behind it where a function makes it. */
  readonly handler: string;
  readonly threads: boolean;
};

type Handler = {
  readonly bases: readonly string[];
  /** Sets a time-out; null where it goes its own way with the connection. */
  readonly bounded: boolean | null;
  /** Function that declares it, '' at the top. */
  readonly function: string;
  /** Where `timeout` can be set. */
  readonly setting: (Part & { readonly newText: string }) | null;
};

// --- Facts --------------------------------------------------------------------------------------------------------

const SERVER = /^(?:http\.server\.(?:Threading)?HTTPServer|socketserver\.(?:Threading|Forking)?TCPServer)$/;
const THREADS = /^(?:http\.server|socketserver)\.(?:Threading|Forking)/;

/** What the class of a server stands on, the class itself included; null for everything else. */
function serverBases(chain: string, ctx: ChunkContext): readonly string[] | null {
  const own = /^:(\w+)$/.exec(chain)?.[1];
  const bases = own === undefined ? [chain] : (headerOf(ctx).classes.find(({ name }) => name === own)?.bases ?? []);
  return bases.some((base) => SERVER.test(base)) ? bases : null;
}

/** Text of a host: a constant, or the value that a parameter has without an argument. */
function hostText(host: PythonNode, ctx: ChunkContext): string | null {
  if (host.kind !== 'identifier') return constantText(host, ctx);
  const [binding, more] = scopesAround(ctx, host).bindingsOf(host);
  const given = binding?.kind === 'parameter' && more === undefined ? binding.value : host;
  return given === null ? null : constantText(given, ctx);
}

/** Whether others than this machine may connect, as far as the call says. */
function isOpen(call: PythonNode, ctx: ChunkContext): boolean {
  const written = argumentOf(call, 'server_address', 0);
  const address = written?.kind === 'identifier' ? assignedValue(written, ctx) : written;
  const host = address?.kind === 'tuple' ? syntaxChildren(address)[0] : undefined;
  return host !== undefined && /^(?:0\.0\.0\.0|::|\[::\]|)$/.test(hostText(host, ctx) ?? 'unknown');
}

/** The class of a handler, also where `functools.partial` or a lambda gives it more arguments; '' when not known. */
function handlerChain(call: PythonNode, ctx: ChunkContext): string {
  const written = argumentOf(call, 'RequestHandlerClass', 1);
  const value = written?.kind === 'identifier' ? (assignedValue(written, ctx) ?? written) : written;
  if (value === null) return '';
  if (value.kind === 'call' && callChain(value, ctx) === 'functools.partial') {
    const [first] = positionalArguments(value);
    return first === undefined ? '' : (chainOf(first, ctx) ?? '');
  }
  if (value.kind === 'lambda') {
    const body = value.child('body');
    return body?.kind === 'call' ? callChain(body, ctx) : '';
  }
  // A class within the class: `self.Handler`.
  const inner = /^(?:self|cls)\.(\w+)$/.exec(value.text)?.[1];
  return inner === undefined ? (chainOf(value, ctx) ?? '') : `:${inner}`;
}

const servers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['Server('],
  calls: (name) => name.endsWith('Server'),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    const bases = serverBases(chain, ctx);
    if (bases === null || !isOpen(node, ctx)) return;
    const value: Server = { handler: handlerChain(node, ctx), threads: bases.some((base) => THREADS.test(base)) };
    if (value.handler !== '') yield fact(PYTHON_SERVER, chain, value, node);
  },
};

const TIMEOUT = 'timeout = 30';

/** `timeout = 30` as the first statement of a class, behind its docstring. */
function settingIn(definition: PythonNode): Handler['setting'] {
  const statements = statementsOf(definition);
  const docstring = docstringOf(definition)?.parent ?? null;
  const first = statements[docstring === null ? 0 : 1];
  let edit = null;
  if (first === undefined) edit = docstring === null ? null : linesAfter(docstring, [TIMEOUT]);
  else if (isEmptyStatement(first)) edit = replaced(first, TIMEOUT);
  else {
    const top = leadingComments(first)[0] ?? first;
    const lines = /_definition$/.test(first.kind) ? [TIMEOUT, ''] : [TIMEOUT];
    edit = indentationOf(top) === indentationOf(first) ? linesBefore(top, lines) : null;
  }
  return edit?.kind === 'replace' ? { ...edit.span, newText: edit.newText } : null;
}

const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['Handler'],
  when: (node) => basesOf(node).some((base) => base.text.endsWith('Handler')),
  *check(node, ctx): Iterable<Verdict> {
    const around = enclosingFunction(node);
    const isUnusual = methodsOf(node).some((method) =>
      /^(?:setup|handle|handle_one_request)$/.test(definedName(method)),
    );
    const value: Handler = {
      bases: basesOf(node).map((base) => chainOf(base, ctx) ?? ''),
      bounded: attributeValues(node, 'timeout').length > 0 || (isUnusual ? null : false),
      function: around === null ? '' : definedName(around),
      setting: settingIn(node),
    };
    yield fact(HANDLER, definedName(node), value, node.child('name') ?? node);
  },
};

/**
 * Time-outs of sockets, `Handler.timeout = 30`, servers that answer one request at a time by hand, and those that tell
 * their user to look at them on this machine.
 */
const bounds: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'assignment', 'string'],
  triggers: [
    'settimeout(',
    'setdefaulttimeout(',
    'handle_request(',
    '.timeout',
    '://localhost',
    '://127.0.0.1',
    'webbrowser.',
  ],
  calls: (name) => /^(?:settimeout|setdefaulttimeout|handle_request|open|open_new|open_new_tab)$/.test(name),
  *check(node): Iterable<Verdict> {
    if (node.kind === 'string') {
      if (/https?:\/\/(?:localhost|127\.0\.0\.1)\b/.test(node.text)) yield fact(BOUND, 'local', null, node);
      return;
    }
    if (node.kind === 'call') {
      const name = calledName(node);
      if (!name.startsWith('open')) yield fact(BOUND, name, null, node);
      else if (calledOn(node)?.text === 'webbrowser') yield fact(BOUND, 'local', null, node);
      return;
    }
    const left = node.child('left');
    const owner =
      left?.kind === 'attribute' && left.child('attribute')?.text === 'timeout' ? left.child('object') : null;
    if (owner?.kind === 'identifier' && !/^self$|server|httpd/i.test(owner.text)) {
      yield fact(BOUND, 'timeout', null, node);
    }
  },
};

export const pythonDetectors: readonly Detector[] = [servers, handlers, bounds] as NodeDetector[];

// --- Handlers of servers --------------------------------------------------------------------------------------------

const LIBRARY = /^http\.server\.(?:Base|Simple|CGI)HTTPRequestHandler$|^wsgiref\.simple_server\.WSGIRequestHandler$/;

/** The classes that a chain may mean in a file. */
function classesOf(facts: FactView, chain: string, from: string): readonly Fact[] {
  const own = /^:(\w+)(\(\))?$/.exec(chain);
  if (own?.[2] !== undefined) {
    return facts
      .get(HANDLER)
      .filter(({ place, value }) => place.path === from && (value as Handler).function === own[1]);
  }
  const name = own?.[1] ?? /\.(\w+)$/.exec(chain)?.[1];
  if (name === undefined) return [];
  const found = facts.lookup(HANDLER, name);
  if (own !== null) return found.filter(({ place }) => place.path === from);
  if (found.length === 0) return [];
  const module = chain.slice(0, -name.length - 1);
  const resolution = pythonModules(facts).resolve(/^\.*$/.test(module) ? `${module}.` : module, from);
  return resolution.kind === 'file' ? found.filter(({ place }) => place.path === resolution.path) : [];
}

/** The class of a handler, if nothing on the way to the library's handler sets a time-out; `unknown` where that is open. */
function unboundedClass(facts: FactView, chain: string, from: string): Fact | 'bounded' | 'unknown' {
  const [handler, ...others] = classesOf(facts, chain, from);
  if (handler === undefined || others.length > 0) return 'unknown';
  let current = handler;
  for (let depth = 0; depth < 5; depth++) {
    const { bases, bounded } = current.value as Handler;
    const { path } = current.place;
    if (bounded === true || isBoundedIn(facts, path)) return 'bounded';
    if (bounded === null || isFoundIn(facts, path, 'handle_request')) return 'unknown';
    const open = bases.filter((base) => base !== 'builtins.object');
    if (open.length !== 1) return 'unknown';
    if (LIBRARY.test(open[0]!)) return handler;
    const [next, more] = classesOf(facts, open[0]!, path);
    if (next === undefined || more !== undefined) return 'unknown';
    current = next;
  }
  return 'unknown';
}

function isFoundIn(facts: FactView, path: string, key: string): boolean {
  return facts.lookup(BOUND, key, directoryOf(path)).some(({ place }) => place.path === path);
}

function isBoundedIn(facts: FactView, path: string): boolean {
  return isFoundIn(facts, path, 'settimeout') || isFoundIn(facts, path, 'timeout');
}

function* judgeHandlers(facts: FactView): Generator<WorkspaceVerdict> {
  const judged = new Set<Fact>();
  for (const found of facts.get(PYTHON_SERVER)) {
    const { path } = found.place;
    if (facts.role(path) !== 'production' || !isServedPath(path)) continue;
    const { handler: chain, threads } = found.value as Server;
    const handler = unboundedClass(facts, chain, path);
    if (handler === 'unknown' || isFoundIn(facts, path, 'handle_request') || isFoundIn(facts, path, 'local')) continue;
    const isBounded =
      handler === 'bounded' || isBoundedIn(facts, path) || facts.lookup(BOUND, 'setdefaulttimeout').length > 0;
    if (isBounded) {
      yield { kind: 'pass', subject: found.place };
      continue;
    }
    if (judged.has(handler)) continue;
    judged.add(handler);
    const { setting } = handler.value as Handler;
    const fixes: Fix[] =
      setting === null
        ? []
        : [
            {
              title: `Set a time-out in ${handler.key}`,
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replaceAt', place: placeIn(handler, setting), newText: setting.newText }],
            },
          ];
    yield {
      kind: 'fail',
      subject: found.place,
      message: threads ? 'thread' : 'handler',
      args: { handler: handler.key },
      related: [{ place: handler.place, message: `${handler.key} sets no time-out.` }],
      fixes,
    };
  }
}

// --- gunicorn -------------------------------------------------------------------------------------------------------

type Command = TypedFact<'gunicorn.command'>;
type Setting = TypedFact<'gunicorn.setting'>;

/** Whether the workers of a command answer one request after another, as far as its own words say. */
function isPlain({ value }: Command): boolean {
  return !value.open && !value.concurrent;
}

/** Whether a settings file gives workers more to do than one request after another. */
function isConcurrent({ key, value }: Setting): boolean {
  return (key === 'worker_class' && value.text !== 'sync') || (key === 'threads' && value.text !== '1');
}

/** The time-out of 0 in a settings file, where workers are known to answer one request after another. */
function isSwitchedOff(facts: FactView, setting: Setting): boolean {
  const { path } = setting.place;
  const settings = ownFacts(facts, 'gunicorn.setting').filter(({ place }) => place.path === path);
  if (settings.some(isConcurrent) || settings.filter(({ key }) => key === 'timeout').length > 1) return false;
  if (settings.some(({ key, value }) => key === 'reload' && value.text !== 'False')) return false;
  const commands = allFacts(facts, 'gunicorn.command');
  if (!commands.every(isPlain) || commands.some(({ value }) => value.timeout)) return false;
  if (settings.some(({ key }) => key === 'worker_class')) return true;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return commands.some(({ value: { config } }) =>
    config === '' ? name === 'gunicorn.conf.py' : config.slice(config.lastIndexOf('/') + 1) === name,
  );
}

function* judgeGunicorn(facts: FactView): Generator<WorkspaceVerdict> {
  const isSubject = ({ path }: { readonly path: string }): boolean =>
    facts.role(path) === 'production' && !isDevelopmentFile(path);
  const zeros: { readonly fact: Command | Setting; readonly zero: Part }[] = [];
  for (const command of ownFacts(facts, 'gunicorn.command')) {
    const { zero, config } = command.value;
    if (!isSubject(command.place)) continue;
    if (zero === null && !command.value.open) yield { kind: 'pass', subject: command.place };
    else if (
      zero !== null &&
      config === '' &&
      isPlain(command) &&
      !allFacts(facts, 'gunicorn.setting').some(isConcurrent)
    ) {
      zeros.push({ fact: command, zero });
    }
  }
  for (const setting of ownFacts(facts, 'gunicorn.setting')) {
    if (setting.key !== 'timeout' || !isSubject(setting.place)) continue;
    const { text, span } = setting.value;
    if (/^[1-9]\d*$/.test(text)) yield { kind: 'pass', subject: setting.place };
    else if (text === '0' && isSwitchedOff(facts, setting)) zeros.push({ fact: setting, zero: span });
  }
  for (const { fact: found, zero } of zeros) {
    const subject = placeIn(found, zero);
    yield {
      kind: 'fail',
      subject,
      message: 'gunicorn',
      fixes: [
        {
          title: 'End workers that are silent for 30 seconds',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replaceAt', place: subject, newText: '30' }],
        },
      ],
    };
  }
}

/** Servers of Python. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeHandlers(facts);
  yield* judgeGunicorn(facts);
}
