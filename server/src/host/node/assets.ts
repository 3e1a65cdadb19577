/** The files that ship beside the bundle: WebAssembly, and the examples of rules. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { RuleExamples } from '../../core/present/ruleDoc.ts';
import type { Syntax } from '../../core/syntax/syntax.ts';
import { createSyntax } from '../../wasm/syntax.ts';

const RUNTIME = 'tree-sitter.wasm';
const GRAMMARS = { go: 'tree-sitter-go.wasm', python: 'tree-sitter-python.wasm' } as const;

const EXAMPLES = 'examples.json';

/** Every file that `loadSyntax` reads. */
export const ASSETS: readonly string[] = [RUNTIME, ...Object.values(GRAMMARS)];

/** The parser with every grammar. `folder` holds the files; its URL ends with a slash. */
export async function loadSyntax(folder: URL): Promise<Syntax> {
  const bytes = (name: string): Promise<Uint8Array> => readFile(fileURLToPath(new URL(name, folder)));
  const [runtimeWasm, go, python] = await Promise.all([bytes(RUNTIME), bytes(GRAMMARS.go), bytes(GRAMMARS.python)]);
  return createSyntax({ runtimeWasm, grammars: { go, python } });
}

/** The examples of rules, by id. They are read only when somebody asks for the page of a rule. */
export async function readExamples(folder: URL): Promise<Readonly<Record<string, RuleExamples>>> {
  return JSON.parse(await readFile(fileURLToPath(new URL(EXAMPLES, folder)), 'utf8')) as Record<string, RuleExamples>;
}
