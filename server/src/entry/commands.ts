/** The commands of the command line that audit nothing: what rules there are, what one of them says, and a first setup. */
import { access, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CONFIGURATION_FILE } from '../core/engine/configuration.ts';
import { ruleDocument } from '../core/present/ruleDoc.ts';
import { RULES } from '../rules/index.gen.ts';

/** The page of a rule; null when there is no such rule. */
export function explainRule(id: string): string | null {
  const rule = RULES.find((each) => each.id === id);
  return rule === undefined ? null : ruleDocument(rule);
}

/** Every rule on a line: id, severity, category, title. */
export function listRules(): string {
  const width = Math.max(...RULES.map(({ id }) => id.length));
  return [...RULES]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, severity, category, title, stage }) => {
      const mark = stage === 'preview' ? ' (preview)' : '';
      return `${id.padEnd(width)}  ${severity.padEnd(8)}  ${category.padEnd(13)}  ${title}${mark}\n`;
    })
    .join('');
}

const FIRST_CONFIGURATION = `${JSON.stringify(
  { rubric: 'default', exclude: [], rules: {}, attestations: [], components: [] },
  null,
  2,
)}\n`;

/** Writes a configuration with the defaults; false when there is one. */
export async function writeConfiguration(folder: string): Promise<boolean> {
  const file = resolve(folder, CONFIGURATION_FILE);
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (!exists) await writeFile(file, FIRST_CONFIGURATION, { flag: 'wx' });
  return !exists;
}
