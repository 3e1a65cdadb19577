/**
 * Loads the bundle of the extension and activates it, with a module that answers everything in place of `vscode`: what
 * remains is the extension's own time. Prints milliseconds, and ends before a server can start.
 *
 * Usage: activate.mjs CLIENT
 */
import Module, { createRequire } from 'node:module';

/** A value that can be called, constructed, extended and asked for any member, which is the same again. */
const anything: unknown = new Proxy(class {}, {
  get: (target, key) => {
    if (key === 'prototype') return target.prototype;
    // Neither a promise nor an iterator of endless length.
    if (key === 'then' || typeof key === 'symbol') return undefined;
    return key === 'version' ? '1.99.0' : key === 'fsPath' ? '/' : anything;
  },
  apply: () => anything,
  set: () => true,
  construct: (target, args, subclass) =>
    subclass === anything ? (anything as object) : Reflect.construct(target, args, subclass),
});

/** What the bundle makes of the module: an object that inherits from it. */
const vscode = Object.create(anything as object) as object;

const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
const load = loader._load;
loader._load = (request, ...rest) => (request === 'vscode' ? vscode : load.call(loader, request, ...rest));

const start = performance.now();
const extension = createRequire(import.meta.url)(process.argv[2]!) as { activate(context: unknown): unknown };
const context = Object.assign(Object.create(anything as object), {
  subscriptions: [],
  asAbsolutePath: (path: string) => path,
}) as object;
extension.activate(context);
process.stdout.write(String(performance.now() - start), () => process.exit(0));
