/**
 * Go files that git is told to ignore: generated code that exists on somebody's machine but not in the tree. States
 * `gitignore.go`, key: pattern, value: `base` (the directory where such files may stand) and `below` (there and in
 * every directory below). It looks at patterns for files only; an ignored directory is missing as a whole.
 */
import { directoryOf } from '../../core/engine/factIndex.ts';
import { type Extractor, fact, type TextDetector } from '../../core/rulekit/rule.ts';
import { parseIgnoreFile } from '../../formats/ignoreFile.ts';

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
      if (!GO_FILES.test(name) || name.endsWith('_test.go')) continue;
      const anchored = pattern.slice(0, -1).includes('/');
      // A wildcard in the path may stand for many directories: everything before it is certain.
      const wild = elements.findIndex((element) => /[*?[]/.test(element));
      const certain = wild < 0 ? elements : elements.slice(0, wild);
      const base = [directoryOf(ctx.file.path), ...certain].filter((element) => element !== '').join('/');
      yield fact('gitignore.go', pattern, { base, below: !anchored || wild >= 0 }, span);
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'gitignore.go', language: 'gitignore', detector: hiddenGoFiles },
];
