/** Python: passwords in fast hashes, and MD5 or SHA-1 of what is secret. Checksums, cache keys and `usedforsecurity=False` are fine. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { stringValue, textPieces } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  definedName,
  enclosingFunction,
  keywordArgument,
  parametersOf,
  positionalArguments,
  rootIdentifier,
  statementOf,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const HASH = /^hashlib\.(md4|md5|sha1|sha224|sha256|sha384|sha512|new)$/;
const TITLES: Readonly<Record<string, string>> = {
  md4: 'MD4',
  md5: 'MD5',
  sha1: 'SHA-1',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};
const DEMANDED =
  /ntlm|digest|mysql|scram|pwned|hibp|gravatar|avatar|websocket|wechat|weixin|alipay|totp|hotp|legacy|etag|checksum|content.?md5|fingerprint|cache|dedup|shard|\bs3\b|\bgit\b|kerberos|radius|breach|compat|old_|migrat|pbkdf2|hkdf|scrypt|argon2|subsonic|xmlrpc|nonce|challenge|crack|brute|wordlist|rainbow|ldap|ssha/i;

function isPassword(name: string): boolean {
  const words = wordsOf(name);
  return /^(?:password|passwd|passphrase|pwd)$/.test(words.at(-1) ?? '');
}

/** Names in what is hashed, conversions looked through. */
function namesIn(value: PythonNode, ctx: ChunkContext): string[] {
  return textPieces(value, ctx).flatMap((piece) => {
    if ('text' in piece) return [];
    let node = unparenthesized(piece.value);
    for (let hop = 0; hop < 5 && node.kind === 'call'; hop++) {
      const object = calledOn(node);
      if (object !== null && /^(?:encode|strip|lower)$/.test(calledName(node))) node = unparenthesized(object);
      else if (/^(?:bytes|str)$/.test(calledName(node))) node = positionalArguments(node)[0] ?? node;
      else break;
    }
    if (node.kind === 'binary_operator') return node.descendants('identifier').map(({ text }) => text);
    return [
      node.kind === 'attribute' ? (node.child('attribute')?.text ?? '') : node.kind === 'identifier' ? node.text : '',
    ];
  });
}

/** What sends something elsewhere. */
const SENT =
  /(?:^|\.)(?:requests|session|_session|httpx|client|_client|http|self|api|urllib3?)\.(?:get|post|put|patch|api_request|load|request|fetch|call|urlopen|send)$/;
/** Arguments that hold what is sent. */
const SENT_AS = /^(?:get|post|data|params|json|form|payload|headers?|auth|body|fields|\w*ur[il])$/;

/** Whether a value goes into something that is sent: the fields of a request, or a dictionary that the caller sends. */
function isSent(value: PythonNode, owner: PythonNode): boolean {
  for (let at = value; at.parent !== null && !at.equals(owner); at = at.parent) {
    const { parent } = at;
    if (parent.kind === 'keyword_argument' && SENT_AS.test(parent.child('name')?.text ?? '')) return true;
    if (parent.kind === 'call' && SENT.test(parent.child('function')?.text ?? '')) return true;
    if (parent.kind === 'pair' && /md[45]|sha\d/i.test(parent.child('key')?.text ?? '')) return true;
    if (parent.kind !== 'assignment') continue;
    const left = parent.child('left');
    if (left?.kind === 'identifier' && SENT_AS.test(left.text)) return true;
    if (left?.kind !== 'subscript') return false;
    const root = rootIdentifier(left)?.text ?? '';
    // The dictionary belongs to the caller, or is sent here.
    return (
      SENT_AS.test(root) ||
      /md[45]|sha\d/i.test(left.child('subscript')?.text ?? '') ||
      parametersOf(owner).some(({ name }) => name === root && name !== 'self')
    );
  }
  return false;
}

/** Whether another service asks for the hash: it is sent to it, at once or under the name that it gets here. */
function isDemanded(node: PythonNode, owner: PythonNode | null, ctx: ChunkContext): boolean {
  if (owner === null) return false;
  if (isSent(node, owner)) return true;
  const target = node.ancestor('assignment')?.child('left');
  if (target?.kind !== 'identifier') return false;
  const scopes = scopesAround(ctx, target);
  const scope = scopes.bindingScope(target);
  if (scope === null) return false;
  return scopes.usesOf(target.text, scope).some((use) => use.start > node.end && isSent(use, owner));
}

/** Words of what a hash is made for, where a forged one would be believed. */
const BELIEVED = /^(?:token|session|ticket|reset|activation|otp|csrf|apikey|api)$/;
/** A secret of this program itself, so that nobody else asks for the hash. */
const OWN_SECRET = /^(?:\w+_)?secret_?key$/i;
/** What cannot be guessed before it is hashed. */
const RANDOM = /urandom|\bsecrets\.|uuid\.?uuid[14]|uuid4|token_(?:bytes|hex|urlsafe)|SystemRandom/;

/** The first step of a slow hash, a key for a cipher, a lookup of leaked passwords, a format of somebody else. */
const OTHERWISE =
  /bcrypt|argon2|scrypt|pbkdf2|[pP]wned|hibp|HIBP|digest_auth|Digest|\{SSHA|\[0?:5\]|Fernet|\bAES|\bself\.key = |\b_?key = |leaked/;
/** `hash_md5(password)`: a helper for whoever asks for that hash. */
const OF_ALGORITHM = /^(?:\w+_)?(?:md[45]|sha_?\d+)(?:_\w+)?$/i;
/** What a token is good for, where a guessed one lets somebody in. */
const CREDENTIAL = /cookie|session|reset|activat|confirm|log_?in|sign_?in|auth|password|invit/i;
/** Words of what keeps or checks the hash of a secret. */
const KEPT = /^(?:hash|hashed|store|save|verify|check)$/;

const hashes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['md5', 'sha', 'md4', 'hashlib'],
  calls: (name) => /^(?:md4|md5|sha1|sha224|sha256|sha384|sha512|new)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const called = HASH.exec(callChain(node, ctx))?.[1];
    if (called === undefined) return;
    const list = positionalArguments(node);
    const algorithm = called === 'new' ? (stringValue(list[0] ?? node) ?? '').toLowerCase() : called;
    const title = TITLES[algorithm];
    const data = called === 'new' ? list[1] : list[0];
    if (title === undefined || data === undefined) return;
    const owner = enclosingFunction(node);
    const around = `${ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1)} ${owner === null ? '' : definedName(owner)}`;
    const isBroken = /^(?:md4|md5|sha1)$/.test(algorithm);
    if (keywordArgument(node, 'usedforsecurity')?.kind === 'false' || DEMANDED.test(around)) return;
    const names = namesIn(data, ctx);
    if (names.some(isPassword)) {
      if (isDemanded(node, owner, ctx)) return;
      if (owner !== null && (OTHERWISE.test(owner.text) || OF_ALGORITHM.test(definedName(owner)))) return;
      yield { kind: 'fail', subject: node.span, message: 'password', args: { hash: title } };
      return;
    }
    if (!isBroken) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const secret = names.find((name) => {
      const kind = secretNameOf(name);
      return (kind === 'secret' || kind === 'password') && !DEMANDED.test(name);
    });
    if (RANDOM.test(data.text)) return;
    const target = node.ancestor('assignment')?.child('left')?.text ?? '';
    const made = /^(?:\w*[._])?(?:token|api_key|secret|session_id|salt|password_hash|signature)$/i.test(target)
      ? target
      : undefined;
    const isSigned = made?.endsWith('signature') === true;
    const words = wordsOf(`${owner === null ? '' : definedName(owner)} ${target}`);
    // Of a secret together with something else the hash is a key of a cache, or what the protocol of another service asks for.
    if (secret !== undefined && names.length > 1) {
      const isOwn = OWN_SECRET.test(secret);
      if (!isOwn || !(isSigned || words.some((word) => BELIEVED.test(word)))) return;
    } else if (secret !== undefined) {
      // A key that is made of another one is as good as that one.
      const isKept = words.some((word) => KEPT.test(word) || BELIEVED.test(word));
      if (!isKept || /\bhmac\./.test(statementOf(node)?.text ?? '')) return;
    } else if (isSigned || (made !== undefined && !CREDENTIAL.test(`${owner?.text ?? ''} ${made}`))) return;
    if (isDemanded(node, owner, ctx)) return;
    const name = secret ?? made;
    if (name === undefined) return;
    const fixes: readonly Fix[] =
      called === 'new' || node.child('function')?.kind !== 'attribute'
        ? []
        : [
            {
              title: 'Use SHA-256',
              safety: 'suggestion',
              preferred: true,
              edits: [replaced(node.child('function')!.child('attribute')!, 'sha256')],
            },
          ];
    yield {
      kind: 'fail',
      subject: (node.child('function') ?? node).span,
      message: 'secret',
      args: { hash: title, name },
      fixes,
    };
  },
};

/** Hashes that are made for passwords. */
const slow: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['hashpw', 'CryptContext', 'PasswordHasher', 'scrypt', 'pbkdf2_hmac'],
  calls: (name) => /^(?:hashpw|CryptContext|PasswordHasher|scrypt|pbkdf2_hmac)$/.test(name),
  *check(node): Iterable<Verdict> {
    yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [hashes, slow] as readonly Detector[];
