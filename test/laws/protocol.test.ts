/**
 * Settled equivalence (T1) through the real programs: after any edits of any files the language server reports, once it
 * has settled, what the command line reports of the same bytes on the disk.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { REPORT_REQUEST, type ReportResult } from '../../server/src/protocol.ts';
import { withoutRoot } from '../harness/server.ts';
import { sampleFiles } from '../harness/workspace.ts';
import { TestClient, temporaryWorkspace } from '../lsp/client.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const files = new Map(sampleFiles());
files.set('.env', 'API_KEY=sk_live_4eC39HqLyjWDarjtT1zdp7dc\nPORT=8080\n');
files.set(
  '.github/workflows/ci.yml',
  'on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: go test ./...\n',
);
files.set('compose.yaml', 'services:\n  app:\n    environment:\n      - PASSWORD=hunter2hunter2\n');
const paths = [...files.keys()].sort();

// The server looks at a folder that stays as it is; the bytes that it should have judged are written to another one.
const edited = temporaryWorkspace(Object.fromEntries(files));
const written = temporaryWorkspace({});
let client: TestClient;
beforeAll(async () => {
  client = await TestClient.start(edited.folder);
  await client.ready();
});
afterAll(async () => {
  await client.stop();
  edited.remove();
  written.remove();
});

const INSERTED = [
  'x',
  ' ',
  '\n',
  '\r\n',
  '\r',
  '{',
  '}',
  '(',
  ')',
  '"',
  '`',
  "'",
  '//',
  '/*',
  '*/',
  'é🚢',
  'return nil\n',
  'go func() {}()\n',
  'mu.Lock()\n',
  '// TODO x\n',
  'defer mu.Unlock()\n',
  'func added() {\n\tpanic("x")\n}\n\n',
  'import "os"\n',
  'KEY=value\n',
  '- run: go vet ./...\n',
  '<<<<<<< a\nb\n=======\nc\n>>>>>>> d\n',
];
/** Where and how much, as shares of what the document has when the edit comes. */
const share = fc.double({ min: 0, max: 1, noNaN: true });
const edit = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('insert' as const), at: share, what: fc.nat(INSERTED.length - 1) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), at: share, length: fc.nat(12) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('replace' as const),
      at: share,
      length: fc.nat(12),
      what: fc.nat(INSERTED.length - 1),
    }),
  },
  /** Whole lines go, come twice, or move. */
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('lines' as const),
      at: share,
      count: fc.integer({ min: 1, max: 12 }),
      to: share,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('breaks' as const) }) },
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      path: fc.constantFrom(...paths),
      edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('undo' as const), path: fc.constantFrom(...paths) }) },
);

/** The edit as a change of the text that there is. */
function changeOf(item: Edit, text: string): TextDocumentContentChangeEvent {
  const document = TextDocument.create('file:///a', 'text', 0, text);
  const span = (start: number, end: number, newText: string): TextDocumentContentChangeEvent => ({
    range: { start: document.positionAt(start), end: document.positionAt(end) },
    text: newText,
  });
  if (item.kind === 'breaks')
    return { text: text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text.replaceAll('\n', '\r\n') };
  // Half a character cannot be written to the disk.
  const whole = (offset: number): number =>
    /^[\udc00-\udfff]/.test(text.slice(offset, offset + 1)) ? offset + 1 : offset;
  const at = whole(Math.floor(item.at * text.length));
  switch (item.kind) {
    case 'insert':
      return span(at, at, INSERTED[item.what]!);
    case 'delete':
      return span(at, whole(Math.min(text.length, at + item.length)), '');
    case 'replace':
      return span(at, whole(Math.min(text.length, at + item.length)), INSERTED[item.what]!);
    case 'lines': {
      const { line } = document.positionAt(at);
      const start = document.offsetAt({ line, character: 0 });
      const end = document.offsetAt({ line: line + item.count, character: 0 });
      const to = document.offsetAt({ line: Math.floor(item.to * document.lineCount), character: 0 });
      // Moved backwards the lines stand twice, moved forwards they are gone.
      return to <= start ? span(to, to, text.slice(start, end)) : span(start, end, '');
    }
  }
}

function audit(): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [CLI, 'audit', '--no-cache', '--format', 'json'], {
    cwd: written.folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  expect(stderr).toBe('');
  return withoutRoot(stdout);
}

test('after any edits the settled server reports what the command line reports', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 50, size: 'max' }), async (steps) => {
      const before = new Map<string, string[]>();
      try {
        for (const item of steps) {
          const { path } = item;
          let past = before.get(path);
          if (past === undefined) {
            past = [];
            before.set(path, past);
            await client.open(path, files.get(path)!);
          }
          if (item.kind === 'undo') {
            const text = past.pop();
            if (text !== undefined) await client.change(path, [{ text }]);
            continue;
          }
          past.push(client.text(path));
          let text = client.text(path);
          const changes = item.edits.map((edit) => {
            const change = changeOf(edit, text);
            text = TextDocument.applyEdits(
              TextDocument.create('file:///a', 'text', 0, text),
              'range' in change ? [{ range: change.range, newText: change.text }] : [],
            );
            if (!('range' in change)) text = change.text;
            return change;
          });
          await client.change(path, changes);
          expect(client.text(path)).toBe(text);
        }
        const { content }: ReportResult = await client.connection.sendRequest(REPORT_REQUEST, { format: 'json' });
        for (const path of paths) {
          mkdirSync(dirname(join(written.folder, path)), { recursive: true });
          writeFileSync(join(written.folder, path), before.has(path) ? client.text(path) : files.get(path)!);
        }
        const reported = withoutRoot(content);
        for (const path of before.keys()) {
          const report = await client.diagnostics(path);
          const shown = report.kind === 'full' ? report.items : [];
          const places = shown.map(({ code, range: { start } }) => `${start.line + 1}:${start.character + 1} ${code}`);
          const expected = reported.findings.filter((finding) => finding.path === path);
          expect(places.sort()).toEqual(
            expected.map(({ ruleId, range: { start } }) => `${start.line}:${start.column} ${ruleId}`).sort(),
          );
        }
        expect(reported).toEqual(audit());
      } finally {
        for (const path of before.keys()) await client.close(path);
      }
    }),
    // A case takes a run of the command line: shrinking has to end before the test's time is over.
    { numRuns: FULL ? 400 : 5, ...(FULL ? {} : { interruptAfterTimeLimit: 45_000 }) },
  );
});
