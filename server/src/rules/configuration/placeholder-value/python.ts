/** Python: fallbacks of look-ups, and lists of origins and hosts that are allowed. Other texts may be help or data. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  calledName,
  keywordArgument,
  positionalArguments,
  unparenthesized,
} from '../../../languages/python/syntax.ts';
import { isExampleAddress, isHole, shown } from './patterns.ts';

const LOOKUP = /^(?:os\.getenv|os\.environ\.(?:get|setdefault)|decouple\.config|environ\.Env\(\)(?:\.\w+)?)$/;
/** Names of lists that say who may connect. */
const ORIGINS =
  /^(?:\w*_)?(?:allow(?:ed)?_origins?|origins|trusted_origins|cors_origins?|allowed_hosts|cors_allowed_origins|cors_origin_whitelist)$/i;
const SAMPLE = /(?:^|[/_.-])(?:examples?|samples?|templates?|demo|cookiecutter|scaffold|docs?)(?:[/_.-]|$)/i;

const fallbacks: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => /^(?:getenv|get|setdefault|config|str|env|url)$/.test(name),
  triggers: ['getenv', 'environ', 'config(', 'env('],
  *check(node, ctx): Iterable<Verdict> {
    const [first, second] = positionalArguments(node);
    const given = second ?? keywordArgument(node, 'default');
    if (first === undefined || given == null || SAMPLE.test(ctx.file.path)) return;
    const name = stringValue(first);
    const value = stringValue(given);
    if (name === null || value === null || !/^[\w.-]+$/.test(name) || !LOOKUP.test(callChain(node, ctx))) return;
    if (isHole(value) || isExampleAddress(value)) {
      // A key that signs is a secret that everybody knows, which is another rule's finding.
      if (/jwt|session|sign|secret_?key|cookie|csrf|encrypt/i.test(name)) return;
      // What a script writes into a file for somebody to fill in is an example.
      if (node.ancestor('interpolation') !== null) return;
      yield { kind: 'fail', subject: given.span, message: 'fallback', args: { name, value: shown(value) } };
    } else if (value !== '') yield { kind: 'pass', subject: given.span };
  },
};

function* originsIn(value: PythonNode, ctx: ChunkContext): Generator<Verdict> {
  const inner = unparenthesized(value);
  if (!/^(?:list|tuple|set|string)$/.test(inner.kind) || SAMPLE.test(ctx.file.path)) return;
  const literals = inner.kind === 'string' ? [inner] : inner.descendants('string');
  for (const literal of literals) {
    const text = stringValue(literal) ?? '';
    if (isExampleAddress(text))
      yield { kind: 'fail', subject: literal.span, message: 'origin', args: { value: shown(text) } };
  }
}

/** `allowed_origins = ["https://yourdomain.com"]` */
const lists: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['rigins', 'RIGIN', 'ALLOWED_HOSTS', 'allowed_hosts', 'rigin'],
  when: (node) => ORIGINS.test(node.child('left')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    for (const { value } of assignmentTargets(node)) if (value !== null) yield* originsIn(value, ctx);
  },
};

/** `CORSMiddleware(app, allow_origins=["https://example.com"])` */
const keywords: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['keyword_argument'],
  triggers: ['allow_origins', 'origins=', 'allowed_origins', 'allowed_hosts'],
  when: (node) => ORIGINS.test(node.child('name')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const value = node.child('value');
    const call = node.ancestor('call');
    if (value === null || call === null || /^(?:Field|add_argument|Option)$/.test(calledName(call))) return;
    yield* originsIn(value, ctx);
  },
};

export const pythonDetectors: readonly Detector[] = [fallbacks, lists, keywords] as readonly Detector[];
