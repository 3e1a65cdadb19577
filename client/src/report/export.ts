/**
 * Saves the audit report: asks for format and file, lets the server write the text, opens the result. The content is
 * never looked at here.
 */
import * as vscode from 'vscode';
import type { ReportParams, ReportResult } from '../../../server/src/protocol.ts';

/** What is needed of the connection. */
export interface ReportSource {
  report(params: ReportParams): Promise<ReportResult>;
}

/** Milliseconds. */
const COPIED_SHOWN = 5000;

interface FormatItem extends vscode.QuickPickItem {
  readonly format: ReportParams['format'];
  readonly extension: string;
}

/** Does nothing when the user leaves a dialog. Rejects when there is no report or the file cannot be written. */
export async function exportReport(source: ReportSource): Promise<void> {
  const picked = await vscode.window.showQuickPick(formats(), {
    title: vscode.l10n.t('Export the Production-Readiness Report'),
    placeHolder: vscode.l10n.t('Format of the report'),
  });
  if (picked === undefined) return;
  const file = await vscode.window.showSaveDialog({
    ...defaultFile(`shipworthy-report.${picked.extension}`),
    filters: { [picked.label]: [picked.extension] },
  });
  if (file === undefined) return;
  const { content } = await source.report({ format: picked.format });
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(content));
  await vscode.commands.executeCommand('vscode.open', file);
}

/** Copies grade, verdict and the way on as Markdown. Rejects when there is no report. */
export async function copySummary(source: ReportSource): Promise<void> {
  const { content } = await source.report({ format: 'summary' });
  await vscode.env.clipboard.writeText(content);
  vscode.window.setStatusBarMessage(vscode.l10n.t('The scorecard was copied as Markdown.'), COPIED_SHOWN);
}

function formats(): readonly FormatItem[] {
  return [
    { format: 'markdown', extension: 'md', label: 'Markdown', description: vscode.l10n.t('to read and to review') },
    {
      format: 'html',
      extension: 'html',
      label: 'HTML',
      description: vscode.l10n.t('to open in a browser and to hand on'),
    },
    { format: 'json', extension: 'json', label: 'JSON', description: vscode.l10n.t('to process further') },
    { format: 'sarif', extension: 'sarif', label: 'SARIF', description: vscode.l10n.t('for code scanning services') },
  ];
}

function defaultFile(name: string): Pick<vscode.SaveDialogOptions, 'defaultUri'> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  return folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder.uri, name) };
}
