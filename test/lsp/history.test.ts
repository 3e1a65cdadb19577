/** The editor's history: where the client says, one audit a commit and an hour, shown in the report. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { REPORT_REQUEST, type ReportResult } from '../../server/src/protocol.ts';
import { TestClient, temporaryWorkspace } from './client.ts';

const ONE = '1'.repeat(40);
const TWO = '2'.repeat(40);
const FILES = {
  'go.mod': 'module example.com/service\n\ngo 1.22\n',
  'store/store.go':
    'package store\n\nimport "fmt"\n\nfunc Read(err error) error {\n\treturn fmt.Errorf("read: %v", err)\n}\n',
  '.git/HEAD': `${ONE}\n`,
};

let workspace: ReturnType<typeof temporaryWorkspace>;
let storage: ReturnType<typeof temporaryWorkspace>;
let client: TestClient | undefined;

afterEach(async () => {
  await client?.stop();
  client = undefined;
  workspace.remove();
  storage.remove();
});

/** A session of the editor from start to end; returns the report as it was in it. */
async function session(historyFolder?: string): Promise<string> {
  client = await TestClient.start(workspace.folder, {
    pull: true,
    ...(historyFolder === undefined ? {} : { historyFolder }),
  });
  await client.ready();
  await client.settled();
  const { content } = await client.connection.sendRequest<ReportResult>(REPORT_REQUEST, { format: 'markdown' });
  await client.stop();
  client = undefined;
  return content;
}

test('holds one audit of each commit and none within an hour of another', async () => {
  workspace = temporaryWorkspace(FILES);
  storage = temporaryWorkspace({});
  const folder = join(storage.folder, 'made', 'on demand');
  const file = join(folder, 'history.jsonl');
  const commits = (): string[] =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).commit);
  expect(await session(folder)).toContain(`Commit: \`${ONE}\``);
  expect(commits()).toEqual([ONE]);
  writeFileSync(join(workspace.folder, '.git/HEAD'), `${TWO}\n`);
  const report = await session(folder);
  expect(report).toContain('## Trend');
  expect(report).toContain('## Changed since 1111111111 ');
  expect(commits()).toEqual([ONE]);
  // As if the first audit had been made a year ago.
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"time":"\d+/, '"time":"2020'));
  await session(folder);
  expect(commits()).toEqual([ONE, TWO]);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"time":"\d+/g, '"time":"2020'));
  await session(folder);
  expect(commits()).toEqual([ONE, TWO]);
});

test('is not kept where the client names no folder, and a folder that cannot be made is no error', async () => {
  workspace = temporaryWorkspace(FILES);
  storage = temporaryWorkspace({ file: '' });
  expect(await session()).not.toContain('Trend');
  expect(await session(join(storage.folder, 'file'))).not.toContain('Trend');
  expect(existsSync(join(workspace.folder, 'history.jsonl'))).toBe(false);
});
