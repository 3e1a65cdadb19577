/**
 * The body of `npm start` and `npm test`, in plain JavaScript: it must run in a fresh clone, before anything is
 * installed. Brings the dependencies and the build up to date, and then hands over. It never runs install scripts of
 * packages, and it does nothing that is already done.
 *
 * Usage: node tools/bootstrap.mjs start [FOLDER] [--port N]
 *        node tools/bootstrap.mjs test [--full]
 *
 * With --full the laws run at full scale, which takes an hour or more.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = 20;

/** What `npm test` runs, in this order. All of them run, whatever fails: one run shows everything there is to mend. */
const TEST_COMMANDS = [
  { name: 'format and lint', command: 'biome ci .' },
  { name: 'types', command: 'tsc -p tsconfig.json && tsc -p client/webview/tsconfig.json' },
  { name: 'layering', command: 'depcruise client server --config .dependency-cruiser.cjs' },
  { name: 'generated files', command: 'tsx tools/gen/main.ts --check' },
  { name: 'tests', command: 'vitest run' },
  { name: 'VS Code', command: 'tsx test/vscode/run.ts' },
];

/** What the build makes, and what it is made of. */
const BUILD_OUTPUTS = ['dist/client.cjs', 'dist/server.js', 'dist/cli.js', 'dist/webview.js'];
const BUILD_INPUTS = [
  'client',
  'server/src',
  'tools/examples.ts',
  'grammars',
  'esbuild.mjs',
  'package.json',
  'package-lock.json',
];

/** True when what is installed is what the lock file says; the dates of files say nothing after a checkout. */
function dependenciesAreCurrent() {
  const wanted = packagesOf(join(ROOT, 'package-lock.json'));
  const installed = packagesOf(join(ROOT, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    // Optional packages are those of other platforms.
    if (found === undefined && (entry.optional || entry.devOptional)) continue;
    if (found === undefined || found.version !== entry.version) return false;
  }
  return true;
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** True when every output of the build is newer than every input. */
function buildIsCurrent() {
  const outputs = BUILD_OUTPUTS.map((path) => join(ROOT, path));
  if (!outputs.every((path) => existsSync(path))) return false;
  const oldestOutput = Math.min(...outputs.map((path) => statSync(path).mtimeMs));
  return BUILD_INPUTS.every((path) => newestChange(join(ROOT, path)) <= oldestOutput);
}

/** Time of the newest change of a file in a folder. Folders do not count: the build itself puts files into some. */
function newestChange(path) {
  let newest = 0;
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!existsSync(next)) continue;
    const status = statSync(next);
    if (!status.isDirectory()) {
      newest = Math.max(newest, status.mtimeMs);
      continue;
    }
    for (const name of readdirSync(next)) {
      if (name !== 'fixtures' && name !== 'node_modules' && !name.endsWith('.wasm')) open.push(join(next, name));
    }
  }
  return newest;
}

/** Runs a program to its end; its output is shown. Returns the exit code. */
function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (result.error !== undefined) console.error(`${program}: ${result.error.message}`);
  return result.status ?? 1;
}

function runNpm(args) {
  // npm names its own script when it runs us; that spares the shell which `npm.cmd` needs on Windows.
  const script = process.env.npm_execpath ?? '';
  if (/npm-cli\.[cm]?js$/.test(script)) return run(process.execPath, [script, ...args]);
  return run('npm', args, { shell: process.platform === 'win32' });
}

/** Returns an exit code: 0 when dependencies and build are there. */
function prepare() {
  if (!dependenciesAreCurrent()) {
    console.log('Installing the dependencies (npm ci) ...');
    const code = runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0) {
      console.error('The dependencies could not be installed: npm ci failed, see above.');
      return code;
    }
  }
  if (!buildIsCurrent()) {
    console.log('Building ...');
    const code = run(process.execPath, ['esbuild.mjs']);
    if (code !== 0) {
      console.error('The build failed, see above.');
      return code;
    }
  }
  return 0;
}

/** Runs `tools/start.ts` until it ends, and passes on the signals that end it. */
function start(args) {
  // `npm start` changes to the project's folder: a relative FOLDER is meant from where the user is.
  const environment = { ...process.env, INIT_CWD: process.env.INIT_CWD ?? process.cwd() };
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'tools', 'start.ts'), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: environment,
  });
  // Ctrl-C reaches the child by itself, through the terminal; we only have to outlive it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGTERM'));
  if (process.env.npm_lifecycle_event !== undefined) {
    // npm passes SIGTERM to a shell that does not pass it on: when the shell has gone, we are meant as well.
    const shell = process.ppid;
    setInterval(() => {
      if (process.ppid !== shell) child.kill('SIGTERM');
    }, 500).unref();
  }
  child.on('exit', (code) => process.exit(code ?? 1));
}

/** Runs the test commands and prints one line for each at the end. */
function test(args) {
  const binaries = join(ROOT, 'node_modules', '.bin');
  const scale = args.includes('--full') ? { SHIPWORTHY_FULL: '1' } : {};
  const environment = { ...process.env, ...scale, PATH: `${binaries}${delimiter}${process.env.PATH ?? ''}` };
  const results = TEST_COMMANDS.map(({ name, command }) => {
    console.log(`\n> ${name}: ${command}`);
    const begin = Date.now();
    const code = run(command, [], { shell: true, env: environment });
    return { name, code, seconds: ((Date.now() - begin) / 1000).toFixed(1) };
  });
  console.log('');
  for (const { name, code, seconds } of results) {
    console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`);
  }
  const failed = results.filter(({ code }) => code !== 0).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

const [task, ...rest] = process.argv.slice(2);
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error(`Shipworthy needs Node ${OLDEST_NODE} or newer; this is ${process.version}.`);
  process.exitCode = 2;
} else if (task !== 'start' && task !== 'test') {
  console.error('Usage: node tools/bootstrap.mjs start [FOLDER] [--port N] | test [--full]');
  process.exitCode = 2;
} else {
  const code = prepare();
  if (code !== 0) process.exitCode = code;
  else if (task === 'start') start(rest);
  else process.exitCode = test(rest);
}
