/**
 * A tree of the sidebar: draws the elements that the server sends, as it sends them. It sorts nothing and counts nothing;
 * which rows are open is kept by the editor under their stable ids.
 */
import * as vscode from 'vscode';
import type { TreeElement, TreeParams } from '../../../server/src/protocol.ts';

/** What is needed of the connection. */
export interface TreeSource {
  tree(params: TreeParams): Promise<readonly TreeElement[]>;
}

export interface ElementTree extends vscode.TreeDataProvider<TreeElement> {
  /** Says which revision the server's tree has; a new one is drawn. */
  show(revision: number): void;
  /** Draws everything again, since something other than the revision is different. */
  redraw(): void;
  /** Fires with the number of top-level elements each time they were loaded. */
  readonly onDidLoadRoot: vscode.Event<number>;
  dispose(): void;
}

/**
 * The tree that `paramsOf` asks for; its `parent` is added here. `reportError` receives failed requests; the branch then
 * stays empty until the next revision.
 */
export function createTree(
  source: TreeSource,
  paramsOf: () => TreeParams,
  reportError: (error: unknown) => void,
): ElementTree {
  const changed = new vscode.EventEmitter<undefined>();
  const rootLoaded = new vscode.EventEmitter<number>();
  let shown: number | undefined;
  let loading = 0;
  let outdated = false;

  /** Parents of the elements that were loaded, so that one can be revealed. */
  const parents = new Map<string, TreeElement>();

  async function load(parent: TreeElement | undefined): Promise<readonly TreeElement[]> {
    try {
      return await source.tree(parent === undefined ? paramsOf() : { ...paramsOf(), parent: parent.id });
    } catch (error) {
      reportError(error);
      return [];
    }
  }

  function redraw(): void {
    // A scan changes the tree faster than it can be drawn: while a drawing is under way, one more is enough.
    if (loading > 0) outdated = true;
    else changed.fire(undefined);
  }

  return {
    onDidChangeTreeData: changed.event,
    onDidLoadRoot: rootLoaded.event,
    show(revision) {
      if (revision === shown) return;
      shown = revision;
      redraw();
    },
    redraw,
    async getChildren(parent) {
      loading++;
      const children = await load(parent);
      loading--;
      if (parent === undefined) parents.clear();
      else for (const child of children) parents.set(child.id, parent);
      if (parent === undefined) rootLoaded.fire(children.length);
      if (loading === 0 && outdated) {
        outdated = false;
        changed.fire(undefined);
      }
      return [...children];
    },
    getTreeItem: toTreeItem,
    getParent: (element) => parents.get(element.id),
    dispose() {
      changed.dispose();
      rootLoaded.dispose();
    },
  };
}

const COLLAPSIBLE_STATE = {
  none: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
} as const;

function toTreeItem(element: TreeElement): vscode.TreeItem {
  const item = new vscode.TreeItem(element.label, COLLAPSIBLE_STATE[element.collapsible]);
  item.id = element.id;
  item.description = element.description;
  item.tooltip = untrustedMarkdown(element.tooltip);
  item.accessibilityInformation = { label: element.accessibilityLabel };
  item.contextValue = contextValue(element);
  if (element.icon !== '') {
    const color = element.iconColor === '' ? undefined : new vscode.ThemeColor(element.iconColor);
    item.iconPath = new vscode.ThemeIcon(element.icon, color);
  }
  const command = openCommand(element);
  if (command !== undefined) item.command = command;
  return item;
}

/** `<kind>+<action>+...`: what the menus' `when` clauses look at. */
function contextValue({ kind, actions }: TreeElement): string {
  return [kind, ...actions].join('+');
}

function openCommand({ target }: TreeElement): vscode.Command | undefined {
  if (target === undefined) return undefined;
  const { start, end } = target.range;
  const options: vscode.TextDocumentShowOptions = {
    selection: new vscode.Range(start.line, start.character, end.line, end.character),
    preview: true,
  };
  return {
    command: 'vscode.open',
    title: vscode.l10n.t('Open'),
    arguments: [vscode.Uri.parse(target.uri, true), options],
  };
}

/** Texts of the server quote the workspace's code, so nothing in them may run a command. */
export function untrustedMarkdown(text: string): vscode.MarkdownString {
  return new vscode.MarkdownString(text, true);
}
