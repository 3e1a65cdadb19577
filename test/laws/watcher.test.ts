/**
 * Watcher storms (T19): whatever happens to the files and in whatever form the server hears of it, in the end it shows
 * what a fresh audit of the disk shows; and it looks into a file once a round, between the keys of whoever types.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import type { Host } from '../../server/src/host/host.ts';
import { createNodeHost } from '../../server/src/host/node/nodeHost.ts';
import { RESCAN_REQUEST } from '../../server/src/protocol.ts';
import { shownAfresh, shownBy, startHere } from '../harness/server.ts';
import { temporaryWorkspace } from '../lsp/client.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';
const CREATED = 1;
const CHANGED = 2;
const DELETED = 3;

interface Event {
  readonly path: string;
  readonly type: 1 | 2 | 3;
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** Contents that differ in what is found, and what they declare for others. */
const CONTENTS = [
  'package a\n\nimport "os"\n\nvar Key = os.Getenv("API_KEY")\n',
  'package a\n\nfunc F() {\n\tgo func() {\n\t\tpanic("x")\n\t}()\n}\n',
  'package a\n\nimport "net/http"\n\nfunc Serve() error { return http.ListenAndServe(":80", nil) }\n',
  'package a\n\nfunc Broken( {\n',
  'package main\n\nimport "log"\n\nfunc main() { log.Println("TODO") }\n',
  '',
];
const FOLDERS = ['', 'a/', 'a/b/', 'c/', 'v1.2/', 'node_modules/x/', 'ignored/'];
const NAMES = [
  'f.go',
  'g.go',
  'f_test.go',
  '.env',
  'go.mod',
  'README.md',
  '.gitignore',
  'notes.bin',
  'shipworthy.json',
];
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  '.env': ['API_KEY=sk_live_4eC39HqLyjWDarjtT1zdp7dc\n', 'PORT=1\n', ''],
  'go.mod': ['module example.com/a\n\ngo 1.22\n', 'module example.com/b\n\ngo 1.16\n'],
  'README.md': ['# A\n', '# A\n\n## Run\n\nSet `API_KEY`.\n'],
  '.gitignore': ['ignored/\n', 'c/\n*.env\n', ''],
  'notes.bin': ['\u0000'],
  'shipworthy.json': ['{}', '{ "exclude": ["a/b/"] }', '{ "rules": { "unprotected-env-file": "off" } }', '{'],
};

function textOf(name: string, version: number): string {
  const texts = TEXTS[name] ?? CONTENTS;
  return texts[version % texts.length]!;
}

const paths = FOLDERS.flatMap((folder) => NAMES.map((name) => folder + name));
const path = fc.constantFrom(...paths);
const folder = fc.constantFrom(...FOLDERS.slice(1).map((name) => name.slice(0, -1)));
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), path, version: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), path, to: path }) },
  /** Three files change places; what is said is that each of them changed. */
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cycle' as const), paths: fc.tuple(path, path, path) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeFolder' as const), folder }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('moveFolder' as const), folder, to: folder }) },
  /** Something that is no change at all. */
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('noise' as const), path, type: fc.constantFrom(1, 2, 3) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Does it to the disk; returns what a watcher says of it. Folders are named alone, without the files in them. */
function apply(root: string, item: Operation): readonly Event[] {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const move = (from: string, to: string): boolean => {
    try {
      mkdirSync(dirname(join(root, to)), { recursive: true });
      renameSync(join(root, from), join(root, to));
      return true;
    } catch {
      return false;
    }
  };
  /** A new file may come with its folders, which a watcher names too. */
  const created = (path: string): Event[] => [
    ...(path.includes('/') ? [{ path: dirname(path), type: CREATED } as const] : []),
    { path, type: CREATED },
  ];
  switch (item.kind) {
    case 'write':
      write(item.path, textOf(item.path.slice(item.path.lastIndexOf('/') + 1), item.version));
      return created(item.path);
    case 'remove':
      rmSync(join(root, item.path), { force: true });
      return [{ path: item.path, type: DELETED }];
    case 'rename':
      return move(item.path, item.to) ? [{ path: item.path, type: DELETED }, ...created(item.to)] : [];
    case 'cycle': {
      const [a, b, c] = item.paths;
      if (!move(a, 'cycle.tmp')) return [];
      const moved = [[a, 'cycle.tmp'], move(b, a) ? [b, a] : [], move(c, b) ? [c, b] : []];
      move('cycle.tmp', c);
      return [...new Set([...moved.flat(), c])].flatMap((path): Event[] => [
        { path, type: DELETED },
        { path, type: CREATED },
        { path, type: CHANGED },
      ]);
    }
    case 'removeFolder':
      rmSync(join(root, item.folder), { recursive: true, force: true });
      return [{ path: item.folder, type: DELETED }];
    case 'moveFolder':
      if (!move(item.folder, item.to)) return [];
      return [
        { path: item.folder, type: DELETED },
        { path: item.to, type: CREATED },
      ];
    case 'noise':
      return [{ path: item.path, type: item.type as Event['type'] }];
  }
}

const batch = fc.record({
  operations: fc.array(operation, { minLength: 1, maxLength: 8 }),
  /** How the events of the batch are told: some twice, in another order. */
  twice: fc.boolean(),
  reversed: fc.boolean(),
  /** Whether the server may work before the next batch. */
  pause: fc.boolean(),
});

const START = Object.fromEntries(
  ['f.go', 'go.mod', '.gitignore', 'a/f.go', 'a/b/g.go', 'a/b/go.mod', 'c/f.go', 'c/.env', 'ignored/f.go'].map(
    (path, version) => [path, textOf(path.slice(path.lastIndexOf('/') + 1), version)],
  ),
);

/** Whether it can be read: a file of any other kind may have been moved to the place of a configuration. */
function isConfiguration(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** While a configuration is broken the one before holds, and an audit refuses to run: whoever compares mends it first. */
function mendConfigurations(root: string): Event[] {
  return paths
    .filter((path) => path.endsWith('shipworthy.json') && existsSync(join(root, path)))
    .filter((path) => statSync(join(root, path)).isFile() && !isConfiguration(readFileSync(join(root, path), 'utf8')))
    .map((path): Event => {
      writeFileSync(join(root, path), '{}');
      return { path, type: CHANGED };
    });
}

test('after any changes of the disk the server shows what a fresh audit shows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 6 }), fc.boolean(), async (batches, lost) => {
      const workspace = temporaryWorkspace(START);
      const { client } = await startHere(workspace.folder);
      try {
        for (const { operations, twice, reversed, pause } of batches) {
          const events = operations.flatMap((item) => apply(workspace.folder, item));
          if (reversed) events.reverse();
          if (lost) continue;
          await client.watched(twice ? [...events, ...events] : events);
          if (pause) await client.settled();
        }
        const healed = mendConfigurations(workspace.folder);
        if (!lost) await client.watched(healed);
        if (lost) await client.connection.sendRequest(RESCAN_REQUEST, {});
        expect(await shownBy(client)).toEqual(await shownAfresh(workspace.folder));
      } finally {
        await client.stop();
        workspace.remove();
      }
    }),
    { numRuns: FULL ? 2_000 : 40 },
  );
});

/** A host that counts how often each file is opened. */
function countingHost(opened: Map<string, number>): (folder: string) => Host {
  return (folder) => {
    const host = createNodeHost(folder);
    return {
      ...host,
      open(path) {
        opened.set(path, (opened.get(path) ?? 0) + 1);
        return host.open(path);
      },
    };
  };
}

const FILES = 200;
const many = Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`p${i % 20}/f${i}.go`, CONTENTS[i % 3]!]));

test('a storm of events costs one look at each file, between which keys are heard', async () => {
  const workspace = temporaryWorkspace(many);
  const opened = new Map<string, number>();
  const { client, engine } = await startHere(workspace.folder, { pull: true }, { hostOf: countingHost(opened) });
  try {
    await client.settled();
    await client.open('typed.go', CONTENTS[0]!);
    const paths = Object.keys(many);
    // A branch switch: every other file changes or goes.
    paths.forEach((path, i) => {
      if (i % 10 === 4) rmSync(join(workspace.folder, path));
      else if (i % 2 === 0) writeFileSync(join(workspace.folder, path), CONTENTS[(i + 1) % 3]!);
    });
    await client.settled();
    opened.clear();
    const parses = engine.counters.parses;
    const count = FULL ? 50_000 : 2_000;
    const events = Array.from({ length: count }, (_, i): Event => {
      const path = paths[(i * 7) % paths.length]!;
      return i % 3 === 0 ? { path: `build/out${i}.o`, type: DELETED } : { path, type: ((i % 3) + 1) as Event['type'] };
    });
    // Time passes with each look at the clock, so that each slice ends at once.
    let now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 10));
    await client.watched(events);
    await client.change('typed.go', [{ text: CONTENTS[1]! }]);
    const report = await client.diagnostics('typed.go');
    expect(report.kind === 'full' ? report.items.length : 0).toBeGreaterThan(0);
    expect(engine.textOf('typed.go')).toBe(CONTENTS[1]);
    expect(opened.size, 'the key is heard before the storm is over').toBeLessThan(FILES);
    vi.restoreAllMocks();
    const shown = await shownBy(client);
    expect([...opened.values()].every((times) => times === 1)).toBe(true);
    expect(opened.size).toBe(FILES);
    // What did not change is not analysed; the typed file is, with the key and when it settles.
    expect(engine.counters.parses - parses).toBeLessThanOrEqual(FILES * 0.4 + 2);
    expect(shown).toEqual(
      await shownAfresh(workspace.folder, { texts: new Map([['typed.go', client.text('typed.go')]]) }),
    );
  } finally {
    await client.stop();
    workspace.remove();
  }
});

test('events that come in many messages while files are read are looked into together', async () => {
  const workspace = temporaryWorkspace(many);
  const opened = new Map<string, number>();
  const { client } = await startHere(workspace.folder, { pull: true }, { hostOf: countingHost(opened) });
  try {
    await client.settled();
    opened.clear();
    const paths = Object.keys(many);
    const messages = FULL ? 500 : 50;
    for (let message = 0; message < messages; message++) {
      const path = paths[message % paths.length]!;
      writeFileSync(join(workspace.folder, path), CONTENTS[(message + 1) % 3]!);
      void client.watched(paths.map((path) => ({ path, type: CHANGED })));
    }
    const shown = await shownBy(client);
    // A round for the messages that wait while the one before is worked on, and no round for each message.
    const looks = [...opened.values()].reduce((sum, times) => sum + times, 0);
    expect(looks).toBeLessThan((FILES * messages) / 2);
    expect(shown).toEqual(await shownAfresh(workspace.folder));
  } finally {
    await client.stop();
    workspace.remove();
  }
});
