/**
 * Grade and score in the status bar; a click leads to the scorecard. One short text, one icon, no colour of its own.
 */
import * as vscode from 'vscode';
import type { StatusParams } from '../../../server/src/protocol.ts';
import { isWorking } from '../status.ts';
import { untrustedMarkdown } from './tree.ts';

/** Left of the middle of the left group: after source control, before the problems of single languages. */
const PRIORITY = 40;

export interface StatusBar {
  /** Draws a state. */
  show(status: StatusParams): void;
  dispose(): void;
}

export function createStatusBar(command: string): StatusBar {
  const item = vscode.window.createStatusBarItem('shipworthy.score', vscode.StatusBarAlignment.Left, PRIORITY);
  item.name = 'Shipworthy';
  item.command = command;
  return {
    show(status) {
      if (status.state === 'noFolder') {
        item.hide();
        return;
      }
      item.text = `$(${icon(status)}) ${status.statusText}`;
      item.tooltip = untrustedMarkdown(status.statusTooltip);
      item.accessibilityInformation = { label: status.statusAccessibility, role: 'button' };
      item.show();
    },
    dispose() {
      item.dispose();
    },
  };
}

function icon(status: StatusParams): string {
  if (isWorking(status)) return 'sync~spin';
  if (status.state === 'error') return 'warning';
  if (status.state === 'disabled') return 'circle-slash';
  return 'checklist';
}
