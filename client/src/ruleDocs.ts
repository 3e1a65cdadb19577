/**
 * Documentation of rules, offline: a virtual Markdown document whose text comes from the server, shown in the editor's
 * own preview. Nothing is fetched and nothing is rendered here.
 */
import * as vscode from 'vscode';
import type { RuleDocParams, RuleDocResult } from '../../server/src/protocol.ts';

export const SHOW_RULE_DOC_COMMAND = 'shipworthy.showRuleDoc';
const SCHEME = 'shipworthy-doc';
const EXTENSION = '.md';

/** What is needed of the connection. */
export interface RuleDocSource {
  ruleDoc(params: RuleDocParams): Promise<RuleDocResult>;
}

/** Serves the documents; dispose to stop. */
export function registerRuleDocs(source: RuleDocSource): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: async (uri) => {
      const ruleId = uri.path.slice(1, -EXTENSION.length);
      const { markdown } = await source.ruleDoc({ ruleId });
      return markdown;
    },
  });
}

/** Opens the preview of a rule's documentation. */
export async function showRuleDoc(ruleId: string): Promise<void> {
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${ruleId}${EXTENSION}` });
  // Opened first: the preview would swallow the reason why there is no text.
  await vscode.workspace.openTextDocument(uri);
  await vscode.commands.executeCommand('markdown.showPreview', uri);
}
