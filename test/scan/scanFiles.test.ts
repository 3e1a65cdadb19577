/** Scans with real worker threads: the results are those of one thread, and a file that kills a thread harms no other. */
import { describe, expect, test } from 'vitest';
import { Analyser, newFileAnalysis } from '../../server/src/core/engine/analyser.ts';
import { recordOf } from '../../server/src/core/engine/record.ts';
import { isManifest, languageOf } from '../../server/src/core/engine/roles.ts';
import { directoryOf } from '../../server/src/core/model/path.ts';
import type { ScanResult } from '../../server/src/host/host.ts';
import { createScanFiles } from '../../server/src/host/node/scanFiles.ts';
import { EXTRACTORS } from '../../server/src/knowledge/index.gen.ts';
import { LANGUAGES } from '../../server/src/languages/languages.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { breathe } from '../harness/breathe.ts';
import { engineWith, newEngine, testSyntax } from '../harness/engine.ts';
import { everyFixture, itemsOf, stateOf } from '../harness/workspace.ts';
import { temporaryWorkspace } from '../lsp/client.ts';

const WORKER = new URL('../../dist/scanWorker.js', import.meta.url);
const CRASHING = new URL('./crashing.mjs', import.meta.url);

test('an analysis that was recorded and restored says the same', async () => {
  const syntax = await testSyntax();
  const files = everyFixture();
  const analyser = new Analyser({ syntax, rules: RULES, extractors: EXTRACTORS, languages: LANGUAGES });
  const engine = newEngine(syntax, RULES);
  engine.setManifestDirectories([...files.keys()].filter(isManifest).map(directoryOf));
  for (const [path, text] of files) {
    const language = languageOf(path);
    if (language === null) continue;
    const file = newFileAnalysis(path, language, text);
    analyser.parseFresh(file);
    file.parsed?.delete();
    engine.adoptFile(path, text, recordOf(file));
    await breathe();
  }
  engine.judge();
  await breathe();
  expect(stateOf(engine)).toEqual(stateOf(engineWith(syntax, RULES, files)));
});

describe('worker threads', () => {
  test.each([1, 2, 8])('%i threads find what one finds', async (threads) => {
    const syntax = await testSyntax();
    const files = new Map([...everyFixture()].filter(([path]) => languageOf(path) !== null).slice(0, 400));
    const workspace = temporaryWorkspace(Object.fromEntries(files));
    const engine = newEngine(syntax, RULES);
    engine.setManifestDirectories([...files.keys()].filter(isManifest).map(directoryOf));
    const seen: string[] = [];
    try {
      await createScanFiles(WORKER, threads)(itemsOf(workspace.folder, files.keys()), {
        isCancelled: () => false,
        take(result) {
          seen.push(result.item.path);
          if (result.kind === 'analysed') engine.adoptFile(result.item.path, result.text, result.record);
        },
      });
    } finally {
      workspace.remove();
    }
    engine.judge();
    expect(seen.sort()).toEqual([...files.keys()].sort());
    expect(stateOf(engine)).toEqual(stateOf(engineWith(syntax, RULES, files)));
  });

  test('a file that is gone is no file that was skipped', async () => {
    const results: ScanResult[] = [];
    await createScanFiles(WORKER, 1)(itemsOf('/', ['no/such/file.go']), {
      isCancelled: () => false,
      take: (result) => results.push(result),
    });
    expect(results).toMatchObject([{ kind: 'unread', problem: { kind: 'missing', path: 'no/such/file.go' } }]);
  });

  test('a file that kills its thread is reported, and all others are analysed', async () => {
    const paths = Array.from({ length: 200 }, (_, i) => (i % 60 === 30 ? `deadly${i}.go` : `file${i}.go`));
    const results: ScanResult[] = [];
    await createScanFiles(CRASHING, 3)(itemsOf('/', paths), {
      isCancelled: () => false,
      take: (result) => results.push(result),
    });
    const crashed = results.flatMap((result) => (result.kind === 'unread' ? [result.problem] : []));
    expect(crashed.map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual(
      paths
        .filter((path) => path.includes('deadly'))
        .map((path) => `crashed ${path}`)
        .sort(),
    );
    expect(results.map(({ item }) => item.path).sort()).toEqual([...paths].sort());
  });

  test('a cancelled scan ends', async () => {
    let cancelled = false;
    let count = 0;
    await createScanFiles(CRASHING, 1)(
      itemsOf(
        '/',
        Array.from({ length: 100_000 }, (_, i) => `file${i}.go`),
      ),
      {
        isCancelled: () => cancelled,
        take: () => {
          count++;
          cancelled = true;
        },
      },
    );
    expect(count).toBeLessThan(100_000);
  });

  test('threads that cannot start are an error of the scan', async () => {
    const missing = new URL('./no-such-script.mjs', import.meta.url);
    const scan = createScanFiles(missing, 2)(itemsOf('/', ['file.go']), { isCancelled: () => false, take: () => {} });
    await expect(scan).rejects.toThrow('do not start');
  });
});
