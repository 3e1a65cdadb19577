/** Comments that accept findings, through the language server: they take effect with the key that completes them. */
import { afterEach, expect, test } from 'vitest';
import type { Position } from 'vscode-languageserver-protocol/node';
import { REPORT_REQUEST, type ReportResult } from '../../server/src/protocol.ts';
import { TestClient, temporaryWorkspace } from './client.ts';

const SOURCE = `package store

import "fmt"

func read(err error) error {
	return fmt.Errorf("read: %v", err)
}
`;
const FILES = { 'go.mod': 'module example.com/store\n\ngo 1.22\n', 'store/read.go': SOURCE };
const RULE = 'broken-error-chain';

let client: TestClient;
let workspace: ReturnType<typeof temporaryWorkspace>;

async function start(files: Readonly<Record<string, string>>): Promise<void> {
  workspace = temporaryWorkspace(files);
  client = await TestClient.start(workspace.folder, { pull: true });
  await client.ready();
}

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: before.at(-1)!.length };
}

async function report(): Promise<{
  readonly rules: readonly { readonly id: string; readonly fail: number; readonly accepted: number }[];
  readonly accepted: readonly { readonly ruleId: string; readonly reason: string }[];
}> {
  const { content } = await client.connection.sendRequest<ReportResult>(REPORT_REQUEST, { format: 'json' });
  return JSON.parse(content);
}

/** Codes of a file's diagnostics, without lines. */
async function codesOf(path: string): Promise<string[]> {
  return (await client.codes(path)).map((code) => code.slice(code.indexOf(':') + 1));
}

async function counts(): Promise<readonly [fail: number, accepted: number]> {
  const rule = (await report()).rules.find(({ id }) => id === RULE)!;
  return [rule.fail, rule.accepted];
}

test('a comment hides its finding with the key that completes it, and shows it again with the one that breaks it', async () => {
  await start(FILES);
  await client.open('store/read.go', SOURCE);
  expect(await codesOf('store/read.go')).toContain(RULE);
  expect(await counts()).toEqual([1, 0]);

  const at = SOURCE.indexOf('\treturn');
  const comment = `\t// shipworthy-ignore ${RULE}: x`;
  for (const [index, key] of [...`${comment}\n`].entries()) {
    const position = positionOf(client.text('store/read.go'), at + index);
    await client.change('store/read.go', [{ range: { start: position, end: position }, text: key }]);
  }
  expect(await codesOf('store/read.go')).not.toContain(RULE);
  expect(await counts()).toEqual([0, 1]);

  // Without a reason it accepts nothing, and says so.
  await client.replace('store/read.go', `${RULE}: x`, `${RULE}: `);
  const codes = await codesOf('store/read.go');
  expect(codes).toContain(RULE);
  expect(codes).toContain('malformed-suppression');
  expect(await counts()).toEqual([1, 0]);
});

test('a file with a comment says the same from the cache', async () => {
  const text = SOURCE.replace('\treturn', `\t// shipworthy-ignore ${RULE}: kept for old callers\n\treturn`);
  await start({ ...FILES, 'store/read.go': text });
  const cold = await report();
  await client.stop();
  client = await TestClient.start(workspace.folder, { pull: true });
  await client.ready();
  expect(await report()).toEqual(cold);
  expect(cold.accepted).toMatchObject([{ ruleId: RULE, reason: 'kept for old callers' }]);
});

test('a quick fix writes the comment and leaves the reason to the author', async () => {
  await start(FILES);
  await client.open('store/read.go', SOURCE);
  const found = await client.diagnostics('store/read.go');
  const items = found.kind === 'full' ? found.items : [];
  const actions = await client.codeActions('store/read.go', items.find(({ code }) => code === RULE)!);
  const action = actions.find(({ title }) => title === `Accept ${RULE} here, with a reason`)!;
  const resolved = await client.resolve(action);
  await client.apply(resolved.edit!);
  expect(client.text('store/read.go')).toContain(`\t// shipworthy-ignore ${RULE}: \n\treturn fmt.Errorf`);
});
