/**
 * Tools for language models: hands the calls of an assistant to the server and its answers back. All of them only read; what
 * they are for and what they take is said in package.json.
 */
import * as vscode from 'vscode';
import type { ToolName, ToolParams, ToolResult } from '../../server/src/protocol.ts';

/** What is needed of the connection. */
export interface ToolSource {
  tool(params: ToolParams): Promise<ToolResult>;
}

/** Registers the tools, in editors that know of such; dispose to unregister them. */
export function registerTools(source: ToolSource): vscode.Disposable {
  // Editors that are built from the same code may lack it.
  const canRegister = typeof (vscode.lm as Partial<typeof vscode.lm> | undefined)?.registerTool === 'function';
  if (!canRegister) return vscode.Disposable.from();
  const messages: Readonly<Record<ToolName, string>> = {
    shipworthy_get_scorecard: vscode.l10n.t('Reading the scorecard'),
    shipworthy_list_findings: vscode.l10n.t('Reading findings'),
    shipworthy_explain_rule: vscode.l10n.t('Reading about a rule'),
    shipworthy_preview_score: vscode.l10n.t('Looking what an edit would do to the score'),
  };
  const names = Object.keys(messages) as readonly ToolName[];
  return vscode.Disposable.from(
    ...names.map((name) =>
      vscode.lm.registerTool<unknown>(name, {
        prepareInvocation: () => ({ invocationMessage: messages[name] }),
        async invoke({ input }) {
          const { text, isError } = await source.tool({ name, input });
          if (isError) throw new Error(text);
          return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
        },
      }),
    ),
  );
}
