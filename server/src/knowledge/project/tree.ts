/**
 * The paths of the workspace: which files and folders there are. Only files that are read are known, so a folder of
 * images alone is not; whether git or a tool would put something there is for `mayBeMade`.
 */
import { directoryOf } from '../../core/model/path.ts';
import { defineDerivation, type FactView } from '../../core/rulekit/rule.ts';
import { type IgnoreLevel, isIgnored } from '../../formats/ignoreFile.ts';

export interface Tree {
  readonly files: ReadonlySet<string>;
  readonly directories: ReadonlySet<string>;
  /** Every path of a file or folder, and each without one or more of its first elements. */
  readonly endings: ReadonlySet<string>;
  readonly ignored: readonly IgnoreLevel[];
}

/** What the ignore files of the workspace say, file by file. */
export function ignoreLevels(facts: FactView): readonly IgnoreLevel[] {
  return facts.all('project.ignore').map(({ key, value }) => {
    const patterns = value as readonly { readonly pattern: string }[];
    return { directory: key, patterns: patterns.map(({ pattern }) => pattern) };
  });
}

export const projectTree = defineDerivation('project.tree', (facts): Tree => {
  const files = new Set<string>();
  const directories = new Set<string>();
  const endings = new Set<string>();
  const addEndings = (path: string): void => {
    for (let at = 0; at >= 0; at = path.indexOf('/', at) + 1 || -1) endings.add(path.slice(at));
  };
  for (const { key } of facts.all('file')) {
    files.add(key);
    addEndings(key);
    for (let directory = directoryOf(key); directory !== ''; directory = directoryOf(directory)) {
      if (directories.has(directory)) break;
      directories.add(directory);
      addEndings(directory);
    }
  }
  return { files, directories, endings, ignored: ignoreLevels(facts) };
});

/** A path as written in a file of a directory, from the root; null when it leaves the workspace or holds a variable. */
export function resolvedPath(directory: string, written: string): string | null {
  if (/^(?:\/|~|[A-Za-z]:|[\w+-]+:)|[$\\*?[\]{}<>|]|%\w/.test(written)) return null;
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of written.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return null;
    } else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

const MADE =
  /(?:^|\/)(?:bin|build|dist|out|output|target|node_modules|tmp|temp|generated|gen|coverage|static|vendor|public|release|artifacts?|\.[\w-]+)(?:\/|$)/i;

/** Whether a path that is not in the tree may come to be there: by a build, or as something that git ignores. */
export function mayBeMade(path: string, facts: FactView): boolean {
  const { ignored } = facts.derive(projectTree);
  return MADE.test(path) || isIgnored(path, ignored) || isIgnored(`${path}/`, ignored);
}
