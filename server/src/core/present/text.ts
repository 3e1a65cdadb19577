/**
 * Text from the repository (paths, symbol names, messages) made safe for each kind of output, and the few ways in which
 * numbers and places are written. Nothing here decides what is shown.
 *
 * What is hidden or would act is replaced, not dropped, so that a reader sees that something was there.
 */
import type { Location } from '../model/finding.ts';
import type { Minutes } from '../rulekit/effort.ts';

/**
 * Control characters (terminal escapes among them), line separators, lone surrogates, and format characters: those show
 * nothing or, as bidirectional controls, show text in another order than it has.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;
const LINE_BREAK_OR_TAB = /[\t\n\v\f\r\u2028\u2029]+/g;
const REPLACEMENT = '\ufffd';

/** One line of printable text: line breaks and tabs become a space, other unprintable characters U+FFFD. */
export function plainText(text: string): string {
  return text.replace(LINE_BREAK_OR_TAB, ' ').replace(UNPRINTABLE, REPLACEMENT);
}

/**
 * Words that renderers turn into links, mentions, references, emoji, icons or formulas by themselves, and words with
 * brackets, which some renderers still pair into a link when they are escaped.
 */
const ACTIVE_WORD = /[@#$[\]]|:\/\/|www\.|:[\w+-]+:/i;
const MARKUP = /[\\`*_<>&|~]/g;
const BLOCK_START = /^(?:[-+=]|\d+(?=[.)](?: |$)))/;

/**
 * Text as inline Markdown that renders as itself, also at the start of a line. Words that a renderer would link by
 * themselves, or pair into one, are set as code.
 */
export function markdownText(text: string): string {
  const words = plainText(text).trim().split(/ +/);
  const escaped = words.map((word) => (ACTIVE_WORD.test(word) ? markdownCode(word) : word.replace(MARKUP, '\\$&')));
  // A list or heading marker is harmless once its first character is escaped; digits need the escape behind them.
  return escaped.join(' ').replace(BLOCK_START, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`));
}

/** The same for a table cell, where a vertical bar ends the cell even inside a code span. */
export function markdownCell(text: string): string {
  return markdownText(text).replace(/(?<!\\)\|/g, '\\|');
}

/** Text as a Markdown code span, whatever it holds. */
export function markdownCode(text: string): string {
  const code = plainText(text);
  const longestRun = Math.max(0, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  const padding = code === '' || /^[` ]|[` ]$/.test(code) ? ' ' : '';
  return `${fence}${padding}${code}${padding}${fence}`;
}

/**
 * A path of the workspace as a relative URI reference: nothing in it is read as scheme, host, query, fragment or markup.
 */
export function encodePath(path: string): string {
  return path.replace(/^\/+/, '').split('/').map(encodeSegment).join('/');
}

function encodeSegment(segment: string): string {
  const wellFormed = segment.replace(/\p{Surrogate}/gu, REPLACEMENT);
  return encodeURIComponent(wellFormed).replace(
    /[!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** "path:line" with a one-based line, not yet escaped for any output. */
export function placeText(location: Location): string {
  return `${location.path}:${location.range.start.line + 1}`;
}

/** A place as a Markdown link that is relative to the workspace root. */
export function markdownPlace(location: Location): string {
  const line = location.range.start.line + 1;
  return `[${markdownText(placeText(location))}](${encodePath(location.path)}#L${line})`;
}

/** "1 finding", "2,000 findings". */
export function counted(count: number, noun: string): string {
  return `${String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Names in one line, the first few of many. */
export function namesOf(names: readonly string[], shown = 3): string {
  const more = names.length - shown;
  return `${names.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Points of a score, to one decimal. */
export function pointsText(points: number): string {
  return points.toFixed(1);
}

/** A share from 0 to 1 as whole percent, rounded down so that 100 % means all of it. */
export function percentText(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}

/** Orders text by code units: the same on every machine, unlike a locale's order. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const HOUR = 60;
const DAY = 8 * HOUR;

/** A range of effort in the unit that suits its upper end; a day has eight hours. */
export function effortText([least, most]: Minutes): string {
  const [size, unit] = most > 2 * DAY ? [DAY, 'days'] : most > 2 * HOUR ? [HOUR, 'h'] : [1, 'min'];
  const low = Math.round((least / size) * 2) / 2;
  const high = Math.round((most / size) * 2) / 2;
  return low === high ? `${high} ${unit}` : `${low} to ${high} ${unit}`;
}
