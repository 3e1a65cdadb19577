/**
 * Python: middleware that parses a body and hands the request on, and functions that decode one body twice. Who checks a
 * signature reads the bytes; what a framework keeps after the first time (`request.json()` of Starlette, `get_json()` of
 * Flask) is parsed once within one request object.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  awaited,
  calledName,
  calledOn,
  classOfMethod,
  decoratorsOf,
  definedName,
  enclosingFunction,
  positionalArguments,
} from '../../../languages/python/syntax.ts';

const SIGNED = /hmac|signature|checksum|digest|sha256/i;
const HANDS_ON = /\bcall_next\(|\bself\.get_response\(|\bself\.app\(/;
const BODY = /^(?:(?:self\.)?(?:request|req))\.(?:body|data|json|get_data|get_json|text|read|content)(?:\(\))?$/;

/** Whether a call gives the parsed body of a request: `await request.json()`, `json.loads(await request.body())`. */
function parsesBody(call: PythonNode, ctx: Parameters<typeof callChain>[1]): boolean {
  const name = calledName(call);
  if (name === 'json') return /^(?:request|req)$/.test(calledOn(call)?.text ?? '');
  if (name !== 'loads' || !/^(?:json|orjson|ujson|simplejson)\.loads$/.test(callChain(call, ctx))) return false;
  const [first] = positionalArguments(call);
  if (first === undefined) return false;
  const value = awaited(first);
  if (BODY.test(value.text) || /^(?:request|req)\.body\.decode\(/.test(value.text)) return true;
  return (
    value.kind === 'identifier' &&
    /^(?:body|raw_body|body_bytes|raw|payload)$/.test(value.text) &&
    readsBody(call, value.text)
  );
}

/** `body = await request.body()` somewhere in the function. */
function readsBody(call: PythonNode, name: string): boolean {
  const owner = enclosingFunction(call);
  return owner !== null && new RegExp(`\\b${name}\\s*=\\s*await\\s+request\\.body\\(\\)`).test(owner.text);
}

function isMiddleware(definition: PythonNode): boolean {
  if (decoratorsOf(definition).some(({ text }) => /\.middleware\(\s*["']http["']\s*\)$/.test(text))) return true;
  const name = definedName(definition);
  return classOfMethod(definition) !== null && (name === 'dispatch' || name === '__call__');
}

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['loads(', '.json()'],
  *check(node, ctx): Iterable<Verdict> {
    const { text } = node;
    if (!/\breq(?:uest)?\b/.test(text) || SIGNED.test(text)) return;
    const calls = node
      .descendants('call')
      .filter((call) => enclosingFunction(call)?.equals(node) === true && /^(?:loads|json)$/.test(calledName(call)));
    const parsing = calls.filter((call) => parsesBody(call, ctx));
    const [first] = parsing;
    if (first === undefined) return;
    if (isMiddleware(node) && HANDS_ON.test(text)) {
      const condition = first.ancestor('if_statement')?.child('condition')?.text ?? '';
      if (/debug|verbose|log_level/i.test(condition)) return;
      yield { kind: 'fail', subject: first.span, message: 'passedOn' };
      return;
    }
    const decoded = parsing.filter((call) => calledName(call) === 'loads');
    const again = decoded.find((call, index) => decoded.slice(0, index).some((other) => isAround(other, call)));
    if (again === undefined) yield { kind: 'pass', subject: first.span };
    else {
      const related = [{ span: decoded[0]!.span, message: 'It was parsed here' }];
      yield { kind: 'fail', subject: again.span, message: 'twice', related };
    }
  },
};

/** Whether the first of two calls with one argument has run when the second one does. */
function isAround(first: PythonNode, second: PythonNode): boolean {
  if (first.child('arguments')?.text !== second.child('arguments')?.text) return false;
  const block = first.ancestor('block');
  return block?.contains(second) === true && first.end <= second.start;
}

export const pythonDetectors: readonly Detector[] = [functions as NodeDetector];
