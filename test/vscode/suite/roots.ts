/** A workspace of two folders that nobody has said to trust: everything works, and each folder has its own say. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test, until } from './harness.ts';
import { api, findings, ORIGIN, SOCKET, uriOf } from './sample.ts';
import { screenshot, texts, waitFor } from './ui.ts';

const TIMEOUT = 'client-without-timeout';
const IGNORED = 'ignored-error';

function inSecondRoot(path: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[1];
  assert.ok(folder, 'two folders are open');
  return vscode.Uri.joinPath(folder.uri, path);
}

test(
  'in Restricted Mode two folders are judged, each by its own configuration and settings',
  async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    await api();
    const main = inSecondRoot('main.go');
    await until(
      vscode.languages.onDidChangeDiagnostics,
      () => findings(uriOf(SOCKET), ORIGIN).length === 1 && findings(main, IGNORED).length > 0,
      'findings of both folders',
    );
    assert.deepEqual(findings(main, ORIGIN), [], 'shipworthy.json of the folder switches it off');
    assert.deepEqual(findings(main, TIMEOUT), [], 'the settings of the folder switch it off');
  },
  { window: 'twoRoots' },
);

test(
  'in Restricted Mode a fix is offered and applied',
  async () => {
    const shipworthy = await api();
    const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uriOf(SOCKET)));
    const { document } = editor;
    const [finding] = findings(document.uri, ORIGIN);
    assert.ok(finding);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      finding.range,
      vscode.CodeActionKind.QuickFix.value,
      10,
    );
    const fix = actions.find((action) => action.isPreferred);
    assert.ok(fix?.edit, 'the preferred fix has its edit');
    await vscode.workspace.applyEdit(fix.edit);
    await until(
      vscode.languages.onDidChangeDiagnostics,
      () => findings(document.uri, ORIGIN).length === 0,
      'the finding to go',
    );
    await vscode.commands.executeCommand('undo');
    await shipworthy.settled();
  },
  { window: 'twoRoots' },
);

test(
  'the tree shows the findings of both folders',
  async () => {
    await api();
    await vscode.commands.executeCommand('shipworthy.groupBy', 'file');
    await vscode.commands.executeCommand('shipworthy.scorecard.focus');
    await waitFor({ selector: '.pane-body .monaco-list-row >> text=main.go' });
    await screenshot('two-roots');
    const rows = await texts({ selector: '.pane-body .monaco-list-row' });
    for (const folder of ['checkout-service', 'notifier'])
      assert.ok(
        rows.some((row) => row.includes(folder)),
        `${folder} in ${rows.join(' | ')}`,
      );
  },
  { window: 'twoRoots', needsUi: true },
);
