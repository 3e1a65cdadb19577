/** Builds what ships: client, server and CLI as one file each, with the WebAssembly files beside them. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const common = {
  bundle: true,
  minify: true,
  sourcemap: false,
  target: 'node20',
  platform: 'node',
  logLevel: 'warning',
  legalComments: 'none',
};

/** ES modules have no `require`, which the CommonJS packages inside the bundle ask for. */
const banner = {
  js: "import { createRequire as __require } from 'node:module'; const require = __require(import.meta.url);",
};

rmSync('dist', { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: { client: 'client/src/extension.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    external: ['vscode'],
  }),
  build({
    ...common,
    entryPoints: {
      server: 'server/src/entry/server.ts',
      cli: 'server/src/entry/cli.ts',
      scanWorker: 'server/src/entry/scanWorker.ts',
    },
    outdir: 'dist',
    format: 'esm',
    banner,
  }),
]);
execFileSync(process.execPath, ['grammars/copy.mjs', 'dist'], { stdio: 'inherit' });
