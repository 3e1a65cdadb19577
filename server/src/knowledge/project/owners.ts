/**
 * Who owns a file by the CODEOWNERS file of GitHub, GitLab and the like: the last pattern that matches decides. Sections
 * of GitLab give owners to the patterns below them that name none. It knows nothing of teams and who is in them.
 */
import ignore from 'ignore';

/** Where the file is looked for: the first one counts. */
const PLACES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'];
/** GitHub does not read larger ones. */
const MAX_LENGTH = 3_000_000;

/** The owners of a path, as they are written; empty when nobody owns it. */
export type OwnersOf = (path: string) => readonly string[];

/**
 * The owners of all paths of a workspace; null when no folder has a CODEOWNERS file. `prefixes`: what the paths of each
 * folder begin with.
 */
export function ownersIn(
  textOf: (path: string) => string | undefined,
  prefixes: readonly string[] = [''],
): OwnersOf | null {
  const folders = prefixes.flatMap((prefix) => {
    const place = PLACES.find((each) => textOf(prefix + each) !== undefined);
    return place === undefined ? [] : [{ prefix, owners: parseOwners(textOf(prefix + place)!) }];
  });
  if (folders.length === 0) return null;
  return (path) => {
    const folder = folders.find(({ prefix }) => path.startsWith(prefix));
    return folder === undefined ? [] : folder.owners(path.slice(folder.prefix.length));
  };
}

interface OwnedPattern {
  matches(path: string): boolean;
  readonly owners: readonly string[];
}

/** Reads a CODEOWNERS file. Lines that say nothing valid are passed over, as the services do. */
export function parseOwners(text: string): OwnersOf {
  const patterns: OwnedPattern[] = [];
  let sectionOwners: readonly string[] = [];
  for (const line of text.slice(0, MAX_LENGTH).split(/\r?\n/)) {
    const [pattern = '', ...rest] = line.trim().match(/(?:\\.|\S)+/g) ?? [];
    const comment = rest.findIndex((word) => word.startsWith('#'));
    const words = comment < 0 ? rest : rest.slice(0, comment);
    if (pattern === '' || pattern.startsWith('#')) continue;
    const section = /^\s*\^?\[[^\]]+\](?:\[\d+\])?(.*)$/.exec(line);
    if (section !== null) {
      sectionOwners = ownersAmong(section[1]!.split(/\s+/));
      continue;
    }
    // Neither service knows negation.
    if (pattern.startsWith('!')) continue;
    const own = ownersAmong(words);
    patterns.push({ matches: matcher(pattern), owners: own.length === 0 && words.length === 0 ? sectionOwners : own });
  }
  const known = new Map<string, readonly string[]>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const owners = patterns.findLast((pattern) => pattern.matches(path))?.owners ?? [];
    known.set(path, owners);
    return owners;
  };
}

function ownersAmong(words: readonly string[]): readonly string[] {
  return words.filter((word) => /^@\S|^[^@\s]+@[^@\s]+$/.test(word));
}

/** Patterns are those of ignore files, but for `folder/*`, which does not reach into folders below. */
function matcher(pattern: string): (path: string) => boolean {
  const rules = ignore({ allowRelativePaths: true }).add(pattern);
  const isShallow = /[^*]\/\*$/.test(pattern);
  return (path) => {
    if (!rules.ignores(path)) return false;
    const slash = path.lastIndexOf('/');
    return !isShallow || slash < 0 || !rules.ignores(path.slice(0, slash));
  };
}
