/**
 * How Go programs start servers: helpers of net/http and fasthttp, http.Server values, the start methods of web
 * frameworks, gRPC. States facts; whether a server lacks something is for the rules to say.
 */

import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { type GoHeader, importedPath, localNameOf } from '../../languages/go/header.ts';
import { fieldInsertion, type NewField } from '../../languages/go/literal.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  enclosingFunction,
  indentationOf,
  lineStartAt,
  operatorOf,
  statementOf,
  statementsOf,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from '../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../languages/go/types.ts';
import { type Exposure, type FactValues, type ServeStatement, state } from '../facts.ts';
import { importedFrameworks, initialValueOf, routingValueOf, withoutVersion } from './frameworks.ts';
import { importDetector } from './imports.ts';
import { exposureOfAddress } from './paths.ts';

export const NET_HTTP = 'net/http';
const GRPC = 'google.golang.org/grpc';
/** Helpers that take an http.Server and read the TLS settings from a file that the operator gives. */
const TOOLKIT = 'github.com/prometheus/exporter-toolkit/web';
const FASTHTTP = 'github.com/valyala/fasthttp';

const SERVER_TYPE = 'net/http.Server';

/** Helpers that serve; the value gives the positions of address or listener and handler, and whether they serve TLS. */
const HELPERS: Readonly<
  Record<string, { readonly handler: number; readonly listener: boolean; readonly tls: boolean }>
> = {
  ListenAndServe: { handler: 1, listener: false, tls: false },
  ListenAndServeTLS: { handler: 3, listener: false, tls: true },
  Serve: { handler: 1, listener: true, tls: false },
  ServeTLS: { handler: 1, listener: true, tls: true },
};

/** Start methods of http.Server with the number of their arguments. */
const METHODS: Readonly<Record<string, number>> = { ListenAndServe: 0, ListenAndServeTLS: 2, Serve: 1, ServeTLS: 3 };

/** Libraries with servers of their own that start by a method of the same name. */
const OTHER_SERVERS =
  /miekg\/dns|radius|\/ldap|\/sftp|ftpserver|\/ssh$|gliderlabs|soheilhy\/cmux|emersion\/go-|thrift|\/rpcx/;

const TLS_ARGUMENTS = 'os.Getenv("TLS_CERT_FILE"), os.Getenv("TLS_KEY_FILE")';

/** Reach of a listener expression, from the `net.Listen` that it comes from in the same declaration. */
function exposureOfListener(listener: GoNode, types: GoTypes, scope: GoScope): Exposure {
  const node = unparenthesized(listener);
  const calls: GoNode[] = [];
  if (node.kind === 'call_expression') calls.push(node);
  if (node.kind === 'identifier') {
    const binding = scope.bindingOf(node);
    if (binding === null) return 'unknown';
    for (const use of [binding.node, ...binding.uses]) {
      const list = use.parent;
      const statement = list?.kind === 'expression_list' && list.field === 'left' ? list.parent : null;
      if (statement === null) continue;
      const value = assignedValues(statement)[0];
      if (value === undefined || assignedExpressions(statement)[0]?.equals(use) !== true) continue;
      if (value.kind !== 'call_expression') return 'unknown';
      calls.push(value);
    }
  }
  if (calls.length === 0) return 'unknown';
  let result: Exposure = 'loopback';
  for (const call of calls) {
    const callee = types.calleeOf(call);
    const name = callee.kind === 'package' || callee.kind === 'method' ? callee.name : '';
    if (!/^Listen(?:TCP|Unix)?$/.test(name)) return 'unknown';
    const strings = callArguments(call).map((argument) => stringLiteralValue(argument));
    if (strings.includes('unix') || name === 'ListenUnix') continue;
    const address = strings.at(-1) ?? null;
    const exposure = address === null ? 'unknown' : exposureOfAddress(address);
    if (exposure !== 'loopback') result = exposure;
  }
  return result;
}

/** Elements of a struct literal by name of the field. */
export function fieldsOf(literal: GoNode): ReadonlyMap<string, GoNode> {
  const fields = new Map<string, GoNode>();
  for (const element of syntaxChildren(literal.child('body') ?? literal)) {
    if (element.kind !== 'keyed_element') continue;
    const [key, value] = syntaxChildren(element);
    if (key !== undefined && value !== undefined) fields.set(key.text, syntaxChildren(value)[0] ?? value);
  }
  return fields;
}

/** The struct literal that an expression is or that its local variable was declared with, or null. */
function literalOf(expression: GoNode, scope: GoScope): GoNode | null {
  let node = unparenthesized(expression);
  if (node.kind === 'identifier') node = unparenthesized(initialValueOf(node, scope) ?? node);
  if (node.kind === 'unary_expression' && operatorOf(node) === '&')
    node = unparenthesized(node.child('operand') ?? node);
  return node.kind === 'composite_literal' ? node : null;
}

function exposureOfExpression(address: GoNode | undefined): Exposure {
  if (address === undefined) return 'unknown';
  const text = stringLiteralValue(address);
  if (text !== null) return exposureOfAddress(text);
  // `"127.0.0.1:" + port`, fmt.Sprintf("localhost:%d", port)
  const first = /^(?:\w+\.Sprintf\()?"([^"]*)"/.exec(address.text)?.[1];
  return first === undefined ? 'unknown' : exposureOfAddress(first);
}

function exposureOfLiteral(literal: GoNode | null): Exposure {
  return literal === null ? 'unknown' : exposureOfExpression(fieldsOf(literal).get('Addr'));
}

/** An argument as gofmt writes it where it stands alone: with spaces around the operators of a sum. */
function spaced(expression: GoNode): string {
  const parts: string[] = [];
  let node = expression;
  while (node.kind === 'binary_expression' && operatorOf(node) === '+') {
    const right = node.child('right');
    const left = node.child('left');
    if (left === null || right === null || right.kind === 'binary_expression') return expression.text;
    parts.unshift(right.text);
    node = left;
  }
  return [node.text, ...parts].join(' + ');
}

/** A name for a server that the declaration does not use. */
function freeName(node: GoNode, names: readonly string[]): string {
  const { text } = node.tree;
  return names.find((name) => !new RegExp(`\\b${name}\\b`).test(text)) ?? names.at(-1)!;
}

function loggerOf(header: GoHeader): string {
  return localNameOf(header, 'log/slog') !== null && localNameOf(header, 'log') === null ? 'slog' : 'log';
}

/** What a fix may do with the statement of a start call. Null unless the statement has a line of its own. */
function serveStatementOf(
  call: GoNode,
  header: GoHeader,
  server: string,
  fields: ServeStatement['fields'],
  serve: string,
): ServeStatement | null {
  const statement = statementOf(call);
  if (statement === null || /[\r\n]/.test(call.text) || !beginsLine(statement)) return null;
  return {
    start: statement.start,
    end: statement.end,
    indent: indentationOf(statement),
    call: call.span,
    server,
    fields,
    serve,
    name: freeName(call, ['server', 'httpServer', 'srv', 'shipServer']),
    failure: failureOf(call, statement),
    logger: loggerOf(header),
    http: localNameOf(header, NET_HTTP) ?? 'http',
  };
}

function beginsLine(node: GoNode): boolean {
  const { text } = node.tree;
  return text.slice(lineStartAt(text, node.start), node.start).trim() === '';
}

/** The error handling of `log.Fatal(start)` and `if err := start; err != nil { ... }` as the last statement of `main`. */
function failureOf(call: GoNode, statement: GoNode): string | null {
  const owner = enclosingFunction(statement);
  if (owner?.kind !== 'function_declaration' || owner.child('name')?.text !== 'main') return null;
  if (statementsOf(owner).at(-1)?.equals(statement) !== true) return null;
  const indent = indentationOf(statement);
  if (statement.kind === 'expression_statement') {
    const outer = syntaxChildren(statement)[0];
    const callee = outer?.child('function')?.text ?? '';
    const only = outer === undefined ? [] : callArguments(outer);
    if (!/^(?:log|slog|logger|logrus|panic)(?:\.(?:Fatal|Fatalln|Panic))?$/.test(callee)) return null;
    if (only.length !== 1 || !only[0]!.equals(call)) return null;
    return `{\n${indent}\t${callee}(err)\n${indent}}`;
  }
  if (statement.kind !== 'if_statement' || statement.child('alternative') !== null) return null;
  const initializer = statement.child('initializer');
  const condition = statement.child('condition')?.text ?? '';
  if (initializer?.kind !== 'short_var_declaration' || assignedExpressions(initializer)[0]?.text !== 'err') return null;
  if (assignedValues(initializer)[0]?.equals(call) !== true) return null;
  if (!/^err != nil(?: && err != \w+\.ErrServerClosed)?$/.test(condition)) return null;
  // What only reports the error would then wait for a signal for ever.
  const block = statement.child('consequence')?.text ?? '';
  return /Fatal|os\.Exit|panic\(|\breturn\b/.test(block) ? block : null;
}

/** Where the function that declares the server waits for a signal to end. */
function afterSignalOf(receiver: GoNode, scope: GoScope, header: GoHeader): FactValues['http.server']['afterSignal'] {
  if (receiver.kind !== 'identifier') return null;
  const binding = scope.bindingOf(receiver);
  const { text } = receiver.tree;
  if (binding === null || !text.includes('signal.Notify')) return null;
  let owner = enclosingFunction(binding.node);
  if (owner?.index !== binding.owner) owner = null;
  if (owner === null) return null;
  for (const statement of statementsOf(owner)) {
    if (statement.start < binding.node.end) continue;
    const wait = /^(?:\w+ :?= )?<-\s*(\w+)(\.Done\(\))?$/.exec(statement.text);
    if (wait === null) continue;
    const [, name, done] = wait;
    const notified =
      done === undefined
        ? new RegExp(`signal\\.Notify\\(\\s*${name}\\b`).test(text)
        : new RegExp(`\\b${name}\\b[^\\n]*=\\s*signal\\.NotifyContext\\(`).test(text);
    if (!notified) continue;
    return {
      start: statement.end,
      end: statement.end,
      indent: indentationOf(statement),
      server: receiver.text,
      cancel: freeName(receiver, ['cancel', 'cancelShutdown']),
      logger: loggerOf(header),
    };
  }
  return null;
}

const START_NAMES = new Set([
  ...Object.keys(METHODS),
  'ServeMultiple',
  'Run',
  'Spin',
  ...'RunTLS RunListener RunUnix RunFd Start StartTLS StartAutoTLS StartServer StartH2CServer Listen ListenTLS ListenMutualTLS Listener'.split(
    ' ',
  ),
]);

const starts: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Serve(', 'ServeTLS(', 'ServeMultiple(', 'Run', 'Start', 'Listen'],
  calls: (name) => START_NAMES.has(name),
  *check(node, ctx) {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression') return;
    const name = callee.child('field')?.text ?? '';
    const { header } = ctx.file;
    const frameworks = importedFrameworks(header);
    const serves = frameworks.length > 0 || header.imports.some((item) => item.path === GRPC || item.path === FASTHTTP);
    if (!serves) return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const target = types.calleeOf(node);
    const values = callArguments(node);

    if (target.kind === 'package') {
      const path = withoutVersion(target.path);
      if (path === TOOLKIT) {
        yield state('http.server', 'net/http', { ...simpleStart(name, 'unknown'), tls: true }, node);
        return;
      }
      const helper = HELPERS[name];
      if (helper === undefined || (path !== NET_HTTP && path !== FASTHTTP)) return;
      const handler = values[helper.handler];
      const isDefault = handler !== undefined && (handler.kind === 'nil' || handler.text.endsWith('.DefaultServeMux'));
      const fields: [string, string][] = [];
      if (!helper.listener && values[0] !== undefined) fields.push(['Addr', spaced(values[0])]);
      if (handler !== undefined && handler.kind !== 'nil') fields.push(['Handler', spaced(handler)]);
      const rest = helper.listener ? [values[0], ...values.slice(2)] : values.slice(1, 3);
      const startCall = helper.listener || helper.tls ? rest.map((value) => value?.text ?? '').join(', ') : '';
      yield state(
        'http.server',
        path === NET_HTTP ? 'net/http' : 'fasthttp',
        {
          form: 'helper',
          call: name,
          receiver: '',
          tls: helper.tls,
          exposure: helper.listener
            ? values[0] === undefined
              ? 'unknown'
              : exposureOfListener(values[0], types, scope)
            : exposureOfExpression(values[0]),
          handler: isDefault ? 'default' : 'given',
          handlerSpan: handler === undefined || handler.kind === 'nil' ? null : handler.span,
          withTls:
            name === 'ListenAndServe' && values.length === 2
              ? `${callee.child('operand')?.text ?? 'http'}.ListenAndServeTLS(${values[0]!.text}, ${TLS_ARGUMENTS}, ${values[1]!.text})`
              : null,
          statement: path === NET_HTTP ? serveStatementOf(node, header, '', fields, `${name}(${startCall})`) : null,
          afterSignal: null,
        },
        node,
      );
      return;
    }
    if (target.kind !== 'method') return;
    const receiver = unparenthesized(target.receiver);

    const routing = routingValueOf(receiver, types, scope);
    const own = routing?.framework.starts[name];
    const guessed =
      routing === null && isEngineName(receiver) ? frameworks.find((item) => name in item.starts) : undefined;
    if ((routing !== null && own !== undefined) || guessed !== undefined) {
      const framework = routing?.framework ?? guessed!;
      const tls = framework.starts[name]!;
      const plain = { Run: 'RunTLS', Start: 'StartTLS', Listen: 'ListenTLS' }[name];
      const isUnix = name === 'RunUnix' || name === 'RunFd';
      const takesListener = name === 'RunListener' || name === 'Listener';
      yield state(
        'http.server',
        framework.id,
        {
          form: 'method',
          call: name,
          receiver: receiver.text,
          tls,
          exposure: isUnix
            ? 'loopback'
            : takesListener && values[0] !== undefined
              ? exposureOfListener(values[0], types, scope)
              : exposureOfExpression(values[0]),
          handler: 'given',
          handlerSpan: null,
          withTls:
            plain === undefined || values.length !== 1
              ? null
              : `${callee.child('operand')!.text}.${plain}(${values[0]!.text}, ${TLS_ARGUMENTS})`,
          statement: null,
          afterSignal: afterSignalOf(receiver, scope, header),
        },
        node,
      );
      return;
    }

    if (METHODS[name] !== values.length) return;
    const type = target.type?.replace(/^\*/, '') ?? null;
    // A type of the package may embed http.Server.
    const isOwn = type !== null && /^\w+$/.test(type);
    if (type !== null && !isOwn && type !== SERVER_TYPE && !type.startsWith(GRPC)) return;
    const importsGrpc = header.imports.some((item) => item.path === GRPC);
    const created = receiver.kind === 'identifier' ? initialValueOf(receiver, scope) : null;
    const creation = created?.kind === 'call_expression' ? types.calleeOf(created) : null;
    if (creation?.kind === 'package' && OTHER_SERVERS.test(creation.path)) return;
    const isGrpc =
      type?.startsWith(GRPC) === true ||
      (creation?.kind === 'package' && creation.path === GRPC) ||
      (type === null &&
        importsGrpc &&
        name === 'Serve' &&
        (importedPath(header, 'http') !== NET_HTTP || /grpc|rpc|^gs$/i.test(receiver.text)));
    if (isGrpc) {
      if (name !== 'Serve') return;
      yield state('http.server', 'grpc', simpleStart(name, exposureOfListener(values[0]!, types, scope)), node);
      return;
    }
    const literal = literalOf(receiver, scope);
    const literalType = literal?.child('type')?.text;
    if (type === null || isOwn) {
      if (literal !== null && literalType !== undefined && !/\bServer$/.test(literalType)) return;
      if (literal !== null && importedPath(header, literalType?.split('.')[0] ?? '') !== NET_HTTP) return;
      if (!header.imports.some((item) => item.path === NET_HTTP)) return;
      if (header.imports.some((item) => OTHER_SERVERS.test(item.path))) return;
    }
    const fields = literal === null ? null : fieldsOf(literal);
    const handlerValue = fields?.get('Handler');
    const tls = name.endsWith('TLS');
    const receiverText = callee.child('operand')!.text;
    yield state(
      'http.server',
      'net/http',
      {
        form: 'method',
        call: name,
        receiver: receiver.text,
        tls: tls || (fields?.has('TLSConfig') === true && name === 'ServeTLS'),
        exposure: name.startsWith('Serve') ? exposureOfListener(values[0]!, types, scope) : exposureOfLiteral(literal),
        handler: literal === null ? 'unknown' : handlerValue === undefined ? 'default' : 'given',
        handlerSpan: null,
        withTls: name === 'ListenAndServe' ? `${receiverText}.ListenAndServeTLS(${TLS_ARGUMENTS})` : null,
        statement: serveStatementOf(
          node,
          header,
          receiverText,
          [],
          `${name}(${values.map((value) => value.text).join(', ')})`,
        ),
        afterSignal: afterSignalOf(receiver, scope, header),
      },
      node,
    );
  },
};

function simpleStart(call: string, exposure: Exposure): FactValues['http.server'] {
  return {
    form: 'method',
    call,
    receiver: '',
    tls: false,
    exposure,
    handler: 'given',
    handlerSpan: null,
    withTls: null,
    statement: null,
    afterSignal: null,
  };
}

/** Whether a receiver of unknown type is named like a router or engine: `s.router`, `e`, `app`. */
function isEngineName(receiver: GoNode): boolean {
  const name = receiver.kind === 'selector_expression' ? (receiver.child('field')?.text ?? '') : receiver.text;
  return /^(?:r|e|g|app|api|engine|router|echo|gin|fiber|server|srv|httpserver|web)$|(?:router|engine|echo|app)$/i.test(
    name,
  );
}

const REQUEST_TIMEOUTS = new Set(['ReadTimeout', 'ReadHeaderTimeout']);

const literals: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['Server{'],
  *check(node, ctx) {
    const type = node.child('type');
    if (type?.kind !== 'qualified_type' || !type.text.endsWith('.Server')) return;
    if (importedPath(ctx.file.header, type.child('package')?.text ?? '') !== NET_HTTP) return;
    const fields = fieldsOf(node);
    const handler = fields.get('Handler') ?? null;
    yield state(
      'http.server.literal',
      variableOf(node),
      {
        fields: [...fields.keys()],
        exposure: exposureOfLiteral(node),
        timeouts:
          [...fields.keys()].some((name) => REQUEST_TIMEOUTS.has(name)) ||
          handler?.text.includes('TimeoutHandler(') === true,
        handlerSpan: handler === null ? null : handler.span,
        handlerText: handler?.text.slice(0, 200) ?? '',
        withTimeouts: withTimeouts(node),
      },
      type,
    );
  },
};

/** Time-outs that fit most services: headers quickly, a body in half a minute, idle connections for two minutes. */
export const TIMEOUTS: readonly NewField[] = [
  ['ReadHeaderTimeout', '10 * time.Second'],
  ['ReadTimeout', '30 * time.Second'],
  ['IdleTimeout', '120 * time.Second'],
];

function withTimeouts(literal: GoNode): FactValues['http.server.literal']['withTimeouts'] {
  const present = fieldsOf(literal);
  const edits = fieldInsertion(
    literal,
    TIMEOUTS.filter(([name]) => !present.has(name)),
  );
  return edits === null ? null : edits.map(({ start, end, newText }) => ({ start, end, newText }));
}

/** Name of the variable or field that a value is stored in, '' when it is none. */
function variableOf(value: GoNode): string {
  let node = value;
  while (
    node.parent !== null &&
    /^(?:unary_expression|parenthesized_expression|expression_list|literal_element)$/.test(node.parent.kind)
  ) {
    node = node.parent;
  }
  const parent = node.parent;
  if (parent === null) return '';
  if (parent.kind === 'short_var_declaration' || parent.kind === 'assignment_statement') {
    const target = assignedExpressions(parent)[0];
    return target?.child('field')?.text ?? target?.text ?? '';
  }
  if (parent.kind === 'var_spec') return parent.child('name')?.text ?? '';
  return parent.kind === 'keyed_element' ? (syntaxChildren(parent)[0]?.text ?? '') : '';
}

const SETTINGS = new Set(['ReadTimeout', 'ReadHeaderTimeout', 'WriteTimeout', 'IdleTimeout', 'TLSConfig']);

const settings: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['Timeout', 'TLSConfig'],
  *check(node) {
    for (const target of assignedExpressions(node)) {
      if (target.kind !== 'selector_expression') continue;
      const field = target.child('field')?.text ?? '';
      if (!SETTINGS.has(field)) continue;
      const operand = target.child('operand');
      const owner = operand?.child('field')?.text ?? operand?.text ?? '';
      yield state('http.server.setting', field, { owner }, target);
    }
  },
};

const fiberSettings: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['keyed_element'],
  triggers: ['ReadTimeout'],
  *check(node) {
    if (syntaxChildren(node)[0]?.text !== 'ReadTimeout') return;
    const type = node.ancestor('composite_literal')?.child('type')?.text ?? '';
    if (type === 'fiber.Config' || type === 'fasthttp.Server') {
      yield state('http.server.setting', 'ReadTimeout', { owner: type }, node);
    }
  },
};

const LISTENING = /listen|\bbind|interface/i;
const OTHER_ADDRESS =
  /redis|\bdb|database|postgres|mysql|mongo|kafka|broker|amqp|rabbit|nats|smtp|mail|ldap|otel|otlp|jaeger|statsd|memcache|elastic|etcd|consul|dial|client|origin|cors|upstream|backend|influx|clickhouse|minio/i;

/** Default addresses: a listener whose address comes from the configuration may well be local. */
const loopbacks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal'],
  triggers: ['"localhost', '"127.0.0.1', '"[::1]'],
  *check(node) {
    const address = node.text.slice(1, -1);
    if (!/^(?:localhost|127\.0\.0\.1|\[::1\])(?::(?:\d+|%[dsv])?)?$/.test(address)) return;
    let around: GoNode = node;
    while (
      around.parent !== null &&
      around.parent.end - around.parent.start < 300 &&
      !around.kind.endsWith('_statement')
    ) {
      around = around.parent;
    }
    const context = around.text;
    if (OTHER_ADDRESS.test(context)) return;
    yield state('loopback.address', address, { listens: LISTENING.test(context) }, node);
  },
};

const TLS_CALLS = new Set(
  'ListenAndServeTLS ServeTLS RunTLS StartTLS StartAutoTLS ListenTLS ListenMutualTLS NewServerTLSFromFile NewServerTLSFromCert NewTLSListener'.split(
    ' ',
  ),
);
const TLS_LIBRARIES =
  /^(?:golang\.org\/x\/crypto\/acme\/autocert|github\.com\/caddyserver\/certmagic|github\.com\/prometheus\/exporter-toolkit\/web|github\.com\/spiffe\/go-spiffe\/.*|google\.golang\.org\/grpc\/credentials\/(?:tls|alts|xds|tls\/certprovider).*)$/;

/** Whether a file imports a library that serves, or works with listeners itself. */
function mayServe(header: GoHeader): boolean {
  return (
    (importedFrameworks(header).length > 0 ||
      header.imports.some(
        (item) => item.path === GRPC || item.path === FASTHTTP || item.path === 'net' || item.path === 'crypto/tls',
      )) &&
    !header.imports.some((item) => /\/(?:ldap|smtp|mail|gomail|sql|mysql|redis|amqp)\b|^net\/smtp$/.test(item.path))
  );
}

/** Whether a declaration uses transport credentials for connections that it makes, not for those that it takes. */
function isClientOnly(text: string): boolean {
  return /WithTransportCredentials|grpc\.(?:Dial|NewClient)|DialOption/.test(text) && !/grpc\.Creds\(/.test(text);
}

const MAY_SERVE_TLS = /TLS|^(?:NewListener|Listen|Server)$/;

const tlsCalls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression'],
  triggers: ['TLS', 'tls.'],
  when: (node) => MAY_SERVE_TLS.test(node.child('field')?.text ?? ''),
  *check(node, ctx) {
    // Mail, LDAP and database clients have settings of the same names.
    if (!mayServe(ctx.file.header)) return;
    const name = node.child('field')?.text ?? '';
    const operand = node.child('operand');
    if (node.parent?.kind === 'call_expression' && node.field === 'function') {
      if (TLS_CALLS.has(name)) yield state('tls.server', name, null, node);
      else if (operand?.kind === 'identifier') {
        const path = importedPath(ctx.file.header, operand.text);
        const serves = path === 'crypto/tls' ? /^(?:NewListener|Listen|Server)$/ : /^(?:NewTLS|NewListener)$/;
        if (path === 'google.golang.org/grpc/credentials' && isClientOnly(node.tree.text)) return;
        if ((path === 'crypto/tls' || path === 'google.golang.org/grpc/credentials') && serves.test(name)) {
          yield state('tls.server', name, null, node);
        }
      }
      return;
    }
    if (name === 'TLSConfig' && node.parent?.parent?.kind === 'assignment_statement' && node.parent.field === 'left') {
      yield state('tls.server', name, null, node);
    }
  },
};

const tlsFields: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['keyed_element'],
  triggers: ['TLSConfig', 'GetCertificate', 'CertFile', 'ClientAuth'],
  *check(node, ctx) {
    if (!mayServe(ctx.file.header)) return;
    const key = syntaxChildren(node)[0]?.text ?? '';
    if (/^(?:TLSConfig|GetCertificate|ClientAuth|CertFile|TLSCertFile)$/.test(key) && node.text.length < 10_000) {
      const owner = node.ancestor('composite_literal')?.child('type')?.text ?? '';
      // A client's TLS settings say nothing of servers.
      if (!/Dialer|Transport|Client|Options$/.test(owner)) yield state('tls.server', key, null, node);
    }
  },
};

const tlsImports = importDetector(function* (path, subject) {
  if (TLS_LIBRARIES.test(path)) yield state('tls.server', path, null, subject);
});

export const extractors: readonly Extractor[] = [
  { id: 'http.server', language: 'go', detector: starts as NodeDetector },
  { id: 'http.server.literal', language: 'go', detector: literals as NodeDetector },
  { id: 'http.server.setting', language: 'go', detector: settings as NodeDetector },
  { id: 'http.server.configuration', language: 'go', detector: fiberSettings as NodeDetector },
  { id: 'loopback.address', language: 'go', detector: loopbacks as NodeDetector },
  { id: 'tls.server.calls', language: 'go', detector: tlsCalls as NodeDetector },
  { id: 'tls.server.fields', language: 'go', detector: tlsFields as NodeDetector },
  { id: 'tls.server.imports', language: 'go', detector: tlsImports },
];
