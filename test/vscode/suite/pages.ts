/** The pages in editor tabs, as users reach and read them. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test, until } from './harness.ts';
import { api, codeOf, findings, open, uriOf } from './sample.ts';
import { click, screenshot, texts, WEBVIEW_FRAMES, waitFor } from './ui.ts';

const ORIGIN = 'unchecked-message-origin';
const SOCKET = 'internal/api/websocket.go';

function inPage(selector: string) {
  return { selector, frames: WEBVIEW_FRAMES };
}

test('the code of a diagnostic leads to the page of its rule', async () => {
  await api();
  const [finding] = await until(
    vscode.languages.onDidChangeDiagnostics,
    () => {
      const found = findings(uriOf(SOCKET), ORIGIN);
      return found.length > 0 ? found : undefined;
    },
    'the finding',
  );
  assert.ok(finding);
  assert.equal(codeOf(finding), ORIGIN);
  const { code } = finding;
  assert.ok(typeof code === 'object');
  assert.equal(code.target.scheme, 'command');
  assert.equal(code.target.path, 'shipworthy.showRuleDoc');
  assert.deepEqual(JSON.parse(code.target.query), [ORIGIN]);
});

test(
  'the command explains the rule of the finding at the cursor, and its page leads to the findings',
  async () => {
    await api();
    const editor = await open(SOCKET);
    const [finding] = findings(editor.document.uri, ORIGIN);
    assert.ok(finding);
    editor.selection = new vscode.Selection(finding.range.start, finding.range.start);
    await vscode.commands.executeCommand('shipworthy.showRuleDoc');
    await waitFor(inPage('h1 >> text=WebSocket'));
    await waitFor(inPage('.example.failing .note'));
    await screenshot('rule-page');
    const headings = await texts(inPage('h2'));
    for (const heading of ['Why it matters', 'How to fix it', 'In this workspace', 'Settings']) {
      assert.ok(headings.includes(heading), headings.join(', '));
    }
    await click(inPage(`.places button >> text=${SOCKET}`));
    await until(
      vscode.window.onDidChangeActiveTextEditor,
      () => vscode.window.activeTextEditor?.document.uri.path.endsWith(SOCKET),
      'the editor with the finding',
    );
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  },
  { needsUi: true },
);
