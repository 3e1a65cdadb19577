/**
 * Recognises calls that write to a log, of any library, by their name and what they are called on. It resolves nothing:
 * a method `Info` of something that is no logger by its name is no log call.
 */
import type { GoHeader } from '../../languages/go/header.ts';
import { importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { calledExpression, calledName, syntaxChildren } from '../../languages/go/syntax.ts';

/** Names of functions and methods that write a message. */
export const LOGS =
  /^(?:(?:Print|Fatal|Panic|Debug|Info|Warn|Warning|Error|Trace|Notice|Critical|Crit|Log|Exit)(?:f|ln|w|s|S|ctx|Ctx|Context|Depth|Attrs|_?With\w*)?|Msg|Msgf|Send|Output|LogIf|LogOnceIf|LogAlwaysIf)$/;

const LOGGER = /log|sugar|zap|slog|klog|glog|zerolog|^l$/i;

/** Whether a call writes to a log. */
export function isLogCall(call: GoNode): boolean {
  if (call.kind !== 'call_expression' || !LOGS.test(calledName(call))) return false;
  const callee = calledExpression(call);
  if (callee?.kind !== 'selector_expression') return /^log/i.test(callee?.text ?? '');
  const operand = callee.child('operand');
  if (operand === null) return false;
  // Of `zerolog.Ctx(ctx).Info().Str("a", b)` the beginning tells.
  return LOGGER.test(operand.text.slice(0, 60)) && !/^(?:errors?|fmt|t|b|http)$/.test(operand.text);
}

/** Whether a call prints to the standard output. */
export function isPrintCall(call: GoNode, header: GoHeader): boolean {
  const callee = calledExpression(call);
  const operand = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
  return (
    operand?.kind === 'identifier' &&
    importedPath(header, operand.text) === 'fmt' &&
    /^Print(?:f|ln)?$/.test(callee!.child('field')?.text ?? '')
  );
}

/** Whether a statement only tells a log, or a person at the terminal, something. */
export function isLogStatement(statement: GoNode, header: GoHeader): boolean {
  if (statement.kind !== 'expression_statement') return false;
  const [expression] = syntaxChildren(statement);
  return (
    expression?.kind === 'call_expression' &&
    !/^(?:Fatal|Panic|Exit)/.test(calledName(expression)) &&
    (isLogCall(expression) || isPrintCall(expression, header))
  );
}
