/**
 * Go: results of math/rand that are stored under, or returned as, something secret; also through a helper of the
 * workspace that makes random texts. Jitter, sampling, shuffles and ids are nobody's secret and are not looked at.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { packageCallOf } from '../../../languages/go/calls.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { declarationAround, declaredFunctionName, isReturned, storedName } from '../../../languages/go/purpose.ts';
import { callArguments, calledExpression, functionName, resultsOf } from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

const WEAK = /^math\/rand(?:\/v2)?(?:\.Rand)?\./;
const DRAWS = new Set(
  (
    'Int Intn IntN Int31 Int31n Int32 Int32N Int63 Int63n Int64 Int64N Uint Uint32 Uint32N Uint64 Uint64N UintN N ' +
    'Float32 Float64 Read Perm Shuffle Text'
  ).split(' '),
);
const VERBS = /^(?:generate|gen|new|create|make|random|rand|get|build|issue|mint|next|set|init)$/;
/** Last words of names of values that must not be guessed, besides those that secretNameOf knows. */
const TAILS = new Set(['token', 'salt', 'otp', 'csrf', 'captcha', 'sid', 'passcode']);
const CODES =
  /^(?:verification|verify|auth|authorization|invite|invitation|reset|activation|sms|login|recovery|confirm|access)$/;
/** What is drawn when a draw decides over money or power. */
const SELECTIONS = /^(?:validator|winner|raffle|lottery|jackpot|proposer)s?$/;

/** Whether a value of that name must not be guessed. */
function isUnguessable(name: string): boolean {
  const words = wordsOf(name).filter((word) => !VERBS.test(word));
  while (words.length > 1 && /^(?:string|str|bytes|hex|value|buf)$/.test(words.at(-1)!)) words.pop();
  const tail = words.at(-1);
  if (tail === undefined) return false;
  const kind = secretNameOf(words.join('_'));
  if (kind === 'password' || kind === 'secret' || TAILS.has(tail)) return true;
  const before = words.at(-2) ?? '';
  return (tail === 'id' && before === 'session') || (tail === 'code' && CODES.test(before));
}

/** Name of the secret that an expression becomes, '' when it becomes none. */
function secretOf(expression: GoNode): string {
  const stored = storedName(expression);
  if (stored !== '' && isUnguessable(stored)) return stored;
  const declaration = declarationAround(expression);
  if (declaration === null || resultsOf(declaration).length === 0) return '';
  const name = functionName(declaration);
  return isUnguessable(name) && wordsOf(name).length > 1 ? name : '';
}

/** Whether the draw chooses among values that exist already: `tokens[rand.Intn(len(tokens))]`. */
function choosesExisting(call: GoNode, secret: string): boolean {
  const element = call.ancestor('index_expression');
  const list = element?.child('operand')?.text ?? '';
  return list.toLowerCase().endsWith(`${wordsOf(secret).at(-1) ?? ''}s`);
}

const draws: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => DRAWS.has(name),
  *check(node, ctx): Generator<Verdict> {
    const { imports } = ctx.file.header;
    const callee = calledExpression(node);
    if (callee?.kind !== 'selector_expression') return;
    const member = packageCallOf(node, ctx);
    if (member?.path === 'crypto/rand') {
      const filled = callArguments(node)[0]?.text ?? '';
      if (isUnguessable(filled) || secretOf(node) !== '') yield { kind: 'pass', subject: node.span };
      return;
    }
    if (!imports.some((item) => item.path.startsWith('math/rand'))) return;
    const types = typesAround(ctx, node);
    if (types === null || !WEAK.test(calleeId(types.calleeOf(node)))) return;
    const filled = member?.name === 'Read' ? callArguments(node)[0]?.text : undefined;
    const secret = filled !== undefined && isUnguessable(filled) ? filled : secretOf(node);
    if (secret !== '') {
      if (choosesExisting(node, secret)) return;
      yield { kind: 'fail', subject: node.span, message: 'generator', args: { name: secret } };
      return;
    }
    const owner = declarationAround(node);
    if (owner === null) return;
    const name = functionName(owner);
    if (wordsOf(name).some((word) => SELECTIONS.test(word))) {
      yield { kind: 'fail', subject: node.span, message: 'selection', args: { name } };
      return;
    }
    // A function that makes random texts for others.
    const result = resultsOf(owner)[0]?.type.text ?? '';
    if (owner.kind === 'function_declaration' && /^(?:string|\[\]byte)$/.test(result) && owner.text.length < 2_000) {
      yield fact('weak.random.helper', name, directoryOf(ctx.file.path), node.span);
    }
  },
};

/** Uses of such functions: `token := util.RandomString(32)`. */
const uses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => /rand|^gen|nonce/i.test(name),
  *check(node, ctx): Generator<Verdict> {
    const callee = calledExpression(node);
    if (callee === null) return;
    const member = packageCallOf(node, ctx);
    if (member === null && callee.kind !== 'identifier') return;
    const stored = storedName(node);
    const returned = isReturned(node) ? declaredFunctionName(node) : '';
    const secret = [stored, returned].find((name) => name !== '' && isUnguessable(name));
    if (secret === undefined) return;
    const where = member === null ? '' : member.path;
    if (where !== '' && !where.includes('/')) return;
    const helper = member?.name ?? callee.text;
    yield fact('weak.random.use', helper, { secret, package: where, text: callee.text }, node.span);
  },
};

/** `salt = hash(time.Now().UnixNano())`: the clock is all that goes in. */
const clocks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['time.Now()'],
  calls: (name) => /^Unix(?:Nano|Milli|Micro)?$/.test(name),
  *check(node): Generator<Verdict> {
    const callee = calledExpression(node);
    if (callee?.child('operand')?.text !== 'time.Now()') return;
    const stored = storedName(node);
    let name = stored !== '' && isUnguessable(stored) ? stored : '';
    const owner = declarationAround(node);
    if (name === '' && owner !== null) {
      // The function is named after the secret, and the time is written into what it is made of.
      const made = functionName(owner);
      const words = wordsOf(made);
      const fed =
        node.ancestor('call_expression') !== null &&
        /\b(?:io\.WriteString|\.Write|Sum(?:256)?|Sprintf|Sprint|Itoa|FormatInt)\(/.test(
          node.ancestor('expression_statement', 'short_var_declaration', 'assignment_statement', 'return_statement')
            ?.text ?? '',
        );
      if (fed && words.length > 1 && VERBS.test(words[0]!) && isUnguessable(made)) name = made;
    }
    if (name === '') return;
    // Anything else that goes in may be random, and the time is then one part of many.
    const text = owner?.text ?? '';
    if (
      text.length > 1_500 ||
      /\brand\b|[uU][uU][iI][dD]|NewSource|\bexp\b|claims|Claims|jwt|sign|Sign|encrypt|Encrypt|Seal\(/.test(text)
    )
      return;
    yield { kind: 'fail', subject: node.span, message: 'clock', args: { name } };
  },
};

export const goDetectors = [draws, uses, clocks] as readonly NodeDetector[];

type Use = { readonly secret: string; readonly package: string; readonly text: string };

/** Joins the uses with the helpers of their package. */
export const goJudge: WorkspaceJudge = {
  partition: 'directory',
  reads: ['weak.random.use'],
  *judge(facts) {
    for (const use of facts.get('weak.random.use')) {
      const { secret, package: imported, text } = use.value as Use;
      const helper = facts.lookup('weak.random.helper', use.key).find(({ value }) => {
        const directory = value as string;
        return imported === '' ? directory === facts.partition : directory !== '' && imported.endsWith(`/${directory}`);
      });
      if (helper === undefined) continue;
      yield {
        kind: 'fail',
        subject: use.place,
        message: 'helper',
        args: { name: secret, helper: text },
        related: [{ place: helper.place, message: 'math/rand is used here' }],
      };
    }
  },
};
