/** Python: passwords in fast hashes, and MD5 or SHA-1 of what is secret. Checksums, cache keys and `usedforsecurity=False` are fine. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue, textPieces } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  definedName,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
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
  /ntlm|digest|mysql|scram|pwned|hibp|gravatar|avatar|websocket|wechat|weixin|alipay|totp|hotp|legacy|etag|checksum|content.?md5|fingerprint|cache|dedup|shard|\bs3\b|\bgit\b|kerberos|radius|breach|compat|old_|migrat|pbkdf2|hkdf|scrypt|argon2|subsonic|xmlrpc|nonce|challenge/i;

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

/**
 * Whether another service asks for the hash: it is sent under a name with the algorithm in it (`"md5Pass"`), or put into
 * the fields of a request by a function that signs in somewhere else.
 */
function isDemanded(node: PythonNode, owner: PythonNode | null): boolean {
  const left = node.ancestor('assignment')?.child('left') ?? null;
  const key = node.ancestor('pair')?.child('key') ?? (left?.kind === 'subscript' ? left.child('subscript') : null);
  const name = key === null ? null : stringValue(key);
  if (name === null) return false;
  return (
    /md[45]|sha\d/i.test(name) ||
    (owner !== null && /^_?(?:sign_?in|log_?in|authenticate)$/.test(definedName(owner)) && SENT.test(owner.text))
  );
}

/** What sends something elsewhere. */
const SENT = /\b(?:requests|session|httpx|client|self)\.(?:post|api_request|load|request)\(/;

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
      if (isDemanded(node, owner)) return;
      // The first step of a slow hash, or a lookup of leaked passwords.
      if (owner !== null && /bcrypt|argon2|scrypt|pbkdf2|pwned|digest_auth|Digest/.test(owner.text)) return;
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
    const target = node.ancestor('assignment')?.child('left')?.text ?? '';
    const made = /^(?:\w*_)?(?:token|api_key|secret|session_id|salt|password_hash|signature)$/i.test(target)
      ? target
      : undefined;
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
