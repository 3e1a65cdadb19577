/**
 * The sample service, to be looked at before anybody's own code: copies it out of the extension, since people will change
 * it, and opens it as a folder, since a scorecard is about a code base and not about a file.
 */
import * as vscode from 'vscode';

const NAME = 'checkout-service';
/** The file with the finding that the walkthrough tells to mend. */
const FIRST_FILE = 'internal/api/websocket.go';
/** Global state: the folder in which the first file is to be shown when it is open. */
const PENDING = 'shipworthy.sampleToShow';

/** Opens a fresh copy of the sample: in this window when it has no folder, otherwise in a new one. */
export async function openSample(context: vscode.ExtensionContext): Promise<void> {
  const folder = vscode.Uri.joinPath(context.globalStorageUri, 'samples', NAME);
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(context.extensionUri, 'samples', NAME), folder, {
    overwrite: true,
  });
  await context.globalState.update(PENDING, folder.toString());
  const forceNewWindow = (vscode.workspace.workspaceFolders ?? []).length > 0;
  await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow });
}

/** In the window that was opened for the sample: shows the file to begin with, and the scorecard. */
export async function showPendingSample(context: vscode.ExtensionContext): Promise<void> {
  const pending = context.globalState.get<string>(PENDING);
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.toString() === pending);
  if (folder === undefined) return;
  await context.globalState.update(PENDING, undefined);
  await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, FIRST_FILE));
  await vscode.commands.executeCommand('shipworthy.focusScorecard');
}
