/** What can be done about findings in a real editor: a reason by keyboard, the preview of many fixes, fixes on save. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test, until } from './harness.ts';
import { api, findings, ORIGIN, open, SOCKET } from './sample.ts';
import { press, screenshot, type, waitFor } from './ui.ts';

const QUICK_PICK = '.quick-input-widget';

test(
  'a finding is accepted with a reason, from the tree and by keyboard alone',
  async () => {
    const shipworthy = await api();
    const editor = await open(SOCKET);
    const security = (await shipworthy.tree()).find(({ label }) => label === 'Security');
    const rule = (await shipworthy.tree(security)).find(({ ruleId }) => ruleId === ORIGIN);
    const [finding] = await shipworthy.tree(rule);
    assert.ok(finding);
    const suppress = vscode.commands.executeCommand('shipworthy.suppress', finding);
    await waitFor({ selector: `${QUICK_PICK} >> text=/Accept .* here/` });
    await screenshot('suppress');
    await press('Enter');
    await waitFor({ selector: `${QUICK_PICK} >> text=/Why is this acceptable/` });
    await type('behind the gateway until 2099-01-31');
    await screenshot('suppress-reason');
    await press('Enter');
    await suppress;
    await until(
      vscode.languages.onDidChangeDiagnostics,
      () => findings(editor.document.uri, ORIGIN).length === 0,
      'the finding to be accepted',
    );
    assert.ok(
      editor.document.getText().includes(`// shipworthy-ignore ${ORIGIN}: behind the gateway until 2099-01-31`),
    );
    await shipworthy.settled();
    const decisions = await shipworthy.decisions();
    assert.equal(decisions[0]?.description, '1');
    await vscode.commands.executeCommand('shipworthy.decisions.focus');
    await screenshot('accepted');
    await vscode.window.showTextDocument(editor.document);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await shipworthy.settled();
  },
  { needsUi: true },
);

test(
  'safe fixes of the workspace are shown before they are applied',
  async () => {
    await api();
    const before = vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty).length;
    const fix = vscode.commands.executeCommand('shipworthy.fixWorkspace');
    await waitFor({ selector: '.refactor-preview .monaco-list-row, .bulk-edit-panel .monaco-list-row' });
    await screenshot('fix-preview');
    await vscode.commands.executeCommand('refactorPreview.discard');
    await fix;
    assert.equal(vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty).length, before);
  },
  { needsUi: true },
);

test('saving applies safe fixes and nothing else', async () => {
  const shipworthy = await api();
  const editor = await open('internal/store/store.go');
  const { document } = editor;
  const safe = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    new vscode.Range(0, 0, document.lineCount, 0),
    'source.fixAll.shipworthy',
    1,
  );
  assert.equal(safe.length, 1, 'there is something to fix');
  const settings = vscode.workspace.getConfiguration('editor');
  await settings.update(
    'codeActionsOnSave',
    { 'source.fixAll.shipworthy': 'explicit' },
    vscode.ConfigurationTarget.Global,
  );
  const text = document.getText();
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '// Saved.\n'));
  await document.save();
  await settings.update('codeActionsOnSave', undefined, vscode.ConfigurationTarget.Global);
  assert.notEqual(document.getText(), `// Saved.\n${text}`, 'the fixes were applied');
  assert.ok(!document.isDirty);
  await editor.edit((edit) => {
    edit.replace(new vscode.Range(0, 0, document.lineCount, 0), text);
  });
  await document.save();
  await shipworthy.settled();
});
