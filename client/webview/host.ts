/** The way to the extension: actions out, state kept by the editor. */
import type { PageAction, PageState } from '../src/pages/messages.ts';

interface EditorApi {
  postMessage(message: PageAction): void;
  setState(state: KeptState): void;
  getState(): KeptState | undefined;
}

/** What the editor keeps for the page; the extension reads `PageState` of it after a restart. */
export interface KeptState extends PageState {
  /** Keys of what was unfolded or folded by hand. */
  readonly unfolded?: readonly string[];
  readonly folded?: readonly string[];
}

declare function acquireVsCodeApi(): EditorApi;

const editor = acquireVsCodeApi();

export function send(action: PageAction): void {
  editor.postMessage(action);
}

export function keptState(): KeptState {
  return editor.getState() ?? {};
}

export function keep(state: KeptState): void {
  editor.setState({ ...keptState(), ...state });
}
