/**
 * The notices of what others wrote and we ship: every package of which something is in a bundle, and the grammars. Their
 * licences want their texts to go with copies. A package without a text, or under a licence that nobody has looked at, is
 * refused.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences that allow what we do as long as the notice is kept. */
const KNOWN = new Set(['MIT', 'ISC', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD']);

/** Folder of the package that an input of a bundle belongs to, as a path in the project; null for our own files. */
function packageOf(input) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? null;
}

/**
 * Text of the notices. `root`: folder of the project. `metafiles`: what esbuild says of the bundles, whose paths begin in
 * `root`. `packages`: names of further packages that ship. Throws when a package cannot be named with its licence.
 */
export function noticesOf(root, metafiles, packages) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set([...inputs.map(packageOf), ...packages.map((name) => `node_modules/${name}`)]);
  folders.delete(null);
  const notices = [...folders].sort().map((folder) => noticeOf(join(root, folder)));
  return `Shipworthy contains the following packages of others.\n\n${notices.join('\n')}`;
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!KNOWN.has(license))
    throw new Error(`${name}@${version} is under ${license}, which tools/notices.mjs does not know.`);
  const file = readdirSync(folder).find((entry) => /^(?:licen[cs]e|copying)/i.test(entry));
  if (file === undefined) throw new Error(`${name}@${version} has no text of its licence.`);
  const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`;
}
