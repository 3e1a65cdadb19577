/**
 * The two states that the server cannot tell: it is being started, or it is gone. Everything else that status bar, badge
 * and view show comes from the server; this file never judges anything.
 */
import * as vscode from 'vscode';
import type { StatusParams } from '../../server/src/protocol.ts';

/** Revision of states made here. The server counts from 0, so its first state always differs and is drawn. */
export const NO_REVISION = -1;

/** Whether results are still to come. */
export function isWorking({ state }: StatusParams): boolean {
  return state === 'starting' || state === 'scanning';
}

/** The server process was asked to start and has not answered yet. */
export function startingStatus(): StatusParams {
  return withoutServer('starting', vscode.l10n.t('Shipworthy is starting.'));
}

/** The server cannot be started, or stopped so often that it is not started again. */
export function serverGoneStatus(): StatusParams {
  return withoutServer('error', vscode.l10n.t('The Shipworthy language server is not running.'));
}

function withoutServer(state: 'starting' | 'error', sentence: string): StatusParams {
  return {
    state,
    statusText: 'Shipworthy',
    statusTooltip: sentence,
    statusAccessibility: sentence,
    viewDescription: '',
    badge: 0,
    badgeTooltip: '',
    revision: NO_REVISION,
  };
}
