/**
 * What can be done about findings from outside of the editor's light bulb: asks which of the server's choices, and why, and
 * applies the edit. The edits, and all words but two, come from the server.
 */
import * as vscode from 'vscode';
import type { ActionChoice, ActionsParams, ActionsResult } from '../../server/src/protocol.ts';

/** What is needed of the connection. */
export interface ActionSource {
  actions(params: ActionsParams): Promise<ActionsResult>;
  /** The edit of a code action; undefined when there is nothing left to do. */
  editOf(action: ActionChoice['action']): Promise<vscode.WorkspaceEdit | undefined>;
}

interface ChoiceItem extends vscode.QuickPickItem {
  readonly choice: ActionChoice;
}

/** Does nothing when the user leaves a dialog. Rejects when no server is running. */
export async function chooseAction(source: ActionSource, params: ActionsParams): Promise<void> {
  const { choices, message } = await source.actions(params);
  const [only, second] = choices;
  if (only === undefined) {
    void vscode.window.showInformationMessage(message);
    return;
  }
  const choice = second === undefined && only.question === undefined ? only : await pick(choices);
  if (choice === undefined) return;
  const action = await withReason(choice);
  if (action === undefined) return;
  const edit = await source.editOf(action);
  if (edit !== undefined) await vscode.workspace.applyEdit(edit, { isRefactoring: true });
}

async function pick(choices: readonly ActionChoice[]): Promise<ActionChoice | undefined> {
  const items = choices.map((choice): ChoiceItem => {
    const { title, description } = choice;
    return { label: title, description, choice };
  });
  const picked = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('What to do') });
  return picked?.choice;
}

/** The action with the answer to its question. */
async function withReason({ title, question, action }: ActionChoice): Promise<ActionChoice['action'] | undefined> {
  if (question === undefined) return action;
  const reason = await vscode.window.showInputBox({
    title,
    prompt: question,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? vscode.l10n.t('A reason is needed.') : undefined),
  });
  return reason === undefined ? undefined : { ...action, data: { ...(action.data as object), reason } };
}
