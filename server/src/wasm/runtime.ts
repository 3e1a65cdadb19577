/**
 * Starts web-tree-sitter with a memory that we hold ourselves, so that a module of our own can read trees in it.
 * web-tree-sitter keeps exactly one module per process; this file never starts a second one and never frees the first.
 */
import { Parser } from 'web-tree-sitter';

const PAGE_BYTES = 64 * 1024;
const INITIAL_BYTES = 32 * 1024 * 1024;
/** The runtime grows its memory on demand up to this; it is the most that its own start-up code would ask for. */
const MAXIMUM_BYTES = 2 * 1024 * 1024 * 1024;

/** The runtime's memory, and its functions to allocate in it. Addresses are 0 when there is no more. */
export interface Runtime {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  realloc(address: number, bytes: number): number;
  free(address: number): void;
}

let started: Promise<Runtime> | null = null;

/**
 * Starts the runtime from the bytes of its `.wasm` file, or hands out the one that runs already.
 * Rejects when the bytes are not the runtime; a later call may then try again.
 */
export function startRuntime(runtimeWasm: Uint8Array): Promise<Runtime> {
  started ??= instantiate(runtimeWasm).catch((error: unknown) => {
    started = null;
    throw error;
  });
  return started;
}

async function instantiate(runtimeWasm: Uint8Array): Promise<Runtime> {
  const memory = new WebAssembly.Memory({
    initial: INITIAL_BYTES / PAGE_BYTES,
    maximum: MAXIMUM_BYTES / PAGE_BYTES,
  });
  const module = await WebAssembly.compile(runtimeWasm);
  let instance: WebAssembly.Instance | undefined;
  await Parser.init({
    wasmMemory: memory,
    // Without this hook the runtime would look for its .wasm file beside the script, which a bundle moves.
    instantiateWasm(imports: object, receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) {
      instance = new WebAssembly.Instance(module, imports);
      receive(instance, module);
    },
  });
  const { malloc, realloc, free } = instance!.exports as Omit<Runtime, 'memory'>;
  return { memory, malloc, realloc, free };
}
