/** The pages in editor tabs, as users reach and read them. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test, until } from './harness.ts';
import { api, codeOf, findings, open, uriOf } from './sample.ts';
import { accessibilityProblems, click, press, screenshot, texts, WEBVIEW_FRAMES, waitFor } from './ui.ts';

const ORIGIN = 'unchecked-message-origin';
const SOCKET = 'internal/api/websocket.go';

const THEMES = [
  { id: 'Default Dark Modern', kind: 'vscode-dark', picture: 'dark' },
  { id: 'Default High Contrast', kind: 'vscode-high-contrast', picture: 'contrast' },
  { id: 'Default High Contrast Light', kind: 'vscode-high-contrast-light', picture: 'contrast-light' },
  { id: 'Default Light Modern', kind: 'vscode-light', picture: 'light' },
];

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

async function openDashboard(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  await vscode.commands.executeCommand('shipworthy.openDashboard');
  await waitFor(inPage('.dashboard .dial'));
}

test(
  'the dashboard shows grade, verdict, what to do and every category',
  async () => {
    const shipworthy = await api();
    await openDashboard();
    const [grade = ''] = shipworthy.status()?.statusText.split(' ') ?? [];
    await waitFor(inPage(`.dial-grade >> text=${JSON.stringify(grade)}`));
    assert.equal((await texts(inPage('.category'))).length, 10);
    const headings = await texts(inPage('h2'));
    assert.ok(headings.includes('Blocks shipping'), headings.join(', '));
    assert.ok(
      headings.some((heading) => heading.startsWith('Cheapest way to grade')),
      headings.join(', '),
    );
    await click(inPage('.category >> text=Security'));
    await waitFor(inPage('.category[open] .number-cell'));
    await vscode.commands.executeCommand('workbench.action.webview.reloadWebviewAction');
    // The focus goes with the old page; a page that is closed while it is loaded keeps the next ones waiting.
    await waitFor(inPage('summary:focus'), 'hidden');
    // What was unfolded stays so, also when the page is loaded anew.
    await waitFor(inPage('.category[open] .number-cell'));
  },
  { needsUi: true },
);

test(
  'the dashboard can be used by everybody, in every kind of theme',
  async () => {
    await api();
    await openDashboard();
    const settings = vscode.workspace.getConfiguration('workbench');
    for (const { id, kind, picture } of THEMES) {
      await settings.update('colorTheme', id, vscode.ConfigurationTarget.Global);
      await waitFor(inPage(`body.${kind}`));
      await screenshot(`dashboard-${picture}`);
      assert.deepEqual(await accessibilityProblems(inPage('body')), [], id);
    }
    await vscode.commands.executeCommand('shipworthy.showRuleDoc', ORIGIN);
    await waitFor(inPage('.rule-page'));
    assert.deepEqual(await accessibilityProblems(inPage('.rule-page')), [], 'rule page');
  },
  { needsUi: true, timeoutMs: 90_000 },
);

test(
  'the keyboard reaches a step of the dashboard and opens its finding',
  async () => {
    await api();
    await openDashboard();
    await click(inPage('h2 >> text=Blocks shipping'));
    // The fold of the first rule comes first, then the button that opens its place.
    await press('Tab');
    await press('Tab');
    await press('Enter');
    const editor = await until(
      vscode.window.onDidChangeActiveTextEditor,
      () => vscode.window.activeTextEditor,
      'the editor with the finding',
    );
    assert.equal(editor.document.uri.scheme, 'file');
  },
  { needsUi: true },
);

test(
  'a step of the dashboard is mended there',
  async () => {
    const shipworthy = await api();
    await openDashboard();
    await click(inPage('button.primary[aria-label*=WebSocket]'));
    await screenshot('dashboard-fix');
    await until(
      vscode.languages.onDidChangeDiagnostics,
      () => findings(uriOf(SOCKET), ORIGIN).length === 0,
      'the finding to go',
    );
    await shipworthy.settled();
    await open(SOCKET);
    await vscode.commands.executeCommand('undo');
    await until(
      vscode.languages.onDidChangeDiagnostics,
      () => findings(uriOf(SOCKET), ORIGIN).length === 1,
      'the finding to come back',
    );
  },
  { needsUi: true, timeoutMs: 90_000 },
);

test(
  'nothing of the repository acts in a page',
  async () => {
    const shipworthy = await api();
    const name = '<img src=x onerror=alert(1)> [a](command:workbench.action.closeWindow).go';
    const hostile = uriOf(`internal/api/${name}`);
    // As the editor has it: what is on the disk may be a fix of a moment ago.
    const text = new TextEncoder().encode((await vscode.workspace.openTextDocument(uriOf(SOCKET))).getText());
    const seen = until(
      vscode.languages.onDidChangeDiagnostics,
      () => findings(hostile, ORIGIN).length > 0,
      'the finding in the hostile file',
    );
    await vscode.workspace.fs.writeFile(hostile, text);
    try {
      await seen;
      await shipworthy.settled();
      await openDashboard();
      await click(inPage('.rule summary >> text=WebSocket'));
      await waitFor(inPage('.places button >> text=onerror=alert(1)> [a](command:'));
      assert.deepEqual(await texts(inPage('img, iframe, object, a')), []);
      assert.deepEqual(await texts(inPage('#page script, #page style, #page form')), []);
      await vscode.commands.executeCommand('shipworthy.showRuleDoc', ORIGIN);
      await waitFor(inPage('.places button >> text=onerror=alert(1)> [a](command:'));
      assert.deepEqual(await texts(inPage('img, iframe, object, a')), []);
      await screenshot('hostile-names');
    } finally {
      await vscode.workspace.fs.delete(hostile);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    }
  },
  { needsUi: true, timeoutMs: 90_000 },
);

test('assistants get the scorecard and the effect of an edit from tools', async () => {
  await api();
  const invoke = async (name: string, input: object): Promise<Record<string, unknown>> => {
    const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
    const [part] = result.content;
    assert.ok(part instanceof vscode.LanguageModelTextPart);
    return JSON.parse(part.value);
  };
  const scorecard = await invoke('shipworthy_get_scorecard', {});
  assert.equal(scorecard['verdict'], 'NOT READY');
  const uri = uriOf(SOCKET);
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  const mended = text.replace('return true', 'return r.Header.Get("Origin") == "https://example.com"');
  const preview = await invoke('shipworthy_preview_score', { path: uri.fsPath, text: mended });
  assert.ok(Number(preview['change']) > 0, JSON.stringify(preview));
  assert.equal(findings(uri, ORIGIN).length, 1, 'nothing was changed');
});

test(
  'the walkthrough leads from a sample to the next grade',
  async () => {
    await api();
    await vscode.commands.executeCommand('shipworthy.openWalkthrough');
    await waitFor({ selector: '.getting-started-step >> text=Look at a sample service' });
    const steps = await texts({ selector: '.getting-started-step h3' });
    assert.equal(steps.length, 5, steps.join(', '));
    await screenshot('walkthrough');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  },
  { needsUi: true },
);
