/**
 * Somebody who types: a document that is open in a server, and the time from each key to its diagnostics as a client sees
 * it. Keeps no copy of the text for servers that take changes, so that its own work is not measured.
 */
import type { Position, Range } from 'vscode-languageserver-protocol/node';
import { RULE_DOC_REQUEST } from '../../server/src/protocol.ts';
import { type ClientOptions, TestClient } from '../lsp/client.ts';

/** Starts a server. One that dies ends the benchmark: nothing would ever answer. */
export async function startServer(folder: string, options: ClientOptions): Promise<TestClient> {
  const client = new TestClient(folder, options);
  client.process!.once('exit', (code) => {
    if (code !== 0) throw new Error(`${client.process!.spawnargs.join(' ')} ended with ${code}.`);
  });
  await client.initialize(options);
  return client;
}

export interface Change {
  readonly range: Range;
  readonly text: string;
}

export interface Typist {
  /** Types the next character, or takes back the last; milliseconds until the diagnostics are there. */
  key(): Promise<number>;
}

/** How an edit is sent and its diagnostics are had. */
type Send = (change: Change) => Promise<unknown>;

/** Where a statement is typed: the position behind the first line `behind` that follows `share` of the text. */
export function placeOf(text: string, behind: string, share: number): Position {
  const lines = text.split('\n');
  const line = lines.indexOf(behind, Math.floor(lines.length * share));
  if (line < 0) throw new Error(`There is no line "${behind}".`);
  return { line, character: lines[line]!.length };
}

/** Types the statement on a line of its own behind `at`, takes it back, and so on. */
export async function startTyping(send: Send, at: Position, indent: string, statement: string): Promise<Typist> {
  await send({ range: { start: at, end: at }, text: `\n${indent}` });
  const line = at.line + 1;
  let typed = 0;
  let forward = true;
  return {
    async key() {
      if (typed === statement.length) forward = false;
      if (typed === 0) forward = true;
      const first = indent.length + (forward ? typed : typed - 1);
      const start = { line, character: first };
      const end = { line, character: forward ? first : first + 1 };
      const change = { range: { start, end }, text: forward ? statement[typed]! : '' };
      typed += forward ? 1 : -1;
      const before = performance.now();
      await send(change);
      return performance.now() - before;
    },
  };
}

/** For servers that are asked for diagnostics. The document is open. */
export function pulling(client: TestClient, path: string): Send {
  const uri = client.uri(path);
  let version = 1;
  return async (change) => {
    const textDocument = { uri, version: ++version };
    const sent = client.connection.sendNotification('textDocument/didChange', {
      textDocument,
      contentChanges: [change],
    });
    await client.diagnostics(path);
    await sent;
  };
}

/** For servers that want the whole text each time, and publish diagnostics. The document is open. */
export function pushedWhole(client: TestClient, path: string, text: string): Send {
  const uri = client.uri(path);
  const lines = text.split('\n');
  let version = 1;
  return async ({ range: { start, end }, text: inserted }) => {
    const line = lines[start.line]!;
    const changed = line.slice(0, start.character) + inserted + lines[end.line]!.slice(end.character);
    lines.splice(start.line, end.line - start.line + 1, ...changed.split('\n'));
    const before = client.pushed.get(uri);
    const textDocument = { uri, version: ++version };
    const contentChanges = [{ text: lines.join('\n') }];
    await client.connection.sendNotification('textDocument/didChange', { textDocument, contentChanges });
    await client.until(() => client.pushed.get(uri) !== before);
  };
}

/** Asks something that the server answers without looking at any file; milliseconds until the answer. */
export async function ping(client: TestClient): Promise<number> {
  const before = performance.now();
  await client.connection.sendRequest(RULE_DOC_REQUEST, { ruleId: 'none' });
  return performance.now() - before;
}
