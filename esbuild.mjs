/**
 * Builds what ships: client, server, CLI, threads and the script of the webviews, with the WebAssembly files, the
 * schemas and the examples of rules beside them.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { noticesOf } from './tools/notices.mjs';

const common = {
  bundle: true,
  minify: true,
  sourcemap: false,
  target: 'node20',
  platform: 'node',
  logLevel: 'warning',
  // The notices are a file of their own: see below.
  legalComments: 'none',
  metafile: true,
  // Its other build asks for its own files in a way that no bundler sees.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
};

/** ES modules have no `require`, which the CommonJS packages inside the bundle ask for. */
const banner = {
  js: "import { createRequire as __requireOf } from 'node:module'; const require = __requireOf(import.meta.url);",
};

rmSync('dist', { recursive: true, force: true });
const bundles = await Promise.all([
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
    // What they share is there once, and the server answers `initialize` before it has loaded the rules.
    splitting: true,
    chunkNames: 'shared-[hash]',
    banner,
  }),
  build({
    ...common,
    entryPoints: { webview: 'client/webview/main.ts', 'webview-style': 'client/webview/style.css' },
    outdir: 'dist',
    target: 'es2022',
    platform: 'browser',
    format: 'iife',
  }),
]);

/** The examples are gathered by a program in TypeScript, which is bundled in memory and run. */
const { outputFiles } = await build({
  ...common,
  entryPoints: ['tools/examples.ts'],
  format: 'esm',
  write: false,
  outdir: 'dist',
});
const { allExamples } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);
const rules = fileURLToPath(new URL('server/src/rules/', import.meta.url));
writeFileSync('dist/examples.json', JSON.stringify(allExamples(rules)));
const root = fileURLToPath(new URL('.', import.meta.url));
const { runtime, grammars } = JSON.parse(readFileSync('grammars/grammars.json', 'utf8'));
const notices = noticesOf(
  root,
  bundles.map(({ metafile }) => metafile),
  [runtime, ...grammars].map((pin) => pin.package),
);
writeFileSync('dist/ThirdPartyNotices.txt', notices);
copyFileSync('server/src/configuration/shipworthy.schema.gen.json', 'dist/shipworthy.schema.json');
copyFileSync('server/src/rubrics/rubric.schema.json', 'dist/rubric.schema.json');
execFileSync(process.execPath, ['grammars/copy.mjs', 'dist'], { stdio: 'inherit' });
