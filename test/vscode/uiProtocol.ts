/**
 * What the tests inside the editor ask of the launcher outside: the few things that only a mouse, a keyboard or a camera
 * can do. Types and names, plain data, no `vscode` and no browser.
 */

/** Environment variable with the launcher's address; absent when nobody outside can draw (a desktop editor). */
export const UI_ADDRESS_VARIABLE = 'SHIPWORTHY_TEST_UI';
/** Environment variable with a part of the names of the tests to run; absent or empty runs all. */
export const GREP_VARIABLE = 'SHIPWORTHY_TEST_GREP';

/** Starts every line that the tests say: the launcher shows those and files everything else that the editor logs. */
export const TEST_LINE = '[test] ';

/** Starts the names of the pictures that are taken because something failed; they are removed before the next run. */
export const FAILURE_PICTURE = 'failed-';

/** Where something is on the page. Selectors are Playwright's: CSS, `text=...`, `role=...`. The first match is meant. */
export interface Target {
  readonly selector: string;
  /** Selectors of the iframes to enter, outermost first, e.g. those of a webview. */
  readonly frames?: readonly string[];
}

export type UiCommand =
  | { readonly kind: 'screenshot'; readonly name: string; readonly target?: Target }
  | { readonly kind: 'click'; readonly target: Target; readonly button?: 'left' | 'right'; readonly count?: number }
  | { readonly kind: 'hover'; readonly target: Target }
  | { readonly kind: 'press'; readonly keys: string }
  | { readonly kind: 'type'; readonly text: string }
  | { readonly kind: 'waitFor'; readonly target: Target; readonly state: 'visible' | 'hidden' }
  | { readonly kind: 'texts'; readonly target: Target }
  /** Looks for what people with disabilities cannot use in the document of the target, with axe-core. */
  | { readonly kind: 'accessibility'; readonly target: Target };

/** `value` is the list of texts for `texts`, of serious problems for `accessibility`, the path of the picture for `screenshot`, and null for the rest. */
export type UiAnswer =
  | { readonly ok: true; readonly value: readonly string[] | string | null }
  | { readonly ok: false; readonly error: string };
