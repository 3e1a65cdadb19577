/**
 * Evidence that a program tells who sends a request: credentials that are read from requests, refusals, middleware and
 * libraries made for nothing else. What the program sends to others (its own tokens, a provider's answer) is no
 * evidence, and neither is a login that only hands out tokens. States facts about one declaration at a time.
 */

import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { callArguments, functionName, stringLiteralValue, topLevelOf } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { withoutVersion } from './frameworks.ts';
import { namesIn } from './guards.ts';
import { makesHandler, takesRequest } from './handlers.ts';
import { importDetector } from './imports.ts';

/** Names of middleware, wrappers and checks that tell or ask who somebody is; wide, since it excuses. */
export const AUTHENTICATES =
  /auth(?!or(?:s\b|Name|Id\b|ID\b))|jwt|token|session|log(?:ged)?_?in(?!g)|signed|permission|rbac|casbin|acl\b|protect|guard|secur(?!eHeader|ityHeader)|require|verif|identity|current_?user|with_?user|user_?(?:from|id|info|middleware|context)|admin|credential|api_?key|signature|hmac|oauth|oidc|saml|sso|mtls|access(?!_?log)|principal|tenant|member|private|restrict|allow(?!edOrigin|Origin|Method|Header)|shared_?secret|firewall|gatekeep|policy/i;

/** The same for names of calls inside of handlers, where words such as `require` and `allow` mean other things. */
export const CHECKS_CALLER =
  /auth(?:n|z|enticat|oriz|_?user|_?token|_?header|_?check|_?context)|isauth|checkauth|requireauth|jwt|(?:get|check|verify|valid\w*|parse|current|require|from)_?(?:session|token|user\b|user_?id|identity|claims|login|admin|access|permission|credential|api_?key|signature)|session(?:id|user|s?\.|store|manager|data)?\b|logged_?in|is_?admin|current_?user|user_?from|permission|claims|credential|forbidden|unauthorized|unauthenticated|hmac|signature|verif|csrf|principal|\b40[13]\b|"Authorization"|"X-[\w-]*(?:Key|Token|Signature)"/i;

/** Libraries that serve to authenticate those who send requests. */
const LIBRARIES =
  /^(?:github\.com\/(?:appleboy\/gin-jwt|labstack\/echo-jwt|go-chi\/jwtauth|gin-contrib\/sessions|gorilla\/(?:sessions|securecookie)|alexedwards\/scs|casbin\/\w*casbin\w*|auth0\/go-jwt-middleware|gofiber\/(?:fiber\/middleware\/(?:basicauth|keyauth|session|encryptcookie)|jwt|contrib\/(?:jwt|paseto|casbin))|abbot\/go-http-auth|markbates\/goth|volatiletech\/authboss|aarondl\/authboss|crewjam\/saml|zitadel\/(?:oidc|zitadel-go)|supertokens\/|clerk\/clerk-sdk-go|clerkinc\/|go-pkgz\/auth|prometheus\/exporter-toolkit\/web|grpc-ecosystem\/go-grpc-middleware\/(?:auth|interceptors\/auth)|spiffe\/go-spiffe|shaj13\/go-guardian|99designs\/basicauth-go|ory\/(?:kratos|hydra|keto|oathkeeper)\w*|coreos\/go-oidc|go-webauthn\/|duo-labs\/webauthn|hertz-contrib\/(?:jwt|sessions|keyauth|basic_auth|paseto)|iris-contrib\/middleware\/jwt|kataras\/jwt|go-session\/|icza\/session|astaxie\/beego\/session|beego\/beego\/server\/web\/session|go-ldap\/|jcmturner\/gokrb5)|firebase\.google\.com\/go\/auth|k8s\.io\/(?:apiserver|client-go\/kubernetes\/typed\/authentication|api\/authentication)|sigs\.k8s\.io\/controller-runtime\/pkg\/metrics\/filters|google\.golang\.org\/api\/idtoken|connectrpc\.com\/authn|goa\.design\/goa\/security)(?:\/|$)/;

const libraries = importDetector(function* (path, subject) {
  if (LIBRARIES.test(withoutVersion(path))) yield state('auth.evidence', '', { kind: 'library', what: path }, subject);
});

/** Functions that hand out credentials, or map errors to answers. */
const ISSUES = /log_?in|sign_?in|sign_?up|register|\berr|[a-z]Err|encode|new_?token|issue|generate|client/i;

/** Name of the declaration around a node. */
function declarationOf(node: GoNode): GoNode | null {
  const declaration = topLevelOf(node);
  return declaration?.kind === 'function_declaration' || declaration?.kind === 'method_declaration'
    ? declaration
    : null;
}

/** Status codes and errors that refuse a request. */
const REFUSALS =
  /^(?:StatusUnauthorized|StatusForbidden|Unauthenticated|PermissionDenied|ErrUnauthorized|ErrForbidden|CodeUnauthenticated|CodePermissionDenied|UnauthorizedError|NewErrorUnauthorized)$/;

const refusals: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression', 'int_literal'],
  triggers: ['nauthorized', 'orbidden', 'nauthenticated', 'ermissionDenied', '401', '403'],
  when: (node) => node.end - node.start < 60,
  *check(node) {
    const name = node.kind === 'int_literal' ? node.text : (node.child('field')?.text ?? '');
    if (node.kind === 'int_literal' ? !/^40[13]$/.test(name) : !REFUSALS.test(name)) return;
    // Comparisons and cases look at the answer of somebody else.
    const parent = node.parent;
    if (parent?.kind === 'binary_expression' || parent?.parent?.kind === 'expression_case') return;
    if (node.kind === 'int_literal' && parent?.kind !== 'argument_list') return;
    const owner = declarationOf(node);
    const key = owner === null ? '' : functionName(owner);
    if (owner === null || ISSUES.test(key)) return;
    if (
      !takesRequest(owner) &&
      !makesHandler(owner) &&
      !/[Cc]tx|[Cc]ontext|ResponseWriter/.test(owner.child('parameters')?.text ?? '')
    )
      return;
    yield state('auth.evidence', key, { kind: 'rejection', what: name }, node);
  },
};

const READS =
  /^(?:BasicAuth|Get|GetHeader|Header|FormValue|Query|Cookie|Cookies|Peek|Values|ParseFromRequest|GetReqHeaders|GetHeaders)$/;
const VERIFIES =
  /^(?:ConstantTimeCompare|ParseWithClaims|ParseSigned|VerifyIDToken|ValidateToken|CompareHashAndPassword|AuthFuncOverride)$/;
const CREDENTIAL =
  /^(?:authorization|cookie|x-(?:[\w-]*-)?(?:key|token|auth|user|signature|secret)[\w-]*|api[-_]?key|(?:access|auth|id|jwt|bearer)?[-_]?token|jwt|session(?:[-_]?id|[-_]?token)?|sid|user[-_]?id|remote-user|x-remote-user|x-forwarded-user)$/i;
const MAKES_MIDDLEWARE =
  /^(?:BasicAuth\w*|KeyAuth\w*|JWT|JWTWithConfig|JWTAuth|AuthMiddleware|RequireAuth\w*|RequireBearerToken|Authenticator|CSRF|AuthRequired|WithAuth\w*|NewAuth\w*Interceptor|UnaryServerInterceptor)$/;

const credentials: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'uth',
    'oken',
    'ookie',
    'ession',
    'API',
    'Api',
    'api',
    'ConstantTimeCompare',
    'ParseWithClaims',
    'JWT',
    'User',
    'user',
    'ompareHash',
    'X-',
  ],
  calls: (name) => READS.test(name) || VERIFIES.test(name) || MAKES_MIDDLEWARE.test(name),
  *check(node) {
    const callee = node.child('function');
    const isSelector = callee?.kind === 'selector_expression';
    const name = isSelector ? (callee.child('field')?.text ?? '') : (callee?.text ?? '');
    const owner = declarationOf(node);
    const key = owner === null ? '' : functionName(owner);
    if (owner !== null && ISSUES.test(key)) return;
    if (MAKES_MIDDLEWARE.test(name) && name !== 'BasicAuth') {
      if (name === 'UnaryServerInterceptor' && !/auth/i.test(callee?.text ?? '')) return;
      yield state('auth.evidence', key, { kind: 'route', what: name }, node);
      return;
    }
    if (VERIFIES.test(name)) {
      yield state('auth.evidence', key, { kind: 'credential', what: name }, callee ?? node);
      return;
    }
    const values = callArguments(node);
    if (name === 'BasicAuth') {
      yield state('auth.evidence', key, { kind: values.length === 0 ? 'credential' : 'route', what: name }, node);
      return;
    }
    const literal = values[0] === undefined ? null : stringLiteralValue(values[0]);
    if (literal === null || !CREDENTIAL.test(literal)) return;
    // A response of somebody else also has headers, and a cache may have a key "token".
    const receiver = isSelector ? (callee.child('operand')?.text ?? '') : '';
    if (
      /\b(?:resp|res|response|rsp|out|w|writer|cache|store|viper|cfg|config)\b/i.test(receiver) &&
      !/Request\b/.test(receiver)
    )
      return;
    yield state('auth.evidence', key, { kind: 'credential', what: literal }, node);
  },
};

const certificates: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression'],
  triggers: ['RequireAndVerifyClientCert', 'VerifyClientCertIfGiven'],
  *check(node) {
    const name = node.child('field')?.text ?? '';
    if (name !== 'RequireAndVerifyClientCert' && name !== 'VerifyClientCertIfGiven') return;
    yield state('auth.evidence', '', { kind: 'certificate', what: name }, node);
  },
};

/** Methods that register a single route. */
const REGISTERS = /^(?:Handle\w*|GET|POST|PUT|PATCH|DELETE|Get|Post|Put|Patch|Delete|Any|Method\w*|Path|PathPrefix)$/;

/** `authMiddleware(mux)`: a wrapper around everything. */
const wrappers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['andler', 'outer', 'mux', 'ux)', 'ngine', 'pp)', 'r)', 'h)', 'erveHTTP'],
  calls: (name) =>
    AUTHENTICATES.test(name) && !/^(?:New|new|Get|get|Parse|Generate|Create|Set|Require\w*Error)/.test(name),
  *check(node) {
    const values = callArguments(node);
    if (values.length === 0 || values.length > 4) return;
    if (
      !values.some(
        (value) =>
          /^(?:identifier|selector_expression|call_expression)$/.test(value.kind) &&
          value.text.length < 80 &&
          /(?:[hH]andler|[rR]outer|[mM]ux|[eE]ngine|^next|^app|^h|^r|(?:Routes|Router|Handler|Mux)\(\w*\))$/.test(
            value.text,
          ),
      )
    )
      return;
    const owner = declarationOf(node);
    if (owner === null) return;
    const name = node.child('function')?.text ?? '';
    const key = functionName(owner);
    let outer: GoNode | null = node;
    for (let step = 0; step < 4 && outer !== null; step++) {
      outer = outer.parent?.kind === 'argument_list' ? outer.parent.parent : null;
      if (outer !== null && REGISTERS.test(outer.child('function')?.child('field')?.text ?? '')) {
        yield state('auth.evidence', key, { kind: 'route', what: name.slice(0, 60) }, node);
        return;
      }
    }
    // `authenticate(r)` in a handler is given the request.
    yield state(
      'auth.evidence',
      key,
      { kind: takesRequest(owner) ? 'identity' : 'wrapper', what: name.slice(0, 60) },
      node,
    );
  },
};

/** Functions that serve requests, make handlers or intercept calls: what they do about who may do something. */
const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['http.', 'gin.', 'echo.', 'fiber.', 'grpc.', 'fasthttp.', 'iris.', 'RequestContext', 'mux.'],
  *check(node) {
    const wraps = makesHandler(node);
    if (!wraps && !takesRequest(node)) return;
    const body = node.child('body');
    if (body === null) return;
    const names = namesIn(body);
    yield state(
      'auth.function',
      functionName(node),
      {
        credential: /Authorization|BasicAuth|ConstantTimeCompare|ParseWithClaims|[cC]ookie/.test(names),
        rejects:
          /StatusUnauthorized|StatusForbidden|Unauthenticated|PermissionDenied|\b40[13]\b|ErrUnauthorized|ErrForbidden/.test(
            names,
          ),
        calls: names,
        wraps,
      },
      node.child('name') ?? node,
    );
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'auth.library', language: 'go', detector: libraries },
  { id: 'auth.refusal', language: 'go', detector: refusals as NodeDetector },
  { id: 'auth.credential', language: 'go', detector: credentials as NodeDetector },
  { id: 'auth.certificate', language: 'go', detector: certificates as NodeDetector },
  { id: 'auth.wrapper', language: 'go', detector: wrappers as NodeDetector },
  { id: 'auth.function', language: 'go', detector: functions as NodeDetector },
];
