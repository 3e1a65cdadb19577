/** What comments accept: in every language, for a line, a block, a file, and until when. */
import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_CONFIGURATION } from '../../server/src/core/engine/configuration.ts';
import type { Engine } from '../../server/src/core/engine/engine.ts';
import { languageOf } from '../../server/src/core/engine/roles.ts';
import { readSuppressions, suppressionComment } from '../../server/src/core/engine/suppressions.ts';
import { scoreWorkspace } from '../../server/src/core/score/score.ts';
import type { Syntax } from '../../server/src/core/syntax/syntax.ts';
import { indexLines } from '../../server/src/core/text/lines.ts';
import { DEFAULT_RUBRIC } from '../../server/src/rubrics/rubrics.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { engineWith, TODAY, testSyntax } from '../harness/engine.ts';

let syntax: Syntax;
beforeAll(async () => {
  syntax = await testSyntax();
});

function read(path: string, text: string) {
  return readSuppressions(path, languageOf(path)!, text, indexLines(text), () => ({}));
}

function covered(path: string, text: string): readonly (readonly [number, number])[] {
  return read(path, text).suppressions.map(({ firstLine, lastLine }) => [firstLine, lastLine]);
}

describe('comments', () => {
  test.each([
    ['a.go', '// shipworthy-ignore a-b: why\nx'],
    ['a.go', '/* shipworthy-ignore a-b: why */\nx'],
    ['a.go', '//shipworthy-ignore a-b: why\n\n// more\nx', 3],
    ['a.rs', "let a = 'x'; fn f<'a>() {}\n// shipworthy-ignore a-b: why\nx", 2],
    ['a.py', '# shipworthy-ignore a-b: why\nx'],
    ['a.ts', '// shipworthy-ignore a-b: why\nx'],
    ['a.sql', '-- shipworthy-ignore a-b: why\nx'],
    ['a.html', '<!-- shipworthy-ignore a-b: why -->\nx'],
    ['README.md', '<!-- shipworthy-ignore a-b: why -->\nx'],
    ['a.yaml', "it's: 1\n# shipworthy-ignore a-b: why\nx", 2],
    ['Dockerfile', '# shipworthy-ignore a-b: why\nx'],
    ['.env', '# shipworthy-ignore a-b: why\nx'],
    ['.gitignore', '# shipworthy-ignore a-b: why\nx'],
    ['a.toml', '# shipworthy-ignore a-b: why\nx'],
    ['run.sh', '# shipworthy-ignore a-b: why\nx'],
    ['Makefile', '# shipworthy-ignore a-b: why\nx'],
    ['go.mod', '// shipworthy-ignore a-b: why\nx'],
    ['a.jsonc', '// shipworthy-ignore a-b: why\nx'],
    ['main.tf', '# shipworthy-ignore a-b: why\nx'],
    ['app.ini', '; shipworthy-ignore a-b: why\nx'],
  ])('of %s are read: %j', (path, text, line = 1) => {
    expect(covered(path, text)).toEqual([[line, line]]);
    expect(read(path, text).suppressions[0]).toMatchObject({ reason: 'why', until: null });
  });

  test.each([
    ['a.go', 'var s = "// shipworthy-ignore a-b: why"'],
    ['a.go', 'var s = `\n// shipworthy-ignore a-b: why\n`'],
    ['a.go', '// see shipworthy-ignore a-b: why'],
    ['a.py', '"""\n# shipworthy-ignore a-b: why\n"""'],
    ['a.yaml', 'a: "x # shipworthy-ignore a-b: why"'],
    ['README.md', '```html\n<!-- shipworthy-ignore a-b: why -->\n```\n'],
    ['README.md', 'Write `<!-- shipworthy-ignore a-b: why -->`.'],
  ])('that are none, or only speak of it, are not: %s %j', (path, text) => {
    expect(read(path, text)).toEqual({ suppressions: [], malformed: [] });
  });

  test('behind code they are for their own line, with blanks and any line break', () => {
    expect(covered('a.go', 'x\r\ny() // shipworthy-ignore a-b: why until 2027-01-31\r\nz\r\n')).toEqual([[1, 1]]);
    expect(read('a.go', 'y() // shipworthy-ignore a-b: why [until 2027-01-31]').suppressions[0]).toMatchObject({
      reason: 'why',
      until: '2027-01-31',
    });
  });

  test('cover the lines that belong to a block, by brackets or indentation', () => {
    const go = '// shipworthy-ignore-block a: why\nfunc f(\n\ta int,\n) {\n\tx()\n\n\ty()\n}\n\nfunc g() {}\n';
    expect(covered('a.go', go)).toEqual([[1, 7]]);
    expect(covered('a.py', '# shipworthy-ignore-block a: why\ndef f():\n    x()\n\n    y()\nz()\n')).toEqual([[1, 4]]);
    expect(covered('a.yaml', 'a:\n  # shipworthy-ignore-block a: why\n  b:\n    c: 1\n  d: 2\n')).toEqual([[2, 3]]);
  });

  test('are written by the quick fix where the language has them, and nowhere else', () => {
    const write = (path: string) => suppressionComment(path, languageOf(path)!, 'a-b', 'line');
    expect(write('a.go')).toBe('// shipworthy-ignore a-b: ');
    expect(write('a.yaml')).toBe('# shipworthy-ignore a-b: ');
    expect(write('README.md')).toBe('<!-- shipworthy-ignore a-b:  -->');
    expect(write('a.sql')).toBe('-- shipworthy-ignore a-b: ');
    expect([write('package.json'), write('go.sum'), write('LICENSE')]).toEqual([null, null, null]);
  });
});

describe('findings', () => {
  const source = (comment: string): string =>
    `package store\n\nimport "fmt"\n\nfunc read(err error) error {\n\t${comment}\n\treturn fmt.Errorf("read: %v", err)\n}\n`;
  const engineOf = (comment: string): Engine =>
    engineWith(syntax, RULES, new Map([['store/read.go', source(comment)]]));
  const codes = (engine: Engine): readonly string[] => engine.findings('store/read.go').map(({ ruleId }) => ruleId);
  const tallyOf = (engine: Engine) => engine.tallies(false).find(({ ruleId }) => ruleId === 'broken-error-chain')!;

  test('that are accepted are neither open nor passes', () => {
    const engine = engineOf('// shipworthy-ignore broken-error-chain: an old caller compares the text');
    expect(codes(engine)).not.toContain('broken-error-chain');
    expect(tallyOf(engine)).toMatchObject({ pass: 0, fail: 0, accepted: 1 });
    expect(engine.accepted('store/read.go')).toMatchObject([
      { reason: 'an old caller compares the text', finding: { ruleId: 'broken-error-chain' } },
    ]);
    engine.dispose();
  });

  test('come back on the day after the last one, and go when the day is set back', () => {
    const engine = engineOf(`// shipworthy-ignore broken-error-chain: for now until ${TODAY}`);
    expect(codes(engine)).not.toContain('broken-error-chain');
    engine.configure({ ...DEFAULT_CONFIGURATION, today: '2026-11-22' });
    expect(codes(engine)).toEqual(expect.arrayContaining(['broken-error-chain', 'expired-suppression']));
    expect(tallyOf(engine)).toMatchObject({ fail: 1 });
    engine.configure({ ...DEFAULT_CONFIGURATION, today: TODAY });
    expect(codes(engine)).not.toContain('expired-suppression');
    engine.dispose();
  });

  test('of a rule that is switched off are no reason to call the comment unused', () => {
    const engine = engineOf('// shipworthy-ignore broken-error-chain: for now');
    engine.configure({ ...DEFAULT_CONFIGURATION, today: TODAY, rules: { 'broken-error-chain': 'off' } });
    expect(codes(engine)).not.toContain('unused-suppression');
    engine.dispose();
  });

  test('about comments change no score', () => {
    const scoreOf = (engine: Engine) => scoreWorkspace(engine.tallies(false), RULES, DEFAULT_RUBRIC).score;
    const engine = engineOf('// shipworthy-ignore no-such-rule: x');
    const plain = engineOf('// nothing');
    expect(codes(engine)).toContain('malformed-suppression');
    expect(scoreOf(engine)).toBe(scoreOf(plain));
    engine.dispose();
    plain.dispose();
  });
});

test('an attestation counts an unknown as vouched for until it ends, and then is a finding in the configuration', () => {
  const configuration = JSON.stringify({ attestations: [{ for: 'missing-tls', evidence: 'x', until: '2026-12-31' }] });
  const engine = engineWith(syntax, RULES, new Map([['shipworthy.json', configuration]]));
  const attestations = [{ subject: 'missing-tls', evidence: 'x', until: '2026-12-31', by: '' }];
  engine.configure({ ...DEFAULT_CONFIGURATION, today: '2026-12-31', attestations });
  expect(engine.findings('shipworthy.json')).toEqual([]);
  engine.configure({ ...DEFAULT_CONFIGURATION, today: '2027-01-01', attestations });
  expect(engine.findings('shipworthy.json')).toMatchObject([{ ruleId: 'expired-suppression' }]);
  engine.dispose();
});
