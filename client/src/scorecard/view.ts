/**
 * The scorecard's view around its tree: header, message, badge, progress bar, and the context key that chooses the
 * welcome text. All of it is the server's state as it comes.
 */
import * as vscode from 'vscode';
import type { StatusParams, TreeElement } from '../../../server/src/protocol.ts';
import { isWorking } from '../status.ts';
import type { ElementTree } from './tree.ts';

export const SCORECARD_VIEW = 'shipworthy.scorecard';
/** Holds `StatusParams.state`; menus, enablement and welcome texts look at it. */
const STATE_CONTEXT = 'shipworthy.state';

export interface ScorecardView {
  readonly treeView: vscode.TreeView<TreeElement>;
  /** Draws a state. */
  show(status: StatusParams): void;
  dispose(): void;
}

export function createScorecardView(tree: ElementTree): ScorecardView {
  const treeView = vscode.window.createTreeView(SCORECARD_VIEW, { treeDataProvider: tree, showCollapseAll: true });
  let latest: StatusParams | undefined;
  let rows = 0;
  let endProgress: (() => void) | undefined;

  function showMessage(): void {
    if (latest === undefined) return;
    // The editor hides the welcome text, with its links, behind a message.
    treeView.message = rows === 0 && offersActions(latest) ? '' : (latest.message ?? '');
  }

  function showProgress(running: boolean): void {
    if (!running) {
      endProgress?.();
      endProgress = undefined;
      return;
    }
    if (endProgress !== undefined) return;
    const ended = new Promise<void>((resolve) => {
      endProgress = resolve;
    });
    void vscode.window.withProgress({ location: { viewId: SCORECARD_VIEW } }, () => ended);
  }

  const subscription = tree.onDidLoadRoot((count) => {
    rows = count;
    showMessage();
  });

  return {
    treeView,
    show(status) {
      latest = status;
      void vscode.commands.executeCommand('setContext', STATE_CONTEXT, status.state);
      treeView.description = status.viewDescription;
      treeView.badge = status.badge > 0 ? { value: status.badge, tooltip: status.badgeTooltip } : undefined;
      showMessage();
      showProgress(isWorking(status));
      tree.show(status.revision);
    },
    dispose() {
      showProgress(false);
      subscription.dispose();
      treeView.dispose();
    },
  };
}

/** Whether the welcome text of the state offers something to do, and so is worth more than a message. */
function offersActions({ state }: StatusParams): boolean {
  return state === 'disabled' || state === 'empty' || state === 'noFolder' || state === 'error';
}
