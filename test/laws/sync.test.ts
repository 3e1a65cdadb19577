/** Text sync (T7): after each message that the client sends, the server holds the client's text. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Engine } from '../../server/src/core/engine/engine.ts';
import { startHere } from '../harness/server.ts';
import { type TestClient, temporaryWorkspace } from '../lsp/client.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';

const workspace = temporaryWorkspace({ 'go.mod': 'module example.com/a\n' });
let client: TestClient;
let engine: Engine;
beforeAll(async () => {
  ({ client, engine } = await startHere(workspace.folder));
});
afterAll(async () => {
  await client.stop();
  workspace.remove();
});

const PIECES = ['a', ' ', '\t', '\n', '\r\n', '\r', '🚢', '\ud83d', '\udea2', '\u2028', 'é', '{', '}', '(', '"', '`'];
const WORDS = [
  '// ',
  '/*',
  '*/',
  'func f() {\n',
  'return\n',
  'package a\n',
  'import "os"\n',
  'var x = os.Args\r\n',
  '',
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.constantFrom(...WORDS)), { maxLength: 12 })
  .map((pieces) => pieces.join(''));
/** Near the text, and now and then far out of it. */
const at = (near: number) =>
  fc.oneof({ weight: 9, arbitrary: fc.nat(near) }, { weight: 1, arbitrary: fc.constantFrom(1_000, 2 ** 31 - 1) });
const position = fc.record({ line: at(8), character: at(20) });
const change = fc.oneof(
  {
    weight: 15,
    arbitrary: fc.record({ start: position, end: position, text }).map(({ start, end, text }) => {
      const swap = start.line > end.line || (start.line === end.line && start.character > end.character);
      return { range: swap ? { start: end, end: start } : { start, end }, text };
    }),
  },
  { weight: 1, arbitrary: fc.record({ text }) },
);
const session = fc.record({
  path: fc.constantFrom('a.go', 'README.md', '.env'),
  initial: text,
  messages: fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 50, size: 'max' }),
});

test('the text of the server is that of the client after each message', async () => {
  let version = 0;
  await fc.assert(
    fc.asyncProperty(session, async ({ path, initial, messages }) => {
      await client.open(path, initial, ++version);
      for (const changes of messages) {
        await client.change(path, changes);
        // An answer means that everything before it has been heard.
        await client.hover(path, 0, 0);
        const held = client.text(path);
        expect(engine.textOf(path)).toBe(held);
        const reference = TextDocument.create('file:///a', 'text', 0, held);
        for (let offset = 0; offset <= held.length; offset += 1 + (held.length >> 3)) {
          if (held[offset - 1] === '\r' && held[offset] === '\n') continue;
          expect(engine.positionAt(path, offset)).toEqual(reference.positionAt(offset));
        }
      }
      await client.close(path);
    }),
    { numRuns: FULL ? 4_000 : 60 },
  );
});
