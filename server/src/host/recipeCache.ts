/** A cache that tells apart what was found in the same content by different recipes. */
import type { RecipeOf } from '../core/engine/recipe.ts';
import type { Cache } from './host.ts';

/**
 * The cache as seen with these recipes: a record is named by the content of the file and by what it was looked at by, so
 * that none is taken for another's. `recipeOf` is that of the analysis whose records are kept.
 */
export function cacheWithRecipes(cache: Cache, recipeOf: RecipeOf): Cache {
  const name = (path: string, digest: string): string => {
    const { key } = recipeOf(path);
    // Half of each: a name has the length of a digest.
    return key === '' ? digest : digest.slice(0, key.length) + key;
  };
  return {
    knows: (path) => cache.knows(path),
    find: (path, digest) => cache.find(path, name(path, digest)),
    keep: (path, digest, record) => cache.keep(path, name(path, digest), record),
    result: () => cache.result(),
    keepResult: (key, result) => cache.keepResult(key, result),
    forget: () => cache.forget(),
    save: (paths, pause) => cache.save(paths, pause),
  };
}
