/** Calls of Python programs that write log entries. Judged by names and, where they are known, by modules. */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { callChain } from '../../languages/python/chains.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { calledName, calledOn } from '../../languages/python/syntax.ts';

/** Methods of loggers. */
export const LOG_METHODS = /^(?:debug|info|warning|warn|error|exception|critical|fatal|log|trace|success|msg)$/;
const LOGGER = /(?:^|\.)_{0,2}(?:log|logger|logging|_?log|LOG|LOGGER|structlog|loguru)$|(?:logger|_log)$/;

/** Whether a call writes to a log: `logger.info`, `logging.error`, `current_app.logger.warning`. */
export function isLogCall(call: PythonNode, ctx: ChunkContext): boolean {
  const object = calledOn(call);
  if (object === null || !LOG_METHODS.test(calledName(call))) return false;
  const chain = callChain(call, ctx);
  if (/^(?:logging|structlog|loguru)\./.test(chain)) return true;
  const text = object.kind === 'call' ? (object.child('function')?.text ?? '') : object.text;
  return LOGGER.test(text) || /get_?logger$/i.test(text);
}

/** Whether a call is a plain `print`. */
export function isPrint(call: PythonNode): boolean {
  return call.child('function')?.text === 'print';
}

/** Whether a call writes to a log as its words say: a cheap answer where many calls are asked. */
export function mayLog(call: PythonNode): boolean {
  if (!LOG_METHODS.test(calledName(call))) return false;
  const object = calledOn(call);
  return object !== null && object.end - object.start < 60 && LOGGER.test(object.text);
}
