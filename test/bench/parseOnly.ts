/** The bare parse that audits are compared with: every Go file of a folder through web-tree-sitter, nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Language, Parser } from 'web-tree-sitter';
import { createNodeHost } from '../../server/src/host/node/nodeHost.ts';

const [folder, assets] = process.argv.slice(2) as [string, string];
await Parser.init({ wasmBinary: readFileSync(join(assets, 'tree-sitter.wasm')) });
const parser = new Parser();
parser.setLanguage(await Language.load(readFileSync(join(assets, 'tree-sitter-go.wasm'))));
const { paths } = await createNodeHost(folder).list([], async () => {});
let bytes = 0;
let files = 0;
for (const path of paths) {
  if (!path.endsWith('.go')) continue;
  const text = readFileSync(join(folder, path), 'utf8');
  parser.parse(text)?.delete();
  bytes += text.length;
  files++;
}
console.log(JSON.stringify({ files, bytes }));
