/**
 * Python: what runs before a handler, in the order of the framework. Middleware of FastAPI and Starlette that is added
 * last runs first; lists (`middleware=[...]`, Django's MIDDLEWARE) and `before_request` run from the first to the last;
 * the decorator on top runs first, and what stands above the decorator of a route never runs. What a name does not tell
 * stays unknown.
 */
import type { Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { TypedFact } from '../../../knowledge/facts.ts';
import { importedFramework } from '../../../knowledge/python/routes.ts';
import { chainOf, headerOf } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  decoratorsOf,
  definedName,
  enclosingFunction,
  positionalArguments,
  syntaxChildren,
  undecorated,
  unparenthesized,
} from '../../../languages/python/syntax.ts';
import { type Step, stepOf } from './steps.ts';

/** Key: router and function. Middleware of a known step that is put on a router, by a statement of its own. */
export const MOUNTED_FACT = 'wrong-middleware-order.mounted';
/** Key: name of a function that wraps handlers and asks for rights, relying on somebody else for who asks. */
const RELIES_FACT = 'wrong-middleware-order.relies';
/** Key: name of a decorator of the workspace. A handler has it above the one that finds out who asks. */
export const ABOVE_FACT = 'wrong-middleware-order.above';

interface Mounted {
  readonly step: Step;
  readonly name: string;
  /** What is added last runs first. */
  readonly lastFirst: boolean;
  /** Text of the arguments, to be swapped; '' when that is not simple. */
  readonly text: string;
}

/** `PermissionMiddleware` of `app.middleware.PermissionMiddleware(x)`. */
function lastNameOf(text: string): string {
  return /(\w+)\s*(?:\(|$)/.exec(text.trim())?.[1] ?? '';
}

function stepOfName(text: string): Step | null {
  return text.length > 120 ? null : stepOf(lastNameOf(text));
}

function ownerOf(node: PythonNode): string {
  const owner = enclosingFunction(node);
  return owner === null ? '' : definedName(owner);
}

/** `app.add_middleware(X)`, `app.before_request(f)` */
const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['add_middleware', 'before_request'],
  calls: (name) => name === 'add_middleware' || name === 'before_request',
  *check(node, ctx) {
    const router = calledOn(node);
    const value = positionalArguments(node)[0];
    const list = node.child('arguments');
    if (router === null || value === undefined || list === null || importedFramework(headerOf(ctx)) === '') return;
    const step = stepOfName(value.text);
    if (step === null || node.parent?.kind !== 'expression_statement') return;
    const isConditional = node.ancestor('if_statement', 'try_statement', 'for_statement', 'function_definition');
    if (isConditional !== null && isConditional.kind !== 'function_definition') return;
    const mounted: Mounted = {
      step,
      name: lastNameOf(value.text),
      lastFirst: calledName(node) === 'add_middleware',
      text: list.text.length < 200 && !list.text.includes('\n') ? list.text : '',
    };
    yield fact(MOUNTED_FACT, `${router.text.slice(0, 60)} ${ownerOf(node)}`, { ...mounted }, list);
  },
};

/** `@app.before_request`, `@app.middleware("http")` */
const decorated: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['decorator'],
  triggers: ['.middleware(', 'before_request'],
  *check(node, ctx) {
    const match = /^@\s*([\w.]+)\.(middleware\(\s*["']http["']\s*\)|before_request(?:\(\))?)$/.exec(node.text);
    if (match === null || node.parent?.kind !== 'decorated_definition') return;
    if (!/^(?:fastapi|starlette|flask|quart)$/.test(importedFramework(headerOf(ctx)))) return;
    const definition = undecorated(node.parent);
    const step = stepOf(definedName(definition));
    if (step === null) return;
    const lastFirst = match[2]!.startsWith('middleware');
    const mounted: Mounted = { step, name: definedName(definition), lastFirst, text: '' };
    const key = `${match[1]!.slice(0, 60)} ${ownerOf(node.parent)}`;
    yield fact(MOUNTED_FACT, key, { ...mounted }, definition.child('name') ?? node);
  },
};

interface Item {
  readonly node: PythonNode;
  readonly name: string;
  readonly step: Step | 'session' | null;
}

function itemOf(node: PythonNode): Item {
  const text = stringValue(node);
  if (text === null) {
    const inner = unparenthesized(node);
    const wrapped = inner.kind === 'call' && calledName(inner) === 'Middleware' ? positionalArguments(inner)[0] : inner;
    const name = lastNameOf(wrapped?.text.slice(0, 120) ?? '');
    return { node, name, step: stepOf(name) };
  }
  const name = lastNameOf(text);
  if (text === 'django.contrib.sessions.middleware.SessionMiddleware') return { node, name, step: 'session' };
  if (/(?:^|\.)(?:LoginRequired|RemoteUser|PersistentRemoteUser|OTP|SudoMode)Middleware$/.test(text)) {
    return { node, name, step: 'rights' };
  }
  return { node, name, step: stepOf(name) };
}

function swapped(first: PythonNode, second: PythonNode): readonly Fix[] {
  if (first.text.length > 200 || second.text.length > 200 || /\n|#/.test(first.text + second.text)) return [];
  const title = `Put ${lastNameOf(itemText(second))} before ${lastNameOf(itemText(first))}`;
  return [{ title, safety: 'suggestion', edits: [replaced(first, second.text), replaced(second, first.text)] }];
}

function itemText(node: PythonNode): string {
  return stringValue(node) ?? /^Middleware\(\s*([\w.]+)/.exec(node.text)?.[1] ?? node.text;
}

/** `middleware=[Middleware(A), Middleware(B)]` and `MIDDLEWARE = [...]` */
const lists: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['list', 'tuple'],
  triggers: ['iddleware'],
  when(node) {
    const { parent } = node;
    if (parent?.kind === 'keyword_argument') return /^middlewares?$/.test(parent.child('name')?.text ?? '');
    return parent?.kind === 'assignment' && /^\w*middlewares?(?:_classes)?$/i.test(parent.child('left')?.text ?? '');
  },
  *check(node): Iterable<Verdict> {
    const items = syntaxChildren(node).map(itemOf);
    if (items.length < 2 || items.length > 60) return;
    for (const [before, after] of [
      ['identity', 'rights'],
      ['session', 'identity'],
    ] as const) {
      const first = items.find(({ step, name }) => step === before && isFirstOf(before, name, items));
      if (first === undefined) continue;
      const at = items.indexOf(first);
      const dependent = items.find(({ step, name }) => step === after && (before !== 'session' || isDjangoAuth(name)));
      if (dependent === undefined) continue;
      if (items.indexOf(dependent) > at) {
        yield { kind: 'pass', subject: dependent.node.span };
        continue;
      }
      yield {
        kind: 'fail',
        subject: dependent.node.span,
        message: before === 'session' ? 'session' : 'order',
        args: { rights: dependent.name, identity: first.name },
        related: [{ span: first.node.span, message: `${first.name} runs only here.` }],
        fixes: swapped(dependent.node, first.node),
      };
    }
  },
};

function isDjangoAuth(name: string): boolean {
  return name === 'AuthenticationMiddleware';
}

/** Of several that find out who asks, what Django brings counts. */
function isFirstOf(step: 'identity' | 'session', name: string, items: readonly Item[]): boolean {
  return step === 'session' || isDjangoAuth(name) || !items.some((item) => isDjangoAuth(item.name));
}

const GUARD =
  /(?:^|_)(?:auth|login|token|jwt|api_?key|admin|permissions?|roles?|user|superuser|session|access)s?_required$|^requires?_(?:auth\w*|login|user|admin|roles?|permissions?|token|api_?key|session)$|^(?:admin_only|authenticated|login_required_\w+|check_(?:auth|token|permission)|auth_guard|jwt_protected)$/;
const REGISTERS = /^(?:get|post|put|patch|delete|route|api_route|websocket|head)$/;
/** What the decorator of a route stands on, in files of frameworks whose decorators keep the function as it is then. */
const ROUTER = /^(?:\w*app|application|\w*bp|\w*blueprint|\w*router|api|routes|blp)$/i;
const KEEPS = /^(?:fastapi|starlette|flask|quart|sanic|aiohttp|bottle)$/;

function nameOfDecorator(decorator: PythonNode): string {
  return /^([\w.]+)\s*(?:\(|$)/.exec(decorator.text)?.[1]?.replace(/^.*\./, '') ?? '';
}

function registers(decorator: PythonNode): boolean {
  const match = /^([\w.]+)\.(\w+)\s*\(\s*(?:path\s*=\s*|rule\s*=\s*)?f?["']/.exec(decorator.text);
  return match !== null && REGISTERS.test(match[2]!) && ROUTER.test(match[1]!.replace(/^.*\./, ''));
}

/** The decorators of a handler in another order: what stood at `from` comes behind what stood at `to`. */
function moved(decorators: readonly PythonNode[], from: number, to: number): readonly Fix[] {
  const texts = decorators.map(({ text }) => text);
  if (texts.some((text) => text.includes('\n') || text.length > 200)) return [];
  const [guard] = texts.splice(from, 1);
  texts.splice(to, 0, guard!);
  const edits = decorators.flatMap((node, index) =>
    node.text === texts[index] ? [] : [replaced(node, texts[index]!)],
  );
  return [{ title: `Move @${nameOfDecorator(decorators[from]!)} down`, safety: 'suggestion', preferred: true, edits }];
}

/** Decorators of handlers. */
const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['decorated_definition'],
  triggers: ['required', 'require', 'admin_only', 'authenticated', 'check_', 'auth_guard', 'jwt_protected'],
  *check(node, ctx): Iterable<Verdict> {
    const definition = undecorated(node);
    if (definition.kind !== 'function_definition') return;
    const decorators = decoratorsOf(definition);
    if (decorators.length < 2 || decorators.length > 12) return;
    const names = decorators.map(nameOfDecorator);
    yield* judgeRoutes(decorators, names, ctx);
    yield* judgeSteps(decorators, names, ctx);
  },
};

/** `@login_required` above `@app.route(...)` */
function* judgeRoutes(
  decorators: readonly PythonNode[],
  names: readonly string[],
  ctx: ChunkContext,
): Generator<Verdict> {
  if (!KEEPS.test(importedFramework(headerOf(ctx)))) return;
  const routes = decorators.flatMap((decorator, index) => (registers(decorator) ? [index] : []));
  const last = routes.at(-1);
  if (last === undefined) return;
  for (const [index, name] of names.entries()) {
    const guard = decorators[index]!;
    if (!GUARD.test(name)) continue;
    if (index > last) {
      yield { kind: 'pass', subject: guard.span };
      continue;
    }
    yield {
      kind: 'fail',
      subject: guard.span,
      message: 'above',
      args: { guard: name, route: nameOfRoute(decorators[last]!) },
      fixes: moved(decorators, index, last),
    };
    return;
  }
}

function nameOfRoute(decorator: PythonNode): string {
  return decorator.text.replace(/\(.*$/s, '').slice(0, 40);
}

/** `@admin_only` above `@login_required` */
function* judgeSteps(
  decorators: readonly PythonNode[],
  names: readonly string[],
  ctx: ChunkContext,
): Generator<Verdict> {
  const identity = names.findIndex((name) =>
    /^(?:login_required|jwt_required|auth_required|token_required)$/.test(name),
  );
  const rights = names.findIndex((name) => stepOf(name) === 'rights');
  if (identity < 0 || rights < 0) return;
  const node = decorators[rights]!;
  if (identity < rights) {
    yield { kind: 'pass', subject: node.span };
    return;
  }
  const callee = node.kind === 'call' ? node.child('function') : node;
  const chain = callee === null ? null : chainOf(callee, ctx);
  // Those of libraries find out for themselves who asks.
  if (chain === null || !/^(?:[.:]|[a-z_]+\.)/.test(chain) || importsModule(headerOf(ctx), 'flask_security')) return;
  const value = {
    identity: names[identity]!,
    text: node.text.slice(0, 200),
    other: decorators[identity]!.text.slice(0, 200),
  };
  const span = decorators[identity]!.span;
  yield fact(ABOVE_FACT, names[rights]!, { ...value, start: span.start, end: span.end }, node);
}

/** Decorators of the workspace that look at the rights of somebody whom another one has found. */
const relying: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['current_user', 'get_jwt', 'g.', 'request.user', 'get_current'],
  when: (node) => stepOf(definedName(node)) === 'rights',
  *check(node) {
    const text = node.text;
    if (text.length > 4_000 || !/current_user|get_jwt|\bg\.\w|request\.user/.test(text)) return;
    const finds =
      /verify_jwt|is_authenticated|is_anonymous|login_required|jwt_required|auth_required|unauthorized\(|\b401\b|authenticate|redirect\(|is None|if not (?:g\.user|current_user|request\.user|user)\b|decode/;
    if (!finds.test(text)) yield fact(RELIES_FACT, definedName(node), null, node.child('name') ?? node);
  },
};

export const pythonDetectors = [calls, decorated, lists, handlers, relying] as readonly NodeDetector[];

/** Middleware that statements put on one router, and decorators that rely on others. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const chains = new Map<string, TypedFact<never>[]>();
  for (const item of facts.all(MOUNTED_FACT)) {
    if (facts.role(item.place.path) !== 'production') continue;
    const key = `${item.place.path} ${item.key}`;
    chains.set(key, [...(chains.get(key) ?? []), item as unknown as TypedFact<never>]);
  }
  for (const list of chains.values()) yield* judgeChain(list);
  for (const above of facts.all(ABOVE_FACT)) {
    const own = facts.lookup(RELIES_FACT, above.key);
    if (own.length === 0 || facts.role(above.place.path) !== 'production') continue;
    const { identity, text, other, start, end } = above.value as unknown as {
      readonly identity: string;
      readonly text: string;
      readonly other: string;
      readonly start: number;
      readonly end: number;
    };
    const below = { path: above.place.path, anchor: above.place.anchor, span: { start, end } };
    yield {
      kind: 'fail',
      subject: above.place,
      message: 'order',
      args: { rights: above.key, identity },
      related: [{ place: own[0]!.place, message: `${above.key} relies on what was found before.` }],
      fixes: [
        {
          title: `Put @${identity} above @${above.key}`,
          safety: 'suggestion',
          edits: [
            { kind: 'replaceAt', place: above.place, newText: other },
            { kind: 'replaceAt', place: below, newText: text },
          ],
        },
      ],
    };
  }
}

function* judgeChain(list: readonly TypedFact<never>[]): Generator<WorkspaceVerdict> {
  const items = list.map(({ value, place }) => ({ ...(value as unknown as Mounted), place }));
  const { lastFirst } = items[0]!;
  if (items.some((item) => item.lastFirst !== lastFirst)) return;
  const running = lastFirst ? items.toReversed() : items;
  const identity = running.findIndex(({ step }) => step === 'identity');
  const rights = running.findIndex(({ step }) => step === 'rights');
  if (identity < 0 || rights < 0) return;
  const [first, second] = [running[rights]!, running[identity]!];
  if (identity < rights) {
    yield { kind: 'pass', subject: first.place };
    return;
  }
  yield {
    kind: 'fail',
    subject: first.place,
    message: lastFirst ? 'added' : 'order',
    args: { rights: first.name, identity: second.name },
    related: [{ place: second.place, message: `${second.name} runs behind it.` }],
    fixes:
      first.text === '' || second.text === ''
        ? []
        : [
            {
              title: lastFirst ? `Add ${second.name} after ${first.name}` : `Put ${second.name} before ${first.name}`,
              safety: 'suggestion',
              edits: [
                { kind: 'replaceAt', place: first.place, newText: second.text },
                { kind: 'replaceAt', place: second.place, newText: first.text },
              ],
            },
          ],
  };
}
