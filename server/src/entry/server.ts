#!/usr/bin/env node
/** The language server as a process: `--stdio` for any LSP client, `--node-ipc` for VS Code. */
import { availableParallelism } from 'node:os';
import { isAbsolute } from 'node:path';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { loadSyntax, readExamples } from '../host/node/assets.ts';
import { defaultCacheFolder, openDiskCache } from '../host/node/diskCache.ts';
import { commitOf } from '../host/node/gitCommit.ts';
import { openHistory } from '../host/node/historyFile.ts';
import { createNodeHost } from '../host/node/nodeHost.ts';
import { createScanFiles } from '../host/node/scanFiles.ts';
import { serve } from '../lsp/server.ts';
import { chooseRubric, RUBRICS } from '../rubrics/rubrics.ts';
import { RULES } from '../rules/index.gen.ts';
import { createEngine } from './compose.ts';
import { beside, digestOfAnalysis } from './program.ts';

const TRANSPORTS = ['--stdio', '--node-ipc', '--socket', '--pipe'];

if (!process.argv.slice(2).some((argument) => TRANSPORTS.some((name) => argument.startsWith(name)))) {
  process.stderr.write('Usage: shipworthy-language-server --stdio\n');
  process.exit(2);
}

serve({
  connection: createConnection(ProposedFeatures.all),
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
  // One core is left to the editor.
  scanFiles: createScanFiles(beside('scanWorker.js'), Math.max(1, availableParallelism() - 1)),
  vocabulary: { rules: RULES, rubrics: RUBRICS },
  chooseRubric,
  readExamples: () => readExamples(beside('./')),
  now: () => `${new Date().toISOString().slice(0, 19)}Z`,
});
