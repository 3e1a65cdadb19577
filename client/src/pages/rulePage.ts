/**
 * The page of a rule: what it finds and why, examples, its findings in this workspace and its settings, offline. What is on
 * it comes from the server.
 */
import * as vscode from 'vscode';
import type { RuleItem, RulePage, RulePageParams } from '../../../server/src/protocol.ts';
import { pageLabels } from './labels.ts';
import { createPage } from './panel.ts';

export const SHOW_RULE_DOC_COMMAND = 'shipworthy.showRuleDoc';
const VIEW_TYPE = 'shipworthy.rulePage';
const SOURCE = 'shipworthy';

/** What is needed of the connection. */
export interface RulePageSource {
  rulePage(params: RulePageParams): Promise<RulePage | null>;
  rules(): Promise<readonly RuleItem[]>;
}

export interface RulePages {
  /** Shows the page of a rule. Without one: of the finding at the cursor, or of the rule that the user chooses. */
  show(ruleId: string | undefined): Promise<void>;
  /** Loads an open page again. */
  refresh(): void;
  dispose(): void;
}

/** Registers the page. */
export function createRulePages(source: RulePageSource, extension: vscode.Uri): RulePages {
  let shown = '';
  const page = createPage({
    viewType: VIEW_TYPE,
    title: vscode.l10n.t('Rule'),
    extension,
    async load() {
      const loaded = await source.rulePage({ ruleId: shown });
      if (loaded !== null) return { kind: 'rule', labels: pageLabels(), page: loaded };
      return { kind: 'nothing', labels: pageLabels(), text: vscode.l10n.t('There is no rule "{0}".', shown) };
    },
    restore(state) {
      if (typeof state?.ruleId !== 'string') return false;
      shown = state.ruleId;
      return true;
    },
    async act(action) {
      if (action.kind === 'openSettings') {
        await vscode.commands.executeCommand('workbench.action.openSettings', 'shipworthy.rules');
      }
    },
  });
  return {
    async show(ruleId) {
      const chosen = ruleId ?? (await chooseRule(source));
      if (chosen === undefined) return;
      shown = chosen;
      page.show(vscode.l10n.t('Rule: {0}', chosen));
    },
    refresh: page.refresh,
    dispose: page.dispose,
  };
}

/** The rule of the finding at the cursor; otherwise one from a list. */
async function chooseRule(source: RulePageSource): Promise<string | undefined> {
  const here = rulesAtCursor();
  if (here.length === 1) return here[0];
  const rules = await source.rules();
  const offered = here.length === 0 ? rules : rules.filter(({ ruleId }) => here.includes(ruleId));
  const items = offered.map(({ ruleId, title, detail, findings }) => ({
    ruleId,
    label: title,
    description: detail,
    detail: findings === 0 ? ruleId : vscode.l10n.t('{0} · open findings: {1}', ruleId, findings),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Explain Rule'),
    placeHolder: vscode.l10n.t('Rule to explain, by title or id'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.ruleId;
}

function rulesAtCursor(): readonly string[] {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return [];
  const found = vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter((item) => item.source === SOURCE && item.range.contains(editor.selection.active))
    .map(({ code }) => String(typeof code === 'object' ? code.value : code));
  return [...new Set(found)];
}
