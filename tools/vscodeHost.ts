/**
 * Runs a real VS Code on a machine without a desktop: the VS Code server that npm carries inside `code-server`, shown by
 * any Chromium. Installs both on demand, starts the server on a free port of the loopback interface behind a random
 * token, and ends exactly the processes that it started. It never writes outside the project's `.cache` and the data
 * folder that it is given, and it never touches an editor that the user has installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The npm package and version that carry the server: VS Code 1.100.3, which runs on Node 20 without native modules. */
const SERVER_PACKAGE = 'code-server';
const SERVER_VERSION = '4.100.3';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5_000;

export const PROJECT_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** A condition that the user can mend; the message is one clear line, and no stack is worth showing. */
export class HostError extends Error {}

export interface HostOptions {
  /** 0 or absent: a free port. */
  readonly port?: number;
  /** Everything that the server writes goes below this folder. It is created when missing. */
  readonly userDataDir: string;
  /** User settings, on top of those that keep the editor quiet and off the network. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Extension folders that the editor shall have as installed ones (linked, not copied). */
  readonly installedExtensions?: readonly string[];
  /** Environment of the server, and so of the extension host, on top of this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface VscodeHost {
  readonly port: number;
  /** Address without path, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Secret without which the server answers nobody: everybody who can log in on this machine can reach the port. */
  readonly token: string;
  /** Settles when the server has gone, with the last lines it wrote; never rejects. */
  readonly ended: Promise<string>;
  /** Ends the server and every process below it. Safe to call twice. */
  stop(): Promise<void>;
}

export interface WorkbenchAddress {
  /** Absolute path of the folder to open. */
  readonly folder: string;
  /** Absolute path of an extension to run in development mode. */
  readonly extensionPath?: string;
  /** Absolute path of a CommonJS file that exports `run()`: the workbench becomes a test run. */
  readonly testsPath?: string;
  /** Absolute path of a file to open in an editor. */
  readonly openFile?: string;
}

/** Settings under which an editor neither phones home nor covers the view with greetings. */
const QUIET_SETTINGS: Readonly<Record<string, unknown>> = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'json.schemaDownload.enable': false,
  'npm.fetchOnlinePackageInfo': false,
  'typescript.disableAutomaticTypeAcquisition': true,
  'workbench.enableExperiments': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
};

/** No extension marketplace: the editor asks it for recommendations at every start. */
const QUIET_ENVIRONMENT: Readonly<Record<string, string>> = { EXTENSIONS_GALLERY: '{}' };

/**
 * Address of the workbench for a browser. The token is in it: print it to the user's own terminal only.
 */
export function workbenchUrl(host: Pick<VscodeHost, 'port' | 'url' | 'token'>, address: WorkbenchAddress): string {
  const remote = (path: string): string => `vscode-remote://127.0.0.1:${host.port}${pathToFileURL(path).pathname}`;
  const payload: [string, string][] = [];
  if (address.extensionPath !== undefined) payload.push(['extensionDevelopmentPath', remote(address.extensionPath)]);
  if (address.testsPath !== undefined) payload.push(['extensionTestsPath', remote(address.testsPath)]);
  if (address.openFile !== undefined) payload.push(['openFile', remote(address.openFile)]);
  if (payload.length > 0) payload.push(['skipWelcome', 'true']);

  // Slashes are legal in a query, and a path that can be read is worth more than one that is escaped.
  const folderPath = decodeURIComponent(pathToFileURL(address.folder).pathname);
  const folder = encodeURIComponent(folderPath).replaceAll('%2F', '/');
  const payloadPart = payload.length === 0 ? '' : `&payload=${encodeURIComponent(JSON.stringify(payload))}`;
  const kind = folderPath.endsWith('.code-workspace') ? 'workspace' : 'folder';
  return `${host.url}/?${kind}=${folder}${payloadPart}&tkn=${host.token}`;
}

/**
 * Installs the server when it is not there yet.
 * @returns the folder that holds `out/server-main.js`
 * @throws HostError when npm cannot bring the packages
 */
export function installHost(cacheDir: string = join(PROJECT_ROOT, '.cache', 'vscode-host')): string {
  const finalDir = join(cacheDir, SERVER_VERSION);
  const serverDir = join('node_modules', SERVER_PACKAGE, 'lib', 'vscode');
  const marker = 'complete';
  if (existsSync(join(finalDir, marker))) return join(finalDir, serverDir);

  // Two runs may install at once: each works in its own folder, and the rename decides whose stays.
  const stagingDir = join(cacheDir, `installing-${process.pid}`);
  console.log(`Installing the VS Code server (${SERVER_PACKAGE} ${SERVER_VERSION}, about 310 MB, once) ...`);
  try {
    rmSync(stagingDir, { recursive: true, force: true });
    mkdirSync(stagingDir, { recursive: true });
    writeFileSync(join(stagingDir, 'package.json'), '{ "name": "vscode-host", "private": true }\n');
    npmInstall(stagingDir, [`${SERVER_PACKAGE}@${SERVER_VERSION}`]);
    npmInstall(join(stagingDir, serverDir), ['--omit=dev']);
    npmInstall(join(stagingDir, serverDir, 'extensions'), ['--omit=dev']);
    writeFileSync(join(stagingDir, marker), `${SERVER_PACKAGE}@${SERVER_VERSION}\n`);
    if (!existsSync(join(finalDir, marker))) {
      rmSync(finalDir, { recursive: true, force: true });
      renameSync(stagingDir, finalDir);
    }
  } finally {
    rmSync(stagingDir, { recursive: true, force: true });
  }
  return join(finalDir, serverDir);
}

/** Runs `npm install` without install scripts: nothing that is downloaded here is executed while it is installed. */
function npmInstall(directory: string, args: readonly string[]): void {
  const npmArgs = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args];
  // npm puts the path of its own script there when it runs us; that spares the shell which `npm.cmd` needs on Windows.
  const npmScript = process.env.npm_execpath;
  const viaScript = npmScript !== undefined && /npm-cli\.[cm]?js$/.test(npmScript);
  let lastError = '';
  for (let attempt = 1; attempt <= 2; attempt++) {
    const result = viaScript
      ? spawnSync(process.execPath, [npmScript, ...npmArgs], { cwd: directory, encoding: 'utf8' })
      : spawnSync('npm', npmArgs, { cwd: directory, encoding: 'utf8', shell: process.platform === 'win32' });
    if (result.status === 0) return;
    lastError = lastLines(`${result.error?.message ?? ''}\n${result.stderr ?? ''}`, 4);
    if (attempt === 1) console.log('npm failed, trying once more ...');
  }
  throw new HostError(`The VS Code server could not be installed from npm (${npmArgs.join(' ')}): ${lastError}`);
}

/**
 * Path of a Chromium, Chrome or Edge. On a machine with apt where we are root, Debian's `chromium` is installed when
 * there is none, so that the tests of a fresh container need no preparation.
 * @throws HostError with what to do when there is none
 */
export function findBrowser(): string {
  const found = lookForBrowser();
  if (found !== undefined) return found;

  const apt = findOnPath('apt-get');
  const canInstall = process.platform === 'linux' && process.getuid?.() === 0 && apt !== undefined;
  if (canInstall) {
    console.log('Installing Chromium with apt-get (once) ...');
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    // A stale package list is no reason to give up: the install step says whether it matters.
    spawnSync(apt, ['update', '-qq'], { env: environment, stdio: 'ignore' });
    const install = spawnSync(apt, ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      env: environment,
      encoding: 'utf8',
    });
    const installed = lookForBrowser();
    if (installed !== undefined) return installed;
    throw new HostError(`apt-get could not install chromium: ${lastLines(install.stderr ?? '', 3)}`);
  }
  throw new HostError('No Chromium or Chrome was found: install one, or set CHROME_PATH to its executable.');
}

function lookForBrowser(): string | undefined {
  const configured = process.env.CHROME_PATH;
  if (configured !== undefined && configured !== '') {
    if (isExecutable(configured)) return configured;
    throw new HostError(`CHROME_PATH is not an executable file: ${configured}`);
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
  for (const name of names) {
    const path = findOnPath(name);
    if (path !== undefined) return path;
  }
  const programs = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)']].filter((p) => p !== undefined);
  const installed = [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ...programs.flatMap((folder) => [
      join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]),
  ];
  return installed.find(isExecutable);
}

/** Path of a program on PATH, or undefined. */
export function findOnPath(name: string): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    if (directory === '') continue;
    for (const ending of endings) {
      const candidate = join(directory, name + ending);
      if (isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The editor's file search needs ripgrep, whose binary its npm package downloads in an install script we do not run. */
function provideRipgrep(serverDir: string): void {
  const ripgrep = findOnPath('rg');
  const target = join(
    serverDir,
    'node_modules',
    '@vscode',
    'ripgrep',
    'bin',
    process.platform === 'win32' ? 'rg.exe' : 'rg',
  );
  if (ripgrep === undefined || existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  // A link that dangles is in the way of a new one.
  rmSync(target, { force: true });
  if (process.platform === 'win32') copyFileSync(ripgrep, target);
  else symlinkSync(ripgrep, target);
}

/**
 * Starts the server and waits until it listens.
 * @throws HostError when it cannot be installed or does not come up
 */
export async function startHost(options: HostOptions): Promise<VscodeHost> {
  const serverDir = installHost();
  provideRipgrep(serverDir);

  const dataDir = join(options.userDataDir, 'server');
  const extensionsDir = join(options.userDataDir, 'extensions');
  prepareUserData(dataDir, extensionsDir, options);

  const token = randomBytes(16).toString('hex');
  const child = spawn(
    process.execPath,
    [
      join(serverDir, 'out', 'server-main.js'),
      '--accept-server-license-terms',
      ...['--host', '127.0.0.1', '--port', String(options.port ?? 0)],
      ...['--connection-token', token],
      ...['--server-data-dir', dataDir, '--extensions-dir', extensionsDir],
      ...['--telemetry-level', 'off', '--disable-getting-started-override'],
    ],
    {
      // A group of its own: the server starts an extension host and that one language servers, and `stop` ends them all.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environmentOfServer(options.environment ?? {}),
    },
  );

  let output = '';
  let gone = false;
  const ended = new Promise<string>((settle) => {
    const finish = (): void => {
      gone = true;
      settle(lastLines(output, 6));
    };
    child.once('exit', finish);
    child.once('error', (error) => {
      output += `\n${error.message}`;
      finish();
    });
  });

  const kill = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      // The group outlives its leader, so it is told even when the server itself has gone.
      if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F']);
      else process.kill(-child.pid, signal);
    } catch {
      // Nobody is left in the group.
    }
  };
  const killAtExit = (): void => kill('SIGKILL');
  process.once('exit', killAtExit);

  const stop = async (): Promise<void> => {
    if (!gone) {
      kill('SIGTERM');
      await Promise.race([ended, afterDeadline(STOP_DEADLINE_MS)]);
    }
    kill('SIGKILL');
    await ended;
    process.removeListener('exit', killAtExit);
  };

  const listening = new Promise<number>((settle) => {
    const read = (chunk: Buffer): void => {
      // Only the start and the end of the output are ever of use; a server that runs for days must not fill the memory.
      output = (output + chunk.toString('utf8')).slice(-8_000);
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (port !== undefined) settle(Number(port));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  const port = await Promise.race([listening, ended, afterDeadline(START_DEADLINE_MS)]);
  if (typeof port !== 'number') {
    await stop();
    const taken = output.includes('EADDRINUSE') ? `port ${options.port} is in use` : lastLines(output, 6);
    throw new HostError(`The VS Code server did not start: ${taken || `no answer in ${START_DEADLINE_MS / 1000} s`}`);
  }
  return { port, url: `http://127.0.0.1:${port}`, token, ended, stop };
}

function prepareUserData(dataDir: string, extensionsDir: string, options: HostOptions): void {
  const userDir = join(dataDir, 'data', 'User');
  mkdirSync(userDir, { recursive: true });
  writeFileSync(
    join(userDir, 'settings.json'),
    `${JSON.stringify({ ...QUIET_SETTINGS, ...options.settings }, null, 2)}\n`,
  );
  mkdirSync(extensionsDir, { recursive: true });
  for (const extension of options.installedExtensions ?? []) {
    const manifest = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8')) as Record<string, string>;
    const link = join(extensionsDir, `${manifest.publisher}.${manifest.name}-${manifest.version}`);
    rmSync(link, { force: true });
    symlinkSync(extension, link, 'junction');
  }
}

/** Our own environment without what an outer editor or npm run would make the server believe about itself. */
function environmentOfServer(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(VSCODE_|ELECTRON_|NODE_OPTIONS$|npm_)/.test(name)) environment[name] = value;
  }
  return { ...environment, ...QUIET_ENVIRONMENT, ...extra };
}

function afterDeadline(milliseconds: number): Promise<undefined> {
  return new Promise((settle) => {
    setTimeout(() => settle(undefined), milliseconds).unref();
  });
}

function lastLines(text: string, count: number): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
