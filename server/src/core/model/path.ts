/** Workspace paths: relative to the root, parts separated by `/`. */

/** Directory part of a workspace path, '' for the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** A path that stays in the workspace, without `./` at its start; null for any other. */
export function workspacePath(text: string): string | null {
  const path = text.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  const isInside = !/^(?:\/|[A-Za-z]:)|\\/.test(path) && !path.split('/').includes('..');
  return isInside ? (path === '.' ? '' : path) : null;
}
