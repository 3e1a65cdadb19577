/** The views of the sidebar: grouping, filters and search by keyboard, components and decisions, in every kind of theme. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test, until } from './harness.ts';
import { api, inTheme, ORIGIN, open, SOCKET } from './sample.ts';
import { press, screenshot, texts, type, waitFor } from './ui.ts';

const ROW = '.pane-body .monaco-list-row';
const QUICK_PICK = '.quick-input-widget';

test(
  'findings are grouped by what the reader picks',
  async () => {
    const shipworthy = await api();
    await vscode.commands.executeCommand('shipworthy.scorecard.focus');
    const groupBy = vscode.commands.executeCommand('shipworthy.groupBy');
    await waitFor({ selector: `${QUICK_PICK} >> text=Severity` });
    await screenshot('group-by');
    await type('File');
    await press('Enter');
    await groupBy;
    await waitFor({ selector: `${ROW} >> text=websocket.go` });
    const [, file] = await shipworthy.tree();
    assert.equal(file?.kind, 'file');
    await screenshot('by-file');
    await vscode.commands.executeCommand('shipworthy.groupBy', 'severity');
    assert.deepEqual(
      (await shipworthy.tree()).slice(1).map(({ label }) => label),
      ['Critical', 'High', 'Medium', 'Low'],
    );
    await vscode.commands.executeCommand('shipworthy.groupBy', 'category');
  },
  { needsUi: true },
);

test(
  'a filter by keyboard leaves the critical ones, and says so',
  async () => {
    const shipworthy = await api();
    await vscode.commands.executeCommand('shipworthy.scorecard.focus');
    const filter = vscode.commands.executeCommand('shipworthy.filter');
    await waitFor({ selector: `${QUICK_PICK} >> text=Critical` });
    await screenshot('filter');
    await type('Critical');
    await press('ArrowDown');
    await press('Space');
    await press('Enter');
    await filter;
    const [, element] = await shipworthy.tree();
    assert.equal(element?.kind, 'filter');
    assert.match(element.label, /^\d+ of \d+ findings$/);
    await waitFor({ selector: `${ROW} >> text=/of \\d+ findings/` });
    await screenshot('filtered');
    await vscode.commands.executeCommand('shipworthy.clearFilter');
    assert.notEqual((await shipworthy.tree())[1]?.kind, 'filter');
  },
  { needsUi: true },
);

test(
  'a search finds the rule',
  async () => {
    const shipworthy = await api();
    const search = vscode.commands.executeCommand('shipworthy.search');
    await waitFor({ selector: QUICK_PICK });
    await type('websocket origin');
    await press('Enter');
    await search;
    const [, filter, security, ...others] = await shipworthy.tree();
    assert.equal(filter?.description, '“websocket origin”');
    assert.equal(security?.label, 'Security');
    assert.deepEqual(others, []);
    const [rule] = await shipworthy.tree(security);
    assert.equal(rule?.ruleId, ORIGIN);
    await vscode.commands.executeCommand('shipworthy.clearFilter');
  },
  { needsUi: true },
);

test(
  'components and decisions have views of their own, which can be read in every theme',
  async () => {
    const shipworthy = await api();
    const [component] = await shipworthy.components();
    assert.match(component?.description ?? '', /^[A-F][+-]? \d+ · .* [■□]{5}$/);
    const decisions = await shipworthy.decisions();
    assert.deepEqual(
      decisions.map(({ label }) => label),
      ['Suppressions', 'Attestations', 'Baseline'],
    );
    await vscode.commands.executeCommand('shipworthy.components.focus');
    await waitFor({ selector: `${ROW} >> text=${component!.label}` });
    await vscode.commands.executeCommand('shipworthy.decisions.focus');
    await waitFor({ selector: `${ROW} >> text=Attestations` });
    await vscode.commands.executeCommand('shipworthy.scorecard.focus');
    for (const [theme, selector, name] of [
      ['Default Dark Modern', 'dark_modern', 'dark'],
      ['Default High Contrast', 'hc-black', 'high-contrast'],
    ] as const) {
      await inTheme(theme, async () => {
        await waitFor({ selector: `.monaco-workbench[class*="${selector}"]` });
        await screenshot(`views-${name}`);
      });
    }
    await waitFor({ selector: '.monaco-workbench[class*="light_modern"]' });
    await screenshot('views-light');
    const rows = await texts({ selector: ROW });
    assert.ok(
      rows.some((row) => row.includes('Suppressions')),
      rows.join('\n'),
    );
  },
  { needsUi: true },
);

test('what is asked of the scorecard is remembered, and follows the revision', async () => {
  const shipworthy = await api();
  await vscode.commands.executeCommand('shipworthy.groupBy', 'rule');
  const [, rule] = await shipworthy.tree();
  assert.equal(rule?.kind, 'rule');
  await vscode.commands.executeCommand('shipworthy.refresh');
  await until(shipworthy.onStatus, () => shipworthy.status()?.state === 'ready', 'the scan to end', 60_000);
  assert.equal((await shipworthy.tree())[1]?.kind, 'rule');
  await vscode.commands.executeCommand('shipworthy.groupBy', 'category');
});

test(
  'files with blockers are marked in the explorer where the user wants it',
  async () => {
    await api();
    const settings = vscode.workspace.getConfiguration('shipworthy');
    await settings.update('decorations.enabled', true, vscode.ConfigurationTarget.Global);
    await open(SOCKET);
    await vscode.commands.executeCommand('workbench.view.explorer');
    const marked = { selector: '.explorer-folders-view .monaco-icon-label[aria-label*="shipping"]' };
    await waitFor(marked);
    await screenshot('decorations');
    await settings.update('decorations.enabled', undefined, vscode.ConfigurationTarget.Global);
    await waitFor(marked, 'hidden');
    await vscode.commands.executeCommand('shipworthy.scorecard.focus');
  },
  { needsUi: true },
);
