/**
 * Python: modules of settings whose variables of the environment may be missing, and the words of conditions in which
 * anybody asks whether they are there. Read from text, since names are all that counts. Settings of Django and of libraries
 * that validate are left out, and so is every setting that some condition mentions.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';

/** Key: path. Settings that a module reads from the environment: see `SettingsModule`. */
export const SETTINGS = 'config-not-validated.settings';
/** Key: path; the value is the words of its conditions, for `FactView.mentions`. */
const CONDITIONS = 'config-not-validated.conditions';

type SettingsModule = { readonly raw: readonly string[]; readonly checked: boolean };

const FEWEST = 3;
/** Names in a message. */
const NAMED = 3;

const MODULE = /(?:^|\/)(?:\w*(?:config|settings|conf|constants|environment|env)\w*)(?:\.py$|\/\w+\.py$)/i;
/** `NAME = os.getenv("NAME")`, with nothing or an empty text in its place. */
const RAW =
  /^[ \t]*([A-Z][A-Z0-9_]*)[ \t]*(?::[^=\n]+)?=[ \t]*os\.(?:getenv|environ\.get)\(\s*["']\w+["']\s*(?:,\s*(?:None|""|'')\s*)?\)(?:\.strip\(\))?[ \t]*(?:#.*)?$/gm;
/** Settings that libraries do without. */
const OPTIONAL = /SENTRY|_DSN$|^SERVER_NAME$|PROXY|LOG|DEBUG|PREFIX|SUFFIX/;
/** What stops a start with bad settings, or checks them. */
const CHECKED =
  /\braise\b|\bsys\.exit\(|\bassert\b|valid|\bos\.environ\[|BaseSettings|\bdecouple\b|\benvirons?\b(?!\.get|\[)|\bpydantic|\bdynaconf\b|\bcheck_|\brequire|\bexit\(/i;
/** Lines with a condition, and lists of which all have to be there. */
const CONDITION = /^.*\b(?:if|elif|while|assert|or|and|not)\b.*$|\b(?:all|any)\(\s*[[(][^\])]*/gm;
const DJANGO = /\bINSTALLED_APPS\b|\bdjango\b/;

const settings: TextDetector = {
  text: true,
  triggers: ['getenv(', 'environ'],
  *check(text, ctx): Iterable<Verdict> {
    if (!MODULE.test(ctx.file.path) || DJANGO.test(text)) return;
    const matches = [...text.matchAll(RAW)];
    const [first] = matches;
    if (first === undefined) return;
    const plain = text.replace(/#.*$/gm, '').replaceAll(/\bos\.environ\.get\b/g, '');
    const start = first.index + first[0].indexOf(first[1]!);
    const raw = matches.map((match) => match[1]!).filter((name) => !OPTIONAL.test(name));
    const value: SettingsModule = { raw, checked: CHECKED.test(plain) };
    yield fact(SETTINGS, ctx.file.path, value, { start, end: start + first[1]!.length });
  },
};

const conditions: TextDetector = {
  text: true,
  *check(text, ctx): Iterable<Verdict> {
    const words = new Set<string>();
    for (const [line] of text.matchAll(CONDITION)) {
      for (const word of line.match(/\b[A-Z][A-Z0-9_]{3,}\b/g) ?? []) words.add(word);
    }
    if (words.size > 0) yield fact(CONDITIONS, ctx.file.path, [...words].join(' '), { start: 0, end: 0 });
  },
};

export const pythonDetectors: readonly Detector[] = [settings, conditions];

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const { value, place } of facts.get(SETTINGS)) {
    if (facts.role(place.path) !== 'production') continue;
    const { raw, checked } = value as SettingsModule;
    const open = checked ? [] : raw.filter((name) => facts.mentions(CONDITIONS, name).length === 0);
    if (open.length < FEWEST) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    const more = open.length - NAMED;
    const names = open.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
    yield { kind: 'fail', subject: place, message: 'python', args: { names } };
  }
}
