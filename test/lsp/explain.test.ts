/** What the server says of a rule and of a finding to somebody who is about to mend it: hover, rule page, code link. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  RULE_DOC_REQUEST,
  RULE_PAGE_REQUEST,
  RULES_REQUEST,
  type RuleDocResult,
  type RuleItem,
  type RulePage,
} from '../../server/src/protocol.ts';
import { type ClientOptions, TestClient, temporaryWorkspace } from './client.ts';

const SOCKET = (name: string, answer: string): string => `package api

import (
	"net/http"

	"github.com/gorilla/websocket"
)

var ${name} = websocket.Upgrader{
	CheckOrigin: func(r *http.Request) bool { return ${answer} },
}
`;
const FILES = {
  'go.mod': 'module example.com/service\n\ngo 1.22\n',
  'api/one.go': SOCKET('one', 'true'),
  'api/two.go': SOCKET('two', 'true'),
  'api/good.go': SOCKET('good', 'r.Header.Get("Origin") == "https://example.com"'),
};
const RULE = 'unchecked-message-origin';

let client: TestClient;
let workspace: ReturnType<typeof temporaryWorkspace>;

async function start(
  files: Readonly<Record<string, string>> = FILES,
  options: ClientOptions = { pull: true },
): Promise<void> {
  workspace = temporaryWorkspace(files);
  client = await TestClient.start(workspace.folder, options);
  await client.ready();
}

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

function rulePage(ruleId: string): Promise<RulePage | null> {
  return client.connection.sendRequest(RULE_PAGE_REQUEST, { ruleId });
}

async function hoverText(path: string, line: number, character: number): Promise<string> {
  const hover = await client.hover(path, line, character);
  return (hover!.contents as { value: string }).value;
}

describe('the page of a rule', () => {
  test('tells what, why and how, with examples, findings, points and settings', async () => {
    await start();
    const page = (await rulePage(RULE))!;
    expect(page.sections.map(({ title }) => title)).toEqual([
      'What it finds',
      'Why it matters',
      'How to fix it',
      'How sure it is',
    ]);
    expect(page.examples.map(({ tone }) => tone)).toEqual(['failing', 'passing']);
    const [failing, passing] = page.examples;
    const reported = failing!.lines.filter(({ notes }) => notes.length > 0);
    expect(reported.length).toBeGreaterThan(0);
    for (const { tokens } of reported) expect(tokens.some(({ marked, text }) => marked && text !== '')).toBe(true);
    expect(passing!.lines.every(({ notes }) => notes.length === 0)).toBe(true);
    expect(failing!.lines.flatMap(({ tokens }) => tokens).some(({ kind }) => kind === 'keyword')).toBe(true);
    expect(page.here.places.map(({ label }) => label)).toEqual(['api/one.go:10', 'api/two.go:10']);
    expect(page.here.places[0]).toMatchObject({ uri: client.uri('api/one.go'), range: { start: { line: 9 } } });
    expect(page.here.sentences.join(' ')).toMatch(/^2 findings; it passes at 1 of 3 places\. Security is at/);
    expect(page.here.sentences.join(' ')).toMatch(/Mending all 2 findings brings \d+\.\d points overall\./);
    expect(JSON.parse(page.settings.snippet)).toEqual({ rules: { [RULE]: 'off' } });
  });

  test('says who set the severity, and that a rule is off', async () => {
    await start({ ...FILES, 'shipworthy.json': JSON.stringify({ rules: { [RULE]: 'low' } }) });
    const settings = async (): Promise<string> =>
      (await rulePage(RULE))!.settings.sentences.map((parts) => parts.map(({ text }) => text).join('')).join(' ');
    expect(await settings()).toContain('Severity: low. Set in shipworthy.json; the default is critical.');
    writeFileSync(join(workspace.folder, 'shipworthy.json'), JSON.stringify({ rules: { [RULE]: 'off' } }));
    await client.watched([{ path: 'shipworthy.json', type: 2 }]);
    await client.settled();
    expect((await rulePage(RULE))!.here.sentences).toEqual(['The rule is turned off.']);
  });

  test('exists for every rule with failing and passing examples, and not for others', async () => {
    await start({});
    const rules = await client.connection.sendRequest<readonly RuleItem[]>(RULES_REQUEST, {});
    expect(rules.length).toBeGreaterThan(100);
    for (const { ruleId } of rules) {
      const page = await rulePage(ruleId);
      const tones = new Set(page?.examples.map(({ tone }) => tone));
      expect([ruleId, tones.has('failing'), tones.has('passing')]).toEqual([ruleId, true, true]);
    }
    expect(await rulePage('no-such-rule')).toBeNull();
  });

  test('is there as Markdown with examples for other clients', async () => {
    await start();
    const { markdown } = await client.connection.sendRequest<RuleDocResult>(RULE_DOC_REQUEST, { ruleId: RULE });
    expect(markdown).toContain('## Reported');
    expect(markdown).toContain('```go');
  });
});

test('the list of rules begins with those that have findings', async () => {
  await start();
  const rules = await client.connection.sendRequest<readonly RuleItem[]>(RULES_REQUEST, {});
  const first = rules.find(({ ruleId }) => ruleId === RULE)!;
  expect(first).toMatchObject({ findings: 2, detail: 'security · critical' });
  const counts = rules.map(({ findings }) => findings);
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
});

describe('the hover', () => {
  test('tells why, how, what shows it and what mending it brings', async () => {
    await start();
    await client.open('api/one.go', FILES['api/one.go']);
    const text = await hoverText('api/one.go', 9, 5);
    expect(text).toContain('**Why:**');
    expect(text).toContain('**Fix:**');
    expect(text).toContain('It passes at 1 of 3 places in this workspace');
    expect(text).toMatch(/\*\*At stake:\*\* Security is at \d+ of 100; this rule costs \d+\.\d points there/);
    expect(text).toMatch(/Mending .* \d+\.\d points overall|brings \d+\.\d/);
  });

  test('leads to the page on the web, or in the editor where there is one', async () => {
    await start();
    await client.open('api/one.go', FILES['api/one.go']);
    expect(await hoverText('api/one.go', 9, 5)).toContain(`docs/rules/${RULE}.md>)`);
    await client.stop();
    client = await TestClient.start(workspace.folder, { pull: true, commandLinks: true });
    await client.ready();
    await client.open('api/one.go', FILES['api/one.go']);
    expect(await hoverText('api/one.go', 9, 5)).toContain('(<command:shipworthy.showRuleDoc?%5B%22');
    const report = await client.diagnostics('api/one.go');
    const codes = report.kind === 'full' ? report.items.map(({ codeDescription }) => codeDescription?.href) : [];
    expect(codes.length).toBeGreaterThan(0);
    for (const href of codes) expect(href).toMatch(/^command:shipworthy\.showRuleDoc\?/);
  });

  test('does not let the repository speak: a hostile path is only text', async () => {
    const name = 'api/[x](command:evil)<img src=x>.go';
    const lock = `package api

import "sync"

type store struct {
	mu    sync.Mutex
	items map[string]int
}

func (s *store) put(key string) {
	s.mu.Lock()
	s.items[key]++
	s.mu.Unlock()
}

func (s *store) get(key string) int {
	return s.items[key]
}
`;
    await start({ ...FILES, [name]: lock, [name.replace('x]', 'y]')]: FILES['api/one.go'] });
    const page = (await rulePage(RULE))!;
    expect(page.here.places.map(({ label }) => label)).toContain('api/[y](command:evil)<img src=x>.go:10');
    await client.open(name, lock);
    const report = await client.diagnostics(name);
    for (const { range } of report.kind === 'full' ? report.items : []) {
      const text = await hoverText(name, range.start.line, range.start.character);
      expect(text).not.toMatch(/<img|\(<?command:evil/);
    }
  });
});
