/**
 * What a program is given by strangers: the expressions that read a request of net/http, gin, echo, fiber, chi,
 * gorilla/mux, httprouter, beego or gRPC, as one table. Arguments of the command line, the environment, files and
 * answers of other services are none of it, and a request that the program itself sends is none either. It says what
 * one expression reads; where a value goes from there is told by languages/go/origin.ts.
 */
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import type { GoBinding, GoScope } from '../../languages/go/scope.ts';
import {
  callArguments,
  functionName,
  isFunction,
  nodeAt,
  parametersOf,
  receiverOf,
  resultsOf,
  rootIdentifier,
  topLevelOf,
  unparenthesized,
} from '../../languages/go/syntax.ts';
import type { GoTypes } from '../../languages/go/types.ts';
import { initialValueOf, plainType, withoutVersion } from './frameworks.ts';

/** What part of a request a value is. `fileName`: the name of an upload, which Go has cut to its last element. */
export type InputKind =
  | 'query'
  | 'path'
  | 'form'
  | 'header'
  | 'cookie'
  | 'body'
  | 'url'
  | 'host'
  | 'fileName'
  | 'message'
  | 'archive';

/** How messages call the parts. */
export const INPUT_NAMES: Readonly<Record<InputKind, string>> = {
  query: 'a query parameter',
  path: 'a path parameter',
  form: 'a form value',
  header: 'a request header',
  cookie: 'a cookie',
  body: 'the request body',
  url: 'the request URL',
  host: 'the Host header',
  fileName: 'the name of an uploaded file',
  message: 'a request message',
  archive: 'a member of an archive',
};

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const kinds = (table: Readonly<Partial<Record<InputKind, string>>>): ReadonlyMap<string, InputKind> =>
  new Map(
    Object.entries(table).flatMap(([kind, names]) =>
      names.split(' ').map((name) => [name, kind as InputKind] as const),
    ),
  );

/** Methods of the contexts of web frameworks that read a part of the request, by type without version and pointer. */
const CONTEXT_METHODS: Readonly<Record<string, ReadonlyMap<string, InputKind>>> = {
  'github.com/gin-gonic/gin.Context': kinds({
    query: 'Query DefaultQuery GetQuery QueryArray GetQueryArray QueryMap GetQueryMap ShouldBindQuery BindQuery',
    path: 'Param ShouldBindUri BindUri',
    form: 'PostForm DefaultPostForm GetPostForm PostFormArray GetPostFormArray PostFormMap',
    header: 'GetHeader ShouldBindHeader BindHeader',
    cookie: 'Cookie',
    body: 'GetRawData ShouldBind ShouldBindJSON ShouldBindXML ShouldBindYAML ShouldBindTOML ShouldBindWith ShouldBindBodyWith Bind BindJSON BindXML BindYAML BindTOML MustBindWith',
    fileName: 'FormFile',
  }),
  'github.com/labstack/echo.Context': kinds({
    query: 'QueryParam QueryParams QueryString',
    path: 'Param',
    form: 'FormValue FormParams',
    cookie: 'Cookie',
    body: 'Bind',
    fileName: 'FormFile',
  }),
  'github.com/gofiber/fiber.Ctx': kinds({
    query: 'Query Queries QueryParser',
    path: 'Params ParamsParser',
    form: 'FormValue',
    header: 'Get GetReqHeaders ReqHeaderParser',
    cookie: 'Cookies CookieParser',
    body: 'Body BodyRaw BodyParser',
    url: 'OriginalURL Path',
    host: 'Hostname Host BaseURL',
    fileName: 'FormFile',
  }),
};

const REQUEST_METHODS = kinds({
  form: 'FormValue PostFormValue',
  path: 'PathValue',
  header: 'Referer UserAgent BasicAuth',
  cookie: 'Cookie Cookies',
  fileName: 'FormFile',
});

const REQUEST_FIELDS = kinds({
  url: 'URL RequestURI',
  host: 'Host',
  form: 'Form PostForm MultipartForm',
  header: 'Header',
  body: 'Body',
});

/** Parts that only a request which is being served has. */
const SERVER_ONLY = words('FormValue PostFormValue PathValue FormFile Form PostForm MultipartForm RequestURI');

/** Functions that read a request, by id without version. */
const FUNCTIONS: Readonly<Record<string, InputKind>> = {
  'github.com/go-chi/chi.URLParam': 'path',
  'github.com/go-chi/chi.URLParamFromCtx': 'path',
  'github.com/gorilla/mux.Vars': 'path',
  'github.com/minio/mux.Vars': 'path',
  'github.com/julienschmidt/httprouter.ParamsFromContext': 'path',
};

/** Whether a function writes something of its own into the request that it takes, or sends it. */
const SENDS = /\.Do\(|RoundTrip|\.Header\.(?:Set|Add)\(|SetBasicAuth|http\.NewRequest/;

const SERVING_TYPES = /ResponseWriter\b|\bgin\.Context\b|\becho\.Context\b|\bfiber\.Ctx\b/;

export interface InputReader {
  /** The part of a request that an expression reads; null for all other expressions. */
  inputAt(expression: GoNode): InputKind | null;
  /** Whether an expression is the request that is being served: `r`, `c.Request`, `c.Request()`. */
  isRequest(expression: GoNode): 'served' | 'perhaps' | null;
}

/** Tells input in one top-level declaration. */
export function createInputReader(scope: GoScope, types: GoTypes, header: GoHeader): InputReader {
  /** Type of an expression without version and pointer; of a variable also by what it is declared with. */
  const plain = (expression: GoNode): string => plainType(types.typeOf(expression)) ?? '';

  const ownerOf = (binding: GoBinding): GoNode | null =>
    binding.owner < 0 ? null : nodeAt(binding.node, binding.owner);

  const isServed = (binding: GoBinding): 'served' | 'perhaps' | null => {
    if (binding.kind !== 'parameter') return null;
    const owner = ownerOf(binding);
    if (owner === null || !isFunction(owner)) return null;
    if (parametersOf(owner).some((parameter) => SERVING_TYPES.test(parameter.type.text))) return 'served';
    const declaration = topLevelOf(owner);
    return declaration === null || SENDS.test(declaration.text) || /^(?:Do|RoundTrip|Send)/.test(functionName(owner))
      ? null
      : 'perhaps';
  };

  const isRequest = (expression: GoNode): 'served' | 'perhaps' | null => {
    let inner = unparenthesized(expression);
    if (inner.kind === 'identifier') {
      const binding = scope.bindingOf(inner);
      if (binding === null) return null;
      if (binding.kind === 'parameter') return plain(inner) === 'net/http.Request' ? isServed(binding) : null;
      const value = initialValueOf(inner, scope);
      if (value === null) return null;
      inner = unparenthesized(value);
      if (inner.kind === 'identifier') return null;
    }
    if (inner.kind === 'call_expression') {
      const callee = types.calleeOf(inner);
      if (callee.kind !== 'method') return null;
      if (callee.name === 'Request')
        return plain(callee.receiver) === 'github.com/labstack/echo.Context' ? 'served' : null;
      return callee.name === 'WithContext' && callee.receiver.kind === 'identifier'
        ? isParameterRequest(callee.receiver)
        : null;
    }
    if (inner.kind !== 'selector_expression' || inner.child('field')?.text !== 'Request') return null;
    const owner = inner.child('operand');
    if (owner === null) return null;
    if (plain(owner) === 'github.com/gin-gonic/gin.Context') return 'served';
    return owner.kind === 'selector_expression' && isBeegoContext(owner) ? 'served' : null;
  };

  const isParameterRequest = (identifier: GoNode): 'served' | 'perhaps' | null => {
    const binding = scope.bindingOf(identifier);
    return binding !== null && plain(identifier) === 'net/http.Request' ? isServed(binding) : null;
  };

  /** `c.Ctx` of a beego controller. */
  const isBeegoContext = (expression: GoNode): boolean => {
    if (expression.kind !== 'selector_expression' || expression.child('field')?.text !== 'Ctx') return false;
    return isController(expression.child('operand'));
  };

  const isController = (expression: GoNode | null): boolean => {
    const binding = expression?.kind === 'identifier' ? scope.bindingOf(expression) : null;
    if (binding?.kind !== 'receiver') return false;
    const owner = ownerOf(binding);
    return owner !== null && /Controller$/.test(receiverOf(owner)?.type ?? '');
  };

  const inputOfMethod = (receiver: GoNode, name: string): InputKind | null => {
    const type = plain(receiver);
    const known = Object.hasOwn(CONTEXT_METHODS, type) ? CONTEXT_METHODS[type]!.get(name) : undefined;
    if (known !== undefined) return known;
    const ofRequest = REQUEST_METHODS.get(name);
    if (ofRequest !== undefined) {
      const request = isRequest(receiver);
      return request === 'served' || (request === 'perhaps' && SERVER_ONLY.has(name)) ? ofRequest : null;
    }
    if (name === 'Query' && receiver.kind === 'selector_expression' && receiver.child('field')?.text === 'URL') {
      const request = receiver.child('operand');
      return request !== null && isRequest(request) === 'served' ? 'query' : null;
    }
    if (name === 'ByName') return type === 'github.com/julienschmidt/httprouter.Params' ? 'path' : null;
    if (/^GetStrings?$/.test(name) || name === 'Input') return isController(receiver) ? 'form' : null;
    if (/^(?:Query|Param|Header|Cookie)$/.test(name) && isBeegoInput(receiver)) {
      return name === 'Header' ? 'header' : name === 'Cookie' ? 'cookie' : name === 'Param' ? 'path' : 'form';
    }
    return null;
  };

  const isBeegoInput = (expression: GoNode): boolean => {
    if (expression.kind !== 'selector_expression' || expression.child('field')?.text !== 'Input') return false;
    const context = expression.child('operand');
    return context !== null && isBeegoContext(context);
  };

  const inputOfField = (owner: GoNode, name: string): InputKind | null => {
    const kind = REQUEST_FIELDS.get(name);
    if (kind !== undefined) {
      const request = isRequest(owner);
      return request === 'served' || (request === 'perhaps' && SERVER_ONLY.has(name)) ? kind : null;
    }
    if (name === 'Name' || name === 'Linkname') {
      return isArchiveMember(owner) ? 'archive' : null;
    }
    if (name === 'RequestBody') return isBeegoInput(owner) ? 'body' : null;
    return null;
  };

  /** `f` of `for _, f := range reader.File`, where the library's types are out of sight, and headers of known type. */
  const isArchiveMember = (member: GoNode): boolean => {
    if (/^archive\/(?:zip\.File|zip\.FileHeader|tar\.Header)$/.test(plain(member))) return true;
    if (member.kind !== 'identifier' || importedPath(header, 'zip') !== 'archive/zip') return false;
    const clause = scope.bindingOf(member)?.node.ancestor('range_clause', 'block') ?? null;
    return clause?.kind === 'range_clause' && /^\w+\.File$/.test(clause.child('right')?.text ?? '');
  };

  /** Whether the parameter is the message of a gRPC or Connect method. */
  const isMessage = (binding: GoBinding): boolean => {
    if (binding.kind !== 'parameter') return false;
    const owner = ownerOf(binding);
    if (owner?.kind !== 'method_declaration') return false;
    const parameters = parametersOf(owner);
    const results = resultsOf(owner);
    if (parameters.length !== 2 || results.length !== 2 || parameters[1]!.name !== binding.name) return false;
    if (types.typeText(parameters[0]!.type) !== 'context.Context' || results[1]!.type.text !== 'error') return false;
    const message = /^\*(\w+)\.(\w*(?:Request|Req|Input))(?:\[.*\])?$/.exec(parameters[1]!.type.text);
    const answer = /^\*(\w+)\./.exec(results[0]!.type.text);
    if (message === null || answer === null) return false;
    const path = importedPath(header, message[1]!) ?? '';
    return /(?:^|[/.\w-])(?:pb|proto|grpc|genproto|connect|protos)|pb(?:\/|$)|pb$/.test(`${message[1]}/${path}`);
  };

  return {
    isRequest,
    inputAt(expression) {
      switch (expression.kind) {
        case 'call_expression': {
          const callee = types.calleeOf(expression);
          if (callee.kind === 'package') {
            const id = `${withoutVersion(callee.path)}.${callee.name}`;
            if (!Object.hasOwn(FUNCTIONS, id)) return null;
            return callArguments(expression).length > 0 ? FUNCTIONS[id]! : null;
          }
          return callee.kind === 'method' ? inputOfMethod(unparenthesized(callee.receiver), callee.name) : null;
        }
        case 'selector_expression': {
          const owner = expression.child('operand');
          return owner === null ? null : inputOfField(unparenthesized(owner), expression.child('field')?.text ?? '');
        }
        case 'identifier': {
          const binding = scope.bindingOf(expression);
          return binding !== null && binding.kind === 'parameter' && isMessage(binding) ? 'message' : null;
        }
        default:
          return null;
      }
    },
  };
}

/** Words of which a declaration that reads input contains one: a cheap first look. */
const READS =
  /http\.Request|gin\.Context|echo\.Context|fiber\.Ctx|httprouter\.|\.Ctx\.|\.GetString\(|\.Input\(\)|Request\b|Req\b|Input\b/;

/** Whether a declaration could read input at all. */
export function mayReadInput(declaration: GoNode): boolean {
  return READS.test(declaration.text);
}

/** Whether an expression stands on the request or context that a function was given, as far as its root tells. */
export function rootBindingOf(expression: GoNode, scope: GoScope): GoBinding | null {
  const root = rootIdentifier(expression);
  return root === null ? null : scope.bindingOf(root);
}
