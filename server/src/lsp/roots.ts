/**
 * Workspace folders and their URIs against the engine's paths. With one folder a path is relative to it; with several
 * the folder's name comes first, so that one engine holds them all.
 */
import { URI } from 'vscode-uri';

export interface Root {
  readonly uri: string;
  /** Absolute path on the machine of the server. */
  readonly folder: string;
  /** '' with one folder, otherwise the folder's unique name with a slash. */
  readonly prefix: string;
  readonly name: string;
}

/** Roots for the folders of `initialize`; folders that are no files of this machine are left out. */
export function rootsOf(folders: readonly { readonly uri: string; readonly name: string }[]): readonly Root[] {
  const local = folders.filter((folder) => URI.parse(folder.uri).scheme === 'file');
  const used = new Set<string>();
  return local.map(({ uri, name }) => {
    const base = name.replace(/[/\\]/g, '-') || 'folder';
    let unique = base;
    for (let i = 2; used.has(unique); i++) unique = `${base}-${i}`;
    used.add(unique);
    return {
      uri: uri.replace(/\/+$/, ''),
      folder: URI.parse(uri).fsPath,
      prefix: local.length > 1 ? `${unique}/` : '',
      name: unique,
    };
  });
}

/** Segments that no listing gives, and that may lead out of a folder. */
const STRANGE_SEGMENT = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** Path of a document, or `null` when it is in no folder of the workspace. The innermost folder wins. */
export function pathOf(roots: readonly Root[], uri: string): string | null {
  const parsed = URI.parse(uri);
  if (parsed.scheme !== 'file') return null;
  let best: string | null = null;
  let length = -1;
  for (const root of roots) {
    const base = URI.parse(root.uri).path.replace(/\/+$/, '');
    if (!parsed.path.startsWith(`${base}/`) || base.length <= length) continue;
    const inside = parsed.path.slice(base.length + 1);
    if (STRANGE_SEGMENT.test(inside)) continue;
    best = root.prefix + inside;
    length = base.length;
  }
  return best;
}

/** The root that a path belongs to, and the path inside it. */
export function locate(roots: readonly Root[], path: string): { readonly root: Root; readonly inside: string } | null {
  for (const root of roots) {
    if (path.startsWith(root.prefix)) return { root, inside: path.slice(root.prefix.length) };
  }
  return null;
}

/** URI of a path. */
export function uriOf(roots: readonly Root[], path: string): string {
  const found = locate(roots, path);
  if (found === null) return '';
  const base = URI.parse(found.root.uri);
  return base.with({ path: `${base.path.replace(/\/+$/, '')}/${found.inside}` }).toString();
}
