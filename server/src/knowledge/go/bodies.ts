/**
 * What handlers read of requests and messages, and what bounds it. Form parsing is left out: net/http itself stops a
 * form at 10 MB.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  callArguments,
  enclosingFunction,
  functionName,
  indentationOf,
  resultsOf,
  statementOf,
} from '../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../languages/go/types.ts';
import { state } from '../facts.ts';
import { plainType, withoutVersion } from './frameworks.ts';
import { handlerAround } from './handlers.ts';

/** Functions that read a reader to its end, or as much of it as a document needs. */
const WHOLE_READERS = new Set([
  'encoding/json.NewDecoder',
  'encoding/xml.NewDecoder',
  'encoding/gob.NewDecoder',
  'io.ReadAll',
  'io/ioutil.ReadAll',
  'gopkg.in/yaml.NewDecoder',
  'github.com/goccy/go-json.NewDecoder',
  'github.com/json-iterator/go.NewDecoder',
  'github.com/go-chi/render.DecodeJSON',
]);
const REQUEST_READERS = new Set(['github.com/go-chi/render.Bind', 'github.com/go-chi/render.Decode']);

const GIN_READS = /^(?:ShouldBind|Bind|MustBind|GetRawData|FormFile|MultipartForm)/;
const GIN_HARMLESS = /(?:Query|Uri|Header)$/;

const READING =
  /^(?:NewDecoder|ReadAll|Decode|DecodeJSON|Bind\w*|ShouldBind\w*|MustBind\w*|GetRawData|ReadFrom|ParseMultipartForm|FormFile|MultipartForm)$/;

const reads: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Body', 'ParseMultipartForm', 'Bind', 'GetRawData', 'FormFile', 'render.', 'Unmarshal'],
  calls: (name) => READING.test(name),
  *check(node, ctx) {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression') return;
    const name = callee.child('field')?.text ?? '';
    if (handlerAround(node) === null) return;
    const types = typesAround(ctx, node);
    if (types === null || isClientSide(node)) return;
    const target = types.calleeOf(node);
    const values = callArguments(node);
    if (target.kind === 'package') {
      const id = `${withoutVersion(target.path)}.${target.name}`;
      const whole = WHOLE_READERS.has(id) && values.some((value) => isRequestBody(value, types));
      if (whole || REQUEST_READERS.has(id)) yield state('http.body-read', id, { framework: 'net/http' }, node);
      return;
    }
    if (target.kind !== 'method') return;
    const type = plainType(target.type);
    if (type === 'github.com/gin-gonic/gin.Context') {
      if (GIN_READS.test(name) && !GIN_HARMLESS.test(name))
        yield state('http.body-read', name, { framework: 'gin' }, node);
    } else if (type === 'github.com/labstack/echo.Context') {
      if (/^(?:Bind|FormFile|MultipartForm)$/.test(name))
        yield state('http.body-read', name, { framework: 'echo' }, node);
    } else if (type === 'net/http.Request') {
      if (name === 'ParseMultipartForm' || name === 'FormFile')
        yield state('http.body-read', name, { framework: 'net/http' }, node);
    } else if (name === 'ReadFrom' && values.some((value) => isRequestBody(value, types))) {
      yield state('http.body-read', name, { framework: 'net/http' }, node);
    }
  },
};

/** Whether an expression is the body of a request that a handler was given: `r.Body`, `c.Request.Body`. */
function isRequestBody(value: GoNode, types: GoTypes): boolean {
  if (value.kind !== 'selector_expression' || value.child('field')?.text !== 'Body') return false;
  const owner = value.child('operand');
  if (owner === null) return false;
  const type = types.typeOf(owner);
  if (type !== null) return type === '*net/http.Request';
  return /^\w+\.Request(?:\(\))?$/.test(owner.text);
}

/** Whether the function around sends requests instead of serving them. */
function isClientSide(node: GoNode): boolean {
  for (let owner = enclosingFunction(node); owner !== null; owner = enclosingFunction(owner)) {
    if (/^(?:RoundTrip|Do|do|Sign\w*|sign\w*)$/.test(functionName(owner))) return true;
    if (resultsOf(owner).some((result) => /\*?http\.(?:Response|Request)\b/.test(result.type.text))) return true;
  }
  return false;
}

const LIMIT_NAME =
  /^(?:MaxBytesReader|MaxBytesHandler|SetReadLimit|BodyLimit\w*|RequestSize\w*|RequestBodyLimit\w*|MaxRecvMsgSize|LimitRequestBody|MaxBody\w*|LimitBody\w*|BodySizeLimit\w*|MaxRequest(?:Body|Size)\w*|\w*[lL]imit(?:ed)?(?:Body|Request(?:Body|Size))\w*|\w*BodyLimit\w*)$/;

const limits: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression', 'identifier'],
  triggers: [
    'MaxBytes',
    'SetReadLimit',
    'BodyLimit',
    'RequestSize',
    'RecvMsgSize',
    'MaxBody',
    'LimitBody',
    'imitRequest',
    'imitedRequest',
    'MaxRequest',
    'imitedBody',
    'LimitReader',
    'SizeLimit',
    'ContentLength',
  ],
  *check(node) {
    const parent = node.parent;
    if (node.kind === 'selector_expression') {
      const name = node.child('field')?.text ?? '';
      if (
        name === 'ContentLength' &&
        parent?.kind === 'binary_expression' &&
        /[<>]/.test(parent.child('operator')?.text ?? '')
      ) {
        // `r.ContentLength > limit`; comparisons with zero ask whether there is a body.
        if (!/\b-?[01]\s*$|^\s*[01]\b/.test(parent.text)) yield state('http.body-limit', 'ContentLength', null, node);
        return;
      }
      const isUsed = (parent?.kind === 'call_expression' && node.field === 'function') || isMiddleware(node);
      if (isUsed && LIMIT_NAME.test(name)) yield state('http.body-limit', name, null, node);
      else if (
        name === 'LimitReader' &&
        parent?.kind === 'call_expression' &&
        /\.Body\b|\b[rR]eq(?:uest)?\b/.test(parent.child('arguments')?.text ?? '')
      ) {
        if (handlerAround(node) !== null) yield state('http.body-limit', name, null, node);
      }
      return;
    }
    // A function of the package: `limitBody(next)`.
    const isUsed = (parent?.kind === 'call_expression' && node.field === 'function') || isMiddleware(node);
    if (isUsed && LIMIT_NAME.test(upperFirst(node.text))) {
      yield state('http.body-limit', node.text, null, node);
    } else if (
      parent?.kind === 'literal_element' &&
      /^(?:MaxRequestBodySize|BodyLimit|MaxPayloadBytes|MaxBodySize)$/.test(node.text)
    ) {
      yield state('http.body-limit', node.text, null, node);
    }
  },
};

/** Whether an expression is handed to a router as middleware: `r.Use(limitBody)`. */
function isMiddleware(node: GoNode): boolean {
  if (node.parent?.kind !== 'argument_list') return false;
  return /\.(?:Use|With|UseFunc)$/.test(node.parent.parent?.child('function')?.text ?? '');
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** WebSocket libraries that read messages of any size unless told otherwise. */
const UNBOUNDED_SOCKETS = /^github\.com\/(?:gorilla\/websocket|fasthttp\/websocket|gobwas\/ws)$/;

function importsSocket(header: GoHeader): boolean {
  return header.imports.some((item) => UNBOUNDED_SOCKETS.test(item.path));
}

const upgrades: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Upgrade('],
  *check(node, ctx) {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression' || callee.child('field')?.text !== 'Upgrade') return;
    if (!importsSocket(ctx.file.header) || callArguments(node).length !== 3) return;
    const statement = statementOf(node);
    const target = statement?.kind === 'short_var_declaration' ? assignedExpressions(statement) : [];
    const connection = target.length === 2 && target[0]!.kind === 'identifier' ? target[0]!.text : '';
    let after = null;
    if (statement !== null && connection !== '' && connection !== '_') {
      let check = statement.nextSibling;
      while (check !== null && (check.kind === 'comment' || !check.isNamed)) check = check.nextSibling;
      if (check?.kind === 'if_statement' && /^err != nil$/.test(check.child('condition')?.text ?? '')) {
        after = { start: check.end, end: check.end, indent: indentationOf(check) };
      }
    }
    yield state('ws.upgrade', importedPath(ctx.file.header, 'websocket') ?? 'websocket', { connection, after }, node);
  },
};

const socketReads: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.ReadMessage(', '.ReadJSON(', '.NextReader(', 'ReadClientData(', 'ReadClientText('],
  *check(node, ctx) {
    const callee = node.child('function');
    const name = callee?.kind === 'selector_expression' ? (callee.child('field')?.text ?? '') : '';
    if (
      !/^(?:ReadMessage|ReadJSON|NextReader|ReadClientData|ReadClientText)$/.test(name) ||
      !importsSocket(ctx.file.header)
    )
      return;
    yield state('ws.read', name, null, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'http.body-read', language: 'go', detector: reads as NodeDetector },
  { id: 'http.body-limit', language: 'go', detector: limits as NodeDetector },
  { id: 'ws.upgrade', language: 'go', detector: upgrades as NodeDetector },
  { id: 'ws.read', language: 'go', detector: socketReads as NodeDetector },
];
