/** The tools for language models: what they say, that they check what they are given, and that they change nothing. */
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { TOOL_REQUEST, type ToolName, type ToolResult } from '../../server/src/protocol.ts';
import { TestClient, temporaryWorkspace } from './client.ts';

const RULE = 'unchecked-message-origin';
const SOCKET = `package api

import (
	"net/http"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	CheckOrigin: func(r *http.Request) bool { return true },
}
`;
const MENDED = SOCKET.replace('return true', 'return r.Header.Get("Origin") == "https://example.com"');
const FILES = {
  'go.mod': 'module example.com/service\n\ngo 1.22\n',
  'api/socket.go': SOCKET,
  '.gitignore': 'ignored/\n',
};

interface Rating {
  readonly score: number;
  readonly grade: string;
  readonly verdict: string;
}
interface ToldFinding {
  readonly ruleId: string;
  readonly severity: string;
  readonly path: string;
  readonly line: number;
}
interface Preview {
  readonly before: Rating;
  readonly after: Rating;
  readonly change: number;
  readonly categories: readonly { readonly id: string; readonly before: number; readonly after: number }[];
  readonly gone: readonly ToldFinding[];
  readonly new: readonly ToldFinding[];
}

let client: TestClient;
let workspace: ReturnType<typeof temporaryWorkspace>;

async function start(files: Readonly<Record<string, string>> = FILES): Promise<void> {
  workspace = temporaryWorkspace(files);
  client = await TestClient.start(workspace.folder, { pull: true });
  await client.ready();
}

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

function call(name: ToolName, input: object = {}): Promise<ToolResult> {
  return client.connection.sendRequest(TOOL_REQUEST, { name, input });
}

async function told<T>(name: ToolName, input: object = {}): Promise<T> {
  const { text, isError } = await call(name, input);
  expect([text, isError]).toEqual([text, false]);
  return JSON.parse(text) as T;
}

function preview(path: string, text: string): Promise<Preview> {
  return told<Preview>('shipworthy_preview_score', { path: join(workspace.folder, path), text });
}

test('the scorecard is that of the status', async () => {
  await start();
  const scorecard = await told<Rating & { blockers: readonly { ruleId: string }[]; categories: readonly object[] }>(
    'shipworthy_get_scorecard',
  );
  expect(client.statuses.at(-1)!.statusText).toBe(`${scorecard.grade} ${scorecard.score}`);
  expect(scorecard.blockers.map(({ ruleId }) => ruleId)).toContain(RULE);
  expect(scorecard.categories).toHaveLength(10);
});

test('findings come worst first, filtered and in pages', async () => {
  await start();
  const list = (input: object) =>
    told<{ total: number; findings: readonly ToldFinding[] }>('shipworthy_list_findings', input);
  const all = await list({});
  expect(all.findings[0]?.severity).toBe('critical');
  expect(await list({ ruleId: RULE })).toMatchObject({
    total: 1,
    findings: [{ ruleId: RULE, path: 'api/socket.go', line: 10 }],
  });
  expect(
    (await list({ path: join(workspace.folder, 'api') })).findings.every(({ path }) => path.startsWith('api/')),
  ).toBe(true);
  expect((await list({ severity: 'critical' })).findings.every(({ severity }) => severity === 'critical')).toBe(true);
  const second = await list({ limit: 1, offset: 1 });
  expect(second.findings).toEqual([all.findings[1]]);
});

describe('a preview', () => {
  test('tells what an edit would do, and does nothing', async () => {
    await start();
    const diagnostics = await client.diagnostics('api/socket.go');
    const status = client.statuses.at(-1)!.statusText;
    const result = await preview('api/socket.go', MENDED);
    expect(result.change).toBeGreaterThan(0);
    expect(result.gone).toMatchObject([{ ruleId: RULE, line: 10 }]);
    expect(result.new).toEqual([]);
    expect(result.categories.map(({ id }) => id)).toContain('security');
    expect(await client.diagnostics('api/socket.go')).toEqual(diagnostics);
    await client.settled();
    expect(client.statuses.at(-1)!.statusText).toBe(status);
    expect(await preview('api/socket.go', MENDED)).toEqual(result);
  });

  test('says what making the edit then says', async () => {
    await start();
    const { after } = await preview('api/socket.go', MENDED);
    await client.open('api/socket.go', SOCKET);
    await client.replace('api/socket.go', 'return true', 'return r.Header.Get("Origin") == "https://example.com"');
    await client.settled();
    expect(await told<Rating>('shipworthy_get_scorecard')).toMatchObject(after);
  });

  test('of text that only moves a finding tells of none', async () => {
    await start();
    const moved = SOCKET.replace('package api\n', 'package api\n\n// A comment above.\n');
    expect(await preview('api/socket.go', moved)).toMatchObject({ gone: [], new: [], change: 0 });
  });

  test('of a new file tells what it brings, and leaves nothing behind', async () => {
    await start();
    const second = SOCKET.replaceAll('upgrader', 'second');
    const result = await preview('api/second.go', second);
    expect(result.new).toMatchObject([{ ruleId: RULE, path: 'api/second.go', line: 10 }]);
    expect(result.gone).toEqual([]);
    const total = async (): Promise<number> => (await told<{ total: number }>('shipworthy_list_findings')).total;
    const before = await total();
    await preview('api/second.go', second);
    expect(await total()).toBe(before);
  });

  test('of an open document keeps what is typed', async () => {
    await start();
    await client.open('api/socket.go', SOCKET);
    await client.replace('api/socket.go', 'upgrader', 'accept');
    await preview('api/socket.go', MENDED);
    await client.replace('api/socket.go', 'return true', 'return r.Host == ""');
    await client.settled();
    expect(await told('shipworthy_list_findings', { ruleId: RULE })).toMatchObject({ total: 0 });
  });
});

test('what cannot be answered is said in words that help', async () => {
  await start();
  const complaint = async (name: ToolName, input: object): Promise<string> => {
    const { text, isError } = await call(name, input);
    expect(isError).toBe(true);
    return text;
  };
  expect(await complaint('shipworthy_explain_rule', { ruleId: 'nonsense' })).toContain('shipworthy_list_findings');
  expect(await complaint('shipworthy_preview_score', { path: '/etc/passwd', text: '' })).toContain(
    'no file of the workspace',
  );
  expect(
    await complaint('shipworthy_preview_score', { path: join(workspace.folder, 'ignored/a.go'), text: 'package a\n' }),
  ).toContain('.gitignore');
  expect(await complaint('shipworthy_preview_score', { path: 'api/socket.go' })).toContain('"text"');
  expect(await complaint('shipworthy_list_findings', { severity: 'terrible' })).toContain(
    'critical, high, medium, low',
  );
  expect(await complaint('shipworthy_list_findings', { path: '/elsewhere' })).toContain('not in the workspace');
  expect((await call('shipworthy_explain_rule', { ruleId: RULE })).text).toContain('## Why it matters');
});
