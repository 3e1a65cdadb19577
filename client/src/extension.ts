/**
 * The extension for VS Code: wires connection, scorecard, status bar and commands together. It computes nothing; what
 * is shown comes from the language server.
 */
import * as vscode from 'vscode';
import type { StatusParams, TreeElement } from '../../server/src/protocol.ts';
import { FOCUS_SCORECARD_COMMAND, registerCommands } from './commands.ts';
import { nodeClient } from './connection.node.ts';
import { Connection } from './connection.ts';
import { createDecorations } from './decorations.ts';
import { createDashboard } from './pages/dashboard.ts';
import { createRulePages } from './pages/rulePage.ts';
import { openSample, showPendingSample } from './sample.ts';
import { createViewOptions } from './scorecard/options.ts';
import { COMPONENTS_VIEW, createSideView, DECISIONS_VIEW } from './scorecard/sideViews.ts';
import { createStatusBar } from './scorecard/statusBar.ts';
import { createTree } from './scorecard/tree.ts';
import { createScorecardView } from './scorecard/view.ts';
import { registerTools } from './tools.ts';

/** What other extensions and the end-to-end suite get from `activate`. */
export interface ShipworthyApi {
  /** Children of a tree element, or the top level, as the view has them; empty while no server is running. */
  tree(parent?: TreeElement): Promise<readonly TreeElement[]>;
  /** The same of the smaller views. */
  components(parent?: TreeElement): Promise<readonly TreeElement[]>;
  decisions(parent?: TreeElement): Promise<readonly TreeElement[]>;
  /** The state as it is shown; `undefined` before the server was started for the first time. */
  status(): StatusParams | undefined;
  readonly onStatus: vscode.Event<StatusParams>;
  /** Resolves when everything that was typed and saved so far is judged and published. */
  settled(): Promise<void>;
  readonly treeView: vscode.TreeView<TreeElement>;
}

let running: Connection | undefined;

export function activate(context: vscode.ExtensionContext): ShipworthyApi {
  const output = vscode.window.createOutputChannel('Shipworthy', { log: true });
  const cacheFolder = vscode.Uri.joinPath(context.globalStorageUri, 'cache').fsPath;
  // Absent where no folder is open.
  const historyFolder = context.storageUri?.fsPath ?? null;
  const connection = new Connection(nodeClient(context), output, { cacheFolder, historyFolder });
  running = connection;
  const reportError = (error: unknown): void => output.warn('A view could not be read.', error);
  const options = createViewOptions(connection, context.workspaceState);
  const tree = createTree(connection, () => ({ options: options.current() }), reportError);
  const view = createScorecardView(tree);
  const rulePages = createRulePages(connection, context.extensionUri);
  const components = createSideView(COMPONENTS_VIEW, 'components', connection, reportError);
  const decisions = createSideView(DECISIONS_VIEW, 'decisions', connection, reportError);
  const dashboard = createDashboard(connection, context.extensionUri);
  const decorations = createDecorations(connection, reportError);
  const statusBar = createStatusBar(FOCUS_SCORECARD_COMMAND);
  context.subscriptions.push(
    output,
    options,
    options.onDidChange(() => tree.redraw()),
    tree,
    view,
    components,
    decisions,
    decorations,
    statusBar,
    rulePages,
    dashboard,
    registerTools(connection),
    vscode.commands.registerCommand('shipworthy.openSample', () => openSample(context)),
    registerCommands(connection, output, { rulePages, dashboard }, options, () => view.treeView.selection[0]),
    connection.onStatus((status) => {
      view.show(status);
      components.show(status.revision);
      decisions.show(status.revision);
      decorations.show(status.revision);
      statusBar.show(status);
      rulePages.refresh();
      dashboard.refresh();
    }),
    connection,
  );
  // Not awaited: the editor need not wait for the server.
  void connection.restart();
  showPendingSample(context).then(undefined, (error) => output.warn('The sample could not be shown.', error));
  return {
    tree: async (parent) => (await tree.getChildren(parent)) ?? [],
    components: (parent) => connection.tree({ view: 'components', ...parentOf(parent) }),
    decisions: (parent) => connection.tree({ view: 'decisions', ...parentOf(parent) }),
    status: () => connection.status(),
    onStatus: connection.onStatus,
    settled: () => connection.settled(),
    treeView: view.treeView,
  };
}

function parentOf(element: TreeElement | undefined): { readonly parent?: string } {
  return element === undefined ? {} : { parent: element.id };
}

/** Gives the server the time to leave properly. */
export function deactivate(): Promise<void> | undefined {
  return running?.stop();
}
