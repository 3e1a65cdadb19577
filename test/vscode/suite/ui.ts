/**
 * The tests' half of the UI channel: asks the launcher to click, hover, type or take a picture, and waits until it is
 * done. Where there is no launcher with a browser (a desktop editor), `uiAvailable` is false and such tests are skipped.
 */
import type { Target, UiAnswer, UiCommand } from '../uiProtocol.ts';
import { UI_ADDRESS_VARIABLE } from '../uiProtocol.ts';

const address = process.env[UI_ADDRESS_VARIABLE] ?? '';

export const uiAvailable = address !== '';

/** The frames of the (first visible) webview panel or view. */
export const WEBVIEW_FRAMES: readonly string[] = ['iframe.webview.ready', 'iframe#active-frame'];

/** Takes a picture of the window, or of one element; does nothing where there is no browser. */
export async function screenshot(name: string, target?: Target): Promise<void> {
  if (!uiAvailable) return;
  await ask({ kind: 'screenshot', name, ...(target === undefined ? {} : { target }) });
}

export async function click(
  target: Target,
  options: { button?: 'left' | 'right'; count?: number } = {},
): Promise<void> {
  await ask({ kind: 'click', target, ...options });
}

export async function hover(target: Target): Promise<void> {
  await ask({ kind: 'hover', target });
}

/** Presses a key or a chord, e.g. `Control+.` or `Escape`. */
export async function press(keys: string): Promise<void> {
  await ask({ kind: 'press', keys });
}

export async function type(text: string): Promise<void> {
  await ask({ kind: 'type', text });
}

export async function waitFor(target: Target, state: 'visible' | 'hidden' = 'visible'): Promise<void> {
  await ask({ kind: 'waitFor', target, state });
}

/** Texts of all elements that match, as a person sees them. */
export async function texts(target: Target): Promise<readonly string[]> {
  return (await ask({ kind: 'texts', target })) as readonly string[];
}

/** Problems that axe-core calls serious or critical, in the document that holds the target; each with its elements. */
export async function accessibilityProblems(target: Target): Promise<readonly string[]> {
  return (await ask({ kind: 'accessibility', target })) as readonly string[];
}

async function ask(command: UiCommand): Promise<UiAnswer extends { value: infer V } ? V : unknown> {
  if (!uiAvailable) throw new Error(`there is no browser here to ask for "${command.kind}"`);
  const response = await fetch(address, { method: 'POST', body: JSON.stringify(command) });
  const answer = (await response.json()) as UiAnswer;
  if (!answer.ok) throw new Error(`${command.kind}: ${answer.error}`);
  return answer.value;
}
