#!/usr/bin/env node
/** The language server as a process: `--stdio` for any LSP client, `--node-ipc` for VS Code. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { shakeHands } from '../lsp/handshake.ts';

const TRANSPORTS = ['--stdio', '--node-ipc', '--socket', '--pipe'];

if (!process.argv.slice(2).some((argument) => TRANSPORTS.some((name) => argument.startsWith(name)))) {
  process.stderr.write('Usage: shipworthy-language-server --stdio\n');
  process.exit(2);
}

shakeHands(
  (messageStrategy) => createConnection(ProposedFeatures.all, { messageStrategy }),
  async (connection, params) => {
    const { startServer } = await import('./languageServer.ts');
    startServer(connection, params);
  },
);
