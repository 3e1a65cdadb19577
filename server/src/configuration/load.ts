/** Reads the configuration files of a workspace, with those that they build on. */
import { CONFIGURATION_NAMES, type ConfigFile, readConfigFile, unreadableFile, type Vocabulary } from './file.ts';
import { Configuration } from './resolve.ts';

/** Files that all the others together may build on. */
const FILE_LIMIT = 10_000;

export interface LoadOptions {
  /** The folders of the workspace: `''` for a single one, otherwise names with a slash at the end. */
  readonly roots: readonly string[];
  /** Workspace paths of configuration files below the roots; those of the roots themselves are looked for. */
  readonly nested: Iterable<string>;
  /** Text of a file, null when there is none, or why it cannot be read. */
  readonly read: (path: string) => Promise<string | null | { readonly message: string }>;
  readonly vocabulary: Vocabulary;
  /** What held until now: files that have an error go on as they were there. */
  readonly previous: Configuration | null;
}

export async function loadConfiguration(options: LoadOptions): Promise<Configuration> {
  const { roots, nested, read, vocabulary, previous } = options;
  const found = [...new Set([...roots.flatMap((root) => CONFIGURATION_NAMES.map((name) => root + name)), ...nested])];
  const files = new Map<string, ConfigFile | null>();
  const pending = new Set(found);
  for (const path of pending) {
    if (files.size > FILE_LIMIT) break;
    const text = await read(path);
    if (typeof text === 'string') files.set(path, parse(path, text, roots, vocabulary, previous));
    else files.set(path, text === null ? null : unreadableFile(path, text.message));
    for (const base of files.get(path)?.bases ?? []) if (base.path !== null) pending.add(base.path);
  }
  return new Configuration({ files, found, roots, vocabulary, previous });
}

function parse(
  path: string,
  text: string,
  roots: readonly string[],
  vocabulary: Vocabulary,
  previous: Configuration | null,
): ConfigFile {
  const known = previous?.files.get(path);
  if (known?.text === text && known.tree.root !== null) return known;
  return readConfigFile(path, roots.find((root) => path.startsWith(root)) ?? '', text, vocabulary);
}
