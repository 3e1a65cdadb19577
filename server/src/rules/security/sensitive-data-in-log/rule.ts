/** Passwords, keys, tokens and whole requests that are handed to a log. */
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { initialValueOf } from '../../../knowledge/go/frameworks.ts';
import { handlerAround } from '../../../knowledge/go/handlers.ts';
import { isLogCall, isPrintCall, LOGS } from '../../../knowledge/go/logging.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { formatVerbs } from '../../../languages/go/errorValues.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledName,
  functionName,
  stringLiteralValue,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';
import { pythonDetectors } from './python.ts';

/** Tokens that grant something; a lone `token` is one only where the code is about logins. */
const TOKEN =
  /^(?:jwt|bearer|(?:access|refresh|id|auth|bearer|session|csrf|api|user|login|reset|jwt|oauth|signed|raw|new)_?token|token_?string|auth(?:orization)?_?header|authorization|api_?key|otp(?:_?code)?|pin_?code|cvv|ssn|card_?number|credit_?card(?:_?number)?|iban|passport(?:_?number)?|mnemonic|seed_?phrase)$/i;
const LOGIN_CODE = /auth|log_?in|session|jwt|oauth|credential|password|sign_?(?:in|up)|register/i;

/** What an expression holds by its name: null when that is nothing secret. */
function secretIn(expression: GoNode, around: string): string | null {
  const node = unparenthesized(expression);
  const name =
    node.kind === 'identifier'
      ? node.text
      : node.kind === 'selector_expression'
        ? (node.child('field')?.text ?? '')
        : '';
  // Constants name things, they do not hold them: `ErrInvalidPassword`, `KEY_PASSWORD`.
  if (name === '' || /^[A-Z][A-Z0-9_]+$/.test(name) || /^(?:Err|Code|Msg|Status)[A-Z]/.test(name)) return null;
  const words = wordsOf(name);
  if (
    words.some((word) =>
      /^(?:count|len|length|id|ids|type|name|index|idx|num|max|min|ok|has|is|valid|set|exists|present|expiry|expires|policy|hint|reset|changed|updated|required|lookup|public|pub|hash|hashed|kind|path|file|url|err|error|errors|enabled|encrypted|masked|redacted|prefix|usage|limit|budget|source)$/.test(
        word,
      ),
    )
  )
    return null;
  const kind = secretNameOf(name);
  if (kind === 'password' || kind === 'secret') return name;
  if (TOKEN.test(name)) return name;
  return /^token$/i.test(name) && LOGIN_CODE.test(around) ? name : null;
}

/** Values that are no text of the secret: their length, a comparison, a redacted form. */
const SAFE_VERBS = /^[tdTpcbeEfgGUw]$/;

/** The name under which a structured field is logged, and its value: `zap.String("password", p)`, `slog.Any(...)`. */
function fieldOf(call: GoNode): { readonly key: string; readonly value: GoNode } | null {
  if (!/^(?:String|Any|Str|ByteString|Reflect|Interface|Stringp|Bytes|Hex|WithField)$/.test(calledName(call)))
    return null;
  const [key, value] = callArguments(call);
  const name = key === undefined ? null : stringLiteralValue(key);
  return name === null || value === undefined ? null : { key: name, value };
}

/** `string(x)`, `fmt.Sprint(x)`, `x.String()` show what x holds. */
function shown(expression: GoNode): GoNode {
  let node = unparenthesized(expression);
  for (let step = 0; step < 4; step++) {
    if (node.kind === 'unary_expression') node = unparenthesized(node.child('operand') ?? node);
    if (node.kind !== 'call_expression' && node.kind !== 'type_conversion_expression') return node;
    const [only, more] = callArguments(node);
    const name = calledName(node);
    if (node.kind === 'type_conversion_expression' || name === 'string') {
      if (only === undefined || more !== undefined) return node;
      node = unparenthesized(only);
      continue;
    }
    return node;
  }
  return node;
}

/** A whole request or its headers: they hold cookies and tokens. Null when the value is something else. */
function requestPart(expression: GoNode, scope: GoScope, header: GoHeader): 'headers' | 'request' | null {
  const node = shown(expression);
  if (
    node.kind === 'selector_expression' &&
    /^(?:r|req|request|c\.Request|ctx\.Request|c\.Request\(\))\.Header$/.test(node.text)
  )
    return 'headers';
  const value = node.kind === 'identifier' ? initialValueOf(node, scope) : node;
  if (value?.kind !== 'call_expression') return null;
  const name = calledName(value);
  if (name === 'DumpRequest' && header.imports.some((item) => item.path === 'net/http/httputil')) return 'request';
  return null;
}

const logs: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'assw',
    'PASS',
    'wd',
    'ecret',
    'oken',
    'Key',
    'key',
    'jwt',
    'JWT',
    'uthorization',
    'earer',
    '.Header',
    'DumpRequest',
    'ssn',
    'SSN',
    'ard',
    'otp',
    'OTP',
    'redential',
    'nemonic',
    'iban',
    'cvv',
  ],
  calls: (name) => LOGS.test(name) || /^Print(?:f|ln)?$/.test(name),
  *check(node, ctx) {
    const { header } = ctx.file;
    const prints = isPrintCall(node, header);
    if (!prints && !isLogCall(node)) return;
    // A command prints what its user asked for; a service has nobody who reads along but the log.
    if (prints && handlerAround(node) === null) return;
    const values = callArguments(node);
    if (
      values.length === 0 ||
      values.length > 24 ||
      !/assw|PASS|wd|ecret|oken|[kK]ey|jwt|JWT|uthor|earer|\.Header|ump|req|ssn|SSN|ard|otp|OTP|nemonic|iban|cvv|ssport/.test(
        node.text,
      )
    )
      return;
    const declaration = topLevelOf(node);
    if (declaration === null) return;
    const around = `${ctx.file.header.packageName} ${functionName(declaration)} ${ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1)}`;
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    if (scope === null || types === null) return;

    const format = /f$/.test(calledName(node)) ? values.findIndex((value) => stringLiteralValue(value) !== null) : -1;
    const verbs = format < 0 ? null : formatVerbs(values[format]!);
    let found = false;
    for (const [index, value] of values.entries()) {
      const verb = verbs?.[index - format - 1];
      if (format >= 0 && index > format && verb !== undefined && SAFE_VERBS.test(verb.letter)) continue;
      const field = value.kind === 'call_expression' ? fieldOf(value) : null;
      const node_ = shown(field === null ? value : field.value);
      const part = requestPart(node_, scope, header);
      if (part !== null && !/Status|resp/i.test(node_.text)) {
        found = true;
        yield { kind: 'fail', subject: value.span, message: part };
        continue;
      }
      const label = verb === undefined ? null : labelOf(values[format]!, verb.at, around);
      const secret = secretIn(node_, around) ?? (label !== null && isPlainValue(node_) ? label : null);
      if (secret === null) continue;
      const type = types.typeOf(node_);
      // Only texts hold secrets: counts, flags, errors and lexer tokens do not.
      if (type !== null && !/^\*?(?:string|\[\]byte|\[\d*\]byte|any)$/.test(type)) continue;
      // The key of a field may only be named so: `"key", key` of a map.
      if (isCompared(node_, secret)) continue;
      found = true;
      const isPlain = field === null && /^(?:identifier|selector_expression)$/.test(value.kind);
      const binding = node_.kind === 'identifier' ? scope.bindingOf(node_) : null;
      const isUsed = binding === null || binding.kind === 'parameter' || binding.uses.length > 1;
      yield {
        kind: 'fail',
        subject: value.span,
        message: 'secret',
        args: { name: secret },
        fixes:
          isPlain && isUsed
            ? [
                {
                  title: `Log "[redacted]" instead of ${secret}`,
                  safety: 'suggestion',
                  edits: [{ kind: 'replace', span: value.span, newText: '"[redacted]"' }],
                },
              ]
            : [],
      };
    }
    if (!found && /redact|mask\w*\(|\*\*\*|len\(\w*(?:[pP]assw|[sS]ecret|[tT]oken)/.test(node.text))
      yield { kind: 'pass', subject: node.span };
  },
};

/** What the text in front of a verb calls the value: `password` of `"password=%s"`; null when that is nothing secret. */
function labelOf(format: GoNode, at: number, around: string): string | null {
  const before = format.tree.text.slice(Math.max(format.start, at - 40), at);
  const label =
    /(?:^|[^\w])(password|passwd|secret|api[_ -]?key|token|jwt|otp)\s*(?:is\s*)?[:=]\s*\\?["'`]?%[-+#]?$/i.exec(
      before,
    )?.[1];
  if (
    label === undefined ||
    /(?:invalid|bad|wrong|unexpected|unknown|missing|no)\s+\w*$/i.test(before.slice(0, before.indexOf(label)))
  )
    return null;
  return /^token$/i.test(label) && !LOGIN_CODE.test(around) ? null : label;
}

/** A variable or field that holds neither an error nor something about the secret. */
function isPlainValue(node: GoNode): boolean {
  if (node.kind !== 'identifier' && node.kind !== 'selector_expression') return false;
  return !/err|count|len|id$|name$|mask|redact|hash|type|ok$|status|user|exp|time|valid/i.test(node.text);
}

/** Whether a name that sounds secret is a mere label in this file: assigned from a literal that is none. */
function isCompared(node: GoNode, name: string): boolean {
  return (
    node.kind === 'selector_expression' &&
    /^(?:e|errors|consts?|constants?|keys?|messages?|msg|codes?|labels?|i18n|types?|fields?|http)$/.test(
      node.child('operand')?.text ?? '',
    ) &&
    /^[A-Z]/.test(name)
  );
}

export const rule = defineRule({
  id: 'sensitive-data-in-log',
  title: 'Secret or personal data in logs',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A log call is given a value whose name says that it is a password, secret, API key or token, the number of a card or a person, all headers of a request, a dump of the whole request, or what a user wrote.',
    why: 'Logs are copied to aggregators, backups, tickets and laptops, are kept for months, and are read by many more people than may know the secret. Each copy has to be treated as leaked.',
    howToFix:
      'Log an id, a length or the fact that a value is there. Give secrets a type that shows itself as "[redacted]", and remove `Authorization` and `Cookie` before headers are logged.',
    howToFixIn: {
      go: 'The methods `String` and `LogValue` say how a type shows itself.',
      python: '`SecretStr` of pydantic is such a type.',
    },
    refs: ['CWE-532', 'CWE-359', 'https://owasp.org/Top10/A09_2021-Security_Logging_and_Monitoring_Failures/'],
  },
  messages: {
    secret: 'This writes {name} to the log; log an id or "[redacted]" instead.',
    headers: 'This writes all headers of a request to the log, cookies and tokens among them; log the few that matter.',
    content: 'This writes {name}, which a user sent, to the log; log an id or its length instead.',
    request: 'This writes a whole request to the log, cookies and tokens included; log its method and path instead.',
  },
  fix: 'sometimes',
  on: { go: [logs], python: pythonDetectors },
});
