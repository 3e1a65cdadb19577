/** Which commit is checked out, read from the files of `.git`. Runs no git and follows no link out of them. */
import { access, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The commit of the work tree that a folder is or lies in; null when there is none or it cannot be told. */
export async function commitOf(inside: string): Promise<string | null> {
  const folder = await workTreeOf(inside);
  if (folder === null) return null;
  const read = (...path: readonly string[]) => readFile(resolve(...(path as [string])), 'utf8').catch(() => null);
  const pointer = await read(folder, '.git');
  const linked = /^gitdir: (.+)$/m.exec(pointer ?? '')?.[1];
  const git = linked === undefined ? resolve(folder, '.git') : resolve(folder, linked.trim());
  const common = resolve(git, (await read(git, 'commondir'))?.trim() ?? '.');
  const head = (await read(git, 'HEAD'))?.trim() ?? '';
  const name = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1];
  if (name === undefined) return commitIn(head);
  if (name.includes('..')) return null;
  const loose = commitIn((await read(git, name)) ?? (await read(common, name)) ?? '');
  if (loose !== null) return loose;
  const packed = ((await read(common, 'packed-refs')) ?? '').split('\n').find((line) => line.endsWith(` ${name}`));
  return commitIn(packed?.split(' ')[0] ?? '');
}

async function workTreeOf(inside: string): Promise<string | null> {
  for (let folder = resolve(inside); ; folder = dirname(folder)) {
    const isTree = await access(resolve(folder, '.git')).then(
      () => true,
      () => false,
    );
    if (isTree) return folder;
    if (dirname(folder) === folder) return null;
  }
}

function commitIn(text: string): string | null {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.exec(text.trim())?.[0] ?? null;
}
