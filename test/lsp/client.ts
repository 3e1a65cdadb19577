/**
 * A small LSP client that talks to the real server process over standard input and output. It keeps the text of its
 * documents with vscode-languageserver-textdocument, independently of the server, and collects what the server says.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type CodeAction,
  type ConfigurationParams,
  createMessageConnection,
  type Diagnostic,
  type DocumentDiagnosticReport,
  type Hover,
  type InitializeResult,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
  type WorkspaceDiagnosticReportPartialResult,
  WorkspaceDiagnosticRequest,
  type WorkspaceEdit,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  SETTLED_REQUEST,
  type SettledResult,
  STATUS_NOTIFICATION,
  type StatusParams,
  TREE_REQUEST,
  type TreeElement,
  type TreeParams,
} from '../../server/src/protocol.ts';

const SERVER = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

export interface ClientOptions {
  /** Whether the client pulls diagnostics; otherwise the server pushes. */
  readonly pull: boolean;
  /** What `workspace/configuration` answers; `scopeUri`: the folder that is asked for. */
  readonly settings?: (scopeUri?: string) => unknown;
  /** Folders of the workspace below `folder`; without them it is the workspace. */
  readonly folders?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Where the server may keep what it found; without it nowhere. */
  readonly cacheFolder?: string;
  /** The client opens rule pages itself. */
  readonly commandLinks?: boolean;
  /** Where the server may remember audits; without it nowhere. */
  readonly historyFolder?: string;
  /** Another server: its program and arguments. */
  readonly command?: readonly [program: string, ...args: string[]];
  /** Arguments of Node itself. */
  readonly nodeArguments?: readonly string[];
  /** A server that is there already; without it a process is started. */
  readonly server?: Transport;
}

/** Both ends of a connection, as the client sees them. */
export interface Transport {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
}

/** A temporary workspace with the given files; `remove` deletes it. */
export function temporaryWorkspace(files: Readonly<Record<string, string>>): {
  readonly folder: string;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'shipworthy-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function spawnServer(options: ClientOptions): Transport & { readonly process: ChildProcess } {
  const own = [process.execPath, ...(options.nodeArguments ?? []), SERVER, '--stdio'] as const;
  const [program, ...args] = options.command ?? own;
  const server = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...options.environment },
  });
  return {
    process: server,
    reader: new StreamMessageReader(server.stdout!),
    writer: new StreamMessageWriter(server.stdin!),
  };
}

export class TestClient {
  readonly folder: string;
  /** The server's process; null for a server that was there already. */
  readonly process: ChildProcess | null;
  readonly connection: MessageConnection;
  /** Pushed diagnostics by URI. */
  readonly pushed = new Map<string, readonly Diagnostic[]>();
  readonly statuses: StatusParams[] = [];
  readonly progress: string[] = [];
  readonly logs: string[] = [];
  refreshes = 0;
  /** Cancels work as soon as it is announced. */
  cancelProgress = false;
  initialized!: InitializeResult;
  readonly #documents = new Map<string, TextDocument>();
  readonly #waiting: { readonly test: () => boolean; readonly resolve: () => void }[] = [];

  constructor(folder: string, options: ClientOptions) {
    this.folder = folder;
    const {
      process: server,
      reader,
      writer,
    } = options.server === undefined ? spawnServer(options) : { process: null, ...options.server };
    this.process = server;
    this.connection = createMessageConnection(reader, writer);
    const changed = (): void => {
      for (const waiter of this.#waiting.splice(0)) {
        if (waiter.test()) waiter.resolve();
        else this.#waiting.push(waiter);
      }
    };
    this.connection.onNotification(
      'textDocument/publishDiagnostics',
      (params: { uri: string; diagnostics: Diagnostic[] }) => {
        this.pushed.set(params.uri, params.diagnostics);
        changed();
      },
    );
    this.connection.onNotification(STATUS_NOTIFICATION, (status: StatusParams) => {
      this.statuses.push(status);
      changed();
    });
    this.connection.onNotification('window/logMessage', (params: { message: string }) => {
      this.logs.push(params.message);
      changed();
    });
    this.connection.onUnhandledProgress(({ token, value }) => {
      const { kind } = value as { kind?: string };
      if (kind !== undefined) this.progress.push(kind);
      if (kind === 'begin' && this.cancelProgress) {
        void this.connection.sendNotification('window/workDoneProgress/cancel', { token });
      }
      changed();
    });
    this.connection.onRequest('workspace/configuration', ({ items }: ConfigurationParams) =>
      items.map(({ scopeUri }) => options.settings?.(scopeUri) ?? null),
    );
    this.connection.onRequest('workspace/workspaceFolders', () => this.#workspaceFolders(options));
    this.connection.onRequest('client/registerCapability', () => null);
    this.connection.onRequest('window/workDoneProgress/create', () => null);
    this.connection.onRequest('workspace/diagnostic/refresh', () => {
      this.refreshes++;
      changed();
      return null;
    });
    this.connection.listen();
  }

  static async start(folder: string, options: ClientOptions = { pull: true }): Promise<TestClient> {
    const client = new TestClient(folder, options);
    await client.initialize(options);
    return client;
  }

  async initialize(options: ClientOptions): Promise<void> {
    const folders = this.#workspaceFolders(options);
    this.initialized = await this.connection.sendRequest('initialize', {
      processId: this.process === null ? null : process.pid,
      rootUri: folders[0]!.uri,
      workspaceFolders: folders,
      initializationOptions: {
        cacheFolder: options.cacheFolder ?? null,
        historyFolder: options.historyFolder ?? null,
        commandLinks: options.commandLinks === true,
      },
      capabilities: {
        window: { workDoneProgress: true },
        workspace: {
          configuration: true,
          workspaceFolders: true,
          workspaceEdit: { documentChanges: true, changeAnnotationSupport: { groupsOnLabel: true } },
          didChangeWatchedFiles: { dynamicRegistration: true },
          ...(options.pull ? { diagnostics: { refreshSupport: true } } : {}),
        },
        textDocument: {
          codeAction: { resolveSupport: { properties: ['edit'] }, dataSupport: true },
          ...(options.pull ? { diagnostic: { dynamicRegistration: false } } : {}),
        },
      },
    });
    await this.connection.sendNotification('initialized', {});
  }

  #workspaceFolders({ folders }: ClientOptions): { readonly uri: string; readonly name: string }[] {
    if (folders === undefined) return [{ uri: pathToFileURL(this.folder).toString(), name: 'workspace' }];
    return folders.map((name) => ({ uri: this.uri(name), name }));
  }

  /** Resolves when `test` holds; it is asked again after each message of the server. */
  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }

  /** Resolves when the first scan is over. */
  ready(): Promise<void> {
    return this.until(() => ['ready', 'empty', 'disabled', 'error'].includes(this.statuses.at(-1)?.state ?? ''));
  }

  uri(path: string): string {
    return pathToFileURL(join(this.folder, path)).toString();
  }

  text(path: string): string {
    return this.#documents.get(path)!.getText();
  }

  open(path: string, text: string, version = 1): Promise<void> {
    const document = TextDocument.create(this.uri(path), 'go', version, text);
    this.#documents.set(path, document);
    return this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: document.uri, languageId: 'go', version, text },
    });
  }

  /** Sends changes; the own copy of the text is changed by the reference implementation. */
  change(path: string, changes: TextDocumentContentChangeEvent[], next?: number): Promise<void> {
    const document = this.#documents.get(path)!;
    const version = next ?? document.version + 1;
    // Anew each time: the reference keeps a wrong line index after a change that is out of range.
    const after = changes.reduce(
      (known, change) =>
        TextDocument.create(document.uri, 'go', version, TextDocument.update(known, [change], version).getText()),
      TextDocument.create(document.uri, 'go', version, document.getText()),
    );
    this.#documents.set(path, after);
    return this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: document.uri, version },
      contentChanges: changes,
    });
  }

  /** Replaces the first occurrence of a text in a document. */
  replace(path: string, before: string, after: string): Promise<void> {
    const document = this.#documents.get(path)!;
    const start = document.getText().indexOf(before);
    if (start < 0) throw new Error(`"${before}" is not in ${path}`);
    const range = { start: document.positionAt(start), end: document.positionAt(start + before.length) };
    return this.change(path, [{ range, text: after }]);
  }

  close(path: string): Promise<void> {
    this.#documents.delete(path);
    return this.connection.sendNotification('textDocument/didClose', { textDocument: { uri: this.uri(path) } });
  }

  diagnostics(path: string, previousResultId?: string): Promise<DocumentDiagnosticReport> {
    return this.connection.sendRequest('textDocument/diagnostic', {
      textDocument: { uri: this.uri(path) },
      ...(previousResultId === undefined ? {} : { previousResultId }),
    });
  }

  /** Diagnostics of a document, as `line:code`. */
  async codes(path: string): Promise<string[]> {
    const report = await this.diagnostics(path);
    if (report.kind !== 'full') throw new Error('expected a full report');
    return report.items.map((item) => `${item.range.start.line + 1}:${item.code}`);
  }

  settled(): Promise<SettledResult> {
    return this.connection.sendRequest(SETTLED_REQUEST);
  }

  tree(parent?: string, params: Omit<TreeParams, 'parent'> = {}): Promise<readonly TreeElement[]> {
    return this.connection.sendRequest(TREE_REQUEST, parent === undefined ? params : { ...params, parent });
  }

  hover(path: string, line: number, character: number): Promise<Hover | null> {
    return this.connection.sendRequest('textDocument/hover', {
      textDocument: { uri: this.uri(path) },
      position: { line, character },
    });
  }

  codeActions(path: string, diagnostic: Diagnostic, only?: string[]): Promise<CodeAction[]> {
    return this.connection.sendRequest('textDocument/codeAction', {
      textDocument: { uri: this.uri(path) },
      range: diagnostic.range,
      context: { diagnostics: [diagnostic], ...(only === undefined ? {} : { only }) },
    });
  }

  resolve(action: CodeAction): Promise<CodeAction> {
    return this.connection.sendRequest('codeAction/resolve', action);
  }

  /** Applies the edits of a workspace edit to the open documents. */
  async apply(edit: WorkspaceEdit): Promise<void> {
    for (const change of edit.documentChanges ?? []) {
      if (!('textDocument' in change)) continue;
      for (const [path, document] of this.#documents) {
        if (document.uri !== change.textDocument.uri) continue;
        // From the back, so that every range holds in the text that it was made for.
        const edits = change.edits
          .map((item) =>
            'range' in item && 'newText' in item ? { range: item.range, text: String(item.newText) } : null,
          )
          .filter((item) => item !== null)
          .sort((a, b) => document.offsetAt(b.range.start) - document.offsetAt(a.range.start));
        await this.change(path, edits);
      }
    }
  }

  /** The workspace request, held open; its parts go to `take` until the client stops. */
  workspaceDiagnostics(take: (chunk: WorkspaceDiagnosticReportPartialResult) => void): Promise<unknown> {
    const partialResultToken = 'workspace-diagnostics';
    this.connection.onProgress(WorkspaceDiagnosticRequest.partialResult, partialResultToken, take);
    return this.connection.sendRequest(WorkspaceDiagnosticRequest.type, { previousResultIds: [], partialResultToken });
  }

  /** Pulls a document again, each time that the server asks for it, until `test` holds for its diagnostics. */
  async untilDiagnostics(path: string, test: (items: readonly Diagnostic[]) => boolean): Promise<void> {
    for (;;) {
      const refreshes = this.refreshes;
      const report = await this.diagnostics(path);
      if (report.kind === 'full' && test(report.items)) return;
      await this.until(() => this.refreshes > refreshes);
    }
  }

  watched(events: { readonly path: string; readonly type: 1 | 2 | 3 }[]): Promise<void> {
    return this.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: events.map(({ path, type }) => ({ uri: this.uri(path), type })),
    });
  }

  async stop(): Promise<void> {
    const server = this.process;
    await this.connection.sendRequest('shutdown');
    if (server === null) {
      this.connection.dispose();
      return;
    }
    const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    await this.connection.sendNotification('exit');
    await exited;
    this.connection.dispose();
  }
}
