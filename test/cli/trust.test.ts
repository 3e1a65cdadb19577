/**
 * Trust (T25): an audit and a language server session write nothing outside of the cache folder, start no process and
 * open no connection. Node's permission model forbids other writes, processes and workers; a preloaded trap forbids
 * sockets and evaluation of text, and tells of writes elsewhere that nobody would hear of because they fail.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { TestClient } from '../lsp/client.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../samples/checkout-service/', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'shipworthy-trap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TRAP = join(folder, 'trap.mjs');
writeFileSync(
  TRAP,
  `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import dns from 'node:dns';
import vm from 'node:vm';
const trap = (name) => () => { process.stderr.write('TRAPPED ' + name + '\\n'); process.exit(99); };
net.Socket.prototype.connect = trap('connect');
net.Server.prototype.listen = trap('listen');
dns.lookup = trap('lookup');
vm.runInThisContext = trap('runInThisContext');
vm.runInNewContext = trap('runInNewContext');
globalThis.fetch = trap('fetch');
const mayWrite = process.env.MAY_WRITE;
if (mayWrite !== undefined) {
  const outside = (path) => !String(path).startsWith(mayWrite);
  for (const api of [fs, fs.promises]) {
    for (const name of Object.keys(api)) {
      if (!/^(append|chmod|chown|copy|cp|lchown|link|lutimes|mk|open|rename|rm|symlink|truncate|unlink|utimes|write)/.test(name)) continue;
      if (/^writev?(Sync)?$/.test(name)) continue;
      const real = api[name];
      const writes = /^open/.test(name) ? (flags) => (typeof flags === 'string' ? /[wa+]/.test(flags) : (flags & 3) !== 0) : () => true;
      api[name] = function (path, flags, ...rest) {
        if (outside(path) && writes(flags)) trap(name + ' ' + path)();
        return real.call(this, path, flags, ...rest);
      };
    }
  }
  syncBuiltinESMExports();
}
`,
);
const FLAGS = ['--experimental-permission', '--allow-fs-read=*', '--no-warnings', '--import', TRAP];
const CACHE = join(folder, 'cache');
mkdirSync(CACHE);
/** Flags and environment with which only the cache folder may be written to. */
const WITH_CACHE = [...FLAGS, `--allow-fs-write=${CACHE}/*`];
const MAY_WRITE = { MAY_WRITE: CACHE, XDG_CACHE_HOME: CACHE };

test('the traps work', () => {
  const run = (code: string) =>
    spawnSync(process.execPath, [...FLAGS, '--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(run("import fs from 'node:fs'; fs.writeFileSync('/tmp/x', '')").stderr).toContain('ERR_ACCESS_DENIED');
  expect(run("import c from 'node:child_process'; c.spawnSync('true')").stderr).toContain('ERR_ACCESS_DENIED');
  expect(run("import net from 'node:net'; net.connect(1, '127.0.0.1')").status).toBe(99);
  const write = (code: string) =>
    spawnSync(process.execPath, [...WITH_CACHE, '--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: { ...process.env, ...MAY_WRITE },
    });
  const inside = JSON.stringify(join(CACHE, 'file'));
  expect(write(`import { writeFileSync } from 'node:fs'; writeFileSync(${inside}, ''); process.exit(7)`).status).toBe(
    7,
  );
  expect(write("import { writeFileSync } from 'node:fs'; try { writeFileSync('/tmp/x', '') } catch {}").status).toBe(
    99,
  );
  expect(write("import { openSync } from 'node:fs'; openSync('/tmp/x', 'w')").status).toBe(99);
  expect(write("import { mkdir } from 'node:fs/promises'; await mkdir('/tmp/x')").status).toBe(99);
});

test('an audit without a cache reads and nothing else', () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [...FLAGS, CLI, 'audit', '--no-cache', SAMPLE], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain('unchecked-message-origin');
});

test('an audit writes to its cache and nowhere else', () => {
  const run = () =>
    spawnSync(process.execPath, [...WITH_CACHE, CLI, 'audit', SAMPLE], {
      encoding: 'utf8',
      env: { ...process.env, ...MAY_WRITE },
    });
  const cold = run();
  expect([cold.status, cold.stderr]).toEqual([0, '']);
  expect(readdirSync(join(CACHE, 'shipworthy'))).toHaveLength(1);
  const warm = run();
  expect([warm.status, warm.stderr, warm.stdout]).toEqual([0, '', cold.stdout]);
  // A cache that can only be read is still one.
  const readOnly = spawnSync(process.execPath, [...FLAGS, CLI, 'audit', SAMPLE], {
    encoding: 'utf8',
    env: { ...process.env, ...MAY_WRITE, NODE_DEBUG: 'shipworthy' },
  });
  expect(readOnly.stdout).toBe(cold.stdout);
  expect(readOnly.stderr).toMatch(/^SHIPWORTHY \d+: nothing changed\n$/);
});

test.each([
  ['reads and nothing else', FLAGS, {}],
  ['writes to its cache and nowhere else', WITH_CACHE, MAY_WRITE],
])('a session of the language server %s', async (_name, flags, environment) => {
  const cacheFolder = join(CACHE, 'server');
  const client = await TestClient.start(SAMPLE, {
    pull: true,
    cacheFolder,
    environment: { NODE_OPTIONS: flags.join(' '), ...environment },
  });
  await client.ready();
  await client.open('main.go', 'package main\n');
  await client.replace('main.go', 'main', 'other');
  await client.settled();
  expect(client.statuses.at(-1)?.state).toBe('ready');
  await client.stop();
  expect(client.process?.exitCode).toBe(0);
  expect(existsSync(cacheFolder)).toBe(flags === WITH_CACHE);
});
