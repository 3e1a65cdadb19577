/** The file system of Node as a `Host`: reads only below its root, follows no links, writes nothing. */
import { lstatSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { MAX_FILE_LENGTH } from '../../core/engine/analyser.ts';
import type { Problem } from '../../core/engine/problem.ts';
import { languageOf, SKIPPED_DIRECTORIES } from '../../core/engine/roles.ts';
import { directoryOf } from '../../core/model/path.ts';
import { type Filter, type Host, isProblem, type Listing, type SourceFile } from '../host.ts';
import { digestOf, readRegularFile } from './bytes.ts';
import { trackedPaths } from './gitIndex.ts';

/** UTF-8 needs at most three bytes per UTF-16 code unit. */
const MAX_FILE_BYTES = MAX_FILE_LENGTH * 3;
const SNIFFED_BYTES = 8_000;

interface IgnoreLevel {
  /** Folder of the ignore file with a trailing slash, '' for the root. */
  readonly prefix: string;
  readonly matcher: Ignore;
}

function isIgnored(path: string, levels: readonly IgnoreLevel[]): boolean {
  let ignored = false;
  for (const { prefix, matcher } of levels) {
    const result = matcher.test(path.slice(prefix.length));
    if (result.ignored) ignored = true;
    else if (result.unignored) ignored = false;
  }
  return ignored;
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

async function ignoreFile(root: string, prefix: string): Promise<readonly IgnoreLevel[]> {
  const text = await readFile(join(root, prefix, '.gitignore'), 'utf8').catch(() => null);
  return text === null ? [] : [{ prefix, matcher: ignore().add(text) }];
}

function readTracked(root: string): Promise<ReadonlySet<string> | null> {
  return readFile(join(root, '.git/index')).then(trackedPaths, () => null);
}

/** Every folder that holds one of the paths. */
function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      folders.add(path.slice(0, slash));
    }
  }
  return folders;
}

interface IgnoreFolder {
  readonly levels: readonly IgnoreLevel[];
  /** It or a folder around it is ignored. */
  readonly hidden: boolean;
}

function createFilter(root: string, exclude: readonly string[]): Filter {
  const matcher = ignore().add([...exclude]);
  const folders = new Map<string, Promise<IgnoreFolder>>();
  let known: Promise<{ tracked: ReadonlySet<string>; trackedFolders: ReadonlySet<string> }> | undefined;
  const index = (): NonNullable<typeof known> => {
    known ??= readTracked(root).then((paths) => {
      const tracked = paths ?? new Set<string>();
      return { tracked, trackedFolders: foldersOf(tracked) };
    });
    return known;
  };
  const readFolder = async (folder: string): Promise<IgnoreFolder> => {
    if (folder === '') return { levels: await ignoreFile(root, ''), hidden: false };
    const { levels, hidden } = await folderOf(directoryOf(folder));
    const prefix = `${folder}/`;
    return { levels: [...levels, ...(await ignoreFile(root, prefix))], hidden: hidden || isIgnored(prefix, levels) };
  };
  const folderOf = (folder: string): Promise<IgnoreFolder> => {
    let read = folders.get(folder);
    if (read === undefined) {
      read = readFolder(folder);
      folders.set(folder, read);
    }
    return read;
  };
  const isSkipped = (folder: string): boolean => folder.split('/').some((name) => SKIPPED_DIRECTORIES.has(name));
  return {
    async takes(path): Promise<boolean> {
      const folder = directoryOf(path);
      if (languageOf(path) === null || matcher.ignores(path) || isSkipped(folder)) return false;
      if ((await index()).tracked.has(path)) return true;
      const { levels, hidden } = await folderOf(folder);
      return !hidden && !isIgnored(path, levels);
    },
    async enters(folder): Promise<boolean> {
      if (folder === '') return true;
      if (matcher.ignores(`${folder}/`) || isSkipped(folder)) return false;
      return !(await folderOf(folder)).hidden || (await index()).trackedFolders.has(folder);
    },
  };
}

/** Hosts for folders, each made once. */
export function nodeHosts(): (root: string) => Host {
  const hosts = new Map<string, Host>();
  return (root) => {
    let host = hosts.get(root);
    if (host === undefined) {
      host = createNodeHost(root);
      hosts.set(root, host);
    }
    return host;
  };
}

/** A host for the folder `root` (absolute path of this machine). */
export function createNodeHost(root: string): Host {
  return {
    async list(exclude, pause): Promise<Listing> {
      const paths: string[] = [];
      const excluded: string[] = [];
      const problems: Problem[] = [];
      const matcher = exclude.length === 0 ? null : ignore().add([...exclude]);
      const isExcluded = (path: string): boolean => {
        if (matcher?.ignores(path) !== true) return false;
        excluded.push(path);
        return true;
      };
      const tracked = await readTracked(root);
      const trackedFolders = foldersOf(tracked ?? []);
      const pending: { folder: string; levels: readonly IgnoreLevel[]; hidden: boolean }[] = [
        { folder: '', levels: [], hidden: false },
      ];
      for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
        await pause();
        const { folder, hidden } = item;
        const prefix = folder === '' ? '' : `${folder}/`;
        let { levels } = item;
        const entries: { name: string; directory: boolean }[] = [];
        try {
          for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
            // Links, sockets, pipes and devices are neither.
            if (entry.isFile() || entry.isDirectory())
              entries.push({ name: entry.name, directory: entry.isDirectory() });
          }
        } catch (error) {
          problems.push({ path: folder, kind: 'unreadable', message: `The folder cannot be read (${reason(error)}).` });
          continue;
        }
        if (entries.some((entry) => entry.name === '.gitignore' && !entry.directory)) {
          levels = [...levels, ...(await ignoreFile(root, prefix))];
        }
        for (const { name, directory } of entries) {
          const path = prefix + name;
          if (directory) {
            if (isExcluded(`${path}/`) || SKIPPED_DIRECTORIES.has(name)) continue;
            const ignored = hidden || isIgnored(`${path}/`, levels);
            if (!ignored || trackedFolders.has(path)) pending.push({ folder: path, levels, hidden: ignored });
            continue;
          }
          if (isExcluded(path) || languageOf(path) === null) continue;
          if (tracked?.has(path) !== true && (hidden || isIgnored(path, levels))) continue;
          paths.push(path);
        }
      }
      return { paths: paths.sort(), problems, excluded };
    },

    filter: (exclude) => createFilter(root, exclude),

    async isFolder(path): Promise<boolean> {
      try {
        return lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() === true;
      } catch {
        // What may not be looked at is not listed either.
        return false;
      }
    },

    async open(path): Promise<SourceFile | Problem> {
      return openSource(root, path);
    },

    async read(path): Promise<string | Problem> {
      const source = openSource(root, path);
      return isProblem(source) ? source : source.text();
    },
  };
}

function openSource(root: string, path: string): SourceFile | Problem {
  try {
    const file = readRegularFile(`${root}/${path}`, MAX_FILE_BYTES);
    if (file === null) return { path, kind: 'missing', message: 'This is no file.' };
    if (file.bytes === null) {
      return { path, kind: 'too-large', message: `The file has ${file.size} bytes and is not judged.` };
    }
    const { bytes } = file;
    if (bytes.subarray(0, SNIFFED_BYTES).includes(0)) {
      return { path, kind: 'binary', message: 'The file is no text.' };
    }
    return {
      text() {
        const text = bytes.toString('utf8');
        return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
      },
      digest: () => digestOf(bytes),
    };
  } catch (error) {
    const code = reason(error);
    const kind = code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable';
    return { path, kind, message: `The file cannot be read (${code}).` };
  }
}
