/** What the dashboard shows, and what a click on a step does, as the client receives it. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  DASHBOARD_REQUEST,
  type Dashboard,
  type DashboardResult,
  REPORT_REQUEST,
  type ReportResult,
  RULE_FIX_REQUEST,
  type RuleFixResult,
} from '../../server/src/protocol.ts';
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
const HOSTILE = 'api/<img src=x onerror=alert(1)>.go';
const FILES = {
  'go.mod': 'module example.com/service\n\ngo 1.22\n',
  'api/socket.go': SOCKET,
  [HOSTILE]: SOCKET.replaceAll('upgrader', 'other'),
};

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

async function dashboard(): Promise<Dashboard> {
  const { page } = await client.connection.sendRequest<DashboardResult>(DASHBOARD_REQUEST, {});
  return page!;
}

describe('the dashboard', () => {
  test('says what the status says, adds up, and tells what to do', async () => {
    await start();
    const { overall, categories, groups, trend } = await dashboard();
    expect(client.statuses.at(-1)!.statusText).toBe(`${overall.grade} ${overall.score}`);
    expect(overall).toMatchObject({ verdict: 'NOT READY', tone: 'bad' });
    expect(categories.items).toHaveLength(10);
    for (const { score, ledger } of categories.items) {
      if (score === null) continue;
      const lost = ledger.reduce((total, { points }) => total + Number(points.replace('−', '')), 0);
      // Each line is rounded to a tenth, and the score down to a whole.
      expect(Math.abs(100 - lost - score)).toBeLessThan(1 + ledger.length * 0.05 + 0.05);
    }
    const blockers = groups.find(({ title }) => title === 'Blocks shipping')!;
    const origin = blockers.rules.find(({ ruleId }) => ruleId === RULE)!;
    expect(origin).toMatchObject({ severity: 'critical', detail: '2 findings', fix: 'Fix' });
    expect(origin.places.map(({ label }) => label)).toEqual([`${HOSTILE}:10`, 'api/socket.go:10']);
    const way = groups.find(({ title }) => title.startsWith('Cheapest way to grade'))!;
    expect(way.ordered).toBe(true);
    expect(way.rules.length).toBeGreaterThan(0);
    expect(trend.entries.every(({ cells }) => cells.length === trend.columns.length)).toBe(true);
  });

  test('follows the text as it is typed', async () => {
    await start();
    await client.open('api/socket.go', SOCKET);
    await client.replace('api/socket.go', 'return true', 'return r.Host == ""');
    await client.settled();
    const blockers = (await dashboard()).groups.find(({ title }) => title === 'Blocks shipping')!;
    expect(blockers.rules.find(({ ruleId }) => ruleId === RULE)?.detail).toBe('1 finding');
  });

  test('shows the trend where audits are remembered, with the present one at its end', async () => {
    workspace = temporaryWorkspace(FILES);
    const storage = temporaryWorkspace({});
    client = await TestClient.start(workspace.folder, { pull: true, historyFolder: storage.folder });
    await client.ready();
    await client.settled();
    const { trend, overall } = await dashboard();
    expect(trend.entries.map(({ score }) => score)).toEqual([overall.score, overall.score]);
    expect(trend.columns.slice(0, 5)).toEqual(['Time', 'Commit', 'Grade', 'Score', 'Concurrency']);
    for (const { cells } of trend.entries) expect(cells).toHaveLength(trend.columns.length);
    storage.remove();
  });

  test('says why there is nothing to show', async () => {
    await start({});
    const result = await client.connection.sendRequest<DashboardResult>(DASHBOARD_REQUEST, {});
    expect(result.page).toBeNull();
    expect(result.message).toContain('no file that can be judged');
  });

  test('is there as Markdown, to be copied', async () => {
    await start();
    const { content } = await client.connection.sendRequest<ReportResult>(REPORT_REQUEST, { format: 'summary' });
    expect(content).toMatch(/^# Production readiness of workspace\n/);
    expect(content).toContain('## Grades');
    expect(content).toContain('Cheapest way to grade');
    expect(content).not.toContain('## Appendix');
  });
});

describe('the fixes of a rule', () => {
  test('come as one edit, each named, those that choose something to be confirmed', async () => {
    await start();
    const { edit, findings } = await client.connection.sendRequest<RuleFixResult>(RULE_FIX_REQUEST, { ruleId: RULE });
    expect(findings).toBe(2);
    const { changeAnnotations, documentChanges } = edit as {
      changeAnnotations: Record<string, { label: string; needsConfirmation: boolean }>;
      documentChanges: { textDocument: { uri: string }; edits: { annotationId: string }[] }[];
    };
    expect(Object.values(changeAnnotations).map(({ needsConfirmation }) => needsConfirmation)).toEqual([true, true]);
    expect(documentChanges.map(({ textDocument }) => textDocument.uri)).toContain(client.uri('api/socket.go'));
    for (const { edits } of documentChanges) {
      for (const { annotationId } of edits) expect(changeAnnotations[annotationId]).toBeDefined();
    }
  });

  test('are none where nothing can be mended', async () => {
    await start();
    const result = await client.connection.sendRequest<RuleFixResult>(RULE_FIX_REQUEST, { ruleId: 'no-such-rule' });
    expect(result).toEqual({ edit: null, findings: 0 });
  });
});
