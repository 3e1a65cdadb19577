/**
 * The commands, each one line that leads elsewhere. Where they appear and when they can run is said in package.json.
 */
import * as vscode from 'vscode';
import { type ActionsParams, SUPPRESS_COMMAND, type TreeElement } from '../../server/src/protocol.ts';
import { chooseAction } from './actions.ts';
import type { Connection } from './connection.ts';
import type { DashboardPage } from './pages/dashboard.ts';
import { type RulePages, SHOW_RULE_DOC_COMMAND } from './pages/rulePage.ts';
import { copySummary, exportReport } from './report/export.ts';
import type { Grouping, ViewOptionsState } from './scorecard/options.ts';
import { SCORECARD_VIEW } from './scorecard/view.ts';

export const FOCUS_SCORECARD_COMMAND = 'shipworthy.focusScorecard';

/** `<publisher>.<extension>#<walkthrough>` of package.json. */
const WALKTHROUGH = 'shipworthy.shipworthy#gettingStarted';

export interface Pages {
  readonly rulePages: RulePages;
  readonly dashboard: DashboardPage;
}

/** Registers all commands; dispose to unregister them. */
export function registerCommands(
  connection: Connection,
  output: vscode.LogOutputChannel,
  pages: Pages,
  options: ViewOptionsState,
  selected: () => TreeElement | undefined,
): vscode.Disposable {
  /** What an element of a tree stands for; without one, of the row that is selected. */
  const subject = (element: TreeElement | Omit<ActionsParams, 'purpose'> = selected() ?? {}) => {
    const { ruleId, fingerprint } = element;
    const uri = 'target' in element ? element.target?.uri : 'uri' in element ? element.uri : undefined;
    return {
      ...(ruleId === undefined ? {} : { ruleId }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(uri === undefined ? {} : { uri }),
    };
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('shipworthy.fix', (element?: TreeElement) =>
      chooseAction(connection, { purpose: 'fix', ...subject(element) }),
    ),
    vscode.commands.registerCommand(SUPPRESS_COMMAND, (element?: TreeElement | Omit<ActionsParams, 'purpose'>) =>
      chooseAction(connection, { purpose: 'suppress', ...subject(element) }),
    ),
    vscode.commands.registerCommand('shipworthy.cancelScan', () => connection.cancelScan()),
    vscode.commands.registerCommand('shipworthy.fixWorkspace', () => chooseAction(connection, { purpose: 'fixSafe' })),
    vscode.commands.registerCommand('shipworthy.createBaseline', () =>
      chooseAction(connection, { purpose: 'createBaseline' }),
    ),
    vscode.commands.registerCommand('shipworthy.pruneBaseline', () =>
      chooseAction(connection, { purpose: 'pruneBaseline' }),
    ),
    vscode.commands.registerCommand('shipworthy.groupBy', (group?: Grouping) => options.groupBy(group)),
    vscode.commands.registerCommand('shipworthy.filter', () => options.chooseFilters()),
    vscode.commands.registerCommand('shipworthy.changeFilter', () => options.chooseFilters()),
    vscode.commands.registerCommand('shipworthy.search', () => options.search()),
    vscode.commands.registerCommand('shipworthy.clearFilter', () => options.clear()),
    vscode.commands.registerCommand('shipworthy.restart', () => connection.restart()),
    vscode.commands.registerCommand('shipworthy.showOutput', () => output.show()),
    vscode.commands.registerCommand(FOCUS_SCORECARD_COMMAND, () =>
      vscode.commands.executeCommand(`${SCORECARD_VIEW}.focus`),
    ),
    vscode.commands.registerCommand('shipworthy.refresh', () => connection.rescan()),
    vscode.commands.registerCommand('shipworthy.exportReport', () => exportReport(connection)),
    vscode.commands.registerCommand(SHOW_RULE_DOC_COMMAND, (rule: unknown) => pages.rulePages.show(ruleIdOf(rule))),
    vscode.commands.registerCommand('shipworthy.openWalkthrough', () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH),
    ),
    vscode.commands.registerCommand('shipworthy.openDashboard', () => pages.dashboard.show()),
    vscode.commands.registerCommand('shipworthy.copySummary', () => copySummary(connection)),
    vscode.commands.registerCommand('shipworthy.copyMessage', ({ label, description }: TreeElement) =>
      vscode.env.clipboard.writeText(description === '' ? label : `${label} (${description})`),
    ),
  );
}

/** The argument is a rule's id in links of hover texts, and the element in menus of the tree. */
function ruleIdOf(argument: unknown): string | undefined {
  if (typeof argument === 'string') return argument;
  return (argument as TreeElement | undefined)?.ruleId;
}
