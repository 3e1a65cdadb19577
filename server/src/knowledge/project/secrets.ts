/**
 * What a secret looks like: names that hold one, values that may be one, and the formats of well-known credentials.
 * Shared by every rule about secrets so that they agree. It judges names and texts, never syntax.
 */

/** How surely a name holds a secret: a password; a key or token; or a word (`token`, `key`) that often means something else. */
export type SecretName = 'password' | 'secret' | 'weak';

/** Words of an identifier, in lower case: `dbAPIKey` and `DB_API-KEY` are both db, api, key. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

const PASSWORD_WORDS = new Set(['password', 'passwd', 'passphrase', 'pwd', 'passcode']);
const SECRET_WORDS = new Set([
  'secret',
  'apikey',
  'apitoken',
  'authtoken',
  'accesstoken',
  'secretkey',
  'privatekey',
  'jwtkey',
  'apisecret',
]);
/** With one of these before it, `key` is a secret. */
const KEY_QUALIFIERS = new Set(
  'api access secret private signing sign encryption encrypt encryptor hmac jwt master session auth account app service admin aes cookie csrf license'.split(
    ' ',
  ),
);
/** With one of these before it, `token` is a secret. */
const TOKEN_QUALIFIERS = new Set(
  'api auth access bearer refresh session bot admin jwt webhook personal deploy github gitlab slack npm vault expected valid service master root oauth secret telegram discord'.split(
    ' ',
  ),
);
/** A name with one of these words is about a secret (its name, header, file, error ...) but does not hold one. */
const ABOUT = new Set(
  (
    'env header headers field fields param params flag flags prefix suffix label err error errors invalid missing no empty is has use uses mask masked ' +
    'redact redacted test tests testing fake mock dummy example sample reset forgot confirm public pub column col attr attribute annotation claim opt option ' +
    'options arg args argument prop property tag json yaml form query type kind grant method scope msg message prompt placeholder hash hashed encrypted ' +
    'name names path file files dir url uri metric event topic command cmd action role perm permission permissions policy resource image pull config cfg ' +
    'setting settings help usage desc description title text regex regexp pattern format template input output ui status state error key1 issuer ' +
    'audience algorithm alg provider length len size min max expiry expires expiration ttl timeout lifetime duration id ids index list cache table ' +
    'required require optional enable enabled disable disabled allow deny allowed support supported keyword lexer parser symbol syntax delim delimiter separator ' +
    'kubernetes k8s tls'
  ).split(' '),
);
const FILLERS = new Set([
  'value',
  'val',
  'string',
  'str',
  'bytes',
  'byte',
  'raw',
  'plain',
  'plaintext',
  'literal',
  'const',
  'hex',
  'base64',
  'b64',
  '1',
  '2',
]);

/** What every name of a secret has in it. */
const MAY_NAME = /pass|pw|secret|key|token/iu;

/** Whether a variable, field, setting or environment name holds a secret, and of which kind; null when it does not. */
export function secretNameOf(name: string): SecretName | null {
  if (!MAY_NAME.test(name)) return null;
  const words = wordsOf(name);
  while (words.length > 1 && FILLERS.has(words.at(-1)!)) words.pop();
  const tail = words.pop();
  if (tail === undefined) return null;
  if (words.some((word) => ABOUT.has(word))) return null;
  const before = words.at(-1);
  if (PASSWORD_WORDS.has(tail)) return 'password';
  if (tail === 'pass' || tail === 'pw')
    return before !== undefined &&
      /^(db|database|user|admin|root|smtp|mail|redis|mysql|pg|postgres|mongo|auth|basic|login|http|proxy|rpc|ftp|ssh)$/.test(
        before,
      )
      ? 'password'
      : null;
  if (SECRET_WORDS.has(tail)) return 'secret';
  if (tail === 'key') return before !== undefined && KEY_QUALIFIERS.has(before) ? 'secret' : 'weak';
  if (tail === 'token') return before !== undefined && TOKEN_QUALIFIERS.has(before) ? 'secret' : 'weak';
  return null;
}

/** Words that stand for "put your own value here". */
const PLACEHOLDER =
  /^(?:[x*.#_?-]+|0+|1234567890|todo|tbd|fixme|none|null|nil|undefined|unset|empty|n\/a|true|false|yes|no|on|off|string|value|redacted|hidden|masked|\[.*\])$|change[-_ ]?(?:me|this|it)|^change|replace[-_ ]?(?:me|this|with)?|^your|[-_.]your[-_.]|yours?[-_](?:own|key|token|secret|password|api)|placeholder|example|sample|dummy|fake|(?:^|[-_])(?:todo|fixme|insert|enter|fill|paste|put)[-_]|not[-_]?(?:set|a[-_]?real|real|used)|unused|x{4,}|\.{3}|\*{3}|…|-here$|_here$|foobar|^(?:foo|bar|baz|test|mock)/i;

/** Whether a value is a hole to fill in rather than a secret. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value);
}

/** Whether a value refers to a secret kept elsewhere, or is code, a path, an address or a template. */
export function isReference(value: string): boolean {
  return (
    /^(?:[$%@&*!{<([~|>]|\.{0,2}\/|[A-Za-z]:\\|https?:|file:|env:|vault:|secret:|aws:|arn:|projects\/|op:\/\/|ENC\[|encrypted:)/.test(
      value,
    ) || /\$\{|\$\(|\{\{|<[\w -]+>|%[sdvqxwT]|%\(|\{[\w.]*\}/.test(value)
  );
}

/** Vocabulary of settings about secrets: a value made of such words alone is the name of something, not a secret. */
const NAME_WORDS = new Set(
  (
    'client access refresh secret token tokens id api key keys auth authorization authentication password passwords passwd pwd passphrase user username userpass account bearer basic ' +
    'oauth oauth2 oidc jwt private public signing encryption session cookie csrf xsrf hmac master login register credentials credential cert certificate tls ssl ' +
    'ssh rsa ecdsa ed25519 aes x header service app role name hash verify update new old current kms vault static dynamic file env none plain text raw'
  ).split(' '),
);
/** Words with which people write passwords for development. */
const DEVELOPMENT_WORDS =
  /(?:^|[-_.@])(?:my|super|very|dev|devel|development|default|insecure|local|localdev|demo|prod|production|admin|hunter2|letmein|qwerty|welcome|root|guest|123\w*)(?:[-_.@!]|$)|(?:admin|pass(?:word)?|secret|qwerty|letmein|welcome)[-_@!]?\d|^(?:admin|root|guest|postgres|mysql|letmein|qwerty|welcome|minioadmin|hunter2|toor|rabbitmq|grafana|redis|changeit)$/i;

export type SecretValue = 'random' | 'chosen';

function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Whether a text looks like the output of a generator: long, mixed, without words. */
export function looksRandom(value: string): boolean {
  if (value.length < 16 || !/^[A-Za-z0-9+/=_.-]+$/.test(value)) return false;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  if (/abcdef|012345|123456|(.)\1{4}/i.test(value) && value.length < 40) return false;
  // Words joined by separators: an identifier, a host name, a version.
  const parts = value.split(/[-_./]/);
  if (parts.length > 1 && parts.every((part) => /^(?:[A-Za-z]{0,14}|v?\d{1,4}|[A-Za-z]+\d{1,2})$/.test(part)))
    return false;
  // `C98USDT_Sell_main`, `5634913742_NTRNUSDT_fast_mirror`: words with a code in capitals or a number among them.
  const words = parts.filter((part) => /^[A-Z]?[a-z]{2,13}$/.test(part)).length;
  if (
    words >= 2 &&
    parts.every((part) => /^(?:[A-Z]?[a-z]{2,13}|\d{0,4}[A-Z]{2,12}|[A-Z]{1,6}\d{1,4}[A-Z]{0,8}|\d{5,12})$/.test(part))
  )
    return false;
  return entropy(value) >= (/^[0-9a-f]+$/i.test(value) ? 2.8 : 3.4);
}

/**
 * What a literal is when it stands under a name that holds a secret: generated, chosen by a person, or (null) no secret:
 * a label, a placeholder, a reference, a sentence.
 */
export function secretValueOf(value: string, kind: SecretName, name: string): SecretValue | null {
  // Nobody writes a sentence with a run of signs: such a text with blanks is a pass phrase.
  if (kind !== 'weak' && /\s/.test(value) && /[!@#$%^&*]{4}/.test(value) && value.length <= 80) return 'chosen';
  if (value.length < 4 || value.length > 600 || /\s/.test(value) || isReference(value) || isPlaceholder(value))
    return null;
  // Keys for trying something out, like 1x00000000000000000000AA, and rates, like 5/m/user.
  if (/0{12}/.test(value) || /^\d+\/\d*[a-z]+\b/.test(value)) return null;
  // Names of variables and headers.
  if (
    /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) ||
    /^(?:[A-Z][A-Za-z0-9]*(?:-[A-Z0-9][A-Za-z0-9]*)+|x(?:-[a-z0-9]+)+)$/.test(value)
  )
    return null;
  if (looksRandom(value)) return 'random';
  if (kind === 'weak') return null;
  if (/^[A-Za-z][\w-]*(?:[.:/][\w-]+)+$/.test(value) && !/\d{3}/.test(value)) return null;
  const words = wordsOf(value);
  const nameWords = new Set(wordsOf(name));
  if (words.every((word) => NAME_WORDS.has(word) || nameWords.has(word))) return null;
  if (DEVELOPMENT_WORDS.test(value)) return 'chosen';
  // A password that a person made up has a digit or a sign next to its letters; a lone word is more often a label.
  if (/[A-Za-z]/.test(value) && /\d/.test(value) && !/^[A-Za-z]+[-_]?v?\d{1,2}$/.test(value) && value.length >= 6) {
    return /^(?:[a-z]+[-_]?\d{0,3})+$/.test(value) && /[-_]/.test(value) && kind !== 'password' ? null : 'chosen';
  }
  if (/[!@#$%^&*+=?]/.test(value) && /[A-Za-z]/.test(value) && value.length >= 6 && !/[=?&].*[=?&]/.test(value))
    return 'chosen';
  return null;
}

/**
 * What a literal is where it is surely used as a secret (the fallback of a lookup, the key of a signature, one side of
 * a comparison): there even "change-me-in-production" is one, since the program runs with it.
 */
export function operationalSecretOf(value: string): SecretValue | null {
  if (value.length < 4 || value.length > 600 || /\s/.test(value) || isReference(value)) return null;
  if (/^(?:none|null|nil|undefined|unset|empty|true|false|disabled|auto|[x*.#_?-]+|n\/a)$/i.test(value)) return null;
  if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value)) return null;
  return looksRandom(value) ? 'random' : 'chosen';
}

export interface KnownSecret {
  /** What it is, as a noun phrase with its article: "an AWS access key". */
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

interface Format {
  readonly kind: string;
  /** A literal part, so that most texts need no regular expression. */
  readonly hint: string;
  readonly pattern: RegExp;
}

/** Formats that issuers chose so that they can be recognised. Group 1, when there is one, is the secret itself. */
const FORMATS: readonly Format[] = [
  { kind: 'an AWS access key', hint: 'IA', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g },
  { kind: 'a GitHub token', hint: 'gh', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,}\b/g },
  { kind: 'a GitHub token', hint: 'github_pat_', pattern: /\bgithub_pat_[A-Za-z0-9_]{60,}\b/g },
  { kind: 'a GitLab token', hint: 'glpat-', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { kind: 'a Slack token', hint: 'xox', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{20,}/g },
  {
    kind: 'a Slack webhook address',
    hint: 'hooks.slack.com',
    pattern: /\bhooks\.slack\.com\/services\/T[A-Z0-9]{6,}\/B[A-Z0-9]{6,}\/[A-Za-z0-9]{16,}/g,
  },
  { kind: 'a Stripe key', hint: 'k_live_', pattern: /\b[rs]k_live_[A-Za-z0-9]{16,}\b/g },
  { kind: 'an API key', hint: 'sk-', pattern: /\bsk-(?:proj-|or-v1-|ant-(?:api\d\d-)?|svcacct-)?[A-Za-z0-9_-]{32,}/g },
  { kind: 'a Google API key', hint: 'AIza', pattern: /\bAIza[\w-]{35}(?![\w-])/g },
  { kind: 'a Google OAuth client secret', hint: 'GOCSPX-', pattern: /\bGOCSPX-[\w-]{24,}/g },
  { kind: 'a SendGrid key', hint: 'SG.', pattern: /\bSG\.[\w-]{16,}\.[\w-]{32,}/g },
  { kind: 'an npm token', hint: 'npm_', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { kind: 'a PyPI token', hint: 'pypi-', pattern: /\bpypi-AgE[\w-]{40,}/g },
  { kind: 'a Hugging Face token', hint: 'hf_', pattern: /\bhf_[A-Za-z0-9]{34,}\b/g },
  { kind: 'a DigitalOcean token', hint: 'dop_v1_', pattern: /\bdop_v1_[a-f0-9]{64}\b/g },
  { kind: 'a Telegram bot token', hint: ':AA', pattern: /\b\d{8,10}:AA[\w-]{33}(?![\w-])/g },
  { kind: 'an Azure storage key', hint: 'AccountKey=', pattern: /\bAccountKey=([A-Za-z0-9+/]{80,}={0,2})/g },
  {
    kind: 'a private key',
    hint: 'PRIVATE KEY-----',
    pattern:
      /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|\\r|[\s"'+|,])*(?:(?:Proc-Type|DEK-Info|Version|Comment):[^\n]*\s+)*[A-Za-z0-9+/=]{40,}/g,
  },
  { kind: 'a signed token', hint: 'eyJ', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}/g },
];

/** The token that every JWT tutorial prints; it is signed with a published secret. */
const TUTORIAL_TOKEN = /SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c|TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ/;

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A part of a signed token as text, as far as it is ASCII. */
function decoded(part: string): string {
  let text = '';
  let bits = 0;
  let count = 0;
  for (const sign of part) {
    bits = ((bits << 6) | BASE64.indexOf(sign)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    text += String.fromCharCode((bits >> count) & 0xff);
  }
  return text;
}

/** The first second of 2025: what ended before is of no use to whoever reads it now. */
const LONG_AGO = 1_735_689_600;

/** Whether a signed token opens nothing: it ended long ago, lived for a day at most, or belongs to an example's domain. */
function isSpent(token: string): boolean {
  const claims = decoded(token.split('.')[1] ?? '');
  const time = (name: string): number =>
    Number(new RegExp(`"${name}":\\s*(\\d{9,10})(?!\\d)`).exec(claims)?.[1] ?? NaN);
  const end = time('exp');
  if (end < LONG_AGO || end - (time('iat') || time('nbf')) <= 86_400) return true;
  return /"(?:iss|aud)":\s*"https?:\/\/[\w.-]*\bexample\.(?:com|org|net)\b/.test(claims);
}

/** Credentials of well-known formats in a text, in order. Example values of manuals are left out. */
export function knownSecrets(text: string): readonly KnownSecret[] {
  const found: KnownSecret[] = [];
  for (const { kind, hint, pattern } of FORMATS) {
    if (!text.includes(hint)) continue;
    for (const match of text.matchAll(pattern)) {
      const secret = match[1] ?? match[0];
      if (
        /EXAMPLE|example|x{5}|X{5}|(.)\1{7}|1234567890|abcdefghij|ABCDEFGHIJ|\.\.\.|your|YOUR|_here|fake|dummy/.test(
          secret,
        )
      )
        continue;
      if (TUTORIAL_TOKEN.test(secret) || (kind === 'a signed token' && isSpent(secret))) continue;
      const privateKey = kind === 'a private key';
      if (!privateKey && (new Set(secret).size < 10 || !/\d/.test(secret))) continue;
      const start = match.index + match[0].lastIndexOf(secret);
      // Of a private key the first line is shown.
      const end = privateKey ? start + secret.indexOf('KEY') + 'KEY-----'.length : start + secret.length;
      found.push({ kind, start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

export interface UrlPassword {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  /** Offsets of the password in the text. */
  readonly start: number;
  readonly end: number;
}

const URL_PASSWORD =
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/([^\s:/@"'`<>{}$%]{0,60}):([^\s:/@"'`<>{}$%*]{3,120})@((?:\[[^\]]*\]|[\w.-])+|\$?\{)/gi;
/** `user:password@tcp(host:3306)/db`: the data source names of MySQL drivers. */
const MYSQL_PASSWORD = /(?:^|["'`\s=])([\w.-]{1,40}):([^\s:/@"'`<>{}$%*]{3,120})@(?:tcp|unix)\(([^)"'`\s]*)\)/g;
/** `host=db user=app password=secret dbname=app`: the data source names of libpq, and the same as a query. */
const KEYWORD_PASSWORD = /\bpassword=([^\s&;'"`<>{}$%*]{3,120})/g;
const GENERIC_USER = /^(?:user|username|usr|login|name|u|me|myuser|foo|bar|someuser|alice|bob)?$/i;
const GENERIC_PASSWORD = /^(?:pass|password|passwd|pw|pwd|p|secret|token|mypass|mypassword|x+|foo|bar|\.+)$/i;

/** Passwords inside of addresses, without placeholders and the `user:password` of manuals. */
export function urlPasswords(text: string): readonly UrlPassword[] {
  const found: UrlPassword[] = [];
  if (!text.includes('@') && !text.includes('password=')) return found;
  for (const pattern of [URL_PASSWORD, MYSQL_PASSWORD]) {
    for (const match of text.matchAll(pattern)) {
      const [whole, user, password, host] = match as unknown as [string, string, string, string];
      if (isPlaceholder(password) || isReference(password)) continue;
      if (
        GENERIC_PASSWORD.test(password) &&
        (GENERIC_USER.test(user) || /example\.|^host|^server|^my|hostname|domain/i.test(host))
      )
        continue;
      if (/(?:^|\.)example\.(?:com|org|net)$|\.example$/i.test(host)) continue;
      const start = match.index + whole.lastIndexOf(`:${password}@`) + 1;
      found.push({ user, password, host, start, end: start + password.length });
    }
  }
  for (const match of text.matchAll(KEYWORD_PASSWORD)) {
    const password = match[1]!;
    const lineStart = text.lastIndexOf('\n', match.index) + 1;
    const lineEnd = text.indexOf('\n', match.index);
    const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
    if (!/\b(?:dbname|database|sslmode)=/.test(line) || isPlaceholder(password) || isReference(password)) continue;
    const user = /\buser=([^\s&;'"`]+)/.exec(line)?.[1] ?? '';
    const host = /\bhost=([^\s&;'"`]+)/.exec(line)?.[1] ?? /:\/\/([^\s/:'"`]+)/.exec(line)?.[1] ?? 'localhost';
    if (GENERIC_PASSWORD.test(password) && GENERIC_USER.test(user)) continue;
    const start = match.index + 'password='.length;
    found.push({ user, password, host, start, end: start + password.length });
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Whether a host of an address is the machine itself or a name of a compose network: such a password is a default for development. */
export function isLocalHost(host: string): boolean {
  return (
    /^(?:localhost|127\.|0\.0\.0\.0|\[::1\]|host\.docker\.internal)/i.test(host) ||
    !/[.:]/.test(host.replace(/:\d+$/, ''))
  );
}
