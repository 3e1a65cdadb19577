/**
 * Go: hashes of crypto/md5, crypto/sha1 and the SHA-2 packages by what goes in and what the outcome is called. What
 * names do not tell is left alone, since most fast hashes are checksums.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { packageCallOf, packageMemberOf } from '../../../languages/go/calls.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { declarationAround, receiverTypeAround, storedName } from '../../../languages/go/purpose.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledExpression,
  commentText,
  functionName,
  leadingComments,
  selectorPath,
  statementOf,
} from '../../../languages/go/syntax.ts';

/** Fast hashes by import path; `broken`: collisions can be made. */
const HASHES: ReadonlyMap<string, { readonly title: string; readonly broken: boolean }> = new Map([
  ['crypto/md5', { title: 'MD5', broken: true }],
  ['crypto/sha1', { title: 'SHA-1', broken: true }],
  ['crypto/sha256', { title: 'SHA-256', broken: false }],
  ['crypto/sha512', { title: 'SHA-512', broken: false }],
  ['golang.org/x/crypto/md4', { title: 'MD4', broken: true }],
  ['golang.org/x/crypto/ripemd160', { title: 'RIPEMD-160', broken: true }],
]);
const MAKERS = /^(?:New(?:224|384|512_\d+)?|Sum(?:224|256|384|512|512_\d+)?)$/;

/** Where a protocol or a format asks for the hash, or the hash is no protection but a name of content. */
const DEMANDED =
  /ntlm|digest|mysql|scram|pwned|hibp|gravatar|avatar|websocket|wechat|weixin|alipay|totp|hotp|legacy|etag|checksum|content.?md5|fingerprint|cache|dedup|shard|ssha|s3|\bgit\b|pkcs12|jks|kerberos|radius|rtmp|sip|\bsrp|rfc\d{4}/i;
const DEMANDED_TEXT =
  /\{S?SHA\}|\{S?MD5\}|realm|mysql_native|ConstantTime(?:Compare|Eq)|pbkdf2|hkdf|scrypt|argon2|Content-MD5|[nN]once|[cC]hallenge/;

const PASSWORD_TAILS = /^(?:password|passwd|passphrase|pwd|passcode|pass)$/;

function isPassword(name: string): boolean {
  const words = wordsOf(name);
  while (
    words.length > 1 &&
    /^(?:string|str|bytes|raw|plain|text|plaintext|hash|hashed|digest|sum|input)$/.test(words.at(-1)!)
  )
    words.pop();
  return PASSWORD_TAILS.test(words.at(-1) ?? '') && !/^(?:no|has|is|reset|forgot)$/.test(words[0]!);
}

/** Whether a value of that name is worth nothing once its hash can be forged or found. */
function isProtected(name: string): boolean {
  const words = wordsOf(name).filter(
    (word) => !/^(?:generate|gen|new|create|make|hash|compute|calculate|calc|get|md5|sha1|hashed|sum|sign)$/.test(word),
  );
  const tail = words.at(-1);
  if (tail === undefined) return false;
  if (/^(?:token|salt|secret|credential|credentials|apikey|otp)$/.test(tail)) return true;
  return secretNameOf(words.join('_')) === 'secret' || (tail === 'id' && words.at(-2) === 'session');
}

/** Names in an expression: identifiers and the fields that are selected, without those of packages. */
function namesIn(expression: GoNode): string[] {
  if (expression.text.length > 300) return [];
  return expression
    .descendants('identifier', 'field_identifier')
    .filter((node) => node.parent?.kind !== 'call_expression' || node.field !== 'function')
    .filter(
      (node) =>
        !(
          node.kind === 'field_identifier' &&
          node.parent?.parent?.kind === 'call_expression' &&
          node.parent.field === 'function'
        ),
    )
    .map((node) => node.text);
}

/** Expressions that are written into the hash that a local variable holds. */
function fedInto(variable: GoNode, ctx: ChunkContext): { readonly data: GoNode[]; readonly sums: GoNode[] } {
  const data: GoNode[] = [];
  const sums: GoNode[] = [];
  const binding = scopeAround(ctx, variable)?.bindingOf(variable) ?? null;
  for (const use of binding?.uses ?? []) {
    const parent = use.parent;
    if (parent?.kind === 'selector_expression' && parent.parent?.kind === 'call_expression') {
      const method = parent.child('field')?.text ?? '';
      if (/^Write(?:String)?$/.test(method)) data.push(...callArguments(parent.parent));
      if (method === 'Sum') sums.push(parent.parent);
    } else if (parent?.kind === 'argument_list' && parent.parent?.kind === 'call_expression') {
      data.push(...callArguments(parent.parent).filter((argument) => !argument.equals(use)));
    }
  }
  return { data, sums };
}

/** The variable that a call's result is declared as: `h := md5.New()`. */
function variableOf(call: GoNode): GoNode | null {
  const list = call.parent;
  const statement = list?.kind === 'expression_list' ? list.parent : null;
  if (statement?.kind !== 'short_var_declaration') return null;
  return statement.child('left')?.childOfKind('identifier') ?? null;
}

function sha256Fix(call: GoNode, name: string, path: string, ctx: ChunkContext): readonly Fix[] {
  const callee = calledExpression(call);
  const owner = declarationAround(call);
  if (callee === null || !/^(?:New|Sum)$/.test(name) || !/^crypto\/(?:md5|sha1)$/.test(path)) return [];
  // Its size is written somewhere, or a name of the package is used otherwise.
  if (owner === null || /\[(?:16|20)\]byte|\bSize\b/.test(owner.text)) return [];
  const sha256 = localNameOf(ctx.file.header as GoHeader, 'crypto/sha256') ?? 'sha256';
  return [
    {
      title: 'Hash with SHA-256',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: callee.span, newText: `${sha256}.${name === 'New' ? 'New' : 'Sum256'}` },
        { kind: 'import', add: ['crypto/sha256'], remove: [path] },
      ],
    },
  ];
}

/** `// not used for security` behind or above the statement. */
const HARMLESS =
  /\bnot (?:used )?(?:for|as|about|a) (?:\w+ )?(?:security|crypto\w*|secret)|\bnon-?(?:security|crypto)|\bnosec\b/i;

function isExplained(node: GoNode): boolean {
  const statement = statementOf(node);
  if (statement === null) return false;
  const behind = /\/\/[^\r\n]*/.exec(/^[^\r\n]*/.exec(node.tree.text.slice(node.end))![0])?.[0] ?? '';
  return HARMLESS.test(behind) || HARMLESS.test(leadingComments(statement).map(commentText).join(' '));
}

/** Whether all that goes in has been made at random: nobody can choose it, and its hash is as good as any. */
function isRandom(data: readonly GoNode[], owner: GoNode): boolean {
  return (
    data.length > 0 &&
    data.every((item) =>
      owner
        .descendants('call_expression')
        .some(
          (call) =>
            /^(?:rand\.Read|io\.ReadFull)$/.test(calledExpression(call)?.text ?? '') &&
            (!call.text.startsWith('io.') || callArguments(call)[0]?.text === 'rand.Reader') &&
            callArguments(call).some((argument) => argument.text === item.text.replace(/\[:\]$/, '')),
        ),
    )
  );
}

const hashes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => MAKERS.test(name),
  *check(node, ctx): Generator<Verdict> {
    const member = packageCallOf(node, ctx);
    const hash = member === null ? undefined : HASHES.get(member.path);
    const owner = declarationAround(node);
    if (member === null || hash === undefined || owner === null) return;
    const variable = member.name.startsWith('New') ? variableOf(node) : null;
    const { data, sums } = variable === null ? { data: callArguments(node), sums: [node] } : fedInto(variable, ctx);
    const around = `${functionName(owner)} ${receiverTypeAround(node)} ${ctx.file.path}`;
    if (DEMANDED.test(around) || DEMANDED_TEXT.test(owner.text)) return;
    const inputs = data.flatMap(namesIn);
    if (inputs.some(isPassword)) {
      yield { kind: 'fail', subject: node.span, message: 'password', args: { hash: hash.title } };
      return;
    }
    if (!hash.broken) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const outcomes = [...sums.map(storedName), functionName(owner)];
    const name = outcomes.find((outcome) => outcome !== '' && isProtected(outcome));
    if (name === undefined || isExplained(node) || isRandom(data, owner)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'secret',
      args: { hash: hash.title, name },
      fixes: sha256Fix(node, member.name, member.path, ctx),
    };
  },
};

/** Helpers of the code base that say what they do: `util.MD5(password)`. */
const helpers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) =>
    /^(?:get|encode|to|hash|calc|compute|do|make)?_?(?:md5|sha1|sha256)/i.test(name) && !/new/i.test(name),
  *check(node, ctx): Generator<Verdict> {
    const member = packageCallOf(node, ctx);
    const callee = calledExpression(node);
    if (callee === null || (member !== null && HASHES.has(member.path))) return;
    const owner = declarationAround(node);
    const around = `${owner === null ? '' : functionName(owner)} ${ctx.file.path}`;
    if (DEMANDED.test(around) || (owner !== null && DEMANDED_TEXT.test(owner.text))) return;
    const first = callArguments(node)[0];
    if (first === undefined || !namesIn(first).some(isPassword)) return;
    const name = selectorPath(callee) ?? callee.text;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'password',
      args: { hash: name.slice(name.lastIndexOf('.') + 1) },
    };
  },
};

const SLOW: Readonly<Record<string, RegExp>> = {
  GenerateFromPassword: /\/bcrypt$/,
  CompareHashAndPassword: /\/bcrypt$/,
  IDKey: /\/argon2$/,
  Key: /\/(?:scrypt|argon2|pbkdf2)$/,
};

const slowHashes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => Object.hasOwn(SLOW, name),
  *check(node, ctx): Generator<Verdict> {
    const member = packageCallOf(node, ctx);
    if (member !== null && SLOW[member.name]?.test(member.path) === true) yield { kind: 'pass', subject: node.span };
  },
};

/** `SignatureAlgorithm: x509.SHA1WithRSA` */
const signatures: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['keyed_element'],
  triggers: ['SignatureAlgorithm'],
  *check(node, ctx): Generator<Verdict> {
    if (!node.text.startsWith('SignatureAlgorithm')) return;
    const value = node.descendants('selector_expression')[0] ?? null;
    const member = packageMemberOf(value, ctx);
    if (member?.path !== 'crypto/x509' || value === null) return;
    if (!/^(?:MD[25]With|SHA1With|DSAWithSHA1|ECDSAWithSHA1)/.test(member.name)) {
      yield { kind: 'pass', subject: value.span };
      return;
    }
    const better = member.name.startsWith('ECDSA') ? 'ECDSAWithSHA256' : 'SHA256WithRSA';
    const fixes: Fix[] = [
      {
        title: `Sign with ${better}`,
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replace', span: value.span, newText: `${member.qualifier.text}.${better}` }],
      },
    ];
    yield {
      kind: 'fail',
      subject: value.span,
      message: 'signature',
      args: { name: member.name },
      fixes: member.name.startsWith('DSA') ? [] : fixes,
    };
  },
};

export const goDetectors = [hashes, helpers, slowHashes, signatures] as readonly NodeDetector[];
