/** Tests that need no editor. Whole processes are started by some, so a slow machine gets time. */
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vscode/**'],
    maxWorkers: '100%',
    testTimeout: process.env['SHIPWORTHY_FULL'] === '1' ? 3_600_000 : 300_000,
  },
});
