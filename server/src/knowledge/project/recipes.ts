/**
 * The words of files that build, test, deploy or configure, so that a judge can ask whether any of them names a folder or
 * a file. Paths count by each of their elements. What documents and code say does not count. Fact `project.recipe` (key:
 * path): words separated by blanks.
 */
import type { LanguageId } from '../../core/model/file.ts';
import { defineDerivation, type Extractor, fact, type TextDetector } from '../../core/rulekit/rule.ts';
import { withoutComments } from '../../formats/commands.ts';

/** Longer files are generated. */
const LIMIT = 200_000;
const CODE = /\.(?:[cm]?[jt]sx?|rs|sql|html|css|scss|vue|svelte|rb|php|java|kt|swift|c|h|cpp|cc|cs|lua|rst|txt|svg)$/i;
/** What tools write: it names everything, and asks for nothing. */
const WRITTEN = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|[\w.-]+\.lock|composer\.lock)$/;

const words: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    if (text.length > LIMIT || CODE.test(path) || WRITTEN.test(path)) return;
    const found = new Set<string>();
    for (const [word] of withoutComments(text).matchAll(/[\w-][\w.-]*/g)) found.add(word);
    yield fact('project.recipe', path, [...found].join(' '), { start: 0, end: 0 });
  },
};

/** Paths of the recipes that hold a word. */
export const recipeWords = defineDerivation('project.recipes', (facts): ReadonlyMap<string, readonly string[]> => {
  const paths = new Map<string, string[]>();
  for (const { key, value } of facts.all('project.recipe')) {
    for (const word of (value as string).split(' ')) {
      const own = paths.get(word);
      if (own === undefined) paths.set(word, [key]);
      else own.push(key);
    }
  }
  return paths;
});

const RECIPES: readonly LanguageId[] = [
  'compose',
  'dockerfile',
  'workflow',
  'makefile',
  'shell',
  'yaml',
  'json',
  'toml',
  'text',
];

export const extractors: readonly Extractor[] = RECIPES.map((language) => ({
  id: `project.recipe.${language}`,
  language,
  detector: words,
}));
