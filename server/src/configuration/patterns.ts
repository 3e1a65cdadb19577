/** Finds patterns of configuration files that match nothing. Says nothing where it cannot know. */
import ignore from 'ignore';
import { type ConfigProblem, type Configuration, PATTERN_KINDS, type Pattern } from './resolve.ts';

/** What there is in the workspace. */
export interface Inventory {
  /** Workspace paths of the files that are looked at. */
  readonly paths: readonly string[];
  /** What patterns exclude: files, and folders with a slash at their end, of which the content is not known. */
  readonly excluded: readonly string[];
}

/** So many comparisons take a second; whoever has more patterns and files than that is not told. */
const COMPARISON_LIMIT = 1_000_000;

/** A warning for each pattern that matches nothing. */
export function idlePatterns(configuration: Configuration, { paths, excluded }: Inventory): readonly ConfigProblem[] {
  let left = COMPARISON_LIMIT;
  const problems: ConfigProblem[] = [];
  for (const kind of PATTERN_KINDS) {
    for (const pattern of configuration.currentPatterns(kind)) {
      const { value, folder, origin } = pattern;
      if (value.startsWith('!') || value.startsWith('#')) continue;
      // What is excluded is no test and not generated, as far as anybody asks.
      const candidates = kind === 'exclude' ? [...excluded, ...paths] : paths;
      left -= candidates.length;
      if (left < 0) return problems;
      if (matchesAny(pattern, candidates) || mayMatchInside(pattern, excluded)) continue;
      const place = folder === '' ? 'the workspace' : folder;
      const message = `This pattern matches nothing in ${place}.`;
      problems.push({ path: origin.file.path, span: origin.span, message, level: 'warning' });
    }
  }
  return problems;
}

function matchesAny({ value, folder }: Pattern, candidates: readonly string[]): boolean {
  const prefix = folder === '' ? '' : `${folder}/`;
  const matcher = ignore().add(value);
  return candidates.some(
    (path) => path.startsWith(prefix) && path !== prefix && matcher.ignores(path.slice(prefix.length)),
  );
}

/** Whether the pattern may mean something in a folder that is excluded as a whole. */
function mayMatchInside({ value, folder }: Pattern, excluded: readonly string[]): boolean {
  const prefix = folder === '' ? '' : `${folder}/`;
  const start = /^\/?([^*?[\]\\]*)/.exec(value)![1]!;
  const isAnchored = /\/(?=.)/.test(value.trimEnd());
  return excluded.some((path) => {
    if (!path.endsWith('/') || !(path.startsWith(prefix) || prefix.startsWith(path))) return false;
    if (!isAnchored) return true;
    const whole = prefix + start;
    return whole.startsWith(path) || path.startsWith(whole);
  });
}
