/** Recognises functions that serve requests by the types of their parameters, whatever the framework. */
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { enclosingFunction, isFunction, parametersOf } from '../../languages/go/syntax.ts';

/** Types that only a function which serves a request is given. */
const REQUEST_TYPE =
  /\bhttp\.(?:ResponseWriter|Request)\b|\b\w*http\.ResponseWriter\b|\bgin\.Context\b|\becho\.Context\b|\bfiber\.Ctx\b|\bfasthttp\.RequestCtx\b|\biris\.Context\b|\bapp\.RequestContext\b|\bgrpc\.(?:Unary|Stream)ServerInfo\b|\bbunrouter\.Request\b|\bhttprouter\.Params\b/;

/** Whether a function takes a request, a response writer or a framework's context. */
export function takesRequest(node: GoNode): boolean {
  return isFunction(node) && parametersOf(node).some((parameter) => REQUEST_TYPE.test(parameter.type.text));
}

/** The nearest function around a node that takes a request; null when there is none. */
export function handlerAround(node: GoNode): GoNode | null {
  for (let inner = enclosingFunction(node); inner !== null; inner = enclosingFunction(inner)) {
    if (takesRequest(inner)) return inner;
  }
  return null;
}

/** Types of functions and values that are handlers or wrap them. */
const HANDLER_TYPE =
  /\bhttp\.Handler(?:Func)?\b|\bgin\.HandlerFunc\b|\becho\.(?:HandlerFunc|MiddlewareFunc)\b|\bfiber\.Handler\b|\bmux\.MiddlewareFunc\b|\bgrpc\.(?:Unary|Stream)ServerInterceptor\b/;

/** Whether a function makes or wraps handlers: it returns one, or takes the next one. */
export function makesHandler(node: GoNode): boolean {
  if (!isFunction(node)) return false;
  const result = node.child('result');
  if (result !== null && HANDLER_TYPE.test(result.text)) return true;
  return parametersOf(node).some((parameter) => HANDLER_TYPE.test(parameter.type.text));
}
