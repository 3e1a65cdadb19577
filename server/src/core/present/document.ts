/**
 * A report as a tree of blocks, and the two ways in which it is written down: Markdown and one HTML page without
 * dependencies. Text is data until it is rendered, so whatever comes from the repository is escaped in one place for each
 * form. It decides nothing about what a report says.
 */
import type { Location } from '../model/finding.ts';
import { encodePath, markdownCell, markdownCode, markdownPlace, markdownText, placeText, plainText } from './text.ts';

export type Inline =
  | string
  | { readonly strong: readonly Inline[] }
  | { readonly code: string }
  | { readonly place: Location }
  /** Markdown by the author of a rule, never of the repository. */
  | { readonly authored: string };

export type Line = readonly Inline[];

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: Line }
  | { readonly kind: 'paragraph'; readonly text: Line }
  /** `checked`: a checklist. */
  | { readonly kind: 'list'; readonly items: readonly Line[]; readonly ordered?: boolean; readonly checked?: boolean }
  | { readonly kind: 'table'; readonly table: Table }
  | {
      readonly kind: 'code';
      readonly language: string;
      readonly lines: readonly string[];
      readonly firstLine: number | null;
    }
  /** Bars with the table that says the same; Markdown shows the table alone. */
  | { readonly kind: 'chart'; readonly title: string; readonly bars: readonly Bar[]; readonly table: Table }
  /** A line of values over time with the table that says the same; Markdown shows the table alone. */
  | { readonly kind: 'trend'; readonly title: string; readonly points: readonly TrendMark[]; readonly table: Table };

export interface Table {
  readonly columns: readonly { readonly title: string; readonly align: 'left' | 'center' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
}

export interface Bar {
  readonly label: string;
  /** 0 to 100; null: there is none. */
  readonly value: number | null;
  readonly text: string;
}

export interface TrendMark {
  readonly label: string;
  /** 0 to 100; null: there is none, and the line is broken. */
  readonly value: number | null;
}

// --- Markdown -------------------------------------------------------------------------------------------------------

/** The document as Markdown, ending in a line break. */
export function toMarkdown(blocks: readonly Block[]): string {
  return `${blocks.map(markdownBlock).join('\n\n')}\n`;
}

function markdownBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${markdownLine(block.text)}`;
    case 'paragraph':
      return markdownLine(block.text);
    case 'list':
      return block.items
        .map((item, index) => {
          const mark =
            block.ordered === true
              ? `${index + 1}.`
              : block.checked === undefined
                ? '-'
                : `- [${block.checked ? 'x' : ' '}]`;
          return `${mark} ${markdownLine(item)}`;
        })
        .join('\n');
    case 'table':
    case 'chart':
    case 'trend':
      return markdownTable(block.table);
    case 'code': {
      const lines = block.lines.map(codeLine);
      const longestRun = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
      const fence = '`'.repeat(longestRun + 1);
      return [`${fence}${block.language}`, ...lines, fence].join('\n');
    }
  }
}

/** A line of code: printable, with its tabs as blanks. */
function codeLine(line: string): string {
  return plainText(line.replaceAll('\t', '    '));
}

function markdownLine(line: Line): string {
  return line.map(markdownInline).join('');
}

function markdownInline(inline: Inline): string {
  // Blanks at the ends join it with what stands beside.
  if (typeof inline === 'string') {
    const [, before = '', text = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inline) ?? [];
    return `${before === '' ? '' : ' '}${text === '' ? '' : markdownText(text)}${after === '' || text === '' ? '' : ' '}`;
  }
  if ('strong' in inline) return `**${markdownLine(inline.strong)}**`;
  if ('code' in inline) return markdownCode(inline.code);
  if ('place' in inline) return markdownPlace(inline.place);
  return inline.authored.replace(/\s+/g, ' ').trim();
}

function markdownTable({ columns, rows }: Table): string {
  const marks = { left: ':--', center: ':-:', right: '--:' } as const;
  return [
    columns.map(({ title }) => title),
    columns.map(({ align }) => marks[align]),
    ...rows.map((row) => row.map(markdownCell)),
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

// --- HTML -----------------------------------------------------------------------------------------------------------

/** The document as one HTML page that loads nothing and runs nothing. */
export function toHtml(title: string, blocks: readonly Block[]): string {
  // The sections are listed behind the title.
  const start = blocks.findIndex((block) => block.kind === 'heading' && block.level === 1) + 1;
  const [page, rest] = [blocks.slice(0, start), blocks.slice(start)];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${page.map(htmlBlock).join('\n')}
${contents(blocks)}${rest.map(htmlBlock).join('\n')}
</main>
</body>
</html>
`;
}

/** Links to the sections, behind the title. */
function contents(blocks: readonly Block[]): string {
  const links = blocks.flatMap((block) =>
    block.kind === 'heading' && block.level === 2
      ? [`<li><a href="#${anchorOf(block.text)}">${htmlLine(block.text)}</a></li>`]
      : [],
  );
  return links.length === 0 ? '' : `<nav aria-label="Sections"><ul>${links.join('')}</ul></nav>\n`;
}

/** Lists with more items are folded behind their first ones. */
const LONG_LIST = 15;
const LIST_START = 10;

function htmlBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level} id="${anchorOf(block.text)}">${htmlLine(block.text)}</h${block.level}>`;
    case 'paragraph':
      return `<p>${htmlLine(block.text)}</p>`;
    case 'list': {
      const tag = block.ordered === true ? 'ol' : 'ul';
      const mark =
        block.checked === undefined ? '' : `<span class="mark">${block.checked ? '✓ passed: ' : '✗ open: '}</span>`;
      const items = block.items.map((item) => `<li>${mark}${htmlLine(item)}</li>`);
      const attributes = block.checked === undefined ? '' : ' class="checks"';
      const whole = (part: readonly string[]): string => `<${tag}${attributes}>\n${part.join('\n')}\n</${tag}>`;
      if (items.length <= LONG_LIST || tag === 'ol') return whole(items);
      const rest = items.slice(LIST_START);
      return `${whole(items.slice(0, LIST_START))}\n<details><summary>${rest.length} more</summary>\n${whole(rest)}\n</details>`;
    }
    case 'table':
      return htmlTable(block.table);
    case 'chart':
      return `<div class="beside">\n<figure>\n${barChart(block.title, block.bars)}\n</figure>\n${htmlTable(block.table)}\n</div>`;
    case 'trend':
      return `<figure>\n${lineChart(block.title, block.points)}\n</figure>\n${htmlTable(block.table)}`;
    case 'code':
      return htmlCode(block);
  }
}

/** Code is a region that the keyboard can scroll. */
function htmlCode({ lines, language, firstLine }: Extract<Block, { kind: 'code' }>): string {
  const shown = lines.map((line, index) => {
    const text = escapeHtml(codeLine(line));
    const number = firstLine === null ? '' : `<span class="line">${firstLine + index}</span> `;
    if (language !== 'diff') return number + text;
    const change = text.startsWith('+') ? 'ins' : text.startsWith('-') ? 'del' : '';
    return change === '' ? text : `<${change}>${text}</${change}>`;
  });
  const label = language === 'diff' ? 'Fix' : 'Code';
  return `<pre tabindex="0" role="group" aria-label="${label}"><code>${shown.join('\n')}</code></pre>`;
}

/** Characters. */
const SHORT_CELL = 21;

function htmlTable({ columns, rows }: Table): string {
  // What is short stays on its line; what is long may be broken.
  const classOf = (index: number): string => {
    const longest = Math.max(0, ...rows.map((row) => row[index]?.length ?? 0));
    return `${columns[index]?.align ?? 'left'}${longest <= SHORT_CELL ? ' short' : ''}`;
  };
  const head = columns
    .map(({ title }, index) => `<th scope="col" class="${classOf(index)}">${escapeHtml(title)}</th>`)
    .join('');
  const body = rows
    .map((cells) => {
      const [first = '', ...others] = cells;
      const rest = others.map((cell, index) => `<td class="${classOf(index + 1)}">${escapeHtml(cell)}</td>`);
      return `<tr><th scope="row" class="${classOf(0)}">${escapeHtml(first)}</th>${rest.join('')}</tr>`;
    })
    .join('\n');
  return `<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}

const ROW = 24;
const LABEL = 240;
const BAR = 180;

/** Horizontal bars. Values stand beside them, so that colour carries no meaning of its own. */
function barChart(title: string, bars: readonly Bar[]): string {
  const height = bars.length * ROW;
  const rows = bars.map(({ label, value, text }, index) => {
    const y = index * ROW;
    const width = value === null ? 0 : Math.round((BAR * value) / 100);
    const short = label.length > 30 ? `${label.slice(0, 29)}…` : label;
    return (
      `<text x="${LABEL - 8}" y="${y + 16}" text-anchor="end">${escapeHtml(short)}</text>` +
      `<rect class="track" x="${LABEL}" y="${y + 5}" width="${BAR}" height="14" rx="2"/>` +
      `<rect class="bar" x="${LABEL}" y="${y + 5}" width="${width}" height="14" rx="2"/>` +
      `<text x="${LABEL + BAR + 8}" y="${y + 16}">${escapeHtml(text)}</text>`
    );
  });
  const total = LABEL + BAR + 75;
  return `<svg viewBox="0 0 ${total} ${height}" role="img" aria-label="${escapeHtml(title)}">${rows.join('')}</svg>`;
}

const CHART_WIDTH = 480;
const CHART_HEIGHT = 170;
/** Space for the labels of the axes: left, and below. */
const AXIS = 36;
const FOOT = 24;
const TOP = 12;

/** Values over time, from 0 to 100, the first and the last point named below. */
function lineChart(title: string, points: readonly TrendMark[]): string {
  const [right, bottom] = [CHART_WIDTH - AXIS, CHART_HEIGHT - FOOT];
  const x = (index: number): number =>
    points.length === 1 ? right : AXIS + Math.round(((right - AXIS) * index) / (points.length - 1));
  const y = (value: number): number => bottom - Math.round(((bottom - TOP) * value) / 100);
  const grid = [0, 50, 100].map(
    (value) =>
      `<line class="grid" x1="${AXIS}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/>` +
      `<text x="${AXIS - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const runs: string[][] = [[]];
  points.forEach(({ value }, index) => {
    if (value === null) runs.push([]);
    else runs.at(-1)!.push(`${x(index)},${y(value)}`);
  });
  const lines = runs.map((run) => (run.length < 2 ? '' : `<polyline points="${run.join(' ')}"/>`));
  const marks = points.map(({ label, value }, index) =>
    value === null
      ? ''
      : `<circle cx="${x(index)}" cy="${y(value)}" r="3.5"><title>${escapeHtml(`${label}: ${value}`)}</title></circle>`,
  );
  const last = points.at(-1);
  const named = [
    `<text x="${AXIS}" y="${CHART_HEIGHT - 6}">${escapeHtml(points[0]?.label ?? '')}</text>`,
    `<text x="${right}" y="${CHART_HEIGHT - 6}" text-anchor="end">${escapeHtml(last?.label ?? '')}</text>`,
    ...(last?.value == null
      ? []
      : [`<text class="value" x="${right + 8}" y="${y(last.value) + 4}">${last.value}</text>`]),
  ];
  return `<svg class="trend" viewBox="0 0 ${CHART_WIDTH} ${CHART_HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${[...grid, ...lines, ...marks, ...named].join('')}</svg>`;
}

function htmlLine(line: Line): string {
  return line.map(htmlInline).join('');
}

function htmlInline(inline: Inline): string {
  if (typeof inline === 'string') return escapeHtml(inline);
  if ('strong' in inline) return `<strong>${htmlLine(inline.strong)}</strong>`;
  if ('code' in inline) return `<code>${escapeHtml(inline.code)}</code>`;
  if ('place' in inline) {
    const line = inline.place.range.start.line + 1;
    return `<a href="${escapeHtml(`./${encodePath(inline.place.path)}#L${line}`)}">${escapeHtml(placeText(inline.place))}</a>`;
  }
  return authoredHtml(inline.authored);
}

/** The little Markdown that rules are written in: code spans and strong text. */
function authoredHtml(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .map((part) => {
      if (/^`.+`$/.test(part)) return `<code>${escapeHtml(part.slice(1, -1))}</code>`;
      if (/^\*\*.+\*\*$/.test(part)) return `<strong>${escapeHtml(part.slice(2, -2))}</strong>`;
      return escapeHtml(part);
    })
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML text or attribute value: printable, and nothing in it is markup. */
export function escapeHtml(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

function anchorOf(line: Line): string {
  const text = line
    .map((inline) => (typeof inline === 'string' ? inline : 'authored' in inline ? inline.authored : ''))
    .join('');
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'section'
  );
}

const STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--muted:#57606a;--back:#fff;--soft:#f3f5f7;--line:#d0d7de;--link:#0550ae;--bar:#0969da;--add:#116329;--del:#a40e26}
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--muted:#9aa5b1;--back:#0d1117;--soft:#161b22;--line:#30363d;--link:#79c0ff;--bar:#4393e6;--add:#7ee787;--del:#ffa198}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.55 system-ui,sans-serif}
main{max-width:72rem;margin:0 auto;padding:1.5rem;overflow-wrap:anywhere}
h1,h2,h3{line-height:1.25;margin:2rem 0 .75rem}
h2{border-bottom:1px solid var(--line);padding-bottom:.3rem}
a{color:var(--link)}
nav ul{columns:18rem;padding-left:1.2rem;margin:0}
code,pre{font:.875em/1.5 ui-monospace,monospace}
code{background:var(--soft);padding:.1em .2em;border-radius:3px}
pre{background:var(--soft);border:1px solid var(--line);border-radius:4px;padding:.75rem;overflow-x:auto}
pre code{background:none;padding:0}
.line{color:var(--muted);user-select:none}
ins,del{text-decoration:none}
ins{color:var(--add)}
del{color:var(--del)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0;font-size:.9375em}
th,td{border:1px solid var(--line);padding:.3rem .6rem;font-weight:400;overflow-wrap:normal}
thead th{background:var(--soft);font-weight:600}
details{margin:.25rem 0 1rem}
summary{cursor:pointer;color:var(--link)}
.short{white-space:nowrap}
.left{text-align:left}.center{text-align:center}.right{text-align:right}
figure{margin:0;flex:1 1 22rem;min-width:0}
svg{width:100%;max-width:32rem;height:auto;font:14px system-ui,sans-serif}
svg text{fill:var(--text)}
.track{fill:var(--soft);stroke:var(--line)}
.bar,circle{fill:var(--bar)}
.grid{stroke:var(--line)}
polyline{fill:none;stroke:var(--bar);stroke-width:2}
.trend{max-width:38rem;font-size:14px}
.value{font-weight:600}
.beside{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start}
.beside .scroll{flex:1 1 auto;min-width:0;max-width:100%}
.checks{list-style:none;padding-left:.5rem}
.mark{color:var(--muted)}
@media print{main{max-width:none}pre{white-space:pre-wrap}details::details-content{content-visibility:visible;height:auto}}
`;
