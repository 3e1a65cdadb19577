/** Tests that need no editor. Whole processes are started by some, so a slow machine gets time. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  // Where there is no editor, tests of the client see what it would have given to one.
  resolve: { alias: { vscode: fileURLToPath(new URL('./test/client/vscodeStub.ts', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vscode/**'],
    setupFiles: ['test/harness/setup.ts'],
    maxWorkers: '100%',
    testTimeout: process.env['SHIPWORTHY_FULL'] === '1' ? 3_600_000 : 300_000,
  },
});
