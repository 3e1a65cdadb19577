/** What can be done about findings through the language server: fixes together, with a preview, and decisions. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { CodeAction, WorkspaceEdit } from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { ACTIONS_REQUEST, type ActionsParams, type ActionsResult } from '../../server/src/protocol.ts';
import { TestClient, temporaryWorkspace } from './client.ts';

const RULE = 'broken-error-chain';
const source = (name: string): string => `package store

import "fmt"

func ${name}First(err error) error {
	return fmt.Errorf("first: %v", err)
}

func ${name}Second(err error) error {
	return fmt.Errorf("second: %v", err)
}
`;
const FILES = {
  'go.mod': 'module example.com/store\n\ngo 1.22\n',
  'store/a.go': source('a'),
  'store/b.go': source('b'),
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

async function diagnosticIn(path: string) {
  const report = await client.diagnostics(path);
  const found = report.kind === 'full' ? report.items.find(({ code }) => code === RULE) : undefined;
  expect(found).toBeDefined();
  return found!;
}

async function choices(params: ActionsParams): Promise<ActionsResult> {
  return client.connection.sendRequest(ACTIONS_REQUEST, params);
}

async function editOf(action: object): Promise<WorkspaceEdit> {
  const { edit } = await client.resolve(action as CodeAction);
  expect(edit).toBeDefined();
  return edit!;
}

/** Applies an edit to the files on the disk, as an editor that saves does, and tells the server. */
async function applyOnDisk(edit: WorkspaceEdit): Promise<void> {
  for (const change of edit.documentChanges ?? []) {
    if (!('textDocument' in change)) {
      expect(change.kind).toBe('create');
      continue;
    }
    const path = fileURLToPath(change.textDocument.uri);
    const isNew = !existsSync(path);
    const document = TextDocument.create(change.textDocument.uri, 'x', 1, isNew ? '' : readFileSync(path, 'utf8'));
    writeFileSync(path, TextDocument.applyEdits(document, change.edits as never));
    await client.watched([{ path: path.slice(workspace.folder.length + 1), type: isNew ? 1 : 2 }]);
  }
  await client.settled();
}

const codesOf = async (path: string): Promise<string[]> =>
  (await client.codes(path)).filter((code) => code.endsWith(`:${RULE}`));

test('one action mends all of a rule in the file', async () => {
  await start();
  await client.open('store/a.go', FILES['store/a.go']);
  const actions = await client.codeActions('store/a.go', await diagnosticIn('store/a.go'));
  const all = actions.find(({ title }) => title === `Fix all 2 of ${RULE} in this file`)!;
  await client.apply(await editOf(all));
  expect(await codesOf('store/a.go')).toEqual([]);
  expect(client.text('store/a.go')).toContain('first: %w');
  expect(await codesOf('store/b.go')).toHaveLength(2);
});

test('all of a rule in the workspace are shown before they are applied', async () => {
  await start();
  await client.open('store/a.go', FILES['store/a.go']);
  const actions = await client.codeActions('store/a.go', await diagnosticIn('store/a.go'));
  const edit = await editOf(actions.find(({ title }) => title === `Fix all 4 of ${RULE} in the workspace...`)!);
  const [annotation] = Object.entries(edit.changeAnnotations ?? {});
  expect(annotation?.[1].needsConfirmation).toBe(true);
  const edits = (edit.documentChanges ?? []).flatMap((change) => ('edits' in change ? change.edits : []));
  expect(edits).toHaveLength(4);
  for (const each of edits) expect(each).toMatchObject({ annotationId: annotation![0] });
});

test('a tree element has its fixes, and says when there are none', async () => {
  await start();
  const diagnostic = await diagnosticIn('store/a.go');
  const { fingerprint } = diagnostic.data as { fingerprint: string };
  const subject = { ruleId: RULE, fingerprint, uri: client.uri('store/a.go') };
  const fixes = await choices({ purpose: 'fix', ...subject });
  expect(fixes.choices.length).toBeGreaterThanOrEqual(3);
  await applyOnDisk(await editOf(fixes.choices[0]!.action));
  expect(await codesOf('store/a.go')).toHaveLength(1);
  expect(await choices({ purpose: 'fix', ...subject })).toEqual({
    choices: [],
    message: 'This finding is not there any more.',
  });
});

test('a reason that was given completes the comment, for the line and for the file', async () => {
  await start();
  for (const [title, left] of [
    [`Accept ${RULE} here`, 1],
    [`Accept ${RULE} in this file`, 0],
  ] as const) {
    const { fingerprint } = (await diagnosticIn('store/a.go')).data as { fingerprint: string };
    const offered = await choices({ purpose: 'suppress', ruleId: RULE, fingerprint, uri: client.uri('store/a.go') });
    const choice = offered.choices.find((each) => each.title === title)!;
    expect(choice.question).toMatch(/\?/);
    const data = { ...(choice.action.data as object), reason: 'the driver must\nnot show */ until 2099-01-31' };
    await applyOnDisk(await editOf({ ...choice.action, data }));
    expect(await codesOf('store/a.go')).toHaveLength(left);
    const codes = (await client.codes('store/a.go')).join();
    expect(codes).not.toContain('malformed-suppression');
  }
  const decisions = await client.tree('suppressions', { view: 'decisions' });
  expect(decisions.map(({ label }) => label)).toContain('the driver must not show');
});

test('a rule is turned off in the configuration, which otherwise stays as it was', async () => {
  await start({ ...FILES, 'shipworthy.json': '{\n  "exclude": ["legacy/"],\n  "rules": {}\n}\n' });
  const { choices: offered } = await choices({ purpose: 'suppress', ruleId: RULE });
  await applyOnDisk(await editOf(offered[0]!.action));
  expect(readFileSync(join(workspace.folder, 'shipworthy.json'), 'utf8')).toBe(
    `{\n  "exclude": ["legacy/"],\n  "rules": {\n    "${RULE}": "off"\n  }\n}\n`,
  );
  expect(await codesOf('store/a.go')).toEqual([]);
});

test('a baseline begins with one finding or with all, tells what is new, and drops what is gone', async () => {
  await start();
  const { fingerprint } = (await diagnosticIn('store/a.go')).data as { fingerprint: string };
  const offered = await choices({ purpose: 'suppress', ruleId: RULE, fingerprint, uri: client.uri('store/a.go') });
  const add = offered.choices.find(({ title }) => title === 'Add to the baseline')!;
  await applyOnDisk(await editOf(add.action));
  const summary = async (): Promise<string | undefined> =>
    (await client.tree(undefined, { view: 'decisions' })).find(({ label }) => label === 'Baseline')?.description;
  expect(await summary()).toMatch(/^1 known · \d+ new$/);
  expect(JSON.parse(readFileSync(join(workspace.folder, 'shipworthy.json'), 'utf8'))).toEqual({
    baseline: '.shipworthy-baseline.json',
  });
  writeFileSync(join(workspace.folder, 'store/a.go'), 'package store\n');
  await client.watched([{ path: 'store/a.go', type: 2 }]);
  await client.settled();
  expect(await summary()).toMatch(/^0 known · \d+ new · 1 gone$/);
  const prune = await choices({ purpose: 'pruneBaseline' });
  await applyOnDisk(await editOf(prune.choices[0]!.action));
  expect(await summary()).toMatch(/^0 known · \d+ new$/);
});

test('a baseline of everything leaves nothing new', async () => {
  await start();
  const create = await choices({ purpose: 'createBaseline' });
  await applyOnDisk(await editOf(create.choices[0]!.action));
  const decisions = await client.tree(undefined, { view: 'decisions' });
  expect(decisions.find(({ label }) => label === 'Baseline')?.description).toMatch(/^\d+ known · 0 new$/);
  expect(await choices({ purpose: 'createBaseline' })).toMatchObject({ choices: [] });
});
