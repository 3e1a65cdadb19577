/** The trees of the sidebar through the language server: grouping, filters, components, decisions, several folders. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  FILTERS_REQUEST,
  type FiltersResult,
  type TreeElement,
  type TreeParams,
  type ViewOptions,
} from '../../server/src/protocol.ts';
import { type ClientOptions, TestClient, temporaryWorkspace } from './client.ts';

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
const FILES = {
  'go.mod': 'module example.com/service\n\ngo 1.22\n',
  'main.go': 'package main\n\nfunc main() {\n}\n',
  'api/socket.go': SOCKET,
  'api/other.go': SOCKET.replaceAll('upgrader', 'second'),
};

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

const options = (given: Partial<ViewOptions>): ViewOptions => ({
  group: 'category',
  filters: [],
  search: '',
  ...given,
});

/** Every element of a tree, parents first. */
async function everything(params: Omit<TreeParams, 'parent'>): Promise<readonly TreeElement[]> {
  const elements = [...(await client.tree(undefined, params))];
  for (let i = 0; i < elements.length; i++) {
    if (elements[i]!.collapsible !== 'none') elements.push(...(await client.tree(elements[i]!.id, params)));
  }
  return elements;
}

async function findings(given: Partial<ViewOptions>): Promise<readonly TreeElement[]> {
  return (await everything({ options: options(given) })).filter(({ kind }) => kind === 'finding');
}

describe('the scorecard', () => {
  test('by file, component and severity holds the same findings', async () => {
    await start();
    const ids = (elements: readonly TreeElement[]): string[] => elements.map(({ id }) => id).sort();
    const byCategory = ids(await findings({}));
    expect(byCategory.length).toBeGreaterThan(1);
    for (const group of ['rule', 'file', 'component', 'severity'] as const) {
      expect(ids(await findings({ group }))).toEqual(byCategory);
    }
    const [, file] = await client.tree(undefined, { options: options({ group: 'file' }) });
    expect(file).toMatchObject({ kind: 'file', label: 'other.go', description: expect.stringMatching(/^\d+ · api$/) });
  });

  test('every element has an id of its own and says aloud what it is', async () => {
    await start();
    for (const params of [{}, { view: 'components' }, { view: 'decisions' }] as const) {
      const elements = await everything(params);
      expect(new Set(elements.map(({ id }) => id)).size).toBe(elements.length);
      for (const { accessibilityLabel, label, icon, tooltip } of elements) {
        expect([label, accessibilityLabel, icon, tooltip].every((text) => text !== '')).toBe(true);
      }
    }
  });

  test('shows the findings of open editors, and follows them as they open and close', async () => {
    await start();
    const filters = ['open'];
    expect(await findings({ filters })).toEqual([]);
    await client.open('api/socket.go', SOCKET);
    const open = await findings({ filters });
    expect(open.map(({ target }) => target?.uri)).toContain(client.uri('api/socket.go'));
    expect(open.every(({ target }) => target?.uri === client.uri('api/socket.go'))).toBe(true);
    await client.close('api/socket.go');
    expect(await findings({ filters })).toEqual([]);
  });

  test('tells what is new since the workspace was opened', async () => {
    await start({ ...FILES, 'api/socket.go': SOCKET.replace('return true', 'return r.Host == ""') });
    expect(await findings({ filters: ['new'] })).toEqual([]);
    await client.open('api/socket.go', SOCKET);
    const fresh = await findings({ filters: ['new'] });
    expect(fresh.map(({ ruleId }) => ruleId)).toEqual([RULE]);
    expect(fresh[0]).toMatchObject({ description: expect.stringMatching(/^new · api\/socket\.go:\d+$/) });
  });

  test('offers filters that count', async () => {
    await start();
    const choices = await client.connection.sendRequest<FiltersResult>(FILTERS_REQUEST, {
      options: options({ filters: ['severity:critical'] }),
    });
    const critical = choices.find(({ id }) => id === 'severity:critical');
    expect(critical?.picked).toBe(true);
    expect(critical?.description).toBe(`${(await findings({ filters: ['severity:critical'] })).length} findings`);
  });
});

describe('components', () => {
  test('have grades, and lead to their findings', async () => {
    await start({
      ...FILES,
      'pay/go.mod': 'module example.com/pay\n\ngo 1.22\n',
      'pay/pay.go': SOCKET.replace('package api', 'package pay'),
    });
    const components = await client.tree(undefined, { view: 'components' });
    expect(components.map(({ id, kind }) => [id, kind])).toEqual([
      ['component:', 'component'],
      ['component:pay', 'component'],
    ]);
    for (const { description } of components) expect(description).toMatch(/^[A-F][+-]? \d+ · \d+ · \w+ [■□]{5}$/);
    const found = (await everything({ view: 'components' })).filter(({ kind, ruleId }) => {
      return kind === 'finding' && ruleId === RULE;
    });
    expect(found.map(({ target }) => target?.uri).sort()).toEqual(
      ['api/other.go', 'api/socket.go', 'pay/pay.go'].map((path) => client.uri(path)),
    );
  });
});

describe('decisions', () => {
  test('list accepted findings, attestations and the baseline, each where it stands', async () => {
    const accepted = SOCKET.replace(
      '\tCheckOrigin',
      `\t// shipworthy-ignore ${RULE}: behind the gateway\n\tCheckOrigin`,
    );
    const configuration = {
      attestations: [{ for: 'missing-tls', evidence: 'the mesh', until: '2020-01-31', by: 'Ops' }],
      baseline: '.baseline.json',
    };
    await start({
      ...FILES,
      'api/socket.go': accepted,
      'shipworthy.json': JSON.stringify(configuration),
      '.baseline.json': '{ "version": 1, "findings": [] }',
    });
    const elements = await everything({ view: 'decisions' });
    const labels = Object.fromEntries(elements.map(({ label, description }) => [label, description]));
    expect(labels['Suppressions']).toBe('1');
    expect(labels['behind the gateway']).toBe(`${RULE} · api/socket.go:11`);
    expect(labels['Attestations']).toBe('1 · 1 ended');
    expect(labels['missing-tls']).toBe('ended · until 2020-01-31 · Ops');
    expect(labels['Baseline']).toMatch(/^0 known · \d+ new$/);
    const suppression = elements.find(({ label }) => label === 'behind the gateway');
    expect(suppression?.target).toMatchObject({ uri: client.uri('api/socket.go'), range: { start: { line: 9 } } });
  });

  test('a baseline that is no baseline is told', async () => {
    await start({ ...FILES, 'shipworthy.json': '{ "baseline": "b.json" }', 'b.json': '[]' });
    const baseline = (await client.tree(undefined, { view: 'decisions' })).at(-1);
    expect(baseline).toMatchObject({ label: 'Baseline', description: 'not readable', icon: 'error' });
  });
});

describe('several folders', () => {
  const FOLDERS = {
    'one/go.mod': 'module example.com/one\n\ngo 1.22\n',
    'one/socket.go': SOCKET,
    'two/go.mod': 'module example.com/two\n\ngo 1.22\n',
    'two/socket.go': SOCKET,
    'two/legacy/socket.go': SOCKET,
  };
  const codes = async (path: string): Promise<boolean> =>
    (await client.codes(path)).some((code) => code.endsWith(`:${RULE}`));

  test('have configuration files of their own', async () => {
    const two = { rules: { [RULE]: 'off' }, exclude: ['legacy/'] };
    await start({ ...FOLDERS, 'two/shipworthy.json': JSON.stringify(two) }, { pull: true, folders: ['one', 'two'] });
    expect([await codes('one/socket.go'), await codes('two/socket.go')]).toEqual([true, false]);
    const shown = (await findings({})).filter(({ ruleId }) => ruleId === RULE);
    expect(shown.map(({ target }) => target?.uri)).toEqual([client.uri('one/socket.go')]);
    // The score counts what is listed.
    const rule = (await everything({})).find(({ id }) => id === `rule:${RULE}`);
    expect(rule?.description).toBe('1 · critical');

    writeFileSync(join(workspace.folder, 'two/shipworthy.json'), `{ "rules": { "${RULE}": "low" } }`);
    await client.watched([{ path: 'two/shipworthy.json', type: 2 }]);
    await client.settled();
    expect([await codes('one/socket.go'), await codes('two/socket.go')]).toEqual([true, true]);
    const report = await client.diagnostics('two/socket.go');
    const items = report.kind === 'full' ? report.items : [];
    expect(items.find(({ code }) => code === RULE)?.severity).toBe(3);
    expect(await codes('two/legacy/socket.go')).toBe(true);
  });

  test('have settings of their own in the editor', async () => {
    await start(FOLDERS, {
      pull: true,
      folders: ['one', 'two'],
      settings: (scopeUri) => ({ enable: true, rules: scopeUri?.endsWith('/one') ? { [RULE]: 'off' } : {} }),
    });
    expect([await codes('one/socket.go'), await codes('two/socket.go')]).toEqual([false, true]);
  });

  test('a mistake is told in the file where it was made', async () => {
    await start(
      { ...FOLDERS, 'two/shipworthy.json': '{ "rules": { "no-such-rule": "off" } }', 'one/shipworthy.json': '{}' },
      { pull: true, folders: ['one', 'two'] },
    );
    const messages = async (path: string): Promise<readonly unknown[]> => {
      const report = await client.diagnostics(path);
      return report.kind === 'full' ? report.items.map(({ message }) => message) : [];
    };
    expect(await messages('two/shipworthy.json')).toEqual(['There is no rule "no-such-rule".']);
    expect(await messages('one/shipworthy.json')).toEqual([]);
  });
});
