/** The parts of the language server on Node: disk, threads, parser, rules. Loaded when `initialize` is answered. */
import { availableParallelism } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Connection, InitializeParams } from 'vscode-languageserver';
import { loadSyntax, readExamples } from '../host/node/assets.ts';
import { defaultCacheFolder, openDiskCache } from '../host/node/diskCache.ts';
import { commitOf } from '../host/node/gitCommit.ts';
import { openHistory } from '../host/node/historyFile.ts';
import { createNodeHost } from '../host/node/nodeHost.ts';
import { createScanFiles } from '../host/node/scanFiles.ts';
import { tuneForLongRun } from '../host/node/tuning.ts';
import { serve } from '../lsp/server.ts';
import { chooseRubric, RUBRICS } from '../rubrics/rubrics.ts';
import { RULES } from '../rules/index.gen.ts';
import { createEngine } from './compose.ts';
import { beside, digestOfAnalysis } from './program.ts';

export function startServer(connection: Connection, params: InitializeParams): void {
  // One core is left to the editor.
  const scanFiles = createScanFiles(beside('scanWorker.js'), Math.max(1, availableParallelism() - 1));
  serve(
    {
      connection,
      createEngine: async () => createEngine(await loadSyntax(beside('./'))),
      createHost: createNodeHost,
      openCache(roots, chosen) {
        const folder = chosen ?? defaultCacheFolder();
        if (folder === null || !isAbsolute(folder)) return null;
        const program = digestOfAnalysis();
        return program === null ? null : openDiskCache({ folder, roots, program });
      },
      openHistory: (folder) => (isAbsolute(folder) ? openHistory(folder) : null),
      commitOf,
      scanFiles(items, options) {
        tuneForLongRun(items.length);
        return scanFiles(items, options);
      },
      vocabulary: { rules: RULES, rubrics: RUBRICS },
      chooseRubric,
      readExamples: () => readExamples(beside('./')),
      now: () => `${new Date().toISOString().slice(0, 19)}Z`,
    },
    params,
  );
}
