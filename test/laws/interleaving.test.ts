/**
 * Interleavings (T17) of editing, saving, settings and requests on a clock that the test moves: what is published
 * belongs to the text that has arrived, every request is answered, and in the end a document has the findings of its
 * text and a closed file those of the disk.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Message } from 'vscode-languageserver/node';
import {
  CancellationTokenSource,
  type Diagnostic,
  LSPErrorCodes,
  type PublishDiagnosticsParams,
  ResponseError,
  WorkspaceDiagnosticRequest,
} from 'vscode-languageserver-protocol/node';
import type { Engine } from '../../server/src/core/engine/engine.ts';
import { findingsIn, shownAfresh, shownBy, startHere } from '../harness/server.ts';
import { type TestClient, temporaryWorkspace } from '../lsp/client.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';

// `setImmediate` stays: messages travel by it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const UPGRADER = `package api

import (
	"net/http"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	CheckOrigin: func(r *http.Request) bool { return true },
}
`;
const READER = 'package api\n\nimport "os"\n\nfunc Key() string { return os.Getenv("API_KEY") }\n';
const FILES = {
  'go.mod': 'module example.com/a\n\ngo 1.22\n',
  'api/a.go': UPGRADER,
  'api/b.go': READER,
  '.env': 'API_KEY=sk_live_4eC39HqLyjWDarjtT1zdp7dc\n',
};
const TEXTS = [
  UPGRADER,
  READER,
  UPGRADER.replace('return true', 'return r.Host == ""'),
  'package api\n\nfunc F( {\n',
  '',
];

const path = fc.constantFrom('api/a.go', 'api/b.go', 'api/new.go', '.env');
const SETTINGS = [
  { enable: true },
  { enable: false },
  { enable: true, rules: { 'unchecked-message-origin': 'off' } },
  { enable: true, rules: { 'unchecked-message-origin': 'low' } },
  { enable: true, exclude: ['api/a.go'] },
] as const;
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('open' as const), path, text: fc.nat(TEXTS.length - 1) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('type' as const), path, at: fc.nat(150), key: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replace' as const), path, text: fc.nat(TEXTS.length - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('save' as const), path, text: fc.nat(TEXTS.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('configure' as const), to: fc.nat(SETTINGS.length - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('request' as const), path, cancel: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('workspace' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const), cancel: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('time' as const), passes: fc.constantFrom(1, 150, 300, 1_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pause' as const), turns: fc.integer({ min: 1, max: 6 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const KEYS = ['x', '{', '"', '\n', '}', ' '];

/** A client that does what it is told, and knows what the server may say. */
class Session {
  readonly open = new Map<string, string>();
  readonly #client: TestClient;
  readonly #pull: boolean;
  readonly #sent: Map<string, string>;
  readonly #requests: Promise<void>[] = [];
  #version = 0;
  #stopWorkspace: () => void = () => {};
  /** What the workspace request brought. */
  readonly streamed = new Map<string, readonly Diagnostic[]>();
  readonly #resultIds = new Map<string, string>();
  settings: (typeof SETTINGS)[number] = SETTINGS[0];

  constructor(client: TestClient, sent: Map<string, string>, pull: boolean) {
    this.#pull = pull;
    this.#client = client;
    this.#sent = sent;
  }

  async do(item: Action): Promise<void> {
    const client = this.#client;
    switch (item.kind) {
      case 'open': {
        if (this.open.has(item.path)) return;
        this.#remember(item.path, TEXTS[item.text]!);
        return client.open(item.path, TEXTS[item.text]!, this.#version);
      }
      case 'type': {
        const text = this.open.get(item.path);
        if (text === undefined) return;
        const at = Math.min(item.at, text.length);
        const key = KEYS[item.key]!;
        this.#remember(item.path, text.slice(0, at) + key + text.slice(at));
        const lines = text.slice(0, at).split('\n');
        const position = { line: lines.length - 1, character: lines.at(-1)!.length };
        return client.change(item.path, [{ range: { start: position, end: position }, text: key }], this.#version);
      }
      case 'replace':
        if (!this.open.has(item.path)) return;
        this.#remember(item.path, TEXTS[item.text]!);
        return client.change(item.path, [{ text: TEXTS[item.text]! }], this.#version);
      case 'close':
        if (!this.open.delete(item.path)) return;
        return client.close(item.path);
      case 'save':
        writeFileSync(join(client.folder, item.path), TEXTS[item.text]!);
        return client.watched([{ path: item.path, type: 2 }]);
      case 'delete':
        rmSync(join(client.folder, item.path), { force: true });
        return client.watched([{ path: item.path, type: 3 }]);
      case 'configure':
        this.settings = SETTINGS[item.to]!;
        return client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      case 'request':
        return this.#request(item.cancel, (token) =>
          client.connection.sendRequest(
            'textDocument/diagnostic',
            { textDocument: { uri: client.uri(item.path) } },
            token,
          ),
        );
      case 'settle':
        return this.#request(item.cancel, (token) => client.connection.sendRequest('shipworthy/settled', {}, token));
      case 'workspace':
        if (this.#pull) this.followWorkspace();
        return;
      case 'time':
        await vi.advanceTimersByTimeAsync(item.passes);
        return;
      case 'pause':
        for (let turn = 0; turn < item.turns; turn++) await new Promise((resume) => setImmediate(resume));
    }
  }

  #remember(path: string, text: string): void {
    this.open.set(path, text);
    this.#version++;
    this.#sent.set(`${this.#client.uri(path)} ${this.#version}`, text);
  }

  #request(cancel: boolean, send: (token: CancellationTokenSource['token']) => Promise<unknown>): void {
    const source = new CancellationTokenSource();
    const answer = send(source.token).then(
      () => {},
      (error: unknown) => {
        const isCancelled = error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled;
        if (!isCancelled) throw error;
      },
    );
    this.#requests.push(answer);
    if (cancel) source.cancel();
  }

  /** Asks for the diagnostics of the workspace; the request before is given up. */
  followWorkspace(): void {
    this.#stopWorkspace();
    const source = new CancellationTokenSource();
    this.#stopWorkspace = () => source.cancel();
    const partialResultToken = `workspace ${this.#requests.length}`;
    this.#client.connection.onProgress(WorkspaceDiagnosticRequest.partialResult, partialResultToken, ({ items }) => {
      // The next request said what was known without this.
      if (source.token.isCancellationRequested) return;
      for (const item of items) {
        if (item.kind !== 'full') continue;
        this.streamed.set(item.uri, item.items);
        this.#resultIds.set(item.uri, item.resultId!);
      }
    });
    this.#request(false, (token) => {
      token.onCancellationRequested(() => source.cancel());
      return this.#client.connection.sendRequest(
        WorkspaceDiagnosticRequest.type,
        { previousResultIds: [...this.#resultIds].map(([uri, value]) => ({ uri, value })), partialResultToken },
        source.token,
      );
    });
  }

  /** Every request is answered, the open one when it is cancelled. */
  async answered(): Promise<void> {
    this.#stopWorkspace();
    await Promise.all(this.#requests);
  }
}

async function interleave(actions: readonly Action[], pull: boolean): Promise<void> {
  const workspace = temporaryWorkspace(FILES);
  const sent = new Map<string, string>();
  const newest = new Map<string, number>();
  const wrong: string[] = [];
  const pathOf = (uri: string): string => uri.slice(uri.indexOf(workspace.folder) + workspace.folder.length + 1);
  const onSend = (message: Message, engine: Engine | undefined): void => {
    const { method, params } = message as { method?: string; params?: PublishDiagnosticsParams };
    if (method !== 'textDocument/publishDiagnostics' || params === undefined) return;
    const { uri, version, diagnostics } = params;
    if (version === undefined) return;
    if (version < (newest.get(uri) ?? 0)) wrong.push(`${uri}: version ${version} after ${newest.get(uri)}`);
    newest.set(uri, version);
    const held = engine?.textOf(pathOf(uri));
    // Without a text the file is not judged, and nothing may be said of it.
    const fits = held === undefined ? diagnostics.length === 0 : held === sent.get(`${uri} ${version}`);
    if (!fits) wrong.push(`${uri}: what is said of version ${version} is about another text`);
  };
  let session: Session | undefined;
  const settings = (): unknown => session?.settings ?? SETTINGS[0];
  const { client } = await startHere(workspace.folder, { pull, settings }, { onSend });
  try {
    session = new Session(client, sent, pull);
    if (pull) session.followWorkspace();
    for (const item of actions) await session.do(item);
    if (pull) session.followWorkspace();
    await client.settled();
    const { enable, rules = {}, exclude = [] } = { rules: {}, exclude: [], ...session.settings };
    const fresh = await shownAfresh(workspace.folder, { texts: session.open, rules, exclude });
    const expected = enable ? fresh.diagnostics : {};
    expect(findingsIn(pull ? session.streamed : client.pushed)).toEqual(expected);
    expect(wrong).toEqual([]);
    await session.answered();
    if (pull) {
      const shown = await shownBy(client);
      expect(shown.diagnostics).toEqual(expected);
      if (enable) expect(shown.report).toEqual(fresh.report);
    }
  } finally {
    await client.stop();
    workspace.remove();
  }
}

test.each([
  { pull: false, name: 'pushed' },
  { pull: true, name: 'pulled' },
])('whatever is done in whatever order, what is $name belongs to the text there is', async ({ pull }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40, size: 'max' }), (actions) => interleave(actions, pull)),
    {
      numRuns: FULL ? 1_000 : 50,
      examples: [
        // What a judge said of a file has moved to another one while a scan left the file out.
        [
          [
            { kind: 'open', path: 'api/a.go', text: 1 },
            { kind: 'configure', to: 0 },
            { kind: 'configure', to: 4 },
            { kind: 'time', passes: 1000 },
            { kind: 'open', path: 'api/b.go', text: 0 },
          ],
        ],
        // What a judge says of a whole file does not move with the text.
        [
          [
            { kind: 'open', path: 'api/b.go', text: 0 },
            { kind: 'type', path: 'api/b.go', at: 0, key: 0 },
          ],
        ],
        // Nor do empty places, with facts that stayed the same meanwhile.
        [
          [
            { kind: 'open', path: '.env', text: 0 },
            { kind: 'replace', path: '.env', text: 0 },
            { kind: 'type', path: '.env', at: 0, key: 0 },
          ],
        ],
        // What judges said of a declaration moves with it once.
        [
          [
            { kind: 'open', path: 'api/new.go', text: 1 },
            { kind: 'type', path: 'api/new.go', at: 26, key: 3 },
          ],
        ],
        // A key may change what is used of an import.
        [
          [
            { kind: 'open', path: 'api/a.go', text: 0 },
            { kind: 'type', path: 'api/a.go', at: 127, key: 0 },
          ],
        ],
        // What is opened may differ from the disk, and change what is said of other files.
        [[{ kind: 'open', path: '.env', text: 0 }]],
        // What is typed while the analysis is off is there when it is switched on again.
        [
          [
            { kind: 'open', path: 'api/a.go', text: 0 },
            { kind: 'configure', to: 1 },
            { kind: 'pause', turns: 6 },
            { kind: 'replace', path: 'api/a.go', text: 2 },
            { kind: 'configure', to: 0 },
          ],
        ],
        // So is what is typed into a file while it is excluded.
        [
          [
            { kind: 'open', path: 'api/a.go', text: 0 },
            { kind: 'configure', to: 4 },
            { kind: 'settle', cancel: false },
            { kind: 'pause', turns: 6 },
            { kind: 'type', path: 'api/a.go', at: 30, key: 3 },
            { kind: 'configure', to: 0 },
          ],
        ],
        // A file may be excluded while it is on its way in.
        [
          [
            { kind: 'open', path: 'api/a.go', text: 0 },
            { kind: 'configure', to: 4 },
            { kind: 'close', path: 'api/a.go' },
          ],
        ],
        // A file may go while a scan is on its way to it.
        [
          [
            { kind: 'configure', to: 4 },
            { kind: 'pause', turns: 6 },
            { kind: 'delete', path: 'api/a.go' },
            { kind: 'save', path: 'api/a.go', text: 0 },
            { kind: 'open', path: '.env', text: 0 },
            { kind: 'delete', path: '.env' },
          ],
        ],
      ],
    },
  );
});
