/**
 * The other program that audits are compared with: ast-grep, native and parallel, with the fifty rules of
 * test/bench/ast-grep. Finds its binary; where there is none for this platform, the rows say so.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './measure.ts';

export const AST_GREP_CONFIGURATION = join(ROOT, 'test/bench/ast-grep/sgconfig.yml');

const TOOLCHAINS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: '-gnu', win32: '-msvc', darwin: '' };

/** Path of the native binary, without the script around it; null when it is not installed. */
export function astGrepBinary(): string | null {
  const name = `@ast-grep/cli-${platform()}-${arch()}${TOOLCHAINS[platform()] ?? ''}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const binary = join(folder, platform() === 'win32' ? 'ast-grep.exe' : 'ast-grep');
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

/** Arguments of a scan whose findings are formatted as ours are: a line each. */
export function scanArguments(folder: string): readonly string[] {
  const threads = String(availableParallelism());
  const style = ['--report-style', 'short', '--color', 'never'];
  return ['scan', '--config', AST_GREP_CONFIGURATION, '--threads', threads, ...style, folder];
}
