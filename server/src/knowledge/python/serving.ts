/**
 * How Python programs serve requests: calls that start servers, whether they speak TLS, signals that they catch, what
 * limits the size and rate of requests, headers that protect browsers, and pages. States facts about single
 * declarations; what frameworks do by themselves is for judges to know.
 */
import type { ChunkContext, Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { callChain, headerOf } from '../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { assignedValue, constantText, constantValue, stringValue } from '../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  decoratorsOf,
  definedName,
  enclosingFunction,
  hasKeywordSplat,
  hasSplat,
  keywordArgument,
  positionalArguments,
  syntaxChildren,
} from '../../languages/python/syntax.ts';
import { type Exposure, type FactValues, state } from '../facts.ts';
import { importedFramework } from './routes.ts';

function exposureOf(host: PythonNode | null, ctx: ChunkContext, whenMissing: Exposure): Exposure {
  if (host === null) return whenMissing;
  const address = constantText(host, ctx);
  if (address === null) return 'unknown';
  return /^(?:localhost|127\.|::1$|\[::1\])/.test(address) ? 'loopback' : 'open';
}

function started(call: string, exposure: Exposure, tls: boolean): FactValues['http.server'] {
  return {
    form: 'helper',
    call,
    receiver: '',
    tls,
    exposure,
    handler: 'given',
    handlerSpan: null,
    withTls: null,
    statement: null,
    afterSignal: null,
  };
}

/** Ports of servers that are given none. */
const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  uvicorn: '8000',
  flask: '5000',
  quart: '5000',
  aiohttp: '8080',
};

/** The port that a call listens on: a number, or a variable with a number that counts without it. */
function portOf(
  call: PythonNode,
  framework: string,
  ctx: ChunkContext,
): { readonly port: string; readonly variable: string } {
  const position = framework === 'flask' || framework === 'quart' ? 1 : 99;
  const value = argumentOf(call, 'port', position);
  if (value === null) {
    const isPlain = !hasSplat(call) && !hasKeywordSplat(call) && calledName(call) !== 'Server';
    return { port: isPlain ? (DEFAULT_PORTS[framework] ?? '') : '', variable: '' };
  }
  const plain = constantValue(value, ctx);
  if (typeof plain === 'number') return { port: String(plain), variable: '' };
  const written = value.kind === 'identifier' ? (assignedValue(value, ctx) ?? value) : value;
  const read =
    /^(?:int\(\s*)?(?:os\.)?(?:getenv|environ\.get)\(\s*["']([A-Z]\w*)["']\s*,\s*["']?(\d{2,5})["']?\s*\)\s*\)?$/.exec(
      written.text,
    );
  return { port: read?.[2] ?? '', variable: read?.[1] ?? '' };
}

/** `uvicorn.run(app)`, `app.run()`, `web.run_app(app)`, `HTTPServer(...)` and the like. */
const STARTS =
  /^(?:uvicorn\.(?:main\.)?run|hypercorn\.(?:asyncio|trio)\.serve|waitress\.serve|aiohttp\.web\.run_app|gevent\.pywsgi\.WSGIServer|wsgiref\.simple_server\.make_server|http\.server\.(?:Threading)?HTTPServer|cheroot\.wsgi\.Server|cherrypy\.quickstart|bottle\.run|(?:flask|quart|sanic|bottle|flask_openapi3|fastmcp)\.[\w.]+\(\)\.run|flask_socketio\.SocketIO\(\)\.run|uvicorn\.Server)$/;

const starts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['run(', 'serve(', 'run_app(', 'Server('],
  calls: (name) =>
    /^(?:run|serve|run_app|WSGIServer|make_server|HTTPServer|ThreadingHTTPServer|Server|quickstart)$/.test(name),
  *check(node, ctx) {
    const chain = callChain(node, ctx);
    const isKnown = STARTS.test(chain);
    // An application that another module makes: `app.run(host=...)` in a file with a web framework.
    const isApp =
      calledName(node) === 'run' &&
      /^(?:\w*app|application)$/.test(calledOn(node)?.text ?? '') &&
      (keywordArgument(node, 'port') !== null || keywordArgument(node, 'host') !== null);
    if (!isKnown && !isApp) return;
    const isFlask = isApp || /\(\)\.run$/.test(chain);
    const key = chain.split('.')[0]!.replace(/^$/, 'flask');
    const { port, variable } = portOf(node, key, ctx);
    yield state('python.port', port, { variable }, node);
    const tls = ['ssl_certfile', 'ssl_keyfile', 'ssl_context', 'ssl', 'certfile'].some((name) => {
      const value = keywordArgument(node, name);
      return value !== null && value.kind !== 'none';
    });
    const host =
      keywordArgument(node, 'host') ?? keywordArgument(node, 'bind') ?? (isFlask ? argumentOf(node, 'host', 0) : null);
    const local = isFlask || key === 'uvicorn' || key === 'bottle';
    const exposure =
      /Server$|serve$|quickstart$/.test(chain) && key !== 'waitress'
        ? 'unknown'
        : exposureOf(host, ctx, local ? 'loopback' : 'open');
    yield state(
      'http.server',
      key === 'aiohttp' || key === 'uvicorn' ? key : key || 'wsgi',
      started(calledName(node), exposure, tls),
      node,
    );
  },
};

/** Certificates for servers: `context.load_cert_chain(...)`, `ssl_certfile=`. */
const certificates: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'keyword_argument'],
  triggers: [
    'load_cert_chain',
    'ssl_certfile',
    'ssl_keyfile',
    'certfile',
    'SECURE_SSL_REDIRECT',
    'ssl_server_credentials',
  ],
  calls: (name) => /^(?:load_cert_chain|ssl_server_credentials)$/.test(name),
  *check(node) {
    const name = node.kind === 'call' ? calledName(node) : (node.child('name')?.text ?? '');
    if (
      node.kind === 'keyword_argument' &&
      (!/^(?:ssl_)?(?:certfile|keyfile)$/.test(name) || node.child('value')?.kind === 'none')
    )
      return;
    yield state('tls.server', name, null, node);
  },
};

const secureSettings: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: [
    'SECURE_SSL_REDIRECT',
    'SECURE_HSTS_SECONDS',
    'SECURE_PROXY_SSL_HEADER',
    'SECURE_CONTENT',
    'MAX_CONTENT_LENGTH',
    'MAX_MEMORY_SIZE',
    'CSP_',
    'SECURE_CSP',
    'X_FRAME_OPTIONS',
    'RATELIMIT',
  ],
  *check(node) {
    const left = node.child('left')?.text ?? '';
    const right = node.child('right')?.text ?? '';
    const name = /(?:^|\.|\[["'])([A-Z_]+)(?:["']\])?$/.exec(left)?.[1] ?? '';
    if (right === 'None' || right === 'False') return;
    if (/^SECURE_(?:SSL_REDIRECT|PROXY_SSL_HEADER)$/.test(name)) yield state('tls.server', name, null, node);
    else if (name === 'SECURE_HSTS_SECONDS') {
      yield state('security.header', 'strict-transport-security', { everywhere: true }, node);
    } else if (/^CSP_\w*SRC$|^CONTENT_SECURITY_POLICY$|^SECURE_CSP$/.test(name)) {
      yield state('security.header', 'content-security-policy', { everywhere: true }, node);
    } else if (/^(?:MAX_CONTENT_LENGTH|DATA_UPLOAD_MAX_MEMORY_SIZE)$/.test(name)) {
      yield state('http.body-limit', name, null, node);
    }
  },
};

/** Signals, and what runs when a server ends: `signal.signal(signal.SIGTERM, stop)`, `loop.add_signal_handler(...)`. */
const signals: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['SIGTERM', 'SIGINT', 'add_signal_handler'],
  calls: (name) => name === 'signal' || name === 'add_signal_handler',
  *check(node) {
    const first = positionalArguments(node)[0];
    if (first === undefined || positionalArguments(node).length < 2) return;
    const terminate = !/SIGINT|SIGHUP|SIGUSR|SIGCHLD|SIGALRM|SIGPIPE|SIGQUIT|SIGWINCH|SIGABRT/.test(first.text);
    // `for s in signals: signal.signal(s, stop)`
    const isNamed = /SIG|^sig\w*$/.test(first.text) || (/^\w+$/.test(first.text) && calledOn(node)?.text === 'signal');
    if (!isNamed && calledName(node) !== 'add_signal_handler') return;
    const interrupt = /SIGINT/.test(first.text) || !/SIG/.test(first.text);
    yield state('signal.handler', calledName(node), { terminate, interrupt, last: null }, node);
  },
};

const ASKS =
  /^(?:is_?allowed|allow|allow_request|allowed|check_?(?:rate_?)?limit\w*|check_rate\w*|rate_?limit\w*|hit|is_rate_?limited|throttle\w*|should_limit|enforce_?(?:rate_?)?limit\w*|consume_token|exceeded|over_limit)$/i;
const LIMITER = /rate_?limit|limiter|throttl|ratelimit|token_?bucket/i;

/** Whether code around a node serves requests or is named for limiting them. */
function servesAround(node: PythonNode, ctx: ChunkContext): boolean {
  return (
    importedFramework(headerOf(ctx)) !== '' ||
    LIMITER.test(ctx.file.path) ||
    LIMITER.test(node.tree.text.slice(0, 4000))
  );
}

const limiterCalls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['imit', 'hrottl', 'ucket'],
  calls: (name) => ASKS.test(name) || /^authorize_\w+$/.test(name),
  *check(node, ctx) {
    const name = calledName(node);
    const receiver = calledOn(node)?.text ?? '';
    if (receiver.length > 200 || !(LIMITER.test(name) || LIMITER.test(receiver))) return;
    if (importedFramework(headerOf(ctx)) === '' || enclosingFunction(node) === null) return;
    yield state('rate.limit', name, { kind: 'handler' }, node);
  },
};

/** `@limiter.limit("5/minute")`, `dependencies=[Depends(RateLimiter(...))]`, `throttle_classes = [...]`. */
const limiterUses: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['decorator', 'assignment'],
  triggers: ['imit', 'hrottl'],
  *check(node, ctx) {
    if (node.kind === 'assignment') {
      if (/^throttle_(?:classes|scope)$/.test(node.child('left')?.text ?? '')) {
        yield state('rate.limit', 'throttle_classes', { kind: 'middleware' }, node);
      }
      return;
    }
    const text = syntaxChildren(node)[0]?.text ?? '';
    const name = /^([\w.]+)/.exec(text)?.[1] ?? '';
    const isAround = importedFramework(headerOf(ctx)) !== '';
    if (isAround && LIMITER.test(name) && !/exempt|lru/.test(name)) {
      yield state('rate.limit', name.slice(0, 60), { kind: 'middleware' }, node);
    }
  },
};

/** An answer 429. */
const refusesMore: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['integer', 'attribute'],
  triggers: ['429', 'TOO_MANY_REQUESTS'],
  when: (node) => (node.kind === 'integer' ? node.end - node.start === 3 : node.end - node.start < 70),
  *check(node, ctx) {
    const isStatus =
      node.kind === 'integer' ? node.text === '429' : /\.(?:HTTP_429_)?TOO_MANY_REQUESTS$/.test(node.text);
    const parent = node.parent;
    if (!isStatus || !/^(?:argument_list|keyword_argument|expression_list|tuple)$/.test(parent?.kind ?? '')) return;
    const call = node.ancestor('call');
    const answers =
      /Exception|Error|Response|abort|json|Problem|error/i.test(call === null ? '' : calledName(call)) ||
      node.ancestor('return_statement') !== null;
    if (answers && !/retry|assert/i.test(call?.text.slice(0, 60) ?? '') && servesAround(node, ctx)) {
      yield state('rate.limit', '429', { kind: 'status' }, node);
    }
  },
};

const SIZE =
  /^(?:\w*(?:MaxBody|BodySize|BodyLimit|LimitUpload|LimitRequest|RequestSize|ContentSize|ContentLength|UploadSize|PayloadSize|MaxSize)\w*)$/;

const bodyLimits: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'class_definition', 'function_definition', 'keyword_argument', 'string', 'pair'],
  triggers: [
    ...[
      'ontent-',
      'ontent_',
      'CONTENT_LENGTH',
      'CONTENT-',
      'client_max',
      'max_body',
      'ws_max',
      'request_max',
      'limit_request',
    ],
    ...['axBody', 'odySize', 'odyLimit', 'imitUpload', 'imitRequest', 'equestSize', 'ontentSize', 'ontentLength'],
    ...['ploadSize', 'ayloadSize', 'axSize', 'body_size', 'upload_size', 'request_size', 'payload_size', 'file_size'],
  ],
  calls: (name) => name === 'update' || name === 'from_mapping',
  when: (node) => node.kind !== 'string' || (node.end - node.start > 14 && node.end - node.start < 22),
  *check(node, ctx) {
    switch (node.kind) {
      case 'string': {
        if ((stringValue(node) ?? '').toLowerCase() !== 'content-length') return;
        // Read from a request, in a program that serves.
        const around = node.ancestor('call', 'subscript');
        if (around === null || importedFramework(headerOf(ctx)) === '') return;
        if (!/\brequest\b|\bself\.headers|\bscope\b|environ|^headers\.get/.test(around.text)) return;
        yield state('http.body-limit', 'Content-Length', null, node);
        return;
      }
      case 'keyword_argument': {
        const name = node.child('name')?.text ?? '';
        if (
          /^(?:MAX_CONTENT_LENGTH|client_max_size|max_body_size|request_max_size|limit_request_body|max_request_body_size|ws_max_size)$/.test(
            name,
          )
        ) {
          yield state('http.body-limit', name, null, node);
        }
        return;
      }
      case 'pair': {
        const name = stringValue(node.child('key') ?? node) ?? '';
        if (name === 'MAX_CONTENT_LENGTH') yield state('http.body-limit', name, null, node);
        return;
      }
      case 'class_definition':
      case 'function_definition': {
        const name = definedName(node);
        const isControl = SIZE.test(name) && /Middleware|Limit|Max/.test(name);
        if (
          isControl ||
          /^(?:limit|check|max|enforce|validate)_(?:request_|body_|upload_|content_|payload_|file_)+(?:size|length)\w*$/.test(
            name,
          )
        ) {
          yield state('http.body-limit', name, null, node.child('name') ?? node);
        }
        return;
      }
    }
  },
};

/** Messages that are read from a WebSocket by FastAPI and Starlette. */
const socketReads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['.receive_text(', '.receive_json(', '.receive_bytes(', '.iter_text(', '.iter_json('],
  calls: (name) => /^(?:receive_(?:text|json|bytes)|iter_(?:text|json|bytes))$/.test(name),
  *check(node, ctx) {
    if (!importsModule(headerOf(ctx), 'fastapi') && !importsModule(headerOf(ctx), 'starlette')) return;
    const owner = enclosingFunction(node);
    if (owner === null || !/websocket|^ws$|socket/i.test(calledOn(node)?.text ?? '')) return;
    const first = owner.descendants('call').find((call) => /^(?:receive|iter)_/.test(calledName(call)));
    if (first !== undefined && !first.equals(node)) return;
    const isBounded =
      /\blen\(\s*\w+\s*\)\s*[<>]|[<>]=?\s*len\(/.test(owner.text) || /max_?(?:size|length|len)/i.test(owner.text);
    yield state('ws.read', isBounded ? 'bounded' : calledName(node), null, node);
  },
};

const PROTECTIVE =
  /^(?:x-frame-options|x-content-type-options|content-security-policy|content-security-policy-report-only|strict-transport-security|referrer-policy|permissions-policy)$/;

const headers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string'],
  triggers: [
    'rame-',
    'ontent-',
    'ransport-',
    'eferrer-',
    'RAME-',
    'ermissions-',
    'SecurityMiddleware',
    'clickjacking',
    'csp.',
  ],
  when: (node) => node.end - node.start > 14 && node.end - node.start < 60,
  *check(node) {
    const text = stringValue(node) ?? '';
    const name = text.toLowerCase();
    if (text === 'django.middleware.security.SecurityMiddleware') {
      yield state('security.header', 'x-content-type-options', { everywhere: true }, node);
      yield state('security.header', 'referrer-policy', { everywhere: true }, node);
    } else if (text === 'django.middleware.clickjacking.XFrameOptionsMiddleware') {
      yield state('security.header', 'x-frame-options', { everywhere: true }, node);
    } else if (/^csp\.middleware|^django\.middleware\.csp/.test(text)) {
      yield state('security.header', 'content-security-policy', { everywhere: true }, node);
    }
    if (!PROTECTIVE.test(name)) return;
    const owner = enclosingFunction(node);
    const named =
      owner === null
        ? ''
        : `${definedName(owner)} ${decoratorsOf(owner)
            .map(({ text: own }) => own)
            .join(' ')}`;
    const inClass = node.ancestor('class_definition');
    const everywhere =
      owner === null ||
      /middleware|after_request|header|secur|dispatch|__call__|process_response/i.test(named) ||
      /Middleware|Header|Handler$/.test(inClass === null ? '' : definedName(inClass)) ||
      /call_next|after_request/.test(owner.text);
    yield state('security.header', name, { everywhere }, node);
  },
};

const PAGES =
  /^(?:render_template|render_template_string|Jinja2Templates|TemplateResponse|HTMLResponse|TemplateView|render_to_response|setup_jinja2)$/;

/** Pages for browsers: templates, HTML, and the pages of documentation that FastAPI brings. */
const pages: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['emplate', 'HTMLResponse', 'FastAPI(', 'render(', 'StaticFiles(', 'jinja2'],
  calls: (name) =>
    PAGES.test(name) || name === 'FastAPI' || name === 'render' || name === 'StaticFiles' || name === 'setup',
  *check(node, ctx) {
    const name = calledName(node);
    const chain = callChain(node, ctx);
    if (name === 'FastAPI') {
      if (!/^fastapi\./.test(chain)) return;
      const isOff = ['docs_url', 'openapi_url'].some((key) => keywordArgument(node, key) !== null);
      if (!isOff) yield state('http.pages', 'docs', null, node);
      return;
    }
    if (name === 'render' && chain !== 'django.shortcuts.render') return;
    if (name === 'setup' && !/aiohttp_jinja2/.test(chain)) return;
    if (name === 'StaticFiles' && keywordArgument(node, 'html') === null) return;
    if (importedFramework(headerOf(ctx)) !== '') yield state('http.pages', name, null, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.server', language: 'python', detector: starts as NodeDetector },
  { id: 'python.tls', language: 'python', detector: certificates as NodeDetector },
  { id: 'python.settings.security', language: 'python', detector: secureSettings as NodeDetector },
  { id: 'python.signal', language: 'python', detector: signals as NodeDetector },
  { id: 'python.rate.call', language: 'python', detector: limiterCalls as NodeDetector },
  { id: 'python.rate.use', language: 'python', detector: limiterUses as NodeDetector },
  { id: 'python.rate.status', language: 'python', detector: refusesMore as NodeDetector },
  { id: 'python.body.limit', language: 'python', detector: bodyLimits as NodeDetector },
  { id: 'python.socket.read', language: 'python', detector: socketReads as NodeDetector },
  { id: 'python.headers', language: 'python', detector: headers as NodeDetector },
  { id: 'python.pages', language: 'python', detector: pages as NodeDetector },
];
