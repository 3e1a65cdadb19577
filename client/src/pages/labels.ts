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
  };
}
