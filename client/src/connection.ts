/**
 * The connection to the language server, whatever starts it: its life (start, restart, crash policy), its requests, and
 * the last state that it sent. It never draws, and it knows nothing of processes or workers: see connection.node.ts.
 */
import * as vscode from 'vscode';
import {
  type BaseLanguageClient,
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  type ErrorHandler,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  State,
  type WorkspaceEdit,
} from 'vscode-languageclient';
import {
  ACTIONS_REQUEST,
  type ActionChoice,
  type ActionsParams,
  type ActionsResult,
  CANCEL_SCAN_REQUEST,
  DASHBOARD_REQUEST,
  type DashboardResult,
  FILTERS_REQUEST,
  type FileMark,
  type FiltersParams,
  type FiltersResult,
  type InitializationOptions,
  MARKS_REQUEST,
  REPORT_REQUEST,
  RESCAN_REQUEST,
  type ReportParams,
  type ReportResult,
  RULE_FIX_REQUEST,
  RULE_PAGE_REQUEST,
  RULES_REQUEST,
  type RuleFixParams,
  type RuleFixResult,
  type RuleItem,
  type RulePage,
  type RulePageParams,
  SETTLED_REQUEST,
  type SettledResult,
  STATUS_NOTIFICATION,
  type StatusParams,
  TOOL_REQUEST,
  type ToolParams,
  type ToolResult,
  TREE_REQUEST,
  type TreeElement,
  type TreeParams,
} from '../../server/src/protocol.ts';
import { SHOW_RULE_DOC_COMMAND } from './pages/rulePage.ts';
import { serverGoneStatus, startingStatus } from './status.ts';

/** Makes a client that has not been started; the only thing that differs between a process and a worker. */
export type CreateClient = (options: LanguageClientOptions) => BaseLanguageClient;

/** Where the server may keep what it found in files, and the audits of this workspace; null: nowhere. */
export type Folders = Required<Pick<InitializationOptions, 'cacheFolder' | 'historyFolder'>>;

/** Owns the language client. After a crash the client's own policy restarts the server until it gives up. */
export class Connection implements vscode.Disposable {
  readonly #createClient: CreateClient;
  readonly #output: vscode.LogOutputChannel;
  readonly #folders: Folders;
  readonly #statusEmitter = new vscode.EventEmitter<StatusParams>();
  /** Fires for every state: the server's, and those of a server that is starting or gone. */
  readonly onStatus: vscode.Event<StatusParams> = this.#statusEmitter.event;
  #client: BaseLanguageClient | undefined;
  #status: StatusParams | undefined;
  /** The last restart or stop: they never overlap. */
  #transition: Promise<void> = Promise.resolve();

  constructor(createClient: CreateClient, output: vscode.LogOutputChannel, folders: Folders) {
    this.#createClient = createClient;
    this.#output = output;
    this.#folders = folders;
  }

  /** The last state that was sent; `undefined` before the first start. */
  status(): StatusParams | undefined {
    return this.#status;
  }

  /** Starts the server, anew if there is one. Resolves when it answers or has failed to: a failure is a state. */
  async restart(): Promise<void> {
    let started = Promise.resolve();
    await this.#afterTransition(async () => {
      await this.#stop();
      started = this.#start();
    });
    // Outside of the transition: a server that never answers must not keep the next restart waiting.
    await started;
  }

  /** Stops the server. */
  stop(): Promise<void> {
    return this.#afterTransition(() => this.#stop());
  }

  dispose(): void {
    void this.stop();
    this.#statusEmitter.dispose();
  }

  /** Children of a tree element, or the top level. Empty while no server is running. */
  async tree(params: TreeParams): Promise<readonly TreeElement[]> {
    if (this.#client?.state !== State.Running) return [];
    return this.#request<readonly TreeElement[]>(TREE_REQUEST, params);
  }

  /** The page of a rule; null when there is no such rule. Rejects when no server is running. */
  rulePage(params: RulePageParams): Promise<RulePage | null> {
    return this.#request(RULE_PAGE_REQUEST, params);
  }

  /** What the dashboard shows. Rejects when no server is running. */
  dashboard(): Promise<DashboardResult> {
    return this.#request(DASHBOARD_REQUEST, {});
  }

  /** The quick fixes of a rule as one edit, and how many findings it mends; null when there is none. */
  async ruleFix(params: RuleFixParams): Promise<{ edit: vscode.WorkspaceEdit; findings: number } | null> {
    const { edit, findings } = await this.#request<RuleFixResult>(RULE_FIX_REQUEST, params);
    const converted = await this.#client?.protocol2CodeConverter.asWorkspaceEdit(edit as never);
    return edit === null || converted === undefined ? null : { edit: converted, findings };
  }

  /** What a tool says to a language model. Rejects when no server is running. */
  tool(params: ToolParams): Promise<ToolResult> {
    return this.#request(TOOL_REQUEST, params);
  }

  /** All rules, those with findings first. Rejects when no server is running. */
  rules(): Promise<readonly RuleItem[]> {
    return this.#request(RULES_REQUEST, {});
  }

  /** What findings can be filtered by. Empty while no server is running. */
  async filters(params: FiltersParams): Promise<FiltersResult> {
    if (this.#client?.state !== State.Running) return [];
    return this.#request(FILTERS_REQUEST, params);
  }

  /** Ends the scan that is under way. Rejects when no server is running. */
  cancelScan(): Promise<void> {
    return this.#request(CANCEL_SCAN_REQUEST, {});
  }

  /** The files to mark. Empty while no server is running. */
  async marks(): Promise<readonly FileMark[]> {
    if (this.#client?.state !== State.Running) return [];
    return this.#request(MARKS_REQUEST, {});
  }

  /** What can be done about findings. Rejects when no server is running. */
  actions(params: ActionsParams): Promise<ActionsResult> {
    return this.#request(ACTIONS_REQUEST, params);
  }

  /** The edit of an action; undefined when there is nothing left to do. Rejects when no server is running. */
  async editOf(action: ActionChoice['action']): Promise<vscode.WorkspaceEdit | undefined> {
    const client = this.#client;
    const { edit } = await this.#request<{ edit?: WorkspaceEdit }>('codeAction/resolve', action);
    return edit === undefined ? undefined : client?.protocol2CodeConverter.asWorkspaceEdit(edit);
  }

  /** The audit report. Rejects when no server is running. */
  report(params: ReportParams): Promise<ReportResult> {
    return this.#request(REPORT_REQUEST, params);
  }

  /** Has every file read again; resolves when the scan has begun. Rejects when no server is running. */
  rescan(): Promise<void> {
    return this.#request(RESCAN_REQUEST, {});
  }

  /** Resolves when the server has settled and the state of that revision has arrived here. */
  async settled(): Promise<void> {
    const { revision } = await this.#request<SettledResult>(SETTLED_REQUEST, {});
    if (this.#status !== undefined && this.#status.revision >= revision) return;
    await new Promise<void>((resolve) => {
      const subscription = this.onStatus((status) => {
        if (status.revision < revision) return;
        subscription.dispose();
        resolve();
      });
    });
  }

  async #request<R>(method: string, params: object): Promise<R> {
    if (this.#client === undefined) throw new Error(vscode.l10n.t('The Shipworthy language server is not running.'));
    return this.#client.sendRequest<R>(method, params);
  }

  #afterTransition(next: () => Promise<void>): Promise<void> {
    this.#transition = this.#transition.then(next);
    return this.#transition;
  }

  async #start(): Promise<void> {
    // A new client each time: one whose start failed can neither be started again nor stopped.
    const client = this.#createClient({
      ...clientOptions(this.#output, this.#folders),
      errorHandler: this.#errorHandler(() => client),
      // The failure is shown once, by the client's own message and as the state of the view.
      initializationFailedHandler: () => false,
    });
    this.#client = client;
    this.#setStatus(startingStatus());
    client.onNotification(STATUS_NOTIFICATION, (status: StatusParams) => {
      if (this.#client === client) this.#setStatus(status);
    });
    client.onDidChangeState((change) => {
      if (this.#client === client && change.newState === State.StartFailed) this.#setStatus(serverGoneStatus());
    });
    try {
      await client.start();
    } catch (error) {
      this.#output.error('The language server could not be started.', error);
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    // Forgotten first, so that its last words change nothing.
    this.#client = undefined;
    if (client === undefined) return;
    try {
      await client.dispose();
    } catch (error) {
      this.#output.debug('The language server did not stop by itself.', error);
    }
  }

  #setStatus(status: StatusParams): void {
    this.#status = status;
    this.#statusEmitter.fire(status);
  }

  /** The client's default policy (it gives up after five crashes in three minutes), told to the view. */
  #errorHandler(owner: () => BaseLanguageClient): ErrorHandler {
    let policy: ErrorHandler | undefined;
    const policyOf = (client: BaseLanguageClient): ErrorHandler => {
      policy ??= client.createDefaultErrorHandler();
      return policy;
    };
    return {
      error: async (error, message, count) => {
        const result = await policyOf(owner()).error(error, message, count);
        if (result.action === ErrorAction.Continue) return { ...result, handled: true };
        if (this.#client === owner()) this.#setStatus(serverGoneStatus());
        return result;
      },
      closed: async (): Promise<CloseHandlerResult> => {
        const client = owner();
        // A server that was told to stop, or one that dies before it has answered: starting it again would not help.
        if (this.#client !== client || client.state === State.Starting) {
          return { action: CloseAction.DoNotRestart, handled: true };
        }
        const result = await policyOf(client).closed();
        this.#setStatus(result.action === CloseAction.Restart ? startingStatus() : serverGoneStatus());
        return result;
      },
    };
  }
}

function clientOptions(output: vscode.LogOutputChannel, folders: Folders): LanguageClientOptions {
  const initializationOptions: InitializationOptions = { commandLinks: true, ...folders };
  return {
    documentSelector: [{ scheme: 'file' }],
    diagnosticCollectionName: 'shipworthy',
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions,
    // Hover texts may link to the documentation of a rule, and to nothing else.
    markdown: { isTrusted: { enabledCommands: [SHOW_RULE_DOC_COMMAND] }, supportThemeIcons: true },
  };
}
