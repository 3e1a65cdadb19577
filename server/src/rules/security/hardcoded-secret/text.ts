/** Secrets in everything that is no Go: known formats in any text, and settings with secret names in configuration. */
import type { LanguageId } from '../../../core/model/file.ts';
import type { FailVerdict, Fix, Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';
import { envFileKind, isEncryptedEnv, parseEnv } from '../../../formats/env.ts';
import {
  isLocalHost,
  isPlaceholder,
  isReference,
  knownSecrets,
  operationalSecretOf,
  secretNameOf,
  secretValueOf,
  urlPasswords,
  wordsOf,
} from '../../../knowledge/project/secrets.ts';

/** Files that are written by tools or show how a file could look. */
const SKIPPED_FILES =
  /(?:^|\/)(?:package-lock\.json|pnpm-lock\.yaml|yarn\.lock|[\w.-]*\.(?:schema|swagger|openapi|min)\.\w+|openapi\.\w+|swagger\.\w+)$|(?:^|\/)(?:locales?|i18n|lang|langs|translations?|l10n)\/|(?:^|[._/-])(?:example|examples|sample|template|tmpl|dist)(?:[._/-]|$)/i;
/** Places whose scripts and settings start throw-away servers: documentation, pipelines, test beds. */
const THROW_AWAY =
  /(?:^|\/)(?:docs?|documentation|\.github|\.circleci|\.gitlab|\.buildkite|\.devcontainer|buildscripts|ci|hack|bench\w*)\/|(?:^|[._/-])(?:tests?|ci|bench\w*|e2e|verify)(?:[._/-]|$)/i;
/** Files for the machine of a developer. */
const DEVELOPMENT_FILE = /(?:^|[._/-])(?:dev|devel|development|local|demo|debug)(?:[._/-]|$)/i;
const LARGE = 400_000;

interface Setting {
  readonly name: string;
  readonly value: string;
  /** The value without quotes. */
  readonly start: number;
  readonly end: number;
}

/** Pairs by an expression with the groups `lead` (all before the value), `name` and `value`. */
function* settingsBy(text: string, pattern: RegExp): Generator<Setting> {
  for (const match of text.matchAll(pattern)) {
    const { lead, name, value } = match.groups as { lead: string; name: string; value: string };
    const start = match.index + lead.length;
    yield { name, value, start, end: start + value.length };
  }
}

const YAML_PAIR =
  /^(?<lead>[ \t]*(?:-[ \t]+)?["']?(?<name>[\w.-]+)["']?[ \t]*:[ \t]+["']?)(?<value>[^\s"'#][^\r\n"']*?)["']?[ \t]*(?=#|\r?$)/gm;
const YAML_LIST_PAIR =
  /^(?<lead>[ \t]*-[ \t]+["']?(?<name>[A-Za-z_]\w*)=)(?<value>[^\r\n"']*?)["']?(?:[ \t]+#[^\r\n]*)?[ \t]*\r?$/gm;
const KUBERNETES_PAIR =
  /^(?<lead>[ \t]*-[ \t]+name:[ \t]*["']?(?<name>[A-Za-z_]\w*)["']?[ \t]*\r?\n[ \t]*value:[ \t]*["']?)(?<value>[^\r\n"']+?)["']?[ \t]*(?=#|\r?$)/gm;
const JSON_PAIR = /(?<lead>"(?<name>[\w.-]+)"\s*:\s*")(?<value>[^"\\\r\n]*)"/g;
const TOML_PAIR = /^(?<lead>[ \t]*(?<name>[\w.-]+)[ \t]*=[ \t]*["'])(?<value>[^"'\r\n]*)["']/gm;
const DOCKER_PAIR = /^(?<lead>[ \t]*(?:ENV|ARG)[ \t]+(?<name>[A-Za-z_]\w*)[= ][ \t]*["']?)(?<value>[^\s"']+)/gim;
const SHELL_PAIR =
  /^(?<lead>[ \t]*(?:(?:export|local|readonly|declare)[ \t]+(?:-\w+[ \t]+)?)?(?<name>[A-Za-z_]\w*)=["']?)(?<value>[^\s"'`;|&)]+)/gm;
const MAKE_PAIR = /^(?<lead>(?:export[ \t]+)?(?<name>[A-Za-z_]\w*)[ \t]*[:?]?=[ \t]*)(?<value>[^\s#]+)[ \t]*\r?$/gm;
const INI_PAIR = /^(?<lead>[ \t]*(?<name>[A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*["']?)(?<value>[^\s"']+)["']?[ \t]*\r?$/gm;
/** A fallback inside of a reference: `${NAME:-literal}`. */
const FALLBACK = /(?<lead>\$\{(?<name>[A-Za-z_]\w*):?-)(?<value>[^\s${}"']+)\}/g;

function* settingsOf(language: LanguageId, path: string, text: string): Generator<Setting> {
  switch (language) {
    case 'env':
      for (const entry of parseEnv(text).entries) {
        const { start, end } = entry.valueSpan;
        const quoted = /^["'`]/.test(text.slice(start, end)) ? 1 : 0;
        yield {
          name: entry.key,
          value: entry.value,
          start: start + quoted,
          end: Math.max(start + quoted, end - quoted),
        };
      }
      return;
    case 'compose':
    case 'yaml':
    case 'workflow':
      yield* settingsBy(text, YAML_PAIR);
      yield* settingsBy(text, YAML_LIST_PAIR);
      yield* settingsBy(text, KUBERNETES_PAIR);
      return;
    case 'json':
      yield* settingsBy(text, JSON_PAIR);
      return;
    case 'toml':
      yield* settingsBy(text, TOML_PAIR);
      return;
    case 'dockerfile':
      yield* settingsBy(text, DOCKER_PAIR);
      return;
    case 'shell':
      yield* settingsBy(text, SHELL_PAIR);
      return;
    case 'makefile':
      yield* settingsBy(text, MAKE_PAIR);
      return;
    case 'text':
      if (/\.(?:conf|cfg|ini|properties|tfvars)$/.test(path)) yield* settingsBy(text, INI_PAIR);
      return;
    default:
  }
}

/** Languages in which every setting is given to a program, so that any literal under a secret name is the secret. */
const DEPLOYED: ReadonlySet<LanguageId> = new Set(['env', 'compose', 'dockerfile']);

function fixesOf(language: LanguageId, text: string, setting: Setting): readonly Fix[] {
  const span = { start: setting.start, end: setting.end };
  if (language === 'compose') {
    const name = /^[A-Z_][A-Z0-9_]*$/.test(setting.name) ? setting.name : wordsOf(setting.name).join('_').toUpperCase();
    return [
      {
        title: `Take it from the environment variable ${name}`,
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replace', span, newText: `\${${name}:?required}` }],
      },
    ];
  }
  if (language === 'env') {
    return [{ title: 'Empty the value', safety: 'suggestion', edits: [{ kind: 'replace', span, newText: '' }] }];
  }
  if (language === 'shell') {
    // With its quotes: single ones would keep the shell from expanding the reference.
    const quote = /["']/.test(text.charAt(span.start - 1)) ? 1 : 0;
    return [
      {
        title: `Require ${setting.name} from the environment`,
        safety: 'suggestion',
        preferred: true,
        edits: [
          {
            kind: 'replace',
            span: { start: span.start - quote, end: span.end + quote },
            newText: `"\${${setting.name}:?required}"`,
          },
        ],
      },
    ];
  }
  return [];
}

function isSecretSetting(language: LanguageId, deployed: boolean, setting: Setting): boolean {
  const kind = secretNameOf(setting.name);
  if (kind === null) return false;
  const { name, value } = setting;
  if (/[$`]/.test(value) && isReference(value)) return false;
  if (deployed && kind !== 'weak') return !isPlaceholder(value) && operationalSecretOf(value) !== null;
  const last = name.slice(name.lastIndexOf('.') + 1);
  const found = secretValueOf(value, kind, last);
  // Passwords that a pipeline gives to the databases of its own tests are no secrets.
  if (language === 'workflow') return found === 'random';
  return found !== null;
}

/** Settings whose fallback or literal is a secret, and those that take it from outside. */
function* examineSettings(language: LanguageId, path: string, text: string): Generator<Verdict> {
  const deployed = DEPLOYED.has(language) || path.endsWith('.ini');
  const seen = new Set<number>();
  if (language === 'compose' || language === 'shell') {
    for (const setting of settingsBy(text, FALLBACK)) {
      const kind = secretNameOf(setting.name);
      if (kind === null || kind === 'weak') continue;
      if (isPlaceholder(setting.value) || operationalSecretOf(setting.value) === null) continue;
      const start = setting.start - setting.name.length;
      const open = text.lastIndexOf('${', setting.start);
      const fix: Fix = {
        title: `Fail when ${setting.name} is not set`,
        safety: 'suggestion',
        preferred: true,
        edits: [
          { kind: 'replace', span: { start: open, end: setting.end + 1 }, newText: `\${${setting.name}:?required}` },
        ],
      };
      seen.add(text.lastIndexOf('\n', start));
      yield {
        kind: 'fail',
        subject: { start: open, end: setting.end + 1 },
        message: 'fallback',
        args: { name: setting.name },
        severity: 'high',
        fixes: [fix],
      };
    }
  }
  for (const setting of settingsOf(language, path, text)) {
    const kind = secretNameOf(setting.name);
    if (kind === null || seen.has(text.lastIndexOf('\n', setting.start))) continue;
    const subject = { start: setting.start, end: setting.end };
    if (isSecretSetting(language, deployed, setting)) {
      seen.add(text.lastIndexOf('\n', setting.start));
      const chosen = secretValueOf(setting.value, 'weak', setting.name) !== 'random';
      const verdict: FailVerdict = {
        kind: 'fail',
        subject,
        message: 'setting',
        args: { name: setting.name },
        fixes: fixesOf(language, text, setting),
      };
      if (DEVELOPMENT_FILE.test(path)) yield { ...verdict, severity: 'medium' };
      else yield chosen ? { ...verdict, severity: 'high' } : verdict;
    } else if (deployed && kind !== 'weak' && (setting.value === '' || isReference(setting.value))) {
      yield {
        kind: 'pass',
        subject:
          setting.value === '' ? { start: subject.start - setting.name.length - 1, end: subject.start } : subject,
      };
    }
  }
}

const ADDRESSES: ReadonlySet<LanguageId> = new Set([
  'env',
  'compose',
  'yaml',
  'json',
  'toml',
  'dockerfile',
  'shell',
  'makefile',
]);

/** In these an address of this machine is that of a server which the script has just started. */
const LOCAL_USE: ReadonlySet<LanguageId> = new Set(['shell', 'makefile']);

const anyText: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { language, path } = ctx.file;
    // Go is examined with its syntax; checksums are no secrets.
    if (language === 'go' || language === 'gosum' || language === 'gomod' || language === 'gitignore') return;
    if (text.length > LARGE || /\.lock$|lock\.(?:json|yaml)$/.test(path)) return;
    const lines = new Set<number>();
    for (const known of knownSecrets(text)) {
      if (language === 'markdown' && known.kind === 'a signed token') continue;
      lines.add(text.lastIndexOf('\n', known.start));
      yield {
        kind: 'fail',
        subject: { start: known.start, end: known.end },
        message: 'known',
        args: { kind: known.kind },
      };
    }
    if (SKIPPED_FILES.test(path) || THROW_AWAY.test(path)) return;
    if (language === 'env' && (envFileKind(path) !== 'values' || isEncryptedEnv(text))) return;
    if (ADDRESSES.has(language)) {
      for (const { start, end, host } of urlPasswords(text)) {
        const line = text.lastIndexOf('\n', start);
        if (
          lines.has(line) ||
          (isLocalHost(host) && LOCAL_USE.has(language)) ||
          /^[ \t]*(?:#|\/\/)/.test(text.slice(line + 1, start))
        )
          continue;
        lines.add(line);
        const verdict: FailVerdict = { kind: 'fail', subject: { start, end }, message: 'address' };
        yield isLocalHost(host) ? { ...verdict, severity: 'medium' } : verdict;
      }
    }
    for (const verdict of examineSettings(language, path, text)) {
      if (verdict.kind === 'fail' && lines.has(text.lastIndexOf('\n', verdict.subject.start))) continue;
      yield verdict;
    }
  },
};

export const textDetectors = [anyText];
