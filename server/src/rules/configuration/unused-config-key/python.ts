/**
 * Python: fields of settings classes (pydantic) whose name nothing takes of anything. Classes of packages that others
 * install are left out, and so are programs that look at all their settings at once.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, SHORTEST_WORD, type TextDetector } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { isInstalledPackage } from '../../../knowledge/python/modules.ts';
import { pythonHome, pythonServicesOf } from '../../../knowledge/python/services.ts';
import { readPython } from '../../../languages/python/words.ts';

/** Key: path. Names that a file with a settings class takes of something, or has in texts. */
const MEMBERS_FACT = 'unused-config-key.members';
/** Key: path. All settings are looked at together: dumped, or asked for by names that the program makes. */
const TOGETHER_FACT = 'unused-config-key.together';

const TOGETHER =
  /(?:settings|config|cfg|conf)\w*(?:\(\))?\.(?:model_dump\w*|dict|json|__dict__|model_fields|__fields__)\b|getattr\(\s*[\w.]*(?:settings|config|conf)\w*(?:\(\))?\s*,\s*(?!["'])|(?:vars|asdict|dict)\(\s*[\w.]*(?:settings|config)|\*\*\s*(?:settings|config)/i;

const files: TextDetector = {
  text: true,
  triggers: ['ettings', 'onfig', 'ETTINGS', 'ONFIG', 'conf', 'cfg'],
  *check(text, ctx): Iterable<Verdict> {
    const match = TOGETHER.exec(text);
    if (match !== null) {
      const span = { start: match.index, end: match.index + match[0].length };
      yield fact(TOGETHER_FACT, ctx.file.path, null, span);
    }
    if (!/class \w+\([^)]*Settings/.test(text)) return;
    const { words } = readPython(text);
    const names = [...words.members, ...words.quoted].filter((name) => name.length >= SHORTEST_WORD);
    if (names.length > 0) yield fact(MEMBERS_FACT, ctx.file.path, names.join(' '), { start: 0, end: 0 });
  },
};

export const python: readonly TextDetector[] = [files];

export function* judgeSettings(facts: FactView): Generator<WorkspaceVerdict> {
  const settings = allFacts(facts, 'env.setting');
  if (settings.length === 0) return;
  const services = new Set(pythonServicesOf(facts).map(({ component }) => component));
  const together = new Set(facts.all(TOGETHER_FACT).map(({ place }) => pythonHome(facts, place.path)));
  for (const { key: name, value, place } of settings) {
    const { path } = place;
    const home = pythonHome(facts, path);
    if (facts.role(path) !== 'production' || name.length < SHORTEST_WORD || together.has(home)) continue;
    if (!services.has(home) && isInstalledPackage(facts, directoryOf(path))) continue;
    const mentions = facts.mentions('python.mentions', name);
    const isUsed =
      mentions.some((file) => file !== path && facts.role(file) !== 'test') ||
      facts.mentions(MEMBERS_FACT, name).includes(path);
    if (isUsed) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    // Whoever tests a setting may have plans with it.
    if (mentions.some((file) => file !== path)) continue;
    const { owner } = value;
    yield { kind: 'fail', subject: place, message: 'field', args: { name, struct: owner, setting: name } };
  }
}
