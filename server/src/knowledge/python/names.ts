/**
 * The names that a Python file mentions, as facts: `python.mentions` for judges that ask whether anybody uses a function.
 * Generous: names of arguments, attributes and short texts count too. Nothing is resolved.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import { type Extractor, SHORTEST_WORD, type TextDetector } from '../../core/rulekit/rule.ts';
import { readPython } from '../../languages/python/words.ts';
import { state } from '../facts.ts';

const mentions: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { words, imports } = readPython(text);
    const names = new Set([...words.used, ...words.members, ...words.quoted]);
    for (const statement of imports) {
      for (const { name, written } of statement.names) names.add(name).add(written.split('.').at(-1)!);
    }
    const long = [...names].filter((name) => name.length >= SHORTEST_WORD);
    if (long.length > 0) yield state('python.mentions', ctx.file.path, long.join(' '), { start: 0, end: 0 });
  },
};

/** Templates and settings that may name what Python code declares. */
const elsewhere: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    const isTemplate = /\.(?:html?|txt|jinja2?|j2|mako)$/i.test(path) && /\{[{%]/.test(text);
    const isSetting =
      /\.(?:toml|cfg|ini|ya?ml|sh|ps1|service)$|(?:^|\/)(?:Dockerfile|Procfile|Makefile)[^/]*$/i.test(path) &&
      /python|\.py\b|uvicorn|gunicorn|celery|flask|django/i.test(text);
    if (!isTemplate && !isSetting) return;
    const names = new Set((text.match(/[^\W\d]\w{3,}/gu) ?? []).filter((word) => /_|^[a-z]/.test(word)));
    if (names.size > 0) yield state('python.mentions', path, [...names].join(' '), { start: 0, end: 0 });
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.mentions', language: 'python', detector: mentions, roles: OWN_ROLES },
  { id: 'python.mentions.elsewhere', language: 'any', detector: elsewhere, roles: OWN_ROLES },
];
