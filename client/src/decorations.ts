/** Marks files with blockers in the explorer, where the user wants it. Which files, and how, is the server's to say. */
import * as vscode from 'vscode';
import type { FileMark } from '../../server/src/protocol.ts';

/** What is needed of the connection. */
export interface MarkSource {
  marks(): Promise<readonly FileMark[]>;
}

const SETTING = 'shipworthy.decorations.enabled';

export interface Decorations {
  /** Says which revision the server has; a new one is drawn. */
  show(revision: number): void;
  dispose(): void;
}

export function createDecorations(source: MarkSource, reportError: (error: unknown) => void): Decorations {
  const changed = new vscode.EventEmitter<vscode.Uri[]>();
  let marks = new Map<string, FileMark>();
  let shown: number | undefined;
  const isWanted = (): boolean => vscode.workspace.getConfiguration().get<boolean>(SETTING) === true;

  async function load(): Promise<void> {
    const before = marks;
    const found = isWanted() ? await source.marks() : [];
    marks = new Map(found.map((mark) => [vscode.Uri.parse(mark.uri, true).toString(), mark]));
    const uris = new Set([...before.keys(), ...marks.keys()]);
    const different = [...uris].filter((uri) => before.get(uri)?.badge !== marks.get(uri)?.badge);
    if (different.length > 0) changed.fire(different.map((uri) => vscode.Uri.parse(uri, true)));
  }

  const refresh = (): void => {
    load().catch(reportError);
  };
  const subscriptions = vscode.Disposable.from(
    changed,
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SETTING)) refresh();
    }),
    vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration(uri) {
        const mark = marks.get(uri.toString());
        if (mark === undefined) return undefined;
        const color = new vscode.ThemeColor(mark.color);
        return { badge: mark.badge, tooltip: mark.tooltip, color, propagate: true };
      },
    }),
  );
  return {
    show(revision) {
      if (revision === shown) return;
      shown = revision;
      if (isWanted()) refresh();
    },
    dispose: () => subscriptions.dispose(),
  };
}
