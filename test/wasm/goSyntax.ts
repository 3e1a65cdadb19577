/** A Syntax with the Go grammar for tests, from the packages that `grammars.json` pins. Never the copied files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pins from '../../grammars/grammars.json' with { type: 'json' };
import { createSyntax, type SyntaxSources, type WasmSyntax } from '../../server/src/wasm/syntax.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bytes of a pinned file. */
function pinnedBytes(pin: { readonly package: string; readonly file: string }): Uint8Array {
  return readFileSync(join(root, 'node_modules', pin.package, pin.file));
}

export function runtimeBytes(): Uint8Array {
  return pinnedBytes(pins.runtime);
}

export function goBytes(): Uint8Array {
  return pinnedBytes(pins.grammars.find((pin) => pin.language === 'go')!);
}

/** `forceCursor`: read trees through the runtime's cursor, the yardstick. `step`: see `SyntaxSources`. */
export function createGoSyntax(options: Pick<SyntaxSources, 'forceCursor' | 'step'> = {}): Promise<WasmSyntax> {
  return createSyntax({ runtimeWasm: runtimeBytes(), grammars: { go: goBytes() }, ...options });
}
