/**
 * Reads and writes annotated fixtures. Below a line with a finding stands a comment line with carets under the finding's
 * text, its severity, 💡 when it has a fix, and a part of its message. Columns are visual with tabs of four, so that the
 * carets stand right in an editor. Where carets cannot stand (the first two columns, an empty span), `@ start..end`
 * gives the UTF-16 columns instead. A finding over several lines is annotated on its first line.
 */
import type { Finding } from '../../server/src/core/model/finding.ts';

const TAB = 4;
const ANNOTATION = /^\s*(?:\/\/|#)(\s*)(?:(\^+)|@ (\d+)\.\.(\d+)) (critical|high|medium|low)( 💡)? (.+)$/u;

export interface Annotation {
  /** Line of the cleaned source that the finding is on, zero-based. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly severity: string;
  readonly fix: boolean;
  readonly message: string;
}

function visualColumn(line: string, offset: number): number {
  let column = 0;
  for (let i = 0; i < offset; i++) column = line.charAt(i) === '\t' ? column + TAB - (column % TAB) : column + 1;
  return column;
}

function offsetOfColumn(line: string, wanted: number): number {
  let column = 0;
  let offset = 0;
  while (offset < line.length && column < wanted) {
    column = line.charAt(offset) === '\t' ? column + TAB - (column % TAB) : column + 1;
    offset++;
  }
  return offset;
}

/** Splits a fixture into the source without annotations and the annotations. */
export function parseAnnotated(text: string): { readonly source: string; readonly annotations: readonly Annotation[] } {
  const lines = text.split('\n');
  const kept: string[] = [];
  const annotations: Annotation[] = [];
  for (const line of lines) {
    const match = ANNOTATION.exec(line);
    if (match === null) {
      kept.push(line);
      continue;
    }
    const target = kept[kept.length - 1] ?? '';
    const carets = match[2];
    let start = Number(match[3] ?? 0);
    let end = Number(match[4] ?? 0);
    if (carets !== undefined) {
      const column = visualColumn(line, line.indexOf('^'));
      start = offsetOfColumn(target, column);
      end = offsetOfColumn(target, column + carets.length);
    }
    annotations.push({
      line: kept.length - 1,
      start,
      end,
      severity: match[5]!,
      fix: match[6] !== undefined,
      message: match[7]!.trim(),
    });
  }
  return { source: kept.join('\n'), annotations };
}

/** What a finding says, in the terms of an annotation. */
export function annotationOf(finding: Finding, source: string): Annotation {
  const { start, end } = finding.location.range;
  const line = source.split('\n')[start.line] ?? '';
  return {
    line: start.line,
    start: start.character,
    end: end.line === start.line ? end.character : line.replace(/\r$/, '').length,
    severity: finding.severity,
    fix: finding.fixes.length > 0,
    message: finding.message,
  };
}

/** The source with one annotation line per finding. `comment` starts a comment of the language. */
export function annotate(source: string, findings: readonly Finding[], comment: '//' | '#'): string {
  const lines = source.split('\n');
  const below = new Map<number, string[]>();
  for (const finding of findings) {
    const annotation = annotationOf(finding, source);
    const line = lines[annotation.line] ?? '';
    const column = visualColumn(line, annotation.start);
    const width = visualColumn(line, annotation.end) - column;
    const place =
      width > 0 && column >= comment.length
        ? `${indentTo(comment, column)}${'^'.repeat(width)}`
        : `${comment} @ ${annotation.start}..${annotation.end}`;
    const text = `${place} ${annotation.severity}${annotation.fix ? ' 💡' : ''} ${annotation.message}`;
    below.set(annotation.line, [...(below.get(annotation.line) ?? []), text]);
  }
  return lines.flatMap((line, i) => [line, ...(below.get(i) ?? [])]).join('\n');
}

function indentTo(comment: string, column: number): string {
  let text = comment;
  while (visualColumn(text, text.length) + (TAB - (visualColumn(text, text.length) % TAB)) <= column) text += '\t';
  while (visualColumn(text, text.length) < column) text += ' ';
  return text;
}

/** One line per annotation, for comparison. */
export function describeAnnotation(path: string, annotation: Annotation, message: string): string {
  const { line, start, end, severity, fix } = annotation;
  return `${path}:${line + 1}:${start}..${end} ${severity}${fix ? ' 💡' : ''} ${message}`;
}
