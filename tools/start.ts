/**
 * The body of `npm start`: opens a folder in VS Code with Shipworthy as it stands in this working tree. It takes the
 * desktop editor where there is one, and otherwise serves VS Code to the browser on this machine until Ctrl-C. Without
 * a folder it opens a copy of the sample service, so that trying out the fixes changes nothing in the project.
 *
 * Usage: npm start [-- FOLDER] [--port N]    (--port: serve to the browser, on that port)
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findOnPath, HostError, PROJECT_ROOT, startHost, workbenchUrl } from './vscodeHost.ts';

interface Options {
  /** Absolute path; absent means the sample service. */
  readonly folder: string | undefined;
  readonly port: number | undefined;
}

/** @throws HostError when the arguments make no sense */
function readArguments(args: readonly string[]): Options {
  const { values, positionals } = parseArguments(args);
  if (positionals.length > 1) throw new HostError(`One folder can be opened, not ${positionals.length}.`);

  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new HostError(`--port wants a number from 0 to 65535, not "${values.port}".`);
  }
  const [given] = positionals;
  if (given === undefined) return { folder: undefined, port };

  // npm changes to the project's folder and says where the user was.
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), given);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new HostError(`There is no folder ${folder}.`);
  return { folder: realpathSync(folder), port };
}

function parseArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { port: { type: 'string' } } });
  } catch (error) {
    throw new HostError(error instanceof Error ? error.message : String(error));
  }
}

/** Opens the folder in the desktop editor; false when there is none or it does not start. */
function openDesktopEditor(folder: string): boolean {
  const editor = findOnPath('code');
  // The `code` of an editor's remote terminal talks to that editor's window and cannot load an extension.
  if (editor === undefined || /remote-cli/.test(editor)) return false;
  const args = ['--new-window', `--extensionDevelopmentPath=${PROJECT_ROOT}`, folder];
  const onWindows = process.platform === 'win32';
  const result = spawnSync(onWindows ? `"${editor}"` : editor, onWindows ? args.map((arg) => `"${arg}"`) : args, {
    stdio: 'inherit',
    shell: onWindows,
  });
  if (result.status === 0) return true;
  console.error('The desktop editor did not start; serving VS Code to the browser instead.');
  return false;
}

/** Serves the folder until a signal or the end of the server; returns the exit code. */
async function serve(folder: string, port: number, userDataDir: string, ourOwnFolder: boolean): Promise<number> {
  const stopRequested = new Promise<'stop'>((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => settle('stop'));
  });
  // The question whether to trust a folder is the user's to answer, except for the sample that we have just made.
  const settings = ourOwnFolder ? { 'security.workspace.trust.enabled': false } : {};
  const host = await startHost({ port, userDataDir, settings, installedExtensions: [PROJECT_ROOT] });
  try {
    console.log(`Shipworthy is running in VS Code: ${workbenchUrl(host, { folder })}`);
    console.log('Open the address in a browser on this machine. Ctrl-C ends it.');
    const end = await Promise.race([stopRequested, host.ended.then((output) => ({ output }))]);
    if (end === 'stop') return 0;
    console.error(`The VS Code server ended: ${end.output}`);
    return 1;
  } finally {
    await host.stop();
  }
}

async function main(): Promise<number> {
  const { folder, port } = readArguments(process.argv.slice(2));
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'shipworthy-')));
  const opened = folder ?? copySample(temporary);
  if (port === undefined && openDesktopEditor(opened)) {
    // The editor goes on when we are gone, and so must the sample that it shows.
    if (folder !== undefined) rmSync(temporary, { recursive: true, force: true });
    return 0;
  }
  const userDataDir = join(temporary, 'user-data');
  mkdirSync(userDataDir);
  try {
    return await serve(opened, port ?? 0, userDataDir, folder === undefined);
  } finally {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

function copySample(directory: string): string {
  const copy = join(directory, 'checkout-service');
  cpSync(join(PROJECT_ROOT, 'samples', 'checkout-service'), copy, { recursive: true });
  return copy;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
