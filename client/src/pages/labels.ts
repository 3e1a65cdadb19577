/** The words of the pages that do not come from the server, in the language of the editor. */
import * as vscode from 'vscode';
import type { Labels } from './messages.ts';

export function pageLabels(): Labels {
  return {
    loading: vscode.l10n.t('Loading…'),
    openSettings: vscode.l10n.t('Open Settings'),
    copySnippet: vscode.l10n.t('Copy'),
    copied: vscode.l10n.t('Copied to the clipboard.'),
    configuration: vscode.l10n.t('Configuration to copy'),
    references: vscode.l10n.t('References'),
    places: vscode.l10n.t('Findings'),
    cut: vscode.l10n.t('The file goes on.'),
    score: vscode.l10n.t('Score'),
    notRated: vscode.l10n.t('Not rated'),
    open: vscode.l10n.t('Open'),
    explain: vscode.l10n.t('Explain'),
    exportReport: vscode.l10n.t('Export Report…'),
    copyMarkdown: vscode.l10n.t('Copy as Markdown'),
    rescan: vscode.l10n.t('Rescan'),
    table: vscode.l10n.t('As a table'),
    trendOf: vscode.l10n.t('Score over time'),
    ofHundred: vscode.l10n.t('of 100'),
  };
}
