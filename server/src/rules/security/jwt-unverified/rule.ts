/** JSON Web Tokens whose claims are used although nothing verified their signature. */
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { withoutVersion } from '../../../knowledge/go/frameworks.ts';
import { type GoHeader, importedPath } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  integerLiteralValue,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

const JWT =
  /^github\.com\/(?:golang-jwt\/jwt|dgrijalva\/jwt-go|form3tech-oss\/jwt-go|lestrrat-go\/jwx|go-jose\/go-jose|square\/go-jose|gbrlsnchs\/jwt|cristalhq\/jwt|kataras\/jwt|pascaldekloe\/jwt|coreos\/go-oidc|SermoDigital\/jose)|^gopkg\.in\/(?:square|go-jose)\/go-jose/;

/** Functions that decode a token and verify nothing. */
const DECODES =
  /^(?:ParseUnverified|ParseInsecure|UnsafeClaimsWithoutVerification|UnsafePayloadWithoutVerification|ParseWithoutCheck|ParseNoVerify|DecodeUnverified)$/;
/** Calls that verify a token. */
const VERIFIES =
  /^(?:Parse|ParseWithClaims|ParseSigned|Verify\w*|Validate\w*|Claims|ParseString|ParseRequest|verify\w*|validate\w*|ParseJwtToken\w*|introspect\w*)$/;
/** Functions that say that they verify nothing, or look at a token for another reason than to trust it. */
const INSPECTS =
  /unverified|insecure|unsafe|inspect|peek|debug|decode|header|kid|issuer|expir|exp$|display|print|dump|log|client|hint|without|logout|end_?session|cli|tenant|key_?id|sniff|detect|is_?jwt/i;

function isJwtFile(header: GoHeader): boolean {
  return header.imports.some((item) => JWT.test(withoutVersion(item.path)));
}

/** Whether another call in the declaration verifies a token. */
function verifiesToo(declaration: GoNode, except: GoNode): boolean {
  return declaration
    .descendants('call_expression')
    .some(
      (call) =>
        !call.equals(except) &&
        VERIFIES.test(calledName(call)) &&
        !/\b(?:url|time|uuid|template|json|strconv|strings|flag|net|regexp)\.Parse/.test(call.text.slice(0, 40)),
    );
}

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'ParseUnverified',
    'ParseInsecure',
    'WithoutVerification',
    'WithoutCheck',
    'NoVerify',
    'WithVerify',
    'DecodeUnverified',
  ],
  calls: (name) => DECODES.test(name) || name === 'WithVerify',
  *check(node, ctx) {
    if (!isJwtFile(ctx.file.header)) return;
    const declaration = topLevelOf(node);
    if (declaration === null) return;
    const name = calledName(node);
    if (name === 'WithVerify') {
      if (callArguments(node)[0]?.text === 'false')
        yield { kind: 'fail', subject: node.span, message: 'off', args: { call: 'WithVerify(false)' } };
      return;
    }
    const owner = enclosingFunction(node);
    if (INSPECTS.test(functionName(declaration)) || (owner !== null && verifiesToo(declaration, node))) return;
    yield { kind: 'fail', subject: node.span, message: 'decoded', args: { call: name } };
  },
};

/** `jwt.UnsafeAllowNoneSignatureType` as a key, `InsecureSkipSignatureCheck: true`. */
const settings: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression', 'keyed_element'],
  triggers: ['UnsafeAllowNoneSignatureType', 'InsecureSkipSignatureCheck', 'SkipClientIDCheck'],
  when: (node) => node.end - node.start < 120,
  *check(node, ctx) {
    if (!isJwtFile(ctx.file.header)) return;
    if (node.kind === 'selector_expression') {
      if (node.child('field')?.text !== 'UnsafeAllowNoneSignatureType') return;
      // As the key of SignedString it makes a token, which is somebody else's to refuse.
      const call = node.parent?.kind === 'argument_list' ? node.parent.parent : null;
      if (call !== null && /^Sign/.test(calledName(call))) return;
      yield { kind: 'fail', subject: node.span, message: 'none' };
      return;
    }
    const [key, value] = syntaxChildren(node);
    if (key?.text === 'InsecureSkipSignatureCheck' && value?.text === 'true') {
      yield { kind: 'fail', subject: node.span, message: 'off', args: { call: 'InsecureSkipSignatureCheck' } };
    }
  },
};

/** The middle part of a token, decoded by hand: `strings.Split(token, ".")[1]`. */
const byHand: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['DecodeString', 'DecodeSegment'],
  when: (node) => /jwt|token|claims/i.test(`${functionName(node)} ${node.child('parameters')?.text ?? ''}`),
  *check(node, ctx) {
    const body = node.child('body');
    if (body === null || INSPECTS.test(functionName(node)) || !/strings\.Split(?:N)?\(/.test(body.text)) return;
    if (/hmac|rsa\.|ecdsa\.|ed25519|Verify|verify|[sS]ignature|jwks|Parse|id_?[tT]oken/.test(body.text)) return;
    if (!/\b(?:claims?|sub|role|user_?id|exp|aud|iss)\b/i.test(body.text) || !/Unmarshal|NewDecoder/.test(body.text))
      return;
    for (const call of body.descendants('call_expression')) {
      const name = calledName(call);
      if (name !== 'DecodeString' && name !== 'DecodeSegment') continue;
      const operand = call.child('function')?.child('operand')?.text ?? '';
      if (name === 'DecodeString' && importedPath(ctx.file.header, operand.split('.')[0]!) !== 'encoding/base64')
        continue;
      const [argument] = callArguments(call);
      const part = argument === undefined ? null : unparenthesized(argument);
      const index = part?.kind === 'index_expression' ? part.child('index') : null;
      if (index === null || index === undefined || integerLiteralValue(index) !== 1) continue;
      const splits = body
        .descendants('call_expression')
        .some(
          (other) =>
            /^SplitN?$/.test(calledName(other)) && stringLiteralValue(callArguments(other)[1] ?? other) === '.',
        );
      if (!splits) return;
      yield { kind: 'fail', subject: call.span, message: 'byHand' };
      return;
    }
  },
};

/** `jwt.Parse(token, keyFunc)` and its kind. */
const verified: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['ParseWithClaims', 'jwt.Parse', 'VerifyIDToken'],
  calls: (name) => name === 'ParseWithClaims' || name === 'Parse',
  *check(node, ctx) {
    const operand = node.child('function')?.child('operand');
    if (!isJwtFile(ctx.file.header) || callArguments(node).length < 2) return;
    const path = operand?.kind === 'identifier' ? importedPath(ctx.file.header, operand.text) : null;
    if (calledName(node) === 'Parse' && (path === null || !JWT.test(withoutVersion(path)))) return;
    yield { kind: 'pass', subject: node.span };
  },
};

export const rule = defineRule({
  id: 'jwt-unverified',
  title: 'JWT accepted without verification',
  category: 'security',
  severity: 'critical',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A JSON Web Token is decoded by a function that verifies no signature, with verification switched off, with the algorithm `none` allowed, or by splitting and decoding it by hand, and nothing in the same function verifies it.',
    why: 'Claims of a token that nobody verified are whatever the client wrote: a forged token with the id of an administrator is as good as a real one.',
    howToFix:
      'Verify tokens with a key and the list of algorithms that the issuer uses. Decode without verification only to find the key, and verify before any claim is used.',
    howToFixIn: {
      go: '`jwt.ParseWithClaims` with `jwt.WithValidMethods([]string{"RS256"})` does so.',
      python: '`jwt.decode(token, key, algorithms=["RS256"])` does so.',
    },
    refs: ['CWE-347', 'CWE-345', 'https://datatracker.ietf.org/doc/html/rfc8725'],
  },
  messages: {
    decoded: '{call} verifies no signature, so that these claims may be forged; use ParseWithClaims with a key.',
    off: '{call} switches the verification of tokens off; verify with the key of the issuer.',
    pythonDecoded: '{call} verifies no signature, so that these claims may be forged; use jwt.decode with a key.',
    pythonOff:
      'The signature of this token is not verified, so that its claims may be forged; verify it with the key of the issuer.',
    none: 'This accepts tokens without a signature; allow the algorithms that the issuer uses, and no others.',
    byHand: 'These claims come from a token that nothing verified; parse it with a JWT library and a key.',
  },
  fix: 'sometimes',
  on: { go: [calls, settings, byHand, verified], python: pythonDetectors },
});
