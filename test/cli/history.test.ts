/** Audits over time, and who owns what they find, from the command line. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breathe } from '../harness/breathe.ts';
import { temporaryWorkspace } from '../lsp/client.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const STORE = `package store

import "fmt"

func Read(err error, path string) error {
	return fmt.Errorf("read %s: %v", path, err)
}

func Write(err error) error {
	return fmt.Errorf("write: %v", err)
}
`;
const ONE = '1'.repeat(40);
const TWO = '2'.repeat(40);

let workspace: ReturnType<typeof temporaryWorkspace>;
beforeEach(() => {
  workspace = temporaryWorkspace({
    'go.mod': 'module example.com/store\n\ngo 1.22\n',
    'store/store.go': STORE,
    '.git/HEAD': 'ref: refs/heads/main\n',
    '.git/refs/heads/main': `${ONE}\n`,
  });
});
afterEach(async () => {
  workspace.remove();
  await breathe();
});

function run(args: readonly string[], day = 1): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(1_795_000_000 + day * 86_400) };
  return spawnSync(process.execPath, [CLI, ...args], { cwd: workspace.folder, encoding: 'utf8', env });
}

const write = (path: string, text: string): void => writeFileSync(join(workspace.folder, path), text);
const audit = (day: number, ...args: string[]) => run(['audit', '--no-cache', '--history', 'h.jsonl', ...args], day);
const lines = (): string[] => readFileSync(join(workspace.folder, 'h.jsonl'), 'utf8').split('\n').slice(0, -1);

interface Place {
  readonly ruleId: string;
  readonly path: string;
}
interface Report {
  readonly trend: readonly { readonly commit: string | null }[];
  readonly changes: Record<'new' | 'fixed' | 'moved', readonly Place[]> & { readonly since: { commit: string } };
}

const chains = (places: readonly Place[]): string[] =>
  places.filter(({ ruleId }) => ruleId === 'broken-error-chain').map(({ path }) => path);

describe('a history', () => {
  test('tells what a commit fixed, added and moved', () => {
    expect(audit(1).stdout).toContain('Trend  the first audit in the history');
    write('.git/refs/heads/main', `${TWO}\n`);
    mkdirSync(join(workspace.folder, 'disk'));
    write('store/store.go', STORE.slice(0, STORE.indexOf('func Write')));
    write(
      'disk/disk.go',
      STORE.replace('store', 'disk').replace('func Read', 'func Sync').replace('read %s: %v', 'sync %s: %v'),
    );
    const report: Report = JSON.parse(audit(2, '--format', 'json').stdout);
    expect(report.trend.map(({ commit }) => commit)).toEqual([ONE, TWO]);
    expect(report.changes.since.commit).toBe(ONE);
    expect(chains(report.changes.moved)).toEqual(['disk/disk.go']);
    expect(chains(report.changes.new)).toEqual(['disk/disk.go']);
    expect(chains(report.changes.fixed)).toEqual([]);
    write('disk/disk.go', 'package disk\n');
    const { stdout } = audit(3, '--since', ONE.slice(0, 6));
    expect(stdout).toMatch(/\nChanged since 1111111111 \(2026-11-19\) {2}\d+ fixed, \d+ new, \d+ moved\n/);
    expect(stdout).toMatch(/\n {2}fixed {2}.*store\/store\.go:10 +broken-error-chain\n/);
    const { stdout: trend, status } = run(['history', 'h.jsonl']);
    expect(status).toBe(0);
    expect(trend).toMatch(
      /^2 audits {2}.{2}\n {2}2026-11-19 {2}1111111111 {2}[\s\S]*\n {2}2026-11-21 {2}2222222222 {2}/,
    );
  });

  test('knows the commit of the work tree that a folder lies in', () => {
    audit(1, 'store');
    expect(JSON.parse(lines()[0]!)).toMatchObject({ commit: ONE });
  });

  test('outlives lines that were cut off, and leaves foreign ones alone', () => {
    audit(1);
    const file = join(workspace.folder, 'h.jsonl');
    const [line] = lines();
    appendFileSync(file, '{"note":"ours"}\n');
    appendFileSync(file, line!);
    truncateSync(file, 2 * line!.length - 10);
    write('.git/refs/heads/main', `${TWO}\n`);
    const { status, stderr } = audit(2);
    expect([status, stderr]).toEqual([0, 'shipworthy: 2 lines of h.jsonl cannot be read as an audit.\n']);
    const all = lines();
    expect(all.slice(0, 2)).toEqual([line, '{"note":"ours"}']);
    expect(all).toHaveLength(4);
    expect(run(['history', 'h.jsonl']).stdout).toMatch(/^2 audits/);
  });

  test('remembers the whole, whatever is reported', () => {
    audit(1, '--format', 'json');
    const all = JSON.parse(lines()[0]!);
    audit(2, 'go.mod', 'store');
    audit(2, 'go.mod', 'h.jsonl');
    const others = lines()
      .slice(1)
      .map((line) => JSON.parse(line));
    expect(others.map(({ findings, open }) => [findings, open])).toEqual([
      [all.findings, all.open],
      [all.findings, all.open],
    ]);
  });

  test.each([
    [['audit', '--history', '.'], '"." cannot be read'],
    [['audit', '--history', 'none/h.jsonl'], 'cannot be written'],
    [['audit', '--since', 'abcd'], '--since needs a history'],
    [['audit', '--history', 'h.jsonl', '--since', 'abcd'], 'holds no audit of the commit abcd'],
    [['history'], 'Name the file'],
    [['history', 'h.jsonl'], '"h.jsonl" holds no audit'],
  ])('is asked for wrongly: %j', (args, message) => {
    const { status, stderr } = run([...args, ...(args[0] === 'audit' ? ['--no-cache'] : [])]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });
});

describe('owners', () => {
  beforeEach(() => write('CODEOWNERS', '*.go @shop/go\n/store/ @Ann\n'));
  const report = (...args: string[]) =>
    JSON.parse(run(['audit', '--no-cache', '--format', 'json', ...args]).stdout) as {
      readonly findings: readonly { readonly path: string; readonly owners: readonly string[] }[];
      readonly components: readonly { readonly owners: readonly string[] }[];
      readonly plan: Record<string, readonly { readonly ruleId: string; readonly owners: readonly string[] }[]>;
      readonly overall: unknown;
      readonly restrictedTo: string | null;
    };

  test('are named with findings, components and the plan', () => {
    const { findings, components, plan } = report();
    const inStore = findings.filter(({ path }) => path === 'store/store.go');
    expect(inStore.length).toBeGreaterThan(0);
    expect(new Set(inStore.map(({ owners }) => owners.join()))).toEqual(new Set(['@Ann']));
    expect(components.map(({ owners }) => owners)).toEqual([['@Ann']]);
    const steps = Object.values(plan).flat();
    expect(steps.find(({ ruleId }) => ruleId === 'broken-error-chain')?.owners).toEqual(['@Ann']);
    const { stdout } = run(['audit', '--no-cache', '--format', 'markdown']);
    expect(stdout).toContain('Owner: `@Ann`.');
  });

  test('restrict the findings, not the score', () => {
    const all = report();
    const own = report('--owner', 'ann');
    expect(own.findings.length).toBeGreaterThan(0);
    expect(own.findings.every(({ owners }) => owners.includes('@Ann'))).toBe(true);
    expect(own.restrictedTo).toBe('@Ann');
    expect(own.overall).toEqual(all.overall);
    const loose = report('--owner', 'none');
    expect(loose.findings.length + own.findings.length).toBe(all.findings.length);
    expect(run(['audit', '--no-cache', '--owner', 'ann', '--fail-on', 'low']).status).toBe(1);
    expect(run(['audit', '--no-cache', '--owner', 'bob']).stderr).toContain(
      '"bob" owns nothing that was found. Owners are @Ann',
    );
  });

  test('are not known without a CODEOWNERS file', () => {
    write('CODEOWNERS', '');
    expect(report().findings.every(({ owners }) => owners.length === 0)).toBe(true);
    workspace.remove();
    workspace = temporaryWorkspace({ 'go.mod': 'module example.com/store\n\ngo 1.22\n', 'store/store.go': STORE });
    const { status, stderr } = run(['audit', '--no-cache', '--owner', 'ann']);
    expect(status).toBe(2);
    expect(stderr).toContain('There is no CODEOWNERS file');
  });
});
