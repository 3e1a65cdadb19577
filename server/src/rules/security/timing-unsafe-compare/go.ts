/**
 * Go: `==`, `!=` and bytes.Equal between two values that are both secrets, or one secret and what a request brings.
 * Literals, constants, `nil` and comparisons of an old with a new value are no attempts to guess and are not looked at.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { takesRequest } from '../../../knowledge/go/handlers.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { packageCallId, packageMemberOf } from '../../../languages/go/calls.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { declarationAround, receiverTypeAround } from '../../../languages/go/purpose.ts';
import {
  callArguments,
  calledExpression,
  calledName,
  functionName,
  operatorOf,
  selectorPath,
  stringLiteralValue,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

type Kind = 'password' | 'secret' | 'weak' | 'signature';

interface Side {
  readonly node: GoNode;
  readonly name: string;
  readonly kind: Kind | null;
  /** A request brings it. */
  readonly sent: boolean;
}

const SENT =
  /^(?:Get|GetHeader|Header|FormValue|PostFormValue|PostForm|Query|QueryParam|Param|Cookies?|PathValue|DefaultQuery)$/;
const SIGNATURE = /^(?:signature|sig|hmac|mac)$/;

function kindOf(name: string): Kind | null {
  const words = wordsOf(name);
  if (SIGNATURE.test(words.at(-1) ?? '')) return 'signature';
  if (
    words.length > 1 &&
    SIGNATURE.test(words[0]!) &&
    /^(?:hex|bytes|sum|hash|header|value|expected)$/.test(words.at(-1)!)
  )
    return 'signature';
  // The access key of S3 and its like is the name of an account; its secret has another name.
  if (words.at(-1) === 'key' && words.at(-2) === 'access') return null;
  const known = secretNameOf(name.replace(/[-_ ]?(?:header|param)$/i, ''));
  if (known !== null) return known;
  return /^x-[\w-]*(?:token|key|secret)$/i.test(name) ? 'secret' : null;
}

/** What one side of a comparison is; null for what is no value that could be a secret. */
function sideOf(expression: GoNode, ctx: ChunkContext): Side | null {
  let node = unparenthesized(expression);
  for (let step = 0; step < 6; step++) {
    const inner: GoNode | undefined =
      node.kind === 'type_conversion_expression' ||
      (node.kind === 'call_expression' &&
        /^(?:string|TrimSpace|TrimPrefix|EncodeToString|ToLower|Clone)$/.test(calledName(node)))
        ? callArguments(node)[0]
        : node.kind === 'slice_expression'
          ? (node.child('operand') ?? undefined)
          : undefined;
    if (inner === undefined) break;
    node = unparenthesized(inner);
  }
  if (node.kind === 'identifier' || node.kind === 'selector_expression') {
    if (packageMemberOf(node, ctx) !== null) return null;
    const path = selectorPath(node);
    if (path === null) return null;
    const name = path.slice(path.lastIndexOf('.') + 1);
    // A constant by its spelling.
    if (/^[A-Z][A-Z0-9_]+$/.test(name)) return null;
    return { node: expression, name, kind: kindOf(name), sent: false };
  }
  if (node.kind === 'call_expression') {
    const called = calledName(node);
    if (packageCallId(node, ctx) === 'os.Getenv') {
      const variable = stringLiteralValue(callArguments(node)[0] ?? node) ?? '';
      return { node: expression, name: variable, kind: kindOf(variable), sent: false };
    }
    if (called === 'Sum')
      return { node: expression, name: calledExpression(node)?.text ?? 'Sum', kind: 'signature', sent: false };
    if (!SENT.test(called)) return null;
    const name = stringLiteralValue(callArguments(node)[0] ?? node) ?? '';
    return {
      node: expression,
      name,
      kind: /^(?:authorization|proxy-authorization)$/i.test(name) ? 'secret' : kindOf(name),
      sent: true,
    };
  }
  return null;
}

/** Words of comparisons between two versions of one value. */
const VERSIONS =
  /^(?:old|new|confirm|confirmation|confirmed|repeat|repeated|again|retype|retyped|current|previous|prev|last|next|updated|original|orig|other|existing|before|after|default|next|continue|cached|start|end|remain|remaining|keep|skip)$/;
const CHECKING =
  /auth|login|signin|verif|check|valid|middleware|handle|webhook|session|guard|permit|protect|token|secret|password|signature|interceptor|serve/i;
const VERSION_FUNCTION = /equal|diff|chang|update|reload|merge|compare|migrat|sync|same|register|signup|reset/i;

function isVersion(side: Side): boolean {
  const path = selectorPath(unparenthesized(side.node)) ?? side.name;
  return path.split('.').some((part) => wordsOf(part).some((word) => VERSIONS.test(word)));
}

function isText(side: Side, ctx: ChunkContext): boolean {
  const type = typesAround(ctx, side.node)?.typeOf(side.node) ?? null;
  return type === null || type === 'string' || type === '[]byte' || /^\[\d+\]byte$/.test(type);
}

/** `decodedPassword` beside `password`: the same value in another form. */
function isOwnForm(derived: string, name: string): boolean {
  const match = /^(?:decoded|encoded|trimmed|normalized|unescaped|escaped)_?(\w+)$/i.exec(derived);
  return match !== null && match[1]!.toLowerCase() === name.toLowerCase();
}

/** `WHERE token = ?` */
const SOUGHT = /\b\w*(?:token|secret|key|password|hash|code)\w*["`]?\s*=\s*(?:\?|\$\d|[:@]\w)/i;

/**
 * Whether one side is what a query has looked for before, so that the other side, which the query found, has been
 * compared already, and not by the program.
 */
function isSought(left: Side, right: Side, comparison: GoNode, owner: GoNode): boolean {
  return [left, right].some(({ node }) => {
    if (node.kind !== 'identifier') return false;
    return owner.descendants('call_expression').some((call) => {
      const values = call.end < comparison.start ? callArguments(call) : [];
      return (
        values.some((value) => value.text === node.text) &&
        values.some((value) => SOUGHT.test(stringLiteralValue(value) ?? ''))
      );
    });
  });
}

/** The name to report when the comparison guesses at a secret; null otherwise. */
function guessed(
  left: Side,
  right: Side,
  owner: GoNode,
  ctx: ChunkContext,
): { readonly name: string; readonly kind: Kind } | null {
  const secret =
    [left, right].find((side) => side.kind !== null && side.kind !== 'weak') ??
    [left, right].find((side) => side.kind !== null);
  if (secret === undefined || secret.kind === null) return null;
  if (isVersion(left) || isVersion(right) || !isText(left, ctx) || !isText(right, ctx)) return null;
  if (isOwnForm(left.name, right.name) || isOwnForm(right.name, left.name)) return null;
  const name = functionName(owner);
  const around = `${name} ${receiverTypeAround(owner)}`;
  if (VERSION_FUNCTION.test(name) || (left.name === right.name && !left.sent && !right.sent && !CHECKING.test(around)))
    return null;
  const other = secret === left ? right : left;
  const checking = CHECKING.test(around) || takesRequest(owner);
  if (secret.kind === 'signature') {
    // Other things have signatures, too: those of functions, for one.
    if (!/\bhmac\.New\(|HMAC|Hmac/.test(owner.text)) return null;
    return { name: secret.name, kind: 'signature' };
  }
  if (secret.kind === 'weak') {
    // `key` and `token` alone are words of parsers and maps.
    if (!/token$/i.test(secret.name) && !left.sent && !right.sent) return null;
    if (other.kind === null && !other.sent) return null;
    // Looks for an entry.
    if (secret.node.ancestor('for_statement') !== null) return null;
    if (ctx.file.path.match(/pars|lex|scan|token(?:ize|s)|syntax|ast\b/i) !== null) return null;
    return checking ? { name: secret.name, kind: 'weak' } : null;
  }
  if (other.kind !== null || other.sent)
    return checking || left.sent || right.sent ? { name: secret.name, kind: secret.kind } : null;
  // A name such as `provided` or `given` beside a secret.
  return checking &&
    /^(?:provided|given|input|received|got|expected|want|wanted|actual|client|candidate|header|auth|credential|pass|p|pw)\w*$/i.test(
      other.name,
    )
    ? { name: secret.name, kind: secret.kind }
    : null;
}

/** The text as bytes. */
function bytesOf(side: Side, ctx: ChunkContext): string | null {
  const type = typesAround(ctx, side.node)?.typeOf(side.node) ?? null;
  if (type?.endsWith(']byte') && type !== '[]byte') return null;
  const { node } = side;
  return type === '[]byte' ? node.text : `[]byte(${node.text})`;
}

const TRIGGERS = [
  'oken',
  'TOKEN',
  'ecret',
  'SECRET',
  'assword',
  'asswd',
  'PASSWORD',
  'ignature',
  'iKey',
  'IKey',
  'hmac',
  'hash',
  'Hash',
  'Key',
  'KEY',
  'uthorization',
  'pwd',
  'Pwd',
];

const comparisons: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['binary_expression'],
  triggers: TRIGGERS,
  when: (node) => {
    const operator = operatorOf(node);
    return (
      (operator === '==' || operator === '!=') &&
      /oken|ecret|assw|ignature|[kK]ey|KEY|TOKEN|SECRET|PASS|[sS]ig|[mM]ac|hmac|pwd|Pwd|uthorization|Sum/.test(
        node.text,
      )
    );
  },
  *check(node, ctx): Generator<Verdict> {
    const leftNode = node.child('left');
    const rightNode = node.child('right');
    const owner = declarationAround(node);
    if (leftNode === null || rightNode === null || owner === null) return;
    const left = sideOf(leftNode, ctx);
    const right = left === null ? null : sideOf(rightNode, ctx);
    if (left === null || right === null) return;
    const found = guessed(left, right, owner, ctx);
    if (found === null || isSought(left, right, node, owner)) return;
    const [a, b] = [bytesOf(left, ctx), bytesOf(right, ctx)];
    const subtle = localNameOf(ctx.file.header, 'crypto/subtle') ?? 'subtle';
    const result = operatorOf(node) === '==' ? '== 1' : '!= 1';
    const edits: FixEdit[] = [
      { kind: 'replace', span: node.span, newText: `${subtle}.ConstantTimeCompare(${a}, ${b}) ${result}` },
      { kind: 'import', add: ['crypto/subtle'] },
    ];
    const fixes: Fix[] =
      a === null || b === null
        ? []
        : [{ title: 'Compare in constant time', safety: 'suggestion', preferred: true, edits }];
    const message = found.kind === 'signature' ? 'signature' : 'compared';
    yield { kind: 'fail', subject: node.span, message, args: { name: found.name }, fixes };
  },
};

/** `bytes.Equal(mac.Sum(nil), signature)` */
const byteComparisons: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => name === 'Equal' || name === 'ConstantTimeCompare' || name === 'CompareHashAndPassword',
  *check(node, ctx): Generator<Verdict> {
    const id = packageCallId(node, ctx);
    if (
      id === 'crypto/hmac.Equal' ||
      id === 'crypto/subtle.ConstantTimeCompare' ||
      id.endsWith('bcrypt.CompareHashAndPassword')
    ) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const [first, second] = callArguments(node);
    const owner = declarationAround(node);
    if (id !== 'bytes.Equal' || first === undefined || second === undefined || owner === null) return;
    const left = sideOf(first, ctx);
    const right = left === null ? null : sideOf(second, ctx);
    if (left === null || right === null) return;
    const found = guessed(left, right, owner, ctx);
    if (found === null) return;
    const hmac = localNameOf(ctx.file.header, 'crypto/hmac') ?? 'hmac';
    const callee = calledExpression(node)!;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'signature',
      args: { name: found.name },
      fixes: [
        {
          title: 'Compare with hmac.Equal',
          safety: 'suggestion',
          preferred: true,
          edits: [
            { kind: 'replace', span: callee.span, newText: `${hmac}.Equal` },
            { kind: 'import', add: ['crypto/hmac'], remove: ['bytes'] },
          ],
        },
      ],
    };
  },
};

export const goDetectors = [comparisons, byteComparisons] as readonly NodeDetector[];
