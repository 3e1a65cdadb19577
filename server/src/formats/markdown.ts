/**
 * The outline of a document for readers (Markdown, reStructuredText, plain text): headings, links, code blocks and how
 * much prose stands before the first section. An outline only: inline markup is not parsed.
 */
import type { Span } from '../core/model/location.ts';

export interface Heading {
  /** 1 for the title. In underlined headings the first style that occurs is 1. */
  readonly level: number;
  readonly text: string;
  readonly span: Span;
}

export interface Outline {
  readonly headings: readonly Heading[];
  readonly links: readonly { readonly text: string; readonly target: string }[];
  readonly codeBlocks: readonly { readonly language: string; readonly text: string }[];
  /** Prose outside of headings, code blocks, badges and lists of links, in order, one string a paragraph. */
  readonly paragraphs: readonly { readonly text: string; readonly afterHeading: number }[];
}

const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([\w+-]*)/;
const ATX = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$/;
const HTML_HEADING = /<h([1-6])\b[^>]*>(.*?)<\/h\1>/i;
const UNDERLINE = /^ {0,3}(=+|-{3,}|~{3,}|\^{3,}|\*{3,}|#{3,})[ \t]*$/;
const LINK =
  /\[((?:[^\]\n]|\][^(\n])*)\]\(\s*<?([^)\s>]+)|`([^`\n<]+)<([^>\n]+)>`_|<a\b[^>]*\bhref=["']([^"']+)["'][^>]*>([^<]*)|(https?:\/\/[^\s)>\]"'`]+)/gi;

/** Text of a line without markup that carries no words: images, badges, tags, emphasis. */
function plain(line: string): string {
  return line
    .replace(/\[?!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])\]?(?:\([^)]*\)|\[[^\]]*\])?/g, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/[*_`]+/g, '')
    .trim();
}

/** Reads the outline of a document. */
export function outlineOf(source: string): Outline {
  // A byte order mark counts as a blank, so that offsets stay as they are.
  const text = source.replace(/^\uFEFF/, ' ');
  const headings: Heading[] = [];
  const codeBlocks: { language: string; text: string }[] = [];
  const paragraphs: { text: string; afterHeading: number }[] = [];
  const links: { text: string; target: string }[] = [];
  const styles: string[] = [];
  let fence: { marker: string; language: string; lines: string[] } | null = null;
  let paragraph: string[] = [];
  let indented: string[] = [];
  const flush = (): void => {
    if (paragraph.length > 0) paragraphs.push({ text: paragraph.join(' '), afterHeading: headings.length - 1 });
    if (indented.length > 0) codeBlocks.push({ language: '', text: indented.join('\n') });
    paragraph = [];
    indented = [];
  };
  let previous: { text: string; start: number } | null = null;
  for (const match of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    const line = match[0].replace(/[\r\n]+$/, '');
    const start = match.index;
    if (match[0] === '' && start >= text.length) break;
    if (fence !== null) {
      const close: RegExpExecArray | null = FENCE.exec(line);
      if (close !== null && close[1]!.startsWith(fence.marker) && line.trim() === close[1]) {
        codeBlocks.push({ language: fence.language, text: fence.lines.join('\n') });
        fence = null;
      } else fence.lines.push(line);
      previous = null;
      continue;
    }
    const open = FENCE.exec(line);
    if (open !== null) {
      flush();
      fence = { marker: open[1]!, language: open[2]!.toLowerCase(), lines: [] };
      previous = null;
      continue;
    }
    for (const link of line.matchAll(LINK)) {
      links.push({
        text: plain(link[1] ?? link[3] ?? link[6] ?? ''),
        target: link[2] ?? link[4] ?? link[5] ?? link[7] ?? '',
      });
    }
    const atx = ATX.exec(line);
    const html = atx === null ? HTML_HEADING.exec(line) : null;
    if (atx !== null || html !== null) {
      flush();
      const level = atx !== null ? atx[1]!.length : Number(html![1]);
      headings.push({
        level,
        text: plain(atx !== null ? atx[2]! : html![2]!),
        span: { start, end: start + line.length },
      });
      previous = null;
      continue;
    }
    const underline = UNDERLINE.exec(line);
    if (underline !== null && previous !== null && previous.text.trim() !== '' && paragraph.length === 1) {
      const style = underline[1]!.charAt(0);
      if (!styles.includes(style)) styles.push(style);
      const level = style === '=' ? 1 : style === '-' ? 2 : styles.indexOf(style) + 1;
      paragraph = [];
      flush();
      headings.push({
        level,
        text: plain(previous.text),
        span: { start: previous.start, end: previous.start + previous.text.length },
      });
      previous = null;
      continue;
    }
    if (/^(?: {4}|\t)\S/.test(line) && paragraph.length === 0) {
      indented.push(line.trim());
      previous = null;
      continue;
    }
    const words = plain(line);
    if (words === '') flush();
    else {
      if (indented.length > 0) flush();
      paragraph.push(words);
    }
    previous = { text: line, start };
  }
  if (fence !== null) codeBlocks.push({ language: fence.language, text: fence.lines.join('\n') });
  flush();
  return { headings, links, codeBlocks, paragraphs };
}
