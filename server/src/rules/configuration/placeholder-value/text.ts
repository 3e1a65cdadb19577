/**
 * Settings outside of code: env files, YAML, TOML, JSON and the configuration of proxies, line by line. A file without
 * placeholders passes once. Files that show how something could look are skipped by their names.
 */
import type { LanguageId } from '../../../core/model/file.ts';
import type { Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';
import { envFileKind, isEncryptedEnv, parseEnv } from '../../../formats/env.ts';
import { isExampleAddress, isHole, shown } from './patterns.ts';

const LANGUAGES: ReadonlySet<LanguageId> = new Set<LanguageId>(['env', 'yaml', 'toml', 'json']);
const LARGE = 200_000;
/** Examples, tests, schemas, translations, pipelines, documents, and what editors keep for themselves. */
const SKIPPED =
  /(?:^|\/)(?:locales?|i18n|lang|langs|translations?|l10n|docs?|documentation|\.github|\.circleci|\.devcontainer|\.vs|\.vscode|\.idea|\.fleet|\.settings|testdata|fixtures?|hack|node_modules|web|frontend|ui|examples?)\/|(?:^|[._/-])(?:example|examples|sample|template|tmpl|dist|test|tests|ci|dev|local|mock|swagger|openapi|schema|package|lock|tsconfig|golangci|jest|eslintrc|min)(?:[._/-]|$)|\.schema\.json$/i;

/** `key: value`, `key = "value"`, `"key": "value",` on one line. */
const PAIR =
  /^[ \t]*(?:-[ \t]+)?["']?(?<name>[A-Za-z_][\w.-]*)["']?[ \t]*[:=][ \t]*(?<quote>["']?)(?<value>[^"'\r\n#]+?)\k<quote>[ \t]*,?[ \t]*(?:[#;].*)?$/d;
/** Keys whose addresses have to be somebody's. */
const ADDRESS_KEY =
  /(?:^|[_.-])(?:url|uri|host|hostname|domain|endpoint|server|server_name|origin|origins|webhook|webhook_url|address|addr|api_url|to|from|email|receiver|smarthost|issuer|callback|redirect)(?:$|s$)/i;

const settings: TextDetector = {
  text: true,
  *check(text, ctx): Generator<Verdict> {
    const { language, path } = ctx.file;
    if (!LANGUAGES.has(language) || text.length > LARGE || SKIPPED.test(path)) return;
    let found = 0;
    for (const { name, value, start, end } of language === 'env' ? entriesOfEnv(text, path) : pairsOf(text)) {
      const hole =
        isHole(value) && !/description|title|label|help|placeholder|message|name$|comment|example/i.test(name);
      const address = !hole && isExampleAddress(value) && (ADDRESS_KEY.test(name) || language === 'env');
      if (!hole && !address) continue;
      found++;
      yield { kind: 'fail', subject: { start, end }, message: 'setting', args: { name, value: shown(value) } };
    }
    if (found === 0 && (language === 'env' || /\S/.test(text))) yield { kind: 'pass', subject: { start: 0, end: 0 } };
  },
};

interface Pair {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

function* entriesOfEnv(text: string, path: string): Generator<Pair> {
  if (envFileKind(path) !== 'values' || isEncryptedEnv(text)) return;
  for (const entry of parseEnv(text).entries) {
    yield { name: entry.key, value: entry.value, start: entry.valueSpan.start, end: entry.valueSpan.end };
  }
}

function* pairsOf(text: string): Generator<Pair> {
  // Most files hold none of these words.
  if (!/change|your|example\.|replace|insert|here|<|todo|tbd|fixme|xxx|dummy|placeholder/i.test(text)) return;
  for (const line of text.matchAll(/[^\r\n]+/g)) {
    const match = PAIR.exec(line[0]);
    const span = match?.indices?.groups?.value;
    if (match === null || span === undefined) continue;
    const { name, value } = match.groups as { name: string; value: string };
    yield { name, value, start: line.index + span[0], end: line.index + span[1] };
  }
}

export const textDetectors = [settings];
