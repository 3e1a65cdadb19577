/** The go.mod reader: every directive with its place, and nothing but silence for what it does not know. */
import { describe, expect, test } from 'vitest';
import { type GoModWord, readGoMod } from '../../server/src/formats/gomod.ts';

const TEXT = `module "example.com/app" // the module

go 1.24.0
toolchain go1.24.10

require github.com/one/a v1.2.3
require (
	github.com/two/b/v2 v2.0.0 // indirect
	\`github.com/three/c\` v0.0.0-20240101000000-abcdefabcdef
)

exclude github.com/bad/d v1.0.0

replace github.com/one/a => ../a
replace (
	github.com/two/b/v2 v2.0.0 => github.com/fork/b/v2 v2.0.1
)
`;

describe.each([
  ['\n', TEXT],
  ['\r\n', TEXT.replaceAll('\n', '\r\n')],
  ['byte order mark', `\uFEFF${TEXT}`],
])('go.mod with %j', (_name, text) => {
  const written = (word: GoModWord | null): string => (word === null ? '' : text.slice(word.start, word.end));
  const mod = readGoMod(text);

  test('module, language version and toolchain', () => {
    expect(mod.module?.text).toBe('example.com/app');
    expect(written(mod.module)).toBe('"example.com/app"');
    expect(written(mod.go)).toBe('1.24.0');
    expect(written(mod.toolchain)).toBe('go1.24.10');
  });

  test('requirements, single and in blocks', () => {
    expect(mod.requirements.map(({ path, version, indirect }) => [path.text, version.text, indirect])).toEqual([
      ['github.com/one/a', 'v1.2.3', false],
      ['github.com/two/b/v2', 'v2.0.0', true],
      ['github.com/three/c', 'v0.0.0-20240101000000-abcdefabcdef', false],
    ]);
    const { span } = mod.requirements[1]!;
    expect(text.slice(span.start, span.end)).toBe('github.com/two/b/v2 v2.0.0');
  });

  test('replacements by folder and by module', () => {
    const [folder, fork] = mod.replacements;
    expect([folder!.path.text, folder!.version, folder!.target.text, folder!.targetVersion]).toEqual([
      'github.com/one/a',
      null,
      '../a',
      null,
    ]);
    expect([fork!.version?.text, fork!.target.text, fork!.targetVersion?.text]).toEqual([
      'v2.0.0',
      'github.com/fork/b/v2',
      'v2.0.1',
    ]);
  });
});

test.each(['', 'module', 'require (', ')', 'replace a =>', 'go', 'module (\n)\n', 'require a'])('bears %j', (text) => {
  const mod = readGoMod(text);
  expect(mod.requirements).toEqual([]);
  expect(mod.replacements).toEqual([]);
});
