/** Python: tokens, passwords, keys and codes from the `random` module or the clock. Names decide what must not be guessed. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import { calledName, definedName, enclosingFunction } from '../../../languages/python/syntax.ts';

const DRAWS =
  /^(?:random\.(?:random|randint|randrange|choice|choices|sample|getrandbits|randbytes|uniform|shuffle)|random\.Random\(\)\.\w+|numpy\.random\.\w+)$/;
const VERBS = /^(?:generate|gen|new|create|make|random|rand|get|build|issue|mint|next|set|init)$/;
const TAILS = new Set(['token', 'salt', 'otp', 'csrf', 'captcha', 'sid', 'passcode', 'nonce']);
const CODES =
  /^(?:verification|verify|auth|authorization|invite|invitation|reset|activation|sms|login|recovery|confirm|access)$/;
/** Tokens of texts and things of games. */
const HARMLESS =
  /test|mock|fake|sample|seed|demo|example|game|simulat|bench|augment|train|dataset|model|tokeniz|faker|factory/i;

function isUnguessable(name: string): boolean {
  const words = wordsOf(name).filter((word) => !VERBS.test(word));
  while (words.length > 1 && /^(?:string|str|bytes|hex|value|buf)$/.test(words.at(-1)!)) words.pop();
  const last = words.at(-1) ?? '';
  if (words.length === 0) return false;
  if (TAILS.has(last)) return words.length < 4;
  if (last === 'code') return words.length > 1 && CODES.test(words.at(-2)!);
  const kind = secretNameOf(words.join('_'));
  return kind === 'password' || kind === 'secret';
}

const draws: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['random', 'choice', 'randint', 'randrange', 'sample', 'getrandbits', 'shuffle', 'uniform'],
  calls: (name) =>
    /^(?:random|randint|randrange|choice|choices|sample|getrandbits|randbytes|uniform|shuffle|integers)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const { path } = ctx.file;
    if (!DRAWS.test(callChain(node, ctx)) || HARMLESS.test(path)) return;
    const owner = enclosingFunction(node);
    const ownerName = owner === null ? '' : definedName(owner);
    if (HARMLESS.test(ownerName)) return;
    const assignment = node.ancestor('assignment', 'function_definition', 'keyword_argument', 'pair');
    let target = '';
    if (assignment?.kind === 'assignment') {
      const left = assignment.child('left');
      target = left?.kind === 'attribute' ? (left.child('attribute')?.text ?? '') : (left?.text ?? '');
    } else if (assignment?.kind === 'keyword_argument') target = assignment.child('name')?.text ?? '';
    else if (assignment?.kind === 'pair') target = stringValue(assignment.child('key') ?? node) ?? '';
    // The length of a token, and the choice among several, tell nothing about it.
    if (/sleep|delay|wait|jitter|retry|index|idx|select|pick/i.test(`${target} ${ownerName}`)) return;
    const isReturned = node.ancestor('return_statement') !== null;
    const name =
      /^\w+$/.test(target) && isUnguessable(target)
        ? target
        : (isReturned || /^(?:chars|letters|result|value|s|code)$/.test(target)) && isUnguessable(ownerName)
          ? ownerName
          : null;
    // Numbers that a protocol calls salt.
    if (name === null || (/salt/i.test(name) && calledName(node) === 'randint')) return;
    yield { kind: 'fail', subject: node.span, message: 'module', args: { name } };
  },
};

const secure: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['secrets.', 'token_', 'SystemRandom', 'urandom'],
  calls: (name) => /^(?:token_hex|token_urlsafe|token_bytes|urandom|randbelow|SystemRandom)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (/^(?:secrets|os|random)\./.test(callChain(node, ctx)) && calledName(node) !== '')
      yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [draws, secure] as readonly Detector[];
