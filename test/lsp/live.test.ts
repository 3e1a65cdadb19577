/** What moves with the keys: scores, marks, diagnostics that do not flicker; and a scan that can be cancelled. */
import { afterEach, expect, test } from 'vitest';
import { CANCEL_SCAN_REQUEST, type FileMark, MARKS_REQUEST } from '../../server/src/protocol.ts';
import { TestClient, temporaryWorkspace } from './client.ts';

const SOCKET = `package api

import (
	"net/http"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	CheckOrigin: func(r *http.Request) bool { return true },
}
`;
const RULE = 'unchecked-message-origin';
const FILES = { 'go.mod': 'module example.com/service\n\ngo 1.22\n', 'api/socket.go': SOCKET };

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

test('the status tells which score an edit moves, until the next edit', async () => {
  await start();
  await client.open('api/socket.go', SOCKET);
  await client.settled();
  await client.replace('api/socket.go', 'return true', 'return r.Host == ""');
  await client.until(() => /Security \d+ → \d+/.test(client.statuses.at(-1)!.statusText));
  const { statusText, viewDescription, statusAccessibility } = client.statuses.at(-1)!;
  const [, from, to] = /Security (\d+) → (\d+)/.exec(statusText)!;
  expect(Number(to)).toBeGreaterThan(Number(from));
  expect(viewDescription).toContain(`Security ${from} → ${to}`);
  expect(statusAccessibility).toContain(`Security ${from} to ${to}`);
  await client.settled();
  await client.replace('api/socket.go', 'package api', 'package api // x');
  await client.settled();
  expect(client.statuses.at(-1)!.statusText).not.toContain('→');
});

test('files that block shipping are marked, until they no longer do', async () => {
  await start();
  const marks = (): Promise<readonly FileMark[]> => client.connection.sendRequest(MARKS_REQUEST, {});
  expect(await marks()).toEqual([
    {
      uri: client.uri('api/socket.go'),
      badge: '1',
      tooltip: '1 finding that blocks shipping',
      color: 'list.errorForeground',
    },
  ]);
  await client.open('api/socket.go', SOCKET);
  await client.replace('api/socket.go', 'return true', 'return r.Host == ""');
  await client.settled();
  expect(await marks()).toEqual([]);
});

test('findings stay while the code around them is broken', async () => {
  await start();
  await client.open('api/socket.go', SOCKET);
  const has = async (): Promise<boolean> => (await client.codes('api/socket.go')).some((code) => code.endsWith(RULE));
  // A function is begun behind the finding, and a call inside of the literal, key by key.
  for (const key of '\nfunc broken(a int, b string { if a == (') {
    const text = client.text('api/socket.go').split('\n');
    const end = { line: text.length - 1, character: text.at(-1)!.length };
    await client.change('api/socket.go', [{ range: { start: end, end }, text: key }]);
    expect(await has()).toBe(true);
  }
  await client.replace('api/socket.go', 'CheckOrigin:', 'Error: fail(, CheckOrigin:');
  expect(await has()).toBe(true);
});

test('what is not needed is faded', async () => {
  await start({ ...FILES, 'api/idle.go': 'package api\n\nimport "os"\n\nfunc Used() {\n}\n' });
  const report = await client.diagnostics('api/idle.go');
  const items = report.kind === 'full' ? report.items : [];
  expect(items.find(({ code }) => code === 'unused-import-or-variable')?.tags).toEqual([1]);
  expect(items.filter(({ code }) => code === RULE).every(({ tags }) => tags === undefined)).toBe(true);
});

test('a scan is cancelled from the view', async () => {
  workspace = temporaryWorkspace(
    Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`pkg${i}/file.go`, SOCKET])),
  );
  client = new TestClient(workspace.folder, { pull: true });
  await client.initialize({ pull: true });
  await client.until(() => client.statuses.at(-1)?.state === 'scanning');
  await client.connection.sendRequest(CANCEL_SCAN_REQUEST);
  await client.ready();
  expect(client.statuses.at(-1)?.message).toMatch(/^The scan was cancelled after \d+ of 400 files\.$/);
});
