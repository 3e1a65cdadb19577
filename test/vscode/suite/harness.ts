/**
 * The smallest test runner that serves: named tests run one after the other inside the editor, each with a deadline, each
 * with one line of output, and one total at the end. It also has the one way in which tests wait: for an event, never
 * for time.
 */
import * as vscode from 'vscode';
import { FAILURE_PICTURE, GREP_VARIABLE, TEST_LINE } from '../uiProtocol.ts';
import { screenshot, uiAvailable } from './ui.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

interface TestOptions {
  readonly timeoutMs?: number;
  /** What the window has open: the sample service (the default), or a workspace of two folders that is not trusted. */
  readonly window?: 'folder' | 'twoRoots';
  /** The test clicks, hovers or looks: it is skipped where there is no browser around the editor. */
  readonly needsUi?: boolean;
}

interface TestCase extends TestOptions {
  readonly name: string;
  readonly body: () => Promise<void>;
}

const cases: TestCase[] = [];

/** Adds a test. Tests run in the order in which they are added. */
export function test(name: string, body: () => Promise<void>, options: TestOptions = {}): void {
  cases.push({ name, body, ...options });
}

/**
 * Runs what was added.
 * @throws Error when a test failed or none ran, which is how VS Code learns that the run failed
 */
export async function runTests(): Promise<void> {
  const grep = process.env[GREP_VARIABLE] ?? '';
  const failed: string[] = [];
  let passed = 0;
  let skipped = 0;
  const named = cases.filter((testCase) => testCase.name.includes(grep));
  const here = vscode.workspace.workspaceFile === undefined ? 'folder' : 'twoRoots';
  const chosen = named.filter((testCase) => (testCase.window ?? 'folder') === here);
  say(`VS Code ${vscode.version}, ${here}: ${chosen.length} of ${cases.length} tests`);
  for (const testCase of chosen) {
    if (testCase.needsUi === true && !uiAvailable) {
      skipped++;
      say(`  skip  ${testCase.name} (needs a browser around the editor)`);
      continue;
    }
    const start = Date.now();
    try {
      await withDeadline(testCase.body(), testCase.timeoutMs ?? DEFAULT_TIMEOUT_MS, 'the end of the test');
      passed++;
      say(`  ok    ${testCase.name} (${Date.now() - start} ms)`);
    } catch (error) {
      failed.push(testCase.name);
      say(`  FAIL  ${testCase.name} (${Date.now() - start} ms)\n${describe(error)}`);
      await screenshot(FAILURE_PICTURE + testCase.name).catch(() => undefined);
    }
  }
  say(`VS Code tests: ${passed} passed, ${failed.length} failed, ${skipped} skipped`);
  if (failed.length > 0) throw new Error(`${failed.length} VS Code test(s) failed: ${failed.join('; ')}`);
  if (passed === 0 && named.length === chosen.length) throw new Error('no VS Code test ran');
}

/**
 * Waits until `condition` yields something truthy, and returns it. The condition is looked at now and after each event,
 * never by the clock, so a test is as fast as what it waits for.
 * @param what ends the message when the deadline passes: "... waiting for <what>"
 */
export async function until<E, T>(
  event: vscode.Event<E>,
  condition: () => T | Promise<T>,
  what: string,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): Promise<NonNullable<T>> {
  let subscription: vscode.Disposable | undefined;
  const fulfilled = new Promise<NonNullable<T>>((settle, fail) => {
    let looking = false;
    let again = false;
    const look = async (): Promise<void> => {
      // An event while an asynchronous condition is being computed may be the one that matters: look again after it.
      if (looking) {
        again = true;
        return;
      }
      looking = true;
      do {
        again = false;
        const value = await condition();
        if (value) settle(value);
      } while (again);
      looking = false;
    };
    const start = (): void => {
      look().catch(fail);
    };
    subscription = event(start);
    start();
  });
  try {
    return await withDeadline(fulfilled, timeoutMs, what);
  } finally {
    subscription?.dispose();
  }
}

/** Prints to the terminal of the launcher; what tests print with `console` goes to its log file. */
export function say(text: string): void {
  console.log(text.replaceAll(/^/gm, TEST_LINE));
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${timeoutMs} ms passed waiting for ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.replaceAll(/^/gm, '        ');
}
