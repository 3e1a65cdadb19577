/**
 * How a file is to be looked at, as far as its text does not say so itself: options of rules, and a role that somebody
 * gave it. What is found in a file is a function of its text, its path, the program, and its recipe.
 */
import type { FileRole } from '../model/file.ts';
import type { Json } from '../model/json.ts';

export interface Recipe {
  /** Names the recipe: equal keys mean equal recipes. '' is that of a file of which nobody says anything. */
  readonly key: string;
  /** Rule id -> options, where they are not the default. */
  readonly options: Readonly<Record<string, Json>> | null;
  /** The role of the file whatever its path and text say. */
  readonly role: FileRole | null;
  /** A role that the file does not have whatever its path and text say: it is production then. */
  readonly notRoles: readonly FileRole[];
}

export const DEFAULT_RECIPE: Recipe = { key: '', options: null, role: null, notRoles: [] };

/** The recipe of a file, by its path. */
export type RecipeOf = (path: string) => Recipe;

export const defaultRecipes: RecipeOf = () => DEFAULT_RECIPE;

/** The role of a file, given the one that its path and text speak for. */
export function roleBy({ role, notRoles }: Recipe, found: FileRole): FileRole {
  return role ?? (notRoles.includes(found) ? 'production' : found);
}
