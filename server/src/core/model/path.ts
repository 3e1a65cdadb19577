/** Workspace paths: relative to the root, parts separated by `/`. */

/** Directory part of a workspace path, '' for the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
