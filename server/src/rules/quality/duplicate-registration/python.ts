/**
 * Python: routes of one router that a file registers twice by decorators, paths that stand twice in one list of Django's,
 * arguments that a parser gets twice, and metrics that a module makes twice. Names that are not written where they are
 * registered, routers and parsers that are set more than once, and branches are left out.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import {
  type ChunkContext,
  type Detector,
  type FactView,
  fact,
  type NodeDetector,
} from '../../../core/rulekit/rule.ts';
import { routeOfDecorator } from '../../../knowledge/python/requests.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  calledName,
  calledOn,
  decoratorsOf,
  definedName,
  isAtTop,
  keywordArguments,
  onlyChild,
  positionalArguments,
  statementOf,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

/** Key: path, what it is registered with, and what. The value is how to name it. */
export const REGISTERED = 'duplicate-registration.python';
/** Key: path and name. A global that is assigned at the top of a file. */
const ASSIGNED = 'duplicate-registration.assigned';

const ROUTE = /^(?:get|post|put|patch|delete|head|options|trace|route|api_route|websocket)$/;
/** Arguments by which equal paths are told apart. */
const APART = /^(?:host|subdomain|version|defaults|constraints|name_prefix|strict_slashes)$/;
const METRIC = /^prometheus_client\.(?:Counter|Gauge|Histogram|Summary|Info|Enum)$/;

/** A path without the names of its parameters, since they tell nothing apart; what they take does. */
function bareParameters(path: string): string {
  return path.replace(/<(?:([^:<>]*):)?[^<>]*>/g, '<$1>').replace(/\{[^{}:]*(:[^{}]*)?\}/g, '{$1}');
}

const routes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['.get(', '.post(', '.put(', '.patch(', '.delete(', '.route(', '.websocket(', '.api_route('],
  when: isAtTop,
  *check(node, ctx): Iterable<Verdict> {
    const decorators = decoratorsOf(node);
    for (const decorator of decorators) {
      if (decorator.kind !== 'call' || !ROUTE.test(calledName(decorator)) || calledOn(decorator)?.kind !== 'identifier')
        continue;
      const route = routeOfDecorator(decorator, ctx);
      if (route === null || decorators.some(({ text }) => /version/i.test(text))) continue;
      const [path] = positionalArguments(decorator);
      if (path === undefined || stringValue(path) === null) continue;
      if (keywordArguments(decorator).some(({ name }) => APART.test(name))) continue;
      for (const method of route.method.split(',')) {
        if (method === '') continue;
        const key = `${ctx.file.path}\n${route.router}\n${method} ${bareParameters(route.path)}`;
        const { framework } = route;
        const value = { name: `${method} ${route.path}`, handler: definedName(node), router: route.router, framework };
        yield fact(REGISTERED, key, value, decorator);
      }
    }
  },
};

const assignments: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['expression_statement'],
  triggers: ['Router(', 'Blueprint(', 'Flask(', 'FastAPI(', 'Quart(', 'Sanic(', 'Starlette(', 'Namespace('],
  when: isAtTop,
  *check(node, ctx): Iterable<Verdict> {
    const assignment = onlyChild(node);
    if (assignment?.kind !== 'assignment') return;
    for (const { target } of assignmentTargets(assignment)) {
      if (target.kind === 'identifier') yield fact(ASSIGNED, `${ctx.file.path}\n${target.text}`, null, target);
    }
  },
};

/** `include("shop.urls")`, `admin.site.urls`, `api.urls`, or a name for one of these. */
function isIncluded(view: PythonNode, ctx: ChunkContext): boolean {
  if (view.kind === 'call') return calledName(view) === 'include';
  return /(?:^|[._])url(?:s|patterns|conf)$/i.test(view.text) || /\.url(?:s|patterns)$/.test(chainOf(view, ctx) ?? '');
}

/** `urlpatterns = [path("users/", users), ...]` */
const patterns: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['list'],
  triggers: ['urlpatterns'],
  *check(node, ctx): Iterable<Verdict> {
    const seen = new Map<string, PythonNode>();
    for (const item of syntaxChildren(node)) {
      if (item.kind !== 'call' || !/^django\.(?:urls|conf\.urls)\.(?:path|re_path|url)$/.test(callChain(item, ctx)))
        continue;
      const [first, view] = positionalArguments(item);
      const path = first === undefined ? null : stringValue(first);
      // What is included goes on to look; where it ends nothing says.
      if (path === null || view === undefined || isIncluded(view, ctx)) continue;
      const key = `${calledName(item)} ${bareParameters(path)}`;
      const earlier = seen.get(key);
      if (earlier === undefined) {
        seen.set(key, item);
        yield { kind: 'pass', subject: item.span };
        continue;
      }
      const handler = positionalArguments(earlier)[1]?.text ?? '';
      const related = [{ span: earlier.span, message: 'The other registration.' }];
      yield { kind: 'fail', subject: item.span, message: 'shadowed', args: { name: path || '/', handler }, related };
    }
  },
};

/** Whether the first of two statements has run when the second one does. */
function runsBefore(first: PythonNode, second: PythonNode): boolean {
  const block = statementOf(first)?.parent ?? null;
  return block !== null && first.end <= second.start && block.contains(second);
}

const flags: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['add_argument('],
  *check(node, ctx): Iterable<Verdict> {
    if (/conflict_handler/.test(node.tree.text)) return;
    const scopes = scopesAround(ctx, node);
    const own = scopes.scopeFor(node);
    const seen = new Map<string, PythonNode>();
    for (const call of node.descendants('call')) {
      const parser = calledName(call) === 'add_argument' ? calledOn(call) : null;
      if (parser?.kind !== 'identifier' || own === null || scopes.bindingScope(parser) !== own) continue;
      if (scopes.bindingsOf(parser).length !== 1) continue;
      for (const argument of positionalArguments(call)) {
        const name = stringValue(argument);
        if (name === null || !name.startsWith('-')) continue;
        const key = `${parser.text} ${name}`;
        const earlier = seen.get(key);
        if (earlier === undefined) {
          seen.set(key, call);
          continue;
        }
        if (!runsBefore(earlier, call)) continue;
        const related = [{ span: earlier.span, message: 'The other registration.' }];
        yield { kind: 'fail', subject: argument.span, message: 'flag', args: { name }, related };
      }
    }
  },
};

const metrics: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['prometheus_client', 'Counter(', 'Gauge(', 'Histogram(', 'Summary(', 'Info(', 'Enum('],
  calls: (name) => /^(?:Counter|Gauge|Histogram|Summary|Info|Enum)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const statement = statementOf(node);
    if (statement?.parent?.kind !== 'chunk' || statement.kind !== 'expression_statement') return;
    if (node.ancestor('lambda') !== null || !METRIC.test(callChain(node, ctx))) return;
    const [first] = positionalArguments(node);
    const name = first === undefined ? null : stringValue(first);
    if (name === null || keywordArguments(node).some((item) => /^(?:registry|namespace|subsystem)$/.test(item.name)))
      return;
    const value = { name, handler: '', router: '' };
    yield fact(REGISTERED, `${ctx.file.path}\nmetric\n${name.replace(/_total$/, '')}`, value, node);
  },
};

export const pythonDetectors: readonly Detector[] = [routes, assignments, patterns, flags, metrics] as NodeDetector[];

interface Registered {
  readonly name: string;
  readonly handler: string;
  readonly router: string;
  readonly framework?: string;
}

/** Of what one file registers at its top the first counts, and a second metric of a name stops the program. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const seen = new Map<string, ReturnType<FactView['get']>[number]>();
  for (const found of facts.get(REGISTERED)) {
    const { place, key } = found;
    if (facts.role(place.path) !== 'production') continue;
    const { name, handler, router, framework } = found.value as unknown as Registered;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, found);
      if (router !== '') yield { kind: 'pass', subject: place };
      continue;
    }
    // Flask makes addresses from names of handlers: one that another file asks for by its name is there for that.
    const isNamed =
      framework === 'flask' && facts.mentions('python.mentions', handler).some((path) => path !== place.path);
    if (isNamed) continue;
    if (router !== '' && facts.lookup(ASSIGNED, `${place.path}\n${router}`).length > 1) continue;
    const related = [{ place: first.place, message: 'The other registration.' }];
    const other = (first.value as unknown as Registered).handler;
    const message = router === '' ? 'metric' : handler === other ? 'again' : 'shadowed';
    yield { kind: 'fail', subject: place, message, args: { name, handler: other }, related };
  }
}
