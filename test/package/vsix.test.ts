/** What ships (T29): only the listed files, each grammar the pinned one, the package small. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVSIX } from '@vscode/vsce';
import { expect, test } from 'vitest';

/** The files of the sample service, which the walkthrough opens. */
const SAMPLE = [
  '.env.example',
  'Dockerfile',
  'README.md',
  'cmd/server/main.go',
  'go.mod',
  'internal/api/handlers.go',
  'internal/api/websocket.go',
  'internal/payment/client.go',
  'internal/store/store.go',
  'internal/store/store_test.go',
];

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the programs have in common; the names change with the content. */
const SHARED = readdirSync(join(ROOT, 'dist')).filter((name) => /^shared-[A-Z0-9]{8}\.js$/.test(name));

/** Names of the entries of a zip file, from its central directory (PKWARE APPNOTE, section 4.3). */
function entriesOf(zip: Buffer): string[] {
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    names.push(zip.toString('utf8', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names;
}

test('the package holds what it runs and nothing else, in less than 3 MB', async () => {
  const packagePath = join(tmpdir(), `shipworthy-${process.pid}.vsix`);
  await createVSIX({ cwd: ROOT, packagePath, dependencies: false });
  const zip = readFileSync(packagePath);
  rmSync(packagePath);
  expect(zip.length).toBeLessThan(3_000_000);
  expect(entriesOf(zip).sort()).toEqual(
    [
      '[Content_Types].xml',
      'extension.vsixmanifest',
      'extension/LICENSE.txt',
      'extension/dist/ThirdPartyNotices.txt',
      'extension/changelog.md',
      'extension/dist/cli.js',
      'extension/dist/client.cjs',
      'extension/dist/examples.json',
      'extension/dist/rubric.schema.json',
      'extension/dist/scanWorker.js',
      ...SHARED.map((name) => `extension/dist/${name}`),
      'extension/dist/server.js',
      'extension/dist/shipworthy.schema.json',
      'extension/dist/tree-sitter-go.wasm',
      'extension/dist/tree-sitter-python.wasm',
      'extension/dist/tree-sitter.wasm',
      'extension/dist/webview-style.css',
      'extension/dist/webview.js',
      'extension/l10n/bundle.l10n.json',
      'extension/media/icon.png',
      ...['dashboard', 'fix', 'own', 'sample', 'scorecard'].map((step) => `extension/media/walkthrough/${step}.md`),
      ...SAMPLE.map((path) => `extension/samples/checkout-service/${path}`),
      'extension/media/shipworthy-dark.svg',
      'extension/media/shipworthy.svg',
      'extension/package.json',
      'extension/package.nls.json',
      'extension/readme.md',
    ].sort(),
  );
}, 120_000);

test('the notices hold the licence of everything of others that is in the bundles', () => {
  const notices = readFileSync(join(ROOT, 'dist/ThirdPartyNotices.txt'), 'utf8');
  const named = [...notices.matchAll(/^-{80}\n(\S+) \S+ \((?:MIT|ISC|BlueOak-1\.0\.0)\)\n\n(?:.+\n|\n)+?/gm)];
  // Two versions of the protocol's packages are one name.
  expect([...new Set(named.map(([, name]) => name))].sort()).toEqual([
    'balanced-match',
    'brace-expansion',
    'ignore',
    'jsonc-parser',
    'minimatch',
    'semver',
    'tree-sitter-go',
    'tree-sitter-python',
    'vscode-jsonrpc',
    'vscode-languageclient',
    'vscode-languageserver',
    'vscode-languageserver-protocol',
    'vscode-languageserver-textdocument',
    'vscode-languageserver-types',
    'vscode-uri',
    'web-tree-sitter',
    'yaml',
  ]);
  expect(notices.match(/^Permission /gm)?.length).toBeGreaterThan(14);
});

test('every grammar that ships is the pinned one', () => {
  const { runtime, grammars } = JSON.parse(readFileSync(join(ROOT, 'grammars/grammars.json'), 'utf8')) as {
    runtime: { file: string; sha256: string };
    grammars: { file: string; sha256: string }[];
  };
  for (const pin of [runtime, ...grammars]) {
    const bytes = readFileSync(join(ROOT, 'dist', pin.file.split('/').pop()!));
    expect(createHash('sha256').update(bytes).digest('hex'), pin.file).toBe(pin.sha256);
  }
});
