/** Writes the JSON schema of configuration files from the rules that there are. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configurationSchema } from '../../server/src/configuration/schema.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PATH = 'server/src/configuration/shipworthy.schema.gen.json';

/** Returns the path if it was stale; with `check` nothing is written. */
export async function generateSchema(check: boolean): Promise<readonly string[]> {
  // The registry may have been written a moment ago, so it is loaded only now.
  const { RULES } = await import('../../server/src/rules/index.gen.ts');
  const text = `${JSON.stringify(configurationSchema(RULES), (key, value) => (key === 'errorMessage' ? undefined : value), 1)}\n`;
  const file = join(ROOT, PATH);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return [];
  if (!check) writeFileSync(file, text);
  return [PATH];
}
