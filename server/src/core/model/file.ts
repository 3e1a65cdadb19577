/** What the engine knows of a file before it looks inside: language, role, place in the workspace. */

/** LSP language identifiers where they exist; `text` is everything else that is worth reading. */
export const LANGUAGE_IDS = [
  'go',
  'python',
  'gomod',
  'gosum',
  'env',
  'gitignore',
  'workflow',
  'yaml',
  'json',
  'toml',
  'dockerfile',
  'compose',
  'makefile',
  'shell',
  'markdown',
  'text',
] as const;
export type LanguageId = (typeof LANGUAGE_IDS)[number];

/**
 * Why a file is in the tree. Rules look at `production` files unless they say otherwise; facts are taken from all but
 * vendored ones, and carry the role, so that a judge never takes a test for a control.
 */
export type FileRole = 'production' | 'test' | 'generated' | 'vendored' | 'example';

/** Every role but `vendored`: code of the team itself. */
export const OWN_ROLES: readonly FileRole[] = ['production', 'test', 'generated', 'example'];
