/**
 * The part of the WebAssembly JavaScript interface that this folder uses. It exists in every host we run in, but only
 * TypeScript's DOM libraries declare it, and those would bring a thousand globals that a server must not touch.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: object);
    readonly exports: object;
  }
  class Memory {
    constructor(limits: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
