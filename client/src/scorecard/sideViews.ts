/** The two smaller views of the sidebar: components with their grades, and what people decided. */
import * as vscode from 'vscode';
import type { TreeElement, ViewName } from '../../../server/src/protocol.ts';
import { createTree, type TreeSource } from './tree.ts';

export const COMPONENTS_VIEW = 'shipworthy.components';
export const DECISIONS_VIEW = 'shipworthy.decisions';

export interface SideView {
  readonly treeView: vscode.TreeView<TreeElement>;
  /** Says which revision the server's tree has. */
  show(revision: number): void;
  dispose(): void;
}

/** A view of one of the server's trees. */
export function createSideView(
  id: string,
  view: ViewName,
  source: TreeSource,
  reportError: (error: unknown) => void,
): SideView {
  const tree = createTree(source, () => ({ view }), reportError);
  const treeView = vscode.window.createTreeView(id, { treeDataProvider: tree, showCollapseAll: true });
  return {
    treeView,
    show: (revision) => tree.show(revision),
    dispose() {
      treeView.dispose();
      tree.dispose();
    },
  };
}
