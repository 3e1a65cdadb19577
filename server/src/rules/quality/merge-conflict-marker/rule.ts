/**
 * Conflict markers that git left in a file. Works on the bare text of any file, line by line; it never tries to parse
 * what stands between the markers. A file passes once, whatever its size: the finding is about the file's state, and
 * the critical severity, not the share of clean files, is what makes one open conflict count.
 */
import type { Span } from '../../../core/model/location.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';

/** A line without its line break; `next` is the offset behind the line break. */
interface Line extends Span {
  readonly next: number;
  readonly text: string;
}

type Marker = 'current' | 'base' | 'middle' | 'incoming';

interface MarkedLine extends Line {
  readonly marker: Marker;
}

/** The markers that belong together; a complete hunk has at least `current`, `middle` and `incoming`, in that order. */
interface Hunk {
  readonly lines: readonly MarkedLine[];
  readonly complete: boolean;
}

const MARKERS: readonly (readonly [Marker, RegExp])[] = [
  ['current', /^<{7}(?: .*)?$/],
  ['base', /^\|{7}(?: .*)?$/],
  ['middle', /^={7}$/],
  ['incoming', /^>{7}(?: .*)?$/],
];

function markerOf(text: string): Marker | null {
  return MARKERS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

/** The lines of the text that look like a marker. A byte order mark does not hide the first one. */
function markedLines(text: string): MarkedLine[] {
  const found: MarkedLine[] = [];
  const pattern = /^\uFEFF?([<|=>])\1{6}(?: .*)?$/gm;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const start = match[0].startsWith('\uFEFF') ? match.index + 1 : match.index;
    const content = match[0].slice(start - match.index);
    const marker = markerOf(content);
    if (marker === null) continue;
    const end = start + content.length;
    const lineBreak = text.startsWith('\r\n', end) ? 2 : Math.min(1, text.length - end);
    found.push({ start, end, next: end + lineBreak, text: content, marker });
  }
  return found;
}

/** A marker by itself is taken for one only with the name that git writes behind it. */
function isLabelled(line: MarkedLine): boolean {
  return /^.{7} \S/.test(line.text);
}

/**
 * Joins markers to hunks. A line of equal signs means something only inside an open hunk, so that rulers and headings
 * are never taken for a marker.
 */
function hunksOf(lines: readonly MarkedLine[]): Hunk[] {
  const hunks: Hunk[] = [];
  let open: MarkedLine[] = [];
  const close = (complete: boolean): void => {
    if (complete || open.some(isLabelled)) hunks.push({ lines: open, complete });
    open = [];
  };
  for (const line of lines) {
    const seen = (marker: Marker): boolean => open.some((other) => other.marker === marker);
    switch (line.marker) {
      case 'current':
        if (open.length > 0) close(false);
        open.push(line);
        break;
      case 'base':
        if (seen('base') || seen('middle')) close(false);
        open.push(line);
        break;
      case 'middle':
        if (open.length > 0 && !seen('middle')) open.push(line);
        break;
      case 'incoming': {
        const complete = seen('current') && seen('middle');
        open.push(line);
        close(complete);
        break;
      }
    }
  }
  if (open.length > 0) close(false);
  return hunks;
}

/** Whether a quoted reply of an e-mail may look like the marker: prose that is marked seven times. */
function isQuotation(hunk: Hunk): boolean {
  const [line] = hunk.lines;
  return hunk.lines.length === 1 && line!.marker === 'incoming' && /^.{7} \S+ \S/.test(line!.text);
}

/** Spans of fenced code blocks in Markdown. */
function fences(text: string): Span[] {
  const spans: Span[] = [];
  let open: { readonly start: number; readonly fence: string } | null = null;
  for (const match of text.matchAll(/^ {0,3}(`{3,}|~{3,})(.*)$/gm)) {
    const fence = match[1]!;
    if (open === null) open = { start: match.index, fence };
    else if (fence[0] === open.fence[0] && fence.length >= open.fence.length && match[2]!.trim() === '') {
      spans.push({ start: open.start, end: match.index });
      open = null;
    }
  }
  return spans;
}

const STRINGS_WITH_LINES: Readonly<Record<string, RegExp>> = {
  go: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(`[^`]*`)/g,
  js: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(`(?:[^`\\]|\\[\s\S])*`)/g,
  py: /("""[\s\S]*?"""|'''[\s\S]*?''')|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
};

function stringKind(path: string): RegExp | undefined {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  const kind = /^[cm]?[jt]sx?$/.test(extension) ? 'js' : extension;
  return STRINGS_WITH_LINES[kind];
}

/** Where a marker at the start of a line can be meant: code blocks of Markdown, strings that span lines. */
function quotedSpans(path: string, language: string, text: string): Span[] {
  if (language === 'markdown') return fences(text);
  const strings = stringKind(path);
  if (strings === undefined) return [];
  return [...text.matchAll(strings)]
    .filter((match) => match[1] !== undefined)
    .map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

function isInside(hunk: Hunk, spans: readonly Span[]): boolean {
  const start = hunk.lines[0]!.start;
  const end = hunk.lines.at(-1)!.end;
  return spans.some((span) => span.start <= start && end <= span.end);
}

function labelOf(line: MarkedLine): string {
  const label = line.text.slice(8).trim();
  return label === '' ? '' : ` (${label})`;
}

function fixesOf(text: string, hunk: Hunk): readonly Fix[] {
  if (!hunk.complete) {
    return [
      {
        title: hunk.lines.length === 1 ? 'Delete the marker' : 'Delete the markers and keep all that stands between',
        safety: 'suggestion',
        edits: hunk.lines.map((line) => ({
          kind: 'replace',
          span: { start: line.start, end: line.next },
          newText: '',
        })),
      },
    ];
  }
  const find = (marker: Marker): MarkedLine => hunk.lines.find((line) => line.marker === marker)!;
  const [current, middle, incoming] = [find('current'), find('middle'), find('incoming')];
  const base = hunk.lines.find((line) => line.marker === 'base') ?? middle;
  const ours = text.slice(current.next, base.start);
  const theirs = text.slice(middle.next, incoming.start);
  const accept = (title: string, newText: string): Fix => ({
    title,
    safety: 'suggestion',
    edits: [{ kind: 'replace', span: { start: current.start, end: incoming.next }, newText }],
  });
  return [
    accept(`Accept the current change${labelOf(current)}`, ours),
    accept(`Accept the incoming change${labelOf(incoming)}`, theirs),
    accept('Accept both changes', ours + theirs),
  ];
}

const conflicts: TextDetector = {
  text: true,
  *check(text, ctx): Iterable<Verdict> {
    const { path, language } = ctx.file;
    const prose = language === 'markdown' || language === 'text';
    const hunks = hunksOf(markedLines(text)).filter((hunk) => !(prose && isQuotation(hunk)));
    // A file that only quotes conflicts is about them; once one stands outside, quotes and fences prove nothing.
    const quoted = hunks.length === 0 ? [] : quotedSpans(path, language, text);
    if (hunks.every((hunk) => isInside(hunk, quoted))) {
      yield { kind: 'pass', subject: { start: 0, end: 0 } };
      return;
    }
    for (const hunk of hunks) {
      const { start, end } = hunk.lines[0]!;
      yield {
        kind: 'fail',
        subject: { start, end },
        message: hunk.complete ? 'conflict' : 'leftover',
        fixes: fixesOf(text, hunk),
      };
    }
  },
};

export const rule = defineRule({
  id: 'merge-conflict-marker',
  title: 'Unresolved merge conflict',
  category: 'quality',
  severity: 'critical',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A file holds the marker lines that git writes when it cannot merge: `<<<<<<<`, `=======` and `>>>>>>>` at the start of a line. Each conflict is reported once, at its first marker; a marker that has lost its partners is reported too.',
    why: 'Code with markers does not compile, and configuration with markers does not load. Even where the file still opens, as in documentation, nobody has decided which of the two versions is true.',
    howToFix:
      'Compare the two sides, keep what is right and delete the three marker lines; then build and test. The fixes keep the current side, the incoming side, or both in that order.',
    refs: ['git-merge(1), "How conflicts are presented"'],
  },
  messages: {
    conflict: 'This merge conflict is unresolved; keep one side, or join both, and delete the markers.',
    leftover: 'This conflict marker was left behind; check what was merged here, then delete the line.',
  },
  effort: { each: [5, 60] },
  suppressible: false,
  fix: 'always',
  // A conflict breaks tests and generated code as well; examples may show one on purpose.
  roles: ['production', 'test', 'generated'],
  on: { any: [conflicts] },
});
