/** Response headers as handlers of every framework set them. Looks at single calls, never at what a response is. */
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { callArguments, calledName, stringLiteralValue } from '../../languages/go/syntax.ts';

/** Methods that set a header: of `http.Header`, and of the contexts of web frameworks. */
export const SETS_HEADER = /^(?:Set|Add|Header|SetHeader|AddHeader|WithHeader|SetResponseHeader)$/;

export interface HeaderWrite {
  readonly name: string;
  readonly value: GoNode;
}

/** Names that frameworks give to headers as constants: `echo.HeaderXFrameOptions`. */
function constantName(node: GoNode): string | null {
  const name = node.kind === 'selector_expression' ? (node.child('field')?.text ?? '') : node.text;
  const match = /^[hH]eader((?:[A-Z][a-z]*)+)$/.exec(name);
  return match === null ? null : match[1]!.replace(/(?!^)([A-Z])/g, '-$1').replace(/C-O-R-S/, 'CORS');
}

/** The header that a call sets; null for other calls, also for those that write headers of requests. */
export function headerWrite(call: GoNode): HeaderWrite | null {
  const values = callArguments(call);
  if (values.length !== 2 || !SETS_HEADER.test(calledName(call))) return null;
  const receiver = call.child('function')?.child('operand')?.text ?? '';
  if (
    /^(?:req|request|r|httpReq|outReq|proxyReq)\.Header$/i.test(receiver) ||
    /Request\(?\)?\.Header\(?\)?$/.test(receiver)
  )
    return null;
  const name = stringLiteralValue(values[0]!) ?? constantName(values[0]!);
  return name === null || !/^[\w-]+$/.test(name) ? null : { name: name.toLowerCase(), value: values[1]! };
}
