/**
 * Python: PyJWT and python-jose told not to verify, or to accept tokens without a signature, and claims that are read by
 * a function which verifies nothing. A token that the same function verifies afterwards is fine.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { keywordRemoved } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignedValue, stringValue } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  definedName,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

const DECODE = /^(?:jwt(?:\.api_jwt)?|jose\.jwt)(?:\.PyJWT\(\))?\.decode(?:_complete)?$/;
const CLAIMS =
  /^(?:jose\.jwt\.get_unverified_claims|jose\.jws\.get_unverified_claims|authlib\.jose\.util\.extract_header)$/;
/** Functions that look at a token for another reason than to trust it. */
const INSPECTS =
  /unverified|insecure|unsafe|inspect|peek|debug|header|kid|issuer|expir|_exp\b|ttl|display|print|dump|log(?!in)|hint|without|logout|tenant|key_?id|detect|is_?jwt|refresh_?(?:at|time)|email_from|account_id|show/i;
/** Another step that verifies: another decode, a call to the issuer, or a library's check. */
const VERIFIES =
  /verify_(?:oauth2|id|token)\w*|parse_id_token|userinfo|introspect|jwks|PyJWKClient|get_signing_key|public_key|exchange|fetch_token|authorize_access_token|verify_and|\.validate\(/i;

/** Value of a key of a dictionary that is written here or assigned once. */
function entry(dictionary: PythonNode | null, key: string, ctx: ChunkContext): PythonNode | null {
  const inner = dictionary?.kind === 'identifier' ? assignedValue(dictionary, ctx) : dictionary;
  if (inner?.kind !== 'dictionary') return null;
  for (const pair of syntaxChildren(inner)) {
    if (pair.kind !== 'pair') continue;
    const name = pair.child('key');
    if (name !== null && stringValue(name) === key) return pair.child('value');
  }
  return null;
}

/** Whether the same function decodes the token once more, and verifies it then; or somebody else has. */
function isVerifiedElsewhere(call: PythonNode, ctx: ChunkContext): boolean {
  const owner = enclosingFunction(call);
  if (owner === null) return false;
  if (VERIFIES.test(owner.text)) return true;
  return owner
    .descendants('call')
    .some((other) => !other.equals(call) && DECODE.test(callChain(other, ctx)) && !isOff(other, ctx));
}

function isOff(call: PythonNode, ctx: ChunkContext): boolean {
  if (keywordArgument(call, 'verify')?.kind === 'false') return true;
  const options = keywordArgument(call, 'options') ?? positionalArguments(call)[3] ?? null;
  return entry(options, 'verify_signature', ctx)?.kind === 'false';
}

const decodes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['jwt', 'jose', 'get_unverified_claims'],
  calls: (name) => /^(?:decode|decode_complete|get_unverified_claims)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    const owner = enclosingFunction(node);
    const name = owner === null ? '' : definedName(owner);
    if (calledName(node) === 'get_unverified_claims') {
      if (!CLAIMS.test(chain) || INSPECTS.test(name) || isVerifiedElsewhere(node, ctx)) return;
      yield { kind: 'fail', subject: node.span, message: 'pythonDecoded', args: { call: 'get_unverified_claims' } };
      return;
    }
    if (!DECODE.test(chain)) return;
    const algorithms = argumentOf(node, 'algorithms', 2);
    if (algorithms !== null && /["']none["']/i.test(algorithms.text)) {
      yield { kind: 'fail', subject: algorithms.span, message: 'none' };
      return;
    }
    if (!isOff(node, ctx)) {
      if (algorithms !== null && /^(?:list|tuple|set|string)$/.test(algorithms.kind))
        yield { kind: 'pass', subject: node.span };
      return;
    }
    if (INSPECTS.test(name) || isVerifiedElsewhere(node, ctx)) return;
    yield { kind: 'fail', subject: node.span, message: 'pythonOff', fixes: verifying(node) };
  },
};

/** Without the switch the library verifies, when there is a key and a list of algorithms to do it with. */
function verifying(call: PythonNode): readonly Fix[] {
  const hasKey = argumentOf(call, 'key', 1) !== null;
  const hasAlgorithms = argumentOf(call, 'algorithms', 2) !== null;
  if (!hasKey || !hasAlgorithms) return [];
  const options = keywordArgument(call, 'options');
  const name = keywordArgument(call, 'verify') !== null ? 'verify' : 'options';
  // Other options stay as they are.
  if (name === 'options' && (options?.kind !== 'dictionary' || syntaxChildren(options).length !== 1)) return [];
  const edit = keywordRemoved(call, name);
  return edit === null ? [] : [{ title: 'Verify the signature', safety: 'suggestion', preferred: true, edits: [edit] }];
}

export const pythonDetectors: readonly Detector[] = [decodes as NodeDetector];
