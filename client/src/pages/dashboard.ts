/**
 * The dashboard: grade, verdict, what to do next, and every category, in an editor tab that follows the code. What is on it
 * comes from the server.
 */
import * as vscode from 'vscode';
import type { DashboardResult, RuleFixParams } from '../../../server/src/protocol.ts';
import { pageLabels } from './labels.ts';
import { createPage, type Page, showPlace } from './panel.ts';
import { SHOW_RULE_DOC_COMMAND } from './rulePage.ts';

const VIEW_TYPE = 'shipworthy.dashboard';

/** What is needed of the connection. */
export interface DashboardSource {
  dashboard(): Promise<DashboardResult>;
  ruleFix(params: RuleFixParams): Promise<{ readonly edit: vscode.WorkspaceEdit; readonly findings: number } | null>;
}

export type DashboardPage = Page;

/** Registers the page. */
export function createDashboard(source: DashboardSource, extension: vscode.Uri): DashboardPage {
  return createPage({
    viewType: VIEW_TYPE,
    title: vscode.l10n.t('Shipworthy Dashboard'),
    extension,
    async load() {
      const { page, message } = await source.dashboard();
      const labels = pageLabels();
      return page === null ? { kind: 'nothing', labels, text: message } : { kind: 'dashboard', labels, page };
    },
    restore: () => true,
    async act(action) {
      switch (action.kind) {
        case 'explain':
          await vscode.commands.executeCommand(SHOW_RULE_DOC_COMMAND, action.ruleId);
          return;
        case 'fix':
          return fixRule(source, action.ruleId);
        case 'exportReport':
          await vscode.commands.executeCommand('shipworthy.exportReport');
          return;
        case 'copyMarkdown':
          await vscode.commands.executeCommand('shipworthy.copySummary');
          return;
        case 'rescan':
          await vscode.commands.executeCommand('shipworthy.refresh');
          return;
      }
    },
  });
}

/**
 * Applies the fixes of a rule and shows the first place. What the server marks so waits in the editor's preview until
 * somebody has agreed; everything is undone like any edit.
 */
async function fixRule(source: DashboardSource, ruleId: string): Promise<void> {
  const fix = await source.ruleFix({ ruleId });
  if (fix === null) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no quick fix left for "{0}".', ruleId));
    return;
  }
  // The editor saves the files of a refactoring, so that it leaves no row of unsaved ones behind.
  const isApplied = await vscode.workspace.applyEdit(fix.edit, { isRefactoring: fix.findings > 1 });
  const [first] = fix.edit.entries();
  if (!isApplied || first === undefined) return;
  const [uri, [edit]] = first;
  await showPlace(uri, edit === undefined ? undefined : new vscode.Range(edit.range.start, edit.range.start));
}
