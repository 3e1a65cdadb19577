/** CODEOWNERS: which pattern decides, and who owns what. */
import { describe, expect, test } from 'vitest';
import { ownersIn, parseOwners } from '../../server/src/knowledge/project/owners.ts';

describe('patterns', () => {
  test.each<readonly [text: string, path: string, owners: readonly string[]]>([
    ['* @all', 'a/b.go', ['@all']],
    ['* @all\n*.go @org/go  dev@example.org', 'a/b.go', ['@org/go', 'dev@example.org']],
    ['*.go @go\n* @all', 'a/b.go', ['@all']],
    ['/build/ @ops', 'build/logs/x.txt', ['@ops']],
    ['/build/ @ops', 'sub/build/x.txt', []],
    ['apps/ @apps', 'x/apps/y.go', ['@apps']],
    ['docs/* @docs', 'docs/a.md', ['@docs']],
    ['docs/* @docs', 'docs/deep/a.md', []],
    ['docs/** @docs', 'docs/deep/a.md', ['@docs']],
    ['**/logs @ops', 'a/logs/x', ['@ops']],
    ['/a\\ b.go @spaces', 'a b.go', ['@spaces']],
    ['* @all\n/apps/github', 'apps/github/x.go', []],
    ['* @all\n!*.go', 'x.go', ['@all']],
    ['# note\n\n* @all # the rest', 'x.go', ['@all']],
    ['[Backend] @back\n/api/\n/api/web/ @web', 'api/x.go', ['@back']],
    ['[Backend] @back\n/api/\n/api/web/ @web', 'api/web/x.go', ['@web']],
    ['^[Optional][2] @opt\n*.md', 'x.md', ['@opt']],
    ['* nobody', 'x.go', []],
  ])('%j for %s', (text, path, owners) => {
    expect(parseOwners(text)(path)).toEqual(owners);
    expect(parseOwners(text.replaceAll('\n', '\r\n'))(path)).toEqual(owners);
  });
});

test('the file in .github comes first, and each folder of a workspace has its own', () => {
  const files: Record<string, string> = {
    'one/.github/CODEOWNERS': '* @first',
    'one/CODEOWNERS': '* @second',
    'two/docs/CODEOWNERS': '/src/ @third',
  };
  const owners = ownersIn((path) => files[path], ['one/', 'two/', 'three/']);
  expect(owners?.('one/x.go')).toEqual(['@first']);
  expect(owners?.('two/src/x.go')).toEqual(['@third']);
  expect(owners?.('three/x.go')).toEqual([]);
  expect(ownersIn(() => undefined)).toBeNull();
});
