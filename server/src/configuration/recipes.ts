/** Recipes of files from the settings that decide what is found in them: see `core/engine/recipe.ts`. */
import ignore, { type Ignore } from 'ignore';
import { type AnalysisSettings, scopeLookup } from '../core/engine/configuration.ts';
import { DEFAULT_RECIPE, defaultRecipes, type Recipe, type RecipeOf } from '../core/engine/recipe.ts';
import type { FileRole } from '../core/model/file.ts';
import { directoryOf } from '../core/model/path.ts';
import { hashText } from '../core/text/hash.ts';

/** Recipes of all files. Each recipe is made once; without settings asking costs nothing. */
export function createRecipes({ options, scopes = [], roles = [] }: AnalysisSettings): RecipeOf {
  if (options === undefined && roles.length === 0 && scopes.every((scope) => scope.options === undefined)) {
    return defaultRecipes;
  }
  const scopeOf = scopeLookup({ rules: {}, ...(options === undefined ? {} : { options }) }, scopes);
  const matchers = roles.flatMap(({ folder, role, patterns }) =>
    runsOf(patterns).map(
      ({ isNegated, patterns: run }): RoleMatcher => ({
        prefix: folder === '' ? '' : `${folder}/`,
        role,
        isNegated,
        matcher: ignore().add(run),
      }),
    ),
  );
  const byFolder = new Map<string, typeof matchers>();
  const known = new Map<string, Recipe>([[JSON.stringify([null, null, []]), DEFAULT_RECIPE]]);
  return (path) => {
    const folder = directoryOf(path);
    let own = byFolder.get(folder);
    if (own === undefined) {
      own = matchers.filter(({ prefix }) => path.startsWith(prefix));
      byFolder.set(folder, own);
    }
    const { role, notRoles } = rolesBy(own, path);
    const content = { options: scopeOf(folder).options ?? null, role, notRoles };
    const name = JSON.stringify([content.options, role, notRoles]);
    let recipe = known.get(name);
    if (recipe === undefined) {
      recipe = { ...content, key: hashText(name) };
      known.set(name, recipe);
    }
    return recipe;
  };
}

interface RoleMatcher {
  /** Folder of the patterns with a slash at its end, '' for that around all. */
  readonly prefix: string;
  readonly role: FileRole;
  readonly isNegated: boolean;
  readonly matcher: Ignore;
}

/** Patterns in runs with and without a leading `!`, which is taken off. */
function runsOf(patterns: readonly string[]): { readonly isNegated: boolean; readonly patterns: string[] }[] {
  const runs: { isNegated: boolean; patterns: string[] }[] = [];
  for (const pattern of patterns) {
    const isNegated = pattern.startsWith('!');
    const body = isNegated ? pattern.slice(1) : pattern;
    const last = runs.at(-1);
    if (last?.isNegated === isNegated) last.patterns.push(body);
    else runs.push({ isNegated, patterns: [body] });
  }
  return runs;
}

/** The last pattern that speaks of a file decides, for each role by itself; of two roles the later one. */
function rolesBy(matchers: readonly RoleMatcher[], path: string): Pick<Recipe, 'role' | 'notRoles'> {
  let role: FileRole | null = null;
  let notRoles: readonly FileRole[] = [];
  for (const { prefix, role: named, isNegated, matcher } of matchers) {
    if (!matcher.ignores(path.slice(prefix.length))) continue;
    notRoles = notRoles.filter((other) => other !== named);
    if (!isNegated) role = named;
    else {
      if (role === named) role = null;
      notRoles = [...notRoles, named];
    }
  }
  return { role, notRoles };
}
