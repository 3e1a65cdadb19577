/** Small documents against the readers of env files, ignore files, outlines and commands. */
import { describe, expect, test } from 'vitest';
import { findCommands, withoutComments } from '../../server/src/formats/commands.ts';
import { envFileKind, isEncryptedEnv, parseEnv } from '../../server/src/formats/env.ts';
import { ignoringPattern, isIgnored, parseIgnoreFile } from '../../server/src/formats/ignoreFile.ts';
import { outlineOf } from '../../server/src/formats/markdown.ts';

describe('env files', () => {
  const values = (text: string): Record<string, string> =>
    Object.fromEntries(parseEnv(text).entries.map(({ key, value }) => [key, value]));

  test('plain, exported, quoted and commented values', () => {
    const text = 'A=1\nexport B = two words # note\nC="x # y"\nD=\'$e\'\nE=a#b\n# F=6\n\nG=\n';
    expect(values(text)).toEqual({ A: '1', B: 'two words', C: 'x # y', D: '$e', E: 'a#b', G: '' });
    expect(parseEnv(text).commented.map(({ key }) => key)).toEqual(['F']);
    expect(parseEnv(text).problems).toEqual([]);
  });

  test('a quoted value may span lines', () => {
    const text = 'KEY="first\nsecond"\nNEXT=1\n';
    expect(values(text)).toEqual({ KEY: 'first\nsecond', NEXT: '1' });
  });

  test('a quote that swallows the next entry is open', () => {
    const { entries, problems } = parseEnv('KEY="first\nNEXT="1"\n');
    expect(entries.map(({ key }) => key)).toEqual(['KEY', 'NEXT']);
    expect(problems).toEqual([{ kind: 'unclosed-quote', span: { start: 4, end: 10 } }]);
  });

  test('spans point at what is written, with any line break', () => {
    const text = 'A=1\r\nexport TOKEN="t"\r\n';
    const entry = parseEnv(text).entries[1]!;
    expect(text.slice(entry.keySpan.start, entry.keySpan.end)).toBe('TOKEN');
    expect(text.slice(entry.valueSpan.start, entry.valueSpan.end)).toBe('"t"');
    expect(text.slice(entry.lines.start, entry.lines.end)).toBe('export TOKEN="t"\r\n');
  });

  test('lines that are no entries, and scripts', () => {
    expect(parseEnv('A=1\nhello world\nNAME\n').problems.map(({ span }) => span)).toEqual([{ start: 4, end: 15 }]);
    expect(parseEnv('set -a\nA=1\n').script).toBe(true);
  });

  test('what a file is for, by its name', () => {
    expect(envFileKind('.env')).toBe('values');
    expect(envFileKind('deploy/.env.production')).toBe('values');
    expect(envFileKind('.env.local.example')).toBe('example');
    expect(envFileKind('app-sample.env')).toBe('example');
    expect(envFileKind('.env.test')).toBe('test');
    expect(envFileKind('.env.enc')).toBe('encrypted');
    expect(isEncryptedEnv('A="encrypted:BNr2"')).toBe(true);
    expect(isEncryptedEnv('A=1')).toBe(false);
  });
});

describe('ignore files', () => {
  test('patterns with their places', () => {
    expect(parseIgnoreFile('# note\n\n/bin/  \n!keep\n')).toEqual([
      { pattern: '/bin/', span: { start: 8, end: 13 } },
      { pattern: '!keep', span: { start: 16, end: 21 } },
    ]);
  });

  test('a deeper file has the last word', () => {
    const levels = [
      { directory: 'web', patterns: ['!.env'] },
      { directory: '', patterns: ['.env*', '!.env.example'] },
    ];
    expect(isIgnored('.env', levels)).toBe(true);
    expect(isIgnored('.env.example', levels)).toBe(false);
    expect(isIgnored('api/.env', levels)).toBe(true);
    expect(isIgnored('web/.env', levels)).toBe(false);
  });

  test('the pattern that decides', () => {
    expect(ignoringPattern('go.sum', ['*.log', '*.sum', 'tmp/'])).toBe(1);
    expect(ignoringPattern('go.sum', ['*.sum', '!go.sum'])).toBe(-1);
    expect(ignoringPattern('go.sum', ['*.log'])).toBe(-1);
  });
});

describe('outlines', () => {
  const headings = (text: string): string[] =>
    outlineOf(text).headings.map(({ level, text: words }) => `${level} ${words}`);

  test('headings with signs, underlines and tags', () => {
    expect(headings('# One #\n\nTwo\n---\n\n<h3 align="center">Three</h3>\n\n#hashtag\n')).toEqual([
      '1 One',
      '2 Two',
      '3 Three',
    ]);
  });

  test('what stands in a code block is none', () => {
    const outline = outlineOf('# A\n\n```sh\n# not a heading\nmake\n```\n');
    expect(outline.headings).toHaveLength(1);
    expect(outline.codeBlocks).toEqual([{ language: 'sh', text: '# not a heading\nmake' }]);
  });

  test('badges are no prose, links have targets', () => {
    const outline = outlineOf('# A\n\n[![ci](x.svg)](y)\n\nRead the [guide](docs/a.md) first.\n');
    expect(outline.paragraphs).toEqual([{ text: 'Read the guide first.', afterHeading: 0 }]);
    expect(outline.links).toContainEqual({ text: 'guide', target: 'docs/a.md' });
  });
});

describe('commands', () => {
  const found = (text: string): string[] => findCommands(text, /\bgo test\b/g).map((command) => command.text);

  test('a command ends where the next begins', () => {
    expect(found('go test ./... && echo done\n\tgo test -race | tee log\n')).toEqual([
      'go test ./...',
      'go test -race',
    ]);
  });

  test('continued lines belong to it', () => {
    expect(found('go test \\\n  -race \\\n  ./...\nls\n')).toEqual(['go test -race ./...']);
  });

  test('comments, messages and names are none', () => {
    expect(found('# go test\necho "go test"\n- name: go test\n- run: go test ./... # go test\n')).toEqual([
      'go test ./... # go test',
    ]);
    expect(withoutComments('a # b\n  # -race\n')).toBe('a # b\n         \n');
  });
});
