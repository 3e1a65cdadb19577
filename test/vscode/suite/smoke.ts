/** The editor itself: when this fails, no other test of this suite means anything. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test, until } from './harness.ts';
import { screenshot, texts, waitFor } from './ui.ts';

test('the workbench opens a file of the sample service', async () => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'a folder is open');
  const uri = vscode.Uri.joinPath(folder.uri, 'internal/api/websocket.go');
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  const editor = await until(
    vscode.window.onDidChangeActiveTextEditor,
    () => vscode.window.activeTextEditor,
    'the editor to be active',
  );
  assert.equal(editor.document.uri.path, uri.path);
  assert.equal(editor.document.languageId, 'go');
});

test(
  'the window shows the file',
  async () => {
    const tab = { selector: '.tab.active .label-name' };
    await waitFor(tab);
    assert.deepEqual(await texts(tab), ['websocket.go']);
    // The theme comes from an extension, later than the first files.
    await waitFor({ selector: '.monaco-workbench[class*="light_modern"]' });
    await screenshot('workbench');
  },
  { needsUi: true },
);
