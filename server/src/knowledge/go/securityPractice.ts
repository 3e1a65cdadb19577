/**
 * What a project does around its secrets, refusals and sensitive records: stores of secrets, log entries of refusals,
 * encryption, and tests that try to get in. States facts about files and declarations; judges put them together.
 */

import type { LanguageId } from '../../core/model/file.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import { type GoHeader, localNameOf } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { checkPlace } from '../../languages/go/refusals.ts';
import {
  calledName,
  enclosingFunction,
  functionName,
  indentationOf,
  lineBreakOf,
  parametersOf,
  stringLiteralValue,
} from '../../languages/go/syntax.ts';
import { type LogEntry, state } from '../facts.ts';
import { makesHandler, takesRequest } from './handlers.ts';
import { importDetector } from './imports.ts';
import { isLogCall, isPrintCall } from './logging.ts';

const STORES =
  /^github\.com\/(?:hashicorp\/vault|aws\/aws-sdk-go(?:-v2)?\/service\/(?:secretsmanager|ssm|kms)|Azure\/azure-sdk-for-go\/.*(?:keyvault|azsecrets)|zalando\/go-keyring|99designs\/keyring|getsops\/sops|mozilla\/sops|infisical\/|Infisical\/|1Password\/|bitwarden\/|DopplerHQ\/|cyberark\/|akeylesslabs\/)|^go\.mozilla\.org\/sops|^cloud\.google\.com\/go\/(?:secretmanager|kms)|^gocloud\.dev\/(?:secrets|runtimevar)|^filippo\.io\/age/;
const CIPHERS =
  /^crypto\/(?:aes|cipher)$|^golang\.org\/x\/crypto\/(?:nacl|chacha20poly1305|openpgp)|^filippo\.io\/age|^github\.com\/(?:google\/tink|tink-crypto\/|minio\/sio|ProtonMail\/|gtank\/cryptopasta|mutecomm\/go-sqlcipher|awnumar\/memguard)|kms|keyvault|vault|sqlcipher/;

const imports = importDetector(function* (path, subject) {
  if (STORES.test(path)) yield state('secret.store', path, null, subject);
  if (CIPHERS.test(path)) yield state('crypto.cipher', path, null, subject);
});

/** `DB_PASSWORD_FILE`, `name + "_FILE"`, `/run/secrets/...`: secrets that are mounted as files. */
const mounts: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal'],
  triggers: ['_FILE"', '/run/secrets', '/var/run/secrets', '/etc/secrets', '/secrets/'],
  when: (node) => node.end - node.start < 120,
  *check(node) {
    const text = stringLiteralValue(node) ?? '';
    if (/(?:PASSWORD|SECRET|TOKEN|KEY|CREDENTIALS?|^)_FILE$/.test(text) || /\/(?:run|etc|mnt)\/secrets/.test(text)) {
      yield state('secret.store', text, null, node);
    }
  },
};

/** Secrets that a deployment keeps: mounts and references of clusters and compose files, stores of infrastructure. */
const DEPLOYED =
  /secretKeyRef|secretRef:|^\s*kind:\s*["']?(?:ExternalSecret|SealedSecret|SecretProviderClass|VaultStaticSecret|Secret)\b|existingSecret|aws_secretsmanager|google_secret_manager|azurerm_key_vault|vault\.hashicorp\.com|^secrets:|valueFrom:.*secret|--set-secrets|secretsmanager|secret-manager/im;

const deployed: TextDetector = {
  text: true,
  triggers: ['ecret', 'vault'],
  *check(text, ctx) {
    const plain = text.replace(/^[ \t]*#[^\r\n]*/gm, (line) => ' '.repeat(line.length));
    const match = DEPLOYED.exec(plain);
    if (match === null) return;
    yield state('secret.store', ctx.file.path, null, { start: match.index, end: match.index + match[0].length });
  },
};

const REFUSES =
  /^(?:StatusUnauthorized|StatusForbidden|Unauthenticated|PermissionDenied|ErrUnauthorized|ErrForbidden)$/;

/** What tells a refused request from others, by the type of a parameter: labels and expressions. */
function traitsOf(type: string, name: string): readonly (readonly [label: string, expression: string])[] | null {
  const traits = (request: string, remote: string): readonly (readonly [string, string])[] => [
    ['method', `${request}.Method`],
    ['path', `${request}.URL.Path`],
    ['remote', remote],
  ];
  if (type === '*http.Request') return traits(name, `${name}.RemoteAddr`);
  if (type === '*gin.Context') return traits(`${name}.Request`, `${name}.ClientIP()`);
  if (type === 'echo.Context') return traits(`${name}.Request()`, `${name}.RealIP()`);
  return /^\*grpc\.(?:Unary|Stream)ServerInfo$/.test(type) ? [['method', `${name}.FullMethod`]] : null;
}

/** A log entry in front of a refusal; null when the request or a log is not at hand there. */
function entryFor(refusal: GoNode, header: GoHeader): LogEntry | null {
  const statement = checkPlace(refusal);
  if (statement === null) return null;
  for (let owner = enclosingFunction(refusal); owner !== null; owner = enclosingFunction(owner)) {
    for (const { name, type } of parametersOf(owner)) {
      const traits = name === '' || name === '_' ? null : traitsOf(type.text, name);
      if (traits === null) continue;
      const slog = localNameOf(header, 'log/slog');
      const isOther = header.imports.some((item) => item.name === 'log' && item.path !== 'log');
      if ((slog === null && isOther) || /\blog\b(?!\.)/.test(owner.text)) return null;
      const values = traits.map(([, expression]) => expression).join(', ');
      const format = traits.length > 1 ? 'refused %s %q from %s' : 'refused %s';
      const text =
        slog === null
          ? `${localNameOf(header, 'log') ?? 'log'}.Printf("${format}", ${values})`
          : `${slog}.Warn("request refused", ${traits.map((trait) => `"${trait[0]}", ${trait[1]}`).join(', ')})`;
      const end = `${lineBreakOf(statement)}${indentationOf(statement)}`;
      return { at: statement.start, text: `${text}${end}`, package: slog === null ? 'log' : 'log/slog' };
    }
  }
  return null;
}

/** Handlers and middleware that refuse requests, and whether they say so to anybody but the client. */
const refusals: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: [
    'StatusUnauthorized',
    'StatusForbidden',
    'Unauthenticated',
    'PermissionDenied',
    'ErrUnauthorized',
    'ErrForbidden',
  ],
  // Who is given a response looks at the refusal of somebody else.
  when: (node) =>
    (takesRequest(node) || makesHandler(node)) && !/\*http\.Response\b/.test(node.child('parameters')?.text ?? ''),
  *check(node, ctx) {
    const body = node.child('body');
    const refusal = body
      ?.descendants('selector_expression')
      .find(
        (item) =>
          REFUSES.test(item.child('field')?.text ?? '') &&
          item.parent?.kind !== 'binary_expression' &&
          item.parent?.parent?.kind !== 'expression_case',
      );
    if (body === null || refusal === undefined) return;
    const logged = body.descendants('call_expression').some(
      (call) =>
        isLogCall(call) ||
        isPrintCall(call, ctx.file.header) ||
        /log|audit|record|event|metric|inc$|track|notify|report|deny|reject|fail|abort\w+|error\w*$|write\w*err/i.test(
          calledName(call)
            .replace(/^(?:Error|AbortWithStatus\w*|WriteHeader|NewError|Errorf)$/, '')
            .replace(/[lL]og(?:in|out)|[rR]ecorder/g, ''),
        ),
    );
    const entry = logged ? null : entryFor(refusal, ctx.file.header);
    yield state('auth.refusal', functionName(node), { logged, entry }, refusal);
  },
};

/** Calls and names of what logs every request. */
const TRAILS =
  /^(?:Default|Logger\w*|\w*LoggingHandler|\w*AccessLog\w*|\w*RequestLog\w*|\w*[lL]og(?:ging)?Middleware\w*|\w*LogRequests?\w*|[wW]ithLogging|[lL]oggingHandler|logHandler|NewLogHandler|UnaryServerInterceptor|\w*[aA]udit\w*|OperationRecord\w*|log(?:ging)?(?:Handler|Interceptor))$/;

const trails: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression', 'selector_expression', 'type_spec'],
  triggers: [
    'ogger',
    'ogging',
    'AccessLog',
    'RequestLog',
    'LogRequest',
    'udit',
    'gin.Default',
    'ogHandler',
    'OperationRecord',
    'ogMiddleware',
    'Interceptor',
  ],
  calls: (name) => TRAILS.test(name),
  when: (node) => node.kind !== 'selector_expression' || node.end - node.start < 60,
  *check(node) {
    if (node.kind === 'type_spec') {
      const name = node.child('name')?.text ?? '';
      if (/audit/i.test(name)) yield state('auth.trail', name, null, node);
      return;
    }
    const callee = node.kind === 'call_expression' ? node.child('function') : node;
    const name = callee?.kind === 'selector_expression' ? (callee.child('field')?.text ?? '') : (callee?.text ?? '');
    if (!TRAILS.test(name)) return;
    const text = callee?.text ?? '';
    if (name === 'Default' && text !== 'gin.Default') return;
    if (name === 'UnaryServerInterceptor' && !/log/i.test(text)) return;
    if (/^Logger$/.test(name) && !/^(?:gin|middleware|chimiddleware|mw|logger|httplog|fiberlogger)\./.test(text))
      return;
    yield state('auth.trail', name, null, node);
  },
};

/** Tests that somebody is refused, or that an attack fails. */
const ATTACKS =
  /StatusUnauthorized|StatusForbidden|Unauthenticated|PermissionDenied|ErrUnauthorized|ErrForbidden|\b40[13]\b|StatusTooManyRequests|\b429\b|<script|OR '?1'?\s*=\s*'?1|DROP TABLE|\.\.\/\.\.\/|[iI]njection|[cC]srf|CSRF|XSS|xss|[uU]nauthori[sz]ed|[fF]orbidden|(?:[iI]nvalid|[bB]ad|[wW]rong|[eE]xpired|[fF]orged|[tT]ampered)_?\s?(?:[tT]oken|[pP]assword|[sS]ignature|[cC]redential|[kK]ey)|[pP]ath_?[tT]raversal|func Fuzz|Access-Control-Allow-Origin/;

const attacks: TextDetector = {
  text: true,
  *check(text, ctx) {
    if (!ctx.file.path.endsWith('.go')) return;
    const match = ATTACKS.exec(text);
    if (match !== null)
      yield state('test.attack', ctx.file.path, null, { start: match.index, end: match.index + match[0].length });
    else if (ctx.file.path.endsWith('_test.go')) yield state('test.other', ctx.file.path, null, { start: 0, end: 0 });
  },
};

/** Names of what a person does not want to see in a stolen dump. */
const SENSITIVE =
  /^(?:ssn|social_?security(?:_?number)?|(?:credit_?)?card_?(?:number|num|no)|long_?num|ccv|cvv|cvc|iban|account_?number|routing_?number|passport_?(?:number|no)|tax_?id|national_?id|id_?card(?:_?(?:number|no))?|medical_?\w*|diagnosis|health_?record|private_?key|(?:access|refresh|api|oauth)_?token|api_?key|api_?secret|client_?secret|secret_?key|mnemonic|seed_?phrase)$/i;

const columns: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['field_declaration'],
  triggers: ['bson:"', 'gorm:"', 'db:"', 'xorm:"', 'bun:"', 'orm:"'],
  *check(node) {
    const tag = node.child('tag')?.text ?? '';
    const name = node.child('name');
    const type = node.child('type')?.text ?? '';
    if (name === null || !/^\*?(?:string|\[\]byte)$/.test(type) || !SENSITIVE.test(name.text)) return;
    const column = /\b(?:bson|gorm|db|xorm|bun|orm):"([^"]*)"/.exec(tag)?.[1];
    if (column === undefined || column === '-' || /^-|encrypt|serializer|hash/i.test(column)) return;
    yield state('data.sensitive', name.text, null, name);
  },
};

const DEPLOYMENT: readonly LanguageId[] = ['yaml', 'compose', 'text', 'shell', 'makefile', 'workflow'];

export const extractors: readonly Extractor[] = [
  { id: 'secret.store.import', language: 'go', detector: imports },
  { id: 'secret.store.mount', language: 'go', detector: mounts as NodeDetector },
  ...DEPLOYMENT.map((language): Extractor => ({ id: `secret.store.${language}`, language, detector: deployed })),
  { id: 'auth.refusal.trace', language: 'go', detector: refusals as NodeDetector },
  { id: 'auth.trail', language: 'go', detector: trails as NodeDetector },
  { id: 'test.attack', language: 'go', detector: attacks, roles: ['test'] },
  { id: 'data.sensitive', language: 'go', detector: columns as NodeDetector },
];
