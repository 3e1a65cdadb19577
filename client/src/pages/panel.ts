/**
 * A page in an editor tab: makes the webview, gives it data when it asks and when something changed, performs what it asks
 * for, and comes back after a restart of the editor. While it is hidden it costs nothing.
 */
import * as vscode from 'vscode';
import { pageHtml, resourceFolder } from './html.ts';
import { pageLabels } from './labels.ts';
import type { PageAction, PageMessage, PageState } from './messages.ts';

export interface PageOptions {
  /** Identifies the kind of page; `onWebviewPanel:<viewType>` is an activation event. */
  readonly viewType: string;
  readonly title: string;
  readonly extension: vscode.Uri;
  /** The data of the page as it is now. A rejection is shown as text. */
  load(): Promise<PageMessage>;
  /** Called with what an earlier session kept, before the page loads; false when that is of no use. */
  restore(state: PageState | undefined): boolean;
  /** What the page asks for besides what every page can. */
  act?(action: PageAction): Promise<void>;
}

export interface Page {
  /** Shows the page in the foreground, opens it if need be. */
  show(title?: string): void;
  /** Loads the data again, if anybody sees it. */
  refresh(): void;
  dispose(): void;
}

/** Registers a kind of page, of which one is open at most. */
export function createPage(options: PageOptions): Page {
  const { viewType, extension } = options;
  const icon = {
    light: vscode.Uri.joinPath(extension, 'media', 'shipworthy.svg'),
    dark: vscode.Uri.joinPath(extension, 'media', 'shipworthy-dark.svg'),
  };
  const webviewOptions: vscode.WebviewOptions = {
    enableScripts: true,
    enableForms: false,
    localResourceRoots: [resourceFolder(extension)],
  };
  let panel: vscode.WebviewPanel | undefined;
  let isReady = false;
  let isLoading = false;
  let isOutdated = false;

  async function send(): Promise<void> {
    if (panel === undefined || !panel.visible || !isReady) return;
    if (isLoading) {
      // Data may change faster than it can be drawn: while one load is under way, one more is enough.
      isOutdated = true;
      return;
    }
    isLoading = true;
    const message = await options.load().catch((error: unknown): PageMessage => {
      return { kind: 'nothing', labels: pageLabels(), text: error instanceof Error ? error.message : String(error) };
    });
    isLoading = false;
    // Not awaited: where the page was loaded anew meanwhile, nobody says that the message is gone.
    void panel?.webview.postMessage(message);
    if (!isOutdated) return;
    isOutdated = false;
    await send();
  }

  async function receive(action: PageAction): Promise<void> {
    switch (action.kind) {
      case 'ready':
        isReady = true;
        return send();
      case 'open':
        return openPlace(action.uri, action.range);
      case 'browse':
        if (action.uri.startsWith('https://')) await vscode.env.openExternal(vscode.Uri.parse(action.uri, true));
        return;
      case 'copy':
        return vscode.env.clipboard.writeText(action.text);
      default:
        return options.act?.(action);
    }
  }

  function adopt(adopted: vscode.WebviewPanel): void {
    panel = adopted;
    isReady = false;
    adopted.iconPath = icon;
    adopted.webview.options = webviewOptions;
    adopted.webview.onDidReceiveMessage((action: PageAction) => receive(action));
    adopted.onDidChangeViewState(() => {
      // The script of a hidden page is gone and says when it is back. One that was hidden for a moment only is still there,
      // and says nothing.
      isReady = adopted.visible;
      void send();
    });
    adopted.onDidDispose(() => {
      if (panel === adopted) panel = undefined;
    });
    adopted.webview.html = pageHtml(adopted.webview, extension, adopted.title);
  }

  const serializer = vscode.window.registerWebviewPanelSerializer(viewType, {
    deserializeWebviewPanel: async (restored, state: PageState | undefined) => {
      if (panel !== undefined || !options.restore(state)) restored.dispose();
      else adopt(restored);
    },
  });

  return {
    show(title = options.title) {
      if (panel === undefined) {
        adopt(
          vscode.window.createWebviewPanel(viewType, title, columnOf(), { ...webviewOptions, enableFindWidget: true }),
        );
        return;
      }
      panel.title = title;
      panel.reveal();
      void send();
    },
    refresh: () => void send(),
    dispose() {
      serializer.dispose();
      panel?.dispose();
    },
  };
}

/** Beside the code that somebody looks at. */
function columnOf(): vscode.ViewColumn {
  return vscode.window.activeTextEditor === undefined ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
}

/** Shows a place of the workspace; what lies outside of it is not opened from a page. */
async function openPlace(text: string, { start, end }: { start: Place; end: Place }): Promise<void> {
  const uri = vscode.Uri.parse(text, true);
  if (vscode.workspace.getWorkspaceFolder(uri) === undefined) return;
  await showPlace(uri, new vscode.Range(start.line, start.character, end.line, end.character));
}

/** Shows a place in the code, beside a page rather than above it. */
export async function showPlace(uri: vscode.Uri, selection?: vscode.Range): Promise<void> {
  const isBeside = vscode.window.tabGroups.all.length > 1;
  await vscode.window.showTextDocument(uri, {
    preview: true,
    viewColumn: isBeside ? vscode.ViewColumn.One : vscode.ViewColumn.Active,
    ...(selection === undefined ? {} : { selection }),
  });
}

interface Place {
  readonly line: number;
  readonly character: number;
}
