/**
 * Env files as parts of the tree, and what creates or loads them. Facts:
 * - `env.values` (key: path): an env file that sets variables; value {secrets: keys with secret values, settings: number
 *   of other values, encrypted}.
 * - `env.created` (key: path): a script or program writes or loads an env file of that path; value {by}.
 */

import type { LanguageId } from '../../core/model/file.ts';
import { directoryOf } from '../../core/model/path.ts';
import { type Extractor, fact, type NodeDetector, type TextDetector } from '../../core/rulekit/rule.ts';
import { envFileKind, isEncryptedEnv, parseEnv } from '../../formats/env.ts';
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { callArguments, calledExpression, stringLiteralValue } from '../../languages/go/syntax.ts';
import { isPlaceholder, knownSecrets, operationalSecretOf, secretNameOf, urlPasswords } from './secrets.ts';

/** Settings that a front end shows to everybody anyway. */
const PUBLIC = /^(?:VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC|VUE_APP|PUBLIC|EXPO_PUBLIC|GATSBY)_|^COMPOSE_/;

const values: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    if (envFileKind(path) !== 'values') return;
    const secrets: string[] = [];
    let settings = 0;
    for (const { key, value } of parseEnv(text).entries) {
      if (value === '' || PUBLIC.test(key) || isPlaceholder(value)) continue;
      const kind = secretNameOf(key);
      const named = kind !== null && kind !== 'weak' && operationalSecretOf(value) !== null;
      if (named || knownSecrets(value).length > 0 || urlPasswords(value).length > 0) secrets.push(key);
      else settings++;
    }
    const encrypted = isEncryptedEnv(text);
    yield fact('env.values', path, { secrets, settings, encrypted }, { start: 0, end: 0 });
  },
};

const ENV_PATH = `(?:\\./)?((?:[\\w.-]+/)*(?:\\.env(?:\\.[\\w-]+)*|[\\w-]+\\.env))`;
/** `cp .env.example .env`, `cat > .env <<EOF`, `echo KEY=value >> .env` */
const CREATIONS = [
  new RegExp(
    `\\b(?:cp|mv|copy)\\s+(?:-\\w+\\s+)*[\\w./-]*\\.env[\\w.-]*\\s+["']?${ENV_PATH}["']?(?=\\s|$|;|&|\\|)`,
    'g',
  ),
  new RegExp(`>{1,2}\\s*["']?${ENV_PATH}["']?(?=\\s|$|;|&|\\|)`, 'g'),
];

const creations: TextDetector = {
  text: true,
  triggers: ['.env'],
  *check(text, ctx) {
    for (const pattern of CREATIONS) {
      for (const match of text.matchAll(pattern)) {
        const lineStart = text.lastIndexOf('\n', match.index) + 1;
        if (/^\s*#/.test(text.slice(lineStart, match.index))) continue;
        const name = match[1]!;
        const start = match.index + match[0].lastIndexOf(name);
        const directory = ctx.file.language === 'makefile' ? directoryOf(ctx.file.path) : '';
        const path = directory === '' ? name : `${directory}/${name}`;
        yield fact('env.created', path, { by: 'script' }, { start, end: start + name.length });
      }
    }
  },
};

const GODOTENV = 'github.com/joho/godotenv';

/** `godotenv.Load(".env.local")`: every developer has such a file beside the code. */
const loads: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['godotenv'],
  *check(call, ctx) {
    const callee = calledExpression(call);
    if (callee?.kind !== 'selector_expression') return;
    const operand = callee.child('operand');
    if (operand === null || importedPath(ctx.file.header, operand.text) !== GODOTENV) return;
    if (!/^(?:Load|Overload|Read)$/.test(callee.child('field')?.text ?? '')) return;
    const names = callArguments(call).map(stringLiteralValue);
    for (const name of names.length === 0 ? ['.env'] : names) {
      if (name === null || !/^(?:[\w.-]+\/)*[\w.-]*\.env(?:\.[\w-]+)*$/.test(name) || name.startsWith('..')) continue;
      yield fact('env.created', name.replace(/^\.\//, ''), { by: 'program' }, call.span);
    }
  },
};

const SCRIPT_LANGUAGES: readonly LanguageId[] = ['shell', 'makefile'];

export const extractors: readonly Extractor[] = [
  { id: 'env.values', language: 'env', detector: values },
  ...SCRIPT_LANGUAGES.map((language) => ({ id: `env.created.${language}`, language, detector: creations })),
  { id: 'env.loads', language: 'go', detector: loads as NodeDetector },
];
