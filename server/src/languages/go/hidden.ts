/**
 * Go files that git is told to ignore: generated code that exists on somebody's machine but not in the tree. States
 * `gitignore.go`, key: pattern, value: `base` (the directory where such files may stand) and `below` (there and in
 * every directory below). It looks at patterns for files only; an ignored directory is missing as a whole. The output
 * folders of Bazel say that code is generated while building, and then any file may be missing anywhere.
 */
import { directoryOf } from '../../core/model/path.ts';
import { type Extractor, type FactView, fact, type TextDetector } from '../../core/rulekit/rule.ts';
import { parseIgnoreFile } from '../../formats/ignoreFile.ts';

const BAZEL = /^\/?bazel-/;

/** Files that the go command skips, or that only cgo and `go test` write for themselves. */
const NO_SOURCE = /^[_.]|\.cgo\d\.go$|_test\.go$/;

/** Last elements of patterns that hide Go files: `*.pb.go`, `zz_generated*`, `*_gen.*`. */
const GO_FILES = /\.go$|(?:gen|generated|\.pb|_pb|bindata|wire|mock|stringer|templ)[\w.-]*\*$/i;

const hiddenGoFiles: TextDetector = {
  text: true,
  *check(text, ctx) {
    if (!ctx.file.path.endsWith('.gitignore')) return;
    for (const { pattern, span } of parseIgnoreFile(text)) {
      if (pattern.startsWith('!') || pattern.endsWith('/')) continue;
      const elements = pattern.replace(/^\//, '').split('/');
      const name = elements.pop()!;
      if (BAZEL.test(pattern)) {
        yield fact('gitignore.go', pattern, { base: directoryOf(ctx.file.path), below: true }, span);
        continue;
      }
      if (!GO_FILES.test(name) || NO_SOURCE.test(name)) continue;
      const anchored = pattern.slice(0, -1).includes('/');
      // A wildcard in the path may stand for many directories: everything before it is certain.
      const wild = elements.findIndex((element) => /[*?[]/.test(element));
      const certain = wild < 0 ? elements : elements.slice(0, wild);
      const base = [directoryOf(ctx.file.path), ...certain].filter((element) => element !== '').join('/');
      yield fact('gitignore.go', pattern, { base, below: !anchored || wild >= 0 }, span);
    }
  },
};

/** Whether Go files of the directory may be excerpts that illustrate documentation and were never meant to compile. */
export function mayHoldExcerpts(directory: string): boolean {
  return /(?:^|\/)(?:docs?|documentation)(?:\/|$)/.test(directory);
}

interface Hidden {
  readonly base: string;
  readonly below: boolean;
}

function covers({ base, below }: Hidden, directory: string): boolean {
  return directory === base || (below && (base === '' || directory.startsWith(`${base}/`)));
}

/** Whether Go files of the directory may be missing in the tree because git ignores them. */
export function mayHideGoFiles(facts: FactView, directory: string): boolean {
  return facts.all('gitignore.go').some(({ value }) => covers(value as unknown as Hidden, directory));
}

/** Whether Bazel builds the directory: then each file may belong to a target of its own. */
export function isBuiltByBazel(facts: FactView, directory: string): boolean {
  return facts
    .all('gitignore.go')
    .some(({ key, value }) => BAZEL.test(key) && covers(value as unknown as Hidden, directory));
}

export const extractors: readonly Extractor[] = [
  { id: 'gitignore.go', language: 'gitignore', detector: hiddenGoFiles },
];
