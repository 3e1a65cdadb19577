/** The sample service and the extension, for every test that needs them. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ShipworthyApi } from '../../../client/src/extension.ts';
import { until } from './harness.ts';

/** The extension, when its first scan has ended. */
export async function api(): Promise<ShipworthyApi> {
  const extension = vscode.extensions.getExtension<ShipworthyApi>('shipworthy.shipworthy');
  assert.ok(extension, 'the extension is installed');
  const exported = await extension.activate();
  await until(exported.onStatus, () => exported.status()?.state === 'ready', 'the first scan to end', 60_000);
  return exported;
}

export function uriOf(path: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'a folder is open');
  return vscode.Uri.joinPath(folder.uri, path);
}

export async function open(path: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uriOf(path)));
}

export function findings(uri: vscode.Uri, rule: string): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter((item) => item.source === 'shipworthy' && codeOf(item) === rule);
}

export function codeOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}
