/**
 * What `except` clauses say of themselves: comments that give a reason, and names of calls that only tidy up. Words alone
 * are read; nothing is resolved.
 */
import type { PythonNode } from './nodes.gen.ts';
import { commentText } from './syntax.ts';

/** Calls that tidy up: when they fail nothing is left to be done. */
export const CLEANUP =
  /^_?(?:a?close\w*|shutdown\w*|stop\w*|cancel\w*|kill\w*|terminate|unlink|remove\w*|rmtree|rmdir|delete\w*|clear\w*|clean\w*|rollback|disconnect\w*|release|quit|exit|abort|wait\w*|join|flush|dispose|unsubscribe|detach|reset\w*|restore\w*|set_?up\w*|print|tear\w*|__exit__|__aexit__)$/i;

/** Comments for tools say nothing to a reader. */
const TOOL_COMMENT = /^(?:noqa|nosec|pylint|type:|pyright|ruff|mypy|pragma|todo\b|fixme\b|xxx\b)/i;

/** Whether a comment in the handler, or behind its last line, says something to a reader. */
export function isExplained(handler: PythonNode): boolean {
  const behind = /^[^\r\n]*/.exec(handler.tree.text.slice(handler.end))![0];
  const comments = handler.descendants('comment').map(commentText);
  if (behind.trimStart().startsWith('#')) comments.push(behind.replace(/^\s*#+/, '').trim());
  return comments.some((text) => text !== '' && !TOOL_COMMENT.test(text));
}

/** From `except` to what it catches, without the colon. */
export function headOfHandler(handler: PythonNode): { readonly start: number; readonly end: number } {
  const value = handler.child('value');
  return { start: handler.start, end: value === null ? handler.start + 'except'.length : value.end };
}
