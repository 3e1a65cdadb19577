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

/** Lines of a body that are more than white space and the given comments, which are in order; one may lie in another. */
export function linesOfCode(body: FlatNode, comments: readonly FlatNode[]): number {
  const { text } = body.tree;
  let code = '';
  let from = body.start;
  for (const comment of comments) {
    if (comment.start < from) continue;
    code += text.slice(from, comment.start) + text.slice(comment.start, comment.end).replace(/[^\n]+/g, '');
    from = comment.end;
  }
  code += text.slice(from, body.end);
  return code.match(/\S[^\n]*/g)?.length ?? 0;
}
