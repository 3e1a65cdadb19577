/**
 * What a Python web program takes from requests: its handlers, and expressions that clients choose. Values are followed
 * through variables that are assigned once and through calls that change nothing about who chose them; conversions to
 * numbers, escapes and calls of unknown functions end the way. Nothing is guessed about functions that are no handlers.
 */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { chainOf, decoratorChain, headerOf, typeChain } from '../../languages/python/chains.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../languages/python/scope.ts';
import { assignedValue, stringValue, textPieces } from '../../languages/python/strings.ts';
import {
  awaited,
  calledName,
  calledOn,
  decoratorsOf,
  isFunction,
  keywordArgument,
  parametersOf,
  positionalArguments,
  rootIdentifier,
  syntaxChildren,
} from '../../languages/python/syntax.ts';

const METHODS = /^(?:get|post|put|patch|delete|head|options|route|websocket|api_route|websocket_route)$/;
const ROUTERS =
  /^(?:fastapi|starlette|flask|quart|sanic|bottle|litestar|aiohttp)\b.*\b(?:FastAPI|APIRouter|Flask|Blueprint|Quart|Sanic|Bottle|RouteTableDef|Starlette|Router)\(\)\.\w+$/;
const ROUTER_NAME = /^(?:\w*(?:app|api|router|routes?|bp|blueprint)|\w+_(?:api|router|routes|bp|blueprint))$/i;

export interface RouteDeclaration {
  readonly decorator: PythonNode;
  readonly framework: 'fastapi' | 'flask' | 'other';
  /** Upper-case method: `POST`; `WS` for WebSockets; several are joined with `,`, '' is any. */
  readonly method: string;
  /** Path as written; '' when it is no literal. */
  readonly path: string;
  /** What the decorator is called on, as written. */
  readonly router: string;
}

/** The route that a function is registered for by its decorators; null when there is none. */
export function routeOf(definition: PythonNode, ctx: ChunkContext): RouteDeclaration | null {
  for (const decorator of decoratorsOf(definition)) {
    const route = routeOfDecorator(decorator, ctx);
    if (route !== null) return route;
  }
  return null;
}

/** The route that a decorator registers; null when it is another one. */
export function routeOfDecorator(decorator: PythonNode, ctx: ChunkContext): RouteDeclaration | null {
  if (decorator.kind !== 'call') return null;
  const verb = calledName(decorator);
  const object = calledOn(decorator);
  if (object === null || !METHODS.test(verb)) return null;
  const chain = decoratorChain(decorator, ctx);
  const [first] = positionalArguments(decorator);
  const path = first ?? keywordArgument(decorator, 'path') ?? keywordArgument(decorator, 'rule');
  const text = path === null ? null : stringValue(path);
  const known = ROUTERS.test(chain);
  if (!known) {
    if (chain !== '' && !chain.startsWith('.') && !chain.startsWith(':')) {
      if (!/^[\w.]+$/.test(chain) || !ROUTER_NAME.test(chain.split('.').at(-2) ?? '')) return null;
    }
    if (!ROUTER_NAME.test(object.text.split('.').at(-1) ?? '') || text === null || !/^(?:\/|$)/.test(text)) return null;
  }
  const header = headerOf(ctx);
  const framework = /^fastapi/.test(chain)
    ? 'fastapi'
    : /^(?:flask|quart)/.test(chain)
      ? 'flask'
      : verb === 'route' && header.imports.some(({ module }) => module === 'flask')
        ? 'flask'
        : header.imports.some(({ module }) => /^fastapi\b/.test(module))
          ? 'fastapi'
          : 'other';
  const methods = keywordArgument(decorator, 'methods');
  const method =
    methods !== null
      ? syntaxChildren(methods)
          .map((item) => stringValue(item)?.toUpperCase() ?? '')
          .join(',')
      : verb.startsWith('websocket')
        ? 'WS'
        : verb === 'route'
          ? 'GET'
          : verb === 'api_route'
            ? ''
            : verb.toUpperCase();
  return { decorator, framework, method, path: text ?? '', router: object.text };
}

/** The nearest function around a node that handles requests, with its route; null when there is none. */
export function handlerAround(
  node: PythonNode,
  ctx: ChunkContext,
): { readonly definition: PythonNode; readonly route: RouteDeclaration } | null {
  for (let at = node.ancestor('function_definition'); at !== null; at = at.ancestor('function_definition')) {
    const route = routeOf(at, ctx);
    if (route !== null) return { definition: at, route };
  }
  return null;
}

/** Parts of a request that the client chooses. */
const PARTS: Readonly<Record<string, string>> = {
  args: 'the query of the request',
  GET: 'the query of the request',
  query: 'the query of the request',
  query_params: 'the query of the request',
  form: 'the form of the request',
  POST: 'the form of the request',
  post: 'the form of the request',
  values: 'the request',
  json: 'the body of the request',
  get_json: 'the body of the request',
  get_data: 'the body of the request',
  data: 'the body of the request',
  body: 'the body of the request',
  text: 'the body of the request',
  files: 'an uploaded file',
  FILES: 'an uploaded file',
  cookies: 'a cookie of the request',
  COOKIES: 'a cookie of the request',
  headers: 'a header of the request',
  path_params: 'the path of the request',
  match_info: 'the path of the request',
  view_args: 'the path of the request',
  receive_text: 'a message of the client',
  receive_json: 'a message of the client',
};

const SAME =
  /^(?:get|getlist|pop|strip|lstrip|rstrip|lower|upper|title|decode|encode|format|replace|join|items|dict|model_dump|copy|split|rsplit|removeprefix|removesuffix|loads|unquote|unquote_plus|getvalue|read)$/;
/** Functions that give their argument back in another form. */
const DECODES =
  /^(?:(?:standard_|urlsafe_)?b64decode|b32decode|b85decode|unhexlify|fromhex|BytesIO|StringIO|decompress)$/;
const TEXT_TYPE =
  /^(?:(?:typing\.)?Optional\[)?(?:str|bytes|dict|list\[str\]|List\[str\]|dict\[.*\]|Any)\]?(?:\s*\|\s*None)?$/;
const MODEL_NAME =
  /(?:Request|Create|Update|In|Schema|Payload|Input|Body|Model|Form|Data|Params|Message|Dto|DTO|Base|Query)$/;

/** Who chose the value of an expression: words for messages, or null when that is not known to be a client. */
export function inputIn(expression: PythonNode, ctx: ChunkContext): string | null {
  const open: { readonly node: PythonNode; readonly hops: number; readonly field: boolean }[] = [
    { node: expression, hops: 0, field: false },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.hops > 24) continue;
    const node = awaited(next.node);
    const push = (inner: PythonNode | null, field = next!.field): void => {
      if (inner !== null) open.push({ node: inner, hops: next!.hops + 1, field });
    };
    const part = requestPart(node, ctx);
    if (part !== null) return part;
    switch (node.kind) {
      case 'identifier': {
        const value = assignedValue(node, ctx);
        if (value !== null) push(value);
        else {
          const source = parameterSource(node, next.field, ctx);
          if (source !== null) return source;
        }
        break;
      }
      case 'attribute':
        push(node.child('object'), true);
        break;
      case 'subscript':
        push(node.child('value'));
        break;
      case 'boolean_operator':
        push(node.child('left'));
        push(node.child('right'));
        break;
      case 'conditional_expression': {
        const [yes, , no] = syntaxChildren(node);
        push(yes ?? null);
        push(no ?? null);
        break;
      }
      case 'call': {
        const name = calledName(node);
        const object = calledOn(node);
        if ((/^(?:str|dict|list)$/.test(name) && object === null) || DECODES.test(name))
          push(positionalArguments(node)[0] ?? null);
        else if (object !== null && SAME.test(name)) {
          push(object);
          for (const argument of /^(?:format|join|loads|unquote|unquote_plus)$/.test(name)
            ? positionalArguments(node)
            : [])
            push(argument);
        }
        break;
      }
      case 'string':
      case 'concatenated_string':
      case 'binary_operator':
        for (const piece of textPieces(node, ctx, false)) {
          if ('value' in piece && !piece.value.equals(node)) push(piece.value);
        }
        if (node.kind === 'binary_operator') {
          push(node.child('left'));
          push(node.child('right'));
        }
        break;
      default:
    }
  }
  return null;
}

/** `request.args`, `await request.form()`, `self.request.GET`; null for everything else. */
function requestPart(node: PythonNode, ctx: ChunkContext): string | null {
  const attribute = node.kind === 'call' ? node.child('function') : node;
  if (attribute?.kind !== 'attribute') return null;
  const name = attribute.child('attribute')?.text ?? '';
  const part = PARTS[name];
  const object = attribute.child('object');
  if (part === undefined || object === null) return null;
  if (object.text === 'self.request') return part;
  if (object.kind !== 'identifier') return null;
  const chain = chainOf(object, ctx);
  if (chain === null || !/\.|^:/.test(chain)) {
    if (!/^(?:request|req|websocket|ws)$/.test(object.text)) return null;
    return scopesAround(ctx, object).bindingsOf(object)[0]?.kind === 'parameter' ? part : null;
  }
  return /^(?:flask|quart|bottle)\.request$|\b(?:Request|HttpRequest|HTTPConnection|WebSocket)\(\)$/.test(chain)
    ? part
    : null;
}

/** What a handler's parameter brings; null for dependencies, numbers and parameters of other functions. */
function parameterSource(identifier: PythonNode, field: boolean, ctx: ChunkContext): string | null {
  const binding = scopesAround(ctx, identifier).bindingsOf(identifier);
  const [only] = binding;
  if (binding.length !== 1 || only?.kind !== 'parameter') return null;
  const definition = only.node.ancestor('function_definition');
  if (definition === null || !isFunction(definition)) return null;
  const route = routeOf(definition, ctx);
  if (route === null) return null;
  const parameter = parametersOf(definition).find(({ node }) => node.contains(only.node) || node.equals(only.node));
  if (parameter === undefined || parameter.form !== 'plain') return null;
  const given = parameter.defaultValue;
  if (/^(?:self|cls)$/.test(identifier.text)) return null;
  if (route.framework !== 'fastapi') {
    if (/^(?:self|cls|request|req|ws|websocket)$/.test(identifier.text)) return null;
    // A converter of the route says that the value is a number, or something else that is no free text.
    const inPath = new RegExp(`<(?:(\\w+):)?${identifier.text}>`).exec(route.path);
    if (inPath === null || (inPath[1] !== undefined && !/^(?:string|path)$/.test(inPath[1]))) return null;
    return 'the path of the request';
  }
  if (given?.kind === 'call' && /^(?:Depends|Security)$/.test(calledName(given))) return null;
  const type = parameter.type?.text ?? '';
  if (/Depends|Security\(|BackgroundTasks|Request$|Response|Session/.test(type) && !/\w{2,}Request$/.test(type))
    return null;
  const inPath = route.path.includes(`{${identifier.text}}`) || route.path.includes(`{${identifier.text}:`);
  if (/UploadFile/.test(type)) return field ? 'an uploaded file' : null;
  const plain = /^Annotated\[\s*([^,]+),/.exec(type)?.[1]?.trim() ?? type;
  if (plain === '' || TEXT_TYPE.test(plain)) return inPath ? 'the path of the request' : 'the request';
  if (!field || !/^\w+$/.test(plain)) return null;
  const own = headerOf(ctx).classes.find(({ name }) => name === plain);
  const chain = typeChain(plain, headerOf(ctx)) ?? '';
  const isModel =
    own === undefined
      ? MODEL_NAME.test(plain)
      : own.bases.some((base) => /BaseModel|SQLModel|Base$|Model$/.test(base)) || MODEL_NAME.test(plain);
  return isModel && !/^builtins\.(?:int|float|bool)/.test(chain) ? 'the body of the request' : null;
}

/** The identifier that an input expression begins with, for messages. */
export function inputName(expression: PythonNode): string {
  const text = expression.text.replace(/\s+/g, ' ');
  return text.length <= 40 ? text : (rootIdentifier(expression)?.text ?? text.slice(0, 37).concat('...'));
}
