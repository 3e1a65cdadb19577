/** Configuration files in the editor: what takes effect and when, and what is said of them while they are written. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Diagnostic } from 'vscode-languageserver-protocol';
import { TestClient, temporaryWorkspace } from './client.ts';

const source = (name: string): string =>
  `package ${name}\n\nfunc Long(x []int) {\n${'\tx[0]++\n'.repeat(30)}}\n\n// TODO: later\n`;

let workspace: ReturnType<typeof temporaryWorkspace>;
let client: TestClient;
beforeEach(async () => {
  workspace = temporaryWorkspace({
    'go.mod': 'module example.com/service\n\ngo 1.22\n',
    'a.go': source('a'),
    'pay/b.go': source('pay'),
    'pay/shipworthy.yaml': 'rules:\n  todo-comment: critical\n',
  });
  client = await TestClient.start(workspace.folder);
  await client.ready();
});
afterEach(async () => {
  await client.stop();
  workspace.remove();
});

async function save(path: string, text: string): Promise<void> {
  const isNew = !existsSync(join(workspace.folder, path));
  writeFileSync(join(workspace.folder, path), text);
  await client.watched([{ path, type: isNew ? 1 : 2 }]);
  await client.settled();
}

async function diagnostics(path: string): Promise<readonly Diagnostic[]> {
  const report = await client.diagnostics(path);
  return report.kind === 'full' ? report.items : [];
}

/** Severity of the diagnostics of a rule. */
async function levels(path: string, rule: string): Promise<(number | undefined)[]> {
  return (await diagnostics(path)).filter(({ code }) => code === rule).map(({ severity }) => severity);
}

/** What is said of a configuration file: line and characters, severity, message. */
async function said(path: string): Promise<string[]> {
  return (await diagnostics(path))
    .filter(({ code }) => code === 'configuration')
    .map(({ range: { start, end }, severity, message }) => {
      return `${start.line}:${start.character}-${end.character} ${severity} ${message}`;
    });
}

test('files of folders take effect when they come, change and go, without a restart', async () => {
  expect(await levels('a.go', 'todo-comment')).toEqual([3]);
  expect(await levels('pay/b.go', 'todo-comment')).toEqual([1]);
  await save('pay/shipworthy.yaml', 'rules:\n  todo-comment: "off"\n');
  expect(await levels('pay/b.go', 'todo-comment')).toEqual([]);
  rmSync(join(workspace.folder, 'pay/shipworthy.yaml'));
  await client.watched([{ path: 'pay/shipworthy.yaml', type: 3 }]);
  await client.settled();
  expect(await levels('pay/b.go', 'todo-comment')).toEqual([3]);
  await save('base.json', '{ "rules": { "todo-comment": "critical" } }');
  await save('shipworthy.jsonc', '{ "extends": "./base.json" } // for all');
  expect(await levels('a.go', 'todo-comment')).toEqual([1]);
  await save('base.json', '{ "rules": { "todo-comment": "off" } }');
  expect(await levels('a.go', 'todo-comment')).toEqual([]);
});

test('options and roles reach open and closed files', async () => {
  await client.open('a.go', source('a'));
  expect(await levels('a.go', 'long-function')).toEqual([]);
  await save('shipworthy.json', '{ "rules": { "long-function": { "options": { "maximum": 20 } } } }');
  expect(await levels('a.go', 'long-function')).toHaveLength(1);
  expect(await levels('pay/b.go', 'long-function')).toHaveLength(1);
  await save('pay/shipworthy.yaml', 'paths:\n  generated: ["*.go"]\n');
  expect(await levels('pay/b.go', 'long-function')).toEqual([]);
  // Keys go by the same options.
  await client.replace('a.go', `${'\tx[0]++\n'.repeat(30)}`, '\tx[0]++\n');
  await client.settled();
  expect(await levels('a.go', 'long-function')).toEqual([]);
  await save('shipworthy.json', '{}');
  expect(await levels('pay/b.go', 'todo-comment')).toEqual([]);
});

test('a file with an error leaves what held before, and the text says why while it is typed', async () => {
  await save('shipworthy.json', '{ "rules": { "todo-comment": "off" } }');
  expect(await levels('a.go', 'todo-comment')).toEqual([]);
  const wrong = '{ "rules": { "todo-comment": "high", "todo-coment": "off" } }';
  await save('shipworthy.json', wrong);
  expect(await said('shipworthy.json')).toEqual([
    '0:37-50 1 There is no rule "todo-coment"; did you mean "todo-comment"?',
  ]);
  expect(await levels('a.go', 'todo-comment')).toEqual([]);
  await client.open('shipworthy.json', wrong);
  await client.replace('shipworthy.json', ', "todo-coment": "off"', '');
  expect(await said('shipworthy.json')).toEqual([]);
  // What is not saved does not hold yet.
  expect(await levels('a.go', 'todo-comment')).toEqual([]);
  await client.replace('shipworthy.json', '"high"', '"high", "extends": 3');
  expect(await said('shipworthy.json')).toHaveLength(1);
  await save('shipworthy.json', '{ "rules": { "todo-comment": "high" } }');
  expect(await levels('a.go', 'todo-comment')).toEqual([2]);
});

test('what has no effect is said', async () => {
  await save('pay/shipworthy.yaml', 'rubric: default\npaths:\n  test: ["*.spec.go"]\n');
  expect(await said('pay/shipworthy.yaml')).toEqual([
    expect.stringMatching(/^0:0-6 3 "rubric" counts in the configuration of the whole workspace/),
    '2:9-20 2 This pattern matches nothing in pay.',
  ]);
  await save('pay/x.spec.go', 'package pay\n');
  expect(await said('pay/shipworthy.yaml')).toHaveLength(1);
});
