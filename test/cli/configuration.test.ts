/** Configuration files as the command line reads them: formats, folders, what they build on, options, roles, gates. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryWorkspace } from '../lsp/client.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** A function of 30 lines without a comment, and a note. */
const source = (name: string): string =>
  `package ${name}\n\nfunc Long(x []int) {\n${'\tx[0]++\n'.repeat(30)}}\n\n// TODO: later\n`;

let workspace: ReturnType<typeof temporaryWorkspace>;
let cache: string;
beforeEach(() => {
  workspace = temporaryWorkspace({
    'go.mod': 'module example.com/service\n\ngo 1.22\n',
    'a.go': source('a'),
    'pay/b.go': source('pay'),
    'pay/inner/c.go': source('inner'),
    'testutil/d.go': source('testutil'),
  });
  cache = mkdtempSync(join(tmpdir(), 'shipworthy-cache-'));
});
afterEach(() => {
  workspace.remove();
  rmSync(cache, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace.folder, path)), { recursive: true });
    writeFileSync(join(workspace.folder, path), text);
  }
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: workspace.folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: cache },
  });
  return { status, stdout, stderr };
}

/** What is found by some rules, as `path rule severity`. */
function found(...rules: string[]): string[] {
  const { stdout } = run('audit', '--format', 'json');
  const { findings } = JSON.parse(stdout) as { findings: { path: string; ruleId: string; severity: string }[] };
  return findings
    .filter(({ ruleId }) => rules.includes(ruleId))
    .map(({ path, ruleId, severity }) => `${path} ${ruleId} ${severity}`)
    .sort();
}

describe('settings', () => {
  test('of the nearest file win, over those that it builds on and those around it, in every format', () => {
    write({
      'config/base.yaml': 'rules:\n  todo-comment: high\n  missing-doc-comment: medium\n',
      'shipworthy.jsonc':
        '{\n  // ours\n  "extends": "./config/base.yaml",\n  "rules": { "todo-comment": "medium", },\n}\n',
      'pay/shipworthy.yaml': 'rules:\n  todo-comment: off\n',
      'pay/inner/shipworthy.json': '{ "rules": { "todo-comment": "critical", "missing-doc-comment": "off" } }',
      'shipworthy.yaml': 'rules: { todo-comment: critical }\n',
    });
    expect(found('todo-comment', 'missing-doc-comment')).toEqual([
      'a.go missing-doc-comment medium',
      'a.go todo-comment medium',
      'pay/b.go missing-doc-comment medium',
      'pay/inner/c.go todo-comment critical',
    ]);
    const { status, stderr, stdout } = run('config', 'explain', 'pay/inner/c.go');
    expect(status).toBe(0);
    expect(stderr).toBe(
      'shipworthy: shipworthy.yaml:1:1: The configuration of this folder is shipworthy.jsonc; this file is not used.\n',
    );
    expect(
      stdout
        .match(/of which a later one wins:\n([\s\S]*?)\n\n/)![1]!
        .trim()
        .split(/\s+/),
    ).toEqual(['config/base.yaml', 'shipworthy.jsonc', 'pay/shipworthy.yaml', 'pay/inner/shipworthy.json']);
    expect(stdout).toMatch(/todo-comment +critical +pay\/inner\/shipworthy\.json:1\n/);
    expect(run('config', 'explain', 'pay').stdout).toMatch(/todo-comment +off +pay\/shipworthy\.yaml:2\n/);
    expect(run('config', 'explain', 'a.go').stdout).toMatch(/missing-doc-comment +medium +config\/base\.yaml:3\n/);
    expect(run('config', 'explain', '../').status).toBe(2);
    expect(run('config', 'explain', 'nothing.go').status).toBe(2);
    expect(run('config').status).toBe(2);
  });

  test('of rules reach them, folder by folder, also where results are kept', () => {
    const options = (maximum: number): string =>
      JSON.stringify({ rules: { 'long-function': { options: { maximum } } } });
    expect(found('long-function')).toEqual([]);
    write({ 'shipworthy.json': options(20) });
    const all = ['a.go long-function low', 'pay/b.go long-function low', 'pay/inner/c.go long-function low'];
    expect(found('long-function')).toEqual(all);
    write({ 'pay/shipworthy.json': options(40) });
    expect(found('long-function')).toEqual(['a.go long-function low']);
    write({ 'shipworthy.json': '{}', 'pay/shipworthy.json': options(20) });
    expect(found('long-function')).toEqual(all.slice(1));
    // The kept records of both are still told apart.
    write({ 'shipworthy.json': options(20), 'pay/shipworthy.json': '{}' });
    expect(found('long-function')).toEqual(all);
  });

  test('say what files are: tests, generated, or not looked at', () => {
    expect(found('todo-comment')).toHaveLength(3);
    write({
      'shipworthy.json': '{ "paths": { "test": ["!testutil/"], "generated": ["/a.go"] } }',
      'pay/shipworthy.json': '{ "paths": { "test": ["b.go"], "exclude": ["inner/"] } }',
    });
    expect(found('todo-comment').map((line) => line.split(' ')[0])).toEqual(['testutil/d.go']);
    expect(run('config', 'explain', 'pay/inner/c.go').stdout).toMatch(
      /excluded +yes, by inner\/ +pay\/shipworthy\.json:1\n/,
    );
  });

  test('are gates, unless the command line says otherwise', () => {
    write({ 'shipworthy.json': '{ "gates": { "failUnder": 100, "failOn": "critical" } }' });
    expect(run('audit')).toMatchObject({ status: 1, stderr: expect.stringContaining('is below 100') });
    expect(run('audit', '--fail-under', '0').status).toBe(0);
    write({ 'shipworthy.json': '{ "gates": { "failOn": "low" } }' });
    expect(run('audit').stderr).toContain('of severity low or worse');
  });
});

describe('what is wrong', () => {
  test.each([
    ['{ "rules": { "todo-coment": "off" } }', '1:14: There is no rule "todo-coment"; did you mean "todo-comment"?'],
    ['{\n  "ruels": {}\n}', '2:3: The configuration knows no "ruels"; did you mean "rules"?'],
    ['{ "rules": { "todo-comment": "hgih" } }', /^1:30: .* did you mean "high"\?$/],
    ['{ "rules": { "long-function": { "options": { "maximum": 3 } } } }', /^1:57: .* whole number of at least 10\.$/],
    ['{ "extends": "./shipworthy.json" }', '1:14: This file builds on itself by way of this one.'],
    ['{ "extends": "../x.json" }', '1:14: This leads out of the workspace.'],
    ['{ "rubric": "./none.json" }', /^1:13: .*neither a file nor a rubric/],
    ['{ "rules": {}, }', '1:16: A key in double quotes is missing here.'],
    ['{ "exclude": "a", "rubric": 1 }', /^1:14: .* a list\. \(And 1 more\.\)$/],
  ])('ends an audit of %s with one line', (text, message) => {
    write({ 'shipworthy.json': text });
    const { status, stdout, stderr } = run('audit');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const [, line] = /^shipworthy: shipworthy\.json:(.*)\n$/.exec(stderr)!;
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
  });

  test('below the root, and in a circle of files, is said where it stands', () => {
    write({ 'pay/shipworthy.yaml': 'rules:\n  nothing: off\n' });
    expect(run('audit').stderr).toBe('shipworthy: pay/shipworthy.yaml:2:3: There is no rule "nothing".\n');
    write({
      'pay/shipworthy.yaml': 'extends: ../one.json\n',
      'one.json': '{ "extends": "two.json" }',
      'two.json': '{ "extends": "./one.json" }',
    });
    expect(run('audit').stderr).toContain('shipworthy: one.json:1:14: This file builds on itself');
  });

  test('with a pattern that matches nothing is a warning', () => {
    write({ 'shipworthy.json': '{ "paths": { "exclude": ["/pey/"], "test": ["a.go", "*.spec.go"] } }' });
    const { status, stderr } = run('audit');
    expect(status).toBe(0);
    expect(stderr.split('\n')).toEqual([
      'shipworthy: shipworthy.json:1:26: This pattern matches nothing in the workspace.',
      'shipworthy: shipworthy.json:1:53: This pattern matches nothing in the workspace.',
      '',
    ]);
  });
});
