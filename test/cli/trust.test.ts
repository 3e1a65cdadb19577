/**
 * Trust (T25): an audit and a language server session write nothing, start no process and open no connection. Node's
 * permission model forbids writes, processes and workers; a preloaded trap forbids sockets and evaluation of text.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  `import net from 'node:net';
import dns from 'node:dns';
import vm from 'node:vm';
const trap = (name) => () => { process.stderr.write('TRAPPED ' + name + '\\n'); process.exit(99); };
net.Socket.prototype.connect = trap('connect');
net.Server.prototype.listen = trap('listen');
dns.lookup = trap('lookup');
vm.runInThisContext = trap('runInThisContext');
vm.runInNewContext = trap('runInNewContext');
globalThis.fetch = trap('fetch');
`,
);
const FLAGS = ['--experimental-permission', '--allow-fs-read=*', '--no-warnings', '--import', TRAP];

test('the traps work', () => {
  const run = (code: string) =>
    spawnSync(process.execPath, [...FLAGS, '--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(run("import fs from 'node:fs'; fs.writeFileSync('/tmp/x', '')").stderr).toContain('ERR_ACCESS_DENIED');
  expect(run("import c from 'node:child_process'; c.spawnSync('true')").stderr).toContain('ERR_ACCESS_DENIED');
  expect(run("import net from 'node:net'; net.connect(1, '127.0.0.1')").status).toBe(99);
});

test('an audit reads and nothing else', () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [...FLAGS, CLI, 'audit', SAMPLE], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain('unchecked-message-origin');
});

test('a session of the language server reads and nothing else', async () => {
  const client = await TestClient.start(SAMPLE, { pull: true, environment: { NODE_OPTIONS: FLAGS.join(' ') } });
  await client.ready();
  await client.open('main.go', 'package main\n');
  await client.replace('main.go', 'main', 'other');
  await client.settled();
  expect(client.statuses.at(-1)?.state).toBe('ready');
  await client.stop();
  expect(client.process.exitCode).toBe(0);
});
