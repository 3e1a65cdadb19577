/**
 * Laws of the incremental engine with every rule: after settling, an edited document has the findings of a fresh audit
 * (T1); reused results are those that an examination would give (T3); a key examines one chunk and no other file (T4).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../server/src/core/engine/engine.ts';
import type { Syntax } from '../../server/src/core/syntax/syntax.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { engineWith, testSyntax } from '../harness/engine.ts';
import { random } from '../harness/random.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';
const SAMPLE = fileURLToPath(new URL('../../samples/checkout-service/', import.meta.url));

function sampleFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(SAMPLE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(relative(SAMPLE, file).split(sep).join('/'), readFileSync(file, 'utf8'));
  }
  return files;
}

function everything(engine: Engine): string[] {
  return engine.paths.flatMap((path) =>
    engine
      .findings(path)
      .map(
        (finding) => `${path} ${JSON.stringify([finding.ruleId, finding.location, finding.message, finding.fixes])}`,
      ),
  );
}

let syntax: Syntax;
beforeAll(async () => {
  syntax = await testSyntax();
});

const INSERTIONS = [
  'x',
  ' ',
  '\n',
  '{',
  '}',
  '(',
  ')',
  '"',
  '//',
  '/*',
  '*/',
  'return nil\n',
  'go func() {}()\n',
  '.',
  'mu.Lock()\n',
  '// TODO x\n',
];

test('settled findings equal those of a fresh audit, after any edits', () => {
  const files = sampleFiles();
  const go = [...files.keys()].filter((path) => path.endsWith('.go'));
  const next = random(20_261);
  const rounds = FULL ? 400 : 25;
  const engine = engineWith(syntax, RULES, files);
  for (const path of go) engine.setFile(path, files.get(path)!, true);
  for (let round = 0; round < rounds; round++) {
    const path = go[Math.floor(next() * go.length)]!;
    for (let edit = 0; edit < 25; edit++) {
      const text = engine.textOf(path)!;
      const start = Math.floor(next() * (text.length + 1));
      const length = next() < 0.5 ? 0 : Math.floor(next() * 12);
      const inserted = next() < 0.3 ? '' : INSERTIONS[Math.floor(next() * INSERTIONS.length)]!;
      const range = {
        start: engine.positionAt(path, start),
        end: engine.positionAt(path, Math.min(text.length, start + length)),
      };
      engine.editFile(path, [{ range, text: inserted }]);
      engine.judge();
    }
    engine.settleFile(path);
    engine.judge();
    const current = new Map([...files.keys()].map((name) => [name, engine.textOf(name)!]));
    const fresh = engineWith(syntax, RULES, current);
    expect(everything(engine), `round ${round}, ${path}`).toEqual(everything(fresh));
    expect(engine.tallies(true)).toEqual(fresh.tallies(true));
    fresh.dispose();
    // Back to sound text now and then, so that the rules have something to look at.
    if (round % 3 === 2) {
      engine.setFile(path, files.get(path)!, true);
      engine.judge();
    }
  }
  expect(syntax.liveTrees).toBe(go.length);
  engine.dispose();
  expect(syntax.liveTrees).toBe(0);
});

test('a key inside a function examines one chunk, of this file only', () => {
  const functions = Array.from(
    { length: 200 },
    (_, i) => `// F${i} does a thing.\nfunc F${i}(n int) int {\n\tvalue := n + ${i}\n\treturn value\n}\n`,
  );
  const path = 'big.go';
  const engine = engineWith(
    syntax,
    RULES,
    new Map([
      [path, `package big\n\n${functions.join('\n')}`],
      ['other.go', 'package big\n\nfunc G() {}\n'],
    ]),
  );
  engine.setFile(path, engine.textOf(path)!, true);
  engine.judge();
  const line = engine.textOf(path)!.split('\n').indexOf('\tvalue := n + 100');
  for (let key = 0; key < 200; key++) {
    const before = { ...engine.counters };
    engine.editFile(path, [{ range: { start: { line, character: 11 }, end: { line, character: 11 } }, text: '1' }]);
    engine.judge();
    expect(engine.counters.chunksExamined - before.chunksExamined).toBeLessThanOrEqual(1);
    expect(engine.counters.parses - before.parses).toBe(1);
  }
  engine.dispose();
});
