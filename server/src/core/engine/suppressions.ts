/**
 * Comments that accept findings: `shipworthy-ignore <rule>: reason [until 2027-01-31]` for a line, with `-block` for the
 * lines that belong to it, with `-file` for the file. What they say is a function of the text alone; whether one has ended
 * depends on the day that the host gives. This file decides what a comment covers, and judges no finding.
 */
import { isDate } from '../model/day.ts';
import type { LanguageId } from '../model/file.ts';
import type { Span } from '../model/location.ts';
import { allowsComments, commentsOf } from '../text/comments.ts';
import { type LineIndex, positionAt } from '../text/lines.ts';

/** The word that a text without suppressions does not hold. */
const WORD = 'shipworthy-ignore';

export const EXPIRED_SUPPRESSION = 'expired-suppression';
export const MALFORMED_SUPPRESSION = 'malformed-suppression';
export const UNUSED_SUPPRESSION = 'unused-suppression';

export type SuppressionScope = 'line' | 'block' | 'file';

export interface SuppressedRule {
  readonly id: string;
  /** What is to be deleted so that the comment no longer names it. */
  readonly removal: Span;
}

export interface Suppression {
  /** From the word to the end of what it says. */
  readonly span: Span;
  /** What is to be deleted so that the comment is gone. */
  readonly removal: Span;
  readonly scope: SuppressionScope;
  readonly rules: readonly SuppressedRule[];
  readonly reason: string;
  /** The last day on which it holds. */
  readonly until: string | null;
  /** Lines that it covers, both included. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/** Keys of the messages of `malformed-suppression`. */
export type SuppressionFault = 'scope' | 'rule' | 'reason' | 'date' | 'unknown' | 'forbidden';

export interface MalformedSuppression {
  readonly span: Span;
  readonly fault: SuppressionFault;
  /** The word that is wrong. */
  readonly word: string;
}

export interface SuppressionReading {
  readonly suppressions: readonly Suppression[];
  readonly malformed: readonly MalformedSuppression[];
}

export const NO_SUPPRESSIONS: SuppressionReading = { suppressions: [], malformed: [] };

/** Whether it is worth reading the comments of the text. */
export function mayHoldSuppressions(text: string): boolean {
  return text.includes(WORD);
}

/** What of a rule decides whether a comment may name it: null for a rule that there is not. */
export type RuleLookup = (id: string) => { readonly suppressible?: boolean } | null;

/** The suppressions of a text. A file is only quoted when it explains them, so the word must begin the comment. */
export function readSuppressions(
  path: string,
  language: LanguageId,
  text: string,
  lines: LineIndex,
  rule: RuleLookup,
): SuppressionReading {
  const suppressions: Suppression[] = [];
  const malformed: MalformedSuppression[] = [];
  const comments = commentsOf(path, language, text);
  const codeLines = lazyCodeLines(text, lines, comments);
  for (const comment of comments) {
    const directive = directiveOf(text, comment);
    if (directive === null) continue;
    const { span, suffix, body } = directive;
    const fault = (word: string, kind: SuppressionFault): void => {
      malformed.push({ span, fault: kind, word });
    };
    if (suffix !== '' && suffix !== '-block' && suffix !== '-file') {
      fault(WORD + suffix, 'scope');
      continue;
    }
    const read = readBody(text, span.start + WORD.length + suffix.length, body, rule);
    if ('fault' in read) {
      fault(read.word, read.fault);
      continue;
    }
    const line = positionAt(lines, comment.start).line;
    const isAlone = text.slice(lines.starts[line]!, comment.start).trim() === '';
    const target = isAlone ? codeLines.next(positionAt(lines, comment.end).line) : line;
    const scope: SuppressionScope = suffix === '' ? 'line' : suffix === '-block' ? 'block' : 'file';
    const [firstLine, lastLine] =
      scope === 'file'
        ? [0, lines.starts.length]
        : scope === 'line'
          ? [isAlone ? target : line, target]
          : [target, codeLines.blockEnd(target)];
    suppressions.push({
      span,
      removal: removalOf(text, comment, isAlone),
      scope,
      rules: read.rules,
      reason: read.reason,
      until: read.until,
      firstLine,
      lastLine,
    });
  }
  return { suppressions, malformed };
}

/** Whether a finding of the rule at that line is covered. */
export function covers(suppression: Suppression, ruleId: string, line: number): boolean {
  return (
    suppression.firstLine <= line && line <= suppression.lastLine && suppression.rules.some(({ id }) => id === ruleId)
  );
}

/** Whether it holds on that day. */
export function isExpired({ until }: Pick<Suppression, 'until'>, today: string | null): boolean {
  return until !== null && today !== null && today > until;
}

/** A comment that accepts findings, up to its reason; null where the language has no comments. */
export function suppressionComment(
  path: string,
  language: LanguageId,
  ruleId: string,
  scope: SuppressionScope,
): string | null {
  if (!allowsComments(path, language)) return null;
  const text = `${WORD}${scope === 'line' ? '' : `-${scope}`} ${ruleId}: `;
  for (const [open, close] of [
    ['// ', ''],
    ['# ', ''],
    ['<!-- ', ' -->'],
    ['-- ', ''],
    ['; ', ''],
  ] as const) {
    const line = open + text + close;
    const [comment] = commentsOf(path, language, line);
    if (comment?.start === 0 && comment.end === line.length) return line;
  }
  return null;
}

interface Directive {
  readonly span: Span;
  readonly suffix: string;
  /** What stands behind the word. */
  readonly body: string;
}

/** The directive that a comment begins with. */
function directiveOf(text: string, comment: Span): Directive | null {
  const content = text.slice(comment.start, comment.end);
  const match = /^(?:\/\/|\/\*|<!--|--|#|;)[/*!#;-]*[ \t]*(shipworthy-ignore)(?![\w])([-\w]*)([^\r\n]*)/.exec(content);
  if (match === null) return null;
  const body = match[3]!.replace(/\s*(?:\*\/|-->)\s*$/, '').trimEnd();
  const start = comment.start + match[0].indexOf(WORD);
  const end = start + WORD.length + match[2]!.length + body.length;
  return { span: { start, end }, suffix: match[2]!, body };
}

type Body =
  | { readonly rules: readonly SuppressedRule[]; readonly reason: string; readonly until: string | null }
  | { readonly fault: SuppressionFault; readonly word: string };

function readBody(text: string, offset: number, body: string, rule: RuleLookup): Body {
  const colon = body.indexOf(':');
  const names = colon < 0 ? body : body.slice(0, colon);
  const rules = readRules(text, offset, names);
  if (rules.length === 0) return { fault: 'rule', word: names.trim() };
  for (const { id } of rules) {
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id)) return { fault: 'rule', word: id };
    const known = rule(id);
    if (known === null) return { fault: 'unknown', word: id };
    if (known.suppressible === false) return { fault: 'forbidden', word: id };
  }
  const said = colon < 0 ? '' : body.slice(colon + 1).trim();
  const end = /(?:^|\s)\[?until\s+(\d\S*?)\]?\.?$/.exec(said);
  const reason = (end === null ? said : said.slice(0, end.index)).trim();
  if (reason === '') return { fault: 'reason', word: rules[0]!.id };
  if (end !== null && !isDate(end[1]!)) return { fault: 'date', word: end[1]! };
  return { rules, reason, until: end === null ? null : end[1]! };
}

/** The rules that are named, each with what is deleted when only it is to go: its comma goes with it. */
function readRules(text: string, offset: number, names: string): readonly SuppressedRule[] {
  const parts: { readonly id: string; readonly start: number; readonly end: number }[] = [];
  let at = offset;
  for (const part of names.split(',')) {
    parts.push({ id: part.trim(), start: at, end: at + part.length });
    at += part.length + 1;
  }
  if (names.trim() === '') return [];
  return parts.map(({ id, start, end }, index) => {
    const isLast = index === parts.length - 1;
    const blank = text.slice(start, end).length - text.slice(start, end).trimStart().length;
    const removal =
      isLast && index > 0 ? { start: start - 1, end } : { start: start + blank, end: end + (isLast ? 0 : 1) };
    // The space behind a comma belongs to the next name.
    const next = parts[index + 1];
    const gap = next === undefined ? 0 : text.slice(next.start, next.end).search(/\S|$/);
    return { id, removal: isLast ? removal : { start: removal.start, end: removal.end + gap } };
  });
}

/** The comment with its line, when nothing else stands there; else with the blanks before it. */
function removalOf(text: string, comment: Span, isAlone: boolean): Span {
  let start = comment.start;
  while (start > 0 && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
  if (!isAlone) return { start, end: comment.end };
  const rest = /^[ \t]*(\r\n|\n|\r|$)/.exec(text.slice(comment.end, comment.end + 200));
  return rest === null ? { start: comment.start, end: comment.end } : { start, end: comment.end + rest[0].length };
}

interface CodeLines {
  /** The first line behind `line` that holds more than comments; the last line when there is none. */
  next(line: number): number;
  /** The last line that belongs to what begins at `line`: what is indented more, and the brackets that close it. */
  blockEnd(line: number): number;
}

function lazyCodeLines(text: string, { starts }: LineIndex, comments: readonly Span[]): CodeLines {
  const textOf = (line: number): string => text.slice(starts[line], starts[line + 1] ?? text.length);
  /** The line without its comments. */
  const codeOf = (line: number): string => {
    const start = starts[line]!;
    const end = starts[line + 1] ?? text.length;
    let code = '';
    let at = start;
    for (const comment of comments) {
      if (comment.end <= at || comment.start >= end) continue;
      code += text.slice(at, Math.max(at, comment.start));
      at = Math.max(at, comment.end);
    }
    return code + text.slice(at, Math.max(at, end));
  };
  const indentOf = (line: number): number => textOf(line).search(/\S|$/);
  return {
    next(line) {
      for (let at = line + 1; at < starts.length; at++) if (codeOf(at).trim() !== '') return at;
      return starts.length - 1;
    },
    blockEnd(line) {
      const indent = indentOf(line);
      // Some formatters do not indent what a switch chooses among.
      const inside = /\b(?:switch|select)\b/.test(textOf(line)) ? /^(?:case|default)\b/ : null;
      let last = line;
      for (let at = line + 1; at < starts.length; at++) {
        const content = textOf(at).trim();
        if (content === '') continue;
        const isCloser = /^[)\]}]|^<\/|^end\b/.test(content) || inside?.test(content) === true;
        if (indentOf(at) < indent || (indentOf(at) === indent && !isCloser)) break;
        last = at;
        if (indentOf(at) === indent && !/[([{:]$|=>$/.test(codeOf(at).trim()) && inside?.test(content) !== true) break;
      }
      return last;
    },
  };
}
