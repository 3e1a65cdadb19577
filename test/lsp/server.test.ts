/** The language server as its clients see it: the real process, the real protocol. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Diagnostic } from 'vscode-languageserver-protocol/node';
import { RESCAN_REQUEST } from '../../server/src/protocol.ts';
import { TestClient, temporaryWorkspace } from './client.ts';

const UPGRADER = `package api

import (
	"net/http"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	CheckOrigin: func(r *http.Request) bool { return true },
}
`;

const FILES = {
  'go.mod': 'module example.com/service\n\ngo 1.22\n',
  'api/socket.go': UPGRADER,
  'api/other.go': UPGRADER.replaceAll('upgrader', 'second'),
  'ignored/generated.go': UPGRADER,
  '.gitignore': 'ignored/\n',
};

const CODE = 'unchecked-message-origin';

let client: TestClient;
let workspace: ReturnType<typeof temporaryWorkspace>;

async function start(
  options: { pull: boolean; settings?: () => unknown } = { pull: true },
  files: Readonly<Record<string, string>> = FILES,
): Promise<void> {
  workspace = temporaryWorkspace(files);
  client = await TestClient.start(workspace.folder, options);
  await client.ready();
}

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

async function findings(path: string): Promise<Diagnostic[]> {
  const report = await client.diagnostics(path);
  return report.kind === 'full' ? report.items.filter((item) => item.code === CODE) : [];
}

describe('diagnostics', () => {
  test('are pulled for an open document, with code, documentation link and unchanged reports', async () => {
    await start();
    await client.open('api/socket.go', UPGRADER);
    const report = await client.diagnostics('api/socket.go');
    expect(report.kind).toBe('full');
    const [diagnostic] = await findings('api/socket.go');
    expect(diagnostic).toMatchObject({
      code: CODE,
      source: 'shipworthy',
      severity: 1,
      range: { start: { line: 9, character: 1 } },
    });
    expect(diagnostic?.codeDescription?.href).toContain(`docs/rules/${CODE}.md`);
    const again = await client.diagnostics('api/socket.go', report.resultId);
    expect(again.kind).toBe('unchanged');
  });

  test('follow the text while it is typed, without a save', async () => {
    await start();
    await client.open('api/socket.go', UPGRADER);
    expect(await findings('api/socket.go')).toHaveLength(1);
    await client.replace('api/socket.go', 'return true', 'return r.Host == ""');
    expect(await findings('api/socket.go')).toHaveLength(0);
    await client.replace('api/socket.go', 'return r.Host == ""', 'return true');
    expect(await findings('api/socket.go')).toHaveLength(1);
  });

  test('of the whole workspace are streamed, leave ignored files out, and follow changes on disk', async () => {
    await start();
    const byUri = new Map<string, readonly Diagnostic[]>();
    let arrived: () => void = () => {};
    void client.workspaceDiagnostics((chunk) => {
      for (const item of chunk.items) if (item.kind === 'full') byUri.set(item.uri, item.items);
      arrived();
    });
    const next = (): Promise<void> => new Promise((resolve) => (arrived = resolve));
    while (!byUri.has(client.uri('api/other.go'))) await next();
    expect(byUri.get(client.uri('api/other.go'))?.some((item) => item.code === CODE)).toBe(true);
    expect([...byUri.keys()].some((uri) => uri.includes('ignored'))).toBe(false);
    const mended = readFileSync(join(workspace.folder, 'api/other.go'), 'utf8').replace(
      'return true',
      'return r.Host == ""',
    );
    writeFileSync(join(workspace.folder, 'api/other.go'), mended);
    const changed = next();
    await client.watched([{ path: 'api/other.go', type: 2 }]);
    await changed;
    expect(byUri.get(client.uri('api/other.go'))?.some((item) => item.code === CODE)).toBe(false);
    rmSync(join(workspace.folder, 'api/socket.go'));
    const removed = next();
    await client.watched([{ path: 'api/socket.go', type: 3 }]);
    await removed;
    expect(byUri.get(client.uri('api/socket.go'))).toEqual([]);
  });

  test('are pushed to a client that cannot pull, for open and closed files', async () => {
    await start({ pull: false });
    await client.until(() => client.pushed.has(client.uri('api/other.go')));
    expect(client.pushed.get(client.uri('api/other.go'))?.some((item) => item.code === CODE)).toBe(true);
    await client.open('api/socket.go', UPGRADER);
    await client.replace('api/socket.go', 'return true', 'return r.Host == ""');
    await client.until(
      () => client.pushed.get(client.uri('api/socket.go'))?.some((item) => item.code === CODE) === false,
    );
    await client.close('api/socket.go');
    await client.until(
      () => client.pushed.get(client.uri('api/socket.go'))?.some((item) => item.code === CODE) === true,
    );
  });

  test('are not given for an ignored document', async () => {
    await start({ pull: false });
    await client.open('ignored/generated.go', UPGRADER);
    await client.settled();
    await client.until(() => (client.pushed.get(client.uri('ignored/generated.go')) ?? []).length === 0);
    expect((await client.diagnostics('ignored/generated.go')).kind).toBe('full');
  });
});

describe('fixes', () => {
  test('are offered without edits, resolved lazily, and remove the finding', async () => {
    await start();
    await client.open('api/socket.go', UPGRADER);
    const [diagnostic] = await findings('api/socket.go');
    const actions = await client.codeActions('api/socket.go', diagnostic!);
    const fixes = actions.filter((action) => action.diagnostics?.[0]?.code === CODE);
    expect(fixes).toHaveLength(2);
    expect(fixes[0]).toMatchObject({ kind: 'quickfix', isPreferred: true });
    expect(fixes[0]?.edit).toBeUndefined();
    const resolved = await client.resolve(fixes[0]!);
    await client.apply(resolved.edit!);
    expect(client.text('api/socket.go')).toBe(
      'package api\n\nimport (\n\t"github.com/gorilla/websocket"\n)\n\nvar upgrader = websocket.Upgrader{\n}\n',
    );
    expect(await findings('api/socket.go')).toHaveLength(0);
  });

  test('of a finding that is gone resolve to nothing', async () => {
    await start();
    await client.open('api/socket.go', UPGRADER);
    const [diagnostic] = await findings('api/socket.go');
    const [action] = await client.codeActions('api/socket.go', diagnostic!);
    await client.replace('api/socket.go', 'return true', 'return r.Host == ""');
    expect((await client.resolve(action!)).edit).toBeUndefined();
  });

  test('fix-all holds only safe fixes', async () => {
    await start();
    await client.open('api/socket.go', UPGRADER);
    const [diagnostic] = await findings('api/socket.go');
    const actions = await client.codeActions('api/socket.go', diagnostic!, ['source.fixAll.shipworthy']);
    expect(actions.filter((action) => action.kind !== 'source.fixAll.shipworthy')).toEqual([]);
    for (const action of actions) {
      const { edit } = await client.resolve(action);
      expect(JSON.stringify(edit)).not.toContain('CheckOrigin');
    }
  });
});

describe('scorecard', () => {
  test('tells its states, shows a tree with the finding, and moves with the keystroke', async () => {
    await start();
    expect(client.statuses.map((status) => status.state)).toContain('scanning');
    expect(client.statuses.at(-1)).toMatchObject({ state: 'ready' });
    expect(client.progress[0]).toBe('begin');
    const top = await client.tree();
    expect(top).toHaveLength(11);
    expect(top[0]?.kind).toBe('overall');
    const security = top.find((element) => element.label === 'Security')!;
    const rules = await client.tree(security.id);
    const rule = rules.find((element) => element.ruleId === CODE)!;
    const [finding] = await client.tree(rule.id);
    expect(finding?.target).toMatchObject({ uri: client.uri('api/other.go'), range: { start: { line: 9 } } });
    const before = client.statuses.at(-1)!;
    expect(before.badge).toBeGreaterThanOrEqual(2);
    await client.open('api/socket.go', UPGRADER);
    await client.replace('api/socket.go', 'return true', 'return r.Host == ""');
    await client.until(() => client.statuses.at(-1)!.badge === before.badge - 1);
  });

  test('the scan can be cancelled, and says so', async () => {
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`pkg${i}/file.go`, UPGRADER]));
    workspace = temporaryWorkspace(many);
    client = new TestClient(workspace.folder, { pull: true });
    client.cancelProgress = true;
    await client.initialize({ pull: true });
    await client.ready();
    expect(client.statuses.at(-1)?.message).toMatch(/^The scan was cancelled after \d+ of 400 files\.$/);
    await client.until(() => client.progress.at(-1) === 'end');
    await client.connection.sendRequest(RESCAN_REQUEST, {});
    client.cancelProgress = false;
    const { revision } = await client.settled();
    await client.until(() => (client.statuses.at(-1)?.revision ?? 0) >= revision);
    expect(client.statuses.at(-1)).toMatchObject({ state: 'ready', badge: 400 });
  });

  test('an empty folder is not rated', async () => {
    await start({ pull: true }, {});
    expect(client.statuses.at(-1)).toMatchObject({ state: 'empty', badge: 0 });
  });

  test('hover tells why, how to fix it, and what it costs', async () => {
    await start();
    await client.open('api/socket.go', UPGRADER);
    const hover = await client.hover('api/socket.go', 9, 5);
    const text = JSON.stringify(hover?.contents);
    expect(text).toContain('same-origin');
    expect(text).toContain('**Fix:**');
    expect(text).toContain('of 100');
    expect(await client.hover('api/socket.go', 0, 0)).toBeNull();
  });
});

describe('configuration', () => {
  test('of the editor takes effect without a restart', async () => {
    let level: string = 'critical';
    await start({
      pull: true,
      settings: () => ({ enable: true, rules: { [CODE]: level }, exclude: [], previewRules: true }),
    });
    await client.open('api/socket.go', UPGRADER);
    expect(await findings('api/socket.go')).toHaveLength(1);
    level = 'off';
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.untilDiagnostics('api/socket.go', (items) => !items.some((item) => item.code === CODE));
    level = 'low';
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.untilDiagnostics('api/socket.go', (items) =>
      items.some((item) => item.code === CODE && item.severity === 3),
    );
  });

  test('file takes effect when it changes, and says what is wrong with it', async () => {
    await start();
    await client.open('api/socket.go', UPGRADER);
    writeFileSync(
      join(workspace.folder, 'shipworthy.json'),
      `{ "rules": { "${CODE}": "off", "no-such-rule": "off" } }`,
    );
    await client.watched([{ path: 'shipworthy.json', type: 1 }]);
    await client.untilDiagnostics('api/socket.go', (items) => !items.some((item) => item.code === CODE));
    await client.settled();
    const report = await client.diagnostics('shipworthy.json');
    expect(report.kind === 'full' ? report.items.map((item) => item.message) : []).toEqual([
      'There is no rule "no-such-rule".',
    ]);
  });

  test('switched off clears everything', async () => {
    let enable = true;
    await start({ pull: true, settings: () => ({ enable, rules: {}, exclude: [], previewRules: true }) });
    await client.open('api/socket.go', UPGRADER);
    enable = false;
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.until(() => client.statuses.at(-1)?.state === 'disabled');
    expect(await findings('api/socket.go')).toHaveLength(0);
  });
});
