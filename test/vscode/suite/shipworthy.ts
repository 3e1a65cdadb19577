/**
 * The main job in a real editor: warnings on the sample service, the fix of the WebSocket origin with a click, the score
 * that rises without a save, the tree item that leads to its line.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as vscode from 'vscode';
import { test, until } from './harness.ts';
import { api, category, findings, ORIGIN, open, SOCKET, scoreOf, uriOf } from './sample.ts';
import { click, hover, press, screenshot, texts, waitFor } from './ui.ts';

test('the scan ends with a graded scorecard of ten categories', async () => {
  const shipworthy = await api();
  const top = await shipworthy.tree();
  assert.equal(top.length, 11);
  assert.equal(top[0]?.kind, 'overall');
  assert.match(shipworthy.status()?.statusText ?? '', /^[A-F][+-]? \d+/);
  assert.ok((shipworthy.status()?.badge ?? 0) > 0, 'the badge counts the blockers');
  for (const element of top) assert.notEqual(element.accessibilityLabel, '');
});

test('files that are not open have diagnostics', async () => {
  await api();
  await until(
    vscode.languages.onDidChangeDiagnostics,
    () => findings(uriOf(SOCKET), ORIGIN).length === 1,
    'the finding in a closed file',
  );
});

test(
  'the sidebar shows the scorecard',
  async () => {
    const shipworthy = await api();
    await vscode.commands.executeCommand('shipworthy.scorecard.focus');
    await waitFor({ selector: '.pane-body .monaco-list-row >> text=Security' });
    const security = await category(shipworthy, 'Security');
    await shipworthy.treeView.reveal(security, { expand: 2, focus: true, select: true });
    await waitFor({ selector: '.pane-body .monaco-list-row >> text=WebSocket' });
    await screenshot('sidebar');
    const rows = await texts({ selector: '.pane-body .monaco-list-row' });
    assert.ok(
      rows.some((row) => row.includes('Overall')),
      rows.join('\n'),
    );
  },
  { needsUi: true },
);

test(
  'the hover over a finding explains it',
  async () => {
    await api();
    const editor = await open(SOCKET);
    const [finding] = await until(
      vscode.languages.onDidChangeDiagnostics,
      () => {
        const found = findings(editor.document.uri, ORIGIN);
        return found.length > 0 ? found : undefined;
      },
      'the finding',
    );
    assert.ok(finding);
    editor.revealRange(finding.range, vscode.TextEditorRevealType.InCenter);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      editor.document.uri,
      finding.range.start,
    );
    const text = hovers
      .flatMap((item) => item.contents)
      .map((item) => (typeof item === 'string' ? item : item.value))
      .join('\n');
    assert.match(text, /same-origin/);
    assert.match(text, /of 100/);
    await hover({ selector: '.view-line:has-text("CheckOrigin") span >> text=CheckOrigin' });
    await waitFor({ selector: '.monaco-hover >> text=same-origin' });
    await screenshot('hover');
    await press('Escape');
  },
  { needsUi: true },
);

test(
  'the light bulb offers the fix',
  async () => {
    await api();
    const editor = await open(SOCKET);
    const [finding] = findings(editor.document.uri, ORIGIN);
    assert.ok(finding);
    editor.selection = new vscode.Selection(finding.range.start, finding.range.start);
    await vscode.commands.executeCommand('editor.action.quickFix');
    await waitFor({ selector: '.action-widget >> text=Remove CheckOrigin' });
    await screenshot('light-bulb');
    await press('Escape');
  },
  { needsUi: true },
);

test('the fix removes the finding and the Security score rises, without a save', async () => {
  const shipworthy = await api();
  const editor = await open(SOCKET);
  const { document } = editor;
  const [finding] = findings(document.uri, ORIGIN);
  assert.ok(finding);
  const before = scoreOf(await category(shipworthy, 'Security'));
  const badge = shipworthy.status()?.badge ?? 0;
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    finding.range,
    vscode.CodeActionKind.QuickFix.value,
    10,
  );
  const fix = actions.find((action) => action.isPreferred && action.title.startsWith('Remove CheckOrigin'));
  assert.ok(fix?.edit, 'the preferred fix has its edit');
  await vscode.workspace.applyEdit(fix.edit);
  await until(
    vscode.languages.onDidChangeDiagnostics,
    () => findings(document.uri, ORIGIN).length === 0,
    'the finding to go',
  );
  await until(
    shipworthy.onStatus,
    () => shipworthy.status()?.badge === badge - 1,
    'the badge to count one blocker less',
  );
  assert.match(shipworthy.status()?.statusText ?? '', /Security \d+ → \d+$/);
  assert.ok(document.isDirty, 'nothing was saved');
  assert.ok(!document.getText().includes('CheckOrigin'));
  const after = await category(shipworthy, 'Security');
  assert.ok(scoreOf(after) > before, `Security rises from ${before}: "${after.description}"`);
  await screenshot('after-fix');
});

test('typing the defect brings the finding back', async () => {
  const shipworthy = await api();
  const editor = await open(SOCKET);
  await vscode.commands.executeCommand('undo');
  await until(
    vscode.languages.onDidChangeDiagnostics,
    () => findings(editor.document.uri, ORIGIN).length === 1,
    'the finding to come back',
  );
  await shipworthy.settled();
  await vscode.commands.executeCommand('workbench.action.files.revert');
});

test(
  'a click on a finding in the tree goes to its line',
  async () => {
    const shipworthy = await api();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('shipworthy.scorecard.focus');
    const security = await category(shipworthy, 'Security');
    const rule = (await shipworthy.tree(security)).find((item) => item.ruleId === ORIGIN);
    assert.ok(rule);
    const [finding] = await shipworthy.tree(rule);
    assert.ok(finding?.target);
    await shipworthy.treeView.reveal(finding, { select: false, focus: false });
    await click({ selector: `.pane-body .monaco-list-row[aria-label*=${JSON.stringify(finding.label.slice(0, 40))}]` });
    const editor = await until(
      vscode.window.onDidChangeTextEditorSelection,
      () => {
        const active = vscode.window.activeTextEditor;
        return active?.document.uri.path.endsWith(SOCKET) &&
          active.selection.start.line === finding.target?.range.start.line
          ? active
          : undefined;
      },
      'the editor to show the line',
    );
    assert.equal(editor.selection.start.line, finding.target.range.start.line);
    await screenshot('at-the-line');
  },
  { needsUi: true },
);

test('a setting switches a rule off and on again', async () => {
  const shipworthy = await api();
  const uri = uriOf(SOCKET);
  const settings = vscode.workspace.getConfiguration('shipworthy');
  await settings.update('rules', { [ORIGIN]: 'off' }, vscode.ConfigurationTarget.Workspace);
  await until(vscode.languages.onDidChangeDiagnostics, () => findings(uri, ORIGIN).length === 0, 'the finding to go');
  await settings.update('rules', undefined, vscode.ConfigurationTarget.Workspace);
  await until(
    vscode.languages.onDidChangeDiagnostics,
    () => findings(uri, ORIGIN).length === 1,
    'the finding to return',
  );
  await shipworthy.settled();
});

/** Grades and scores of the categories, without what changed since the start. */
async function scores(): Promise<string[]> {
  const shipworthy = await api();
  return (await shipworthy.tree()).slice(1).map((element) => element.description.replace(/ [▲▼] \d+/, ''));
}

test('a restart gives the same scores', async () => {
  const shipworthy = await api();
  const before = await scores();
  await vscode.commands.executeCommand('shipworthy.restart');
  await until(shipworthy.onStatus, () => shipworthy.status()?.state === 'ready', 'the new scan to end', 60_000);
  assert.deepEqual(await scores(), before);
});

test('a server that was killed is started again, and says the same', async () => {
  const shipworthy = await api();
  const before = await scores();
  const servers = serversOf(process.pid);
  assert.equal(servers.length, 1);
  const restarted = until(shipworthy.onStatus, () => shipworthy.status()?.state !== 'ready', 'the server to be missed');
  process.kill(servers[0]!, 'SIGKILL');
  await restarted;
  await until(shipworthy.onStatus, () => shipworthy.status()?.state === 'ready', 'the new scan to end', 60_000);
  assert.deepEqual(await scores(), before);
  await until(
    vscode.languages.onDidChangeDiagnostics,
    () => findings(uriOf(SOCKET), ORIGIN).length === 1,
    'the finding in a closed file',
  );
});

/** Language servers that a process has started. */
function serversOf(parent: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [pid, ppid, ...command] = line.trim().split(/\s+/);
    return Number(ppid) === parent && command.some((part) => part.endsWith('dist/server.js')) ? [Number(pid)] : [];
  });
}
