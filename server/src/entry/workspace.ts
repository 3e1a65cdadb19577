/** A folder as the command line finds it: its configuration, and the files that are to be judged. */
import { isOwnConfiguration, type Vocabulary } from '../configuration/file.ts';
import { loadConfiguration } from '../configuration/load.ts';
import type { Configuration } from '../configuration/resolve.ts';
import type { Host, Listing } from '../host/host.ts';
import { RUBRICS } from '../rubrics/rubrics.ts';
import { RULES } from '../rules/index.gen.ts';

/** What configuration files are checked by. */
export const VOCABULARY: Vocabulary = { rules: RULES, rubrics: RUBRICS };

export interface FoundWorkspace {
  readonly configuration: Configuration;
  readonly listing: Listing;
}

/**
 * Reads the configuration of a folder and lists its files. Configuration files below the root are found by listing; when
 * they exclude more, the files are listed once more. `more`: ignore patterns besides.
 */
export async function findWorkspace(
  host: Host,
  pause: () => Promise<void>,
  more: readonly string[] = [],
): Promise<FoundWorkspace> {
  const read = async (path: string): Promise<string | null | { readonly message: string }> => {
    const text = await host.read(path);
    return typeof text === 'string' ? text : text.kind === 'missing' ? null : text;
  };
  const load = (nested: readonly string[], previous: Configuration | null): Promise<Configuration> =>
    loadConfiguration({ roots: [''], nested, read, vocabulary: VOCABULARY, previous });
  const atRoot = await load([], null);
  const listing = await host.list([...more, ...atRoot.excludeOf('')], pause);
  const nested = listing.paths.filter(isOwnConfiguration);
  if (nested.every((path) => !path.includes('/'))) return { configuration: atRoot, listing };
  const configuration = await load(nested, atRoot);
  const exclude = configuration.excludeOf('');
  const isSame = exclude.join('\n') === atRoot.excludeOf('').join('\n');
  return { configuration, listing: isSame ? listing : await host.list([...more, ...exclude], pause) };
}
