/**
 * Starts the language server as a process of the editor's own Node. It decides nothing else: the life of the
 * connection is in connection.ts.
 */
import type * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import type { CreateClient } from './connection.ts';

/** The server's bundle, relative to the extension. It accepts `--node-ipc` and `--stdio`. */
const SERVER_MODULE = 'dist/server.js';

/** Node's IPC channel rather than standard output, so that a stray line of output cannot break the protocol. */
export function nodeClient(context: vscode.ExtensionContext): CreateClient {
  const server = { module: context.asAbsolutePath(SERVER_MODULE), transport: TransportKind.ipc };
  return (options) => new LanguageClient('shipworthy', 'Shipworthy', server, options);
}
