/**
 * The beginning of a conversation. `initialize` is answered by this file alone, since all else takes several times as
 * long to load; what the client says meanwhile waits, in order.
 */
import {
  CodeActionKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
  type MessageStrategy,
  TextDocumentSyncKind,
} from 'vscode-languageserver';
import { TOOL_NAME, TOOL_VERSION } from '../core/model/tool.ts';

export const SOURCE = 'shipworthy';
export const FIX_ALL_KIND = `${CodeActionKind.SourceFixAll}.shipworthy`;

const INITIALIZE_RESULT: InitializeResult = {
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
    diagnosticProvider: { identifier: SOURCE, interFileDependencies: true, workspaceDiagnostics: true },
    codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL_KIND], resolveProvider: true },
    hoverProvider: true,
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  },
  serverInfo: { name: TOOL_NAME, version: TOOL_VERSION },
};

/**
 * Answers `initialize` on a connection that takes its messages by the given strategy, then has the server loaded.
 * `load` registers the handlers of everything else. When it fails, the error is nobody's and ends the process.
 */
export function shakeHands(
  connect: (strategy: MessageStrategy) => Connection,
  load: (connection: Connection, params: InitializeParams) => Promise<void>,
): void {
  let loading: Promise<void> | null = null;
  const connection = connect({
    handleMessage(message, next) {
      if (loading === null) next(message);
      else void loading.then(() => next(message));
    },
  });
  connection.onInitialize((params) => {
    // The answer goes out first.
    loading = new Promise<void>((resolve) => setImmediate(resolve)).then(() => load(connection, params));
    return INITIALIZE_RESULT;
  });
  connection.listen();
}
