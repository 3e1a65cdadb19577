/**
 * The memo law (T3): whenever the analyser keeps what it found in a chunk that parses, looking at that chunk again finds
 * the same: the same verdicts, the same facts. Around an error the parser may read the same text otherwise; there the law
 * holds once the text has settled.
 */
import { beforeAll, expect, test } from 'vitest';
import { Analyser, type Chunk, type FileAnalysis, newFileAnalysis } from '../../server/src/core/engine/analyser.ts';
import { languageOf } from '../../server/src/core/engine/roles.ts';
import type { Syntax } from '../../server/src/core/syntax/syntax.ts';
import { applyChanges, snapshotOf } from '../../server/src/core/text/snapshot.ts';
import { EXTRACTORS } from '../../server/src/knowledge/index.gen.ts';
import { LANGUAGES } from '../../server/src/languages/languages.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { breathe } from '../harness/breathe.ts';
import { testSyntax, withoutBudget } from '../harness/engine.ts';
import { random } from '../harness/random.ts';
import { everyFixture, pythonSample, sampleFiles } from '../harness/workspace.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';
const REUSES = FULL ? 600_000 : 3_000;

let syntax: Syntax;
beforeAll(async () => {
  syntax = await testSyntax();
});

const INSERTED = [
  'x',
  ' ',
  '\n',
  '\r\n',
  '{',
  '}',
  '"',
  '`',
  '/*',
  '*/',
  '// TODO x\n',
  'return nil\n',
  'import "os"\n',
  'package other\n',
  'func F() {}\n',
  'var mu sync.Mutex\n',
  '    ',
  '"""',
  '# TODO x\n',
  'import os\n',
  'def f():\n    return g()\n',
  'x = 1\n',
  ':\n',
];

/** What is found in each chunk, by where it stands, as plain data. */
function found({ chunks }: FileAnalysis): Map<string, string> {
  return new Map(
    chunks.map(({ anchor, length, examination }) => [
      `${anchor.start}+${length}`,
      JSON.stringify(examination, (key, value: { span: unknown }) => (key === 'place' ? value.span : value)),
    ]),
  );
}

test.each(['go', 'python'] as const)(
  'what is kept of a %s chunk is what looking at it again finds',
  async (language) => {
    const seed = 20_263;
    const next = random(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
    const all = [...everyFixture(), ...sampleFiles(), pythonSample()].filter(([path]) => languageOf(path) === language);
    const options = { syntax: withoutBudget(syntax), rules: RULES, extractors: EXTRACTORS, languages: LANGUAGES };
    const analyser = new Analyser(options);
    const fresh = new Analyser(options);
    let reuses = 0;
    let apart = 0;
    while (reuses < REUSES) {
      const [path, source] = pick(all);
      const file = newFileAnalysis(path, language, source);
      file.open = true;
      analyser.parseFresh(file);
      for (let round = 0; round < 12; round++) {
        const before = new Set<Chunk>(file.chunks);
        const { text } = file.snapshot;
        const at = Math.floor(next() * (text.length + 1));
        // Inside of a declaration, at its border, or a whole piece of the file that moves or comes twice.
        const border = pick([at, at, ...file.chunks.map((chunk) => chunk.anchor.start)]);
        const piece = text.slice(border, border + Math.floor(next() * 200));
        const inserted = next() < 0.1 ? piece : next() < 0.3 ? '' : pick(INSERTED);
        const end = Math.min(text.length, border + (next() < 0.5 ? 0 : Math.floor(next() * 12)));
        const range = { start: positionOf(text, border), end: positionOf(text, end) };
        const { snapshot, edits } = applyChanges(snapshotOf(text), [{ range, text: inserted }]);
        file.snapshot = snapshot;
        const settled = next() < 0.2 || file.parsed === null || edits === null;
        if (settled) {
          // What was begun for a text that has changed since leaves no trace.
          const steps = analyser.parseInSteps(file);
          for (let step = Math.floor(next() * 4); step > 0; step--) steps.next();
          steps.return();
          analyser.parseFresh(file);
        } else if (!analyser.parseEdited(file, edits)) analyser.parseFresh(file);
        const kept = file.chunks.filter((chunk) => before.has(chunk) && !chunk.hasError);
        const again = newFileAnalysis(path, language, snapshot.text);
        fresh.parseFresh(again);
        again.parsed?.delete();
        const now = found(file);
        const anew = found(again);
        for (const { anchor, length } of kept) {
          const place = `${anchor.start}+${length}`;
          const expected = anew.get(place);
          // Around an error a tree that was edited may fall into other chunks than a fresh one.
          if (expected === undefined) apart++;
          else if (now.get(place) !== expected && (settled || !again.chunks.some((chunk) => chunk.hasError))) {
            expect(now.get(place), `seed ${seed}, reuse ${reuses}, ${path} at ${place}\n${snapshot.text}`).toBe(
              expected,
            );
          }
          if (expected === undefined && settled) throw new Error(`${path}: no chunk at ${place} in\n${snapshot.text}`);
        }
        reuses += kept.length;
      }
      file.parsed?.delete();
      await breathe();
    }
    expect(apart).toBeLessThan(reuses / 20);
    expect(syntax.liveTrees).toBe(0);
  },
);

function positionOf(text: string, offset: number): { line: number; character: number } {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length - 1, character: lines.at(-1)!.length };
}
