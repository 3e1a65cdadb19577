/** Text of the repository stays text: in Markdown as real renderers see it, in URIs, in one printable line. */
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import {
  counted,
  encodePath,
  markdownCell,
  markdownCode,
  markdownPlace,
  markdownText,
  percentText,
  placeText,
  plainText,
} from '../../server/src/core/present/text.ts';
import { at, PAYLOADS } from './sampleAudit.ts';

/** As permissive as renderers come: raw HTML passes, bare addresses become links. */
const markdownIt = new MarkdownIt({ html: true, linkify: true, typographer: false });
const renderers = {
  'markdown-it': (markdown: string) => markdownIt.render(markdown),
  marked: (markdown: string) => marked.parse(markdown, { async: false, gfm: true }),
};

/** Anything that a browser or terminal would not show as that very character. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u;

/** The visible text of rendered HTML, and the tags that it has. */
function parts(html: string): { text: string; tags: string[] } {
  const tags = [...html.matchAll(/<\/?([a-z][a-z0-9]*)[^>]*>/gi)].map(([, name]) => (name ?? '').toLowerCase());
  const text = html
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
  return { text, tags };
}

const visible = (text: string) => plainText(text).replace(/\s+/g, ' ').trim();

describe.each(Object.entries(renderers))('rendered by %s', (_, render) => {
  test.each(PAYLOADS)('%j is text at the start of a line, in a list, and in a sentence', (payload) => {
    const contexts = [
      ['', ''],
      ['- ', ''],
      ['Found ', ' here.'],
    ] as const;
    for (const [before, after] of contexts) {
      const { text, tags } = parts(render(`${before}${markdownText(payload)}${after}`));
      expect(text).toBe(visible(`${before.replace('- ', '')}${payload}${after}`));
      expect(tags.filter((tag) => !['p', 'code', 'ul', 'li'].includes(tag))).toEqual([]);
    }
  });

  test.each(PAYLOADS)('%j is text in a code span', (payload) => {
    const { text, tags } = parts(render(`x ${markdownCode(payload)} y`));
    expect(text).toBe(visible(`x ${payload} y`));
    expect(new Set(tags)).toEqual(new Set(['p', 'code']));
  });

  test.each(PAYLOADS)('%j stays within its table cell', (payload) => {
    const html = render(`| a | b |\n| - | - |\n| ${markdownCell(payload)} | end |`);
    const cells = [...html.matchAll(/<td>([\s\S]*?)<\/td>/g)].map(([, cell]) => parts(cell ?? ''));
    expect(cells.map(({ text }) => text)).toEqual([visible(payload), 'end']);
    expect(cells[0]?.tags.filter((tag) => tag !== 'code')).toEqual([]);
  });

  test.each(PAYLOADS)('a file named %j is linked as itself', (payload) => {
    const html = render(markdownPlace(at(`dir/${payload}`, 4)));
    const hrefs = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href ?? '');
    expect(hrefs).toHaveLength(1);
    expect(hrefs[0]).toMatch(/^dir\/[\w.%-]*(\/[\w.%-]*)*#L5$/);
    expect(parts(html).tags.filter((tag) => !['p', 'a', 'code'].includes(tag))).toEqual([]);
    // One renderer drops backslashes of code inside a link's text, which changes what is read but not what acts.
    const withoutBackslashes = (text: string) => text.replaceAll('\\', '');
    const shown = visible(placeText(at(`dir/${payload}`, 4)));
    expect(withoutBackslashes(parts(html).text)).toBe(withoutBackslashes(shown));
  });

  test('random text is text', () => {
    const piece = fc.constantFrom(
      ...'\\`*_[]()<>#+-=.!|~&$:@/^"\' \n\taz19',
      '](',
      '![',
      '```',
      '~~',
      '://',
      '](<',
      '<a',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const payload = pieces.join('');
        const { text, tags } = parts(render(`x\n\n${markdownText(payload)}`));
        expect(tags.filter((tag) => tag !== 'p' && tag !== 'code')).toEqual([]);
        expect(text.replace(/\s/g, '')).toBe(`x${visible(payload).replace(/\s/g, '')}`);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('one line of printable text', () => {
  test.each(PAYLOADS)('%j', (payload) => {
    expect(plainText(payload)).not.toMatch(HIDDEN);
  });

  test('shows that something was there, and keeps letters of every script and emoji', () => {
    expect(plainText('a\u001b[31mb\u202ec\r\nd')).toBe('a\ufffd[31mb\ufffdc d');
    expect(plainText('größe 名前 🚀')).toBe('größe 名前 🚀');
  });
});

describe('paths as URIs', () => {
  test.each([
    ['a/b.go', 'a/b.go'],
    ['a b/c#d?e%f.go', 'a%20b/c%23d%3Fe%25f.go'],
    ['javascript:alert(1)', 'javascript%3Aalert%281%29'],
    ['app/(group)/[id]/page.go', 'app/%28group%29/%5Bid%5D/page.go'],
    ['größe/名.go', 'gr%C3%B6%C3%9Fe/%E5%90%8D.go'],
    ['//host/path', 'host/path'],
    ['back\\slash', 'back%5Cslash'],
    ["it's!*~", 'it%27s%21%2A%7E'],
    ['lone\ud800', 'lone%EF%BF%BD'],
  ])('%j', (path, uri) => {
    expect(encodePath(path)).toBe(uri);
  });

  test('well-formed paths come back from their URI', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        expect(encodePath(path)).toMatch(/^[\w.%/-]*$/);
        expect(decodeURIComponent(encodePath(path))).toBe(path.replace(/^\/+/, ''));
      }),
    );
  });
});

test('counts and shares', () => {
  expect([counted(0, 'file'), counted(1, 'file'), counted(2, 'file')]).toEqual(['0 files', '1 file', '2 files']);
  expect([percentText(1), percentText(0.9999), percentText(0.29), percentText(0)]).toEqual([
    '100 %',
    '99 %',
    '29 %',
    '0 %',
  ]);
});
