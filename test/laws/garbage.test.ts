/**
 * Robustness (T8, T9, T11): whatever the text, nothing throws, no rule fails, every finding lies inside its file, and every
 * fix applies without adding a syntax error.
 */
import { beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../server/src/core/engine/engine.ts';
import type { Syntax } from '../../server/src/core/syntax/syntax.ts';
import { applyEdits } from '../../server/src/core/text/snapshot.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { breathe } from '../harness/breathe.ts';
import { engineWith, syntaxErrors, testSyntax } from '../harness/engine.ts';
import { allCases } from '../harness/fixtures.ts';
import { random } from '../harness/random.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';

let syntax: Syntax;
beforeAll(async () => {
  syntax = await testSyntax();
});

const PIECES = [
  '\u0000',
  '\ud800',
  '\udc00',
  '\u2028',
  '\uFEFF',
  '\r',
  '\r\n',
  '\n',
  '\t',
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
  'func ',
  'package x\n',
  'import "fmt"\n',
  'go ',
  'defer ',
  'select {',
  'case ',
  ':=',
  '<-',
  '...',
  '0x',
  '🚢',
  '<<<<<<< ',
  '=======\n',
  '>>>>>>> b\n',
  'KEY=',
  '- run: go test',
  '# ',
  '    ',
  'def f(self):\n',
  'async ',
  'class C:\n',
  'import os\n',
  'from . import x\n',
  'try:\n',
  'except Exception:\n',
  'with ',
  'match x:\n',
  'lambda ',
  'f"{',
  '"""',
  '@',
  ':\n',
  'pyproject',
  '[project]\n',
];
const PATHS = [
  'a.go',
  'a.py',
  'test_b.py',
  'b_test.go',
  'go.mod',
  '.env',
  '.env.example',
  'README.md',
  '.github/workflows/ci.yml',
  'Makefile',
  'Dockerfile',
  'docker-compose.yml',
  '.gitignore',
  'run.sh',
  'c.yaml',
  'd.json',
  'e.toml',
  'pyproject.toml',
  'requirements.txt',
  'setup.cfg',
  'Pipfile',
  'Procfile',
];

function check(engine: Engine, seed: string): void {
  expect(
    engine.problems.filter((problem) => problem.kind === 'rule-failed'),
    seed,
  ).toEqual([]);
  for (const path of engine.paths) {
    const text = engine.textOf(path)!;
    for (const finding of engine.findings(path)) {
      expect(finding.location.span.end, `${seed} ${finding.ruleId}`).toBeLessThanOrEqual(text.length);
      const edits = finding.fixes.flatMap((fix) => fix.changes.filter((change) => change.path === path));
      for (const { start, end } of [finding.location.span, ...edits.flatMap((change) => change.edits)]) {
        const isWhole = !splitsPair(text, start) && !splitsPair(text, end);
        expect(isWhole, `${seed} ${finding.ruleId} cuts a character at ${start} or ${end}`).toBe(true);
      }
      for (const fix of finding.fixes) {
        for (const change of fix.changes) {
          const before = engine.textOf(change.path);
          expect(before, `${seed} ${finding.ruleId}: ${fix.title} edits ${change.path}`).toBeDefined();
          const after = applyEdits(before!, change.edits);
          expect(after, `${seed} ${finding.ruleId}: ${fix.title}`).not.toBeNull();
          // In a file that does not parse the count of errors says nothing.
          if (syntaxErrors(syntax, change.path, before!) > 0) continue;
          expect(syntaxErrors(syntax, change.path, after!), `${seed} ${finding.ruleId}: ${fix.title}\n${after}`).toBe(
            0,
          );
        }
      }
    }
  }
}

/** Whether an offset stands between the halves of a surrogate pair (T8). */
function splitsPair(text: string, offset: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(Math.max(0, offset - 1), offset + 1)) && offset > 0;
}

test('garbage in any file', async () => {
  const next = random(11);
  for (let round = 0; round < (FULL ? 5_000 : 150); round++) {
    const files = new Map(
      PATHS.map((path) => [
        path,
        Array.from({ length: Math.floor(next() * 40) }, () => PIECES[Math.floor(next() * PIECES.length)]!).join(''),
      ]),
    );
    const engine = engineWith(syntax, RULES, files);
    check(engine, `round ${round}`);
    engine.dispose();
    await breathe();
  }
});

test('mutants of the fixtures', async () => {
  const next = random(12);
  for (const fixture of allCases()) {
    for (let round = 0; round < (FULL ? 40 : 2); round++) {
      const files = new Map(
        fixture.files.map(({ path, source }) => {
          let text = source;
          for (let i = 0; i < 3; i++) {
            const at = Math.floor(next() * text.length);
            const length = next() < 0.5 ? 0 : Math.floor(next() * 30);
            const inserted = next() < 0.5 ? '' : PIECES[Math.floor(next() * PIECES.length)]!;
            text = text.slice(0, at) + inserted + text.slice(at + length);
          }
          return [path, text];
        }),
      );
      const engine = engineWith(syntax, RULES, files);
      check(engine, `${fixture.rule.id} ${fixture.name} round ${round}`);
      engine.dispose();
    }
    await breathe();
  }
  expect(syntax.liveTrees).toBe(0);
});
