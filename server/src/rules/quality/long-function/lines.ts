/** Lines of functions, the same in all languages. */
import type { FlatNode } from '../../../core/syntax/flatTree.ts';

export type Options = {
  /** Lines of code that a Go function may have. */
  readonly maximum: number;
  /** Lines of code that a Python function may have. */
  readonly python?: number;
};

/** Breaks of lines between two offsets. */
export function lineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** Lines of a body that are more than white space and the given comments. */
export function linesOfCode(body: FlatNode, comments: readonly FlatNode[]): number {
  const { text } = body.tree;
  let code = text.slice(body.start, body.end);
  for (const comment of comments) {
    const start = comment.start - body.start;
    const end = comment.end - body.start;
    code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end);
  }
  let lines = 0;
  for (const line of code.split('\n')) if (line.trim() !== '') lines++;
  return lines;
}
