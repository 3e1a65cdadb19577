/** Holding the line from the command line: baselines, `--new-only`, gates by severity, rubrics and days. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

let workspace: ReturnType<typeof temporaryWorkspace>;
beforeEach(() => {
  workspace = temporaryWorkspace({ 'go.mod': 'module example.com/store\n\ngo 1.22\n', 'store/store.go': STORE });
});
afterEach(() => workspace.remove());

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const options = { cwd: workspace.folder, encoding: 'utf8' } as const;
  return spawnSync(process.execPath, [CLI, 'audit', '--no-cache', ...args], options);
}

interface Report {
  readonly findings: readonly { readonly ruleId: string; readonly path: string; readonly message: string }[];
  readonly baseline: { readonly new: number; readonly known: number; readonly gone: number };
  readonly rubric: { readonly id: string };
  readonly today: string;
}

function report(...args: string[]): Report {
  return JSON.parse(run('--format', 'json', ...args).stdout);
}

const write = (path: string, text: string): void => writeFileSync(join(workspace.folder, path), text);
const ofChains = ({ findings }: Report) => findings.filter(({ ruleId }) => ruleId === 'broken-error-chain');
const HOLD = ['--baseline', 'baseline.json'];

describe('a baseline', () => {
  beforeEach(() => {
    expect(run(...HOLD).stderr).toContain('to ');
  });

  test('holds everything that was there', () => {
    const { baseline, findings } = report(...HOLD, '--new-only');
    expect(findings).toEqual([]);
    expect(baseline).toMatchObject({ new: 0, gone: 0 });
    expect(baseline.known).toBeGreaterThan(1);
  });

  test('knows findings again that moved, were formatted anew, or stand in another file or function', () => {
    const moved = STORE.replace(
      'fmt.Errorf("read %s: %v", path, err)',
      'fmt.Errorf(\n\t\t"read %s: %v",\n\t\tpath,\n\t\terr,\n\t)',
    )
      .replace('func Write(', 'func WriteAll(')
      .replace('import "fmt"\n', 'import "fmt"\n\nvar lines = 1\n');
    write('store/store.go', moved);
    expect(ofChains(report(...HOLD, '--new-only'))).toEqual([]);
    mkdirSync(join(workspace.folder, 'disk'));
    write('store/store.go', STORE);
    renameSync(join(workspace.folder, 'store/store.go'), join(workspace.folder, 'disk/store.go'));
    expect(ofChains(report(...HOLD, '--new-only'))).toEqual([]);
  });

  test('is not fooled by an old finding that makes room for a new one', () => {
    write(
      'store/store.go',
      STORE.replace('"write: %v"', '"write: %w"').replace('"read %s: %v", path, err', '"%v", err') +
        STORE.slice(STORE.indexOf('func Write')).replace('Write', 'Sync').replace('write', 'sync'),
    );
    const fresh = ofChains(report(...HOLD, '--new-only'));
    expect(fresh).toHaveLength(2);
    expect(run(...HOLD, '--fail-on', 'low').status).toBe(1);
  });

  test('only shrinks', () => {
    const file = join(workspace.folder, 'baseline.json');
    const before = readFileSync(file, 'utf8').split('\n').length;
    write('store/store.go', STORE.replaceAll('%v', '%w'));
    write('store/more.go', STORE.replaceAll('Read', 'Load').replaceAll('Write', 'Save').replaceAll('%v', '%+v'));
    run(...HOLD, '--update-baseline');
    const after = readFileSync(file, 'utf8');
    expect(after.split('\n').length).toBeLessThan(before);
    expect(after).not.toContain('broken-error-chain');
    expect(run(...HOLD, '--update-baseline').status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(after);
  });

  test('gates new findings alone, and marks the others in SARIF', () => {
    expect(run(...HOLD, '--fail-on', 'low').status).toBe(0);
    const { runs } = JSON.parse(run(...HOLD, '--format', 'sarif').stdout);
    expect(new Set(runs[0].results.map(({ baselineState }: { baselineState: string }) => baselineState))).toEqual(
      new Set(['unchanged']),
    );
  });

  test.each(['{', '[]', '{"version":9}', '{"version":1,"findings":[{}]}'])(
    'that is damaged is said to be: %s',
    (text) => {
      write('baseline.json', text);
      const { status, stderr } = run(...HOLD);
      expect(status).toBe(2);
      expect(stderr.split('\n')).toHaveLength(2);
    },
  );
});

describe('options', () => {
  test('choose the rubric by name, by file, and in the configuration', () => {
    expect(report('--rubric', 'ten-point').rubric.id).toBe('ten-point');
    write('ours.json', JSON.stringify({ extends: 'mission-critical', id: 'ours', title: 'Ours' }));
    expect(report('--rubric', 'ours.json').rubric.id).toBe('ours');
    write('shipworthy.json', JSON.stringify({ rubric: './ours.json' }));
    expect(report().rubric.id).toBe('ours');
    expect(run('--rubric', 'nothing').status).toBe(2);
    write('ours.json', JSON.stringify({ extends: 'mission-critical', id: 'ours', grades: [] }));
    expect(run().stderr).toContain('at least one grade');
  });

  test('say which day it is', () => {
    write(
      'store/store.go',
      STORE.replace('\treturn', '\t// shipworthy-ignore broken-error-chain: for now until 2027-01-31\n\treturn'),
    );
    expect(ofChains(report('--today', '2027-01-31'))).toHaveLength(1);
    const later = report('--today', '2027-02-01');
    expect(ofChains(later)).toHaveLength(2);
    expect(later.today).toBe('2027-02-01');
    expect(run('--today', 'soon').status).toBe(2);
  });

  test('fail by severity', () => {
    expect(run('--fail-on', 'critical').status).toBe(0);
    expect(run('--fail-on', 'low')).toMatchObject({ status: 1, stderr: expect.stringContaining('or worse') });
    expect(run('--fail-on', 'bad').status).toBe(2);
    expect(run('--new-only').status).toBe(2);
  });
});
