/** Warm starts of the command line and of the language server, as real processes: the same as cold ones, without work. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { languageOf } from '../../server/src/core/engine/roles.ts';
import { REPORT_REQUEST, RESCAN_REQUEST, type ReportResult } from '../../server/src/protocol.ts';
import { breathe } from '../harness/breathe.ts';
import { everyFixture, sampleFiles } from '../harness/workspace.ts';
import { TestClient, temporaryWorkspace } from '../lsp/client.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

let temporary: string;
let cacheFolder: string;
let workspace: ReturnType<typeof temporaryWorkspace>;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'shipworthy-cache-'));
  cacheFolder = join(temporary, 'cache');
});
afterEach(() => {
  workspace.remove();
  rmSync(temporary, { recursive: true, force: true });
});

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  /** Standard error without the line that says where the result comes from, and that line. */
  readonly stderr: string;
  readonly origin: string;
}

const ORIGIN = /^SHIPWORTHY \d+: (.*(?:known|changed).*)\n/m;

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'audit', ...args], {
    cwd: workspace.folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_DEBUG: 'shipworthy', ...env },
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr: stderr.replace(ORIGIN, ''), origin: ORIGIN.exec(stderr)?.[1] ?? '' };
}

function audit(...args: string[]): Run {
  return run(['--cache-dir', cacheFolder, ...args]);
}

function cold(...args: string[]): string {
  return run(['--no-cache', ...args]).stdout;
}

const NOTHING_CHANGED = 'nothing changed';

describe('the command line', () => {
  test.each([
    ['sample', sampleFiles, ['pretty', 'json', 'sarif', 'markdown']],
    ['every fixture', everyFixture, ['sarif']],
  ] as const)('writes the same bytes warm and cold: %s', async (_name, files, formats) => {
    workspace = temporaryWorkspace(Object.fromEntries(files()));
    const expected = cold('--format', 'json');
    await breathe();
    const first = audit('--format', 'json');
    await breathe();
    expect(first).toMatchObject({ status: 0, stdout: expected, stderr: '' });
    const judged = /^0 files known, (\d+) looked at$/.exec(first.origin)?.[1];
    for (const format of formats) {
      const warm = audit('--format', format);
      expect(warm.stdout, format).toBe(cold('--format', format));
      expect([warm.origin, warm.stderr]).toEqual([NOTHING_CHANGED, '']);
      await breathe();
    }
    // Without the result of the whole, the records of the files still spare their analysis.
    for (const folder of readdirSync(cacheFolder)) rmSync(join(cacheFolder, folder, 'result'));
    const restored = audit('--format', 'json');
    expect(restored.stdout).toBe(expected);
    expect(restored.origin).toBe(`${judged} files known, 0 looked at`);
  });

  test('looks at files that changed and at no other', () => {
    workspace = temporaryWorkspace(Object.fromEntries(sampleFiles()));
    audit();
    const file = join(workspace.folder, 'internal/api/websocket.go');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `\n${text}`);
    const changed = audit('--format', 'sarif');
    expect(changed.origin).toMatch(/^\d+ files known, 1 looked at$/);
    expect(changed.stdout).toBe(cold('--format', 'sarif'));
    rmSync(file);
    const removed = audit('--format', 'json');
    expect(removed.origin).toMatch(/^\d+ files known, 0 looked at$/);
    expect(removed.stdout).toBe(cold('--format', 'json'));
    writeFileSync(file, text);
    expect(audit('--format', 'json').stdout).toBe(cold('--format', 'json'));
  });

  test('follows configuration, ignore files and restrictions, which are no part of what is kept', () => {
    workspace = temporaryWorkspace(Object.fromEntries(sampleFiles()));
    audit();
    const only = audit('--format', 'json', 'internal/api', 'cmd');
    expect(only.origin).toBe(NOTHING_CHANGED);
    expect(only.stdout).toBe(cold('--format', 'json', 'internal/api', 'cmd'));
    writeFileSync(join(workspace.folder, 'shipworthy.json'), '{ "rules": { "unchecked-message-origin": "off" } }');
    const configured = audit('--format', 'json');
    expect(configured.stdout).toBe(cold('--format', 'json'));
    expect(configured.stdout).not.toContain('unchecked-message-origin');
    writeFileSync(join(workspace.folder, '.gitignore'), 'internal/api/\n');
    expect(audit('--format', 'json').stdout).toBe(cold('--format', 'json'));
    expect(audit('--format', 'json').origin).toBe(NOTHING_CHANGED);
  });

  test('keeps nothing when told so', () => {
    workspace = temporaryWorkspace(Object.fromEntries(sampleFiles()));
    const env = { XDG_CACHE_HOME: temporary };
    run(['--no-cache'], env);
    expect(readdirSync(temporary)).toEqual([]);
    run([], env);
    expect(existsSync(join(temporary, 'shipworthy'))).toBe(true);
    expect(run([], env).origin).toBe(NOTHING_CHANGED);
  });

  test('says nothing where no cache can be', () => {
    workspace = temporaryWorkspace(Object.fromEntries(sampleFiles()));
    const expected = cold();
    const file = join(temporary, 'file');
    writeFileSync(file, '');
    const silent = (args: string[], env: NodeJS.ProcessEnv): void => {
      expect(run(args, { NODE_DEBUG: '', ...env })).toEqual({ status: 0, stdout: expected, stderr: '', origin: '' });
    };
    silent(['--cache-dir', file], {});
    silent(['--cache-dir', join(file, 'below')], {});
    silent([], { XDG_CACHE_HOME: file });
    silent([], { XDG_CACHE_HOME: 'relative', HOME: file, LOCALAPPDATA: file });
    silent([], { XDG_CACHE_HOME: '', HOME: '', LOCALAPPDATA: '' });
    expect(readdirSync(temporary)).toEqual(['file']);
    expect(existsSync(join(workspace.folder, 'relative'))).toBe(false);
  });

  test('may run several times at once', async () => {
    workspace = temporaryWorkspace(Object.fromEntries(everyFixture()));
    const expected = cold('--format', 'json');
    const outputs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(process.execPath, [CLI, 'audit', '--cache-dir', cacheFolder, '--format', 'json'], {
          cwd: workspace.folder,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let stdout = '';
        let stderr = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
        const status = await new Promise((resolve) => child.once('close', resolve));
        return { status, stdout, stderr };
      }),
    );
    for (const output of outputs) expect(output).toEqual({ status: 0, stdout: expected, stderr: '' });
    expect(audit('--format', 'json')).toMatchObject({ stdout: expected, origin: NOTHING_CHANGED });
  });
});

describe('the language server', () => {
  const scanned = (client: TestClient): readonly string[] =>
    client.logs.filter((line) => line.startsWith('Scanned ')).map((line) => line.replace(/^Scanned \d+ files: /, ''));

  async function session<T>(work: (client: TestClient) => Promise<T>): Promise<T> {
    const client = await TestClient.start(workspace.folder, { pull: true, cacheFolder });
    try {
      await client.ready();
      return await work(client);
    } finally {
      await client.stop();
    }
  }

  const report = async (client: TestClient): Promise<unknown> => {
    const { content } = await client.connection.sendRequest<ReportResult>(REPORT_REQUEST, { format: 'json' });
    // The client names the folder, the command line takes its name.
    return { ...(JSON.parse(content) as object), root: '', workspace: '' };
  };
  const auditReport = (): unknown => ({
    ...(JSON.parse(cold('--format', 'json')) as object),
    root: '',
    workspace: '',
  });

  test('shows the scorecard of an unchanged workspace without parsing a file, and lives on from there', async () => {
    workspace = temporaryWorkspace(Object.fromEntries(sampleFiles()));
    const count = [...sampleFiles().keys()].filter((path) => languageOf(path) !== null).length;
    const first = await session(async (client) => {
      expect(scanned(client)).toEqual([`0 known from before, ${count} analysed.`]);
      return report(client);
    });
    await session(async (client) => {
      expect(scanned(client)).toEqual([`${count} known from before, 0 analysed.`]);
      expect(await report(client)).toEqual(first);
      // What was never parsed here is edited, saved and settled like any other file.
      const path = 'internal/api/websocket.go';
      const text = readFileSync(join(workspace.folder, path), 'utf8');
      await client.open(path, text);
      await client.replace(path, 'func ', 'func added() {}\n\nfunc ');
      await client.settled();
      writeFileSync(join(workspace.folder, path), client.text(path));
      await client.close(path);
      expect(await report(client)).toEqual(auditReport());
    });
    await session(async (client) => {
      // Written at the end of the session before.
      expect(scanned(client)).toEqual([`${count} known from before, 0 analysed.`]);
      expect(await report(client)).toEqual(auditReport());
    });
  });

  test('looks at what changed meanwhile, and at everything when asked to', async () => {
    workspace = temporaryWorkspace(Object.fromEntries(sampleFiles()));
    await session(async () => {});
    writeFileSync(join(workspace.folder, 'internal/new.go'), 'package internal\n');
    await session(async (client) => {
      expect(scanned(client)[0]).toMatch(/^\d+ known from before, 1 analysed\.$/);
      expect(await report(client)).toEqual(auditReport());
      await client.connection.sendRequest(RESCAN_REQUEST, {});
      await client.settled();
      expect(scanned(client)[1]).toMatch(/^0 known from before, \d+ analysed\.$/);
      expect(await report(client)).toEqual(auditReport());
    });
  });

  test('shares its cache with the command line', async () => {
    workspace = temporaryWorkspace(Object.fromEntries(sampleFiles()));
    await session(async () => {});
    expect(audit().origin).toMatch(/^\d+ files known, 0 looked at$/);
  });
});
