/** The WebAssembly files that ship beside the bundle. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Syntax } from '../../core/syntax/syntax.ts';
import { createSyntax } from '../../wasm/syntax.ts';

/** The parser with every grammar. `folder` holds `tree-sitter.wasm` and the grammars; its URL ends with a slash. */
export async function loadSyntax(folder: URL): Promise<Syntax> {
  const bytes = (name: string): Promise<Uint8Array> => readFile(fileURLToPath(new URL(name, folder)));
  const [runtimeWasm, go] = await Promise.all([bytes('tree-sitter.wasm'), bytes('tree-sitter-go.wasm')]);
  return createSyntax({ runtimeWasm, grammars: { go } });
}
