/**
 * Secrets that every visitor of a page can read: keys in variables that a bundler writes into the page, and tokens in the
 * storage of the browser. Files of front ends are read as text, line by line; minified ones are left out.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { parseEnv } from '../../../formats/env.ts';

const PUBLIC_PREFIX = /^(?:VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC|VUE_APP|PUBLIC)_/;
/** Words of names that promise something secret, and vendors whose keys stand for an account with costs. */
const SECRET =
  /(?:^|_)(?:SECRET|PASSWORD|PASSWD|PRIVATE_KEY|SERVICE_ROLE(?:_KEY)?|CLIENT_SECRET|SECRET_KEY|ADMIN_(?:KEY|TOKEN)|SIGNING_KEY|DATABASE_URL|ACCESS_KEY)(?:_|$)|(?:OPENAI|OPENROUTER|ANTHROPIC|CLAUDE|GEMINI|GROQ|MISTRAL|COHERE|DEEPSEEK|HUGGINGFACE|PINECONE|SENDGRID|MAILGUN|TWILIO|GITHUB|SLACK)\w*_(?:API_?KEY|KEY|TOKEN)$/;
const NO_SECRET =
  /PUBLIC_KEY|PUBLISHABLE|ANON|SITE_KEY|_(?:URL|PATH|NAME|LENGTH|MIN|MAX|ENABLED|EXPIRY|HINT|PATTERN|POLICY|RESET|FORGOT)$/;

/** What the page can do about a password: `VITE_RESET_PASSWORD` switches a link on. */
const ABILITY = /(?:^|_)(?:RESET|FORGOT|CHANGE|SHOW|HIDE|ALLOW|ENABLE|DISABLE|REQUIRE)_(?:PASSWORD|PASSWD|SECRET)$/;

function isSecretName(name: string): boolean {
  const prefix = PUBLIC_PREFIX.exec(name);
  if (prefix === null) return false;
  const rest = name.slice(prefix[0].length);
  return SECRET.test(rest) && !NO_SECRET.test(rest) && !ABILITY.test(rest);
}

const envFiles: TextDetector = {
  text: true,
  triggers: ['VITE_', 'NEXT_PUBLIC_', 'REACT_APP_', 'NUXT_PUBLIC_', 'GATSBY_', 'EXPO_PUBLIC_', 'VUE_APP_', 'PUBLIC_'],
  *check(text) {
    for (const { key, keySpan } of parseEnv(text).entries) {
      if (isSecretName(key)) yield { kind: 'fail', subject: keySpan, message: 'variable', args: { name: key } };
      else if (PUBLIC_PREFIX.test(key)) yield { kind: 'pass', subject: keySpan };
    }
  },
};

const FRONT_END = /\.(?:html?|[cm]?[jt]sx?|vue|svelte)$/i;
const GENERATED =
  /\.min\.|\.bundle\.|(?:^|\/)(?:dist|build|static\/vendor|assets\/vendor|lib|libs|public\/vendor|cypress|__tests__|e2e)\/|\.(?:test|spec|stories|d)\.[jt]sx?$/i;

const READ =
  /\b(?:import\.meta\.env|process\.env)\.((?:VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC|VUE_APP|PUBLIC)_\w+)/g;
const STORED =
  /\b(?:window\.)?(?:localStorage|sessionStorage)(?:\.setItem\(\s*(?:(["'`])([^"'`\n]+)\1|([A-Za-z_$][\w$.]*))\s*,|\[\s*(["'])([^"'\n]+)\4\s*\]\s*=(?!=)|\.([A-Za-z_$][\w$]*)\s*=(?!=))/g;
/** Names under which a credential is kept; words in a longer name count as well (`authToken`, `access_token`). */
const CREDENTIAL =
  /(?:^|[-_.:/]|[a-z](?=[A-Z]))(?:jwt|(?:access|auth|bearer|id|refresh|session|user|api|admin|login)?[-_]?token|api[-_]?key|secret|password)(?:$|[-_.:]|(?=[A-Z])|s$)/i;
const NO_CREDENTIAL =
  /csrf|xsrf|push|fcm|device|tokenizer|tokens?[-_]?(?:count|limit|used|usage|type|expir|exp|time)|max|expir|theme|show|hide|remember|prompt|design/i;

const frontEnds: TextDetector = {
  text: true,
  triggers: ['localStorage', 'sessionStorage', 'import.meta.env', 'process.env'],
  *check(text, ctx): Iterable<Verdict> {
    if (!FRONT_END.test(ctx.file.path) || GENERATED.test(ctx.file.path) || text.length > 300_000) return;
    for (const match of text.matchAll(READ)) {
      const start = match.index + match[0].length - match[1]!.length;
      const subject = { start, end: match.index + match[0].length };
      if (isSecretName(match[1]!)) yield { kind: 'fail', subject, message: 'variable', args: { name: match[1]! } };
    }
    for (const match of text.matchAll(STORED)) {
      const lineStart = text.lastIndexOf('\n', match.index - 1) + 1;
      if (match.index - lineStart > 500 || /^\s*(?:\/\/|\*)/.test(text.slice(lineStart, match.index))) continue;
      const name = match[2] ?? match[3] ?? match[5] ?? match[6]!;
      const subject = { start: match.index, end: match.index + match[0].length };
      if (CREDENTIAL.test(name) && !NO_CREDENTIAL.test(name))
        yield { kind: 'fail', subject, message: 'stored', args: { name } };
      else yield { kind: 'pass', subject };
    }
  },
};

export const rule = defineRule({
  id: 'secret-in-browser',
  title: 'Secret or token exposed to the browser',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A front end reads, or an env file sets, a secret in a variable that the bundler writes into the page (`VITE_`, `NEXT_PUBLIC_`, `REACT_APP_` and others), or a page keeps a token, key or password in localStorage or sessionStorage. Publishable keys, other settings, tests and minified files are left out.',
    why: 'Everybody who opens the page can read the bundle. What lies in the storage of the browser can be read by every script of the page, so that a single injected line, or a dependency that was taken over, carries the sessions of all users away.',
    howToFix:
      'Keep keys on the server and let the page call it. Hand sessions out as cookies with HttpOnly, Secure and SameSite, which scripts cannot read.',
    refs: [
      'CWE-522',
      'CWE-922',
      'https://cheatsheetseries.owasp.org/cheatsheets/HTML5_Security_Cheat_Sheet.html#local-storage',
    ],
  },
  messages: {
    variable: '{name} is written into the page for everybody to read; keep it on the server.',
    stored: 'Every script of the page can read {name} from the storage of the browser; use a cookie with HttpOnly.',
  },
  effort: { each: [30, 240] },
  fix: 'none',
  on: { env: [envFiles], text: [frontEnds] },
});
