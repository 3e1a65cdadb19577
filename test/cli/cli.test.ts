/** The command line as a user calls it: the built file, real folders, exit codes, formats. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryWorkspace } from '../lsp/client.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const SOCKET = `package api

import (
	"net/http"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	CheckOrigin: func(r *http.Request) bool { return true },
}
`;

const CACHE_HOME = mkdtempSync(join(tmpdir(), 'shipworthy-cache-'));
afterAll(() => rmSync(CACHE_HOME, { recursive: true, force: true }));

let workspace: ReturnType<typeof temporaryWorkspace>;
beforeEach(() => {
  workspace = temporaryWorkspace({
    'go.mod': 'module example.com/service\n\ngo 1.22\n',
    'api/socket.go': SOCKET,
    'node_modules/pkg/socket.go': SOCKET,
    'vendor/pkg/socket.go': SOCKET,
    'ignored/socket.go': SOCKET,
    '.gitignore': 'ignored\n',
  });
});
afterEach(() => workspace.remove());

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: workspace.folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: CACHE_HOME },
  });
  return { status, stdout, stderr };
}

/** Paths of the findings of a JSON report. */
function pathsOf(report: string): string[] {
  return (JSON.parse(report) as { findings: { path: string }[] }).findings.map((finding) => finding.path);
}

describe('audit', () => {
  test('prints findings and the scorecard, without colours in a pipe', () => {
    const { status, stdout, stderr } = run('audit');
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('unchecked-message-origin');
    expect(stdout).toContain('NOT READY');
    expect(stdout).not.toContain('\u001b');
    for (const folder of ['node_modules', 'vendor', 'ignored']) expect(stdout).not.toContain(`${folder}/`);
  });

  test('writes JSON and SARIF that name the same findings', () => {
    const json = JSON.parse(run('audit', '--format', 'json').stdout) as {
      findings: { ruleId: string }[];
    };
    const sarif = JSON.parse(run('audit', '--format', 'sarif').stdout) as {
      runs: {
        results: {
          ruleId: string;
          partialFingerprints: Record<string, string>;
          locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
        }[];
      }[];
    };
    const results = sarif.runs[0]!.results;
    expect(results.length).toBe(json.findings.length);
    expect(results.map((result) => result.ruleId).sort()).toEqual(
      json.findings.map((finding) => finding.ruleId).sort(),
    );
    const socket = results.find((result) => result.ruleId === 'unchecked-message-origin')!;
    expect(socket.locations[0]!.physicalLocation.artifactLocation.uri).toBe('api/socket.go');
    expect(Object.values(socket.partialFingerprints)[0]).toMatch(/^[0-9a-f]{16}/);
  });

  test('writes the same bytes each time, to a file when asked', () => {
    for (const format of ['pretty', 'json', 'sarif', 'markdown']) {
      const { stdout } = run('audit', '--format', format);
      const file = join(workspace.folder, `../${format}-report.txt`);
      expect(run('audit', '--format', format, '--output', file)).toEqual({ status: 0, stdout: '', stderr: '' });
      expect(readFileSync(file, 'utf8')).toBe(stdout);
    }
  });

  test('judges a folder given as a path like a workspace of its own, and restricts findings to several paths', () => {
    expect(pathsOf(run('audit', '--format', 'json', 'api').stdout)).toContain('socket.go');
    mkdirSync(join(workspace.folder, 'other'));
    writeFileSync(join(workspace.folder, 'other/socket.go'), SOCKET.replaceAll('upgrader', 'second'));
    const both = pathsOf(run('audit', '--format', 'json', 'other/socket.go', 'other').stdout);
    expect(new Set(both)).toEqual(new Set(['other/socket.go']));
  });

  test('an empty folder is not rated, and that fails a gate', () => {
    mkdirSync(join(workspace.folder, 'empty'));
    const { status, stdout } = run('audit', 'empty', '--format', 'json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ overall: { score: null, verdict: 'NOT RATED' } });
    expect(run('audit', 'empty', '--fail-under', '1').status).toBe(1);
  });
});

describe('exit codes', () => {
  test('0 when the gate holds, 1 with one line when it does not', () => {
    expect(run('audit', '--fail-under', '0').status).toBe(0);
    const failed = run('audit', '--fail-under', '100');
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/^shipworthy: The score \d+ is below 100\.\n$/);
  });

  test.each([
    [['audit', 'no-such-folder'], 'There is no file or folder "no-such-folder".'],
    [['audit', '--format', 'xml'], 'Unknown format "xml"'],
    [['audit', '--fail-under', 'high'], '--fail-under takes a number from 0 to 100'],
    [['audit', '--fail-under', ''], '--fail-under takes a number from 0 to 100'],
    [['audit', '--no-such-option'], "Unknown option '--no-such-option'"],
    [['check'], 'Unknown command "check"'],
    [['audit', '--output', 'no/such/folder/report.txt'], 'cannot be written'],
  ])('2 with one line for %j', (args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^shipworthy: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  test('2 with one line for a configuration that is not understood', () => {
    writeFileSync(join(workspace.folder, 'shipworthy.json'), '{ "rules": { "no-such-rule": "off" } }');
    const { status, stderr } = run('audit');
    expect(status).toBe(2);
    expect(stderr).toBe('shipworthy: shipworthy.json:1:14: There is no rule "no-such-rule".\n');
    writeFileSync(join(workspace.folder, 'shipworthy.json'), '{ "rules": { "unchecked-message-origin": "off" } }');
    expect(run('audit').stdout).not.toContain('unchecked-message-origin');
  });

  test('help and version', () => {
    expect(run('--help').stdout).toContain('Usage: shipworthy audit');
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(run('--version').stdout).toBe(`${manifest.version}\n`);
  });
});

describe('other commands', () => {
  test('list and explain rules', () => {
    expect(run('rules').stdout).toMatch(/^unbalanced-lock +critical +concurrency +\S/m);
    expect(run('explain', 'unbalanced-lock').stdout).toMatch(/## Why it matters/);
    expect(run('explain', 'no-such-rule')).toMatchObject({ status: 2, stdout: '' });
  });

  test('write a configuration that is understood, and none over another', () => {
    expect(run('init').status).toBe(0);
    expect(run('audit').status).toBe(0);
    expect(run('init').status).toBe(2);
  });
});
