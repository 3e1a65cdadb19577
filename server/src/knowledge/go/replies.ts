/**
 * How handlers answer: which calls write a response, with which status, into which writer or context. One expression at
 * a time; what helpers of the code base do is told only as far as their arguments show.
 */
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { callArguments, integerLiteralValue, unparenthesized } from '../../languages/go/syntax.ts';
import type { GoTypes } from '../../languages/go/types.ts';
import { plainType } from './frameworks.ts';

const STATUS_CLASSES: Readonly<Record<string, number>> = {
  StatusOK: 2,
  StatusCreated: 2,
  StatusAccepted: 2,
  StatusNoContent: 2,
  StatusMovedPermanently: 3,
  StatusFound: 3,
  StatusSeeOther: 3,
  StatusTemporaryRedirect: 3,
  StatusPermanentRedirect: 3,
  StatusInternalServerError: 5,
  StatusNotImplemented: 5,
  StatusBadGateway: 5,
  StatusServiceUnavailable: 5,
  StatusGatewayTimeout: 5,
  StatusInsufficientStorage: 5,
};

/** First digit of a status that is written as a number or as a constant of a web package; null for everything else. */
export function statusClassOf(expression: GoNode): number | null {
  const inner = unparenthesized(expression);
  const number = integerLiteralValue(inner);
  if (number !== null) return number >= 100 && number < 600 ? Math.floor(number / 100) : null;
  if (inner.kind !== 'selector_expression') return null;
  const name = inner.child('field')?.text ?? '';
  if (!/^Status[A-Z]/.test(name)) return null;
  return STATUS_CLASSES[name] ?? 4;
}

const CONTEXTS: ReadonlySet<string> = new Set([
  'github.com/gin-gonic/gin.Context',
  'github.com/labstack/echo.Context',
  'github.com/gofiber/fiber.Ctx',
]);

/** Whether an expression is the response writer or context that a handler was given. */
export function isResponder(expression: GoNode, types: GoTypes): boolean {
  const type = plainType(types.typeOf(expression));
  return type === 'net/http.ResponseWriter' || (type !== null && CONTEXTS.has(type));
}

export interface Reply {
  /** Text of the writer or context. */
  readonly to: string;
  readonly call: GoNode;
  /** First digit of the status; null when it is not written there. */
  readonly statusClass: number | null;
  /** Whether the call is a whole answer; otherwise it writes a part of one. */
  readonly whole: boolean;
}

const WHOLE_FUNCTIONS: Readonly<Record<string, number>> = {
  'net/http.Error': 2,
  'net/http.NotFound': -1,
  'net/http.Redirect': 3,
  'net/http.ServeFile': -1,
  'net/http.ServeContent': -1,
};
const PART_FUNCTIONS = /^(?:fmt\.Fprint(?:f|ln)?|io\.WriteString)$/;
const CONTEXT_REPLIES =
  /^(?:JSON|IndentedJSON|PureJSON|SecureJSON|AsciiJSON|JSONP|JSONPretty|JSONBlob|String|XML|YAML|HTML|Data|AbortWithStatusJSON|Blob|SendString|Send|Redirect|File|SendFile|NoContent)$/;

/** Names that `replyOf` knows. */
export function isReplyName(name: string): boolean {
  return (
    /^(?:Error|NotFound|Redirect|ServeFile|ServeContent|Fprint(?:f|ln)?|WriteString|Write|WriteHeader|Encode)$/.test(
      name,
    ) || CONTEXT_REPLIES.test(name)
  );
}

/** The answer that a call gives; null for every other call. */
export function replyOf(call: GoNode, types: GoTypes): Reply | null {
  const callee = types.calleeOf(call);
  const values = callArguments(call);
  const [target] = values;
  if (callee.kind === 'package') {
    const id = `${callee.path}.${callee.name}`;
    if (target === undefined || plainType(types.typeOf(target)) !== 'net/http.ResponseWriter') return null;
    if (Object.hasOwn(WHOLE_FUNCTIONS, id)) {
      const status = values[WHOLE_FUNCTIONS[id]!];
      const known = id === 'net/http.NotFound' ? 4 : id === 'net/http.Redirect' ? 3 : null;
      return {
        to: target.text,
        call,
        whole: true,
        statusClass: known ?? (status === undefined ? null : statusClassOf(status)),
      };
    }
    return PART_FUNCTIONS.test(id) ? { to: target.text, call, whole: false, statusClass: null } : null;
  }
  if (callee.kind !== 'method') return null;
  const { receiver, name } = callee;
  const type = plainType(callee.type);
  if (type === 'net/http.ResponseWriter') {
    if (name === 'Write') return { to: receiver.text, call, whole: false, statusClass: null };
    if (name !== 'WriteHeader' || target === undefined) return null;
    return { to: receiver.text, call, whole: false, statusClass: statusClassOf(target) };
  }
  if (name === 'Encode') {
    // `json.NewEncoder(w).Encode(x)`
    const made = unparenthesized(receiver);
    const [writer] = made.kind === 'call_expression' ? callArguments(made) : [];
    const isWriter = writer !== undefined && plainType(types.typeOf(writer)) === 'net/http.ResponseWriter';
    return isWriter ? { to: writer.text, call, whole: false, statusClass: null } : null;
  }
  if (!CONTEXT_REPLIES.test(name)) return null;
  if (type !== null && CONTEXTS.has(type)) {
    return { to: receiver.text, call, whole: true, statusClass: target === undefined ? null : statusClassOf(target) };
  }
  // `c.Status(500).JSON(...)` of fiber.
  const status = unparenthesized(receiver);
  if (status.kind !== 'call_expression') return null;
  const before = types.calleeOf(status);
  if (before.kind !== 'method' || before.name !== 'Status') return null;
  if (plainType(before.type) !== 'github.com/gofiber/fiber.Ctx') return null;
  const code = callArguments(status)[0];
  return { to: before.receiver.text, call, whole: true, statusClass: code === undefined ? null : statusClassOf(code) };
}
