/**
 * The header of a Go file: package name, imports, build constraint. Everything that rules may know of a file besides
 * the declaration that they look at, so a change here examines the whole file again.
 */
import type { FlatTree } from '../../core/syntax/flatTree.ts';
import { FlatNode } from '../../core/syntax/flatTree.ts';
import type { GoNode } from './nodes.gen.ts';

export type GoImport = {
  /** Name under which the file uses the package: the alias, or what the path suggests. `_` and `.` as written. */
  readonly name: string;
  readonly path: string;
  /** The name is written in the source; otherwise it is a guess from the path. */
  readonly alias?: true;
};

export type GoHeader = {
  readonly packageName: string;
  readonly imports: readonly GoImport[];
  /** Text of the `//go:build` (or `// +build`) lines; '' when there is none. */
  readonly buildConstraint: string;
  readonly generated: boolean;
};

export const EMPTY_GO_HEADER: GoHeader = { packageName: '', imports: [], buildConstraint: '', generated: false };

/**
 * Package name that an import path suggests: the last element without a major version (`/v2`, `.v3`) and without the
 * customary `go-` prefix or `-go`/`.go` suffix, which are not part of an identifier.
 */
export function packageNameOfPath(path: string): string {
  const elements = path.split('/');
  let last = elements.pop() ?? '';
  if (/^v\d+$/.test(last) && elements.length > 0) last = elements.pop()!;
  last = last.replace(/\.v\d+$/, '');
  if (/^[A-Za-z_]\w*$/.test(last)) return last;
  last = last.replace(/^go[-.]/, '').replace(/[-.]go$/, '');
  return /^[A-Za-z_]\w*$/.test(last) ? last : last.replace(/.*[-.]/, '');
}

/** The marker that Go tools write: a line of its own before the package clause. */
const GENERATED = /^\uFEFF?\/\/ Code generated .* DO NOT EDIT\.\r?$/m;
const BUILD = /^\uFEFF?\/\/(?:go:build|\s*\+build)[ \t]+(.*?)\r?$/gm;

/** Reads the header from the trees of the package clause and the import declarations. */
export function readGoHeader(chunks: readonly FlatTree[], text: string): GoHeader {
  let packageName = '';
  const imports: GoImport[] = [];
  for (const tree of chunks) {
    const root: GoNode = new FlatNode(tree, 0);
    for (const node of root.descendants('package_clause', 'import_spec')) {
      if (node.kind === 'package_clause') {
        packageName = node.childOfKind('package_identifier')?.text ?? '';
        continue;
      }
      const path = (node.child('path')?.text ?? '').slice(1, -1);
      const alias = node.child('name')?.text;
      if (path === '') continue;
      imports.push(alias === undefined ? { name: packageNameOfPath(path), path } : { name: alias, path, alias: true });
    }
  }
  const clause = /^\uFEFF?package\s/m.exec(text);
  const preamble = text.slice(0, clause?.index ?? 20_000);
  const constraints = [...preamble.matchAll(BUILD)].map((match) => match[1]!.trim());
  return { packageName, imports, buildConstraint: constraints.join(' && '), generated: GENERATED.test(preamble) };
}

/** Import path of a name used as a package qualifier in the file, or `null`. */
export function importedPath(header: GoHeader, name: string): string | null {
  let paths = importedPaths.get(header);
  if (paths === undefined) {
    // The first of equal names counts.
    paths = new Map([...header.imports].reverse().map((item) => [item.name, item.path]));
    importedPaths.set(header, paths);
  }
  return paths.get(name) ?? null;
}

const importedPaths = new WeakMap<GoHeader, ReadonlyMap<string, string>>();

/** Name under which the file uses a package, or `null` when it does not import it by a usable name. */
export function localNameOf(header: GoHeader, path: string): string | null {
  for (const item of header.imports) {
    if (item.path === path && item.name !== '_' && item.name !== '.') return item.name;
  }
  return null;
}
