/** The WebAssembly files that ship beside the bundle. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Syntax } from '../../core/syntax/syntax.ts';
import { createSyntax } from '../../wasm/syntax.ts';

const RUNTIME = 'tree-sitter.wasm';
const GRAMMARS = { go: 'tree-sitter-go.wasm', python: 'tree-sitter-python.wasm' } as const;

/** Every file that `loadSyntax` reads. */
export const ASSETS: readonly string[] = [RUNTIME, ...Object.values(GRAMMARS)];

/** The parser with every grammar. `folder` holds the files; its URL ends with a slash. */
export async function loadSyntax(folder: URL): Promise<Syntax> {
  const bytes = (name: string): Promise<Uint8Array> => readFile(fileURLToPath(new URL(name, folder)));
  const [runtimeWasm, go, python] = await Promise.all([bytes(RUNTIME), bytes(GRAMMARS.go), bytes(GRAMMARS.python)]);
  return createSyntax({ runtimeWasm, grammars: { go, python } });
}
