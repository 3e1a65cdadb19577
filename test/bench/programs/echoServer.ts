/**
 * The least that a language server does: it keeps the text up to date and answers with one and the same diagnostic. What
 * another server takes beyond it is its own.
 */
import {
  createConnection,
  DocumentDiagnosticReportKind,
  ProposedFeatures,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';

const start = { line: 0, character: 0 };
const DIAGNOSTIC = { range: { start, end: { line: 0, character: 1 } }, message: 'Always the same.' };

const connection = createConnection(ProposedFeatures.all);
const documents = new TextDocuments(TextDocument);
connection.onInitialize(() => ({
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
    diagnosticProvider: { interFileDependencies: false, workspaceDiagnostics: false },
  },
}));
connection.languages.diagnostics.on(({ textDocument }) => ({
  kind: DocumentDiagnosticReportKind.Full,
  items: documents.get(textDocument.uri) === undefined ? [] : [DIAGNOSTIC],
}));
documents.listen(connection);
connection.listen();
