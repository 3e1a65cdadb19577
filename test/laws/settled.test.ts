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
import { breathe } from '../harness/breathe.ts';
import { engineWith, newSyntax, testSyntax, withoutBudget } from '../harness/engine.ts';
import { random } from '../harness/random.ts';
import { pythonSample } from '../harness/workspace.ts';

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
  '    ',
  '"""',
  ':\n',
  'import os\n',
  'def f():\n    return g()\n',
];

test.each([
  { limits: {}, step: undefined, kept: 'all facts' },
  { limits: { factLimit: 0, editLimit: 0 }, step: 2, kept: 'no facts' },
])('settled findings equal those of a fresh audit, after any edits, with $kept kept', async ({ limits, step }) => {
  const parser = step === undefined ? syntax : await newSyntax({ step });
  const files = new Map([...sampleFiles(), pythonSample(), ['shop/requirements.txt', 'requests\n']]);
  const code = [...files.keys()].filter((path) => /\.(?:go|py)$/.test(path));
  const next = random(20_261);
  const rounds = FULL ? 400 : 25;
  const engine = engineWith(parser, RULES, files, limits);
  for (const path of code) engine.setFile(path, files.get(path)!, true);
  for (let round = 0; round < rounds; round++) {
    const path = code[Math.floor(next() * code.length)]!;
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
    const fresh = engineWith(parser, RULES, current);
    expect(everything(engine), `round ${round}, ${path}`).toEqual(everything(fresh));
    expect(engine.tallies(true)).toEqual(fresh.tallies(true));
    fresh.dispose();
    await breathe();
    // Back to sound text now and then, so that the rules have something to look at.
    if (round % 3 === 2) {
      engine.setFile(path, files.get(path)!, true);
      engine.judge();
    }
  }
  expect(parser.liveTrees).toBe(code.length);
  engine.dispose();
  expect(parser.liveTrees).toBe(0);
});

/** What somebody types into an expression. Editors close brackets and quotes as they are opened. */
const KEYS = ['+', 'f', 'o', 'o', '()', '+', '""', '-', 'x', '.', 'y', ' ', '*', '2'];

/** What 200 keys inside one function of a file of more than 2,000 lines cost, in a workspace with `others` other files. */
function workOfKeys(others: number): { readonly judges: readonly number[] } {
  const functions = Array.from(
    { length: 350 },
    (_, i) => `// F${i} does a thing.\nfunc F${i}(n int) int {\n\tvalue := n + ${i}\n\treturn value\n}\n`,
  );
  const path = 'big/big.go';
  const files = new Map([
    ['go.mod', 'module example.com/a\n'],
    [path, `package big\n\n${functions.join('\n')}`],
    ['big/other.go', 'package big\n\nfunc G() int { return F1(1) }\n'],
  ]);
  for (let i = 0; i < others; i++) {
    const source = `package p${i % 50}\n\nimport "os"\n\nfunc H${i}() string { return os.Getenv("KEY_${i}") }\n`;
    files.set(`p${i % 50}/f${i}.go`, source);
  }
  expect(files.get(path)!.split('\n').length).toBeGreaterThan(2_000);
  const engine = engineWith(withoutBudget(syntax), RULES, files);
  engine.setFile(path, engine.textOf(path)!, true);
  engine.judge();
  const line = engine.textOf(path)!.split('\n').indexOf('\tvalue := n + 100');
  const judges: number[] = [];
  let character = '\tvalue := n + 100'.length;
  for (let key = 0; key < 200; key++) {
    const before = engine.counters;
    const at = { line, character };
    const text = KEYS[key % KEYS.length]!;
    character += text.length;
    engine.editFile(path, [{ range: { start: at, end: at }, text }]);
    engine.judge();
    expect(engine.counters.chunksExamined - before.chunksExamined).toBeLessThanOrEqual(1);
    expect(engine.counters.parses - before.parses).toBe(1);
    // The runtime takes 10 KB at a time; the file has more than 50.
    expect(engine.counters.bytesParsed - before.bytesParsed).toBeLessThanOrEqual(20_480);
    judges.push(engine.counters.judgesRun - before.judgesRun);
  }
  engine.dispose();
  return { judges };
}

test('a key inside a function examines one chunk of this file, and judges whatever the size of the workspace', () => {
  const few = workOfKeys(10);
  expect(Math.max(...few.judges)).toBeLessThanOrEqual(RULES.filter((rule) => rule.workspace !== undefined).length);
  expect(workOfKeys(1_000)).toEqual(few);
});
