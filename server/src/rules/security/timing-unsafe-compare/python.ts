/** Python: secrets and signatures compared by `==`. Names decide what is one; versions of one secret and constants are left alone. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { inputIn } from '../../../knowledge/python/requests.ts';
import { callChain, headerOf } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignedValue, stringValue } from '../../../languages/python/strings.ts';
import {
  calledName,
  definedName,
  enclosingFunction,
  positionalArguments,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const SIGNATURE = /^(?:signature|sig|hmac|mac|digest|hexdigest)$/;
const VERSIONS =
  /^(?:old|new|confirm|confirmation|confirmed|repeat|repeated|again|retype|retyped|current|previous|prev|last|next|updated|original|orig|existing|before|after|default|cached|password1|password2|keep|sentinel|continue|page|start|end|type|types|count|len|id|name|field|kind|class|verify|verification)$/;
const CHECKING =
  /auth|login|signin|verif|check|valid|middleware|webhook|session|guard|permit|protect|token|secret|password|signature|interceptor|dispatch|handle|hook|require|callback/i;
const OTHER = /equal|diff|chang|update|reload|merge|migrat|sync|same|register|signup|parse|lex|token(?:ize|s)/i;

function nameOf(node: PythonNode, ctx: ChunkContext): string {
  const inner = unparenthesized(node);
  if (inner.kind === 'identifier') return inner.text;
  if (inner.kind === 'attribute') return inner.child('attribute')?.text ?? '';
  if (inner.kind === 'subscript') return stringValue(inner.child('subscript') ?? inner) ?? '';
  if (inner.kind !== 'call') return '';
  if (/^(?:hexdigest|digest)$/.test(calledName(inner))) return 'digest';
  const first = positionalArguments(inner)[0];
  if (first === undefined) return '';
  if (/^(?:get|getenv)$/.test(calledName(inner)) || /environ/.test(callChain(inner, ctx)))
    return stringValue(first) ?? '';
  return '';
}

function kindOf(name: string): 'secret' | 'signature' | null {
  const words = wordsOf(name);
  if (words.length === 0 || words.some((word) => VERSIONS.test(word))) return null;
  const last = words.at(-1)!;
  if (SIGNATURE.test(last)) return last === 'digest' || last === 'hexdigest' ? null : 'signature';
  if (/^(?:authorization|x_?api_?key)$/i.test(name.replaceAll('-', '_'))) return 'secret';
  if (
    /^(?:api_?key|token|auth_?token|access_?token|secret|password|passwd|password_?hash|hashed_?password|webhook_?secret|csrf_?token)$/i.test(
      name,
    )
  )
    return 'secret';
  const kind = secretNameOf(name);
  return kind === 'secret' || kind === 'password' ? 'secret' : null;
}

/** Whether a side is an HMAC that the code has just made. */
function isDigest(node: PythonNode, ctx: ChunkContext): boolean {
  let inner = unparenthesized(node);
  if (inner.kind === 'identifier') inner = unparenthesized(assignedValue(inner, ctx) ?? inner);
  return /(?:^|[^\w])hmac\.(?:new|digest)\(/.test(inner.text) && /digest/.test(inner.text);
}

const comparisons: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['comparison_operator'],
  triggers: [
    'oken',
    'TOKEN',
    'ecret',
    'SECRET',
    'assword',
    'PASSWORD',
    'asswd',
    'pi_key',
    'API_KEY',
    'apikey',
    'ignature',
    'hmac',
    'uthorization',
    'digest',
    'sig',
  ],
  *check(node, ctx): Iterable<Verdict> {
    const sides = node.namedChildren.filter((child) => child.kind !== 'comment');
    const [left, right] = sides;
    if (left === undefined || right === undefined || sides.length !== 2) return;
    const operator = node.tree.text.slice(left.end, right.start).trim();
    if (operator !== '==' && operator !== '!=') return;
    for (const side of sides) {
      // Numbers, literals and what is no value of its own.
      if (
        /^(?:string|concatenated_string|integer|float|none|true|false|list|tuple|dictionary|set)$/.test(
          unparenthesized(side).kind,
        )
      ) {
        if (unparenthesized(side).kind !== 'string' || (stringValue(side) ?? '').length < 8) return;
      }
      if (/^[\w.]*\b[A-Z]\w*\.[A-Z]/.test(side.text)) return;
    }
    const owner = enclosingFunction(node);
    const ownerName = owner === null ? '' : definedName(owner);
    if (OTHER.test(ownerName) || owner === null || /^__eq__$/.test(ownerName)) return;
    const around = `${ownerName} ${ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1)}`;
    const digest = isDigest(left, ctx) || isDigest(right, ctx);
    const names = [nameOf(left, ctx), nameOf(right, ctx)];
    if (sides.some((side) => wordsOf(side.text.replace(/\W+/g, '_')).some((word) => VERSIONS.test(word)))) return;
    const kinds = names.map(kindOf);
    const bothSecret = kinds[0] !== null && kinds[1] !== null;
    const sent = sides.some((side, index) => kinds[index] !== null && inputIn(side, ctx) !== null);
    const configured = sides.some(
      (side, index) =>
        kinds[index] !== null &&
        (/environ|getenv|settings\.|config\.|app\.config|self\.\w*(?:key|token|secret)/i.test(side.text) ||
          /^[A-Z][A-Z0-9_]+$/.test(side.text)),
    );
    const other = sides.find((_, index) => kinds[index] === null);
    const literal = other !== undefined && unparenthesized(other).kind === 'string';
    const fits =
      digest || ((bothSecret || (configured && !literal)) && (sent || CHECKING.test(around))) || (sent && configured);
    if (!fits) return;
    if (!digest && !sent && names[0]!.toLowerCase() === names[1]!.toLowerCase() && !configured) return;
    // The code of a lexer or of an ORM query compares what is named so, but no secrets.
    if (
      /\b(?:filter|filter_by|where|select|join)\s*\(/.test(node.ancestor('call')?.text.slice(0, 400) ?? '') &&
      node.ancestor('call') !== null &&
      /^(?:filter|where|join|and_|or_|on|having|filter_by|exists|update|delete)$/.test(
        calledName(node.ancestor('call')!),
      )
    )
      return;
    if (sides.some((side) => /^[A-Z]\w+\.\w+$/.test(side.text))) return;
    const name = names.find((_, index) => kinds[index] !== null) ?? (names.find((own) => own !== '') || 'this value');
    const module = 'hmac';
    const isImported = headerOf(ctx).imports.some(({ path }) => path === 'hmac');
    const negate = operator === '!=' ? 'not ' : '';
    const fixes: readonly Fix[] = [left, right].every((side) =>
      /^(?:identifier|attribute|call|subscript)$/.test(side.kind),
    )
      ? [
          {
            title: 'Compare with hmac.compare_digest',
            safety: 'suggestion',
            preferred: true,
            edits: [
              replaced(node, `${negate}hmac.compare_digest(${left.text}, ${right.text})`),
              ...(isImported ? [] : [importing([module])]),
            ],
          },
        ]
      : [];
    yield { kind: 'fail', subject: node.span, message: 'digest', args: { name }, fixes };
  },
};

const safe: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['compare_digest', 'constant_time_compare', 'checkpw'],
  calls: (name) => /^(?:compare_digest|constant_time_compare|checkpw)$/.test(name),
  *check(node): Iterable<Verdict> {
    yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [comparisons, safe] as readonly Detector[];
