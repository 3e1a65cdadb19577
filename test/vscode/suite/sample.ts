/** The sample service and the extension, for every test that needs them. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ShipworthyApi } from '../../../client/src/extension.ts';
import type { TreeElement } from '../../../server/src/protocol.ts';
import { until } from './harness.ts';

export const ORIGIN = 'unchecked-message-origin';
export const SOCKET = 'internal/api/websocket.go';

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

export async function category(shipworthy: ShipworthyApi, label: string): Promise<TreeElement> {
  const element = (await shipworthy.tree()).find((item) => item.label === label);
  assert.ok(element, `the tree has ${label}`);
  return element;
}

/** The score in a description such as "D+ 68 · 4". */
export function scoreOf(element: TreeElement): number {
  const match = /\b(\d{1,3})\b/.exec(element.description);
  assert.ok(match, `"${element.description}" has a score`);
  return Number(match[1]);
}

/** Switches to a theme, and back when `body` is done. */
export async function inTheme(name: string, body: () => Promise<void>): Promise<void> {
  const settings = vscode.workspace.getConfiguration('workbench');
  const before = settings.get<string>('colorTheme');
  await settings.update('colorTheme', name, vscode.ConfigurationTarget.Global);
  try {
    await body();
  } finally {
    await settings.update('colorTheme', before, vscode.ConfigurationTarget.Global);
  }
}
