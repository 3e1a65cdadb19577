/**
 * The extension for VS Code: wires connection, scorecard, status bar and commands together. It computes nothing; what
 * is shown comes from the language server.
 */
import * as vscode from 'vscode';
import type { StatusParams, TreeElement } from '../../server/src/protocol.ts';
import { FOCUS_SCORECARD_COMMAND, registerCommands } from './commands.ts';
import { nodeClient } from './connection.node.ts';
import { Connection } from './connection.ts';
import { createRulePages } from './pages/rulePage.ts';
import { createStatusBar } from './scorecard/statusBar.ts';
import { createScorecardTree } from './scorecard/tree.ts';
import { createScorecardView } from './scorecard/view.ts';

/** What other extensions and the end-to-end suite get from `activate`. */
export interface ShipworthyApi {
  /** Children of a tree element, or the top level, as the view has them; empty while no server is running. */
  tree(parent?: TreeElement): Promise<readonly TreeElement[]>;
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
  const tree = createScorecardTree(connection, (error) => output.warn('The scorecard could not be read.', error));
  const view = createScorecardView(tree);
  const rulePages = createRulePages(connection, context.extensionUri);
  const statusBar = createStatusBar(FOCUS_SCORECARD_COMMAND);
  context.subscriptions.push(
    output,
    tree,
    view,
    statusBar,
    rulePages,
    registerCommands(connection, output, rulePages),
    connection.onStatus((status) => {
      view.show(status);
      statusBar.show(status);
      rulePages.refresh();
    }),
    connection,
  );
  // Not awaited: the editor need not wait for the server.
  void connection.restart();
  return {
    tree: async (parent) => (await tree.getChildren(parent)) ?? [],
    status: () => connection.status(),
    onStatus: connection.onStatus,
    settled: () => connection.settled(),
    treeView: view.treeView,
  };
}

/** Gives the server the time to leave properly. */
export function deactivate(): Promise<void> | undefined {
  return running?.stop();
}
