/**
 * Evidence that a Python program tells who sends a request: functions that read credentials or refuse, dependencies and
 * decorators with such names, aliases of them, and words about rights. States facts about one declaration at a time. What
 * a program sends to others is no evidence.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { headerOf } from '../../languages/python/chains.ts';
import type { PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { stringValue } from '../../languages/python/strings.ts';
import {
  assignmentTargets,
  calledName,
  calledOn,
  decoratorsOf,
  definedName,
  enclosingClass,
  enclosingFunction,
  parametersOf,
  positionalArguments,
} from '../../languages/python/syntax.ts';
import { state } from '../facts.ts';
import { isLogCall, isPrint } from './logging.ts';
import { importedFramework } from './routes.ts';

/** Names of dependencies, decorators and checks that ask who somebody is. */
export const ASKS_WHO =
  /auth(?!or(?:s|_?name|_?id)?\b)|current_?\w*user|active_?user|(?:get|require|verify|check|validate|with|fetch|load)_?\w*(?:user\b|identity|principal|token|session_?user|api_?key|credential|permission|role|admin|access|signature|scope)|login|log_?in_?required|logged_?in|jwt|bearer|oauth2?|api_?key|permission|(?:roles?|admin|superuser|staff|user|scopes?)_?(?:required|only|checker)|require_?(?:admin|role|login|user)|is_?admin|superuser|principal|verify_|claims|hmac|signature|HTTPBearer|HTTPBasic|Security\(|protected|private_endpoint/i;

/** Names in the body of a handler that deal with who sends the request. */
const CHECKS =
  /current_user|get_current|request\.user|g\.user|auth(?:enticat|oriz|_header|_token|_user)|is_authenticated|verify_?\w*(?:token|user|signature|key|password|request|secret)|check_?\w*(?:auth|permission|access|token|password|role|api_key)|decode_?\w*token|jwt|permission|login_user|validate_?\w*(?:token|key|session|signature)|compare_digest|authenticate|require_\w+|get_user_from|request\.session|abort\(40[13]|status_code ?= ?40[13]|HTTP_40[13]|Unauthorized|Forbidden|PermissionDenied|get_remote_user|user_info|user_id_from|has_access|can_\w+\(/i;

/** Headers and cookies that carry credentials. */
const CREDENTIAL =
  /^(?:authorization|cookie|x-(?:[\w-]*-)?(?:key|token|auth|user|signature|secret)[\w-]*|api[-_]?key|(?:access|auth|id|jwt|bearer)[-_]?token|session(?:[-_]?id|[-_]?token)?|remote[-_]user)$/i;
/** Functions that hand credentials out. */
const ISSUES = /log_?in|sign_?in|sign_?up|register|issue|create_\w*token|generate|client|fetch|send|request_/i;

const refusals: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'raise_statement'],
  triggers: [
    '401',
    '403',
    'nauthorized',
    'UNAUTHORIZED',
    'orbidden',
    'FORBIDDEN',
    'PermissionDenied',
    'NotAuthenticated',
  ],
  calls: (name) =>
    /^(?:abort|HTTPException|\w*(?:Unauthorized|Forbidden)\w*|PermissionDenied|NotAuthenticated|JSONResponse|HttpResponseForbidden|Response|make_response|AuthenticationFailed)$/.test(
      name,
    ),
  *check(node, ctx) {
    const call = node.kind === 'raise_statement' ? null : node;
    if (call === null) return;
    const name = calledName(call);
    const text = call.child('arguments')?.text ?? '';
    const refuses =
      /Unauthorized|Forbidden|PermissionDenied|NotAuthenticated|AuthenticationFailed/.test(name) ||
      /(?:^\(|status(?:_code)? ?= ?)(?:\w+\.)*(?:HTTP_)?(?:40[13]\b|UNAUTHORIZED|FORBIDDEN)/.test(text);
    if (!refuses || importedFramework(headerOf(ctx)) === '') return;
    const owner = enclosingFunction(node);
    const key = owner === null || owner.kind === 'lambda' ? '' : definedName(owner);
    if (ISSUES.test(key)) return;
    yield state('auth.evidence', key, { kind: 'rejection', what: name }, node);
  },
};

const credentials: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'subscript'],
  triggers: [
    'uthorization',
    'ookie',
    'oken',
    'X-',
    'x-',
    'ession',
    'pi_key',
    'pi-key',
    'compare_digest',
    'decode(',
    'check_password',
    '.verify(',
  ],
  calls: (name) =>
    /^(?:get|compare_digest|check_password|check_password_hash|verify_password|checkpw|get_secure_cookie|decode)$/.test(
      name,
    ),
  *check(node, ctx) {
    if (importedFramework(headerOf(ctx)) === '' && !/auth|security|session/i.test(ctx.file.path)) return;
    const owner = enclosingFunction(node);
    const key = owner === null || owner.kind === 'lambda' ? '' : definedName(owner);
    if (owner === null || /client|fetch|send/i.test(key)) return;
    const name = node.kind === 'call' ? calledName(node) : '';
    if (
      /^(?:compare_digest|check_password|check_password_hash|verify_password|checkpw|get_secure_cookie)$/.test(name)
    ) {
      yield state('auth.evidence', key, { kind: 'credential', what: name }, node);
      return;
    }
    const object = (node.kind === 'call' ? calledOn(node) : node.child('value'))?.text ?? '';
    if (name === 'decode') {
      if (/^(?:jwt|jose\.jwt|pyjwt)$/i.test(object))
        yield state('auth.evidence', key, { kind: 'credential', what: 'jwt' }, node);
      return;
    }
    // What a request brings; a response of somebody else has headers, too.
    if (!/\b(?:request|req|websocket|ws|environ|self)\b\.?(?:headers|cookies|META|COOKIES)?|^headers$/.test(object))
      return;
    if (!/headers|cookies|META|COOKIES|environ/.test(object)) return;
    const argument = node.kind === 'call' ? positionalArguments(node)[0] : node.childrenOf('subscript')[0];
    const literal = argument === undefined ? null : stringValue(argument);
    if (literal === null || !CREDENTIAL.test(literal.replace(/^HTTP_/, '').replaceAll('_', '-'))) return;
    if (node.kind === 'subscript' && node.parent?.kind === 'assignment' && node.field === 'left') return;
    yield state('auth.evidence', key, { kind: 'credential', what: literal }, node);
  },
};

/** `Depends(get_current_user)`, `@login_required`, `permission_classes = [...]`, `class X(LoginRequiredMixin, View)`. */
const mounted: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'decorator', 'assignment', 'class_definition', 'string'],
  triggers: [
    ...[
      'Depends(',
      'Security(',
      'required',
      'auth',
      'permission',
      'Mixin',
      'AUTHENTICATION',
      'PERMISSION',
      'jwt',
      'login',
    ],
    ...['middleware', 'Middleware', 'HTTPBearer', 'HTTPBasic', 'APIKey', 'OAuth2'],
  ],
  calls: (name) =>
    /^(?:Depends|Security|HTTPBearer|HTTPBasic|APIKey(?:Header|Cookie|Query)|OAuth2\w*|HTTPDigest|add_middleware)$/.test(
      name,
    ),
  when: (node) => node.kind !== 'string' || node.end - node.start < 40,
  *check(node, ctx) {
    switch (node.kind) {
      case 'string': {
        const text = stringValue(node) ?? '';
        if (/^DEFAULT_(?:AUTHENTICATION|PERMISSION)_CLASSES$/.test(text)) {
          yield state('auth.evidence', '', { kind: 'library', what: text }, node);
        }
        return;
      }
      case 'class_definition': {
        const bases = node.child('superclasses')?.text ?? '';
        if (
          /(?:Login|Permission|UserPasses|Access|Auth\w*)(?:Required|Test)?Mixin|AuthenticationBackend|AuthenticationMiddleware/.test(
            bases,
          )
        ) {
          yield state(
            'auth.evidence',
            definedName(node),
            { kind: 'route', what: bases.slice(0, 60) },
            node.child('name') ?? node,
          );
        }
        return;
      }
      case 'assignment': {
        const left = node.child('left')?.text ?? '';
        if (!/^(?:permission_classes|authentication_classes|login_manager|auth_required)$/.test(left)) return;
        if (/AllowAny/.test(node.child('right')?.text ?? '')) return;
        yield state('auth.evidence', left, { kind: 'route', what: left }, node);
        return;
      }
      case 'decorator': {
        const name = /^@\s*([\w.]+)/.exec(node.text)?.[1] ?? '';
        // `@app.post("/login")` registers a route.
        if (!ASKS_WHO.test(name) || /\.(?:get|post|put|patch|delete|route|setter|register|task)$/.test(name)) return;
        if (importedFramework(headerOf(ctx)) !== '')
          yield state('auth.evidence', '', { kind: 'route', what: name.slice(0, 60) }, node);
        return;
      }
      default: {
        const name = calledName(node);
        const what =
          name === 'Depends' || name === 'Security' || name === 'add_middleware'
            ? (positionalArguments(node)[0]?.text ?? '')
            : name;
        if (
          name === 'Security' ||
          name.startsWith('HTTP') ||
          name.startsWith('APIKey') ||
          name.startsWith('OAuth2') ||
          ASKS_WHO.test(what)
        ) {
          if (!/(?:RequestForm|FormStrict)$/.test(name) && !/OAuth2\w*Form/.test(what)) {
            yield state('auth.evidence', '', { kind: 'route', what: what.slice(0, 60) }, node);
          }
        }
      }
    }
  },
};

/** A longer text is no handler. */
const TEXT_LIMIT = 20_000;

/** What functions of files with a web framework do about who sends the request, and what refuses without a log entry. */
const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  *check(node, ctx) {
    const framework = importedFramework(headerOf(ctx));
    const name = definedName(node);
    if (framework === '' && !ASKS_WHO.test(name)) return;
    const body = node.child('body');
    if (body === null || body.end - body.start > TEXT_LIMIT) return;
    // What registers a route says nothing of who may call it.
    const parts: string[] = decoratorsOf(node)
      .map(({ text }) => text.slice(0, 120))
      .filter((text) => !/\.(?:get|post|put|patch|delete|route|websocket|api_route)\(/.test(text));
    for (const { type, defaultValue } of parametersOf(node)) {
      for (const part of [type, defaultValue])
        if (part !== null && /Depends|Security|Header|Cookie/.test(part.text)) parts.push(part.text.slice(0, 120));
    }
    const text = body.text;
    const found = CHECKS.exec(text.replace(/#[^\n]*|"""[\s\S]*?"""|"[^"\n]*"|'[^'\n]*'/g, ''));
    if (found !== null) parts.push(found[0]);
    // The session of Flask.
    const session = headerOf(ctx).imports.find(
      ({ name: own, path }) => own === 'session' && /^(?:flask|quart)\./.test(path),
    );
    if (session !== undefined && /(?<![\w.])session\b/.test(text)) parts.push('session[');
    const rejects =
      /\b40[13]\b|UNAUTHORIZED|FORBIDDEN|Unauthorized|Forbidden|PermissionDenied|NotAuthenticated|AuthenticationFailed/.test(
        text,
      );
    const subject = node.child('name') ?? node;
    yield state(
      'auth.function',
      name,
      {
        credential: /[aA]uthorization|compare_digest|jwt\.decode|cookies/.test(text),
        rejects,
        calls: parts.join(' '),
        wraps: enclosingClass(node) === null,
      },
      subject,
    );
  },
};

/** `CurrentUser = Annotated[User, Depends(get_current_user)]` */
const aliases: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment', 'type_alias_statement'],
  triggers: ['Annotated['],
  *check(node) {
    if (enclosingFunction(node) !== null) return;
    const match = /^\s*(?:type\s+)?(\w+)[^=]*=\s*(?:\w+\.)?Annotated\[([\s\S]{0,400})/.exec(node.text);
    if (match === null || !/Depends|Security/.test(match[2]!)) return;
    yield state('auth.function', match[1]!, { credential: false, rejects: false, calls: match[2]!, wraps: true }, node);
  },
};

const REFUSES = /^(?:401|403|(?:\w+\.)*(?:HTTP_40[13]\w*|UNAUTHORIZED|FORBIDDEN))$/;

/** Refusals and whether the function tells a log. */
const traces: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: [
    '401',
    '403',
    'UNAUTHORIZED',
    'FORBIDDEN',
    'PermissionDenied',
    'Unauthorized',
    'Forbidden',
    'NotAuthenticated',
    'log',
  ],
  *check(node, ctx) {
    // A login that writes down who came, wherever it stands.
    if (/^(?:log_?in\w*|authenticate(?:_user)?|sign_?in|register_user)$/.test(definedName(node))) {
      const entry = node
        .descendants('call')
        .find((call) => /audit|log_?(?:action|event|access|security|attempt)/i.test(calledName(call)));
      if (entry !== undefined) {
        yield state('auth.refusal', definedName(node), { logged: true, entry: null }, entry);
        return;
      }
    }
    if (importedFramework(headerOf(ctx)) === '') return;
    const refusal = node.descendants('call').find((call) => {
      if (enclosingFunction(call)?.equals(node) !== true) return false;
      const name = calledName(call);
      if (
        /^(?:PermissionDenied|NotAuthenticated|AuthenticationFailed|HttpResponseForbidden|\w*HTTPUnauthorized|\w*HTTPForbidden|Unauthorized|Forbidden)$/.test(
          name,
        )
      )
        return true;
      if (!/^(?:abort|HTTPException|JSONResponse|Response|jsonify|make_response)$/.test(name)) return false;
      return call
        .descendants('integer', 'attribute', 'identifier')
        .some(
          (value) => REFUSES.test(value.text) && /^(?:argument_list|keyword_argument)$/.test(value.parent?.kind ?? ''),
        );
    });
    if (refusal === undefined) return;
    const logged = node
      .descendants('call')
      .some(
        (call) =>
          isLogCall(call, ctx) ||
          isPrint(call) ||
          /audit|record|log_?(?:action|event|access|security|attempt|request)|track|notify|report|capture|emit|_log\b/i.test(
            calledName(call),
          ),
      );
    yield state('auth.refusal', definedName(node), { logged, entry: null }, refusal);
  },
};

/** What logs every request, or keeps a trail of what users did. */
const trails: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition', 'function_definition', 'string', 'identifier'],
  triggers: [
    'udit',
    'ccess_log',
    'AccessLog',
    'RequestLog',
    'log_request',
    'ogging_middleware',
    'simple_history',
    'auditlog',
    'reversion',
    'ActivityLog',
    'EventLog',
    'LoggingMiddleware',
  ],
  when: (node) => node.end - node.start < 60 || node.kind === 'class_definition' || node.kind === 'function_definition',
  *check(node) {
    if (node.kind === 'string' || node.kind === 'identifier') {
      const text = node.kind === 'string' ? (stringValue(node) ?? '') : node.text;
      if (
        /^(?:simple_history|auditlog|reversion|easyaudit|actstream|audit_log\w*)(?:\.|$)/.test(text) &&
        node.kind === 'string'
      ) {
        yield state('auth.trail', text, null, node);
      }
      return;
    }
    const name = definedName(node);
    if (
      /audit|AccessLog|access_log|RequestLog|log_request|LoggingMiddleware|logging_middleware|ActivityLog|EventLog/i.test(
        name,
      )
    ) {
      yield state('auth.trail', name, null, node.child('name') ?? node);
    }
  },
};

const OWNED =
  /\b(?:owner|created_?by|author|user|account|tenant|customer)_?id\s*(?:==|!=)\s*|[!=]=\s*\w+\.(?:owner|user|author|customer)(?:_id)?\b|\b(?:owner|user|author|created_by)\s*=\s*(?:request\.user|current_user|user)\b|filter(?:_by)?\([^)]*\b(?:user|owner|author)(?:_id)?\s*==?|WHERE [^"']*\b(?:user|owner|customer|author)_id\s*=|_?group_id|household_id|get_queryset/;
const RIGHTS =
  /permission|privilege|rbac|casbin|is_admin|admin_only|require_admin|(?:has|require|user|check|allowed|min|admin)_?roles?|\broles?\b["']?\]?\s*(?:not in|in|==|!=)|has_scope|SecurityScopes|can_access|has_access|check_access|(?<!un)authorize[rd]?\b|superuser|is_staff|owner_id|(?:status_code\s*=\s*|abort\()(?:\w+\.)*(?:HTTP_)?403|PermissionDenied|Forbidden/i;

/** Comments, texts, and the role of a message in a chat: `message["role"] == "user"`, `.role == "assistant"`. */
const NO_RIGHTS =
  /#[^\n]*|"""[\s\S]*?"""|["']role["']\s*:|\b(?:msg|message|m|turn|entry|item|chat\w*|history\w*)(?:\[["']role["']\]|\.get\(["']role["'][^)\n]*\)|\.role\b)|\brole\b["']?\]?\)?\s*(?:not in|in|==|!=)\s*[[({]?\s*["'](?:assistant|system|tool|developer|model|human|ai|bot|function)["']/g;

/** Code that asks for rights, or keeps records by user; one sign counts for the file. */
const rights: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  triggers: [
    'ermission',
    'rivilege',
    'bac',
    'dmin',
    'ole',
    'cope',
    'ccess',
    'uthoriz',
    'uperuser',
    'is_staff',
    'owner',
    'user',
    '403',
    'orbidden',
    'author',
    'group_id',
    'get_queryset',
  ],
  when: (node) => enclosingFunction(node) === null && node.end - node.start < 30_000,
  *check(node, ctx) {
    if (/(?:^|\/)(?:files?|fs|docker)\//.test(ctx.file.path)) return;
    if (!OWNED.test(node.text) && !RIGHTS.test(node.text)) return;
    const code = node.text.replace(NO_RIGHTS, '');
    const match = OWNED.exec(code) ?? RIGHTS.exec(code);
    if (match !== null)
      yield state('auth.rights', ctx.file.path, { word: match[0].slice(0, 40) }, node.child('name') ?? node);
  },
};

/** Targets that an assignment gives a name; kept for files that name dependencies in other ways. */
const namedDependencies: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['Depends(', 'Security('],
  *check(node) {
    if (enclosingFunction(node) !== null) return;
    for (const { target, value } of assignmentTargets(node)) {
      if (target.kind !== 'identifier' || value?.kind !== 'call') continue;
      if (!/^(?:Depends|Security)$/.test(calledName(value))) continue;
      const calls = value.text.slice(0, 200);
      yield state('auth.function', target.text, { credential: false, rejects: false, calls, wraps: true }, target);
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.auth.refusal', language: 'python', detector: refusals as NodeDetector },
  { id: 'python.auth.credential', language: 'python', detector: credentials as NodeDetector },
  { id: 'python.auth.mounted', language: 'python', detector: mounted as NodeDetector },
  { id: 'python.auth.function', language: 'python', detector: functions as NodeDetector },
  { id: 'python.auth.alias', language: 'python', detector: aliases as NodeDetector },
  { id: 'python.auth.named', language: 'python', detector: namedDependencies as NodeDetector },
  { id: 'python.auth.trace', language: 'python', detector: traces as NodeDetector },
  { id: 'python.auth.trail', language: 'python', detector: trails as NodeDetector },
  { id: 'python.auth.rights', language: 'python', detector: rights as NodeDetector },
];
