/**
 * How the reader wants to see the scorecard: grouping, filters, search. Remembered for the workspace. What there is to
 * choose from, and what a choice leaves, is the server's to say.
 */
import * as vscode from 'vscode';
import type { FiltersParams, FiltersResult, ViewOptions } from '../../../server/src/protocol.ts';

/** What is needed of the connection. */
export interface FilterSource {
  filters(params: FiltersParams): Promise<FiltersResult>;
}

export type Grouping = ViewOptions['group'];

const STORED = 'shipworthy.view';
const FILTERED_CONTEXT = 'shipworthy.filtered';
const EVERYTHING: ViewOptions = { group: 'category', filters: [], search: '' };

export interface ViewOptionsState {
  readonly onDidChange: vscode.Event<void>;
  current(): ViewOptions;
  /** Asks for the grouping unless it is given. */
  groupBy(group?: Grouping): Promise<void>;
  /** Asks what to show; nothing changes when the user leaves the list. */
  chooseFilters(): Promise<void>;
  /** Asks for words to look for. */
  search(): Promise<void>;
  /** Shows every finding again; the grouping stays. */
  clear(): void;
  dispose(): void;
}

export function createViewOptions(source: FilterSource, memory: vscode.Memento): ViewOptionsState {
  const changed = new vscode.EventEmitter<void>();
  let options: ViewOptions = { ...EVERYTHING, ...memory.get<Partial<ViewOptions>>(STORED) };

  function publish(): void {
    const isFiltered = options.filters.length > 0 || options.search !== '';
    void vscode.commands.executeCommand('setContext', FILTERED_CONTEXT, isFiltered);
  }

  function set(next: Partial<ViewOptions>): void {
    options = { ...options, ...next };
    void memory.update(STORED, options);
    publish();
    changed.fire();
  }

  publish();
  return {
    onDidChange: changed.event,
    current: () => options,
    async groupBy(given) {
      const group = given ?? (await pickGrouping(options.group));
      if (group !== undefined) set({ group });
    },
    async chooseFilters() {
      const picked = await vscode.window.showQuickPick(itemsOf(await source.filters({ options })), {
        canPickMany: true,
        matchOnDescription: true,
        title: vscode.l10n.t('Filter the Findings'),
        placeHolder: vscode.l10n.t('Tick what to show; nothing ticked shows everything'),
      });
      if (picked !== undefined) set({ filters: picked.flatMap(({ id }) => (id === undefined ? [] : [id])) });
    },
    async search() {
      const search = await vscode.window.showInputBox({
        title: vscode.l10n.t('Search the Findings'),
        prompt: vscode.l10n.t('Words of the message, the rule or the path; empty shows everything'),
        value: options.search,
      });
      if (search !== undefined) set({ search: search.trim() });
    },
    clear: () => set({ filters: [], search: '' }),
    dispose: () => changed.dispose(),
  };
}

async function pickGrouping(current: Grouping): Promise<Grouping | undefined> {
  const labels: Readonly<Record<Grouping, string>> = {
    category: vscode.l10n.t('Category'),
    rule: vscode.l10n.t('Rule'),
    file: vscode.l10n.t('File'),
    component: vscode.l10n.t('Component'),
    severity: vscode.l10n.t('Severity'),
  };
  const items = (Object.keys(labels) as Grouping[]).map((group) => ({
    group,
    label: labels[group],
    description: group === current ? vscode.l10n.t('now') : '',
  }));
  const title = vscode.l10n.t('Group the Findings By');
  return (await vscode.window.showQuickPick(items, { title }))?.group;
}

interface FilterItem extends vscode.QuickPickItem {
  readonly id?: string;
}

/** The choices, each section under its title. */
function itemsOf(choices: FiltersResult): FilterItem[] {
  return choices.flatMap(({ id, section, label, description, picked }, index) => {
    const item: FilterItem = { id, label, description, picked };
    const isFirst = choices[index - 1]?.section !== section;
    return isFirst ? [{ label: section, kind: vscode.QuickPickItemKind.Separator }, item] : [item];
  });
}
