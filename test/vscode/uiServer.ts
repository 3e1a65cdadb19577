/**
 * The launcher's half of the channel between the tests inside the editor and the browser around it: a server on the
 * loopback interface that performs one UI command per request and answers when it is done, so that a picture is taken
 * before its test goes on. It knows a page and nothing of what is tested.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { PROJECT_ROOT } from '../../tools/vscodeHost.ts';
import type { Target, UiAnswer, UiCommand } from './uiProtocol.ts';

export interface UiServer {
  /** For the environment of the tests; it holds a secret, since any local process can reach the port. */
  readonly address: string;
  /** Gives the server its page: before that it refuses every command. */
  attach(page: Page): void;
  stop(): void;
}

/** Starts the server on a free port; pictures go to `screenshotDir`. */
export async function startUiServer(screenshotDir: string): Promise<UiServer> {
  let page: Page | undefined;
  const path = `/${randomBytes(16).toString('hex')}`;
  // One command after the other: there is one mouse and one keyboard.
  let queue: Promise<unknown> = Promise.resolve();

  const server = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== path) {
      response.writeHead(404).end();
      return;
    }
    queue = queue.then(async () => {
      const answer = await performSafely(page, request, screenshotDir);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((settle, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', settle);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${path}`,
    attach: (attached) => {
      page = attached;
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function performSafely(
  page: Page | undefined,
  request: IncomingMessage,
  screenshotDir: string,
): Promise<UiAnswer> {
  try {
    if (page === undefined) return { ok: false, error: 'there is no page yet' };
    const command = JSON.parse(await bodyOf(request)) as UiCommand;
    return { ok: true, value: await perform(page, command, screenshotDir) };
  } catch (error) {
    // Playwright colours its messages, which are read in a log.
    return { ok: false, error: stripVTControlCharacters(error instanceof Error ? error.message : String(error)) };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function perform(page: Page, command: UiCommand, screenshotDir: string): Promise<string[] | string | null> {
  switch (command.kind) {
    case 'screenshot': {
      const path = screenshotPath(screenshotDir, command.name);
      // Widgets fade in: a picture shows what they come to.
      if (command.target === undefined) await page.screenshot({ path, animations: 'disabled' });
      else await locate(page, command.target).screenshot({ path, animations: 'disabled' });
      return path;
    }
    case 'click':
      await locate(page, command.target).click({ button: command.button ?? 'left', clickCount: command.count ?? 1 });
      return null;
    case 'hover':
      await locate(page, command.target).hover();
      return null;
    case 'press':
      await page.keyboard.press(command.keys);
      return null;
    case 'type':
      await page.keyboard.type(command.text);
      return null;
    case 'waitFor':
      await locate(page, command.target).waitFor({ state: command.state });
      return null;
    case 'accessibility':
      return accessibilityProblems(locate(page, command.target));
    case 'texts':
      return locateAll(page, command.target).allInnerTexts();
  }
}

/** What axe-core finds serious or critical in the document of an element. */
async function accessibilityProblems(element: Locator): Promise<string[]> {
  const frame = await (await element.elementHandle())?.ownerFrame();
  if (frame == null) throw new Error('the element is in no document');
  await frame.evaluate(readFileSync(join(PROJECT_ROOT, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8'));
  return frame.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')})`);
  });
}

/** As much of axe-core's result as is read. */
interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Path of a picture: `name` becomes a file name whatever is in it. */
export function screenshotPath(screenshotDir: string, name: string): string {
  mkdirSync(screenshotDir, { recursive: true });
  return join(screenshotDir, `${name.replaceAll(/[^\w.-]+/g, '-')}.png`);
}

function locate(page: Page, target: Target): Locator {
  return locateAll(page, target).first();
}

function locateAll(page: Page, target: Target): Locator {
  const [outermost, ...inner] = target.frames ?? [];
  if (outermost === undefined) return page.locator(target.selector);
  let frame = page.frameLocator(outermost);
  for (const selector of inner) frame = frame.frameLocator(selector);
  return frame.locator(target.selector);
}
