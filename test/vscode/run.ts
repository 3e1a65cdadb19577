/**
 * Runs the VS Code tests in a real VS Code without a desktop: the VS Code server, shown by a headless Chromium. Prints what
 * the tests say and exits with their result: 0 passed, 1 failed, 2 could not be run. It speaks VS Code's own protocol
 * for tests in a browser, and lets the page reach nothing but the server.
 *
 * Usage: tsx test/vscode/run.ts [--grep PART-OF-NAME] [--extension FOLDER] [--verbose]
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { VscodeHost } from '../../tools/vscodeHost.ts';
import { findBrowser, HostError, PROJECT_ROOT, startHost, workbenchUrl } from '../../tools/vscodeHost.ts';
import { bundleSuite, createStackMapper, makeWorkplace, SCREENSHOT_DIR, type Workplace } from './prepare.ts';
import { FAILURE_PICTURE, GREP_VARIABLE, TEST_LINE, UI_ADDRESS_VARIABLE } from './uiProtocol.ts';
import type { UiServer } from './uiServer.ts';
import { screenshotPath, startUiServer } from './uiServer.ts';

/** From the first request of the page to the first line of the tests. */
const START_DEADLINE_MS = 2 * 60_000;
/** The tests together; each has its own, much shorter deadline. */
const RUN_DEADLINE_MS = 10 * 60_000;
/** One click or look; shorter than the deadline of a test, so that the failure names what was not found. */
const UI_DEADLINE_MS = 15_000;

/** What the editor logged in the last run that did not pass. */
const LOG_FILE = join(PROJECT_ROOT, '.cache', 'vscode-tests', 'workbench.log');

/**
 * What the server logs because its native modules are not built (only its own log files and a watchdog need them).
 * Pages of it would hide the one line that explains a failure.
 */
const HARMLESS = /spdlog\.node|native-watchdog|\[Service Worker\] registration|builtin extensions from gallery/;

const EXIT_PASSED = 0;
const EXIT_NOT_RUN = 2;

interface Journal {
  /** Called by the page for every line that the editor or the tests log. */
  add(type: string, args: readonly unknown[]): void;
  testsStarted(): boolean;
  lastLine(): string;
  /** Writes what was logged and returns the path. */
  save(): string;
  /** Called with the first line of the tests. */
  onFirstTestLine: () => void;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { grep: { type: 'string' }, extension: { type: 'string' }, verbose: { type: 'boolean' } },
  });
  const executablePath = findBrowser();
  const testsPath = await bundleSuite();
  const workplace = makeWorkplace(values.extension ?? PROJECT_ROOT);
  const ui = await startUiServer(SCREENSHOT_DIR);
  const journal = createJournal(createStackMapper(testsPath), values.verbose ?? false);
  removePicturesOfFailures();
  // An end from outside skips every `finally`; leaving by `exit` still ends the server and the browser.
  process.once('exit', workplace.remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(EXIT_NOT_RUN));
  try {
    let worst = EXIT_PASSED;
    for (const { folder, settings } of windowsOf(workplace)) {
      const code = await runWindow(folder, settings);
      if (code !== EXIT_PASSED) worst = code;
    }
    return worst;
  } finally {
    ui.stop();
    workplace.remove();
  }

  async function runWindow(folder: string, settings: Readonly<Record<string, unknown>>): Promise<number> {
    const host = await startHost({
      userDataDir: workplace.userDataDir,
      settings,
      environment: { [UI_ADDRESS_VARIABLE]: ui.address, [GREP_VARIABLE]: values.grep ?? '' },
    });
    try {
      const url = workbenchUrl(host, { folder, extensionPath: workplace.extension, testsPath });
      const result = await runInBrowser(executablePath, url, host, ui, journal);
      if (typeof result === 'string') console.error(`VS Code tests: no result, ${result}`);
      const code = typeof result === 'string' ? EXIT_NOT_RUN : result;
      if (code !== EXIT_PASSED) {
        // Tests that could not even be loaded have said nothing: then the editor has.
        if (!journal.testsStarted()) console.error(`The editor's last words: ${journal.lastLine()}`);
        console.error(`The editor's own log: ${relative(process.cwd(), journal.save())}`);
      }
      return code;
    } finally {
      await host.stop();
    }
  }
}

/** The windows in which tests run, one after the other: what is open, and the user's settings. */
function windowsOf(workplace: Workplace): readonly { folder: string; settings: Readonly<Record<string, unknown>> }[] {
  // Pictures of different machines shall look the same, so the theme is not left to what the browser prefers.
  const looks = { 'workbench.colorTheme': 'Default Light Modern', 'workbench.reduceMotion': 'on' };
  return [
    // A test run refuses the trust question, which would leave the extension in restricted mode.
    { folder: workplace.sample, settings: { ...looks, 'security.workspace.trust.enabled': false } },
    { folder: workplace.twoRoots, settings: { ...looks, 'security.workspace.trust.startupPrompt': 'never' } },
  ];
}

/** Exit code of the tests, or why there is none. */
async function runInBrowser(
  executablePath: string,
  url: string,
  host: VscodeHost,
  ui: UiServer,
  journal: Journal,
): Promise<number | string> {
  const browser = await chromium.launch({ executablePath, args: ['--disable-gpu', '--no-first-run'] });
  let timer: NodeJS.Timeout | undefined;
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(UI_DEADLINE_MS);
    // The tests are the same on a machine without a network: what is not the server is not reachable.
    await page.route(
      (address) => address.origin !== host.url,
      (route) => route.abort(),
    );

    let finish: (result: number | string) => void = () => undefined;
    const result = new Promise<number | string>((settle) => {
      finish = settle;
    });
    const finishAfter = (milliseconds: number, reason: string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => finish(reason), milliseconds);
    };
    await page.exposeFunction('codeAutomationExit', (code: number) => finish(code));
    await page.exposeFunction('codeAutomationLog', (type: string, args: readonly unknown[]) => journal.add(type, args));
    journal.onFirstTestLine = () => finishAfter(RUN_DEADLINE_MS, 'the tests did not end in time');
    page.once('crash', () => finish('the page crashed'));
    void host.ended.then((output) => finish(`the VS Code server ended: ${output}`));

    ui.attach(page);
    finishAfter(START_DEADLINE_MS, 'the tests did not start in time');
    await page.goto(url, { waitUntil: 'commit' });
    const outcome = await result;
    if (typeof outcome === 'string') await takeLastPicture(page);
    return outcome;
  } finally {
    clearTimeout(timer);
    await browser.close();
  }
}

/** Shows the lines of the tests at once and keeps the editor's own for the case of a failure. */
function createJournal(mapStack: (text: string) => string, verbose: boolean): Journal {
  const lines: string[] = [];
  let started = false;
  const journal: Journal = {
    add: (type, args) => {
      const text = args.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ');
      if (HARMLESS.test(text)) return;
      lines.push(`${type}: ${text}`);
      if (!text.startsWith(TEST_LINE)) {
        if (verbose) console.log(`      | ${type}: ${text}`);
        return;
      }
      console.log(mapStack(text.replaceAll(TEST_LINE, '')));
      if (!started) journal.onFirstTestLine();
      started = true;
    },
    testsStarted: () => started,
    lastLine: () => mapStack(lines.at(-1) ?? '(none)'),
    save: () => {
      mkdirSync(dirname(LOG_FILE), { recursive: true });
      writeFileSync(LOG_FILE, `${lines.join('\n')}\n`);
      return LOG_FILE;
    },
    onFirstTestLine: () => undefined,
  };
  return journal;
}

/** The page may be what is broken, so a picture that cannot be taken is no further failure. */
async function takeLastPicture(page: Page): Promise<void> {
  const path = screenshotPath(SCREENSHOT_DIR, `${FAILURE_PICTURE}no-result`);
  await page.screenshot({ path }).catch(() => undefined);
}

/** Pictures of failures that have been mended would mislead. */
function removePicturesOfFailures(): void {
  mkdirSync(SCREENSHOT_DIR, { recursive: true });
  for (const name of readdirSync(SCREENSHOT_DIR)) {
    if (name.startsWith(FAILURE_PICTURE)) rmSync(join(SCREENSHOT_DIR, name));
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  console.error(error.message);
  process.exitCode = EXIT_NOT_RUN;
}
