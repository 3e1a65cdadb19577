/** Branches of authentication code that let a request pass although no credential was compared. */
import type { FixEdit } from '../../../core/model/verdict.ts';
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { makesHandler, takesRequest } from '../../../knowledge/go/handlers.ts';
import { secretNameOf } from '../../../knowledge/project/secrets.ts';
import { type GoHeader, importedPath } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  isFunction,
  leadingComments,
  lineSpanOf,
  nilComparison,
  operatorOf,
  resultsOf,
  statementsOf,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

/** Names of functions that authenticate. */
const AUTHENTICATES =
  /auth(?!or(?:s|Name|ID|Id)?$|or[A-Z])|jwt|token(?!ize)|api_?key|session|login|protect|verif|guard|identity|credential|require_?user|signature|(?:valid\w*|check)(?:key|credential)/i;

/** Headers that carry a credential: what depends on them is a check. */
const CREDENTIAL =
  /auth|token|key|cookie|secret|signature|sign$|session|jwt|bearer|credential|cert|hmac|digest|nonce|tenant/i;

const REFUSES =
  /StatusUnauthorized|StatusForbidden|Unauthenticated|PermissionDenied|\b40[13]\b|ErrUnauthorized|ErrForbidden/;

/** Calls that a client controls by what it sends, apart from `Header.Get`. */
const CLIENT_CALLS = /^(?:IsWebSocketUpgrade|IsWebsocket|IsWebSocket|UserAgent|Referer|IsAjax|IsXHR)$/;
const CLIENT_HEADERS: Readonly<Record<string, string>> = {
  UserAgent: 'User-Agent',
  Referer: 'Referer',
  IsAjax: 'X-Requested-With',
  IsXHR: 'X-Requested-With',
};
const READS_HEADER = /^(?:Get|GetHeader|Header|Peek)$/;

/** What a client says in a header that is no credential; null when the condition is about something else. */
function clientHeader(condition: GoNode): string | null {
  for (const call of condition.descendants('call_expression')) {
    const name = calledName(call);
    if (CLIENT_CALLS.test(name)) return CLIENT_HEADERS[name] ?? 'Upgrade';
    const callee = call.child('function');
    if (callee?.kind !== 'selector_expression' || !READS_HEADER.test(name)) continue;
    const receiver = callee.child('operand')?.text ?? '';
    if (name !== 'GetHeader' && !/Header(?:\(\))?$|^c$|^ctx$/.test(receiver)) continue;
    const values = callArguments(call);
    const header = values.length === 1 ? stringLiteralValue(values[0]!) : null;
    if (header === null || CREDENTIAL.test(header) || !/^[A-Za-z][\w-]*$/.test(header)) continue;
    return header;
  }
  return null;
}

/**
 * Whether the condition compares what the client says only with what every client knows: literals. A comparison with a
 * configured value may be a check of a secret.
 */
function isPublicKnowledge(condition: GoNode): boolean {
  for (const comparison of condition.descendants('binary_expression')) {
    const operator = operatorOf(comparison);
    if (operator === '&&') return false;
    if (operator === '||') continue;
    if (operator !== '==' && operator !== '!=') return false;
    const sides = [comparison.child('left'), comparison.child('right')];
    if (
      !sides.some((side) => side !== null && (stringLiteralValue(side) !== null || /^(?:true|false)$/.test(side.text)))
    )
      return false;
  }
  // Functions that are asked besides may be the check.
  return condition
    .descendants('call_expression')
    .every(
      (call) =>
        /^(?:Get|GetHeader|Header|Peek|EqualFold|Contains|HasPrefix|HasSuffix|ToLower|TrimSpace|string|len)$/.test(
          calledName(call),
        ) || CLIENT_CALLS.test(calledName(call)),
    );
}

/** Calls the next handler: `next.ServeHTTP(w, r)`, `next(c)`, `c.Next()`, `handler(ctx, req)`. */
function passesOn(statement: GoNode): boolean {
  for (const call of statement.descendants('call_expression')) {
    const name = calledName(call);
    const callee = call.child('function');
    if (name === 'ServeHTTP' || (name === 'Next' && callArguments(call).length === 0)) return true;
    if (callee?.kind === 'identifier' && /^(?:next|handler|h|handle|inner|fn|f)$/.test(name)) return true;
  }
  return false;
}

/** Whether a branch lets the request pass and does nothing else with it. */
function letsPass(block: GoNode, owner: GoNode): boolean {
  const statements = statementsOf(block);
  const last = statements.at(-1);
  if (last === undefined || statements.length > 4) return false;
  // A branch that has its own look at the request is another check.
  if (/verif|valid|compare|check|authenticat|parse|claims|Unauthorized|Forbidden|40[13]/i.test(block.text))
    return false;
  if (last.kind === 'return_statement') {
    const values = syntaxChildren(syntaxChildren(last)[0] ?? last);
    if (values.length === 0) return statements.slice(0, -1).some(passesOn);
    if (passesOn(last)) return true;
    // The handler itself, without the check around it.
    if (values.length === 1 && /^(?:next|handler|h|inner)$/.test(values[0]!.text)) return true;
    // `return true`, `return nil` of a check.
    const results = resultsOf(owner);
    if (results.length === 0 || results.length > 2) return false;
    return (
      values.length === results.length &&
      isSuccess(
        values,
        results.map((result) => result.type.text),
      )
    );
  }
  return false;
}

function isSuccess(values: readonly GoNode[], types: readonly string[]): boolean {
  return types.every((type, index) => {
    if (type === 'bool') return values[index]!.text === 'true';
    if (type === 'error') return values[index]!.kind === 'nil';
    return false;
  });
}

/** A configured secret that a condition finds to be missing; null when it is about something else. */
function missingSecret(condition: GoNode, owner: GoNode, scope: GoScope): string | null {
  const test = unparenthesized(condition);
  if (test.kind !== 'binary_expression') return null;
  let subject: GoNode | null = null;
  const comparison = nilComparison(test);
  const [left, right] = [test.child('left'), test.child('right')];
  if (comparison?.equal === true) subject = comparison.operand;
  else if (operatorOf(test) === '==' && left !== null && right !== null) {
    if (stringLiteralValue(right) === '') subject = unparenthesized(left);
    else if (right.text === '0' && left.kind === 'call_expression' && calledName(left) === 'len') {
      subject = callArguments(left)[0] ?? null;
    }
  }
  if (subject === null) return null;
  const name = subject.kind === 'selector_expression' ? (subject.child('field')?.text ?? '') : subject.text;
  const plural = name.replace(/(?<=[a-z])s$/, '');
  if (
    secretNameOf(name) === null &&
    secretNameOf(plural) === null &&
    !/^\w*(?:[aA]pi|[aA]uth)(?:[kK]ey|[tT]oken)s?$/.test(name)
  )
    return null;
  if (subject.kind === 'selector_expression') {
    // What a request brings along is no configuration.
    return /^(?:r|req|request|c|ctx|in|input|body|params|claims|u|user|account|form|creds?|credentials?|opts?\.Request)\b/i.test(
      subject.text,
    )
      ? null
      : subject.text;
  }
  if (subject.kind !== 'identifier') return null;
  const binding = scope.bindingOf(subject);
  if (binding === null) return subject.text;
  const declared = enclosingFunction(binding.node);
  // A variable of the function around the handler is set up once; one of the handler comes from the request.
  if (binding.kind === 'parameter')
    return declared !== null && !declared.equals(owner) && !takesRequest(declared) ? subject.text : null;
  const list = binding.node.parent?.parent;
  if (list?.kind !== 'short_var_declaration') return null;
  return /os\.(?:Getenv|LookupEnv)|viper\.Get|\b(?:cfg|config|conf|settings)\b/i.test(list.child('right')?.text ?? '')
    ? subject.text
    : null;
}

const branches: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: [
    'uth',
    'oken',
    'Key',
    'ession',
    'ogin',
    'JWT',
    'Jwt',
    'rotect',
    'erif',
    'uard',
    'dentity',
    'redential',
    'nauthorized',
    'ignature',
  ],
  when: (node) => makesHandler(node) || takesRequest(node) || AUTHENTICATES.test(functionName(node)),
  *check(node, ctx) {
    const name = functionName(node);
    const wraps = makesHandler(node);
    const named = AUTHENTICATES.test(name);
    const body = node.child('body');
    if (body === null || /cors|csrf|preflight|rate|limit|optional|maybe|log(?!in)/i.test(name)) return;
    const takes = takesRequest(node);
    const text = body.text;
    // A function that serves is a check only when it passes requests on or refuses them.
    if (!named && !(wraps && REFUSES.test(text))) return;
    if (!wraps && !takes && !/\b(?:bool|error)\b/.test(node.child('result')?.text ?? '')) return;
    if (!wraps && !REFUSES.test(text) && !/return false|errors?\.New|fmt\.Errorf|Err[A-Z]/.test(text)) return;
    const scope = scopeAround(ctx, node);
    if (scope === null) return;
    let bypass = false;
    for (const branch of body.descendants('if_statement')) {
      const condition = branch.child('condition');
      const block = branch.child('consequence');
      const owner = enclosingFunction(branch);
      if (condition === null || block === null || owner === null || !isFunction(owner)) continue;
      if (!letsPass(block, owner)) continue;
      const header = clientHeader(condition);
      if (header !== null && isPublicKnowledge(condition) && branch.child('initializer') === null) {
        bypass = true;
        yield {
          kind: 'fail',
          subject: condition.span,
          message: 'header',
          args: { header },
          fixes: isPlain(branch)
            ? [
                {
                  title: 'Delete the branch that lets the request pass',
                  safety: 'suggestion',
                  edits: [
                    {
                      kind: 'replace',
                      span: {
                        start: lineSpanOf(leadingComments(branch)[0] ?? branch).start,
                        end: lineSpanOf(branch).end,
                      },
                      newText: '',
                    },
                    ...packagesIn(condition, ctx.file.header),
                  ],
                },
              ]
            : [],
        };
        continue;
      }
      const secret = missingSecret(condition, owner, scope);
      if (secret !== null) {
        bypass = true;
        yield { kind: 'fail', subject: condition.span, message: 'unconfigured', args: { secret }, severity: 'high' };
      }
    }
    if (!bypass && (wraps || takes) && named && REFUSES.test(text)) {
      yield { kind: 'pass', subject: (node.child('name') ?? node).span };
    }
  },
};

/** Imports that the condition uses, in case nothing else does. */
function packagesIn(condition: GoNode, header: GoHeader): FixEdit[] {
  const paths = condition
    .descendants('identifier')
    .map((item) => importedPath(header, item.text))
    .filter((path) => path !== null);
  return paths.length === 0 ? [] : [{ kind: 'import', remove: [...new Set(paths)] }];
}

/** Whether a branch stands by itself, so that it can go with its lines and nothing that it declares is missed. */
function isPlain(branch: GoNode): boolean {
  return branch.child('alternative') === null && branch.parent?.kind === 'statement_list';
}

const ISSUES = /^(?:generate|create|issue|new|sign|make|build|mint)\w*(?:token|jwt|session)\w*$/i;
/** Anything that could be a look at who somebody is. */
const LOOKS =
  /compar|check|verif|valid|authenti|authori|bcrypt|argon|scrypt|pbkdf|find|lookup|select|query|get(?:user|account|by|one|first)|first|exchange|claims|session|refresh|service|repo|store|\bdb\b|usecase|login\w*\(|hash|otp|(?<!en|de)code|sso|oauth|oidc|saml|ldap|password|passwd|secret|invite|admin|user\.|account/i;

/** A handler that hands out a token to whoever asks for one. */
const issuers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['oken', 'JWT', 'Jwt'],
  when: (node) => takesRequest(node) && /log_?in|sign_?in|token|auth/i.test(functionName(node)),
  *check(node) {
    const body = node.child('body');
    if (body === null || /refresh|renew|guest|anonymous|csrf|demo/i.test(functionName(node))) return;
    const issue = body.descendants('call_expression').find((call) => ISSUES.test(calledName(call)));
    if (issue === undefined || /csrf|request_?id|state|nonce|trace/i.test(issue.text)) return;
    const names = body
      .descendants('identifier', 'field_identifier')
      .map((item) => item.text)
      .filter((item) => !ISSUES.test(item));
    // `if user == "" { refuse }` is no look at a credential, whatever is compared must be one.
    if (names.some((item) => LOOKS.test(item))) return;
    yield { kind: 'fail', subject: issue.span, message: 'issued' };
  },
};

export const rule = defineRule({
  id: 'auth-bypass',
  title: 'Path around the credential check',
  category: 'security',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An authentication function or middleware has a branch that lets the request pass without comparing a credential: because of a header that every client can send (`Upgrade`, `X-Internal`, `User-Agent`), or because no key is configured. Also a handler that hands out a token without looking at any credential.',
    why: 'Whoever knows or guesses the condition is let in: headers are chosen by the client, and a key that is missing after a failed deployment opens the service to everybody without a trace.',
    howToFix:
      'Delete the branch. Authenticate WebSocket handshakes and internal calls like all others, with a token in the query, a sub-protocol or a client certificate. Refuse requests, or do not start at all, when no key is configured.',
    refs: ['CWE-287', 'CWE-290', 'CWE-1188'],
  },
  messages: {
    header:
      'With the right {header} header a request passes without a credential; delete this branch, since clients choose their headers.',
    unconfigured: 'Everybody passes while {secret} is not set; refuse requests, or the start, without it.',
    issued: 'This token is handed out without a look at any credential; verify one first.',
  },
  fix: 'sometimes',
  on: { go: [branches, issuers], python: pythonDetectors },
});
