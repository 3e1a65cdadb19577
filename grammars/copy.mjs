/**
 * Copies the parser runtime and the grammars that `grammars.json` pins out of node_modules: into this folder, and into
 * every folder named on the command line. It downloads nothing, and refuses a file that is not the pinned one byte for
 * byte, because the runtime's memory layout and the grammars' node kinds are relied upon.
 *
 *   node grammars/copy.mjs [folder ...]
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, '..', 'node_modules');

/** Path of the pinned file inside node_modules. Throws when it is absent, of another version, or altered. */
function pinnedFile(pin) {
  const folder = join(packages, pin.package);
  const manifest = readOrExplain(join(folder, 'package.json'), pin);
  const { version } = JSON.parse(manifest.toString('utf8'));
  if (version !== pin.version) {
    throw new Error(`${pin.package} is installed as ${version}, but grammars.json pins ${pin.version}.`);
  }
  const path = join(folder, pin.file);
  const sha256 = createHash('sha256').update(readOrExplain(path, pin)).digest('hex');
  if (sha256 !== pin.sha256) {
    throw new Error(`${pin.package}/${pin.file} has sha256 ${sha256}, but grammars.json pins ${pin.sha256}.`);
  }
  return path;
}

function readOrExplain(path, pin) {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`Cannot read ${path}: is ${pin.package}@${pin.version} installed?`, { cause });
  }
}

try {
  const { runtime, grammars } = JSON.parse(readFileSync(join(here, 'grammars.json'), 'utf8'));
  const files = [runtime, ...grammars].map(pinnedFile);
  for (const folder of [here, ...process.argv.slice(2).map((argument) => resolve(argument))]) {
    mkdirSync(folder, { recursive: true });
    for (const file of files) copyFileSync(file, join(folder, basename(file)));
  }
} catch (error) {
  process.stderr.write(`grammars/copy.mjs: ${error.message}\n`);
  process.exitCode = 1;
}
