/** `npm run gen`: writes everything that is generated; `--check` only says what is stale and exits 1. */
import { generateDocs } from './docs.ts';
import { generateL10n } from './l10n.ts';
import { generateNodeTypes } from './nodeTypes.ts';
import { generateReader } from './reader.ts';
import { generateRegistry } from './registry.ts';
import { generateSchema } from './schema.ts';

const check = process.argv.includes('--check');
const stale = [
  ...generateNodeTypes(check),
  ...generateReader(check),
  ...generateRegistry(check),
  ...generateL10n(check),
  ...(await generateDocs(check)),
  ...(await generateSchema(check)),
];
for (const path of stale) console.log(`${check ? 'stale' : 'wrote'} ${path}`);
if (check && stale.length > 0) {
  console.log('Run `npm run gen`.');
  process.exitCode = 1;
}
