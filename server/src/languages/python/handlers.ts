/**
 * What `except` clauses say of themselves: comments that give a reason, and names of calls that only tidy up. Words alone
 * are read; nothing is resolved.
 */
import type { PythonNode } from './nodes.gen.ts';
import { commentText, leadingComments, statementsOf } from './syntax.ts';

/** Calls that tidy up: when they fail nothing is left to be done. */
export const CLEANUP =
  /^_?(?:a?close\w*|shutdown\w*|stop\w*|cancel\w*|kill\w*|terminate|unlink|remove\w*|rmtree|rmdir|delete\w*|clear\w*|clean\w*|rollback|disconnect\w*|release|quit|exit|abort|wait\w*|join|flush|dispose|unsubscribe|detach|reset\w*|restore\w*|set_?up\w*|print|tear\w*|__exit__|__aexit__)$/i;

/** Comments for tools say nothing to a reader. */
const TOOL_COMMENT = /^(?:noqa|nosec|pylint|type:|pyright|ruff|mypy|pragma|todo\b|fixme\b|xxx\b)/i;

/** Words by which a comment in front of what is tried says that it may fail. */
const MAY_FAIL =
  /\b(?:ok(?:ay)?|fine|optional(?:ly)?|best[- ]effort|ignor\w+|attempt|non-?(?:critical|fatal|blocking)|not (?:critical|fatal|available|supported)|if (?:possible|available|supported|we can)|only (?:present|available|supported|works)|(?:may|might) (?:fail|not|be missing)|(?:never|not|don't|doesn't|shouldn't|mustn't) (?:fail|break|block|crash|care|matter))\b/i;

/** Whether a comment in the handler, behind its last line, or in front of what is tried gives a reason to a reader. */
export function isExplained(handler: PythonNode): boolean {
  const behind = /^[^\r\n]*/.exec(handler.tree.text.slice(handler.end))![0];
  const comments = handler.descendants('comment').map(commentText);
  if (behind.trimStart().startsWith('#')) comments.push(behind.replace(/^\s*#+/, '').trim());
  if (comments.some((text) => text !== '' && !TOOL_COMMENT.test(text))) return true;
  const around = handler.parent?.kind === 'try_statement' ? handler.parent : null;
  const first = around === null ? undefined : statementsOf(around)[0];
  const before = [
    ...(around === null ? [] : leadingComments(around)),
    ...(first === undefined ? [] : leadingComments(first)),
  ];
  return before.some((comment) => MAY_FAIL.test(commentText(comment)));
}

/** From `except` to what it catches, without the colon. */
export function headOfHandler(handler: PythonNode): { readonly start: number; readonly end: number } {
  const value = handler.child('value');
  return { start: handler.start, end: value === null ? handler.start + 'except'.length : value.end };
}
